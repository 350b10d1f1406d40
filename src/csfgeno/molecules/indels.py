"""Insertions and deletions of molecules: a family votes on the event, not on bases."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from csfgeno.genome.sequence import Window
from csfgeno.io.batch import EVENT_DELETION, EVENT_INSERTION, ReadBatch
from csfgeno.molecules.families import Families
from csfgeno.records import Allele

LeftAlign = Callable[[Allele], Allele]
"""Gives every spelling of an insertion or deletion its leftmost one."""

ANCHOR_FLANK_BP: Final = 1
"""Bases a read must show on both sides of an indel to speak for or against it."""


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
    batch: ReadBatch, families: Families, window: Window, agreement: float, align: LeftAlign
) -> IndelCalls:
    """Return what each molecule states about the insertions and deletions of its reads.

    Parameters
    ----------
    window
        Reference around the reads; an indel that leaves it is passed over.
    agreement
        Share of a strand's fragments that an indel needs, inclusive.
    """
    row_of_read = np.empty(len(batch.reads), np.int64)
    row_of_read[families.order] = np.arange(len(batch.reads))
    bearers: dict[tuple[int, Allele], set[int]] = {}
    for read, allele in _read_alleles(batch, window, align):
        row = int(row_of_read[read])
        bearers.setdefault((int(families.molecule[row]), allele), set()).add(row)
    bounds = np.searchsorted(families.molecule, np.arange(len(families) + 1))
    stated: list[IndelCall] = []
    discordant: list[IndelCall] = []
    for (molecule, allele), rows in sorted(bearers.items()):
        members = np.arange(bounds[molecule], bounds[molecule + 1])
        votes = _votes(batch, families, members, rows, allele)
        call = IndelCall(allele, molecule, votes)
        (stated if _is_stated(votes, agreement) else discordant).append(call)
    return IndelCalls(tuple(stated), tuple(discordant))


def _read_alleles(batch: ReadBatch, window: Window, align: LeftAlign) -> Iterator[tuple[int, Allele]]:
    """Yield `(read, allele)` of every insertion and deletion, leftmost spelling."""
    events = batch.events
    seen: dict[tuple[int, str, str], Allele] = {}
    for row in np.flatnonzero((events["kind"] == EVENT_INSERTION) | (events["kind"] == EVENT_DELETION)):
        event = events[row]
        is_insertion = event["kind"] == EVENT_INSERTION
        anchor = int(event["pos"]) - (0 if is_insertion else 1)
        deleted = 0 if is_insertion else int(event["length"])
        ref = window.fetch(window.interval.contig, anchor, anchor + 1 + deleted)
        if len(ref) != 1 + deleted:
            continue
        alt = ref[0] + (batch.event_bases(event) if is_insertion else "")
        if "N" in ref + alt:
            continue
        key = (anchor, ref, alt)
        if key not in seen:
            seen[key] = align(Allele(window.interval.contig, anchor, ref, alt))
        yield int(event["read"]), seen[key]


def _votes(
    batch: ReadBatch, families: Families, members: npt.NDArray[np.int64], bearers: set[int], allele: Allele
) -> tuple[int, int, int, int]:
    """Count fragments for and against on both strands; overlapping mates that disagree count against."""
    lo, hi = allele.start + 1 - ANCHOR_FLANK_BP, allele.end + ANCHOR_FLANK_BP
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
