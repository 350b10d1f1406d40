"""Reference sequence: a source of bases, a stretch of it in memory, and one strand of it read 5' to 3'."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from csfgeno.records import Interval

_COMPLEMENT: Final = str.maketrans("ACGTN", "TGCAN")
_CHUNK_BP: Final = 64


class Strand(StrEnum):
    """Strand of a genome."""

    FORWARD = "+"
    REVERSE = "-"


class SequenceSource(Protocol):
    """Anything that gives reference bases."""

    def fetch(self, contig: str, start: int, end: int) -> str:
        """Return the upper-case bases of [start, end), clipped to the contig; N where the genome is masked."""
        ...


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of reference held in memory; asked for more than it has, it gives what it has."""

    interval: Interval
    bases: str

    def fetch(self, contig: str, start: int, end: int) -> str:
        """Return the bases of [start, end) that lie inside the window."""
        if contig != self.interval.contig:
            return ""
        origin = self.interval.start
        return self.bases[max(start - origin, 0) : max(end - origin, 0)]


def reverse_complement(bases: str) -> str:
    """Return the other strand of `bases`, 5' to 3'."""
    return bases.translate(_COMPLEMENT)[::-1]


def orient(start: int, end: int, strand: Strand) -> tuple[int, int]:
    """Return [start, end) on the axis of a strand; the same call brings it back.

    On the forward strand the axis is the genome's. On the reverse strand base `g` is number `-1 - g`, so that numbers
    grow from 5' to 3' on either and what follows needs no case for the strand.
    """
    return (start, end) if strand is Strand.FORWARD else (-end, -start)


@dataclass(frozen=True, slots=True)
class StrandView:
    """One strand of one contig, addressed on its own axis (see `orient`)."""

    source: SequenceSource
    contig: str
    strand: Strand

    def fetch(self, start: int, end: int) -> str:
        """Return the bases of [start, end) in the direction of the strand, clipped to the contig."""
        low, high = orient(start, end, self.strand)
        if high <= max(low, 0):
            return ""
        bases = self.source.fetch(self.contig, max(low, 0), high)
        return bases if self.strand is Strand.FORWARD else reverse_complement(bases)

    def downstream(self, start: int) -> Iterator[str]:
        """Yield the bases from `start` on to the end of the contig, one at a time."""
        while chunk := self.fetch(start, start + _CHUNK_BP):
            yield from chunk
            start += _CHUNK_BP
