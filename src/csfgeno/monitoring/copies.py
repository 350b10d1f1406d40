"""Amplifications and deep losses of a patient, date by date."""

from collections.abc import Iterator, Sequence

from csfgeno.monitoring.change import since
from csfgeno.monitoring.copy_change import CopyRule, compare_copies
from csfgeno.monitoring.samples import collected, standing, verdict_of
from csfgeno.records import CaseReport, CopyNumber, SerialCopies, SerialCopyPoint
from csfgeno.structural.levels import OWN_NORMAL, OWN_TARGETS
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import CallState, QcVerdict, SpecimenKind
from csfgeno.vocab.serial import CopyEvent


def copy_traces(cases: Sequence[CaseReport], kind: SpecimenKind, rule: CopyRule) -> Iterator[SerialCopies]:
    """Yield one trace a gene and event that this kind of specimen has shown, the present ones first."""
    for event in CopyEvent:
        numbers = [number for own in reversed(cases) for number in own.copy_numbers if number.specimen is kind]
        for gene in dict.fromkeys(n.gene for n in numbers if state_of(n, event) is CallState.DETECTED):
            points = tuple(_point(own, gene, kind, event) for own in cases)
            changes = tuple(compare_copies(then, points[-1], event, rule) for then in since(points))
            yield SerialCopies(kind, gene, event, points, changes)


def state_of(number: CopyNumber, event: CopyEvent) -> CallState:
    """Return the state of an event in the copy number of a gene."""
    return number.amplification if event is CopyEvent.AMPLIFICATION else number.deep_loss


def _point(report: CaseReport, gene: str, kind: SpecimenKind, event: CopyEvent) -> SerialCopyPoint:
    number = next((n for n in report.copy_numbers if n.gene == gene and n.specimen is kind), None)
    day, is_failed = collected(report.case, kind), verdict_of(report, kind) is QcVerdict.FAIL
    # METHOD: of a failed specimen a detected event is repeated, as elsewhere; its other depths are no measurement.
    if number is None or (is_failed and state_of(number, event) is not CallState.DETECTED):
        return SerialCopyPoint(report.case.case_id, day, CallState.NOT_ASSESSABLE, _level(report))
    return _measured(report, number, event)


def _measured(report: CaseReport, number: CopyNumber, event: CopyEvent) -> SerialCopyPoint:
    is_gain = event is CopyEvent.AMPLIFICATION
    limit_copies = number.amplification_limit_copies if is_gain else None
    limit_fraction = number.amplification_limit_tumour_fraction if is_gain else number.loss_limit_tumour_fraction
    is_own = number.baseline in (OWN_TARGETS, OWN_NORMAL)
    has_limit = (limit_copies if is_gain else limit_fraction) is not None
    tumour = next((f for f in report.tumour_fractions if f.specimen is number.specimen), None)
    return SerialCopyPoint(
        case_id=report.case.case_id,
        collected=collected(report.case, number.specimen),
        state=standing(state_of(number, event), report, number.specimen, has_limit=has_limit),
        level=_level(report),
        log2_ratio=number.log2_ratio,
        log2_low=number.log2_low,
        log2_high=number.log2_high,
        tumour_fraction=number.tumour_fraction,
        tumour_low=tumour.low if tumour and number.tumour_fraction is not None else None,
        tumour_high=tumour.high if tumour and number.tumour_fraction is not None else None,
        copies=number.copies,
        copies_low=number.copies_low,
        copies_high=number.copies_high,
        limit_copies=limit_copies,
        limit_tumour_fraction=limit_fraction,
        baseline=number.baseline,
        panel_sha256=report.provenance.panel_sha256,
        normals_sha256=None if is_own else report.provenance.inputs_sha256.get("error_model"),
    )


def _level(report: CaseReport) -> float:
    """Return the coverage of the intervals of a case."""
    told = next((setting.value for setting in report.settings if setting.name == "interval_level"), None)
    return float(told) if told is not None else Thresholds().interval_level
