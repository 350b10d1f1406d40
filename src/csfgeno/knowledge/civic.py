"""Proposals from a CIViC evidence file that a user has downloaded. They are for review; nothing is changed.

CIViC (Griffith 2017, doi:10.1038/ng.3774) publishes its clinical evidence as a TSV under CC0.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from csfgeno.errors import InputError, ReferenceDataError
from csfgeno.knowledge.match import match_protein_name
from csfgeno.knowledge.rows import Role, Rule
from csfgeno.knowledge.tables import KnowledgeBase
from csfgeno.vocab import Direction

REQUIRED: Final = (
    "molecular_profile",
    "disease",
    "therapies",
    "therapy_interaction_type",
    "evidence_type",
    "evidence_direction",
    "significance",
    "evidence_level",
    "evidence_id",
    "citation_id",
    "source_type",
    "evidence_status",
    "variant_origin",
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
KINDS: Final = ("new", "agrees", "contradicts", "unmapped")
COMBINATION: Final = "combination"
"""Drugs given together; a sequence of drugs is not mapped."""
SUBSTITUTES: Final = "substitutes"
"""Drugs of which each is meant alone."""

Names = tuple[str, ...]
LUNG: Final = re.compile(r"lung|non-small cell", re.IGNORECASE)
_NAMED: Final = {
    "AMPLIFICATION": "AMP",
    "EXON 19 DELETION": "EX19DEL",
    "EXON 20 INSERTION": "EX20INS",
    "EXON 14 SKIPPING MUTATION": "EX14",
    "KINASE DOMAIN DUPLICATION": "KDD",
}
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
        If a needed column is missing, a line has another number of columns, or an evidence id is no number.
    """
    # Only line feeds end a row: the statements hold other characters that Unicode counts as line ends.
    lines = [line.removesuffix("\r") for line in text.removeprefix("\ufeff").removesuffix("\n").split("\n")]
    header = lines[0].split("\t")
    if missing := [column for column in REQUIRED if column not in header]:
        expected = f"the clinical evidence TSV of CIViC, with {', '.join(REQUIRED)}"
        raise InputError(f"'{name}' lacks the column {missing[0]}; expected {expected}")
    rows = []
    for number, line in enumerate(lines[1:], start=2):
        cells = line.split("\t")
        if len(cells) != len(header):
            raise InputError(f"'{name}', line {number} has {len(cells)} columns; expected {len(header)}")
        row = dict(zip(header, cells, strict=True))
        if not row["evidence_id"].isdigit():
            raise InputError(f"'{name}', line {number} has the evidence id '{row['evidence_id']}'; expected a number")
        rows.append(row)
    return rows


def propose(rows: Sequence[Mapping[str, str]], kb: KnowledgeBase) -> Iterator[Proposal]:
    """Yield a proposal for every usable item, one a biomarker and drug, or one a combination of them."""
    for row in rows:
        direction = _direction(row)
        if direction is None or not is_usable(row):
            continue
        for biomarker_ids in _biomarkers(row["molecular_profile"], kb) or [()]:
            for drugs in _regimens(row):
                yield _proposal(row, biomarker_ids, drugs, direction, kb)


def is_usable(row: Mapping[str, str]) -> bool:
    """Whether an item is accepted, predictive, on lung cancer, and not on inherited variants alone."""
    return (
        row["evidence_type"].upper() == "PREDICTIVE"
        and row["evidence_status"].upper() == "ACCEPTED"
        and LUNG.search(row["disease"]) is not None
        and "GERMLINE" not in row["variant_origin"].upper()
    )


def _regimens(row: Mapping[str, str]) -> list[Names]:
    drugs = tuple(d.strip() for d in row["therapies"].split(",") if d.strip())
    is_one = row["therapy_interaction_type"].casefold() not in ("", SUBSTITUTES)
    return [drugs] if is_one else [(drug,) for drug in drugs]


def _proposal(
    row: Mapping[str, str],
    biomarker_ids: Names,
    drugs: Names,
    direction: Direction,
    kb: KnowledgeBase,
) -> Proposal:
    therapies = [kb.find_therapy(drug) for drug in drugs]
    drug_ids = tuple(therapy.drug_id for therapy in therapies if therapy)
    is_known = len(drug_ids) == len(drugs) and row["therapy_interaction_type"].casefold() in (
        "",
        SUBSTITUTES,
        COMBINATION,
    )
    known = [r for r in kb.rules if biomarker_ids and _is_same(r, biomarker_ids, drug_ids if is_known else ())]
    return Proposal(
        kind=_kind(biomarker_ids, direction, known, is_known=is_known),
        evidence_id=row["evidence_id"],
        biomarker_id="+".join(biomarker_ids),
        drug_id="+".join(drug_ids) if is_known else "",
        direction=direction,
        level=row["evidence_level"],
        reference=_reference(row),
        known_rules=tuple(r.act_id for r in known),
        profile=row["molecular_profile"],
        therapy=" + ".join(drugs),
    )


def _is_same(rule: Rule, biomarker_ids: Names, drug_ids: Names) -> bool:
    return set(biomarker_ids) <= set(rule.requires_all) and set(drug_ids) == set(rule.drug_ids)


def _reference(row: Mapping[str, str]) -> str:
    # The numbers of abstracts of meetings (ASCO, ASH) stand in the same column and are no PubMed numbers.
    is_pubmed = row["source_type"].casefold() == "pubmed" and row["citation_id"].isdigit()
    return f"PMID:{row['citation_id']}" if is_pubmed else ""


def _kind(biomarker_ids: Names, direction: Direction, known: list[Rule], *, is_known: bool) -> str:
    if not biomarker_ids or not is_known:
        return "unmapped"
    if not known:
        return "new"
    return "agrees" if any(r.direction is direction for r in known) else "contradicts"


def _direction(row: Mapping[str, str]) -> Direction | None:
    words = (re.sub(r"[^A-Z]", "", row[c].upper()) for c in ("evidence_direction", "significance"))
    return _DIRECTIONS.get((next(words), next(words)))


def _biomarkers(profile: str, kb: KnowledgeBase) -> list[Names]:
    """Return the biomarkers of a molecular profile: alternatives for one change, one combination for several.

    Profiles with `OR`, `NOT` or brackets, or with a change that is no biomarker, are not mapped.
    """
    parts = profile.split(" AND ")
    if " OR " in profile or "NOT " in profile or "(" in profile:
        return []
    found = [_of_change(part, kb) for part in parts]
    if len(found) == 1:
        return [(biomarker_id,) for biomarker_id in found[0]]
    if not all(found):
        return []
    named = [kb.biomarkers[min(ids, key=lambda i: kb.biomarkers[i].rank)] for ids in found]
    # METHOD: a resistance on target implies the driver it is in, as it does in the rules.
    resisting = {gene for b in named if b.role is Role.RESISTANCE_ON_TARGET for gene in b.genes}
    kept = [b for b in named if b.role is not Role.DRIVER or resisting.isdisjoint(b.genes)]
    return [tuple(b.biomarker_id for b in kept)]


def _of_change(text: str, kb: KnowledgeBase) -> list[str]:
    """Return the biomarkers of one change as CIViC names it: `EGFR L858R`, `EML4::ALK Fusion`, `MET Amplification`."""
    gene, _, change = text.strip().partition(" ")
    partner = gene.rpartition("::")[2]
    if "::" in gene or change.upper() == "FUSION":
        return [i for i in (f"{partner}_FUSION",) if i in kb.biomarkers]
    if suffix := _NAMED.get(change.upper()):
        return [i for i in (f"{gene}_{suffix}",) if i in kb.biomarkers]
    try:
        return list(match_protein_name(gene, change, kb))
    except ReferenceDataError:
        return []
