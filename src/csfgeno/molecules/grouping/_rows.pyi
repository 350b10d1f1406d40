import numpy as np
import numpy.typing as npt

_Bytes = npt.NDArray[np.uint8]
_Int32 = npt.NDArray[np.int32]
_Int64 = npt.NDArray[np.int64]
_Words = npt.NDArray[np.uint64]

def find_ends(reads: npt.NDArray[np.void]) -> tuple[_Int32, _Int32, _Bytes] | None: ...
def fragment_keys(reads: npt.NDArray[np.void], left: _Int32, right: _Int32, by_place: bool) -> _Words: ...
def raw_strands(reads: npt.NDArray[np.void], chosen: _Int64) -> _Bytes: ...
def place_umis(
    reads: npt.NDArray[np.void],
    chosen: _Int64,
    left: _Int32,
    right: _Int32,
    shape: _Bytes,
    strand: _Bytes,
    shares_umi: bool,
) -> tuple[_Words, _Words, _Words, _Words]: ...
def span_molecules(
    reads: npt.NDArray[np.void], order: _Int64, begin: _Int64
) -> tuple[_Int32, _Int32, _Int32, _Int32, npt.NDArray[np.float64], _Words]: ...
