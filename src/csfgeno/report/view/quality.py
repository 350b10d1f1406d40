"""Quality: how much DNA there was, how it was counted, and what that allows."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from csfgeno.records import CaseReport, Specimen, SpecimenQc
from csfgeno.report import numerals
from csfgeno.report.sentences import Sentences
from csfgeno.report.view.parts import Badge, Row, specimen_kinds, specimen_qc, specimen_word, verdict_badge
from csfgeno.vocab import MoleculeKind, QcVerdict

UNKNOWN: Final = "—"

Metrics = dict[str, Callable[[Specimen, SpecimenQc], str]]
"""Name of a metric and how it is told."""


@dataclass(frozen=True, slots=True)
class Note:
    """One remark on quality."""

    badge: Badge
    specimen: str
    text: str


@dataclass(frozen=True, slots=True)
class QualityView:
    """The section of quality."""

    specimens: tuple[str, ...]
    verdicts: tuple[Badge, ...]
    metrics: tuple[Row, ...]
    notes: tuple[Note, ...]
    targets: tuple[Row, ...]


def build_quality(report: CaseReport, say: Sentences) -> QualityView:
    """Return the section of quality."""
    pairs = [(specimen, qc) for specimen in _specimens(report) if (qc := specimen_qc(report, specimen.kind))]
    return QualityView(
        specimens=tuple(specimen_word(specimen.kind, say) for specimen, _ in pairs),
        verdicts=tuple(verdict_badge(qc.verdict, say) for _, qc in pairs),
        metrics=tuple(_metric_rows(pairs, say)),
        notes=tuple(quality_notes(report, say)),
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


def _specimens(report: CaseReport) -> list[Specimen]:
    return [specimen for kind in specimen_kinds(report) if (specimen := report.case.specimen(kind))]


def _metric_rows(pairs: list[tuple[Specimen, SpecimenQc]], say: Sentences) -> list[Row]:
    # METHOD: the amount of DNA leads: no method can find what was not in the tube.
    kinds = [
        Row(say(f"quality.kind.{kind}"), tuple(_count(qc.molecules_by_kind.get(kind)) for _, qc in pairs))
        for kind in MoleculeKind
    ]
    modes = Row(say("quality.metric.mode"), tuple(say(f"mode.{qc.evidence_mode}") for _, qc in pairs))
    rows = [modes, *_rows(_AMOUNTS, pairs, say), *kinds, *_rows(_READS, pairs, say)]
    return [row for row in rows if set(row.cells) != {UNKNOWN}]


def _rows(metrics: Metrics, pairs: list[tuple[Specimen, SpecimenQc]], say: Sentences) -> list[Row]:
    return [Row(say(f"quality.metric.{name}"), tuple(get(*pair) for pair in pairs)) for name, get in metrics.items()]


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


def _count(value: int | None) -> str:
    return UNKNOWN if value is None else numerals.count(value)


def _quantity(value: float | None, unit: str = "") -> str:
    return UNKNOWN if value is None else f"{numerals.quantity(value)}{unit}"


def _percent(value: float | None) -> str:
    return UNKNOWN if value is None else numerals.percent(value)


_AMOUNTS: Final[Metrics] = {
    "volume": lambda specimen, _: _quantity(specimen.volume_ml, " mL"),
    "input": lambda specimen, _: _quantity(specimen.input_ng, " ng"),
    "genomes": lambda _, qc: _quantity(qc.input_genome_equivalents),
    "recovered": lambda _, qc: _percent(qc.recovered_fraction),
    "molecules": lambda _, qc: _count(qc.molecules),
}

_READS: Final[Metrics] = {
    "family_size": lambda _, qc: _quantity(qc.mean_family_size),
    "depth": lambda _, qc: _quantity(qc.median_depth),
    "fragments": lambda _, qc: _count(qc.fragments),
    "reads_used": lambda _, qc: _count(qc.reads_used),
    "reads_total": lambda _, qc: _count(qc.reads_total),
}
