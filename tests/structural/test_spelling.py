"""One junction, one event: shared and inserted bases, orientation, strand, specimen, and the strand of the genome."""

import random
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from csfgeno.genome.normalise import normalise
from csfgeno.genome.sequence import reverse_complement
from csfgeno.io.reference import ReferenceFasta
from csfgeno.molecules.beyond import partner_places, read_beyond
from csfgeno.molecules.reader import Source, probe, read_molecules
from csfgeno.molecules.tiles import make_tiles
from csfgeno.records import Breakpoint, Interval
from csfgeno.simulation.rearranged import PlantedFusion, PlantedTarget, Rearranged, SparseGenome, draw_pairs
from csfgeno.simulation.recipe import Recipe
from csfgeno.structural.fusions import Event, FusionSearch, find_events, read_specimen
from csfgeno.structural.genes import load_fusion_genes
from csfgeno.structural.sequence import join, microhomology, settle, shift, towards
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import Build, ContigStyle, Side, SpecimenKind
from tests.structural.aligned import align, index_stretches, write_genome

HALF_BP = 500
STEP_BP = 4_000
TOLERANCE_BP = Thresholds().breakpoint_tolerance_bp
MOLECULES = 8
OTHER = {"A": "C", "C": "G", "G": "T", "T": "A"}
BOTH_SIDES = list(product(Side, Side))


@dataclass(frozen=True)
class Truth:
    """A junction as it is settled, with the bases that both sides share and those between them."""

    first: Breakpoint
    second: Breakpoint
    shared: str
    inserted: str


def plant(number: int, sides: tuple[Side, Side], homology_bp: int, inserted_bp: int) -> tuple[Truth, SparseGenome]:
    """Return a junction of chr1 and chr2 in random sequence, whose sides share just so many bases.

    All sequence is drawn in the direction of the junction, then laid on the strands that the kept sides ask for.
    """
    rng = random.Random(f"{number} {sides} {homology_bp} {inserted_bp}")
    kept_1, beyond_1, before_2, kept_2, inserted = (
        "".join(rng.choices("ACGT", k=length)) for length in (*[HALF_BP] * 4, inserted_bp)
    )
    shared = kept_1[len(kept_1) - homology_bp :]
    before_2 = before_2[: HALF_BP - homology_bp - 1] + OTHER[kept_1[-homology_bp - 1]] + shared
    beyond_1 = OTHER[(inserted or kept_2)[0]] + beyond_1[1:]
    if inserted and inserted[-1] == before_2[-1]:
        before_2 = before_2[:-1] + OTHER[before_2[-1]]
    start = STEP_BP * (number + 1)
    one, two = kept_1 + beyond_1, before_2 + kept_2
    is_left, is_right = sides[0] is Side.LEFT, sides[1] is Side.RIGHT
    first = Breakpoint("chr1", start + HALF_BP - is_left, sides[0])
    second = Breakpoint("chr2", start + HALF_BP - (not is_right), sides[1])
    parts = {
        "chr1": ((start, one if is_left else reverse_complement(one)),),
        "chr2": ((start, two if is_right else reverse_complement(two)),),
    }
    return Truth(first, second, shared, inserted), SparseGenome(parts)


def mirrored(place: Breakpoint, length: int) -> Breakpoint:
    """Return the place on the other strand of a contig."""
    return Breakpoint(place.contig, length - 1 - place.pos, next(side for side in Side if side is not place.keeps))


def turned(genome: SparseGenome, length: int) -> SparseGenome:
    """Return the genome read from its other strand."""
    return SparseGenome(
        {
            contig: tuple((length - start - len(bases), reverse_complement(bases)) for start, bases in reversed(own))
            for contig, own in genome.parts.items()
        }
    )


# -------------------------------------------------------------------------------------- every spelling


@given(
    number=st.integers(0, 1_000),
    sides=st.sampled_from(BOTH_SIDES),
    homology_bp=st.integers(0, TOLERANCE_BP),
    data=st.data(),
)
def test_shared_bases_go_to_the_first_side_however_they_are_spelled(
    number: int, sides: tuple[Side, Side], homology_bp: int, data: st.DataObject
) -> None:
    truth, genome = plant(number, sides, homology_bp, 0)
    moved = data.draw(st.integers(0, homology_bp))
    cut = data.draw(st.integers(0, 5))  # bases that the aligner clipped off either side
    first = shift(truth.first, moved + cut)
    second = shift(truth.second, -moved)
    between = towards(shift(truth.first, moved), genome, cut) if cut else ""
    assert settle(first, second, between, genome, TOLERANCE_BP) == (truth.first, truth.second, "")
    assert microhomology(truth.first, truth.second, genome) == truth.shared


@given(
    number=st.integers(0, 1_000),
    sides=st.sampled_from(BOTH_SIDES),
    inserted_bp=st.integers(1, 10),
    cut=st.tuples(st.integers(0, 5), st.integers(0, 5)),
)
def test_inserted_bases_are_those_that_neither_side_gives(
    number: int, sides: tuple[Side, Side], inserted_bp: int, cut: tuple[int, int]
) -> None:
    truth, genome = plant(number, sides, 0, inserted_bp)
    first, second = shift(truth.first, cut[0]), shift(truth.second, cut[1])
    before, after = towards(truth.first, genome), reverse_complement(towards(truth.second, genome))
    between = before[len(before) - cut[0] :] + truth.inserted + after[: cut[1]]
    assert settle(first, second, between, genome, TOLERANCE_BP) == (truth.first, truth.second, truth.inserted)


@given(
    number=st.integers(0, 1_000),
    sides=st.sampled_from(BOTH_SIDES),
    homology_bp=st.integers(0, TOLERANCE_BP),
    inserted_bp=st.integers(0, 10),
)
def test_the_other_strand_of_the_genome_shows_the_mirrored_event(
    number: int, sides: tuple[Side, Side], homology_bp: int, inserted_bp: int
) -> None:
    length = STEP_BP * (number + 3)
    truth, genome = plant(number, sides, 0 if inserted_bp else homology_bp, inserted_bp)
    other = turned(genome, length)
    places = mirrored(truth.first, length), mirrored(truth.second, length)
    assert settle(*places, truth.inserted, other, TOLERANCE_BP) == (*places, truth.inserted)
    joined = join(*places, truth.inserted, other)
    assert joined == join(truth.first, truth.second, truth.inserted, genome)


# ------------------------------------------------------------------------------------------ from reads


CASES = [
    *((sides, homology_bp, 0) for sides in BOTH_SIDES for homology_bp in range(TOLERANCE_BP + 1)),
    *((sides, 0, inserted_bp) for sides in BOTH_SIDES for inserted_bp in range(1, 11)),
]
LENGTH = STEP_BP * (len(CASES) + 2)


def find(folder: Path, genome: SparseGenome, truths: list[Truth]) -> list[Event]:
    """Return all events of a case of two specimens whose molecules carry the junctions."""
    folder.mkdir()
    lengths = {"chr1": LENGTH, "chr2": LENGTH}
    stretches, fasta_path = index_stretches(genome, folder), write_genome(genome, lengths, folder / "genome.fa.gz")
    targets = sorted(Interval("chr1", t.first.pos - 200, t.first.pos + 200) for t in truths)
    recipe = replace(Recipe(), family_mean=3.0, duplex_yield=0.5)
    planted = [PlantedFusion(t.first, t.second, MOLECULES, t.inserted) for t in truths]
    library = Rearranged([PlantedTarget(target, 3.0) for target in targets], planted, recipe=recipe)
    thresholds, read = Thresholds(), []
    for kind, seed in ((SpecimenKind.CSF, 1), (SpecimenKind.PLASMA, 2)):
        pairs = draw_pairs(library, genome, np.random.default_rng(seed))
        bam = align(pairs, stretches, lengths, folder / f"{kind}.bam")
        source = Source(bam, fasta_path, thresholds, normalise)
        mode = probe(source, targets, None)
        read.append(
            (kind, source, mode, tuple(read_molecules(source, make_tiles(targets, mode.reads_per_bp), mode, 1)))
        )
    places = partner_places([tiles for *_, tiles in read])
    with ReferenceFasta(fasta_path) as fasta:
        search = FusionSearch(load_fusion_genes(Build.GRCH38, ContigStyle.CHR), fasta, thresholds, fasta.contigs)
        specimens = [
            read_specimen(kind, tiles, mode.evidence, thresholds, fasta, read_beyond(source, places, mode))
            for kind, source, mode, tiles in read
        ]
        return list(find_events(specimens, search, lambda first, second: first.contig != second.contig))


@pytest.mark.parametrize("is_turned", [False, True], ids=["forward", "turned"])
def test_every_junction_of_reads_is_one_event_in_both_specimens(tmp_path: Path, is_turned: bool) -> None:
    truths, parts = [], {"chr1": [], "chr2": []}  # type: ignore[var-annotated]
    for number, case in enumerate(CASES):
        truth, genome = plant(number, *case)
        truths.append(truth)
        for contig, own in genome.parts.items():
            parts[contig] += own
    genome = SparseGenome({contig: tuple(own) for contig, own in parts.items()})
    if is_turned:
        genome = turned(genome, LENGTH)
        truths = [replace(t, first=mirrored(t.first, LENGTH), second=mirrored(t.second, LENGTH)) for t in truths]
    events = find(tmp_path / "case", genome, truths)
    found = {(event.first, event.second, event.inserted) for event in events}
    assert len(found) == len(events)
    assert found == {(truth.first, truth.second, truth.inserted) for truth in truths}
    counted = np.array([[support.molecules for _, support in event.seen] for event in events])
    assert counted.min() >= MOLECULES - 1
    assert counted.max() <= MOLECULES + 1
    assert all(sum(support.duplex for _, support in event.seen) for event in events)
