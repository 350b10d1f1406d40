"""Therapeutic implications: what a statement says of a drug, and the observations that it rests on."""

from collections.abc import Iterator, Mapping
from typing import Final

from csfgeno.records import CaseReport, TherapyMatch
from csfgeno.report.fhir.elements import (
    LOINC,
    Resource,
    coding,
    guide_code,
    observation,
    refer,
    uncoded,
    worded,
)
from csfgeno.report.fhir.variants import Shown
from csfgeno.vocab import Direction, SpecimenKind

EFFECTS: Final = {
    Direction.SENSITIVE: ("LA6677-4", "Responsive"),
    Direction.RESISTANT: ("LA6676-6", "Resistant"),
}
"""LOINC answers for what a variant does to a drug; reduced activity and no option have none and are text."""

Events = Mapping[tuple[str, SpecimenKind], Resource]


def implications(report: CaseReport, shown: Shown, events: Events) -> Iterator[Resource]:
    """Yield one therapeutic implication a statement that rests on an observation of the bundle."""
    for match in report.therapies:
        carriers = [own for (allele, _), own in shown.items() if match.rests_on(allele)]
        names = {event for basis in match.basis for event in basis.events}
        carriers += [own for (event, _), own in events.items() if event in names and _is_present(own)]
        if carriers:
            yield observation(
                report,
                f"implication-{match.act_id}",
                "therapeutic-implication",
                guide_code("therapeutic-implication"),
                _statement(match),
                derivedFrom=refer(carriers),
                note=[{"text": text} for text in (match.message, match.line_context) if text],
            )


def _is_present(own: Resource) -> bool:
    return bool(own["valueCodeableConcept"]["coding"][0]["code"] == "LA9633-4")


def _statement(match: TherapyMatch) -> Iterator[Resource]:
    """Yield drugs, direction, level and CNS grades of a statement."""
    for name in match.drug_names:
        yield worded("51963-7", "Medication assessed", name)
    effect: Resource = {"text": match.direction}
    if match.direction in EFFECTS:
        effect["coding"] = [coding(*EFFECTS[match.direction], LOINC)]
    yield {"code": guide_code("predicted-therapeutic-implication"), "valueCodeableConcept": effect}
    yield worded("93044-6", "Level of evidence", f"AMP {match.amp_tier}")
    yield uncoded("Standing of the statement", valueString=match.standing)
    for schedule in match.schedules[:1]:
        for grade in (schedule.lm, schedule.bm):
            yield uncoded(f"CNS evidence, {grade.axis}", valueString=f"{grade.axis}-{grade.letter}")
