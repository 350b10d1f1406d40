# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Compiled radix sort of 64-bit keys; `csfgeno.molecules.grouping.order` says what it gives, numpy is its twin."""

import numpy as np

from libc.stdint cimport int64_t, uint64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memset

cdef enum:
    DIGIT_BITS = 11
    DIGITS = 6
    VALUES = 1 << DIGIT_BITS

cdef struct Item:
    uint64_t key
    int64_t row


cdef inline int64_t digit(uint64_t key, int place) noexcept nogil:
    return <int64_t> (key >> (DIGIT_BITS * place)) & (VALUES - 1)


cdef void count_digits(const uint64_t[::1] keys, int64_t *counts) noexcept nogil:
    cdef int64_t row
    cdef int place
    memset(counts, 0, DIGITS * VALUES * sizeof(int64_t))
    for row in range(keys.shape[0]):
        for place in range(DIGITS):
            counts[place * VALUES + digit(keys[row], place)] += 1


cdef void move_by_digit(const Item *source, Item *target, int64_t rows, int place, int64_t *counts) noexcept nogil:
    """Move items to the order of one digit; `counts` become the place after the last item of each value."""
    cdef int64_t value, row, ahead = 0, count
    for value in range(VALUES):
        count = counts[value]
        counts[value] = ahead
        ahead += count
    for row in range(rows):
        value = digit(source[row].key, place)
        target[counts[value]] = source[row]
        counts[value] += 1


cdef Item *sort_items(const uint64_t[::1] keys, Item *one, Item *other, int64_t *counts) noexcept nogil:
    """Return `one` or `other`, whichever holds the sorted items."""
    cdef int64_t row, rows = keys.shape[0]
    cdef int place
    for row in range(rows):
        one[row].key, one[row].row = keys[row], row
    count_digits(keys, counts)
    for place in range(DIGITS):
        if counts[place * VALUES + digit(keys[0], place)] == rows:
            continue  # all keys agree in this digit
        move_by_digit(one, other, rows, place, counts + place * VALUES)
        one, other = other, one
    return one


def sort_rows(const uint64_t[::1] keys):
    """Return the rows in the order of their keys; equal keys keep their order."""
    cdef int64_t row, rows = keys.shape[0]
    order_array = np.empty(rows, np.int64)
    if rows == 0:
        return order_array
    cdef int64_t[::1] order = order_array
    cdef Item *items = <Item *> malloc(2 * rows * sizeof(Item))
    cdef int64_t *counts = <int64_t *> malloc(DIGITS * VALUES * sizeof(int64_t))
    cdef Item *found
    try:
        if items == NULL or counts == NULL:
            raise MemoryError
        with nogil:
            found = sort_items(keys, items, items + rows, counts)
            for row in range(rows):
                order[row] = found[row].row
    finally:
        free(items)
        free(counts)
    return order_array
