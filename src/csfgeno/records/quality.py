"""Quality of a specimen."""

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
