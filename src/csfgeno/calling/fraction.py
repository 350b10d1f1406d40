"""The fraction of mutant molecules, with the background taken off: maximum likelihood, interval, likelihood ratio."""

from collections.abc import Callable
from typing import Final

import numpy as np
from scipy.optimize import brentq
from scipy.special import betainc, gammaincinv, xlog1py, xlogy

from csfgeno.calling.likelihood import Counts, Vector
from csfgeno.errormodel.spread import Spread

_PARTS: Final = 256
_PROBABILITY, _WEIGHT = (part / 2.0 for part in np.polynomial.legendre.leggauss(_PARTS))
_PROBABILITY = _PROBABILITY + 0.5
"""Gauss-Legendre nodes and weights on (0, 1), of the quantiles of the factor of a site; deep strata make the integrand
a step, and with so many nodes the confidence is off by less than 6e-4 at the most uneven sites, by 1e-4 at others."""


def best_fraction(depth: Counts, alt: Counts, error: Vector) -> float | None:
    """Return the maximum-likelihood fraction f of mutant molecules, `None` without molecules.

    L(f) is binomial by stratum with success probability `f + (1 - f) e_g`. Its logarithm is concave in f.
    """
    used = depth > 0
    n, k, e = depth[used].astype(float), alt[used].astype(float), np.minimum(error[used], 1.0 - 1e-12)
    if not len(n):
        return None

    def slope(f: float) -> float:
        p = f + (1.0 - f) * e
        return float(((1.0 - e) * (k / p - (n - k) / (1.0 - p))).sum())

    if slope(0.0) <= 0.0:
        return 0.0
    if (k == n).all():
        return 1.0
    return float(brentq(slope, 0.0, 1.0 - 1e-12, xtol=1e-12, rtol=1e-10))


def log_likelihood_ratio(depth: Counts, alt: Counts, error: Vector) -> float:
    """Return `max_f log L(f) - log L(0)` of the allele fraction f, molecules independent, binomial by stratum.

    Not negative; zero without mutant molecules.
    """
    best = best_fraction(depth, alt, error)
    if best is None or best == 0.0:
        return 0.0
    n, k = depth.astype(float), alt.astype(float)

    def log_likelihood(f: float) -> float:
        p = np.minimum(f + (1.0 - f) * error, 1.0)
        return float((xlogy(k, p) + xlog1py(n - k, -p)).sum())

    return max(0.0, log_likelihood(best) - log_likelihood(0.0))


def interval(
    depth: Counts, alt: Counts, error: Vector, spread: Spread, level: float, families_per_molecule: float = 1.0
) -> tuple[float, float] | None:
    """Return the interval of the fraction of mutant molecules, or `None` without molecules.

    Its bounds are where the confidence curve has `side` and `1 - side`; it is closed at 0 and 1 where nothing or
    everything is mutant. Where strands cannot be paired each molecule may count `families_per_molecule` times.
    """
    n, k, side = int(depth.sum()), int(alt.sum()), (1.0 - level) / 2.0
    if n == 0:
        return None
    curve = confidence_curve(depth, alt, error, spread, families_per_molecule)
    best = best_fraction(depth, alt, error) or 0.0
    # The estimate weighs strata and the bounds do not, so they are kept around it.
    low = 0.0 if k == 0 else min(best, _solve(curve, side))
    high = 1.0 if k == n else max(best, _solve(curve, 1.0 - side))
    return low, high


def confidence_curve(
    depth: Counts, alt: Counts, error: Vector, spread: Spread, families_per_molecule: float = 1.0
) -> Callable[[float], float]:
    """Return how confident one can be that the fraction of mutant molecules is below f, rising with f.

    With k of n molecules and the mean error rate e it is, over the gamma factor g of the site,

        E_g[ I_p(k + 1/2, n - k + 1/2) ],    p = f + (1 - f) e g.

    Without errors its quantiles are Jeffreys' interval (Brown 2001, doi:10.1214/ss/1009213286); with them, what errors
    may have added is taken off.
    """
    n, k = float(depth.sum()), float(alt.sum())
    shape = spread.overall
    rate = float((depth * error).sum()) / n * gammaincinv(shape, _PROBABILITY) / shape

    molecules_for, molecules_against = k / families_per_molecule, (n - k) / families_per_molecule

    def below(f: float) -> float:
        p = np.minimum(f + (1.0 - f) * rate, 1.0)
        return float(betainc(molecules_for + 0.5, molecules_against + 0.5, p) @ _WEIGHT)

    return below


def _solve(below: Callable[[float], float], wanted: float) -> float:
    return 0.0 if below(0.0) >= wanted else float(brentq(lambda f: below(f) - wanted, 0.0, 1.0, xtol=1e-12, rtol=1e-9))
