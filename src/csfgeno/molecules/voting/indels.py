"""Insertions and deletions of molecules: a family votes on the event, not on bases."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from csfgeno.genome.discern import discerning_span
from csfgeno.genome.sequence import Window
from csfgeno.io.batch import EVENT_DELETION, EVENT_INSERTION, ReadBatch
from csfgeno.molecules.grouping.families import Families
from csfgeno.molecules.grouping.order import is_new
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


class Claim(NamedTuple):
    """One indel of one molecule: the stretch `[lo, hi)` that tells it, and the sorted reads that show it."""

    molecule: int
    lo: int
    hi: int
    bearers: set[int]


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
    if not bearers:
        return IndelCalls((), ())
    spans = {allele: discerning_span(allele, window, thresholds.realign_gain) for _, allele in bearers}
    claims = [Claim(molecule, *spans[allele], rows) for (molecule, allele), rows in sorted(bearers.items())]
    stated: list[IndelCall] = []
    discordant: list[IndelCall] = []
    for (molecule, allele), (a, not_a, b, not_b) in zip(
        sorted(bearers), count_votes(batch.reads, families, claims).tolist(), strict=True
    ):
        call = IndelCall(allele, molecule, (a, not_a, b, not_b))
        (stated if _is_stated(call.votes, thresholds.min_family_agreement) else discordant).append(call)
    return IndelCalls(tuple(stated), tuple(discordant))


def _read_alleles(batch: ReadBatch, window: Window, align: LeftAlign) -> Iterator[tuple[int, Allele]]:
    """Yield `(read, allele)` of every insertion and deletion, leftmost spelling; two that touch are one change."""
    events = batch.events
    rows = np.flatnonzero((batch.kinds == EVENT_INSERTION) | (batch.kinds == EVENT_DELETION))
    seen: dict[tuple[int, int, str], Allele | None] = {}
    pending: tuple[int, int, int, str] | None = None
    touches = _touch_the_one_before(events, rows).tolist()
    for row, read, touch in zip(rows.tolist(), events["read"][rows].tolist(), touches, strict=True):
        start, end, added = _change(batch, events[row])
        if pending is not None and touch and pending[2] == start:
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


def _touch_the_one_before(events: npt.NDArray[np.void], rows: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Return which of `rows`, indels all, follow another one without a base of the read between, shape (rows,)."""
    before, event = events[rows - 1], events[rows]
    is_next = np.diff(rows, prepend=-1) == 1
    # The first row is compared with the last, which is not before it; a deletion names the base of the read before it.
    is_next[:1] = False
    end = before["query_pos"] + np.where(before["kind"] == EVENT_INSERTION, before["length"] - 1, 0)
    begin = event["query_pos"] - (before["kind"] == EVENT_DELETION)
    return np.asarray(is_next & (before["read"] == event["read"]) & (end == begin))


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


def count_votes(reads: npt.NDArray[np.void], families: Families, claims: list[Claim]) -> npt.NDArray[np.int64]:
    """Count fragments for and against on both strands; overlapping mates that disagree count against.

    Returns
    -------
    Fragments for and against on strand A, for and against on strand B, shape (claims, 4).
    """
    molecule, lo, hi = (np.array(column) for column in list(zip(*claims, strict=True))[:3])
    begin, end = (np.searchsorted(families.molecule, molecule, side) for side in ("left", "right"))
    first = np.cumsum(end - begin) - (end - begin)  # where the reads of each claim begin in what follows
    claim = np.repeat(np.arange(len(claims)), end - begin)
    row = np.arange(len(claim)) + (begin - first)[claim]
    bears = np.zeros(len(claim), bool)
    for number, own in enumerate(claims):
        bears[first[number] - begin[number] + np.fromiter(own.bearers, np.int64)] = True
    read = families.order[row]
    votes = bears | ((reads["start"][read] <= lo[claim]) & (reads["end"][read] >= hi[claim]))
    claim, row, bears = claim[votes], row[votes], bears[votes]
    mates = np.flatnonzero(is_new(claim) | is_new(families.fragment[row]))
    is_for = np.logical_and.reduceat(bears, mates)
    claim, row = claim[mates], row[mates]
    is_fixed = families.fixed_kind[molecule[claim]] >= 0
    strand = families.strand[np.where(is_fixed, begin[claim], row)]
    return np.bincount(4 * claim + 2 * strand + ~is_for, minlength=4 * len(claims)).reshape(-1, 4)


def _is_stated(votes: tuple[int, int, int, int], agreement: float) -> bool:
    for alt, other in (votes[:2], votes[2:]):
        if alt + other and (alt == 0 or alt < agreement * (alt + other)):
            return False
    return votes[0] + votes[2] > 0
