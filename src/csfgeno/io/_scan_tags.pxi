# Tags and read names to columns.

cdef int32_t parse_count(const char *text, size_t length) noexcept nogil:
    """Return a decimal number of at most 9 digits, else ABSENT."""
    cdef int32_t value = 0
    cdef size_t i
    if length == 0 or length > 9:
        return ABSENT
    for i in range(length):
        if not c"0" <= text[i] <= c"9":
            return ABSENT
        value = 10 * value + (text[i] - c"0")
    return value


cdef void set_mate_span(ReadRow *row, const char *text, size_t length) noexcept nogil:
    """Fill in the unclipped span of the mate from MC, the CIGAR of the mate as text."""
    cdef Span span
    if not measure_text(&span, Text(text, length)):
        return
    if row.mate_start + span.on_reference + span.clip_right > INT32_MAX:
        return
    row.mate_unclipped_start = <int32_t> (row.mate_start - span.clip_left)
    row.mate_unclipped_end = <int32_t> (row.mate_start + span.on_reference + span.clip_right)


cdef void set_umi(ReadRow *row, const char *text, size_t length) noexcept nogil:
    """Pack a UMI; its halves are apart by `-`, `_` or `+`."""
    cdef uint64_t packed[2]
    cdef uint64_t unknown[2]
    cdef size_t size[2]
    cdef size_t i, half = 0
    cdef uint8_t code, state = UMI_PRESENT
    packed[0] = packed[1] = unknown[0] = unknown[1] = size[0] = size[1] = 0
    for i in range(length):
        code = UMI_CODE[<uint8_t> text[i]]
        if code == 5 and half == 0:
            half = 1
        elif code > 4 or size[half] == UMI_MAX_BASES:
            row.umi_state = UMI_UNUSABLE
            return
        else:
            state = UMI_HAS_N if code == 4 else state
            packed[half] = packed[half] << 2 | (code & 3)
            unknown[half] = unknown[half] << 2 | (code == 4)
            size[half] += 1
    if size[0] + size[1] == 0:
        return
    row.umi_state = state
    row.umi_1, row.umi_2, row.umi_n = packed[0], packed[1], unknown[0] | unknown[1] << 1
    row.umi_1_length, row.umi_2_length = <uint8_t> size[0], <uint8_t> size[1]


cdef void set_molecule(ReadRow *row, const char *text, size_t length) noexcept nogil:
    """Fill in MI without its strand."""
    if length >= 2 and text[length - 2] == c"/" and (text[length - 1] == c"A" or text[length - 1] == c"B"):
        row.mi_strand = 1 if text[length - 1] == c"A" else 2
        length -= 2
    row.mi = fnv1a(text, length) if length else 0


cdef void set_from_marianas_name(ReadRow *row, const char *name, size_t length) noexcept nogil:
    """Fill in what the tags did not say from `Marianas:UMI:contig:pos:plus:minus:contig:pos:plus:minus`."""
    cdef const char *field[11]
    cdef const char *end = name + length
    cdef const char *colon = name - 1
    cdef int n = 0, mine = 8 if row.flag & FLAG_READ2 else 4
    if length < 9 or memcmp(name, b"Marianas:", 9) != 0:
        return
    while colon != NULL:
        if n == 10:
            return
        field[n] = colon + 1
        n += 1
        colon = <const char *> memchr(colon + 1, c":", end - colon - 1)
    field[n] = end + 1
    if n < 10:
        return
    if row.umi_state == UMI_MISSING:
        set_umi(row, field[1], field[2] - field[1] - 1)
    if row.depth_a == ABSENT and row.depth_b == ABSENT:
        row.depth_a = parse_count(field[mine], field[mine + 1] - field[mine] - 1)
        row.depth_b = parse_count(field[mine + 1], field[mine + 2] - field[mine + 1] - 1)


cdef int scalar_size(char kind) noexcept nogil:
    """Return the bytes of one value of a tag type, 0 for an unknown type."""
    if kind == c"c" or kind == c"C" or kind == c"A":
        return 1
    if kind == c"s" or kind == c"S":
        return 2
    if kind == c"i" or kind == c"I" or kind == c"f":
        return 4
    return 8 if kind == c"d" else 0


cdef int64_t value_size(const uint8_t *value, const uint8_t *end, char kind) noexcept nogil:
    """Return the bytes of a tag's value, its NUL or array head included; ABSENT if it overruns the record."""
    cdef int64_t left = end - value, size = scalar_size(kind)
    cdef const uint8_t *nul
    cdef uint32_t count
    if kind == c"Z" or kind == c"H":
        nul = <const uint8_t *> memchr(value, 0, left)
        size = 0 if nul == NULL else nul - value + 1
    elif kind == c"B" and left >= 5:
        memcpy(&count, value + 1, 4)
        size = scalar_size(<char> value[0])
        size = 5 + size * count if size else 0
    return size if 0 < size <= left else ABSENT


cdef int32_t integer(const uint8_t *value, char kind) noexcept nogil:
    """Return the value of an integer tag, at most INT32_MAX; ABSENT for another type."""
    cdef uint16_t word = 0
    cdef uint32_t wide = 0
    if kind == c"c" or kind == c"C":
        return <int32_t> (<const signed char *> value)[0] if kind == c"c" else value[0]
    if kind == c"s" or kind == c"S":
        memcpy(&word, value, 2)
        return <int32_t> (<short> word) if kind == c"s" else word
    if kind == c"i" or kind == c"I":
        memcpy(&wide, value, 4)
        return <int32_t> wide if kind == c"i" else <int32_t> min(wide, <uint32_t> INT32_MAX)
    return ABSENT


cdef void set_tag(
    ReadRow *row, const uint8_t *tag, char kind, const uint8_t *value, size_t length, Noted *noted
) noexcept nogil:
    """Take one tag into the row, or note it, if it is one of those that are wanted."""
    cdef char first = <char> tag[0], second = <char> tag[1]
    if kind == c"Z":
        if first == c"R" and second == c"X":
            set_umi(row, <const char *> value, length)
        elif first == c"M" and second == c"I":
            set_molecule(row, <const char *> value, length)
        elif first == c"M" and second == c"C" and row.mate_tid != ABSENT:
            set_mate_span(row, <const char *> value, length)
        elif first == c"S" and second == c"A":
            noted.sa.data, noted.sa.length = <const char *> value, length
    elif second == c"R" and (first == c"F" or first == c"R") and kind == c"C":
        if first == c"F":
            noted.own_reads = value[0] if value[0] else 256
        else:
            noted.other_reads = value[0] if value[0] else 256
    elif second == c"D" and first == c"a":
        row.depth_a = integer(value, kind)
    elif second == c"D" and first == c"b":
        row.depth_b = integer(value, kind)
    elif second == c"D" and first == c"c":
        row.depth_consensus = integer(value, kind)
    elif second == c"M" and first == c"c":
        row.depth_min = integer(value, kind)
    elif second == c"E" and first == c"c" and kind == c"f":
        memcpy(&row.consensus_error, value, 4)


cdef void set_from_gencore(ReadRow *row, const Noted *noted) noexcept nogil:
    """Fill in the reads behind both strands from FR and RR, where no other tag told; the own strand is by orientation."""
    cdef bint is_a = ((row.flag & FLAG_READ2) != 0) == ((row.flag & FLAG_REVERSE) != 0)
    if noted.own_reads == ABSENT or row.depth_a != ABSENT or row.depth_b != ABSENT or row.depth_consensus != ABSENT:
        return
    row.depth_a, row.depth_b = noted.own_reads, max(noted.other_reads, 0)
    if not is_a:
        row.depth_a, row.depth_b = row.depth_b, row.depth_a


cdef Status set_tags(ReadRow *row, const uint8_t *tag, const uint8_t *end, Noted *noted) noexcept nogil:
    """Walk the tags once."""
    cdef int64_t size
    noted.sa = Text(NULL, 0)
    noted.own_reads = noted.other_reads = ABSENT
    while end - tag >= 4:
        size = value_size(tag + 3, end, <char> tag[2])
        if size < 0:
            return UNREADABLE
        set_tag(row, tag, <char> tag[2], tag + 3, size - 1, noted)
        tag += 3 + size
    set_from_gencore(row, noted)
    return DONE if tag == end else UNREADABLE
