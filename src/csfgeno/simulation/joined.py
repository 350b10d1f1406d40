"""Chromosomes joined from stretches of the genome, and molecules that are pieces of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from csfgeno.genome.sequence import SequenceSource
from csfgeno.records import Breakpoint, Interval
from csfgeno.simulation.events import EventKind, Junction, PlantedEvent, cut_of
from csfgeno.simulation.fragments import MAX_FRAGMENT_BP
from csfgeno.simulation.haplotypes import Chromosomes, Codes, Mask, Positions, Reference, encode
from csfgeno.simulation.molecules import Molecules
from csfgeno.vocab import Side

AROUND_BP: Final = 1100
"""Genome kept around each stretch, for reads that an aligner extends beyond the junction."""

COMPLEMENT: Final = np.array([3, 2, 1, 0, 4], np.uint8)


class Stretch(NamedTuple):
    """A part of the genome in the direction in which a joined chromosome has it."""

    contig: str
    start: int
    end: int
    is_reverse: bool


class Chain(NamedTuple):
    """Stretches end to end; what is inserted and the junction that is made lie between neighbours.

    A junction of `None` is a chimera of the library.
    """

    stretches: tuple[Stretch, ...]
    inserted: tuple[str, ...]
    junctions: tuple[Junction | None, ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch, and the genome around it."""

    contig: str
    is_reverse: bool
    reference: Reference


@dataclass(frozen=True, slots=True)
class Joint:
    """Where a junction lies: the index behind the last base before it, and that of the first base behind it."""

    junction: Junction | None
    end: int
    start: int

    def is_in(self, first: Positions, last: Positions, least_bp: int = 1) -> Mask:
        """Return which of [first, last) have at least that many bases on either side."""
        return np.asarray((first <= self.end - least_bp) & (last >= self.start + least_bp))


class Span(NamedTuple):
    """What a molecule or read holds of one piece, on the reference."""

    contig: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Joined:
    """Joined chromosomes.

    Attributes
    ----------
    chromosomes
        Haplotypes are the chains.
    piece
        Row of `pieces` that each base is of, -1 for an inserted one, shape (bases,).
    joints
        Of all chains.
    """

    chromosomes: Chromosomes
    piece: Positions
    pieces: tuple[Piece, ...]
    joints: tuple[Joint, ...]

    def spans(self, first: int, last: int) -> Iterator[Span]:
        """Yield what the bases [first, last) hold of each piece."""
        own, at = self.piece[first:last], self.chromosomes.at[first:last]
        for number in np.unique(own[own >= 0]):
            places = at[own == number]
            yield Span(self.pieces[number].contig, int(places.min()), int(places.max()) + 1)


@dataclass(frozen=True, slots=True)
class JoinedMolecules:
    """Molecules of joined chromosomes; `molecules.chromosomes` are those of `joined`."""

    joined: Joined
    molecules: Molecules

    def reads(self, read_bp: int) -> tuple[tuple[Positions, Positions], ...]:
        """Return first and last index (half-open) of the left, then of the right reads of all molecules."""
        start, end = self.molecules.start, self.molecules.end
        length = np.minimum(end - start, read_bp)
        return (start, start + length), (end - length, end)


def chains_of(event: PlantedEvent) -> tuple[Chain, ...]:
    """Return the joined chromosomes of an event, as far as a fragment over a junction reaches."""
    first, *others = event.junctions
    low, high = sorted(map(cut_of, event.places))
    if event.kind is EventKind.INVERSION and high - low <= MAX_FRAGMENT_BP:
        (last,) = others
        inside = Stretch(first.first.contig, low, high, is_reverse=True)
        stretches = (_arm(first.first, leads=True), inside, _arm(last.second, leads=False))
        return (Chain(stretches, (first.inserted, last.inserted), (first, last)),)
    return tuple(
        Chain((_arm(j.first, leads=True), _arm(j.second, leads=False)), (j.inserted,), (j,)) for j in event.junctions
    )


def _arm(place: Breakpoint, *, leads: bool) -> Stretch:
    """Return what a breakpoint keeps: before the junction if it leads, behind it otherwise."""
    is_reverse = leads == (place.keeps is Side.RIGHT)
    if place.keeps is Side.LEFT:
        return Stretch(place.contig, max(place.pos + 1 - MAX_FRAGMENT_BP, 0), place.pos + 1, is_reverse)
    return Stretch(place.contig, place.pos, place.pos + MAX_FRAGMENT_BP, is_reverse)


def join_chains(chains: Sequence[Chain], genome: SequenceSource) -> Joined:
    """Return the bases of all chains."""
    parts: list[tuple[Codes, Positions, int]] = []
    pieces: list[Piece] = []
    joints: list[Joint] = []
    ends: list[int] = [0]
    index = 0
    for chain in chains:
        for number, stretch in enumerate(chain.stretches):
            if number:
                inserted = encode(chain.inserted[number - 1])
                joints.append(Joint(chain.junctions[number - 1], index, index + len(inserted)))
                parts.append((inserted, np.full(len(inserted), parts[-1][1][-1]), -1))
                index += len(inserted)
            codes, at = _bases(stretch, genome)
            parts.append((codes, at, len(pieces)))
            pieces.append(_piece(stretch, genome))
            index += len(codes)
        ends.append(index)
    piece = np.repeat([number for _, _, number in parts], [len(codes) for codes, _, _ in parts])
    at = np.concatenate([at for _, at, _ in parts])
    chromosomes = Chromosomes(np.concatenate([codes for codes, _, _ in parts]), at, piece < 0, np.array(ends))
    return Joined(chromosomes, piece, tuple(pieces), tuple(joints))


def _bases(stretch: Stretch, genome: SequenceSource) -> tuple[Codes, Positions]:
    codes = encode(genome.fetch(stretch.contig, stretch.start, stretch.end))
    at = np.arange(stretch.start, stretch.start + len(codes))
    return (COMPLEMENT[codes][::-1], at[::-1]) if stretch.is_reverse else (codes, at)


def _piece(stretch: Stretch, genome: SequenceSource) -> Piece:
    low = max(stretch.start - AROUND_BP, 0)
    codes = encode(genome.fetch(stretch.contig, low, stretch.end + AROUND_BP))
    reference = Reference(Interval(stretch.contig, low, low + len(codes)), codes)
    return Piece(stretch.contig, stretch.is_reverse, reference)


Ends = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Capture:
    """Targets by contig, as starts and ends, and what a fragment must share with one."""

    targets: Mapping[str, tuple[Ends, Ends]]
    overlap_bp: int

    def takes(self, span: Span) -> bool:
        """Whether a fragment with this span is captured."""
        if span.contig not in self.targets:
            return False
        starts, ends = self.targets[span.contig]
        shared = np.minimum(span.end, ends) - np.maximum(span.start, starts)
        return bool((shared >= np.minimum(self.overlap_bp, ends - starts)).any())


def make_capture(targets: Sequence[Interval], overlap_bp: int) -> Capture:
    """Return the capture of a panel."""
    by_contig: dict[str, list[Interval]] = {}
    for target in targets:
        by_contig.setdefault(target.contig, []).append(target)
    ends = {
        contig: (np.array([t.start for t in own]), np.array([t.end for t in own])) for contig, own in by_contig.items()
    }
    return Capture(ends, overlap_bp)
