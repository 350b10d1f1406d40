"""Rows of the knowledge tables, as text and typed."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources.abc import Traversable
from typing import Final

from csfgeno.errors import ReferenceDataError
from csfgeno.knowledge.grammar import parse_rule
from csfgeno.knowledge.patterns import Combination, Pattern
from csfgeno.knowledge.schema import COLUMNS
from csfgeno.vocab import Direction, Verification


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


@dataclass(frozen=True, slots=True)
class RawRow:
    """One line of a table as text; `line` counts from 1 and includes the header."""

    table: str
    line: int
    cells: Mapping[str, str]

    @property
    def row_id(self) -> str:
        """Text of the first column."""
        return next(iter(self.cells.values()))


RawTables = Mapping[str, tuple[RawRow, ...]]


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


@dataclass(frozen=True, slots=True)
class Therapy:
    """A drug or fixed regimen; the statuses are dated, regional and incomplete."""

    drug_id: str
    name: str
    synonyms: tuple[str, ...]
    drug_class: str
    generation: str
    route: str
    fda_status: str
    ema_status: str
    nmpa_status: str
    indication: str
    cns_dose_notes: str
    regulatory_verification: str


@dataclass(frozen=True, slots=True)
class CnsEvidence:
    """What one study says of one drug in the central nervous system. `n_cns` are patients."""

    evidence_id: str
    drug_id: str
    regimen: str
    biomarker_ids: tuple[str, ...]
    cns_setting: str
    design_class: str
    study: str
    ncts: tuple[str, ...]
    n_cns: int | None
    activity: str
    result: str
    tumour: str
    is_tki_naive: bool
    year: int
    pmid: str | None
    doi: str | None
    verification: Verification


@dataclass(frozen=True, slots=True)
class CnsGrades:
    """Grades A to D, or NA, of a rule: any CNS setting, parenchymal, leptomeningeal; and what carries them.

    A confidence is the best verification among the supporting rows, `None` without any.
    """

    cns: str
    bm: str
    lm: str
    reason: str
    cns_support: tuple[str, ...]
    cns_confidence: Verification | None
    lm_support: tuple[str, ...]
    lm_confidence: Verification | None


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
    direction: Direction
    line_context: str
    escat: str
    amp_tier: str
    grades: CnsGrades
    evidence_ids: tuple[str, ...]
    refs: tuple[str, ...]
    verification: Verification
    message: str


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


NO_THERAPY: Final = "none"
"""Id that stands for "no drug": no option in a rule, never treated in a patient's history."""


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
        drug_id=cells["drug_id"],
        regimen=cells["regimen"],
        biomarker_ids=_list(cells["biomarker_ids"]),
        cns_setting=cells["cns_setting"],
        design_class=cells["design_class"],
        study=cells["study"],
        ncts=_list(cells["nct"]),
        n_cns=int(cells["n_cns"]) if cells["n_cns"] else None,
        activity=cells["activity"],
        result=cells["result"],
        tumour=cells["tumour"],
        is_tki_naive=cells["tki_naive_population"] == "1",
        year=int(cells["year"]),
        pmid=cells["pmid"] or None,
        doi=cells["doi"] or None,
        verification=Verification(cells["verification"]),
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
        direction=Direction(cells["direction"]),
        line_context=cells["line_context"],
        escat=cells["escat"],
        amp_tier=cells["amp_asco_cap"],
        grades=_grades_of(cells),
        evidence_ids=_list(cells["evidence_ids"]),
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


def _grades_of(cells: Mapping[str, str]) -> CnsGrades:
    return CnsGrades(
        cns=cells["cns_grade"].removeprefix("CNS-"),
        bm=cells["bm_grade"].removeprefix("BM-"),
        lm=cells["lm_grade"].removeprefix("LM-"),
        reason=cells["cns_grade_reason"],
        cns_support=_list(cells["cns_grade_support"]),
        cns_confidence=_confidence(cells["cns_grade_confidence"]),
        lm_support=_list(cells["lm_grade_support"]),
        lm_confidence=_confidence(cells["lm_grade_confidence"]),
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


def read_tables(folder: Traversable) -> RawTables:
    """Return the rows of every table as text.

    Raises
    ------
    ReferenceDataError
        If a file is missing, has other columns than expected, or a line has another number of columns.
    """
    return {name: _read_table(folder, name) for name in COLUMNS}


def _read_table(folder: Traversable, name: str) -> tuple[RawRow, ...]:
    columns = list(COLUMNS[name])
    try:
        lines = (folder / name).read_bytes().decode().removesuffix("\n").split("\n")
    except FileNotFoundError:
        raise ReferenceDataError(f"the knowledge table {name} is missing; expected {', '.join(COLUMNS)}") from None
    except UnicodeDecodeError:
        raise ReferenceDataError(f"the knowledge table {name} is not UTF-8 text") from None
    if not lines or lines[0].split("\t") != columns:
        raise ReferenceDataError(f"the header of {name} is not as expected; expected columns: {', '.join(columns)}")
    return tuple(_read_row(name, i, line, columns) for i, line in enumerate(lines[1:], start=2))


def _read_row(name: str, number: int, line: str, columns: list[str]) -> RawRow:
    cells = line.split("\t")
    if len(cells) != len(columns):
        raise ReferenceDataError(f"{name}, line {number} has {len(cells)} columns; expected {len(columns)}")
    return RawRow(name, number, dict(zip(columns, cells, strict=True)))


def _list(text: str, separator: str = ";") -> tuple[str, ...]:
    return tuple(part for part in text.split(separator) if part)


def _alternatives(text: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(part.split("+")) for part in text.split(";") if part)


def _confidence(text: str) -> Verification | None:
    return None if text in ("none", "not_applicable") else Verification(text)
