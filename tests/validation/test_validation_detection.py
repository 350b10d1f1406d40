"""Limits of blank and of detection against hand calculation, another fit, and simulated truth."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import norm

from csfgeno.validation.detection import find_limits, fit_probit, hit_rates
from csfgeno.validation.estimates import Share
from csfgeno.vocab import CallState
from tests.validation.conftest import ABSENT, bounds, result, series

SERIES = {0.001: (3, 20), 0.002: (8, 20), 0.004: (15, 20), 0.008: (19, 20), 0.016: (20, 20)}


def scoring(levels: dict[float, tuple[int, int]]) -> tuple[float, float]:
    """Return intercept and slope of a probit regression on log10 VAF by Fisher's scoring."""
    x = np.log10(list(levels))
    design = np.column_stack([np.ones_like(x), x])
    k, n = (np.array(values, dtype=float) for values in zip(*levels.values(), strict=True))
    beta: NDArray[np.float64] = np.zeros(2)
    for _ in range(200):
        eta = design @ beta
        p = np.clip(norm.cdf(eta), 1e-12, 1 - 1e-12)
        weight = n * norm.pdf(eta) ** 2 / (p * (1 - p))
        working = eta + (k / n - p) / norm.pdf(eta)
        beta = np.linalg.solve(design.T @ (weight[:, None] * design), design.T @ (weight * working))
    return float(beta[0]), float(beta[1])


def test_probit_agrees_with_fishers_scoring() -> None:
    intercept, slope = scoring(SERIES)
    limits = find_limits("SNV", series(SERIES), 0.95)
    assert limits.lod is not None
    assert limits.lod.value == pytest.approx(10 ** ((norm.ppf(0.95) - intercept) / slope), rel=1e-5)


def test_profile_interval_is_where_the_deviance_is_3_84() -> None:
    """By brute force over a grid of curves."""
    limits = find_limits("SNV", series(SERIES), 0.95)
    x = np.log10(list(SERIES))
    k, n = (np.array(values, dtype=float)[:, None] for values in zip(*SERIES.values(), strict=True))
    scales = np.exp(np.linspace(-3, 2, 1500))

    def best(log_limit: float) -> float:
        z = (x[:, None] - (log_limit - norm.ppf(0.95) * scales)) / scales
        return float((k * norm.logcdf(z) + (n - k) * norm.logsf(z)).sum(axis=0).max())

    assert limits.lod is not None
    low, high = bounds(limits.lod)
    top = best(math.log10(limits.lod.value))
    for bound in (low, high):
        assert 2 * (top - best(math.log10(bound))) == pytest.approx(3.841, abs=0.01)
    assert low < limits.lod.value < high


def test_limit_covers_the_truth_in_95_of_100_series() -> None:
    rng = np.random.default_rng(3)
    middle, scale = math.log10(0.003), 0.3
    truth = 10 ** (middle + norm.ppf(0.95) * scale)
    levels = (0.001, 0.002, 0.004, 0.008, 0.016)
    held = fitted = 0
    for _ in range(120):
        hits = {v: (int(rng.binomial(20, norm.cdf((math.log10(v) - middle) / scale))), 20) for v in levels}
        lod = find_limits("SNV", series(hits), 0.95).lod
        if lod is not None:
            fitted += 1
            held += (lod.low or 0.0) <= truth <= (lod.high or math.inf)
    assert fitted > 105
    assert 0.89 <= held / fitted <= 0.995


@pytest.mark.parametrize(
    "levels",
    [
        {0.001: (0, 20), 0.002: (20, 20)},
        {0.001: (0, 20), 0.002: (9, 20), 0.004: (20, 20)},
        {0.001: (0, 20), 0.002: (0, 20)},
        {0.001: (20, 20)},
        {},
    ],
    ids=["separated", "one mixed level", "never", "always", "nothing"],
)
def test_without_overlap_no_curve_is_claimed(levels: dict[float, tuple[int, int]]) -> None:
    limits = find_limits("SNV", series(levels), 0.95)
    assert limits.curve is None
    assert limits.lod is None


def test_lowest_level_that_holds_with_all_above_it() -> None:
    levels = {0.001: (20, 20), 0.002: (18, 20), 0.004: (19, 20), 0.008: (20, 20)}
    assert find_limits("SNV", series(levels), 0.95).lod_observed == 0.004
    assert find_limits("SNV", series({0.001: (18, 20)}), 0.95).lod_observed is None


def test_indeterminate_is_a_miss_and_unanswered_does_not_count() -> None:
    results = [
        result(0.01, 0.01),
        result(0.01, 0.01, CallState.INDETERMINATE),
        result(0.01, None, CallState.NOT_ASSESSABLE),
    ]
    assert hit_rates(results) == {0.01: Share(1, 2)}


def test_classical_limits_by_hand() -> None:
    """Blanks 0, 0, 0.001, 0.001: mean 0.0005, SD 0.00057735; the low level 0.001, 0.003: SD 0.00141421."""
    blanks = [result(0.0, vaf, ABSENT) for vaf in (0.0, 0.0, 0.001, 0.001)]
    low = [result(0.002, vaf) for vaf in (0.001, 0.003)]
    high = [result(0.02, vaf) for vaf in (0.01, 0.03)]
    limits = find_limits("SNV", [*blanks, *low, *high], 0.95)
    assert limits.lob_classical == pytest.approx(0.0005 + 1.6448536 * 0.00057735, rel=1e-5)
    assert limits.lod_classical == pytest.approx(0.0005 + 1.6448536 * (0.00057735 + 0.00141421), rel=1e-5)


def test_poor_fit_shows_in_its_p_value() -> None:
    good = fit_probit(hit_rates(series(SERIES)))
    odd = fit_probit(hit_rates(series({0.001: (10, 20), 0.002: (18, 20), 0.004: (6, 20), 0.008: (18, 20)})))
    assert good is not None
    assert odd is not None
    assert (good.fit_p or 0.0) > 0.5
    assert (odd.fit_p if odd.fit_p is not None else 1.0) < 0.001
