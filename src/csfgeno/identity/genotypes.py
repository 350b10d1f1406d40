"""Genotype likelihoods that survive tumours: copies lost or gained, and a little of another person's DNA."""

from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import betaln, gammaln

from csfgeno.identity.sites import SiteCounts
from csfgeno.vocab import SpecimenKind

Vector = npt.NDArray[np.float64]

BALANCE: Final = 60.0
"""Beta concentration of a heterozygote without tumour copies: capture and mapping move it by 6% (one SD)."""

SHIFTED: Final = {
    SpecimenKind.CSF: 0.5,
    SpecimenKind.PLASMA: 0.15,
    SpecimenKind.TISSUE: 0.5,
    SpecimenKind.NORMAL: 0.02,
}
"""Share of heterozygotes that tumour copies have moved to any fraction, by specimen (assumed)."""

TUMOUR_SHARES: Final = np.array([0.0, 0.05, 0.15, 0.3, 0.5, 0.7, 0.8, 0.87, 0.92, 0.96, 0.985, 1.0])
"""Shares of tumour DNA that are weighed when specimens are compared."""

SHARE_WEIGHTS: Final = {
    SpecimenKind.CSF: np.full(12, 1.0 / 12),
    SpecimenKind.PLASMA: np.array([0.3, 0.3, 0.2, 0.1, 0.04, 0.02, 0.01, 0.01, 0.005, 0.005, 0.005, 0.005]),
    SpecimenKind.TISSUE: np.array([0.05, 0.1, 0.15, 0.2, 0.2, 0.1, 0.08, 0.04, 0.03, 0.02, 0.02, 0.01]),
    SpecimenKind.NORMAL: np.array([1.0] + [0.0] * 11),
}
"""How usual each share is, by specimen (assumed)."""

COPY_WEIGHTS: Final = {
    (1, 1): 0.5,
    (1, 0): 0.12,
    (0, 1): 0.12,
    (2, 0): 0.08,
    (0, 2): 0.08,
    (2, 1): 0.05,
    (1, 2): 0.05,
}
"""How usual copies of ALT and REF are in tumour cells at a heterozygous site (assumed)."""

_ANYWHERE: Final = 0.02
"""Heterozygotes that none of these states explains: amplification, several clones."""

_EDGE: Final = 0.002
_STRAY: Final = 0.1
_FREQUENCIES: Final = np.linspace(0.1, 0.9, 17)
"""Allele frequencies of a common SNP, each as likely, since the table has none."""


def _hardy_weinberg(frequency: Vector) -> Vector:
    return np.stack([(1 - frequency) ** 2, 2 * frequency * (1 - frequency), frequency**2])


_BY_FREQUENCY: Final = _hardy_weinberg(_FREQUENCIES)

SAME: Final = _BY_FREQUENCY.mean(axis=1)
"""Probability of each genotype of one person: both REF, one, both ALT."""

UNRELATED: Final = np.asarray((_BY_FREQUENCY[:, None, :] * _BY_FREQUENCY[None, :, :]).mean(axis=2))
"""Probability of each two genotypes of two unrelated persons."""

_SEEN_SAME: Final = np.array([0.0, 0.75, 0.25])
_SEEN_OTHER: Final = np.array([[1.0, 0.0, 0.0], [0.6, 0.33, 0.07], [0.25, 0.45, 0.3]])
"""Genotypes of a person in whom an allele was found, and of an unrelated one by that: most alleles are not common."""

SEEN_UNRELATED: Final = np.asarray(_SEEN_SAME[:, None] * _SEEN_OTHER)
SEEN_SAME: Final = _SEEN_SAME


def genotype_likelihoods(kind: SpecimenKind, counts: SiteCounts, drop_out: float) -> Vector:
    """Return the likelihood of the counts under both REF, one of each and both ALT, shape (3,).

    METHOD: a homozygote shows the other allele by errors or, in one of ten, by another person's DNA at a few percent;
    a heterozygote is balanced, or anywhere if tumour copies have moved it. A part of every genotype is `drop_out`,
    which explains anything.
    """
    alt, depth = counts.alt, counts.depth
    hom_ref, hom_alt = (_homozygote(k, depth) for k in (alt, depth - alt))
    own = np.array([hom_ref, _heterozygote(kind, alt, depth), hom_alt])
    return np.asarray((1.0 - drop_out) * own + drop_out * own.mean())


def log_heterozygote(kind: SpecimenKind, alt: int, depth: int) -> float:
    """Return the log likelihood of the counts of a heterozygote."""
    return float(np.log(_heterozygote(kind, alt, depth)))


@lru_cache(maxsize=4096)
def likelihoods_by_tumour(kind: SpecimenKind, counts: SiteCounts, drop_out: float) -> Vector:
    """Return the likelihood of the counts under each genotype by the share of tumour DNA, shape (shares, 3).

    METHOD: copies that a tumour has lost leave a heterozygote at a fraction that its share decides, the same share at
    every site. Many sites that lost an allele wholly are then one finding, a pure tumour, and not many against one
    person.
    """
    alt, depth = counts.alt, counts.depth
    balanced = _beta_binomial(alt, depth, BALANCE / 2.0, BALANCE / 2.0)
    shifted = _by_copies(alt, depth) if kind is not SpecimenKind.NORMAL else np.full(len(TUMOUR_SHARES), balanced)
    heterozygote = (1.0 - _ANYWHERE) * shifted + _ANYWHERE * _beta_binomial(alt, depth, 1.0, 1.0)
    hom_ref, hom_alt = (np.full(len(TUMOUR_SHARES), _homozygote(k, depth)) for k in (alt, depth - alt))
    own = np.stack([hom_ref, heterozygote, hom_alt], axis=1)
    rows: Vector = (1.0 - drop_out) * own + drop_out * own.mean(axis=1, keepdims=True)
    rows.setflags(write=False)
    return rows


def _by_copies(alt: int, depth: int) -> Vector:
    """Return the likelihood of a heterozygote averaged over copy states, by share of tumour DNA."""
    total = np.zeros(len(TUMOUR_SHARES))
    for (own, other), weight in COPY_WEIGHTS.items():
        t = TUMOUR_SHARES
        middle = np.clip((t * own + 1.0 - t) / (t * (own + other) + 2.0 * (1.0 - t)), _EDGE, 1.0 - _EDGE)
        a, b = BALANCE * middle, BALANCE * (1.0 - middle)
        total += weight * np.exp(_log_choose(alt, depth) + betaln(alt + a, depth - alt + b) - betaln(a, b))
    return total


def _heterozygote(kind: SpecimenKind, alt: int, depth: int) -> float:
    shifted, half = SHIFTED[kind], BALANCE / 2.0
    return (1.0 - shifted) * _beta_binomial(alt, depth, half, half) + shifted * _beta_binomial(alt, depth, 1.0, 1.0)


def _homozygote(other: int, depth: int) -> float:
    by_error = _beta_binomial(other, depth, 0.5, 999.5)
    return (1.0 - _STRAY) * by_error + _STRAY * _beta_binomial(other, depth, 1.0, 30.0)


def _log_choose(alt: int, depth: int) -> float:
    return float(gammaln(depth + 1.0) - gammaln(alt + 1.0) - gammaln(depth - alt + 1.0))


def _beta_binomial(alt: int, depth: int, a: float, b: float) -> float:
    return float(np.exp(_log_choose(alt, depth) + betaln(alt + a, depth - alt + b) - betaln(a, b)))
