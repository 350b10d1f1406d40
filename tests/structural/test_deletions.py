"""Deletions inside MET from real `bwa mem` records: found at their junction, and one with MET exon 14 skipping."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from csfgeno.annotation.transcripts import load_transcripts
from csfgeno.genome.normalise import normalise
from csfgeno.io.reference import ReferenceFasta
from csfgeno.molecules.reader import Source, probe, read_molecules
from csfgeno.molecules.tiles import make_tiles
from csfgeno.records import Breakpoint, Fusion, Interval, SkippingCause
from csfgeno.simulation.rearranged import PlantedFusion, PlantedTarget, Rearranged, SparseGenome, draw_pairs
from csfgeno.simulation.recipe import Recipe
from csfgeno.structural.fusions import FusionSearch, find_fusions, read_specimen
from csfgeno.structural.genes import load_fusion_genes
from csfgeno.structural.skipping import deletions_of
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import Build, CallState, ContigStyle, Side, SkippingMechanism, SpecimenKind
from tests.structural.aligned import align, index_stretches, synthetic_genome, write_genome

EXON = Interval("chr7", 116_771_848, 116_771_989)
LENGTHS = {"chr7": 116_790_000}
GENES = load_fusion_genes(Build.GRCH38, ContigStyle.CHR)
TRANSCRIPTS = load_transcripts(Build.GRCH38, ContigStyle.CHR)
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

    def delete(self, lost: Interval, molecules: int, seed: int) -> tuple[tuple[Fusion, ...], tuple[SkippingCause, ...]]:
        """Return what is found of a library of which some molecules lack a stretch."""
        target = Interval("chr7", EXON.start - 400, EXON.end + 1_700)
        junction = PlantedFusion(
            Breakpoint("chr7", lost.start - 1, Side.LEFT), Breakpoint("chr7", lost.end, Side.RIGHT), molecules
        )
        recipe = replace(Recipe(), family_mean=3.0, duplex_yield=0.3)
        library = Rearranged([PlantedTarget(target, 150.0)], [junction], 1e-3, recipe=recipe)
        pairs = draw_pairs(library, self.genome, np.random.default_rng(seed))
        bam = align(pairs, self.stretches, LENGTHS, self.folder / f"{seed}.bam")
        thresholds = Thresholds()
        source = Source(bam, self.fasta, thresholds, normalise)
        mode = probe(source, [target], None)
        tiles = tuple(read_molecules(source, make_tiles([target], mode.reads_per_bp), mode, 1))
        with ReferenceFasta(self.fasta) as fasta:
            specimen = read_specimen(SpecimenKind.CSF, tiles, mode.evidence, thresholds, fasta)
            found = find_fusions([specimen], FusionSearch(GENES, fasta, thresholds, fasta.contigs))
            return found, deletions_of(found, TRANSCRIPTS, fasta)


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
    (event,) = (fusion for fusion in found if fusion.calls[0].state is CallState.DETECTED)
    assert event.hotspot_ids == ("MET_ex14",)
    assert 7 <= event.calls[0].molecules <= 9
    (cause,) = causes
    assert cause.mechanisms == signals
    assert abs(len(cause.allele.ref) - 1 - (end - start)) <= len(event.inserted)
    assert abs(cause.allele.start + 1 - start) <= len(event.microhomology) + len(event.inserted)
    assert "del" in cause.hgvs_c


def test_a_deletion_inside_an_intron_is_not(laboratory: Laboratory) -> None:
    found, causes = laboratory.delete(Interval("chr7", EXON.end + 100, EXON.end + 600), molecules=8, seed=7)
    assert (found, causes) == ((), ())
