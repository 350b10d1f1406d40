"""Molecule counts of one specimen, against its input and its panel."""

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from csfgeno.evidence.specimen import SpecimenEvidence
from csfgeno.molecules.families import KINDS
from csfgeno.molecules.fold import STRATA
from csfgeno.qc.notes import note_on_specimen, worst
from csfgeno.records import HotspotResult, Panel, Specimen, SpecimenQc, Target, TargetDepth
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import EvidenceMode, MoleculeKind

PG_PER_NG = 1000.0


def summarise_specimen(
    specimen: Specimen,
    mode: EvidenceMode,
    evidence: SpecimenEvidence,
    panel: Panel,
    hotspots: Sequence[HotspotResult],
    thresholds: Thresholds,
    warnings: Iterable[str],
) -> SpecimenQc:
    """Return the quality record of a specimen read from alignments.

    Parameters
    ----------
    hotspots
        The specimen's own hotspot results: how many could be assessed is part of its quality.
    warnings
        Sentences about its file.
    """
    depths = tuple(_target_depth(evidence, target) for target in panel.targets)
    median_depth = float(np.median([d.median_depth for d in depths])) if depths else 0.0
    by_kind = _molecules_by_kind(evidence)
    molecules = sum(by_kind.values())
    fragments = sum(tile.fragments for tile in evidence.tiles)
    genomes = None if specimen.input_ng is None else specimen.input_ng * PG_PER_NG / thresholds.genome_mass_pg
    notes = note_on_specimen(specimen, molecules, median_depth, genomes, hotspots, thresholds, warnings)
    return SpecimenQc(
        specimen=specimen.kind,
        evidence_mode=mode,
        verdict=worst(notes),
        notes=notes,
        reads_total=sum(tile.reads_seen for tile in evidence.tiles),
        reads_used=sum(tile.reads_used for tile in evidence.tiles),
        fragments=fragments,
        molecules=molecules,
        molecules_by_kind=by_kind,
        mean_family_size=_mean_family_size(evidence),
        median_depth=median_depth,
        targets=depths,
        input_genome_equivalents=genomes,
        # METHOD: recovery is unique molecules over a target against the haploid genomes that went in.
        recovered_fraction=None if not genomes else median_depth / genomes,
    )


def _target_depth(evidence: SpecimenEvidence, target: Target) -> TargetDepth:
    depth = evidence.depth_along(target.interval)
    return TargetDepth(target.name, target.gene, float(np.median(depth)), int(depth.min()))


def _molecules_by_kind(evidence: SpecimenEvidence) -> dict[MoleculeKind, int]:
    counts: Counter[MoleculeKind] = Counter()
    for tile in evidence.tiles:
        strata = tile.molecules.stratum[tile.molecules.is_first_seen]
        for stratum, number in enumerate(np.bincount(strata, minlength=len(STRATA)).tolist()):
            counts[STRATA[stratum][0]] += number
    return {kind: counts[kind] for kind in KINDS if counts[kind]}


def _mean_family_size(evidence: SpecimenEvidence) -> float | None:
    """Return the mean number of read pairs behind a strand family; `None` without molecules."""
    sizes = [
        np.concatenate((m.size_a[m.is_first_seen], m.size_b[m.is_first_seen]))
        for m in (tile.molecules for tile in evidence.tiles)
    ]
    families = np.concatenate(sizes) if sizes else np.zeros(0)
    families = families[families > 0]
    return float(families.mean()) if len(families) else None
