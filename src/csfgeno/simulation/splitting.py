"""Reads over a junction as bwa mem splits them: which alignments each read gets, and which of them comes first.

The parts of a read are known, so each is a seed that is extended as far as its score grows. What follows is the choice
that `bwa mem` makes among the alignments of both mates (version 0.7.17: mem_sam_pe, mem_pair and mem_pestat).
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise, product
from typing import Final

import numpy as np

from csfgeno.simulation.alignment import (
    CLIP_PENALTY,
    MIN_SCORE,
    OP_CLIP,
    OP_DELETION,
    OP_INSERTION,
    OP_MATCH,
    Cigar,
    Placement,
    place_read,
)
from csfgeno.simulation.fragments import LENGTHS, Weights
from csfgeno.simulation.haplotypes import MATCH, MISMATCH, Codes, Positions, Reference
from csfgeno.simulation.joined import COMPLEMENT, Piece

MIN_SEED_BP: Final = 19
"""Bases that must match in a row for bwa mem to find a place at all."""
BAND_BP: Final = 100
"""Longest gap inside one alignment."""
REDUNDANT_SHARE: Final = 0.5
"""An alignment that shares this much of its bases with a better one is not shown."""
UNPAIRED_PENALTY: Final = 17
HIGHEST_MAPQ: Final = 60
_LONG_BP: Final = 50
"""Longer alignments are weighed less in the mapping quality, by log(50) / log(length)."""


@dataclass(frozen=True, slots=True)
class Path:
    """A read on the strand of its joined chromosome: base, reference position, and piece or -1, shape (bases,)."""

    codes: Codes
    at: Positions
    piece: Positions


@dataclass(frozen=True)
class Hit:
    """One alignment of a read; `is_reverse` if the strand of the joined chromosome is the reverse one there."""

    piece: int
    start: int
    cigar: Cigar
    score: int
    is_reverse: bool

    @cached_property
    def end(self) -> int:
        """One behind the last aligned reference base."""
        return self.start + sum(length for op, length in self.cigar if op in (OP_MATCH, OP_DELETION))

    @cached_property
    def clips(self) -> tuple[int, int]:
        """Clipped bases at the left and the right end of the record."""
        return tuple(op[1] if op[0] == OP_CLIP else 0 for op in (self.cigar[0], self.cigar[-1]))  # type: ignore[return-value]

    @cached_property
    def read_bp(self) -> int:
        """Bases of the read, clipped ones included."""
        return sum(length for op, length in self.cigar if op != OP_DELETION)

    @cached_property
    def aligned(self) -> tuple[int, int]:
        """The part of the read that is aligned, counted on the strand of the joined chromosome."""
        left, right = self.clips[::-1] if self.is_reverse else self.clips
        return left, self.read_bp - right

    @cached_property
    def mapq(self) -> int:
        """Mapping quality of an alignment without rival: mem_approx_mapq_se of bwa."""
        if self.score < MIN_SCORE:
            return 0
        length = max(self.aligned[1] - self.aligned[0], self.end - self.start)
        identity = 1 - (length * MATCH - self.score) / (MATCH - MISMATCH) / length
        weight = identity**2 * (math.log(_LONG_BP) / math.log(length) if length >= _LONG_BP else 1)
        return min(HIGHEST_MAPQ, int(6.02 * (self.score - MIN_SEED_BP) * weight**2 + 0.499))


# ------------------------------------------------------------------------------------ one read


def find_hits(path: Path, pieces: Sequence[Piece]) -> tuple[Hit, ...]:
    """Return the alignments of a read, best first; of equal scores the earlier in the read.

    At least one is returned, even if bwa mem would report none.
    """
    hits = [hit for group in _collinear(path, pieces) for hit in _place_group(path, group, pieces)]
    distinct: list[Hit] = []
    for hit in sorted(hits, key=lambda h: -h.score):
        if not any(_is_redundant(hit, better) for better in distinct):
            distinct.append(hit)
    return tuple([hit for hit in distinct if hit.score >= MIN_SEED_BP] or distinct[:1])


def _collinear(path: Path, pieces: Sequence[Piece]) -> list[list[int]]:
    """Return the pieces of a read in groups that one alignment with gaps could hold."""
    numbers = list(dict.fromkeys(path.piece[path.piece >= 0].tolist()))
    groups = [numbers[:1]]
    for before, after in pairwise(numbers):
        if _is_near(path, before, after, pieces):
            groups[-1].append(after)
        else:
            groups.append([after])
    return groups


def _is_near(path: Path, before: int, after: int, pieces: Sequence[Piece]) -> bool:
    one, other = pieces[before], pieces[after]
    if (one.contig, one.is_reverse) != (other.contig, other.is_reverse):
        return False
    last, first = np.flatnonzero(path.piece == before)[-1], np.flatnonzero(path.piece == after)[0]
    apart = int(path.at[first] - path.at[last]) * (-1 if one.is_reverse else 1)
    return apart >= 1 and abs(apart - int(first - last)) <= BAND_BP


def _place_group(path: Path, group: Sequence[int], pieces: Sequence[Piece]) -> Iterator[Hit]:
    piece = pieces[group[0]]
    codes, at, own = path.codes, path.at, path.piece
    if piece.is_reverse:
        codes, at, own = COMPLEMENT[codes][::-1], at[::-1], own[::-1]
    waiting = list(group)
    while waiting:
        hit = _make_hit(place_read(codes, at, ~np.isin(own, waiting), piece.reference), waiting[0], piece)
        yield hit
        left, right = hit.clips
        inside = own[left : len(own) - right]
        rest = [number for number in waiting if 2 * (inside == number).sum() <= (own == number).sum()]
        waiting = rest if len(rest) < len(waiting) else waiting[1:]


def _make_hit(placement: Placement, number: int, piece: Piece) -> Hit:
    reached = sum(op != OP_CLIP for op in (placement.cigar[0][0], placement.cigar[-1][0]))
    score = placement.score - CLIP_PENALTY * reached
    return Hit(number, placement.start, placement.cigar, score, piece.is_reverse)


def _is_redundant(hit: Hit, better: Hit) -> bool:
    (low, high), (start, end) = hit.aligned, better.aligned
    return min(high, end) - max(low, start) >= REDUNDANT_SHARE * min(high - low, end - start)


def edit_distance(hit: Hit, codes: Codes, reference: Reference) -> int:
    """Return NM of a record whose bases are `codes`, clipped ones included."""
    distance, query, place = 0, 0, hit.start
    for operation, length in hit.cigar:
        if operation == OP_MATCH:
            shown = reference.between(place, place + length)
            distance += int((codes[query : query + length] != shown).sum())
        elif operation in (OP_INSERTION, OP_DELETION):
            distance += length
        place += length if operation in (OP_MATCH, OP_DELETION) else 0
        query += length if operation != OP_DELETION else 0
    return distance


# --------------------------------------------------------------------------------------- pairs


@dataclass(frozen=True, slots=True)
class InsertSize:
    """What bwa mem takes for a proper distance between the 5' ends of mates."""

    mean: float
    sd: float
    low: float
    high: float


def expect_insert_size(weights: Weights) -> InsertSize:
    """Return what bwa mem would estimate from a library with these shares of `LENGTHS`: mem_pestat."""
    distance = LENGTHS - 1
    quarter, three = distance[np.searchsorted(np.cumsum(weights), [0.25, 0.75])]
    spread = three - quarter
    usual = (distance >= quarter - 2 * spread) & (distance <= three + 2 * spread)
    mean = float(np.average(distance[usual], weights=weights[usual]))
    sd = float(np.sqrt(np.average((distance[usual] - mean) ** 2, weights=weights[usual])))
    low = max(1.0, min(quarter - 3 * spread, mean - 4 * sd))
    return InsertSize(mean, sd, low, max(three + 3 * spread, mean + 4 * sd))


@dataclass(frozen=True, slots=True)
class PairedHits:
    """The alignments that are written of the left and the right mate, first the primary, and flag 0x2."""

    left: tuple[Hit, ...]
    right: tuple[Hit, ...]
    is_proper: bool


def pair_hits(left: tuple[Hit, ...], right: tuple[Hit, ...], pieces: Sequence[Piece], insert: InsertSize) -> PairedHits:
    """Return what bwa mem reports of two mates.

    Where a read has two alignments that are good enough, all such are written, best first, whatever the mate has.
    Otherwise the two that form the best pair are written, unless the best ones alone outweigh it.
    """
    shown = [tuple(hit for hit in hits if hit.score >= MIN_SCORE) or hits[:1] for hits in (left, right)]
    if max(map(len, shown)) == 1:
        pairs = [(_pair_score(a, b, pieces, insert), a, b) for a, b in product(left, right)]
        score, one, other = max(pairs, key=lambda pair: pair[0])
        if score > left[0].score + right[0].score - UNPAIRED_PENALTY:
            return PairedHits((one,), (other,), True)
        if score > -math.inf:
            return PairedHits(left[:1], right[:1], False)
    is_proper = _pair_score(shown[0][0], shown[1][0], pieces, insert) > -math.inf
    return PairedHits(shown[0], shown[1], is_proper)


def _pair_score(left: Hit, right: Hit, pieces: Sequence[Piece], insert: InsertSize) -> float:
    """Return the score of a pair, minus infinity if it is not proper."""
    if pieces[left.piece].contig != pieces[right.piece].contig or left.is_reverse != right.is_reverse:
        return -math.inf
    forward, reverse = (right, left) if left.is_reverse else (left, right)
    distance = reverse.end - 1 - forward.start
    if not max(insert.low, 1) <= distance <= insert.high:
        return -math.inf
    away = abs(distance - insert.mean) / insert.sd
    chance = max(math.erfc(away / math.sqrt(2)), 1e-300)
    return int(left.score + right.score + math.log(2 * chance) / math.log(4) + 0.499)
