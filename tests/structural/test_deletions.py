"""Deletions inside MET from real `bwa mem` records: found at their junction, and one with MET exon 14 skipping."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from csfgeno.annotation.transcripts import load_transcripts
from csfgeno.genome.normalise import normalise
from csfgeno.io.reference import ReferenceFasta
from csfgeno.molecules.beyond import partner_places, read_beyond
from csfgeno.molecules.reader import Source, probe, read_molecules
from csfgeno.molecules.tiles import make_tiles
from csfgeno.records import Breakpoint, Interval, Rearrangement, SkippingCause
from csfgeno.simulation.rearranged import PlantedFusion, PlantedTarget, Rearranged, SparseGenome, draw_pairs
from csfgeno.simulation.recipe import Recipe
from csfgeno.structural.fusions import FusionSearch, find_fusions, read_specimen
from csfgeno.structural.genes import load_fusion_genes
from csfgeno.structural.rearrangements import find_rearrangements
from csfgeno.structural.skipping import deletions_of
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import Build, CallState, ContigStyle, Frame, Side, SkippingMechanism, SpecimenKind
from tests.structural.aligned import align, index_stretches, synthetic_genome, write_genome

EXON = Interval("chr7", 116_771_848, 116_771_989)
LENGTHS = {"chr7": 116_790_000}
GENES = load_fusion_genes(Build.GRCH38, ContigStyle.CHR)
TRANSCRIPTS = load_transcripts(Build.GRCH38, ContigStyle.CHR)
RECIPE = replace(Recipe(), family_mean=3.0, duplex_yield=0.3)
DONOR, ACCEPTOR, TRACT, WHOLE = (
    SkippingMechanism.DONOR,
    SkippingMechanism.ACCEPTOR,
    SkippingMechanism.POLYPYRIMIDINE_TRACT,
    SkippingMechanism.WHOLE_EXON,
)


@dataclass(frozen=True)
class Laboratory:
    folder: Path
    genome: SparseGenome
    stretches: Path
    fasta: Path

    def delete(
        self, lost: Interval, molecules: int, seed: int
    ) -> tuple[tuple[Rearrangement, ...], tuple[SkippingCause, ...]]:
        """Return what is found of a library of which some molecules lack a stretch."""
        target = Interval("chr7", EXON.start - 400, EXON.end + 1_700)
        library = Rearranged([PlantedTarget(target, 150.0)], [deleting(lost, molecules)], 1e-3, recipe=RECIPE)
        pairs = draw_pairs(library, self.genome, np.random.default_rng(seed))
        return find(align(pairs, self.stretches, LENGTHS, self.folder / f"{seed}.bam"), self.fasta, target)


def deleting(lost: Interval, molecules: int) -> PlantedFusion:
    """Return the junction of molecules that lack a stretch."""
    before, after = Breakpoint(lost.contig, lost.start - 1, Side.LEFT), Breakpoint(lost.contig, lost.end, Side.RIGHT)
    return PlantedFusion(before, after, molecules)


def find(bam: Path, fasta_path: Path, target: Interval) -> tuple[tuple[Rearrangement, ...], tuple[SkippingCause, ...]]:
    thresholds = Thresholds()
    source = Source(bam, fasta_path, thresholds, normalise)
    mode = probe(source, [target], None)
    tiles = tuple(read_molecules(source, make_tiles([target], mode.reads_per_bp), mode, 1))
    beyond = read_beyond(source, partner_places([tiles]), mode)
    with ReferenceFasta(fasta_path) as fasta:
        specimen = read_specimen(SpecimenKind.CSF, tiles, mode.evidence, thresholds, fasta, beyond)
        search = FusionSearch(GENES, fasta, thresholds, fasta.contigs)
        assert find_fusions([specimen], search) == ()
        found = find_rearrangements([specimen], search, TRANSCRIPTS)
        return found, tuple(deletions_of(found, TRANSCRIPTS, fasta))


@pytest.fixture(scope="module")
def laboratory(tmp_path_factory: pytest.TempPathFactory) -> Laboratory:
    folder = tmp_path_factory.mktemp("deletions")
    genome = synthetic_genome([Interval("chr7", EXON.start - 2_500, EXON.end + 3_000)], seed=5)
    fasta = write_genome(genome, LENGTHS, folder / "genome.fa.gz")
    return Laboratory(folder, genome, index_stretches(genome, folder), fasta)


@pytest.mark.parametrize(
    ("start", "end", "signals"),
    [
        (EXON.start - 60, EXON.start + 50, (ACCEPTOR, TRACT)),
        (EXON.end - 70, EXON.end + 110, (DONOR,)),
        (EXON.start - 40, EXON.end + 30, (WHOLE,)),
        (EXON.start - 150, EXON.end + 1_500, (WHOLE,)),
    ],
)
def test_a_deletion_over_the_exon_is_skipping(
    laboratory: Laboratory, start: int, end: int, signals: tuple[SkippingMechanism, ...]
) -> None:
    found, causes = laboratory.delete(Interval("chr7", start, end), molecules=8, seed=end - start)
    (event,) = (own for own in found if own.calls[0].state is CallState.DETECTED)
    assert event.hotspot_ids == ("MET_ex14",)
    assert 7 <= event.calls[0].molecules <= 9
    (cause,) = causes
    assert cause.mechanisms == signals
    assert abs(len(cause.allele.ref) - 1 - (end - start)) <= len(event.inserted)
    assert abs(cause.allele.start + 1 - start) <= len(event.microhomology) + len(event.inserted)
    assert event.hgvs_c == cause.hgvs_c
    assert "del" in cause.hgvs_c
    assert event.size_bp == len(cause.allele.ref) - 1


@pytest.mark.parametrize(
    ("start", "end"),
    [(EXON.end + 100, EXON.end + 600), (EXON.start - 250, EXON.start - 60), (EXON.start - 90, EXON.start - 31)],
)
def test_a_deletion_inside_an_intron_is_not(laboratory: Laboratory, start: int, end: int) -> None:
    found, causes = laboratory.delete(Interval("chr7", start, end), molecules=8, seed=7)
    assert (found, causes) == ((), ())


def test_a_deletion_of_two_exons_of_a_suppressor(tmp_path: Path) -> None:
    """TP53 lies on the reverse strand; only one side of the deletion is in a target, the partner is read beyond it."""
    gene = TRANSCRIPTS.by_gene("TP53")
    eighth, seventh = (next(e.interval for e in gene.exons if e.number == number) for number in (8, 7))
    lost = Interval("chr17", eighth.start - 30, seventh.end + 120)
    genome = synthetic_genome([Interval("chr17", lost.start - 1_500, lost.end + 1_500)], seed=6)
    lengths = {"chr17": lost.end + 5_000}
    fasta = write_genome(genome, lengths, tmp_path / "genome.fa.gz")
    target = Interval("chr17", eighth.start - 300, eighth.end + 100)
    library = Rearranged([PlantedTarget(target, 150.0)], [deleting(lost, 10)], 1e-3, recipe=RECIPE)
    pairs = draw_pairs(library, genome, np.random.default_rng(3))
    bam = align(pairs, index_stretches(genome, tmp_path), lengths, tmp_path / "reads.bam")
    ((event,), _) = find(bam, fasta, target)
    assert event.calls[0].state is CallState.DETECTED
    assert 9 <= event.calls[0].molecules <= 10
    assert (event.gene, event.exons, event.frame) == ("TP53", (7, 8), Frame.OUT_OF_FRAME)
    moved = len(event.microhomology)
    assert abs(event.span.start - lost.start) <= moved
    assert len(event.span) == len(lost)
    assert event.hgvs_c is not None
    assert event.hgvs_c.endswith("del")
