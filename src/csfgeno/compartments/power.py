"""Could the other specimen have shown the allele? Its tumour DNA is measured by the other alleles of the clone.

If an allele has the fraction v in one specimen and is as common in the tumour DNA of another, its fraction there is
s v, where s is the ratio of tumour DNA. s is known from the anchors: alleles of the same tumour with their counts in
both. The probability of missing is averaged over everything that is uncertain: s, v, and how far the fractions of one
clone vary between specimens.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from scipy.special import xlog1py, xlogy

from csfgeno.compartments.fractions import Vector, fraction_nodes, spread_nodes

LOWEST_FRACTION: Final = 1e-5
"""Fraction of the commonest anchor below which tumour DNA cannot be told from none."""

_SLOPE: Final = 0.3
"""Exponent by which the prior of a ratio of tumour DNA falls with the ratio (assumed)."""

_SCALES: Final = 161
_POWERS: Final = 49
_NODES: Final = 12
_SPREADS: Final = 5


class Power(Protocol):
    """How likely a rule detects an allele of some fraction."""

    def power(self, fraction: float) -> float:
        """Return the probability of detection."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """Counts of one tumour allele: in the specimen that shows the allele in question, and in the one that does not.

    `error` is the probability that an unmutated molecule of the second specimen shows it.
    """

    alt: int
    depth: int
    other_alt: int
    other_depth: int
    error: float


@dataclass(frozen=True, slots=True)
class Miss:
    """Probability of missing, and the fraction that was to be expected: median and interval."""

    probability: float
    expected: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Scale:
    """Ratio of the tumour DNA of two specimens: values and their probabilities, shape (scales,)."""

    values: Vector
    weights: Vector


def learn_scale(anchors: Sequence[Anchor], private_share: float, spread: float) -> Scale:
    """Return the posterior of the ratio of tumour DNA.

    METHOD: the prior in the logarithm falls with the ratio (`_SLOPE`), so that where the anchors say little, little
    tumour DNA is expected and the probability of missing is rather stated too high than too low.
    An anchor can be missing from the other tumour DNA altogether (`private_share`), so one that is absent does not
    outweigh others that are there. That all of them are missing is left out, because then nothing would measure the
    tumour DNA, and the power would be that of the prior.
    """
    commonest = max(anchor.alt / anchor.depth for anchor in anchors)
    values = np.exp(np.linspace(math.log(LOWEST_FRACTION / commonest), math.log(1.0 / commonest), _SCALES))
    likelihoods = [_likelihoods(anchor, values, private_share, spread) for anchor in anchors]
    log_any = sum(
        (np.log(np.maximum(present + private, 1e-300)) for present, private in likelihoods), np.zeros(_SCALES)
    )
    log_private = sum(math.log(max(private, 1e-300)) for _, private in likelihoods)
    log_posterior = (
        -_SLOPE * np.log(values)
        + log_any
        + np.log(np.maximum(-np.expm1(np.minimum(log_private - log_any, 0.0)), 1e-300))
    )
    weights = np.exp(log_posterior - log_posterior.max())
    return Scale(values, np.asarray(weights / weights.sum()))


def _likelihoods(anchor: Anchor, values: Vector, private_share: float, spread: float) -> tuple[Vector, float]:
    """Return the likelihood of an anchor that the other tumour DNA holds, by scale, and of one that it lacks."""
    expected = fraction_nodes(anchor.alt, anchor.depth, _NODES)[:, None] * spread_nodes(spread, _SPREADS)[None, :]
    p = np.minimum(values[:, None] * expected.ravel()[None, :], 1.0)
    present = np.exp(_log_binomial(anchor, p)).mean(axis=1)
    absent = math.exp(float(_log_binomial(anchor, np.zeros(1))[0]))
    return np.asarray((1.0 - private_share) * present), private_share * absent


def _log_binomial(anchor: Anchor, p: Vector) -> Vector:
    """Return the logarithm of the binomial probability up to a constant, such that its largest value is zero."""
    k, n = anchor.other_alt, anchor.other_depth
    shown = np.clip(p + (1.0 - p) * anchor.error, 1e-12, 1.0 - 1e-12)
    top = xlogy(k, k / n) + xlog1py(n - k, -k / n)
    return np.asarray(xlogy(k, shown) + xlog1py(n - k, -shown) - top)


def miss_probability(alt: int, depth: int, scale: Scale, power: Power, spread: float, level: float) -> Miss:
    """Return how likely the other specimen misses an allele that has `alt` of `depth` molecules in this one."""
    expected = fraction_nodes(alt, depth, _NODES)[:, None] * spread_nodes(spread, _SPREADS)[None, :]
    fractions = np.clip(scale.values[:, None] * expected.ravel()[None, :], 1e-9, 1.0)
    weights = np.broadcast_to(scale.weights[:, None] / expected.size, fractions.shape)
    missed = float((weights * _missed(power, fractions)).sum())
    low, middle, high = _quantiles(fractions.ravel(), weights.ravel(), ((1.0 - level) / 2.0, 0.5, (1.0 + level) / 2.0))
    return Miss(min(max(missed, 0.0), 1.0), middle, low, high)


def _missed(power: Power, fractions: Vector) -> Vector:
    """Return the probability of missing each fraction; power is computed on a grid and interpolated between."""
    low, high = math.log(float(fractions.min())), math.log(float(fractions.max()))
    grid = np.linspace(low, max(high, low + 1e-6), _POWERS)
    missed = [1.0 - power.power(min(math.exp(x), 1.0)) for x in grid]
    return np.asarray(np.interp(np.log(fractions), grid, missed))


def _quantiles(values: Vector, weights: Vector, levels: tuple[float, ...]) -> list[float]:
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order])
    at = np.minimum(np.searchsorted(reached, np.array(levels) * reached[-1]), len(values) - 1)
    return [float(x) for x in values[order][at]]
