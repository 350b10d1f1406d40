# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Compiled passes over the rows of reads, each in one go where numpy takes ten; `_rows_twin` says the same in numpy."""

import numpy as np

from libc.stdint cimport INT32_MAX, uint32_t

include "../../io/_rows.pxi"

cdef enum:
    PAIRED = 0x1
    MATE_UNMAPPED = 0x8
    REVERSE = 0x10
    MATE_REVERSE = 0x20
    READ_2 = 0x80
    ABSENT = -1
    LONE = 4
    AHEAD = 12

cdef extern from *:
    void __builtin_prefetch(const void *address) nogil

cdef uint64_t LANE = 0x5555555555555555ULL


cdef const uint8_t[:, ::1] as_bytes(reads):
    """Return the rows as they lie in memory."""
    if reads.dtype.itemsize != sizeof(ReadRow):
        raise ImportError("the compiled passes are of another version of csfgeno; install csfgeno again")
    return np.ascontiguousarray(reads).view(np.uint8).reshape(len(reads), sizeof(ReadRow))


cdef inline uint64_t fold_in(uint64_t key, uint64_t column) noexcept nogil:
    """One column of `order.mix`."""
    key = (key ^ column) + 0x9E3779B97F4A7C15ULL
    key = (key ^ (key >> 30)) * 0xBF58476D1CE4E5B9ULL
    key = (key ^ (key >> 27)) * 0x94D049BB133111EBULL
    return key ^ (key >> 31)


cdef inline uint64_t pack(int32_t left, int32_t right) noexcept nogil:
    return <uint64_t> <uint32_t> left << 32 | <uint32_t> right


cdef inline bint has_mate(const ReadRow *row) noexcept nogil:
    return row.flag & (PAIRED | MATE_UNMAPPED) == PAIRED


cdef inline bint is_bottom_strand(const ReadRow *row) noexcept nogil:
    cdef bint is_reverse = row.flag & REVERSE != 0
    if row.flag & READ_2:
        return row.flag & MATE_REVERSE != 0 if has_mate(row) else not is_reverse
    return is_reverse


def find_ends(reads):
    """Return `(left, right, shape)`, `None` if the row of a read does not tell where its mate ends."""
    cdef int64_t i, n = len(reads)
    left_array, right_array, shape_array = np.empty(n, np.int32), np.empty(n, np.int32), np.empty(n, np.uint8)
    if n == 0:
        return left_array, right_array, shape_array
    cdef const uint8_t[:, ::1] rows = as_bytes(reads)
    cdef const ReadRow *row = <const ReadRow *> &rows[0, 0]
    cdef int32_t[::1] left = left_array, right = right_array
    cdef uint8_t[::1] shape = shape_array
    cdef int32_t own, mate
    cdef bint is_reverse, mate_is_reverse
    with nogil:
        for i in range(n):
            is_reverse, mate_is_reverse = row.flag & REVERSE != 0, row.flag & MATE_REVERSE != 0
            own = row.unclipped_end if is_reverse else row.unclipped_start
            mate = row.mate_unclipped_end if mate_is_reverse else row.mate_unclipped_start
            if not has_mate(row):
                left[i], right[i], shape[i] = own, ABSENT, is_reverse | LONE
            elif row.mate_unclipped_end == ABSENT:
                with gil:
                    return None
            elif own < mate or (own == mate and not is_reverse):
                left[i], right[i], shape[i] = own, mate, is_reverse | mate_is_reverse << 1
            else:
                left[i], right[i], shape[i] = mate, own, mate_is_reverse | is_reverse << 1
            row += 1
    return left_array, right_array, shape_array


def fragment_keys(reads, const int32_t[::1] left, const int32_t[::1] right, bint by_place):
    """Return one key a fragment, shifted by one bit, which is set for read 2."""
    cdef int64_t i, n = len(reads)
    key_array = np.empty(n, np.uint64)
    if n == 0:
        return key_array
    cdef const uint8_t[:, ::1] rows = as_bytes(reads)
    cdef const ReadRow *row = <const ReadRow *> &rows[0, 0]
    cdef uint64_t[::1] keys = key_array
    cdef uint64_t key
    with nogil:
        for i in range(n):
            key = fold_in(0, row.name_hash)
            if by_place:
                key = fold_in(key, pack(left[i], right[i]))
            keys[i] = key << 1 | (row.flag & READ_2 != 0)
            row += 1
    return key_array


def raw_strands(reads, const int64_t[::1] chosen):
    """Return the strand of some raw reads: that of MI, else that of the order of the mates."""
    cdef int64_t i, n = chosen.shape[0]
    strand_array = np.empty(n, np.uint8)
    if n == 0:
        return strand_array
    cdef const uint8_t[:, ::1] rows = as_bytes(reads)
    cdef const ReadRow *all_rows = <const ReadRow *> &rows[0, 0]
    cdef const ReadRow *row
    cdef uint8_t[::1] strand = strand_array
    with nogil:
        for i in range(n):
            if i + AHEAD < n:
                __builtin_prefetch(all_rows + chosen[i + AHEAD])
            row = all_rows + chosen[i]
            strand[i] = row.mi_strand - 1 if row.mi_strand > 0 else is_bottom_strand(row)
    return strand_array


def place_umis(
    reads, const int64_t[::1] chosen, const int32_t[::1] left, const int32_t[::1] right,
    const uint8_t[::1] shape, const uint8_t[::1] strand, bint shares_umi,
):
    """Return `(place, top, bottom, unknown)` of some reads, see `umis.Umis`; the other columns are of these reads."""
    cdef int64_t i, n = chosen.shape[0]
    columns = np.zeros((4, n), np.uint64)
    if n == 0:
        return tuple(columns)
    cdef const uint8_t[:, ::1] rows = as_bytes(reads)
    cdef const ReadRow *all_rows = <const ReadRow *> &rows[0, 0]
    cdef const ReadRow *row
    cdef uint64_t[:, ::1] umi = columns
    cdef uint64_t place, lengths
    cdef bint is_dual, swap
    with nogil:
        for i in range(n):
            if i + AHEAD < n:
                __builtin_prefetch(all_rows + chosen[i + AHEAD])
            row = all_rows + chosen[i]
            if row.mi != 0:
                umi[0, i] = fold_in(0, row.mi)
                continue
            is_dual = row.umi_2_length > 0
            swap = is_dual and strand[i] == 1
            place = fold_in(fold_in(fold_in(0, pack(left[i], right[i])), <uint64_t> row.mate_tid), shape[i])
            if swap:
                lengths = <uint64_t> row.umi_2_length << 8 | row.umi_1_length
                umi[1, i], umi[2, i] = row.umi_2, row.umi_1
                umi[3, i] = (row.umi_n & LANE) << 1 | (row.umi_n >> 1) & LANE
            else:
                lengths = <uint64_t> row.umi_1_length << 8 | row.umi_2_length
                umi[1, i], umi[2, i], umi[3, i] = row.umi_1, row.umi_2, row.umi_n
            umi[0, i] = fold_in(fold_in(0, place), lengths << 8 | (0 if is_dual or shares_umi else strand[i] + 1))
    return tuple(columns)


def span_molecules(reads, const int64_t[::1] order, const int64_t[::1] begin):
    """Return `(forward_start, forward_end, reverse_start, reverse_end, mapq, key)` of each molecule."""
    cdef int64_t m, i, stop, n = begin.shape[0], side
    spans = np.empty((4, n), np.int32)
    mapq_array, key_array = np.empty(n), np.empty(n, np.uint64)
    if n == 0:
        return *spans, mapq_array, key_array
    cdef const uint8_t[:, ::1] rows = as_bytes(reads)
    cdef const ReadRow *all_rows = <const ReadRow *> &rows[0, 0]
    cdef const ReadRow *row
    cdef int32_t[:, ::1] span = spans
    cdef double[::1] mapq = mapq_array
    cdef uint64_t[::1] key = key_array
    cdef int64_t total
    with nogil:
        for m in range(n):
            stop = begin[m + 1] if m + 1 < n else order.shape[0]
            span[0, m], span[1, m], span[2, m], span[3, m] = INT32_MAX, -1, INT32_MAX, -1
            key[m], total = all_rows[order[begin[m]]].name_hash, 0
            for i in range(begin[m], stop):
                if i + AHEAD < order.shape[0]:  # molecules jump through the batch, and memory is slow to answer
                    __builtin_prefetch(all_rows + order[i + AHEAD])
                row = all_rows + order[i]
                side = 2 if row.flag & REVERSE else 0
                span[side, m], span[side + 1, m] = min(span[side, m], row.start), max(span[side + 1, m], row.end)
                key[m], total = min(key[m], row.name_hash), total + row.mapq
            mapq[m] = <double> total / <double> (stop - begin[m])
    return *spans, mapq_array, key_array
