"""From what was found in a case to what it means for therapy."""

from collections.abc import Collection
from dataclasses import dataclass

from csfgeno.knowledge.conditions import Phases, Situation, examine, most_specific
from csfgeno.knowledge.context import match_context
from csfgeno.knowledge.presence import Observed, Presence
from csfgeno.knowledge.prior import History
from csfgeno.knowledge.rows import Phase
from csfgeno.knowledge.statements import state
from csfgeno.knowledge.tables import KnowledgeBase
from csfgeno.knowledge.weighing import order, weigh
from csfgeno.records import Case, ContextItem, TherapyMatch


@dataclass(frozen=True, slots=True)
class Reasoning:
    """Statements on drugs, what speaks against a drug first, and remarks that name none."""

    therapies: tuple[TherapyMatch, ...]
    context: tuple[ContextItem, ...]


def reason(
    observed: Observed,
    case: Case,
    kb: KnowledgeBase,
    *,
    phases: Phases | None = None,
    not_excluded: Collection[str] = (),
) -> Reasoning:
    """Return every rule and remark of the knowledge tables that fits the case.

    A biomarker is present if a change that is it is DETECTED in CSF, plasma or tissue and is neither inherited nor of
    blood cells. `knowledge.weighing` says the order of the statements.

    Parameters
    ----------
    observed
        Named alleles and structural events with their biomarker ids.
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
    return reason_on(
        Situation(
            presence=Presence.of(observed, kb, not_excluded),
            history=History.of(case.clinical.prior_therapies, kb),
            phases={pair: Phase(phase) for pair, phase in (phases or {}).items()},
        ),
        kb,
    )


def reason_on(situation: Situation, kb: KnowledgeBase) -> Reasoning:
    """Return every rule and remark that fits a situation."""
    candidates = [c for rule in kb.rules if (c := examine(rule, situation, kb))]
    kept = most_specific(candidates, situation.presence, kb)
    weighed = sorted((weigh(c, candidates, kb) for c in kept), key=lambda w: order(w, kb))
    return Reasoning(tuple(state(w, weighed, situation, kb) for w in weighed), match_context(situation, kb))
