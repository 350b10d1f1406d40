"""Typed rows of the knowledge tables."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from csfgeno.knowledge.grammar import parse_rule
from csfgeno.knowledge.patterns import Combination, Pattern
from csfgeno.vocab import Direction, MatchLevel, PkMetric, Verification


class Phase(StrEnum):
    """Whether two changes must lie on one molecule for a rule to hold, or a change in every cell."""

    CIS = "cis"
    TRANS = "trans"
    UNKNOWN = "unknown"
    GERMLINE = "germline"
    NOT_APPLICABLE = "na"


class Role(StrEnum):
    """What a biomarker is to the tumour."""

    DRIVER = "driver"
    RESISTANCE_ON_TARGET = "resistance on-target"
    RESISTANCE_BYPASS = "resistance bypass"
    PROGNOSTIC = "co-mutation prognostic"
    CHIP_PRONE = "CHIP-prone"


NO_THERAPY: Final = "none"
"""Id that stands for "no drug": no option in a rule, never treated in a patient's history."""


@dataclass(frozen=True, slots=True)
class Biomarker:
    """A class of alterations that rules refer to. `transcripts` carry the numbering of the match rule."""

    biomarker_id: str
    genes: tuple[str, ...]
    transcripts: tuple[str, ...]
    pattern: Pattern
    name: str
    role: Role
    evidence_parent: str | None
    notes: str
    refs: tuple[str, ...]

    @property
    def is_case_level(self) -> bool:
        """Whether it follows from other biomarkers of the case rather than from one allele."""
        return isinstance(self.pattern.matcher, Combination)

    @property
    def rank(self) -> int:
        """How specific its match rule is; smaller is more specific."""
        return list(MatchLevel).index(self.pattern.matcher.level)


@dataclass(frozen=True, slots=True)
class Therapy:
    """A drug or fixed regimen; the statuses are dated, regional and incomplete."""

    drug_id: str
    name: str
    synonyms: tuple[str, ...]
    drug_class: str
    generation: str
    route: str
    pgp_substrate: str
    bcrp_substrate: str
    transporter_verification: Verification
    fda_status: str
    ema_status: str
    nmpa_status: str
    indication: str
    cns_dose_notes: str
    regulatory_verification: str

    def verification_of(self, agency: str) -> Verification:
        """Return how far the status of that agency was checked."""
        how, _, source = self.regulatory_verification.partition(":")
        if how != Verification.VERIFIED:
            return Verification(how) if how in list(Verification) else Verification.RECALLED
        # METHOD: what was seen concerns FDA and EMA; the Chinese agency only where the source says so.
        return Verification.RECALLED if agency == "NMPA" and agency not in source else Verification.VERIFIED


@dataclass(frozen=True, slots=True)
class CnsEvidence:
    """What one study says of one drug in the central nervous system. `n_cns` are patients."""

    evidence_id: str
    drug_ids: tuple[str, ...]
    schedule_id: str
    regimen: str
    biomarker_ids: tuple[str, ...]
    cns_setting: str
    design_class: str
    study: str
    ncts: tuple[str, ...]
    n_cns: int | None
    ic_orr_pct: float | None
    responders: int | None
    evaluable: int | None
    activity: str
    activity_basis: str
    result: str
    tumour: str
    is_tki_naive: bool
    year: int
    pmid: str | None
    doi: str | None
    verification: Verification
    seen_url: str


@dataclass(frozen=True, slots=True)
class Dose:
    """One dose and schedule of a drug or of a combination."""

    schedule_id: str
    drug_ids: tuple[str, ...]
    dose: str
    status: str


@dataclass(frozen=True, slots=True)
class Measurement:
    """How much of a drug was found in CSF or brain; the ratios are to plasma."""

    pk_id: str
    drug_id: str
    metric: PkMetric
    species: str
    subjects: int | None
    dose: str
    ratio_low: float | None
    ratio_high: float | None
    result: str
    reaches_cns: str
    study: str
    year: int | None
    pmid: str | None
    doi: str | None
    verification: Verification
    seen_url: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A statement about drugs that holds when its conditions do.

    Prior-therapy conditions are alternatives of tokens that must all apply: `(("platinum",), ("ICI",))` is either.
    """

    act_id: str
    requires_all: tuple[str, ...]
    requires_none: tuple[str, ...]
    phase: Phase
    prior_any: tuple[tuple[str, ...], ...]
    prior_none: tuple[tuple[str, ...], ...]
    drug_ids: tuple[str, ...]
    schedule_ids: tuple[str, ...]
    direction: Direction
    line_context: str
    escat: str
    amp_tier: str
    refs: tuple[str, ...]
    verification: Verification
    message: str

    @property
    def is_without_drug(self) -> bool:
        """Whether it speaks of no drug."""
        return self.drug_ids == (NO_THERAPY,)


@dataclass(frozen=True, slots=True)
class CsfFact:
    """A citable fact about CSF cell-free DNA or leptomeningeal disease."""

    fact_id: str
    topic: str
    statement: str
    value: str
    citation: str
    year: int
    pmid: str | None
    doi: str | None
    verification: Verification


@dataclass(frozen=True, slots=True)
class PriorClass:
    """A class of earlier treatments, as rules name it; an empty condition accepts any drug."""

    token: str
    drug_classes: frozenset[str]
    generations: frozenset[str]
    routes: frozenset[str]
    meaning: str

    def includes(self, therapy: Therapy) -> bool:
        """Whether the drug belongs to the class."""
        conditions = (
            (self.drug_classes, therapy.drug_class),
            (self.generations, therapy.generation),
            (self.routes, therapy.route),
        )
        return all(not accepted or value in accepted for accepted, value in conditions)


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
        message=cells["message"],
    )


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
    )


def _list(text: str, separator: str = ";") -> tuple[str, ...]:
    return tuple(part for part in text.split(separator) if part)


def _alternatives(text: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(part.split("+")) for part in text.split(";") if part)


def _count(text: str) -> int | None:
    return int(text) if text else None


def _decimal(text: str) -> float | None:
    return float(text) if text else None
