"""A drawing of rates or counts in rows: a filled and an open mark each, with intervals, on a logarithmic scale."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from csfgeno.report.view.drawing import Drawing, Label, LogScale, Stroke

WIDTH: Final = 340.0
RIGHT: Final = 16.0
TOP: Final = 24.0
HEAD_STEP: Final = 22.0
ROW_STEP: Final = 19.0
ASIDE: Final = 3.6
"""How far the two marks of a row stand above and below its middle."""
LETTER: Final = 7.2
"""Width of a letter at the font size of the sheet."""
MARK: Final = "m-3.4 0a3.4 3.4 0 1 0 6.8 0a3.4 3.4 0 1 0 -6.8 0z"


@dataclass(frozen=True, slots=True)
class Spot:
    """A value above 0 with its interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Line:
    """One row: its name, its filled mark, and its open one if there is a second."""

    name: str
    filled: Spot
    open: Spot | None = None


@dataclass(frozen=True, slots=True)
class Lines:
    """Rows under one heading, which may be empty."""

    heading: str
    lines: tuple[Line, ...]


def draw_rows(key: str, title: str, description: str, groups: Sequence[Lines]) -> Drawing:
    """Return the drawing; there must be a row."""
    names = [line.name for group in groups for line in group.lines]
    scale = scale_of(spots_of(groups), 14.0 + LETTER * max(map(len, names)), WIDTH - RIGHT)
    labels: list[Label] = []
    strokes: list[Stroke] = []
    y = TOP
    for group in groups:
        if group.heading:
            labels.append(Label("finding", 0.0, round(y + HEAD_STEP - 6, 1), group.heading))
            y += HEAD_STEP
        for line in group.lines:
            middle = round(y + ROW_STEP / 2, 1)
            labels.append(Label("specimen", 0.0, round(middle + 4, 1), line.name))
            strokes += _marks(line, middle, scale)
            y += ROW_STEP
    grid = Stroke("grid", "".join(f"M{x} {TOP}V{y}" for x, _ in scale.decades()))
    ticks = (Label("tick", x, TOP - 8, decade(power)) for x, power in scale.decades())
    return Drawing(key, title, description, WIDTH, y + 8, (grid, *strokes), (*ticks, *labels))


def spots_of(groups: Sequence[Lines]) -> list[Spot]:
    """Return all marks of some rows."""
    lines = [line for group in groups for line in group.lines]
    return [spot for line in lines for spot in (line.filled, line.open) if spot is not None]


def scale_of(spots: Sequence[Spot], start: float, end: float) -> LogScale:
    """Return a scale of whole decades that holds every value and upper bound; lower bounds may lie on its edge."""
    lowest = math.floor(math.log10(min(spot.value for spot in spots)))
    highest = math.ceil(math.log10(max(max(spot.value, spot.high) for spot in spots)))
    return LogScale(lowest, start, end, max(highest, lowest + 1))


def decade(power: int) -> str:
    """Return a power of ten as a tick."""
    return f"{10.0**power:,g}" if -1 <= power < 5 else f"1e{power}"


def _marks(line: Line, y: float, scale: LogScale) -> Iterator[Stroke]:
    if line.open is None:
        yield from _mark(line.filled, "point", y, scale)
        return
    yield from _mark(line.filled, "point", round(y - ASIDE, 1), scale)
    yield from _mark(line.open, "point open", round(y + ASIDE, 1), scale)


def _mark(spot: Spot, look: str, y: float, scale: LogScale) -> Iterator[Stroke]:
    yield Stroke("interval", f"M{scale(spot.low)} {y}H{scale(spot.high)}")
    yield Stroke(look, f"M{scale(spot.value)} {y}{MARK}")
