"""The specimens of a patient by date, and what a negative of one is worth."""

from collections.abc import Sequence
from datetime import date

from csfgeno.errors import InputError
from csfgeno.records import Case, CaseReport, SerialSample
from csfgeno.vocab import CallState, QcVerdict, SpecimenKind

FOLLOWED = (SpecimenKind.CSF, SpecimenKind.PLASMA)
"""Specimens that are taken again."""


def collected(case: Case, kind: SpecimenKind) -> date:
    """Return the day on which a specimen was taken.

    Raises
    ------
    InputError
        If it is not given.
    """
    specimen = case.specimen(kind)
    if specimen is None or specimen.collected is None:
        raise InputError(f"case {case.case_id}: serial samples need the day the {kind} was collected; give 'collected'")
    return specimen.collected


def dated(cases: Sequence[CaseReport], kind: SpecimenKind) -> list[CaseReport]:
    """Return the cases with that specimen by date; none unless the latest case and an earlier one have it."""
    own = [report for report in cases if report.case.specimen(kind)]
    if len(own) < 2 or own[-1] is not cases[-1]:
        return []
    return sorted(own, key=lambda report: collected(report.case, kind))


def verdict_of(report: CaseReport, kind: SpecimenKind) -> QcVerdict:
    """Return the quality of a specimen."""
    return next((qc.verdict for qc in report.qc if qc.specimen is kind), report.verdict)


def standing(state: CallState, report: CaseReport, kind: SpecimenKind, *, has_limit: bool) -> CallState:
    """Return a state as it may be repeated later.

    METHOD: a negative without a limit, or of a specimen whose quality failed, is no negative.
    """
    is_void = not has_limit or verdict_of(report, kind) is QcVerdict.FAIL
    return CallState.NOT_ASSESSABLE if state is CallState.NOT_DETECTED and is_void else state


def volume_ml(report: CaseReport, kind: SpecimenKind) -> float | None:
    """Return the volume of a specimen, `None` if it was not given."""
    specimen = report.case.specimen(kind)
    return specimen.volume_ml if specimen else None


def sample(report: CaseReport, kind: SpecimenKind, sha256: str | None) -> SerialSample:
    """Return one specimen of one date; `sha256` is of the document that an earlier case was read from."""
    tumour = next((f for f in report.tumour_fractions if f.specimen is kind), None)
    return SerialSample(
        case_id=report.case.case_id,
        specimen=kind,
        collected=collected(report.case, kind),
        verdict=verdict_of(report, kind),
        volume_ml=volume_ml(report, kind),
        tumour_fraction=tumour.fraction if tumour else None,
        tumour_low=tumour.low if tumour else None,
        tumour_high=tumour.high if tumour else None,
        document_sha256=sha256,
    )
