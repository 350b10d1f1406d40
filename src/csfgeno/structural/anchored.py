"""Clipped ends that go on where the mate lies: junctions too near a read's end for the aligner to split it.

A fragment of cell-free DNA is hardly longer than two reads, so a junction often leaves less than the aligner's least
score on one side: no supplementary alignment, only clipped bases, and a mate on the other side of the junction. The
mate tells where to look for the clipped bases.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from csfgeno.genome.sequence import SequenceSource, reverse_complement
from csfgeno.molecules.broken import FAR_BP

SEED_BP: Final = 12
"""Clipped bases that must be found near the mate; random ones are there once in ten thousand times."""

REACH_BP: Final = 500
"""How far from its start a mate's junction is looked for: the longest fragments of cell-free DNA."""

LONGEST_GAP_BP: Final = 10
"""Inserted bases before a clipped end comes to the other place."""

_PAIRED, _MATE_UNMAPPED, _MATE_REVERSE = 0x1, 0x8, 0x20
LEFT, RIGHT = 0, 1


class Anchored(NamedTuple):
    """One junction: the read behind it, both places (contig, position, kept side), and the bases between."""

    read: int
    here: tuple[int, int, int]
    there: tuple[int, int, int]
    gap: int


def anchor_clips(
    reads: npt.NDArray[np.void],
    tid: npt.NDArray[np.int64],
    clips: npt.NDArray[np.void],
    bases: npt.NDArray[np.uint8],
    contigs: tuple[str, ...],
    genome: SequenceSource,
) -> Iterator[Anchored]:
    """Yield the junctions that clipped ends show near distant mates.

    Parameters
    ----------
    reads, tid
        Reads and their contigs.
    clips, bases
        Their clipped ends, dtype `CLIP_DTYPE`.
    """
    for read, pos, is_left, start, length in clips[clips["length"] >= SEED_BP].tolist():
        row = reads[read]
        if not _has_distant_mate(row, int(tid[read])) or _faces_away(row, is_left):
            continue
        text = bases[start : start + length].tobytes().decode()
        outward = reverse_complement(text) if is_left else text
        found = _find(outward, row, contigs, genome)
        if found is not None:
            here = (int(tid[read]), pos if is_left else pos - 1, RIGHT if is_left else LEFT)
            yield Anchored(read, here, found[0], found[1])


def _has_distant_mate(row: np.void, tid: int) -> bool:
    is_pair = int(row["flag"]) & (_PAIRED | _MATE_UNMAPPED) == _PAIRED
    is_near = int(row["mate_tid"]) == tid and abs(int(row["mate_start"]) - int(row["start"])) <= FAR_BP
    return is_pair and not is_near and int(row["mate_tid"]) >= 0


def _faces_away(row: np.void, is_left: bool) -> bool:
    """Return whether the clipped end is the outer one, away from the mate."""
    return bool(int(row["flag"]) & 0x10) is not is_left


def _find(
    outward: str, row: np.void, contigs: tuple[str, ...], genome: SequenceSource
) -> tuple[tuple[int, int, int], int] | None:
    """Return the place near the mate at which clipped bases go on, and the bases before it; `None` if not one place."""
    contig, start = contigs[int(row["mate_tid"])], int(row["mate_start"])
    keeps = RIGHT if int(row["flag"]) & _MATE_REVERSE else LEFT
    low, high = (start - REACH_BP, start + REACH_BP) if keeps == RIGHT else (start, start + REACH_BP)
    window = genome.fetch(contig, max(low, 0), high)
    text = window if keeps == RIGHT else reverse_complement(window)
    for gap in range(min(LONGEST_GAP_BP, len(outward) - SEED_BP) + 1):
        at = text.find(outward[gap : gap + SEED_BP])
        if at < 0:
            continue
        if text.find(outward[gap : gap + SEED_BP], at + 1) >= 0 or not _goes_on(outward[gap:], text[at:]):
            return None
        pos = max(low, 0) + (at if keeps == RIGHT else len(window) - 1 - at)
        return (int(row["mate_tid"]), pos, keeps), gap
    return None


def _goes_on(outward: str, text: str) -> bool:
    """Return whether clipped bases fit all along, with at most one mismatch in ten bases."""
    pairs = list(zip(outward, text, strict=False))
    return sum(a != b for a, b in pairs) <= len(pairs) // 10
