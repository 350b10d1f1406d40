"""What the depth of a specimen's targets is compared with: the patient's normal, normals of the laboratory, or both."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from csfgeno.errormodel.panels import DepthPanel
from csfgeno.genome.contigs import rename_contig
from csfgeno.records import Interval
from csfgeno.structural.depth import (
    MAD_TO_SD,
    ROUNDS,
    Baseline,
    Flags,
    TargetDepths,
    TargetTraits,
    Vector,
    counting_variance,
    huber_weights,
    log2_depth,
    regress,
)
from csfgeno.vocab import ContigStyle

SMALLEST_SD: Final = 1e-6


def against_normal(normal: TargetDepths) -> Baseline:
    """Return the patient's normal as what depth is compared with; the specimen tells how far it strays from it."""
    return Baseline(
        log2=log2_depth(normal),
        variance=counting_variance(normal.molecules),
        spread=np.zeros(len(normal.mean)),
        is_known=normal.mean > 0,
    )


def against_panel(panel: DepthPanel, targets: Sequence[Interval], min_normals: int) -> Baseline:
    """Return the laboratory's normals as what depth is compared with.

    METHOD: a target that fewer than `min_normals` of them show is not judged by them.
    """
    rows = {own: row for row, own in enumerate(panel.targets.intervals)}
    found = [rows.get(_plain(target), -1) for target in targets]
    is_known = np.array([row >= 0 and panel.normals[row] >= min_normals for row in found], np.bool_)
    return Baseline(panel.centre[found], panel.error[found] ** 2, panel.spread[found], is_known)


def against_both(
    own: TargetDepths, normal: TargetDepths, panel: Baseline, traits: TargetTraits, is_common: Flags
) -> Baseline:
    """Return the laboratory's normals, moved to where the patient's normal lies as far as the specimen moves with it.

    METHOD: the patient's normal shares the lot of the capture with the specimen, but is one specimen with the noise of
    one; the laboratory's normals have hardly any noise, but other lots. The share of the normal's distance from them
    that the specimen shares, a slope over all targets, weighs both as their variances ask, whatever these are: it is 1
    for a normal without noise and 0 where there are no lots. Any share leaves the ratio unbiased. What is left of the
    spread between normals is at least 1 - share of its variance.

    Parameters
    ----------
    is_common
        Targets that teach the share: those of genes in which the patient's normal is as other normals are.
    """
    is_both = panel.is_known & (normal.mean > 0) & traits.is_autosomal
    away = regress(log2_depth(normal) - panel.log2, is_both, traits)
    specimen = regress(log2_depth(own) - panel.log2, is_both & (own.mean > 0), traits)
    teaches = is_both & (own.mean > 0) & is_common
    share = np.where(is_both, shared_part(specimen[teaches], away[teaches]), 0.0)
    return Baseline(
        log2=panel.log2 + share * away,
        variance=(1.0 - share) ** 2 * panel.variance + share**2 * counting_variance(normal.molecules),
        spread=np.sqrt(1.0 - share) * panel.spread,
        is_known=panel.is_known,
    )


def shared_part(specimen: Vector, normal: Vector) -> float:
    """Return the slope through 0 of a specimen on the normal, both as distances from other normals, from 0 to 1.

    METHOD: Huber weights, as altered genes of the specimen say nothing of the capture.
    """
    slope = 0.0
    for _ in range(ROUNDS if normal.any() else 0):
        residual = specimen - slope * normal
        deviation = max(MAD_TO_SD * float(np.median(np.abs(residual))), SMALLEST_SD)
        weight = huber_weights(residual / deviation)
        slope = float((weight * normal * specimen).sum() / (weight * normal**2).sum())
    return min(max(slope, 0.0), 1.0)


def _plain(interval: Interval) -> Interval:
    return Interval(rename_contig(interval.contig, ContigStyle.PLAIN), interval.start, interval.end)
