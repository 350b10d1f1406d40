"""Small alleles of a patient, date by date."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from csfgeno.monitoring.change import Rule, changes_of
from csfgeno.monitoring.earlier import EarlierCase, check_build, renamed_allele
from csfgeno.monitoring.samples import collected, standing, volume_ml
from csfgeno.records import Allele, CaseReport, Finding, SerialPoint, SerialTrace, SpecimenCall
from csfgeno.vocab import Build, CallState, EvidenceMode, SpecimenKind


def known_alleles(earlier: Sequence[EarlierCase], build: Build, contigs: Sequence[str]) -> frozenset[Allele]:
    """Return what earlier cases found, in the contig names of this genome, so that it is called again.

    Raises
    ------
    InputError
        If an earlier case is of another build.
    """
    for own in earlier:
        check_build(own.report, build)
    return frozenset(
        renamed_allele(finding.allele, contigs)
        for own in earlier
        for finding in own.report.findings
        if not finding.contaminant_in and any(call.state is CallState.DETECTED for call in finding.calls)
    )


def allele_traces(cases: Sequence[CaseReport], kind: SpecimenKind, rule: Rule) -> Iterator[SerialTrace]:
    """Yield one trace an allele of the tumour that this kind of specimen has shown, the present findings first."""
    findings = {f.allele: f for own in reversed(cases) for f in own.findings if _is_shown(f, kind)}
    foreign = {f.allele for own in cases for f in own.findings if not _is_of_tumour(f)}
    for allele, finding in findings.items():
        if allele not in foreign:
            points = tuple(_point(own, finding, kind) for own in cases)
            yield SerialTrace(kind, allele, _name(finding), points, changes_of(points, rule))


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
    blank = SerialPoint(
        report.case.case_id,
        collected(report.case, kind),
        CallState.NOT_ASSESSABLE,
        volume_ml=volume_ml(report, kind),
    )
    own = next((f for f in report.findings if f.allele == finding.allele), None)
    call = own.call(kind) if own else None
    return _called(blank, call, report) if call else _unlisted(blank, finding, kind, report)


def _called(blank: SerialPoint, call: SpecimenCall, report: CaseReport) -> SerialPoint:
    mode = next((qc.evidence_mode for qc in report.qc if qc.specimen is call.specimen), None)
    has_molecules = mode is not EvidenceMode.VCF
    return replace(
        blank,
        state=standing(call.state, report, call.specimen, has_limit=call.lod95 is not None),
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
    state = standing(weakest.state, report, kind, has_limit=weakest.lod95 is not None)
    return replace(blank, state=state, depth=weakest.depth, alt=weakest.alt, lod95=weakest.lod95)
