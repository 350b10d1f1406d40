"""The frozen records that pass between stages.

Coordinates are 0-based half-open. Counts are stored, fractions are derived. Unknown is `None`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from csfgeno.vocab import (
    AlleleClass,
    Build,
    CallingTier,
    CallState,
    Consequence,
    Direction,
    EvidenceMode,
    FilterName,
    HotspotKind,
    MoleculeKind,
    QcVerdict,
    SpecimenKind,
    Verification,
)

# --------------------------------------------------------------------------------------- genome


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """A stretch of one contig, 0-based half-open."""

    contig: str
    start: int
    end: int

    def __len__(self) -> int:
        """Length in bp."""
        return self.end - self.start

    def overlaps(self, other: "Interval") -> bool:
        """Whether the two share at least one base."""
        return self.contig == other.contig and self.start < other.end and other.start < self.end

    def __str__(self) -> str:
        """1-based inclusive text, as in a browser."""
        return f"{self.contig}:{self.start + 1}-{self.end}"


@dataclass(frozen=True, slots=True, order=True)
class Allele:
    """One alternate allele. VCF-style: an insertion or deletion keeps its anchor base in REF and ALT."""

    contig: str
    start: int
    ref: str
    alt: str

    @property
    def end(self) -> int:
        """End of REF on the reference, half-open."""
        return self.start + len(self.ref)

    @property
    def klass(self) -> AlleleClass:
        """SNV, MNV, INS, DEL or DELINS."""
        if len(self.ref) == len(self.alt):
            return AlleleClass.SNV if len(self.ref) == 1 else AlleleClass.MNV
        if len(self.ref) == 1 and self.alt.startswith(self.ref):
            return AlleleClass.INSERTION
        if len(self.alt) == 1 and self.ref.startswith(self.alt):
            return AlleleClass.DELETION
        return AlleleClass.DELINS

    def __str__(self) -> str:
        """1-based `contig:POS:REF>ALT`."""
        return f"{self.contig}:{self.start + 1}:{self.ref}>{self.alt}"


# ---------------------------------------------------------------------------------------- panel


@dataclass(frozen=True, slots=True)
class Target:
    """One panel interval: an exon or part of it."""

    interval: Interval
    gene: str
    name: str
    hotspot_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hotspot:
    """An actionable change that every report must state, found or not.

    `codons` are 1-based protein positions on the panel transcript of `gene`. `changes` are one-letter protein
    changes (`L858R`) for `PROTEIN_CHANGE`; `group` is the line of the pertinent-negatives table it belongs to.
    """

    hotspot_id: str
    gene: str
    label: str
    group: str
    kind: HotspotKind
    codons: tuple[int, int] | None = None
    changes: tuple[str, ...] = ()
    biomarker_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Panel:
    """Targets and hotspots of one assay in one build."""

    name: str
    version: str
    build: Build
    targets: tuple[Target, ...]
    hotspots: tuple[Hotspot, ...]
    sha256: str

    @property
    def size_bp(self) -> int:
        """Bases inside targets (targets do not overlap)."""
        return sum(len(target.interval) for target in self.targets)


@dataclass(frozen=True, slots=True)
class HotspotSite:
    """A hotspot placed on a genome: the bases it concerns and the alleles that would be it.

    `alleles` are the changes reachable by fewest substitutions; region kinds (in-frame deletion, insertion, splice)
    list none and are recognised from what the reads show. `sites` is empty if the kind has no place in small-variant
    calling, and `is_masked` tells that the reference has N there.
    """

    hotspot: Hotspot
    sites: tuple[Interval, ...]
    alleles: tuple[Allele, ...]
    is_masked: bool
    is_targeted: bool


# ----------------------------------------------------------------------------------------- case


@dataclass(frozen=True, slots=True)
class Specimen:
    """One tube of one patient; the path of its file stays in `inputs` and never reaches an output."""

    kind: SpecimenKind
    sample: str
    input_ng: float | None = None
    volume_ml: float | None = None
    collected: date | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class PriorTherapy:
    """A treatment the patient has had."""

    drug_id: str
    started: date | None = None
    stopped: date | None = None


@dataclass(frozen=True, slots=True)
class Clinical:
    """What the requester says, shown as supplied."""

    question: str | None = None
    cytology: str | None = None
    mri: str | None = None
    prior_therapies: tuple[PriorTherapy, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """One patient and the specimens that are read together."""

    case_id: str
    patient_code: str
    specimens: tuple[Specimen, ...]
    clinical: Clinical = field(default_factory=Clinical)

    def specimen(self, kind: SpecimenKind) -> Specimen | None:
        """Return the specimen of that kind, or `None`."""
        return next((s for s in self.specimens if s.kind is kind), None)


# ------------------------------------------------------------------------------------- evidence


@dataclass(frozen=True, slots=True)
class StratumCounts:
    """Molecules of one kind at one allele: how many could show it, how many do, and their error rate.

    `error_rate` is the probability that an unmutated molecule of this kind shows the allele.
    """

    kind: MoleculeKind
    depth: int
    alt: int
    error_rate: float


@dataclass(frozen=True, slots=True)
class AlleleCounts:
    """Molecule counts of one allele in one specimen.

    `ref` are molecules that show the reference, `other` those that show a third allele; `alt_forward` and
    `alt_reverse` split the alt molecules by the strand of the original molecule (`alt_both`: duplex).
    """

    strata: tuple[StratumCounts, ...]
    ref: int
    other: int
    discordant: int
    alt_forward: int
    alt_reverse: int
    ref_forward: int
    ref_reverse: int
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
        """Variant allele fraction, or `None` without molecules."""
        return self.alt / self.depth if self.depth else None


@dataclass(frozen=True, slots=True)
class SpecimenCall:
    """What one specimen says of one allele."""

    specimen: SpecimenKind
    state: CallState
    counts: AlleleCounts
    tier: CallingTier
    vaf_low: float | None
    vaf_high: float | None
    log10_p: float | None
    log_likelihood_ratio: float | None
    lod95: float | None
    filters: tuple[FilterName, ...] = ()


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
    """One allele, named, with what every specimen says of it."""

    allele: Allele
    change: TranscriptChange | None
    calls: tuple[SpecimenCall, ...]
    hotspot_ids: tuple[str, ...] = ()
    biomarker_ids: tuple[str, ...] = ()

    def call(self, kind: SpecimenKind) -> SpecimenCall | None:
        """Return the call in that compartment, or `None` if the specimen is absent."""
        return next((c for c in self.calls if c.specimen is kind), None)


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


# -------------------------------------------------------------------------------------- therapy


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


# ------------------------------------------------------------------------------------------- qc


@dataclass(frozen=True, slots=True)
class TargetDepth:
    """Unique molecules over one target."""

    name: str
    gene: str
    median_depth: float
    min_depth: int


@dataclass(frozen=True, slots=True)
class QcNote:
    """One sentence about quality, with how much it weighs."""

    verdict: QcVerdict
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class SpecimenQc:
    """Molecule and read counts of one specimen. Molecule fields are `None` for a VCF specimen."""

    specimen: SpecimenKind
    evidence_mode: EvidenceMode
    verdict: QcVerdict
    notes: tuple[QcNote, ...]
    reads_total: int | None = None
    reads_used: int | None = None
    fragments: int | None = None
    molecules: int | None = None
    molecules_by_kind: Mapping[MoleculeKind, int] = field(default_factory=dict)
    mean_family_size: float | None = None
    median_depth: float | None = None
    targets: tuple[TargetDepth, ...] = ()
    input_genome_equivalents: float | None = None
    recovered_fraction: float | None = None


# --------------------------------------------------------------------------------------- report


@dataclass(frozen=True, slots=True)
class Setting:
    """One threshold as used, with where its value came from."""

    name: str
    value: float | int | str
    default: float | int | str
    unit: str
    meaning: str
    source: str
    origin: str


@dataclass(frozen=True, slots=True)
class Provenance:
    """Versions and digests; no path, host or time of day."""

    version: str
    build: Build
    reference_sha256: str
    panel: str
    panel_sha256: str
    knowledge_version: str
    knowledge_sha256: str
    settings_sha256: str
    inputs_sha256: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class CaseReport:
    """Everything that any output says about a case; VCF, JSON, TSV and HTML are rendered from it alone."""

    schema_version: str
    case: Case
    panel: Panel
    contigs: Mapping[str, int]
    error_model: str
    findings: tuple[Finding, ...]
    hotspots: tuple[HotspotResult, ...]
    therapies: tuple[TherapyMatch, ...]
    qc: tuple[SpecimenQc, ...]
    verdict: QcVerdict
    settings: tuple[Setting, ...]
    provenance: Provenance
