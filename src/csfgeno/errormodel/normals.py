"""Normals as a fit sees them: gone through one at a time, as often as needed, so memory does not follow their number.

What is kept of all normals are sums by place and base, and the few alleles that are private to each.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Protocol

import numpy as np
import numpy.typing as npt

from csfgeno.errormodel.counts import BackgroundCounts, ChangeTable, Floats, Integers, tabulate
from csfgeno.errormodel.model import expect


class Normals(Protocol):
    """The counts of normals of one panel, in an order that is the same every time."""

    def __len__(self) -> int:
        """Return the number of normals."""

    def __iter__(self) -> Iterator[BackgroundCounts]:
        """Go through all normals from the first."""


@dataclass(frozen=True, slots=True)
class CleanedNormals:
    """Normals without what is their own.

    Attributes
    ----------
    private
        Flat indices into (place, base) of the alleles that are private to each normal.
    """

    normals: Normals
    private: Sequence[npt.NDArray[np.int64]]

    def __len__(self) -> int:
        """Return the number of normals."""
        return len(self.normals)

    def __iter__(self) -> Iterator[BackgroundCounts]:
        """Go through all normals from the first."""
        for counts, own in zip(self.normals, self.private, strict=True):
            excluded = np.zeros_like(counts.is_background)
            excluded.flat[own] = True
            yield counts.without(excluded)


@dataclass(frozen=True, slots=True)
class Expectation:
    """How many errors a normal is expected to show: rates by class and change, and the odd sites, (place, base)."""

    rates: Floats
    odd: npt.NDArray[np.bool_]

    def of(self, counts: BackgroundCounts) -> Floats:
        """Return the errors expected in one normal, shape (place, base)."""
        return expect(counts, self.rates, self.odd)


@dataclass(frozen=True, slots=True)
class SiteSums:
    """Sums over all normals, shape (place, base): errors, errors expected, and squares of those."""

    errors: Integers
    expected: Floats
    squares: Floats

    def __add__(self, other: "SiteSums") -> "SiteSums":
        """Return both together."""
        return SiteSums(self.errors + other.errors, self.expected + other.expected, self.squares + other.squares)


def sum_sites(normals: Normals, expectation: Expectation) -> SiteSums:
    """Return errors by site of all normals together."""
    return reduce(add, (_site_sums(counts, expectation.of(counts)) for counts in normals))


def _site_sums(counts: BackgroundCounts, expected: Floats) -> SiteSums:
    return SiteSums(counts.errors_by_site(), expected, expected**2)


def sum_changes(normals: Normals, odd: npt.NDArray[np.bool_]) -> ChangeTable:
    """Return errors and chances by class and change of all normals together, without odd sites."""
    return reduce(add, (tabulate(counts.without(odd)) for counts in normals))
