"""A tube of another person: the report is withheld with exit code 4, or carries the reason for printing it."""

import re
from pathlib import Path

import pysam
import pytest

from csfgeno.cli import main
from csfgeno.identity.sites import load_table
from csfgeno.vocab import Build

SAMPLE = Path(__file__).parents[2] / "sample_data"
REASON = "marrow transplant of 2024, donor in blood"


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as stopped:
        main([str(argument) for argument in arguments])
    return int(stopped.value.code or 0)


def other_person(source: Path, path: Path) -> None:
    """Write the reads of a normal as those of a person who has, at every common SNP, two copies of the other allele."""
    sites = [line.split("\t") for line in load_table(Build.GRCH38).splitlines()]
    with pysam.AlignmentFile(str(source)) as reads, pysam.FastaFile(str(SAMPLE / "GRCh38.masked.fa.gz")) as genome:
        alleles = {
            (f"chr{contig.removeprefix('chr')}", int(start)): (one, other)
            for contig, start, _, _, one, other, *_ in sites
        }
        with pysam.AlignmentFile(str(path), "wb", header=reads.header) as out:
            for read in reads:
                sequence, qualities = list(read.query_sequence or ""), read.query_qualities
                for at, pos in read.get_aligned_pairs(matches_only=True):
                    pair = alleles.get((read.reference_name or "", pos))
                    if pair:
                        base = genome.fetch(read.reference_name, pos, pos + 1).upper()
                        sequence[at] = pair[0] if pair[1] == base else pair[1]
                read.query_sequence = "".join(sequence)
                read.query_qualities = qualities
                read.set_tag("MD", None)
                out.write(read)
    pysam.index(str(path))


def front(page: Path) -> str:
    return re.sub(r"<[^>]+>", " ", page.read_text(encoding="utf-8").split('id="contents"')[0].split("</style>")[1])


def test_a_swapped_tube_withholds_the_report_unless_the_laboratory_says_why(tmp_path: Path) -> None:
    other_person(SAMPLE / "normal.bam", tmp_path / "normal.bam")
    options = ["--csf", SAMPLE / "csf.bam", "--normal", tmp_path / "normal.bam", "--panel", SAMPLE / "panel.bed"]
    options += ["--reference", SAMPLE / "GRCh38.masked.fa.gz", "--case-id", "swap", "--out-dir", tmp_path / "out"]
    page = tmp_path / "out" / "swap.html"
    assert run("call", *options) == 4
    told = front(page)
    assert "Not of one person: CSF and normal" in told
    assert "All results are withheld" in told
    assert "E746_A750del" not in page.read_text(encoding="utf-8")
    assert (tmp_path / "out" / "swap.tsv").read_text(encoding="utf-8").count("\n") == 1
    assert run("call", *options, "--override-identity", REASON) == 0
    assert REASON in front(page)
    assert "E746_A750del" in page.read_text(encoding="utf-8")


def test_the_first_page_says_that_identity_was_not_established(tmp_path: Path) -> None:
    """The panel of the sample case holds three sites, which agree and are too few."""
    options = ["--csf", SAMPLE / "csf.bam", "--normal", SAMPLE / "normal.bam", "--panel", SAMPLE / "panel.bed"]
    options += ["--reference", SAMPLE / "GRCh38.masked.fa.gz", "--case-id", "few", "--out-dir", tmp_path]
    assert run("call", *options) == 0
    assert "Identity not established" in front(tmp_path / "few.html")
