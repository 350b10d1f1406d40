# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The comparison of reads with candidate haplotypes. Arrays in, arrays out; `_lay_twin` says the same in Python.

Every suspect is spelled out, laid on each of its rivals from its left and from its right end, and rewritten if one of
them explains it better than the reference.
"""

import numpy as np

from libc.stdint cimport int32_t, int64_t, uint8_t
from libc.stdlib cimport free, realloc
from libc.string cimport memcpy, memset

cdef enum:
    SNV = 1
    INSERTION = 2
    DELETION = 3
    CLIP_LEFT = 4
    CLIP_RIGHT = 5
    MASK = 6
    ABSENT = -1
    MASKED = 78  # N
    MAX_MISMATCHES = 4
    OWN_INDEL_COST = 2
    CLIP_REACH_BP = 20


cdef packed struct Event:  # EVENT_DTYPE of io.batch
    int32_t read
    uint8_t kind
    uint8_t base
    uint8_t qual
    int32_t pos
    int32_t length
    int32_t query_pos
    int64_t seq_start


cdef struct Text:  # bases on an axis of the genome; `origin` is where the first one lies
    const uint8_t *bases
    int64_t length
    int64_t origin


cdef struct Target:
    Text text
    int start
    int end
    int alt_length
    int low
    int high
    int support


cdef struct Read:
    uint8_t *bases
    int64_t room
    int length
    int start
    int end
    int clip_left
    int clip_right
    uint8_t mean_qual
    bint has_indel
    const Event *events
    int event_count


cdef struct Fit:
    int target
    int at
    int first
    int last
    int mismatches
    int gain


cdef struct Bytes:
    uint8_t *data
    int64_t used
    int64_t room


cdef int reserve(Bytes *store, int64_t more) except -1 nogil:
    cdef uint8_t *bigger
    if store.used + more > store.room:
        store.room = 2 * store.room + more + 4096
        bigger = <uint8_t *> realloc(store.data, store.room)
        if bigger == NULL:
            with gil:
                raise MemoryError()
        store.data = bigger
    return 0


cdef int append(Bytes *store, const void *data, int64_t length) except -1 nogil:
    reserve(store, length)
    memcpy(store.data + store.used, data, length)
    store.used += length
    return 0


# ---------------------------------------------------------------------------------------------- reading


cdef void stretch(Read *read, Text window, int64_t start, int64_t end) noexcept nogil:
    """Append `[start, end)` of the reference, with N outside the window."""
    cdef int64_t pos
    for pos in range(start - window.origin, end - window.origin):
        read.bases[read.length] = window.bases[pos] if 0 <= pos < window.length else MASKED
        read.length += 1


cdef int spell(Read *read, Text window, const uint8_t *sequence) except -1 nogil:
    """Write the bases of a read from the reference and its events."""
    cdef int64_t cursor = read.start, needed = read.end - read.start
    cdef uint8_t *bigger
    cdef const Event *event
    cdef int i
    for i in range(read.event_count):
        needed += read.events[i].length
    if needed > read.room:
        bigger = <uint8_t *> realloc(read.bases, 2 * needed)
        if bigger == NULL:
            with gil:
                raise MemoryError()
        read.bases, read.room = bigger, 2 * needed
    read.length = read.clip_left = read.clip_right = 0
    read.has_indel = False
    for i in range(read.event_count):
        event = &read.events[i]
        if event.kind == CLIP_LEFT and event.seq_start != ABSENT:
            read.clip_left = event.length
        elif event.kind == CLIP_RIGHT and event.seq_start != ABSENT:
            read.clip_right = event.length
            stretch(read, window, cursor, read.end)
            cursor = read.end
        elif event.kind == INSERTION:
            stretch(read, window, cursor, event.pos + 1)
            cursor = event.pos + 1
        elif event.kind == DELETION:
            stretch(read, window, cursor, event.pos)
            cursor = event.pos + event.length
        read.has_indel |= event.kind == INSERTION or event.kind == DELETION
        if event.seq_start != ABSENT:
            memcpy(read.bases + read.length, sequence + event.seq_start, event.length)
            read.length += event.length
    stretch(read, window, cursor, read.end)
    for i in range(read.event_count):
        event = &read.events[i]
        if event.kind == SNV:
            read.bases[event.query_pos] = event.base
        elif event.kind == MASK:
            memset(read.bases + event.query_pos, MASKED, event.length)
    return 0


# -------------------------------------------------------------------------------------------- comparing


cdef int differences(const uint8_t *bases, int64_t length, Text text, int64_t at) noexcept nogil:
    """Count the bases that differ from the text from place `at` on; what is masked or beyond it is no difference."""
    cdef int64_t shift = at - text.origin, i
    cdef int found = 0
    cdef uint8_t own, beside
    for i in range(max(-shift, 0), min(length, text.length - shift)):
        own, beside = bases[i], text.bases[shift + i]
        found += own != beside and own != MASKED and beside != MASKED
    return found


cdef int own_mismatches(Read *read, Text window, int first, int last) noexcept nogil:
    cdef int found = 0, i, left = max(read.clip_left - first, 0), right = read.length - read.clip_right
    for i in range(read.event_count):
        found += read.events[i].kind == SNV and first <= read.events[i].query_pos < last
    found += differences(read.bases + first, left, window, read.start - left)
    return found + differences(read.bases + right, max(last - right, 0), window, read.end)


cdef bint lay_on(Read *read, Text window, Target *target, Fit *fit) noexcept nogil:
    """Lay a read on a haplotype from its left end, or from its right end; tell whether it fits."""
    cdef int low = target.low - CLIP_REACH_BP, high = max(target.high, target.end) + CLIP_REACH_BP
    cdef int first = 0 if low <= read.start <= high else read.clip_left
    cdef int last = read.length - (0 if low <= read.end <= high else read.clip_right)
    cdef int left = read.start - read.clip_left, right = read.end + read.clip_right - read.length
    cdef int from_right = right + target.alt_length - (target.end - target.start)
    cdef const uint8_t *bases = read.bases + first
    cdef int one, other, plain
    one = differences(bases, last - first, target.text, left + first)
    fit.at, fit.mismatches = left, one
    if from_right != left:
        other = differences(bases, last - first, target.text, from_right + first)
        if other < one or (other == one and from_right < left):
            fit.at, fit.mismatches = from_right, other
    if fit.mismatches > MAX_MISMATCHES:
        return False
    if fit.mismatches > own_mismatches(read, window, first, last) + OWN_INDEL_COST * read.has_indel:
        return False
    plain = differences(bases, last - first, window, left + first)
    if right != left:
        plain = min(plain, differences(bases, last - first, window, right + first))
    fit.first, fit.last, fit.gain = first, last, plain - fit.mismatches
    return True


cdef bint shorten(Target *target, Fit *fit) noexcept nogil:
    """Leave out the shorter side of the change; tell whether anything is left."""
    cdef int inserted_end = target.start + target.alt_length
    cdef int left = target.start - (fit.at + fit.first), right = fit.at + fit.last - inserted_end
    if max(left, right) < 1:
        return False
    if left >= right:
        fit.last = min(fit.last, target.start - fit.at)
    else:
        fit.first = max(fit.first, inserted_end - fit.at)
    return True


# -------------------------------------------------------------------------------------------- rewriting


cdef struct Board:  # what is written
    Bytes events
    Bytes sequence
    int64_t offset


cdef int write(
    Board *board, int row, int kind, int pos, int length, int query_pos, int qual, int base, const uint8_t *bases
) except -1 nogil:
    cdef Event event
    event.read, event.kind, event.base, event.qual = row, kind, base, qual
    event.pos, event.length, event.query_pos, event.seq_start = pos, length, query_pos, ABSENT
    if bases != NULL:
        event.seq_start = board.offset + board.sequence.used
        append(&board.sequence, bases, length)
    append(&board.events, &event, sizeof(Event))
    return 0


cdef int known_qual(Read *read, int query_pos) noexcept nogil:
    cdef int i
    for i in range(read.event_count - 1, -1, -1):
        if read.events[i].query_pos == query_pos:
            return read.events[i].qual
    return read.mean_qual


cdef int place(Board *board, int row, Read *read, Target *target, Fit *fit, int32_t *span) except -1 nogil:
    """Write the events of a read on a haplotype, and its new span; what is outside `[first, last)` is clipped."""
    cdef int junction = target.start - fit.at, beyond = junction + target.alt_length
    cdef int net = target.alt_length - (target.end - target.start)
    cdef int64_t shift = fit.at - target.text.origin
    cdef int base, pos, kind, qual
    cdef uint8_t beside
    cdef bint is_clipped
    cdef bint has_insertion = fit.first < junction < fit.last and target.alt_length > 0
    cdef bint has_deletion = fit.first < junction < fit.last and target.end > target.start
    span[0] = target.end
    if fit.first < junction:
        span[0] = fit.at + fit.first
    elif fit.first >= beyond:
        span[0] = fit.at + fit.first - net
    span[1] = target.end
    if fit.last - 1 < junction:
        span[1] = fit.at + fit.last
    elif fit.last - 1 >= beyond:
        span[1] = fit.at + fit.last - net
    if fit.first > 0:
        write(board, row, CLIP_LEFT, span[0], fit.first, 0, read.mean_qual, 0, read.bases)
    for base in range(max(fit.first, -shift), min(<int64_t> fit.last, target.text.length - shift)):
        beside = target.text.bases[shift + base]
        if read.bases[base] == beside or beside == MASKED or junction <= base < beyond:
            continue
        pos = fit.at + base if base < junction else fit.at + base - net
        is_clipped = base < read.clip_left or base >= read.length - read.clip_right
        kind = MASK if is_clipped or read.bases[base] == MASKED else SNV
        if has_insertion and base >= junction:
            write_insertion(board, row, read, target, junction)
            has_insertion = False
        if has_deletion and (base > beyond or (base == beyond and kind == MASK)):
            write(board, row, DELETION, target.start, target.end - target.start, beyond - 1, read.mean_qual, 0, NULL)
            has_deletion = False
        qual = known_qual(read, base)
        write(board, row, kind, pos, 1, base, qual, read.bases[base] if kind == SNV else 0, NULL)
    if has_insertion:
        write_insertion(board, row, read, target, junction)
    if has_deletion:
        write(board, row, DELETION, target.start, target.end - target.start, beyond - 1, read.mean_qual, 0, NULL)
    if fit.last < read.length:
        write(
            board, row, CLIP_RIGHT, span[1], read.length - fit.last, fit.last, read.mean_qual, 0, read.bases + fit.last
        )
    return 0


cdef int write_insertion(Board *board, int row, Read *read, Target *target, int junction) except -1 nogil:
    cdef const uint8_t *alt = target.text.bases + target.start - target.text.origin
    write(board, row, INSERTION, target.start - 1, target.alt_length, junction, read.mean_qual, 0, alt)
    return 0


cdef int realign_one(
    Board *board, int row, Read *read, Text window, Target *targets, const int32_t[::1] rivals, int64_t low, int64_t high,
    int min_gain, int32_t *span,
) except -1 nogil:
    """Rewrite a read to the rival that explains it best; return whether it changed."""
    cdef Fit best, fit
    cdef Target *target
    cdef int64_t i
    cdef int end
    cdef bint found = False, crosses
    for i in range(low, high):
        fit.target = rivals[i]
        target = &targets[fit.target]
        if not lay_on(read, window, target, &fit):
            continue
        if found and fit.mismatches > best.mismatches:
            continue
        if not found or fit.mismatches < best.mismatches or target.support > targets[best.target].support:
            best, found = fit, True
    if not found or best.gain < 1:
        return 0
    target = &targets[best.target]
    end = best.at + best.last
    crosses = best.at + best.first <= target.low and end >= target.high
    if not (best.gain >= min_gain and crosses) and not shorten(target, &best):
        return 0
    place(board, row, read, target, &best, span)
    return 1


def lay(
    const uint8_t[::1] reference, int64_t origin, reads, bounds, events, const uint8_t[::1] sequence,
    suspects, const int32_t[::1] rivals, haplotypes, int min_gain,
):
    """Return the reads to be replaced; see `realign.Rewritten`.

    Parameters
    ----------
    reads
        Start, end and mean quality of every read.
    bounds
        Where the events of each read begin in `events`, a raw view of `EVENT_DTYPE`.
    suspects
        Reads to be compared, and where the rivals of each begin in `rivals`.
    haplotypes
        Their texts one after the other, where each begins, and `(start, end, alt length, low, high, support)` of each.
    """
    cdef const int32_t[::1] starts = reads[0], ends = reads[1]
    cdef const uint8_t[::1] quals = reads[2]
    cdef const int64_t[::1] event_bounds = bounds, rival_bounds = suspects[1]
    cdef const uint8_t[::1] raw = events.view(np.uint8) if len(events) else np.zeros(1, np.uint8)
    cdef const int32_t[::1] rows = suspects[0]
    cdef const uint8_t[::1] texts = haplotypes[0]
    cdef const int64_t[::1] text_bounds = haplotypes[1]
    cdef const int32_t[:, ::1] numbers = haplotypes[2]
    cdef const uint8_t *bases = &sequence[0] if len(sequence) else NULL
    cdef int64_t count = len(rows), moved = 0, i
    cdef int row
    cdef Text window = Text(&reference[0], len(reference), origin)
    cdef Bytes targets = Bytes(NULL, 0, 0)
    cdef Target target
    cdef Read read
    cdef Board board
    new = np.empty((count, 3), np.int32)
    cdef int32_t[:, ::1] changed = new
    memset(&read, 0, sizeof(Read))
    memset(&board, 0, sizeof(Board))
    board.offset = len(sequence)
    try:
        for i in range(len(numbers)):
            target.text = Text(&texts[text_bounds[i]], text_bounds[i + 1] - text_bounds[i], origin)
            target.start, target.end, target.alt_length = numbers[i, 0], numbers[i, 1], numbers[i, 2]
            target.low, target.high, target.support = numbers[i, 3], numbers[i, 4], numbers[i, 5]
            append(&targets, &target, sizeof(Target))
        with nogil:
            for i in range(count):
                row = rows[i]
                read.start, read.end, read.mean_qual = starts[row], ends[row], quals[row]
                read.events = (<const Event *> &raw[0]) + event_bounds[row]
                read.event_count = event_bounds[row + 1] - event_bounds[row]
                spell(&read, window, bases)
                if realign_one(
                    &board, row, &read, window, <Target *> targets.data, rivals, rival_bounds[i], rival_bounds[i + 1],
                    min_gain, &changed[moved, 1],
                ):
                    changed[moved, 0] = row
                    moved += 1
        return (
            new[:moved],
            (<uint8_t *> board.events.data)[: board.events.used] if board.events.used else b"",
            (<uint8_t *> board.sequence.data)[: board.sequence.used] if board.sequence.used else b"",
        )
    finally:
        free(read.bases)
        free(targets.data)
        free(board.events.data)
        free(board.sequence.data)
