"""What the scanner says of single reads, against values worked out by hand. Both scanners must say it."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from csfgeno.io.batch import (
    ABSENT,
    EVENT_CLIP_LEFT,
    EVENT_CLIP_RIGHT,
    EVENT_DELETION,
    EVENT_DTYPE,
    EVENT_INSERTION,
    EVENT_MASK,
    EVENT_SKIP,
    EVENT_SNV,
    READ_DTYPE,
    UMI_HAS_N,
    UMI_MISSING,
    UMI_PRESENT,
    UMI_UNUSABLE,
    ReadBatch,
)
from csfgeno.io.scan import AlignmentScanner, native_scanner
from csfgeno.testing import BamBuilder

REFERENCE = b"ACGTACGTAC" * 10
CONTIGS = {"chr7": len(REFERENCE)}
Add = Callable[[BamBuilder], None]
Event = tuple[int, int, int, int, int]


@pytest.fixture(params=[True, False], ids=["native", "twin"])
def native(request: pytest.FixtureRequest) -> bool:
    if request.param and native_scanner()[0] is None:
        pytest.skip(native_scanner()[1])
    return bool(request.param)


@pytest.fixture
def scan(tmp_path: Path, native: bool) -> Callable[..., ReadBatch]:
    def run(
        add: Add, start: int = 0, end: int = 100, window: bytes = REFERENCE, window_start: int = 0, min_mapq: int = 20,
        min_baseq: int = 20, want_names: bool = False,
    ) -> ReadBatch:  # fmt: skip
        builder = BamBuilder(CONTIGS)
        add(builder)
        path = builder.write(tmp_path / "x.bam")
        with AlignmentScanner(str(path), reference=None, native=native) as scanner:
            return scanner.scan(
                "chr7", start, end, reference_bases=window, reference_start=window_start, min_mapq=min_mapq,
                min_baseq=min_baseq, want_names=want_names,
            )  # fmt: skip

    return run


def one(cigar: str, seq: str, qual: int | Sequence[int] | None = 37, start: int = 10) -> Add:
    return lambda builder: builder.add_read("r", "chr7", start, cigar, seq, qual=qual)


def shape(batch: ReadBatch) -> list[Event]:
    rows: list[Event] = batch.events[["kind", "pos", "length", "query_pos", "qual"]].tolist()
    return rows


def test_a_read_that_matches_has_no_event(scan: Callable[..., ReadBatch]) -> None:
    batch = scan(one("10M", "ACGTACGTAC"))
    assert len(batch.events) == 0
    assert (batch.reads["start"][0], batch.reads["end"][0], batch.reads["mismatches"][0]) == (10, 20, 0)


def test_snv_has_base_position_and_quality(scan: Callable[..., ReadBatch]) -> None:
    batch = scan(one("10M", "ACGTTCGTAC", [37] * 4 + [25] + [37] * 5))
    assert shape(batch) == [(EVENT_SNV, 14, 1, 4, 25)]
    assert chr(batch.events["base"][0]) == "T"
    assert batch.events["seq_start"][0] == ABSENT
    assert batch.reads["mismatches"][0] == 1


def test_quality_at_the_limit_counts_and_below_is_masked(scan: Callable[..., ReadBatch]) -> None:
    batch = scan(one("10M", "TCGTTCGTAT", [20] + [37] * 3 + [19] + [37] * 4 + [19]))
    assert shape(batch) == [(EVENT_SNV, 10, 1, 0, 20), (EVENT_MASK, 14, 1, 4, 37), (EVENT_MASK, 19, 1, 9, 37)]


def test_masks_join_neighbours_and_an_snv_parts_them(scan: Callable[..., ReadBatch]) -> None:
    batch = scan(one("10M", "ACNNACTTAC", [37, 5, 37, 5, 5, 30, 37, 5, 5, 31]))
    assert shape(batch) == [(EVENT_MASK, 11, 4, 1, 30), (EVENT_SNV, 16, 1, 6, 37), (EVENT_MASK, 17, 2, 7, 31)]


def test_masks_join_across_equal_and_x_but_not_across_a_deletion(scan: Callable[..., ReadBatch]) -> None:
    low = [37, 37, 37, 5, 5, 5, 5, 37, 37, 37]
    assert shape(scan(one("4=1X5=", "ACGTTCGTAC", low))) == [(EVENT_MASK, 13, 4, 3, 37)]
    deleted = scan(one("4M2D6M", "ACGTGTACAC", low))
    assert shape(deleted) == [(EVENT_MASK, 13, 1, 3, 5), (EVENT_DELETION, 14, 2, 3, 5), (EVENT_MASK, 16, 3, 4, 5)]


def test_reference_n_gives_nothing_and_parts_a_mask(scan: Callable[..., ReadBatch]) -> None:
    window = REFERENCE[:12] + b"N" + REFERENCE[13:]
    assert shape(scan(one("10M", "ACTTACGTAC"), window=window)) == []
    low = [37, 5, 5, 5] + [37] * 6
    masks = [(EVENT_MASK, 11, 1, 1, 5), (EVENT_MASK, 13, 1, 3, 5)]
    assert shape(scan(one("10M", "ACGTACGTAC", low), window=window)) == masks


def test_insertion_keeps_its_bases_and_lowest_quality(scan: Callable[..., ReadBatch]) -> None:
    batch = scan(one("4M3I3M", "ACGTTTGACG", [37] * 5 + [21] + [37] * 4))
    assert shape(batch) == [(EVENT_INSERTION, 13, 3, 4, 21)]
    assert batch.event_bases(batch.events[0]) == "TTG"


def test_deletion_and_skip_name_the_base_before_and_the_lowest_flank(scan: Callable[..., ReadBatch]) -> None:
    quals = [37, 37, 37, 22, 33, 37, 37, 37]
    assert shape(scan(one("4M4D4M", "ACGTACAC", quals))) == [(EVENT_DELETION, 14, 4, 3, 22)]
    assert shape(scan(one("4M10N4M", "ACGTACGT", quals)))[0] == (EVENT_SKIP, 14, 10, 3, 22)


def test_clips_keep_bases_and_stretch_the_unclipped_span(scan: Callable[..., ReadBatch]) -> None:
    batch = scan(one("2H3S4M2S1H", "TTTACGTGG", [37] * 3 + [30, 37, 37, 31] + [37] * 2))
    assert shape(batch) == [(EVENT_CLIP_LEFT, 10, 3, 0, 30), (EVENT_CLIP_RIGHT, 14, 2, 7, 31)]
    assert [batch.event_bases(event) for event in batch.events] == ["TTT", "GG"]
    read = batch.reads[0]
    assert (read["start"], read["end"], read["unclipped_start"], read["unclipped_end"]) == (10, 14, 5, 17)


@pytest.mark.parametrize("cigar", ["0S4M", "4M0S", "2M0I2M", "2M0D2M", "0D4M", "2M0N2M", "0I4M", "0M4M"])
def test_an_operation_of_no_bases_is_none(scan: Callable[..., ReadBatch], cigar: str) -> None:
    batch = scan(one(cigar, "ACGT"))
    assert (len(batch.reads), len(batch.events)) == (1, 0)
    assert batch.reads[["start", "end"]].tolist() == [(10, 14)]


def test_indels_at_the_ends_of_a_read(scan: Callable[..., ReadBatch]) -> None:
    batch = scan(one("2I4M2D", "GGACGT"))
    assert shape(batch) == [(EVENT_INSERTION, 9, 2, 0, 37), (EVENT_DELETION, 14, 2, 5, 37)]
    assert shape(scan(one("3D4M", "ACGT", start=9)))[0] == (EVENT_DELETION, 9, 3, -1, 37)


def test_bases_outside_the_window_give_no_snv_and_no_mask(scan: Callable[..., ReadBatch]) -> None:
    add = one("5M1I5M", "TTTTTGTTTTN")
    batch = scan(add, window=REFERENCE[13:16], window_start=13)
    assert shape(batch) == [(EVENT_SNV, 14, 1, 4, 37), (EVENT_INSERTION, 14, 1, 5, 37), (EVENT_SNV, 15, 1, 6, 37)]
    assert shape(scan(add, window=b"", window_start=0)) == [(EVENT_INSERTION, 14, 1, 5, 37)]


def test_a_read_without_qualities_observes_nothing(scan: Callable[..., ReadBatch]) -> None:
    batch = scan(one("10M", "ACGTTCGTAC", None))
    assert shape(batch) == [(EVENT_MASK, 10, 10, 0, 0)]
    assert batch.reads["mean_qual"][0] == 0


def test_mean_quality_is_rounded_down(scan: Callable[..., ReadBatch]) -> None:
    assert scan(one("3M", "ACG", [30, 30, 32])).reads["mean_qual"][0] == 30


@pytest.mark.parametrize("flag", [0x4, 0x100, 0x200, 0x800])
def test_unwanted_reads_are_seen_and_dropped(scan: Callable[..., ReadBatch], flag: int) -> None:
    def add(builder: BamBuilder) -> None:
        builder.add_read("r", "chr7", 10, "4M", "ACGT", flag=flag)
        builder.add_read("r", "chr7", 10, "4M", "ACGT", flag=0x400)

    batch = scan(add)
    assert batch.seen == 2
    assert batch.reads["flag"].tolist() == [0x400]


def test_mapping_quality_at_the_limit_counts(scan: Callable[..., ReadBatch]) -> None:
    def add(builder: BamBuilder) -> None:
        builder.add_read("r", "chr7", 10, "4M", "ACGT", mapq=20)
        builder.add_read("r", "chr7", 10, "4M", "ACGT", mapq=19)

    assert scan(add).reads["mapq"].tolist() == [20]


def test_reads_without_sequence_or_aligned_base_are_dropped(scan: Callable[..., ReadBatch]) -> None:
    def add(builder: BamBuilder) -> None:
        builder.add_read("a", "chr7", 10, "4M", None)
        builder.add_read("b", "chr7", 10, None, "ACGT")
        builder.add_read("c", "chr7", 10, "4S", "ACGT")

    batch = scan(add)
    assert (len(batch.reads), batch.seen) == (0, 3)


def test_only_reads_of_the_region_half_open(scan: Callable[..., ReadBatch]) -> None:
    def add(builder: BamBuilder) -> None:
        for start in (9, 10, 13, 14):
            builder.add_read(f"r{start}", "chr7", start, "4M", "ACGT", mapq=60)

    batch = scan(add, 13, 14, want_names=True)
    assert batch.names == b"r10\nr13\n"


@pytest.mark.parametrize(("start", "end"), [(50, 50), (60, 50), (100, 200), (90, 100)])
def test_an_empty_region_gives_empty_arrays(scan: Callable[..., ReadBatch], start: int, end: int) -> None:
    batch = scan(one("4M", "ACGT"), start, end)
    assert (len(batch.reads), len(batch.events), len(batch.sequence), batch.seen) == (0, 0, 0, 0)
    assert (batch.reads.dtype, batch.events.dtype) == (READ_DTYPE, EVENT_DTYPE)


def test_a_region_is_clamped_to_the_contig(scan: Callable[..., ReadBatch]) -> None:
    assert len(scan(one("4M", "ACGT"), -50, 10_000).reads) == 1


def test_names_are_hashed_with_fnv_1a(scan: Callable[..., ReadBatch]) -> None:
    batch = scan(lambda builder: builder.add_read("foobar", "chr7", 10, "4M", "ACGT"), want_names=True)
    # 64-bit test vector of the authors, isthe.com/chongo/tech/comp/fnv
    assert int(batch.reads["name_hash"][0]) == 0x85944171F73967E8
    assert batch.names == b"foobar\n"


def test_mate_columns(scan: Callable[..., ReadBatch]) -> None:
    batch = scan(lambda b: b.add_pair("m", "chr7", 10, "2S4M", "TTACGT", 30, "1S4M3S2H", "TACGTTTT"))
    columns = ["flag", "mate_tid", "mate_start", "mate_unclipped_start", "mate_unclipped_end", "template_length"]
    assert batch.reads[columns].tolist() == [(99, 0, 30, 29, 39, 24), (147, 0, 10, 8, 14, -24)]
    assert batch.reads["name_hash"][0] == batch.reads["name_hash"][1]


def test_mate_columns_without_mc_and_without_mate(scan: Callable[..., ReadBatch]) -> None:
    def add(builder: BamBuilder) -> None:
        builder.add_read("a", "chr7", 10, "4M", "ACGT", flag=0x1, mate=("chr7", 50))
        builder.add_read("b", "chr7", 10, "4M", "ACGT", flag=0x9, mate=("chr7", 10), tags={"MC": "4M"})
        builder.add_read("c", "chr7", 10, "4M", "ACGT", flag=0x0, mate=("chr7", 50), tags={"MC": "4M"})
        for mc in ("*", "4", "4Q", "M", "4M5", "9999999999M", "4S", ""):
            builder.add_read("d", "chr7", 10, "4M", "ACGT", flag=0x1, mate=("chr7", 50), tags={"MC": mc})

    reads = scan(add).reads
    assert reads["mate_start"].tolist() == [50, -1, -1] + [50] * 8
    assert (reads["mate_unclipped_start"] == ABSENT).all()
    assert (reads["mate_unclipped_end"] == ABSENT).all()


@pytest.mark.parametrize(
    ("rx", "expected"),
    [
        ("ACGT-TTA", (UMI_PRESENT, 0b00011011, 0b111100, 4, 3)),
        ("ACGT_TTA", (UMI_PRESENT, 0b00011011, 0b111100, 4, 3)),
        ("acgt+tta", (UMI_PRESENT, 0b00011011, 0b111100, 4, 3)),
        ("TTTT", (UMI_PRESENT, 0xFF, 0, 4, 0)),
        ("T" * 32 + "-A", (UMI_PRESENT, 2**64 - 1, 0, 32, 1)),
        ("T" * 33, (UMI_UNUSABLE, 0, 0, 0, 0)),
        ("A-" + "T" * 33, (UMI_UNUSABLE, 0, 0, 0, 0)),
        ("TNT-A", (UMI_HAS_N, 0b110011, 0, 3, 1)),
        ("TN" + "T" * 32, (UMI_UNUSABLE, 0, 0, 0, 0)),
        ("AC-GT-A", (UMI_UNUSABLE, 0, 0, 0, 0)),
        ("AXC", (UMI_UNUSABLE, 0, 0, 0, 0)),
        ("-", (UMI_MISSING, 0, 0, 0, 0)),
        ("", (UMI_MISSING, 0, 0, 0, 0)),
        (None, (UMI_MISSING, 0, 0, 0, 0)),
    ],
)
def test_umi(scan: Callable[..., ReadBatch], rx: str | None, expected: tuple[int, ...]) -> None:
    tags = {} if rx is None else {"RX": rx}
    batch = scan(lambda builder: builder.add_read("r", "chr7", 10, "4M", "ACGT", tags=tags))
    columns = ["umi_state", "umi_1", "umi_2", "umi_1_length", "umi_2_length"]
    assert batch.reads[columns].tolist() == [expected]


@pytest.mark.parametrize(("rx", "places"), [("TNT-A", 0b100), ("NAA-CAN", 0b010010), ("TTN", 0b1), ("ACG-TT", 0)])
def test_places_of_n(scan: Callable[..., ReadBatch], rx: str, places: int) -> None:
    batch = scan(lambda builder: builder.add_read("r", "chr7", 10, "4M", "ACGT", tags={"RX": rx}))
    assert batch.reads["umi_n"].tolist() == [places]


def test_molecule_identifier_loses_its_strand(scan: Callable[..., ReadBatch]) -> None:
    def add(builder: BamBuilder) -> None:
        for mi in ("foobar/A", "foobar/B", "foobar", "foobar/C", "/A"):
            builder.add_read("r", "chr7", 10, "4M", "ACGT", tags={"MI": mi})
        builder.add_read("r", "chr7", 10, "4M", "ACGT")

    reads = scan(add).reads
    assert reads["mi_strand"].tolist() == [1, 2, 0, 0, 1, 0]
    assert [int(mi) for mi in reads["mi"][:3]] == [0x85944171F73967E8] * 3
    assert reads["mi"][3] not in (0, reads["mi"][0])
    assert reads["mi"][4:].tolist() == [0, 0]


def test_consensus_tags(scan: Callable[..., ReadBatch]) -> None:
    tags = {"aD": 5, "bD": 300, "cD": 70_000, "cM": 0, "cE": 0.25}

    def add(builder: BamBuilder) -> None:
        builder.add_read("r", "chr7", 10, "4M", "ACGT", tags=tags)
        builder.add_read("r", "chr7", 10, "4M", "ACGT", tags={"aD": 2**32 - 1, "bD": "5", "cE": 1})

    reads = scan(add).reads
    depths = ["depth_a", "depth_b", "depth_consensus", "depth_min"]
    assert reads[depths].tolist() == [(5, 300, 70_000, 0), (2**31 - 1, -1, -1, -1)]
    assert reads["consensus_error"][0] == 0.25
    assert np.isnan(reads["consensus_error"][1])


@pytest.mark.parametrize(
    ("flag", "tags", "expected"),
    [
        (0x43 | 0x20, {"FR": 5}, (5, 0)),
        (0x83 | 0x10, {"FR": 5}, (5, 0)),
        (0x43 | 0x10, {"FR": 5}, (0, 5)),
        (0x83 | 0x20, {"FR": 5, "RR": 2}, (2, 5)),
        (0x43, {"FR": 0, "RR": 2}, (256, 2)),
        (0x43, {"RR": 2}, (-1, -1)),
        (0x43, {"FR": 300}, (-1, -1)),
        (0x43, {"FR": 5, "aD": 9}, (9, -1)),
        (0x43, {"FR": 5, "cD": 9}, (-1, -1)),
    ],
)
def test_gencore_counts_lie_on_the_strand_of_the_read(
    scan: Callable[..., ReadBatch], flag: int, tags: dict[str, int], expected: tuple[int, int]
) -> None:
    """gencore keeps the low byte of a count; a tag of another type is not gencore's."""
    batch = scan(lambda builder: builder.add_read("r", "chr7", 10, "4M", "ACGT", flag=flag, tags=tags))
    assert batch.reads[["depth_a", "depth_b"]].tolist() == [expected]


def test_a_supplementary_alignment_without_bases_is_still_a_link(scan: Callable[..., ReadBatch]) -> None:
    """Aligners may write `*` for SEQ and QUAL of all but the primary alignment."""
    tags = {"SA": "chr7,41,+,4M6S,60,0;"}
    batch = scan(lambda builder: builder.add_read("r", "chr7", 10, "4S6M", None, flag=0x800, tags=tags))
    assert len(batch.reads) == 0
    assert batch.far_reads["start"].tolist() == [40]
    assert batch.far_reads["mean_qual"].tolist() == [0]


MARIANAS = "Marianas:ACG+TTT:7:11:3:4:7:40:5:6"


@pytest.mark.parametrize(
    ("name", "flag", "tags", "expected"),
    [
        (MARIANAS, 0x43, {}, (3, 4, 0b000110, UMI_PRESENT)),
        (MARIANAS, 0x83, {}, (5, 6, 0b000110, UMI_PRESENT)),
        (MARIANAS, 0x43, {"aD": 9}, (9, -1, 0b000110, UMI_PRESENT)),
        (MARIANAS, 0x43, {"RX": "TTT-A"}, (3, 4, 0b111111, UMI_PRESENT)),
        (MARIANAS + ":x", 0x43, {}, (-1, -1, 0, UMI_MISSING)),
        ("Marianas:ACG+TTT:7:11:3:4", 0x43, {}, (-1, -1, 0, UMI_MISSING)),
        ("Marianas:ACG+TTT:7:11:x::7:40:5:6", 0x43, {}, (-1, -1, 0b000110, UMI_PRESENT)),
        ("x" + MARIANAS, 0x43, {}, (-1, -1, 0, UMI_MISSING)),
    ],
)
def test_marianas_names(
    scan: Callable[..., ReadBatch], name: str, flag: int, tags: dict[str, str | int], expected: tuple[int, ...]
) -> None:
    batch = scan(lambda builder: builder.add_read(name, "chr7", 10, "4M", "ACGT", flag=flag, tags=tags))
    assert batch.reads[["depth_a", "depth_b", "umi_1", "umi_state"]].tolist() == [expected]


def test_mismatches_are_capped(tmp_path: Path, native: bool) -> None:
    length = 70_000
    builder = BamBuilder({"chr7": length})
    builder.add_read("long", "chr7", 0, f"{length}M", "A" * length)
    path = builder.write(tmp_path / "long.bam")
    with AlignmentScanner(str(path), reference=None, native=native) as scanner:
        batch = scanner.scan(
            "chr7", 0, 1, reference_bases=b"C" * length, reference_start=0, min_mapq=0, min_baseq=0
        )  # fmt: skip
    assert (batch.reads["mismatches"][0], len(batch.events)) == (65_535, length)


def test_arrays_are_read_only(scan: Callable[..., ReadBatch]) -> None:
    batch = scan(one("4M", "ACTT"))
    assert not batch.reads.flags.writeable
    assert not batch.events.flags.writeable
