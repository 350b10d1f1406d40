"""The null distribution and the interval against independent calculation."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import logsumexp
from scipy.stats import beta, nbinom, poisson

from csfgeno.calling.likelihood import LOWEST_LOG_P, interval, log_likelihood_ratio, log_tails, make_null

DESIGN = 0.002


@pytest.mark.parametrize(("depth", "error", "dispersion"), [(5_000, 1e-3, 2.0), (200_000, 1e-4, 0.5), (50, 1e-9, 10.0)])
def test_one_stratum_is_negative_binomial(depth: int, error: float, dispersion: float) -> None:
    null = make_null(np.array([depth]), np.array([error]), dispersion, DESIGN)
    step, expected = int(null.score[0]), depth * error
    tails = log_tails(null, 40 * step)
    for alt in (1, 2, 5, 10, 40):
        terms = nbinom.logpmf(np.arange(alt, alt + 4_000), dispersion, dispersion / (dispersion + expected))
        exact = float(logsumexp(terms))
        if exact > LOWEST_LOG_P:
            assert tails[alt * step] == pytest.approx(exact, rel=1e-6)


def test_two_strata_equal_the_written_out_sum() -> None:
    """Integrate the site factor numerically and sum over all pairs of counts."""
    depth, error, dispersion = np.array([400, 900]), np.array([1e-6, 8e-4]), 3.0
    null = make_null(depth, error, dispersion, DESIGN)
    factors = np.linspace(1e-4, 12.0, 6_001)
    weight = factors ** (dispersion - 1) * np.exp(-dispersion * factors)
    weight /= weight.sum()
    threshold = int(null.score[0] + 2 * null.score[1])
    exact = 0.0
    for a, b in itertools.product(range(4), range(25)):
        if a * null.score[0] + b * null.score[1] >= threshold:
            both = poisson.pmf(a, factors * depth[0] * error[0]) * poisson.pmf(b, factors * depth[1] * error[1])
            exact += float((weight * both).sum())
    assert math.exp(log_tails(null, threshold)[threshold]) == pytest.approx(exact, rel=1e-3)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 200_000), st.floats(1e-9, 0.01)), min_size=1, max_size=5),
    st.floats(0.2, 100.0),
)
def test_tails_are_probabilities_and_decrease(strata: list[tuple[int, float]], dispersion: float) -> None:
    null = make_null(np.array([n for n, _ in strata]), np.array([e for _, e in strata]), dispersion, DESIGN)
    if not len(null.depth):
        return
    tails = log_tails(null, 60)
    assert np.isfinite(tails).all()
    assert tails[0] == pytest.approx(0.0, abs=1e-6)
    assert (np.diff(tails) <= 1e-12).all()


def test_a_duplex_molecule_weighs_more_than_a_singleton() -> None:
    null = make_null(np.array([100, 100, 100]), np.array([1e-6, 3e-5, 1e-3]), 2.0, DESIGN)
    assert null.score[0] > null.score[1] > null.score[2] >= 1


class TestLikelihoodRatio:
    def test_nothing_mutant_is_no_evidence(self) -> None:
        assert log_likelihood_ratio(np.array([500, 20]), np.array([0, 0]), np.array([1e-5, 1e-3])) == 0.0

    def test_one_stratum_by_hand(self) -> None:
        n, k, e = 1_000, 10, 1e-4
        f = (k / n - e) / (1 - e)
        p = f + (1 - f) * e
        by_hand = k * math.log(p / e) + (n - k) * math.log((1 - p) / (1 - e))
        assert log_likelihood_ratio(np.array([n]), np.array([k]), np.array([e])) == pytest.approx(by_hand, rel=1e-6)

    @settings(max_examples=200, deadline=None)
    @given(st.integers(1, 200_000), st.floats(1e-9, 0.01), st.data())
    def test_more_mutant_molecules_never_lower_it(self, depth: int, error: float, data: st.DataObject) -> None:
        alt = data.draw(st.integers(0, depth - 1))
        n, e = np.array([depth, 50]), np.array([error, 1e-4])
        less = log_likelihood_ratio(n, np.array([alt, 1]), e)
        more = log_likelihood_ratio(n, np.array([alt + 1, 1]), e)
        # Below the error rate both are zero up to rounding.
        assert more >= less - 1e-6 * max(1.0, less)
        assert math.isfinite(more)

    def test_all_molecules_mutant_is_finite(self) -> None:
        assert math.isfinite(log_likelihood_ratio(np.array([200_000]), np.array([200_000]), np.array([1e-9])))


class TestInterval:
    def test_it_is_jeffreys(self) -> None:
        assert interval(7, 625, 0.95) == pytest.approx((beta.ppf(0.025, 7.5, 618.5), beta.ppf(0.975, 7.5, 618.5)))

    def test_it_closes_at_the_ends(self) -> None:
        nothing, everything = interval(0, 100, 0.95), interval(100, 100, 0.95)
        assert nothing is not None
        assert everything is not None
        assert (nothing[0], everything[1]) == (0.0, 1.0)

    def test_without_molecules_there_is_none(self) -> None:
        assert interval(0, 0, 0.95) is None

    @pytest.mark.parametrize("fraction", [0.005, 0.05, 0.4])
    def test_it_covers_as_it_says(self, fraction: float) -> None:
        rng = np.random.default_rng(11)
        alts = rng.binomial(1_500, fraction, 4_000)
        bounds = {int(k): interval(int(k), 1_500, 0.95) for k in np.unique(alts)}
        covered = [b[0] <= fraction <= b[1] for k in alts.tolist() if (b := bounds[k]) is not None]
        assert 0.93 <= np.mean(covered) <= 0.97
