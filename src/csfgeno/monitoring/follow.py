"""Earlier cases of the patient laid beside the present one: samples, alleles date by date, and what changed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date

from csfgeno.errors import InputError
from csfgeno.genome.contigs import detect_style, rename_contig
from csfgeno.monitoring.change import Rule, compare
from csfgeno.monitoring.patient import check_genotypes, check_identifiers
from csfgeno.records import (
    Allele,
    Case,
    CaseReport,
    Finding,
    PriorTherapy,
    Serial,
    SerialPoint,
    SerialSample,
    SerialTrace,
    SpecimenCall,
)
from csfgeno.thresholds import Thresholds, override
from csfgeno.vocab import Build, CallState, EvidenceMode, QcVerdict, SpecimenKind

FOLLOWED = (SpecimenKind.CSF, SpecimenKind.PLASMA)
"""Specimens that are taken again."""


@dataclass(frozen=True, slots=True)
class EarlierCase:
    """The report of an earlier case and the SHA-256 of the JSON that it was read from."""

    report: CaseReport
    sha256: str


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
            if _day(then, kind) >= _day(case, kind):
                raise InputError(
                    f"case {then.case_id}: its {kind} was not collected before that of case {case.case_id}; "
                    "give earlier cases to the latest one"
                )


def known_alleles(earlier: Sequence[EarlierCase], build: Build, contigs: Sequence[str]) -> frozenset[Allele]:
    """Return what earlier cases found, in the contig names of this genome, so that it is called again.

    Raises
    ------
    InputError
        If an earlier case is of another build.
    """
    for own in earlier:
        _check_build(own.report, build)
    return frozenset(
        _renamed(finding.allele, contigs)
        for own in earlier
        for finding in own.report.findings
        if not finding.contaminant_in and any(call.state is CallState.DETECTED for call in finding.calls)
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
    cases = [_aligned(own.report, report) for own in earlier]
    identity = tuple(check_genotypes(report, case, thresholds) for case in cases)
    digests = {own.report.case.case_id: own.sha256 for own in earlier}
    rule = Rule(thresholds.interval_level, thresholds.serial_spread)
    everyone = [*cases, report]
    samples = tuple(_sample(own, kind, digests) for kind in FOLLOWED for own in _dated(everyone, kind))
    traces = tuple(trace for kind in FOLLOWED for trace in _traces(_dated(everyone, kind), kind, report, rule))
    return replace(report, serial=Serial(samples, traces, identity, _therapies(everyone)))


# ------------------------------------------------------------------------------------------- cases


def _known_settings(report: CaseReport) -> dict[str, object]:
    known = {field.name for field in fields(Thresholds)}
    return {setting.name: setting.value for setting in report.settings if setting.name in known}


def _aligned(then: CaseReport, now: CaseReport) -> CaseReport:
    """Return an earlier report in the contig names of the present one."""
    _check_build(then, now.provenance.build)
    contigs = list(now.contigs)
    return replace(then, findings=tuple(replace(f, allele=_renamed(f.allele, contigs)) for f in then.findings))


def _check_build(then: CaseReport, build: Build) -> None:
    if then.provenance.build is not build:
        raise InputError(
            f"case {then.case.case_id} is of {then.provenance.build}, this one of {build}; builds are never mixed"
        )


def _renamed(allele: Allele, contigs: Sequence[str]) -> Allele:
    return replace(allele, contig=rename_contig(allele.contig, detect_style(contigs)))


def _shared(one: Case, other: Case) -> list[SpecimenKind]:
    return [kind for kind in FOLLOWED if one.specimen(kind) and other.specimen(kind)]


def _day(case: Case, kind: SpecimenKind) -> date:
    specimen = case.specimen(kind)
    if specimen is None or specimen.collected is None:
        raise InputError(f"case {case.case_id}: serial samples need the day the {kind} was collected; give 'collected'")
    return specimen.collected


def _dated(cases: Sequence[CaseReport], kind: SpecimenKind) -> list[CaseReport]:
    """Return the cases with that specimen by date; none unless the latest case and an earlier one have it."""
    own = [report for report in cases if report.case.specimen(kind)]
    if len(own) < 2 or own[-1] is not cases[-1]:
        return []
    return sorted(own, key=lambda report: _day(report.case, kind))


def _verdict(report: CaseReport, kind: SpecimenKind) -> QcVerdict:
    return next((qc.verdict for qc in report.qc if qc.specimen is kind), report.verdict)


def _sample(report: CaseReport, kind: SpecimenKind, digests: dict[str, str]) -> SerialSample:
    specimen = report.case.specimen(kind)
    tumour = next((f for f in report.tumour_fractions if f.specimen is kind), None)
    return SerialSample(
        case_id=report.case.case_id,
        specimen=kind,
        collected=_day(report.case, kind),
        verdict=_verdict(report, kind),
        volume_ml=specimen.volume_ml if specimen else None,
        tumour_fraction=tumour.fraction if tumour else None,
        tumour_low=tumour.low if tumour else None,
        tumour_high=tumour.high if tumour else None,
        document_sha256=digests.get(report.case.case_id),
    )


def _therapies(cases: Sequence[CaseReport]) -> tuple[PriorTherapy, ...]:
    """Return the treatments of all cases; of one with the same drug and start the latest word counts."""
    told = {(t.drug_id, t.started): t for own in cases for t in own.case.clinical.prior_therapies}
    return tuple(sorted(told.values(), key=lambda t: (t.started or date.min, t.drug_id)))


# ------------------------------------------------------------------------------------------ traces


def _traces(cases: Sequence[CaseReport], kind: SpecimenKind, latest: CaseReport, rule: Rule) -> Iterator[SerialTrace]:
    """Yield one trace an allele of the tumour that this kind of specimen has shown, the present findings first."""
    findings = {f.allele: f for own in (latest, *reversed(cases)) for f in own.findings if _is_shown(f, kind)}
    foreign = {f.allele for own in cases for f in own.findings if not _is_of_tumour(f)}
    for allele, finding in findings.items():
        if allele not in foreign:
            points = tuple(_point(own, finding, kind) for own in cases)
            since = dict.fromkeys((points[-2], points[0]))
            changes = tuple(compare(then, points[-1], rule) for then in since)
            yield SerialTrace(kind, allele, _name(finding), points, changes)


def _is_shown(finding: Finding, kind: SpecimenKind) -> bool:
    call = finding.call(kind)
    return call is not None and call.state is CallState.DETECTED


def _is_of_tumour(finding: Finding) -> bool:
    # METHOD: what is inherited, of blood cells, of another person, or unexplained in the normal is not followed.
    is_known = bool(finding.hotspot_ids or finding.biomarker_ids)
    is_foreign = _is_shown(finding, SpecimenKind.NORMAL) and not is_known
    return finding.origin.may_drive_therapy and not finding.contaminant_in and not is_foreign


def _name(finding: Finding) -> str:
    change = finding.change
    return f"{change.gene} {change.hgvs_p_short or change.hgvs_c}" if change else str(finding.allele)


def _point(report: CaseReport, finding: Finding, kind: SpecimenKind) -> SerialPoint:
    specimen = report.case.specimen(kind)
    blank = SerialPoint(
        report.case.case_id,
        _day(report.case, kind),
        CallState.NOT_ASSESSABLE,
        volume_ml=specimen.volume_ml if specimen else None,
    )
    own = next((f for f in report.findings if f.allele == finding.allele), None)
    call = own.call(kind) if own else None
    return _called(blank, call, report) if call else _unlisted(blank, finding, kind, report)


def _called(blank: SerialPoint, call: SpecimenCall, report: CaseReport) -> SerialPoint:
    mode = next((qc.evidence_mode for qc in report.qc if qc.specimen is call.specimen), None)
    has_molecules = mode is not EvidenceMode.VCF
    return replace(
        blank,
        state=_standing(call.state, call.lod95, report, call.specimen),
        depth=call.counts.depth if has_molecules else None,
        alt=call.counts.alt if has_molecules else None,
        vaf=call.vaf,
        vaf_low=call.vaf_low,
        vaf_high=call.vaf_high,
        lod95=call.lod95,
    )


def _unlisted(blank: SerialPoint, finding: Finding, kind: SpecimenKind, report: CaseReport) -> SerialPoint:
    """Return the state of an allele that a case does not list: that of its hotspot if negative, else unknown."""
    results = [r for r in report.hotspots if r.specimen is kind and r.hotspot_id in finding.hotspot_ids]
    if not results or any(result.state is not CallState.NOT_DETECTED for result in results):
        return blank
    weakest = min(results, key=lambda result: (result.depth, result.hotspot_id))
    state = _standing(weakest.state, weakest.lod95, report, kind)
    return replace(blank, state=state, depth=weakest.depth, alt=weakest.alt, lod95=weakest.lod95)


def _standing(state: CallState, lod95: float | None, report: CaseReport, kind: SpecimenKind) -> CallState:
    # METHOD: a negative without a limit, or of a specimen whose quality failed, is no negative.
    is_void = lod95 is None or _verdict(report, kind) is QcVerdict.FAIL
    return CallState.NOT_ASSESSABLE if state is CallState.NOT_DETECTED and is_void else state
