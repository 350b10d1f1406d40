"""Unique molecules over targets and over the panel."""

import numpy as np
import numpy.typing as npt

from csfgeno.evidence.specimen import SpecimenEvidence
from csfgeno.records import Panel, PanelDepth, Target, TargetDepth
from csfgeno.thresholds import Thresholds

Depth = npt.NDArray[np.int64]


def measure_depth(
    evidence: SpecimenEvidence, panel: Panel, thresholds: Thresholds
) -> tuple[tuple[TargetDepth, ...], PanelDepth]:
    """Return the molecules over each target, in the order of the panel, and over the panel as a whole."""
    along = [evidence.depth_along(target.interval) for target in panel.targets]
    targets = tuple(_over_target(target, depth) for target, depth in zip(panel.targets, along, strict=True))
    return targets, _over_panel(along, thresholds)


def _over_target(target: Target, depth: Depth) -> TargetDepth:
    return TargetDepth(target.name, target.gene, float(np.median(depth)), int(depth.min()))


def _over_panel(along: list[Depth], thresholds: Thresholds) -> PanelDepth:
    depth = np.concatenate([np.zeros(0, np.int64), *along])
    mean = float(depth.mean()) if len(depth) else 0.0
    return PanelDepth(
        mean_depth=mean,
        bases=len(depth),
        even_bases=int(np.sum(depth >= thresholds.evenness_depth_share * mean)),
    )
