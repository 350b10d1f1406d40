"""The consensus of copies: its mathematics against fgbio's own numbers and a naive twin, and its frames."""

from collections import Counter
from decimal import Decimal, getcontext

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from csfgeno.molecules.consensus.bases import NO_CALL, Consensus, ErrorRates, consensus_of, duplex_of, either_error
from csfgeno.molecules.consensus.frame import (
    UNALIGNED,
    Alignment,
    Cigar,
    Indel,
    agreed_indels,
    frame_of,
    read_alignment,
)
from csfgeno.thresholds import Thresholds

RATES = ErrorRates.of(Thresholds())
A, C, G, T = range(4)
DELETION, INSERTION = 2, 1


def column_of(*copies: tuple[int, int], agreement: float = 0.66) -> Consensus:
    """Return the consensus of one column of (base, quality)."""
    bases, qualities = np.array(copies, np.uint8).reshape(-1, 2).T
    return consensus_of(bases, qualities, np.zeros(len(bases), np.int64), 1, RATES, agreement)


def called(consensus: Consensus) -> tuple[int, int, int, int]:
    return (
        int(consensus.base[0]),
        int(consensus.quality[0]),
        int(consensus.depth[0]),
        int(consensus.errors[0]),
    )


# --------------------------------------------------------------------------------------- one column


@given(st.floats(0, 1), st.floats(0, 1))
def test_two_trials_err_as_all_ways_together(p: float, q: float) -> None:
    """Base 0 is true; each trial turns a base into each of the three others with a third of its error rate."""
    first = [1 - p, p / 3, p / 3, p / 3]
    ends_wrong = sum(
        first[middle] * (1 - q if last == middle else q / 3) for middle in range(4) for last in range(1, 4)
    )
    assert either_error(p, q) == pytest.approx(ends_wrong, abs=1e-12)


@pytest.mark.parametrize(
    ("copies", "quality"),
    [
        # Qualities that fgbio's own test expects (DuplexConsensusCallerTest, summary and detail tags).
        ([(A, 30)] * 3, ord("N") - 33),
        ([(A, 30)] * 2, ord("M") - 33),
        ([(A, 30), (A, 30), (G, 30)], ord("B") - 33),
        ([(A, 20)] * 3, ord("M") - 33),
        ([(A, 20), (C, 20), (A, 20)], ord("9") - 33),
        # By hand: 1e-3 joined with 1e-4 is 1.09987e-3, joined with 10^-4.5 it is 1.13144e-3, Phred 29.46.
        ([(A, 30)], 29),
    ],
)
def test_qualities_are_those_of_fgbio(copies: list[tuple[int, int]], quality: int) -> None:
    errors = sum(base != A for base, _ in copies)
    assert called(column_of(*copies)) == (A, quality, len(copies), errors)


def test_a_base_needs_the_agreement_that_call_asks_for() -> None:
    two_of_three = [(T, 37), (T, 37), (C, 37)]
    assert called(column_of(*two_of_three, agreement=2 / 3))[0] == T
    assert called(column_of(*two_of_three, agreement=0.67)) == (NO_CALL, 2, 3, 1)
    assert called(column_of((T, 37), (C, 37), agreement=0.5)) == (NO_CALL, 2, 2, 1)


def test_mates_that_disagree_count_against_agreement_but_not_as_depth() -> None:
    assert called(column_of((T, 37), (NO_CALL, 37))) == (NO_CALL, 2, 1, 0)
    assert called(column_of((T, 37), (T, 37), (NO_CALL, 37)))[::2] == (T, 2)


def test_a_column_that_nobody_saw_is_n() -> None:
    seen = consensus_of(np.array([G], np.uint8), np.array([37], np.uint8), np.array([2]), 3, RATES, min_agreement=0.66)
    assert seen.base.tolist() == [NO_CALL, NO_CALL, G]
    assert seen.depth.tolist() == [0, 0, 1]
    assert seen.quality.tolist()[:2] == [2, 2]


COPY = st.tuples(st.integers(0, 3), st.integers(20, 60))


def naive_error(copies: list[tuple[int, int]]) -> tuple[int, Decimal]:
    """Return the likeliest base and the error of the consensus, as plain products of probabilities to 60 digits."""
    getcontext().prec = 60
    four_thirds = Decimal(4) / 3
    post, pre = (Decimal(10) ** (Decimal(-phred) / 10) for phred in (40, 45))
    likelihood = []
    for candidate in range(4):
        product = Decimal(1)
        for base, quality in copies:
            raw = Decimal(10) ** (Decimal(-quality) / 10)
            wrong = raw + post - four_thirds * raw * post
            product *= 1 - wrong if base == candidate else wrong / 3
        likelihood.append(product)
    best = max(range(4), key=lambda base: likelihood[base])
    error = sum(likelihood[:best] + likelihood[best + 1 :], Decimal(0)) / sum(likelihood)
    return best, error + pre - four_thirds * error * pre


@given(st.lists(COPY, min_size=1, max_size=12))
def test_products_of_probabilities_give_the_same(copies: list[tuple[int, int]]) -> None:
    base, quality, depth, errors = called(column_of(*copies, agreement=0.5))
    expected, error = naive_error(copies)
    votes = Counter(base for base, _ in copies)
    assert depth == len(copies)
    if base == NO_CALL:
        ties = sorted(votes.values())[-2:]
        assert votes[expected] < len(copies) / 2 or (len(ties) == 2 and ties[0] == ties[1])
    else:
        assert (base, errors) == (expected, len(copies) - votes[expected])
        assert quality == max(2, int(-10 * error.log10() + Decimal("0.001")))


@given(st.lists(COPY, min_size=1, max_size=8))
def test_the_order_of_copies_is_nothing(copies: list[tuple[int, int]]) -> None:
    assert called(column_of(*copies)) == called(column_of(*sorted(copies))) == called(column_of(*reversed(copies)))


@given(st.integers(0, 3), st.lists(st.integers(20, 60), min_size=1, max_size=8), st.integers(20, 60))
def test_a_copy_that_agrees_never_lowers_the_quality(base: int, qualities: list[int], more: int) -> None:
    fewer = column_of(*((base, quality) for quality in qualities))
    assert called(column_of(*((base, quality) for quality in [*qualities, more])))[1] >= called(fewer)[1]


def test_strands_that_agree_add_their_qualities_and_others_are_n() -> None:
    three_of_c, one_of_c, one_of_t, unseen = (
        column_of(*copies) for copies in ([(C, 37)] * 3, [(C, 30)], [(T, 37)], [])
    )
    assert called(duplex_of(three_of_c, one_of_c)) == (C, 45 + 29, 4, 0)
    assert called(duplex_of(three_of_c, three_of_c)) == (C, 90, 6, 0)
    assert called(duplex_of(three_of_c, one_of_t)) == (NO_CALL, 2, 4, 1)
    assert called(duplex_of(three_of_c, unseen)) == (NO_CALL, 2, 3, 0)


# ------------------------------------------------------------------------------------------- frames


def copy(start: int, text: str, strand: int = 0) -> Alignment:
    pieces, number = [], ""
    for sign in text:
        if sign.isdigit():
            number += sign
        else:
            pieces.append(("MIDNSHP=X".index(sign), int(number)))
            number = ""
    return read_alignment(start, tuple(pieces), strand)


def columns(reads: list[Alignment], own: int) -> list[int | None]:
    """Return the column of each base of one of some copies in their frame."""
    indels = agreed_indels(reads, 0.66)
    assert indels is not None
    one = reads[own]
    found: list[int | None] = [None] * sum(length for op, length in one.cigar if op in (0, 1, 4, 7, 8))
    for run in frame_of(reads, indels).runs(one):
        for i in range(run.length):
            found[run.query + i] = run.column + i
    return found


EDGE = st.sampled_from([(), ((4, 3),), ((5, 2), (4, 1)), ((5, 4),)])
INNER = st.lists(st.tuples(st.sampled_from([1, 2, 3]), st.integers(1, 6), st.integers(1, 9)), max_size=3)


@given(st.integers(20, 90), EDGE, st.integers(1, 20), INNER, EDGE)
def test_one_copy_is_its_own_frame(
    start: int, left: Cigar, first: int, inner: list[tuple[int, int, int]], right: Cigar
) -> None:
    middle = tuple(piece for op, length, matched in inner for piece in ((op, length), (0, matched)))
    cigar = (*left, (0, first), *middle, *right[::-1])
    one = read_alignment(start, cigar, 0)
    indels = agreed_indels([one], 0.66)
    assert indels is not None
    frame = frame_of([one], indels)
    assert frame.cigar == tuple(piece for piece in cigar if piece[0] != 5)
    bases = sum(length for op, length in cigar if op in (0, 1, 4))
    assert columns([one], 0) == list(range(bases))
    assert frame.columns == bases
    matched = [run for run in frame.runs(one) if run.pos != UNALIGNED]
    assert sum(run.length for run in matched) == first + sum(m for _, _, m in inner)
    assert matched[-1].pos + matched[-1].length == one.end


def test_clipped_bases_count_where_no_copy_is_aligned() -> None:
    reads = [copy(105, "8S12M"), copy(100, "3S17M"), copy(100, "3S14M3S")]
    assert columns(reads, 1) == list(range(20))
    # Three of the first copy's clipped bases lie left of every alignment, at 97 to 99; five lie under others' bases.
    assert columns(reads, 0) == [0, 1, 2, None, None, None, None, None, *range(8, 20)]
    assert columns(reads, 2)[-3:] == [None, None, None]
    assert frame_of(reads, ()).cigar == ((4, 3), (0, 17))


def test_copies_that_end_before_an_indel_say_nothing_against_it() -> None:
    deletion = (Indel(110, DELETION, 4),)
    reads = [copy(100, "10M4D20M"), copy(100, "10M20S"), copy(100, "12M"), copy(112, "18M")]
    assert agreed_indels(reads, 0.66) == deletion
    frame = frame_of(reads, deletion)
    assert frame.cigar[:3] == ((0, 10), (2, 4), (0, 20))
    # Aligned over the first two deleted bases, or from within: those bases have no column.
    assert columns(reads, 2) == [*range(10), None, None]
    assert columns(reads, 3)[:4] == [None, None, 10, 11]


@pytest.mark.parametrize(
    ("reads", "expected"),
    [
        ([copy(100, "30M"), copy(100, "30M"), copy(100, "10M1D19M")], ()),
        ([copy(100, "30M"), copy(100, "10M1D19M"), copy(100, "10M1D19M")], (Indel(110, DELETION, 1),)),
        ([copy(100, "30M"), copy(100, "10M1D19M")], None),
        ([copy(100, "10M2I18M"), copy(100, "10M1I19M")], None),
        ([copy(100, "10M1D19M"), copy(100, "10M1D19M"), copy(100, "30M", strand=1)], None),
        ([copy(100, "10M3D2I15M", 0), copy(100, "10M3D2I15M", 1)], (Indel(110, 2, 3), Indel(113, INSERTION, 2))),
        ([copy(100, "3I27M")], (Indel(100, INSERTION, 3),)),
    ],
)
def test_indels_are_agreed_upon_by_each_strand(reads: list[Alignment], expected: tuple[Indel, ...] | None) -> None:
    assert agreed_indels(reads, 0.66) == expected
