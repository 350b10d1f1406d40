"""Which way of smoothing a model was made with, and how it compared."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

CANDIDATES: Final = ("shrinkage", "poisson_regression", "gradient_boosting")
"""Ways to smooth error rates over context, simplest first."""

MIN_GAIN: Final = (10.0, 0.01)
"""What the next candidate must gain in held-out log-likelihood over the best simpler one, in nats: 10, and 0.01 for
each error. A table whose rates are off by a factor of 1.15 loses 0.01 nats an error (half the squared log)."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The candidate that was kept, and the held-out log-likelihood of each over the first, in nats."""

    name: str
    gains: Mapping[str, float]
    held_out_errors: int
