"""A case's findings, each with its origin and where it is, and the tumour fraction of every specimen."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from csfgeno.compartments.assign import Blood, assign_origin, counts_of
from csfgeno.compartments.tumour_fraction import ClonalAllele, estimate, upper_bound
from csfgeno.compartments.verdicts import TUMOUR_SPECIMENS, Case, PowerOf, compare
from csfgeno.records import Finding, Reason, Specimen, SpecimenQc, TumourFraction
from csfgeno.records.case import Case as Patient
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import CallState, EvidenceMode, SpecimenKind
from csfgeno.vocab.comparison import Origin, ReasonCode, TumourFractionState


@dataclass(frozen=True, slots=True)
class Settled:
    """Findings with origin and comparisons, and the tumour fraction of every tumour specimen."""

    findings: tuple[Finding, ...]
    tumour_fractions: tuple[TumourFraction, ...]


def settle(
    findings: Sequence[Finding], patient: Patient, qc: Sequence[SpecimenQc], power_of: PowerOf, thresholds: Thresholds
) -> Settled:
    """Return what the specimens of a case say of each other's alleles."""
    blood = find_blood(patient.specimen(SpecimenKind.CSF), qc, thresholds)
    placed = tuple(replace(f, origin=assign_origin(f, blood, thresholds)) for f in findings)
    supplied = frozenset(q.specimen for q in qc if q.evidence_mode is EvidenceMode.VCF)
    case = Case(placed, power_of, supplied, thresholds)
    kinds = [s.kind for s in patient.specimens if s.kind in TUMOUR_SPECIMENS]
    return Settled(
        findings=tuple(compare(finding, case) for finding in placed),
        tumour_fractions=tuple(measure_tumour(kind, placed, thresholds) for kind in kinds),
    )


def find_blood(csf: Specimen | None, qc: Sequence[SpecimenQc], thresholds: Thresholds) -> Blood:
    """Return what is known of blood in the CSF, from the red cells counted and from long fragments."""
    cells = csf.rbc_per_ul if csf else None
    lengths = next((q.fragment_lengths for q in qc if q.specimen is SpecimenKind.CSF), None)
    is_long = lengths is not None and (lengths.long_share or 0.0) > thresholds.max_long_fragment_share
    has_lengths = lengths is not None and lengths.measured >= thresholds.min_molecules_for_share
    return Blood(cells, (cells or 0.0) > thresholds.csf_rbc_per_ul or (is_long and has_lengths))


def measure_tumour(kind: SpecimenKind, findings: Sequence[Finding], thresholds: Thresholds) -> TumourFraction:
    """Return the tumour fraction of one specimen.

    Its own detected tumour alleles tell it; without one, those of the other specimens bound it from above.
    """
    tumour = [f for f in findings if f.origin.origin is Origin.TUMOUR and (c := f.call(kind)) and c.counts.depth]
    own = [f for f in tumour if (c := f.call(kind)) and c.state is CallState.DETECTED]
    level = thresholds.interval_level
    if own:
        found = estimate([_clonal(f, kind, findings) for f in own], level)
        return TumourFraction(
            kind,
            TumourFractionState.ESTIMATED,
            found.fraction,
            found.low,
            found.high,
            tuple(f.allele for f in own),
            found.states,
            _reasons(kind, own, findings),
        )
    if tumour:
        high = upper_bound([_clonal(f, kind, ()) for f in tumour], level)
        reason = Reason(ReasonCode.NO_TUMOUR_ALLELE, kind, {"alleles": len(tumour)})
        return TumourFraction(kind, TumourFractionState.BELOW_LIMIT, high=high, basis=(reason,))
    reason = Reason(ReasonCode.NO_TUMOUR_ALLELE, kind, {"alleles": 0})
    return TumourFraction(kind, TumourFractionState.NOT_ASSESSABLE, basis=(reason,))


def _clonal(finding: Finding, kind: SpecimenKind, findings: Sequence[Finding]) -> ClonalAllele:
    call = finding.call(kind)
    if call is None:
        raise ValueError(f"{finding.allele} is not counted in {kind}")
    own = counts_of(call)
    gene = finding.change.gene if finding.change else None
    return ClonalAllele(gene, own.alt, own.depth, own.error, _snps(gene, kind, findings))


def _snps(gene: str | None, kind: SpecimenKind, findings: Sequence[Finding]) -> tuple[tuple[int, int], ...]:
    """Return the counts, in one specimen, of the gene's alleles that the normal specimen shows at one half."""
    found = []
    for finding in findings:
        normal, call = finding.call(SpecimenKind.NORMAL), finding.call(kind)
        if gene is None or not finding.change or finding.change.gene != gene or not normal or not call:
            continue
        low, high = normal.vaf_low or 0.0, normal.vaf_high or 0.0
        if finding.origin.origin is Origin.GERMLINE and low <= 0.5 <= high and call.counts.depth:
            found.append((call.counts.alt, call.counts.depth))
    return tuple(found)


def _reasons(kind: SpecimenKind, own: Sequence[Finding], findings: Sequence[Finding]) -> tuple[Reason, ...]:
    snps = sum(len(_snps(f.change.gene if f.change else None, kind, findings)) for f in own)
    cluster = Reason(ReasonCode.DRIVER_CLUSTER, kind, {"alleles": len(own)})
    code = ReasonCode.COPY_STATE_FROM_SNPS if snps else ReasonCode.COPY_STATE_ASSUMED
    return cluster, Reason(code, kind, {"snps": snps})
