"""Plain-Python twin of the compiled comparison `_lay`: it says the same, slowly, and is the oracle of its tests."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from csfgeno.genome.sequence import Window
from csfgeno.io.batch import ReadBatch
from csfgeno.molecules.realignment.candidates import Haplotype
from csfgeno.molecules.realignment.readtext import ReadText, count_differences, event_bounds, read_text
from csfgeno.molecules.realignment.rewrite import NewRead, Rewritten, gather, place
from csfgeno.molecules.realignment.suspects import Suspects

MAX_MISMATCHES: Final = 4
"""Mismatches that a read may keep on the haplotype it is moved to; with more of them it belongs elsewhere."""

OWN_INDEL_COST: Final = 2
"""Mismatches that an indel of the read's own is worth: a candidate may leave that many more and still explain it."""

CLIP_REACH_BP: Final = 20
"""A clip this close to a change takes part in the comparison; one farther away is an adapter or another event."""

Bases = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class _Target:
    """A haplotype as text: index 0 is the first base of the window."""

    haplotype: Haplotype
    text: Bases

    @property
    def inserted_end(self) -> int:
        """End of the inserted bases, on the axis of the haplotype."""
        return self.haplotype.edit.start + len(self.haplotype.edit.alt)


@dataclass(frozen=True, slots=True)
class _Fit:
    """A read laid on a haplotype: where its first base comes to lie, and how many bases differ."""

    target: _Target
    at: int
    first: int
    last: int
    mismatches: int
    gain: int


def lay(
    batch: ReadBatch, window: Window, haplotypes: Sequence[Haplotype], suspects: Suspects, min_gain: int
) -> Rewritten:
    """Return the suspects that one of their rivals explains better than the reference, rewritten."""
    aligner = _Realigner(window, tuple(_target(h, window) for h in haplotypes), min_gain)
    bounds = event_bounds(batch)
    moved: dict[int, NewRead] = {}
    for i, read in enumerate(suspects.reads.tolist()):
        rivals = suspects.rivals[suspects.bounds[i] : suspects.bounds[i + 1]].tolist()
        replacement = aligner.realign(read_text(batch, read, bounds, window), rivals)
        if replacement is not None:
            moved[read] = replacement
    return gather(moved, len(batch.sequence))


def _target(haplotype: Haplotype, window: Window) -> _Target:
    return _Target(haplotype, np.frombuffer(haplotype.text(window).encode(), np.uint8))


@dataclass(frozen=True)
class _Realigner:
    """Compares single reads with the reference and the candidates."""

    window: Window
    targets: tuple[_Target, ...]
    min_gain: int

    @cached_property
    def reference(self) -> Bases:
        """The window as base codes."""
        return np.frombuffer(self.window.bases.encode(), np.uint8)

    def realign(self, read: ReadText, rivals: Sequence[int]) -> NewRead | None:
        """Return what becomes of a read, `None` if it stays as it is."""
        fits = [fit for i in rivals if (fit := self._fit(read, self.targets[i])) is not None]
        # METHOD: of haplotypes that fit a read equally well the better supported one is the likelier.
        best = min(fits, key=lambda f: (f.mismatches, -f.target.haplotype.support), default=None)
        if best is None or best.gain < 1:
            return None
        haplotype, end = best.target.haplotype, best.at + best.last
        crosses = best.at + best.first <= haplotype.low and end >= haplotype.high
        if best.gain >= self.min_gain and crosses:
            return place(
                read, haplotype.edit, best.at, best.target.text, self.window.interval.start, best.first, best.last
            )
        return self._shorten(read, best)

    def _fit(self, read: ReadText, target: _Target) -> _Fit | None:
        """Return the better of two ways to lay a read on a haplotype: from its left end, or from its right end."""
        first, last = _contested(read, target.haplotype)
        bases = read.bases[first:last]
        left, right = read.left_start, read.right_end - len(read.bases)
        net = target.haplotype.edit.net_length
        origin = self.window.interval.start
        # METHOD: a known indel with an error in the read is likelier than an indel that no other read shows.
        own = read.own_mismatches(self.reference, origin, first, last) + OWN_INDEL_COST * read.has_indel
        ways = [(count_differences(bases, target.text, at + first - origin), at) for at in {left, right + net}]
        mismatches, at = min(ways)
        if mismatches > min(MAX_MISMATCHES, own):
            return None
        plain = min(count_differences(bases, self.reference, at + first - origin) for at in {left, right})
        return _Fit(target, at, first, last, mismatches, plain - mismatches)

    def _shorten(self, read: ReadText, fit: _Fit) -> NewRead | None:
        """Return the read without its shorter side of the change, on which it cannot tell the two apart."""
        edit = fit.target.haplotype.edit
        left = edit.start - (fit.at + fit.first)
        right = fit.at + fit.last - fit.target.inserted_end
        if max(left, right) < 1:
            return None
        first, last = fit.first, fit.last
        if left >= right:
            last = min(last, edit.start - fit.at)
        else:
            first = max(first, fit.target.inserted_end - fit.at)
        return place(read, edit, fit.at, fit.target.text, self.window.interval.start, first, last)


def _contested(read: ReadText, haplotype: Haplotype) -> tuple[int, int]:
    """Return the bases of a read that are compared: what is aligned, and clips at the change."""
    edit = haplotype.edit
    low, high = haplotype.low - CLIP_REACH_BP, max(haplotype.high, edit.end) + CLIP_REACH_BP
    first = 0 if low <= read.start <= high else read.clip_left
    last = len(read.bases) - (0 if low <= read.end <= high else read.clip_right)
    return first, last
