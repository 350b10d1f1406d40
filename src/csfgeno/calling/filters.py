"""Filters: reasons to doubt an allele that has evidence. Each looks at one thing, and says what it saw."""

from collections.abc import Callable
from typing import Final

import numpy as np
from scipy.stats import fisher_exact

from csfgeno.records import AlleleCounts
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import FilterName

Filter = Callable[[AlleleCounts, Thresholds], bool]


def has_strand_bias(counts: AlleleCounts, thresholds: Thresholds) -> bool:
    """Return whether mutant molecules keep to one strand of origin while the others do not (Fisher's exact test)."""
    table = np.array([[counts.alt_forward, counts.alt_reverse], [counts.ref_forward, counts.ref_reverse]])
    return float(fisher_exact(table).pvalue) < thresholds.strand_bias_p


def is_at_fragment_end(counts: AlleleCounts, thresholds: Thresholds) -> bool:
    """Return whether the allele sits at the ends of its molecules, where end repair writes errors."""
    distance = counts.alt_median_end_distance_bp
    return distance is not None and distance < thresholds.fragment_end_bp


def has_low_mapq(counts: AlleleCounts, thresholds: Thresholds) -> bool:
    """Return whether the mutant molecules are poorly placed."""
    mapq = counts.alt_mean_mapq
    return mapq is not None and mapq < thresholds.min_alt_mapq


FILTERS: Final[tuple[tuple[FilterName, Filter], ...]] = (
    (FilterName.STRAND_BIAS, has_strand_bias),
    (FilterName.FRAGMENT_END, is_at_fragment_end),
    (FilterName.LOW_MAPQ, has_low_mapq),
)


def apply_filters(counts: AlleleCounts, thresholds: Thresholds) -> tuple[FilterName, ...]:
    """Return the names of the filters that `counts` fails, in a fixed order."""
    return tuple(name for name, fails in FILTERS if fails(counts, thresholds))
