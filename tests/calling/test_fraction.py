"""Fraction, interval and likelihood ratio against hand calculation and simulation."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.stats import beta, binom

from csfgeno.calling.fraction import best_fraction, interval, log_likelihood_ratio
from csfgeno.errormodel.spread import Spread

CLEAN = np.array([1e-12])
SURE = Spread(100.0)


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
        found = interval(np.array([625]), np.array([7]), CLEAN, SURE, 0.95)
        assert found == pytest.approx((beta.ppf(0.025, 7.5, 618.5), beta.ppf(0.975, 7.5, 618.5)))

    def test_it_closes_at_the_ends(self) -> None:
        nothing, everything = (interval(np.array([100]), np.array([k]), CLEAN, SURE, 0.95) for k in (0, 100))
        assert nothing is not None
        assert everything is not None
        assert (nothing[0], everything[1]) == (0.0, 1.0)

    def test_without_molecules_there_is_none(self) -> None:
        assert interval(np.array([0]), np.array([0]), CLEAN, SURE, 0.95) is None

    @pytest.mark.parametrize("fraction", [0.005, 0.05, 0.4])
    def test_it_covers_as_it_says(self, fraction: float) -> None:
        rng = np.random.default_rng(11)
        alts = rng.binomial(1_500, fraction, 4_000)
        bounds = {int(k): interval(np.array([1_500]), np.array([k]), CLEAN, SURE, 0.95) for k in np.unique(alts)}
        covered = [b[0] <= fraction <= b[1] for k in alts.tolist() if (b := bounds[k]) is not None]
        assert 0.93 <= np.mean(covered) <= 0.97

    @pytest.mark.parametrize(("fraction", "error"), [(0.005, 1e-3), (0.01, 1e-3), (0.01, 5e-4), (0.05, 5e-3)])
    def test_it_covers_with_a_background_that_varies_from_site_to_site(self, fraction: float, error: float) -> None:
        rng, spread, depth = np.random.default_rng(12), Spread(1.5), np.array([3_000])
        rates = error * rng.gamma(1.5, 1 / 1.5, 3_000)
        alts = rng.binomial(3_000, fraction + (1 - fraction) * np.minimum(rates, 1))
        bounds = {int(k): interval(depth, np.array([k]), np.array([error]), spread, 0.95) for k in np.unique(alts)}
        covered = [b[0] <= fraction <= b[1] for k in alts.tolist() if (b := bounds[k]) is not None]
        assert 0.93 <= np.mean(covered) <= 0.97

    @settings(max_examples=200, deadline=None)
    @given(st.integers(1, 200_000), st.integers(0, 300), st.floats(1e-9, 0.01), st.floats(0.2, 100.0), st.data())
    def test_it_holds_the_estimate(
        self, depth: int, other: int, error: float, shape: float, data: st.DataObject
    ) -> None:
        n = np.array([depth, other])
        k = np.array([data.draw(st.integers(0, depth)), data.draw(st.integers(0, other))])
        e = np.array([error, 1e-5])
        bounds, best = interval(n, k, e, Spread(shape), 0.95), best_fraction(n, k, e)
        assert bounds is not None
        assert best is not None
        assert 0.0 <= bounds[0] <= best <= bounds[1] <= 1.0


class TestBestFraction:
    def test_one_stratum_by_hand(self) -> None:
        found = best_fraction(np.array([1_000]), np.array([12]), np.array([2e-3]))
        assert found == pytest.approx((12 / 1_000 - 2e-3) / (1 - 2e-3), rel=1e-8)

    def test_fewer_than_errors_are_none(self) -> None:
        assert best_fraction(np.array([1_000]), np.array([1]), np.array([2e-3])) == 0.0

    def test_without_molecules_there_is_none(self) -> None:
        assert best_fraction(np.array([0, 0]), np.array([0, 0]), np.array([1e-3, 1e-6])) is None

    def test_all_mutant_is_one(self) -> None:
        assert best_fraction(np.array([50, 20]), np.array([50, 20]), np.array([1e-3, 1e-6])) == 1.0

    @settings(max_examples=60, deadline=None)
    @given(st.lists(st.tuples(st.integers(1, 5_000), st.floats(0, 1), st.floats(1e-9, 0.05)), min_size=1, max_size=4))
    def test_it_maximises_the_likelihood(self, strata: list[tuple[int, float, float]]) -> None:
        n = np.array([d for d, _, _ in strata])
        k = np.array([round(d * share) for d, share, _ in strata])
        e = np.array([error for _, _, error in strata])

        def loss(f: float) -> float:
            return -float(np.sum(binom.logpmf(k, n, np.minimum(f + (1 - f) * e, 1.0))))

        best = best_fraction(n, k, e)
        assert best is not None
        other = minimize_scalar(loss, bounds=(0.0, 1.0), method="bounded", options={"xatol": 1e-12})
        assert loss(best) <= min(loss(float(other.x)), loss(0.0)) + 1e-6 * (1 + abs(loss(best)))

    def test_it_is_not_biased_by_the_background(self) -> None:
        rng, depth, error = np.random.default_rng(2), 2_000, 1e-3
        rates = error * rng.gamma(1.5, 1 / 1.5, 4_000)
        alts = rng.binomial(depth, 0.01 + 0.99 * rates)
        found = [best_fraction(np.array([depth]), np.array([k]), np.array([error])) or 0.0 for k in alts]
        assert np.mean(found) == pytest.approx(0.01, rel=0.02)


def test_where_strands_are_not_paired_the_interval_is_that_of_half_the_molecules() -> None:
    doubled = interval(np.array([1_250]), np.array([14]), CLEAN, SURE, 0.95, 2.0)
    assert doubled == pytest.approx(interval(np.array([625]), np.array([7]), CLEAN, SURE, 0.95))
