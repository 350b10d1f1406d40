"""What earlier cases of the same patient say, laid beside the present one."""

from dataclasses import dataclass
from datetime import date

from csfgeno.records.case import PriorTherapy
from csfgeno.records.genome import Allele
from csfgeno.records.structural import Breakpoint
from csfgeno.vocab import CallState, QcVerdict, SpecimenKind
from csfgeno.vocab.serial import CopyEvent, CopyReading, SerialResult


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
    """What one sample says of one allele or junction; `depth` and `alt` are `None` where its case has no counts of it.

    Of a junction, `alt` are the molecules that show it (split and clipped), `depth` these and those that cross the
    place unbroken, and `discordant` those that only have mates on either side.
    """

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
    discordant: int | None = None

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
class SerialFusion:
    """One junction in one kind of specimen, date by date; `changes` begin with the one since the sample before.

    Names and breakpoints are those of the latest case that lists it.
    """

    specimen: SpecimenKind
    name: str
    exon_name: str
    five_prime: Breakpoint
    three_prime: Breakpoint
    points: tuple[SerialPoint, ...]
    changes: tuple[SerialChange, ...]


@dataclass(frozen=True, slots=True)
class SerialCopyPoint:
    """What one sample says of the copies of one gene; all but the state is `None` where it was not measured.

    `level` is the coverage of the intervals. `limit_copies` would have been called amplified at the tumour fraction of
    the sample; at `limit_tumour_fraction` a high amplification, or the loss of both copies, would have been called.
    `normals_sha256` is of the model whose normals depth was compared with, `None` where `baseline` is of the patient.
    """

    case_id: str
    collected: date
    state: CallState
    level: float
    log2_ratio: float | None = None
    log2_low: float | None = None
    log2_high: float | None = None
    tumour_fraction: float | None = None
    tumour_low: float | None = None
    tumour_high: float | None = None
    copies: float | None = None
    copies_low: float | None = None
    copies_high: float | None = None
    limit_copies: float | None = None
    limit_tumour_fraction: float | None = None
    baseline: str | None = None
    panel_sha256: str | None = None
    normals_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class SerialCopyChange:
    """The log2 ratio of the latest sample against that of an earlier one, and what it says of copies per tumour cell.

    `reading` is `None` without a change. Differences are the latest value less the earlier; that of copies holds the
    intervals of both tumour fractions and is `None` unless both are known.
    """

    since_case_id: str
    result: SerialResult
    reading: CopyReading | None = None
    log2_difference: float | None = None
    log2_difference_low: float | None = None
    log2_difference_high: float | None = None
    copies_difference: float | None = None
    copies_difference_low: float | None = None
    copies_difference_high: float | None = None


@dataclass(frozen=True, slots=True)
class SerialCopies:
    """Amplification or deep loss of one gene in one kind of specimen, date by date; `changes` as of an allele."""

    specimen: SpecimenKind
    gene: str
    event: CopyEvent
    points: tuple[SerialCopyPoint, ...]
    changes: tuple[SerialCopyChange, ...]


@dataclass(frozen=True, slots=True)
class SerialLossPoint:
    """What one sample says of the heterozygosity of one gene; see `LossOfHeterozygosity`."""

    case_id: str
    collected: date
    state: CallState
    heterozygous_sites: int | None = None
    shift: float | None = None
    shift_low: float | None = None
    shift_high: float | None = None
    lod_tumour_fraction: float | None = None


@dataclass(frozen=True, slots=True)
class SerialLoss:
    """Loss of heterozygosity of one gene in one kind of specimen, date by date; no change is claimed."""

    specimen: SpecimenKind
    gene: str
    points: tuple[SerialLossPoint, ...]


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
    """All samples of a patient by date, what is followed through them, and the treatments of all cases."""

    samples: tuple[SerialSample, ...]
    traces: tuple[SerialTrace, ...]
    identity: tuple[SerialIdentity, ...]
    therapies: tuple[PriorTherapy, ...]
    fusions: tuple[SerialFusion, ...] = ()
    copies: tuple[SerialCopies, ...] = ()
    losses: tuple[SerialLoss, ...] = ()
