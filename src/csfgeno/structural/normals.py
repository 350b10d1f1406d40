"""Panels of normals of target depth and of junctions: what each normal shows, and what they show together."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import digamma, polygamma

from csfgeno.errormodel.counts import BackgroundCounts
from csfgeno.errormodel.panels import (
    JUNCTION_DTYPE,
    DepthPanel,
    NormalJunction,
    NormalStructure,
    TargetList,
)
from csfgeno.genome.contigs import rename_contig
from csfgeno.genome.sequence import SequenceSource
from csfgeno.records import Breakpoint, Interval, Target
from csfgeno.structural.depth import (
    MAD_TO_SD,
    Vector,
    counting_variance,
    depths_of,
    gc_shares,
    huber_weights,
    log2_depth,
    regress,
    traits_of,
)
from csfgeno.structural.junctions import Junction, label_runs, plain_side
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import ContigStyle, Side

CENTRE_ROUNDS: Final = 30
SMALLEST_SD: Final = 0.01
"""Least spread between normals, log2: no two preparations are more alike than 1%."""

LEAST_PART: Final = 1e-5
"""A squared deviation counts for at least this part of the usual one, so that its logarithm stays within reason."""

MAX_PRIOR_NORMALS: Final = 1_000.0
"""Most that all targets together weigh against the normals of one, where targets do not differ."""


def describe_normal(
    targets: Sequence[Target], counts: BackgroundCounts, junctions: Sequence[Junction], sequence: SequenceSource
) -> NormalStructure:
    """Return what is kept of a normal: the depth of its targets, and its junctions whatever genes they join."""
    plain = [_plain(target.interval) for target in targets]
    by_place = counts.depth.sum(axis=1)
    contigs = sorted({_name(side.contig) for own in junctions for side in (own.first, own.second)})
    return NormalStructure(
        targets=TargetList(tuple(plain), tuple(target.gene for target in targets)),
        gc=gc_shares([target.interval for target in targets], sequence),
        depth=np.array([_mean_depth(own, counts, by_place) for own in plain], np.float64),
        contigs=tuple(contigs),
        junctions=_table(junctions, {name: row for row, name in enumerate(contigs)}),
    )


def _mean_depth(target: Interval, counts: BackgroundCounts, by_place: npt.NDArray[np.int64]) -> float:
    row = counts.places.row(target.contig, target.start)
    return 0.0 if row is None else float(by_place[row : row + len(target)].mean())


def _table(junctions: Sequence[Junction], rows: dict[str, int]) -> npt.NDArray[np.void]:
    told = []
    for own in junctions:
        sides = sorted((plain_side(own.first), plain_side(own.second)))
        contigs, places = (rows[side.contig] for side in sides), (side.pos for side in sides)
        keeps_right = (side.keeps is Side.RIGHT for side in sides)
        told.append((tuple(contigs), tuple(places), tuple(keeps_right), len(own.molecules)))
    return np.array(sorted(told), JUNCTION_DTYPE)


def _name(contig: str) -> str:
    return rename_contig(contig, ContigStyle.PLAIN)


def _plain(interval: Interval) -> Interval:
    return Interval(_name(interval.contig), interval.start, interval.end)


# ------------------------------------------------------------------------------------------- depth


def fit_depths(normals: Sequence[NormalStructure], thresholds: Thresholds) -> DepthPanel | None:
    """Return the panel of depth of normals of the same targets, `None` if they are fewer than `depth_min_normals`.

    One normal alone is no panel: what of its depth is the assay's and what its own cannot be told.
    """
    if len(normals) < thresholds.depth_min_normals:
        return None
    log2, counting = (np.stack(part) for part in zip(*(_levels(own) for own in normals), strict=True))
    seen = ~np.isnan(log2)
    usual = usual_spread(log2, counting)
    centre = robust_centre(log2, usual**2 + counting)
    spread = shrink_spreads(log2 - centre, counting, usual)
    weight = _weights(log2 - centre, spread**2 + counting)
    total = weight.sum(axis=0)
    return DepthPanel(
        targets=normals[0].targets,
        size=len(normals),
        normals=seen.sum(axis=0),
        centre=np.where(total > 0, centre, 0.0),
        error=np.sqrt(np.divide(1.0, total, out=np.zeros_like(total), where=total > 0)),
        spread=spread,
    )


def _levels(normal: NormalStructure) -> tuple[Vector, Vector]:
    """Return log2 depth of each target as a call takes it, NaN without molecules, and its variance from counting."""
    own = depths_of(normal.depth, [len(target) for target in normal.targets.intervals])
    traits = traits_of(normal.targets.intervals, normal.targets.genes, normal.gc)
    is_used = (own.mean > 0) & traits.is_autosomal
    level = np.where(is_used, regress(log2_depth(own), is_used, traits), np.nan)
    return level, counting_variance(own.molecules)


def usual_spread(log2: Vector, counting: Vector) -> float:
    """Return the SD of a target between normals beyond counting, the same for all targets.

    Parameters
    ----------
    log2, counting
        Log2 depth, NaN where there is none, and its variance from counting, shape (normal, target).
    """
    number = (~np.isnan(log2)).sum(axis=0)
    shared = number > 1
    if not shared.any():
        return SMALLEST_SD
    # METHOD: distances from the mean of n are short by (n - 1) / n in square; the median over all targets heeds neither
    # the few that vary nor the few normals with a change of their own.
    values, n = log2[:, shared], number[shared]
    away = (values - np.nansum(values, axis=0) / n) * np.sqrt(n / (n - 1))
    seen = ~np.isnan(away)
    total = MAD_TO_SD * float(np.median(np.abs(away[seen])))
    return float(np.sqrt(max(total**2 - float(np.median(counting[:, shared][seen])), SMALLEST_SD**2)))


def robust_centre(log2: Vector, variance: Vector) -> Vector:
    """Return where normals lie at each target, shape (target,), NaN where none does.

    METHOD: Huber's estimate of location (doi:10.1214/aoms/1177703732), each normal weighted by its precision. Its scale
    is that of all targets and not of the few normals at one, so that of three normals one with an inherited change is
    told from two without.

    Parameters
    ----------
    log2, variance
        Log2 depth, NaN where there is none, and its variance, shape (normal, target).
    """
    centre = _median(log2)
    for _ in range(CENTRE_ROUNDS):
        weight = _weights(log2 - centre, variance)
        total = weight.sum(axis=0)
        moved = np.nansum(weight * log2, axis=0)
        centre = np.divide(moved, total, out=np.full(len(total), np.nan), where=total > 0)
    return centre


def shrink_spreads(away: Vector, counting: Vector, usual: float) -> Vector:
    """Return the SD of each target between normals beyond counting, shrunk to that of all targets, shape (target,).

    METHOD: with d = n - 1 and q the mean square of the distances from the centre over that expected at the usual
    spread, q is taken as (d0 q0 + d q) / (d0 + d). d0 and q0 follow from the mean and variance of log q over targets,
    as moderated variances of linear models do (Smyth 2004, doi:10.2202/1544-6115.1027, section 6.2). Squares are not
    cut, so that a target which varies does not pass for a quiet one.

    Parameters
    ----------
    away, counting
        Distances from the centre, NaN where there is none, and their variance from counting, shape (normal, target).
    usual
        Spread of all targets.
    """
    seen = ~np.isnan(away)
    freedom = np.maximum(seen.sum(axis=0) - 1.0, 0.0)
    counted = np.where(seen, counting, 0.0).sum(axis=0) / np.maximum(seen.sum(axis=0), 1)
    expected = usual**2 + counted
    ratio = np.divide(np.nansum(away**2, axis=0), freedom, out=np.ones(len(freedom)), where=freedom > 0) / expected
    told = freedom > 0
    if told.sum() < 2:
        return np.full(len(freedom), usual)
    prior, scale = spread_of_spreads(ratio[told], freedom[told])
    moderated = (prior * scale + freedom * ratio) / (prior + freedom)
    return np.asarray(np.sqrt(np.maximum(moderated * expected - counted, SMALLEST_SD**2)))


def spread_of_spreads(ratio: Vector, freedom: Vector) -> tuple[float, float]:
    """Return how many degrees of freedom the common ratio weighs, and that ratio: d0 and q0 of `shrink_spreads`."""
    log_ratio = np.log(np.maximum(ratio, LEAST_PART * float(np.median(ratio))))
    unbiased = log_ratio - digamma(freedom / 2) + np.log(freedom / 2)
    mean = float(unbiased.mean())
    beyond = float(unbiased.var(ddof=1) - polygamma(1, freedom / 2).mean())
    if beyond <= float(polygamma(1, MAX_PRIOR_NORMALS / 2)):
        return MAX_PRIOR_NORMALS, float(np.exp(mean))
    half = float(brentq(lambda x: float(polygamma(1, x)) - beyond, 1e-3, MAX_PRIOR_NORMALS / 2))
    return 2 * half, float(np.exp(mean + digamma(half) - np.log(half)))


def _median(log2: Vector) -> Vector:
    """Return the median of the normals that show a target, NaN where none does."""
    told = (own[~np.isnan(own)] for own in log2.T)
    return np.array([np.median(own) if len(own) else np.nan for own in told])


def _weights(away: Vector, variance: Vector) -> Vector:
    """Return Huber's weights over variances, 0 where there is no value."""
    return np.where(np.isnan(away), 0.0, huber_weights(np.nan_to_num(away) / np.sqrt(variance)) / variance)


# --------------------------------------------------------------------------------------- junctions


def join_junctions(normals: Sequence[NormalStructure], thresholds: Thresholds) -> tuple[NormalJunction, ...]:
    """Return the junctions that at least `junction_min_normals` normals show, sorted.

    METHOD: junctions whose places differ by at most `breakpoint_tolerance_bp` from a neighbour's are one, as within a
    specimen; the spelling of most normals is kept, of the lower places at a tie.
    """
    contigs = sorted({name for normal in normals for name in normal.contigs})
    rows = np.concatenate([np.zeros(0, JUNCTION_DTYPE), *(_renumbered(normal, contigs) for normal in normals)])
    owner = np.repeat(np.arange(len(normals)), [len(normal.junctions) for normal in normals])
    if not len(rows):
        return ()
    label = _events(rows, thresholds.breakpoint_tolerance_bp)
    order = np.argsort(label, kind="stable")
    events = np.split(order, np.flatnonzero(np.diff(label[order])) + 1)
    joined = (_joined(rows[own], owner[own], contigs) for own in events)
    return tuple(sorted(event for event in joined if event.normals >= thresholds.junction_min_normals))


def _renumbered(normal: NormalStructure, contigs: Sequence[str]) -> npt.NDArray[np.void]:
    table = normal.junctions.copy()
    numbers = np.array([contigs.index(name) for name in normal.contigs], np.int32)
    table["contig"] = numbers[table["contig"]] if len(table) else table["contig"]
    return table


def _events(rows: npt.NDArray[np.void], tolerance_bp: int) -> npt.NDArray[np.int64]:
    """Return the number of the event of each junction."""
    kind = np.concatenate([rows["contig"].T, rows["keeps_right"].T]).astype(np.int64)
    first, second = rows["pos"].astype(np.int64).T
    label = np.zeros(len(rows), np.int64)
    order = np.lexsort((second, first, *kind))
    label[order] = label_runs(kind[:, order], first[order], tolerance_bp)
    order = np.lexsort((second, label))
    label[order] = label_runs(label[order][None, :], second[order], tolerance_bp)
    return label


def _joined(rows: npt.NDArray[np.void], owner: npt.NDArray[np.int64], contigs: Sequence[str]) -> NormalJunction:
    spelled, votes = np.unique(rows["pos"], axis=0, return_counts=True)
    sides = zip(rows["contig"][0], spelled[np.argmax(votes)], rows["keeps_right"][0], strict=True)
    first, second = (Breakpoint(contigs[c], int(pos), Side.RIGHT if right else Side.LEFT) for c, pos, right in sides)
    return NormalJunction(first, second, len(np.unique(owner)), int(rows["molecules"].sum()))
