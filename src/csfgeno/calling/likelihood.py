"""Evidence against background: a score of the mutant molecules, its null probability, and a likelihood ratio.

A mutant molecule of stratum g scores `w_g = log((f + e_g) / e_g)`, what it adds to the log-likelihood ratio of allele
fraction f (`design_vaf`) over none, when e_g is its error rate: a duplex molecule weighs more than a raw one. Scores
are rounded to a grid, so the null distribution of their sum is exact and discrete.

Null: a site differs from its context by a gamma factor of mean 1. Given the factor, errors are Poisson, so their number
is negative binomial with mean `sum n_g e_g`, and the score is a compound negative binomial. Its probabilities follow
from Panjer's recursion, whose terms are all positive, so tails keep full relative precision (Panjer 1981,
doi:10.1017/S0515036100006796). Neither the mean nor the gamma shape is known exactly: the null is the mixture over the
nodes of their `Spread`.
"""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import betainc

from csfgeno.calling import _panjer_twin
from csfgeno.errormodel.spread import Nodes, Spread

try:
    from csfgeno.calling._panjer import compound as _native
except ImportError:  # no compiler when the package was built
    _native = None  # type: ignore[assignment]

HAS_NATIVE_PANJER: Final = _native is not None
_compound = _native if HAS_NATIVE_PANJER else _panjer_twin.compound

Vector = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]

GRID_NATS: Final = 0.5
"""Width of one score step."""

LOWEST_LOG_P: Final = -100.0 * math.log(10.0)
"""Null probabilities are followed down to 1e-100; smaller ones are given as that."""

_TAIL_NATS: Final = 30.0
_TAIL_SDS: Final = 6.0
_TAIL_ERRORS: Final = 10.0
"""How far past the wanted score the null is summed: 6 standard deviations beyond the mean, until it has decayed by 30
nats, and 10 errors more."""


@dataclass(frozen=True)
class NullModel:
    """Scores and error rates of the molecules at one allele.

    Attributes
    ----------
    depth, error, score
        Molecules, error rate and score of a mutant molecule in score steps (at least 1), shape (stratum,).
    spread
        How far the errors of the site may be from their expected number.
    """

    depth: Counts
    error: Vector
    score: Counts
    spread: Spread

    @cached_property
    def expected(self) -> float:
        """Errors expected if the site is like its context."""
        return float((self.depth * self.error).sum())

    @cached_property
    def nodes(self) -> Nodes:
        """The mixture of what the expected errors and the gamma shape may be."""
        return self.spread.nodes()

    def total(self, alt: Counts) -> int:
        """Return the score of `alt` mutant molecules by stratum."""
        return int((self.score * alt).sum())


def make_null(depth: Counts, error: Vector, spread: Spread, design_vaf: float) -> NullModel:
    """Return the null model of an allele; strata without molecules are dropped."""
    present = depth > 0
    return NullModel(depth[present], error[present], score_steps(error[present], design_vaf), spread)


def score_steps(error: Vector, design_vaf: float) -> Counts:
    """Return the score of a mutant molecule of each error rate, in steps, at least 1.

    METHOD: weights are optimal at the design fraction and stay valid at any other; only power depends on them.
    """
    return np.maximum(np.rint(np.log1p(design_vaf / error) / GRID_NATS), 1).astype(np.int64)


def log_tails(null: NullModel, size: int) -> Vector:
    """Return `log P(score >= t)` under the null for t = 0 ... `size` at least, decreasing.

    The terms are summed from the smallest up, and far enough past `size` that the rest is below 1e-12 of the tail.
    """
    if null.expected <= 0.0:
        return np.where(np.arange(size + 1) == 0, 0.0, LOWEST_LOG_P)
    mean = null.expected * null.nodes.scale
    decay, sd = np.log1p(null.nodes.shape / mean), np.sqrt(mean + mean**2 / null.nodes.shape)
    errors = mean + _TAIL_SDS * sd + _TAIL_NATS / decay + _TAIL_ERRORS
    steps = size + int(null.score.max() * float(errors.max()))
    with np.errstate(divide="ignore"):
        log_mass = np.log(score_masses(null, steps))
    tails: Vector = np.logaddexp.accumulate(log_mass[::-1])[::-1]
    return np.clip(tails, LOWEST_LOG_P, 0.0)


def score_masses(null: NullModel, steps: int) -> Vector:
    """Return the null probabilities of the scores 0 ... `steps`."""
    share = np.bincount(null.score, null.depth * null.error) / null.expected
    score = np.flatnonzero(share)
    nodes = null.nodes
    return np.asarray(
        _compound(score, share[score], null.expected * nodes.scale, nodes.shape, nodes.weight, max(steps, 0))
    )


def number_tail(null: NullModel, number: float) -> float:
    """Return the null probability of at least `number` errors, whatever they score."""
    if number <= 0:
        return 1.0
    if null.expected <= 0.0:
        return 0.0
    mean, shape = null.expected * null.nodes.scale, null.nodes.shape
    return float(betainc(math.ceil(number), shape, mean / (mean + shape)) @ null.nodes.weight)
