"""Three ways to smooth error rates over context, and the choice among them by what they say of normals left out.

Each turns errors and chances by class and change into a plain table of rates, shape (class, change). More freedom is
kept only if it predicts clearly better.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import xlogy
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import PoissonRegressor
from threadpoolctl import threadpool_limits

from csfgeno.errormodel.choice import CANDIDATES, MIN_GAIN, Choice
from csfgeno.errormodel.classes import CLASSES, KIND_OF_CLASS
from csfgeno.errormodel.context import CHANGES, reverse_change
from csfgeno.errormodel.counts import ChangeTable, Floats, pool_kinds
from csfgeno.errormodel.shrinkage import (
    MAX_RATE,
    PRIOR_ERRORS,
    SUBSTITUTION_OF_CHANGE,
    default_rates,
    shrink,
    shrink_base_rates,
    shrink_factor,
)
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import MoleculeKind

COEFFICIENT_SD: Final = 1.0
"""Prior SD of a log factor in the regression: contexts within a factor of e of their kind two times in three."""

_CLASS: Final = np.repeat(np.arange(len(CLASSES)), CHANGES)
_CHANGE: Final = np.tile(np.arange(CHANGES), len(CLASSES))
_KIND: Final = KIND_OF_CLASS[_CLASS]
_IS_LARGE, _IS_END = (np.array([row[i] for row in CLASSES])[_CLASS].astype(np.int64) for i in (1, 2))
_BEFORE, _BASE, _AFTER, _SHOWN = _CHANGE >> 6, (_CHANGE >> 4) & 3, (_CHANGE >> 2) & 3, _CHANGE & 3
_SUBSTITUTION: Final = SUBSTITUTION_OF_CHANGE[_CHANGE]
_IS_DUPLEX: Final = np.array([kind is MoleculeKind.DUPLEX for kind, _, _ in CLASSES])

Smoother = Callable[[ChangeTable, Thresholds], Floats]


def choose(folds: Sequence[ChangeTable], thresholds: Thresholds) -> Choice:
    """Return the simplest candidate that none beats clearly on folds left out one at a time.

    METHOD: leave-out log-likelihood of counts, Poisson, the rate of each kind adapted to the fold as in a call.
    """
    whole = sum(folds[1:], folds[0])
    errors = int(whole.errors.sum())
    scores = {name: 0.0 for name in SMOOTHERS}
    if errors > 0:
        for fold in folds:
            for name, smooth in SMOOTHERS.items():
                scores[name] += _log_likelihood(smooth(whole - fold, thresholds), fold)
    simplest, *others = scores
    best = simplest
    for name in others:
        if scores[name] - scores[best] > max(MIN_GAIN[0], MIN_GAIN[1] * errors):
            best = name
    return Choice(best, {name: score - scores[simplest] for name, score in scores.items()}, errors)


def _log_likelihood(rates: Floats, held_out: ChangeTable) -> float:
    factor = shrink_factor(
        pool_kinds(held_out.errors).sum(axis=1), pool_kinds(held_out.chances * rates).sum(axis=1), PRIOR_ERRORS
    )
    adapted = np.minimum(rates * factor[KIND_OF_CLASS][:, None], MAX_RATE)
    return float((xlogy(held_out.errors, adapted) - held_out.chances * adapted).sum())


def smooth_by_regression(table: ChangeTable, thresholds: Thresholds) -> Floats:
    """Return rates of a penalised Poisson regression on class, substitution by kind and end, and both neighbours."""
    return _smooth(table, thresholds, _regress)


def smooth_by_boosting(table: ChangeTable, thresholds: Thresholds) -> Floats:
    """Return rates of Poisson gradient boosting on class, bases and neighbours, recalibrated for each kind."""
    return _smooth(table, thresholds, _boost)


def _smooth(
    table: ChangeTable, thresholds: Thresholds, fit: Callable[[npt.NDArray[np.bool_], Floats, Floats], Floats]
) -> Floats:
    """Return kind rates times fitted factors.

    The target is errors over those expected from the kind, weighted by the latter, so a kind without data keeps its
    default. Totals of every kind are matched afterwards.
    """
    kinds = table.by_kind()
    whole = shrink(kinds.errors.sum(axis=1), kinds.chances.sum(axis=1), default_rates(thresholds))[KIND_OF_CLASS]
    expected = table.chances * whole[:, None]
    used = expected.ravel() > 0
    factors = np.ones(used.size)
    if table.errors.sum() > 0:
        weight = expected.ravel()[used]
        factors = fit(used, table.errors.ravel()[used] / weight, weight)
    rates = whole[:, None] * factors.reshape(table.errors.shape)
    # METHOD: a duplex molecule has no strand of its own, so both readings of a change have one rate, their mean; what
    # other kinds teach of a substitution on one strand must not part them.
    rates[_IS_DUPLEX] = 0.5 * (rates[_IS_DUPLEX] + rates[_IS_DUPLEX][:, reverse_change(np.arange(CHANGES))])
    # METHOD: the total of a kind is its posterior, so that a kind without errors is not taken to be cleaner than its
    # chances show.
    total, fitted = (pool_kinds(part).sum(axis=1)[KIND_OF_CLASS] for part in (expected, table.chances * rates))
    matched = np.divide(total, fitted, out=np.ones_like(total), where=fitted > 0)
    return np.asarray(np.minimum(rates * matched[:, None], MAX_RATE))


def _regress(used: npt.NDArray[np.bool_], target: Floats, weight: Floats) -> Floats:
    # In units of one error the penalty is that of a normal prior on the coefficients.
    alpha = 1.0 / (COEFFICIENT_SD**2 * weight.sum())
    model = PoissonRegressor(alpha=alpha, solver="newton-cholesky", max_iter=200)
    with threadpool_limits(1):
        model.fit(_DESIGN[used], target, sample_weight=weight)
        return np.asarray(model.predict(_DESIGN))


def _boost(used: npt.NDArray[np.bool_], target: Floats, weight: Floats) -> Floats:
    model = HistGradientBoostingRegressor(
        loss="poisson",
        max_iter=100,
        max_leaf_nodes=15,
        min_samples_leaf=5,
        l2_regularization=1.0,
        early_stopping=False,
        categorical_features=list(range(_FEATURES.shape[1])),
        random_state=0,
    )
    with threadpool_limits(1):
        model.fit(_FEATURES[used], target, sample_weight=weight)
        return np.asarray(model.predict(_FEATURES))


def _one_hot(levels: npt.NDArray[np.int64]) -> Floats:
    return np.asarray(levels[:, None] == np.unique(levels), np.float64)


_DESIGN: Final = np.hstack(
    [
        _one_hot(_CLASS),
        _one_hot(16 * _KIND + _SUBSTITUTION),
        _one_hot(16 * _IS_END + _SUBSTITUTION),
        _one_hot(16 * _BEFORE + _SUBSTITUTION),
        _one_hot(16 * _AFTER + _SUBSTITUTION),
    ]
)
_FEATURES: Final = np.stack([_KIND, _IS_LARGE, _IS_END, _BEFORE, _BASE, _AFTER, _SHOWN], axis=1).astype(np.float64)

SMOOTHERS: Final[Mapping[str, Smoother]] = dict(
    zip(CANDIDATES, (shrink_base_rates, smooth_by_regression, smooth_by_boosting), strict=True)
)
