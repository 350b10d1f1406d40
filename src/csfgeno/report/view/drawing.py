"""The frame of every drawing: strokes and texts in a viewBox, with a title and a description for those who hear it."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

LOWEST: Final = -4
"""Lowest power of ten that an axis of fractions may show; anything below sits on its edge."""


@dataclass(frozen=True, slots=True)
class LogScale:
    """Values to places in a drawing, logarithmic from `10 ** lowest` at `start` to `10 ** highest` at `end`."""

    lowest: int
    start: float
    end: float
    highest: int = 0

    def __call__(self, value: float) -> float:
        """Return the place of a value; one beyond the scale sits on its edge."""
        inside = min(max(value, 10.0**self.lowest), 10.0**self.highest)
        share = (math.log10(inside) - self.lowest) / (self.highest - self.lowest)
        return round(self.start + (self.end - self.start) * share, 1)

    def decades(self) -> Iterator[tuple[float, int]]:
        """Yield the place and the power of ten of every gridline."""
        return ((self(10.0**power), power) for power in range(self.lowest, self.highest + 1))


def lowest_decade(fractions: Iterable[float | None]) -> int:
    """Return the power of ten with which an axis of these fractions begins: 1% at most; what is 0 or `None` is out."""
    present = [fraction for fraction in fractions if fraction]
    return max(LOWEST, min(-2, math.floor(math.log10(min(present)))) if present else -2)


@dataclass(frozen=True, slots=True)
class Stroke:
    """One path; `kind` names its look in the style sheet."""

    kind: str
    path: str


@dataclass(frozen=True, slots=True)
class Label:
    """One text; `kind` names its anchor and look in the style sheet."""

    kind: str
    x: float
    y: float
    text: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """What a template draws, in viewBox units; `key` makes its ids."""

    key: str
    title: str
    description: str
    width: float
    height: float
    strokes: tuple[Stroke, ...]
    labels: tuple[Label, ...]
