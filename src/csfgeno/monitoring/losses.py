"""Losses of heterozygosity of a patient, date by date. No change is claimed from them."""

from collections.abc import Iterator, Sequence

from csfgeno.monitoring.samples import collected, standing
from csfgeno.records import CaseReport, SerialLoss, SerialLossPoint
from csfgeno.vocab import CallState, SpecimenKind


def loss_traces(cases: Sequence[CaseReport], kind: SpecimenKind) -> Iterator[SerialLoss]:
    """Yield one trace a gene in which this kind of specimen has shown a loss, the present ones first."""
    losses = [loss for own in reversed(cases) for loss in own.heterozygosity_losses if loss.specimen is kind]
    for gene in dict.fromkeys(loss.gene for loss in losses if loss.state is CallState.DETECTED):
        yield SerialLoss(kind, gene, tuple(_point(own, gene, kind) for own in cases))


def _point(report: CaseReport, gene: str, kind: SpecimenKind) -> SerialLossPoint:
    own = next((n for n in report.heterozygosity_losses if n.gene == gene and n.specimen is kind), None)
    day = collected(report.case, kind)
    if own is None:
        return SerialLossPoint(report.case.case_id, day, CallState.NOT_ASSESSABLE)
    return SerialLossPoint(
        case_id=report.case.case_id,
        collected=day,
        state=standing(own.state, report, kind, has_limit=own.lod_tumour_fraction is not None),
        heterozygous_sites=own.heterozygous_sites,
        shift=own.shift,
        shift_low=own.shift_low,
        shift_high=own.shift_high,
        lod_tumour_fraction=own.lod_tumour_fraction,
    )
