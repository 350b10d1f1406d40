"""The text of match rules to patterns. Rules are data: a rule that cannot be read is an error, never a non-match."""

import re
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from csfgeno.errors import ReferenceDataError
from csfgeno.knowledge.edits import parse_hgvsp
from csfgeno.knowledge.patterns import (
    Amplification,
    CodingPosition,
    CodingWindow,
    CodonChanges,
    Combination,
    ExonSkip,
    FusionEvent,
    InframeDeletion,
    InframeInsertion,
    ListedAlleles,
    ListedChanges,
    LossOfFunction,
    NoSmallAllele,
    Pattern,
    TandemDuplication,
)

_TERM: Final = re.compile(r"(\w+)(!=|>=|<=|=|>|<)(.+)")
_CHANGE: Final = re.compile(r"([A-Z])(\d+)([A-Z])")
_ALLELE: Final = re.compile(r"c\.[-*]?\d+[-+_\dACGT>a-z*]*")
_SIDES: Final = ("three_prime", "five_prime", "either")
_CODING: Final = re.compile(r"c\.(\d+)([+-]\d+)?")

Terms = dict[str, str]


def parse_rule(match_type: str, text: str) -> Pattern:
    """Return the pattern of a match rule.

    Raises
    ------
    ReferenceDataError
        For an unknown kind of rule, an unknown or missing term, or a value that cannot be read.
    """
    if match_type not in MATCH_TYPES:
        raise ReferenceDataError(f"'{match_type}' is not a known kind of match rule")
    return _PARSERS[match_type](text.split(";"))


def _listed(tokens: list[str]) -> Pattern:
    names = [token for token in tokens if not token.startswith("fusion:")]
    genes = frozenset(token.removeprefix("fusion:") for token in tokens if token not in names)
    return Pattern(
        ListedChanges(tuple(parse_hgvsp(name) for name in names)),
        fusion=FusionEvent(three_prime=genes, needs_kinase=True) if genes else None,
    )


def _alleles(tokens: list[str]) -> Pattern:
    for token in tokens:
        if not _ALLELE.fullmatch(token):
            raise ReferenceDataError(f"'{token}' is not a coding name such as c.3028+1G>T")
    return Pattern(ListedAlleles(frozenset(tokens)))


def _fusion(tokens: list[str]) -> Pattern:
    keys = {"three_prime=", "five_prime=", "either=", "kinase=", "exons=", "hotspots=", "subset_of="}
    terms = _terms(tokens, required=set(), optional=keys)
    _demand(terms, {"kinase=": "kept"})
    genes = {side: frozenset(terms[f"{side}="].split(",")) for side in _SIDES if f"{side}=" in terms}
    if not genes:
        raise ReferenceDataError("a fusion rule lacks three_prime=, five_prime= or either=")
    exons = tuple(_number(exon) for exon in terms["exons="].split("-")) if "exons=" in terms else None
    if exons is not None and len(exons) != 2:
        raise ReferenceDataError(f"'{terms['exons=']}' is not a pair of exons such as 6-20")
    listed = [parse_hgvsp(name) for name in terms["hotspots="].split(",")] if "hotspots=" in terms else []
    return Pattern(
        ListedChanges(tuple(listed)) if listed else NoSmallAllele(),
        subset_of=terms.get("subset_of="),
        fusion=FusionEvent(**genes, needs_kinase="kinase=" in terms, exons=exons),
    )


def _amplification(tokens: list[str]) -> Pattern:
    others = tokens[:-1] if tokens[-1:] == ["focal"] else tokens
    terms = _terms(others, required={"copies>="}, optional=set())
    return Pattern(NoSmallAllele(), amplification=Amplification(_number(terms["copies>="]), others != tokens))


def _duplication(tokens: list[str]) -> Pattern:
    terms = _terms(tokens, required={"gene=", "exons="}, optional=set())
    exons = _range(terms["exons="])
    return Pattern(NoSmallAllele(), duplication=TandemDuplication(terms["gene="], exons[0], exons[-1]))


def _codon(tokens: list[str]) -> Pattern:
    terms = _terms(tokens[1:], required={"alts="}, optional={"exclude=", "inframe_del="})
    codons = [_number(token) for token in tokens[0].split(",")]
    removed = _range(terms["inframe_del="]) if "inframe_del=" in terms else None
    alts = terms["alts="].split(",")
    if changes := [_CHANGE.fullmatch(alt) for alt in alts if len(alt) > 1 and alt != "any_missense"]:
        if not all(changes) or len(changes) < len(alts):
            raise ReferenceDataError(f"'alts={terms['alts=']}' mixes residues, changes and other words")
        return Pattern(ListedChanges(tuple(parse_hgvsp(f"p.{alt}") for alt in alts)))
    allowed = None if alts == ["any_missense"] else frozenset(alts)
    excluded = frozenset(terms["exclude="].split(",")) if "exclude=" in terms else frozenset()
    return Pattern(CodonChanges(frozenset(codons), allowed, excluded, removed))


def _deletion(tokens: list[str]) -> Pattern:
    terms = _terms(
        tokens,
        required={"exon=", "codons=", "allow="},
        optional={"core=", "start!=", "net_len_mod3=", "net_len<", "exclude=", "subset_of="},
    )
    _demand(terms, {"allow=": "del,delins", "net_len_mod3=": "0", "net_len<": "0"})
    codons = _range(terms["codons="])
    core = _range(terms["core="]) if "core=" in terms else codons
    not_start = _number(terms["start!="]) if "start!=" in terms else None
    return _related(InframeDeletion(codons, core, not_start), terms)


def _insertion(tokens: list[str]) -> Pattern:
    terms = _terms(
        tokens,
        required={"exon=", "codons=", "allow=", "net_len>"},
        optional={"net_len_mod3=", "exclude=", "subset_of=", "examples="},
    )
    _demand(terms, {"allow=": "ins,dup,delins", "net_len_mod3=": "0", "net_len>": "0"})
    return _related(InframeInsertion(_range(terms["codons="])), terms)


def _loss(tokens: list[str]) -> Pattern:
    flags = {token for token in tokens if token in ("truncating", "splice", "deep_deletion", "unlisted_missense")}
    terms = _terms([t for t in tokens if t not in flags], required=set(), optional={"missense=", "truncating="})
    anywhere = range(1, sys.maxsize) if "truncating" in flags else None
    matcher = LossOfFunction(
        truncated=_range(terms["truncating="]) if "truncating=" in terms else anywhere,
        splice="splice" in flags,
        missense=tuple(_range(text) for text in terms["missense="].split(",")) if "missense=" in terms else (),
    )
    unseen = ("missense of unlisted effect",) if "unlisted_missense" in flags else ()
    return Pattern(matcher, counts_deep_loss="deep_deletion" in flags, unseen=unseen)


def _exon_skip(tokens: list[str]) -> Pattern:
    keys = {"exon=", "acceptor_snv=", "acceptor_indel=", "donor_snv=", "donor_indel="}
    terms = _terms(tokens, required=keys, optional=set())
    substitutions = (_window(terms["acceptor_snv="]), _window(terms["donor_snv="]))
    others = (_window(terms["acceptor_indel="]), _window(terms["donor_indel="]))
    return Pattern(ExonSkip(substitutions, others), skipped_exon=_number(terms["exon="]))


def _combination(tokens: list[str]) -> Pattern:
    terms = _terms(tokens, required=set(), optional={"all=", "any=", "count>=", "gene=", "role=", "distinct="})
    if set(terms) == {"all="}:
        return Pattern(Combination(all_of=tuple(terms["all="].split(","))))
    if set(terms) == {"any="}:
        return Pattern(Combination(any_of=tuple(terms["any="].split(","))))
    if not {"count>=", "role="} <= set(terms) or {"all=", "any="} & set(terms):
        raise ReferenceDataError("a combination has all= alone, any= alone, or count>= with role=")
    _demand(terms, {"distinct=": "gene"})
    return Pattern(
        Combination(
            gene=terms.get("gene=", ""),
            role=terms["role="],
            at_least=_number(terms["count>="]),
            is_of_distinct_genes="distinct=" in terms,
        )
    )


_PARSERS: Final[Mapping[str, Callable[[list[str]], Pattern]]] = {
    "hgvsc_exact": _alleles,
    "hgvsp_exact": _listed,
    "hgvsp_list": _listed,
    "codon": _codon,
    "exon_inframe_del": _deletion,
    "exon_inframe_ins": _insertion,
    "lof": _loss,
    "lof_or_deep_deletion": _loss,
    "lof_or_hotspot": _loss,
    "lof_or_missense_pathogenic": _loss,
    "splice_exon_skip": _exon_skip,
    "cooccurrence": _combination,
    "fusion": _fusion,
    "amplification": _amplification,
    "tandem_duplication": _duplication,
}


MATCH_TYPES: Final = frozenset(_PARSERS)
"""Kinds of match rules that can be read."""


def _terms(tokens: Iterable[str], *, required: set[str], optional: set[str]) -> Terms:
    terms: Terms = {}
    for token in tokens:
        found = _TERM.fullmatch(token)
        key = f"{found[1]}{found[2]}" if found else token
        if found is None or key not in required | optional:
            raise ReferenceDataError(f"'{token}' is not a term of this kind of match rule")
        if key in terms:
            raise ReferenceDataError(f"'{key}' is given twice")
        terms[key] = found[3]
    if missing := sorted(required - set(terms)):
        raise ReferenceDataError(f"the match rule lacks {', '.join(missing)}")
    return terms


def _demand(terms: Terms, values: Mapping[str, str]) -> None:
    for key, value in values.items():
        if terms.get(key, value) != value:
            raise ReferenceDataError(f"'{key}{terms[key]}' is not supported; expected '{key}{value}'")


def _related(matcher: InframeDeletion | InframeInsertion, terms: Terms) -> Pattern:
    excluded = tuple(terms["exclude="].split(",")) if "exclude=" in terms else ()
    return Pattern(matcher, excluded, terms.get("subset_of="))


def _number(text: str) -> int:
    if not text.isdigit():
        raise ReferenceDataError(f"'{text}' is not a whole number")
    return int(text)


def _range(text: str) -> range:
    first, _, last = text.partition("-")
    codons = range(_number(first), _number(last or first) + 1)
    if not codons:
        raise ReferenceDataError(f"'{text}' is not a range of codons")
    return codons


def _window(text: str) -> CodingWindow:
    first, dots, last = text.partition("..")
    if not dots:
        raise ReferenceDataError(f"'{text}' is not a stretch such as c.2888-30..c.2890")
    window = CodingWindow(_coding(first), _coding(last))
    if window.first > window.last:
        raise ReferenceDataError(f"'{text}' ends before it begins")
    return window


def _coding(text: str) -> CodingPosition:
    found = _CODING.fullmatch(text)
    if found is None:
        raise ReferenceDataError(f"'{text}' is not a coding position such as c.3028 or c.3028+1")
    return int(found[1]), int(found[2] or 0)
