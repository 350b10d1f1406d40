"""How far a read must reach to tell an allele from the reference."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from csfgeno.genome.discern import discerning_span
from csfgeno.genome.normalise import normalise
from csfgeno.genome.sequence import Window
from csfgeno.records import Allele, Interval

BASES = "".join(random.Random(4).choices("ACGT", k=400))


def window(bases: str) -> Window:
    return Window(Interval("chr1", 0, len(bases)), bases)


def test_a_repeat_must_be_crossed() -> None:
    genome = window("GATCCGTA" * 10 + "A" * 8 + "CGTTCAGG" * 10)
    low, high = discerning_span(Allele("chr1", 79, "AA", "A"), genome, 1)
    assert (low, high) == (78, 88)


@given(
    start=st.integers(50, 300),
    deleted=st.integers(0, 40),
    added=st.text("ACGT", max_size=40),
    wanted=st.integers(1, 4),
)
@settings(max_examples=150, deadline=None)
def test_a_mutant_read_of_the_span_differs_as_often_as_asked(start: int, deleted: int, added: str, wanted: int) -> None:
    if deleted == len(added):
        return
    genome = window(BASES)
    allele = normalise(Allele("chr1", start - 1, BASES[start - 1 : start + deleted], BASES[start - 1] + added), genome)
    low, high = discerning_span(allele, genome, wanted)
    mutant = BASES[: allele.start] + allele.alt + BASES[allele.end :]
    shown = mutant[low:high]
    from_left = sum(a != b for a, b in zip(shown, BASES[low:], strict=False))
    assert from_left >= wanted


@given(start=st.integers(60, 300), deleted=st.integers(1, 30), shift=st.integers(0, 20))
@settings(max_examples=50, deadline=None)
def test_every_spelling_has_the_same_junction_once_normalised(start: int, deleted: int, shift: int) -> None:
    unit = BASES[start : start + deleted]
    bases = BASES[:start] + unit * 4 + BASES[start:]
    genome = window(bases)
    at = start + shift % (3 * deleted)
    spelled = Allele("chr1", at - 1, bases[at - 1 : at + deleted], bases[at - 1])
    leftmost = Allele("chr1", start - 1, bases[start - 1 : start + deleted], bases[start - 1])
    assert normalise(spelled, genome) == normalise(leftmost, genome)
