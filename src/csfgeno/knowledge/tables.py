"""The knowledge base: all tables, checked and typed."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from csfgeno.errors import ReferenceDataError
from csfgeno.knowledge.checks import find_problems
from csfgeno.knowledge.grades import grade_schedules
from csfgeno.knowledge.reading import RawTables, read_tables
from csfgeno.knowledge.rows import (
    Biomarker,
    CnsEvidence,
    CsfFact,
    Dose,
    Measurement,
    PriorClass,
    Rule,
    Therapy,
    biomarker_of,
    dose_of,
    evidence_of,
    fact_of,
    measurement_of,
    prior_class_of,
    rule_of,
    therapy_of,
)
from csfgeno.knowledge.schema import COLUMNS
from csfgeno.records import Schedule


@dataclass(frozen=True)
class KnowledgeBase:
    """The knowledge tables. `version` is the date of the tables, `sha256` the digest over all of them."""

    version: date
    review_by: date
    statement: str
    sha256: str
    biomarkers: Mapping[str, Biomarker]
    therapies: Mapping[str, Therapy]
    doses: Mapping[str, Dose]
    measurements: Mapping[str, Measurement]
    evidence: Mapping[str, CnsEvidence]
    rules: tuple[Rule, ...]
    facts: tuple[CsfFact, ...]
    prior_classes: Mapping[str, PriorClass]

    @cached_property
    def not_assessable(self) -> tuple[str, ...]:
        """Biomarkers that small variants cannot show: amplifications, fusions, large duplications."""
        return tuple(b.biomarker_id for b in self.biomarkers.values() if not b.pattern.is_assessable)

    @cached_property
    def partly_assessable(self) -> Mapping[str, tuple[str, ...]]:
        """Biomarkers of which small variants show only a part, with the part that stays unseen."""
        return {
            b.biomarker_id: b.pattern.unseen
            for b in self.biomarkers.values()
            if b.pattern.unseen and b.pattern.is_assessable
        }

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


def load_knowledge(directory: Path | None = None) -> KnowledgeBase:
    """Return the knowledge tables of `directory`, or the shipped ones.

    Raises
    ------
    ReferenceDataError
        If a table is missing or malformed, uses a word outside its vocabulary, refers to a row that does not exist, or
        contradicts another row; the message names file, row and column of the first problem.
    """
    folder = _folder(directory)
    raw = read_tables(folder)
    if problems := find_problems(raw):
        others = f" ({len(problems) - 1} more problems; `csfgeno kb check` lists them)" if len(problems) > 1 else ""
        raise ReferenceDataError(f"{problems[0]}{others}")
    return build_knowledge(raw, digest_tables(folder))


def open_tables(directory: Path | None) -> RawTables:
    """Return the rows of the tables in `directory`, or of the shipped ones, as text; raises as `read_tables`."""
    return read_tables(_folder(directory))


def digest_tables(folder: Traversable) -> str:
    """Return the SHA-256 over names and bytes of all tables."""
    digest = hashlib.sha256()
    for name in COLUMNS:
        content = (folder / name).read_bytes()
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def build_knowledge(raw: RawTables, sha256: str) -> KnowledgeBase:
    """Return the typed tables of rows without problems."""
    version = raw["version.tsv"][0].cells
    return KnowledgeBase(
        version=date.fromisoformat(version["version"]),
        review_by=date.fromisoformat(version["review_by"]),
        statement=version["statement"],
        sha256=sha256,
        biomarkers={row.row_id: biomarker_of(row.cells) for row in raw["biomarkers.tsv"]},
        therapies={row.row_id: therapy_of(row.cells) for row in raw["therapies.tsv"]},
        doses={row.row_id: dose_of(row.cells) for row in raw["schedules.tsv"]},
        measurements={row.row_id: measurement_of(row.cells) for row in raw["pharmacokinetics.tsv"]},
        evidence={row.row_id: evidence_of(row.cells) for row in raw["cns_evidence.tsv"]},
        rules=tuple(rule_of(row.cells) for row in raw["actionability.tsv"]),
        facts=tuple(fact_of(row.cells) for row in raw["csf_facts.tsv"]),
        prior_classes={row.row_id: prior_class_of(row.cells) for row in raw["prior_therapies.tsv"]},
    )


def _folder(directory: Path | None) -> Traversable:
    return directory if directory is not None else resources.files("csfgeno.reference") / "knowledge"
