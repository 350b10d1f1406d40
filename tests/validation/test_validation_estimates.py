"""Intervals against tables and hand calculation."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csfgeno.validation.estimates import Share, mean_of, percentile_of, rate_of, spread_of
from tests.validation.conftest import bounds


def test_no_hit_in_sixty_is_below_six_percent() -> None:
    """Of 0 in n, the upper end is 1 - 0.025^(1/n)."""
    estimate = Share(0, 60).estimate
    assert estimate is not None
    assert (estimate.value, estimate.low) == (0.0, 0.0)
    assert estimate.high == pytest.approx(1 - 0.025 ** (1 / 60))


def test_of_twenty_of_twenty_the_lower_end_is_83_percent() -> None:
    estimate = Share(20, 20).estimate
    assert estimate is not None
    assert estimate.low == pytest.approx(0.025 ** (1 / 20))


def test_nothing_of_nothing_has_no_share() -> None:
    assert Share(0, 0).estimate is None


def test_rate_of_events_matches_the_poisson_table() -> None:
    """Table of exact Poisson limits: 0 events 0-3.689, 3 events 0.619-8.767."""
    none, three = rate_of(0, 1), rate_of(3, 100)
    assert none.high == pytest.approx(3.689, abs=5e-4)
    assert three.value == 0.03
    assert bounds(three) == pytest.approx((0.00619, 0.08767), abs=1e-5)


def test_mean_of_four_values_by_hand() -> None:
    """Mean 2.5, SD 1.29099, t(3) = 3.1824: half width 2.0542."""
    estimate = mean_of([1.0, 2.0, 3.0, 4.0])
    assert bounds(estimate) == pytest.approx((0.4458, 4.5542), abs=1e-4)
    assert mean_of([1.0]).low is None


def test_spread_of_ten_degrees_by_hand() -> None:
    """chi-square(10): 3.247 and 20.483."""
    estimate = spread_of(4.0, 10)
    assert estimate.value == 2.0
    assert estimate.low == pytest.approx(math.sqrt(40 / 20.483), abs=1e-4)
    assert estimate.high == pytest.approx(math.sqrt(40 / 3.247), abs=1e-3)


def test_percentile_of_sixty_blanks_is_at_rank_57_and_a_half() -> None:
    """CLSI EP17-A2: rank 0.5 + 60 * 0.95 = 57.5, halfway between the 57th and the 58th value."""
    estimate = percentile_of([float(i) for i in range(1, 61)], 0.95)
    assert estimate.value == 57.5
    # P(Bin(60, .95) <= 53) = 0.030 and <= 52: 0.010; so the 53rd value is below with more than 97.5%.
    assert (estimate.low, estimate.high) == (53.0, None)


@settings(max_examples=25)
@given(st.integers(20, 400), st.integers(0, 2**31))
def test_percentile_lies_in_its_interval(count: int, seed: int) -> None:
    values = np.random.default_rng(seed).normal(size=count).tolist()
    estimate = percentile_of(values, 0.95)
    assert (estimate.low if estimate.low is not None else -math.inf) <= estimate.value
    assert estimate.value <= (estimate.high if estimate.high is not None else math.inf)


def test_interval_of_a_percentile_covers_it() -> None:
    """Of 2,000 samples of 200, the interval holds the true percentile in at least 95%."""
    rng = np.random.default_rng(11)
    truth = 0.95
    held = 0
    for _ in range(2000):
        estimate = percentile_of(rng.random(200).tolist(), 0.95)
        held += (estimate.low or 0.0) <= truth <= (1.0 if estimate.high is None else estimate.high)
    assert held / 2000 >= 0.945
