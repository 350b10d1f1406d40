"""The knowledge base: all tables, checked and typed."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

from csfgeno.errors import ReferenceDataError
from csfgeno.knowledge.checks import find_problems
from csfgeno.knowledge.convert import (
    biomarker_of,
    case_of,
    context_of,
    dose_of,
    evidence_of,
    fact_of,
    measurement_of,
    prior_class_of,
    rule_of,
    therapy_of,
)
from csfgeno.knowledge.grades import grade_schedules
from csfgeno.knowledge.reading import RawTables, open_tables
from csfgeno.knowledge.rows import (
    Biomarker,
    CnsEvidence,
    Context,
    CsfFact,
    Dose,
    Measurement,
    PriorClass,
    Rule,
    Therapy,
    WorkedCase,
)
from csfgeno.knowledge.schema import COLUMNS
from csfgeno.records import SHIPPED, Schedule


@dataclass(frozen=True)
class KnowledgeBase:
    """The knowledge tables.

    `version` is the date of the shipped tables, `sha256` the digest over all rows in use, `layers` the overlay of
    every row that comes from one.
    """

    version: date
    review_by: date
    statement: str
    sha256: str
    layers: Mapping[str, str]
    biomarkers: Mapping[str, Biomarker]
    therapies: Mapping[str, Therapy]
    doses: Mapping[str, Dose]
    measurements: Mapping[str, Measurement]
    evidence: Mapping[str, CnsEvidence]
    rules: tuple[Rule, ...]
    context: tuple[Context, ...]
    cases: tuple[WorkedCase, ...]
    facts: Mapping[str, CsfFact]
    prior_classes: Mapping[str, PriorClass]

    @property
    def label(self) -> str:
        """Version with the names of the overlays, e.g. `2026-11-25+hospital`."""
        return "+".join([self.version.isoformat(), *sorted(set(self.layers.values()))])

    def layer_of(self, row_id: str) -> str:
        """Return where a row comes from: shipped, or the name of an overlay."""
        return self.layers.get(row_id, SHIPPED)

    @cached_property
    def not_looked_for(self) -> Mapping[str, tuple[str, ...]]:
        """Biomarkers of which some part is never looked for, with that part."""
        return {b.biomarker_id: b.pattern.unseen for b in self.biomarkers.values() if b.pattern.unseen}

    def schedules_of(self, rule: Rule) -> tuple[Schedule, ...]:
        """Return every dose and schedule of a rule's drugs, graded; nothing unless the rule says that they work."""
        return grade_schedules(rule, self.doses.values(), self.evidence.values(), self.biomarkers)

    def find_therapy(self, text: str) -> Therapy | None:
        """Return the therapy of that id, name or synonym (letter case ignored), or `None`."""
        return self._therapies_by_name.get(text.casefold())

    @cached_property
    def _therapies_by_name(self) -> Mapping[str, Therapy]:
        names = {s.casefold(): t for t in self.therapies.values() for s in (*t.synonyms, t.name)}
        return names | {drug_id.casefold(): therapy for drug_id, therapy in self.therapies.items()}


def load_knowledge(directory: Path | None = None, overlay: Path | None = None) -> KnowledgeBase:
    """Return the knowledge tables of `directory`, or the shipped ones, with the rows of an overlay laid over them.

    Raises
    ------
    ReferenceDataError
        If a table is missing or malformed, uses a word outside its vocabulary, refers to a row that does not exist, or
        contradicts another row; the message names file, row and column of the first problem.
    """
    raw = open_tables(directory, overlay)
    if problems := find_problems(raw):
        others = f" ({len(problems) - 1} more problems; `csfgeno kb check` lists them)" if len(problems) > 1 else ""
        raise ReferenceDataError(f"{problems[0]}{others}")
    return build_knowledge(raw)


def build_knowledge(raw: RawTables) -> KnowledgeBase:
    """Return the typed tables of rows without problems."""
    version = raw["version.tsv"][0].cells
    rows = [row for table in raw.values() for row in table]
    return KnowledgeBase(
        version=date.fromisoformat(version["version"]),
        review_by=date.fromisoformat(version["review_by"]),
        statement=version["statement"],
        sha256=_digest(raw),
        layers={row.row_id: row.layer for row in rows if row.layer != SHIPPED},
        biomarkers={row.row_id: biomarker_of(row.cells) for row in raw["biomarkers.tsv"]},
        therapies={row.row_id: therapy_of(row.cells) for row in raw["therapies.tsv"]},
        doses={row.row_id: dose_of(row.cells) for row in raw["schedules.tsv"]},
        measurements={row.row_id: measurement_of(row.cells) for row in raw["pharmacokinetics.tsv"]},
        evidence={row.row_id: evidence_of(row.cells) for row in raw["cns_evidence.tsv"]},
        rules=tuple(rule_of(row.cells) for row in raw["actionability.tsv"]),
        context=tuple(context_of(row.cells) for row in raw["context.tsv"]),
        cases=tuple(case_of(row.cells) for row in raw["cases.tsv"]),
        facts={row.row_id: fact_of(row.cells) for row in raw["csf_facts.tsv"]},
        prior_classes={row.row_id: prior_class_of(row.cells) for row in raw["prior_therapies.tsv"]},
    )


def _digest(raw: RawTables) -> str:
    """Return the SHA-256 over the cells of all tables, table by table and row by row."""
    digest = hashlib.sha256()
    for name in COLUMNS:
        digest.update(f"{name}\n".encode())
        for row in raw[name]:
            digest.update(("\t".join(row.cells.values()) + "\n").encode())
    return digest.hexdigest()
