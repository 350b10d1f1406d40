from typing import Any

import numpy.typing as npt

def fold(
    columns: tuple[npt.NDArray[Any], ...], reference: npt.NDArray[Any], origin: int, agreement: float
) -> tuple[npt.NDArray[Any], ...]: ...
