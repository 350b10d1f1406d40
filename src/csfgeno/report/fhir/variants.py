"""Small variants: one observation a specimen that shows one, its molecular consequence, phase, and the negatives."""

from collections.abc import Iterator, Mapping
from typing import Final

from csfgeno.records import Allele, CaseReport, Finding, SpecimenCall, TranscriptChange
from csfgeno.report.fhir.elements import (
    DEPTH_NAME,
    GUIDE,
    HGVS,
    REFSEQ,
    SEQUENCE_ONTOLOGY,
    Resource,
    assembly,
    coded,
    coding,
    gene,
    guide_code,
    limit,
    named,
    observation,
    quantity,
    refer,
    string,
    uncoded,
    variant,
)
from csfgeno.report.hotspots import GroupResult, group_results
from csfgeno.vocab import AlleleClass, CallState, Consequence, PhaseState, SpecimenKind
from csfgeno.vocab.comparison import Origin

Shown = Mapping[tuple[Allele, SpecimenKind], Resource]
"""The variant observations of a case by allele and specimen."""

SOURCES: Final = {Origin.TUMOUR: ("LA6684-0", "Somatic"), Origin.GERMLINE: ("LA6683-2", "Germline")}

CHANGE_TYPES: Final = {
    AlleleClass.SNV: ("SO:0001483", "SNV"),
    AlleleClass.MNV: ("SO:0002007", "MNV"),
    AlleleClass.INSERTION: ("SO:0000667", "insertion"),
    AlleleClass.DELETION: ("SO:0000159", "deletion"),
    AlleleClass.DELINS: ("SO:1000032", "delins"),
}
"""Sequence Ontology terms under sequence_alteration, as the guide binds them."""

CONSEQUENCES: Final = {
    Consequence.MISSENSE: "SO:0001583",
    Consequence.SYNONYMOUS: "SO:0001819",
    Consequence.STOP_GAINED: "SO:0001587",
    Consequence.STOP_LOST: "SO:0001578",
    Consequence.START_LOST: "SO:0002012",
    Consequence.FRAMESHIFT: "SO:0001589",
    Consequence.INFRAME_DELETION: "SO:0001822",
    Consequence.INFRAME_INSERTION: "SO:0001821",
    Consequence.INFRAME_DELINS: "SO:0001818",
    Consequence.SPLICE_DONOR: "SO:0001575",
    Consequence.SPLICE_ACCEPTOR: "SO:0001574",
    Consequence.SPLICE_REGION: "SO:0001630",
    Consequence.INTRON: "SO:0001627",
    Consequence.UTR_5: "SO:0001623",
    Consequence.UTR_3: "SO:0001624",
    Consequence.UNKNOWN: "SO:0001580",
}
"""Sequence Ontology terms under sequence_variant."""

PHASES: Final = {
    PhaseState.CIS: "Cis",
    PhaseState.TRANS: "Trans",
    PhaseState.MIXED: "Indeterminate",
    PhaseState.UNDETERMINED: "Indeterminate",
}
"""Codes of the guide; in cis in some cells only has none, so it is indeterminate with a note."""


def small_variants(report: CaseReport) -> dict[tuple[Allele, SpecimenKind], Resource]:
    """Return an observation for each finding and specimen that shows it."""
    return {
        (finding.allele, call.specimen): _variant(finding, call, f"variant-{index}-{call.specimen}", report)
        for index, finding in enumerate(report.findings)
        for call in finding.calls
        if call.state is CallState.DETECTED
    }


def consequences(report: CaseReport, shown: Shown) -> Iterator[Resource]:
    """Yield the molecular consequence of each named finding that any specimen shows."""
    for index, finding in enumerate(report.findings):
        carriers = [own for (allele, _), own in shown.items() if allele == finding.allele]
        if carriers and finding.change:
            yield observation(
                report,
                f"consequence-{index}",
                "molecular-consequence",
                guide_code("molecular-consequence"),
                _consequence(finding.change),
                derivedFrom=refer(carriers),
            )


def phase_relations(report: CaseReport, shown: Shown) -> Iterator[Resource]:
    """Yield how two variants lie to each other in each specimen that shows both."""
    for index, phase in enumerate(report.phases):
        for counts in phase.counts:
            pair = [shown.get((allele, counts.specimen)) for allele in (phase.first, phase.second)]
            both = [own for own in pair if own]
            if len(both) == len(pair):
                state = PHASES[counts.state]
                yield observation(
                    report,
                    f"phase-{index}-{counts.specimen}",
                    "sequence-phase-relationship",
                    {"coding": [coding("82120-7", "Allelic phase")]},
                    [
                        uncoded("Informative molecules", valueInteger=counts.informative),
                        uncoded("Molecules that show both", valueInteger=counts.both),
                    ],
                    specimen=both[0]["specimen"],
                    valueCodeableConcept={
                        "coding": [coding(state, state, f"{GUIDE}/CodeSystem/sequence-phase-relationship-cs")],
                        "text": counts.state,
                    },
                    derivedFrom=refer(both),
                )


def negatives(report: CaseReport) -> Iterator[Resource]:
    """Yield the state of each hotspot group in each specimen of the tumour, unless it is detected: the finding says so.

    A group is absent only with a limit of detection; otherwise there was no call.
    """
    for specimen in report.case.specimens:
        if specimen.kind is not SpecimenKind.NORMAL:
            for index, group in enumerate(group_results(report, specimen.kind)):
                if group.state is not CallState.DETECTED:
                    yield _group(group, f"group-{index}-{specimen.kind}", report)


def _group(group: GroupResult, name: str, report: CaseReport) -> Resource:
    genes = dict.fromkeys(hotspot.gene for hotspot, _ in group.members)
    labels = "; ".join(hotspot.label for hotspot, _ in group.members)
    note = "" if group.state is CallState.NOT_DETECTED else "This is not a negative result."
    components = [
        assembly(report),
        *map(gene, genes),
        uncoded("Hotspot group", valueString=group.group),
        uncoded("Changes looked for", valueString=labels),
        uncoded(DEPTH_NAME, valueInteger=group.depth),
        *limit(group.lod95),
    ]
    return variant(report, name, group.specimen, group.state, components, note=[{"text": note}] if note else None)


def _variant(finding: Finding, call: SpecimenCall, name: str, report: CaseReport) -> Resource:
    return variant(report, name, call.specimen, call.state, _components(finding, call, report))


def _components(finding: Finding, call: SpecimenCall, report: CaseReport) -> Iterator[Resource]:
    allele, change = finding.allele, finding.change
    yield assembly(report)
    if finding.origin.origin in SOURCES:
        yield coded("48002-0", "Genomic source class", coding(*SOURCES[finding.origin.origin]))
    if change:
        yield gene(change.gene)
        yield named("48013-7", "Genomic reference sequence", REFSEQ, change.hgvs_g.partition(":")[0])
        yield named("81290-9", "Genomic DNA change (gHGVS)", HGVS, change.hgvs_g)
        yield from _names(change)
    yield coded("48019-4", "DNA change type", coding(*CHANGE_TYPES[allele.klass], SEQUENCE_ONTOLOGY))
    yield string("69547-8", "Genomic reference allele", allele.ref)
    yield string("69551-0", "Genomic alternate allele", allele.alt)
    yield coded("92822-6", "Genomic coordinate system", coding("LA30102-0", "1-based character counting"))
    span = {"low": {"value": allele.start + 1}, "high": {"value": allele.end}}
    yield {"code": {"coding": [coding("81254-5", "Variant exact start-end")]}, "valueRange": span}
    if call.vaf is not None:
        yield quantity("81258-6", "Sample variant allelic frequency", call.vaf)
    yield quantity("82121-5", "Allelic read depth", call.counts.alt)
    yield uncoded(DEPTH_NAME, valueInteger=call.counts.depth)
    yield from limit(call.lod95)


def _names(change: TranscriptChange) -> Iterator[Resource]:
    yield named("51958-7", "Transcript reference sequence", REFSEQ, change.transcript)
    yield named("48004-6", "DNA change (cHGVS)", HGVS, f"{change.transcript}:{change.hgvs_c}")
    yield named("48005-3", "Amino acid change (pHGVS)", HGVS, change.hgvs_p)


def _consequence(change: TranscriptChange) -> Iterator[Resource]:
    yield from _names(change)
    term = coding(CONSEQUENCES[change.consequence], change.consequence, SEQUENCE_ONTOLOGY)
    yield {"code": guide_code("feature-consequence"), "valueCodeableConcept": {"coding": [term]}}
    if change.exon:
        yield uncoded("Exon", valueString=change.exon)
