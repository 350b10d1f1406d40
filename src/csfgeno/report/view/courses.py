"""What the tables of serial samples share: one course a thing that is followed, one row a date."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from csfgeno.report import numerals
from csfgeno.report.sentences import Sentences
from csfgeno.report.view.parts import Badge
from csfgeno.vocab.serial import SerialResult

NONE: Final = "—"

KINDS: Final = {
    SerialResult.ROSE: "rose",
    SerialResult.NEWLY_DETECTED: "rose",
    SerialResult.FELL: "fell",
    SerialResult.NO_LONGER_DETECTED: "fell",
    SerialResult.NO_CHANGE_SHOWN: "level",
    SerialResult.NOT_COMPARABLE: "not_assessable",
}
"""Look of each result, claimed changes first."""


@dataclass(frozen=True, slots=True)
class DatedRow:
    """One date of one course; the first cell is what the course is about."""

    date: str
    case_id: str
    badge: Badge
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """What changed, as a word with a shape, the sentence that says it, and the numbers behind it."""

    badge: Badge
    text: str
    numbers: str


@dataclass(frozen=True, slots=True)
class CourseView:
    """One allele, junction or gene in one kind of specimen: what changed, and every date."""

    name: str
    detail: str
    changes: tuple[ChangeLine, ...]
    heads: tuple[str, ...]
    rows: tuple[DatedRow, ...]


def dated_row(day: date, case_id: str, badge: Badge, cells: Sequence[str]) -> DatedRow:
    """Return the row of one sample."""
    return DatedRow(day.isoformat(), case_id, badge, tuple(cells))


def change_badge(result: SerialResult, say: Sentences) -> Badge:
    """Return the badge of a result."""
    return Badge(KINDS[result], say(f"serial.result.{result}"))


def percent_with_range(value: float | None, low: float | None, high: float | None) -> str:
    """Return a fraction as percent with its interval, a dash without it."""
    if value is None:
        return NONE
    span = "" if low is None or high is None else f" ({numerals.percent_range(low, high)})"
    return numerals.percent(value) + span
