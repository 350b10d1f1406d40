"""Typed rows of the knowledge tables."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from csfgeno.knowledge.patterns import Combination, Pattern
from csfgeno.vocab import ContextKind, Direction, MatchLevel, PkMetric, Verification


class Phase(StrEnum):
    """Whether two changes must lie on one molecule for a rule to hold."""

    CIS = "cis"
    TRANS = "trans"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "na"


class Trigger(StrEnum):
    """What must be known of the biomarkers of a remark for it to be made."""

    PRESENT = "present"
    CSF_ONLY = "csf_only"  # in CSF, and not in another specimen that would have shown it
    GERMLINE = "germline"
    BLOOD = "blood"
    IN_NORMAL = "in_normal"  # a co-mutation that the normal specimen shows too, of unknown origin
    ORIGIN_UNKNOWN = "origin_unknown"


class Role(StrEnum):
    """What a biomarker is to the tumour."""

    DRIVER = "driver"
    RESISTANCE_ON_TARGET = "resistance on-target"
    RESISTANCE_BYPASS = "resistance bypass"
    PROGNOSTIC = "co-mutation prognostic"
    CHIP_PRONE = "CHIP-prone"


AGENCIES: Final = ("FDA", "EMA", "NMPA")
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
    transporter_source: str
    fda_status: str
    ema_status: str
    nmpa_status: str
    indication: str
    cns_dose_notes: str
    regulatory_verification: str

    @property
    def regulatory_source(self) -> str:
        """Where a curator saw the statuses; empty if nowhere."""
        return self.regulatory_verification.partition(":")[2]

    def verification_of(self, agency: str) -> Verification:
        """Return how far the status of that agency was checked."""
        how, _, source = self.regulatory_verification.partition(":")
        if how != Verification.VERIFIED:
            return Verification(how) if how in list(Verification) else Verification.RECALLED
        # METHOD: a source that begins with the name of an agency speaks of that agency; any other of FDA and EMA.
        # That a drug is not approved was read from its absence in a register; the Chinese register was not searched.
        named = [part.split()[0] for part in source.split(";") if part.strip()]
        seen = agency in named or (agency != "NMPA" and any(name not in AGENCIES for name in named))
        status = {"FDA": self.fda_status, "EMA": self.ema_status, "NMPA": self.nmpa_status}[agency]
        if status.startswith("not approved") and (seen or agency != "NMPA"):
            return Verification.SECONDARY
        return Verification.VERIFIED if seen else Verification.RECALLED


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
    source: str
    message: str

    @property
    def is_without_drug(self) -> bool:
        """Whether it speaks of no drug."""
        return self.drug_ids == (NO_THERAPY,)


@dataclass(frozen=True, slots=True)
class Context:
    """A remark that names no drug, and when it is made: for all of `requires_all`, or for any biomarker of `roles`."""

    context_id: str
    kind: ContextKind
    trigger: Trigger
    requires_all: tuple[str, ...]
    roles: tuple[Role, ...]
    requires_none: tuple[str, ...]
    prior_any: tuple[tuple[str, ...], ...]
    prior_none: tuple[tuple[str, ...], ...]
    message: str
    action: str
    refs: tuple[str, ...]
    fact_ids: tuple[str, ...]
    verification: Verification


@dataclass(frozen=True, slots=True)
class WorkedCase:
    """A case in words, whose whole reasoning can be printed: changes, earlier treatments, phase of its two changes."""

    name: str
    title: str
    changes: tuple[str, ...]
    prior: tuple[str, ...]
    phase: str


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
    seen_url: str


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
