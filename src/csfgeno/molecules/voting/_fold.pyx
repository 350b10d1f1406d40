# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The fold: reads of a molecule to one call a position. Arrays in, arrays out; `_fold_twin` says the same in Python.

A call is 0 where nothing was seen, 1 for the reference, 2-5 for another base (A, C, G, T), 6 for mates that disagree.
Most positions of most molecules show the reference only, so fragments are counted along the whole molecule and bases
only where one deviates.
"""

import numpy as np

from libc.stdint cimport int8_t, uint32_t
from libc.stdlib cimport free, malloc, realloc
from libc.string cimport memcpy, memset

include "../../io/_rows.pxi"

cdef enum:
    SNV = 1
    DELETION = 3
    MASK = 6
    SKIP = 7
    SEEN_REFERENCE = 1
    CONFLICT = 6
    CALLS = 7
    STRATA = 20
    SIMPLEX = 4
    SINGLETON = 12
    RAW = 16
    LARGE_SIMPLEX = 3
    LARGE_DUPLEX = 4
    AHEAD = 6
    END_ZONE_BP = 10


cdef extern from *:
    void __builtin_prefetch(const void *address) nogil


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


cdef struct Molecule:  # what decides the stratum, beside the votes
    int number
    int fixed_kind
    int first_strand
    int left
    int right
    bint is_large


cdef struct Board:  # the tile's working space; `votes[side][position][call]` is filled only where `deviates`
    int width
    int origin
    const uint8_t *reference
    const uint8_t *code
    uint8_t *template
    uint8_t *seen
    uint8_t *calls
    uint8_t *deviates
    uint32_t *fragments[2]
    uint32_t *votes[2]
    int32_t *edges
    int32_t *discordant
    double agreement
    ObservedList found


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


cdef void call_read(
    const Board *board, uint8_t *calls, int lo, int hi, const EventRow *event, const EventRow *last
) noexcept nogil:
    """Write the read's call at each position of [lo, hi): the reference, unless an event says otherwise."""
    cdef int at, stop
    memcpy(calls + lo, board.template + lo, hi - lo)
    while event < last:
        at = event.pos - board.origin
        if event.kind == SNV:
            if 0 <= at < board.width:
                calls[at] = board.code[event.base]
        elif event.kind == MASK or event.kind == DELETION or event.kind == SKIP:
            stop = min(at + event.length, hi)
            at = max(at, lo)
            if at < stop:
                memset(calls + at, 0, stop - at)
        event += 1


cdef void merge_mate(uint8_t *seen, const uint8_t *calls, int lo, int hi) noexcept nogil:
    """Fold the other mate in, without a branch: what only one saw stays, what both saw differently is a conflict."""
    cdef int at
    cdef uint8_t s, c, agreed
    for at in range(lo, hi):
        s, c = seen[at], calls[at]
        agreed = s if (c == 0) | (c == s) else CONFLICT
        seen[at] = c if s == 0 else agreed


cdef void count_fragment(Board *board, int side, int lo, int hi) noexcept nogil:
    """Add one fragment's calls to the votes of its strand and forget them."""
    cdef uint32_t *fragments = board.fragments[side]
    cdef uint8_t *seen = board.seen
    cdef uint64_t eight
    cdef int at
    for at in range(lo, hi):
        fragments[at] += seen[at] != 0
    at = lo
    while at < hi:
        if at + 8 <= hi:
            memcpy(&eight, seen + at, 8)
            if eight & 0xFEFEFEFEFEFEFEFEULL == 0:
                at += 8
                continue
        if seen[at] > SEEN_REFERENCE:
            board.deviates[at] = 1
            board.votes[side][CALLS * at + seen[at]] += 1
        at += 1
    memset(seen + lo, 0, hi - lo)


cdef bint is_end(const Molecule *molecule, int pos) noexcept nogil:
    if molecule.right < 0:
        return -END_ZONE_BP < pos - molecule.left < END_ZONE_BP
    return pos - molecule.left < END_ZONE_BP or molecule.right - 1 - pos < END_ZONE_BP


cdef int stratum_of(const Molecule *molecule, uint32_t a, uint32_t b, int pos) noexcept nogil:
    """Row of `strata.STRATA` of a molecule that `a` and `b` fragments of its strands show here."""
    cdef bint end = is_end(molecule, pos)
    cdef int strand = molecule.first_strand if molecule.fixed_kind >= 0 else b > 0
    if molecule.fixed_kind == 0:
        return 2 * molecule.is_large + end
    if molecule.fixed_kind == 1:
        return SIMPLEX + 4 * strand + 2 * molecule.is_large + end
    if molecule.fixed_kind > 1:
        return (SINGLETON if molecule.fixed_kind == 2 else RAW) + 2 * strand + end
    if a > 0 and b > 0:
        return 2 * (a + b >= LARGE_DUPLEX) + end
    if a + b > 1:
        return SIMPLEX + 4 * strand + 2 * (a + b >= LARGE_SIMPLEX) + end
    return SINGLETON + 2 * strand + end


cdef int best_call(const uint32_t *votes, uint32_t total, double agreement) noexcept nogil:
    """The call 1-5 that enough fragments show, 0 if none does; the reference has what is left over, and wins a tie."""
    cdef uint32_t reference = total, most
    cdef int call, best = SEEN_REFERENCE
    for call in range(2, CALLS):
        reference -= votes[call]
    most = reference
    for call in range(2, CONFLICT):
        if votes[call] > most:
            best, most = call, votes[call]
    return best if most > 0 and most >= agreement * total else 0


cdef int decide(Board *board, const Molecule *molecule, int at) except -1 nogil:
    """State one position where a fragment deviates."""
    cdef const uint32_t *on_a = board.votes[0] + CALLS * at
    cdef const uint32_t *on_b = board.votes[1] + CALLS * at
    cdef uint32_t a = board.fragments[0][at], b = board.fragments[1][at]
    cdef int call_a = best_call(on_a, a, board.agreement), call_b = best_call(on_b, b, board.agreement)
    cdef int call = call_a if a > 0 else call_b
    cdef int stratum = stratum_of(molecule, a, b, at + board.origin)
    cdef Observed row
    if call == 0 or (a > 0 and b > 0 and call_a != call_b):
        board.discordant[at] += 1
    elif call == SEEN_REFERENCE:
        board.edges[stratum * (board.width + 1) + at] += 1
        board.edges[stratum * (board.width + 1) + at + 1] -= 1
    else:
        row.molecule, row.pos, row.base, row.stratum = molecule.number, at + board.origin, call - 2, stratum
        row.votes[0], row.votes[1] = on_a[call], a - on_a[call]
        row.votes[2], row.votes[3] = on_b[call], b - on_b[call]
        push(&board.found, row)
    return 0


cdef int state_molecule(Board *board, const Molecule *molecule, int lo, int hi) except -1 nogil:
    """State every position of [lo, hi); runs without deviation add to the reference depth by their two edges."""
    cdef uint32_t a, b
    cdef bint end
    cdef int at = lo, start
    cdef int32_t *edges
    while at < hi:
        a, b = board.fragments[0][at], board.fragments[1][at]
        if board.deviates[at]:
            decide(board, molecule, at)
            at += 1
            continue
        if a + b == 0:
            at += 1
            continue
        start, end = at, is_end(molecule, at + board.origin)
        while (
            at < hi
            and board.fragments[0][at] == a
            and board.fragments[1][at] == b
            and not board.deviates[at]
            and is_end(molecule, at + board.origin) == end
        ):
            at += 1
        edges = board.edges + stratum_of(molecule, a, b, start + board.origin) * (board.width + 1)
        edges[start] += 1
        edges[at] -= 1
    for at in range(lo, hi):
        if board.deviates[at]:
            memset(board.votes[0] + CALLS * at, 0, CALLS * sizeof(uint32_t))
            memset(board.votes[1] + CALLS * at, 0, CALLS * sizeof(uint32_t))
    if lo < hi:
        memset(board.deviates + lo, 0, hi - lo)
        memset(board.fragments[0] + lo, 0, (hi - lo) * sizeof(uint32_t))
        memset(board.fragments[1] + lo, 0, (hi - lo) * sizeof(uint32_t))
    return 0


cdef const uint8_t[:, ::1] as_bytes(rows, size_t size):
    """Return rows as they lie in memory, at least one, so that there is a first."""
    if rows.dtype.itemsize != size:
        raise ImportError("the compiled fold is of another version of csfgeno; install csfgeno again")
    rows = np.ascontiguousarray(rows) if len(rows) else np.zeros(1, rows.dtype)
    return rows.view(np.uint8).reshape(len(rows), size)


cdef int64_t *find_events(const EventRow *event, int64_t events, int64_t reads) except NULL:
    """Return where the events of each read begin, and where those of the last one end."""
    cdef int64_t *begin = <int64_t *> malloc((reads + 1) * sizeof(int64_t))
    cdef int64_t read = 0, number
    if begin == NULL:
        raise MemoryError
    for number in range(events):
        while read <= event[number].read:
            begin[read] = number
            read += 1
    while read <= reads:
        begin[read] = events
        read += 1
    return begin


def fold(reads, events, tuple columns, const uint8_t[::1] reference, int origin, double agreement):
    """Return `(ref_depth, discordant, obs_molecule, obs_pos, obs_base, obs_stratum, obs_votes)`."""
    cdef const uint8_t[:, ::1] read_bytes = as_bytes(reads, sizeof(ReadRow))
    cdef const uint8_t[:, ::1] event_bytes = as_bytes(events, sizeof(EventRow))
    cdef const ReadRow *read = <const ReadRow *> &read_bytes[0, 0]
    cdef const EventRow *event = <const EventRow *> &event_bytes[0, 0]
    cdef const int64_t[::1] order = columns[0]
    cdef const int32_t[::1] number = columns[1], fragment = columns[3], left = columns[5], right = columns[6]
    cdef const uint8_t[::1] strand = columns[2], is_large = columns[7]
    cdef const int8_t[::1] fixed_kind = columns[4]
    cdef int width = reference.shape[0], side, lo, hi, flo, fhi, mlo, mhi
    cdef int64_t rows = order.shape[0], row = 0, mate, one
    cdef int64_t *begin
    cdef const EventRow *soon
    cdef Molecule molecule
    cdef Board board
    edges = np.zeros((STRATA, width + 1), np.int32)
    discordant = np.zeros(width, np.int32)
    codes = np.asarray(reference)
    working = np.concatenate([(codes < 4).astype(np.uint8), np.zeros(3 * width, np.uint8)])
    tallies = np.zeros(2 * (1 + CALLS) * width, np.uint32)
    code_of_base = np.zeros(256, np.uint8)
    code_of_base[list(b"ACGT")] = (2, 3, 4, 5)
    cdef const uint8_t[::1] code = code_of_base
    memset(&board, 0, sizeof(Board))
    if width == 0 or rows == 0:
        return np.zeros((STRATA, width), np.int32), discordant, *obs_columns(&board.found)
    lend(&board, reference, working, tallies, edges, discordant)
    board.width, board.origin, board.agreement, board.code = width, origin, agreement, &code[0]
    begin = find_events(event, len(events), len(reads))
    try:
        with nogil:
            while row < rows:
                molecule.number, molecule.first_strand = number[row], strand[row]
                molecule.fixed_kind, molecule.is_large = fixed_kind[number[row]], is_large[number[row]]
                molecule.left, molecule.right = left[number[row]], right[number[row]]
                mlo, mhi = width, 0
                while row < rows and number[row] == molecule.number:
                    side = molecule.first_strand if molecule.fixed_kind >= 0 else strand[row]
                    flo, fhi, mate = width, 0, row
                    while mate < rows and fragment[mate] == fragment[row]:
                        if mate + 2 * AHEAD < rows:  # families jump through the batch, and memory is slow to answer
                            __builtin_prefetch(read + order[mate + 2 * AHEAD])
                            __builtin_prefetch(begin + order[mate + 2 * AHEAD])
                            soon = event + begin[order[mate + AHEAD]]
                            __builtin_prefetch(soon)
                            __builtin_prefetch(soon + 3)
                            __builtin_prefetch(soon + 6)
                        one = order[mate]
                        lo, hi = max(read[one].start - origin, 0), min(read[one].end - origin, width)
                        if lo < hi:
                            call_read(&board, board.calls if fhi else board.seen, lo, hi, event + begin[one],
                                      event + begin[one + 1])
                            if fhi:
                                merge_mate(board.seen, board.calls, lo, hi)
                            flo, fhi = min(flo, lo), max(fhi, hi)
                        mate += 1
                    row = mate
                    if flo < fhi:
                        count_fragment(&board, side, flo, fhi)
                        mlo, mhi = min(mlo, flo), max(mhi, fhi)
                state_molecule(&board, &molecule, mlo, mhi)
        return np.cumsum(edges, axis=1, dtype=np.int32)[:, :width], discordant, *obs_columns(&board.found)
    finally:
        free(begin)
        free(board.found.rows)


cdef void lend(
    Board *board, const uint8_t[::1] reference, uint8_t[::1] working, uint32_t[::1] tallies, int32_t[:, ::1] edges,
    int32_t[::1] discordant,
):
    """Point the board at arrays that the caller owns."""
    cdef int width = reference.shape[0]
    board.reference = &reference[0]
    board.template, board.seen = &working[0], &working[width]
    board.calls, board.deviates = &working[2 * width], &working[3 * width]
    board.fragments[0], board.fragments[1] = &tallies[0], &tallies[width]
    board.votes[0], board.votes[1] = &tallies[2 * width], &tallies[(2 + CALLS) * width]
    board.edges, board.discordant = &edges[0, 0], &discordant[0]


cdef tuple obs_columns(ObservedList *found):
    cdef int64_t row
    cdef int part
    molecule_array, pos_array = np.empty(found.used, np.int32), np.empty(found.used, np.int32)
    base_array, stratum_array = np.empty(found.used, np.uint8), np.empty(found.used, np.uint8)
    votes_array = np.empty((found.used, 4), np.uint32)
    cdef int32_t[::1] molecule = molecule_array, pos = pos_array
    cdef uint8_t[::1] base = base_array, stratum = stratum_array
    cdef uint32_t[:, ::1] votes = votes_array
    for row in range(found.used):
        molecule[row], pos[row] = found.rows[row].molecule, found.rows[row].pos
        base[row], stratum[row] = found.rows[row].base, found.rows[row].stratum
        for part in range(4):
            votes[row, part] = found.rows[row].votes[part]
    return molecule_array, pos_array, base_array, stratum_array, votes_array
