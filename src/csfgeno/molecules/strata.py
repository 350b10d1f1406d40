"""Strata: the classes of molecule that err alike. Every array axis called `stratum` follows `STRATA`."""

from typing import Final, NamedTuple

import numpy as np

from csfgeno.vocab import MoleculeKind

END_ZONE_BP: Final = 10
"""Positions closer than this to an outer end of the molecule are at its end, where repair and damage write errors."""

LARGE_SIMPLEX: Final = 3
LARGE_DUPLEX: Final = 4
"""Fragments that make a family large: one more than the fewest that can outvote an error, on one strand or on two."""


class Stratum(NamedTuple):
    """Kind of molecule, strand of origin (`A`, `B`, or `both`), whether its family is large, whether at its end."""

    kind: MoleculeKind
    strand: str
    is_large: bool
    is_end: bool


def _strata() -> tuple[Stratum, ...]:
    kinds = ((MoleculeKind.DUPLEX, ("both",), (False, True)), (MoleculeKind.SIMPLEX, ("A", "B"), (False, True)))
    lone = ((MoleculeKind.SINGLETON, ("A", "B"), (False,)), (MoleculeKind.RAW, ("A", "B"), (False,)))
    return tuple(
        Stratum(kind, strand, is_large, is_end)
        for kind, strands, sizes in (*kinds, *lone)
        for strand in strands
        for is_large in sizes
        for is_end in (False, True)
    )


STRATA: Final = _strata()

KIND_OF_STRATUM: Final = np.array([tuple(MoleculeKind).index(s.kind) for s in STRATA])
"""Index of the kind in `MoleculeKind`, shape (stratum,)."""

IS_STRAND_A: Final = np.array([s.strand == "A" for s in STRATA])
IS_STRAND_B: Final = np.array([s.strand == "B" for s in STRATA])

FIRST_STRATUM: Final = {kind: next(i for i, s in enumerate(STRATA) if s.kind is kind) for kind in MoleculeKind}
"""Row of the first stratum of each kind; the others follow by strand, family size, end."""
