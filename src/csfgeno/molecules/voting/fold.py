"""Folding: every read of a molecule votes, and the molecule says one thing at each position, or nothing.

One fragment has one vote: mates that overlap must agree, a base of low quality is no vote. A strand states the base
that at least `min_family_agreement` of its votes show. If both strands vote they must state the same (duplex).
Where a molecule can state nothing although it was seen, the position counts as discordant.
"""

import os
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from csfgeno.io.batch import ReadBatch
from csfgeno.molecules.grouping.families import Families
from csfgeno.molecules.strata import LARGE_DUPLEX, LARGE_SIMPLEX
from csfgeno.molecules.voting import _fold_twin

try:
    from csfgeno.molecules.voting._fold import fold as _native_fold
except ImportError:  # no compiler when the package was built
    _native_fold = _fold_twin.fold

HAS_NATIVE_FOLD: Final = _native_fold is not _fold_twin.fold

_CODES: Final = np.full(256, 4, np.uint8)
_CODES[list(b"ACGT")] = range(4)


@dataclass(frozen=True, slots=True)
class Calls:
    """What the molecules of a tile state about its bases.

    Attributes
    ----------
    ref_depth
        Molecules that state the reference, shape (stratum, positions).
    discordant
        Molecules seen that state nothing, shape (positions,).
    molecule, pos, base, stratum
        One row a molecule that states another base: its number, 0-based position, code 0-3 of `ACGT`, stratum.
    votes
        Of that row: fragments for and against on strand A, for and against on strand B, shape (rows, 4).
    """

    ref_depth: npt.NDArray[np.int32]
    discordant: npt.NDArray[np.int32]
    molecule: npt.NDArray[np.int32]
    pos: npt.NDArray[np.int32]
    base: npt.NDArray[np.uint8]
    stratum: npt.NDArray[np.uint8]
    votes: npt.NDArray[np.uint32]


def encode_bases(sequence: str) -> npt.NDArray[np.uint8]:
    """Return codes 0-3 for `ACGT` and 4 for anything else, shape (bases,)."""
    return _CODES[np.frombuffer(sequence.encode(), np.uint8)]


def fold_reads(
    batch: ReadBatch,
    families: Families,
    reference: npt.NDArray[np.uint8],
    origin: int,
    agreement: float,
    *,
    native: bool | None = None,
) -> Calls:
    """Return what the molecules state at `origin` to `origin + len(reference)`.

    Parameters
    ----------
    reference
        Base codes of the window (`encode_bases`); positions with code 4 are passed over.
    agreement
        Share of a strand's votes that a base needs, inclusive.
    native
        Whether the compiled fold is used where it is there; by default unless `CSFGENO_TWIN` is set.
    """
    use_native = "CSFGENO_TWIN" not in os.environ if native is None else native
    fold = _native_fold if use_native else _fold_twin.fold
    return Calls(*fold(batch.reads, batch.events, _columns(families), reference, origin, agreement))


def _columns(families: Families) -> tuple[npt.NDArray[Any], ...]:
    return (
        families.order,
        families.molecule,
        families.strand,
        families.fragment,
        families.fixed_kind,
        families.left,
        families.right,
        large_families(families).astype(np.uint8),
    )


def large_families(families: Families) -> npt.NDArray[np.bool_]:
    """Return which molecules are large by the sizes of their families, shape (molecules,)."""
    total = families.size_a + families.size_b
    is_duplex = (families.size_a > 0) & (families.size_b > 0)
    return np.asarray(np.where(is_duplex, total >= LARGE_DUPLEX, total >= LARGE_SIMPLEX))
