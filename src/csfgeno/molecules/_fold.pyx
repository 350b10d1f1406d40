# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The fold: reads of a molecule to one call a position. Arrays in, arrays out; `_fold_twin` says the same in Python."""

import numpy as np

from libc.stdint cimport int8_t, int32_t, int64_t, uint8_t, uint32_t
from libc.stdlib cimport free, realloc
from libc.string cimport memcpy, memset

cdef enum:
    SNV = 1
    DELETION = 3
    MASK = 6
    SKIP = 7
    CONFLICT = 5
    CALLS = 6


cdef struct Observed:
    int32_t molecule
    int32_t pos
    uint8_t base
    uint8_t stratum
    uint32_t votes[4]


cdef struct ObservedList:
    Observed *rows
    int64_t used
    int64_t room


cdef int push(ObservedList *found, Observed row) except -1 nogil:
    cdef Observed *bigger
    if found.used == found.room:
        found.room = 2 * found.room + 1024
        bigger = <Observed *> realloc(found.rows, found.room * sizeof(Observed))
        if bigger == NULL:
            with gil:
                raise MemoryError()
        found.rows = bigger
    found.rows[found.used] = row
    found.used += 1
    return 0


cdef inline int best_call(const uint32_t *votes, double agreement, int *total) noexcept nogil:
    """Index of the base enough fragments show, -1 if none does; `votes` are A, C, G, T, conflict."""
    cdef int best = 0, base
    total[0] = votes[0] + votes[1] + votes[2] + votes[3] + votes[4]
    for base in range(1, 4):
        if votes[base] > votes[best]:
            best = base
    if votes[best] > 0 and votes[best] >= agreement * total[0]:
        return best
    return -1


cdef inline void call_read(
    uint8_t *calls, const uint8_t *template, int lo, int hi, int64_t first, int64_t last, int origin, int width,
    const uint8_t[::1] kind, const int32_t[::1] pos, const int32_t[::1] length, const uint8_t[::1] base,
    const uint8_t *code,
) noexcept nogil:
    """Write the read's call at each position of [lo, hi): the reference, unless an event says otherwise."""
    cdef int64_t e
    cdef int at, stop
    memcpy(calls + lo, template + lo, hi - lo)
    for e in range(first, last):
        at = pos[e] - origin
        if kind[e] == SNV:
            if 0 <= at < width:
                calls[at] = code[base[e]]
        elif kind[e] == MASK or kind[e] == DELETION or kind[e] == SKIP:
            stop = min(at + length[e], hi)
            at = max(at, lo)
            if at < stop:
                memset(calls + at, 0, stop - at)


cdef inline void merge_mate(uint8_t *seen, const uint8_t *calls, int lo, int hi) noexcept nogil:
    cdef int at
    for at in range(lo, hi):
        if seen[at] == 0:
            seen[at] = calls[at]
        elif calls[at] != 0 and calls[at] != seen[at]:
            seen[at] = CONFLICT


def fold(tuple columns, const uint8_t[::1] reference, int origin, double agreement):
    """Return `(ref_depth, discordant, obs_molecule, obs_pos, obs_base, obs_stratum, obs_votes)`."""
    cdef const int32_t[::1] start = columns[0], end = columns[1], molecule = columns[2], fragment = columns[4]
    cdef const uint8_t[::1] strand = columns[3], event_kind = columns[7], event_base = columns[10]
    cdef const int64_t[::1] event_begin = columns[5], event_end = columns[6]
    cdef const int32_t[::1] event_pos = columns[8], event_length = columns[9]
    cdef const int8_t[::1] fixed_kind = columns[11]
    cdef int width = reference.shape[0]
    cdef int64_t reads = start.shape[0], row = 0, mate
    cdef int at, lo, hi, mlo, mhi, flo, fhi, side, fixed, first_strand, m, total_a, total_b, call_a, call_b
    cdef int stratum, call
    cdef ObservedList found
    cdef Observed seen_row
    found.rows, found.used, found.room = NULL, 0, 0
    ref_depth_array = np.zeros((7, width), np.int32)
    discordant_array = np.zeros(width, np.int32)
    template_array = np.where(np.asarray(reference) < 4, np.asarray(reference) + 1, 0).astype(np.uint8)
    scratch = np.zeros((2, width), np.uint8)
    votes_array = np.zeros((2, width, CALLS), np.uint32)
    code_array = np.zeros(256, np.uint8)
    code_array[list(b"ACGT")] = (1, 2, 3, 4)
    if width == 0:
        return ref_depth_array, discordant_array, *obs_columns(&found, origin)
    cdef int32_t[:, ::1] ref_depth = ref_depth_array
    cdef int32_t[::1] discordant = discordant_array
    cdef const uint8_t[::1] template = template_array
    cdef const uint8_t[::1] code = code_array
    cdef uint8_t[:, ::1] buffers = scratch
    cdef uint32_t[:, :, ::1] votes = votes_array
    cdef uint8_t *seen = &buffers[0, 0]
    cdef uint8_t *calls = &buffers[1, 0]
    with nogil:
        while row < reads:
            m = molecule[row]
            fixed = fixed_kind[m]
            first_strand = strand[row]
            mlo, mhi = width, 0
            while row < reads and molecule[row] == m:
                side = first_strand if fixed >= 0 else strand[row]
                flo, fhi = width, 0
                mate = row
                while mate < reads and fragment[mate] == fragment[row]:
                    lo = max(start[mate] - origin, 0)
                    hi = min(end[mate] - origin, width)
                    if lo < hi:
                        call_read(calls, &template[0], lo, hi, event_begin[mate], event_end[mate], origin, width,
                                  event_kind, event_pos, event_length, event_base, &code[0])
                        merge_mate(seen, calls, lo, hi)
                        flo = min(flo, lo)
                        fhi = max(fhi, hi)
                    mate += 1
                row = mate
                for at in range(flo, fhi):
                    votes[side, at, seen[at]] += 1
                    seen[at] = 0
                mlo = min(mlo, flo)
                mhi = max(mhi, fhi)
            for at in range(mlo, mhi):
                if reference[at] < 4:
                    call_a = best_call(&votes[0, at, 1], agreement, &total_a)
                    call_b = best_call(&votes[1, at, 1], agreement, &total_b)
                    if total_a + total_b > 0:
                        call = call_a if total_a > 0 else call_b
                        if call < 0 or (total_a > 0 and total_b > 0 and call_a != call_b):
                            discordant[at] += 1
                        else:
                            if fixed >= 0:
                                stratum = 0 if fixed == 0 else 2 * fixed - 1 + first_strand
                            elif total_a > 0 and total_b > 0:
                                stratum = 0
                            else:
                                stratum = (1 if total_a + total_b > 1 else 3) + (1 if total_b > 0 else 0)
                            if call == reference[at]:
                                ref_depth[stratum, at] += 1
                            else:
                                seen_row.molecule, seen_row.pos = m, at
                                seen_row.base, seen_row.stratum = call, stratum
                                seen_row.votes[0] = votes[0, at, 1 + call]
                                seen_row.votes[1] = total_a - votes[0, at, 1 + call]
                                seen_row.votes[2] = votes[1, at, 1 + call]
                                seen_row.votes[3] = total_b - votes[1, at, 1 + call]
                                push(&found, seen_row)
                memset(&votes[0, at, 0], 0, CALLS * sizeof(uint32_t))
                memset(&votes[1, at, 0], 0, CALLS * sizeof(uint32_t))
    try:
        return ref_depth_array, discordant_array, *obs_columns(&found, origin)
    finally:
        free(found.rows)


cdef tuple obs_columns(ObservedList *found, int origin):
    cdef int64_t row
    cdef int part
    molecule_array, pos_array = np.empty(found.used, np.int32), np.empty(found.used, np.int32)
    base_array, stratum_array = np.empty(found.used, np.uint8), np.empty(found.used, np.uint8)
    votes_array = np.empty((found.used, 4), np.uint32)
    cdef int32_t[::1] molecule = molecule_array
    cdef int32_t[::1] pos = pos_array
    cdef uint8_t[::1] base = base_array
    cdef uint8_t[::1] stratum = stratum_array
    cdef uint32_t[:, ::1] votes = votes_array
    for row in range(found.used):
        molecule[row] = found.rows[row].molecule
        pos[row] = found.rows[row].pos + origin
        base[row] = found.rows[row].base
        stratum[row] = found.rows[row].stratum
        for part in range(4):
            votes[row, part] = found.rows[row].votes[part]
    return molecule_array, pos_array, base_array, stratum_array, votes_array
