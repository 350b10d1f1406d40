"""How far the errors at one site may be from what their context lets expect: a mixture of gamma factors.

A site errs more or less than its context by a gamma factor of mean 1. Neither the context's rate nor the gamma shape is
known exactly; both doubts are spread over a few nodes, so that a null probability is the mean over what may be true
instead of what holds if the estimates were exact.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float64]

SHAPE_RANGE: Final = (0.2, 100.0)
"""Bounds of the gamma shape of site-to-site variation; small is much variation."""

_RATE_X, _RATE_WEIGHT = np.polynomial.hermite_e.hermegauss(5)
_SHAPE_X, _SHAPE_WEIGHT = np.polynomial.hermite_e.hermegauss(3)


@dataclass(frozen=True, slots=True)
class Nodes:
    """A finite mixture: factor on the expected errors, gamma shape and weight of each node, shape (node,)."""

    scale: Vector
    shape: Vector
    weight: Vector


@dataclass(frozen=True, slots=True)
class Spread:
    """Gamma shape of the factor of a site, and the doubt about it and about the expected errors.

    Attributes
    ----------
    shape
        Gamma shape of the factor of the site.
    shape_sd, rate_sd
        Standard deviations of the logarithms of the shape and of the expected errors.
    """

    shape: float
    shape_sd: float = 0.0
    rate_sd: float = 0.0

    @property
    def overall(self) -> float:
        """Gamma shape with the squared coefficient of variation of everything together."""
        return float(1.0 / ((1.0 + 1.0 / self.shape) * np.exp(self.rate_sd**2) - 1.0))

    def nodes(self) -> Nodes:
        """Return the mixture: five log-normal nodes of the rate, of mean 1, by three of the shape.

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
