"""Realignment: reads are moved to the haplotype that explains them, before their families vote.

Only reads with something to explain are looked at: a clip, an indel, or mismatches close to their end, near a
candidate. A read that fits a candidate clearly better than the reference is rewritten to state it, in one spelling. A
read that fits it better, but not clearly, ends before the change from then on: it speaks neither for nor against it.
What a family is grouped by, the unclipped 5' ends, stays as it was.
"""

import os
from collections.abc import Collection, Sequence
from typing import Final

import numpy as np

from csfgeno.genome.sequence import Window
from csfgeno.io.batch import EVENT_DTYPE, ReadBatch
from csfgeno.molecules.realignment import _lay_twin
from csfgeno.molecules.realignment.candidates import Haplotype, LeftAlign, find_haplotypes
from csfgeno.molecules.realignment.readtext import event_bounds
from csfgeno.molecules.realignment.rewrite import Rewritten, replace_reads
from csfgeno.molecules.realignment.suspects import Suspects, find_suspects
from csfgeno.records import Allele
from csfgeno.thresholds import Thresholds

try:
    from csfgeno.molecules.realignment._lay import lay as _native
except ImportError:  # no compiler when the package was built
    _native = None  # type: ignore[assignment]

HAS_NATIVE_LAY: Final = _native is not None


def realign(
    batch: ReadBatch,
    window: Window,
    thresholds: Thresholds,
    align: LeftAlign,
    offered: Collection[Allele] = (),
    *,
    native: bool | None = None,
) -> ReadBatch:
    """Return the reads with those that a candidate haplotype explains better moved to it.

    Parameters
    ----------
    batch
        Reads of one tile.
    window
        Reference around them; reads are compared inside it.
    align
        Gives an allele its leftmost spelling.
    offered
        Changes known from elsewhere, in this spelling; reads are compared with them too.
    native
        Whether the compiled comparison is used where it is there; by default unless `CSFGENO_TWIN` is set.

    Returns
    -------
    ReadBatch
        The same object if there is no candidate.
    """
    haplotypes = find_haplotypes(batch, window, thresholds, align, offered)
    if not haplotypes:
        return batch
    suspects = find_suspects(batch, haplotypes)
    use_native = "CSFGENO_TWIN" not in os.environ if native is None else native
    lay = _lay_native if use_native and HAS_NATIVE_LAY else _lay_twin.lay
    return replace_reads(batch, lay(batch, window, haplotypes, suspects, thresholds.realign_gain))


def _lay_native(
    batch: ReadBatch, window: Window, haplotypes: Sequence[Haplotype], suspects: Suspects, min_gain: int
) -> Rewritten:
    """Call the compiled comparison."""
    reads = [np.ascontiguousarray(batch.reads[name]) for name in ("start", "end", "mean_qual")]
    texts = [haplotype.text(window).encode() for haplotype in haplotypes]
    numbers = [
        (h.edit.start, h.edit.end, len(h.edit.alt), h.low, h.high, min(h.support, np.iinfo(np.int32).max))
        for h in haplotypes
    ]
    changed, events, sequence = _native(
        np.frombuffer(window.bases.encode(), np.uint8),
        window.interval.start,
        reads,
        event_bounds(batch),
        batch.events,
        batch.sequence,
        (suspects.reads, suspects.bounds),
        suspects.rivals,
        (
            np.frombuffer(b"".join(texts), np.uint8),
            np.cumsum([0, *map(len, texts)], dtype=np.int64),
            np.array(numbers, np.int32),
        ),
        min_gain,
    )
    return Rewritten(
        changed[:, 0],
        changed[:, 1],
        changed[:, 2],
        np.frombuffer(events, EVENT_DTYPE),
        np.frombuffer(sequence, np.uint8),
    )
