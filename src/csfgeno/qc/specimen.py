"""The quality record of one specimen: what was measured, then what that allows to say."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from csfgeno.evidence.specimen import SpecimenEvidence
from csfgeno.io.index import AlignmentCounts
from csfgeno.qc.depth import measure_depth
from csfgeno.qc.molecules import (
    count_agreement,
    count_families,
    count_fragments,
    count_kinds,
    count_single_strands,
    count_without_umi,
    mean_family_size,
    measure_lengths,
)
from csfgeno.qc.notes import note_on_specimen, worst
from csfgeno.records import DuplicateSample, HotspotResult, Panel, QcNote, Specimen, SpecimenQc
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import EvidenceMode, QcVerdict

PG_PER_NG = 1000.0


def summarise_specimen(
    specimen: Specimen,
    mode: EvidenceMode,
    evidence: SpecimenEvidence,
    panel: Panel,
    hotspots: Sequence[HotspotResult],
    thresholds: Thresholds,
    warnings: Iterable[str],
    alignments: AlignmentCounts | None = None,
    duplicates: DuplicateSample | None = None,
) -> SpecimenQc:
    """Return the quality record of a specimen read from alignments.

    Parameters
    ----------
    hotspots
        The specimen's own hotspot results: how many could be assessed is part of its quality.
    warnings
        Sentences about its file.
    alignments
        Alignments of the file and those over targets, `None` if they were not counted.
    duplicates
        Kinds of copies in a part of the reads, `None` if they cannot be told.
    """
    measured = measure_specimen(specimen, mode, evidence, panel, thresholds, alignments)
    notes = note_on_specimen(specimen, measured, hotspots, thresholds, warnings, evidence.pairing)
    return replace(measured, verdict=worst(notes), notes=notes, duplicate_sample=duplicates)


def summarise_supplied(specimen: Specimen, warnings: Iterable[str]) -> SpecimenQc:
    """Return the quality record of a specimen of which only a VCF was supplied: nothing was measured."""
    text = "Only a VCF was supplied: no molecule was counted, no limit computed, and silence is not a negative."
    notes = (QcNote(QcVerdict.LIMITED, "vcf", text), *(QcNote(QcVerdict.PASS, "file", w) for w in warnings))
    return SpecimenQc(specimen.kind, EvidenceMode.VCF, worst(notes), notes)


def measure_specimen(
    specimen: Specimen,
    mode: EvidenceMode,
    evidence: SpecimenEvidence,
    panel: Panel,
    thresholds: Thresholds,
    alignments: AlignmentCounts | None,
) -> SpecimenQc:
    """Return the counts of a specimen, not yet judged."""
    kinds = count_kinds(evidence)
    targets, depth = measure_depth(evidence, panel, thresholds)
    median_depth = float(np.median([target.median_depth for target in targets])) if targets else 0.0
    only_a, only_b = count_single_strands(evidence, mode) or (None, None)
    stated, discordant = count_agreement(evidence)
    genomes = None if specimen.input_ng is None else specimen.input_ng * PG_PER_NG / thresholds.genome_mass_pg
    return SpecimenQc(
        specimen=specimen.kind,
        evidence_mode=mode,
        verdict=QcVerdict.PASS,
        notes=(),
        reads_total=sum(tile.reads_seen for tile in evidence.tiles),
        reads_used=sum(tile.reads_used for tile in evidence.tiles),
        reads_without_umi=count_without_umi(evidence, mode),
        alignments_mapped=alignments.mapped if alignments else None,
        alignments_on_target=alignments.overlapping if alignments else None,
        fragments=count_fragments(evidence),
        molecules=sum(kinds.values()),
        molecules_by_kind=kinds,
        single_strand_a=only_a,
        single_strand_b=only_b,
        stated_bases=stated,
        discordant_bases=discordant,
        mean_family_size=mean_family_size(evidence),
        family_sizes=count_families(evidence),
        fragment_lengths=measure_lengths(evidence, thresholds),
        median_depth=median_depth,
        depth=depth,
        targets=targets,
        input_genome_equivalents=genomes,
        # METHOD: recovery is unique molecules over a target against the haploid genomes that went in.
        recovered_fraction=None if not genomes else median_depth / genomes,
    )
