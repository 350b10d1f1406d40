"""How many molecules of a specimen were read on both strands, told from how often families share both outer ends.

With one UMI a read pair the strands of a molecule are two families. If that UMI lies in the double-stranded part of the
adapter both carry the same; if it lies on one arm of a Y adapter they carry different ones, and only the ends tie them.
But different molecules share ends as well, in deep data and above all in amplicons.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from csfgeno.molecules.grouping.families import STRAND_A, STRAND_B, Families, group_reads
from csfgeno.molecules.grouping.order import mix, pack_ends
from csfgeno.molecules.grouping.rows import ReadRows
from csfgeno.vocab import EvidenceMode

HIGHEST_SHARE: Final = 0.99
"""Keeps the odds of a pair finite."""

SURE_SDS: Final = 3.0
"""A share above zero by this many standard errors is told."""

SMALL_ERROR: Final = 0.05
"""A share with at most this standard error is told, be it zero."""


Counts = npt.NDArray[np.int64]


class Strands(NamedTuple):
    """The families that carry one UMI and lie between two known ends.

    Attributes
    ----------
    molecule
        Their numbers in `Families`, shape (strands,).
    place
        Both outer ends in one word, shape (strands,).
    is_b
        Whether they are of strand B, shape (strands,).
    """

    molecule: npt.NDArray[np.int64]
    place: npt.NDArray[np.uint64]
    is_b: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class StrandPairing:
    """What the families of one UMI in a specimen tell of the strands of its molecules.

    Attributes
    ----------
    families
        Families of strand A and of strand B that were looked at.
    same
        Pairs of them with the same outer ends and strand.
    excess, excess_error
        Pairs of opposite strands with the same ends, less those expected by chance, and the standard error of that.
    alike, alike_by_chance
        Families of strand A of which an opposite one with the same ends carries the UMI too, and how many are expected
        of different molecules.
    """

    families: tuple[int, int]
    same: int
    excess: float
    excess_error: float
    alike: int = 0
    alike_by_chance: float = 0.0

    @property
    def shares_umi(self) -> bool:
        """Whether both strands of a molecule carry the same UMI.

        METHOD: as many opposite families with the same ends and UMI, beyond chance, as half of the excess with the same
        ends, two standard errors taken off it; of different molecules hardly any have both.
        """
        beyond = self.alike - self.alike_by_chance
        return beyond > SURE_SDS * math.sqrt(self.alike) and beyond >= (self.excess - 2.0 * self.excess_error) / 2.0

    @property
    def share(self) -> float:
        """Share of molecules read on both strands."""
        molecules = sum(self.families) - self.excess
        return min(max(self.excess / molecules, 0.0), self._bound) if molecules > 0 else self._bound

    @property
    def error(self) -> float:
        """Standard error of `share`."""
        molecules = sum(self.families) - max(self.excess, 0.0)
        return sum(self.families) / molecules**2 * self.excess_error if molecules > 0 else 1.0

    @property
    def highest_share(self) -> float:
        """The most that `share` may be: two standard errors above it, or every family of the rarer strand paired."""
        return min(self.share + 2.0 * self.error, self._bound)

    @property
    def is_told(self) -> bool:
        """Whether `share` is known well enough to go by: clearly above zero, exact, or bound to be small."""
        return self.excess >= SURE_SDS * self.excess_error or min(self.error, self._bound) <= SMALL_ERROR

    @property
    def is_by_ends(self) -> bool:
        """Whether strands are paired by their ends."""
        return not self.shares_umi and self.is_told and self.share > 0.0

    @property
    def families_per_molecule(self) -> float:
        """By how much families may outnumber molecules where nothing can be told; 1 where strands are paired."""
        return 1.0 if self.shares_umi or self.is_told else 1.0 + self.highest_share

    @property
    def crowding(self) -> float:
        """Molecules that share the ends of a molecule by chance, on average; a little too high rather than zero."""
        return 4.0 * (self.same + 1) / ((1.0 + self.share) * max(sum(self.families), 1))

    @property
    def _bound(self) -> float:
        return min(min(self.families) / max(*self.families, 1), HIGHEST_SHARE)

    def odds(self, rarity: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return by what factor `pairs.expected_pairs` favours a pair, shape as `rarity`.

        `rarity` is the share of the families of a place that state the same as these two: a molecule meets one that
        states the same by chance so much less often.
        """
        return 4.0 * self.share / (1.0 - self.share) ** 2 * (1.0 + 1.0 / (rarity * self.crowding))


class _Counts(NamedTuple):
    """Families of strand A and of strand B by place, shape (places,), and those of equal UMIs."""

    a: Counts
    b: Counts
    alike: int
    alike_by_chance: float


def tell_strands(samples: Iterable[ReadRows], max_umi_mismatches: int) -> StrandPairing | None:
    """Return what reads of some stretches tell of the strands; `None` where UMIs are dual, or given as MI.

    Parameters
    ----------
    samples
        All reads over each stretch that carry a UMI, dtype `READ_DTYPE`.
    """
    found: list[_Counts] = []
    for reads in samples:
        if len(reads) and not _has_single(reads).any():
            return None
        found.append(_count(reads, group_reads(reads, EvidenceMode.UMI_FAMILIES, max_umi_mismatches)))
    if not any(len(counts.a) for counts in found):
        return None
    a, b = (np.concatenate([counts[side] for counts in found]) for side in (STRAND_A, STRAND_B))
    return weigh_places(a, b, sum(c.alike for c in found), sum(c.alike_by_chance for c in found))


def weigh_places(a: Counts, b: Counts, alike: int = 0, alike_by_chance: float = 0.0) -> StrandPairing:
    """Return what the families of strand A and of strand B at each place tell, shapes (places,).

    METHOD: with x molecules of both strands and y of each strand alone, independent Poisson numbers whose rates differ
    from place to place, E[a b] is E[x] + E[a] E[b]. Families of one strand share ends by chance alone: with r times as
    many families of B as of A, r E[a (a - 1)] / 2 + E[b (b - 1)] / (2 r) is E[a] E[b]. The difference is E[x], however
    crowded each place is. Places are independent, so the squares of the differences add up to the variance.
    """
    families = int(a.sum()), int(b.sum())
    same = a * (a - 1) // 2, b * (b - 1) // 2
    ratio = families[STRAND_B] / families[STRAND_A] if min(families) else 1.0
    excess = a * b - ratio * same[STRAND_A] - same[STRAND_B] / ratio if min(families) else np.zeros(1)
    error = math.sqrt(max(float((excess**2).sum()), 1.0))
    total = int(same[STRAND_A].sum() + same[STRAND_B].sum())
    return StrandPairing(families, total, float(excess.sum()), error, alike, alike_by_chance)


def find_strands(reads: ReadRows, families: Families) -> Strands:
    """Return the families of one UMI; those by MI or a dual UMI have their strands told already."""
    begin = np.searchsorted(families.molecule, np.arange(len(families)))
    leader = reads.take(families.order[begin])
    molecule = np.flatnonzero(
        _has_single(leader) & (families.right >= 0) & ((families.size_a == 0) | (families.size_b == 0))
    )
    place = pack_ends(families.left[molecule], families.right[molecule])
    return Strands(molecule, place, families.strand[begin[molecule]] == STRAND_B)


def _has_single(reads: ReadRows) -> npt.NDArray[np.bool_]:
    """Return which reads carry one UMI and are not named by MI, shape (reads,)."""
    return np.asarray((reads["mi"] == 0) & (reads["umi_2_length"] == 0))


def _count(reads: ReadRows, families: Families) -> _Counts:
    strands = find_strands(reads, families)
    _, place = np.unique(strands.place, return_inverse=True)
    a, b = (np.bincount(place, strands.is_b == side).astype(np.int64) for side in (STRAND_A, STRAND_B))
    by_chance = int((a * b).sum()) * _commonness(reads, families, strands)
    return _Counts(a, b, _count_alike(reads, families, strands), by_chance)


def _count_alike(reads: ReadRows, families: Families, strands: Strands) -> int:
    """Return the families of strand A with a UMI that a family of strand B with the same ends carries as well."""
    is_member = np.zeros(len(families), bool)
    is_member[strands.molecule] = True
    rows = np.flatnonzero(is_member[families.molecule])
    molecule = families.molecule[rows]
    place = pack_ends(families.left[molecule], families.right[molecule])
    key = mix(place, reads["umi_1"][families.order[rows]])
    is_b = families.strand[rows] == STRAND_B
    return len(np.unique(molecule[~is_b][np.isin(key[~is_b], key[is_b])]))


def _commonness(reads: ReadRows, families: Families, strands: Strands) -> float:
    """Return the probability that two families of different molecules carry the same UMI."""
    umi = reads["umi_1"][families.order[np.searchsorted(families.molecule, strands.molecule)]]
    _, count = np.unique(umi, return_counts=True)
    pairs = len(umi) * (len(umi) - 1)
    return float((count * (count - 1)).sum() / pairs) if pairs else 0.0
