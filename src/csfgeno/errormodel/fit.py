"""Fitting a laboratory's model: rates by context, then what is left at single sites."""

from functools import reduce
from itertools import pairwise
from operator import add
from typing import Final

import numpy as np

from csfgeno.errormodel.candidates import SMOOTHERS, choose
from csfgeno.errormodel.choice import CANDIDATES
from csfgeno.errormodel.counts import ChangeTable, Integers, tabulate
from csfgeno.errormodel.model import LabModel, ModelIdentity
from csfgeno.errormodel.normals import CleanedNormals, Expectation, Normals, sum_changes, sum_sites
from csfgeno.errormodel.shrinkage import shrink_indel_rates
from csfgeno.errormodel.site_fit import find_odd, find_private, fit_sites
from csfgeno.thresholds import Thresholds

ROUNDS: Final = 2
"""Times that odd sites are looked for; those of the first round may hide others."""

FOLDS: Final = 5
"""Parts into which normals, or the panel if there is one normal, are split to compare candidates."""


def fit_model(identity: ModelIdentity, normals: Normals, thresholds: Thresholds) -> LabModel:
    """Return the model that the background of `normals`, at least one and all of the same panel, teaches.

    Normals are gone through about a dozen times, one at a time: time is linear in their number, memory is not.
    """
    nowhere = np.zeros_like(next(iter(normals)).is_background)
    first = SMOOTHERS[CANDIDATES[0]](sum_changes(normals, nowhere), thresholds)
    cleaned = CleanedNormals(normals, find_private(normals, Expectation(first, nowhere)))
    folds = _folds(cleaned)
    whole = reduce(add, folds)
    choice = choose(folds, thresholds)
    smooth = SMOOTHERS[choice.name]
    base_rates, odd = smooth(whole, thresholds), nowhere
    for _ in range(ROUNDS):
        # METHOD: a noisy site must not pass for a noisy context, so it teaches nothing about its context.
        odd = find_odd(sum_sites(cleaned, Expectation(base_rates, odd)))
        base_rates = smooth(sum_changes(cleaned, odd), thresholds)
    indels = _sum_indels(cleaned)
    indel_rates = shrink_indel_rates(*indels, thresholds)
    sites, between = fit_sites(cleaned, Expectation(base_rates, odd), indel_rates)
    return LabModel(identity, choice, whole, *indels, base_rates, indel_rates, sites, between)


def _folds(normals: Normals) -> list[ChangeTable]:
    """Return the normals in parts; one normal alone is split into stretches of the panel."""
    if len(normals) == 1:
        [alone] = normals
        edges = np.linspace(0, len(alone.places), FOLDS + 1).astype(int)
        return [tabulate(alone, slice(lo, hi)) for lo, hi in pairwise(edges.tolist())]
    folds: dict[int, ChangeTable] = {}
    for i, table in enumerate(map(tabulate, normals)):
        folds[i % FOLDS] = folds[i % FOLDS] + table if i >= FOLDS else table
    return list(folds.values())


def _sum_indels(normals: Normals) -> tuple[Integers, Integers]:
    """Return errors and chances of all normals, shape (kind, indel class)."""
    both = ((counts.indel_errors, counts.indel_chances) for counts in normals)
    return reduce(lambda total, own: (total[0] + own[0], total[1] + own[1]), both)
