"""The null distribution and the interval against independent calculation."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from scipy.special import logsumexp
from scipy.stats import nbinom, poisson

from csfgeno.calling import _panjer_twin
from csfgeno.calling.likelihood import (
    HAS_NATIVE_PANJER,
    LOWEST_LOG_P,
    NullModel,
    log_tails,
    make_null,
    number_tail,
    score_masses,
)
from csfgeno.errormodel.spread import Spread, halve

DESIGN = 0.002


@pytest.mark.parametrize(("depth", "error", "dispersion"), [(5_000, 1e-3, 2.0), (200_000, 1e-4, 0.5), (50, 1e-9, 10.0)])
def test_one_stratum_is_negative_binomial(depth: int, error: float, dispersion: float) -> None:
    null = make_null(np.array([depth]), np.array([error]), Spread(dispersion), DESIGN)
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
    null = make_null(depth, error, Spread(dispersion), DESIGN)
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


@settings(max_examples=60, deadline=None)
@example([(200_000, 0.01)], 2.0)
@example([(200_000, 1e-9), (200_000, 1e-4)], 0.2)
@given(
    st.lists(st.tuples(st.integers(0, 200_000), st.floats(1e-9, 0.01)), min_size=1, max_size=5),
    st.floats(0.2, 100.0),
)
def test_tails_are_probabilities_and_decrease(strata: list[tuple[int, float]], dispersion: float) -> None:
    # The recursion takes steps in proportion to this.
    assume(sum(n * e for n, e in strata) <= 10_000 * dispersion)
    null = make_null(np.array([n for n, _ in strata]), np.array([e for _, e in strata]), Spread(dispersion), DESIGN)
    if not len(null.depth):
        return
    tails = log_tails(null, 60)
    assert np.isfinite(tails).all()
    assert tails[0] == pytest.approx(0.0, abs=1e-6)
    assert (np.diff(tails) <= 1e-12).all()


def test_a_duplex_molecule_weighs_more_than_a_singleton() -> None:
    null = make_null(np.array([100, 100, 100]), np.array([1e-6, 3e-5, 1e-3]), Spread(2.0), DESIGN)
    assert null.score[0] > null.score[1] > null.score[2] >= 1


class TestMixture:
    """What is not known of rate and shape makes the tail heavier, by the mean over what may be true."""

    DEPTH, ERROR = np.array([4_000, 1_000]), np.array([8e-4, 3e-5])

    def test_it_is_the_mean_over_its_nodes(self) -> None:
        spread = Spread(2.0, shape_sd=0.3, rate_sd=0.2)
        null, nodes = make_null(self.DEPTH, self.ERROR, spread, DESIGN), spread.nodes()
        mean = sum(
            w * np.exp(log_tails(NullModel(null.depth, null.error * scale, null.score, Spread(shape)), 60)[:61])
            for scale, shape, w in zip(nodes.scale, nodes.shape, nodes.weight, strict=True)
        )
        assert np.exp(log_tails(null, 60)[:61]) == pytest.approx(mean, rel=1e-9)

    def test_nodes_have_mean_one(self) -> None:
        for rate_sd in (0.0, 0.1, 0.5, 1.0):
            nodes = Spread(2.0, 0.5, rate_sd).nodes()
            assert nodes.weight.sum() == pytest.approx(1.0)
            assert nodes.scale @ nodes.weight == pytest.approx(1.0)

    @pytest.mark.parametrize("rate_sd", [0.1, 0.3, 0.6])
    def test_a_log_normal_rate_is_integrated(self, rate_sd: float) -> None:
        """Against 200,001 points of the log rate."""
        x = np.linspace(-8, 8, 20_001)
        weight = np.exp(-(x**2) / 2)
        weight /= weight.sum()
        mean = 4.0 * np.exp(rate_sd * x - rate_sd**2 / 2)
        null = make_null(np.array([5_000]), np.array([8e-4]), Spread(1.5, rate_sd=rate_sd), DESIGN)
        for alt in (8, 16, 24):
            exact = float(nbinom.sf(alt - 1, 1.5, 1.5 / (1.5 + mean)) @ weight)
            assert math.exp(log_tails(null, alt * int(null.score[0]))[alt * int(null.score[0])]) == pytest.approx(
                exact, rel=0.05
            )

    def test_the_number_of_errors_has_the_same_distribution(self) -> None:
        null = make_null(np.array([5_000]), np.array([8e-4]), Spread(1.5, 0.3, 0.2), DESIGN)
        tails = np.exp(log_tails(null, 30 * int(null.score[0])))
        for alt in (0, 1, 5, 30):
            assert number_tail(null, alt) == pytest.approx(tails[alt * int(null.score[0])], rel=1e-9)


@pytest.mark.skipif(not HAS_NATIVE_PANJER, reason="built without a compiler")
@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 200_000), st.floats(1e-9, 0.01)), min_size=1, max_size=5),
    st.floats(0.2, 100.0),
    st.floats(0.0, 1.0),
)
def test_the_compiled_recursion_is_the_plain_one(strata: list[tuple[int, float]], shape: float, rate_sd: float) -> None:
    from csfgeno.calling._panjer import compound

    null = make_null(
        np.array([n for n, _ in strata]), np.array([e for _, e in strata]), Spread(shape, 0.3, rate_sd), 1e-3
    )
    share = np.bincount(null.score, null.depth * null.error) / null.expected
    score, nodes = np.flatnonzero(share), null.nodes
    given = (score, share[score], null.expected * nodes.scale, nodes.shape, nodes.weight, 200)
    assert compound(*given) == pytest.approx(_panjer_twin.compound(*given), rel=1e-10, abs=1e-300)


def test_masses_at_great_depth_sum_to_one() -> None:
    """2,000 errors expected, at sites as uneven as the model allows."""
    null = make_null(np.array([200_000]), np.array([0.01]), Spread(0.2, 0.3, 0.3), DESIGN)
    masses = score_masses(null, 200_000)
    assert (masses >= 0.0).all()
    assert 0.999 < masses.sum() <= 1.0 + 1e-9


class TestTwoFactors:
    """A site differs by what lasts and by what is new; without normals each has half of the variation."""

    @pytest.mark.parametrize("shape", [0.2, 1.5, 100.0])
    def test_halves_have_the_variance_of_the_whole(self, shape: float) -> None:
        gamma, log_normal = halve(shape)
        assert math.expm1(log_normal) == pytest.approx(1.0 / gamma)
        assert Spread(gamma, rate_sd=math.sqrt(log_normal)).overall == pytest.approx(shape)

    def test_a_product_is_large_more_often_than_one_factor(self) -> None:
        """Errors of a million sites whose factor is a product of two: one gamma factor promises a tenth of the tail."""
        rng = np.random.default_rng(4)
        gamma, log_normal = halve(1.5)
        sd = math.sqrt(log_normal)
        factor = rng.gamma(gamma, 1.0 / gamma, 1_000_000) * rng.lognormal(-log_normal / 2, sd, 1_000_000)
        seen = rng.poisson(20.0 * factor)
        depth, error = np.array([20_000]), np.array([1e-3])
        for alt in (100, 150, 200):
            share = float((seen >= alt).mean())
            product = number_tail(make_null(depth, error, Spread(gamma, rate_sd=sd), DESIGN), alt)
            single = number_tail(make_null(depth, error, Spread(1.5), DESIGN), alt)
            assert product == pytest.approx(share, rel=0.3)
            assert single < (0.3 if alt == 200 else 1.0) * share
