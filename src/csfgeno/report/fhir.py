"""FHIR R4: a bundle after the Genomics Reporting guide (HL7, version 3.0.0), of one diagnostic report and its parts.

Identifiers of resources are made from the case, so that the same case gives the same bytes; dates are those of the case
file. What the guide has no code for is text.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from csfgeno.records import CaseReport, Finding, Specimen, SpecimenCall, TherapyMatch
from csfgeno.vocab import Build, CallState, ReportStatus, SpecimenKind
from csfgeno.vocab.comparison import Origin

Resource = dict[str, Any]

GUIDE: Final = "http://hl7.org/fhir/uv/genomics-reporting"
LOINC: Final = "http://loinc.org"
HGVS: Final = "http://varnomen.hgvs.org"
HGNC: Final = "http://www.genenames.org"
SEQUENCE_ONTOLOGY: Final = "http://www.sequenceontology.org"
REFSEQ: Final = "http://www.ncbi.nlm.nih.gov/refseq"
UCUM: Final = "http://unitsofmeasure.org"
LABORATORY: Final = {
    "coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "laboratory"}]
}
GENETICS: Final = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0074", "code": "GE"}]}

BUILDS: Final = {Build.GRCH37: ("LA14029-5", "GRCh37"), Build.GRCH38: ("LA26806-2", "GRCh38")}
SOURCES: Final = {Origin.TUMOUR: ("LA6684-0", "Somatic"), Origin.GERMLINE: ("LA6683-2", "Germline")}
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
    variants = list(_variants(report))
    observations = [resource for _, own in variants for resource in own]
    implications = list(_implications(report, variants))
    parts = [_patient(report), *(_specimen(tube, report) for tube in report.case.specimens)]
    resources = [_diagnostic_report(report, observations + implications), *parts, *observations, *implications]
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "identifier": {"system": "urn:csfgeno:case", "value": report.case.case_id},
        "entry": [{"fullUrl": _urn(resource["id"]), "resource": resource} for resource in resources],
    }


# ------------------------------------------------------------------------------------------ resources


def _patient(report: CaseReport) -> Resource:
    second = report.case.request.second_identifier
    identifiers = [report.case.patient_code, *([second] if second else [])]
    return {
        "resourceType": "Patient",
        "id": _id(report, "patient"),
        "identifier": [{"value": value} for value in identifiers],
    }


def _specimen(tube: Specimen, report: CaseReport) -> Resource:
    resource: Resource = {
        "resourceType": "Specimen",
        "id": _id(report, tube.kind),
        "identifier": [{"value": tube.barcode or tube.sample}],
        "type": {"text": SPECIMEN_TEXT[tube.kind]},
        "subject": _reference(report, "patient"),
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
        "id": _id(report, "report"),
        "meta": {"profile": [f"{GUIDE}/StructureDefinition/genomic-report"]},
        "identifier": [{"value": report.case.case_id}],
        "status": STATUS[sign_off.status],
        "category": [GENETICS],
        "code": {"coding": [_coding("51969-4", "Genetic analysis report")]},
        "subject": _reference(report, "patient"),
        "specimen": [_reference(report, tube.kind) for tube in report.case.specimens],
        "conclusion": _conclusion(report),
    }
    collected = report.case.specimens[0].collected
    if collected:
        resource["effectiveDateTime"] = collected.isoformat()
    if report.case.request.laboratory:
        resource["performer"] = [{"display": report.case.request.laboratory}]
    found = [{"reference": _urn(result["id"])} for result in results]
    return resource | ({"result": found} if found else {})


def _conclusion(report: CaseReport) -> str:
    if report.identity.is_blocked:
        return "Withheld: the specimens are not of one person. This is not a negative result."
    text = f"Quality {report.verdict}."
    return f"{text} For research and decision support; negatives and their limits are in the full report."


def _variants(report: CaseReport) -> Iterator[tuple[Finding, list[Resource]]]:
    """Yield the variant observations of each finding: one a specimen that shows it."""
    for number, finding in enumerate(report.findings):
        detected = [call for call in finding.calls if call.state is CallState.DETECTED]
        if detected:
            yield finding, [_variant(finding, call, f"variant-{number}-{call.specimen}", report) for call in detected]


def _variant(finding: Finding, call: SpecimenCall, name: str, report: CaseReport) -> Resource:
    return {
        "resourceType": "Observation",
        "id": _id(report, name),
        "meta": {"profile": [f"{GUIDE}/StructureDefinition/variant"]},
        "status": "preliminary" if report.case.sign_off.status in (None, ReportStatus.PRELIMINARY) else "final",
        "category": [LABORATORY, GENETICS],
        "code": {"coding": [_coding("69548-6", "Genetic variant assessment")]},
        "subject": _reference(report, "patient"),
        "specimen": _reference(report, call.specimen),
        "valueCodeableConcept": {"coding": [_coding("LA9633-4", "Present")]},
        "component": list(_components(finding, call, report)),
    }


def _components(finding: Finding, call: SpecimenCall, report: CaseReport) -> Iterator[Resource]:
    allele, change = finding.allele, finding.change
    yield _coded("62374-4", "Human reference sequence assembly version", _coding(*BUILDS[report.provenance.build]))
    if finding.origin.origin in SOURCES:
        yield _coded("48002-0", "Genomic source class", _coding(*SOURCES[finding.origin.origin]))
    if change:
        sequence = change.hgvs_g.partition(":")[0]
        yield _named("48018-6", "Gene studied", HGNC, change.gene)
        yield _named("48013-7", "Genomic reference sequence", REFSEQ, sequence)
        yield _named("51958-7", "Transcript reference sequence", REFSEQ, change.transcript)
        yield _named("81290-9", "Genomic DNA change (gHGVS)", HGVS, change.hgvs_g)
        yield _named("48004-6", "DNA change (cHGVS)", HGVS, f"{change.transcript}:{change.hgvs_c}")
        yield _named("48005-3", "Amino acid change (pHGVS)", HGVS, change.hgvs_p)
        yield {
            "code": _guide_code("molecular-consequence"),
            "valueCodeableConcept": {"coding": [{"system": SEQUENCE_ONTOLOGY, "display": change.consequence}]},
        }
    yield _string("69547-8", "Genomic reference allele", allele.ref)
    yield _string("69551-0", "Genomic alternate allele", allele.alt)
    yield _coded("92822-6", "Genomic coordinate system", _coding("LA30102-0", "1-based character counting"))
    span = {"low": {"value": allele.start + 1}, "high": {"value": allele.end}}
    yield {"code": {"coding": [_coding("81254-5", "Variant exact start-end")]}, "valueRange": span}
    if call.vaf is not None:
        yield _quantity("81258-6", "Sample variant allelic frequency", call.vaf)
    yield _quantity("82121-5", "Allelic read depth", call.counts.depth)


def _implications(report: CaseReport, variants: Sequence[tuple[Finding, list[Resource]]]) -> Iterator[Resource]:
    """Yield one therapeutic implication a statement that rests on a variant of the bundle."""
    for match in report.therapies:
        carriers = [r for f, own in variants if match.rests_on(f.allele) for r in own]
        if carriers:
            yield _implication(match, carriers, report)


def _implication(match: TherapyMatch, carriers: Iterable[Resource], report: CaseReport) -> Resource:
    drugs = [_drug(name) for name in match.drug_names]
    return {
        "resourceType": "Observation",
        "id": _id(report, f"implication-{match.act_id}"),
        "meta": {"profile": [f"{GUIDE}/StructureDefinition/therapeutic-implication"]},
        "status": "preliminary" if report.case.sign_off.status in (None, ReportStatus.PRELIMINARY) else "final",
        "category": [LABORATORY, GENETICS],
        "code": _guide_code("therapeutic-implication"),
        "subject": _reference(report, "patient"),
        "derivedFrom": [{"reference": _urn(resource["id"])} for resource in carriers],
        "component": [*drugs, *_statement(match)],
        "note": [{"text": text} for text in (match.message, match.line_context) if text],
    }


def _statement(match: TherapyMatch) -> Iterator[Resource]:
    """Yield direction, level and CNS grades of a statement."""
    yield {
        "code": _guide_code("predicted-therapeutic-implication"),
        "valueCodeableConcept": {"text": match.direction},
    }
    yield {
        "code": {"coding": [_coding("93044-6", "Level of evidence")]},
        "valueCodeableConcept": {"text": f"AMP {match.amp_tier}"},
    }
    for schedule in match.schedules[:1]:
        for grade in (schedule.lm, schedule.bm):
            yield {
                "code": {"text": f"CNS evidence, {grade.axis}"},
                "valueCodeableConcept": {"text": f"{grade.axis}-{grade.letter}"},
            }


# -------------------------------------------------------------------------------------------- elements


def _drug(name: str) -> Resource:
    return {"code": {"coding": [_coding("51963-7", "Medication assessed")]}, "valueCodeableConcept": {"text": name}}


def _coding(code: str, display: str) -> Resource:
    return {"system": LOINC, "code": code, "display": display}


def _guide_code(code: str) -> Resource:
    return {"coding": [{"system": f"{GUIDE}/CodeSystem/tbd-codes-cs", "code": code}]}


def _coded(code: str, display: str, value: Resource) -> Resource:
    return {"code": {"coding": [_coding(code, display)]}, "valueCodeableConcept": {"coding": [value]}}


def _named(code: str, display: str, system: str, value: str) -> Resource:
    coded = {"coding": [{"system": system, "code": value, "display": value}]}
    return {"code": {"coding": [_coding(code, display)]}, "valueCodeableConcept": coded}


def _string(code: str, display: str, value: str) -> Resource:
    return {"code": {"coding": [_coding(code, display)]}, "valueString": value}


def _quantity(code: str, display: str, value: float) -> Resource:
    return {
        "code": {"coding": [_coding(code, display)]},
        "valueQuantity": {"value": value, "system": UCUM, "code": "1"},
    }


def _id(report: CaseReport, name: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"csfgeno:{report.case.case_id}:{name}"))


def _urn(identifier: str) -> str:
    return f"urn:uuid:{identifier}"


def _reference(report: CaseReport, name: str) -> Resource:
    return {"reference": _urn(_id(report, name))}
