"""Fitting a laboratory's model: rates by context, then what is left at single sites."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np

from csfgeno.errormodel.candidates import SMOOTHERS, choose
from csfgeno.errormodel.choice import CANDIDATES
from csfgeno.errormodel.counts import BackgroundCounts, ChangeTable, tabulate
from csfgeno.errormodel.model import LabModel, ModelIdentity, expect
from csfgeno.errormodel.shrinkage import shrink_indel_rates
from csfgeno.errormodel.sites import find_odd, find_private, fit_sites
from csfgeno.thresholds import Thresholds

ROUNDS: Final = 2
"""Times that odd sites are looked for; those of the first round may hide others."""

FOLDS: Final = 5
"""Parts into which normals, or the panel if there is one normal, are split to compare candidates."""


def fit_model(identity: ModelIdentity, normals: Sequence[BackgroundCounts], thresholds: Thresholds) -> LabModel:
    """Return the model that the background of `normals`, at least one and all of the same panel, teaches.

    Time is linear in the number of normals.
    """
    first = SMOOTHERS[CANDIDATES[0]](_total([tabulate(counts) for counts in normals]), thresholds)
    nowhere = np.zeros_like(normals[0].is_background)
    private = find_private(normals, [expect(counts, first, nowhere) for counts in normals])
    cleaned = [counts.without(own) for counts, own in zip(normals, private, strict=True)]
    folds = _folds(cleaned)
    choice = choose(folds, thresholds)
    smooth = SMOOTHERS[choice.name]
    base_rates = smooth(_total(folds), thresholds)
    odd = nowhere
    for _ in range(ROUNDS):
        # METHOD: a noisy site must not pass for a noisy context, so it teaches nothing about its context.
        odd = find_odd(cleaned, [expect(counts, base_rates, odd) for counts in cleaned])
        base_rates = smooth(_total([tabulate(counts.without(odd)) for counts in cleaned]), thresholds)
    indel_rates = shrink_indel_rates(
        np.sum([counts.indel_errors for counts in cleaned], axis=0),
        np.sum([counts.indel_chances for counts in cleaned], axis=0),
        thresholds,
    )
    sites, between = fit_sites(cleaned, [expect(counts, base_rates, odd) for counts in cleaned], indel_rates)
    return LabModel(identity, choice, _total(folds), base_rates, indel_rates, sites, between)


def _folds(normals: Sequence[BackgroundCounts]) -> list[ChangeTable]:
    """Return the normals in parts; one normal alone is split into stretches of the panel."""
    if len(normals) > 1:
        return [_total([tabulate(counts) for counts in normals[i::FOLDS]]) for i in range(min(FOLDS, len(normals)))]
    edges = np.linspace(0, len(normals[0].places), FOLDS + 1).astype(int)
    return [tabulate(normals[0], slice(lo, hi)) for lo, hi in pairwise(edges.tolist())]


def _total(tables: Sequence[ChangeTable]) -> ChangeTable:
    return sum(tables[1:], tables[0])
