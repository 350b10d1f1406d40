"""Depth of each gene against the bulk of the panel, compared with the best that is at hand."""

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

import numpy as np

from csfgeno.errormodel.panels import DepthPanel
from csfgeno.genome.contigs import rename_contig
from csfgeno.genome.sequence import SequenceSource
from csfgeno.records import Target
from csfgeno.structural.baseline import against_both, against_normal, against_panel
from csfgeno.structural.depth import (
    Baseline,
    Flags,
    Ratios,
    TargetDepths,
    TargetTraits,
    describe_targets,
    is_autosomal,
    normalise_depths,
)
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import Build, ContigStyle

OWN_TARGETS: Final = "other targets of the specimen"
OWN_NORMAL: Final = "normal cells of the patient"
NORMALS: Final = "{normals} normals of the laboratory"
BOTH: Final = "{normals} normals of the laboratory and normal cells of the patient"
INHERITED: Final = "normal cells of the patient, whose depth here is not that of {normals} normals of the laboratory"


@dataclass(frozen=True, slots=True)
class CopyPanel:
    """Targets of the panel as copy number needs them; `arms` are contig and whether it is the short arm, by gene."""

    targets: tuple[Target, ...]
    genes: tuple[str, ...]
    traits: TargetTraits
    arms: Mapping[str, tuple[str, bool]]

    @property
    def sex_genes(self) -> frozenset[str]:
        """Genes on a sex chromosome."""
        return frozenset(target.gene for target in self.targets if not is_autosomal(target.interval))


@dataclass(frozen=True, slots=True)
class Level:
    """Depth of one gene against the bulk: log2 ratio, its standard error, targets and molecules behind it.

    `baseline` says what its depth was compared with. `usual_depth` is the mean depth that two copies would have.
    """

    log2: float
    error: float
    targets: int
    molecules: int
    usual_depth: float
    baseline: str = OWN_TARGETS

    @property
    def z(self) -> float:
        """Distance from the bulk in standard errors."""
        return self.log2 / self.error


def prepare_panel(targets: Sequence[Target], sequence: SequenceSource, build: Build, style: ContigStyle) -> CopyPanel:
    """Return the panel for copy number."""
    centromeres = load_centromeres(build, style)
    return CopyPanel(
        targets=tuple(targets),
        genes=tuple(dict.fromkeys(target.gene for target in targets)),
        traits=describe_targets(targets, sequence),
        arms={
            t.gene: (t.interval.contig, t.interval.start < centromeres.get(t.interval.contig, 0)) for t in targets
        },
    )  # fmt: skip


def load_centromeres(build: Build, style: ContigStyle) -> dict[str, int]:
    """Return where the short arm of each chromosome ends."""
    text = files("csfgeno.reference").joinpath("structural", f"arms.{build}.tsv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines(), delimiter="\t")
    return {rename_contig(row["contig"], style): int(row["centromere"]) for row in rows}


def gene_levels(
    own: TargetDepths,
    normal: TargetDepths | None,
    laboratory: DepthPanel | None,
    panel: CopyPanel,
    thresholds: Thresholds,
) -> dict[str, Level]:
    """Return the level of every gene of a specimen.

    METHOD: with the laboratory's normals and the patient's, each gene is compared with both (`against_both`). A gene in
    which the patient's own normal lies `copy_number_z` standard errors off the laboratory's normals is compared with
    the patient's alone: what is inherited is no change of the tumour.

    Parameters
    ----------
    normal
        Normal cells of the same patient, read with the same assay, `None` without.
    laboratory
        Normals of the laboratory, `None` without.
    """
    judge = _Judge(panel, thresholds)
    if laboratory is None:
        baseline = against_normal(normal) if normal is not None else None
        return judge.levels(own, baseline, OWN_TARGETS if normal is None else OWN_NORMAL)
    intervals = [target.interval for target in panel.targets]
    known = against_panel(laboratory, intervals, thresholds.depth_min_normals)
    if normal is None:
        return judge.levels(own, known, NORMALS.format(normals=laboratory.size))
    inherited = {gene for gene, level in judge.levels(normal, known, "").items() if judge.is_off(level)}
    both = against_both(own, normal, known, panel.traits, ~judge.is_of(inherited))
    levels = judge.levels(own, both, BOTH.format(normals=laboratory.size))
    alone = judge.levels(own, against_normal(normal), INHERITED.format(normals=laboratory.size))
    return {gene: alone[gene] if gene in inherited else level for gene, level in levels.items()}


@dataclass(frozen=True, slots=True)
class _Judge:
    panel: CopyPanel
    thresholds: Thresholds

    def levels(self, own: TargetDepths, baseline: Baseline | None, name: str) -> dict[str, Level]:
        ratios = normalise_depths(own, baseline, self.panel.traits, self.thresholds.copy_number_min_sd)
        rows = {gene: self.panel.traits.genes == number for number, gene in enumerate(self.panel.genes)}
        return {gene: _level(is_own, ratios, own, name) for gene, is_own in rows.items()}

    def is_off(self, level: Level) -> bool:
        return level.targets > 0 and abs(level.z) >= self.thresholds.copy_number_z

    def is_of(self, genes: set[str]) -> Flags:
        return np.isin(self.panel.traits.genes, [i for i, gene in enumerate(self.panel.genes) if gene in genes])


def _level(is_own: Flags, ratios: Ratios, own: TargetDepths, baseline: str) -> Level:
    """Return the level of a gene: targets weighted by their precision.

    METHOD: targets of one gene share what the baseline does not know of their place, so the spread between targets
    counts in full for one gene in the mean and is not divided below half by many targets. A gene that lost both copies
    has few molecules for that reason, which is known where its capture is; without a baseline it may as well be ill
    captured.
    """
    rows = np.flatnonzero(is_own & ratios.is_used)
    molecules, depth = int(own.molecules[is_own].sum()), float(own.mean[is_own].mean())
    if not len(rows):
        return Level(0.0, math.inf, 0, molecules, depth, baseline)
    weight = 1.0 / (ratios.variance[rows] + ratios.spread[rows] ** 2)
    spread = float(np.average(ratios.spread[rows], weights=weight))
    log2 = float(np.average(ratios.log2[rows], weights=weight))
    return Level(
        log2=log2,
        error=max(math.sqrt(1.0 / float(weight.sum())), spread / 2.0),
        targets=len(rows),
        molecules=molecules,
        usual_depth=depth if baseline == OWN_TARGETS else depth * 2.0 ** max(-log2, 0.0),
        baseline=baseline,
    )
