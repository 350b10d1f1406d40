"""Where an allele is, how much tumour each specimen holds, and which cells the allele comes from."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from csfgeno.records.genome import Allele
from csfgeno.vocab import SpecimenKind
from csfgeno.vocab.comparison import (
    Certainty,
    CompartmentVerdict,
    CopyState,
    Origin,
    OriginCaveat,
    ReasonCode,
    TumourFractionState,
)


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason behind a verdict: a code, whose sentence is in the catalogue of the report, and what fills it.

    `values` are counts, fractions and probabilities by name, and text where a gene or a marker is named.
    """

    code: ReasonCode
    specimen: SpecimenKind | None = None
    values: Mapping[str, float | int | str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Comparison:
    """One allele in two tumour specimens, of which at least one shows it; `first` stands first in every table.

    `miss_probability` is the probability that the specimen without it would not have detected it, were it as common
    among that specimen's tumour DNA as in the other's; `expected_vaf` is the fraction it would have there (median and
    interval). `vaf_ratio` is VAF of `first` over VAF of `second`; an end that the counts leave open is `None`.
    `anchors` are the other tumour alleles by which the tumour DNA of the specimen without it was measured,
    `anchors_shown` those that it shows.
    """

    first: SpecimenKind
    second: SpecimenKind
    verdict: CompartmentVerdict
    miss_probability: float | None = None
    expected_vaf: float | None = None
    expected_low: float | None = None
    expected_high: float | None = None
    vaf_ratio: float | None = None
    ratio_low: float | None = None
    ratio_high: float | None = None
    anchors: tuple[Allele, ...] = ()
    anchors_shown: tuple[Allele, ...] = ()
    basis: tuple[Reason, ...] = ()

    @property
    def has_clone(self) -> bool:
        """Whether the specimen without the allele shows another allele of the same tumour."""
        return bool(self.anchors_shown)


@dataclass(frozen=True, slots=True)
class AlleleOrigin:
    """Which cells an allele comes from, how sure that is, and what is not excluded."""

    origin: Origin = Origin.UNKNOWN
    certainty: Certainty = Certainty.POSSIBLE
    not_excluded: tuple[Origin, ...] = ()
    caveats: tuple[OriginCaveat, ...] = ()
    basis: tuple[Reason, ...] = ()

    @property
    def may_drive_therapy(self) -> bool:
        """Whether a drug may be chosen by the allele: not if it is inherited or of blood cells, or probably so."""
        return self.origin not in (Origin.GERMLINE, Origin.CLONAL_HAEMATOPOIESIS)


@dataclass(frozen=True, slots=True)
class TumourFraction:
    """Share of cells' DNA in a specimen that is of the tumour, from the alleles that all of its cells carry.

    `alleles` are the driver cluster, `copy_states` the likeliest copy state of each. `low` and `high` bound the
    fraction with probability `interval_level`; without a detected tumour allele `fraction` is `None` and `high` is all
    that is known.
    """

    specimen: SpecimenKind
    state: TumourFractionState
    fraction: float | None = None
    low: float | None = None
    high: float | None = None
    alleles: tuple[Allele, ...] = ()
    copy_states: tuple[CopyState, ...] = ()
    basis: tuple[Reason, ...] = ()
