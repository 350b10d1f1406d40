"""Reads outside the targets that belong to a junction seen inside them.

A molecule whose reads both lie in the untargeted partner, with a few bases of the target clipped, is in no tile. Where
two molecules of the tiles agree that there is a junction, the file is looked at again.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from csfgeno.io.batch import ABSENT
from csfgeno.molecules.broken import FAR_BP, LONGEST_FRAGMENT_BP, BrokenReads, BrokenTile
from csfgeno.molecules.collapse import MoleculeTile
from csfgeno.molecules.links import KEEPS_LEFT, KEEPS_RIGHT, breaks_of, is_here_first
from csfgeno.molecules.reader import ReadMode, Source, read_broken
from csfgeno.molecules.tiles import make_tiles
from csfgeno.records import Breakpoint, Interval

SLACK_BP: Final = 30
"""How far from its break a read may be aligned or clipped: microhomology, inserted bases, errors near its end."""

_REVERSE, _MATE_REVERSE = 0x10, 0x20

_Ints = npt.NDArray[np.int64]
_Flags = npt.NDArray[np.bool_]
_Side = tuple[_Ints, _Ints, _Ints, _Ints]

KIND: Final = slice(0, 4)
LOW: Final = slice(4, 6)
HIGH: Final = slice(6, 8)
JUNCTION: Final = slice(0, 8)
MOLECULE: Final = slice(8, 11)
"""Columns of a table of hints: contig and kept side of both sides in genome order; where each break lies, from low to
high; specimen and both ends of the fragment, which all copies of a molecule share."""


class _Break(NamedTuple):
    """One side of a supposed junction: the break lies from `low` to `high`."""

    contig: str
    keeps: int
    low: int
    high: int

    @property
    def window(self) -> Interval:
        """Where the break lies; reads that show it end here."""
        return Interval(self.contig, max(self.low, 0), self.high + 1)

    @property
    def reach(self) -> Interval:
        """Where reads of its molecules lie: from the break as far as a fragment reaches on the kept side."""
        is_left = self.keeps == KEEPS_LEFT
        low, high = (
            (self.low - LONGEST_FRAGMENT_BP, self.high) if is_left else (self.low, self.high + LONGEST_FRAGMENT_BP)
        )
        return Interval(self.contig, max(low, 0), high + 1)


def read_beyond(source: Source, places: Iterable[Interval], mode: ReadMode) -> tuple[BrokenReads, ...]:
    """Return the reads of a specimen that hint at junctions around some places outside the tiles.

    The places are those of all specimens of a case, so that each is looked at where any of them points.
    """
    tiles = make_tiles(places, mode.reads_per_bp)
    return tuple(read_broken(source, tiles, mode)) if tiles else ()


def partner_places(specimens: Iterable[Sequence[MoleculeTile | BrokenTile]]) -> tuple[Interval, ...]:
    """Return the stretches outside the tiles in which reads of a junction may lie that two molecules show.

    Parameters
    ----------
    specimens
        Tiles of each specimen of a case, which all have the same targets.
    """
    tiles = [list(own) for own in specimens]
    hints = [_hints(tile.broken, number) for number, own in enumerate(tiles) for tile in own]
    found = agreed_junctions(np.concatenate([np.zeros((0, MOLECULE.stop), np.int64), *hints]))
    contigs = next((tile.broken.contigs for own in tiles for tile in own if tile.broken.contigs), ())
    known = list(_merged(tile.interval for own in tiles for tile in own))
    places = (place for junction in found.tolist() for place in _unread(junction, contigs, known))
    return tuple(_outside(places, known))


def places_around(breakpoints: Iterable[Breakpoint], tiles: Sequence[MoleculeTile]) -> tuple[Interval, ...]:
    """Return the stretches outside the tiles around known breakpoints, to which no present read need point."""
    reach = LONGEST_FRAGMENT_BP
    around = (Interval(at.contig, max(at.pos - reach, 0), at.pos + reach) for at in breakpoints)
    return tuple(_outside(around, list(_merged(tile.interval for tile in tiles))))


def agreed_junctions(hints: _Ints) -> _Ints:
    """Return the junctions of which hints of two molecules tell, as far as both confine them; columns `JUNCTION`.

    METHOD: chance chimeras point nearly everywhere; two of them hardly ever join the same two places on the same sides.
    Copies of one molecule share both ends of the fragment and count once; molecules of two specimens are two.
    """
    hints = _one_each(hints)
    is_exact = _are_exact(hints)
    certain = _pairs(hints[is_exact])
    # What mates alone say of a junction that split reads show adds nothing to it.
    vague = hints[~is_exact & ~_hold_any(hints, certain)]
    return np.unique(np.concatenate([certain, _pairs(np.concatenate([hints[is_exact], vague]))]), axis=0)


def _are_exact(hints: _Ints) -> _Flags:
    return np.asarray((hints[:, HIGH] - hints[:, LOW] <= 2 * SLACK_BP).all(axis=1))


def _hold_any(hints: _Ints, junctions: _Ints) -> _Flags:
    """Return whether the breaks of each hint may be those of any of some junctions."""
    held = np.zeros(len(hints), np.bool_)
    for own in junctions:
        is_kind = (hints[:, KIND] == own[KIND]).all(axis=1)
        held |= is_kind & (hints[:, LOW] <= own[HIGH]).all(axis=1) & (hints[:, HIGH] >= own[LOW]).all(axis=1)
    return held


def _pairs(hints: _Ints) -> _Ints:
    """Return what each two hints of different molecules, one a molecule, say of one junction."""
    places, first, molecules = np.unique(hints[:, JUNCTION], axis=0, return_index=True, return_counts=True)
    order = np.lexsort((places[:, LOW.start], *places[:, KIND].T))
    places, molecules, who = places[order], molecules[order], hints[first[order], MOLECULE]
    agreed = [places[molecules > 1]]
    rows = np.arange(len(places))
    for step in range(1, len(places)):
        rows = rows[rows + step < len(places)]
        one, other = places[rows], places[rows + step]
        is_near = (one[:, KIND] == other[:, KIND]).all(axis=1) & (other[:, LOW.start] <= one[:, HIGH.start])
        rows, one, other = rows[is_near], one[is_near], other[is_near]
        if not len(rows):
            break
        are_two = (molecules[rows] > 1) | (molecules[rows + step] > 1) | (who[rows] != who[rows + step]).any(axis=1)
        agreed.append(_common(one[are_two], other[are_two]))
    return np.unique(np.concatenate(agreed), axis=0)


def _one_each(hints: _Ints) -> _Ints:
    """Return one hint a molecule and kind of junction: what all its reads say together.

    Where they contradict each other, each stands for itself.
    """
    hints = np.unique(hints[:, np.r_[KIND, MOLECULE, LOW, HIGH]], axis=0)
    named, spans = slice(0, 7), slice(7, 11)
    starts = np.flatnonzero(np.r_[True, (hints[1:, named] != hints[:-1, named]).any(axis=1)][: len(hints)])
    if not len(starts):
        return np.zeros((0, MOLECULE.stop), np.int64)
    low = np.maximum.reduceat(hints[:, spans][:, :2], starts)
    high = np.minimum.reduceat(hints[:, spans][:, 2:], starts)
    fits = (low <= high).all(axis=1)
    alone = ~np.repeat(fits, np.diff(np.r_[starts, len(hints)]))
    together = np.concatenate([hints[starts][fits][:, named], low[fits], high[fits]], axis=1)
    found = np.concatenate([together, hints[alone]])
    return found[:, np.r_[0:4, spans, 4:7]]


def _common(one: _Ints, other: _Ints) -> _Ints:
    """Return where the breaks of each pair of hints lie if both tell of one junction; pairs that cannot are left out.

    METHOD: mates that only lie on either side are at most a fragment away from both breaks together.
    """
    low, high = np.maximum(one[:, LOW], other[:, LOW]), np.minimum(one[:, HIGH], other[:, HIGH])
    is_left = one[:, [1, 3]] == KEEPS_LEFT
    nearest = np.where(is_left, low, high)
    fits = (low <= high).all(axis=1)
    for own in (one, other):
        outer = np.where(is_left, own[:, HIGH] - LONGEST_FRAGMENT_BP, own[:, LOW] + LONGEST_FRAGMENT_BP)
        fits &= _are_exact(own) | (np.abs(nearest - outer).sum(axis=1) <= LONGEST_FRAGMENT_BP)
    return np.concatenate([one[:, KIND], low, high], axis=1)[fits]


# -------------------------------------------------------------------------------------------- hints


def _hints(broken: BrokenReads, specimen: int) -> _Ints:
    """Return what split reads and distant mates say of junctions, shape (hints, 11)."""
    links, reads = broken.links, broken.reads
    near = reads[: len(reads) - broken.far]
    is_far = (near["mate_tid"] != broken.tid) | (np.abs(near["mate_start"] - near["start"]) > FAR_BP)
    far = near[is_far & (near["mate_tid"] != ABSENT)]
    return np.concatenate(
        [
            _table(*_sides_of_links(links, broken.tid), reads[links["read"]], specimen),
            _table(*_sides_of_mates(far, broken.tid), far, specimen),
        ]
    )


def _sides_of_links(links: npt.NDArray[np.void], tid: int) -> tuple[_Side, _Side]:
    """Return both sides of the junctions of split reads: contig, kept side, and from where to where the break lies."""
    is_first = is_here_first(links)
    here, there = breaks_of(links, "here", is_first), breaks_of(links, "there", ~is_first)
    tids = np.full(len(links), tid), links["there_tid"].astype(np.int64)
    one, other = (
        (own, keeps, pos - SLACK_BP, pos + SLACK_BP) for own, (pos, keeps) in zip(tids, (here, there), strict=True)
    )
    return one, other


def _sides_of_mates(reads: npt.NDArray[np.void], tid: int) -> tuple[_Side, _Side]:
    """Return both sides of the junctions between distant mates, which run towards the break.

    METHOD: the outer end of a read is at most a fragment away from the break, and the read ends before it.
    """
    start, mate_start = reads["start"].astype(np.int64), reads["mate_start"].astype(np.int64)
    own = _towards(start, reads["end"].astype(np.int64), reads["flag"] & _REVERSE != 0)
    mate = _towards(mate_start, mate_start, reads["flag"] & _MATE_REVERSE != 0)
    return (np.full(len(reads), tid), *own), (reads["mate_tid"].astype(np.int64), *mate)


def _towards(start: _Ints, end: _Ints, is_reverse: _Flags) -> tuple[_Ints, _Ints, _Ints]:
    low = np.where(is_reverse, end - LONGEST_FRAGMENT_BP, end - SLACK_BP)
    high = np.where(is_reverse, start + SLACK_BP, start + LONGEST_FRAGMENT_BP)
    return np.where(is_reverse, KEEPS_RIGHT, KEEPS_LEFT), low, high


def _table(one: _Side, other: _Side, reads: npt.NDArray[np.void], specimen: int) -> _Ints:
    """Return the hints with their sides in genome order, whichever of them a tile saw."""
    swap = (one[0] > other[0]) | ((one[0] == other[0]) & (one[2] > other[2]))
    first, second = (
        [np.where(swap, b, a) for a, b in zip(*sides, strict=True)] for sides in ((one, other), (other, one))
    )
    places = [first[0], first[1], second[0], second[1], first[2], second[2], first[3], second[3]]
    ends = np.sort(np.stack(_ends(reads)), axis=0)
    # Of near places only deletions are looked for.
    is_far = (first[0] != second[0]) | (second[2] - first[2] >= FAR_BP)
    is_wanted = is_far | ((first[1] == KEEPS_LEFT) & (second[1] == KEEPS_RIGHT))
    table = np.stack([*places, np.full(len(reads), specimen), *ends], axis=1).astype(np.int64)
    return np.asarray(table[is_wanted])


def _ends(reads: npt.NDArray[np.void]) -> tuple[_Ints, _Ints]:
    """Return the outer ends of the fragment of each read; where no MC tells the mate's, its start."""
    is_reverse, mate_is_reverse = (reads["flag"] & bit != 0 for bit in (_REVERSE, _MATE_REVERSE))
    own = np.where(is_reverse, reads["unclipped_end"], reads["unclipped_start"])
    mate = np.where(mate_is_reverse, reads["mate_unclipped_end"], reads["mate_unclipped_start"])
    return own.astype(np.int64), np.where(mate == ABSENT, reads["mate_start"], mate).astype(np.int64)


# -------------------------------------------------------------------------------------------- places


def _unread(junction: Sequence[int], contigs: Sequence[str], tiles: Sequence[Interval]) -> Iterator[Interval]:
    """Yield where reads of a junction lie, tiles included.

    METHOD: reads that show the junction end at its breaks. Mates on either side of it tell the same from both sides, so
    one side is read as far as a fragment reaches: one away from the targets, or the one nearer to the edge of its
    target. Where fragments are too short to lie outside the targets on both sides, neither is.
    """
    sides = [
        _Break(contigs[junction[2 * i]], junction[2 * i + 1], junction[LOW.start + i], junction[HIGH.start + i])
        for i in (0, 1)
    ]
    yield from (side.window for side in sides)
    inside = [_inside_bp(side, tiles) for side in sides]
    if sum(inside) < LONGEST_FRAGMENT_BP:
        far = [not _held(side.reach, tiles) for side in sides]
        yield sides[min((0, 1), key=lambda i: (not far[i], inside[i]))].reach


def _inside_bp(side: _Break, tiles: Sequence[Interval]) -> int:
    """Return how far on its kept side a break lies from the edge of the tile that holds it, 0 outside the tiles."""
    tile = _held(side.window, tiles)
    if tile is None:
        return 0
    return max(side.low - tile.start if side.keeps == KEEPS_LEFT else tile.end - 1 - side.high, 0)


def _held(place: Interval, tiles: Sequence[Interval]) -> Interval | None:
    """Return the first tile that a stretch shares a base with."""
    return next(_meeting(place, tiles), None)


def _meeting(place: Interval, tiles: Sequence[Interval]) -> Iterator[Interval]:
    """Yield the tiles, sorted and apart from each other, that share a base with a stretch."""
    before = bisect_right(tiles, Interval(place.contig, place.start, place.start)) - 1
    for tile in tiles[max(before, 0) :]:
        if (tile.contig, tile.start) >= (place.contig, place.end):
            return
        if tile.overlaps(place):
            yield tile


def _merged(places: Iterable[Interval]) -> Iterator[Interval]:
    """Yield stretches in order, those that overlap or touch as one."""
    whole: Interval | None = None
    for place in sorted(places):
        if whole is not None and whole.contig == place.contig and place.start <= whole.end:
            whole = Interval(whole.contig, whole.start, max(whole.end, place.end))
            continue
        if whole is not None:
            yield whole
        whole = place
    if whole is not None:
        yield whole


def _outside(places: Iterable[Interval], tiles: Sequence[Interval]) -> Iterator[Interval]:
    """Yield what of some stretches no tile holds."""
    for place in _merged(places):
        start = place.start
        for tile in _meeting(place, tiles):
            if start < tile.start:
                yield Interval(place.contig, start, tile.start)
            start = max(start, tile.end)
        if start < place.end:
            yield Interval(place.contig, start, place.end)
