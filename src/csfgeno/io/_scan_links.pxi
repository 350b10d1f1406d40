# SA tags to links: the other places that a read aligns to.

cdef bint measure_text(Span *span, Text cigar) noexcept nogil:
    """Return whether `cigar` is a CIGAR as text that covers some of the reference, and its extent in `span`."""
    cdef bint inside = False
    cdef const char *op
    cdef size_t i, digits = 0
    cdef int32_t count
    span[0] = Span(0, 0, 0, 0)
    for i in range(cigar.length):
        if c"0" <= cigar.data[i] <= c"9":
            digits += 1
            continue
        op = <const char *> memchr(b"MIDNSHP=X", cigar.data[i], 9)
        count = parse_count(cigar.data + i - digits, digits)
        if op == NULL or count == ABSENT:
            return False
        add_to_span(span, <uint32_t> (op - <const char *> b"MIDNSHP=X"), count, &inside)
        digits = 0
    return digits == 0 and span.on_reference > 0


cdef bint next_entry(Text *sa, Text *field) noexcept nogil:
    """Take the next `rname,pos,strand,CIGAR,mapQ,NM;` off `sa`; false at the end or at what is no entry."""
    cdef const char *end = <const char *> memchr(sa.data, c";", sa.length)
    cdef const char *at = sa.data
    cdef const char *comma
    cdef int i
    if end == NULL:
        return False
    for i in range(SA_FIELDS):
        comma = <const char *> memchr(at, c",", end - at)
        if (comma == NULL) != (i == SA_FIELDS - 1):
            return False
        field[i].data = at
        field[i].length = (end if comma == NULL else comma) - at
        at = field[i].data + field[i].length + 1
    sa.length -= end + 1 - sa.data
    sa.data = end + 1
    return True


cdef int32_t tid_of(sam_hdr_t *header, Text name) noexcept nogil:
    """Return the number of a contig, ABSENT if the header has none of that name."""
    cdef char[LONGEST_CONTIG_NAME + 1] copied
    if name.length == 0 or name.length > LONGEST_CONTIG_NAME:
        return ABSENT
    memcpy(copied, name.data, name.length)
    copied[name.length] = 0
    return max(sam_hdr_name2tid(header, copied), ABSENT)


cdef bint set_there(LinkRow *link, sam_hdr_t *header, const Text *field) noexcept nogil:
    """Fill in the other place from the fields of an SA entry; false if they make no sense."""
    cdef Span span
    cdef int32_t tid = tid_of(header, field[0])
    cdef int32_t pos = parse_count(field[1].data, field[1].length)
    cdef int32_t mapq = parse_count(field[4].data, field[4].length)
    cdef bint is_reverse = field[2].data[0] == c"-"
    if tid == ABSENT or pos < 1 or field[2].length != 1 or not (is_reverse or field[2].data[0] == c"+"):
        return False
    if not 0 <= mapq <= 255 or not measure_text(&span, field[3]) or pos - 1 + span.on_reference > INT32_MAX:
        return False
    link.there_tid, link.there_mapq, link.there_reverse = tid, <uint8_t> mapq, is_reverse
    link.there_start, link.there_end = pos - 1, <int32_t> (pos - 1 + span.on_reference)
    link.there_clip_left, link.there_clip_right = <int32_t> span.clip_left, <int32_t> span.clip_right
    return True


cdef LinkRow here_of(const bam1_core_t *core, const Span *span, int32_t read) noexcept nogil:
    cdef LinkRow link
    memset(&link, 0, sizeof(LinkRow))
    link.read, link.here_mapq, link.here_reverse = read, core.qual, (core.flag & FLAG_REVERSE) != 0
    link.here_start, link.here_end = <int32_t> core.pos, <int32_t> (core.pos + span.on_reference)
    link.here_clip_left, link.here_clip_right = <int32_t> span.clip_left, <int32_t> span.clip_right
    return link


cdef bint add_link(Bytes *links, const LinkRow *link) noexcept nogil:
    if not reserve(links, sizeof(LinkRow)):
        return False
    memcpy(links.data + links.used, link, sizeof(LinkRow))
    links.used += sizeof(LinkRow)
    return True


cdef Status add_links(Scan *scan, const bam1_core_t *core, const Span *span, Text sa) noexcept nogil:
    """Add a link for each other place of the read that was just added."""
    cdef LinkRow link = here_of(core, span, scan.rows - 1)
    cdef Text[SA_FIELDS] field
    while next_entry(&sa, field):
        if set_there(&link, scan.header, field) and not add_link(&scan.links, &link):
            return NO_MEMORY
    return DONE


cdef Status add_far(Scan *scan, const bam1_t *record) noexcept nogil:
    """Add the read that a supplementary alignment is a part of, as its SA tag describes it, and the link between."""
    cdef const bam1_core_t *core = &record.core
    cdef const uint32_t *cigar = <const uint32_t *> (record.data + core.l_qname)
    cdef const uint8_t *tags = record.data + core.l_qname + 4 * <size_t> core.n_cigar + (core.l_qseq + 1) // 2 + core.l_qseq
    cdef Span span = measure(cigar, core.n_cigar)
    cdef ReadRow row
    cdef Noted noted
    cdef Text[SA_FIELDS] field
    cdef LinkRow link = here_of(core, &span, scan.far_rows)
    if span.on_reference == 0:
        return DONE
    if tags > record.data + record.l_data:
        return UNREADABLE
    set_core(&row, core, &span)
    row.name_hash = fnv1a(<const char *> record.data, core.l_qname - core.l_extranul - 1)
    if set_tags(&row, tags, record.data + record.l_data, &noted) != DONE:
        return UNREADABLE
    if noted.sa.data == NULL or not next_entry(&noted.sa, field) or not set_there(&link, scan.header, field):
        return DONE
    set_from_marianas_name(&row, <const char *> record.data, core.l_qname - core.l_extranul - 1)
    row.flag = <uint16_t> (core.flag & ~(FLAG_SUPPLEMENTARY | FLAG_REVERSE) | (FLAG_REVERSE if link.there_reverse else 0))
    row.mapq, row.template_length = link.there_mapq, 0
    row.start, row.end = link.there_start, link.there_end
    row.unclipped_start = link.there_start - link.there_clip_left
    row.unclipped_end = link.there_end + link.there_clip_right
    if not reserve(&scan.far_reads, sizeof(ReadRow)) or not add_link(&scan.far_links, &link):
        return NO_MEMORY
    memcpy(scan.far_reads.data + scan.far_reads.used, &row, sizeof(ReadRow))
    scan.far_reads.used += sizeof(ReadRow)
    scan.far_rows += 1
    return DONE
