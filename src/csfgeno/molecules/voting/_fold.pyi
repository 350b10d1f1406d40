from typing import Any

import numpy as np
import numpy.typing as npt

def fold(
    reads: npt.NDArray[np.void],
    events: npt.NDArray[np.void],
    columns: tuple[npt.NDArray[Any], ...],
    reference: npt.NDArray[Any],
    origin: int,
    agreement: float,
) -> tuple[npt.NDArray[Any], ...]: ...
