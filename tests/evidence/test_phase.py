"""Phase of two alleles: how often it is right if amplification joins or parts one molecule of a hundred."""

from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binom

from csfgeno.evidence.phase import count_phase, decide_phase, phase_weights
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


def chances(informative: int, share_in_cis: float) -> dict[PhaseState, float]:
    """Return how often each phase is stated, summed over all outcomes."""
    in_cis = share_in_cis * (1 - SWITCHED) + (1 - share_in_cis) * SWITCHED
    found = dict.fromkeys(PhaseState, 0.0)
    for both in range(informative + 1):
        found[state(both, informative)] += float(binom.pmf(both, informative, in_cis))
    return found


@pytest.mark.parametrize("informative", [*range(5, 40), 60, 100, 200])
def test_cis_and_trans_are_never_mistaken_and_left_open_in_one_of_seven(informative: int) -> None:
    for truth, share in ((PhaseState.CIS, 1.0), (PhaseState.TRANS, 0.0)):
        found = chances(informative, share)
        assert found[truth] > 0.85
        assert 1 - found[truth] - found[PhaseState.UNDETERMINED] < 0.002


@pytest.mark.parametrize(("informative", "most"), [(5, 2 / 32), (6, 2 / 64), (8, 0.008), (10, 0.002), (20, 5e-5)])
def test_half_and_half_is_taken_for_one_of_them_only_if_every_molecule_says_so(informative: int, most: float) -> None:
    found = chances(informative, 0.5)
    assert found[PhaseState.CIS] + found[PhaseState.TRANS] <= most + 1e-9


@pytest.mark.parametrize(("informative", "least"), [(12, 0.96), (15, 0.99), (50, 0.999), (200, 0.999)])
def test_half_and_half_is_told_from_a_dozen_molecules_on(informative: int, least: float) -> None:
    assert chances(informative, 0.5)[PhaseState.MIXED] > least


@pytest.mark.parametrize("informative", range(5))
def test_below_five_molecules_nothing_is_said(informative: int) -> None:
    assert {state(both, informative) for both in range(informative + 1)} == {PhaseState.UNDETERMINED}


def test_a_few_molecules_must_agree() -> None:
    assert (state(5, 5), state(0, 5)) == (PhaseState.CIS, PhaseState.TRANS)
    assert state(4, 5) is state(1, 5) is state(9, 10) is PhaseState.UNDETERMINED
    assert state(19, 20) is PhaseState.CIS


def test_posterior_is_the_written_out_sum() -> None:
    """Mixed as a sum over a fine grid of shares, by Bayes' rule."""
    shares = np.linspace(0.1, 0.9, 20_001)
    for both, contrary in ((5, 0), (4, 1), (3, 9), (40, 2)):
        weights = phase_weights(both, contrary, Thresholds())
        mixed = 0.1 * float(np.mean(binom.pmf(both, both + contrary, shares)))
        cis = 0.45 * float(binom.pmf(both, both + contrary, 1 - SWITCHED))
        assert np.exp(weights[PhaseState.MIXED] - weights[PhaseState.CIS]) == pytest.approx(mixed / cis, rel=1e-3)


def test_many_molecules_do_not_overflow() -> None:
    assert decide_phase(1_000_000, 2_000_000, 30_000, Thresholds()) is PhaseState.MIXED


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
