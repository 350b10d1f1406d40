"""Junctions whose evidence is thinner than split reads of one aligner, and places that only look like a junction."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pysam
import pytest

from csfgeno.records import Breakpoint, Fusion, Interval
from csfgeno.simulation.rearranged import PlantedFusion, PlantedTarget, ReadPair, Rearranged, SparseGenome, draw_pairs
from csfgeno.simulation.recipe import Recipe
from csfgeno.structural.genes import load_fusion_genes
from csfgeno.vocab import Build, CallState, ContigStyle, Side, StructuralFilter
from tests.structural.aligned import BWA, MINIMAP2, align, index_stretches, synthetic_genome, write_genome
from tests.study.fusion_bench import Bench, call

LENGTHS = {"chr2": 42_400_000}
GENES = load_fusion_genes(Build.GRCH38, ContigStyle.CHR)
EML4, ALK = Breakpoint("chr2", 42_298_000, Side.LEFT), Breakpoint("chr2", 29_224_600, Side.LEFT)
TARGET = Interval("chr2", ALK.pos - 300, ALK.pos + 300)
RECIPE = replace(Recipe(), family_mean=3.0, duplex_yield=0.3)
CLIPS = (pysam.CSOFT_CLIP, pysam.CHARD_CLIP)


@dataclass(frozen=True)
class Laboratory:
    bench: Bench
    genome: SparseGenome

    def draw(self, molecules: int, seed: int, *, read_bp: int = RECIPE.read_bp) -> Sequence[ReadPair]:
        recipe = replace(RECIPE, read_bp=read_bp)
        library = Rearranged([PlantedTarget(TARGET, 150.0)], [PlantedFusion(EML4, ALK, molecules)], 1e-3, recipe=recipe)
        return list(draw_pairs(library, self.genome, np.random.default_rng(seed)))

    def align(self, pairs: Sequence[ReadPair], name: str, aligner: Sequence[str] = BWA) -> Path:
        return align(pairs, self.bench.stretches, LENGTHS, self.bench.folder / f"{name}.bam", aligner)

    def find(self, bam: Path) -> tuple[Fusion, ...]:
        return call(self.bench, bam)


def make_laboratory(folder: Path, genome: SparseGenome) -> Laboratory:
    fasta = write_genome(genome, LENGTHS, folder / "genome.fa.gz")
    stretches = index_stretches(genome, folder)
    return Laboratory(Bench(folder, GENES, ((EML4, ALK),), LENGTHS, stretches, fasta), genome)


@pytest.fixture(scope="module")
def laboratory(tmp_path_factory: pytest.TempPathFactory) -> Laboratory:
    places = [Interval(p.contig, p.pos - 1_300, p.pos + 1_300) for p in (EML4, ALK)]
    return make_laboratory(tmp_path_factory.mktemp("hard"), synthetic_genome(places, seed=3))


def edited(bam: Path, keep: Callable[[pysam.AlignedSegment], bool]) -> Path:
    """Return a copy of the file with the records to keep, without their SA tags."""
    out = bam.with_suffix(".edited.bam")
    with pysam.AlignmentFile(str(bam)) as source, pysam.AlignmentFile(str(out), "wb", template=source) as target:
        for record in source:
            if keep(record):
                record.set_tag("SA", None)
                target.write(record)
    pysam.index(str(out))
    return out


def test_soft_clips_alone_show_a_junction(laboratory: Laboratory) -> None:
    """Some aligners and many filtered files have no supplementary alignments and no SA tags."""
    bam = laboratory.align(laboratory.draw(12, seed=5), "clips")
    (fusion,) = laboratory.find(edited(bam, lambda record: not record.is_supplementary))
    (own,) = fusion.calls
    assert own.state is CallState.DETECTED
    assert own.split == 0
    assert own.molecules >= 10
    assert abs(fusion.five_prime.breakpoint.pos - EML4.pos) <= len(fusion.microhomology)


def test_records_of_minimap2_show_a_junction(laboratory: Laboratory) -> None:
    """It writes hard-clipped supplementary alignments and, without `-Y`, no mate tags."""
    bam = laboratory.align(laboratory.draw(12, seed=5), "minimap2", MINIMAP2)
    with pysam.AlignmentFile(str(bam)) as file:
        assert any(record.is_supplementary for record in file)
    (fusion,) = laboratory.find(bam)
    assert fusion.exon_name == "EML4 exon 13 :: ALK exon 20"
    assert fusion.calls[0].state is CallState.DETECTED
    assert 11 <= fusion.calls[0].molecules <= 12


def test_mates_alone_never_make_an_event(laboratory: Laboratory) -> None:
    """Chance joins mates of any two places; without a read over the junction nothing tells where they break."""
    bam = laboratory.align(laboratory.draw(12, seed=7, read_bp=50), "mates")
    with pysam.AlignmentFile(str(bam)) as file:
        clipped = {r.query_name for r in file if any(op in CLIPS and n >= 8 for op, n in r.cigartuples or ())}
    alone = edited(bam, lambda record: record.query_name not in clipped)
    with pysam.AlignmentFile(str(alone)) as file:
        apart = {
            str(r.query_name).split(":")[0] for r in file if abs(r.next_reference_start - r.reference_start) > 10_000
        }
    assert len(apart) >= 4
    assert not laboratory.find(alone)


def test_mates_alone_count_beside_a_read_over_the_junction(laboratory: Laboratory) -> None:
    (fusion,) = laboratory.find(laboratory.align(laboratory.draw(12, seed=7, read_bp=50), "short"))
    (own,) = fusion.calls
    assert own.state is CallState.DETECTED
    assert own.discordant > 0
    assert 11 <= own.molecules <= 12  # of one the shorter side is below the least score of the aligner


def test_homologous_places_are_no_fusion(tmp_path: Path) -> None:
    """The intron of ALK holds a copy of 40 bases of EML4 beside the break, as gene families and repeats do."""
    places = [Interval(p.contig, p.pos - 1_300, p.pos + 1_300) for p in (EML4, ALK)]
    genome = synthetic_genome(places, seed=3)
    copy = genome.fetch("chr2", EML4.pos - 60, EML4.pos - 20)
    parts = tuple(
        (start, bases[:1_310] + copy + bases[1_310 + len(copy) :] if start == ALK.pos - 1_300 else bases)
        for start, bases in genome.parts["chr2"]
    )
    laboratory = make_laboratory(tmp_path, SparseGenome({"chr2": parts}))
    found = laboratory.find(laboratory.align(laboratory.draw(12, seed=5), "homology"))
    assert found
    for fusion in found:
        assert fusion.calls[0].state is CallState.INDETERMINATE
        assert StructuralFilter.HOMOLOGY in fusion.calls[0].filters
