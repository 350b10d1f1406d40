"""Tiles: the stretches of genome that are read one at a time, so that memory follows depth and not panel size."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from csfgeno.records import Interval

MAX_TILE_BP: Final = 2_000
"""Longest tile; bounds the dense per-position arrays."""

JOIN_GAP_BP: Final = 150
"""Targets closer than this share a tile: one read would overlap both."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A stretch to read, and the previous one on the same contig if a molecule could overlap both.

    A molecule that overlaps `previous_end` was already counted there; positions are never shared between tiles.
    """

    interval: Interval
    previous_end: int


def make_tiles(intervals: Iterable[Interval]) -> tuple[Tile, ...]:
    """Return tiles that cover all `intervals`, in genome order of the contigs' first appearance when sorted."""
    tiles = []
    for _, group in groupby(sorted(intervals), key=lambda i: i.contig):
        previous_end = -1
        for interval in _split(_join(group)):
            tiles.append(Tile(interval, previous_end))
            previous_end = interval.end
    return tuple(tiles)


def _join(intervals: Iterable[Interval]) -> Iterator[Interval]:
    current: Interval | None = None
    for interval in intervals:
        if current is not None and interval.start - current.end < JOIN_GAP_BP:
            current = Interval(current.contig, current.start, max(current.end, interval.end))
            continue
        if current is not None:
            yield current
        current = interval
    if current is not None:
        yield current


def _split(intervals: Iterable[Interval]) -> Iterator[Interval]:
    for interval in intervals:
        parts = -(-len(interval) // MAX_TILE_BP)
        size = -(-len(interval) // parts)
        for start in range(interval.start, interval.end, size):
            yield Interval(interval.contig, start, min(start + size, interval.end))
