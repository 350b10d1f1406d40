"""What earlier cases of the same patient say, laid beside the present one."""

from dataclasses import dataclass
from datetime import date

from csfgeno.records.case import PriorTherapy
from csfgeno.records.genome import Allele
from csfgeno.vocab import CallState, QcVerdict, SpecimenKind
from csfgeno.vocab.serial import SerialResult


@dataclass(frozen=True, slots=True)
class SerialSample:
    """One specimen of one date; `document_sha256` is of the JSON that an earlier case was read from.

    The tumour fraction and its interval are those of that case, `None` where it has none.
    """

    case_id: str
    specimen: SpecimenKind
    collected: date
    verdict: QcVerdict
    volume_ml: float | None
    tumour_fraction: float | None
    tumour_low: float | None
    tumour_high: float | None
    document_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class SerialPoint:
    """What one sample says of one allele; `depth` and `alt` are `None` where its case has no counts of the allele."""

    case_id: str
    collected: date
    state: CallState
    depth: int | None = None
    alt: int | None = None
    vaf: float | None = None
    vaf_low: float | None = None
    vaf_high: float | None = None
    lod95: float | None = None
    volume_ml: float | None = None

    @property
    def alt_per_ml(self) -> float | None:
        """Recovered mutant molecules per mL; losses before sequencing are not corrected for."""
        return self.alt / self.volume_ml if self.alt is not None and self.volume_ml else None


@dataclass(frozen=True, slots=True)
class SerialChange:
    """The latest sample against an earlier one.

    `p_value` is that of Fisher's exact test on mutant and other molecules. `vaf_ratio` is the latest fraction over the
    earlier, `per_ml_ratio` the same for recovered mutant molecules per mL; an end that the counts leave open is `None`.
    """

    since_case_id: str
    result: SerialResult
    p_value: float | None = None
    vaf_ratio: float | None = None
    ratio_low: float | None = None
    ratio_high: float | None = None
    per_ml_ratio: float | None = None
    per_ml_low: float | None = None
    per_ml_high: float | None = None


@dataclass(frozen=True, slots=True)
class SerialTrace:
    """One allele in one kind of specimen, date by date; `changes` begin with the one since the sample before."""

    specimen: SpecimenKind
    allele: Allele
    name: str
    points: tuple[SerialPoint, ...]
    changes: tuple[SerialChange, ...]


@dataclass(frozen=True, slots=True)
class SerialIdentity:
    """Whether an earlier case is of this patient: identifiers agree always, or the case is refused.

    `sites` inherited variants of the earlier case could be compared, `discordant` of them speak against one person.
    """

    case_id: str
    sites: int
    discordant: int
    log10_likelihood_ratio: float | None


@dataclass(frozen=True, slots=True)
class Serial:
    """All samples of a patient by date, the alleles followed through them, and the treatments of all cases."""

    samples: tuple[SerialSample, ...]
    traces: tuple[SerialTrace, ...]
    identity: tuple[SerialIdentity, ...]
    therapies: tuple[PriorTherapy, ...]
