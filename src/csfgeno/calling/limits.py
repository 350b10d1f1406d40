"""The rule of detection and its limit: the smallest allele fraction that the same molecules would have shown.

LoD95 of an allele is the fraction at which these molecules, this background and this rule detect it in 95 of 100
repeats. It is computed, never a constant (CLSI EP17-A2 defines the limit by the hit rate).
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.optimize import brentq
from scipy.signal import fftconvolve
from scipy.special import gammaln

from csfgeno.calling.likelihood import (
    LOWEST_LOG_P,
    Counts,
    NullModel,
    Vector,
    log_tails,
    number_tail,
    score_masses,
)

SMALL_ALPHA: Final = 1e-8
"""Above it a tail is one less the masses below, which leaves an error of 1e-14; below it the tail itself is summed."""


LONG_SCORES: Final = 500
"""From this many scores on a Fourier transform convolves faster than the sum."""


@dataclass(frozen=True, slots=True)
class Rule:
    """An allele is detected with at least `min_alt` mutant molecules and a null probability of at most `alpha`."""

    alpha: float
    min_alt: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the rule says of observed molecules: natural log of the null probability, and whether it is detected."""

    log_p: float
    is_detected: bool


def judge(null: NullModel, alt: Counts, rule: Rule) -> Verdict:
    """Return the verdict on `alt` mutant molecules, shape (stratum,) of `null`."""
    score, asked = null.total(alt), math.log(rule.alpha)
    if score == 0:
        return Verdict(0.0, is_detected=False)
    log_p = _log_p(null, score)
    return Verdict(log_p, is_detected=log_p <= asked and int(alt.sum()) >= rule.min_alt)


def may_be_detected(null: NullModel, alt: Counts, rule: Rule) -> bool:
    """Return whether the number of mutant molecules alone leaves a detection open; quick, and never wrong if not.

    Any n molecules score at least n times the lightest one, so `P(score >= t) >= P(molecules >= t / lightest)`: where
    that exceeds alpha, so does the null probability.
    """
    if int(alt.sum()) < max(rule.min_alt, 1):
        return False
    return number_tail(null, null.total(alt) / int(null.score.min())) <= rule.alpha


def _log_p(null: NullModel, score: int) -> float:
    # A score takes at least this many molecules; if even their number is too rare to follow, so is the score.
    fewest = number_tail(null, score / int(null.score.max()))
    if fewest == 0.0 or math.log(fewest) <= LOWEST_LOG_P:
        return LOWEST_LOG_P
    upper = 1.0 - float(score_masses(null, score - 1).sum()) if null.expected > 0.0 else 0.0
    return math.log(min(upper, 1.0)) if upper > SMALL_ALPHA else float(log_tails(null, score)[score])


def lod(null: NullModel, rule: Rule, power: float, families_per_molecule: float = 1.0) -> float | None:
    """Return the smallest fraction detected with probability `power`, or `None` if no fraction is.

    Power counts sampling of mutant molecules and errors at their mean rate; it rises with the fraction, so the limit
    is a root. `families_per_molecule` is as in `Detection`.
    """
    # If not even all molecules together would be detected, no fraction is.
    if not may_be_detected(null, null.depth, rule):
        return None
    detection = Detection(null, rule.min_alt, critical_score(null, rule.alpha), families_per_molecule)

    def excess(log_fraction: float) -> float:
        return detection.power(math.exp(log_fraction)) - power

    low, high = math.log(0.01 / float(null.depth.sum())), 0.0
    if excess(high) < 0.0:
        return None
    if excess(low) >= 0.0:
        return math.exp(low)
    return math.exp(brentq(excess, low, high, xtol=1e-4))


def critical_score(null: NullModel, alpha: float) -> int:
    """Return the smallest score whose null probability is at most `alpha`."""
    size = int(null.score.max()) * (2 + int(null.expected))
    while True:
        tails = _upper_tails(null, size, alpha)
        reached = np.flatnonzero(tails <= alpha)
        if len(reached):
            return int(reached[0])
        size *= 2


def _upper_tails(null: NullModel, size: int, alpha: float) -> Vector:
    """Return `P(score >= t)` for t = 0 ... `size`, exact to a millionth of `alpha`."""
    if null.expected <= 0.0 or alpha < SMALL_ALPHA:
        return np.exp(log_tails(null, size))
    below = np.concatenate([[0.0], np.cumsum(score_masses(null, size))])
    return np.asarray(1.0 - below[: size + 1])


class Detection:
    """How likely a rule is to detect an allele of some fraction.

    Detected are at least `min_alt` mutant molecules with a total score of at least `critical`. The probability of
    missing is followed exactly: scores below `critical` by convolution over the strata, and few but heavy molecules
    by their number and score. Strata of equal score are joined, with their mean error rate.

    METHOD: where strands cannot be paired, each molecule may count `families_per_molecule` times. Errors of two strands
    are independent, so the null keeps all families; mutant molecules are drawn from the fewest there can be.
    """

    def __init__(self, null: NullModel, min_alt: int, critical: int, families_per_molecule: float = 1.0) -> None:
        self._critical, self._min_alt = critical, min_alt
        self._score = np.unique(null.score)
        rows = [null.score == s for s in self._score]
        self._depth = [int(null.depth[r].sum() / families_per_molecule) for r in rows]
        self._error = [float(np.average(null.error[r], weights=null.depth[r])) for r in rows]
        # Per stratum: numbers of molecules that alone do not reach the critical score, or are fewer than min_alt.
        most = [max(min_alt, -(-critical // int(s))) for s in self._score]
        self._alt = [np.arange(min(n, m) + 1) for n, m in zip(self._depth, most, strict=True)]
        self._log_choose = [_log_choose(n, k) for n, k in zip(self._depth, self._alt, strict=True)]

    def power(self, fraction: float) -> float:
        """Return the probability that an allele of this fraction is detected."""
        masses = [self._mass(g, fraction) for g in range(len(self._score))]
        return max(0.0, 1.0 - self._miss_by_score(masses) - self._miss_by_number(masses))

    def _mass(self, g: int, fraction: float) -> Vector:
        """Return the binomial probabilities of few mutant molecules of stratum `g`."""
        p = min(fraction + (1.0 - fraction) * self._error[g], 1.0 - 1e-12)
        k = self._alt[g]
        return np.asarray(np.exp(self._log_choose[g] + k * math.log(p) + (self._depth[g] - k) * math.log1p(-p)))

    def _miss_by_score(self, masses: list[Vector]) -> float:
        """Return the probability of a total score below the critical one."""
        below = np.ones(1)
        for score, mass in zip(self._score.tolist(), masses, strict=True):
            spread = np.zeros(self._critical)
            reached = spread[::score]
            reached[: len(mass)] = mass[: len(reached)]
            below = _convolve(below, spread)[: self._critical]
        return float(below.sum())

    def _miss_by_number(self, masses: list[Vector]) -> float:
        """Return the probability of a sufficient score from fewer than `min_alt` molecules."""
        state = {(0, 0): 1.0}
        for score, mass in zip(self._score.tolist(), masses, strict=True):
            after: dict[tuple[int, int], float] = {}
            for (number, total), p in state.items():
                for k in range(min(self._min_alt - number, len(mass))):
                    key = (number + k, min(total + k * score, self._critical))
                    after[key] = after.get(key, 0.0) + p * float(mass[k])
            state = after
        return sum(p for (_, total), p in state.items() if total >= self._critical)


def _convolve(one: Vector, other: Vector) -> Vector:
    """Return the sums of two scores; long ones by Fourier transform, whose error of 1e-15 a power does not notice."""
    if min(len(one), len(other)) < LONG_SCORES:
        return np.convolve(one, other)
    return np.asarray(np.maximum(fftconvolve(one, other), 0.0))


def _log_choose(n: int, k: Counts) -> Vector:
    return np.asarray(gammaln(n + 1.0) - gammaln(k + 1.0) - gammaln(n - k + 1.0))
