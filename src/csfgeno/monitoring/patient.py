"""Whether an earlier case is of the same patient: identifiers agree, and inherited variants do not disagree."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from csfgeno.errors import InputError
from csfgeno.identity.genotypes import SEEN_SAME, SEEN_UNRELATED, likelihoods_by_tumour
from csfgeno.identity.match import Term, compare_genotypes, weigh
from csfgeno.identity.sites import HALF, WHOLE, Site, SiteCounts, thin
from csfgeno.inputs.case import UNNAMED_PATIENT
from csfgeno.records import Allele, Case, CaseReport, Finding, SerialIdentity, SpecimenCall
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import EvidenceMode, SpecimenKind

UNTOLD_ERROR: Final = 0.0
"""Error rates are not needed where only genotypes of half or all molecules are compared."""


@dataclass(frozen=True, slots=True)
class _Pair:
    """One inherited allele: the earlier specimen that shows it, and the present one that may."""

    allele: Allele
    then: SpecimenCall
    now: SpecimenCall


def check_identifiers(now: Case, then: Case) -> None:
    """Refuse a case whose identifiers are not those of this patient.

    Raises
    ------
    InputError
        If a patient is unnamed, or the codes or second identifiers differ.
    """
    if UNNAMED_PATIENT in (now.patient_code, then.patient_code):
        raise InputError(
            f"case {then.case_id} cannot be laid beside {now.case_id}: a patient code is missing; give 'patient_code'"
        )
    pairs = (
        ("patient codes", then.patient_code, now.patient_code),
        ("second identifiers", then.request.second_identifier, now.request.second_identifier),
    )
    for what, before, after in pairs:
        if before and after and before != after:
            raise InputError(
                f"case {then.case_id} is not of the patient of case {now.case_id}: their {what} differ; "
                "check which case was meant"
            )


def check_genotypes(now: CaseReport, then: CaseReport, thresholds: Thresholds) -> SerialIdentity:
    """Return what inherited variants of the earlier case say of its patient.

    METHOD: alleles that an earlier specimen shows in half or all of its molecules and that are called in the present
    case, at sites inherited independently, with the genotype likelihoods of the identity check; a specimen beside the
    tumour is compared before one with tumour copies.

    Raises
    ------
    InputError
        If they say that it is another person.
    """
    pairs = {pair.allele: pair for pair in _pairs(now, then, thresholds.identity_min_depth)}
    kept = [pairs[site.allele] for site in thin([Site(allele, {}, SpecimenKind.NORMAL) for allele in pairs])]
    log10, discordant = 0.0, 0
    for kind in SpecimenKind:
        terms = [_term(pair, thresholds.allele_drop_out) for pair in kept if pair.now.specimen is kind]
        own, against = weigh(terms, SpecimenKind.NORMAL, kind)
        log10, discordant = log10 + own, discordant + against
    if log10 <= thresholds.identity_mismatch:
        raise InputError(
            f"case {then.case.case_id} is not of the patient of case {now.case.case_id}: {discordant} of {len(kept)} "
            "inherited variants differ; check the tubes of both cases"
        )
    return SerialIdentity(then.case.case_id, len(kept), discordant, log10 if kept else None)


def _pairs(now: CaseReport, then: CaseReport, min_depth: int) -> Iterator[_Pair]:
    present = {finding.allele: finding for finding in now.findings}
    for finding in then.findings:
        shown = _first(finding, then, min_depth)
        other = present.get(finding.allele)
        if shown is None or other is None or finding.hotspot_ids or not _is_inherited(shown):
            continue
        if called := _first(other, now, min_depth):
            yield _Pair(finding.allele, shown, called)


def _first(finding: Finding, report: CaseReport, min_depth: int) -> SpecimenCall | None:
    """Return the call that tumour copies move least: of the normal, of plasma, of CSF; `None` without molecules."""
    supplied = {qc.specimen for qc in report.qc if qc.evidence_mode is EvidenceMode.VCF}
    for kind in (SpecimenKind.NORMAL, SpecimenKind.PLASMA, SpecimenKind.CSF):
        call = finding.call(kind)
        if call and kind not in supplied and call.counts.depth >= min_depth:
            return call
    return None


def _is_inherited(call: SpecimenCall) -> bool:
    vaf = call.counts.vaf or 0.0
    return call.specimen is SpecimenKind.NORMAL and (HALF[0] <= vaf <= HALF[1] or vaf >= WHOLE)


def _term(pair: _Pair, drop_out: float) -> Term:
    one, other = (
        likelihoods_by_tumour(
            call.specimen, SiteCounts(call.counts.alt, call.counts.alt + call.counts.ref, UNTOLD_ERROR), drop_out
        )
        for call in (pair.then, pair.now)
    )
    return compare_genotypes(one, other, SEEN_SAME, SEEN_UNRELATED)
