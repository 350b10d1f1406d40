"""`ReadText`: one read spelled out again from the reference and its events."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from csfgeno.genome.sequence import Window
from csfgeno.io.batch import (
    ABSENT,
    EVENT_CLIP_LEFT,
    EVENT_CLIP_RIGHT,
    EVENT_DELETION,
    EVENT_INSERTION,
    EVENT_MASK,
    EVENT_SNV,
    ReadBatch,
)

MASKED: Final = ord("N")


@dataclass(frozen=True, slots=True)
class ReadText:
    """A read as sequenced, soft clips included.

    Attributes
    ----------
    row
        Its row in the batch.
    bases
        ASCII bases; N where the quality is low or the reference is not at hand, shape (bases,).
    start, end
        Aligned span on the reference, half-open.
    clip_left, clip_right
        Soft-clipped bases.
    events
        Its events as they were.
    """

    row: int
    bases: npt.NDArray[np.uint8]
    start: int
    end: int
    clip_left: int
    clip_right: int
    mean_qual: int
    events: npt.NDArray[np.void]

    @property
    def left_start(self) -> int:
        """Where the first base would lie, counted back from the start."""
        return self.start - self.clip_left

    @property
    def has_indel(self) -> bool:
        """Whether it is aligned with an insertion or a deletion."""
        return bool(np.isin(self.events["kind"], (EVENT_INSERTION, EVENT_DELETION)).any())

    @property
    def right_end(self) -> int:
        """Where the last base would end, counted on from the end."""
        return self.end + self.clip_right

    def own_mismatches(self, reference: npt.NDArray[np.uint8], origin: int, first: int, last: int) -> int:
        """Count the bases of `[first, last)` that differ in the read's own alignment, clips laid on without a gap."""
        is_snv = self.events["kind"] == EVENT_SNV
        places = self.events["query_pos"][is_snv]
        aligned = int(np.count_nonzero((places >= first) & (places < last)))
        left = self.bases[first : self.clip_left]
        right = self.bases[len(self.bases) - self.clip_right : last]
        at_left = self.start - len(left) - origin
        return (
            aligned
            + count_differences(left, reference, at_left)
            + count_differences(right, reference, self.end - origin)
        )


def count_differences(bases: npt.NDArray[np.uint8], text: npt.NDArray[np.uint8], at: int) -> int:
    """Count the bases that differ from `text[at:]`; what is masked or beyond the text is no difference."""
    skipped = max(-at, 0)
    beside = text[max(at, 0) : max(at + len(bases), 0)]
    own = bases[skipped : skipped + len(beside)]
    return int(np.count_nonzero((own != beside) & (own != MASKED) & (beside != MASKED)))


def event_bounds(batch: ReadBatch) -> npt.NDArray[np.int64]:
    """Return where the events of each read begin, and where those of the last one end, shape (reads + 1,)."""
    return np.concatenate(([0], np.cumsum(np.bincount(batch.events["read"], minlength=len(batch.reads)))))


def read_text(batch: ReadBatch, row: int, bounds: npt.NDArray[np.int64], window: Window) -> ReadText:
    """Return the text of one read; its bases outside the window are N. `bounds` are those of `event_bounds`."""
    low, high = bounds[row], bounds[row + 1]
    events, read = batch.events[low:high], batch.reads[row]
    start, end = int(read["start"]), int(read["end"])
    pieces, cursor, clips = [], start, [0, 0]
    for event in events:
        kind, pos, length = int(event["kind"]), int(event["pos"]), int(event["length"])
        if kind in (EVENT_CLIP_LEFT, EVENT_CLIP_RIGHT) and event["seq_start"] != ABSENT:
            clips[kind == EVENT_CLIP_RIGHT] = length
            pieces += [_stretch(window, cursor, end)] if kind == EVENT_CLIP_RIGHT else []
            cursor = end if kind == EVENT_CLIP_RIGHT else cursor
            pieces.append(batch.event_bases(event))
        elif kind == EVENT_INSERTION:
            pieces += [_stretch(window, cursor, pos + 1), batch.event_bases(event)]
            cursor = pos + 1
        elif kind == EVENT_DELETION:
            pieces.append(_stretch(window, cursor, pos))
            cursor = pos + length
    pieces.append(_stretch(window, cursor, end))
    bases = np.frombuffer("".join(pieces).encode(), np.uint8).copy()
    _write_over(bases, events)
    return ReadText(row, bases, start, end, clips[0], clips[1], int(read["mean_qual"]), events)


def _stretch(window: Window, start: int, end: int) -> str:
    """Return `[start, end)` of the reference, with N outside the window."""
    before = min(max(window.interval.start - start, 0), max(end - start, 0))
    inside = window.fetch(window.interval.contig, start, end)
    return "N" * before + inside + "N" * (end - start - before - len(inside))


def _write_over(bases: npt.NDArray[np.uint8], events: npt.NDArray[np.void]) -> None:
    for event in events:
        at, length = int(event["query_pos"]), int(event["length"])
        if event["kind"] == EVENT_SNV:
            bases[at] = event["base"]
        elif event["kind"] == EVENT_MASK:
            bases[at : at + length] = MASKED
