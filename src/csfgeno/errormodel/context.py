"""Contexts in which errors happen: trinucleotide and change for a base, repeat and length for an indel."""

from typing import Final

import numpy as np
import numpy.typing as npt

from csfgeno.genome.sequence import SequenceSource
from csfgeno.records import Allele

CHANGES: Final = 256
"""Size of the axis `change`: base before, base, base after, base shown, each 0-3 of `ACGT`, first most significant."""

UNKNOWN: Final = -1
"""Context of a position next to N or to the end of what is known."""

RUN_BINS: Final = (1, 2, 4, 6, 8, 10)
"""Shortest homopolymer of each bin; the last is open."""

INDEL_FORMS: Final = 4
"""Size of the axis `indel form`: insertion of one base, of more, deletion of one base, of more."""

INDEL_CLASSES: Final = INDEL_FORMS * len(RUN_BINS)
"""Size of the axis `indel class`: indel form, homopolymer bin."""

_CODE: Final = np.full(256, 4, np.int64)
_CODE[list(b"ACGT")] = range(4)


def trinucleotides(bases: str) -> npt.NDArray[np.int64]:
    """Return the trinucleotide 0-63 around each inner base of `bases`, `UNKNOWN` with N, shape (bases - 2,)."""
    code = _CODE[np.frombuffer(bases.encode(), np.uint8)]
    triple = 16 * code[:-2] + 4 * code[1:-1] + code[2:]
    is_known = (code[:-2] < 4) & (code[1:-1] < 4) & (code[2:] < 4)
    return np.where(is_known, triple, UNKNOWN)


def reverse_change(change: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the same changes as the opposite strand shows them."""
    before, base, after, shown = change >> 6, (change >> 4) & 3, (change >> 2) & 3, change & 3
    return np.asarray(64 * (3 - after) + 16 * (3 - base) + 4 * (3 - before) + (3 - shown))


def substitution_of(change: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the change without its neighbours, 0-15: base and base shown."""
    return 4 * ((change >> 4) & 3) + (change & 3)


def change_of(allele: Allele, offset: int, sequence: SequenceSource) -> int:
    """Return the change of the base at `offset` of a substitution allele, or `UNKNOWN`."""
    pos = allele.start + offset
    bases = sequence.fetch(allele.contig, pos - 1, pos + 2)
    if len(bases) != 3 or pos == 0:
        return UNKNOWN
    triple = int(trinucleotides(bases)[0])
    return UNKNOWN if triple == UNKNOWN else 4 * triple + "ACGT".index(allele.alt[offset])


def run_bin(length: int | npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the index in `RUN_BINS` of homopolymers of that length (at least 1)."""
    return np.asarray(np.searchsorted(RUN_BINS, length, side="right") - 1)


def run_lengths(bases: str) -> npt.NDArray[np.int64]:
    """Return the length of the homopolymer that starts at each base, shape (bases,)."""
    code = np.frombuffer(bases.encode(), np.uint8)
    lengths = np.ones(len(code), np.int64)
    for at in range(len(code) - 2, -1, -1):
        if code[at] == code[at + 1]:
            lengths[at] = lengths[at + 1] + 1
    return lengths


def indel_class(allele: Allele, sequence: SequenceSource) -> int:
    """Return the class of an insertion or deletion in leftmost spelling."""
    after = sequence.fetch(allele.contig, allele.start + 1, allele.start + 1 + RUN_BINS[-1])
    run = int(run_lengths(after)[0]) if after else 1
    changed = abs(len(allele.ref) - len(allele.alt))
    is_deletion = len(allele.ref) > len(allele.alt)
    return len(RUN_BINS) * (2 * is_deletion + (changed != 1)) + int(run_bin(run))
