"""Phase of two alleles: how often it is right if amplification joins or parts one molecule of a hundred."""

from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binom

from csfgeno.evidence.phase import count_phase, decide_phase
from csfgeno.genome.normalise import normalise
from csfgeno.io.reference import ReferenceFasta
from csfgeno.records import Interval
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import PhaseState, SpecimenKind

from .cell_free import GENOME, Sequencer, align, allele_of, draw_templates, evidence_of, mutate, stretch_around

SWITCHED = 0.01


def state(both: int, informative: int) -> PhaseState:
    """Return the phase if the commoner allele is alone on 50 molecules more."""
    return decide_phase(both, informative - both + 50, informative - both, Thresholds())


def chance(truth: PhaseState, informative: int, share_in_cis: float) -> float:
    """Return the probability that the phase is told right, summed over all outcomes."""
    in_cis = share_in_cis * (1 - SWITCHED) + (1 - share_in_cis) * SWITCHED
    return sum(
        float(binom.pmf(both, informative, in_cis))
        for both in range(informative + 1)
        if state(both, informative) is truth
    )


@pytest.mark.parametrize("informative", [*range(5, 40), 60, 100, 200])
def test_cis_and_trans_are_told_in_99_of_100_from_five_molecules_on(informative: int) -> None:
    assert chance(PhaseState.CIS, informative, 1.0) >= 0.99
    assert chance(PhaseState.TRANS, informative, 0.0) >= 0.99


@pytest.mark.parametrize("informative", [12, 20, 50, 200])
def test_half_and_half_is_told_in_99_of_100_from_twelve_molecules_on(informative: int) -> None:
    assert chance(PhaseState.MIXED, informative, 0.5) >= 0.99


@pytest.mark.parametrize("informative", [0, 1, 2])
def test_below_three_molecules_nothing_is_said(informative: int) -> None:
    assert {state(both, informative) for both in range(informative + 1)} == {PhaseState.UNDETERMINED}


def test_a_few_molecules_must_agree() -> None:
    assert state(2, 3) is state(3, 4) is state(1, 4) is PhaseState.MIXED
    assert (state(4, 5), state(1, 5)) == (PhaseState.CIS, PhaseState.TRANS)


PLANTED: dict[PhaseState, list[tuple[tuple[int, ...], float]]] = {
    PhaseState.CIS: [((0, 1), 0.1)],
    PhaseState.TRANS: [((0,), 0.1), ((1,), 0.1)],
    PhaseState.MIXED: [((0, 1), 0.1), ((0,), 0.1), ((1,), 0.1)],
}


@pytest.mark.parametrize("expected", PLANTED)
@pytest.mark.parametrize("c797s", ["c.2389T>A", "c.2390G>C"])
def test_t790m_and_c797s_in_aligned_reads(c797s: str, expected: PhaseState, tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    alleles = [allele_of("EGFR", "c.2369C>T"), allele_of("EGFR", c797s)]
    stretch = stretch_around(alleles[0])
    copies = [(mutate(stretch, *(alleles[i] for i in which)), share) for which, share in PLANTED[expected]]
    copies.append((stretch.bases, 1 - sum(share for _, share in copies)))
    drawn = draw_templates(copies, 200, rng)
    sequencer = Sequencer(tmp_path, rng, consensus=True)
    sequencer.write([copies[number][0][start:end] for number, start, end in drawn])
    bam = align(tmp_path, [stretch], sequencer.paths, tmp_path / "reads.bam", consensus=True)
    with ReferenceFasta(GENOME) as fasta:
        first, second = (normalise(allele, fasta) for allele in alleles)
        evidence = evidence_of(bam, Interval(first.contig, first.start - 60, second.end + 60), fasta)
        phase = count_phase(evidence, SpecimenKind.CSF, first, second, Thresholds())
    assert phase is not None
    assert phase.state is expected
    on_neither_or_both = {PhaseState.CIS: phase.first_only + phase.second_only, PhaseState.TRANS: phase.both}
    assert on_neither_or_both.get(expected, 0) <= 1
