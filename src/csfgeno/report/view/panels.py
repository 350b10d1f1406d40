"""Small drawings of rates side by side in slots: contexts by their neighbours, indels by length of homopolymer."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from csfgeno.report.view.drawing import Drawing, Label, LogScale, Stroke
from csfgeno.report.view.rows import Spot, decade, scale_of

WIDTH: Final = 250.0
HEIGHT: Final = 150.0
LEFT: Final = 34.0
RIGHT: Final = 4.0
TOP: Final = 18.0
FLOOR: Final = HEIGHT - 32.0
SLOT_SHARE: Final = 0.46
"""Share of its slot over which the marks of a slot stand apart."""

MARKS: Final = (
    ("point", "m-2.5 0a2.5 2.5 0 1 0 5 0a2.5 2.5 0 1 0 -5 0z"),
    ("point open", "m-2.5 0a2.5 2.5 0 1 0 5 0a2.5 2.5 0 1 0 -5 0z"),
    ("point", "m-2.3 -2.3h4.6v4.6h-4.6z"),
    ("point open", "m-2.3 -2.3h4.6v4.6h-4.6z"),
)
"""Look and shape of the marks of a slot, one after the other: circles, then squares, each filled, then open."""


@dataclass(frozen=True, slots=True)
class Panel:
    """One small drawing: the marks of every slot, the name of each, and those of its groups of equal size."""

    key: str
    title: str
    slots: tuple[tuple[Spot, ...], ...]
    names: tuple[str, ...]
    groups: tuple[str, ...] = ()


def draw_panels(panels: Sequence[Panel], description: str) -> tuple[Drawing, ...]:
    """Return the drawings, on one scale."""
    spots = [spot for panel in panels for slot in panel.slots for spot in slot]
    up = scale_of(spots, FLOOR, TOP)
    return tuple(
        Drawing(p.key, p.title, description, WIDTH, HEIGHT, tuple(_strokes(p, up)), tuple(_labels(p, up)))
        for p in panels
    )


def _x(panel: Panel, slot: float) -> float:
    """Return the place of the middle of a slot."""
    return LEFT + (WIDTH - LEFT - RIGHT) * (slot + 0.5) / len(panel.slots)


def _strokes(panel: Panel, up: LogScale) -> Iterator[Stroke]:
    yield Stroke("grid", "".join(f"M{LEFT} {y}H{WIDTH - RIGHT}" for y, _ in up.decades()))
    yield Stroke("axis", f"M{LEFT} {FLOOR}H{WIDTH - RIGHT}")
    if panel.groups:
        size = len(panel.slots) // len(panel.groups)
        edges = (round(_x(panel, size * i - 0.5), 1) for i in range(1, len(panel.groups)))
        yield Stroke("axis", "".join(f"M{x} {FLOOR}v22" for x in edges))
    width = _x(panel, 1) - _x(panel, 0)
    for slot, spots in enumerate(panel.slots):
        for i, (spot, (look, shape)) in enumerate(zip(spots, MARKS, strict=False)):
            aside = SLOT_SHARE * width * (i / (len(spots) - 1) - 0.5) if len(spots) > 1 else 0.0
            x = round(_x(panel, slot) + aside, 1)
            yield Stroke("interval", f"M{x} {up(spot.low)}V{up(spot.high)}")
            yield Stroke(look, f"M{x} {up(spot.value)}{shape}")


def _labels(panel: Panel, up: LogScale) -> Iterator[Label]:
    for y, power in up.decades():
        yield Label("end", LEFT - 4, round(y + 4, 1), decade(power))
    for slot, name in enumerate(panel.names):
        yield Label("middle", round(_x(panel, slot), 1), FLOOR + 13, name)
    for i, name in enumerate(panel.groups):
        size = len(panel.slots) / len(panel.groups)
        yield Label("middle", round(_x(panel, size * (i + 0.5) - 0.5), 1), FLOOR + 26, name)
