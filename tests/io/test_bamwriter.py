"""The BAM writer against pysam and samtools."""

import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pysam
import pytest

from csfgeno.io.bamwriter import AlignedRows, BamWriter, format_cigar

CONTIGS = {"chr1": 100_000, "chr2": 60_000_000}
CIGARS = (((0, 30),), ((4, 5), (0, 20), (1, 2), (0, 3)), ((0, 10), (2, 20_000), (0, 21)), ((0, 29),))
LENGTHS = (30, 30, 31, 29)
MATE_CONTIGS = ("chr2", "chr1")
SPLITS = ("chr1,7,+,30M,60,0;", "chr2,1000,-,20S10M,3,1;chr1,1,+,9M21S,0,0;")


def make_rows(size: int, seed: int, low: int, high: int) -> AlignedRows:
    rng = np.random.default_rng(seed)
    cigar = rng.integers(0, len(CIGARS), size)
    texts = [f"r{seed}{i:06d}".encode() for i in range(size)]
    return AlignedRows(
        name=np.frombuffer(b"".join(texts), np.uint8).reshape(size, -1),
        flag=rng.choice([99, 147, 163, 83], size),
        mapq=rng.integers(0, 61, size),
        start=rng.integers(low, high, size),
        mate_mapq=rng.integers(0, 61, size),
        mate_start=rng.integers(low, high, size),
        template_length=rng.integers(-500, 500, size),
        length=np.array(LENGTHS)[cigar],
        cigar=cigar,
        mate_cigar=rng.integers(0, len(CIGARS), size),
        mate_contig=rng.integers(-1, len(MATE_CONTIGS), size),
        elsewhere=rng.integers(-1, len(SPLITS), size),
        codes=rng.integers(0, 5, (size, 31), np.uint8),
        qualities=rng.integers(2, 42, (size, 31), np.uint8),
        umi=rng.choice(np.frombuffer(b"ACGT", np.uint8), (size, 6)),
        cigars=CIGARS,
        contigs=MATE_CONTIGS,
        splits=SPLITS,
    )


def expected(contig: str, rows: AlignedRows, row: int) -> tuple[object, ...]:
    length, other, split = int(rows.length[row]), int(rows.mate_contig[row]), int(rows.elsewhere[row])
    return (
        rows.name[row].tobytes().decode(),
        int(rows.flag[row]),
        int(rows.mapq[row]),
        int(rows.start[row]),
        format_cigar(rows.cigars[rows.cigar[row]]),
        contig if other < 0 else rows.contigs[other],
        int(rows.mate_start[row]),
        int(rows.template_length[row]),
        "".join("ACGTN"[code] for code in rows.codes[row, :length]),
        rows.qualities[row, :length].tolist(),
        [("MC", format_cigar(rows.cigars[rows.mate_cigar[row]])), ("MQ", int(rows.mate_mapq[row])), ("RG", "S1"),
         ("RX", rows.umi[row].tobytes().decode()), *([] if split < 0 else [("SA", rows.splits[split])])],
    )  # fmt: skip


def found(read: pysam.AlignedSegment) -> tuple[object, ...]:
    return (
        read.query_name, read.flag, read.mapping_quality, read.reference_start, read.cigarstring,
        read.next_reference_name, read.next_reference_start, read.template_length, read.query_sequence,
        list(read.query_qualities or ()), read.get_tags(),
    )  # fmt: skip


@pytest.fixture
def batches() -> list[tuple[str, AlignedRows, int]]:
    return [
        ("chr1", make_rows(300, 1, 1_000, 3_000), 2_000),
        ("chr1", make_rows(200, 2, 2_000, 9_000), 5_000),
        ("chr1", make_rows(100, 3, 5_000, 9_000), 5_500),
        ("chr2", make_rows(150, 4, 16_370, 16_400), 20_000),
        ("chr2", make_rows(50, 5, 50_000_000, 59_000_000), 60_000_000),
    ]


@pytest.fixture
def bam(batches: list[tuple[str, AlignedRows, int]], tmp_path: Path) -> Path:
    with BamWriter(tmp_path / "a.bam", CONTIGS, "S1") as writer:
        for contig, rows, settled in batches:
            writer.write(contig, rows, settled)
    return tmp_path / "a.bam"


def test_every_field_comes_back_in_order(bam: Path, batches: list[tuple[str, AlignedRows, int]]) -> None:
    subprocess.run(["samtools", "quickcheck", bam], check=True)
    with pysam.AlignmentFile(str(bam)) as alignments:
        reads = [(read.reference_name, found(read)) for read in alignments]
        header = alignments.header.to_dict()
    given = [(contig, expected(contig, rows, i)) for contig, rows, _ in batches for i in range(len(rows))]
    places = [(contig, fields[3]) for contig, fields in reads]
    assert places == sorted(places)
    assert sorted(reads, key=str) == sorted(given, key=str)
    assert header["RG"] == [{"ID": "S1", "SM": "S1", "LB": "S1", "PL": "ILLUMINA"}]
    assert header["HD"]["SO"] == "coordinate"


def test_held_reads_come_at_the_turn_of_their_contig(tmp_path: Path) -> None:
    held = {name: make_rows(20, seed, 100, 4_000) for seed, name in enumerate(("d", "b", "a"), 20)}
    with BamWriter(tmp_path / "a.bam", dict.fromkeys("abcd", 100_000) | CONTIGS, "S1") as writer:
        for name, rows in held.items():
            writer.hold(name, rows)
        writer.hold("b", make_rows(20, 30, 100, 4_000))
        writer.write("b", make_rows(10, 31, 1_000, 2_000), 900)
        writer.write("c", make_rows(10, 32, 1_000, 2_000), 900)
    with pysam.AlignmentFile(str(tmp_path / "a.bam")) as alignments:
        places = [(read.reference_name, read.reference_start) for read in alignments]
        assert [alignments.count(name) for name in "abcd"] == [20, 50, 10, 20]
    assert places == sorted(places)


def test_bins_are_those_of_htslib(bam: Path, tmp_path: Path) -> None:
    """Written again by htslib, which computes the bin of each record itself, the bytes are the same."""
    with pysam.AlignmentFile(str(bam)) as alignments:
        own = [(read.query_name, read.bin) for read in alignments]
    text = subprocess.run(["samtools", "view", "-h", "--no-PG", bam], check=True, capture_output=True).stdout
    (tmp_path / "b.sam").write_bytes(text)
    with pysam.AlignmentFile(str(tmp_path / "b.sam")) as alignments:
        assert own == [(read.query_name, read.bin) for read in alignments]


def test_the_index_finds_every_read(bam: Path, batches: list[tuple[str, AlignedRows, int]]) -> None:
    with pysam.AlignmentFile(str(bam)) as alignments:
        assert alignments.count("chr1") == 600
        assert alignments.count("chr2", 49_999_999) == 50
        assert alignments.count("chr2", 16_000, 17_000) == 150


def test_reads_without_umi_have_no_rx(tmp_path: Path) -> None:
    rows = make_rows(3, 7, 10, 20)
    with BamWriter(tmp_path / "a.bam", CONTIGS, "S1") as writer:
        writer.write("chr1", replace(rows, umi=rows.umi[:, :0]), 30)
    with pysam.AlignmentFile(str(tmp_path / "a.bam")) as alignments:
        assert [read.has_tag("RX") for read in alignments] == [False] * 3
