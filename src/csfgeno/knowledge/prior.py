"""Earlier treatments of a patient against the conditions of a rule: met, not met, or not known."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from csfgeno.knowledge.rows import NO_THERAPY, PriorClass, Therapy
from csfgeno.knowledge.tables import KnowledgeBase
from csfgeno.records import PriorTherapy
from csfgeno.vocab import TherapyOutcome


class Answer(StrEnum):
    """Whether a condition is met."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class History:
    """What is known of earlier treatments.

    `uses` are the treatments with the therapies that they are; `unrecognised` are names that no therapy of the tables
    bears. An empty list of treatments is not a statement that there were none; the single entry `none` is.
    """

    uses: tuple[tuple[PriorTherapy, Therapy], ...]
    unrecognised: tuple[str, ...]
    is_given: bool

    @classmethod
    def of(cls, treatments: Sequence[PriorTherapy], kb: KnowledgeBase) -> "History":
        """Return the history that a list of treatments tells."""
        given = [(t, kb.find_therapy(t.drug_id)) for t in treatments if t.drug_id.casefold() != NO_THERAPY]
        return cls(
            uses=tuple((treatment, therapy) for treatment, therapy in given if therapy),
            unrecognised=tuple(dict.fromkeys(treatment.drug_id for treatment, therapy in given if not therapy)),
            is_given=bool(treatments),
        )

    @property
    def drug_ids(self) -> frozenset[str]:
        """Ids of the treatments that the tables know."""
        return frozenset(therapy.drug_id for _, therapy in self.uses)

    def has_failed(self, drug_ids: Sequence[str]) -> bool:
        """Whether the disease is said to have progressed on one of the drugs."""
        return any(
            given.outcome is TherapyOutcome.PROGRESSION and therapy.drug_id in drug_ids for given, therapy in self.uses
        )

    def includes(self, prior: PriorClass) -> Answer:
        """Whether the patient has had a treatment of this class."""
        if any(prior.includes(therapy) for _, therapy in self.uses):
            return Answer.YES
        # METHOD: a treatment that the tables do not know may belong to any class; no list is no statement.
        return Answer.NO if self.is_given and not self.unrecognised else Answer.UNKNOWN

    def satisfies(self, alternatives: Sequence[Sequence[str]], kb: KnowledgeBase) -> Answer:
        """Whether any of the alternatives holds, of which each asks for all of its tokens."""
        answers = [self._all_of(tokens, kb) for tokens in alternatives]
        if Answer.YES in answers:
            return Answer.YES
        return Answer.UNKNOWN if Answer.UNKNOWN in answers else Answer.NO

    def _all_of(self, tokens: Sequence[str], kb: KnowledgeBase) -> Answer:
        answers = [self.includes(kb.prior_classes[token]) for token in tokens]
        if Answer.NO in answers:
            return Answer.NO
        return Answer.UNKNOWN if Answer.UNKNOWN in answers else Answer.YES


def describe_alternatives(alternatives: Sequence[Sequence[str]], kb: KnowledgeBase) -> str:
    """Return the condition in words, e.g. "platinum chemotherapy or an immune checkpoint inhibitor"."""
    return " or ".join(" and ".join(kb.prior_classes[token].meaning for token in tokens) for tokens in alternatives)
