"""The order of 64-bit keys, which is most of the work of bringing reads together."""

import os
from typing import Final

import numpy as np
import numpy.typing as npt

try:
    from csfgeno.molecules.grouping._order import sort_rows as _native_sort
except ImportError:  # no compiler when the package was built
    _native_sort = None  # type: ignore[assignment]

HAS_NATIVE_SORT: Final = _native_sort is not None


def sort_rows(keys: npt.NDArray[np.uint64], *, native: bool | None = None) -> npt.NDArray[np.int64]:
    """Return the rows in the order of their keys, equal keys in the order they came, shape (rows,).

    Parameters
    ----------
    native
        Whether the compiled radix sort is used where it is there, three to four times as fast as numpy; by default
        unless `CSFGENO_TWIN` is set.
    """
    use_native = "CSFGENO_TWIN" not in os.environ if native is None else native
    if use_native and HAS_NATIVE_SORT:
        return _native_sort(np.ascontiguousarray(keys))
    return np.argsort(keys, kind="stable")


def is_new(values: npt.NDArray[np.generic]) -> npt.NDArray[np.bool_]:
    """Return True where a sorted array shows a new value, shape as `values`."""
    new = np.ones(len(values), bool)
    new[1:] = values[1:] != values[:-1]
    return new


def mix(*columns: npt.NDArray[np.generic]) -> npt.NDArray[np.uint64]:
    """Return one 64-bit key a row; each column is folded in with the finaliser of SplitMix64.

    Source: Steele, Lea, Flood 2014, doi:10.1145/2660193.2660195.
    """
    key = np.zeros(len(columns[0]), np.uint64)
    for column in columns:
        key ^= column.astype(np.uint64, copy=False)
        key += np.uint64(0x9E3779B97F4A7C15)
        key ^= key >> np.uint64(30)
        key *= np.uint64(0xBF58476D1CE4E5B9)
        key ^= key >> np.uint64(27)
        key *= np.uint64(0x94D049BB133111EB)
        key ^= key >> np.uint64(31)
    return key


def pack_ends(left: npt.NDArray[np.int32], right: npt.NDArray[np.int32]) -> npt.NDArray[np.uint64]:
    """Return two positions in one word a row."""
    return left.view(np.uint32).astype(np.uint64) << np.uint64(32) | right.view(np.uint32)
