"""Places: the positions of a panel in one row, however they were tiled and the genome names its contigs."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from csfgeno.genome.contigs import rename_contig
from csfgeno.records import Interval
from csfgeno.vocab import ContigStyle


@dataclass(frozen=True)
class Places:
    """The axis `place`: every base of `intervals`, one after the other; contigs are named without `chr`."""

    intervals: tuple[Interval, ...]

    def __len__(self) -> int:
        """Return the number of positions."""
        return self._offsets[-1]

    def row(self, contig: str, pos: int) -> int | None:
        """Return the place of a position, `None` outside the panel; the contig may be named in either style."""
        plain = rename_contig(contig, ContigStyle.PLAIN)
        index = bisect_right(self._starts, (plain, pos)) - 1
        if index < 0:
            return None
        found = self.intervals[index]
        is_inside = found.contig == plain and pos < found.end
        return self._offsets[index] + pos - found.start if is_inside else None

    def position(self, row: int) -> tuple[str, int]:
        """Return contig and position of a place."""
        index = bisect_right(self._offsets, row) - 1
        return self.intervals[index].contig, self.intervals[index].start + row - self._offsets[index]

    @cached_property
    def _starts(self) -> list[tuple[str, int]]:
        return [(interval.contig, interval.start) for interval in self.intervals]

    @cached_property
    def _offsets(self) -> list[int]:
        offsets = [0]
        for interval in self.intervals:
            offsets.append(offsets[-1] + len(interval))
        return offsets


def make_places(tiles: Iterable[Interval]) -> Places:
    """Return the places that `tiles` cover together, sorted; where they were cut does not matter."""
    merged: list[Interval] = []
    for tile in sorted(Interval(rename_contig(t.contig, ContigStyle.PLAIN), t.start, t.end) for t in tiles):
        if merged and merged[-1].contig == tile.contig and tile.start <= merged[-1].end:
            merged[-1] = Interval(tile.contig, merged[-1].start, max(merged[-1].end, tile.end))
        else:
            merged.append(tile)
    return Places(tuple(merged))
