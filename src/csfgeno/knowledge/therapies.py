"""Therapy rules that fit a case, with what speaks against them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from csfgeno.knowledge.grades import CONFIDENCE_ORDER
from csfgeno.knowledge.presence import Presence
from csfgeno.knowledge.prior import Answer, History, describe_alternatives
from csfgeno.knowledge.rows import NO_THERAPY, CnsEvidence, Phase, Role, Rule, Therapy
from csfgeno.knowledge.schema import AMP_TIERS, CNS_GRADES
from csfgeno.knowledge.tables import KnowledgeBase
from csfgeno.records import Case, EvidenceRow, Finding, TherapyMatch
from csfgeno.vocab import Direction, Verification

OPPOSED: Final = frozenset({Direction.RESISTANT, Direction.REDUCED, Direction.NO_OPTION})
"""Directions that speak against a drug."""

WITHHELD: Final = "figures withheld until they are checked against the source"

Phases = Mapping[frozenset[str], str]
"""`cis`, `trans` or `unknown` of pairs of biomarker ids; a pair that is not listed is unknown, never trans."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A rule that applies, before it is compared with the others."""

    rule: Rule
    caveats: tuple[str, ...]
    is_overridden: bool = False


def match_therapies(
    findings: Sequence[Finding],
    case: Case,
    kb: KnowledgeBase,
    *,
    phases: Phases | None = None,
    not_excluded: Collection[str] = (),
) -> tuple[TherapyMatch, ...]:
    """Return every rule of the knowledge tables that fits the case, what speaks against a drug first.

    A biomarker is present if an allele of it is DETECTED in CSF, plasma or tissue. Order: resistance, reduced benefit
    and missing options; options by leptomeningeal grade, CNS grade and AMP tier; options that a resistance overrides;
    prognostic remarks and clonal haematopoiesis.

    METHOD: context gates options, never warnings. An option whose prior-therapy or phase condition is not met is left
    out; a warning stays, with a caveat. A condition that cannot be answered keeps both, with a caveat.

    Parameters
    ----------
    findings
        Named alleles with their biomarker ids.
    case
        Its prior therapies; drug ids, names and synonyms are understood, `none` says that there were none.
    kb
        The knowledge base.
    phases
        Phase of pairs of biomarkers.
    not_excluded
        Biomarkers not found whose absence is not established either, because their site was not assessable.

    Raises
    ------
    ValueError
        If `phases` holds another word than cis, trans or unknown.
    """
    presence = Presence.of(findings, kb, not_excluded)
    history = History.of(case.clinical.prior_therapies, kb)
    known_phases = {pair: Phase(phase) for pair, phase in (phases or {}).items()}
    candidates = [c for rule in kb.rules if (c := _examine(rule, presence, history, known_phases, kb))]
    weighed = [_weigh(c, candidates, kb) for c in _most_specific(candidates, presence, kb)]
    return tuple(_match(c, presence, history, kb) for c in sorted(weighed, key=lambda c: _order(c, kb)))


# ------------------------------------------------------------------------------------ conditions


def _examine(
    rule: Rule, presence: Presence, history: History, phases: Mapping[frozenset[str], Phase], kb: KnowledgeBase
) -> _Candidate | None:
    if not presence.has_all(rule.requires_all) or not presence.has_none(rule.requires_none):
        return None
    caveats: list[str] = []
    for answer, caveat in (
        _phase_condition(rule, presence, phases, kb),
        _had_condition(rule, history, kb),
        _naive_condition(rule, history, kb),
    ):
        if answer is Answer.NO:
            return None
        caveats += [caveat] if caveat else []
    caveats += _absence_caveats(rule, presence, kb) + _origin_caveats(rule, presence)
    if history.unrecognised and (rule.prior_any or rule.prior_none):
        caveats.append(f"earlier treatment not known to the knowledge tables: {', '.join(history.unrecognised)}")
    return _Candidate(rule, tuple(caveats))


def _phase_condition(
    rule: Rule, presence: Presence, phases: Mapping[frozenset[str], Phase], kb: KnowledgeBase
) -> tuple[Answer, str]:
    if rule.phase is Phase.NOT_APPLICABLE:
        return Answer.YES, ""
    if rule.phase is Phase.GERMLINE:
        return (Answer.YES if presence.is_in_normal(rule.requires_all) else Answer.NO), ""
    pair = frozenset(rule.requires_all)
    phase = phases.get(pair, Phase.UNKNOWN)
    if phase is rule.phase:
        return Answer.YES, ""
    others = (r for r in kb.rules if frozenset(r.requires_all) == pair and r.phase is Phase.UNKNOWN)
    if phase is Phase.UNKNOWN and rule.direction in OPPOSED and not any(others):
        return Answer.UNKNOWN, f"applies if the changes are in {rule.phase}; whether they are is not known"
    return Answer.NO, ""


def _had_condition(rule: Rule, history: History, kb: KnowledgeBase) -> tuple[Answer, str]:
    if not rule.prior_any:
        return Answer.YES, ""
    answer, words = history.satisfies(rule.prior_any, kb), describe_alternatives(rule.prior_any, kb)
    if answer is Answer.UNKNOWN:
        return answer, f"applies only after {words}; the earlier treatments are not known"
    if answer is Answer.NO and rule.direction is not Direction.SENSITIVE:
        return Answer.UNKNOWN, f"described after {words}, which is not among the earlier treatments given"
    return answer, ""


def _naive_condition(rule: Rule, history: History, kb: KnowledgeBase) -> tuple[Answer, str]:
    if not rule.prior_none:
        return Answer.YES, ""
    match history.satisfies(rule.prior_none, kb):
        case Answer.YES:
            return Answer.NO, ""
        case Answer.NO:
            return Answer.YES, ""
        case Answer.UNKNOWN:
            words = describe_alternatives(rule.prior_none, kb)
            return Answer.UNKNOWN, f"applies only if the patient has not had {words}, which is not known"


def _absence_caveats(rule: Rule, presence: Presence, kb: KnowledgeBase) -> list[str]:
    return [
        f"assumes that {kb.biomarkers[b].name} is absent, which was not established"
        for b in rule.requires_none
        if presence.is_open(b)
    ]


def _origin_caveats(rule: Rule, presence: Presence) -> list[str]:
    if rule.phase is not Phase.GERMLINE and presence.is_in_normal(rule.requires_all):
        return ["also found in the normal specimen: inherited, or from blood cells, until shown to be of the tumour"]
    return []


# ------------------------------------------------------------------------- rules against each other


def _most_specific(candidates: Sequence[_Candidate], presence: Presence, kb: KnowledgeBase) -> list[_Candidate]:
    """Of rules that say the same of one drug for the same alleles, keep the most specific ones."""
    best: dict[tuple[object, ...], int] = {}
    for c in candidates:
        key = _same_advice(c.rule, presence)
        best[key] = min(best.get(key, _rank(c.rule, kb)), _rank(c.rule, kb))
    return [c for c in candidates if _rank(c.rule, kb) == best[_same_advice(c.rule, presence)]]


def _same_advice(rule: Rule, presence: Presence) -> tuple[object, ...]:
    if rule.drug_ids == (NO_THERAPY,):
        return (rule.act_id,)
    return rule.drug_ids, rule.direction, presence.alleles_of(rule.requires_all)


def _rank(rule: Rule, kb: KnowledgeBase) -> int:
    return max(kb.biomarkers[b].pattern.matcher.rank for b in rule.requires_all)


def _weigh(candidate: _Candidate, candidates: Sequence[_Candidate], kb: KnowledgeBase) -> _Candidate:
    """Add to an option what other rules that apply say against its drugs, or against drugs of the same kind."""
    if candidate.rule.direction is not Direction.SENSITIVE:
        return candidate
    others = [c.rule for c in candidates if _concerns(c.rule, candidate.rule)]
    against = [rule for rule in others if not set(rule.drug_ids).isdisjoint(candidate.rule.drug_ids)]
    related = [rule for rule in others if rule not in against and _is_same_kind(rule, candidate.rule, kb)]
    return replace(
        candidate,
        caveats=(
            *(_objection(rule, kb) for rule in against),
            *(f"cross-resistance is possible: {_objection(rule, kb)}" for rule in related),
            *candidate.caveats,
        ),
        # METHOD: reduced benefit (TP53 beside EGFR) leaves a drug where it stands; resistance puts it last.
        is_overridden=any(rule.direction is not Direction.REDUCED for rule in against),
    )


def _concerns(rule: Rule, option: Rule) -> bool:
    # METHOD: an option that itself requires the resistance biomarkers was written in their knowledge.
    return rule.direction in OPPOSED and not set(rule.requires_all) <= set(option.requires_all)


def _is_same_kind(rule: Rule, option: Rule, kb: KnowledgeBase) -> bool:
    if rule.direction is not Direction.RESISTANT:
        return False
    kinds = [{(kb.therapies[d].drug_class, kb.therapies[d].generation) for d in r.drug_ids} for r in (rule, option)]
    return not kinds[0].isdisjoint(kinds[1])


def _objection(rule: Rule, kb: KnowledgeBase) -> str:
    names = " with ".join(kb.biomarkers[b].name for b in rule.requires_all)
    drugs = " + ".join(kb.therapies[d].name for d in rule.drug_ids)
    words = {Direction.RESISTANT: "resistance to", Direction.REDUCED: "reduced benefit from"}
    return f"{words.get(rule.direction, 'no option with')} {drugs}: {names} ({rule.act_id})"


def _order(candidate: _Candidate, kb: KnowledgeBase) -> tuple[object, ...]:
    rule = candidate.rule
    return (
        _group(candidate, kb),
        CNS_GRADES.index(rule.grades.lm),
        CNS_GRADES.index(rule.grades.cns),
        AMP_TIERS.index(rule.amp_tier),
        rule.escat,
        rule.act_id,
    )


def _group(candidate: _Candidate, kb: KnowledgeBase) -> int:
    rule = candidate.rule
    roles = {kb.biomarkers[b].role for b in rule.requires_all}
    if rule.direction is Direction.PROGNOSTIC or roles == {Role.CHIP_PRONE}:
        return 3
    if rule.direction in OPPOSED:
        return 0
    return 2 if candidate.is_overridden else 1


# -------------------------------------------------------------------------------------- records


def _match(candidate: _Candidate, presence: Presence, history: History, kb: KnowledgeBase) -> TherapyMatch:
    rule = candidate.rule
    therapies = [kb.therapies[d] for d in rule.drug_ids]
    evidence = [kb.evidence[e] for e in rule.evidence_ids]
    specimens, is_split = presence.specimens_of(rule.requires_all)
    split = ("no single specimen shows all the changes that this needs",) if is_split else ()
    return TherapyMatch(
        act_id=rule.act_id,
        biomarker_ids=rule.requires_all,
        drug_ids=rule.drug_ids,
        drug_names=tuple(therapy.name for therapy in therapies),
        direction=rule.direction,
        message=rule.message or _default_message(rule, therapies, kb),
        line_context=rule.line_context,
        phase=rule.phase,
        amp_tier=rule.amp_tier,
        escat=rule.escat,
        cns_grade=rule.grades.cns,
        lm_grade=rule.grades.lm,
        bm_grade=rule.grades.bm,
        cns_grade_reason=rule.grades.reason,
        cns_grade_confidence=_shown_confidence(rule),
        regulatory=tuple(line for therapy in therapies for line in _regulatory(therapy, len(therapies) > 1)),
        evidence=tuple(_evidence_row(row) for row in evidence),
        refs=_references(rule, evidence),
        verification=rule.verification,
        specimens=specimens,
        already_received=tuple(d for d in rule.drug_ids if d in history.drug_ids),
        caveats=(*candidate.caveats, *split),
    )


def _default_message(rule: Rule, therapies: Sequence[Therapy], kb: KnowledgeBase) -> str:
    names = " with ".join(kb.biomarkers[b].name for b in rule.requires_all)
    drugs = " + ".join(therapy.name for therapy in therapies)
    match rule.direction:
        case Direction.SENSITIVE:
            return f"{names}: {drugs} may be active."
        case Direction.RESISTANT:
            return f"{names}: resistance to {drugs}."
        case Direction.REDUCED:
            return f"{names}: reduced benefit from {drugs}."
        case Direction.NO_OPTION:
            return f"{names}: no matched option."
        case Direction.PROGNOSTIC:
            return f"{names}: prognostic; no option follows from it."


def _shown_confidence(rule: Rule) -> Verification | None:
    # METHOD: two grades are shown, CNS and leptomeningeal; their confidence is that of the weaker one.
    grades = (rule.grades.cns_confidence, rule.grades.lm_confidence)
    return max((c for c in grades if c), key=CONFIDENCE_ORDER.index, default=None)


def _regulatory(therapy: Therapy, is_named: bool) -> tuple[str, ...]:
    if therapy.drug_id == NO_THERAPY:
        return ()
    name = f"{therapy.name}, " if is_named else ""
    checked = "" if therapy.regulatory_verification.startswith("verified:") else " (not checked)"
    nmpa_checked = checked if "NMPA" in therapy.regulatory_verification else " (not checked)"
    return (
        f"{name}FDA: {therapy.fda_status}{checked}",
        f"{name}EMA: {therapy.ema_status}{checked}",
        f"{name}NMPA: {therapy.nmpa_status}{nmpa_checked}",
    )


def _evidence_row(row: CnsEvidence) -> EvidenceRow:
    return EvidenceRow(
        evidence_id=row.evidence_id,
        study=row.study,
        cns_setting=row.cns_setting,
        result=row.result if row.verification is Verification.VERIFIED else WITHHELD,
        year=row.year,
        pmid=row.pmid,
        doi=row.doi,
        nct=row.ncts[0] if row.ncts else None,
        verification=row.verification,
    )


def _references(rule: Rule, evidence: Sequence[CnsEvidence]) -> tuple[str, ...]:
    refs = list(rule.refs)
    for row in evidence:
        refs += [f"PMID:{row.pmid}"] if row.pmid else []
        refs += [f"DOI:{row.doi}"] if row.doi else []
        refs += [nct for nct in row.ncts if nct.startswith("NCT")]
    return tuple(dict.fromkeys(refs))
