"""Fusions, copy number, loss of heterozygosity and exon skipping.

Positions are 0-based. A fusion is one junction of two places; copy number and loss of heterozygosity are statements
on a gene, each in one specimen; exon skipping is one biomarker whatever the allele behind it.
"""

from dataclasses import dataclass

from csfgeno.records.genome import Allele, Interval
from csfgeno.vocab import (
    CallState,
    CopyExtent,
    Frame,
    PartnerKind,
    RearrangementKind,
    Side,
    SkippingMechanism,
    SpecimenKind,
    StructuralFilter,
)


@dataclass(frozen=True, slots=True, order=True)
class Breakpoint:
    """One side of a junction: the last base that is kept, and on which side of it the kept sequence lies."""

    contig: str
    pos: int
    keeps: Side

    def __str__(self) -> str:
        """1-based `contig:pos`, with the kept sequence on the side of the bar where the text stands."""
        place = f"{self.contig}:{self.pos + 1}"
        return f"{place}|" if self.keeps is Side.LEFT else f"|{place}"


@dataclass(frozen=True, slots=True)
class FusionPartner:
    """One side of a fusion, named.

    `exon` is the exon of `transcript` that the fused transcript keeps next to the junction: the last one of the 5'
    partner, the first one of the 3' partner. `place` says in words where the breakpoint lies.
    """

    breakpoint: Breakpoint
    gene: str | None
    transcript: str | None
    exon: int | None
    place: str


@dataclass(frozen=True, slots=True)
class FusionCall:
    """What one specimen says of one junction, in molecules.

    `split` molecules have a read that the aligner split at the junction, `clipped` one whose clipped bases spell it,
    `discordant` only mates on either side of it; a molecule counts once, in the first of these. `spanning` are the
    molecules that cross the breakpoint unbroken on the better covered side. `lod_molecules` supporting molecules are
    needed for a detection, and a junction at `lod95` of the molecules would have shown them with probability
    `lod_power`.
    """

    specimen: SpecimenKind
    state: CallState
    split: int
    clipped: int
    discordant: int
    spanning: int
    duplex: int
    distinct_positions: int
    vaf_low: float | None
    vaf_high: float | None
    log10_p: float | None
    lod_molecules: int | None
    lod95: float | None
    filters: tuple[StructuralFilter, ...] = ()

    @property
    def molecules(self) -> int:
        """Molecules that support the junction."""
        return self.split + self.clipped + self.discordant

    @property
    def vaf(self) -> float | None:
        """Supporting molecules that show the junction, of all that cross it; `None` without molecules."""
        shown = self.split + self.clipped
        return shown / (shown + self.spanning) if shown + self.spanning else None


@dataclass(frozen=True, slots=True)
class Fusion:
    """One junction of two genes, or of a gene and another place, with what every specimen says of it.

    `five_prime` drives the fused transcript and `three_prime` ends it, where both genes point the same way; else they
    stand in genome order. `microhomology` are bases that either side could have given, `inserted` bases that neither
    gave. `junction` is the consensus across the breakpoint, 5' partner first. `reciprocal_of` is the event that joins
    the two remaining ends. `laboratory_normals` of the error model show the junction too, with `laboratory_molecules`.
    """

    event_id: str
    five_prime: FusionPartner
    three_prime: FusionPartner
    frame: Frame
    kinase_domain_kept: bool | None
    partners: PartnerKind
    variant_name: str | None
    microhomology: str
    inserted: str
    junction: str
    reciprocal_of: str | None
    calls: tuple[FusionCall, ...]
    hotspot_ids: tuple[str, ...] = ()
    biomarker_ids: tuple[str, ...] = ()
    laboratory_normals: int = 0
    laboratory_molecules: int = 0

    @property
    def name(self) -> str:
        """Genes as `EML4::ALK` (HGNC, doi:10.1038/s41375-021-01436-6); `?` where no gene is known."""
        return f"{self.five_prime.gene or '?'}::{self.three_prime.gene or '?'}"

    @property
    def exon_name(self) -> str:
        """Genes with their exons, as in `EML4 exon 13 :: ALK exon 20`."""
        return " :: ".join(
            f"{side.gene or str(side.breakpoint)} exon {side.exon}" if side.exon else f"{side.gene or side.breakpoint}"
            for side in (self.five_prime, self.three_prime)
        )

    def call(self, kind: SpecimenKind) -> FusionCall | None:
        """Return the call in that compartment, or `None` if the specimen is absent."""
        return next((c for c in self.calls if c.specimen is kind), None)


@dataclass(frozen=True, slots=True)
class Rearrangement:
    """A deletion or tandem duplication of one gene, told by its junction, with what every specimen says of it.

    `first` and `second` are the sides of the junction in genome order: around what is lost, or the outermost bases of
    what is doubled. `exons` are the coding exons of `transcript` that are lost or doubled whole, `cut_exons` those of
    which a part or a splice site is; `counts_coding_exons` tells that they are counted from the first coding one.
    `name` is the name in use, such as EGFRvIII. `base_before` is the base before the first one that changes,
    `junction` the sequence across the break on the forward strand of the first side. `hgvs_c` is `None` where a place
    has no position on the transcript.
    """

    event_id: str
    kind: RearrangementKind
    gene: str
    transcript: str
    first: Breakpoint
    second: Breakpoint
    exons: tuple[int, ...]
    cut_exons: tuple[int, ...]
    counts_coding_exons: bool
    is_whole_gene: bool
    frame: Frame
    name: str | None
    hgvs_g: str
    hgvs_c: str | None
    base_before: str
    microhomology: str
    inserted: str
    junction: str
    calls: tuple[FusionCall, ...]
    hotspot_ids: tuple[str, ...] = ()
    biomarker_ids: tuple[str, ...] = ()

    @property
    def span(self) -> Interval:
        """What is lost or doubled."""
        if self.kind is RearrangementKind.DELETION:
            return Interval(self.first.contig, self.first.pos + 1, self.second.pos)
        return Interval(self.first.contig, self.first.pos, self.second.pos + 1)

    @property
    def size_bp(self) -> int:
        """Bases lost or doubled."""
        return len(self.span)

    def call(self, kind: SpecimenKind) -> FusionCall | None:
        """Return the call in that compartment, or `None` if the specimen is absent."""
        return next((c for c in self.calls if c.specimen is kind), None)


@dataclass(frozen=True, slots=True)
class CopyNumber:
    """Copy number of one gene in one specimen, from the depth of molecules over its targets.

    `log2_ratio` is relative to the two copies of a normal cell. `copies` are absolute copies per tumour cell at
    `tumour_fraction`, both `None` where the fraction is unknown. `amplification_limit_copies` is the copy number
    that would have been called amplified at that fraction, `amplification_limit_tumour_fraction` the fraction at which
    `amplification_max_limit_copies` would have been, `loss_limit_tumour_fraction` that for the loss of both copies;
    each with probability `lod_power`, `None` where no number would.
    """

    gene: str
    specimen: SpecimenKind
    amplification: CallState
    deep_loss: CallState
    targets: int
    molecules: int
    log2_ratio: float | None
    log2_low: float | None
    log2_high: float | None
    z: float | None
    log_likelihood_ratio: float | None
    tumour_fraction: float | None
    copies: float | None
    copies_low: float | None
    copies_high: float | None
    extent: CopyExtent
    amplification_limit_copies: float | None
    loss_limit_tumour_fraction: float | None
    baseline: str
    reason: str
    hotspot_ids: tuple[str, ...] = ()
    biomarker_ids: tuple[str, ...] = ()
    amplification_limit_tumour_fraction: float | None = None


@dataclass(frozen=True, slots=True)
class LossOfHeterozygosity:
    """Allelic imbalance of one gene in one specimen, from the heterozygous variants of the patient in and around it.

    `shift` is the mean distance of their allele fractions from one half. `lod_tumour_fraction` is the tumour
    fraction at which the loss of one copy would have been called with probability `lod_power`.
    """

    gene: str
    specimen: SpecimenKind
    state: CallState
    heterozygous_sites: int
    molecules: int
    shift: float | None
    shift_low: float | None
    shift_high: float | None
    log10_p: float | None
    lod_tumour_fraction: float | None
    reason: str


@dataclass(frozen=True, slots=True)
class SkippingCause:
    """One detected allele that makes a transcript skip an exon, with the splice signals it disrupts.

    `hgvs_c` is its name on that transcript, `c.3028+1G>A`.
    """

    allele: Allele
    hgvs_c: str
    mechanisms: tuple[SkippingMechanism, ...]


@dataclass(frozen=True, slots=True)
class SkippingCall:
    """What one specimen says of the skipping of an exon; `lod95` is that of its least sensitive splice signal."""

    specimen: SpecimenKind
    state: CallState
    alt: int
    depth: int
    lod95: float | None


@dataclass(frozen=True, slots=True)
class ExonSkipping:
    """Predicted skipping of one exon: one biomarker, whichever splice signal is lost."""

    gene: str
    transcript: str
    exon: int
    causes: tuple[SkippingCause, ...]
    calls: tuple[SkippingCall, ...]
    hotspot_ids: tuple[str, ...] = ()
    biomarker_ids: tuple[str, ...] = ()
