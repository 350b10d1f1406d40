"""Therapy statements and the evidence behind them."""

from dataclasses import dataclass

from csfgeno.vocab import Direction, SpecimenKind, Verification


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """One study behind a CNS grade."""

    evidence_id: str
    study: str
    cns_setting: str
    result: str
    year: int | None
    pmid: str | None
    doi: str | None
    nct: str | None
    verification: Verification


@dataclass(frozen=True, slots=True)
class TherapyMatch:
    """One rule of the knowledge tables that fits this case."""

    act_id: str
    biomarker_ids: tuple[str, ...]
    drug_ids: tuple[str, ...]
    drug_names: tuple[str, ...]
    direction: Direction
    message: str
    line_context: str
    phase: str
    amp_tier: str
    escat: str
    cns_grade: str
    lm_grade: str
    bm_grade: str
    cns_grade_reason: str
    cns_grade_confidence: Verification | None
    regulatory: tuple[str, ...]
    evidence: tuple[EvidenceRow, ...]
    refs: tuple[str, ...]
    verification: Verification
    specimens: tuple[SpecimenKind, ...]
    already_received: tuple[str, ...] = ()
    caveats: tuple[str, ...] = ()

    @property
    def is_provisional(self) -> bool:
        """Whether any part of the statement was not seen in a source."""
        return self.verification is not Verification.VERIFIED or self.cns_grade_confidence not in (
            None,
            Verification.VERIFIED,
        )
