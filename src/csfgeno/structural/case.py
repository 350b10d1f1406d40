"""Structural changes of a case: everything but small variants, from the same molecules."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from csfgeno.annotation.transcripts import TranscriptTable
from csfgeno.calling.caller import SpecimenCaller
from csfgeno.errormodel.model import LabModel
from csfgeno.errormodel.panels import DepthPanel, NormalJunction
from csfgeno.evidence.specimen import SpecimenEvidence
from csfgeno.io.reference import ReferenceFasta
from csfgeno.molecules.broken import BrokenReads
from csfgeno.records import (
    CopyNumber,
    ExonSkipping,
    Finding,
    Fusion,
    HotspotResult,
    HotspotSite,
    LossOfHeterozygosity,
    Panel,
    Rearrangement,
)
from csfgeno.structural.copynumber import state_copy_numbers
from csfgeno.structural.fusions import FusionSearch, FusionSpecimen, find_fusions, read_specimen
from csfgeno.structural.genes import FusionGenes, load_fusion_genes
from csfgeno.structural.heterozygosity import heterozygous_alleles, state_heterozygosity
from csfgeno.structural.hotspots import state_structural_hotspots, with_hotspots
from csfgeno.structural.known import KnownJunction
from csfgeno.structural.levels import prepare_panel
from csfgeno.structural.rearrangements import find_rearrangements
from csfgeno.structural.skipping import deletions_of, find_skipping
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import Build, ContigStyle, EvidenceMode, SpecimenKind

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SpecimenReads:
    """How the reads of a specimen became molecules, and those beyond its targets that hint at junctions."""

    mode: EvidenceMode
    beyond: tuple[BrokenReads, ...]


@dataclass(frozen=True)
class StructuralCase:
    """What the structural stage needs of a case; `known` are junctions that earlier cases of the patient show."""

    callers: Mapping[SpecimenKind, SpecimenCaller]
    reads: Mapping[SpecimenKind, SpecimenReads]
    fasta: ReferenceFasta
    build: Build
    style: ContigStyle
    panel: Panel
    transcripts: TranscriptTable
    sites: tuple[HotspotSite, ...]
    thresholds: Thresholds
    tumour_fractions: Mapping[SpecimenKind, float | None]
    model: LabModel | None
    known: tuple[KnownJunction, ...] = ()

    def depths_for(self, kind: SpecimenKind) -> DepthPanel | None:
        """Return the laboratory's normals to compare depth with, `None` without.

        METHOD: molecules of UMI families, consensus reads and fragments lose copies in different ways, so depth is
        compared with normals of the same kind of reads alone.
        """
        is_alike = self.model is not None and self.model.identity.evidence_mode is self.reads[kind].mode
        return self.model.depths if self.model is not None and is_alike else None

    def shared_junctions(self) -> tuple[NormalJunction, ...]:
        """Return the junctions that enough normals of the laboratory show."""
        shared = self.model.junctions if self.model is not None else ()
        return tuple(own for own in shared if own.normals >= self.thresholds.junction_min_normals)


@dataclass(frozen=True, slots=True)
class Structure:
    """All structural statements on a case; `hotspots` are those of all kinds."""

    fusions: tuple[Fusion, ...]
    copy_numbers: tuple[CopyNumber, ...]
    heterozygosity_losses: tuple[LossOfHeterozygosity, ...]
    exon_skippings: tuple[ExonSkipping, ...]
    hotspots: tuple[HotspotResult, ...]
    rearrangements: tuple[Rearrangement, ...] = ()


def find_structure(case: StructuralCase, findings: Sequence[Finding], hotspots: Sequence[HotspotResult]) -> Structure:
    """Return fusions, rearrangements, copy numbers, losses of heterozygosity and exon skipping of a case.

    Parameters
    ----------
    findings
        Small alleles, among them those that disrupt splice signals.
    hotspots
        States as small variants give them.
    """
    genes = load_fusion_genes(case.build, case.style)
    specimens = [
        read_specimen(
            kind, caller.evidence.tiles, case.reads[kind].mode, case.thresholds, case.fasta, case.reads[kind].beyond
        )
        for kind, caller in case.callers.items()
    ]
    search = FusionSearch(genes, case.fasta, case.thresholds, case.fasta.contigs, case.shared_junctions(), case.known)
    fusions, rearrangements = find_fusions(specimens, search), find_rearrangements(specimens, search, case.transcripts)
    copies = with_hotspots(_copy_numbers(case), case.sites)
    log.info("%d fusions, %d rearrangements, %d copy numbers", len(fusions), len(rearrangements), len(copies))
    stated = _hotspots(case, hotspots, specimens, (*fusions, *rearrangements), copies, genes)
    deletions = deletions_of(rearrangements, case.transcripts, case.fasta)
    return Structure(
        fusions=fusions,
        copy_numbers=copies,
        heterozygosity_losses=_losses(case),
        exon_skippings=find_skipping(findings, stated, case.transcripts, deletions),
        hotspots=stated,
        rearrangements=rearrangements,
    )


def _copy_numbers(case: StructuralCase) -> tuple[CopyNumber, ...]:
    panel = prepare_panel(case.panel.targets, case.fasta, case.build, case.style)
    normal = _normal(case)
    return tuple(
        number
        for kind, caller in case.callers.items()
        if kind is not SpecimenKind.NORMAL
        for number in state_copy_numbers(
            kind,
            caller.evidence,
            normal,
            panel,
            case.tumour_fractions.get(kind),
            case.thresholds,
            case.depths_for(kind),
        )
    )


def _losses(case: StructuralCase) -> tuple[LossOfHeterozygosity, ...]:
    normal = _normal(case)
    alleles = heterozygous_alleles(normal, case.panel.targets, case.thresholds) if normal is not None else None
    genes = list(dict.fromkeys(target.gene for target in case.panel.targets))
    return tuple(
        loss
        for kind, caller in case.callers.items()
        if kind is not SpecimenKind.NORMAL
        for loss in state_heterozygosity(kind, caller.evidence, alleles, genes, case.thresholds)
    )


def _normal(case: StructuralCase) -> SpecimenEvidence | None:
    return case.callers[SpecimenKind.NORMAL].evidence if SpecimenKind.NORMAL in case.callers else None


def _hotspots(
    case: StructuralCase,
    hotspots: Sequence[HotspotResult],
    specimens: Sequence[FusionSpecimen],
    events: Sequence[Fusion | Rearrangement],
    copies: Sequence[CopyNumber],
    genes: FusionGenes,
) -> tuple[HotspotResult, ...]:
    return state_structural_hotspots(case.sites, hotspots, specimens, events, copies, genes, case.thresholds)
