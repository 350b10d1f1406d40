"""Insertions and deletions of molecules: a family votes on the event, not on bases."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from csfgeno.genome.discern import discerning_span
from csfgeno.genome.sequence import Window
from csfgeno.io.batch import EVENT_DELETION, EVENT_INSERTION, ReadBatch
from csfgeno.molecules.grouping.families import Families
from csfgeno.molecules.realignment.candidates import LeftAlign
from csfgeno.records import Allele
from csfgeno.thresholds import Thresholds


@dataclass(frozen=True, slots=True)
class IndelCall:
    """One molecule that states an insertion or a deletion; votes as in `fold.Calls`."""

    allele: Allele
    molecule: int
    votes: tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class IndelCalls:
    """Indels stated by molecules, and those on which a molecule's fragments could not agree."""

    stated: tuple[IndelCall, ...]
    discordant: tuple[IndelCall, ...]


def vote_on_indels(
    batch: ReadBatch, families: Families, window: Window, thresholds: Thresholds, align: LeftAlign
) -> IndelCalls:
    """Return what each molecule states about the insertions and deletions of its reads.

    Parameters
    ----------
    window
        Reference around the reads; an indel that leaves it is passed over.
    thresholds
        The share of a strand's fragments that an indel needs, and the bases by which a fragment tells it from the
        reference; a fragment that shows fewer has no vote.
    """
    row_of_read = np.empty(len(batch.reads), np.int64)
    row_of_read[families.order] = np.arange(len(batch.reads))
    bearers: dict[tuple[int, Allele], set[int]] = {}
    for read, allele in _read_alleles(batch, window, align):
        row = int(row_of_read[read])
        bearers.setdefault((int(families.molecule[row]), allele), set()).add(row)
    bounds = np.searchsorted(families.molecule, np.arange(len(families) + 1))
    spans = {allele: discerning_span(allele, window, thresholds.realign_gain) for _, allele in bearers}
    stated: list[IndelCall] = []
    discordant: list[IndelCall] = []
    for (molecule, allele), rows in sorted(bearers.items()):
        members = np.arange(bounds[molecule], bounds[molecule + 1])
        votes = _votes(batch, families, members, rows, spans[allele])
        call = IndelCall(allele, molecule, votes)
        (stated if _is_stated(votes, thresholds.min_family_agreement) else discordant).append(call)
    return IndelCalls(tuple(stated), tuple(discordant))


def _read_alleles(batch: ReadBatch, window: Window, align: LeftAlign) -> Iterator[tuple[int, Allele]]:
    """Yield `(read, allele)` of every insertion and deletion, leftmost spelling; two that touch are one change."""
    events = batch.events
    rows = np.flatnonzero((batch.kinds == EVENT_INSERTION) | (batch.kinds == EVENT_DELETION))
    seen: dict[tuple[int, int, str], Allele | None] = {}
    pending: tuple[int, int, int, str] | None = None
    for row in rows.tolist():
        event = events[row]
        read, start, end, added = int(event["read"]), *_change(batch, event)
        if pending is not None and pending[0] == read and pending[2] == start and _touch(events, row):
            pending = (read, pending[1], end, pending[3] + added)
            continue
        if pending is not None:
            yield from _aligned(pending, seen, window, align)
        pending = (read, start, end, added)
    if pending is not None:
        yield from _aligned(pending, seen, window, align)


def _change(batch: ReadBatch, event: np.void) -> tuple[int, int, str]:
    """Return what an event replaces, `[start, end)`, and by which bases."""
    start, length = int(event["pos"]), int(event["length"])
    if event["kind"] == EVENT_INSERTION:
        return start + 1, start + 1, batch.event_bases(event)
    return start, start + length, ""


def _touch(events: npt.NDArray[np.void], row: int) -> bool:
    """Return whether an event follows the one before it in the batch without a base of the read between them."""
    before, event = events[row - 1], events[row]
    if before["kind"] == EVENT_INSERTION:
        return bool(before["query_pos"] + before["length"] == event["query_pos"] + 1)
    return bool(before["kind"] == EVENT_DELETION and before["query_pos"] + 1 == event["query_pos"])


def _aligned(
    change: tuple[int, int, int, str],
    seen: dict[tuple[int, int, str], Allele | None],
    window: Window,
    align: LeftAlign,
) -> Iterator[tuple[int, Allele]]:
    """Yield `(read, allele)` of a change, nothing where the window ends or is masked."""
    read, start, end, added = change
    key = (start, end, added)
    if key not in seen:
        ref = window.fetch(window.interval.contig, start - 1, end)
        alt = ref[:1] + added
        is_whole = len(ref) == 1 + end - start and "N" not in ref + alt and ref != alt
        seen[key] = align(Allele(window.interval.contig, start - 1, ref, alt)) if is_whole else None
    allele = seen[key]
    if allele is not None:
        yield read, allele


def _votes(
    batch: ReadBatch, families: Families, members: npt.NDArray[np.int64], bearers: set[int], span: tuple[int, int]
) -> tuple[int, int, int, int]:
    """Count fragments for and against on both strands; overlapping mates that disagree count against."""
    lo, hi = span
    reads = batch.reads[families.order[members]]
    spans = (reads["start"] <= lo) & (reads["end"] >= hi)
    bears = np.array([int(row) in bearers for row in members])
    fixed = bool(families.fixed_kind[families.molecule[members[0]]] >= 0)
    tally: Counter[tuple[int, bool]] = Counter()
    for fragment in np.unique(families.fragment[members[spans | bears]]):
        mates = (families.fragment[members] == fragment) & (spans | bears)
        strand = int(families.strand[members[0 if fixed else int(np.argmax(mates))]])
        tally[strand, bool(bears[mates].all())] += 1
    return tally[0, True], tally[0, False], tally[1, True], tally[1, False]


def _is_stated(votes: tuple[int, int, int, int], agreement: float) -> bool:
    for alt, other in (votes[:2], votes[2:]):
        if alt + other and (alt == 0 or alt < agreement * (alt + other)):
            return False
    return votes[0] + votes[2] > 0
