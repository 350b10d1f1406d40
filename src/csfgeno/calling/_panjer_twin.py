"""Plain-Python twin of the compiled recursion `_panjer`: it says the same, slowly, and is the oracle of its tests."""

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float64]


def compound(
    score: npt.NDArray[np.int64], share: Vector, expected: Vector, shape: Vector, weight: Vector, steps: int
) -> Vector:
    """Return the probabilities of 0 ... `steps` under a mixture of compound negative binomials.

    Parameters
    ----------
    score, share
        What one error may score, rising and at least 1, and how likely, shape (score,).
    expected, shape, weight
        Mean number of errors, gamma shape and weight of each part, shape (node,). With shapes up to 100 the first
        term does not underflow.
    steps
        Largest total that is wanted.
    """
    q = expected / (expected + shape)
    b = (shape - 1.0) * q
    farthest = int(score[-1])
    # Rows before the first stand for negative totals.
    mass = np.zeros((farthest + steps + 1, len(expected)))
    mass[farthest] = np.exp(-shape * np.log1p(expected / shape))
    terms = np.stack([share, share * score])
    for t in range(1, steps + 1):
        plain, scaled = terms @ mass[farthest + t - score]
        mass[farthest + t] = q * plain + (b / t) * scaled
    return np.asarray(mass[farthest:] @ weight)
