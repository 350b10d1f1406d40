"""Therapy rules that fit a case as records: with their grounds, evidence, citations and label status."""

from collections.abc import Sequence

from csfgeno.intervals import share_high, share_low
from csfgeno.knowledge.conditions import Situation
from csfgeno.knowledge.exposure import describe_exposure
from csfgeno.knowledge.presence import Carrier
from csfgeno.knowledge.prior import History
from csfgeno.knowledge.rows import CnsEvidence, Rule, Therapy
from csfgeno.knowledge.tables import KnowledgeBase
from csfgeno.knowledge.weighing import Weighed
from csfgeno.records import (
    Allele,
    Basis,
    Caveat,
    CnsExposure,
    EvidenceRow,
    LabelStatus,
    PriorUse,
    Schedule,
    TherapyMatch,
)
from csfgeno.vocab import CaveatCode, Direction, MatchLevel, ObjectionKind, Verification


def state(weighed: Weighed, others: Sequence[Weighed], situation: Situation, kb: KnowledgeBase) -> TherapyMatch:
    """Return the record of one rule that fits the case."""
    rule, presence = weighed.candidate.rule, situation.presence
    therapies = [kb.therapies[d] for d in rule.drug_ids]
    evidence = _evidence(weighed.schedules, kb)
    specimens, is_split = presence.specimens_of(rule.requires_all)
    split = [Caveat(CaveatCode.SPLIT_SPECIMENS)] if is_split else []
    prior = _prior(rule, situation.history)
    return TherapyMatch(
        act_id=rule.act_id,
        biomarker_ids=rule.requires_all,
        drug_ids=rule.drug_ids,
        drug_names=tuple(therapy.name for therapy in therapies),
        direction=rule.direction,
        standing=weighed.standing,
        message=rule.message or _default_message(rule, therapies, kb),
        line_context=rule.line_context,
        phase=rule.phase,
        amp_tier=rule.amp_tier,
        escat=rule.escat,
        basis=tuple(make_basis(b, presence.carriers[b], kb) for b in rule.requires_all),
        schedules=weighed.schedules,
        exposures=_exposures(rule, therapies, kb),
        labels=() if rule.is_without_drug else tuple(label for therapy in therapies for label in _labels(therapy)),
        evidence=tuple(_evidence_row(row, kb) for row in evidence),
        refs=_references(rule, evidence),
        verification=rule.verification,
        specimens=specimens,
        as_of=kb.version,
        prior=prior,
        objections=weighed.objections,
        overrides=_overrides(rule, others),
        caveats=(*weighed.candidate.caveats, *_outcomes(rule, prior), *split),
        source=rule.source,
        layer=kb.layer_of(rule.act_id),
    )


def make_basis(biomarker_id: str, carriers: Sequence[Carrier], kb: KnowledgeBase) -> Basis:
    """Return how one biomarker was recognised, and in which changes."""
    biomarker = kb.biomarkers[biomarker_id]
    keys = list(dict.fromkeys(carrier.key for carrier in carriers))
    is_event = any(carrier.is_event for carrier in carriers) and not biomarker.is_case_level
    return Basis(
        biomarker_id=biomarker_id,
        name=biomarker.name,
        level=MatchLevel.GENE_EVENT if is_event else biomarker.pattern.matcher.level,
        alleles=tuple(key for key in keys if isinstance(key, Allele)),
        events=tuple(key for key in keys if isinstance(key, str)),
    )


def _prior(rule: Rule, history: History) -> tuple[PriorUse, ...]:
    return tuple(
        PriorUse(therapy.drug_id, therapy.name, given.started, given.stopped, given.outcome)
        for given, therapy in history.uses
        if therapy.drug_id in rule.drug_ids
    )


def _outcomes(rule: Rule, prior: Sequence[PriorUse]) -> list[Caveat]:
    drugs = ", ".join(dict.fromkeys(use.drug_name for use in prior if use.outcome is None))
    is_asked = rule.direction is Direction.SENSITIVE and drugs
    return [Caveat(CaveatCode.OUTCOME_UNKNOWN, {"drugs": drugs})] if is_asked else []


def _overrides(rule: Rule, others: Sequence[Weighed]) -> tuple[str, ...]:
    return tuple(
        other.candidate.rule.act_id
        for other in others
        if any(o.act_id == rule.act_id and o.kind is ObjectionKind.OVERRIDES for o in other.objections)
    )


def _default_message(rule: Rule, therapies: Sequence[Therapy], kb: KnowledgeBase) -> str:
    names = " with ".join(kb.biomarkers[b].name for b in rule.requires_all)
    drugs = " + ".join(therapy.name for therapy in therapies)
    match rule.direction:
        case Direction.SENSITIVE:
            return f"{names}: {drugs} may be active."
        case Direction.RESISTANT:
            return f"{names}: resistance to {drugs}."
        case Direction.REDUCED:
            return f"{names}: reduced benefit from {drugs}."
        case Direction.NO_OPTION:
            return f"{names}: no matched option."
        case Direction.PROGNOSTIC:
            return f"{names}: prognostic; no option follows from it."


def _exposures(rule: Rule, therapies: Sequence[Therapy], kb: KnowledgeBase) -> tuple[CnsExposure, ...]:
    if rule.direction is not Direction.SENSITIVE:
        return ()
    return tuple(describe_exposure(therapy, kb.measurements.values(), kb.layers) for therapy in therapies)


def _labels(therapy: Therapy) -> tuple[LabelStatus, ...]:
    agencies = (("FDA", therapy.fda_status), ("EMA", therapy.ema_status), ("NMPA", therapy.nmpa_status))
    return tuple(
        LabelStatus(
            therapy.drug_id, therapy.name, agency, status, therapy.verification_of(agency), therapy.regulatory_source
        )
        for agency, status in agencies
    )


def _evidence(schedules: Sequence[Schedule], kb: KnowledgeBase) -> list[CnsEvidence]:
    """Return the rows that any grade was derived from, in the order of the schedules."""
    grades = [grade for schedule in schedules for grade in (schedule.lm, schedule.bm)]
    return [kb.evidence[i] for i in dict.fromkeys(step.row_id for grade in grades for step in grade.steps)]


def _evidence_row(row: CnsEvidence, kb: KnowledgeBase) -> EvidenceRow:
    # METHOD: figures that nobody saw in a source are withheld.
    is_seen = row.verification is Verification.VERIFIED
    low, high = _interval(row) if is_seen else (None, None)
    return EvidenceRow(
        evidence_id=row.evidence_id,
        study=row.study,
        cns_setting=row.cns_setting,
        result=row.result if is_seen else "",
        year=row.year,
        pmid=row.pmid,
        doi=row.doi,
        nct=row.ncts[0] if row.ncts else None,
        verification=row.verification,
        drug_id="+".join(row.drug_ids),
        regimen=row.regimen,
        schedule_id=row.schedule_id,
        design=row.design_class,
        activity=row.activity,
        tumour=row.tumour,
        patients=row.evaluable or row.n_cns,
        orr=row.ic_orr_pct / 100 if is_seen and row.ic_orr_pct is not None else None,
        orr_low=low,
        orr_high=high,
        seen_at=row.seen_url,
        layer=kb.layer_of(row.evidence_id),
    )


def _interval(row: CnsEvidence) -> tuple[float, float] | tuple[None, None]:
    if row.responders is None or row.evaluable is None:
        return None, None
    return share_low(row.responders, row.evaluable), share_high(row.responders, row.evaluable)


def _references(rule: Rule, evidence: Sequence[CnsEvidence]) -> tuple[str, ...]:
    refs = list(rule.refs)
    for row in evidence:
        refs += [f"PMID:{row.pmid}"] if row.pmid else []
        refs += [f"DOI:{row.doi}"] if row.doi else []
        refs += [nct for nct in row.ncts if nct.startswith("NCT")]
    return tuple(dict.fromkeys(refs))
