"""Tiles: the stretches of genome that are read one at a time, so that memory follows depth and not panel size."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final

from csfgeno.records import Allele, Interval

TILE_BP: Final = (100, 2_000)
"""Shortest and longest tile."""

READS_HELD: Final = 80_000
"""Reads that are held at a time, about; deeper data are read in shorter tiles, so that memory does not follow depth."""

READ_BP: Final = 150
"""A read that begins this far before a tile is the first that is held with it."""

JOIN_GAP_BP: Final = READ_BP
"""Targets closer than this share a tile: one read would overlap both."""

READ_REACH_BP: Final = 150
"""How far outside a tile its reads can show an allele; less than the reference kept around it."""

INDEX_WINDOW_BP: Final = 16_384
"""Resolution of the linear index of a BAM (SAM v1, section 5.1.3)."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A stretch to read, and the previous one on the same contig if a molecule could overlap both.

    A molecule that overlaps `previous_end` was already counted there; positions are never shared between tiles.
    `reads_from` is the stretch whose reads are held, by default `interval`.
    """

    interval: Interval
    previous_end: int
    wider: Interval | None = None

    @property
    def reads_from(self) -> Interval:
        """The stretch whose reads are held with the tile."""
        return self.wider or self.interval


def reaches(tile: Tile, allele: Allele) -> bool:
    """Return whether reads of a tile can show an allele."""
    interval = tile.interval
    near = interval.start - READ_REACH_BP <= allele.start and allele.end <= interval.end + READ_REACH_BP
    return near and allele.contig == interval.contig


def widened(tile: Tile, alleles: Iterable[Allele]) -> Tile:
    """Return a tile with the reads on both sides of the deletions that cross its edges.

    Aligners cut reads at a long deletion, and those cut on its far side overlap the next tile or none, while the
    molecules of an allele are counted in the tile where it starts.
    """
    interval = tile.interval
    starts, ends = [interval.start], [interval.end]
    for allele in alleles:
        # METHOD: inside a repeat a read may be cut later than the leftmost spelling ends, by one unit or less.
        end = allele.end + len(allele.ref) - len(allele.alt)
        if len(allele.ref) <= len(allele.alt) or not reaches(tile, allele) or allele.start < tile.previous_end:
            continue
        if allele.start < interval.end:
            starts.append(allele.start)
            ends.append(end)
    if min(starts) == interval.start and max(ends) == interval.end:
        return replace(tile, wider=None)
    return replace(tile, wider=Interval(interval.contig, min(starts), max(ends)))


def make_tiles(intervals: Iterable[Interval], reads_per_bp: float) -> tuple[Tile, ...]:
    """Return tiles that cover all `intervals`, sorted by contig name and position.

    Parameters
    ----------
    reads_per_bp
        Reads that start per base of a target, about.
    """
    shortest, longest = TILE_BP
    tile_bp = min(max(int(READS_HELD / max(reads_per_bp, 1e-9)) - READ_BP, shortest), longest)
    tiles = []
    for _, group in groupby(sorted(intervals), key=lambda i: i.contig):
        previous_end = -1
        for interval in _split(_join(group), tile_bp):
            tiles.append(Tile(interval, previous_end))
            previous_end = interval.end
    return tuple(tiles)


def make_stretches(tiles: Sequence[Tile]) -> tuple[tuple[Tile, ...], ...]:
    """Return tiles that are read in one go: those that start in the same window of the file's index.

    A BAM index leads to 16 kb windows. Tiles of one window read apart would decode the same reads again and again;
    windows are independent, so they are what threads share.
    """
    return tuple(
        tuple(group)
        for _, group in groupby(tiles, key=lambda t: (t.interval.contig, t.interval.start // INDEX_WINDOW_BP))
    )


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


def _split(intervals: Iterable[Interval], tile_bp: int) -> Iterator[Interval]:
    for interval in intervals:
        parts = -(-len(interval) // tile_bp)
        size = -(-len(interval) // parts)
        for start in range(interval.start, interval.end, size):
            yield Interval(interval.contig, start, min(start + size, interval.end))
