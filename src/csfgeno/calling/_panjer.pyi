import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float64]

def compound(
    score: npt.NDArray[np.int64], share: Vector, expected: Vector, shape: Vector, weight: Vector, steps: int
) -> Vector: ...
