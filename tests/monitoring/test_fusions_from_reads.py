"""A fusion of an earlier case looked for again in the reads of later ones, from `bwa mem` records to the table."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from csfgeno.assay import RunOptions
from csfgeno.genome.sequence import reverse_complement
from csfgeno.inputs.case import LoadedCase, case_from_options
from csfgeno.io.headers import PRIMARY_LENGTHS
from csfgeno.monitoring.earlier import EarlierCase
from csfgeno.pipeline import run_case
from csfgeno.records import Breakpoint, CaseReport, FusionCall, Interval, SerialFusion
from csfgeno.report.document import parse_report, to_json
from csfgeno.simulation.rearranged import PlantedFusion, PlantedTarget, ReadPair, Rearranged, SparseGenome, draw_pairs
from csfgeno.simulation.recipe import Recipe
from csfgeno.structural.sequence import join
from csfgeno.vocab import Build, CallState, PartnerKind, Side, SpecimenKind
from csfgeno.vocab.serial import SerialResult
from tests.structural.aligned import align, index_stretches, synthetic_genome, write_genome

LENGTHS = {"chr10": PRIMARY_LENGTHS[Build.GRCH38]["10"]}
KIF5B_15 = Breakpoint("chr10", 32_025_800, Side.RIGHT)
FGFR2_16 = Breakpoint("chr10", 121_482_000, Side.RIGHT)
RET_11 = Breakpoint("chr10", 43_115_600, Side.RIGHT)
TARGET = Interval("chr10", RET_11.pos - 400, RET_11.pos + 400)
STRICT = {"fusion_false_calls": "0.0003"}
"""Two molecules then do where genes are known to fuse, three where they are not."""
DAYS = (date(2026, 1, 12), date(2026, 4, 20), date(2026, 9, 28))


@dataclass(frozen=True)
class Clinic:
    """One patient whose CSF holds a known number of molecules of one junction on each day."""

    folder: Path
    genome: SparseGenome
    stretches: Path
    fasta: Path

    def call(
        self,
        day: int,
        molecules: int,
        earlier: tuple[CaseReport, ...] = (),
        more: tuple[ReadPair, ...] = (),
        partner: Breakpoint = KIF5B_15,
        settings: Mapping[str, str] | None = None,
    ) -> CaseReport:
        """Return the case of one day, read back from its document as a laboratory would."""
        planted = [PlantedFusion(partner, RET_11, molecules)] if molecules else []
        recipe = replace(Recipe(), family_mean=3.0, duplex_yield=0.3)
        library = Rearranged([PlantedTarget(TARGET, 250.0)], planted, recipe=recipe)
        pairs = [*draw_pairs(library, self.genome, np.random.default_rng(7 + day)), *more]
        bam = align(pairs, self.stretches, LENGTHS, self.folder / f"{day}.{molecules}.{len(more)}.{partner.pos}.bam")
        given = tuple(EarlierCase(report, "0" * 64) for report in earlier)
        report = run_case(self._loaded(bam, day), RunOptions(settings=settings, earlier=given))
        return parse_report(to_json(report), name="case.json")

    def _loaded(self, bam: Path, day: int) -> LoadedCase:
        panel = self.folder / "panel.bed"
        panel.write_text(f"#build=GRCh38\n{TARGET.contig}\t{TARGET.start}\t{TARGET.end}\tRET_in11\tRET\n")
        loaded = case_from_options(
            reference=self.fasta, csf=bam, panel=str(panel), case_id=f"C{day}", patient_code="P1"
        )
        tubes = tuple(replace(tube, collected=DAYS[day]) for tube in loaded.case.specimens)
        return replace(loaded, case=replace(loaded.case, specimens=tubes))


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Clinic:
    folder = tmp_path_factory.mktemp("clinic")
    places = (Interval(p.contig, p.pos - 1300, p.pos + 1300) for p in (KIF5B_15, FGFR2_16, RET_11))
    genome = synthetic_genome(places, seed=3)
    fasta = write_genome(genome, LENGTHS, folder / "genome.fa.gz")
    return Clinic(folder, genome, index_stretches(genome, folder), fasta)


@pytest.fixture(scope="module")
def first(clinic: Clinic) -> CaseReport:
    return clinic.call(0, 24)


def only(report: CaseReport) -> tuple[FusionCall, SerialFusion]:
    """Return the call and the course of the one fusion of a case."""
    assert report.serial
    (fusion,), (trace,) = report.fusions, report.serial.fusions
    call = fusion.call(SpecimenKind.CSF)
    assert call
    return call, trace


def test_the_first_day_detects_every_planted_molecule(first: CaseReport) -> None:
    (fusion,) = first.fusions
    assert fusion.name == "KIF5B::RET"
    assert fusion.calls[0].state is CallState.DETECTED
    assert fusion.calls[0].molecules == 24


def test_a_fusion_without_a_molecule_today_is_counted_with_a_limit(clinic: Clinic, first: CaseReport) -> None:
    assert not clinic.call(1, 0).fusions
    call, trace = only(clinic.call(1, 0, (first,)))
    assert (call.state, call.molecules) == (CallState.NOT_DETECTED, 0)
    assert call.lod_molecules == 2
    assert call.lod95 is not None
    # 4.74 molecules are expected where at least 2 are seen with probability 0.95.
    assert call.lod95 == pytest.approx(4.744 / call.spanning, rel=1e-3)
    assert call.spanning > 150
    assert trace.changes[0].result is SerialResult.NO_LONGER_DETECTED
    assert [point.alt for point in trace.points][1] == 0


def test_fewer_molecules_are_a_fall_and_each_one_is_found(clinic: Clinic, first: CaseReport) -> None:
    call, trace = only(clinic.call(1, 4, (first,)))
    assert call.molecules == 4
    assert call.state is CallState.DETECTED
    assert trace.changes[0].result is SerialResult.FELL
    assert (trace.points[0].case_id, trace.points[1].case_id) == ("C0", "C1")


def partner_alone(clinic: Clinic) -> tuple[ReadPair, ...]:
    """Return a molecule with 24 bases of RET: the aligner leaves both of its reads in KIF5B, one with a clipped end."""
    joined = join(KIF5B_15, RET_11, "", clinic.genome, 140)
    bases = joined.before + joined.after[:24]
    reads = bases[:100], reverse_complement(bases)[:100]
    return tuple(ReadPair(f"alone:{copy}", "ACGTAC-TTGACC", *reads) for copy in range(2))


def test_one_molecule_is_found_where_no_read_of_the_target_points(clinic: Clinic, first: CaseReport) -> None:
    alone = partner_alone(clinic)
    assert not clinic.call(1, 0, more=alone).fusions
    now = clinic.call(1, 0, (first,), alone)
    call, trace = only(now)
    assert (call.molecules, call.clipped) == (1, 1)
    assert call.state is CallState.INDETERMINATE
    assert trace.changes[0].result is SerialResult.FELL
    (hotspot,) = (r for r in now.hotspots if r.hotspot_id == "RET_fusion")
    assert (hotspot.state, hotspot.alt) == (CallState.INDETERMINATE, 1)


def test_a_known_junction_of_genes_not_known_to_fuse_is_tested_at_its_own_places(clinic: Clinic) -> None:
    """Anywhere in the panel it would need more molecules than where an earlier case saw it."""
    then = clinic.call(0, 24, partner=FGFR2_16, settings=STRICT)
    (new,) = (fusion.calls[0] for fusion in then.fusions if fusion.name == "FGFR2::RET")
    now = clinic.call(1, 24, (then,), partner=FGFR2_16, settings=STRICT)
    (known,) = (fusion.calls[0] for fusion in now.fusions if fusion.name == "FGFR2::RET")
    assert {fusion.partners for fusion in (*then.fusions, *now.fusions)} == {PartnerKind.NOVEL}
    assert (new.lod_molecules, known.lod_molecules) == (3, 2)


def test_three_days_are_laid_side_by_side(clinic: Clinic, first: CaseReport) -> None:
    second = clinic.call(1, 4, (first,))
    call, trace = only(clinic.call(2, 30, (first, second)))
    assert call.molecules == 30
    assert [p.collected for p in trace.points] == list(DAYS)
    assert [c.since_case_id for c in trace.changes] == ["C1", "C0"]
    assert [c.result for c in trace.changes] == [SerialResult.ROSE, SerialResult.NO_CHANGE_SHOWN]
