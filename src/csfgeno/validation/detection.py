"""Limit of blank and limit of detection of a class of variants.

CLSI EP17-A2: the limit of blank is the 95th percentile of blank results; the limit of detection the level that is
detected in 95 of 100 samples. Counts of molecules are far from Gaussian at these levels, so the hit rate is the
measure; the classical limits by standard deviations stand beside it.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq, minimize, minimize_scalar
from scipy.stats import chi2, norm

from csfgeno.intervals import LEVEL
from csfgeno.validation.estimates import Z95, Estimate, Share, percentile_of
from csfgeno.validation.measurements import Measurement

Floats = NDArray[np.float64]

SLOPES: Final = (-12.0, 3.0)
"""Range of the logarithm of the scale of a probit curve, in decades of VAF."""


@dataclass(frozen=True, slots=True)
class ProbitCurve:
    """P(detected) = Phi((log10 VAF - middle) / scale), fitted by maximum likelihood.

    `fit_p` is the p-value of Pearson's chi-square of the levels against the curve, `None` with fewer than three levels:
    small where replicates or variants of one class differ more than chance.
    """

    middle: float
    scale: float
    fit_p: float | None

    def probability(self, vaf: float) -> float:
        """Return the probability that a variant of that fraction is detected."""
        return float(norm.cdf((math.log10(vaf) - self.middle) / self.scale))


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one class of variants, as fractions.

    Attributes
    ----------
    blanks
        Blank results the limits of blank rest on.
    lob, lob_classical
        95th percentile of the blank results, and their mean + 1.645 SD.
    lod, curve
        Level detected with probability `power` by the curve, `None` where hit rates do not fix a curve.
    lod_observed
        Lowest level from which on every level was detected in at least that share of results, `None` without one.
    lod_classical
        `lob_classical` + 1.645 SD of the lowest level.
    """

    klass: str
    blanks: int
    lob: Estimate | None
    lob_classical: float | None
    lod: Estimate | None
    curve: ProbitCurve | None
    lod_observed: float | None
    lod_classical: float | None


def find_limits(klass: str, measurements: Sequence[Measurement], power: float) -> Limits:
    """Return the limits of the measurements of one class, blanks among them."""
    blank = [m.vaf for m in measurements if not m.expected and m.vaf is not None]
    hits = hit_rates(measurements)
    curve = fit_probit(hits)
    lob_classical = float(np.mean(blank)) + Z95 * float(np.std(blank, ddof=1)) if len(blank) > 1 else None
    spread = _low_level_spread(measurements)
    return Limits(
        klass=klass,
        blanks=len(blank),
        lob=percentile_of(blank, LEVEL) if blank else None,
        lob_classical=lob_classical,
        lod=_limit_of(hits, curve, power) if curve else None,
        curve=curve,
        lod_observed=_observed_limit(hits, power),
        lod_classical=None if lob_classical is None or spread is None else lob_classical + Z95 * spread,
    )


def hit_rates(measurements: Sequence[Measurement]) -> dict[float, Share]:
    """Return the share detected of each expected fraction above 0, lowest first; what has no answer is left out."""
    levels: dict[float, list[bool]] = defaultdict(list)
    for m in measurements:
        if m.expected and m.is_assessed:
            # METHOD: only DETECTED is a hit; an indeterminate result is a miss.
            levels[m.expected].append(m.is_hit)
    return {level: Share(sum(found), len(found)) for level, found in sorted(levels.items())}


def fit_probit(hits: Mapping[float, Share]) -> ProbitCurve | None:
    """Return the probit curve of hit rates, or `None` where none fits best.

    A curve exists only if some level above one with hits has misses (Albert and Anderson 1984,
    doi:10.1093/biomet/71.1.1); otherwise the steeper the better, without end.
    """
    missed = [level for level, share in hits.items() if share.hits < share.total]
    found = [level for level, share in hits.items() if share.hits]
    if not missed or not found or max(missed) <= min(found):
        return None

    def cost(point: Floats) -> float:
        return -_log_likelihood(hits, float(point[0]), float(point[1]))

    start = np.array([np.log10(list(hits)).mean(), math.log(0.3)])
    best = minimize(cost, start, method="Nelder-Mead", tol=1e-10)
    middle, scale = float(best.x[0]), math.exp(float(best.x[1]))
    return ProbitCurve(middle, scale, _fit_p(hits, middle, scale))


def _log_likelihood(hits: Mapping[float, Share], middle: float, log_scale: float) -> float:
    scale = math.exp(min(max(log_scale, SLOPES[0]), SLOPES[1]))
    z = (np.log10(list(hits)) - middle) / scale
    k = np.array([share.hits for share in hits.values()])
    n = np.array([share.total for share in hits.values()])
    return float(np.where(k > 0, k * norm.logcdf(z), 0.0).sum() + np.where(k < n, (n - k) * norm.logsf(z), 0.0).sum())


def _limit_of(hits: Mapping[float, Share], curve: ProbitCurve, power: float) -> Estimate:
    """Return the fraction that the curve detects with `power`, with its profile-likelihood interval.

    The interval holds the limits whose best curve is no less likely than the best of all by more than half the
    chi-square quantile (Wilks 1938, doi:10.1214/aoms/1177732360).
    """
    quantile = float(norm.ppf(power))
    limit = curve.middle + quantile * curve.scale
    lowest_allowed = _log_likelihood(hits, curve.middle, math.log(curve.scale)) - float(chi2.ppf(LEVEL, 1)) / 2.0

    def excess(log_limit: float) -> float:
        def cost(log_scale: float) -> float:
            return -_log_likelihood(hits, log_limit - quantile * math.exp(log_scale), log_scale)

        return (
            -float(minimize_scalar(cost, bounds=SLOPES, method="bounded", options={"xatol": 1e-6}).fun) - lowest_allowed
        )

    low, high = (_crossing(excess, limit, step) for step in (-0.05, 0.05))
    return Estimate(10.0**limit, None if low is None else 10.0**low, None if high is None else 10.0**high)


def _crossing(excess: Callable[[float], float], start: float, step: float) -> float | None:
    """Return where `excess` falls to zero, walking from `start`; `None` if it does not within three decades."""
    inside = start
    while abs(inside - start) < 3.0:
        if excess(inside + step) < 0.0:
            return float(brentq(excess, inside, inside + step, xtol=1e-7))
        inside += step
    return None


def _fit_p(hits: Mapping[float, Share], middle: float, scale: float) -> float | None:
    if len(hits) < 3:
        return None
    expected = norm.cdf((np.log10(list(hits)) - middle) / scale)
    k = np.array([share.hits for share in hits.values()])
    n = np.array([share.total for share in hits.values()])
    variance = np.maximum(n * expected * (1.0 - expected), 1e-12)
    return float(chi2.sf(((k - n * expected) ** 2 / variance).sum(), len(hits) - 2))


def _observed_limit(hits: Mapping[float, Share], power: float) -> float | None:
    lowest = None
    for level in sorted(hits, reverse=True):
        if hits[level].hits < power * hits[level].total:
            break
        lowest = level
    return lowest


def _low_level_spread(measurements: Sequence[Measurement]) -> float | None:
    """Return the SD of the lowest expected fraction, pooled over its variants; `None` without replicates."""
    lowest = min((m.expected for m in measurements if m.expected), default=None)
    groups: dict[str, list[float]] = defaultdict(list)
    for m in measurements:
        if m.expected == lowest and m.vaf is not None:
            groups[m.variant].append(m.vaf)
    degrees = sum(len(values) - 1 for values in groups.values())
    if not degrees:
        return None
    return math.sqrt(sum(float(np.var(values)) * len(values) for values in groups.values()) / degrees)
