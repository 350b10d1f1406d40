"""Changes inside one gene from reads of `bwa mem` through `csfgeno call`: states, names, therapies, outputs."""

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from csfgeno.assay import RunOptions
from csfgeno.cli import main
from csfgeno.inputs.case import case_from_options
from csfgeno.io.headers import PRIMARY_LENGTHS
from csfgeno.pipeline import run_case
from csfgeno.records import Allele, Breakpoint, CaseReport, Interval
from csfgeno.report.document import read_report
from csfgeno.simulation.rearranged import PlantedFusion, PlantedTarget, Rearranged, SparseGenome, draw_pairs
from csfgeno.simulation.recipe import Recipe
from csfgeno.vocab import Build, CallState, Side, SkippingMechanism
from tests.structural.aligned import align, index_stretches, synthetic_genome, write_genome

EXON_14 = Interval("chr7", 116_771_848, 116_771_989)
EXON_15_END = 116_775_111
LENGTHS = {"chr7": PRIMARY_LENGTHS[Build.GRCH38]["7"]}
MET = Interval("chr7", EXON_14.start - 700, EXON_14.end + 300)
PLACES = {"intron 1": 55_100_000, "intron 7": 55_155_000, "intron 17": 55_173_500, "intron 25": 55_201_540}
"""Of EGFR: where the breaks are."""
RECIPE = replace(Recipe(), family_mean=3.0, duplex_yield=0.3)
MOLECULES = 12


def deletion(start: int, end: int) -> PlantedFusion:
    """Molecules that lack [start, end)."""
    return PlantedFusion(Breakpoint("chr7", start - 1, Side.LEFT), Breakpoint("chr7", end, Side.RIGHT), MOLECULES)


@dataclass(frozen=True)
class Laboratory:
    folder: Path
    genome: SparseGenome
    stretches: Path
    fasta: Path

    @property
    def targets(self) -> list[Interval]:
        return [MET, *(Interval("chr7", pos - 120, pos + 120) for pos in PLACES.values())]

    def sequence(self, name: str, planted: Sequence[PlantedFusion], alleles: tuple[Allele, ...] = ()) -> Path:
        """Return the aligned reads of a library; alleles have a share of 5%."""
        wild = [PlantedTarget(t, 200.0, alleles if t == MET else (), 0.05) for t in self.targets]
        library = Rearranged(wild, planted, 1e-3, recipe=RECIPE)
        pairs = draw_pairs(library, self.genome, np.random.default_rng(11))
        return align(pairs, self.stretches, LENGTHS, self.folder / f"{name}.bam")

    @property
    def panel(self) -> Path:
        path = self.folder / "panel.bed"
        genes = ["MET", "EGFR", "EGFR", "EGFR", "EGFR"]
        rows = zip(self.targets, genes, strict=True)
        path.write_text("".join(f"{t.contig}\t{t.start}\t{t.end}\t{gene}\n" for t, gene in rows))
        return path

    def call(self, name: str, planted: Sequence[PlantedFusion], alleles: tuple[Allele, ...] = ()) -> CaseReport:
        bam = self.sequence(name, planted, alleles)
        loaded = case_from_options(reference=self.fasta, csf=bam, panel=str(self.panel), case_id=name)
        return run_case(loaded, RunOptions())


@pytest.fixture(scope="module")
def laboratory(tmp_path_factory: pytest.TempPathFactory) -> Laboratory:
    folder = tmp_path_factory.mktemp("calls")
    places = [Interval("chr7", EXON_14.start - 2_000, EXON_15_END + 2_000)]
    places += [Interval("chr7", pos - 1_000, pos + 1_000) for pos in PLACES.values()]
    genome = synthetic_genome(places, seed=8)
    (start, bases), *others = genome.parts["chr7"]
    donor = EXON_14.end - start
    genome = SparseGenome({"chr7": ((start, bases[:donor] + "G" + bases[donor + 1 :]), *others)})
    fasta = write_genome(genome, LENGTHS, folder / "genome.fa.gz")
    return Laboratory(folder, genome, index_stretches(genome, folder), fasta)


@pytest.fixture(scope="module")
def skipped(laboratory: Laboratory) -> CaseReport:
    """Called by the command itself: MET lacks exon 14 with its splice sites."""
    bam = laboratory.sequence("skipped", [deletion(EXON_14.start - 150, EXON_14.end + 120)])
    command = ["call", "--reference", str(laboratory.fasta), "--csf", str(bam), "--panel", str(laboratory.panel)]
    out = laboratory.folder / "out"
    with pytest.raises(SystemExit) as stop:
        main([*command, "--case-id", "skipped", "--out-dir", str(out)])
    assert stop.value.code == 0
    return read_report(out / "skipped.json")


def states(report: CaseReport, hotspot_id: str) -> list[CallState]:
    return [result.state for result in report.hotspots if result.hotspot_id == hotspot_id]


def advice(report: CaseReport) -> list[tuple[str, tuple[str, ...], str, str]]:
    return [(own.act_id, own.drug_ids, str(own.direction), own.message) for own in report.therapies]


def test_a_deletion_of_met_exon_14_is_one_biomarker(skipped: CaseReport) -> None:
    assert states(skipped, "MET_ex14") == [CallState.DETECTED]
    assert skipped.fusions == ()
    (change,) = skipped.rearrangements
    (call,) = change.calls
    assert call.state is CallState.DETECTED
    assert MOLECULES - 1 <= call.molecules <= MOLECULES + 1
    assert change.hgvs_c == "c.2887+45_3028+120del"  # exon 13 ends 44 bases before the first one that is lost
    (skipping,) = skipped.exon_skippings
    assert skipping.biomarker_ids == ("MET_EX14",)
    (cause,) = skipping.causes
    assert (cause.hgvs_c, cause.mechanisms) == (change.hgvs_c, (SkippingMechanism.WHOLE_EXON,))
    assert [match for match in skipped.therapies if "MET_EX14" in match.biomarker_ids]


def test_its_outputs_name_it(laboratory: Laboratory, skipped: CaseReport) -> None:
    (change,), out = skipped.rearrangements, laboratory.folder / "out"
    wanted = "%POS %END %SVLEN %GENE %HGVSC %HOTSPOT[ %ST]\n"
    command = ["bcftools", "query", "-i", 'ALT="<DEL>"', "-f", wanted, str(out / "skipped.vcf.gz")]
    (line,) = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    span = change.span
    assert line == f"{span.start} {span.end} -{len(span)} MET {change.hgvs_c} MET_ex14 DETECTED"
    page = (out / "skipped.html").read_text()
    assert "MET exon 14 skipping" in page
    assert "whole exon" in page
    assert "MET deletion" in page
    assert str(change.hgvs_c) in page
    fhir = json.loads((out / "skipped.fhir.json").read_text())
    assert f"NM_000245.4:{change.hgvs_c}" in json.dumps(fhir)
    assert "SO:0000159" in json.dumps(fhir)


def test_its_therapies_are_those_of_a_broken_splice_site(laboratory: Laboratory, skipped: CaseReport) -> None:
    donor = Allele("chr7", EXON_14.end, "G", "A")
    report = laboratory.call("donor", [], (donor,))
    assert states(report, "MET_ex14") == [CallState.DETECTED]
    assert report.rearrangements == ()
    assert advice(report) == advice(skipped) != []


@pytest.mark.parametrize(
    ("name", "start", "end"),
    [
        ("intron", EXON_14.start - 180, EXON_14.start - 60),
        ("exon 13", EXON_14.start - 420, EXON_14.start - 120),
        ("both", EXON_14.start - 150, EXON_15_END + 60),
    ],
)
def test_near_misses_are_no_skipping(laboratory: Laboratory, name: str, start: int, end: int) -> None:
    report = laboratory.call(name, [deletion(start, end)])
    assert CallState.DETECTED not in states(report, "MET_ex14")
    assert report.rearrangements == ()
    assert report.fusions == ()
    assert all(not skipping.causes for skipping in report.exon_skippings)
    assert not [match for match in report.therapies if "MET_EX14" in match.biomarker_ids]


def test_a_negative_says_which_introns_the_panel_reads(skipped: CaseReport, laboratory: Laboratory) -> None:
    """EGFR has 796 bases in intron 17 and 379 in intron 25 (GRCh38), of which the panel reads 240 each."""
    (result,) = (own for own in skipped.hotspots if own.hotspot_id == "EGFR_KDD")
    assert result.state is CallState.NOT_ASSESSABLE
    assert "intron 17 (30%), intron 25 (63%), 40% of their bases" in result.reason
    assert result.lod95 is not None
    (unread,) = (own for own in skipped.hotspots if own.hotspot_id == "ALK_fusion")
    assert (unread.state, unread.lod95) == (CallState.NOT_ASSESSABLE, None)
    page = (laboratory.folder / "out" / "skipped.html").read_text()
    assert "intron 17 (30%), intron 25 (63%)" in page
    assert "the panel reads no intron in which the gene usually breaks" in page


@pytest.mark.parametrize(("least", "state"), [(0.4, CallState.NOT_DETECTED), (0.41, CallState.NOT_ASSESSABLE)])
def test_a_negative_needs_a_share_of_the_introns(laboratory: Laboratory, least: float, state: CallState) -> None:
    loaded = case_from_options(
        reference=laboratory.fasta, csf=laboratory.folder / "skipped.bam", panel=str(laboratory.panel), case_id="share"
    )
    report = run_case(loaded, RunOptions(settings={"fusion_min_share": str(least)}))
    assert states(report, "EGFR_KDD") == [state]


def test_variant_iii_and_the_kinase_duplication_are_named(laboratory: Laboratory) -> None:
    at = PLACES
    double = PlantedFusion(
        Breakpoint("chr7", at["intron 25"], Side.LEFT), Breakpoint("chr7", at["intron 17"], Side.RIGHT), MOLECULES
    )
    report = laboratory.call("egfr", [deletion(at["intron 1"], at["intron 7"]), double])
    named = {change.name: change for change in report.rearrangements}
    assert set(named) == {"EGFRvIII", "EGFR-KDD"}
    assert all(change.calls[0].state is CallState.DETECTED for change in named.values())
    assert named["EGFRvIII"].exons == (2, 3, 4, 5, 6, 7)
    assert named["EGFR-KDD"].exons == tuple(range(18, 26))
    assert states(report, "EGFR_KDD") == [CallState.DETECTED]
    assert named["EGFR-KDD"].biomarker_ids == ("EGFR_KDD",)
    assert named["EGFRvIII"].biomarker_ids == ()
    assert named["EGFR-KDD"].hgvs_c is not None
    assert named["EGFR-KDD"].hgvs_c.endswith("dup")
