"""The frame of a consensus read: which alignment its copies agree on, and the column in which each base is compared.

A frame is the aligned span of all copies with the insertions and deletions that they agree on, and the clipped bases
outside that span. Its columns are the bases of the consensus read, left to right on the reference.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

INSERTION: Final = 1
SOFT_CLIP: Final = 4
_HARD_CLIP: Final = 5
_MATCH: Final = 0
_ON_REFERENCE_ONLY: Final = (2, 3)
_ALIGNED: Final = (0, 7, 8)

Cigar = tuple[tuple[int, int], ...]
"""Operation codes as in BAM (`MIDNSHP=X` are 0 to 8) and lengths."""

UNALIGNED: Final = -1
"""Position of a run of bases that are inserted or clipped."""


class Indel(NamedTuple):
    """An insertion before `pos`, or a deletion or skip that starts at `pos`."""

    pos: int
    operation: int
    length: int

    @property
    def end(self) -> int:
        """First reference position after it; an insertion covers none."""
        return self.pos if self.operation == INSERTION else self.pos + self.length


class Alignment(NamedTuple):
    """How one copy is aligned: span on the reference, clipped bases on both sides, CIGAR, and strand (0 A, 1 B)."""

    start: int
    end: int
    clip_left: int
    clip_right: int
    indels: tuple[Indel, ...]
    cigar: Cigar
    strand: int

    def fits(self, indels: tuple[Indel, ...]) -> bool:
        """Whether this copy shows those of `indels` that lie inside its span, and no others."""
        if self.indels == indels:
            return True
        inside = {indel for indel in indels if self.start < indel.pos and indel.end < self.end}
        return inside <= set(self.indels) <= set(indels)


class Run(NamedTuple):
    """Neighbouring bases of a copy and the columns they belong to; `pos` is `UNALIGNED` or that of the first base."""

    query: int
    column: int
    pos: int
    length: int


@dataclass(frozen=True, slots=True)
class Frame:
    """Columns from `first` to `last`, on the reference if need be beyond its clipping; aligned in `[start, end)`."""

    first: int
    start: int
    end: int
    last: int
    indels: tuple[Indel, ...]

    @property
    def columns(self) -> int:
        """Bases of the consensus read."""
        return self._column(self.last)

    @property
    def cigar(self) -> Cigar:
        """CIGAR of the consensus read."""
        pieces = [(SOFT_CLIP, self.start - self.first)]
        pos = self.start
        for indel in self.indels:
            pieces += [(_MATCH, indel.pos - pos), (indel.operation, indel.length)]
            pos = indel.end
        pieces += [(_MATCH, self.end - pos), (SOFT_CLIP, self.last - self.end)]
        return tuple((operation, length) for operation, length in pieces if length)

    def runs(self, copy: Alignment) -> Iterator[Run]:
        """Yield the runs of a copy that fits the frame; its clipped bases only where no copy is aligned."""
        query, pos = 0, copy.start
        for operation, length in copy.cigar:
            if operation in _ALIGNED:
                yield from self._aligned(query, pos, length)
                query, pos = query + length, pos + length
            elif operation == INSERTION:
                yield Run(query, self._column(pos) - length, UNALIGNED, length)
                query += length
            elif operation in _ON_REFERENCE_ONLY:
                pos += length
            elif operation == SOFT_CLIP:
                yield from self._clipped(query, pos, length, is_left=query == 0)
                query += length

    def _aligned(self, query: int, pos: int, length: int) -> Iterator[Run]:
        """Yield what of an aligned block lies outside the deletions of the frame; they touch it only at its ends."""
        start, end = pos, pos + length
        for indel in self.indels:
            if indel.operation != INSERTION and indel.pos < end and start < indel.end:
                start, end = (indel.end, end) if indel.pos <= start else (start, indel.pos)
        if start < end:
            yield Run(query + start - pos, self._column(start), start, end - start)

    def _clipped(self, query: int, pos: int, length: int, *, is_left: bool) -> Iterator[Run]:
        start, end = (pos - length, min(pos, self.start)) if is_left else (max(pos, self.end), pos + length)
        if start < end:
            offset = start - (pos - length if is_left else pos)
            yield Run(query + offset, self._column(start), UNALIGNED, end - start)

    def _column(self, pos: int) -> int:
        """Return the column of a position that is not deleted; an insertion before it is left of it."""
        inserted = sum(i.length for i in self.indels if i.operation == INSERTION and i.pos <= pos)
        deleted = sum(i.length for i in self.indels if i.operation != INSERTION and i.end <= pos)
        return pos - self.first + inserted - deleted


def read_alignment(start: int, cigar: Cigar, strand: int) -> Alignment:
    """Return the alignment that a start and a CIGAR describe."""
    indels: list[Indel] = []
    pos = start
    for operation, length in cigar:
        if operation == INSERTION or operation in _ON_REFERENCE_ONLY:
            indels.append(Indel(pos, operation, length))
        if operation in _ALIGNED or operation in _ON_REFERENCE_ONLY:
            pos += length
    left, right = (length if operation == SOFT_CLIP else 0 for operation, length in (_edge(cigar), _edge(cigar[::-1])))
    return Alignment(start, pos, left, right, tuple(indels), cigar, strand)


def agreed_indels(copies: Sequence[Alignment], min_agreement: float) -> tuple[Indel, ...] | None:
    """Return the insertions and deletions that the copies share, `None` if they do not agree.

    Among the sets of indels that some copy shows, those are candidates that fit at least `min_agreement` of the copies
    of each strand; of those the one that fits most copies. A copy that ends before an indel fits with it and without.
    """
    counts = Counter(copy.indels for copy in copies)
    if not any(counts):
        return ()
    fits = {indels: [copy.strand for copy in copies if copy.fits(indels)] for indels in counts}
    strands = Counter(copy.strand for copy in copies)
    # METHOD: the same share as for a base; fgbio takes the most common alignment however small its share.
    agreed = [
        indels
        for indels, fitting in fits.items()
        if all(fitting.count(strand) >= min_agreement * size for strand, size in strands.items())
    ]
    return max(agreed, key=lambda indels: (len(fits[indels]), counts[indels], indels), default=None)


def frame_of(copies: Sequence[Alignment], indels: tuple[Indel, ...]) -> Frame:
    """Return the frame of copies that all fit `indels`."""
    start, end = min(c.start for c in copies), max(c.end for c in copies)
    first, last = min(c.start - c.clip_left for c in copies), max(c.end + c.clip_right for c in copies)
    return Frame(first, start, end, last, indels)


def _edge(cigar: Cigar) -> tuple[int, int]:
    """Return the first operation that is no hard clip."""
    return next(piece for piece in cigar if piece[0] != _HARD_CLIP)
