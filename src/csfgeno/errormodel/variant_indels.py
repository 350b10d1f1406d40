"""Insertions and deletions that are no background: their class does not explain them if they do not teach it.

A class of indels has few errors, so the molecules of one true variant can make up most of them, and the variant would
be weighed against itself. Each is therefore judged by what all others teach.
"""

from dataclasses import replace
from typing import Final

import numpy as np
from scipy.stats import nbinom

from csfgeno.errormodel.counts import BackgroundCounts, Floats, Integers, SeenIndel
from csfgeno.errormodel.shrinkage import DISPERSION_PRIOR, shrink_indel_rates
from csfgeno.molecules.strata import KIND_OF_STRATUM
from csfgeno.thresholds import Thresholds

VARIANT_P: Final = 1e-6
"""An indel with a smaller probability under what the others teach is a variant."""

_SHAPE: Final = float(np.exp(DISPERSION_PRIOR[0]))


def without_variant_indels(counts: BackgroundCounts, thresholds: Thresholds) -> BackgroundCounts:
    """Return the counts without the indels that the rest of their class does not explain.

    METHOD: leave one out. The null is negative binomial about the rate of the class without the indel, with the spread
    of sites that is assumed before any is seen. Most molecules first, and again until none is left out, since two
    variants of one class hide each other.
    """
    kept = sorted(counts.indels, key=lambda seen: (-int(seen.alt.sum()), seen.allele))
    errors = counts.indel_errors.copy()
    while True:
        left = []
        for seen in kept:
            if _is_variant(seen, errors, counts, thresholds):
                errors -= _own_errors(seen, errors)
            else:
                left.append(seen)
        if len(left) == len(kept):
            return replace(counts, indels=tuple(sorted(left, key=lambda seen: seen.allele)))
        kept = left


def _is_variant(seen: SeenIndel, errors: Integers, counts: BackgroundCounts, thresholds: Thresholds) -> bool:
    alt = int(seen.alt.sum())
    if alt < thresholds.min_alt_molecules:
        return False
    rates = shrink_indel_rates(errors - _own_errors(seen, errors), counts.indel_chances, thresholds)
    expected = _expected(seen, counts, rates)
    return bool(nbinom.sf(alt - 1, _SHAPE, _SHAPE / (_SHAPE + expected)) < VARIANT_P)


def _own_errors(seen: SeenIndel, errors: Integers) -> Integers:
    own = np.zeros_like(errors)
    np.add.at(own[:, seen.klass], KIND_OF_STRATUM, seen.alt)
    return own


def _expected(seen: SeenIndel, counts: BackgroundCounts, rates: Floats) -> float:
    return float(counts.depth[seen.place] @ rates[KIND_OF_STRATUM, seen.klass])
