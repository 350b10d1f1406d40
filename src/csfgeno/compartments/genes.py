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

EGFR_PREDISPOSITION: Final = frozenset({"T790M"})
"""Inherited in families with lung cancer: Gazdar 2014, doi:10.1097/JTO.0000000000000130."""

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
    rows = _read_table("haematopoiesis_genes.tsv")
    return {row["gene"]: GeneRule(row["gene"], row["rule"], row["source"]) for row in rows}


@cache
def load_predisposition() -> frozenset[str]:
    """Return the genes in which an inherited change asks for counselling; EGFR T790M is asked for beside them."""
    return frozenset(row["gene"] for row in _read_table("predisposition_genes.tsv"))


@cache
def load_polymorphisms() -> frozenset[tuple[str, str]]:
    """Return genes and changes that are common polymorphisms and ask for no counselling."""
    return frozenset((row["gene"], row["change"]) for row in _read_table("common_polymorphisms.tsv"))


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
    if change is None or change.consequence in _SILENT or (change.gene, _short(change)) in load_polymorphisms():
        return False
    return change.gene in load_predisposition() or (change.gene == "EGFR" and _short(change) in EGFR_PREDISPOSITION)


def _read_table(name: str) -> list[dict[str, str]]:
    text = (resources.files("csfgeno.reference") / "origin" / name).read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text), delimiter="\t"))


def _short(change: TranscriptChange) -> str:
    return change.hgvs_p_short.removeprefix("p.").strip("()")
