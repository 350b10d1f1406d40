"""Exact 95% intervals of counts: of a share, and of a number of events."""

from typing import Final

from scipy.stats import beta, chi2

LEVEL: Final = 0.95
"""Coverage, two-sided."""

_SIDE: Final = (1.0 - LEVEL) / 2.0


def share_low(hits: int, tested: int) -> float:
    """Return the lower end of the interval of a share (Clopper and Pearson 1934, doi:10.1093/biomet/26.4.404)."""
    return float(beta.ppf(_SIDE, hits, tested - hits + 1)) if hits else 0.0


def share_high(hits: int, tested: int) -> float:
    """Return the upper end of that interval; 1 where nobody was tested."""
    return float(beta.ppf(1.0 - _SIDE, hits + 1, tested - hits)) if hits < tested else 1.0


def events_low(events: int) -> float:
    """Return the lower end of the interval of a Poisson mean (Garwood 1936, doi:10.1093/biomet/28.3-4.437)."""
    return float(chi2.ppf(_SIDE, 2 * events)) / 2.0 if events else 0.0


def events_high(events: int) -> float:
    """Return the upper end of that interval."""
    return float(chi2.ppf(1.0 - _SIDE, 2 * events + 2)) / 2.0
