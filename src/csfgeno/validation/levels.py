"""How well the fraction of each level is measured, and from which level on it may be called a quantity."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

import numpy as np

from csfgeno.thresholds import StudyThresholds
from csfgeno.validation.estimates import Z95, Estimate, Share, mean_of, spread_of
from csfgeno.validation.measurements import Measurement
from csfgeno.vocab import CallState


@dataclass(frozen=True, slots=True)
class Level:
    """All results of one class at one expected fraction.

    Attributes
    ----------
    hits
        Detected of those that have an answer.
    indeterminate, not_assessable
        Results without a clear answer, and without any; the latter are not among `hits`.
    bias
        Mean of measured over expected, minus 1.
    cv
        SD of measured over expected, pooled within variants of a material, over its mean; `None` without replicates.
    total_error
        |bias| + 1.645 CV (Westgard 1974, doi:10.1093/clinchem/20.7.825).
    """

    klass: str
    expected: float
    hits: Share
    indeterminate: int
    not_assessable: int
    bias: Estimate | None
    cv: Estimate | None

    @property
    def total_error(self) -> float | None:
        """|bias| + 1.645 CV."""
        return abs(self.bias.value) + Z95 * self.cv.value if self.bias and self.cv else None

    def is_preliminary(self, thresholds: StudyThresholds) -> bool:
        """Whether too few results stand behind the level."""
        return self.hits.total < thresholds.min_level_replicates


def list_levels(klass: str, measurements: Sequence[Measurement]) -> tuple[Level, ...]:
    """Return the levels of the measurements of one class, lowest first; blanks are no level."""
    by_level: dict[float, list[Measurement]] = defaultdict(list)
    for m in measurements:
        if m.expected:
            by_level[m.expected].append(m)
    return tuple(_level(klass, expected, group) for expected, group in sorted(by_level.items()))


def limit_of_quantitation(levels: Sequence[Level], thresholds: StudyThresholds) -> float | None:
    """Return the lowest level from which on every level meets the goal of total error, or `None`."""
    # METHOD: undetected results stay among the measured, so that low levels are not flattered.
    met = takewhile(lambda level: _meets(level, thresholds.loq_total_error), reversed(levels))
    return min((level.expected for level in met), default=None)


def _level(klass: str, expected: float, group: Sequence[Measurement]) -> Level:
    answered = [m for m in group if m.is_assessed]
    ratios = [m.vaf / m.expected for m in answered if m.vaf is not None]
    bias = mean_of([ratio - 1.0 for ratio in ratios]) if ratios else None
    return Level(
        klass=klass,
        expected=expected,
        hits=Share(sum(m.is_hit for m in answered), len(answered)),
        indeterminate=sum(m.state is CallState.INDETERMINATE for m in group),
        not_assessable=len(group) - len(answered),
        bias=bias,
        cv=_relative_spread(answered),
    )


def _relative_spread(group: Sequence[Measurement]) -> Estimate | None:
    by_variant: dict[tuple[str, str], list[float]] = defaultdict(list)
    for m in group:
        if m.vaf is not None:
            by_variant[m.sample.material, m.variant].append(m.vaf / m.expected)
    degrees = sum(len(values) - 1 for values in by_variant.values())
    mean = float(np.mean([x for values in by_variant.values() for x in values])) if by_variant else 0.0
    if not degrees or not mean:
        return None
    squares = sum(float(np.var(values)) * len(values) for values in by_variant.values())
    sd = spread_of(squares / degrees, degrees)
    return Estimate(sd.value / mean, *(None if bound is None else bound / mean for bound in (sd.low, sd.high)))


def _meets(level: Level, goal: float) -> bool:
    error = level.total_error
    return error is not None and error <= goal
