"""Chromosomes with variants in them: bases side by side with the reference position of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from csfgeno.genome.edit import trim
from csfgeno.records import Allele, Interval

Codes = npt.NDArray[np.uint8]
Positions = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

UNKNOWN: Final = 4
"""Code of a masked base; A, C, G and T are 0 to 3."""

MATCH: Final = 1
MISMATCH: Final = -4
GAP_OPEN: Final = -6
GAP_EXTEND: Final = -1
"""Scores of bwa mem, whose defaults they are: Li 2013, arXiv:1303.3997."""

_CODE_OF: Final = np.full(256, UNKNOWN, np.uint8)
_CODE_OF[np.frombuffer(b"ACGT", np.uint8)] = np.arange(4, dtype=np.uint8)


def encode(bases: str) -> Codes:
    """Return the codes of upper-case bases."""
    return _CODE_OF[np.frombuffer(bases.encode(), np.uint8)]


@dataclass(frozen=True, slots=True)
class Reference:
    """A stretch of the genome, as codes."""

    interval: Interval
    codes: Codes

    def between(self, start: int, end: int) -> Codes:
        """Return the codes of [start, end); what lies outside is `UNKNOWN`."""
        origin = self.interval.start
        low, high = max(start, origin), min(end, self.interval.end)
        inside = self.codes[max(low - origin, 0) : max(high - origin, 0)]
        left = min(max(origin - start, 0), end - start)
        return np.pad(inside, (left, end - start - left - len(inside)), constant_values=UNKNOWN)


@dataclass(frozen=True, slots=True)
class Chromosomes:
    """Haplotypes of one stretch, one after the other; haplotype 0 is the reference.

    Attributes
    ----------
    codes
        Bases, shape (bases,).
    at
        Reference position of each base; of an inserted one, that of the base before it, shape (bases,).
    is_inserted
        Shape (bases,).
    first
        Index of the first base of each haplotype, and one behind the last, shape (haplotypes + 1,).
    """

    codes: Codes
    at: Positions
    is_inserted: Mask
    first: Positions


def build_chromosomes(reference: Reference, haplotypes: Sequence[Sequence[Allele]]) -> Chromosomes:
    """Return the reference and the haplotypes that carry each of the given lists of alleles."""
    built = [_splice(reference, alleles) for alleles in ([], *haplotypes)]
    return Chromosomes(
        codes=np.concatenate([codes for codes, _, _ in built]),
        at=np.concatenate([at for _, at, _ in built]),
        is_inserted=np.concatenate([inserted for _, _, inserted in built]),
        first=np.cumsum([0, *(len(codes) for codes, _, _ in built)]),
    )


def _splice(reference: Reference, alleles: Sequence[Allele]) -> tuple[Codes, Positions, Mask]:
    codes, places, done = [], [], reference.interval.start
    for allele in sorted(alleles):
        prefix, ref, alt = trim(allele.ref, allele.alt)
        start = allele.start + prefix
        offsets = place_bases(ref, alt)
        codes += [reference.between(done, start), encode(alt)]
        places += [np.arange(done, start), np.where(offsets < 0, -1, start + offsets)]
        done = start + len(ref)
    codes.append(reference.between(done, reference.interval.end))
    places.append(np.arange(done, reference.interval.end))
    place = np.concatenate(places)
    return np.concatenate(codes), np.maximum.accumulate(place), place < 0


def place_bases(ref: str, alt: str) -> Positions:
    """Return the base of REF that each base of ALT is aligned to, -1 for an inserted one.

    An aligner shows a change of several bases as it scores best: bases side by side with one gap somewhere between
    them, or all of ALT inserted and all of REF deleted. Of equal scores the leftmost gap is shown.
    """
    shared, gap = min(len(ref), len(alt)), abs(len(ref) - len(alt))
    placements = []
    for before in range(shared + 1):
        after = shared - before
        middle = [-1] * max(len(alt) - len(ref), 0)
        placements.append([*range(before), *middle, *range(len(ref) - after, len(ref))])
    scores = [sum(MATCH if ref[r] == alt[i] else MISMATCH for i, r in enumerate(p) if r >= 0) for p in placements]
    best = int(np.argmax(scores))
    with_gap = scores[best] + (GAP_OPEN + gap * GAP_EXTEND if gap else 0)
    apart = 2 * GAP_OPEN + (len(ref) + len(alt)) * GAP_EXTEND
    return np.array([-1] * len(alt) if apart > with_gap else placements[best], np.int64)
