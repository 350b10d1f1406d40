"""Reads as bwa mem would place them: gaps where they pay, soft clips where they do not.

The aligner is not run. A read is known to be a piece of a haplotype, so only these placements are compared: a run of
its gap-free blocks with the gaps between them, continued without gap at either side, or clipped there.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from csfgeno.simulation.haplotypes import (
    GAP_EXTEND,
    GAP_OPEN,
    MATCH,
    MISMATCH,
    Chromosomes,
    Codes,
    Mask,
    Positions,
    Reference,
)

CLIP_PENALTY: Final = 5
"""What bwa mem prefers an alignment by that reaches the end of the read; its default."""
MIN_SCORE: Final = 30
"""Below it bwa mem reports no alignment; here such a read keeps its place with mapping quality 0."""

Cigar = tuple[tuple[int, int], ...]
"""(operation, length) pairs; operations as in BAM."""
OP_MATCH: Final = 0
OP_INSERTION: Final = 1
OP_DELETION: Final = 2
OP_CLIP: Final = 4

Scores = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a read is aligned: leftmost aligned position, CIGAR, and score."""

    start: int
    cigar: Cigar
    score: int


@dataclass(frozen=True, slots=True)
class _Block:
    """A stretch of a read without gap: offsets in the read and the reference position that offset 0 would have."""

    start: int
    end: int
    diagonal: int


def place_read(codes: Codes, at: Positions, is_inserted: Mask, reference: Reference) -> Placement:
    """Return the best placement of a read; of equal scores the one with fewer gaps.

    Parameters
    ----------
    codes, at, is_inserted
        Of its bases, as in `Chromosomes`.
    """
    blocks = _blocks(at, is_inserted)
    scores = [_diagonal_scores(codes, block, reference) for block in blocks]
    candidates = [
        _place_run(blocks[i : j + 1], scores[i : j + 1])
        for gaps in range(len(blocks))
        for i, j in ((i, i + gaps) for i in range(len(blocks) - gaps))
    ]
    return max(candidates, key=lambda placement: placement.score)


def needs_placing(chromosomes: Chromosomes, reference: Reference, start: Positions, end: Positions) -> Mask:
    """Return which reads [start, end) of `chromosomes` hold a gap, or two mismatches and more.

    All others are aligned from end to end: one mismatch costs less than the clip.
    """
    differs = chromosomes.codes != reference.codes[chromosomes.at - reference.interval.start]
    counted = np.concatenate([[0], np.cumsum(differs | chromosomes.is_inserted)])
    gapped = chromosomes.at[end - 1] - chromosomes.at[start] != end - start - 1
    inserted = np.concatenate([[0], np.cumsum(chromosomes.is_inserted)])
    return np.asarray(gapped | (inserted[end] > inserted[start]) | (counted[end] - counted[start] > 1))


def _blocks(at: Positions, is_inserted: Mask) -> list[_Block]:
    aligned = np.flatnonzero(~is_inserted)
    breaks = np.flatnonzero((np.diff(aligned) > 1) | (np.diff(at[aligned]) > 1)) + 1
    pieces = np.split(aligned, breaks)
    return [_Block(int(p[0]), int(p[-1]) + 1, int(at[p[0]] - p[0])) for p in pieces if len(p)]


def _diagonal_scores(codes: Codes, block: _Block, reference: Reference) -> Scores:
    shown = reference.between(block.diagonal, block.diagonal + len(codes))
    return np.where(codes == shown, MATCH, MISMATCH)


def _place_run(blocks: list[_Block], scores: list[Scores]) -> Placement:
    if len(blocks) == 1:
        return _place_ungapped(blocks[0], scores[0])
    first, last, length = blocks[0], blocks[-1], len(scores[0])
    start, left = _extend(scores[0][: first.end][::-1])
    end, right = _extend(scores[-1][last.start :])
    inner = sum(int(s[b.start : b.end].sum()) for b, s in zip(blocks[1:-1], scores[1:-1], strict=True))
    cigar: list[tuple[int, int]] = [(OP_CLIP, first.end - start), (OP_MATCH, start)]
    score = left + inner + right
    for block, following in pairwise(blocks):
        inserted = following.start - block.end
        deleted = following.diagonal - block.diagonal + inserted
        score += sum(GAP_OPEN + GAP_EXTEND * gap for gap in (inserted, deleted) if gap)
        aligned = end if following is last else following.end - following.start
        cigar += [(OP_INSERTION, inserted), (OP_DELETION, deleted), (OP_MATCH, aligned)]
    cigar.append((OP_CLIP, length - last.start - end))
    return Placement(first.diagonal + first.end - start, tuple(op for op in cigar if op[1]), score)


def _extend(outwards: Scores) -> tuple[int, int]:
    """Return how many bases are aligned from the gap outwards, and their score with the bonus of a read end."""
    total = np.cumsum(outwards)
    total[-1] += CLIP_PENALTY
    best = int(np.argmax(total))
    return best + 1, int(total[best])


def _place_ungapped(block: _Block, scores: Scores) -> Placement:
    total = np.concatenate([[0], np.cumsum(scores)])
    opened = total[:-1].copy()
    opened[0] -= CLIP_PENALTY
    lowest = np.minimum.accumulate(opened)
    closed = total[1:] - lowest
    closed[-1] += CLIP_PENALTY
    end = int(np.argmax(closed)) + 1
    start = int(np.argmin(opened[:end]))
    cigar = ((OP_CLIP, start), (OP_MATCH, end - start), (OP_CLIP, len(scores) - end))
    return Placement(block.diagonal + start, tuple(op for op in cigar if op[1]), int(closed[end - 1]))
