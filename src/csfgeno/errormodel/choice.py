"""Which way of smoothing a model was made with, and how it compared."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

CANDIDATES: Final = ("shrinkage", "poisson_regression", "gradient_boosting")
"""Ways to smooth error rates over context, simplest first."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The candidate that was kept, and the held-out log-likelihood of each over the first, in nats."""

    name: str
    gains: Mapping[str, float]
    held_out_errors: int
