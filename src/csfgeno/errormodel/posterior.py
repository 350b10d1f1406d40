"""Rates by context with what is not known of them: nested gamma posteriors, from the kind to the trinucleotide.

Each level shrinks to the one above it. The squared relative doubt of a rate is `1/n + (w/n)^2 v`: n are the errors it
rests on, w of them lent by its parent, whose own squared doubt is v.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from csfgeno.errormodel.classes import CLASS_OF_STRATUM, CLASSES, KIND_OF_CLASS, KINDS
from csfgeno.errormodel.context import CHANGES, reverse_change
from csfgeno.errormodel.counts import BackgroundCounts, ChangeTable, Floats
from csfgeno.errormodel.shrinkage import (
    CLASS_PRIOR_ERRORS,
    MAX_RATE,
    PRIOR_ERRORS,
    SUBSTITUTION_OF_CHANGE,
    default_rates,
    fit_shape,
    pool_substitutions,
    shrink_factor,
)
from csfgeno.molecules.strata import IS_STRAND_B, KIND_OF_STRATUM
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import MoleculeKind

CONTEXT_PRIOR: Final = (float(np.log(4.0)), 1.0)
"""Mean and SD of the log gamma shape by which trinucleotides differ around their substitution: a SD of 50%."""

ZONE_OF_CLASS: Final = 2 * KIND_OF_CLASS + np.array([is_end for _, _, is_end in CLASSES])
ZONES: Final = 2 * len(KINDS)
"""Zones: every kind inside the molecule and near its ends."""


@dataclass(frozen=True, slots=True)
class ContextRates:
    """Error rates by class and change, shape (class, change), and their squared relative doubt, (kind, change)."""

    rates: Floats
    doubt: Floats


@dataclass(frozen=True, slots=True)
class _Level:
    """Rates of one level, their squared relative doubt and the errors that each rests on; equal shapes."""

    rate: Floats
    doubt: Floats


def learn_contexts(table: ChangeTable, sites: Floats, shape: float, thresholds: Thresholds) -> ContextRates:
    """Return the rates of contexts given how their sites vary.

    Parameters
    ----------
    table
        Errors and chances, shape (class, change).
    sites
        Number of equal sites that would say as much of each change, shape (kind, change).
    shape
        Gamma shape of the factor of a site.
    """
    kinds = table.by_kind()
    # METHOD: sites vary, so many errors of few sites say less than their number: `(1/E + 1/(shape sites))` is the
    # squared relative doubt of a rate that has only its own E errors.
    worth = 1.0 / (1.0 + kinds.errors / (shape * np.maximum(sites, 1.0)))
    errors, chances = kinds.errors * worth, kinds.chances * worth
    kind = _shrink(errors.sum(axis=1), chances.sum(axis=1), _Level(default_rates(thresholds), np.ones(len(KINDS))), 1.0)
    substitution = _shrink(
        pool_substitutions(errors), pool_substitutions(chances), _Level(kind.rate[:, None], kind.doubt[:, None]), 1.0
    )
    parent = _Level(substitution.rate[:, SUBSTITUTION_OF_CHANGE], substitution.doubt[:, SUBSTITUTION_OF_CHANGE])
    contexts = fit_shape(errors, chances * parent.rate, CONTEXT_PRIOR).mode
    context = _shrink(errors, chances, parent, contexts)
    by_class = context.rate[KIND_OF_CLASS]
    ends = shrink_factor(pool_zones(table.errors), pool_zones(table.chances * by_class), CLASS_PRIOR_ERRORS)
    rates = by_class * spread_zones(ends)
    sizes = shrink_factor(table.errors.sum(axis=1), (table.chances * rates).sum(axis=1), CLASS_PRIOR_ERRORS)
    return ContextRates(np.asarray(np.minimum(rates * sizes[:, None], MAX_RATE)), context.doubt)


def pool_zones(by_class: Floats) -> Floats:
    """Return sums by zone (kind, and whether near an end) and substitution; input (class, change).

    METHOD: deamination is frequent near the ends alone, so each zone has its own factor for each substitution.
    """
    pooled = np.zeros((ZONES, 16))
    np.add.at(pooled, ZONE_OF_CLASS, pool_substitutions(by_class))
    return pooled


def spread_zones(by_zone: Floats) -> Floats:
    """Return values of zones and substitutions for each class and change."""
    return np.asarray(by_zone[ZONE_OF_CLASS][:, SUBSTITUTION_OF_CHANGE])


def _shrink(errors: Floats, chances: Floats, parent: _Level, weight: float) -> _Level:
    """Return gamma posteriors with the mean of the parent and a prior weight in errors."""
    own = errors + weight * PRIOR_ERRORS
    lent = weight * PRIOR_ERRORS / own
    return _Level(own / (chances + weight * PRIOR_ERRORS / parent.rate), 1.0 / own + lent**2 * parent.doubt)


def equal_sites(counts: BackgroundCounts, rates: Floats) -> Floats:
    """Return the number of equal sites that say as much of each change, `(sum mu)^2 / sum mu^2`, (kind, change)."""
    total, squares = np.zeros((len(KINDS), CHANGES)), np.zeros((len(KINDS), CHANGES))
    row, base = np.nonzero(counts.is_background)
    forward = counts.change[row, base]
    for kind in range(len(KINDS)):
        for is_b, own in ((False, forward), (True, reverse_change(forward))):
            strata = np.flatnonzero((KIND_OF_STRATUM == kind) & (IS_STRAND_B == is_b))
            expected = sum((counts.depth[row, s] * rates[CLASS_OF_STRATUM[s], own] for s in strata), np.zeros(len(row)))
            total[kind] += np.bincount(own, expected, CHANGES)
            squares[kind] += np.bincount(own, expected**2, CHANGES)
    duplex, other = KINDS.index(MoleculeKind.DUPLEX), reverse_change(np.arange(CHANGES))
    for sums in (total, squares):
        sums[duplex] += sums[duplex][other]
    return np.divide(total**2, squares, out=np.zeros_like(total), where=squares > 0)


def combined_doubt(doubt: Floats, expected: Floats) -> float:
    """Return the squared relative doubt of the sum of `expected`, both of shape (stratum,).

    Rates of one kind and strand are one estimate; those of different kinds or strands are not.
    """
    total = float(expected.sum())
    if total <= 0.0:
        return 0.0
    joint = 2 * KIND_OF_STRATUM + IS_STRAND_B
    errors = np.bincount(joint, expected * np.sqrt(doubt), 2 * len(KINDS))
    return float((errors**2).sum()) / total**2
