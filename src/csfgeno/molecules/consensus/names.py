"""What a consensus read is called: its molecule, so that no tile, thread or order of reads has a say in it."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from csfgeno.io.batch import ABSENT
from csfgeno.molecules.grouping.families import STRAND_B

_UMI_COLUMNS: Final = ("umi_1", "umi_2", "umi_n", "umi_1_length", "umi_2_length")
_SHAPES: Final = ("/FF", "/RF", "", "/RR", "/F", "/R")
"""How the ends of a fragment point, by `Ends.shape`; ends that face each other go without saying."""

_Packed = tuple[int, int, int, int, int]


def read_umis(reads: npt.NDArray[np.void], strand: npt.NDArray[np.int64]) -> tuple[str, ...]:
    """Return the UMI of each read in the order of strand A, as text with a hyphen; empty without a UMI."""
    columns: list[_Packed] = reads[list(_UMI_COLUMNS)].tolist()
    known: dict[tuple[_Packed, int], str] = {}
    umis = []
    for key in zip(columns, strand.tolist(), strict=True):
        if key not in known:
            packed, side = key
            known[key] = swap_halves(_unpack(*packed)) if side == STRAND_B else _unpack(*packed)
        umis.append(known[key])
    return tuple(umis)


def family_umi(umis: Sequence[str], rows: Sequence[int]) -> str | None:
    """Return the most frequent UMI of some reads, the first in the alphabet among equals, `None` if there is none."""
    counts = Counter(umis[row] for row in rows)
    return min(counts, key=lambda umi: (-counts[umi], umi)) or None


def swap_halves(umi: str) -> str:
    """Return a dual UMI as the opposite strand carries it; a single one stays."""
    return "-".join(reversed(umi.split("-")))


def name_by_mi(mi: str) -> str:
    """Return MI without its strand."""
    return mi[:-2] if mi.endswith(("/A", "/B")) else mi


def name_by_place(
    contig: str, left: int, right: int, shape: int, umi: str | None, *, strand: str, mate_contig: int | None
) -> str:
    """Return the name of a molecule by what tells it from all others: outer ends and UMI.

    Parameters
    ----------
    left, right, shape
        As in `ends.Ends`.
    umi
        In the order of strand A. A single UMI says nothing of the opposite strand, so its strand is told.
    mate_contig
        Number of the contig of the mate if that is another.
    """
    end = "*" if right == ABSENT else right
    elsewhere = "" if mate_contig is None else f"@{mate_contig}"
    apart = "" if umi is None or "-" in umi else f"/{strand}"
    return f"{contig}:{left + 1}-{end}{elsewhere}{_SHAPES[shape]}:{umi}{apart}"


def _unpack(first: int, second: int, unknown: int, first_length: int, second_length: int) -> str:
    halves = [_half(first, unknown, first_length), _half(second, unknown >> 1, second_length)]
    return "-".join(half for half in halves if half)


def _half(packed: int, unknown: int, length: int) -> str:
    """Return the bases of half a UMI; bit 2i of `unknown` marks base i from its end as N."""
    shifts = range(2 * length - 2, -1, -2)
    return "".join("N" if unknown >> shift & 1 else "ACGT"[packed >> shift & 3] for shift in shifts)
