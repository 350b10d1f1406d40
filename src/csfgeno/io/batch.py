"""`ReadBatch`: the reads of one region as arrays, the only thing that the alignment scanner gives out.

Bases that match the reference are not stored: a read is an aligned span and a short list of *events*, the places
where it differs from the reference or where nothing was observed. Two scanners fill the same arrays: the compiled one
and its plain-Python twin.
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

ABSENT: Final = -1
"""Value of an integer column that is not known for a read: no mate, no tag."""

EVENT_SNV: Final = 1
EVENT_INSERTION: Final = 2
EVENT_DELETION: Final = 3
EVENT_CLIP_LEFT: Final = 4
EVENT_CLIP_RIGHT: Final = 5
EVENT_MASK: Final = 6
EVENT_SKIP: Final = 7

READ_DTYPE: Final = np.dtype(
    [
        ("name_hash", np.uint64),  # FNV-1a 64 of QNAME: the same for both mates
        ("flag", np.uint16),
        ("mapq", np.uint8),
        ("mean_qual", np.uint8),  # mean base quality, rounded down; 0 if qualities are absent
        ("start", np.int32),  # aligned span on the reference, half-open
        ("end", np.int32),
        ("unclipped_start", np.int32),  # span with soft and hard clips added back
        ("unclipped_end", np.int32),
        ("mate_tid", np.int32),  # ABSENT if the mate is unmapped or there is none
        ("mate_start", np.int32),
        ("mate_unclipped_start", np.int32),  # from MC, ABSENT without it
        ("mate_unclipped_end", np.int32),
        ("template_length", np.int32),
        ("mismatches", np.uint16),  # SNV events on all usable bases, capped
        ("umi_state", np.uint8),  # UMI_* below
        ("umi_1", np.uint64),  # 2-bit packed A=0 C=1 G=2 T=3, first base most significant
        ("umi_2", np.uint64),  # after the hyphen; 0 for a single UMI
        ("umi_n", np.uint64),  # where the UMI has N: bit 2i is base i from the end of umi_1, bit 2i + 1 of umi_2
        ("umi_1_length", np.uint8),
        ("umi_2_length", np.uint8),
        ("mi", np.uint64),  # FNV-1a 64 of MI without its /A or /B; 0 without MI
        ("mi_strand", np.uint8),  # 0 none, 1 for /A, 2 for /B
        ("depth_a", np.int32),  # aD; or Marianas positive-strand family size
        ("depth_b", np.int32),  # bD; or Marianas negative-strand family size
        ("depth_consensus", np.int32),  # cD
        ("depth_min", np.int32),  # cM
        ("consensus_error", np.float32),  # cE, NaN without it
    ]
)

UMI_MISSING: Final = 0
UMI_PRESENT: Final = 1
UMI_HAS_N: Final = 2
UMI_UNUSABLE: Final = 3
"""States of `umi_state`; UNUSABLE: longer than 32 bases in a half, or a letter that is no base."""

EVENT_DTYPE: Final = np.dtype(
    [
        ("read", np.int32),  # row in `reads`
        ("kind", np.uint8),  # EVENT_*
        ("base", np.uint8),  # SNV: the read base as ASCII upper case; else 0
        ("qual", np.uint8),  # SNV: its quality; insertion: lowest inserted quality; else lowest flanking quality
        ("pos", np.int32),  # see below
        ("length", np.int32),  # bases inserted, deleted, clipped, masked, skipped; 1 for an SNV
        ("query_pos", np.int32),  # 0-based in the stored sequence: first base concerned (deletion: base before)
        ("seq_start", np.int64),  # insertion and clips: offset of its bases in `sequence`; else ABSENT
    ]
)
"""`pos` on the reference, 0-based: SNV, its base; deletion, skip and mask, the first base concerned; insertion, the
base *before* it (as in VCF); left clip, `start` of the read; right clip, `end` of the read.
A mask is a run of neighbouring aligned bases below the quality limit or N. Reference N gives no event at all.
Events of a read are in order of `query_pos`; a base with an SNV is never masked."""


LINK_DTYPE: Final = np.dtype(
    [
        ("read", np.int32),  # row in `reads`, or in `far_reads`
        ("here_mapq", np.uint8),  # the alignment of this record
        ("here_reverse", np.uint8),
        ("here_start", np.int32),  # aligned span on the reference, half-open
        ("here_end", np.int32),
        ("here_clip_left", np.int32),  # soft and hard clips, in bases of the read
        ("here_clip_right", np.int32),
        ("there_tid", np.int32),  # the alignment that SA names
        ("there_mapq", np.uint8),
        ("there_reverse", np.uint8),
        ("there_start", np.int32),
        ("there_end", np.int32),
        ("there_clip_left", np.int32),
        ("there_clip_right", np.int32),
    ]
)
"""One read at two places: the alignment of a record, and another one of the same read, from its SA tag."""


def _no_reads() -> npt.NDArray[np.void]:
    return np.zeros(0, READ_DTYPE)


def _no_links() -> npt.NDArray[np.void]:
    return np.zeros(0, LINK_DTYPE)


@dataclass(frozen=True)
class ReadBatch:
    """Reads of one region in file order, with their events.

    Attributes
    ----------
    reads
        One row a read that passed the filters, shape (reads,), dtype `READ_DTYPE`.
    events
        Shape (events,), dtype `EVENT_DTYPE`, sorted by (`read`, order in the read).
    sequence
        ASCII bases of insertions and clips, shape (bases,), uint8.
    names
        QNAMEs joined by newline, only when asked for, else empty.
    seen
        Reads of the region before any filter, secondary and supplementary ones included.
    links
        Other places of `reads`, a row for each that an SA tag names, shape (links,), dtype `LINK_DTYPE`. A read has
        them in the batch in which it comes first.
    far_reads, far_links
        A row for each supplementary alignment: the read that it is a part of, as its SA tag describes the primary
        alignment (so it groups with its copies and its mate), and the link from here to there, shape (far,). The
        template length and base quality of such a read are 0.
    """

    reads: npt.NDArray[np.void]
    events: npt.NDArray[np.void]
    sequence: npt.NDArray[np.uint8]
    names: bytes
    seen: int
    links: npt.NDArray[np.void] = field(default_factory=_no_links)
    far_reads: npt.NDArray[np.void] = field(default_factory=_no_reads)
    far_links: npt.NDArray[np.void] = field(default_factory=_no_links)

    @cached_property
    def kinds(self) -> npt.NDArray[np.uint8]:
        """Kind of each event, by itself: whoever looks for a few kinds need not go through whole rows."""
        return np.ascontiguousarray(self.events["kind"])

    def event_bases(self, event: np.void) -> str:
        """Return the bases of an insertion or a clip."""
        start, length = int(event["seq_start"]), int(event["length"])
        return self.sequence[start : start + length].tobytes().decode()


EMPTY_BATCH: Final = ReadBatch(
    np.zeros(0, READ_DTYPE), np.zeros(0, EVENT_DTYPE), np.zeros(0, np.uint8), names=b"", seen=0
)
