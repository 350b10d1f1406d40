"""Passes over the rows of reads, compiled where that could be built, else in numpy."""

import os
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from csfgeno.molecules.grouping import _rows_twin

try:
    from csfgeno.molecules.grouping import _rows as _native
except ImportError:  # no compiler when the package was built
    _native = None  # type: ignore[assignment]

HAS_NATIVE_ROWS: Final = _native is not None

ReadRows = npt.NDArray[np.void]
IntArray = npt.NDArray[np.int32]
Rows = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]
Bytes = npt.NDArray[np.uint8]


class RowPasses(Protocol):
    """What both ways can do.

    `chosen` are rows of `reads`; all other columns have one value a row, or one a chosen row.
    """

    def find_ends(self, reads: ReadRows, /) -> tuple[IntArray, IntArray, Bytes] | None:
        """Return the columns of `ends.Ends`, `None` if a read does not tell where its mate ends."""
        ...

    def fragment_keys(self, reads: ReadRows, left: IntArray, right: IntArray, by_place: bool, /) -> Words:
        """Return one key a fragment, of its name and, `by_place`, of its ends; the lowest bit is set for read 2."""
        ...

    def raw_strands(self, reads: ReadRows, chosen: Rows, /) -> Bytes:
        """Return the strand of each read: that of MI, else that of the order of the mates."""
        ...

    def place_umis(
        self,
        reads: ReadRows,
        chosen: Rows,
        left: IntArray,
        right: IntArray,
        shape: Bytes,
        strand: Bytes,
        shares_umi: bool,
        /,
    ) -> tuple[Words, Words, Words, Words]:
        """Return the columns of `umis.Umis`, as on strand A; a read with MI is alone at a place of that name.

        Strands of one UMI lie at two places unless `shares_umi`.
        """
        ...

    def span_molecules(
        self, reads: ReadRows, order: Rows, begin: Rows, /
    ) -> tuple[IntArray, IntArray, IntArray, IntArray, npt.NDArray[np.float64], Words]:
        """Return start and end of the forward and of the reverse reads, mean mapping quality, lowest name hash.

        Molecule `i` is the reads `order[begin[i] : begin[i + 1]]`; without reads a side starts above its end.
        """
        ...


def passes(native: bool | None = None) -> RowPasses:
    """Return the compiled passes where they are there, unless `native` is False or `CSFGENO_TWIN` is set."""
    use_native = "CSFGENO_TWIN" not in os.environ if native is None else native
    return _native if use_native and HAS_NATIVE_ROWS else _rows_twin
