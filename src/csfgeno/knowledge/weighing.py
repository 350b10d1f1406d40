"""Therapy statements against each other: what resistance says of an option, and the order of all."""

from collections.abc import Sequence
from dataclasses import dataclass

from csfgeno.knowledge.conditions import OPPOSED, Candidate
from csfgeno.knowledge.rows import Role, Rule
from csfgeno.knowledge.schema import AMP_TIERS, CNS_GRADES
from csfgeno.knowledge.tables import KnowledgeBase
from csfgeno.records import Objection, Schedule
from csfgeno.vocab import Direction, ObjectionKind, Standing

PLACES = (
    Standing.STATED,
    Standing.OFFERED,
    Standing.CONDITIONAL,
    Standing.LATER,
    Standing.RECEIVED,
    Standing.OVERRIDDEN,
    Standing.FAILED,
)
"""Order of the statements; offered and conditional ones share a place."""

EXPERIMENTAL = frozenset({"investigational", "historical"})
"""Status of a usual schedule that puts an option behind the others of its place."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """A rule with its standing among the others, what speaks against it, and its grades."""

    candidate: Candidate
    standing: Standing
    objections: tuple[Objection, ...]
    schedules: tuple[Schedule, ...]


def weigh(candidate: Candidate, candidates: Sequence[Candidate], kb: KnowledgeBase) -> Weighed:
    """Add to an option what other rules that apply say against its drugs, or against drugs of the same kind."""
    objections = _objections(candidate.rule, candidates, kb)
    standing = candidate.standing
    # METHOD: reduced benefit (TP53 beside EGFR) leaves a drug where it stands; resistance puts it behind.
    if standing is not Standing.FAILED and any(o.kind is ObjectionKind.OVERRIDES for o in objections):
        standing = Standing.OVERRIDDEN
    return Weighed(candidate, standing, objections, kb.schedules_of(candidate.rule))


def _objections(option: Rule, candidates: Sequence[Candidate], kb: KnowledgeBase) -> tuple[Objection, ...]:
    if option.direction is not Direction.SENSITIVE:
        return ()
    found = [(kind, c.rule) for c in candidates if (kind := _relation(c.rule, option, kb))]
    order = list(ObjectionKind)
    return tuple(_objection(rule, kind, kb) for kind, rule in sorted(found, key=lambda f: order.index(f[0])))


def _relation(rule: Rule, option: Rule, kb: KnowledgeBase) -> ObjectionKind | None:
    # METHOD: an option that itself requires the resistance biomarkers was written in their knowledge.
    if rule.direction not in OPPOSED or set(rule.requires_all) <= set(option.requires_all):
        return None
    if not set(rule.drug_ids).isdisjoint(option.drug_ids):
        return ObjectionKind.WEAKENS if rule.direction is Direction.REDUCED else ObjectionKind.OVERRIDES
    if rule.direction is Direction.RESISTANT and not _kinds(rule, kb).isdisjoint(_kinds(option, kb)):
        return ObjectionKind.CROSS_RESISTANCE
    return None


def _kinds(rule: Rule, kb: KnowledgeBase) -> set[tuple[str, str]]:
    return {(kb.therapies[d].drug_class, kb.therapies[d].generation) for d in rule.drug_ids}


def _objection(rule: Rule, kind: ObjectionKind, kb: KnowledgeBase) -> Objection:
    return Objection(
        act_id=rule.act_id,
        kind=kind,
        direction=rule.direction,
        biomarker_ids=rule.requires_all,
        biomarker_names=tuple(kb.biomarkers[b].name for b in rule.requires_all),
        drug_names=tuple(kb.therapies[d].name for d in rule.drug_ids),
        verification=rule.verification,
    )


def order(weighed: Weighed, kb: KnowledgeBase) -> tuple[object, ...]:
    """Return the sort key of a statement.

    What speaks against drugs; options, those on trial last, by the grades of their usual schedule, then AMP tier;
    options that come later, were given before, are overridden, or failed; prognostic remarks and clonal haematopoiesis.
    """
    rule = weighed.candidate.rule
    usual = weighed.schedules[:1]
    lm, bm = next(((s.lm.letter, s.bm.letter) for s in usual), ("NA", "NA"))
    seen_lm, seen_bm = next(((s.lm.seen_letter, s.bm.seen_letter) for s in usual), ("NA", "NA"))
    return (
        _place(weighed, kb),
        # METHOD: what can be prescribed, on or off its label, before what is on trial or of the past.
        any(schedule.status in EXPERIMENTAL for schedule in usual),
        # METHOD: studies of leptomeningeal disease lead; a case series of it does not outrank parenchymal evidence. Of
        # equal letters the one that rests on rows seen in a source goes first.
        CNS_GRADES.index(lm if lm in ("A", "B") else "NA"),
        CNS_GRADES.index(bm),
        CNS_GRADES.index(lm),
        CNS_GRADES.index(seen_lm),
        CNS_GRADES.index(seen_bm),
        AMP_TIERS.index(rule.amp_tier),
        rule.escat,
        rule.act_id,
    )


def _place(weighed: Weighed, kb: KnowledgeBase) -> int:
    rule = weighed.candidate.rule
    if rule.direction is Direction.PROGNOSTIC or {kb.biomarkers[b].role for b in rule.requires_all} == {
        Role.CHIP_PRONE
    }:
        return len(PLACES)
    standing = Standing.OFFERED if weighed.standing is Standing.CONDITIONAL else weighed.standing
    return PLACES.index(standing)
