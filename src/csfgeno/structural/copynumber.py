"""Copy number of each gene: how far its depth is from the bulk of the panel, and what that means in tumour cells."""

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from scipy.optimize import brentq
from scipy.stats import norm

from csfgeno.errormodel.panels import DepthPanel
from csfgeno.evidence.specimen import SpecimenEvidence
from csfgeno.records import CopyNumber
from csfgeno.structural.depth import measure_depths
from csfgeno.structural.levels import CopyPanel, Level, gene_levels
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import CallState, CopyExtent, SpecimenKind

NORMAL_COPIES: Final = 2.0
TOO_FEW: Final = "too few molecules"
SEX_CHROMOSOME: Final = "on a sex chromosome, of which the copies of a normal cell are not known"
NO_FRACTION: Final = "the tumour fraction is not known"
AMPLIFIED: Final = "amplified"
LOST: Final = "both copies lost"
CHANGED: Final = "a change of depth was seen, but not enough to call an amplification or a deep loss"
NO_POWER: Final = "a change of copy number would not have been found at this tumour fraction"
UNCHANGED: Final = "no amplification or deep loss found"


def state_copy_numbers(
    kind: SpecimenKind,
    evidence: SpecimenEvidence,
    normal: SpecimenEvidence | None,
    panel: CopyPanel,
    tumour_fraction: float | None,
    thresholds: Thresholds,
    laboratory: DepthPanel | None = None,
) -> Iterator[CopyNumber]:
    """Yield the copy number of every gene of the panel.

    Parameters
    ----------
    normal
        Normal cells of the same patient, read with the same assay, `None` without.
    laboratory
        Normals of the laboratory, `None` without.
    """
    own = measure_depths(evidence, panel.targets)
    baseline = measure_depths(normal, panel.targets) if normal is not None else None
    levels = gene_levels(own, baseline, laboratory, panel, thresholds)
    for gene, level in levels.items():
        extent = _extent(gene, levels, panel, thresholds)
        missing = SEX_CHROMOSOME if gene in panel.sex_genes else TOO_FEW
        yield state_level(gene, kind, level, extent, missing, tumour_fraction, thresholds)


def copies_of(log2: float, tumour_fraction: float) -> float:
    """Return copies per tumour cell behind a log2 ratio; not below 0.

    METHOD: 2^L = (f c + 2 (1 - f)) / 2 with normal cells at two copies and the bulk of the tumour's genome too.
    """
    ratio = math.exp2(log2)
    return max(NORMAL_COPIES * (ratio - (1.0 - tumour_fraction)) / tumour_fraction, 0.0)


def log2_of(copies: float, tumour_fraction: float) -> float:
    """Return the log2 ratio of copies per tumour cell, minus infinity for nothing at all."""
    ratio = (tumour_fraction * copies + NORMAL_COPIES * (1.0 - tumour_fraction)) / NORMAL_COPIES
    return math.log2(ratio) if ratio > 0 else -math.inf


def amplification_limit(level: Level, tumour_fraction: float, thresholds: Thresholds) -> float:
    """Return the copies that would have been called amplified with probability `lod_power`.

    METHOD: the estimate is normal on the log2 scale, so both conditions of the call shift by the quantile of the power.
    """
    side, power = _quantiles(thresholds)
    by_z = (thresholds.copy_number_z + power) * level.error
    by_copies = log2_of(thresholds.amplification_copies, tumour_fraction) + (side + power) * level.error
    return copies_of(max(by_z, by_copies), tumour_fraction)


def amplification_limit_fraction(level: Level, thresholds: Thresholds) -> float | None:
    """Return the smallest tumour fraction at which `amplification_max_limit_copies` would have been called."""
    most = thresholds.amplification_max_limit_copies

    def excess(fraction: float) -> float:
        return most - amplification_limit(level, fraction, thresholds)

    return _smallest_fraction(excess)


def loss_limit(level: Level, thresholds: Thresholds) -> float | None:
    """Return the smallest tumour fraction at which the loss of both copies would have been called, `None` if none."""
    side, power = _quantiles(thresholds)

    def excess(fraction: float) -> float:
        by_z = -(thresholds.copy_number_z + power) * level.error
        by_copies = log2_of(thresholds.deep_loss_copies, fraction) - (side + power) * level.error
        return min(by_z, by_copies) - log2_of(0.0, fraction)

    return _smallest_fraction(excess)


def _smallest_fraction(excess: Callable[[float], float]) -> float | None:
    """Return where a rising function of the tumour fraction becomes positive, `None` if nowhere."""
    low, high = 1e-3, 1.0 - 1e-6
    if excess(high) < 0:
        return None
    return float(brentq(excess, low, high)) if excess(low) < 0 else low


def _quantiles(thresholds: Thresholds) -> tuple[float, float]:
    return float(norm.ppf((1.0 + thresholds.interval_level) / 2.0)), float(norm.ppf(thresholds.lod_power))


def _extent(gene: str, levels: Mapping[str, Level], panel: CopyPanel, thresholds: Thresholds) -> CopyExtent:
    """Return whether other genes of the arm share the change.

    METHOD: a neighbour shares it if it has at least half of the log2 ratio, in the same direction; with one that does
    not the change is focal.
    """
    own = levels[gene]
    near = [g for g, arm in panel.arms.items() if g != gene and arm == panel.arms[gene] and levels[g].targets]
    if abs(own.z) < thresholds.copy_number_z or not near:
        return CopyExtent.UNKNOWN
    return CopyExtent.ARM if all(levels[g].log2 / own.log2 >= 0.5 for g in near) else CopyExtent.FOCAL


def state_level(
    gene: str,
    kind: SpecimenKind,
    level: Level,
    extent: CopyExtent,
    missing: str,
    tumour_fraction: float | None,
    thresholds: Thresholds,
) -> CopyNumber:
    """Return what the level of a gene means at a tumour fraction; `missing` is the reason if it was not measured."""
    side, _ = _quantiles(thresholds)
    low, high = level.log2 - side * level.error, level.log2 + side * level.error
    is_measured = level.usual_depth >= thresholds.copy_number_min_molecules and level.targets > 0
    fraction = tumour_fraction if tumour_fraction else None
    limits = (
        amplification_limit(level, fraction, thresholds) if is_measured and fraction else None,
        loss_limit(level, thresholds) if is_measured else None,
    )
    # METHOD: with an unknown tumour fraction a ratio is what a pure tumour would show; any admixture means more.
    bounds = [copies_of(value, fraction or 1.0) for value in (low, level.log2, high)]
    amplification, deep_loss = _judge(level, bounds, fraction, limits, thresholds)
    states = (amplification, deep_loss) if is_measured else (CallState.NOT_ASSESSABLE,) * 2
    return CopyNumber(
        gene=gene,
        specimen=kind,
        amplification=states[0],
        deep_loss=states[1],
        targets=level.targets,
        molecules=level.molecules,
        log2_ratio=level.log2 if is_measured else None,
        log2_low=low if is_measured else None,
        log2_high=high if is_measured else None,
        z=level.z if is_measured else None,
        log_likelihood_ratio=level.z**2 / 2 if is_measured else None,
        tumour_fraction=fraction,
        copies=bounds[1] if is_measured and fraction else None,
        copies_low=bounds[0] if is_measured and fraction else None,
        copies_high=bounds[2] if is_measured and fraction else None,
        extent=extent,
        amplification_limit_copies=limits[0],
        amplification_limit_tumour_fraction=amplification_limit_fraction(level, thresholds) if is_measured else None,
        loss_limit_tumour_fraction=limits[1],
        baseline=level.baseline,
        reason=_reason(states, has_fraction=fraction is not None) if is_measured else missing,
    )


def _judge(
    level: Level,
    bounds: list[float],
    fraction: float | None,
    limits: tuple[float | None, float | None],
    thresholds: Thresholds,
) -> tuple[CallState, CallState]:
    """Return the state of amplification and of deep loss of a gene that was measured."""
    is_gain, is_loss = level.z >= thresholds.copy_number_z, level.z <= -thresholds.copy_number_z
    has_copies = bounds[0] >= thresholds.amplification_copies
    has_none = bounds[2] <= thresholds.deep_loss_copies
    sees_gain = limits[0] is not None and limits[0] <= thresholds.amplification_max_limit_copies
    sees_loss = limits[1] is not None and fraction is not None and limits[1] <= fraction
    return (
        _one_state(is_change=is_gain, is_called=has_copies, has_power=sees_gain),
        _one_state(is_change=is_loss, is_called=has_none, has_power=sees_loss),
    )


def _one_state(*, is_change: bool, is_called: bool, has_power: bool) -> CallState:
    if is_change:
        return CallState.DETECTED if is_called else CallState.INDETERMINATE
    return CallState.NOT_DETECTED if has_power else CallState.NOT_ASSESSABLE


def _reason(states: tuple[CallState, ...], *, has_fraction: bool) -> str:
    if states[0] is CallState.DETECTED:
        return AMPLIFIED
    if states[1] is CallState.DETECTED:
        return LOST
    if CallState.INDETERMINATE in states:
        return CHANGED
    if not has_fraction:
        return NO_FRACTION
    return NO_POWER if CallState.NOT_ASSESSABLE in states else UNCHANGED
