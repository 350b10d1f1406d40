"""Rewriting: a read laid on a haplotype, in the span and events of a `ReadBatch`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from csfgeno.genome.edit import Edit
from csfgeno.io.batch import (
    ABSENT,
    EVENT_CLIP_LEFT,
    EVENT_CLIP_RIGHT,
    EVENT_DELETION,
    EVENT_DTYPE,
    EVENT_INSERTION,
    EVENT_MASK,
    EVENT_SNV,
    ReadBatch,
)
from csfgeno.molecules.realignment.readtext import MASKED, ReadText


class NewEvent(NamedTuple):
    """An event to be written; `bases` are those of an insertion or a clip."""

    kind: int
    pos: int
    length: int
    query_pos: int
    qual: int
    base: int = 0
    bases: bytes = b""


@dataclass(frozen=True, slots=True)
class NewRead:
    """What a read states from now on."""

    start: int
    end: int
    events: tuple[NewEvent, ...]


@dataclass(frozen=True, slots=True)
class Placement:
    """A read on a haplotype: its base `i` lies at `at + i`, on an axis that is the reference's up to the change."""

    read: ReadText
    edit: Edit
    at: int

    @property
    def junction(self) -> int:
        """The read's first base of the change or behind it."""
        return self.edit.start - self.at

    @property
    def beyond(self) -> int:
        """The read's first base behind the change."""
        return self.junction + len(self.edit.alt)

    def on_reference(self, base: int) -> int | None:
        """Return where a base of the read lies on the reference, `None` for an inserted one."""
        if base < self.junction:
            return self.at + base
        return self.at + base - self.edit.net_length if base >= self.beyond else None


def place(
    read: ReadText, edit: Edit, at: int, haplotype: npt.NDArray[np.uint8], origin: int, first: int, last: int
) -> NewRead:
    """Return the read with its bases `[first, last)` on a haplotype, the others clipped.

    Parameters
    ----------
    at
        Where base 0 of the read lies on the haplotype.
    haplotype, origin
        Bases of the haplotype, and where its first one lies.
    """
    placement = Placement(read, edit, at)
    start, end = placement.on_reference(first), placement.on_reference(last - 1)
    new_start = edit.end if start is None else start
    new_end = edit.end if end is None else end + 1
    events = [
        *_clip(read, EVENT_CLIP_LEFT, new_start, 0, first),
        *sorted((*_bases(placement, haplotype, origin, first, last), *_change(placement, first, last)), key=_order),
        *_clip(read, EVENT_CLIP_RIGHT, new_end, last, len(read.bases)),
    ]
    return NewRead(new_start, new_end, tuple(events))


def _order(event: NewEvent) -> tuple[int, int]:
    """In order of the read; an insertion goes before a deletion at the same place."""
    return event.query_pos + (event.kind == EVENT_DELETION), event.kind


def _clip(read: ReadText, kind: int, pos: int, first: int, last: int) -> Iterator[NewEvent]:
    if first < last:
        yield NewEvent(kind, pos, last - first, first, read.mean_qual, bases=read.bases[first:last].tobytes())


def _change(placement: Placement, first: int, last: int) -> Iterator[NewEvent]:
    """Yield the change itself, as an insertion, a deletion, or an insertion before a deletion."""
    edit, qual = placement.edit, placement.read.mean_qual
    if not first < placement.junction < last:
        return
    if edit.alt:
        yield NewEvent(
            EVENT_INSERTION, edit.start - 1, len(edit.alt), placement.junction, qual, bases=edit.alt.encode()
        )
    if edit.ref:
        yield NewEvent(EVENT_DELETION, edit.start, len(edit.ref), placement.beyond - 1, qual)


def _bases(
    placement: Placement, haplotype: npt.NDArray[np.uint8], origin: int, first: int, last: int
) -> Iterator[NewEvent]:
    """Yield substitutions and masks.

    METHOD: the quality of a clipped base is not known, so one that differs counts as not observed.
    """
    read = placement.read
    begin = max(placement.at + first - origin, 0)
    beside = haplotype[begin : placement.at + last - origin]
    shift = begin + origin - placement.at
    own = read.bases[shift : shift + len(beside)]
    known = dict(zip(read.events["query_pos"].tolist(), read.events["qual"].tolist(), strict=True))
    for base in (np.flatnonzero((own != beside) & (beside != MASKED)) + shift).tolist():
        pos = placement.on_reference(base)
        if pos is None:
            continue
        was_clipped = base < read.clip_left or base >= len(read.bases) - read.clip_right
        if was_clipped or read.bases[base] == MASKED:
            yield NewEvent(EVENT_MASK, pos, 1, base, known.get(base, read.mean_qual))
        else:
            yield NewEvent(EVENT_SNV, pos, 1, base, known.get(base, read.mean_qual), int(read.bases[base]))


@dataclass(frozen=True, slots=True)
class Rewritten:
    """Reads that state something else from now on.

    Attributes
    ----------
    reads, start, end
        Rows of the batch, ascending, and their new spans, shape (reads,).
    events
        Their events, in this order; `seq_start` counts on from the end of the batch's sequence.
    sequence
        Bases of their insertions and clips.
    """

    reads: npt.NDArray[np.int32]
    start: npt.NDArray[np.int32]
    end: npt.NDArray[np.int32]
    events: npt.NDArray[np.void]
    sequence: npt.NDArray[np.uint8]


def replace_reads(batch: ReadBatch, rewritten: Rewritten) -> ReadBatch:
    """Return the batch with some reads replaced; their grouping coordinates stay as they were."""
    rows = rewritten.reads
    if not len(rows):
        return batch
    reads = batch.reads.copy()
    reads["start"][rows], reads["end"][rows] = rewritten.start, rewritten.end
    substituted = rewritten.events["read"][rewritten.events["kind"] == EVENT_SNV]
    reads["mismatches"][rows] = np.bincount(substituted, minlength=len(reads))[rows]
    is_replaced = np.zeros(len(reads), bool)
    is_replaced[rows] = True
    events = np.concatenate((batch.events[~is_replaced[batch.events["read"]]], rewritten.events))
    return ReadBatch(
        reads=reads,
        events=events[np.argsort(events["read"], kind="stable")],
        sequence=np.concatenate((batch.sequence, rewritten.sequence)),
        names=batch.names,
        seen=batch.seen,
    )


def gather(moved: Mapping[int, NewRead], offset: int) -> Rewritten:
    """Return new reads as arrays; `offset` is the length of the sequence that theirs will follow."""
    rows, sequence = [], bytearray()
    for row in sorted(moved):
        for event in moved[row].events:
            seq_start = offset + len(sequence) if event.bases else ABSENT
            sequence += event.bases
            rows.append((row, event.kind, event.base, event.qual, event.pos, event.length, event.query_pos, seq_start))
    spans = np.array([(row, moved[row].start, moved[row].end) for row in sorted(moved)], np.int32).reshape(-1, 3)
    return Rewritten(
        spans[:, 0],
        spans[:, 1],
        spans[:, 2],
        np.array(rows, EVENT_DTYPE),
        np.frombuffer(bytes(sequence), np.uint8),
    )
