"""Counts, calls, names and hotspot states."""

from dataclasses import dataclass, field

from csfgeno.records.compartments import AlleleOrigin, Comparison
from csfgeno.records.genome import Allele
from csfgeno.records.molecules import MoleculeStack
from csfgeno.vocab import AlleleNote, CallingTier, CallState, Consequence, FilterName, MoleculeKind, SpecimenKind
from csfgeno.vocab.comparison import CompartmentVerdict


@dataclass(frozen=True, slots=True)
class StratumCounts:
    """Molecules of one kind at one allele: how many could show it, how many do, and their error rate.

    `error_rate` is the probability that an unmutated molecule of this kind shows the allele, `None` of a VCF.
    """

    kind: MoleculeKind
    depth: int
    alt: int
    error_rate: float | None


@dataclass(frozen=True, slots=True)
class AlleleCounts:
    """Molecule counts of one allele in one specimen; of a VCF they are reads, or whatever its caller counted.

    `ref` are molecules that show the reference, `other` those that show a third allele; `alt_forward` and
    `alt_reverse` split the alt molecules by the strand of the original molecule (`alt_both`: duplex). What a VCF does
    not tell is `None`.
    """

    strata: tuple[StratumCounts, ...]
    ref: int
    other: int
    discordant: int | None
    alt_forward: int | None
    alt_reverse: int | None
    ref_forward: int | None
    ref_reverse: int | None
    alt_mean_mapq: float | None = None
    alt_median_end_distance_bp: float | None = None

    @property
    def depth(self) -> int:
        """DP: molecules usable at the site."""
        return sum(s.depth for s in self.strata)

    @property
    def alt(self) -> int:
        """AD of the alternate allele, in molecules."""
        return sum(s.alt for s in self.strata)

    @property
    def alt_duplex(self) -> int:
        """Alternate molecules seen on both strands."""
        return sum(s.alt for s in self.strata if s.kind is MoleculeKind.DUPLEX)

    @property
    def vaf(self) -> float | None:
        """Alternate over all molecules, errors included (AF of the VCF), or `None` without molecules."""
        return self.alt / self.depth if self.depth else None


@dataclass(frozen=True, slots=True)
class FilterRemark:
    """What one filter says of an allele with mutant molecules: whether it fails, and in one sentence what was seen."""

    name: FilterName
    fails: bool
    saw: str


@dataclass(frozen=True, slots=True)
class SuppliedCall:
    """What the VCF of a specimen says of an allele: its lines, filters and fraction, as they stand there."""

    lines: tuple[int, ...]
    filters: tuple[str, ...] = ()
    vaf: float | None = None


@dataclass(frozen=True, slots=True)
class SpecimenCall:
    """What one specimen says of one allele.

    `vaf` is the maximum-likelihood fraction of mutant molecules with the background taken off, `vaf_low` and `vaf_high`
    its interval; `counts.vaf` is alternate over all molecules, errors included. `molecules` are kept where it is
    DETECTED or INDETERMINATE; `supplied` is there if a VCF lists the allele.
    """

    specimen: SpecimenKind
    state: CallState
    counts: AlleleCounts
    tier: CallingTier
    vaf: float | None
    vaf_low: float | None
    vaf_high: float | None
    log10_p: float | None
    log_likelihood_ratio: float | None
    lod95: float | None
    filters: tuple[FilterName, ...] = ()
    remarks: tuple[FilterRemark, ...] = ()
    molecules: MoleculeStack | None = None
    supplied: SuppliedCall | None = None


@dataclass(frozen=True, slots=True)
class TranscriptChange:
    """HGVS names and effect of an allele on the panel transcript of its gene."""

    gene: str
    transcript: str
    hgvs_g: str
    hgvs_c: str
    hgvs_p: str
    hgvs_p_short: str
    consequence: Consequence
    exon: str | None
    legacy_names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """One allele, named, with what every specimen says of it, where it is and which cells it comes from.

    `verdict` sums up `comparisons`, one for each two tumour specimens of which at least one shows the allele.
    `contaminant_in` are specimens in which the allele may be the DNA of another person.
    """

    allele: Allele
    change: TranscriptChange | None
    calls: tuple[SpecimenCall, ...]
    hotspot_ids: tuple[str, ...] = ()
    biomarker_ids: tuple[str, ...] = ()
    notes: tuple[AlleleNote, ...] = ()
    verdict: CompartmentVerdict = CompartmentVerdict.NOT_COMPARED
    comparisons: tuple[Comparison, ...] = ()
    origin: AlleleOrigin = field(default_factory=AlleleOrigin)
    contaminant_in: tuple[SpecimenKind, ...] = ()

    def call(self, kind: SpecimenKind) -> SpecimenCall | None:
        """Return the call in that compartment, or `None` if the specimen is absent."""
        return next((c for c in self.calls if c.specimen is kind), None)

    def comparison(self, one: SpecimenKind, other: SpecimenKind) -> Comparison | None:
        """Return the comparison of two compartments, in either order, or `None` if there is none."""
        return next((c for c in self.comparisons if {c.first, c.second} == {one, other}), None)

    def absence(self, kind: SpecimenKind) -> Comparison | None:
        """Return the comparison that says how likely that compartment misses the allele, the likeliest if several.

        `None` if it shows the allele or no probability could be computed.
        """
        own, shown = self.call(kind), [c.specimen for c in self.calls if c.state is CallState.DETECTED]
        if own is None or kind in shown:
            return None
        told = [c for c in self.comparisons if kind in (c.first, c.second) and c.miss_probability is not None]
        return max(told, key=lambda c: c.miss_probability or 0.0, default=None)


@dataclass(frozen=True, slots=True)
class HotspotResult:
    """State of one hotspot in one specimen. `lod95` belongs to its least sensitive listed allele."""

    hotspot_id: str
    specimen: SpecimenKind
    state: CallState
    depth: int
    alt: int
    lod95: float | None
    reason: str
    alleles: tuple[Allele, ...] = ()
