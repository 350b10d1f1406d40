import numpy as np
import numpy.typing as npt

def sort_rows(keys: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]: ...
