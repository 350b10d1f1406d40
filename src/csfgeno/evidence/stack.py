"""The molecules behind an allele one by one: all that show it, and a few that do not."""

from typing import Final

import numpy as np
import numpy.typing as npt

from csfgeno.evidence.specimen import SpecimenEvidence
from csfgeno.molecules.collapse import Molecules
from csfgeno.molecules.strata import STRATA
from csfgeno.records import Allele, MoleculeStack, MoleculeView
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import MoleculeKind, Strand

Rows = npt.NDArray[np.int64]

_STRANDS: Final = {"A": Strand.FORWARD, "B": Strand.REVERSE, "both": Strand.BOTH}
_KINDS: Final = list(MoleculeKind)


def stack_molecules(evidence: SpecimenEvidence, allele: Allele, thresholds: Thresholds) -> MoleculeStack | None:
    """Return the molecules of a specimen over `allele` (leftmost spelling), `None` where none was read.

    The best supported come first: duplex before simplex, large families before small ones.
    """
    seen = evidence.over(allele)
    if seen is None:
        return None
    molecules = seen.tile.molecules
    is_other = seen.covers.copy()
    is_other[seen.bearers] = False
    others = np.flatnonzero(is_other)
    return MoleculeStack(
        alt=_views(molecules, _thin(molecules, seen.bearers, thresholds.shown_alt_molecules)),
        other=_views(molecules, _thin(molecules, others, thresholds.shown_other_molecules)),
        alt_total=len(seen.bearers),
        other_total=len(others),
    )


def _thin(molecules: Molecules, rows: Rows, most: int) -> Rows:
    """Return at most so many rows, drawn without regard to what they show and the same in every run."""
    # METHOD: the hash of a read name knows nothing of the bases, so the smallest hashes are a fair sample.
    return rows[np.argsort(molecules.key[rows], kind="stable")[:most]]


def _views(molecules: Molecules, rows: Rows) -> tuple[MoleculeView, ...]:
    views = (_view(molecules, int(row)) for row in rows)
    return tuple(
        sorted(views, key=lambda v: (_KINDS.index(v.kind), -(v.reads_a + v.reads_b), v.left, v.right, v.strand))
    )


def _view(molecules: Molecules, row: int) -> MoleculeView:
    stratum = STRATA[molecules.stratum[row]]
    left, right = _ends(molecules, row)
    gap_start, gap_end = int(molecules.forward_end[row]), int(molecules.reverse_start[row])
    has_gap = left < gap_start < gap_end < right
    return MoleculeView(
        kind=stratum.kind,
        strand=_STRANDS[stratum.strand],
        left=left,
        right=right,
        gap_start=gap_start if has_gap else None,
        gap_end=gap_end if has_gap else None,
        reads_a=int(molecules.size_a[row]),
        reads_b=int(molecules.size_b[row]),
    )


def _ends(molecules: Molecules, row: int) -> tuple[int, int]:
    """Return the outer ends of the DNA; of a lone read, what it covers."""
    covered = max(int(molecules.forward_end[row]), int(molecules.reverse_end[row]))
    left, right = int(molecules.left[row]), int(molecules.right[row])
    return left, right if right >= 0 else covered
