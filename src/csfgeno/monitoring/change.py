"""Whether the fraction of an allele or junction changed between two dates, or counting and two runs explain it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np
from scipy.stats import fisher_exact, gamma

from csfgeno.compartments.fractions import Ratio, Vector, fraction_nodes, middle_levels, spread_nodes
from csfgeno.records import SerialChange, SerialPoint
from csfgeno.vocab import CallState
from csfgeno.vocab.serial import SerialResult

NODES: Final = 120
SPREAD_NODES: Final = 15

Point = TypeVar("Point")


@dataclass(frozen=True, slots=True)
class Rule:
    """When a change is claimed: coverage of the intervals, and spread of a fraction between two runs."""

    level: float
    spread: float


def since(points: Sequence[Point]) -> tuple[Point, ...]:
    """Return the points that the latest one is compared with: the one before it and the first, once if they are one."""
    return (points[-2],) if len(points) == 2 else (points[-2], points[0])


def changes_of(points: Sequence[SerialPoint], rule: Rule) -> tuple[SerialChange, ...]:
    """Return how the latest point differs from the one before it and from the first."""
    return tuple(compare(then, points[-1], rule) for then in since(points))


def compare(then: SerialPoint, now: SerialPoint, rule: Rule) -> SerialChange:
    """Return how the latest point differs from an earlier one.

    METHOD: a change is claimed only if Fisher's exact test on mutant and other molecules gives p <= 1 - level *and* the
    interval of the ratio, widened by the spread between two runs, leaves out 1. The test holds the false claims below
    1 - level at few molecules; the spread holds them at many, where counting alone would call every difference real.
    """
    if not (_is_countable(then) and _is_countable(now)) or CallState.DETECTED not in (then.state, now.state):
        return SerialChange(then.case_id, SerialResult.NOT_COMPARABLE)
    before, after = _counts(then), _counts(now)
    p_value = fisher_p(before, after)
    ratio = fraction_ratio(before, after, rule)
    per_ml = concentration_ratio(then, now, rule.level)
    return SerialChange(
        since_case_id=then.case_id,
        result=_decide(then, now, p_value, ratio, rule),
        p_value=p_value,
        vaf_ratio=ratio.value,
        ratio_low=ratio.low,
        ratio_high=ratio.high,
        per_ml_ratio=per_ml.value,
        per_ml_low=per_ml.low,
        per_ml_high=per_ml.high,
    )


def fisher_p(before: tuple[int, int], after: tuple[int, int]) -> float:
    """Return the two-sided p-value of Fisher's exact test of two fractions, each mutant molecules and depth."""
    table = np.array([[alt, depth - alt] for alt, depth in (before, after)])
    return float(fisher_exact(table).pvalue)


def fraction_ratio(before: tuple[int, int], after: tuple[int, int], rule: Rule) -> Ratio:
    """Return the later fraction over the earlier, with an interval that holds counting and the spread of two runs.

    METHOD: quantiles of the quotient of two Jeffreys posteriors times a log-normal factor of SD sqrt(2) x spread.
    """
    one, other = (fraction_nodes(*counts, NODES) for counts in (after, before))
    factors = spread_nodes(math.sqrt(2.0) * rule.spread, SPREAD_NODES)
    quotients = (one[:, None] / other[None, :])[..., None] * factors
    return _ratio(quotients, (before[0], after[0]), (before[1], after[1]), rule.level)


def concentration_ratio(then: SerialPoint, now: SerialPoint, level: float) -> Ratio:
    """Return the ratio of recovered mutant molecules per mL; it supposes that both runs lost the same share.

    METHOD: quotient of two Jeffreys posteriors of Poisson means. No change is claimed from it.
    """
    if not (then.volume_ml and now.volume_ml) or then.alt is None or now.alt is None or not (then.alt or now.alt):
        return Ratio(None, None, None)
    levels = middle_levels(NODES)
    one, other = (np.asarray(gamma.ppf(levels, alt + 0.5)) / ml for alt, ml in _amounts(then, now))
    return _ratio(one[:, None] / other[None, :], (then.alt, now.alt), (then.volume_ml, now.volume_ml), level)


def _amounts(then: SerialPoint, now: SerialPoint) -> tuple[tuple[int, float], tuple[int, float]]:
    return (now.alt or 0, now.volume_ml or math.nan), (then.alt or 0, then.volume_ml or math.nan)


def _ratio(quotients: Vector, alts: tuple[int, int], wholes: tuple[float, float], level: float) -> Ratio:
    side = (1.0 - level) / 2.0
    low, high = np.quantile(quotients, (side, 1.0 - side)).tolist()
    value = alts[1] / wholes[1] / (alts[0] / wholes[0]) if all(alts) else None
    return Ratio(value, low if alts[1] else None, high if alts[0] else None)


def _decide(then: SerialPoint, now: SerialPoint, p_value: float, ratio: Ratio, rule: Rule) -> SerialResult:
    if p_value > 1.0 - rule.level:
        return SerialResult.NO_CHANGE_SHOWN
    if ratio.low is not None and ratio.low > 1.0 and now.state is CallState.DETECTED:
        return SerialResult.NEWLY_DETECTED if then.state is CallState.NOT_DETECTED else SerialResult.ROSE
    if ratio.high is not None and ratio.high < 1.0 and then.state is CallState.DETECTED:
        return SerialResult.NO_LONGER_DETECTED if now.state is CallState.NOT_DETECTED else SerialResult.FELL
    return SerialResult.NO_CHANGE_SHOWN


def _is_countable(point: SerialPoint) -> bool:
    return point.state is not CallState.NOT_ASSESSABLE and bool(point.depth)


def _counts(point: SerialPoint) -> tuple[int, int]:
    return point.alt or 0, point.depth or 0
