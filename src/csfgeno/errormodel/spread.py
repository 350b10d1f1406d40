"""How far the errors at one site may be from what their context lets expect: a mixture of gamma factors.

A site errs more or less than its context by a factor of mean 1: a log-normal one that lasts and a gamma one that is new
in every specimen. Neither the context's rate nor the gamma shape is known exactly. What is log-normal and the doubt of
the shape are spread over a few nodes, so that a null probability is the mean over what may be true instead of what
holds if the estimates were exact.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float64]

SHAPE_RANGE: Final = (0.2, 100.0)
"""Bounds of the gamma shape of site-to-site variation; small is much variation."""

_RATE_X, _RATE_WEIGHT = np.polynomial.hermite_e.hermegauss(7)
_SHAPE_X, _SHAPE_WEIGHT = np.polynomial.hermite_e.hermegauss(3)


@dataclass(frozen=True, slots=True)
class Nodes:
    """A finite mixture: factor on the expected errors, gamma shape and weight of each node, shape (node,)."""

    scale: Vector
    shape: Vector
    weight: Vector


@dataclass(frozen=True, slots=True)
class Spread:
    """Gamma shape of what is new at a site, the doubt about it, and what else spreads the expected errors.

    Attributes
    ----------
    shape
        Gamma shape of the factor that is new in every specimen.
    shape_sd, rate_sd
        Standard deviations of the logarithms of the shape and of the expected errors; the latter holds what lasts at
        the site and the doubt of the rate.
    """

    shape: float
    shape_sd: float = 0.0
    rate_sd: float = 0.0

    @property
    def overall(self) -> float:
        """Gamma shape with the squared coefficient of variation of everything together."""
        return float(1.0 / ((1.0 + 1.0 / self.shape) * np.exp(self.rate_sd**2) - 1.0))

    def nodes(self) -> Nodes:
        """Return the mixture: seven log-normal nodes of the rate, of mean 1, by three of the shape.

        METHOD: Gauss-Hermite quadrature; a plug-in of the estimates would call blanks more often than stated.
        """
        rate_x, rate_weight = (_RATE_X, _RATE_WEIGHT) if self.rate_sd > 0 else (np.zeros(1), np.ones(1))
        shape_x, shape_weight = (_SHAPE_X, _SHAPE_WEIGHT) if self.shape_sd > 0 else (np.zeros(1), np.ones(1))
        scale = np.exp(self.rate_sd * rate_x)
        rate_weight = rate_weight / rate_weight.sum()
        scale = scale / (scale @ rate_weight)
        shape = np.clip(self.shape * np.exp(self.shape_sd * shape_x), *SHAPE_RANGE)
        return Nodes(
            scale=np.repeat(scale, len(shape)),
            shape=np.tile(shape, len(scale)),
            weight=np.outer(rate_weight, shape_weight / shape_weight.sum()).ravel(),
        )


def halve(shape: float) -> tuple[float, float]:
    """Return the gamma shape and the squared log-normal SD of two factors that vary alike, together like `shape`.

    METHOD: what lasts at a site multiplies what is new in a specimen, and a product of two factors is large more often
    than one gamma factor of the same variance. Without normals the two cannot be told apart, so each has half: their
    equal squared coefficients of variation c satisfy `(1 + c)^2 = 1 + 1/shape`.
    """
    squared = float(np.expm1(0.5 * np.log1p(1.0 / shape)))
    return 1.0 / squared, float(np.log1p(squared))
