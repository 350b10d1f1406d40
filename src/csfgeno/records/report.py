"""Everything that any output says about a case."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from csfgeno.records.calls import Finding, HotspotResult
from csfgeno.records.case import Case
from csfgeno.records.compartments import TumourFraction
from csfgeno.records.identity import Identity
from csfgeno.records.panel import Panel
from csfgeno.records.phase import Phase
from csfgeno.records.quality import SpecimenQc
from csfgeno.records.serial import Serial
from csfgeno.records.structural import CopyNumber, ExonSkipping, Fusion, LossOfHeterozygosity, Rearrangement
from csfgeno.records.therapy import ContextItem, TherapyMatch
from csfgeno.vocab import Build, QcVerdict


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
    """Everything that any output says about a case; VCF, JSON, TSV and HTML are rendered from it alone.

    If `identity.is_blocked`, there are no findings, hotspots, therapies and phases: they are withheld, not negative.
    """

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
    phases: tuple[Phase, ...] = ()
    context: tuple[ContextItem, ...] = ()
    fusions: tuple[Fusion, ...] = ()
    copy_numbers: tuple[CopyNumber, ...] = ()
    heterozygosity_losses: tuple[LossOfHeterozygosity, ...] = ()
    exon_skippings: tuple[ExonSkipping, ...] = ()
    tumour_fractions: tuple[TumourFraction, ...] = ()
    identity: Identity = field(default_factory=Identity)
    serial: Serial | None = None
    rearrangements: tuple[Rearrangement, ...] = ()
