"""FHIR R4: a bundle after the Genomics Reporting guide (HL7, version 3.0.0), of one diagnostic report and its parts.

Identifiers of resources are made from the case, so that the same case gives the same bytes; dates are those of the case
file. What neither LOINC nor the guide has a code for is text.
"""

import json
from collections.abc import Iterable
from typing import Final

from csfgeno.records import CaseReport, Specimen
from csfgeno.report.fhir.elements import (
    GENETICS,
    GUIDE,
    UCUM,
    Resource,
    coding,
    identifier,
    refer,
    reference,
    urn,
)
from csfgeno.report.fhir.implications import implications
from csfgeno.report.fhir.structural import copy_numbers, fusion_consequences, fusions, rearrangements
from csfgeno.report.fhir.variants import consequences, negatives, phase_relations, small_variants
from csfgeno.vocab import ReportStatus, SpecimenKind

STATUS: Final = {None: "registered", ReportStatus.PRELIMINARY: "preliminary"} | {
    status: status.value for status in (ReportStatus.FINAL, ReportStatus.AMENDED)
}
"""Status of the report; one that the laboratory has not stated is only registered."""

SPECIMEN_TEXT: Final = {
    SpecimenKind.CSF: "Cerebrospinal fluid",
    SpecimenKind.PLASMA: "Plasma",
    SpecimenKind.TISSUE: "Tumour tissue",
    SpecimenKind.NORMAL: "Normal cells",
}


def to_fhir(report: CaseReport) -> bytes:
    """Return the bundle as JSON. A blocked case holds patient, specimens and a report that says so, and no variant."""
    return json.dumps(build_bundle(report), indent=2, ensure_ascii=False, allow_nan=False).encode() + b"\n"


def build_bundle(report: CaseReport) -> Resource:
    """Return the bundle as plain dictionaries and lists."""
    results = [] if report.identity.is_blocked else list(_results(report))
    parts = [_patient(report), *(_specimen(tube, report) for tube in report.case.specimens)]
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "identifier": {"system": "urn:csfgeno:case", "value": report.case.case_id},
        "entry": [
            {"fullUrl": urn(resource["id"]), "resource": resource}
            for resource in (_diagnostic_report(report, results), *parts, *results)
        ],
    }


def _results(report: CaseReport) -> Iterable[Resource]:
    """Yield all observations, those that others are derived from first."""
    shown, joined, copied = small_variants(report), fusions(report), copy_numbers(report)
    changed = rearrangements(report)
    yield from (*shown.values(), *joined.values(), *changed.values(), *copied.values())
    yield from negatives(report)
    yield from consequences(report, shown)
    yield from fusion_consequences(report, joined)
    yield from phase_relations(report, shown)
    yield from implications(report, shown, {**joined, **changed, **copied})


def _patient(report: CaseReport) -> Resource:
    second = report.case.request.second_identifier
    identifiers = [report.case.patient_code, *([second] if second else [])]
    return {
        "resourceType": "Patient",
        "id": identifier(report, "patient"),
        "identifier": [{"value": value} for value in identifiers],
    }


def _specimen(tube: Specimen, report: CaseReport) -> Resource:
    resource: Resource = {
        "resourceType": "Specimen",
        "id": identifier(report, tube.kind),
        "identifier": [{"value": tube.barcode or tube.sample}],
        "type": {"text": SPECIMEN_TEXT[tube.kind]},
        "subject": reference(report, "patient"),
    }
    if tube.received:
        resource["receivedTime"] = tube.received.isoformat()
    collection: Resource = {}
    if tube.collected:
        collection["collectedDateTime"] = tube.collected.isoformat()
    if tube.volume_ml:
        collection["quantity"] = {"value": tube.volume_ml, "unit": "mL", "system": UCUM, "code": "mL"}
    return resource | ({"collection": collection} if collection else {})


def _diagnostic_report(report: CaseReport, results: Iterable[Resource]) -> Resource:
    sign_off = report.case.sign_off
    resource: Resource = {
        "resourceType": "DiagnosticReport",
        "id": identifier(report, "report"),
        "meta": {"profile": [f"{GUIDE}/StructureDefinition/genomic-report"]},
        "identifier": [{"value": report.case.case_id}],
        "status": STATUS[sign_off.status],
        "category": [GENETICS],
        "code": {"coding": [coding("51969-4", "Genetic analysis report")]},
        "subject": reference(report, "patient"),
        "specimen": [reference(report, tube.kind) for tube in report.case.specimens],
        "conclusion": _conclusion(report),
    }
    collected = report.case.specimens[0].collected
    if collected:
        resource["effectiveDateTime"] = collected.isoformat()
    if report.case.request.laboratory:
        resource["performer"] = [{"display": report.case.request.laboratory}]
    found = refer(results)
    return resource | ({"result": found} if found else {})


def _conclusion(report: CaseReport) -> str:
    if report.identity.is_blocked:
        return "Withheld: the specimens are not of one person. This is not a negative result."
    text = f"Quality {report.verdict}."
    return f"{text} For research and decision support; negatives and their limits are in the full report."
