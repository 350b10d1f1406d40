"""Depth of molecules to log2 ratios: target by target, free of GC, length and the capture of the assay."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from csfgeno.evidence.specimen import SpecimenEvidence
from csfgeno.genome.contigs import rename_contig
from csfgeno.genome.sequence import SequenceSource
from csfgeno.records import Interval, Target
from csfgeno.vocab import ContigStyle

Vector = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

MOLECULE_BP: Final = 160
"""A molecule of cell-free DNA, about: how many independent ones lie over a target follows from it."""

ROUNDS: Final = 10
HUBER: Final = 1.345
"""Residuals beyond this many deviations weigh less (Huber 1964, doi:10.1214/aoms/1177703732): 95% efficiency."""

MAD_TO_SD: Final = 1.4826

SEX_CONTIGS: Final = frozenset({"X", "Y"})


@dataclass(frozen=True, slots=True)
class TargetDepths:
    """Mean depth of each target in molecules, and how many independent molecules that is, shape (targets,)."""

    mean: Vector
    molecules: Vector


@dataclass(frozen=True, slots=True)
class TargetTraits:
    """What is known of each target before a molecule is seen.

    Attributes
    ----------
    covariates
        GC share, its square and log2 length, centred, shape (targets, 3).
    genes
        Number of the gene, shape (targets,).
    is_autosomal
        Whether a normal cell has two copies, shape (targets,).
    """

    covariates: Vector
    genes: npt.NDArray[np.int64]
    is_autosomal: Flags


@dataclass(frozen=True, slots=True)
class Baseline:
    """What the depth of each target is compared with, shape (targets,).

    Attributes
    ----------
    log2
        Log2 depth that is expected, up to a constant that all targets share.
    variance
        Its own variance: molecules that were counted, normals that were few.
    spread
        SD by which a specimen strays from it beyond counting, 0 where only the specimen itself can tell.
    is_known
        Whether there is one.
    """

    log2: Vector
    variance: Vector
    spread: Vector
    is_known: Flags


@dataclass(frozen=True, slots=True)
class Ratios:
    """Log2 ratio of each target to the bulk of the panel, shape (targets,).

    `variance` is that of counting and of the baseline, `spread` the standard deviation beyond it; `is_used` are the
    targets with molecules.
    """

    log2: Vector
    variance: Vector
    spread: Vector
    is_used: Flags


def measure_depths(evidence: SpecimenEvidence, targets: Sequence[Target]) -> TargetDepths:
    """Return the depth of every target."""
    mean = [evidence.depth_along(target.interval).mean() for target in targets]
    return depths_of(np.array(mean), [len(target.interval) for target in targets])


def depths_of(mean: Vector, lengths: Sequence[int]) -> TargetDepths:
    """Return the depths of targets whose mean depth is known."""
    return TargetDepths(mean, mean * (np.array(lengths) + MOLECULE_BP) / MOLECULE_BP)


def describe_targets(targets: Sequence[Target], sequence: SequenceSource) -> TargetTraits:
    """Return the traits of targets."""
    intervals = [target.interval for target in targets]
    return traits_of(intervals, [target.gene for target in targets], gc_shares(intervals, sequence))


def gc_shares(intervals: Iterable[Interval], sequence: SequenceSource) -> Vector:
    """Return the share of G and C among the known bases of each interval, one half where none is known."""
    return np.array([_gc(sequence.fetch(own.contig, own.start, own.end)) for own in intervals], np.float64)


def traits_of(intervals: Sequence[Interval], genes: Sequence[str], gc: Vector) -> TargetTraits:
    """Return the traits of targets whose share of G and C is known; genes are numbered as they come."""
    numbers = {gene: number for number, gene in enumerate(dict.fromkeys(genes))}
    length = np.log2([len(own) for own in intervals])
    centred = gc - np.mean(gc)
    return TargetTraits(
        covariates=np.stack([centred, centred**2, length - np.mean(length)], axis=1),
        genes=np.array([numbers[gene] for gene in genes], np.int64),
        is_autosomal=np.array([is_autosomal(own) for own in intervals], np.bool_),
    )


def is_autosomal(interval: Interval) -> bool:
    """Return whether an interval lies on no sex chromosome."""
    return rename_contig(interval.contig, ContigStyle.PLAIN) not in SEX_CONTIGS


def normalise_depths(own: TargetDepths, baseline: Baseline | None, traits: TargetTraits, least_sd: float) -> Ratios:
    """Return the ratios of a specimen.

    METHOD: log2 depth, less that of the baseline where there is one, is regressed on GC, its square and log length by
    iteratively reweighted least squares with Huber weights; what is left is centred on the median of the genes, as
    most genes of a panel are not altered, and a gene of many exons counts once. Targets on sex chromosomes are left
    out: how many copies a normal cell has of them is not known.

    Parameters
    ----------
    baseline
        What the same targets are compared with, or `None`: with each other.
    least_sd
        Least spread of a target.
    """
    is_used = (own.mean > 0) & traits.is_autosomal
    variance = counting_variance(own.molecules)
    log2 = log2_depth(own)
    if baseline is not None:
        is_used = is_used & baseline.is_known
        log2 = log2 - baseline.log2
        variance = variance + baseline.variance
    residual = regress(log2, is_used, traits)
    known = np.zeros(len(log2)) if baseline is None else baseline.spread
    return Ratios(residual, variance, _spread(residual, variance, known, is_used, least_sd), is_used)


def regress(log2: Vector, is_used: Flags, traits: TargetTraits) -> Vector:
    """Return what GC and length leave of log2 depth, centred on the median of the genes; 0 where not used."""
    residual = np.zeros(len(log2))
    residual[is_used] = log2[is_used]
    if is_used.sum() > traits.covariates.shape[1] + 1:
        residual[is_used] -= _fit(log2[is_used], traits.covariates[is_used])
    return centre(residual, is_used, traits)


def centre(residual: Vector, is_used: Flags, traits: TargetTraits) -> Vector:
    """Return residuals less the median of the genes' medians; 0 where not used."""
    return np.where(is_used, residual - _bulk(residual[is_used], traits.genes[is_used]), 0.0)


def log2_depth(depths: TargetDepths) -> Vector:
    """Return log2 of the mean depth; far below any where there is none."""
    return np.asarray(np.log2(np.maximum(depths.mean, 1e-9)))


def counting_variance(molecules: Vector) -> Vector:
    """Return the variance of log2 of a Poisson count."""
    return np.asarray(1.0 / (np.log(2.0) ** 2 * np.maximum(molecules, 0.5)))


def huber_weights(standardised: Vector) -> Vector:
    """Return the weight of residuals that are measured in deviations."""
    return np.asarray(np.minimum(1.0, HUBER / np.maximum(np.abs(standardised), 1e-12)))


def _gc(bases: str) -> float:
    known = sum(bases.count(base) for base in "ACGT")
    return (bases.count("G") + bases.count("C")) / known if known else 0.5


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
        weight = huber_weights(residual / deviation)
    return np.asarray(fitted)


def _bulk(residual: Vector, genes: npt.NDArray[np.int64]) -> float:
    return float(np.median([np.median(residual[genes == gene]) for gene in np.unique(genes)])) if len(genes) else 0.0


def _spread(residual: Vector, variance: Vector, known: Vector, is_used: Flags, least_sd: float) -> Vector:
    """Return the deviation of each target beyond what its variance explains.

    METHOD: median of absolute residuals over all targets; altered genes are few, so it is that of the unaltered ones.
    Where normals tell how far each target strays, a specimen that strays more than they do is believed for all its
    targets alike, one that strays less is not.
    """
    least = np.maximum(known, least_sd)
    if not is_used.any():
        return least
    if not known.any():
        total = MAD_TO_SD * float(np.median(np.abs(residual[is_used])))
        return np.full(len(known), np.sqrt(max(total**2 - float(np.median(variance[is_used])), least_sd**2)))
    expected = least**2 + variance
    excess = max(MAD_TO_SD * float(np.median(np.abs(residual[is_used]) / np.sqrt(expected[is_used]))), 1.0)
    return np.asarray(np.sqrt(excess**2 * expected - variance))
