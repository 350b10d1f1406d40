"""Which cells an allele comes from: likelihoods of the counts of all specimens under each origin.

- inherited: one half or all of the molecules of normal cells; tumour copies shift the fraction where there is tumour
- clonal haematopoiesis: a fraction w of blood cells' DNA, found again in plasma, in CSF as far as blood was mixed in
- tumour: any fraction in tumour specimens; in the normal only what tumour DNA got into it

Each is averaged over what it leaves open. The prior is by gene: a hotspot of lung cancer, a driver of clonal
haematopoiesis, or neither.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import betaln, gammaln, logsumexp, xlog1py, xlogy

from csfgeno.compartments.fractions import Vector, spread_nodes
from csfgeno.compartments.genes import BloodGene
from csfgeno.vocab import SpecimenKind
from csfgeno.vocab.comparison import Origin

ORIGINS: Final = (Origin.TUMOUR, Origin.GERMLINE, Origin.CLONAL_HAEMATOPOIESIS)

PRIORS: Final[Mapping[tuple[bool, BloodGene], tuple[float, float, float]]] = {
    (True, BloodGene.NONE): (0.97, 0.02, 0.01),
    (True, BloodGene.SHARED): (0.85, 0.05, 0.10),
    (True, BloodGene.DRIVER): (0.30, 0.10, 0.60),
    (False, BloodGene.NONE): (0.30, 0.65, 0.05),
    (False, BloodGene.SHARED): (0.50, 0.30, 0.20),
    (False, BloodGene.DRIVER): (0.10, 0.30, 0.60),
}
"""Prior of tumour, germline and clonal haematopoiesis, by whether the allele is a hotspot and by its gene (assumed)."""

_CLONES: Final = np.geomspace(2e-4, 0.4, 60)
"""Allele fractions of blood clones, each as likely; one in nearly all white cells would pass for inherited."""

_ANY: Final = np.geomspace(2e-4, 1.0, 80)
_PLASMA_SPREAD: Final = 0.4
_SHARES: Final = (np.arange(24) + 0.5) / 24
_BALANCE: Final = 60.0
"""Beta concentration of a heterozygous allele without tumour copies: capture and mapping move it by 6% (one SD)."""

_IMBALANCED: Final = 0.3
"""Prior of an inherited allele that tumour copies have shifted, in a specimen with tumour."""

_LEAK_SHAPE: Final = 60.0
"""Beta(1, 60): share of the tumour fraction of plasma, or of CSF without it, that gets into the normal: mean 1.6%."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Mutant molecules and depth of one specimen, and the error rate of the allele there."""

    alt: int
    depth: int
    error: float = 0.0

    @property
    def vaf(self) -> float:
        """Allele fraction, zero without molecules."""
        return self.alt / self.depth if self.depth else 0.0


def origin_probabilities(
    counts: Mapping[SpecimenKind, Counts], *, is_hotspot: bool, gene: BloodGene, has_blood: bool
) -> dict[Origin, float]:
    """Return the probability of each origin.

    Parameters
    ----------
    counts
        Every specimen with molecules at the allele.
    has_blood
        Whether blood is known to have got into the CSF.
    """
    prior = np.log(PRIORS[is_hotspot, gene])
    logs = prior + np.array([_log_tumour(counts), _log_germline(counts), _log_blood(counts, has_blood)])
    weights = np.exp(logs - logsumexp(logs))
    return dict(zip(ORIGINS, weights.tolist(), strict=True))


def _log_tumour(counts: Mapping[SpecimenKind, Counts]) -> float:
    total = 0.0
    for kind, own in counts.items():
        if kind is not SpecimenKind.NORMAL:
            total += _mean(_log_binomial(own, _ANY))
    normal = counts.get(SpecimenKind.NORMAL)
    if normal is None:
        return total
    source = counts.get(SpecimenKind.PLASMA) or counts.get(SpecimenKind.CSF) or Counts(0, 0)
    # METHOD: white cells are spun down from the blood whose plasma holds the tumour DNA; a little stays with them.
    leak = 1.0 - (1.0 - _SHARES) ** (1.0 / _LEAK_SHAPE)
    return total + _mean(_log_binomial(normal, leak * max(source.vaf, 1e-4)))


def _log_germline(counts: Mapping[SpecimenKind, Counts]) -> float:
    zygosities = [sum(_log_inherited(kind, own, middle) for kind, own in counts.items()) for middle in (0.5, 0.995)]
    return float(np.logaddexp(np.log(0.9) + zygosities[0], np.log(0.1) + zygosities[1]))


def _log_inherited(kind: SpecimenKind, own: Counts, middle: float) -> float:
    balanced = _log_beta_binomial(own, _BALANCE * middle, _BALANCE * (1.0 - middle))
    if kind is SpecimenKind.NORMAL or middle > 0.5:
        return balanced
    # METHOD: tumour copies can take an inherited allele to any fraction in CSF and tissue, whose cells may all be
    # tumour; plasma always holds DNA of normal cells, so extreme fractions are rarer there.
    shape = 2.0 if kind is SpecimenKind.PLASMA else 1.2
    shifted = _log_beta_binomial(own, shape, shape)
    return float(np.logaddexp(np.log(1.0 - _IMBALANCED) + balanced, np.log(_IMBALANCED) + shifted))


def _log_blood(counts: Mapping[SpecimenKind, Counts], has_blood: bool) -> float:
    """Return the likelihood of a blood clone, averaged over its fraction."""
    by_clone = np.zeros(len(_CLONES))
    for kind, own in counts.items():
        match kind:
            case SpecimenKind.NORMAL:
                by_clone += _log_binomial(own, _CLONES)
            case SpecimenKind.PLASMA:
                by_clone += _averaged(own, spread_nodes(_PLASMA_SPREAD, 9))
            case _:
                # Share of blood in it: up to a third is usual after a traumatic tap, little otherwise.
                by_clone += _averaged(own, 1.0 - (1.0 - _SHARES) ** (1.0 / (4.0 if has_blood else 8.0)))
    return _mean(by_clone)


def _averaged(own: Counts, factors: Vector) -> Vector:
    rows = np.stack([_log_binomial(own, np.minimum(_CLONES * factor, 1.0)) for factor in factors.tolist()])
    return np.asarray(logsumexp(rows, axis=0) - np.log(len(factors)))


def _mean(logs: Vector) -> float:
    return float(logsumexp(logs) - np.log(len(logs)))


def _log_binomial(own: Counts, p: Vector) -> Vector:
    shown = np.clip(p + (1.0 - p) * own.error, 1e-9, 1.0 - 1e-9)
    return np.asarray(_log_choose(own) + xlogy(own.alt, shown) + xlog1py(own.depth - own.alt, -shown))


def _log_beta_binomial(own: Counts, a: float, b: float) -> float:
    return float(_log_choose(own) + betaln(own.alt + a, own.depth - own.alt + b) - betaln(a, b))


def _log_choose(own: Counts) -> float:
    return float(gammaln(own.depth + 1.0) - gammaln(own.alt + 1.0) - gammaln(own.depth - own.alt + 1.0))
