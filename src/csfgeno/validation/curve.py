"""Drawing of one class: the share detected at each level with its interval, the probit curve and the limits."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from csfgeno.report import numerals
from csfgeno.validation.kit import ClassResult

WIDTH: Final = 440.0
HEIGHT: Final = 190.0
LEFT: Final = 44.0
RIGHT: Final = 14.0
TOP: Final = 14.0
BOTTOM: Final = 160.0
STEPS: Final = 80
"""Points of the curve."""

MARGIN: Final = 0.15
"""Decades of the axis beyond the outermost level."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A gridline at `at` with its label."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Point:
    """One level: its place, the ends of its interval, and what it says."""

    x: float
    y: float
    low: float
    high: float
    text: str


@dataclass(frozen=True, slots=True)
class HitPlot:
    """Everything that the template draws, in viewBox units; `lod` is the place of the limit, `None` without one."""

    plot_id: str
    title: str
    description: str
    fractions: tuple[Tick, ...]
    shares: tuple[Tick, ...]
    points: tuple[Point, ...]
    curve: str
    lod: float | None


@dataclass(frozen=True, slots=True)
class _Scale:
    """Logarithmic from the lowest to the highest level."""

    low: float
    high: float

    def x(self, fraction: float) -> float:
        share = (math.log10(fraction) - self.low) / (self.high - self.low)
        return round(LEFT + (WIDTH - LEFT - RIGHT) * min(max(share, 0.0), 1.0), 1)


def _y(share: float) -> float:
    return round(BOTTOM - (BOTTOM - TOP) * share, 1)


def draw_hits(result: ClassResult, number: int) -> HitPlot | None:
    """Return the drawing of a class, or `None` without levels."""
    if not result.levels:
        return None
    logs = [math.log10(level.expected) for level in result.levels]
    scale = _Scale(min(logs) - MARGIN, max(logs) + MARGIN)
    lod = result.limits.lod
    return HitPlot(
        plot_id=f"hits-{number}",
        title=f"Share detected by level, {result.limits.klass}",
        description="; ".join(_text(level.expected, level.hits.hits, level.hits.total) for level in result.levels),
        fractions=tuple(
            Tick(scale.x(value), numerals.percent(value)) for value in dict.fromkeys(v.expected for v in result.levels)
        ),
        shares=tuple(Tick(_y(share), f"{100 * share:g}%") for share in (0.0, 0.5, 0.95)),
        points=tuple(_points(result, scale)),
        curve=_curve(result, scale),
        lod=scale.x(lod.value) if lod else None,
    )


def _points(result: ClassResult, scale: _Scale) -> Iterator[Point]:
    for level in result.levels:
        share = level.hits.estimate
        if share:
            low, high = (_y(bound) for bound in (share.low or 0.0, 1.0 if share.high is None else share.high))
            text = _text(level.expected, level.hits.hits, level.hits.total)
            yield Point(scale.x(level.expected), _y(share.value), low, high, text)


def _text(expected: float, hits: int, total: int) -> str:
    return f"{numerals.percent(expected)}: {hits} of {total}"


def _curve(result: ClassResult, scale: _Scale) -> str:
    curve = result.limits.curve
    if curve is None:
        return ""
    logs = [scale.low + (scale.high - scale.low) * i / STEPS for i in range(STEPS + 1)]
    places = (f"{scale.x(10.0**log)} {_y(curve.probability(10.0**log))}" for log in logs)
    return "M" + "L".join(places)
