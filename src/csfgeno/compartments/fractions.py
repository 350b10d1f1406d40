"""Fractions known from counts: equally likely values of a posterior, and the ratio of two fractions."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.stats import beta, norm

Vector = npt.NDArray[np.float64]

RATIO_NODES: Final = 400
"""Equally likely values of each fraction whose quotients give the interval of a ratio."""


def middle_levels(number: int) -> Vector:
    """Return the probabilities in the middle of `number` equal parts of 0 ... 1."""
    return (np.arange(number) + 0.5) / number


@lru_cache(maxsize=4096)
def fraction_nodes(alt: int, depth: int, number: int) -> Vector:
    """Return equally likely values of a fraction under Jeffreys' prior, ascending (Brown 2001, as the interval)."""
    nodes: Vector = np.asarray(beta.ppf(middle_levels(number), alt + 0.5, depth - alt + 0.5))
    nodes.setflags(write=False)
    return nodes


@lru_cache(maxsize=16)
def spread_nodes(sd: float, number: int) -> Vector:
    """Return equally likely factors, log-normal around 1 with that SD of their logarithm."""
    nodes: Vector = np.exp(sd * np.asarray(norm.ppf(middle_levels(number))))
    nodes.setflags(write=False)
    return nodes


@dataclass(frozen=True, slots=True)
class Ratio:
    """One fraction over another, with interval; an end that the counts leave open is `None`."""

    value: float | None
    low: float | None
    high: float | None


def compare_fractions(first: tuple[int, int], second: tuple[int, int], level: float) -> Ratio:
    """Return the ratio of two fractions, each given as mutant molecules and depth.

    METHOD: quantiles of the quotient of two independent Jeffreys posteriors. Without mutant molecules in one of them
    the interval is open on that side.
    """
    (alt, depth), (other_alt, other_depth) = first, second
    if not depth or not other_depth or not (alt or other_alt):
        return Ratio(None, None, None)
    one, other = (fraction_nodes(*counts, RATIO_NODES) for counts in (first, second))
    side = (1.0 - level) / 2.0
    low, high = np.quantile(one[:, None] / other[None, :], (side, 1.0 - side)).tolist()
    value = alt / depth / (other_alt / other_depth) if alt and other_alt else None
    return Ratio(value, low if alt else None, high if other_alt else None)
