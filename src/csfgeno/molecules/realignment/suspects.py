"""Suspects: the reads that a candidate haplotype might explain better than their alignment does."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
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


def find_suspects(batch: ReadBatch, haplotypes: Sequence[Haplotype]) -> Iterator[tuple[int, list[int]]]:
    """Yield `(read, candidates)` in file order: each read worth comparing, with the candidates it may belong to."""
    telling = np.flatnonzero(np.isin(batch.events["kind"], (*_STRUCTURAL, EVENT_SNV)))
    by_place = telling[np.argsort(batch.events["pos"][telling], kind="stable")]
    places = batch.events["pos"][by_place]
    spliced = set(batch.events["read"][batch.events["kind"] == EVENT_SKIP].tolist())
    rivals: defaultdict[int, list[int]] = defaultdict(list)
    for number, haplotype in enumerate(haplotypes):
        low = min(haplotype.low, haplotype.edit.start) - NEAR_BP
        high = max(haplotype.high, haplotype.edit.end) + NEAR_BP
        nearby = by_place[np.searchsorted(places, low) : np.searchsorted(places, high, "right")]
        for read in _suspicious(batch, nearby, haplotype).tolist():
            rivals[read].append(number)
    yield from ((read, rivals[read]) for read in sorted(rivals) if read not in spliced)


def _suspicious(batch: ReadBatch, nearby: npt.NDArray[np.int64], haplotype: Haplotype) -> npt.NDArray[np.int32]:
    """Return the reads of some events that have a clip or an indel there, or mismatches where they end."""
    events = batch.events[nearby]
    is_snv = events["kind"] == EVENT_SNV
    owners, mismatches = np.unique(events["read"][is_snv], return_counts=True)
    reads = batch.reads[owners]
    ends_here = (reads["end"] < haplotype.high + NEAR_BP) | (reads["start"] > haplotype.low - NEAR_BP)
    return np.union1d(events["read"][~is_snv], owners[ends_here | (mismatches >= MANY_MISMATCHES)])
