"""Fusions and copy number as variant observations, with their states and limits."""

from collections.abc import Iterator

from csfgeno.records import CaseReport, CopyNumber, Fusion, FusionCall, Rearrangement
from csfgeno.report.fhir.elements import (
    HGVS,
    SEQUENCE_ONTOLOGY,
    Resource,
    assembly,
    coded,
    coding,
    gene,
    guide_code,
    limit,
    named,
    number,
    observation,
    quantity,
    refer,
    uncoded,
    variant,
)
from csfgeno.vocab import CallState, RearrangementKind, SpecimenKind


def fusions(report: CaseReport) -> dict[tuple[str, SpecimenKind], Resource]:
    """Return an observation for each fusion and specimen, by the id of the event and the specimen."""
    return {
        (fusion.event_id, call.specimen): variant(
            report,
            f"fusion-{fusion.event_id}-{call.specimen}",
            call.specimen,
            call.state,
            _fusion(fusion, call, report),
            note=None if call.state is CallState.DETECTED else [{"text": RESTRICTED}],
        )
        for fusion in report.fusions
        for call in fusion.calls
    }


def fusion_consequences(report: CaseReport, shown: dict[tuple[str, SpecimenKind], Resource]) -> Iterator[Resource]:
    """Yield what each detected fusion makes of its genes: frame and kinase domain."""
    for fusion in report.fusions:
        detected = [call.specimen for call in fusion.calls if call.state is CallState.DETECTED]
        carriers = [own for (event, kind), own in shown.items() if event == fusion.event_id and kind in detected]
        if carriers:
            term = coding("SO:0001565", "gene_fusion", SEQUENCE_ONTOLOGY)
            yield observation(
                report,
                f"consequence-{fusion.event_id}",
                "molecular-consequence",
                guide_code("molecular-consequence"),
                [
                    {"code": guide_code("feature-consequence"), "valueCodeableConcept": {"coding": [term]}},
                    uncoded("Exons joined", valueString=fusion.exon_name),
                    uncoded("Reading frame", valueString=fusion.frame),
                ],
                derivedFrom=refer(carriers),
            )


def rearrangements(report: CaseReport) -> dict[tuple[str, SpecimenKind], Resource]:
    """Return an observation for each deletion and duplication and specimen, by the id of the event and the specimen."""
    return {
        (own.event_id, call.specimen): variant(
            report,
            f"rearrangement-{own.event_id}-{call.specimen}",
            call.specimen,
            call.state,
            _rearrangement(own, call, report),
            note=None if call.state is CallState.DETECTED else [{"text": RESTRICTED}],
        )
        for own in report.rearrangements
        for call in own.calls
    }


def copy_numbers(report: CaseReport) -> dict[tuple[str, SpecimenKind], Resource]:
    """Return an observation for each gene and specimen of the tumour, by event, as therapies name it, and specimen."""
    return {
        (f"{own.gene} copy number", own.specimen): variant(
            report,
            f"copies-{own.gene}-{own.specimen}",
            own.specimen,
            CallState.DETECTED if own.deep_loss is CallState.DETECTED else own.amplification,
            _copies(own, report),
            note=[{"text": own.reason}] if own.reason else None,
        )
        for own in report.copy_numbers
        if own.specimen is not SpecimenKind.NORMAL
    }


RESTRICTED = "DNA of cell-free samples shows only part of rearrangements; this is not a reliable negative."


def _fusion(fusion: Fusion, call: FusionCall, report: CaseReport) -> Iterator[Resource]:
    yield assembly(report)
    for partner in (fusion.five_prime, fusion.three_prime):
        if partner.gene:
            yield gene(partner.gene)
    yield coded("48019-4", "DNA change type", coding("SO:0001785", "structural_alteration", SEQUENCE_ONTOLOGY))
    yield uncoded("Fusion", valueString=fusion.name)
    places = (str(partner.breakpoint) for partner in (fusion.five_prime, fusion.three_prime))
    yield uncoded("Breakpoints, 5' partner first", valueString=" ".join(places))
    yield from _support(call)


def _rearrangement(own: Rearrangement, call: FusionCall, report: CaseReport) -> Iterator[Resource]:
    yield assembly(report)
    yield gene(own.gene)
    is_lost = own.kind is RearrangementKind.DELETION
    term = ("SO:0000159", "deletion") if is_lost else ("SO:1000173", "tandem_duplication")
    yield coded("48019-4", "DNA change type", coding(*term, SEQUENCE_ONTOLOGY))
    yield named("81290-9", "Genomic DNA change (gHGVS)", HGVS, own.hgvs_g)
    if own.hgvs_c:
        yield named("48004-6", "DNA change (cHGVS)", HGVS, f"{own.transcript}:{own.hgvs_c}")
    if own.name:
        yield uncoded("Name of the change", valueString=own.name)
    yield from _support(call)


def _support(call: FusionCall) -> Iterator[Resource]:
    if call.vaf is not None:
        yield quantity("81258-6", "Sample variant allelic frequency", call.vaf)
    yield quantity("82121-5", "Allelic read depth", call.molecules)
    yield uncoded("Molecules that cross the place unbroken", valueInteger=call.spanning)
    yield from limit(call.lod95)


def _copies(own: CopyNumber, report: CaseReport) -> Iterator[Resource]:
    yield assembly(report)
    yield gene(own.gene)
    is_lost = own.deep_loss is CallState.DETECTED
    term = ("SO:0001743", "copy_number_loss") if is_lost else ("SO:0001742", "copy_number_gain")
    yield coded("48019-4", "DNA change type", coding(*term, SEQUENCE_ONTOLOGY))
    if own.copies is not None:
        # The guide takes a whole number here; the estimate and its interval stand beside it.
        yield quantity("82155-3", "Copy number", round(own.copies))
        yield uncoded("Copies per tumour cell", valueQuantity=number(own.copies))
    if own.log2_ratio is not None:
        yield uncoded("log2 ratio of depth", valueQuantity=number(own.log2_ratio))
    if own.amplification_limit_copies is not None:
        yield uncoded("Copies that would have been called", valueQuantity=number(own.amplification_limit_copies))
