"""Where the DNA fragment behind a read begins and ends, and which strand of it was read."""

from typing import Final, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from csfgeno.io.batch import ABSENT
from csfgeno.molecules.grouping.order import sort_rows

IntArray = npt.NDArray[np.int32]
ReadRows = npt.NDArray[np.void]

_PAIRED: Final = 0x1
_MATE_UNMAPPED: Final = 0x8
_REVERSE: Final = 0x10
_MATE_REVERSE: Final = 0x20
_READ_2: Final = 0x80


class Ends(NamedTuple):
    """Unclipped 5' ends of both mates, for one read a row.

    Attributes
    ----------
    left, right
        The lower and the higher one; a lone read has its own in `left` and `ABSENT` in `right`, shape (reads,).
    shape
        Orientation of both: bit 0 if the left one is of a reverse read, bit 1 if the right one is; bit 2 for a lone
        read, shape (reads,).
    """

    left: IntArray
    right: IntArray
    shape: npt.NDArray[np.uint8]

    def take(self, rows: npt.NDArray[np.int64]) -> Self:
        """Return some rows."""
        return type(self)(self.left[rows], self.right[rows], self.shape[rows])

    def pack(self) -> npt.NDArray[np.uint64]:
        """Return both ends in one word, shape (reads,)."""
        return self.left.view(np.uint32).astype(np.uint64) << np.uint64(32) | self.right.view(np.uint32)


def find_ends(reads: ReadRows) -> Ends:
    """Return the outer ends of each read's fragment, the same for both mates.

    The mate's end comes from MC, from the mate itself if it is among `reads`, or from TLEN, in this order.
    """
    flag = reads["flag"]
    is_reverse, mate_is_reverse = (flag & _REVERSE) != 0, (flag & _MATE_REVERSE) != 0
    own = np.where(is_reverse, reads["unclipped_end"], reads["unclipped_start"])
    mate = np.where(mate_is_reverse, reads["mate_unclipped_end"], reads["mate_unclipped_start"])
    # The end tells, not the start: a mate clipped over the beginning of its contig starts at -1, which is ABSENT.
    has_mate, is_known = _has_mate(flag), reads["mate_unclipped_end"] != ABSENT
    if (has_mate & ~is_known).any():
        mate, is_known = _find_mates(reads, own, mate, is_known)
    is_pair = has_mate & is_known
    is_left = ~is_pair | (own < mate) | ((own == mate) & ~is_reverse)
    left = np.where(is_left, own, mate)
    right = np.where(is_pair, np.where(is_left, mate, own), ABSENT)
    left_reverse = np.where(is_left, is_reverse, mate_is_reverse)
    right_reverse = is_pair & np.where(is_left, mate_is_reverse, is_reverse)
    return Ends(left, right, (left_reverse | right_reverse << 1 | ~is_pair << 2).astype(np.uint8))


def measure_fragments(reads: ReadRows, ends: Ends) -> tuple[IntArray, IntArray]:
    """Return left and right end of each read's fragment; mates on two contigs (TLEN 0) span none, shapes (reads,)."""
    own = np.where((reads["flag"] & _REVERSE) != 0, reads["unclipped_end"], reads["unclipped_start"])
    is_apart = reads["template_length"] == 0
    return np.where(is_apart, own, ends.left), np.where(is_apart, ABSENT, ends.right).astype(np.int32)


def is_bottom_strand(reads: ReadRows) -> npt.NDArray[np.bool_]:
    """Return which reads are of strand B: their read 1 is the reverse one (F2R1), shape (reads,)."""
    flag = reads["flag"]
    is_reverse, is_second = (flag & _REVERSE) != 0, (flag & _READ_2) != 0
    mate_is_reverse = np.where(_has_mate(flag), (flag & _MATE_REVERSE) != 0, ~is_reverse)
    return np.asarray(np.where(is_second, mate_is_reverse, is_reverse))


def is_second(reads: ReadRows) -> npt.NDArray[np.bool_]:
    """Return which reads are read 2 of their pair, shape (reads,)."""
    return np.asarray((reads["flag"] & _READ_2) != 0)


def _has_mate(flag: npt.NDArray[np.uint16]) -> npt.NDArray[np.bool_]:
    return np.asarray((flag & (_PAIRED | _MATE_UNMAPPED)) == _PAIRED)


def _find_mates(
    reads: ReadRows, own: IntArray, mate: IntArray, is_known: npt.NDArray[np.bool_]
) -> tuple[IntArray, npt.NDArray[np.bool_]]:
    """Return the mates' ends and which are known, after a look at the other reads and at TLEN."""
    length = reads["template_length"]
    # METHOD: without MC and without the mate itself, TLEN gives the mate's outer end up to its clipping.
    by_length = np.where((reads["flag"] & _REVERSE) != 0, reads["end"], reads["start"]) + length
    mate = np.where(is_known, mate, by_length)
    name = reads["name_hash"]
    order = sort_rows(name)
    pairs = np.flatnonzero(name[order][1:] == name[order][:-1])
    first, second = order[pairs], order[pairs + 1]
    found = is_known | (length != 0)
    for one, other in ((first, second), (second, first)):
        open_ = ~is_known[one]
        mate[one[open_]] = own[other[open_]]
        found[one[open_]] = True
    return mate, found
