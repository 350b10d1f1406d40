"""Therapy rules that fit a case, with what speaks against them."""

from collections.abc import Collection, Sequence

from csfgeno.knowledge.conditions import Phases, Situation, examine, most_specific
from csfgeno.knowledge.presence import Presence
from csfgeno.knowledge.prior import History
from csfgeno.knowledge.rows import Phase
from csfgeno.knowledge.statements import state
from csfgeno.knowledge.tables import KnowledgeBase
from csfgeno.knowledge.weighing import order, weigh
from csfgeno.records import Case, Finding, TherapyMatch


def match_therapies(
    findings: Sequence[Finding],
    case: Case,
    kb: KnowledgeBase,
    *,
    phases: Phases | None = None,
    not_excluded: Collection[str] = (),
) -> tuple[TherapyMatch, ...]:
    """Return every rule of the knowledge tables that fits the case, what speaks against a drug first.

    A biomarker is present if an allele of it is DETECTED in CSF, plasma or tissue. `knowledge.weighing` says the order.

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
    situation = Situation(
        presence=Presence.of(findings, kb, not_excluded),
        history=History.of(case.clinical.prior_therapies, kb),
        phases={pair: Phase(phase) for pair, phase in (phases or {}).items()},
    )
    candidates = [c for rule in kb.rules if (c := examine(rule, situation, kb))]
    kept = most_specific(candidates, situation.presence, kb)
    weighed = sorted((weigh(c, candidates, kb) for c in kept), key=lambda w: order(w, kb))
    return tuple(state(w, weighed, situation, kb) for w in weighed)
