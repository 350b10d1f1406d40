"""From simulated normals to a panel of depth, and to a call whose copy numbers are compared with it."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from csfgeno.errormodel.collected import load_normal
from csfgeno.errormodel.document import load_model
from csfgeno.errors import InputError
from csfgeno.evidence.specimen import SpecimenEvidence
from csfgeno.genome.normalise import normalise
from csfgeno.inputs.panel import load_panel
from csfgeno.io.model_file import ModelFile, read_model_file, write_model_file
from csfgeno.io.reference import ReferenceFasta
from csfgeno.molecules.reader import Source, probe, read_molecules
from csfgeno.molecules.tiles import make_tiles
from csfgeno.structural.depth import describe_targets, measure_depths
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import Build, ContigStyle

from .test_call import FASTA, SAMPLE, run

CAPTURE = ("ALK=4", "TET2=1.2", "BRAF=3.2", "RET=1", "PIK3CA=3.5")
"""Genes that the capture of this assay takes too often or too rarely, in every specimen."""


def simulate(folder: Path, name: str, seed: int, *copies: str) -> Path:
    changed = [part for text in (*CAPTURE, *copies) for part in ("--copies", text)]
    assert run("simulate", "--reference", SAMPLE / FASTA, "--panel", SAMPLE / "panel.bed", "--preset", "normal",
               "--input-ng", 3, "--set", "singleton_share=1", "--seed", seed, *changed,
               "--out-prefix", folder / name) == 0  # fmt: skip
    return folder / f"{name}.bam"


def collect(bam: Path, out: Path, *more: object) -> Path:
    assert run("model", "collect", bam, "--reference", SAMPLE / FASTA, "--panel", SAMPLE / "panel.bed", "--out", out,
               *more) == 0  # fmt: skip
    return out


def fit(counts: list[Path], out: Path) -> Path:
    assert run("model", "fit", *counts, "--assay", "LAB", "--out", out) == 0
    return out


@pytest.fixture(scope="module")
def counts(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("normals")
    return [collect(simulate(folder, f"n{i}", i), folder / f"n{i}.counts") for i in range(4)]


@pytest.fixture(scope="module")
def lab(counts: list[Path]) -> Path:
    return fit(counts, counts[0].with_name("lab.model"))


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """CSF whose EGFR has twice its copies, and its patient's normal, with the capture of the normals."""
    folder = tmp_path_factory.mktemp("case")
    simulate(folder, "normal", 21)
    return simulate(folder, "csf", 20, "EGFR=4")


def call(case: Path, out: Path, *more: object) -> dict[str, dict[str, Any]]:
    assert run("call", "--csf", case, "--reference", SAMPLE / FASTA, "--panel", SAMPLE / "panel.bed",
               "--case-id", "C1", "--out-dir", out, *more) == 0  # fmt: skip
    records = json.loads((out / "C1.json").read_text())["copy_numbers"]
    return {record["gene"]: record for record in records}


def test_depth_of_a_normal_is_that_of_a_call(counts: list[Path]) -> None:
    bam = counts[0].with_suffix(".bam")
    found = load_normal(counts[0]).structure
    with ReferenceFasta(SAMPLE / FASTA) as fasta:
        panel = load_panel(str(SAMPLE / "panel.bed"), Build.GRCH38, ContigStyle.CHR, {})
        source = Source(bam, SAMPLE / FASTA, Thresholds(), normalise)
        targets = [target.interval for target in panel.targets]
        mode = probe(source, targets, None)
        tiles = tuple(read_molecules(source, make_tiles(targets, mode.reads_per_bp), mode, 1))
        depths = measure_depths(SpecimenEvidence(tiles, fasta), panel.targets)
        traits = describe_targets(panel.targets, fasta)
    assert found.depth == pytest.approx(depths.mean)
    assert found.depth.min() > 0
    assert np.median(found.depth) > 200
    assert found.targets.genes == tuple(target.gene for target in panel.targets)
    assert found.gc - found.gc.mean() == pytest.approx(traits.covariates[:, 0])


def test_threads_and_order_change_no_byte(counts: list[Path], lab: Path, tmp_path: Path) -> None:
    again = collect(counts[0].with_suffix(".bam"), tmp_path / "again.counts", "--threads", 3)
    assert again.read_bytes() == counts[0].read_bytes()
    assert fit(counts[::-1], tmp_path / "other.model").read_bytes() == lab.read_bytes()


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("target_depth", -1.0, "target_depth has a value outside"),
        ("target_depth", np.nan, "target_depth has a value outside"),
        ("target_gc", 1.5, "target_gc has a value outside 0 to 1"),
        ("target_gc", 0.5, "was altered after it was written"),
        ("schema", "csfgeno.background/1", "this version reads csfgeno.background/2; collect the normal again"),
        ("targets", [], "targets of its header"),
        ("targets", [["2", 9, 5, "ALK"]], "targets are empty or stand there twice"),
        ("contigs", ["2", "1"], "contigs of junctions are not sorted"),
    ],
)
def test_depths_that_cannot_be_are_refused(
    counts: list[Path], tmp_path: Path, name: str, value: object, words: str
) -> None:
    content = read_model_file(counts[0])
    header, arrays = dict(content.header), dict(content.arrays)
    if name in arrays:
        arrays[name] = arrays[name].copy()
        arrays[name][0] = value
    else:
        header[name] = value
    write_model_file(tmp_path / "n.counts", ModelFile(header, arrays))
    with pytest.raises(InputError, match=words):
        load_normal(tmp_path / "n.counts")


def test_normals_of_other_targets_are_not_joined(
    counts: list[Path], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    content = read_model_file(counts[1])
    targets = content.header["targets"]
    assert isinstance(targets, list)
    header = dict(content.header) | {"targets": [[*targets[0][:3], "OTHER"], *targets[1:]]}
    write_model_file(tmp_path / "n.counts", ModelFile(header, content.arrays))
    assert run("model", "fit", counts[0], tmp_path / "n.counts", "--assay", "LAB", "--out", tmp_path / "no.model") == 3
    assert "was collected with other targets than" in capfd.readouterr().err
    assert not (tmp_path / "no.model").exists()


def test_reads_without_umis_are_collected_too(counts: list[Path], tmp_path: Path) -> None:
    bam = counts[0].with_suffix(".bam")
    plain = load_normal(collect(bam, tmp_path / "f.counts", "--evidence-mode", "fragments"))
    assert plain.structure.depth == pytest.approx(load_normal(counts[0]).structure.depth, rel=0.1)


def test_a_call_is_compared_with_the_laboratory(lab: Path, case: Path, tmp_path: Path) -> None:
    alone = call(case, tmp_path / "alone")["EGFR"]
    compared = call(case, tmp_path / "lab", "--error-model", lab)["EGFR"]
    both = call(case, tmp_path / "both", "--error-model", lab, "--normal", case.with_name("normal.bam"))["EGFR"]
    assert alone["baseline"] == "other targets of the specimen"
    assert compared["baseline"] == "4 normals of the laboratory"
    assert both["baseline"] == "4 normals of the laboratory and normal cells of the patient"
    assert abs(alone["z"]) < 4 <= min(compared["z"], both["z"])
    assert compared["log2_ratio"] == pytest.approx(1.0, abs=0.2)
    assert both["log2_ratio"] == pytest.approx(1.0, abs=0.2)
    assert "\t4 normals of the laboratory\t" in (tmp_path / "lab" / "C1.copies.tsv").read_text()
    assert "depth compared with 4 normals of the laboratory." in (tmp_path / "lab" / "C1.html").read_text()


def test_too_few_normals_make_no_panel_and_that_is_said(
    counts: list[Path], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    lab = fit(counts[:1], tmp_path / "lab.model")
    assert "1 given, a panel of depth takes 3 normals" in capfd.readouterr().err
    assert load_model(lab).depths is None
    assert run("model", "show", lab) == 0
    assert "Too few normals for a panel of depth" in capfd.readouterr().out


def test_reads_of_another_kind_are_not_compared(lab: Path, case: Path, tmp_path: Path) -> None:
    egfr = call(case, tmp_path / "out", "--error-model", lab, "--evidence-mode", "fragments")["EGFR"]
    assert egfr["baseline"] == "other targets of the specimen"


def test_the_widest_targets_are_shown(lab: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run("model", "show", lab) == 0
    shown = capfd.readouterr().out
    panel = load_model(lab).depths
    assert panel is not None
    widest = int(np.argmax(panel.spread))
    assert "compares copy number with 19 targets of 4 normals" in shown
    assert f"{panel.targets.intervals[widest]}" in shown
