"""Evidence against background: a score of the mutant molecules, its null probability, and a likelihood ratio.

A mutant molecule of stratum g scores `w_g = log((f + e_g) / e_g)`, what it adds to the log-likelihood ratio of allele
fraction f (`design_vaf`) over none, when e_g is its error rate: a duplex molecule weighs more than a raw one. Scores
are rounded to a grid, so the null distribution of their sum is exact and discrete.

Null: a site differs from its context by a gamma factor of mean 1 and shape k. Given the factor, errors are Poisson, so
their number is negative binomial with mean `sum n_g e_g` and shape k, and the score is a compound negative binomial.
Its probabilities follow from Panjer's recursion, whose terms are all positive, so tails keep full relative precision
(Panjer 1981, doi:10.1017/S0515036100006796).
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import xlog1py, xlogy
from scipy.stats import beta

Vector = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]

GRID_NATS: Final = 0.5
"""Width of one score step."""

LOWEST_LOG_P: Final = -100.0 * math.log(10.0)
"""Null probabilities are followed down to 1e-100; smaller ones are given as that."""

_TAIL_NATS: Final = 30.0
_TAIL_ERRORS: Final = 10.0
"""How far past the wanted score the null is summed: until it has decayed by 30 nats, and 10 errors more."""


@dataclass(frozen=True, slots=True)
class NullModel:
    """Scores and error rates of the molecules at one allele.

    Attributes
    ----------
    depth, error, score
        Molecules, error rate and score of a mutant molecule in score steps (at least 1), shape (stratum,).
    dispersion
        Gamma shape of the site factor.
    """

    depth: Counts
    error: Vector
    score: Counts
    dispersion: float

    def total(self, alt: Counts) -> int:
        """Return the score of `alt` mutant molecules by stratum."""
        return int((self.score * alt).sum())


def make_null(depth: Counts, error: Vector, dispersion: float, design_vaf: float) -> NullModel:
    """Return the null model of an allele; strata without molecules are dropped."""
    present = depth > 0
    # METHOD: weights are optimal at the design fraction and stay valid at any other; only power depends on them.
    weight = np.log1p(design_vaf / error[present])
    score = np.maximum(np.rint(weight / GRID_NATS), 1).astype(np.int64)
    return NullModel(depth[present], error[present], score, dispersion)


def log_tails(null: NullModel, size: int) -> Vector:
    """Return `log P(score >= t)` under the null for t = 0 ... `size` at least, decreasing.

    The terms are summed from the smallest up, and far enough past `size` that the rest is below 1e-12 of the tail.
    """
    mean = null.depth * null.error
    expected = float(mean.sum())
    if expected <= 0.0:
        return np.where(np.arange(size + 1) == 0, 0.0, LOWEST_LOG_P)
    share = np.bincount(null.score, mean) / expected
    decay = np.log1p(null.dispersion / expected)
    steps = size + int(share.size * (_TAIL_NATS / decay + expected + _TAIL_ERRORS))
    with np.errstate(divide="ignore"):
        log_mass = np.log(_panjer(share.tolist(), expected, null.dispersion, steps))
    tails: Vector = np.logaddexp.accumulate(log_mass[::-1])[::-1]
    return np.clip(tails, LOWEST_LOG_P, 0.0)


def _panjer(share: list[float], expected: float, shape: float, steps: int) -> list[float]:
    """Return the probabilities of a compound negative binomial at 0 ... `steps`.

    `share[j]` is the probability that one error scores j. With shapes up to 100 the first term does not underflow.
    """
    q = expected / (expected + shape)
    b = (shape - 1.0) * q
    scored = [(j, p) for j, p in enumerate(share) if p > 0.0]
    mass = [math.exp(-shape * math.log1p(expected / shape))] + [0.0] * steps
    for t in range(1, steps + 1):
        mass[t] = sum((q + b * j / t) * p * mass[t - j] for j, p in scored if j <= t)
    return mass


def log_likelihood_ratio(depth: Counts, alt: Counts, error: Vector) -> float:
    """Return `max_f log L(f) - log L(0)` of the allele fraction f, molecules independent, binomial by stratum.

    L(f) has success probability `f + (1 - f) e_g` in stratum g. Not negative; zero without mutant molecules.
    """
    used = depth > 0
    n, k, e = depth[used].astype(float), alt[used].astype(float), error[used]
    if k.sum() == 0:
        return 0.0

    def log_likelihood(f: float) -> float:
        p = np.minimum(f + (1.0 - f) * e, 1.0)
        return float((xlogy(k, p) + xlog1py(n - k, -p)).sum())

    return max(0.0, log_likelihood(_best_fraction(n, k, e)) - log_likelihood(0.0))


def _best_fraction(n: Vector, k: Vector, e: Vector) -> float:
    """Return the maximum-likelihood fraction by expectation-maximisation on who is a mutant and who an error."""
    f = float(k.sum() / n.sum())
    for _ in range(200):
        mutant = float((k * f / np.maximum(f + (1.0 - f) * e, 1e-300)).sum())
        better = mutant / float(n.sum())
        if abs(better - f) <= 1e-9 * max(f, 1e-12):
            break
        f = better
    return f


def interval(alt: int, depth: int, level: float) -> tuple[float, float] | None:
    """Return the Jeffreys interval of a fraction, or `None` without molecules.

    Closed at 0 and 1 where nothing or everything is mutant (Brown 2001, doi:10.1214/ss/1009213286).
    """
    if depth == 0:
        return None
    side = (1.0 - level) / 2.0
    a, b = alt + 0.5, depth - alt + 0.5
    low = 0.0 if alt == 0 else float(beta.ppf(side, a, b))
    high = 1.0 if alt == depth else float(beta.ppf(1.0 - side, a, b))
    return low, high
