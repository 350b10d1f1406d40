"""How much of the spread of the measured fraction comes from the run, the day and the operator.

Each factor by itself: one-way random-effects analysis of variance of measured over expected fraction, within each
variant of a material, sums of squares and degrees of freedom added over variants (CLSI EP05-A3; Searle 1992,
Variance Components, for the coefficient of unequal groups).
"""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from csfgeno.validation.estimates import Estimate, spread_of
from csfgeno.validation.measurements import Measurement
from csfgeno.validation.plan import FACTORS


@dataclass(frozen=True, slots=True)
class Precision:
    """Spread of one class at one level by one factor, each as coefficient of variation.

    `repeatability` is within a run (day, operator), `between` is what runs add, `total` both together (Satterthwaite
    1946, doi:10.2307/3002019, for its degrees of freedom); `groups` counts the runs of all variants.
    """

    klass: str
    expected: float
    factor: str
    groups: int
    results: int
    repeatability: Estimate
    between: float
    total: Estimate


@dataclass(frozen=True, slots=True)
class _Sums:
    """Sums of squares, degrees of freedom and the coefficient of the variance between groups."""

    within: float = 0.0
    within_degrees: int = 0
    between: float = 0.0
    between_degrees: int = 0
    coefficient: float = 0.0
    groups: int = 0
    results: int = 0

    def __add__(self, other: "_Sums") -> "_Sums":
        return _Sums(
            self.within + other.within,
            self.within_degrees + other.within_degrees,
            self.between + other.between,
            self.between_degrees + other.between_degrees,
            self.coefficient + other.coefficient,
            self.groups + other.groups,
            self.results + other.results,
        )


def list_precision(klass: str, measurements: Sequence[Measurement]) -> tuple[Precision, ...]:
    """Return what each factor adds at each level; a factor without two groups or without replicates is left out."""
    levels = sorted({m.expected for m in measurements if m.expected})
    found = (_precision(klass, level, factor, measurements) for level in levels for factor in FACTORS)
    return tuple(precision for precision in found if precision)


def _precision(klass: str, expected: float, factor: str, measurements: Sequence[Measurement]) -> Precision | None:
    by_variant: dict[tuple[str, str], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for m in measurements:
        group = m.sample.conditions.get(factor)
        if m.expected == expected and m.is_assessed and m.vaf is not None and group is not None:
            by_variant[m.sample.material, m.variant][group].append(m.vaf / expected)
    sums = sum((_sums(list(groups.values())) for groups in by_variant.values()), _Sums())
    if not sums.within_degrees or not sums.between_degrees:
        return None
    mean = float(np.mean([x for groups in by_variant.values() for values in groups.values() for x in values]))
    return _of_sums(klass, expected, factor, sums, mean) if mean else None


def _sums(groups: list[list[float]]) -> _Sums:
    sizes = np.array([len(group) for group in groups])
    means = np.array([np.mean(group) for group in groups])
    total, grand = int(sizes.sum()), float((sizes * means).sum() / sizes.sum())
    return _Sums(
        within=sum(float(np.var(group)) * len(group) for group in groups),
        within_degrees=total - len(groups),
        between=float((sizes * (means - grand) ** 2).sum()),
        between_degrees=len(groups) - 1,
        coefficient=total - float((sizes**2).sum()) / total,
        groups=len(groups),
        results=total,
    )


def _of_sums(klass: str, expected: float, factor: str, sums: _Sums, mean: float) -> Precision:
    """Return the components that make the sums of squares what is expected of them.

    E[within] = df_w s_r^2; E[between] = df_b s_r^2 + c s_b^2, with c the coefficient.
    """
    within = sums.within / sums.within_degrees
    # METHOD: a negative component of variance is taken as zero.
    between = max(0.0, (sums.between - sums.between_degrees * within) / sums.coefficient)
    degrees = _satterthwaite(sums, within, between)
    repeatability, total = spread_of(within, sums.within_degrees), spread_of(within + between, degrees)
    return Precision(
        klass, expected, factor, sums.groups, sums.results,
        _over(repeatability, mean), math.sqrt(between) / mean, _over(total, mean),
    )  # fmt: skip


def _satterthwaite(sums: _Sums, within: float, between: float) -> float:
    """Return the degrees of freedom of the total, a weighted sum of the two mean squares."""
    if not between:
        return sums.within_degrees
    share = sums.between_degrees / sums.coefficient
    parts = (share * sums.between / sums.between_degrees, (1.0 - share) * within)
    squares = parts[0] ** 2 / sums.between_degrees + parts[1] ** 2 / sums.within_degrees
    return (within + between) ** 2 / squares


def _over(sd: Estimate, mean: float) -> Estimate:
    return Estimate(sd.value / mean, *(None if bound is None else bound / mean for bound in (sd.low, sd.high)))
