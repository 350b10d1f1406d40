"""Suspects: the reads that a candidate haplotype might explain better than their alignment does."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from csfgeno.io.batch import (
    EVENT_CLIP_LEFT,
    EVENT_CLIP_RIGHT,
    EVENT_DELETION,
    EVENT_INSERTION,
    EVENT_SKIP,
    EVENT_SNV,
    ReadBatch,
)
from csfgeno.molecules.realignment.candidates import Haplotype

NEAR_BP: Final = 30
"""An event this close to a candidate can be a misspelling of it."""

MANY_MISMATCHES: Final = 3
"""As many mismatches near a candidate are suspicious anywhere in a read; fewer only close to its end."""

_STRUCTURAL: Final = (EVENT_INSERTION, EVENT_DELETION, EVENT_CLIP_LEFT, EVENT_CLIP_RIGHT)


@dataclass(frozen=True, slots=True)
class Suspects:
    """Reads worth comparing, in file order, with the candidates that each may belong to.

    Those of `reads[i]` are `rivals[bounds[i] : bounds[i + 1]]`.
    """

    reads: npt.NDArray[np.int32]
    bounds: npt.NDArray[np.int64]
    rivals: npt.NDArray[np.int32]


def find_suspects(batch: ReadBatch, haplotypes: Sequence[Haplotype]) -> Suspects:
    """Return the reads that one of the candidates might explain."""
    telling = np.flatnonzero(np.isin(batch.kinds, (*_STRUCTURAL, EVENT_SNV)))
    by_place = telling[np.argsort(batch.events["pos"][telling], kind="stable")]
    places = batch.events["pos"][by_place]
    is_spliced = np.zeros(len(batch.reads), bool)
    is_spliced[batch.events["read"][batch.kinds == EVENT_SKIP]] = True
    found = []
    for haplotype in haplotypes:
        low = min(haplotype.low, haplotype.edit.start) - NEAR_BP
        high = max(haplotype.high, haplotype.edit.end) + NEAR_BP
        nearby = by_place[np.searchsorted(places, low) : np.searchsorted(places, high, "right")]
        reads = _suspicious(batch, nearby, haplotype)
        found.append(reads[~is_spliced[reads]])
    owners = np.concatenate(found)
    order = np.argsort(owners, kind="stable")
    numbers = np.repeat(np.arange(len(haplotypes), dtype=np.int32), [len(reads) for reads in found])
    reads, begin = np.unique(owners[order], return_index=True)
    return Suspects(reads, np.append(begin, len(owners)), numbers[order])


def _suspicious(batch: ReadBatch, nearby: npt.NDArray[np.int64], haplotype: Haplotype) -> npt.NDArray[np.int32]:
    """Return the reads of some events that have a clip or an indel there, or mismatches where they end."""
    events = batch.events[nearby]
    is_snv = events["kind"] == EVENT_SNV
    owners, mismatches = np.unique(events["read"][is_snv], return_counts=True)
    reads = batch.reads[owners]
    ends_here = (reads["end"] < haplotype.high + NEAR_BP) | (reads["start"] > haplotype.low - NEAR_BP)
    return np.union1d(events["read"][~is_snv], owners[ends_here | (mismatches >= MANY_MISMATCHES)])
