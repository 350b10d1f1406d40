"""Depth of molecules to log2 ratios: target by target, free of GC, length and the capture of the assay."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from csfgeno.evidence.specimen import SpecimenEvidence
from csfgeno.genome.sequence import SequenceSource
from csfgeno.records import Target

Vector = npt.NDArray[np.float64]

MOLECULE_BP: Final = 160
"""A molecule of cell-free DNA, about: how many independent ones lie over a target follows from it."""

ROUNDS: Final = 10
HUBER: Final = 1.345
"""Residuals beyond this many deviations weigh less (Huber 1964, doi:10.1214/aoms/1177703732): 95% efficiency."""

MAD_TO_SD: Final = 1.4826


@dataclass(frozen=True, slots=True)
class TargetDepths:
    """Mean depth of each target in molecules, and how many independent molecules that is, shape (targets,)."""

    mean: Vector
    molecules: Vector


@dataclass(frozen=True, slots=True)
class Ratios:
    """Log2 ratio of each target to the bulk of the panel, and its variance from counting, shape (targets,).

    `spread` is the standard deviation between targets beyond counting; `is_used` are the targets with molecules.
    """

    log2: Vector
    counting: Vector
    spread: float
    is_used: npt.NDArray[np.bool_]


def measure_depths(evidence: SpecimenEvidence, targets: Sequence[Target]) -> TargetDepths:
    """Return the depth of every target."""
    mean = np.array([evidence.depth_along(target.interval).mean() for target in targets])
    length = np.array([len(target.interval) for target in targets])
    return TargetDepths(mean, mean * (length + MOLECULE_BP) / MOLECULE_BP)


def normalise_depths(
    own: TargetDepths, baseline: TargetDepths | None, covariates: Vector, genes: npt.NDArray[np.int64], least_sd: float
) -> Ratios:
    """Return the ratios of a specimen.

    METHOD: log2 depth, less that of the baseline where there is one, is regressed on GC, its square and log length by
    iteratively reweighted least squares with Huber weights; what is left is centred on the median of the genes, as
    most genes of a panel are not altered, and a gene of many exons counts once.

    Parameters
    ----------
    baseline
        Depths of the same targets in normal cells, or `None`.
    covariates
        As `describe_targets` gives them, shape (targets, covariates).
    genes
        Number of the gene of each target, shape (targets,).
    """
    is_used = own.mean > 0
    counting = _counting(own.molecules)
    log2 = np.log2(np.maximum(own.mean, 1e-9))
    if baseline is not None:
        is_used = is_used & (baseline.mean > 0)
        log2 = log2 - np.log2(np.maximum(baseline.mean, 1e-9))
        counting = counting + _counting(baseline.molecules)
    residual = np.zeros(len(log2))
    if is_used.sum() > covariates.shape[1] + 1:
        fitted = _fit(log2[is_used], covariates[is_used])
        residual[is_used] = log2[is_used] - fitted
    else:
        residual[is_used] = log2[is_used]
    residual[is_used] -= _bulk(residual[is_used], genes[is_used])
    return Ratios(residual, counting, _spread(residual[is_used], counting[is_used], least_sd), is_used)


def describe_targets(targets: Sequence[Target], sequence: SequenceSource) -> Vector:
    """Return GC share, its square and log2 length of each target, centred, shape (targets, 3)."""
    gc = np.array([_gc(sequence.fetch(t.interval.contig, t.interval.start, t.interval.end)) for t in targets])
    length = np.log2([len(target.interval) for target in targets])
    gc = gc - np.mean(gc)
    return np.stack([gc, gc**2, length - np.mean(length)], axis=1)


def _gc(bases: str) -> float:
    known = sum(bases.count(base) for base in "ACGT")
    return (bases.count("G") + bases.count("C")) / known if known else 0.5


def _counting(molecules: Vector) -> Vector:
    """Return the variance of log2 of a Poisson count."""
    return np.asarray(1.0 / (np.log(2.0) ** 2 * np.maximum(molecules, 0.5)))


def _fit(log2: Vector, covariates: Vector) -> Vector:
    design = np.hstack([np.ones((len(log2), 1)), covariates])
    weight = np.ones(len(log2))
    fitted = np.full(len(log2), np.median(log2))
    for _ in range(ROUNDS):
        root = np.sqrt(weight)[:, None]
        coefficients = np.linalg.lstsq(design * root, log2 * root[:, 0], rcond=None)[0]
        fitted = design @ coefficients
        residual = log2 - fitted
        deviation = max(MAD_TO_SD * float(np.median(np.abs(residual))), 1e-6)
        weight = np.minimum(1.0, HUBER * deviation / np.maximum(np.abs(residual), 1e-12))
    return np.asarray(fitted)


def _bulk(residual: Vector, genes: npt.NDArray[np.int64]) -> float:
    return float(np.median([np.median(residual[genes == gene]) for gene in np.unique(genes)])) if len(genes) else 0.0


def _spread(residual: Vector, counting: Vector, least_sd: float) -> float:
    """Return the deviation between targets beyond counting.

    METHOD: median of absolute residuals over all targets; altered genes are few, so it is that of the unaltered ones.
    """
    if not len(residual):
        return least_sd
    total = MAD_TO_SD * float(np.median(np.abs(residual)))
    return float(np.sqrt(max(total**2 - float(np.median(counting)), least_sd**2)))
