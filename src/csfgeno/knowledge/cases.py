"""Worked cases: changes in words, recognised as the reads of a patient would be, and reasoned on."""

import re
from collections.abc import Iterator
from typing import Final

from csfgeno.errors import ReferenceDataError
from csfgeno.knowledge.conditions import Situation
from csfgeno.knowledge.match import match_copy_number, match_fusion, match_protein_name
from csfgeno.knowledge.presence import Carrier, Presence
from csfgeno.knowledge.prior import History
from csfgeno.knowledge.rows import Phase, WorkedCase
from csfgeno.knowledge.tables import KnowledgeBase
from csfgeno.records import Breakpoint, CopyNumber, Fusion, FusionPartner, PriorTherapy
from csfgeno.vocab import (
    CallState,
    CopyExtent,
    Frame,
    PartnerKind,
    Side,
    SpecimenKind,
    TherapyOutcome,
)

_PROTEIN: Final = re.compile(r"(\w+) (p\.\S+)")
_FUSION: Final = re.compile(r"(\w+)::(\w+) (\d+)-(\d+)")
_COPIES: Final = re.compile(r"(\w+) x(\d+)")
_PHASED: Final = frozenset({"EGFR_T790M", "EGFR_C797S"})
"""The pair that the phase of a worked case is of."""


def situation_of(case: WorkedCase, kb: KnowledgeBase) -> Situation:
    """Return the situation of a worked case: every change is of the tumour, found in CSF.

    Raises
    ------
    ReferenceDataError
        For a change that is neither `GENE p.NAME`, `GENE::GENE EXON-EXON` nor `GENE xCOPIES`, or that is no biomarker.
    """
    seen = [(b, carrier) for text in case.changes for b, carrier in _recognise(text, kb)]
    given = [tuple(text.partition(":")[::2]) for text in case.prior]
    prior = [PriorTherapy(drug, outcome=TherapyOutcome(end) if end else None) for drug, end in given]
    return Situation(
        presence=Presence.of_carriers(seen, kb),
        history=History.of(prior, kb),
        phases={_PHASED: Phase(case.phase)} if case.phase else {},
    )


def _recognise(text: str, kb: KnowledgeBase) -> Iterator[tuple[str, Carrier]]:
    is_event = True
    if found := _PROTEIN.fullmatch(text):
        ids, is_event = match_protein_name(found[1], found[2], kb), False
    elif found := _FUSION.fullmatch(text):
        ids = match_fusion(_fusion(found[1], int(found[3]), found[2], int(found[4])), kb)
    elif found := _COPIES.fullmatch(text):
        ids = match_copy_number(_gain(found[1], float(found[2])), kb)
    else:
        raise ReferenceDataError(f"'{text}' is no change such as EGFR p.L858R, EML4::ALK 13-20 or MET x12")
    if not ids:
        raise ReferenceDataError(f"'{text}' is none of the biomarkers of the knowledge tables")
    yield from ((b, Carrier(text, frozenset({SpecimenKind.CSF}), is_event=is_event)) for b in ids)


def _fusion(first: str, first_exon: int, second: str, second_exon: int) -> Fusion:
    place = Breakpoint("", 0, Side.LEFT)
    return Fusion(
        event_id=f"{first}::{second}",
        five_prime=FusionPartner(place, first, None, first_exon, ""),
        three_prime=FusionPartner(place, second, None, second_exon, ""),
        frame=Frame.IN_FRAME,
        kinase_domain_kept=True,
        partners=PartnerKind.KNOWN,
        variant_name=None,
        microhomology="",
        inserted="",
        junction="",
        reciprocal_of=None,
        calls=(),
    )


def _gain(gene: str, copies: float) -> CopyNumber:
    return CopyNumber(
        gene=gene,
        specimen=SpecimenKind.CSF,
        amplification=CallState.DETECTED,
        deep_loss=CallState.NOT_DETECTED,
        targets=0,
        molecules=0,
        log2_ratio=None,
        log2_low=None,
        log2_high=None,
        z=None,
        log_likelihood_ratio=None,
        tumour_fraction=None,
        copies=copies,
        copies_low=None,
        copies_high=None,
        extent=CopyExtent.FOCAL,
        amplification_limit_copies=None,
        loss_limit_tumour_fraction=None,
        baseline="",
        reason="",
    )
