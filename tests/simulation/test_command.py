"""`csfgeno simulate` as a whole: files, determinism, settings, and a case that `csfgeno call` reads."""

import ast
import csv
import subprocess
from collections.abc import Callable
from pathlib import Path

import pysam
import pytest

from .conftest import run
from .planting import EXON_19_DELETION, FASTA, L858R, PANEL, ROOT, T790M, variants_tsv
from .test_spike_in import check_mates

SIMULATION = ROOT / "src" / "csfgeno" / "simulation"
CASE = variants_tsv((EXON_19_DELETION, 0.05, ".", "."), (T790M, 0.05, ".", "."))


@pytest.fixture(scope="module")
def bam(make_specimen: Callable[..., Path]) -> Path:
    return make_specimen(CASE, "--input-ng", 5, "--seed", 7, "--sites")


def test_the_same_seed_gives_the_same_bytes(bam: Path, make_specimen: Callable[..., Path]) -> None:
    again = make_specimen(CASE, "--input-ng", 5, "--seed", 7, "--sites")
    names = sorted(path.name for path in bam.parent.iterdir())
    assert names == ["s.bam", "s.bam.bai", "s.recipe.tsv", "s.sites.tsv", "s.truth.tsv", "s.truth.vcf.gz",
                     "s.truth.vcf.gz.tbi", "variants.tsv"]  # fmt: skip
    for name in names:
        assert (bam.parent / name).read_bytes() == (again.parent / name).read_bytes(), name
    other = make_specimen(CASE, "--input-ng", 5, "--seed", 8)
    assert other.read_bytes() != bam.read_bytes()


def test_mates_agree_with_samtools(bam: Path, tmp_path: Path) -> None:
    check_mates(bam, tmp_path)
    with pysam.AlignmentFile(str(bam)) as alignments:
        places = [read.reference_start for read in alignments]
        assert places == sorted(places)
        assert {str(read.get_tag("RX")).count("-") for read in alignments.fetch("chr7")} == {1}
    counted = subprocess.run(["samtools", "view", "-c", "-f", "3", bam], check=True, capture_output=True, text=True)
    assert int(counted.stdout) == len(places)


def test_call_finds_what_was_planted(bam: Path, panel: Path, tmp_path: Path) -> None:
    assert run("call", "--csf", bam, "--reference", FASTA, "--panel", panel, "--csf-input-ng", 5,
               "--case-id", "sim", "--out-dir", tmp_path) == 0  # fmt: skip
    with (tmp_path / "sim.tsv").open(newline="") as table:
        rows = [row for row in csv.DictReader(table, delimiter="\t") if row["state"] == "DETECTED"]
    found = {(row["contig"], int(row["pos"]), row["ref"], row["alt"]) for row in rows}
    assert found == {EXON_19_DELETION, T790M}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--set", "nonsense=1"], "'nonsense' is no parameter"),
        (["--set", "recovery=2"], "recovery: 2 is out of bounds; expected 0.001 to 1.0"),
        (["--set", "read_bp=many"], "read_bp: 'many' is not a whole number"),
        (["--set", "umi_style=triple"], "is not dual or single or shared or none"),
        (["--set", "short_share=0.7", "--set", "dinucleosome_share=0.5"], "exceed 1 together"),
        (["--copies", "ALK=4"], "of which the panel has no target"),
        (["--copies", "EGFR=lots"], "copies must be numbers"),
    ],
)
def test_impossible_settings_are_refused(
    options: list[str], words: str, panel: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("simulate", "--reference", FASTA, "--panel", panel, *options, "--out-prefix", tmp_path / "s") == 2
    assert words in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_recipe_file_lies_between_preset_and_options(panel: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text("recovery: 0.05\nread_bp: 75\ninput_ng: 9\n")
    assert run("simulate", "--reference", FASTA, "--panel", panel, "--preset", "plasma", "--recipe", recipe,
               "--set", "read_bp=80", "--input-ng", 1, "--out-prefix", f"{tmp_path}/") == 0  # fmt: skip
    with (tmp_path / "plasma.recipe.tsv").open(newline="") as table:
        values = {row["parameter"]: row["value"] for row in csv.DictReader(table, delimiter="\t")}
    assert [values[name] for name in ("input_ng", "recovery", "read_bp", "fragment_bp")] == [
        "1.0",
        "0.05",
        "80",
        "167.0",
    ]
    with pysam.AlignmentFile(str(tmp_path / "plasma.bam")) as alignments:
        assert max(read.query_length for read in alignments) == 80
        assert alignments.header.to_dict()["RG"][0]["SM"] == "plasma"


@pytest.mark.parametrize("preset", ["csf", "plasma", "tissue", "normal"])
def test_presets_differ_in_fragments(preset: str, panel: Path, tmp_path: Path) -> None:
    assert run("simulate", "--reference", FASTA, "--panel", panel, "--preset", preset, "--input-ng", 2,
               "--set", "recovery=0.3", "--out-prefix", f"{tmp_path}/") == 0  # fmt: skip
    with pysam.AlignmentFile(str(tmp_path / f"{preset}.bam")) as alignments:
        lengths = sorted(read.template_length for read in alignments if not read.is_reverse)
    low, high = {"csf": (138, 152), "plasma": (158, 170), "tissue": (165, 190), "normal": (185, 210)}[preset]
    assert low <= lengths[len(lengths) // 2] <= high


def test_the_shipped_panel_serves(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        run("simulate", "--reference", ROOT / "sample_data" / "GRCh38.masked.fa.gz", "--out-prefix", tmp_path / "s")
        == 2
    )
    assert "has no contig" in capsys.readouterr().err  # the sample genome has only the chromosomes of its own panel


def test_masked_sequence_gives_no_read(tmp_path: Path) -> None:
    (tmp_path / "p.bed").write_text("chr7\t55000000\t55000100\tEGFR_x\n" + PANEL.splitlines()[0] + "\n")
    assert run("simulate", "--reference", FASTA, "--panel", tmp_path / "p.bed", "--input-ng", 1,
               "--set", "error_scale=0", "--out-prefix", tmp_path / "s") == 0  # fmt: skip
    with pysam.AlignmentFile(str(tmp_path / "s.bam")) as alignments:
        assert alignments.count("chr7", 54_900_000, 55_100_000) == 0
        assert not any("N" in (read.query_sequence or "") for read in alignments)


def test_nothing_is_shared_with_what_it_judges() -> None:
    for path in SIMULATION.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("csfgeno."):
                stage = node.module.split(".")[1]
                assert stage in {"simulation", "io", "records", "vocab", "errors", "genome"}, (path.name, node.module)


def test_long_insertions_are_clipped_and_kept_in_truth(make_specimen: Callable[..., Path]) -> None:
    long = (*L858R[:2], L858R[2], L858R[2] + "CATTGCAGGA" * 6)
    bam = make_specimen(variants_tsv((long, 0.5, ".", "patient")), "--input-ng", 2, slip_read="0", slip_strand="0")
    with pysam.AlignmentFile(str(bam)) as alignments:
        shapes = {"".join("MIDNS"[op] for op, _ in read.cigartuples or ()) for read in alignments}
    assert {"M", "MS", "SM"} <= shapes
    assert "MIM" not in shapes
