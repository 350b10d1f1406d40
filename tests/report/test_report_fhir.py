"""The FHIR bundle: valid by the models of R4B, and by the rules of the Genomics Reporting guide that are written here.

The rules are those of the profiles of version 3.0.0 (hl7.org/fhir/uv/genomics-reporting): code, value set, components
with their code, type of value and number. The official validator and a terminology server were not run.
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from fhir.resources.R4B.bundle import Bundle

from csfgeno.records import Basis
from csfgeno.report.fhir import build_bundle, to_fhir
from csfgeno.report.fhir.elements import DEPTH_NAME, GUIDE, LIMIT_NAME, PRESENCE, Resource
from csfgeno.report.fhir.variants import CHANGE_TYPES, CONSEQUENCES
from csfgeno.report.hotspots import group_results
from csfgeno.vocab import AlleleClass, CallState, Consequence, MatchLevel

from .cases import CASES
from .report_cases import CSF, osimertinib

LOINC = "http://loinc.org"
TBD = f"{GUIDE}/CodeSystem/tbd-codes-cs"
CODES = {
    "variant": (LOINC, "69548-6"),
    "molecular-consequence": (TBD, "molecular-consequence"),
    "therapeutic-implication": (TBD, "therapeutic-implication"),
    "sequence-phase-relationship": (LOINC, "82120-7"),
}
CONCEPT, QUANTITY, TEXT, RANGE = "valueCodeableConcept", "valueQuantity", "valueString", "valueRange"
MANY = 99
COMPONENTS: dict[str, dict[tuple[str, str], tuple[str, int]]] = {
    "variant": {
        (LOINC, "48018-6"): (CONCEPT, MANY),
        (LOINC, "62374-4"): (CONCEPT, MANY),
        (LOINC, "48004-6"): (CONCEPT, 1),
        (LOINC, "81290-9"): (CONCEPT, 1),
        (LOINC, "48005-3"): (CONCEPT, 1),
        (LOINC, "48013-7"): (CONCEPT, 1),
        (LOINC, "51958-7"): (CONCEPT, 1),
        (LOINC, "81254-5"): (RANGE, 1),
        (LOINC, "92822-6"): (CONCEPT, 1),
        (LOINC, "69547-8"): (TEXT, 1),
        (LOINC, "69551-0"): (TEXT, 1),
        (LOINC, "48019-4"): (CONCEPT, 1),
        (LOINC, "48002-0"): (CONCEPT, 1),
        (LOINC, "81258-6"): (QUANTITY, 1),
        (LOINC, "82121-5"): (QUANTITY, 1),
        (LOINC, "82155-3"): (QUANTITY, 1),
    },
    "molecular-consequence": {
        (LOINC, "48004-6"): (CONCEPT, 1),
        (LOINC, "48005-3"): (CONCEPT, 1),
        (LOINC, "51958-7"): (CONCEPT, 1),
        (TBD, "feature-consequence"): (CONCEPT, MANY),
    },
    "therapeutic-implication": {
        (LOINC, "51963-7"): (CONCEPT, MANY),
        (LOINC, "93044-6"): (CONCEPT, 1),
        (TBD, "predicted-therapeutic-implication"): (CONCEPT, MANY),
    },
    "sequence-phase-relationship": {},
}
"""Components of each profile by system and code: the kind of their value, and how often they may stand."""


@pytest.fixture(scope="module", params=CASES)
def bundle(request: pytest.FixtureRequest) -> Resource:
    return build_bundle(CASES[request.param]())


def resources(bundle: Resource, kind: str) -> list[Resource]:
    return [entry["resource"] for entry in bundle["entry"] if entry["resource"]["resourceType"] == kind]


def profile_of(own: Resource) -> str:
    return str(own["meta"]["profile"][0].rpartition("/")[2])


def of_profile(bundle: Resource, profile: str) -> list[Resource]:
    return [own for own in resources(bundle, "Observation") if profile_of(own) == profile]


def code_of(concept: Resource) -> tuple[str, str]:
    first = concept.get("coding", [{}])[0]
    return first.get("system", ""), first.get("code", "")


def component(own: Resource, code: str) -> Any:
    """Return the component of a LOINC code or, where it has none, of a name."""
    for part in own["component"]:
        if code in (code_of(part["code"])[1], part["code"].get("text")):
            return next(value for key, value in part.items() if key.startswith("value"))
    return None


# ------------------------------------------------------------------------------------------- the guide


def test_it_is_valid_by_the_models_and_its_references_lead_somewhere(bundle: Resource) -> None:
    Bundle.model_validate(bundle)
    known = {entry["fullUrl"] for entry in bundle["entry"]}
    assert len(known) == len(bundle["entry"])
    assert set(references(bundle)) <= known


def references(value: object) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from references(item)
    elif isinstance(value, dict):
        if isinstance(value.get("reference"), str):
            yield value["reference"]
        for item in value.values():
            yield from references(item)


def test_every_observation_is_one_of_the_guide(bundle: Resource) -> None:
    for own in resources(bundle, "Observation"):
        assert code_of(own["code"]) == CODES[profile_of(own)]
        categories = [code_of(category)[1] for category in own["category"]]
        assert categories.count("laboratory") == 1
        assert own["subject"]["reference"].startswith("urn:uuid:")


def test_components_have_the_codes_kinds_and_numbers_of_the_guide(bundle: Resource) -> None:
    for own in resources(bundle, "Observation"):
        allowed = COMPONENTS[profile_of(own)]
        seen = Counter(code_of(part["code"]) for part in own["component"] if part["code"].get("coding"))
        assert seen.keys() <= allowed.keys()
        for part in own["component"]:
            values = [key for key in part if key.startswith("value")]
            assert len(values) == 1
            if part["code"].get("coding"):
                kind, most = allowed[code_of(part["code"])]
                assert values == [kind]
                assert seen[code_of(part["code"])] <= most
            else:
                assert part["code"]["text"]


def test_values_are_those_of_the_bound_sets(bundle: Resource) -> None:
    presence = {code for code, _ in PRESENCE.values()}
    for own in of_profile(bundle, "variant"):
        assert code_of(own["valueCodeableConcept"])[1] in presence
        if copies := component(own, "82155-3"):
            assert copies["code"] == "1"
            assert copies["value"] == int(copies["value"])
        if named := component(own, "81290-9"):
            assert code_of(named)[0] == "http://varnomen.hgvs.org"
    for own in of_profile(bundle, "sequence-phase-relationship"):
        assert code_of(own["valueCodeableConcept"])[1] in {"Cis", "Trans", "Indeterminate", "Unknown"}
    for own in (*of_profile(bundle, "molecular-consequence"), *of_profile(bundle, "therapeutic-implication")):
        assert own["derivedFrom"]
        assert not [key for key in own if key.startswith("value")]


def test_the_report_is_genetics_and_lists_every_observation(bundle: Resource) -> None:
    [report] = resources(bundle, "DiagnosticReport")
    assert code_of(report["code"]) == (LOINC, "51969-4")
    assert [code_of(category)[1] for category in report["category"]] == ["GE"]
    assert len(report.get("result", [])) == len(resources(bundle, "Observation"))
    for specimen in resources(bundle, "Specimen"):
        assert specimen["subject"]


def test_every_shape_and_consequence_has_a_term() -> None:
    assert set(CHANGE_TYPES) == set(AlleleClass)
    assert set(CONSEQUENCES) == set(Consequence)
    terms = [*CONSEQUENCES.values(), *(code for code, _ in CHANGE_TYPES.values())]
    assert len(set(terms)) == len(terms)


# ------------------------------------------------------------------------------------------- the cases


def test_a_variant_has_its_names_counts_and_limit() -> None:
    variants = of_profile(build_bundle(CASES["driver_positive"]()), "variant")
    first = next(own for own in variants if "c.2369C>T" in json.dumps(component(own, "48004-6")))
    assert code_of(component(first, "48004-6"))[1] == "NM_005228.5:c.2369C>T"
    assert component(first, "81258-6")["value"] == pytest.approx(5 / 1312)
    assert component(first, "81254-5") == {"low": {"value": 55181378}, "high": {"value": 55181378}}
    assert component(first, "82121-5")["value"] == 5
    assert component(first, DEPTH_NAME) == 1312
    assert code_of(component(first, "48019-4"))[1] == "SO:0001483"
    assert component(first, LIMIT_NAME)["value"] == 0.0031


def test_a_consequence_is_derived_from_all_specimens_that_show_the_variant() -> None:
    consequences = of_profile(build_bundle(CASES["driver_positive"]()), "molecular-consequence")
    told = {code_of(component(own, "feature-consequence"))[1]: len(own["derivedFrom"]) for own in consequences}
    assert told == {"SO:0001819": 4, "SO:0001583": 2, "SO:0001822": 3}


def test_an_implication_is_derived_from_the_variants_it_rests_on() -> None:
    implied = of_profile(build_bundle(CASES["driver_positive"]()), "therapeutic-implication")
    assert [len(own["derivedFrom"]) for own in implied] == [3, 3, 1]
    assert "LM-A" in json.dumps(implied[0])
    codes = [code_of(component(own, "predicted-therapeutic-implication"))[1] for own in implied]
    assert codes == ["LA6677-4", "LA6677-4", "LA6676-6"]


def test_every_hotspot_group_that_is_not_detected_has_its_state_and_limit() -> None:
    report = CASES["driver_positive"]()
    states = {
        component(own, "Hotspot group"): (code_of(own["valueCodeableConcept"])[1], component(own, LIMIT_NAME))
        for own in of_profile(build_bundle(report), "variant")
        if component(own, "Hotspot group") and own["specimen"] == first_specimen(build_bundle(report))
    }
    groups = {group.group: group for group in group_results(report, CSF) if group.state is not CallState.DETECTED}
    assert states.keys() == groups.keys()
    for name, (code, lod95) in states.items():
        assert code == PRESENCE[groups[name].state][0]
        assert (lod95 or {}).get("value") == groups[name].lod95
    assert states["BRAF V600"][0] == "LA9634-2"
    assert states["MET exon 14 skipping"] == ("LA18198-4", None)


def first_specimen(bundle: Resource) -> Resource:
    entry = next(entry for entry in bundle["entry"] if entry["resource"]["resourceType"] == "Specimen")
    return {"reference": entry["fullUrl"]}


@pytest.mark.parametrize("name", CASES)
def test_absent_is_never_said_without_a_limit(name: str) -> None:
    for own in of_profile(build_bundle(CASES[name]()), "variant"):
        if component(own, "Hotspot group") and code_of(own["valueCodeableConcept"])[1] == "LA9634-2":
            assert component(own, LIMIT_NAME)["value"] > 0
        elif component(own, "Hotspot group"):
            assert own["note"] == [{"text": "This is not a negative result."}]


def test_phase_points_to_both_variants_of_one_specimen() -> None:
    bundle = build_bundle(CASES["resistance"]())
    related = of_profile(bundle, "sequence-phase-relationship")
    assert [code_of(own["valueCodeableConcept"])[1] for own in related] == ["Cis", "Trans"]
    variants = {entry["fullUrl"]: entry["resource"] for entry in bundle["entry"]}
    for own in related:
        pair = [variants[link["reference"]] for link in own["derivedFrom"]]
        assert len(pair) == 2
        assert {one["specimen"]["reference"] for one in pair} == {own["specimen"]["reference"]}


def test_fusions_and_copy_number_are_there_with_their_states() -> None:
    bundle = build_bundle(CASES["fusion_and_amplification"]())
    variants = of_profile(bundle, "variant")
    joined = [own for own in variants if component(own, "Fusion")]
    assert [code_of(own["valueCodeableConcept"])[1] for own in joined] == ["LA9633-4", "LA9634-2"]
    assert "not a reliable negative" in joined[1]["note"][0]["text"]
    assert component(joined[0], "82121-5")["value"] == 18
    copied = [own for own in variants if component(own, "log2 ratio of depth")]
    assert [component(own, "82155-3")["value"] for own in copied] == [11, 2, 2]
    assert code_of(copied[0]["valueCodeableConcept"])[1] == "LA9633-4"
    [consequence] = [own for own in of_profile(bundle, "molecular-consequence") if component(own, "Exons joined")]
    assert code_of(component(consequence, "feature-consequence"))[1] == "SO:0001565"


def test_an_implication_may_rest_on_a_fusion_or_on_copies() -> None:
    report = CASES["fusion_and_amplification"]()
    events = (("ALK_FUSION", "FUS_1"), ("MET_AMP", "MET copy number"), ("EGFR_AMP", "EGFR copy number"))
    matches = tuple(
        osimertinib(act_id=name, basis=(Basis(name, name, MatchLevel.GENE_EVENT, (), (event,)),))
        for name, event in events
    )
    implied = of_profile(build_bundle(replace(report, therapies=matches)), "therapeutic-implication")
    assert [len(own["derivedFrom"]) for own in implied] == [1, 1]


def test_a_blocked_case_exports_no_observation() -> None:
    report = CASES["swap_blocked"]()
    assert not resources(build_bundle(report), "Observation")
    assert "This is not a negative result" in to_fhir(report).decode()


def test_dates_are_those_of_the_case_and_bytes_repeat() -> None:
    report = CASES["resistance"]()
    text = to_fhir(report).decode()
    assert to_fhir(report).decode() == text
    assert '"status": "amended"' in text
    assert "issued" not in text
