"""The test, its limit and the interval at any depth, count and error rate, against sums, quadrature and simulation."""

import itertools
import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from scipy.special import betainc
from scipy.stats import binom, gamma, nbinom

from csfgeno.calling.fraction import best_fraction, confidence_curve, interval, log_likelihood_ratio
from csfgeno.calling.likelihood import LOWEST_LOG_P, log_tails, make_null, number_tail, score_masses
from csfgeno.calling.limits import Detection, Rule, critical_score, judge, lod, may_be_detected
from csfgeno.errormodel.spread import Spread

RULE = Rule(alpha=2e-5, min_alt=2)
DESIGN = 0.002
PARTS = 200_000

ERRORS = st.floats(math.log(1e-9), math.log(0.3)).map(math.exp)
DEPTHS = st.floats(0.0, math.log(200_000)).map(lambda x: round(math.exp(x)))
SHARES = st.one_of(st.just(0.0), st.just(1.0), st.floats(0.0, 1.0).map(lambda x: x**6))
STRATA = st.lists(st.tuples(DEPTHS, ERRORS, SHARES), min_size=1, max_size=4)
SPREADS = st.builds(Spread, st.floats(0.2, 100.0), st.floats(0.0, 0.5), st.floats(0.0, 1.0))

Rows = list[tuple[int, float, float]]
Counts = npt.NDArray[np.int64]


def drawn(strata: Rows) -> tuple[Counts, npt.NDArray[np.float64], Counts]:
    """Return depth, error rate and mutant molecules by stratum."""
    depth, error = np.array([d for d, _, _ in strata]), np.array([e for _, e, _ in strata])
    return depth, error, np.array([round(d * share) for d, _, share in strata])


class TestEverywhere:
    @settings(max_examples=60, deadline=None)
    @example([(200_000, 0.3, 1.0)], Spread(0.2, 0.5, 1.0))
    @example([(200_000, 1e-9, 1.0), (1, 0.3, 0.0)], Spread(100.0))
    @example([(1, 1e-9, 1.0)], Spread(0.2, 0.5, 1.0))
    @given(STRATA, SPREADS)
    def test_probabilities_are_probabilities(self, strata: Rows, spread: Spread) -> None:
        depth, error, alt = drawn(strata)
        verdict = judge(make_null(depth, error, spread, DESIGN), alt, RULE)
        assert LOWEST_LOG_P <= verdict.log_p <= 0.0
        best, ratio = best_fraction(depth, alt, error), log_likelihood_ratio(depth, alt, error)
        bounds = interval(depth, alt, error, spread, 0.95)
        assert best is not None
        assert bounds is not None
        assert 0.0 <= bounds[0] <= best <= bounds[1] <= 1.0
        assert 0.0 <= ratio < np.inf

    @settings(max_examples=40, deadline=None)
    @given(STRATA, SPREADS)
    def test_a_limit_is_a_fraction_or_there_is_none(self, strata: Rows, spread: Spread) -> None:
        depth, error, _ = drawn(strata)
        null = make_null(depth, error, spread, DESIGN)
        limit = lod(null, RULE, 0.95)
        if limit is None:
            reached = judge(null, depth, RULE)
            power = Detection(null, RULE.min_alt, null.total(depth)).power(1.0)
            assert not reached.is_detected or power < 1.0
        else:
            assert 0.0 < limit <= 1.0
            assert judge(null, depth, RULE).is_detected

    @settings(max_examples=40, deadline=None)
    @given(STRATA, SPREADS)
    def test_tails_fall(self, strata: Rows, spread: Spread) -> None:
        depth, error, _ = drawn(strata)
        # The recursion takes steps in proportion to the errors expected.
        assume((depth * error).sum() < 1_000)
        tails = log_tails(make_null(depth, error, spread, DESIGN), 200)
        assert np.isfinite(tails).all()
        assert (tails <= 0.0).all()
        assert (np.diff(tails) <= 1e-12).all()

    @settings(max_examples=60, deadline=None)
    @given(STRATA, SPREADS, st.data())
    def test_one_more_mutant_molecule_never_lowers_the_evidence(
        self, strata: Rows, spread: Spread, data: st.DataObject
    ) -> None:
        depth, error, alt = drawn(strata)
        row = data.draw(st.integers(0, len(depth) - 1))
        assume(alt[row] < depth[row])
        more = alt + (np.arange(len(alt)) == row)
        null = make_null(depth, error, spread, DESIGN)
        before, after = judge(null, alt, RULE), judge(null, more, RULE)
        assert after.log_p <= before.log_p + 1e-6 * max(1.0, abs(before.log_p))
        if before.is_detected and before.log_p < math.log(RULE.alpha) - 1e-6:
            assert after.is_detected
        assert may_be_detected(null, more, RULE) or not after.is_detected
        less, ratio = log_likelihood_ratio(depth, alt, error), log_likelihood_ratio(depth, more, error)
        assert ratio >= less - 1e-6 * max(1.0, less)


class TestLimit:
    @settings(max_examples=30, deadline=None)
    @given(st.integers(40, 12_000), ERRORS, SPREADS)
    def test_it_falls_with_depth(self, depth: int, error: float, spread: Spread) -> None:
        """One more molecule can raise it, as the critical number steps up; four times as many never do."""
        few, many = (
            lod(make_null(np.array([n]), np.array([error]), spread, DESIGN), RULE, 0.95) for n in (depth, 4 * depth)
        )
        if few is not None:
            assert many is not None
            assert many < few

    def test_its_mean_over_neighbouring_depths_falls(self) -> None:
        limits = [
            lod(make_null(np.array([n]), np.array([3e-4]), Spread(2.0), DESIGN), RULE, 0.95) or 1.0
            for n in range(400, 3_000, 13)
        ]
        means = np.convolve(limits, np.full(40, 1 / 40), "valid")
        assert (np.diff(means) < 0).all()
        assert (np.diff(limits) > 0).any()

    @settings(max_examples=30, deadline=None)
    @given(st.integers(40, 50_000), st.floats(math.log(1e-9), math.log(0.03)).map(math.exp), SPREADS)
    def test_it_rises_with_the_error_rate(self, depth: int, error: float, spread: Spread) -> None:
        clean, dirty = (
            lod(make_null(np.array([depth]), np.array([e]), spread, DESIGN), RULE, 0.95) for e in (error, 10 * error)
        )
        if dirty is not None:
            assert clean is not None
            assert clean <= dirty * 1.001 + 10 * error

    @settings(max_examples=40, deadline=None)
    @given(
        st.lists(st.tuples(st.integers(1, 9), ERRORS), min_size=1, max_size=3),
        st.integers(1, 4),
        st.integers(1, 40),
        st.floats(0.0, 1.0),
    )
    def test_power_is_the_sum_over_all_counts(
        self, strata: list[tuple[int, float]], min_alt: int, critical: int, fraction: float
    ) -> None:
        null = make_null(np.array([n for n, _ in strata]), np.array([e for _, e in strata]), Spread(2.0), DESIGN)
        # Strata of one score are joined there, with their mean error rate.
        assume(len(np.unique(null.score)) == len(null.score))
        p = np.minimum(fraction + (1.0 - fraction) * null.error, 1.0)
        exact = 0.0
        for counts in itertools.product(*(range(n + 1) for n in null.depth)):
            if sum(counts) >= min_alt and null.total(np.array(counts)) >= critical:
                exact += float(np.prod(binom.pmf(counts, null.depth, p)))
        assert Detection(null, min_alt, critical).power(fraction) == pytest.approx(exact, rel=1e-8, abs=1e-9)

    @pytest.mark.parametrize(
        ("depth", "error", "fraction"),
        [
            ([60_000, 90_000, 40_000], [1e-7, 3e-5, 2e-3], 4e-4),
            ([150_000, 50_000], [2e-2, 8e-3], 3e-3),
            ([20_000, 30_000, 10_000, 500], [1e-6, 1e-5, 1e-3, 0.1], 3e-4),
        ],
    )
    def test_power_is_that_of_repeats(self, depth: list[int], error: list[float], fraction: float) -> None:
        """Deep strata, whose scores are convolved by Fourier transform, against 200,000 draws."""
        null = make_null(np.array(depth), np.array(error), Spread(50.0), DESIGN)
        rng, draws = np.random.default_rng(5), 200_000
        alts = rng.binomial(null.depth, fraction + (1 - fraction) * null.error, (draws, len(depth)))
        scores = alts @ null.score
        for critical in np.quantile(scores, [0.05, 0.5, 0.95]).astype(int):
            share = ((scores >= critical) & (alts.sum(axis=1) >= 3)).mean()
            power = Detection(null, 3, int(critical)).power(fraction)
            assert power == pytest.approx(share, abs=5 * math.sqrt(0.25 / draws))

    def test_the_critical_score_separates_what_is_judged(self) -> None:
        null = make_null(np.array([900, 2_000]), np.array([1e-6, 4e-4]), Spread(1.5, 0.3, 0.4), DESIGN)
        critical = critical_score(null, RULE.alpha)
        for pair in itertools.product(range(6), range(40)):
            alt = np.array(pair)
            detected = null.total(alt) >= critical and alt.sum() >= RULE.min_alt
            assert judge(null, alt, RULE).is_detected is bool(detected), pair


class TestRecursion:
    @settings(max_examples=25, deadline=None)
    @given(
        st.lists(st.tuples(st.integers(1, 4_000), ERRORS), min_size=1, max_size=4),
        SPREADS,
    )
    def test_it_is_the_mixture_of_negative_binomials_written_out(
        self, strata: list[tuple[int, float]], spread: Spread
    ) -> None:
        """The number of errors is a mixture of negative binomials, the score that many draws of one error's."""
        null = make_null(np.array([n for n, _ in strata]), np.array([e for _, e in strata]), spread, DESIGN)
        assume(null.expected < 20.0)
        steps = 120
        share = np.zeros(steps + 1)
        for score, mean in zip(null.score, null.depth * null.error, strict=True):
            share[score] += mean / null.expected
        nodes = null.nodes
        mean = null.expected * nodes.scale
        exact, times = np.zeros(steps + 1), np.zeros(steps + 1)
        times[0] = 1.0
        for number in range(steps + 1):
            exact += times * float(nbinom.pmf(number, nodes.shape, nodes.shape / (nodes.shape + mean)) @ nodes.weight)
            times = np.convolve(times, share)[: steps + 1]
        assert score_masses(null, steps) == pytest.approx(exact, rel=1e-7, abs=1e-280)

    @settings(max_examples=40, deadline=None)
    @given(DEPTHS, ERRORS, SPREADS, st.integers(1, 60))
    def test_the_number_tail_is_that_of_the_mixture(self, depth: int, error: float, spread: Spread, alt: int) -> None:
        null = make_null(np.array([depth]), np.array([error]), spread, DESIGN)
        # With fewer errors the success probability of scipy's distribution rounds to 1.
        assume(null.expected > 1e-6)
        nodes = null.nodes
        exact = (
            nbinom.sf(alt - 1, nodes.shape, nodes.shape / (nodes.shape + null.expected * nodes.scale)) @ nodes.weight
        )
        assert number_tail(null, alt) == pytest.approx(float(exact), rel=1e-5, abs=1e-300)


class TestConfidence:
    @pytest.mark.parametrize("shape", [0.3, 1.0, 2.0, 20.0, 100.0])
    @pytest.mark.parametrize(
        ("depth", "alt", "error"),
        [(500, 0, 1e-4), (500, 7, 1e-3), (20_000, 40, 1e-3), (20_000, 400, 0.01), (200, 120, 0.2), (100_000, 90, 1e-6)],
    )
    def test_the_curve_is_its_definition_by_quadrature(self, shape: float, depth: int, alt: int, error: float) -> None:
        curve = confidence_curve(np.array([depth]), np.array([alt]), np.array([error]), Spread(shape))
        # Midpoints of equal parts of the gamma distribution's quantiles.
        factor, best = gamma.ppf((np.arange(PARTS) + 0.5) / PARTS, shape, scale=1 / shape), alt / depth
        weight = np.full(PARTS, 1.0 / PARTS)
        for f in (0.0, 0.3 * best, 0.8 * best, best, 1.2 * best + 1e-4, 2 * best + 1e-3):
            f = min(f, 1.0)
            p = np.minimum(f + (1.0 - f) * error * factor, 1.0)
            exact = float(betainc(alt + 0.5, depth - alt + 0.5, p) @ weight)
            assert curve(f) == pytest.approx(exact, abs=6e-4)

    @settings(max_examples=40, deadline=None)
    @given(DEPTHS, ERRORS, SHARES, SPREADS)
    def test_it_rises_from_nothing_to_certainty(self, depth: int, error: float, share: float, spread: Spread) -> None:
        curve = confidence_curve(np.array([depth]), np.array([round(depth * share)]), np.array([error]), spread)
        values = [curve(f) for f in np.linspace(0.0, 1.0, 60)]
        assert all(0.0 <= v <= 1.0 + 1e-12 for v in values)
        assert (np.diff(values) >= -1e-12).all()
        assert values[-1] == pytest.approx(1.0)
