"""A junction that normals of the laboratory share is doubted in a case, with normals and molecules."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from csfgeno.assay import RunOptions
from csfgeno.errormodel.collected import load_normal
from csfgeno.errormodel.collected import to_file as counts_file
from csfgeno.errormodel.document import load_model, to_file
from csfgeno.inputs.case import case_from_options
from csfgeno.io.headers import PRIMARY_LENGTHS
from csfgeno.io.model_file import write_model_file
from csfgeno.laboratory import Laboratory, collect_normal, fit_collected
from csfgeno.pipeline import run_case
from csfgeno.records import Breakpoint, Fusion, Interval
from csfgeno.report.page import render_html
from csfgeno.report.tables import fusions_tsv
from csfgeno.simulation.rearranged import PlantedFusion, PlantedTarget, Rearranged, SparseGenome, draw_pairs
from csfgeno.simulation.recipe import Recipe
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import Build, CallState, EvidenceMode, Side, StructuralFilter
from tests.structural.aligned import align, index_stretches, synthetic_genome, write_genome

KIF5B_15 = Breakpoint("chr10", 32_025_800, Side.RIGHT)
RET_11 = Breakpoint("chr10", 43_115_600, Side.RIGHT)
LENGTHS = {"chr10": PRIMARY_LENGTHS[Build.GRCH38]["10"]}
TARGET = Interval("chr10", RET_11.pos - 400, RET_11.pos + 400)
RECIPE = replace(Recipe(), family_mean=3.0, duplex_yield=0.3)


class Bench:
    """A genome of two stretches, with specimens drawn from it."""

    def __init__(self, folder: Path) -> None:
        places = (KIF5B_15, RET_11)
        self.folder = folder
        self.genome: SparseGenome = synthetic_genome(
            (Interval(p.contig, p.pos - 1300, p.pos + 1300) for p in places), seed=3
        )
        self.fasta = write_genome(self.genome, LENGTHS, folder / "genome.fa.gz")
        self.stretches = index_stretches(self.genome, folder)
        self.panel = folder / "panel.bed"
        self.panel.write_text(f"{TARGET.contig}\t{TARGET.start}\t{TARGET.end}\tRET_intron\tRET\n")

    def bam(self, name: str, molecules: int, seed: int) -> Path:
        planted = [PlantedFusion(KIF5B_15, RET_11, molecules)] if molecules else []
        library = Rearranged([PlantedTarget(TARGET, 150.0)], planted, 1e-3, recipe=RECIPE)
        pairs = draw_pairs(library, self.genome, np.random.default_rng(seed))
        return align(pairs, self.stretches, LENGTHS, self.folder / f"{name}.bam")

    def counts(self, bam: Path, mode: EvidenceMode | None = None) -> Path:
        out = bam.with_suffix(".counts")
        laboratory = Laboratory("LAB", self.fasta, str(self.panel), None)
        write_model_file(out, counts_file(collect_normal(laboratory, bam, RunOptions(evidence_mode=mode))))
        return out

    def fusions(self, bam: Path, model: Path | None) -> tuple[Fusion, ...]:
        loaded = case_from_options(reference=self.fasta, csf=bam, panel=str(self.panel), case_id="C1")
        self.report = run_case(loaded, RunOptions(error_model=model))
        return self.report.fusions


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(tmp_path_factory.mktemp("bench"))


@pytest.fixture(scope="module")
def counts(bench: Bench) -> list[Path]:
    """Normals of which two hold the junction."""
    return [bench.counts(bench.bam(f"n{i}", molecules, i)) for i, molecules in enumerate((5, 0, 4))]


def test_a_shared_junction_is_doubted_with_its_counts(bench: Bench, counts: list[Path]) -> None:
    case, model = bench.bam("case", 8, 50), bench.folder / "lab.model"
    [alone] = [f for f in bench.fusions(case, None) if f.calls[0].molecules > 1]
    assert (alone.calls[0].state, alone.laboratory_normals) == (CallState.DETECTED, 0)
    write_model_file(model, to_file(fit_collected("LAB", [load_normal(own) for own in counts], Thresholds())))
    [known] = load_model(model).junctions
    shown = sum(int(load_normal(own).structure.junctions["molecules"].sum()) for own in counts)
    assert (known.normals, known.molecules) == (2, shown)
    assert 2 <= shown <= 9
    [found] = [f for f in bench.fusions(case, model) if f.calls[0].molecules > 1]
    assert found.calls[0].state is CallState.INDETERMINATE
    assert found.calls[0].filters == (StructuralFilter.PANEL_OF_NORMALS,)
    assert (found.laboratory_normals, found.laboratory_molecules) == (2, shown)
    assert found.calls[0].molecules == alone.calls[0].molecules
    lines = fusions_tsv(bench.report).decode().splitlines()
    [row] = [line.split("\t") for line in lines if "panel_of_normals" in line]
    assert row[-2:] == ["2", str(shown)]
    assert f"2 show this junction too, with {shown} molecules" in render_html(bench.report).decode()


def test_one_normal_alone_doubts_nothing(bench: Bench, counts: list[Path]) -> None:
    fitted = fit_collected("LAB", [load_normal(own) for own in counts[:2]], Thresholds())
    assert fitted.junctions == ()


def test_fragments_show_the_junction_too(bench: Bench, counts: list[Path]) -> None:
    bam = counts[0].with_suffix(".bam")
    shown = load_normal(bench.counts(bam, EvidenceMode.FRAGMENTS)).structure.junctions
    planted = {KIF5B_15.pos, RET_11.pos}
    assert [own for own in shown if all(min(abs(p - t) for t in planted) < 10 for p in own["pos"])]
