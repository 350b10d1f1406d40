"""The passes over rows of reads in numpy: the oracle of the compiled ones, and their stand-in without a compiler."""

from typing import Final

import numpy as np
import numpy.typing as npt

from csfgeno.io.batch import ABSENT
from csfgeno.molecules.grouping.order import mix, pack_ends
from csfgeno.molecules.grouping.umis import swap_unknown

ReadRows = npt.NDArray[np.void]
IntArray = npt.NDArray[np.int32]
Rows = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]
Bytes = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]

_PAIRED: Final = 0x1
_MATE_UNMAPPED: Final = 0x8
_REVERSE: Final = 0x10
_MATE_REVERSE: Final = 0x20
_READ_2: Final = 0x80
_FAR_RIGHT: Final = np.iinfo(np.int32).max


def find_ends(reads: ReadRows) -> tuple[IntArray, IntArray, Bytes] | None:
    """Return `(left, right, shape)`, `None` if the row of a read does not tell where its mate ends."""
    is_reverse, mate_is_reverse = _has(reads, _REVERSE), _has(reads, _MATE_REVERSE)
    own = np.where(is_reverse, reads["unclipped_end"], reads["unclipped_start"])
    mate = np.where(mate_is_reverse, reads["mate_unclipped_end"], reads["mate_unclipped_start"])
    is_pair = _has_mate(reads)
    # The end tells, not the start: a mate clipped over the beginning of its contig starts at -1, which is ABSENT.
    if (is_pair & (reads["mate_unclipped_end"] == ABSENT)).any():
        return None
    is_left = ~is_pair | (own < mate) | ((own == mate) & ~is_reverse)
    left = np.where(is_left, own, mate)
    right = np.where(is_pair, np.where(is_left, mate, own), ABSENT).astype(np.int32)
    left_reverse = np.where(is_left, is_reverse, mate_is_reverse)
    right_reverse = is_pair & np.where(is_left, mate_is_reverse, is_reverse)
    return left, right, (left_reverse | right_reverse << 1 | ~is_pair << 2).astype(np.uint8)


def fragment_keys(reads: ReadRows, left: IntArray, right: IntArray, by_place: bool) -> Words:
    """Return one key a fragment, shifted by one bit, which is set for read 2."""
    key = mix(reads["name_hash"], pack_ends(left, right)) if by_place else mix(reads["name_hash"])
    return key << np.uint64(1) | _has(reads, _READ_2)


def raw_strands(reads: ReadRows, chosen: Rows) -> Bytes:
    """Return the strand of some raw reads: that of MI, else that of the order of the mates."""
    reads = reads.take(chosen)  # far faster than an index on rows of many columns
    is_reverse = _has(reads, _REVERSE)
    mate_is_reverse = np.where(_has_mate(reads), _has(reads, _MATE_REVERSE), ~is_reverse)
    is_bottom = np.where(_has(reads, _READ_2), mate_is_reverse, is_reverse)
    return np.where(reads["mi_strand"] > 0, reads["mi_strand"] - 1, is_bottom).astype(np.uint8)


def place_umis(
    reads: ReadRows, chosen: Rows, left: IntArray, right: IntArray, shape: Bytes, strand: Bytes, shares_umi: bool
) -> tuple[Words, Words, Words, Words]:
    """Return `(place, top, bottom, unknown)` of some reads, see `umis.Umis`; the other columns are of these reads."""
    reads = reads.take(chosen)
    place = mix(pack_ends(left, right), reads["mate_tid"], shape)
    top, bottom, unknown = reads["umi_1"], reads["umi_2"], reads["umi_n"]
    top_length, bottom_length = reads["umi_1_length"].astype(np.uint64), reads["umi_2_length"].astype(np.uint64)
    is_dual = bottom_length > 0
    swap = is_dual & (strand == 1)
    # METHOD: a single UMI says nothing of the opposite strand, unless the strands of the specimen are seen to share it.
    apart = np.where(is_dual | shares_umi, 0, strand + 1).astype(np.uint64)
    lengths = np.where(swap, bottom_length << np.uint64(8) | top_length, top_length << np.uint64(8) | bottom_length)
    by_mi = reads["mi"] != 0
    return (
        np.where(by_mi, mix(reads["mi"]), mix(place, lengths << np.uint64(8) | apart)),
        np.where(by_mi, 0, np.where(swap, bottom, top)),
        np.where(by_mi, 0, np.where(swap, top, bottom)),
        np.where(by_mi, 0, np.where(swap, swap_unknown(unknown), unknown)),
    )


def span_molecules(
    reads: ReadRows, order: Rows, begin: Rows
) -> tuple[IntArray, IntArray, IntArray, IntArray, npt.NDArray[np.float64], Words]:
    """Return `(forward_start, forward_end, reverse_start, reverse_end, mapq, key)` of each molecule."""
    reads = reads.take(order)
    if not len(begin):
        nothing = np.zeros(0, np.int32)
        return nothing, nothing, nothing, nothing, np.zeros(0), np.zeros(0, np.uint64)
    is_reverse = _has(reads, _REVERSE)
    mapq = np.add.reduceat(reads["mapq"], begin, dtype=np.int64) / np.diff(begin, append=len(order))
    key = np.minimum.reduceat(reads["name_hash"], begin)
    return *_side(reads, ~is_reverse, begin), *_side(reads, is_reverse, begin), mapq, key


def _side(reads: ReadRows, chosen: Mask, begin: Rows) -> tuple[IntArray, IntArray]:
    first = np.minimum.reduceat(np.where(chosen, reads["start"], _FAR_RIGHT), begin)
    last = np.maximum.reduceat(np.where(chosen, reads["end"], -1), begin)
    return first.astype(np.int32), last.astype(np.int32)


def _has(reads: ReadRows, bit: int) -> Mask:
    return np.asarray((reads["flag"] & bit) != 0)


def _has_mate(reads: ReadRows) -> Mask:
    return np.asarray((reads["flag"] & (_PAIRED | _MATE_UNMAPPED)) == _PAIRED)
