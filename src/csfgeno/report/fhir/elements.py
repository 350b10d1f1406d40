"""Parts of FHIR resources: codings, components, references, and what every genetic observation has."""

from collections.abc import Iterable
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from csfgeno.records import CaseReport
from csfgeno.vocab import CallState, ReportStatus, SpecimenKind

Resource = dict[str, Any]

GUIDE: Final = "http://hl7.org/fhir/uv/genomics-reporting"
LOINC: Final = "http://loinc.org"
HGVS: Final = "http://varnomen.hgvs.org"
SEQUENCE_ONTOLOGY: Final = "http://www.sequenceontology.org"
REFSEQ: Final = "http://www.ncbi.nlm.nih.gov/refseq"
UCUM: Final = "http://unitsofmeasure.org"
LABORATORY: Final = {
    "coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "laboratory"}]
}
GENETICS: Final = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0074", "code": "GE"}]}

PRESENCE: Final = {
    CallState.DETECTED: ("LA9633-4", "Present"),
    CallState.NOT_DETECTED: ("LA9634-2", "Absent"),
    CallState.INDETERMINATE: ("LA11884-6", "Indeterminate"),
    CallState.NOT_ASSESSABLE: ("LA18198-4", "No call"),
}
"""Value of a variant observation (LOINC answer list LL1971-2) for each state."""


def observation(
    report: CaseReport, name: str, profile: str, code: Resource, components: Iterable[Resource], **parts: Any
) -> Resource:
    """Return an observation of a profile of the guide; `name` makes its id within the case."""
    is_open = report.case.sign_off.status in (None, ReportStatus.PRELIMINARY)
    return {
        "resourceType": "Observation",
        "id": identifier(report, name),
        "meta": {"profile": [f"{GUIDE}/StructureDefinition/{profile}"]},
        "status": "preliminary" if is_open else "final",
        "category": [LABORATORY, GENETICS],
        "code": code,
        "subject": reference(report, "patient"),
        **{key: value for key, value in parts.items() if value},
        "component": list(components),
    }


def variant(
    report: CaseReport, name: str, kind: SpecimenKind, state: CallState, components: Iterable[Resource], **parts: Any
) -> Resource:
    """Return a variant observation of one specimen: whether it is there, and what it is."""
    return observation(
        report,
        name,
        "variant",
        {"coding": [coding("69548-6", "Genetic variant assessment")]},
        components,
        specimen=reference(report, kind),
        valueCodeableConcept={"coding": [coding(*PRESENCE[state])]},
        **parts,
    )


def coding(code: str, display: str, system: str = LOINC) -> Resource:
    """Return one code with its system and name."""
    return {"system": system, "code": code, "display": display}


def guide_code(code: str) -> Resource:
    """Return a concept that LOINC has no code for yet and the guide has."""
    return {"coding": [{"system": f"{GUIDE}/CodeSystem/tbd-codes-cs", "code": code}]}


def coded(code: str, display: str, *values: Resource) -> Resource:
    """Return a component with a LOINC code and coded values."""
    return {"code": {"coding": [coding(code, display)]}, "valueCodeableConcept": {"coding": list(values)}}


def named(code: str, display: str, system: str, value: str) -> Resource:
    """Return a component whose value is its own code, as an HGVS name is."""
    return coded(code, display, coding(value, value, system))


def worded(code: str, display: str, text: str) -> Resource:
    """Return a component whose value is a concept in words, since no code of it is at hand."""
    return {"code": {"coding": [coding(code, display)]}, "valueCodeableConcept": {"text": text}}


def string(code: str, display: str, value: str) -> Resource:
    """Return a component with a text."""
    return {"code": {"coding": [coding(code, display)]}, "valueString": value}


def quantity(code: str, display: str, value: float) -> Resource:
    """Return a component with a number without unit."""
    return {"code": {"coding": [coding(code, display)]}, "valueQuantity": number(value)}


def uncoded(name: str, **value: Any) -> Resource:
    """Return a component that neither LOINC nor the guide has a code for; `value` is its `value[x]`."""
    return {"code": {"text": name}, **value}


def number(value: float) -> Resource:
    """Return a quantity without unit."""
    return {"value": value, "system": UCUM, "code": "1"}


def assembly(report: CaseReport) -> Resource:
    """Return the component that names the genome build."""
    code, display = {"GRCh37": ("LA14029-5", "GRCh37"), "GRCh38": ("LA26806-2", "GRCh38")}[report.provenance.build]
    return coded("62374-4", "Human reference sequence assembly version", coding(code, display))


def gene(symbol: str) -> Resource:
    """Return the component of a gene, by its symbol: the guide asks for the number of HGNC, which is not at hand."""
    return worded("48018-6", "Gene studied", symbol)


def limit(lod95: float | None) -> list[Resource]:
    """Return the component of a limit of detection, none if it was not computed."""
    return [] if lod95 is None else [uncoded(LIMIT_NAME, valueQuantity=number(lod95))]


LIMIT_NAME: Final = "Limit of detection (LoD95), allele fraction"
DEPTH_NAME: Final = "Molecules usable at the site"


def identifier(report: CaseReport, name: str) -> str:
    """Return the id of a resource: the same for the same case and name."""
    return str(uuid5(NAMESPACE_URL, f"csfgeno:{report.case.case_id}:{name}"))


def urn(own: str) -> str:
    """Return the full URL of an id inside the bundle."""
    return f"urn:uuid:{own}"


def reference(report: CaseReport, name: str) -> Resource:
    """Return a reference to the resource of that name."""
    return {"reference": urn(identifier(report, name))}


def refer(resources: Iterable[Resource]) -> list[Resource]:
    """Return references to resources of the bundle."""
    return [{"reference": urn(resource["id"])} for resource in resources]
