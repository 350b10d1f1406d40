"""Genotype likelihoods that survive tumours: copies lost or gained, and a little of another person's DNA."""

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


def _heterozygote(kind: SpecimenKind, alt: int, depth: int) -> float:
    shifted, half = SHIFTED[kind], BALANCE / 2.0
    return (1.0 - shifted) * _beta_binomial(alt, depth, half, half) + shifted * _beta_binomial(alt, depth, 1.0, 1.0)


def _homozygote(other: int, depth: int) -> float:
    by_error = _beta_binomial(other, depth, 0.5, 999.5)
    return (1.0 - _STRAY) * by_error + _STRAY * _beta_binomial(other, depth, 1.0, 30.0)


def _beta_binomial(alt: int, depth: int, a: float, b: float) -> float:
    choose = gammaln(depth + 1.0) - gammaln(alt + 1.0) - gammaln(depth - alt + 1.0)
    return float(np.exp(choose + betaln(alt + a, depth - alt + b) - betaln(a, b)))
