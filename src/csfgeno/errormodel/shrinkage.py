"""Gamma-Poisson shrinkage: rates from few errors, and how much sites differ around them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from numpy.polynomial.chebyshev import Chebyshev, chebpts2
from scipy.optimize import minimize_scalar
from scipy.special import gammaln, xlogy

from csfgeno.errormodel.classes import KIND_OF_CLASS, KINDS
from csfgeno.errormodel.context import CHANGES, INDEL_FORMS, RUN_BINS, substitution_of
from csfgeno.errormodel.counts import ChangeTable, Floats
from csfgeno.errormodel.spread import SHAPE_RANGE
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import MoleculeKind

PRIOR_ERRORS: Final = 1.0
"""Weight of a parent rate, in errors: a child with as many errors of its own is believed half."""

CLASS_PRIOR_ERRORS: Final = 10.0
"""Weight of the assumption that family size and distance to the end do not matter, in errors."""

RUN_GROWTH: Final = (1.0, 2.0, 6.0, 30.0, 150.0, 500.0)
"""Indel errors by homopolymer bin, relative to no repeat; a prior shape, overruled by the specimen's own errors."""

MAX_RATE: Final = 0.5
"""No error rate is taken to be larger."""

DISPERSION_PRIOR: Final = (np.log(2.0), 1.0)
"""Mean and SD of log shape before any error was seen: sites differ by about 70% around their context's rate."""

CURVATURE_STEP: Final = 0.1
"""Step in log shape over which the curvature of its posterior is taken."""

PASS_NODES: Final = (17, 9)
"""Shapes at which a likelihood is taken in the first and the second pass over data that are not kept."""

SUBSTITUTION_OF_CHANGE: Final = substitution_of(np.arange(CHANGES))
_DEFAULTS: Final = {kind: f"default_error_{kind}" for kind in MoleculeKind}


def default_rates(thresholds: Thresholds) -> Floats:
    """Return the error rate of each kind before any error was seen, shape (kind,)."""
    return np.array([getattr(thresholds, _DEFAULTS[kind]) for kind in KINDS])


def shrink(errors: npt.NDArray[Any], chances: npt.NDArray[Any], parent: npt.NDArray[Any] | float) -> Floats:
    """Return the gamma-Poisson posterior mean of a rate whose prior mean is `parent` and weight `PRIOR_ERRORS`."""
    return np.asarray((errors + PRIOR_ERRORS) / (chances + PRIOR_ERRORS / np.asarray(parent)))


def shrink_factor(errors: npt.NDArray[Any], expected: npt.NDArray[Any], weight: npt.NDArray[Any] | float) -> Floats:
    """Return errors over expected, shrunk to 1 with a weight in errors."""
    return np.asarray((errors + weight) / (expected + weight))


def pool_substitutions(by_change: Floats) -> Floats:
    """Return sums over the neighbours of each substitution: axis `change` becomes `substitution`, 0-15."""
    pooled = np.zeros((*by_change.shape[:-1], 16))
    np.add.at(pooled.T, SUBSTITUTION_OF_CHANGE, by_change.T)
    return pooled


def shrink_base_rates(table: ChangeTable, thresholds: Thresholds) -> Floats:
    """Return rates by class and change: default of the kind, kind, substitution, trinucleotide; times its class."""
    kinds = table.by_kind()
    whole = shrink(kinds.errors.sum(axis=1), kinds.chances.sum(axis=1), default_rates(thresholds))
    pooled = shrink(pool_substitutions(kinds.errors), pool_substitutions(kinds.chances), whole[:, None])
    by_kind = shrink(kinds.errors, kinds.chances, pooled[:, SUBSTITUTION_OF_CHANGE])[KIND_OF_CLASS]
    expected = (table.chances * by_kind).sum(axis=1)
    factors = shrink_factor(table.errors.sum(axis=1), expected, CLASS_PRIOR_ERRORS)
    return np.asarray(np.minimum(by_kind * factors[:, None], MAX_RATE))


def shrink_indel_rates(errors: npt.NDArray[Any], chances: npt.NDArray[Any], thresholds: Thresholds) -> Floats:
    """Return rates by kind and indel class.

    METHOD: one factor a kind scales the prior shape over repeats to the errors seen, one of each indel form is shrunk
    to it, since molecules lose a base more often than they gain one or change by more; then every class is shrunk to
    its form.
    """
    default = default_rates(thresholds) * thresholds.indel_to_base_errors
    growth = np.tile(np.array(RUN_GROWTH), INDEL_FORMS)
    scale = shrink_factor(errors.sum(axis=1), (chances * growth * default[:, None]).sum(axis=1), PRIOR_ERRORS)
    parent = growth * (default * scale)[:, None]
    forms = shrink_factor(_pool_forms(errors), _pool_forms(chances * parent), PRIOR_ERRORS)
    return np.asarray(np.minimum(shrink(errors, chances, parent * _spread_forms(forms)), MAX_RATE))


def doubt_indel_rates(errors: npt.NDArray[Any]) -> Floats:
    """Return the squared relative doubt of these rates if all places were alike, shape (kind, indel class).

    `1/n + (w/n)^2 v` at each level, as in `errormodel.posterior`.
    """
    doubt = 1.0 / (errors.sum(axis=1, keepdims=True) + PRIOR_ERRORS)
    for level in (_spread_forms(_pool_forms(errors)), errors):
        own = level + PRIOR_ERRORS
        doubt = 1.0 / own + (PRIOR_ERRORS / own) ** 2 * doubt
    return np.asarray(doubt)


def _pool_forms(by_class: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return sums over the homopolymer bins of each form: axis `indel class` becomes `indel form`."""
    return np.asarray(by_class.reshape(*by_class.shape[:-1], INDEL_FORMS, len(RUN_BINS)).sum(axis=-1))


def _spread_forms(by_form: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return values of forms for each of their classes."""
    return np.repeat(by_form, len(RUN_BINS), axis=-1)


def log_negative_binomial(seen: npt.NDArray[Any], mean: Floats, shape: Floats | float) -> Floats:
    """Return log probabilities of counts that are Poisson given a gamma factor of mean 1 and that shape.

    Exact to rounding from means of 1e-12 up; most sites show nothing, so gamma functions are taken only of the others.
    """
    mean, shape = np.broadcast_arrays(np.asarray(mean, float), np.asarray(shape, float))
    log_mass = -shape * np.log1p(mean / shape)
    some = seen > 0
    k, m, a = seen[some], mean[some], shape[some]
    log_mass[some] += xlogy(k, m / (m + a)) + gammaln(k + a) - gammaln(a) - gammaln(k + 1.0)
    return np.asarray(log_mass)


@dataclass(frozen=True, slots=True)
class Shape:
    """A gamma shape: its posterior mode, and the standard deviation of its logarithm."""

    mode: float
    sd: float


def fit_shape(
    seen: npt.NDArray[Any],
    expected: Floats,
    prior: tuple[float, float] = DISPERSION_PRIOR,
    known: Floats | float = np.inf,
) -> Shape:
    """Return the most probable gamma shape of what is left of variation, and how well it is known.

    Parameters
    ----------
    seen, expected
        Errors and their expected number, any equal shape; rows that expect nothing are passed over.
    prior
        Mean and SD of the normal prior on log shape.
    known
        Gamma shape of the variation that is accounted for; the two add up as squared coefficients of variation.
    """
    used = expected > 0
    y, mu = seen[used], expected[used]
    squared = np.broadcast_to(1.0 / np.asarray(known, float), expected.shape)[used]
    mean, sd = prior

    def loss(log_shape: float) -> float:
        fit = log_negative_binomial(y, mu, 1.0 / (squared + np.exp(-log_shape))).sum()
        return float(-fit + 0.5 * ((log_shape - mean) / sd) ** 2)

    low, high = np.log(SHAPE_RANGE)
    mode = float(minimize_scalar(loss, bounds=(low, high), method="bounded").x)
    # Curvature over a step that is wide enough for rounding; beside a bound it is that of the prior at least.
    bend = (loss(mode + CURVATURE_STEP) - 2.0 * loss(mode) + loss(mode - CURVATURE_STEP)) / CURVATURE_STEP**2
    return Shape(float(np.exp(mode)), float(1.0 / np.sqrt(max(bend, 1.0 / sd**2))))


def fit_shape_in_passes(log_likelihood: Callable[[Floats], Floats], prior: tuple[float, float]) -> float:
    """Return the most probable gamma shape where each look at the data is dear, so that it is taken at many shapes.

    The loss is read off a Chebyshev interpolant, first over all shapes, then between the neighbours of its minimum.

    Parameters
    ----------
    log_likelihood
        Of any number of log shapes, in one pass over the data.
    prior
        Mean and SD of the normal prior on log shape.
    """
    mean, sd = prior
    low, high = np.log(SHAPE_RANGE)
    best = mean
    for nodes in PASS_NODES:
        x = 0.5 * (low + high) + 0.5 * (high - low) * chebpts2(nodes)
        loss = 0.5 * ((x - mean) / sd) ** 2 - log_likelihood(x)
        curve = Chebyshev.fit(x, loss, nodes - 1, domain=[low, high])
        least = int(np.argmin(loss))
        low, high = float(x[max(least - 1, 0)]), float(x[min(least + 1, nodes - 1)])
        best = float(minimize_scalar(curve, bounds=(low, high), method="bounded", options={"xatol": 1e-8}).x)
    return float(np.exp(best))
