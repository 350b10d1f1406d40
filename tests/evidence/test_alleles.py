"""Alleles that are easy to get wrong, in real sequence aligned by bwa mem: one record each, with its fraction.

The whole table, at 0.5% and 5% and beside other callers, is made by `tests/bench/study_alleles.py`.
"""

import csv
from pathlib import Path

import pytest

from csfgeno.genome.normalise import normalise
from csfgeno.io.reference import ReferenceFasta
from csfgeno.records import Interval

from .cell_free import GENOME, TABLE, evidence_of, simulate

with (Path(__file__).parent / "alleles.tsv").open(newline="") as table:
    ALLELES = [(row["gene"], row["hgvs_c"]) for row in csv.DictReader(table, delimiter="\t")]


@pytest.mark.parametrize(("gene", "hgvs"), ALLELES, ids=lambda value: str(value))
def test_one_record_with_the_true_fraction(gene: str, hgvs: str, tmp_path: Path) -> None:
    bam, truth, written = simulate(tmp_path, gene, hgvs, 0.1, 250, consensus=True)
    with ReferenceFasta(GENOME) as fasta:
        expected = normalise(written, fasta)
        place = Interval(expected.contig, expected.start - 60, expected.end + 60)
        evidence = evidence_of(bam, place, fasta)
        counts = {allele: int(evidence.tally(allele).alt.sum()) for allele in evidence.alleles()}
        depth = int(evidence.tally(expected).depth.sum())
    assert [allele for allele, alt in counts.items() if alt > 3] == [expected]
    # Both counts are of the same molecules, but for those that end near the allele.
    assert abs(counts[expected] / depth - truth.vaf) < 0.025


@pytest.mark.parametrize("hgvs", ["c.2284-5_2290dup", "c.2284-8_2287del", "c.2280_2283+6del"])
def test_an_indel_that_begins_or_ends_outside_the_target_is_counted(hgvs: str, tmp_path: Path) -> None:
    """The target is the coding exon and no base more, as many panels have it."""
    bam, truth, written = simulate(tmp_path, "EGFR", hgvs, 0.1, 250, consensus=True)
    exons = [exon.interval for exon in TABLE.by_gene("EGFR").exons]
    with ReferenceFasta(GENOME) as fasta:
        expected = normalise(written, fasta)
        (exon,) = [e for e in exons if e.start - 10 < written.start < e.end]
        evidence = evidence_of(bam, exon, fasta)
        tally = evidence.tally(expected)
        assert expected in evidence.alleles()
    assert abs(tally.alt.sum() / tally.depth.sum() - truth.vaf) < 0.025
