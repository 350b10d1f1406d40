# CIGAR and bases to events.

cdef uint8_t lowest(const uint8_t *qual, int32_t start, int32_t end) noexcept nogil:
    cdef uint8_t value = 255
    cdef int32_t i
    for i in range(start, end):
        value = min(value, qual[i])
    return value


cdef uint8_t flanking(const Read *read, int32_t start, int32_t end) noexcept nogil:
    """Return the lowest quality of the bases beside [start, end), 0 if there are none."""
    cdef uint8_t left = read.qual[start - 1] if start > 0 else 255
    cdef uint8_t right = read.qual[end] if end < read.length else 255
    return min(left, right) if start > 0 or end < read.length else 0


cdef EventRow *add_event(
    Scan *scan, uint8_t kind, int64_t pos, int32_t length, int32_t query_pos, uint8_t qual
) noexcept nogil:
    cdef EventRow *event = <EventRow *> (scan.events.data + scan.events.used)
    scan.events.used += sizeof(EventRow)
    event.read, event.kind, event.base, event.qual = scan.rows, kind, 0, qual
    event.pos, event.length, event.query_pos, event.seq_start = <int32_t> pos, length, query_pos, ABSENT
    return event


cdef void add_bases(
    Scan *scan, const Read *read, uint8_t kind, int64_t pos, int32_t length, int32_t query_pos, uint8_t qual
) noexcept nogil:
    """Add an event that keeps its bases."""
    cdef EventRow *event = add_event(scan, kind, pos, length, query_pos, qual)
    event.seq_start = <int64_t> scan.sequence.used
    memcpy(scan.sequence.data + scan.sequence.used, read.base + query_pos, length)
    scan.sequence.used += length


cdef void add_snv(Scan *scan, const Read *read, int64_t pos, int32_t query_pos) noexcept nogil:
    add_event(scan, EVENT_SNV, pos, 1, query_pos, read.qual[query_pos]).base = read.base[query_pos]
    if read.row.mismatches < 0xFFFF:
        read.row.mismatches += 1


cdef void add_mask(
    Scan *scan, const Read *read, size_t first_event, int64_t pos, int32_t length, int32_t query_pos
) noexcept nogil:
    """Add a mask, or lengthen the last event if that is a mask which ends here (in 5=1X5= all are neighbours)."""
    cdef EventRow *last = <EventRow *> (scan.events.data + scan.events.used) - 1
    if (
        scan.events.used > first_event
        and last.kind == EVENT_MASK
        and last.pos + last.length == pos
        and last.query_pos + last.length == query_pos
    ):
        last.length += length
        last.qual = flanking(read, last.query_pos, last.query_pos + last.length)
    else:
        add_event(scan, EVENT_MASK, pos, length, query_pos, flanking(read, query_pos, query_pos + length))


cdef void classify(
    const uint8_t *base, const uint8_t *qual, const uint8_t *reference, uint8_t *state, int32_t length, uint8_t limit
) noexcept nogil:
    """Write 0 for a match or an unknown reference, 1 for another base, 2 for one not observed, without a branch."""
    cdef int32_t i
    cdef uint8_t hidden, differs, known
    for i in range(length):
        hidden = (qual[i] < limit) | (base[i] == c"N")
        differs = base[i] != reference[i]
        known = reference[i] != c"N"
        state[i] = (hidden + hidden | (differs & ~hidden)) * known


cdef void add_aligned(
    Scan *scan, const Read *read, size_t first_event, int64_t pos, int32_t query_pos, int32_t length
) noexcept nogil:
    """Add the SNVs and masks of one run of aligned bases, as far as the reference window reaches."""
    cdef int64_t outside = max(scan.reference_start - pos, 0)
    cdef int64_t inside = min(<int64_t> length, scan.reference_end - pos) - outside
    if inside <= 0:
        return
    pos += outside
    query_pos += <int32_t> outside
    cdef uint8_t *state = read.state
    cdef uint64_t eight
    cdef int32_t i = 0, run, n = <int32_t> inside
    classify(
        read.base + query_pos, read.qual + query_pos, scan.reference + (pos - scan.reference_start), state, n,
        <uint8_t> scan.min_baseq,
    )
    memset(state + n, 1, 8)  # a sentinel: eight states are looked at together
    while True:
        memcpy(&eight, state + i, 8)
        if eight == 0:
            i += 8
            continue
        i += __builtin_ctzll(eight) >> 3
        if i >= n:
            return
        if state[i] == 1:
            add_snv(scan, read, pos + i, query_pos + i)
            i += 1
        else:
            run = i
            while i < n and state[i] == 2:
                i += 1
            add_mask(scan, read, first_event, pos + run, i - run, query_pos + run)


cdef void add_events(Scan *scan, const Read *read, const uint32_t *cigar, uint32_t n_cigar) noexcept nogil:
    """Walk the CIGAR once; an operation of no bases, which BAM allows, is none."""
    cdef size_t first_event = scan.events.used
    cdef int64_t pos = read.row.start
    cdef int32_t at = 0, length
    cdef uint32_t i, op
    for i in range(n_cigar):
        op, length = cigar[i] & 15, <int32_t> (cigar[i] >> 4)
        if length == 0:
            continue
        if ALIGNED >> op & 1:
            add_aligned(scan, read, first_event, pos, at, length)
        elif op == OP_I:
            add_bases(scan, read, EVENT_INSERTION, pos - 1, length, at, lowest(read.qual, at, at + length))
        elif op == OP_D:
            add_event(scan, EVENT_DELETION, pos, length, at - 1, flanking(read, at, at))
        elif op == OP_N:
            add_event(scan, EVENT_SKIP, pos, length, at - 1, flanking(read, at, at))
        elif op == OP_S and pos == read.row.start:
            add_bases(scan, read, EVENT_CLIP_LEFT, pos, length, at, flanking(read, at, at + length))
        elif op == OP_S:
            add_bases(scan, read, EVENT_CLIP_RIGHT, read.row.end, length, at, flanking(read, at, at + length))
        pos += length if ON_REFERENCE >> op & 1 else 0
        at += length if ON_QUERY >> op & 1 else 0


cdef Span measure(const uint32_t *cigar, uint32_t n_cigar) noexcept nogil:
    cdef Span span = Span(0, 0, 0, 0)
    cdef bint inside = False
    cdef uint32_t i, op
    cdef int64_t length
    for i in range(n_cigar):
        op, length = cigar[i] & 15, cigar[i] >> 4
        add_to_span(&span, op, length, &inside)
    return span


cdef void add_to_span(Span *span, uint32_t op, int64_t length, bint *inside) noexcept nogil:
    """Count one operation; a clip before any other operation is a left clip, one after it a right clip."""
    span.on_query += length if ON_QUERY >> op & 1 else 0
    span.on_reference += length if ON_REFERENCE >> op & 1 else 0
    if not CLIPPED >> op & 1:
        inside[0] = True
    elif inside[0]:
        span.clip_right += length
    else:
        span.clip_left += length
