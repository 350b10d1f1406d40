"""Placement of reads against a full dynamic-programming aligner with the scores of bwa mem."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csfgeno.records import Allele, Interval
from csfgeno.simulation.alignment import Placement, place_read
from csfgeno.simulation.haplotypes import Reference, build_chromosomes, encode, place_bases

ANCHOR = 200


def genome(seed: int) -> str:
    return "".join(np.random.default_rng(seed).choice(list("ACGT"), 400))


def place(bases: str, allele: Allele, start: int, length: int) -> tuple[Placement, str]:
    """Return the placement of the read that begins at haplotype base `start`, and its bases."""
    reference = Reference(Interval("c", 0, len(bases)), encode(bases))
    chromosomes = build_chromosomes(reference, [[allele]])
    first = int(chromosomes.first[1]) + start
    piece = slice(first, first + length)
    codes = chromosomes.codes[piece]
    read = "".join("ACGT"[c] for c in codes)
    return place_read(codes, chromosomes.at[piece], chromosomes.is_inserted[piece], reference), read


def best_score(read: str, bases: str) -> int:
    """Return the best local score with affine gaps and a bonus of 5 for each end of the read that is reached."""
    low = -10_000
    open_, deleted = np.full(len(bases) + 1, low), np.full(len(bases) + 1, low)
    inserted = np.full(len(bases) + 1, low)
    best = 0
    for i, base in enumerate(read):
        start = 5 if i == 0 else 0
        match = np.where(np.array(list(bases)) == base, 1, -4)
        diagonal = np.maximum(np.maximum(open_, deleted), np.maximum(inserted, start))[:-1] + match
        inserted = np.maximum(open_ - 7, inserted - 1)
        open_ = np.concatenate([[low], diagonal])
        deleted = np.full(len(bases) + 1, low)
        for j in range(1, len(bases) + 1):
            deleted[j] = max(open_[j - 1] - 7, deleted[j - 1] - 1)
        best = max(best, int(open_.max()) + (5 if i == len(read) - 1 else 0))
    return best


def score_of(placement: Placement, read: str, bases: str) -> int:
    """Return the score of a CIGAR, counted base by base."""
    score, q, r = 0, 0, placement.start
    for index, (operation, length) in enumerate(placement.cigar):
        if operation == 0:
            score += sum(1 if a == b else -4 for a, b in zip(read[q : q + length], bases[r : r + length], strict=True))
            score += 5 * ((index == 0) + (index == len(placement.cigar) - 1))
            q, r = q + length, r + length
        elif operation == 2:
            score, r = score - 6 - length, r + length
        else:
            score, q = score - (6 + length if operation == 1 else 0), q + length
    assert q == len(read)
    return score


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    deleted=st.integers(0, 20),
    inserted=st.text("ACGT", max_size=20),
    start=st.integers(145, 199),
)
def test_no_aligner_does_better(seed: int, deleted: int, inserted: str, start: int) -> None:
    bases = genome(seed)
    ref = bases[ANCHOR : ANCHOR + 1 + deleted]
    allele = Allele("c", ANCHOR, ref, bases[ANCHOR] + inserted)
    if allele.ref == allele.alt:
        return
    placement, read = place(bases, allele, start, 60)
    assert placement.score == score_of(placement, read, bases)
    assert placement.score <= best_score(read, bases[130:290])


def test_few_reads_have_a_better_placement_than_their_known_path() -> None:
    """Repeats that the change makes, or mismatches in place of two gaps, seldom score more."""
    rng = np.random.default_rng(11)
    shortfalls = []
    for _ in range(300):
        bases = genome(int(rng.integers(10_000)))
        deleted, inserted = int(rng.integers(21)), "".join(rng.choice(list("ACGT"), int(rng.integers(21))))
        if not (deleted or inserted):
            continue
        allele = Allele("c", ANCHOR, bases[ANCHOR : ANCHOR + 1 + deleted], bases[ANCHOR] + inserted)
        placement, read = place(bases, allele, int(rng.integers(145, 200)), 60)
        shortfalls.append(best_score(read, bases[130:290]) - placement.score)
    assert min(shortfalls) >= 0
    assert np.mean(np.array(shortfalls) == 0) >= 0.9
    assert np.mean(shortfalls) <= 0.5


@pytest.mark.parametrize(
    ("beyond", "cigar"),
    [(40, "60M15D40M"), (17, "83M15D17M"), (16, "84M16S"), (5, "95M5S")],
)
def test_a_gap_pays_only_if_enough_follows(beyond: int, cigar: str) -> None:
    """A 15-bp deletion costs 21, a clip 5: 16 more bases must match for a gap."""
    bases = "".join(np.random.default_rng(3).choice(list("AC"), 201)) + "GT" * 8 + "AACCA" * 60
    allele = Allele("c", 200, bases[200:216], bases[200])
    placement, _ = place(bases, allele, 201 - 100 + beyond, 100)
    text = "".join(f"{n}{'MIDNS'[op]}" for op, n in placement.cigar)
    matched = int(re.findall(r"(\d+)M", text)[0])
    expected = int(re.findall(r"(\d+)M", cigar)[0])
    assert text.count("D") == cigar.count("D")
    assert abs(matched - expected) <= 2  # bases beyond the gap may match what was deleted


def test_a_long_insertion_is_clipped() -> None:
    bases = genome(5)
    allele = Allele("c", ANCHOR, bases[ANCHOR], bases[ANCHOR] + genome(6)[:70])
    placement, _ = place(bases, allele, 160, 100)
    assert [operation for operation, _ in placement.cigar] == [0, 4]


@pytest.mark.parametrize(
    ("ref", "alt", "places"),
    [
        ("AC", "GT", [0, 1]),
        ("", "GTT", [-1, -1, -1]),
        ("TTAAGAGAAGCA", "CC", [10, 11]),
        ("ACGACGAC", "TTTTTTTTTTTT", [-1] * 12),
    ],
)
def test_bases_of_a_complex_change(ref: str, alt: str, places: list[int]) -> None:
    assert place_bases(ref, alt).tolist() == places
