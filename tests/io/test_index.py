"""Alignments counted by samtools, against a plain loop over the records."""

from pathlib import Path

import pysam
import pytest

from csfgeno.errors import InputError
from csfgeno.io.index import AlignmentCounts, count_alignments
from csfgeno.records import Interval
from csfgeno.testing import BamBuilder

LENGTHS = {"chr1": 1_000, "chr7": 40_000}
TARGETS = [Interval("chr7", 1_000, 1_100), Interval("chr7", 1_120, 1_200), Interval("chr1", 100, 101)]


def build(genome: dict[str, str]) -> BamBuilder:
    builder = BamBuilder(LENGTHS)
    starts = {"chr7": (850, 899, 900, 901, 950, 1_050, 1_090, 1_199, 1_200, 9_000), "chr1": (0, 1, 50, 100, 101)}
    for contig, places in starts.items():
        for start in places:
            bases = genome[contig].upper()[start : start + 100]
            for flag in (0, pysam.FDUP, pysam.FSECONDARY, pysam.FSUPPLEMENTARY, pysam.FQCFAIL):
                builder.add_read(f"{contig}-{start}", contig, start, "100M", bases, flag=flag)
    builder.add_read("placed", "chr7", 1_000, None, "A" * 100, flag=pysam.FUNMAP, mapq=0)
    builder.add_read("unplaced", None, -1, None, "A" * 100, flag=pysam.FUNMAP, mapq=0)
    return builder


def counted_one_by_one(builder: BamBuilder, targets: list[Interval]) -> AlignmentCounts:
    mapped = [read for read in builder.reads if not read.is_unmapped]
    over = [
        read
        for read in mapped
        if any(read.reference_name == t.contig and read.get_overlap(t.start, t.end) for t in targets)
    ]
    return AlignmentCounts(len(mapped), len(over))


@pytest.mark.parametrize("suffix", ["bam", "cram"])
def test_counts_equal_those_of_a_plain_loop(
    suffix: str, genome: dict[str, str], fasta: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REF_PATH", "/dev/null")
    builder = build(genome)
    path = builder.write(tmp_path / f"reads.{suffix}", fasta)
    expected = counted_one_by_one(builder, TARGETS)
    assert 0 < expected.overlapping < expected.mapped
    assert count_alignments(path, TARGETS) == expected


def test_no_target_has_no_alignment(genome: dict[str, str], tmp_path: Path) -> None:
    builder = build(genome)
    assert count_alignments(builder.write(tmp_path / "reads.bam"), []) == AlignmentCounts(75, 0)


def test_a_file_without_index_is_named(genome: dict[str, str], tmp_path: Path) -> None:
    path = build(genome).write(tmp_path / "reads.bam")
    Path(f"{path}.bai").unlink()
    with pytest.raises(InputError, match=r"reads\.bam or its index is damaged.*samtools index reads\.bam"):
        count_alignments(path, TARGETS)
