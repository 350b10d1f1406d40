"""The truth table against a naive pass over the reads."""

from collections.abc import Callable
from pathlib import Path

import pysam
import pytest
from scipy.stats import binom

from .planting import (
    EXON_19_DELETION,
    INSERTION,
    L858R,
    Q787,
    QUIET,
    T790M,
    Variant,
    look,
    read_truth,
    variants_tsv,
)

PLANTED = (EXON_19_DELETION, INSERTION, L858R)


@pytest.fixture(scope="module")
def bam(make_specimen: Callable[..., Path]) -> Path:
    table = variants_tsv(
        (EXON_19_DELETION, 0.2, ".", "."), (INSERTION, 0.1, ".", "cell_free"), (L858R, 0.05, ".", "patient")
    )
    return make_specimen(table, "--sites", "--input-ng", 12, **QUIET)


@pytest.mark.parametrize("variant", PLANTED, ids=str)
def test_truth_equals_a_naive_count(bam: Path, variant: Variant) -> None:
    row, seen = read_truth(bam.with_suffix(".truth.tsv"))[variant], look(bam, variant)
    assert int(row["molecules"]) == len(seen.covering)
    assert int(row["alt_molecules"]) == len(seen.carrying)
    assert int(row["read_pairs"]) == seen.pairs
    assert int(row["alt_read_pairs"]) == seen.carrying_pairs


@pytest.mark.parametrize("variant", PLANTED, ids=str)
def test_mutant_molecules_are_binomial(bam: Path, variant: Variant) -> None:
    row = read_truth(bam.with_suffix(".truth.tsv"))[variant]
    # Leucocyte molecules carry no cell-free variant, and what is deleted makes carriers shorter to hold.
    low, high = binom.interval(0.999, int(row["molecules"]), float(row["vaf"]))
    assert low * 0.9 <= int(row["alt_molecules"]) <= high * 1.1


def test_sites_are_what_reads_cover(bam: Path) -> None:
    lines = [line.split("\t") for line in bam.with_suffix(".sites.tsv").read_text().splitlines()[1:]]
    depth = {int(pos): int(molecules) for _, pos, molecules, _ in lines}
    assert len(depth) == 119 + 206 + 176
    with pysam.AlignmentFile(str(bam)) as reads:
        for pos in (55191710, 55191800, 55191884):
            names = {(r.query_name or "").split(":")[0] for r in reads.fetch("chr7", pos - 1, pos)}
            assert depth[pos] == len(names)


def test_truth_vcf_says_the_same(bam: Path) -> None:
    truth = read_truth(bam.with_suffix(".truth.tsv"))
    with pysam.VariantFile(str(bam.with_suffix(".truth.vcf.gz"))) as vcf:
        records = list(vcf.fetch("chr7"))
        for record in records:
            assert record.alts is not None
            row = truth[record.contig, record.pos, record.ref or "", record.alts[0]]
            sample = record.samples[0]
            assert (sample["DP"], sample["AD"][1]) == (int(row["molecules"]), int(row["alt_molecules"]))
    assert len(records) == len(truth) == 3


def haplotypes(bam: Path) -> tuple[set[str], set[str]]:
    return look(bam, T790M).carrying, look(bam, Q787).carrying


@pytest.mark.parametrize("labels", [("a", "a"), ("a", "b")], ids=["cis", "trans"])
def test_labels_put_variants_in_cis_or_trans(make_specimen: Callable[..., Path], labels: tuple[str, str]) -> None:
    table = variants_tsv((T790M, 0.2, labels[0], "patient"), (Q787, 0.5, labels[1], "patient"))
    bam = make_specimen(table, "--input-ng", 3, **QUIET)
    with pysam.AlignmentFile(str(bam)) as reads:
        shown: set[tuple[str, str]] = set()
        for read in reads.fetch("chr7", T790M[1] - 1, T790M[1]):
            place = {r: q for q, r in read.get_aligned_pairs(matches_only=True)}
            if Q787[1] - 1 in place:
                bases = read.query_sequence or ""
                shown.add((bases[place[T790M[1] - 1]], bases[place[Q787[1] - 1]]))
    mutant = {q787 for t790m, q787 in shown if t790m == "T"}
    assert mutant == ({"A"} if labels[0] == labels[1] else {"G"})
    assert {"A", "G"} == {q787 for t790m, q787 in shown if t790m == "C"}


def test_origins_decide_who_carries(make_specimen: Callable[..., Path]) -> None:
    table = variants_tsv((T790M, 1.0, ".", "leucocyte"), (L858R, 1.0, ".", "contaminant"))
    bam = make_specimen(table, **{**QUIET, "leucocyte_share": "0.3", "contamination": "0.2"})
    truth = read_truth(bam.with_suffix(".truth.tsv"))
    with pysam.AlignmentFile(str(bam)) as reads:
        near = list(reads.fetch("chr7", 55181370, 55181385))
    lengths = {(read.query_name or "").split(":")[0]: abs(read.template_length) for read in near}
    carrying = look(bam, T790M).carrying
    assert min(lengths[molecule] for molecule in carrying) > 150
    row = truth[L858R]
    low, high = binom.interval(0.999, int(row["molecules"]), 0.2)
    assert low <= int(row["alt_molecules"]) <= high
