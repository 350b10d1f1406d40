"""Therapy statements: what the knowledge tables say of a case, how the grades came about, and on which rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from csfgeno.records.genome import Allele
from csfgeno.vocab import (
    CaveatCode,
    CnsAxis,
    ContextKind,
    Direction,
    GradeChange,
    GradeReason,
    MatchLevel,
    ObjectionKind,
    PkMetric,
    SpecimenKind,
    Standing,
    TherapyOutcome,
    Verification,
)

SHIPPED = "shipped"
"""Layer of the rows that come with csfgeno; an overlay bears the name of its folder."""


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """One study of a drug at one dose in the central nervous system.

    `patients` are those that the response refers to, `orr` is the share of them that responded in the CNS, and
    `orr_low` and `orr_high` are the ends of its exact 95% interval. Figures that nobody saw in a source are withheld:
    `result` is empty then, and `orr` with its interval `None`.
    """

    evidence_id: str
    study: str
    cns_setting: str
    result: str
    year: int | None
    pmid: str | None
    doi: str | None
    nct: str | None
    verification: Verification
    drug_id: str = ""
    regimen: str = ""
    schedule_id: str = ""
    design: str = ""
    activity: str = ""
    tumour: str = ""
    patients: int | None = None
    orr: float | None = None
    orr_low: float | None = None
    orr_high: float | None = None
    seen_at: str = ""
    layer: str = SHIPPED


@dataclass(frozen=True, slots=True)
class DrugLevel:
    """One measurement of a drug in cerebrospinal fluid or brain; `low` and `high` are a ratio to plasma."""

    pk_id: str
    metric: PkMetric
    species: str
    subjects: int | None
    dose: str
    low: float | None
    high: float | None
    result: str
    study: str
    year: int | None
    pmid: str | None
    doi: str | None
    verification: Verification
    seen_at: str = ""
    layer: str = SHIPPED


@dataclass(frozen=True, slots=True)
class GradeStep:
    """How one row got its letter: by design, patients and activity, and what changed it afterwards.

    `letter` is `None` for a row that does not count, for the reason that `changes` gives. `borrowed_from` is the
    biomarker whose evidence it is.
    """

    row_id: str
    by_design: str
    letter: str | None
    changes: tuple[GradeChange, ...] = ()
    borrowed_from: str | None = None


@dataclass(frozen=True, slots=True)
class CnsGrade:
    """Grade A to D, or NA, of leptomeningeal, parenchymal or pharmacokinetic evidence, with its derivation.

    `seen_letter` is what the rows that were seen in a source give alone. `support` are the rows that carry the letter;
    `confidence` is the best verification among them, `None` without any.
    """

    axis: CnsAxis
    letter: str
    reason: GradeReason
    seen_letter: str = "D"
    support: tuple[str, ...] = ()
    confidence: Verification | None = None
    steps: tuple[GradeStep, ...] = ()

    @property
    def is_provisional(self) -> bool:
        """Whether the letter rests on rows that nobody saw in a source."""
        return self.letter != self.seen_letter


@dataclass(frozen=True, slots=True)
class Schedule:
    """One dose and schedule of the drugs with its own grades; evidence at one dose says nothing of another."""

    schedule_id: str
    dose: str
    status: str
    lm: CnsGrade
    bm: CnsGrade


@dataclass(frozen=True, slots=True)
class CnsExposure:
    """How much of one drug reaches the central nervous system: transporters, measurements, and their grade.

    `pgp` and `bcrp` say whether the drug is a substrate of P-glycoprotein and BCRP: yes, weak, no, unknown or na.
    """

    drug_id: str
    drug_name: str
    pgp: str
    bcrp: str
    transporters: Verification
    levels: tuple[DrugLevel, ...]
    grade: CnsGrade
    transporters_seen_at: str = ""


@dataclass(frozen=True, slots=True)
class LabelStatus:
    """What one agency has decided on one drug, and where a curator saw it."""

    drug_id: str
    drug_name: str
    agency: str
    status: str
    verification: Verification
    source: str = ""


@dataclass(frozen=True, slots=True)
class Basis:
    """One biomarker that a statement rests on: how it was recognised, and the changes that are it.

    `alleles` are small variants, `events` the ids of structural findings.
    """

    biomarker_id: str
    name: str
    level: MatchLevel
    alleles: tuple[Allele, ...] = ()
    events: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PriorUse:
    """An earlier treatment that bears on a statement."""

    drug_id: str
    drug_name: str
    started: date | None
    stopped: date | None
    outcome: TherapyOutcome | None


@dataclass(frozen=True, slots=True)
class Objection:
    """What another statement of the same case says against an option, and what follows."""

    act_id: str
    kind: ObjectionKind
    direction: Direction
    biomarker_ids: tuple[str, ...]
    biomarker_names: tuple[str, ...]
    drug_names: tuple[str, ...]
    verification: Verification


@dataclass(frozen=True, slots=True)
class Caveat:
    """A remark on a statement: a code of the sentence catalogue and the values of its placeholders."""

    code: CaveatCode
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TherapyMatch:
    """One rule of the knowledge tables that fits this case.

    `amp_tier` and `escat` are assigned by the project, not by a committee. The first of `schedules` is the usual one;
    its grades order the options. `source` says where a curator saw the statement. `overrides` are the options that this
    statement speaks against. `as_of` is the date of the tables: what they do not hold was not known to them that day.
    """

    act_id: str
    biomarker_ids: tuple[str, ...]
    drug_ids: tuple[str, ...]
    drug_names: tuple[str, ...]
    direction: Direction
    standing: Standing
    message: str
    line_context: str
    phase: str
    amp_tier: str
    escat: str
    basis: tuple[Basis, ...]
    schedules: tuple[Schedule, ...]
    exposures: tuple[CnsExposure, ...]
    labels: tuple[LabelStatus, ...]
    evidence: tuple[EvidenceRow, ...]
    refs: tuple[str, ...]
    verification: Verification
    specimens: tuple[SpecimenKind, ...]
    as_of: date
    prior: tuple[PriorUse, ...] = ()
    objections: tuple[Objection, ...] = ()
    overrides: tuple[str, ...] = ()
    caveats: tuple[Caveat, ...] = ()
    source: str = ""
    layer: str = SHIPPED

    def rests_on(self, allele: Allele) -> bool:
        """Whether the small variant is one that makes the statement; one that is inherited or of blood cells is not."""
        return any(allele in basis.alleles for basis in self.basis)

    @property
    def is_provisional(self) -> bool:
        """Whether any part of the statement was not seen in a source."""
        grades = [grade for schedule in self.schedules[:1] for grade in (schedule.lm, schedule.bm)]
        return self.verification is not Verification.VERIFIED or any(grade.is_provisional for grade in grades)


@dataclass(frozen=True, slots=True)
class ContextFact:
    """What is known of CSF cell-free DNA and stands behind a remark; `value` is empty until seen in a source."""

    fact_id: str
    statement: str
    value: str
    citation: str
    pmid: str | None
    doi: str | None
    verification: Verification
    seen_at: str = ""


@dataclass(frozen=True, slots=True)
class ContextItem:
    """Something to ask or to bear in mind that is no drug: histology, inheritance, blood cells, a sample swap."""

    context_id: str
    kind: ContextKind
    message: str
    action: str
    basis: tuple[Basis, ...]
    specimens: tuple[SpecimenKind, ...]
    refs: tuple[str, ...]
    verification: Verification
    as_of: date
    facts: tuple[ContextFact, ...] = ()
    layer: str = SHIPPED
