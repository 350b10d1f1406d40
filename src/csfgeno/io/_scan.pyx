# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Compiled alignment scanner: the reads of one region in, packed rows out. `_scan_twin` says the same in plain Python.

It links to nothing. `_scan_rows.pxi` declares the few htslib prototypes and the one struct layout that are needed; the
symbols come from the htslib inside the pysam wheel, which `csfgeno.io.scan` makes visible before importing this module.
`bam1_t` has had this layout since htslib 1.10. Reading runs without the GIL.
"""

import os
import sys

from cpython.buffer cimport PyBuffer_FillInfo
from libc.math cimport NAN
from libc.stdint cimport INT32_MAX, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport free, realloc
from libc.string cimport memchr, memcmp, memcpy, memset, strlen

include "_rows.pxi"
include "_scan_rows.pxi"


cdef char[256][2] PAIR  # ASCII of the two bases packed in one byte; what is not A, C, G or T is N
cdef uint8_t[256] UMI_CODE  # 0-3 a base, 4 N, 5 a separator, 6 anything else

cdef void fill_tables():
    cdef bytes letters = b"NACNGNNNTNNNNNNN"
    cdef int i
    for i in range(256):
        PAIR[i][0] = letters[i >> 4]
        PAIR[i][1] = letters[i & 15]
    memset(UMI_CODE, 6, 256)
    for code, text in enumerate((b"Aa", b"Cc", b"Gg", b"Tt", b"Nn", b"-_+")):
        for letter in text:
            UMI_CODE[<int> letter] = code

fill_tables()


cdef uint64_t fnv1a(const char *text, size_t length) noexcept nogil:
    cdef uint64_t value = 0xCBF29CE484222325ULL
    cdef size_t i
    for i in range(length):
        value = (value ^ <uint8_t> text[i]) * 0x100000001B3ULL
    return value


cdef bint reserve(Bytes *buffer, size_t more) noexcept nogil:
    """Make room for `more` bytes; false without memory."""
    if buffer.room - buffer.used >= more:
        return True
    cdef size_t room = 2 * buffer.room + more
    cdef char *data = <char *> realloc(buffer.data, room)
    if data == NULL:
        return False
    buffer.data, buffer.room = data, room
    return True


include "_scan_events.pxi"
include "_scan_tags.pxi"
include "_scan_links.pxi"


cdef Status decode(Scan *scan, const bam1_t *record, const uint8_t *packed, Read *read) noexcept nogil:
    """Unpack bases to ASCII; a read without qualities gets zeros."""
    cdef int32_t length = record.core.l_qseq, i
    cdef size_t lane = length + 16
    cdef const uint8_t *qual = packed + (length + 1) // 2
    cdef uint32_t total = 0
    if not reserve(&scan.work, 3 * lane):
        return NO_MEMORY
    cdef char *base = scan.work.data
    for i in range((length + 1) // 2):
        memcpy(base + 2 * i, PAIR[packed[i]], 2)
    if qual[0] == 0xFF:
        qual = <const uint8_t *> memset(base + lane, 0, length)
    for i in range(length):
        total += qual[i]
    read.base, read.qual, read.state = <const uint8_t *> base, qual, <uint8_t *> base + 2 * lane
    read.length = length
    read.row.mean_qual = <uint8_t> (total // <uint32_t> length)
    return DONE


cdef void set_core(ReadRow *row, const bam1_core_t *core, const Span *span) noexcept nogil:
    cdef bint has_mate = core.flag & FLAG_PAIRED and not core.flag & FLAG_MATE_UNMAPPED and core.mtid >= 0
    memset(row, 0, sizeof(ReadRow))
    row.flag, row.mapq = core.flag, core.qual
    row.start = <int32_t> core.pos
    row.end = <int32_t> (core.pos + span.on_reference)
    row.unclipped_start = <int32_t> (core.pos - span.clip_left)
    row.unclipped_end = <int32_t> (core.pos + span.on_reference + span.clip_right)
    row.mate_tid = core.mtid if has_mate else ABSENT
    row.mate_start = <int32_t> core.mpos if has_mate else ABSENT
    row.mate_unclipped_start = row.mate_unclipped_end = ABSENT
    row.template_length = <int32_t> core.isize
    row.depth_a = row.depth_b = row.depth_consensus = row.depth_min = ABSENT
    row.consensus_error = NAN


cdef bint reserve_for(Scan *scan, size_t name_length, size_t n_cigar, size_t bases) noexcept nogil:
    """Make room for the most that one read can give: an event for each base and each CIGAR operation."""
    return (
        reserve(&scan.reads, sizeof(ReadRow))
        and reserve(&scan.events, (bases + n_cigar) * sizeof(EventRow))
        and reserve(&scan.sequence, bases)
        and reserve(&scan.names, name_length + 1)
    )


cdef void add_name(Scan *scan, const char *name, size_t length) noexcept nogil:
    memcpy(scan.names.data + scan.names.used, name, length)
    scan.names.data[scan.names.used + length] = c"\n"
    scan.names.used += length + 1


cdef Status add_read(Scan *scan, const bam1_t *record) noexcept nogil:
    """Add one record, unless it has no aligned base."""
    cdef const bam1_core_t *core = &record.core
    cdef size_t name_length = core.l_qname - core.l_extranul - 1
    cdef const char *name = <const char *> record.data
    cdef const uint32_t *cigar = <const uint32_t *> (record.data + core.l_qname)
    cdef const uint8_t *packed = record.data + core.l_qname + 4 * <size_t> core.n_cigar
    cdef const uint8_t *tags = packed + (core.l_qseq + 1) // 2 + core.l_qseq
    cdef Span span = measure(cigar, core.n_cigar)
    cdef Read read
    cdef Noted noted
    if core.l_qseq == 0 or span.on_reference == 0:
        return DONE
    if span.on_query != core.l_qseq or tags > record.data + record.l_data:
        return UNREADABLE
    if not reserve_for(scan, name_length, core.n_cigar, core.l_qseq):
        return NO_MEMORY
    read.row = <ReadRow *> (scan.reads.data + scan.reads.used)
    set_core(read.row, core, &span)
    read.row.name_hash = fnv1a(name, name_length)
    cdef Status status = set_tags(read.row, tags, record.data + record.l_data, &noted)
    if status == DONE:
        status = decode(scan, record, packed, &read)
    if status != DONE:
        return status
    set_from_marianas_name(read.row, name, name_length)
    add_events(scan, &read, cigar, core.n_cigar)
    if scan.want_names:
        add_name(scan, name, name_length)
    scan.reads.used += sizeof(ReadRow)
    scan.rows += 1
    return DONE if noted.sa.data == NULL else add_links(scan, core, &span, noted.sa)


cdef Status scan_records(Scan *scan, Place *place, bam1_t *record, int64_t stop) noexcept nogil:
    """Add the records that start before `stop`; the first one that does not is kept for the next call."""
    cdef Status status
    if place.iterator == NULL:
        return DONE
    cdef int got = 0 if place.is_pending else hts_itr_next(place.bgzf, place.iterator, record, place.file)
    place.is_pending = False
    while got >= 0:
        if record.core.pos >= stop:
            place.is_pending = True
            return DONE
        scan.seen += 1
        if not record.core.flag & FLAG_UNWANTED and record.core.qual >= scan.min_mapq:
            status = add_far(scan, record) if record.core.flag & FLAG_SUPPLEMENTARY else add_read(scan, record)
            if status != DONE:
                return status
        got = hts_itr_next(place.bgzf, place.iterator, record, place.file)
    leave(place)
    return DONE if got == -1 else UNREADABLE


cdef void leave(Place *place) noexcept nogil:
    if place.iterator != NULL:
        hts_itr_destroy(place.iterator)
    place.iterator, place.is_pending = NULL, False


cdef Status take_over(Scan *scan, const Scan *carried) noexcept nogil:
    """Begin with the reads that were carried from the last call."""
    if not (
        copy_bytes(&scan.reads, &carried.reads)
        and copy_bytes(&scan.events, &carried.events)
        and copy_bytes(&scan.sequence, &carried.sequence)
        and copy_bytes(&scan.names, &carried.names)
    ):
        return NO_MEMORY
    scan.rows = carried.rows
    return DONE


cdef bint copy_bytes(Bytes *to, const Bytes *source) noexcept nogil:
    if not reserve(to, source.used):
        return False
    memcpy(to.data, source.data, source.used)
    to.used = source.used
    return True


cdef Status carry(Scan *next_scan, const Scan *scan, int64_t carry_from) noexcept nogil:
    """Copy the reads that end after `carry_from`, with all that is theirs, to where the next call goes on."""
    cdef const ReadRow *row = <const ReadRow *> scan.reads.data
    cdef const EventRow *event = <const EventRow *> scan.events.data
    cdef const EventRow *last_event = <const EventRow *> (scan.events.data + scan.events.used)
    cdef const char *name = scan.names.data
    cdef EventRow *moved
    cdef size_t name_length
    cdef int32_t number
    for number in range(scan.rows):
        name_length = strlen_to_newline(name) if scan.want_names else 0
        if row[number].end > carry_from:
            if not reserve(&next_scan.reads, sizeof(ReadRow)) or not reserve(&next_scan.names, name_length):
                return NO_MEMORY
            memcpy(next_scan.reads.data + next_scan.reads.used, row + number, sizeof(ReadRow))
            next_scan.reads.used += sizeof(ReadRow)
            memcpy(next_scan.names.data + next_scan.names.used, name, name_length)
            next_scan.names.used += name_length
        while event < last_event and event.read == number:
            if row[number].end > carry_from:
                if not reserve(&next_scan.events, sizeof(EventRow)) or not reserve(&next_scan.sequence, event.length):
                    return NO_MEMORY
                moved = <EventRow *> (next_scan.events.data + next_scan.events.used)
                moved[0] = event[0]
                moved.read = next_scan.rows
                if event.seq_start != ABSENT:
                    moved.seq_start = <int64_t> next_scan.sequence.used
                    memcpy(next_scan.sequence.data + moved.seq_start, scan.sequence.data + event.seq_start, event.length)
                    next_scan.sequence.used += event.length
                next_scan.events.used += sizeof(EventRow)
            event += 1
        next_scan.rows += row[number].end > carry_from
        name += name_length
    return DONE


cdef size_t strlen_to_newline(const char *name) noexcept nogil:
    cdef size_t length = 0
    while name[length] != c"\n":
        length += 1
    return length + 1


cdef void empty(Scan *scan) noexcept nogil:
    """Forget the reads and keep the room they took."""
    scan.reads.used = scan.events.used = scan.sequence.used = scan.names.used = 0
    scan.rows = 0


cdef void forget(Scan *scan) noexcept nogil:
    free(scan.reads.data)
    free(scan.events.data)
    free(scan.sequence.data)
    free(scan.names.data)
    free(scan.links.data)
    free(scan.far_reads.data)
    free(scan.far_links.data)
    memset(scan, 0, sizeof(Scan))


cdef class Shelf:
    """Room that is not in use, for each kind of column."""

    cdef Bytes[4] spare

    cdef Bytes pick(self, int kind):
        cdef Bytes room = self.spare[kind]
        memset(&self.spare[kind], 0, sizeof(Bytes))
        return room

    def __dealloc__(self):
        cdef int kind
        for kind in range(4):
            free(self.spare[kind].data)


cdef class Column:
    """Owns the bytes of one array and lends them, read-only, through the buffer protocol.

    The room goes back to the scanner, whose next column of this kind needs about as much.
    """

    cdef Bytes content
    cdef Shelf shelf
    cdef int kind

    def __dealloc__(self):
        if self.shelf is not None and self.shelf.spare[self.kind].data == NULL:
            self.content.used = 0
            self.shelf.spare[self.kind] = self.content
        else:
            free(self.content.data)

    def __getbuffer__(self, Py_buffer *view, int flags):
        PyBuffer_FillInfo(view, self, self.content.data, self.content.used, True, flags)


cdef Column own(Bytes *buffer, Shelf shelf, int kind):
    """Hand the bytes over."""
    cdef Column column = Column()
    column.content, column.shelf, column.kind = buffer[0], shelf, kind
    memset(buffer, 0, sizeof(Bytes))
    return column


cdef class NativeScan:
    """One open BAM or CRAM; see `csfgeno.io._scan_twin.TwinScan` for the meaning of everything."""

    cdef htsFile *file
    cdef sam_hdr_t *header
    cdef hts_idx_t *index
    cdef bam1_t *record
    cdef Place place
    cdef Scan carried
    cdef Shelf shelf

    def __cinit__(self, path, reference):
        self.shelf = Shelf()
        name = os.fsencode(path)
        self.file = hts_open(name, b"r")
        if self.file == NULL:
            raise OSError("it cannot be opened")
        if reference is not None and hts_set_fai_filename(self.file, os.fsencode(reference)) != 0:
            raise OSError("the reference FASTA cannot be read")
        self.header = sam_hdr_read(self.file)
        if self.header == NULL:
            raise OSError("it has no readable header")
        if hts_check_EOF(self.file) == 0:
            raise OSError("it has no end-of-file marker, so it is truncated")
        hts_set_opt(self.file, CRAM_OPT_DECODE_MD, <int> 0)
        self.index = sam_index_load(self.file, name)
        if self.index == NULL:
            raise OSError("its index cannot be read")
        self.record = bam_init1()
        if self.record == NULL:
            raise MemoryError

    def __dealloc__(self):
        self.close()

    def close(self):
        leave(&self.place)
        forget(&self.carried)
        if self.index != NULL:
            hts_idx_destroy(self.index)
        if self.header != NULL:
            sam_hdr_destroy(self.header)
        if self.file != NULL:
            hts_close(self.file)
        if self.record != NULL:
            bam_destroy1(self.record)
        self.index, self.header, self.file, self.record = NULL, NULL, NULL, NULL

    def contigs(self):
        return {
            sam_hdr_tid2name(self.header, tid).decode(): sam_hdr_tid2len(self.header, tid)
            for tid in range(sam_hdr_nref(self.header))
        }

    def open(self, int tid, int64_t start, int64_t end):
        if self.file == NULL:
            raise ValueError("the scanner is closed")
        leave(&self.place)
        empty(&self.carried)
        self.place.file, self.place.bgzf = self.file, hts_get_bgzfp(self.file)
        self.place.iterator = sam_itr_queryi(self.index, tid, start, end)
        if self.place.iterator == NULL:
            raise OSError("its index cannot be used")

    def take(self, int64_t stop, int64_t carry_from, const uint8_t[::1] reference, int64_t reference_start, int min_mapq,
             int min_baseq, bint want_names):
        if self.file == NULL:
            raise ValueError("the scanner is closed")
        cdef Scan scan
        cdef Status status
        memset(&scan, 0, sizeof(Scan))
        scan.reads, scan.events = self.shelf.pick(READS), self.shelf.pick(EVENTS)
        scan.sequence, scan.names = self.shelf.pick(SEQUENCE), self.shelf.pick(NAMES)
        scan.reference = &reference[0] if reference.shape[0] else NULL
        scan.reference_start, scan.reference_end = reference_start, reference_start + reference.shape[0]
        scan.min_mapq, scan.min_baseq, scan.want_names = min_mapq, min_baseq, want_names
        scan.header = self.header
        with nogil:
            status = take_over(&scan, &self.carried)
            if status == DONE:
                status = scan_records(&scan, &self.place, self.record, stop)
            empty(&self.carried)
            if status == DONE:
                status = carry(&self.carried, &scan, carry_from)
        free(scan.work.data)
        columns = (
            own(&scan.reads, self.shelf, READS),
            own(&scan.events, self.shelf, EVENTS),
            own(&scan.sequence, self.shelf, SEQUENCE),
            own(&scan.names, self.shelf, NAMES),
            own(&scan.links, None, 0),  # few, so their room is not kept
            own(&scan.far_reads, None, 0),
            own(&scan.far_links, None, 0),
        )
        if status == NO_MEMORY:
            raise MemoryError
        if status == UNREADABLE:
            raise OSError("a record cannot be read")
        return *map(memoryview, columns), scan.seen


def row_sizes():
    """Return the bytes of a row of reads, of events and of links, to be compared with the numpy dtypes."""
    return sizeof(ReadRow), sizeof(EventRow), sizeof(LinkRow)


def check_htslib(version):
    """Raise ImportError if this htslib may lay out its records differently, or bytes are in another order."""
    if sys.byteorder != "little":
        raise ImportError("the compiled scanner needs a little-endian machine")
    major, minor = (int(part) for part in version.split("-")[0].split(".")[:2])
    if major != 1 or minor < 10:
        raise ImportError(f"pysam brings htslib {version}; the compiled scanner needs 1.10 or a later 1.x")

check_htslib(hts_version().decode())
