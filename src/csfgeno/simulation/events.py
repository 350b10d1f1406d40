"""Structural events to plant: two breakpoints that are joined, and what becomes of the copies around them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from csfgeno.genome.sequence import reverse_complement
from csfgeno.records import Breakpoint
from csfgeno.simulation.variants import Origin
from csfgeno.vocab import Side

END_OF_CONTIG: Final = 1 << 40
Segment = tuple[int, int]


class EventKind(StrEnum):
    """What is joined; the codes of VCF but for the fusion, which is a pair of breakends there."""

    FUSION = "FUSION"
    DELETION = "DEL"
    DUPLICATION = "DUP"
    INVERSION = "INV"


def cut_of(place: Breakpoint) -> int:
    """Return the base behind the cut that a breakpoint is a side of."""
    return place.pos + 1 if place.keeps is Side.LEFT else place.pos


def _other_side(place: Breakpoint) -> Breakpoint:
    if place.keeps is Side.LEFT:
        return Breakpoint(place.contig, place.pos + 1, Side.RIGHT)
    return Breakpoint(place.contig, place.pos - 1, Side.LEFT)


@dataclass(frozen=True, slots=True)
class Junction:
    """`first` up to its break, the inserted bases, and `second` from its break on: the direction of the reading."""

    first: Breakpoint
    second: Breakpoint
    inserted: str = ""

    def turned(self) -> "Junction":
        """Return the same junction read from the other strand."""
        return Junction(self.second, self.first, reverse_complement(self.inserted))

    def __str__(self) -> str:
        """Both places with the inserted bases between them."""
        return f"{self.first}:{self.inserted}:{self.second}"


@dataclass(frozen=True, slots=True)
class PlantedEvent:
    """One structural event to plant.

    Attributes
    ----------
    kind
        A fusion changes no copies; what a deletion or tandem duplication lies over is lost or doubled.
    junction
        What is joined.
    vaf
        Share of the molecules of its origin at `junction.first` that come from the joined chromosome.
    is_reciprocal
        Whether the two sides that `junction` leaves over are joined as well; so in every inversion.
    """

    kind: EventKind
    junction: Junction
    vaf: float
    origin: Origin = Origin.CELL_FREE
    is_reciprocal: bool = False

    def __str__(self) -> str:
        """Kind and places."""
        return f"{self.kind} {self.junction}"

    @property
    def places(self) -> tuple[Breakpoint, Breakpoint]:
        """Both sides of the junction."""
        return self.junction.first, self.junction.second

    @property
    def junctions(self) -> tuple[Junction, ...]:
        """The junction, and the one between what it leaves over."""
        if not self.is_reciprocal:
            return (self.junction,)
        return (self.junction, Junction(_other_side(self.junction.first), _other_side(self.junction.second)))

    @property
    def changed(self) -> tuple[str, int, int] | None:
        """What is lost or doubled, as contig, start and end; nothing in a fusion or an inversion."""
        if self.kind not in (EventKind.DELETION, EventKind.DUPLICATION):
            return None
        low, high = sorted(map(cut_of, self.places))
        return self.junction.first.contig, low, high

    def remnants(self) -> Mapping[str, tuple[Segment, ...]]:
        """Return the stretches of each contig concerned that the joined chromosome has, junctions apart.

        A molecule of the reference has as many counterparts on the joined chromosome as stretches hold it whole.
        """
        first, second = map(cut_of, self.places)
        if self.changed is not None:
            return {self.junction.first.contig: ((0, first), (second, END_OF_CONTIG))}
        cuts: dict[str, set[int]] = {}
        for place in self.places:
            cuts.setdefault(place.contig, {0, END_OF_CONTIG}).add(cut_of(place))
        return {contig: tuple(zip(sorted(own)[:-1], sorted(own)[1:], strict=True)) for contig, own in cuts.items()}
