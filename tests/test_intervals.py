"""Exact intervals against the distributions that define them."""

import pytest
from scipy.stats import binom, poisson

from csfgeno.intervals import events_high, events_low, share_high, share_low


@pytest.mark.parametrize(("hits", "tested"), [(1, 1), (3, 10), (10, 100), (0, 7), (7, 7)])
def test_a_share_against_the_binomial(hits: int, tested: int) -> None:
    if hits:
        assert binom.sf(hits - 1, tested, share_low(hits, tested)) == pytest.approx(0.025)
    if hits < tested:
        assert binom.cdf(hits, tested, share_high(hits, tested)) == pytest.approx(0.025)
    assert 0.0 <= share_low(hits, tested) < share_high(hits, tested) <= 1.0


def test_of_nobody_everything_is_possible() -> None:
    assert (share_low(0, 0), share_high(0, 0)) == (0.0, 1.0)


@pytest.mark.parametrize("events", [0, 1, 4, 50, 20_000])
def test_events_against_the_poisson(events: int) -> None:
    low, high = events_low(events), events_high(events)
    if events:
        assert poisson.sf(events - 1, low) == pytest.approx(0.025)
    assert poisson.cdf(events, high) == pytest.approx(0.025)
    assert 0.0 <= low <= events < high
