"""Earlier cases of the patient laid beside the present one: samples, what is followed by date, and what changed."""

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import date

from csfgeno.errors import InputError
from csfgeno.monitoring.alleles import allele_traces
from csfgeno.monitoring.change import Rule
from csfgeno.monitoring.copies import copy_traces
from csfgeno.monitoring.copy_change import CopyRule
from csfgeno.monitoring.earlier import EarlierCase, aligned
from csfgeno.monitoring.fusions import fusion_traces
from csfgeno.monitoring.losses import loss_traces
from csfgeno.monitoring.patient import check_genotypes, check_identifiers
from csfgeno.monitoring.samples import FOLLOWED, collected, dated, sample
from csfgeno.records import Case, CaseReport, PriorTherapy, Serial
from csfgeno.thresholds import Thresholds, override
from csfgeno.vocab import SpecimenKind


def check_earlier(case: Case, earlier: Sequence[EarlierCase]) -> None:
    """Refuse earlier cases that cannot be laid beside this one, before any read is counted.

    Raises
    ------
    InputError
        If one is of another patient, given twice, withheld, without a date, or not earlier.
    """
    seen = {case.case_id}
    for own in earlier:
        then = own.report.case
        check_identifiers(case, then)
        if then.case_id in seen:
            raise InputError(f"case {then.case_id} is given twice; give each earlier case once")
        seen.add(then.case_id)
        if own.report.identity.is_blocked:
            raise InputError(f"case {then.case_id} is withheld, since its specimens are not of one person")
        for kind in _shared(case, then):
            if collected(then, kind) >= collected(case, kind):
                raise InputError(
                    f"case {then.case_id}: its {kind} was not collected before that of case {case.case_id}; "
                    "give earlier cases to the latest one"
                )


def follow(report: CaseReport, earlier: Sequence[EarlierCase]) -> CaseReport:
    """Return the report with the earlier cases of its patient laid beside it; the same one if it is withheld.

    Raises
    ------
    InputError
        If an earlier case is of another person or build, or cannot be laid beside this one.
    """
    if not earlier or report.identity.is_blocked:
        return report
    check_earlier(report.case, earlier)
    thresholds = override(Thresholds(), _known_settings(report))
    cases = [aligned(own.report, report) for own in earlier]
    identity = tuple(check_genotypes(report, case, thresholds) for case in cases)
    digests = {own.report.case.case_id: own.sha256 for own in earlier}
    everyone = [*cases, report]
    courses = {kind: dated(everyone, kind) for kind in FOLLOWED}
    samples = (sample(own, kind, digests.get(own.case.case_id)) for kind, own in _each(courses))
    serial = Serial(tuple(samples), (), identity, _therapies(everyone))
    return replace(report, serial=_with_traces(serial, courses, thresholds))


def _with_traces(serial: Serial, courses: dict[SpecimenKind, list[CaseReport]], thresholds: Thresholds) -> Serial:
    """Return the samples with all that is followed through them."""
    rule = Rule(thresholds.interval_level, thresholds.serial_spread)
    copy_rule = CopyRule(thresholds.interval_level, thresholds.serial_copy_spread)
    tolerance_bp = thresholds.breakpoint_tolerance_bp
    return replace(
        serial,
        traces=tuple(trace for kind, own in courses.items() for trace in allele_traces(own, kind, rule)),
        fusions=tuple(trace for kind, own in courses.items() for trace in fusion_traces(own, kind, rule, tolerance_bp)),
        copies=tuple(trace for kind, own in courses.items() for trace in copy_traces(own, kind, copy_rule)),
        losses=tuple(trace for kind, own in courses.items() for trace in loss_traces(own, kind)),
    )


def _each(courses: dict[SpecimenKind, list[CaseReport]]) -> list[tuple[SpecimenKind, CaseReport]]:
    return [(kind, own) for kind, reports in courses.items() for own in reports]


def _known_settings(report: CaseReport) -> dict[str, object]:
    known = {field.name for field in fields(Thresholds)}
    return {setting.name: setting.value for setting in report.settings if setting.name in known}


def _shared(one: Case, other: Case) -> list[SpecimenKind]:
    return [kind for kind in FOLLOWED if one.specimen(kind) and other.specimen(kind)]


def _therapies(cases: Sequence[CaseReport]) -> tuple[PriorTherapy, ...]:
    """Return the treatments of all cases; of one with the same drug and start the latest word counts."""
    told = {(t.drug_id, t.started): t for own in cases for t in own.case.clinical.prior_therapies}
    return tuple(sorted(told.values(), key=lambda t: (t.started or date.min, t.drug_id)))
