"""The frame of every drawing: strokes and texts in a viewBox, with a title and a description for those who hear it."""

from dataclasses import dataclass


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
