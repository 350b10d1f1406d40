"""When a change between two dates is claimed, against hand-calculated tests and simulated pairs."""

from dataclasses import replace
from datetime import date
from math import comb

import numpy as np
import pytest

from csfgeno.monitoring.change import Rule, compare, concentration_ratio, fisher_p, fraction_ratio
from csfgeno.records import SerialPoint
from csfgeno.vocab import CallState
from csfgeno.vocab.serial import SerialResult

RULE = Rule(level=0.95, spread=0.06)
DETECTED, ABSENT = CallState.DETECTED, CallState.NOT_DETECTED


def point(alt: int, depth: int, state: CallState | None = None, volume_ml: float | None = 5.0) -> SerialPoint:
    told = state or (DETECTED if alt >= 3 else ABSENT)
    return SerialPoint("C", date(2026, 1, 1), told, depth, alt, alt / depth, 0.0, 1.0, 0.004, volume_ml)


def naive_fisher(before: tuple[int, int], after: tuple[int, int]) -> float:
    """Sum the hypergeometric probabilities that are no larger than that of the table, by binomial coefficients."""
    (a, n), (b, m) = before, after
    total = comb(n + m, a + b)
    weights = [comb(n, k) * comb(m, a + b - k) for k in range(max(0, a + b - m), min(n, a + b) + 1)]
    own = comb(n, a) * comb(m, b)
    return sum(w for w in weights if w <= own * (1 + 1e-12)) / total


@pytest.mark.parametrize(
    ("before", "after"), [((5, 100), (14, 90)), ((0, 40), (6, 50)), ((3, 1200), (9, 1100)), ((20, 30), (5, 40))]
)
def test_p_is_that_of_the_tables_as_extreme(before: tuple[int, int], after: tuple[int, int]) -> None:
    assert fisher_p(before, after) == pytest.approx(naive_fisher(before, after), rel=1e-9)


@pytest.mark.parametrize(
    ("then", "now", "expected"),
    [
        ((455, 1198), (40, 1300), SerialResult.FELL),
        ((40, 1300), (455, 1198), SerialResult.ROSE),
        ((60, 1200), (0, 1290), SerialResult.NO_LONGER_DETECTED),
        ((0, 1210), (43, 1300), SerialResult.NEWLY_DETECTED),
        # 3 of 1,200 against 0 of 1,300: p = C(1200, 3) / C(2500, 3) = 0.11, so even "not detected" is no fall.
        ((3, 1200), (0, 1300), SerialResult.NO_CHANGE_SHOWN),
        ((5, 1312), (3, 1200), SerialResult.NO_CHANGE_SHOWN),
        # 30% and 32% of 10,000: p = 0.002, but two runs differ by as much.
        ((3000, 10000), (3200, 10000), SerialResult.NO_CHANGE_SHOWN),
        ((0, 1200), (1, 1300), SerialResult.NOT_COMPARABLE),
    ],
)
def test_a_change_is_named_as_the_counts_say(
    then: tuple[int, int], now: tuple[int, int], expected: SerialResult
) -> None:
    assert compare(point(*then), point(*now), RULE).result is expected


def test_without_the_spread_of_two_runs_counting_alone_would_claim_it() -> None:
    assert fisher_p((3000, 10000), (3200, 10000)) < 0.003
    assert compare(point(3000, 10000), point(3200, 10000), replace(RULE, spread=0.0)).result is SerialResult.ROSE


@pytest.mark.parametrize(
    "blind", [point(0, 40, CallState.NOT_ASSESSABLE), replace(point(9, 100), depth=None, alt=None)]
)
def test_what_cannot_be_assessed_is_never_compared(blind: SerialPoint) -> None:
    for pair in ((blind, point(40, 1300)), (point(40, 1300), blind)):
        change = compare(*pair, RULE)
        assert change.result is SerialResult.NOT_COMPARABLE
        assert change.p_value is change.ratio_low is None


def test_a_doubtful_rise_is_not_claimed_and_a_fall_to_doubt_is() -> None:
    doubtful = point(30, 1200, CallState.INDETERMINATE)
    assert compare(point(0, 1300), doubtful, RULE).result is SerialResult.NOT_COMPARABLE
    assert compare(point(5, 1300), doubtful, RULE).result is SerialResult.NO_CHANGE_SHOWN
    assert compare(point(455, 1198), doubtful, RULE).result is SerialResult.FELL


def test_ratios_are_those_of_fractions_and_of_molecules_per_ml() -> None:
    then, now = point(100, 1000, volume_ml=5.0), point(30, 1500, volume_ml=2.0)
    change = compare(then, now, RULE)
    assert change.vaf_ratio == pytest.approx(0.02 / 0.1)
    assert change.per_ml_ratio == pytest.approx(15 / 20)
    assert change.ratio_low is not None
    assert change.ratio_high is not None
    # Delta method: log SD = sqrt(1/100 - 1/1000 + 1/30 - 1/1500 + 2 x 0.06^2) = 0.221.
    assert change.ratio_low == pytest.approx(0.2 * np.exp(-1.96 * 0.221), rel=0.05)
    assert change.ratio_high == pytest.approx(0.2 * np.exp(1.96 * 0.221), rel=0.05)
    assert then.alt_per_ml == 20.0
    assert concentration_ratio(then, replace(now, volume_ml=None), 0.95).value is None


def test_an_end_without_molecules_is_open() -> None:
    gone = fraction_ratio((60, 1200), (0, 1290), RULE)
    assert (gone.value, gone.low) == (None, None)
    assert gone.high is not None
    assert gone.high < 0.1
    new = fraction_ratio((0, 1210), (43, 1300), RULE)
    assert (new.value, new.high) == (None, None)


@pytest.mark.parametrize("molecules", [3, 20, 200])
def test_false_changes_are_rarer_than_one_in_twenty(molecules: int) -> None:
    """Pairs of equal fraction, each run moved by the spread: 400 pairs, of which chance allows 31 (99.9%) at 5%."""
    rng = np.random.default_rng(molecules)
    fractions = molecules / 2_000 * np.exp(rng.normal(0.0, RULE.spread, size=(400, 2)))
    pairs = rng.binomial(2_000, fractions)
    claimed = [compare(point(int(a), 2_000, DETECTED), point(int(b), 2_000, DETECTED), RULE).result for a, b in pairs]
    assert sum(result is not SerialResult.NO_CHANGE_SHOWN for result in claimed) <= 31


@pytest.mark.parametrize("factor", [2.0, 0.5])
def test_true_changes_of_many_molecules_are_shown(factor: float) -> None:
    rng = np.random.default_rng(5)
    pairs = zip(rng.binomial(4_000, 0.05, 50), rng.binomial(4_000, 0.05 * factor, 50), strict=True)
    results = [compare(point(int(a), 4_000), point(int(b), 4_000), RULE).result for a, b in pairs]
    wanted = SerialResult.ROSE if factor > 1 else SerialResult.FELL
    assert results.count(wanted) >= 49
