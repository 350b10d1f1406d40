"""Quality: how much DNA there was, how it was counted, and what that allows."""

from dataclasses import dataclass
from typing import Final

from csfgeno.records import CaseReport, Specimen, SpecimenQc
from csfgeno.report import numerals
from csfgeno.report.metrics import FRACTION, GROUPS, METRICS, Metric
from csfgeno.report.sentences import Sentences
from csfgeno.report.view.parts import Badge, Row, specimen_kinds, specimen_qc, specimen_word, verdict_badge
from csfgeno.report.view.profiles import Profile, build_profiles
from csfgeno.vocab import QcVerdict

UNKNOWN: Final = "—"
_TOLD_UNITS: Final = ("mL", "ng", "bp", "/µL")
"""Units that stand beside the number; the others are in the label of the row."""


@dataclass(frozen=True, slots=True)
class Note:
    """One remark on quality."""

    badge: Badge
    specimen: str
    text: str


@dataclass(frozen=True, slots=True)
class MetricTable:
    """Measures that belong together."""

    caption: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class QualityView:
    """The section of quality."""

    specimens: tuple[str, ...]
    verdicts: tuple[Badge, ...]
    handling: tuple[Row, ...]
    tables: tuple[MetricTable, ...]
    notes: tuple[Note, ...]
    profiles: tuple[Profile, ...]
    targets: tuple[Row, ...]


def build_quality(report: CaseReport, say: Sentences) -> QualityView:
    """Return the section of quality."""
    pairs = [(specimen, qc) for specimen in _specimens(report) if (qc := specimen_qc(report, specimen.kind))]
    return QualityView(
        specimens=tuple(specimen_word(specimen.kind, say) for specimen, _ in pairs),
        verdicts=tuple(verdict_badge(qc.verdict, say) for _, qc in pairs),
        handling=tuple(_handling([specimen for specimen, _ in pairs], say)),
        tables=tuple(table for group in GROUPS if (table := _table(group, pairs, say)).rows),
        notes=tuple(quality_notes(report, say)),
        profiles=build_profiles(report, [qc for _, qc in pairs], say),
        targets=tuple(_target_rows([qc for _, qc in pairs])),
    )


def quality_notes(report: CaseReport, say: Sentences) -> list[Note]:
    """Return all remarks, the gravest first, specimens in table order."""
    gravity = [QcVerdict.FAIL, QcVerdict.LIMITED, QcVerdict.PASS]
    notes = [
        (note, qc.specimen) for kind in specimen_kinds(report) if (qc := specimen_qc(report, kind)) for note in qc.notes
    ]
    notes.sort(key=lambda pair: gravity.index(pair[0].verdict))
    return [Note(verdict_badge(note.verdict, say), specimen_word(kind, say), note.text) for note, kind in notes]


def _handling(specimens: list[Specimen], say: Sentences) -> list[Row]:
    """Return what the requester says of each tube; a row that nobody filled in is left out."""
    told: dict[str, list[object]] = {
        name: [getattr(specimen, name) for specimen in specimens]
        for name in ("sample", "barcode", "collected", "received", "tube", "minutes_to_spin", "note")
    }
    told["preparation"] = [say(f"preparation.{s.preparation}") if s.preparation else None for s in specimens]
    return [
        Row(say(f"quality.handling.{name}"), tuple(UNKNOWN if value is None else str(value) for value in values))
        for name, values in told.items()
        if any(value is not None for value in values)
    ]


def _specimens(report: CaseReport) -> list[Specimen]:
    return [specimen for kind in specimen_kinds(report) if (specimen := report.case.specimen(kind))]


def _table(group: str, pairs: list[tuple[Specimen, SpecimenQc]], say: Sentences) -> MetricTable:
    rows = [_metric_row(metric, pairs, say) for metric in METRICS if metric.group == group]
    if group == GROUPS[0]:
        rows.insert(0, Row(say("quality.metric.mode"), tuple(say(f"mode.{qc.evidence_mode}") for _, qc in pairs)))
    known = tuple(row for row in rows if set(row.cells) != {UNKNOWN})
    return MetricTable(say(f"quality.group.{group}"), known)


def _metric_row(metric: Metric, pairs: list[tuple[Specimen, SpecimenQc]], say: Sentences) -> Row:
    return Row(say(f"quality.metric.{metric.name}"), tuple(_told(metric, *pair) for pair in pairs))


def _told(metric: Metric, specimen: Specimen, qc: SpecimenQc) -> str:
    value = metric.value(specimen, qc)
    if value is None:
        return UNKNOWN
    if metric.unit == FRACTION:
        return numerals.percent(value)
    number = numerals.count(value) if isinstance(value, int) else numerals.quantity(value)
    return f"{number} {metric.unit}" if metric.unit in _TOLD_UNITS else number


def _target_rows(records: list[SpecimenQc]) -> list[Row]:
    """Return one row a target: median and, in brackets, least depth per specimen."""
    names = dict.fromkeys((target.gene, target.name) for qc in records for target in qc.targets)
    depths = [{target.name: target for target in qc.targets} for qc in records]
    return [
        Row(
            name if name.startswith(gene) else f"{gene} {name}",
            tuple(
                f"{numerals.quantity(found[name].median_depth)} ({numerals.count(found[name].min_depth)})"
                if name in found
                else UNKNOWN
                for found in depths
            ),
        )
        for gene, name in names
    ]
