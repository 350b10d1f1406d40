"""Remarks of a case that name no drug: what to ask for, and what to bear in mind."""

from csfgeno.knowledge.conditions import Situation
from csfgeno.knowledge.presence import Carrier, Carriers, Presence
from csfgeno.knowledge.prior import Answer
from csfgeno.knowledge.rows import Context, CsfFact, Trigger
from csfgeno.knowledge.statements import make_basis
from csfgeno.knowledge.tables import KnowledgeBase
from csfgeno.records import ContextFact, ContextItem
from csfgeno.vocab import SpecimenKind, Verification
from csfgeno.vocab.comparison import Origin

FOREIGN = {
    Trigger.GERMLINE: Origin.GERMLINE,
    Trigger.BLOOD: Origin.CLONAL_HAEMATOPOIESIS,
    Trigger.IN_NORMAL: Origin.UNKNOWN,
}
"""Triggers of biomarkers that are not of the tumour, and the origin that each asks for."""


def match_context(situation: Situation, kb: KnowledgeBase) -> tuple[ContextItem, ...]:
    """Return the remarks that apply, in the order of the table.

    METHOD: a remark asks a question and takes nothing away, so that a condition that cannot be answered does not
    silence it, and one that is known not to hold does.
    """
    return tuple(item for row in kb.context if (item := _item(row, situation, kb)))


def _item(row: Context, situation: Situation, kb: KnowledgeBase) -> ContextItem | None:
    carriers = _triggering(row, situation.presence, kb)
    if not carriers or not situation.presence.has_none(row.requires_none) or not _fits_history(row, situation, kb):
        return None
    kinds = {kind for found in carriers.values() for carrier in found for kind in carrier.specimens}
    return ContextItem(
        context_id=row.context_id,
        kind=row.kind,
        message=row.message,
        action=row.action,
        basis=tuple(make_basis(b, found, kb) for b, found in carriers.items()),
        specimens=tuple(kind for kind in SpecimenKind if kind in kinds),
        refs=row.refs,
        verification=row.verification,
        as_of=kb.version,
        facts=tuple(_fact(kb.facts[fact_id]) for fact_id in row.fact_ids),
        layer=kb.layer_of(row.context_id),
    )


def _fact(fact: CsfFact) -> ContextFact:
    # METHOD: figures that nobody saw in a source are withheld.
    is_seen = fact.verification is Verification.VERIFIED
    return ContextFact(
        fact_id=fact.fact_id,
        statement=fact.statement,
        value=fact.value if is_seen else "",
        citation=fact.citation,
        pmid=fact.pmid,
        doi=fact.doi,
        verification=fact.verification,
        seen_at=fact.seen_url,
    )


def _fits_history(row: Context, situation: Situation, kb: KnowledgeBase) -> bool:
    history = situation.history
    if row.prior_any and history.satisfies(row.prior_any, kb) is Answer.NO:
        return False
    return not row.prior_none or history.satisfies(row.prior_none, kb) is not Answer.YES


def _triggering(row: Context, presence: Presence, kb: KnowledgeBase) -> Carriers:
    """Return the biomarkers that a remark is made for, with their carriers; nothing if it is not made."""
    pool = presence.foreign if row.trigger in FOREIGN else presence.carriers
    if row.requires_all:
        chosen = row.requires_all if all(b in pool for b in row.requires_all) else ()
    else:
        chosen = tuple(b for b in kb.biomarkers if b in pool and kb.biomarkers[b].role in row.roles)
    kept = {b: tuple(carrier for carrier in pool[b] if _is_meant(carrier, row.trigger)) for b in chosen}
    kept = {b: found for b, found in kept.items() if found}
    return kept if set(row.requires_all) <= set(kept) else {}


def _is_meant(carrier: Carrier, trigger: Trigger) -> bool:
    match trigger:
        case Trigger.PRESENT:
            return True
        case Trigger.CSF_ONLY:
            return carrier.is_in_csf_only
        case Trigger.ORIGIN_UNKNOWN:
            return carrier.origin is Origin.UNKNOWN
        case _:
            return carrier.origin is FOREIGN[trigger]
