# The rows of reads and events as every kernel sees them, and the numbers of csfgeno.io.batch.

from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint64_t

cdef packed struct ReadRow:  # READ_DTYPE
    uint64_t name_hash
    uint16_t flag
    uint8_t mapq
    uint8_t mean_qual
    int32_t start
    int32_t end
    int32_t unclipped_start
    int32_t unclipped_end
    int32_t mate_tid
    int32_t mate_start
    int32_t mate_unclipped_start
    int32_t mate_unclipped_end
    int32_t template_length
    uint16_t mismatches
    uint8_t umi_state
    uint64_t umi_1
    uint64_t umi_2
    uint64_t umi_n
    uint8_t umi_1_length
    uint8_t umi_2_length
    uint64_t mi
    uint8_t mi_strand
    int32_t depth_a
    int32_t depth_b
    int32_t depth_consensus
    int32_t depth_min
    float consensus_error

cdef packed struct EventRow:  # EVENT_DTYPE
    int32_t read
    uint8_t kind
    uint8_t base
    uint8_t qual
    int32_t pos
    int32_t length
    int32_t query_pos
    int64_t seq_start
