"""A patient, the specimens, and what the requester says."""

from dataclasses import dataclass, field
from datetime import date

from csfgeno.vocab import Preparation, ReportStatus, SpecimenKind, TherapyOutcome


@dataclass(frozen=True, slots=True)
class Specimen:
    """One tube of one patient; the path of its file stays in `inputs` and never reaches an output."""

    kind: SpecimenKind
    sample: str
    input_ng: float | None = None
    volume_ml: float | None = None
    collected: date | None = None
    note: str | None = None
    rbc_per_ul: float | None = None
    barcode: str | None = None
    received: date | None = None
    tube: str | None = None
    minutes_to_spin: float | None = None
    preparation: Preparation | None = None


@dataclass(frozen=True, slots=True)
class PriorTherapy:
    """A treatment the patient has had."""

    drug_id: str
    started: date | None = None
    stopped: date | None = None
    outcome: TherapyOutcome | None = None


@dataclass(frozen=True, slots=True)
class Clinical:
    """What the requester says, shown as supplied."""

    question: str | None = None
    cytology: str | None = None
    mri: str | None = None
    prior_therapies: tuple[PriorTherapy, ...] = ()


@dataclass(frozen=True, slots=True)
class Request:
    """Who asks, who answers, and by what else the patient is known."""

    second_identifier: str | None = None
    clinician: str | None = None
    laboratory: str | None = None
    ordered: date | None = None


@dataclass(frozen=True, slots=True)
class Amendment:
    """A change of a report that was already given out."""

    amended: date
    text: str


@dataclass(frozen=True, slots=True)
class SignOff:
    """Standing of the report, as the laboratory states it; csfgeno never asks a clock."""

    status: ReportStatus | None = None
    reported: date | None = None
    reviewer: str | None = None
    amendments: tuple[Amendment, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """One patient and the specimens that are read together."""

    case_id: str
    patient_code: str
    specimens: tuple[Specimen, ...]
    clinical: Clinical = field(default_factory=Clinical)
    request: Request = field(default_factory=Request)
    sign_off: SignOff = field(default_factory=SignOff)

    def specimen(self, kind: SpecimenKind) -> Specimen | None:
        """Return the specimen of that kind, or `None`."""
        return next((s for s in self.specimens if s.kind is kind), None)
