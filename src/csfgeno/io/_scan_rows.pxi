# What the compiled scanner takes from htslib, and what it works with.

cdef extern from *:
    """
    typedef struct htsFile htsFile;
    typedef struct sam_hdr_t sam_hdr_t;
    typedef struct hts_idx_t hts_idx_t;
    typedef struct hts_itr_t hts_itr_t;
    typedef struct BGZF BGZF;
    typedef struct {
        int64_t pos; int32_t tid; uint16_t bin; uint8_t qual; uint8_t l_extranul; uint16_t flag; uint16_t l_qname;
        uint32_t n_cigar; int32_t l_qseq; int32_t mtid; int64_t mpos; int64_t isize;
    } bam1_core_t;
    typedef struct {
        bam1_core_t core; uint64_t id; uint8_t *data; int l_data; uint32_t m_data; uint32_t mempolicy;
    } bam1_t;
    extern const char *hts_version(void);
    extern htsFile *hts_open(const char *path, const char *mode);
    extern int hts_close(htsFile *file);
    extern int hts_check_EOF(htsFile *file);
    extern BGZF *hts_get_bgzfp(htsFile *file);
    extern int hts_set_fai_filename(htsFile *file, const char *fasta);
    extern int hts_set_opt(htsFile *file, int option, ...);
    extern sam_hdr_t *sam_hdr_read(htsFile *file);
    extern void sam_hdr_destroy(sam_hdr_t *header);
    extern int sam_hdr_nref(const sam_hdr_t *header);
    extern const char *sam_hdr_tid2name(const sam_hdr_t *header, int tid);
    extern int sam_hdr_name2tid(sam_hdr_t *header, const char *name);
    extern int64_t sam_hdr_tid2len(const sam_hdr_t *header, int tid);
    extern hts_idx_t *sam_index_load(htsFile *file, const char *path);
    extern void hts_idx_destroy(hts_idx_t *index);
    extern hts_itr_t *sam_itr_queryi(const hts_idx_t *index, int tid, int64_t start, int64_t end);
    extern int hts_itr_next(BGZF *bgzf, hts_itr_t *iterator, void *record, void *file);
    extern void hts_itr_destroy(hts_itr_t *iterator);
    extern bam1_t *bam_init1(void);
    extern void bam_destroy1(bam1_t *record);
    """
    ctypedef struct htsFile
    ctypedef struct sam_hdr_t
    ctypedef struct hts_idx_t
    ctypedef struct hts_itr_t
    ctypedef struct BGZF
    ctypedef struct bam1_core_t:
        int64_t pos, mpos, isize
        int32_t tid, l_qseq, mtid
        uint32_t n_cigar
        uint16_t flag, l_qname
        uint8_t qual, l_extranul
    ctypedef struct bam1_t:
        bam1_core_t core
        uint8_t *data
        int l_data
    const char *hts_version()
    htsFile *hts_open(const char *path, const char *mode)
    int hts_close(htsFile *file)
    int hts_check_EOF(htsFile *file)
    BGZF *hts_get_bgzfp(htsFile *file)
    int hts_set_fai_filename(htsFile *file, const char *fasta)
    int hts_set_opt(htsFile *file, int option, ...)
    sam_hdr_t *sam_hdr_read(htsFile *file)
    void sam_hdr_destroy(sam_hdr_t *header)
    int sam_hdr_nref(const sam_hdr_t *header)
    const char *sam_hdr_tid2name(const sam_hdr_t *header, int tid)
    int sam_hdr_name2tid(sam_hdr_t *header, const char *name) nogil
    int64_t sam_hdr_tid2len(const sam_hdr_t *header, int tid)
    hts_idx_t *sam_index_load(htsFile *file, const char *path)
    void hts_idx_destroy(hts_idx_t *index)
    hts_itr_t *sam_itr_queryi(const hts_idx_t *index, int tid, int64_t start, int64_t end)
    int hts_itr_next(BGZF *bgzf, hts_itr_t *iterator, void *record, void *file) nogil
    void hts_itr_destroy(hts_itr_t *iterator) nogil
    bam1_t *bam_init1()
    void bam_destroy1(bam1_t *record)
    int __builtin_ctzll(uint64_t value) nogil

cdef enum:  # SAM flags, CIGAR operations, and the option that spares CRAM the making of MD and NM
    FLAG_PAIRED = 0x1
    FLAG_MATE_UNMAPPED = 0x8
    FLAG_REVERSE = 0x10
    FLAG_READ2 = 0x80
    FLAG_SUPPLEMENTARY = 0x800
    FLAG_UNWANTED = 0x4 | 0x100 | 0x200
    OP_M = 0
    OP_I = 1
    OP_D = 2
    OP_N = 3
    OP_S = 4
    OP_H = 5
    OP_EQUAL = 7
    OP_X = 8
    ON_QUERY = 1 << OP_M | 1 << OP_I | 1 << OP_S | 1 << OP_EQUAL | 1 << OP_X
    ON_REFERENCE = 1 << OP_M | 1 << OP_D | 1 << OP_N | 1 << OP_EQUAL | 1 << OP_X
    ALIGNED = 1 << OP_M | 1 << OP_EQUAL | 1 << OP_X
    CLIPPED = 1 << OP_S | 1 << OP_H
    CRAM_OPT_DECODE_MD = 0

cdef enum:  # as in csfgeno.io.batch
    ABSENT = -1
    EVENT_SNV = 1
    EVENT_INSERTION = 2
    EVENT_DELETION = 3
    EVENT_CLIP_LEFT = 4
    EVENT_CLIP_RIGHT = 5
    EVENT_MASK = 6
    EVENT_SKIP = 7
    UMI_MISSING = 0
    UMI_PRESENT = 1
    UMI_HAS_N = 2
    UMI_UNUSABLE = 3
    UMI_MAX_BASES = 32

cdef enum:
    SA_FIELDS = 6  # rname, pos, strand, CIGAR, mapQ, NM
    LONGEST_CONTIG_NAME = 255

cdef enum Status:
    DONE = 0
    NO_MEMORY = 1
    UNREADABLE = 2

cdef packed struct LinkRow:  # LINK_DTYPE
    int32_t read
    uint8_t here_mapq
    uint8_t here_reverse
    int32_t here_start
    int32_t here_end
    int32_t here_clip_left
    int32_t here_clip_right
    int32_t there_tid
    uint8_t there_mapq
    uint8_t there_reverse
    int32_t there_start
    int32_t there_end
    int32_t there_clip_left
    int32_t there_clip_right

cdef struct Bytes:
    char *data
    size_t used
    size_t room

cdef struct Text:
    const char *data
    size_t length

cdef struct Noted:  # what tags say that is no column: SA, and the reads that gencore counted on the own and other strand
    Text sa
    int32_t own_reads
    int32_t other_reads

cdef enum:  # kinds of column
    READS = 0
    EVENTS = 1
    SEQUENCE = 2
    NAMES = 3

cdef struct Span:  # extent of a CIGAR
    int64_t on_query
    int64_t on_reference
    int64_t clip_left
    int64_t clip_right

cdef struct Scan:  # what one call of `scan` asks for and has found so far
    const uint8_t *reference
    int64_t reference_start
    int64_t reference_end
    int min_mapq
    int min_baseq
    bint want_names
    sam_hdr_t *header
    Bytes reads
    Bytes events
    Bytes sequence
    Bytes names
    Bytes links
    Bytes far_reads
    Bytes far_links
    Bytes work
    int64_t seen
    int32_t rows
    int32_t far_rows

cdef struct Place:  # where in the file the next record comes from; `is_pending` if it was read already
    htsFile *file
    BGZF *bgzf
    hts_itr_t *iterator
    bint is_pending

cdef struct Read:  # the read in hand, decoded
    const uint8_t *base
    const uint8_t *qual
    uint8_t *state
    int32_t length
    ReadRow *row
