"""Tumour fraction of a specimen from the alleles that all tumour cells carry, whatever copies the cells have lost.

A mutation with m copies, and o copies of the other allele, in tumour cells that make up the share t of the DNA's cells
has the fraction `t m / (t (m + o) + 2 (1 - t))`. The copies are not known, so every state is weighed by how usual it
is and by how it fits; inherited heterozygous SNPs of the same gene tell the states apart, where there are any.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import betaln, xlog1py, xlogy

from csfgeno.compartments.fractions import Vector
from csfgeno.vocab.comparison import CopyState

COPIES: Final[Mapping[CopyState, tuple[int, int]]] = {
    CopyState.HETEROZYGOUS: (1, 1),
    CopyState.LOSS_OF_OTHER: (1, 0),
    CopyState.COPY_NEUTRAL_LOH: (2, 0),
    CopyState.GAIN: (2, 1),
    CopyState.OTHER_GAINED: (1, 2),
}
"""Copies of the mutated and of the other allele in a tumour cell."""

ONCOGENE_WEIGHTS: Final = (0.6, 0.05, 0.05, 0.2, 0.1)
SUPPRESSOR_WEIGHTS: Final = (0.25, 0.35, 0.3, 0.05, 0.05)
"""How usual each state of `COPIES` is, in order: oncogenes gain copies, suppressors lose the other one (assumed)."""

SUPPRESSORS: Final = frozenset({"TP53", "RB1", "STK11", "KEAP1", "CDKN2A", "PTEN", "SMARCA4", "NF1", "APC", "ARID1A"})

SUBCLONAL_WEIGHT: Final = 0.2
"""Weight of an allele that only some tumour cells carry, each share of them as likely."""

SNP_CONCENTRATION: Final = 400.0
"""Beta concentration of the fraction of a heterozygous SNP: capture moves it by 2.5% (one SD)."""

_LOW_GRID: Final = np.geomspace(1e-5, 0.05, 160)
_HIGH_GRID: Final = np.linspace(0.05, 1.0, 240)[1:]
GRID: Final = np.concatenate((_LOW_GRID, _HIGH_GRID))
_CELL_WIDTH: Final = np.gradient(GRID)
_SHARES: Final = np.linspace(0.05, 0.95, 10)
"""Shares of tumour cells over which a subclonal allele is averaged."""


@dataclass(frozen=True, slots=True)
class ClonalAllele:
    """Counts of a tumour allele in one specimen, and of inherited heterozygous SNPs of its gene there (alt, depth)."""

    gene: str | None
    alt: int
    depth: int
    error: float = 0.0
    snps: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Estimate:
    """Median and interval of the tumour fraction, and the likeliest state of each allele."""

    fraction: float
    low: float
    high: float
    states: tuple[CopyState, ...]


def estimate(alleles: Sequence[ClonalAllele], level: float) -> Estimate:
    """Return the tumour fraction that explains the alleles, of which at least one is in all tumour cells.

    METHOD: the prior is flat in the fraction. Alleles are weighed over copy states and a subclonal one; that all of
    them are subclonal is left out, because then no fraction could be told.
    """
    by_state = [_state_likelihoods(allele) for allele in alleles]
    clonal = [rows[:-1].sum(axis=0) for rows in by_state]
    subclonal = [rows[-1] for rows in by_state]
    joint = np.prod([c + s for c, s in zip(clonal, subclonal, strict=True)], axis=0) - np.prod(subclonal, axis=0)
    posterior = np.maximum(joint, 0.0) * _CELL_WIDTH
    posterior = posterior / posterior.sum()
    reached = np.cumsum(posterior)
    side = (1.0 - level) / 2.0
    low, middle, high = np.interp((side, 0.5, 1.0 - side), reached, GRID).tolist()
    states = (*COPIES, CopyState.SUBCLONAL)
    likeliest = tuple(states[int(np.argmax((rows * posterior).sum(axis=1)))] for rows in by_state)
    return Estimate(middle, low, high, likeliest)


def upper_bound(alleles: Sequence[ClonalAllele], level: float) -> float:
    """Return the largest tumour fraction that alleles known from other specimens leave open here, one-sided."""
    log_posterior = np.zeros(len(GRID))
    for allele in alleles:
        log_posterior += _log_counts(allele, allele_fraction(GRID, 1, 1))
    posterior = np.exp(log_posterior - log_posterior.max()) * _CELL_WIDTH
    return float(np.interp(level, np.cumsum(posterior / posterior.sum()), GRID))


def allele_fraction(tumour: Vector, mutated: float, other: float) -> Vector:
    """Return the fraction of an allele with so many copies of itself and of the other one in tumour cells.

    One copy of the other allele in each normal cell's pair is wild type, and so is the second: 2 (1 - t) copies.
    """
    return np.asarray(tumour * mutated / (tumour * (mutated + other) + 2.0 * (1.0 - tumour)))


def _state_likelihoods(allele: ClonalAllele) -> Vector:
    """Return weight times likelihood of each copy state, and at last of a subclone, shape (states + 1, grid)."""
    weights = SUPPRESSOR_WEIGHTS if allele.gene in SUPPRESSORS else ONCOGENE_WEIGHTS
    log_rows = [
        np.log((1.0 - SUBCLONAL_WEIGHT) * weight)
        + _log_counts(allele, allele_fraction(GRID, *copies))
        + _log_snps(allele, *copies)
        for weight, copies in zip(weights, COPIES.values(), strict=True)
    ]
    parts = [_log_counts(allele, allele_fraction(GRID, 1, 1) * share) for share in _SHARES]
    subclonal = np.log(SUBCLONAL_WEIGHT) + np.logaddexp.reduce(parts, axis=0) - np.log(len(_SHARES))
    log_all = np.stack([*log_rows, subclonal + _log_snps(allele, 1, 1)])
    return np.asarray(np.exp(log_all - log_all.max()))


def _log_counts(allele: ClonalAllele, p: Vector) -> Vector:
    shown = np.clip(p + (1.0 - p) * allele.error, 1e-12, 1.0 - 1e-12)
    return np.asarray(xlogy(allele.alt, shown) + xlog1py(allele.depth - allele.alt, -shown))


def _log_snps(allele: ClonalAllele, mutated: int, other: int) -> Vector:
    """Return how SNPs of the gene fit a copy state; the SNP may lie on the mutated copy or on the other one."""
    total = np.zeros(len(GRID))
    for alt, depth in allele.snps:
        on_mutated, on_other = (
            _log_beta_binomial(alt, depth, snp_fraction(GRID, *copies))
            for copies in ((mutated, other), (other, mutated))
        )
        total += np.logaddexp(on_mutated, on_other) - np.log(2.0)
    return total


def snp_fraction(tumour: Vector, own: float, other: float) -> Vector:
    """Return the fraction of an inherited heterozygous allele with so many copies in tumour cells."""
    return np.asarray((tumour * own + 1.0 - tumour) / (tumour * (own + other) + 2.0 * (1.0 - tumour)))


def _log_beta_binomial(alt: int, depth: int, p: Vector) -> Vector:
    a, b = SNP_CONCENTRATION * np.clip(p, 1e-3, 1 - 1e-3), SNP_CONCENTRATION * np.clip(1.0 - p, 1e-3, 1 - 1e-3)
    return np.asarray(betaln(alt + a, depth - alt + b) - betaln(a, b))
