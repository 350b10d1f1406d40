from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

def lay(
    reference: npt.NDArray[np.uint8],
    origin: int,
    reads: Sequence[Array],
    bounds: npt.NDArray[np.int64],
    events: npt.NDArray[np.void],
    sequence: npt.NDArray[np.uint8],
    suspects: tuple[Array, Array],
    rivals: npt.NDArray[np.int32],
    haplotypes: tuple[Array, Array, Array],
    min_gain: int,
) -> tuple[npt.NDArray[np.int32], bytes, bytes]: ...
