"""Rows of the knowledge tables from text to typed."""

from collections.abc import Mapping

from csfgeno.knowledge.grammar import parse_rule
from csfgeno.knowledge.rows import (
    Biomarker,
    CnsEvidence,
    Context,
    CsfFact,
    Dose,
    Measurement,
    Phase,
    PriorClass,
    Role,
    Rule,
    Therapy,
    Trigger,
    WorkedCase,
)
from csfgeno.vocab import ContextKind, Direction, PkMetric, Verification


def biomarker_of(cells: Mapping[str, str]) -> Biomarker:
    """Return the biomarker of one row."""
    return Biomarker(
        biomarker_id=cells["id"],
        genes=_list(cells["gene"]),
        transcripts=_list(cells["transcript"]),
        pattern=parse_rule(cells["match_type"], cells["match_rule"]),
        name=cells["display_name"],
        role=Role(cells["role"]),
        evidence_parent=cells["evidence_parent"] or None,
        notes=cells["notes"],
        refs=_list(cells["refs"]),
    )


def therapy_of(cells: Mapping[str, str]) -> Therapy:
    """Return the therapy of one row."""
    return Therapy(
        drug_id=cells["drug_id"],
        name=cells["name"],
        synonyms=_list(cells["synonyms"]),
        drug_class=cells["drug_class"],
        generation=cells["generation"],
        route=cells["route"],
        pgp_substrate=cells["pgp_substrate"],
        bcrp_substrate=cells["bcrp_substrate"],
        transporter_verification=Verification(cells["transporter_verification"]),
        transporter_source=cells["transporter_source"],
        fda_status=cells["fda_status"],
        ema_status=cells["ema_status"],
        nmpa_status=cells["nmpa_status"],
        indication=cells["indication_short"],
        cns_dose_notes=cells["cns_dose_notes"],
        regulatory_verification=cells["regulatory_verification"],
    )


def evidence_of(cells: Mapping[str, str]) -> CnsEvidence:
    """Return the evidence of one row."""
    return CnsEvidence(
        evidence_id=cells["evidence_id"],
        drug_ids=_list(cells["drug_ids"], "+"),
        schedule_id=cells["schedule_id"],
        regimen=cells["regimen"],
        biomarker_ids=_list(cells["biomarker_ids"]),
        cns_setting=cells["cns_setting"],
        design_class=cells["design_class"],
        study=cells["study"],
        ncts=_list(cells["nct"]),
        n_cns=_count(cells["n_cns"]),
        ic_orr_pct=_decimal(cells["ic_orr_pct"]),
        responders=_count(cells["responders"]),
        evaluable=_count(cells["evaluable"]),
        activity=cells["activity"],
        activity_basis=cells["activity_basis"],
        result=cells["result"],
        tumour=cells["tumour"],
        is_tki_naive=cells["tki_naive_population"] == "1",
        year=int(cells["year"]),
        pmid=cells["pmid"] or None,
        doi=cells["doi"] or None,
        verification=Verification(cells["verification"]),
        seen_url=cells["seen_url"],
    )


def dose_of(cells: Mapping[str, str]) -> Dose:
    """Return the dose and schedule of one row."""
    return Dose(cells["schedule_id"], _list(cells["drug_ids"], "+"), cells["dose"], cells["status"])


def measurement_of(cells: Mapping[str, str]) -> Measurement:
    """Return the pharmacokinetic measurement of one row."""
    return Measurement(
        pk_id=cells["pk_id"],
        drug_id=cells["drug_id"],
        metric=PkMetric(cells["metric"]),
        species=cells["species"],
        subjects=_count(cells["subjects"]),
        dose=cells["dose"],
        ratio_low=_decimal(cells["ratio_low"]),
        ratio_high=_decimal(cells["ratio_high"]),
        result=cells["result"],
        reaches_cns=cells["reaches_cns"],
        study=cells["study"],
        year=_count(cells["year"]),
        pmid=cells["pmid"] or None,
        doi=cells["doi"] or None,
        verification=Verification(cells["verification"]),
        seen_url=cells["seen_url"],
    )


def rule_of(cells: Mapping[str, str]) -> Rule:
    """Return the rule of one row."""
    return Rule(
        act_id=cells["act_id"],
        requires_all=_list(cells["requires_all"], "+"),
        requires_none=_list(cells["requires_none"]),
        phase=Phase(cells["phase"]),
        prior_any=_alternatives(cells["prior_therapy_any"]),
        prior_none=_alternatives(cells["prior_therapy_none"]),
        drug_ids=_list(cells["drug_ids"], "+"),
        schedule_ids=_list(cells["schedule_ids"]),
        direction=Direction(cells["direction"]),
        line_context=cells["line_context"],
        escat=cells["escat"],
        amp_tier=cells["amp_asco_cap"],
        refs=_list(cells["refs"]),
        verification=Verification(cells["verification"]),
        source=cells["verification_source"],
        message=cells["message"],
    )


def context_of(cells: Mapping[str, str]) -> Context:
    """Return the remark of one row."""
    return Context(
        context_id=cells["context_id"],
        kind=ContextKind(cells["kind"]),
        trigger=Trigger(cells["trigger"]),
        requires_all=_list(cells["requires_all"], "+"),
        roles=tuple(Role(role) for role in _list(cells["roles"])),
        requires_none=_list(cells["requires_none"]),
        prior_any=_alternatives(cells["prior_therapy_any"]),
        prior_none=_alternatives(cells["prior_therapy_none"]),
        message=cells["message"],
        action=cells["action"],
        refs=_list(cells["refs"]),
        fact_ids=_list(cells["fact_ids"]),
        verification=Verification(cells["verification"]),
    )


def case_of(cells: Mapping[str, str]) -> WorkedCase:
    """Return the worked case of one row."""
    return WorkedCase(cells["case"], cells["title"], _list(cells["changes"]), _list(cells["prior"]), cells["phase"])


def prior_class_of(cells: Mapping[str, str]) -> PriorClass:
    """Return the class of earlier treatments of one row."""
    return PriorClass(
        token=cells["token"],
        drug_classes=frozenset(_list(cells["drug_classes"])),
        generations=frozenset(_list(cells["generations"])),
        routes=frozenset(_list(cells["routes"])),
        meaning=cells["meaning"],
    )


def fact_of(cells: Mapping[str, str]) -> CsfFact:
    """Return the fact of one row."""
    return CsfFact(
        fact_id=cells["fact_id"],
        topic=cells["topic"],
        statement=cells["statement"],
        value=cells["value"],
        citation=cells["citation"],
        year=int(cells["year"]),
        pmid=cells["pmid"] or None,
        doi=cells["doi"] or None,
        verification=Verification(cells["verification"]),
        seen_url=cells["seen_url"],
    )


def _list(text: str, separator: str = ";") -> tuple[str, ...]:
    return tuple(part for part in text.split(separator) if part)


def _alternatives(text: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(part.split("+")) for part in text.split(";") if part)


def _count(text: str) -> int | None:
    return int(text) if text else None


def _decimal(text: str) -> float | None:
    return float(text) if text else None
