"""Alleles that recur in normals, too common for an error and too rare to be inherited: artefacts of the assay.

Misplaced reads of a similar sequence, or a primer, can show an allele at 5% in everybody. That is above what teaches
the background, so it is kept beside it.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from csfgeno.records import Allele

MAX_FRACTION: Final = 0.25
"""An allele of a larger fraction is inherited, heterozygous at least."""

MIN_NORMALS: Final = 2
"""Normals that must show an allele for it to be kept in a model."""


@dataclass(frozen=True, slots=True)
class CommonAllele:
    """An allele of one normal that is too common for an error: its place and the molecules that show and cover it."""

    allele: Allele
    place: int
    alt: int
    depth: int


@dataclass(frozen=True, slots=True)
class Recurrence:
    """An allele that recurs: its normals, and its fraction in all molecules of these."""

    allele: Allele
    normals: int
    fraction: float


def find_recurrent(normals: Sequence[Sequence[CommonAllele]]) -> tuple[Recurrence, ...]:
    """Return what at least `MIN_NORMALS` of the normals show, sorted by allele."""
    seen: defaultdict[Allele, list[CommonAllele]] = defaultdict(list)
    for common in (common for normal in normals for common in normal):
        seen[common.allele].append(common)
    return tuple(
        Recurrence(allele, len(own), sum(c.alt for c in own) / sum(c.depth for c in own))
        for allele, own in sorted(seen.items())
        if len(own) >= MIN_NORMALS
    )
