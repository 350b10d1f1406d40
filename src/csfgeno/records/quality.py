"""Quality of a specimen: counts as measured, and the shares that follow from them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from csfgeno.vocab import EvidenceMode, MoleculeKind, QcVerdict, SpecimenKind


@dataclass(frozen=True, slots=True)
class TargetDepth:
    """Unique molecules over one target."""

    name: str
    gene: str
    median_depth: float
    min_depth: int


@dataclass(frozen=True, slots=True)
class PanelDepth:
    """Unique molecules over all bases of the panel: how evenly they lie.

    `even_bases` are bases with at least `evenness_depth_share` of the mean depth.
    """

    mean_depth: float
    bases: int
    even_bases: int

    @property
    def evenness(self) -> float | None:
        """Share of panel bases with at least `evenness_depth_share` of the mean depth."""
        return _share(self.even_bases, self.bases) if self.mean_depth else None


@dataclass(frozen=True, slots=True)
class FamilySizes:
    """Strand families by size: `strand_a[i]` and `strand_b[i]` hold `i + 1` read pairs, the last entry more."""

    strand_a: tuple[int, ...]
    strand_b: tuple[int, ...]

    @property
    def families(self) -> int:
        """Strand families of known size."""
        return sum(self.strand_a) + sum(self.strand_b)

    @property
    def duplex_share_expected(self) -> float | None:
        """Share of molecules that would show both strands if both had entered amplification."""
        single, double = (self.strand_a[i] + self.strand_b[i] for i in (0, 1))
        if not double:
            return None
        # METHOD: f0 = f1^2 / (2 f2) strand families went unseen (Chao 1987, doi:10.2307/2531532). Unseen with
        # probability q = f0 / (n + f0), a seen molecule shows both strands with (1 - q) / (1 + q) = n / (n + 2 f0).
        return self.families / (self.families + single**2 / double)


@dataclass(frozen=True, slots=True)
class FragmentLengths:
    """Molecules by the length of their DNA fragment, for those whose two ends are known.

    `counts[i]` have a length from `first_bp + i * bin_bp`, `bin_bp` wide; `shorter` and `longer` lie outside the bins.
    """

    first_bp: int
    bin_bp: int
    counts: tuple[int, ...]
    shorter: int
    longer: int
    mononucleosomal: int
    long: int
    modal_bp: int | None

    @property
    def measured(self) -> int:
        """Molecules whose two ends are known."""
        return sum(self.counts) + self.shorter + self.longer

    @property
    def mononucleosomal_share(self) -> float | None:
        """Share of molecules of one nucleosome, `mononucleosome_min_bp` to `mononucleosome_max_bp`."""
        return _share(self.mononucleosomal, self.measured)

    @property
    def long_share(self) -> float | None:
        """Share of molecules of at least `long_fragment_bp`."""
        return _share(self.long, self.measured)


@dataclass(frozen=True, slots=True)
class DuplicateSample:
    """Read pairs of a part of the panel, further copies of a strand of a molecule among them, optical ones among those.

    Optical copies lie within `optical_distance_px` of another one on the same tile of the flow cell.
    """

    pairs: int
    duplicates: int
    optical: int

    @property
    def optical_share(self) -> float | None:
        """Share of optical copies among the further copies; the rest is PCR."""
        return _share(self.optical, self.duplicates)


@dataclass(frozen=True, slots=True)
class QcNote:
    """One sentence about quality, with how much it weighs."""

    verdict: QcVerdict
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class SpecimenQc:
    """Molecule and read counts of one specimen. Molecule fields are `None` for a VCF specimen.

    `fragments` are the read pairs behind the molecules, each counted once; `single_strand_a` and `single_strand_b`
    molecules of which one strand alone was read, `None` where the reads do not tell the strand. `stated_bases` and
    `discordant_bases` are molecules times positions at which they state a base, or disagree within themselves.
    `duplicate_sample` is `None` where read names tell no place on a flow cell.
    `reads_without_umi` were left out of the molecules, `None` where molecules need no UMI.
    `alignments_mapped` and `alignments_on_target` count records of the file, duplicates included.
    """

    specimen: SpecimenKind
    evidence_mode: EvidenceMode
    verdict: QcVerdict
    notes: tuple[QcNote, ...]
    reads_total: int | None = None
    reads_used: int | None = None
    reads_without_umi: int | None = None
    alignments_mapped: int | None = None
    alignments_on_target: int | None = None
    fragments: int | None = None
    molecules: int | None = None
    molecules_by_kind: Mapping[MoleculeKind, int] = field(default_factory=dict)
    single_strand_a: int | None = None
    single_strand_b: int | None = None
    stated_bases: int | None = None
    discordant_bases: int | None = None
    mean_family_size: float | None = None
    family_sizes: FamilySizes | None = None
    duplicate_sample: DuplicateSample | None = None
    fragment_lengths: FragmentLengths | None = None
    median_depth: float | None = None
    depth: PanelDepth | None = None
    targets: tuple[TargetDepth, ...] = ()
    input_genome_equivalents: float | None = None
    recovered_fraction: float | None = None

    @property
    def duplex_share(self) -> float | None:
        """Share of molecules of which both strands were read; `None` without UMIs."""
        has_strands = self.evidence_mode in (EvidenceMode.UMI_FAMILIES, EvidenceMode.CONSENSUS_READS)
        return _share(self.molecules_by_kind.get(MoleculeKind.DUPLEX, 0), self.molecules) if has_strands else None

    @property
    def duplicate_rate(self) -> float | None:
        """Share of read pairs that are a further copy of a molecule."""
        if self.fragments is None or self.molecules is None:
            return None
        return _share(self.fragments - self.molecules, self.fragments)

    @property
    def without_umi_share(self) -> float | None:
        """Share of otherwise usable reads that were left out because they carry no UMI."""
        if self.reads_without_umi is None or self.reads_used is None:
            return None
        return _share(self.reads_without_umi, self.reads_used + self.reads_without_umi)

    @property
    def on_target_rate(self) -> float | None:
        """Share of mapped alignments that overlap a target."""
        return _share(self.alignments_on_target, self.alignments_mapped)

    @property
    def strand_a_share(self) -> float | None:
        """Share of strand A among molecules of which one strand alone was read."""
        if self.single_strand_a is None or self.single_strand_b is None:
            return None
        return _share(self.single_strand_a, self.single_strand_a + self.single_strand_b)

    @property
    def discordant_rate(self) -> float | None:
        """Share of molecule positions at which the reads of a molecule disagree."""
        if self.stated_bases is None or self.discordant_bases is None:
            return None
        return _share(self.discordant_bases, self.stated_bases + self.discordant_bases)


def _share(part: int | None, whole: int | None) -> float | None:
    return part / whole if part is not None and whole else None
