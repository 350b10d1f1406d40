"""What clipped ends spell: the junctions of deletions, duplications and insertions that aligners cut reads at.

Reads that enter a change from the left are clipped on their right, and the other way round. The clipped ends at one
place are joined to one sequence; where that comes back to the reference, the junction is known. Where it does not,
because the insertion is longer than the clipped ends, the two sequences from both sides are laid over each other.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product, zip_longest
from typing import Final

import numpy as np

from csfgeno.genome.sequence import Window
from csfgeno.io.batch import ABSENT, EVENT_CLIP_LEFT, EVENT_CLIP_RIGHT, ReadBatch

ANCHOR_BP: Final = 10
"""Bases of a clipped end that must be found in the reference, or in the ends from the other side."""

REACH_BP: Final = 200
"""How far from a clip the other side of its junction is looked for."""


@dataclass(frozen=True, slots=True)
class Junction:
    """The reference up to `left`, then `between`, then the reference from `right` on; `left` is at most `right`."""

    left: int
    right: int
    between: str
    fragments: int


@dataclass(frozen=True, slots=True)
class _Ends:
    """Clipped ends at one place of the reference, as the one sequence they agree on.

    `reach` is that sequence with what the longest of them alone shows beyond it.
    """

    place: int
    bases: str
    reach: str
    fragments: int


def clip_junctions(batch: ReadBatch, window: Window, min_fragments: int) -> Iterator[Junction]:
    """Yield the junctions that at least `min_fragments` fragments clipped at one place agree on."""
    rightward = _ends(batch, EVENT_CLIP_RIGHT, min_fragments)
    leftward = _ends(batch, EVENT_CLIP_LEFT, min_fragments)
    lost_right, lost_left = [], []
    for ends in rightward:
        found = _anchor_right(ends, window)
        if found:
            yield found
        else:
            lost_right.append(ends)
    for ends in leftward:
        found = _anchor_left(ends, window)
        if found:
            yield found
        else:
            lost_left.append(ends)
    for right in lost_right:
        for left in lost_left:
            found = _overlap(right, left, window)
            if found:
                yield found


def _ends(batch: ReadBatch, kind: int, min_fragments: int) -> list[_Ends]:
    events = batch.events
    rows = np.flatnonzero(batch.kinds == kind)
    rows = rows[(events["seq_start"][rows] != ABSENT) & (events["length"][rows] >= ANCHOR_BP)]
    places, inverse, counts = np.unique(events["pos"][rows], return_inverse=True, return_counts=True)
    by_place: defaultdict[int, dict[int, str]] = defaultdict(dict)
    for row, at in zip(rows.tolist(), inverse.tolist(), strict=True):
        if counts[at] >= min_fragments:
            name = int(batch.reads["name_hash"][events["read"][row]])
            bases = batch.event_bases(events[row])
            by_place[int(places[at])][name] = bases if kind == EVENT_CLIP_RIGHT else bases[::-1]
    found = []
    for place, clips in sorted(by_place.items()):
        bases = _consensus(list(clips.values()), min_fragments)
        if len(bases) >= ANCHOR_BP:
            longest = max(clips.values(), key=lambda clip: (len(clip), clip))
            reach = bases + longest[len(bases) :]
            outwards = slice(None, None, 1 if kind == EVENT_CLIP_RIGHT else -1)
            found.append(_Ends(place, bases[outwards], reach[outwards], len(clips)))
    return found


def _consensus(clips: list[str], min_fragments: int) -> str:
    """Return the bases that most of the clipped ends show, from the clip outwards, while enough of them agree."""
    agreed = []
    for column in zip_longest(*clips):
        counts = Counter(base for base in column if base is not None and base != "N")
        base, best = max(counts.items(), key=lambda item: (item[1], item[0]), default=("N", 0))
        if best < min_fragments or 2 * best <= counts.total():
            break
        agreed.append(base)
    return "".join(agreed)


def _anchor_right(ends: _Ends, window: Window) -> Junction | None:
    """Return the junction of ends clipped on the right, if their last bases lie in the reference nearby."""
    low = ends.place - REACH_BP
    text = window.fetch(window.interval.contig, low, ends.place + REACH_BP)
    low = max(low, window.interval.start)
    matched, at = _longest_suffix(ends.bases, text)
    if matched < ANCHOR_BP:
        return None
    return _junction(ends.place, low + at, ends.bases[: len(ends.bases) - matched], ends.fragments, window)


def _anchor_left(ends: _Ends, window: Window) -> Junction | None:
    low = ends.place - REACH_BP
    text = window.fetch(window.interval.contig, low, ends.place + REACH_BP)
    low = max(low, window.interval.start)
    matched, at = _longest_suffix(ends.bases[::-1], text[::-1])
    if matched < ANCHOR_BP:
        return None
    return _junction(low + len(text) - at, ends.place, ends.bases[matched:], ends.fragments, window)


def _longest_suffix(bases: str, text: str) -> tuple[int, int]:
    """Return the length and the place in `text` of the longest suffix of `bases`; `(0, 0)` if shorter than the anchor.

    A suffix found twice says nothing of the place, so it counts as not found.
    """
    best: list[tuple[int, int]] = []
    seed = bases[-ANCHOR_BP:]
    at = text.find(seed)
    while at >= 0:
        length = ANCHOR_BP
        while (
            length < len(bases) and at + ANCHOR_BP > length and bases[-length - 1] == text[at + ANCHOR_BP - length - 1]
        ):
            length += 1
        best.append((length, at + ANCHOR_BP - length))
        at = text.find(seed, at + 1)
    best.sort(reverse=True)
    is_unique = len(best) == 1 or (len(best) > 1 and best[0][0] > best[1][0])
    return best[0] if is_unique else (0, 0)


def _overlap(right: _Ends, left: _Ends, window: Window) -> Junction | None:
    """Return the insertion that ends from both sides spell together, if they overlap."""
    if abs(left.place - right.place) > REACH_BP // 4:
        return None
    # METHOD: beyond what several ends agree on, one is believed where the ends from the other side agree with it.
    for ahead, behind in product((right.bases, right.reach), (left.bases, left.reach)):
        insides = product(_without_beyond(ahead, left.place, window), _without_before(behind, right.place, window))
        for between in (_laid_over(*inside) for inside in insides):
            if between:
                return _junction(right.place, left.place, between, right.fragments + left.fragments, window)
    return None


def _without_beyond(bases: str, place: int, window: Window) -> Iterator[str]:
    """Yield the sequence of ends, and it without its last bases where those are the reference behind the insertion.

    They are fewer than an anchor, else the ends would have been placed by themselves. `place` is where the reference
    goes on.
    """
    after = window.fetch(window.interval.contig, place, place + ANCHOR_BP)
    for length in range(len(bases), max(len(bases) - ANCHOR_BP, ANCHOR_BP - 1), -1):
        if after.startswith(bases[length:]):
            yield bases[:length]


def _without_before(bases: str, place: int, window: Window) -> Iterator[str]:
    before = window.fetch(window.interval.contig, place - ANCHOR_BP, place)
    for extra in range(min(ANCHOR_BP, len(bases) - ANCHOR_BP + 1)):
        if before.endswith(bases[:extra]):
            yield bases[extra:]


def _laid_over(ahead: str, behind: str) -> str | None:
    """Return what two sequences spell together, if the first ends with what the second begins with."""
    for shared in range(min(len(ahead), len(behind)), ANCHOR_BP - 1, -1):
        if ahead[-shared:] == behind[:shared]:
            return ahead + behind[shared:]
    return None


def _junction(left: int, right: int, between: str, fragments: int, window: Window) -> Junction | None:
    """Return a junction whose sides are in order: bases of the reference passed twice become part of `between`."""
    if left <= right:
        return Junction(left, right, between, fragments)
    repeated = window.fetch(window.interval.contig, right, left)
    return Junction(left, left, between + repeated, fragments)
