"""Therapies on the first page: one line a drug, one line a resistance, each remark once.

What has no activity in the CNS, or speaks of no drug, waits for the section of therapies.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from csfgeno.report.sentences import Sentences
from csfgeno.report.view.parts import Badge
from csfgeno.report.view.therapies import TherapiesView, TherapyView
from csfgeno.vocab import Direction

ACTIVE: Final = frozenset({"grade-a", "grade-b", "grade-c"})
"""Grades of leptomeningeal or parenchymal evidence that are any evidence of activity."""


@dataclass(frozen=True, slots=True)
class Option:
    """One drug or combination with all that it is offered for; grades are those of its first statement."""

    drug: str
    basis: str
    lm: Badge
    bm: Badge
    pk: Badge
    dose: str
    lines: str
    provisional: Badge | None
    received: str | None


@dataclass(frozen=True, slots=True)
class Objected:
    """Drugs that one finding speaks against."""

    direction: Badge
    drugs: str
    basis: str
    received: tuple[str, ...]
    is_provisional: bool


def merge_options(views: Sequence[TherapyView]) -> tuple[Option, ...]:
    """Return one option a drug and dose that is active in the CNS, in the order of the first statement on it."""
    by_drug: dict[tuple[str, str], list[TherapyView]] = {}
    for view in views:
        if not ACTIVE.isdisjoint((view.lm.kind, view.bm.kind)):
            by_drug.setdefault((view.drug, view.dose), []).append(view)
    return tuple(_option(group) for group in by_drug.values())


def merge_warnings(views: Sequence[TherapyView]) -> tuple[Objected, ...]:
    """Return one warning a finding and direction."""
    alike: dict[tuple[Badge, str], list[TherapyView]] = {}
    for view in views:
        if view.direction.kind != Direction.NO_OPTION:
            alike.setdefault((view.direction, view.basis), []).append(view)
    return tuple(
        Objected(
            direction=direction,
            drugs=", ".join(dict.fromkeys(view.drug for view in group)),
            basis=basis,
            received=tuple(dict.fromkeys(view.received for view in group if view.received)),
            is_provisional=all(view.provisional for view in group),
        )
        for (direction, basis), group in alike.items()
    )


def option_remarks(therapies: TherapiesView, shown: Sequence[Option], say: Sentences) -> tuple[str, ...]:
    """Return each remark on the shown options once, with the drugs it is about, and what is not offered now."""
    drugs = {option.drug for option in shown}
    remarks: dict[str, dict[str, None]] = {}
    for view in therapies.options:
        for caveat in view.caveats if view.drug in drugs else ():
            remarks.setdefault(caveat, {})[view.drug] = None
    told = [say("front.remark", drugs=", ".join(names), text=text) for text, names in remarks.items()]
    return (*told, *_closed(therapies.closed, say))


def _closed(views: Sequence[TherapyView], say: Sentences) -> list[str]:
    by_standing: dict[str, dict[str, None]] = {}
    for view in views:
        by_standing.setdefault(view.standing, {})[view.drug] = None
    return [say(f"front.closed.{standing}", drugs=", ".join(names)) for standing, names in by_standing.items()]


def _option(group: Sequence[TherapyView]) -> Option:
    first = group[0]
    return Option(
        drug=first.drug,
        basis=_basis(group),
        lm=first.lm,
        bm=first.bm,
        pk=first.pk,
        dose=first.dose,
        lines="; ".join(dict.fromkeys(view.line for view in group if view.line)),
        provisional=first.provisional,
        received=first.received,
    )


def _basis(group: Sequence[TherapyView]) -> str:
    """Return the findings that a drug is for, a gene named once where it follows itself."""
    names = [name for view in group for name in view.basis.split(", ")]
    told: list[str] = []
    gene = None
    for name in dict.fromkeys(names):
        first, _, rest = name.partition(" ")
        told.append(rest if first == gene and rest else name)
        gene = first
    return ", ".join(told)
