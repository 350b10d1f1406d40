"""Whether the conditions of a therapy rule are met in a case: biomarkers, phase, earlier treatments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from csfgeno.knowledge.presence import Presence
from csfgeno.knowledge.prior import Answer, History, describe_alternatives
from csfgeno.knowledge.rows import Phase, Rule
from csfgeno.knowledge.tables import KnowledgeBase
from csfgeno.records import Caveat
from csfgeno.vocab import CaveatCode, Direction, Standing

OPPOSED = frozenset({Direction.RESISTANT, Direction.REDUCED, Direction.NO_OPTION})
"""Directions that speak against a drug."""

Phases = Mapping[frozenset[str], str]
"""`cis`, `trans` or `unknown` of pairs of biomarker ids; a pair that is not listed is unknown, never trans."""


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known of a case: biomarkers, phases and earlier treatments."""

    presence: Presence
    history: History
    phases: Mapping[frozenset[str], Phase]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A rule that applies, before it is compared with the others."""

    rule: Rule
    standing: Standing
    caveats: tuple[Caveat, ...]


def examine(rule: Rule, situation: Situation, kb: KnowledgeBase) -> Candidate | None:
    """Return the rule with its standing and caveats, or `None` if it does not apply.

    METHOD: context gates options, never warnings. An option whose phase is not met is left out; one that the patient
    has had, or that comes after a treatment not yet given, is shown as such; a warning stays, with a caveat. A
    condition that cannot be answered keeps both, with a caveat.
    """
    presence = situation.presence
    if not presence.has_all(rule.requires_all) or not presence.has_none(rule.requires_none):
        return None
    phase, phase_caveat = _phase(rule, situation, kb)
    naive, naive_caveat = _naive(rule, situation.history, kb)
    had, had_caveat = _had(rule, situation.history, kb)
    if phase is Answer.NO or (naive is Answer.NO and not _is_received(rule, situation.history)):
        return None
    caveats = [c for c in (phase_caveat, had_caveat, naive_caveat) if c]
    caveats += _absences(rule, presence, kb) + _origins(rule, presence)
    if situation.history.unrecognised and (rule.prior_any or rule.prior_none):
        names = ", ".join(situation.history.unrecognised)
        caveats.append(Caveat(CaveatCode.UNRECOGNISED_TREATMENT, {"names": names}))
    return Candidate(rule, _standing(rule, situation.history, had, is_open=bool(caveats)), tuple(caveats))


def _standing(rule: Rule, history: History, had: Answer, *, is_open: bool) -> Standing:
    if rule.direction is not Direction.SENSITIVE:
        return Standing.STATED
    if _is_received(rule, history):
        return Standing.FAILED if history.has_failed(rule.drug_ids) else Standing.RECEIVED
    if had is Answer.NO:
        return Standing.LATER
    return Standing.CONDITIONAL if is_open else Standing.OFFERED


def _is_received(rule: Rule, history: History) -> bool:
    # METHOD: drugs that failed one after the other may still work together, so that only a single drug is received.
    return rule.direction is Direction.SENSITIVE and len(rule.drug_ids) == 1 and rule.drug_ids[0] in history.drug_ids


def _phase(rule: Rule, situation: Situation, kb: KnowledgeBase) -> tuple[Answer, Caveat | None]:
    if rule.phase is Phase.NOT_APPLICABLE:
        return Answer.YES, None
    pair = frozenset(rule.requires_all)
    phase = situation.phases.get(pair, Phase.UNKNOWN)
    if phase is rule.phase:
        return Answer.YES, None
    others = (r for r in kb.rules if frozenset(r.requires_all) == pair and r.phase is Phase.UNKNOWN)
    if phase is Phase.UNKNOWN and rule.direction in OPPOSED and not any(others):
        return Answer.UNKNOWN, Caveat(CaveatCode.PHASE_UNKNOWN, {"phase": rule.phase})
    return Answer.NO, None


def _had(rule: Rule, history: History, kb: KnowledgeBase) -> tuple[Answer, Caveat | None]:
    if not rule.prior_any:
        return Answer.YES, None
    values = {"treatments": describe_alternatives(rule.prior_any, kb)}
    answer = history.satisfies(rule.prior_any, kb)
    code = {Answer.UNKNOWN: CaveatCode.PRIOR_UNKNOWN, Answer.NO: CaveatCode.PRIOR_NOT_GIVEN}.get(answer)
    return answer, Caveat(code, values) if code else None


def _naive(rule: Rule, history: History, kb: KnowledgeBase) -> tuple[Answer, Caveat | None]:
    if not rule.prior_none:
        return Answer.YES, None
    match history.satisfies(rule.prior_none, kb):
        case Answer.YES:
            return Answer.NO, None
        case Answer.NO:
            return Answer.YES, None
        case Answer.UNKNOWN:
            values = {"treatments": describe_alternatives(rule.prior_none, kb)}
            return Answer.UNKNOWN, Caveat(CaveatCode.NAIVE_UNKNOWN, values)


def _absences(rule: Rule, presence: Presence, kb: KnowledgeBase) -> list[Caveat]:
    return [
        Caveat(CaveatCode.ABSENCE_NOT_ESTABLISHED, {"biomarker": kb.biomarkers[b].name})
        for b in rule.requires_none
        if presence.is_open(b)
    ]


def _origins(rule: Rule, presence: Presence) -> list[Caveat]:
    if presence.is_in_normal(rule.requires_all):
        return [Caveat(CaveatCode.IN_NORMAL)]
    if presence.may_be_foreign(rule.requires_all):
        return [Caveat(CaveatCode.ORIGIN_OPEN)]
    return []


def most_specific(candidates: Sequence[Candidate], presence: Presence, kb: KnowledgeBase) -> list[Candidate]:
    """Of rules that say the same of one drug for the same alleles, keep the most specific ones.

    An option that comes later, or was given before, is left out where another rule offers the same drugs now.
    """
    best: dict[tuple[object, ...], int] = {}
    for c in candidates:
        key = _same_advice(c.rule, presence)
        best[key] = min(best.get(key, _rank(c.rule, kb)), _rank(c.rule, kb))
    kept = [c for c in candidates if _rank(c.rule, kb) == best[_same_advice(c.rule, presence)]]
    now = {c.rule.drug_ids for c in kept if c.standing in (Standing.OFFERED, Standing.CONDITIONAL)}
    return [c for c in kept if c.standing is not Standing.LATER or c.rule.drug_ids not in now]


def _same_advice(rule: Rule, presence: Presence) -> tuple[object, ...]:
    if rule.is_without_drug:
        return (rule.act_id,)
    return rule.drug_ids, rule.direction, presence.keys_of(rule.requires_all)


def _rank(rule: Rule, kb: KnowledgeBase) -> int:
    return max(kb.biomarkers[b].rank for b in rule.requires_all)
