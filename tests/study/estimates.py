"""Means over laboratories and their Monte Carlo standard errors, from what differs between laboratories."""

import numpy as np
import numpy.typing as npt

from .results import Sample

Values = npt.NDArray[np.float64]


def by_laboratory(sample: Sample) -> Values:
    """Return the mean of each laboratory; sites and blanks of one have its errors in common."""
    return np.array([np.mean(values) for _, values in sorted(sample.items())])


def pooled(sample: Sample) -> Values:
    """Return all values."""
    return np.concatenate([np.zeros(0), *(np.asarray(values) for _, values in sorted(sample.items()))])


def mean(sample: Sample) -> float:
    """Return the mean over laboratories; without values there is none."""
    return float(np.mean(by_laboratory(sample))) if sample else float("nan")


def standard_error(sample: Sample) -> float:
    """Return the standard error of the mean; one laboratory does not tell it."""
    own = by_laboratory(sample)
    return float(np.std(own, ddof=1) / np.sqrt(len(own))) if len(own) > 1 else float("nan")


def ratio(above: Sample, below: Sample) -> tuple[float, float]:
    """Return the ratio of two means of the same laboratories, and its standard error by leaving one out in turn."""
    a, b = by_laboratory(above), by_laboratory(below)
    if len(a) < 2:
        return mean(above) / mean(below), float("nan")
    left = (a.sum() - a) / (b.sum() - b)
    return float(a.sum() / b.sum()), float(np.sqrt((len(a) - 1) * np.var(left)))


def shares_up_to(sample: Sample, level: float) -> Sample:
    """Return the share of values up to a level, by laboratory."""
    return {laboratory: [float(np.mean(np.asarray(values) <= level))] for laboratory, values in sample.items()}


def with_error(sample: Sample, digits: int, factor: float = 1.0) -> str:
    """Return the mean and its standard error as text."""
    return signed(factor * mean(sample), factor * standard_error(sample), digits) if sample else "-"


def percent(sample: Sample, digits: int) -> str:
    """Return mean and standard error in percent."""
    return f"{with_error(sample, digits, 100.0)}%" if sample else "-"


def fold(logs: Sample, digits: int = 2) -> str:
    """Return the geometric mean of ratios whose logarithms are given, and its standard error."""
    if not logs:
        return "-"
    typical = float(np.exp(mean(logs)))
    return signed(typical, typical * standard_error(logs), digits)


def signed(value: float, error: float, digits: int) -> str:
    """Return a value and its standard error as text."""
    return f"{value:.{digits}f} ± {'?' if np.isnan(error) else f'{error:.{digits}f}'}"
