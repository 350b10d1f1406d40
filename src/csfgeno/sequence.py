"""Reference sequence as stages see it: something that can be asked for bases."""

from dataclasses import dataclass
from typing import Protocol

from csfgeno.records import Interval


class SequenceSource(Protocol):
    """A genome, or a part of one."""

    def fetch(self, contig: str, start: int, end: int) -> str:
        """Return upper-case bases of `[start, end)`, clamped at the ends of the contig; N where masked."""
        ...


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of reference held in memory; asked for more than it has, it gives what it has."""

    interval: Interval
    bases: str

    def fetch(self, contig: str, start: int, end: int) -> str:
        """Return the bases of `[start, end)` that lie inside the window."""
        if contig != self.interval.contig:
            return ""
        origin = self.interval.start
        return self.bases[max(start - origin, 0) : max(end - origin, 0)]
