"""Genes and changes by which clonal haematopoiesis and inherited predisposition are known."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Final

from csfgeno.records import TranscriptChange
from csfgeno.vocab import Consequence

PREDISPOSITION: Final = frozenset(
    {"TP53", "BRCA1", "BRCA2", "STK11", "ATM", "CHEK2", "PALB2", "RB1", "PTEN", "CDKN2A", "RET", "NF1"}
)
"""Genes in which an inherited change calls for counselling; EGFR T790M is asked for beside them."""

COMMON: Final = frozenset({("TP53", "P72R"), ("STK11", "F354L"), ("BRCA2", "N372H")})
"""Inherited changes of these genes that are common polymorphisms: rs1042522, rs59912467, rs144848 of dbSNP."""

EGFR_PREDISPOSITION: Final = frozenset({"T790M"})

_TRUNCATING: Final = frozenset(
    {
        Consequence.STOP_GAINED,
        Consequence.FRAMESHIFT,
        Consequence.SPLICE_DONOR,
        Consequence.SPLICE_ACCEPTOR,
        Consequence.START_LOST,
    }
)
_SILENT: Final = frozenset({Consequence.SYNONYMOUS, Consequence.INTRON, Consequence.UTR_5, Consequence.UTR_3})


class BloodGene(StrEnum):
    """How far a change points to blood cells: driver of clonal haematopoiesis, gene of both, or neither."""

    DRIVER = "driver"
    SHARED = "shared"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class GeneRule:
    """Which changes of a gene drive clonal haematopoiesis: `any`, `truncating`, `shared` or a list of changes."""

    gene: str
    rule: str
    source: str


@cache
def load_rules() -> Mapping[str, GeneRule]:
    """Return the shipped table of genes of clonal haematopoiesis."""
    text = (resources.files("csfgeno.reference") / "origin" / "haematopoiesis_genes.tsv").read_text(encoding="utf-8")
    rows = csv.DictReader(io.StringIO(text), delimiter="\t")
    return {row["gene"]: GeneRule(row["gene"], row["rule"], row["source"]) for row in rows}


def blood_gene(change: TranscriptChange | None) -> BloodGene:
    """Return how far a change points to blood cells; a silent one says nothing."""
    rule = load_rules().get(change.gene) if change else None
    if change is None or rule is None or change.consequence in _SILENT:
        return BloodGene.NONE
    match rule.rule:
        case "any":
            return BloodGene.DRIVER
        case "shared":
            return BloodGene.SHARED
        case "truncating":
            return BloodGene.DRIVER if change.consequence in _TRUNCATING else BloodGene.SHARED
        case changes:
            return BloodGene.DRIVER if _short(change) in changes.split(",") else BloodGene.NONE


def calls_for_counselling(change: TranscriptChange | None) -> bool:
    """Return whether the change, were it inherited, would call for counselling of the family."""
    if change is None or change.consequence in _SILENT or (change.gene, _short(change)) in COMMON:
        return False
    return change.gene in PREDISPOSITION or (change.gene == "EGFR" and _short(change) in EGFR_PREDISPOSITION)


def _short(change: TranscriptChange) -> str:
    return change.hgvs_p_short.removeprefix("p.").strip("()")
