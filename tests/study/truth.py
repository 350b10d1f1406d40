"""What is true of one allele in one specimen, and what can be known of it at best."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from csfgeno.errormodel.shrinkage import log_negative_binomial
from csfgeno.errormodel.spread import Nodes, Spread
from csfgeno.evidence.haplotypes import BASES
from csfgeno.records import Allele

from .draws import Specimen
from .worlds import BETWEEN_SHAPE, LASTING_SHAPE, Counts, Rates, World

LOG_FACTORS: Final = np.arange(-9.0, 4.0, 0.1)
"""Logarithms of the factors of a site over which its posterior is summed; the sum over a smooth density is exact."""

LEAST_WEIGHT: Final = 1e-12


@dataclass(frozen=True, slots=True)
class Repeats:
    """Mutant molecules and errors of repeats of one specimen, and what the caller sees of both, (repeat, stratum)."""

    mutant: Counts
    errors: Counts
    alt: Counts


@dataclass(frozen=True, slots=True)
class Truth:
    """One allele of one specimen.

    Attributes
    ----------
    depth, rate
        Molecules and true error rate without the factor of the site, shape (stratum,), of strata with molecules.
    lasting
        Factor of the site in every specimen of the laboratory.
    """

    depth: Counts
    rate: Rates
    lasting: float

    @property
    def expected(self) -> float:
        """Errors expected if the site is like its context."""
        return float((self.depth * self.rate).sum())

    def draw(self, fraction: float, repeats: int, rng: np.random.Generator) -> Repeats:
        """Return other specimens of the same site and depth."""
        factor = self.lasting * rng.gamma(BETWEEN_SHAPE, 1.0 / BETWEEN_SHAPE, (repeats, 1))
        mutant = rng.binomial(self.depth, fraction, (repeats, len(self.depth)))
        errors = rng.poisson((1 - fraction) * factor * self.depth * self.rate)
        return Repeats(mutant, errors, np.asarray(np.minimum(mutant + errors, self.depth)))


def truth_of(allele: Allele, specimen: Specimen, world: World) -> Truth:
    """Return what is true of a substitution."""
    at, base = allele.start - world.region.start, BASES.index(allele.alt)
    depth = specimen.depth[:, at]
    present = depth > 0
    return Truth(depth[present], world.rate[present, at, base], float(world.lasting[at, base]))


@dataclass(frozen=True, slots=True)
class Lasting(Spread):
    """A site whose lasting factor has a known distribution: `factors`, of mean 1, and their weights."""

    factors: tuple[float, ...] = (1.0,)
    weights: tuple[float, ...] = (1.0,)

    def nodes(self) -> Nodes:
        """Return the mixture, as the null distribution takes it."""
        return Nodes(np.array(self.factors), np.full(len(self.factors), self.shape), np.array(self.weights))


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What is known of the factor of a site: its mean, and the spread around that."""

    mean: float
    spread: Spread


def exactly(truth: Truth) -> Knowledge:
    """Return the knowledge of the lasting factor itself."""
    return Knowledge(truth.lasting, Spread(BETWEEN_SHAPE))


def from_blanks(errors: Iterable[int], expected: Iterable[float]) -> Knowledge:
    """Return what blanks tell of a site under the true gamma distributions; without blanks that is the prior.

    Parameters
    ----------
    errors, expected
        Errors of the site in each blank, and those that its true context rate lets expect.
    """
    factor = np.exp(LOG_FACTORS)
    log_weight = LASTING_SHAPE * (LOG_FACTORS - factor)
    for seen, mean in zip(errors, expected, strict=True):
        log_weight = log_weight + log_negative_binomial(np.full(len(factor), seen), mean * factor, BETWEEN_SHAPE)
    weight = np.exp(log_weight - log_weight.max())
    kept = weight > LEAST_WEIGHT
    factor, weight = factor[kept], weight[kept] / weight[kept].sum()
    mean = float(factor @ weight)
    return Knowledge(mean, Lasting(BETWEEN_SHAPE, factors=tuple(factor / mean), weights=tuple(weight)))


PRIOR: Final = from_blanks((), ())
"""What is known of a site before any blank."""


def blanks_at(allele: Allele, normals: Iterable[Specimen], world: World) -> tuple[list[int], list[float]]:
    """Return the errors of a substitution in each blank, and those expected from its true context rate."""
    at, base = allele.start - world.region.start, BASES.index(allele.alt)
    errors = [int(normal.errors[:, at, base].sum()) for normal in normals]
    expected = [float(normal.depth[:, at] @ world.rate[:, at, base]) for normal in normals]
    return errors, expected
