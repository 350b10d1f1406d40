"""Reads that hint at a junction of two distant places: split, clipped, or with a distant mate."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from csfgeno.io.batch import ABSENT, EVENT_CLIP_LEFT, EVENT_CLIP_RIGHT, LINK_DTYPE, READ_DTYPE, ReadBatch
from csfgeno.records import Interval

MIN_CLIP_BP: Final = 8
"""Shorter clipped ends match any place by chance."""

FAR_BP: Final = 2_000
"""Mates and parts of a read that lie farther apart are not of one unbroken fragment of cell-free DNA."""

LONGEST_FRAGMENT_BP: Final = 400
"""A fragment of cell-free DNA that reaches over a junction is hardly longer than two nucleosomes and their linkers."""

CLIP_DTYPE: Final = np.dtype(
    [
        ("read", np.int32),  # row in `BrokenReads.reads`
        ("pos", np.int32),  # left clip, first aligned base; right clip, the base after the last aligned one
        ("is_left", np.bool_),
        ("seq_start", np.int64),  # offset of its bases in `sequence`
        ("length", np.int32),
    ]
)

_PAIRED_AND_MAPPED: Final = 0x1
_MATE_UNMAPPED: Final = 0x8


def _none(dtype: np.dtype[np.void]) -> npt.NDArray[np.void]:
    return np.zeros(0, dtype)


@dataclass(frozen=True, slots=True)
class BrokenReads:
    """The reads of one tile that hint at a junction.

    Attributes
    ----------
    tid
        Contig of the tile, as an index into `contigs`, which every `tid` here is.
    reads
        Shape (reads,), dtype `READ_DTYPE`; the last `far` of them are known from supplementary alignments and lie
        anywhere.
    links
        Dtype `LINK_DTYPE`; `read` is a row of `reads`, and `here` lies on the tile's contig.
    clips
        Clipped ends of `reads`, dtype `CLIP_DTYPE`, with their bases in `sequence` (ASCII).
    """

    tid: int = ABSENT
    contigs: tuple[str, ...] = ()
    reads: npt.NDArray[np.void] = field(default_factory=lambda: _none(READ_DTYPE))
    far: int = 0
    links: npt.NDArray[np.void] = field(default_factory=lambda: _none(LINK_DTYPE))
    clips: npt.NDArray[np.void] = field(default_factory=lambda: _none(CLIP_DTYPE))
    sequence: npt.NDArray[np.uint8] = field(default_factory=lambda: np.zeros(0, np.uint8))


@dataclass(frozen=True, slots=True)
class BrokenTile:
    """A tile of which only the reads that hint at a junction are kept."""

    interval: Interval
    broken: BrokenReads


def find_broken(batch: ReadBatch, contig: str, contigs: Sequence[str]) -> BrokenReads:
    """Return the reads of a batch that hint at a junction.

    Parameters
    ----------
    contig
        Contig of the batch.
    contigs
        All contigs of the file, in its order.
    """
    tid = list(contigs).index(contig)
    events = batch.events
    clips = np.flatnonzero((batch.kinds == EVENT_CLIP_LEFT) | (batch.kinds == EVENT_CLIP_RIGHT))
    clips = clips[(events["length"][clips] >= MIN_CLIP_BP) & (events["seq_start"][clips] != ABSENT)]
    wanted = _has_distant_mate(batch.reads, tid)
    wanted[batch.links["read"]] = True
    wanted[events["read"][clips]] = True
    rows = np.flatnonzero(wanted)
    place = np.cumsum(wanted) - 1
    links, far_links = batch.links.copy(), batch.far_links.copy()
    links["read"] = place[links["read"]]
    far_links["read"] += len(rows)
    table, sequence = _cut_clips(batch, clips, place)
    return BrokenReads(
        tid=tid,
        contigs=tuple(contigs),
        reads=np.concatenate([batch.reads[rows], batch.far_reads]),
        far=len(batch.far_reads),
        links=np.concatenate([links, far_links]),
        clips=table,
        sequence=sequence,
    )


def _has_distant_mate(reads: npt.NDArray[np.void], tid: int) -> npt.NDArray[np.bool_]:
    has_mate = (reads["flag"] & (_PAIRED_AND_MAPPED | _MATE_UNMAPPED)) == _PAIRED_AND_MAPPED
    is_near = (reads["mate_tid"] == tid) & (np.abs(reads["mate_start"] - reads["start"]) <= FAR_BP)
    return np.asarray(has_mate & ~is_near)


def _cut_clips(
    batch: ReadBatch, rows: npt.NDArray[np.int64], place: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.void], npt.NDArray[np.uint8]]:
    """Return the clipped ends and their bases, which are copied so that the batch can be let go."""
    events = batch.events[rows]
    table = np.zeros(len(rows), CLIP_DTYPE)
    lengths = events["length"].astype(np.int64)
    table["read"], table["pos"], table["length"] = place[events["read"]], events["pos"], lengths
    table["is_left"] = events["kind"] == EVENT_CLIP_LEFT
    table["seq_start"] = np.cumsum(lengths) - lengths
    index = np.repeat(events["seq_start"] - table["seq_start"], lengths) + np.arange(int(lengths.sum()))
    return table, batch.sequence[index]
