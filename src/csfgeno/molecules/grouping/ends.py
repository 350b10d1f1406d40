"""Where the DNA fragment behind a read begins and ends."""

from typing import Final, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from csfgeno.io.batch import ABSENT
from csfgeno.molecules.grouping.order import pack_ends
from csfgeno.molecules.grouping.rows import IntArray, ReadRows, passes

_PAIRED: Final = 0x1
_MATE_UNMAPPED: Final = 0x8
_REVERSE: Final = 0x10
_MATE_REVERSE: Final = 0x20
_FIRST: Final = 0x40
_LAST: Final = 0x80


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

    def pack(self) -> npt.NDArray[np.uint64]:
        """Return both ends in one word, shape (reads,)."""
        return pack_ends(self.left, self.right)

    def take(self, rows: npt.NDArray[np.int64]) -> Self:
        """Return some rows."""
        return type(self)(self.left[rows], self.right[rows], self.shape[rows])


def find_ends(reads: ReadRows) -> Ends:
    """Return the outer ends of each read's fragment, the same for both mates.

    The mate's end comes from MC, from the mate itself if it is among `reads`, or from TLEN, in this order.
    """
    found = passes().find_ends(reads)
    if found is None:
        found = passes().find_ends(_with_mates(reads))
    assert found is not None  # noqa: S101
    return Ends(*found)


def measure_fragments(reads: ReadRows, ends: Ends) -> tuple[IntArray, IntArray]:
    """Return left and right end of each read's fragment; mates on two contigs (TLEN 0) span none, shapes (reads,)."""
    is_apart = reads["template_length"] == 0
    return np.where(is_apart, _own(reads), ends.left), np.where(is_apart, ABSENT, ends.right).astype(np.int32)


def _own(reads: ReadRows) -> IntArray:
    return np.where((reads["flag"] & _REVERSE) != 0, reads["unclipped_end"], reads["unclipped_start"])


def _with_mates(reads: ReadRows) -> ReadRows:
    """Return the reads with the ends of their mates filled in where MC is absent; without a trace a read is lone."""
    flag, name, length, own = reads["flag"], reads["name_hash"], reads["template_length"], _own(reads)
    is_known = reads["mate_unclipped_end"] != ABSENT
    # METHOD: without MC and without the mate itself, TLEN gives the mate's outer end up to its clipping.
    mate = np.where((flag & _REVERSE) != 0, reads["end"], reads["start"]) + length
    first, last = (np.flatnonzero((flag & (_FIRST | _LAST)) == number) for number in (_FIRST, _LAST))
    has_trace = is_known | (length != 0)
    for one, other in ((first, last), (last, first)):
        # A record that is there twice is no mate of its copy, so mates are told by their number.
        names, where = np.unique(name[other], return_index=True)
        at = np.searchsorted(names, name[one])
        is_here = names[np.minimum(at, len(names) - 1)] == name[one] if len(names) else np.zeros(len(one), bool)
        mate[one[is_here]], has_trace[one[is_here]] = own[other[where[at[is_here]]]], True
    reads = reads.copy()
    mate_is_reverse = (flag & _MATE_REVERSE) != 0
    reads["mate_unclipped_start"] = np.where(is_known, reads["mate_unclipped_start"], mate)
    reads["mate_unclipped_end"] = np.where(is_known, reads["mate_unclipped_end"], np.where(mate_is_reverse, mate, 0))
    is_lone = ~has_trace | (reads["mate_unclipped_end"] == ABSENT)
    reads["flag"] = np.where(is_lone, flag | _MATE_UNMAPPED, flag)
    return reads
