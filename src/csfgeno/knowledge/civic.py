"""Proposals from a CIViC evidence file that a user has downloaded. They are for review; nothing is changed.

CIViC (Griffith 2017, doi:10.1038/ng.3774) publishes its clinical evidence as a TSV under CC0.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from csfgeno.errors import InputError, ReferenceDataError
from csfgeno.knowledge.match import match_protein_name
from csfgeno.knowledge.rows import Rule
from csfgeno.knowledge.tables import KnowledgeBase
from csfgeno.vocab import Direction

REQUIRED: Final = (
    "molecular_profile",
    "disease",
    "therapies",
    "evidence_type",
    "evidence_direction",
    "significance",
    "evidence_level",
    "evidence_id",
    "citation_id",
    "evidence_status",
)
COLUMNS: Final = (
    "proposal",
    "evidence_id",
    "biomarker_id",
    "drug_id",
    "direction",
    "level",
    "reference",
    "known_rules",
    "profile",
    "therapy",
)
LUNG: Final = re.compile(r"lung|non-small cell", re.IGNORECASE)
_DIRECTIONS: Final = {
    ("SUPPORTS", "SENSITIVITYRESPONSE"): Direction.SENSITIVE,
    ("SUPPORTS", "RESISTANCE"): Direction.RESISTANT,
    ("SUPPORTS", "REDUCEDSENSITIVITY"): Direction.REDUCED,
    ("DOESNOTSUPPORT", "SENSITIVITYRESPONSE"): Direction.RESISTANT,
}


@dataclass(frozen=True, slots=True)
class Proposal:
    """One evidence item as it could be used: `new`, `agrees` or `contradicts` known rules, or `unmapped`."""

    kind: str
    evidence_id: str
    biomarker_id: str
    drug_id: str
    direction: str
    level: str
    reference: str
    known_rules: tuple[str, ...]
    profile: str
    therapy: str

    @property
    def cells(self) -> tuple[str, ...]:
        """Return the text of the columns in order."""
        known = ";".join(self.known_rules)
        head = (self.kind, f"EID{self.evidence_id}", self.biomarker_id, self.drug_id, self.direction, self.level)
        return (*head, self.reference, known, self.profile, self.therapy)


def read_civic(text: str, name: str) -> list[dict[str, str]]:
    """Return the rows of a CIViC evidence TSV.

    Raises
    ------
    InputError
        If a needed column is missing or a line has another number of columns.
    """
    lines = text.splitlines()
    header = lines[0].split("\t") if lines else []
    if missing := [column for column in REQUIRED if column not in header]:
        expected = f"the clinical evidence TSV of CIViC, with {', '.join(REQUIRED)}"
        raise InputError(f"'{name}' lacks the column {missing[0]}; expected {expected}")
    rows = []
    for number, line in enumerate(lines[1:], start=2):
        cells = line.split("\t")
        if len(cells) != len(header):
            raise InputError(f"'{name}', line {number} has {len(cells)} columns; expected {len(header)}")
        rows.append(dict(zip(header, cells, strict=True)))
    return rows


def propose(rows: list[dict[str, str]], kb: KnowledgeBase) -> Iterator[Proposal]:
    """Yield a proposal for every accepted predictive item on lung cancer, one a biomarker and drug."""
    for row in rows:
        direction = _direction(row)
        if row["evidence_type"].upper() != "PREDICTIVE" or not LUNG.search(row["disease"]) or direction is None:
            continue
        if row["evidence_status"].upper() != "ACCEPTED":
            continue
        biomarkers = _biomarkers(row["molecular_profile"], kb) or [""]
        drugs = [d.strip() for d in row["therapies"].split(",") if d.strip()]
        for biomarker_id in biomarkers:
            for drug in drugs:
                yield _proposal(row, biomarker_id, drug, direction, kb)


def _proposal(
    row: Mapping[str, str], biomarker_id: str, drug: str, direction: Direction, kb: KnowledgeBase
) -> Proposal:
    therapy = kb.find_therapy(drug)
    drug_id = therapy.drug_id if therapy else ""
    known = [r for r in kb.rules if biomarker_id in r.requires_all and drug_id in r.drug_ids]
    return Proposal(
        kind=_kind(biomarker_id, drug_id, direction, known),
        evidence_id=row["evidence_id"],
        biomarker_id=biomarker_id,
        drug_id=drug_id,
        direction=direction,
        level=row["evidence_level"],
        reference=f"PMID:{row['citation_id']}" if row["citation_id"].isdigit() else "",
        known_rules=tuple(r.act_id for r in known),
        profile=row["molecular_profile"],
        therapy=drug,
    )


def _kind(biomarker_id: str, drug_id: str, direction: Direction, known: list[Rule]) -> str:
    if not biomarker_id or not drug_id:
        return "unmapped"
    if not known:
        return "new"
    return "agrees" if any(r.direction is direction for r in known) else "contradicts"


def _direction(row: Mapping[str, str]) -> Direction | None:
    words = (re.sub(r"[^A-Z]", "", row[c].upper()) for c in ("evidence_direction", "significance"))
    return _DIRECTIONS.get((next(words), next(words)))


def _biomarkers(profile: str, kb: KnowledgeBase) -> list[str]:
    """Return the biomarkers of a molecular profile; a profile of several changes is not mapped."""
    gene, _, change = profile.partition(" ")
    if " AND " in profile.upper() or " OR " in profile.upper():
        return []
    upper = change.upper()
    if "FUSION" in upper or "::" in profile:
        last = profile.split("::")[-1].split(" ")[0] if "::" in profile else gene
        return [f"{last}_FUSION"] if f"{last}_FUSION" in kb.biomarkers else []
    if upper == "AMPLIFICATION":
        return [f"{gene}_AMP"] if f"{gene}_AMP" in kb.biomarkers else []
    named = {"EXON 19 DELETION": "EX19DEL", "EXON 20 INSERTION": "EX20INS", "EXON 14 SKIPPING MUTATION": "EX14"}
    if upper in named:
        return [i for i in (f"{gene}_{named[upper]}",) if i in kb.biomarkers]
    try:
        return list(match_protein_name(gene, change, kb))
    except ReferenceDataError:
        return []
