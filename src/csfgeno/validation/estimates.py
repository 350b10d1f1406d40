"""An estimate with its 95% interval, and the exact intervals that more than one table needs."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.stats import binom, chi2, norm, t

from csfgeno.intervals import LEVEL, events_high, events_low, share_high, share_low

Z95: Final = float(norm.ppf(0.95))
"""1.645, the one-sided 95% quantile of the limits of CLSI EP17-A2."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with the bounds of its interval; a bound that the data do not give is `None`."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """`hits` of `total`, with the exact interval."""

    hits: int
    total: int

    @property
    def estimate(self) -> Estimate | None:
        """The share and its interval, `None` of nothing."""
        if not self.total:
            return None
        return Estimate(self.hits / self.total, share_low(self.hits, self.total), share_high(self.hits, self.total))


def rate_of(events: int, exposure: int) -> Estimate:
    """Return events per unit with the exact Poisson interval."""
    return Estimate(events / exposure, events_low(events) / exposure, events_high(events) / exposure)


def mean_of(values: Sequence[float]) -> Estimate:
    """Return the mean with Student's interval; without one of a single value."""
    mean, count = float(np.mean(values)), len(values)
    if count < 2:
        return Estimate(mean)
    half = float(t.ppf((1.0 + LEVEL) / 2.0, count - 1)) * float(np.std(values, ddof=1)) / math.sqrt(count)
    return Estimate(mean, mean - half, mean + half)


def spread_of(variance: float, degrees: float) -> Estimate:
    """Return the SD of a variance with that many degrees of freedom, with the chi-square interval."""
    side, scaled = (1.0 - LEVEL) / 2.0, variance * degrees
    low, high = scaled / chi2.ppf(1.0 - side, degrees), scaled / chi2.ppf(side, degrees)
    return Estimate(math.sqrt(variance), math.sqrt(low), math.sqrt(high))


def percentile_of(values: Sequence[float], share: float) -> Estimate:
    """Return a percentile by rank, as CLSI EP17-A2 does: the value at rank `0.5 + share * n`, between ranks by line.

    The bounds are the order statistics whose ranks enclose the percentile with at least `LEVEL`; a bound beyond the
    data is `None`.
    """
    ordered, count = sorted(values), len(values)
    rank = min(max(0.5 + share * count, 1.0), float(count))
    below = math.floor(rank)
    value = ordered[below - 1] + (rank - below) * (ordered[min(below, count - 1)] - ordered[below - 1])
    side = (1.0 - LEVEL) / 2.0
    # P(the r-th smallest is below the percentile) = P(at least r of n are below it).
    low, high = int(binom.ppf(side, count, share)), int(binom.ppf(1.0 - side, count, share)) + 1
    return Estimate(value, ordered[low - 1] if low >= 1 else None, ordered[high - 1] if high <= count else None)
