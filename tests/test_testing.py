"""The BAM builder makes what an aligner and `samtools fixmate` would have made."""

import subprocess
from pathlib import Path
from typing import Literal

import pysam
import pytest

from csfgeno.testing import BamBuilder

Mate = tuple[str, int, int, int, str]


def mates(path: Path) -> set[Mate]:
    with pysam.AlignmentFile(str(path), check_sq=False) as alignments:
        return {
            (r.query_name or "", r.flag, r.next_reference_start, r.template_length, str(r.get_tag("MC")))
            for r in alignments.fetch(until_eof=True)
        }


@pytest.mark.parametrize("strand", ["A", "B"])
def test_mate_fields_are_those_of_fixmate(tmp_path: Path, strand: Literal["A", "B"]) -> None:
    builder = BamBuilder({"chr7": 1_000, "chr9": 500})
    builder.add_pair("apart", "chr7", 100, "2S8M", "ACGTACGTAC", 300, "4M2D4M1S", "ACGTACGTA", strand=strand)
    builder.add_pair("overlap", "chr7", 200, "10M", "ACGTACGTAC", 203, "10M", "ACGTACGTAC", strand=strand)
    path = builder.write(tmp_path / "x.bam")
    by_name, fixed = tmp_path / "names.bam", tmp_path / "fixed.bam"
    subprocess.run(["samtools", "sort", "-n", "-o", by_name, path], check=True, capture_output=True)
    subprocess.run(["samtools", "fixmate", by_name, fixed], check=True, capture_output=True)
    assert mates(path) == mates(fixed)


def test_files_are_sorted_indexed_and_the_same_each_time(tmp_path: Path) -> None:
    builder = BamBuilder({"chr7": 1_000, "chr9": 500})
    builder.add_read("unplaced", None, -1, None, "ACGT", flag=4)
    builder.add_read("last", "chr9", 5, "4M", "ACGT", qual=None)
    builder.add_read("second", "chr7", 50, "4M", "ACGT", qual=[1, 2, 3, 4])
    builder.add_read("first", "chr7", 5, "4M", None)
    one, two = builder.write(tmp_path / "1.bam"), builder.write(tmp_path / "2.bam")
    assert one.read_bytes() == two.read_bytes()
    with pysam.AlignmentFile(str(one)) as alignments:
        assert alignments.has_index()
        assert [r.query_name for r in alignments.fetch(until_eof=True)] == ["first", "second", "last", "unplaced"]


def test_cram(tmp_path: Path) -> None:
    fasta = tmp_path / "r.fa"
    fasta.write_text(">chr7\n" + "ACGT" * 250 + "\n")
    pysam.faidx(str(fasta))
    builder = BamBuilder({"chr7": 1_000})
    builder.add_pair("m", "chr7", 100, "4M", "ACGT", 200, "4M", "ACGA", qual=30, tags={"RX": "AC-GT"})
    path = builder.write(tmp_path / "x.cram", fasta)
    with pysam.AlignmentFile(str(path), reference_filename=str(fasta)) as alignments:
        reads = list(alignments.fetch("chr7"))
    assert [(r.query_sequence, r.get_tag("RX")) for r in reads] == [("ACGT", "AC-GT"), ("ACGA", "AC-GT")]
