"""What one specimen shows of one allele: molecule counts for the record, and the details that filters look at."""

from typing import Final

import numpy as np
import numpy.typing as npt

from csfgeno.calling.filters import Distances, Seen
from csfgeno.calling.limits import Rule, Verdict
from csfgeno.errormodel.recurrence import Recurrence
from csfgeno.evidence.specimen import Tally
from csfgeno.genome.normalise import right_reach
from csfgeno.genome.sequence import SequenceSource
from csfgeno.molecules.strata import IS_STRAND_A, IS_STRAND_B, STRATA
from csfgeno.records import Allele, AlleleCounts, StratumCounts
from csfgeno.vocab import MoleculeKind

LONGEST_UNIT_BP: Final = 4
"""Longest unit of a tandem repeat in which polymerases slip; a longer duplication is a change of its own."""

_NO_DISTANCES: Final = np.zeros(0, np.int64)


def count(tally: Tally, rates: npt.NDArray[np.float64], allele: Allele) -> AlleleCounts:
    """Return the record of a tally; strata of one kind are joined, their error rates weighted by molecules."""
    distances = end_distances(tally, allele)[0]
    return AlleleCounts(
        strata=tuple(_joined(tally, rates)),
        ref=int(tally.ref.sum()),
        other=int((tally.depth - tally.alt - tally.ref).sum()),
        discordant=tally.discordant,
        alt_forward=int(tally.alt[IS_STRAND_A].sum()),
        alt_reverse=int(tally.alt[IS_STRAND_B].sum()),
        ref_forward=int(tally.ref[IS_STRAND_A].sum()),
        ref_reverse=int(tally.ref[IS_STRAND_B].sum()),
        alt_mean_mapq=_mean_mapq(tally),
        alt_median_end_distance_bp=float(np.median(distances)) if len(distances) else None,
    )


def look(
    allele: Allele,
    tally: Tally,
    counts: AlleleCounts,
    verdict: Verdict,
    rule: Rule,
    sequence: SequenceSource,
    recurrence: Recurrence | None,
) -> Seen:
    """Return what filters look at."""
    alt_distances, other_distances = end_distances(tally, allele)
    bearers, others = _rows(tally, allele)
    mapq = np.zeros(0) if tally.tile is None else tally.tile.molecules.mapq
    mismatches = _mismatches(tally)
    own = sum(r != a for r, a in zip(allele.ref, allele.alt, strict=True)) if len(allele.ref) == len(allele.alt) else 0
    return Seen(
        allele=allele,
        counts=counts,
        verdict=verdict,
        rule=rule,
        alt_distances=alt_distances,
        other_distances=other_distances,
        repeat_bp=repeat_bp(allele, sequence),
        alt_mapq=mapq[bearers],
        other_mapq=mapq[others],
        alt_mismatches=np.maximum(mismatches[bearers] - own, 0),
        other_mismatches=mismatches[others],
        recurrence=recurrence,
    )


def _rows(tally: Tally, allele: Allele) -> tuple[Distances, Distances]:
    """Return the rows of the mutant molecules in their tile, and of the others that cover the allele."""
    if tally.tile is None:
        return _NO_DISTANCES, _NO_DISTANCES
    others = tally.tile.molecules.span(allele.start, allele.end)
    others[tally.bearers] = False
    return tally.bearers, np.flatnonzero(others)


def _mismatches(tally: Tally) -> Distances:
    """Return the bases at which each molecule of the tile differs from the reference."""
    if tally.tile is None:
        return _NO_DISTANCES
    return np.bincount(tally.tile.calls.molecule, minlength=len(tally.tile.molecules)).astype(np.int64)


def end_distances(tally: Tally, allele: Allele) -> tuple[Distances, Distances]:
    """Return the distance of the allele to the nearer known end, of mutant molecules and of the others, bp."""
    if tally.tile is None or not len(tally.bearers):
        return _NO_DISTANCES, _NO_DISTANCES
    molecules = tally.tile.molecules
    from_left = np.abs(allele.start - molecules.left.astype(np.int64))
    from_right = np.where(molecules.right >= 0, np.abs(molecules.right.astype(np.int64) - allele.end), from_left)
    distance = np.minimum(from_left, from_right)
    bearers, others = _rows(tally, allele)
    return distance[bearers], distance[others]


def repeat_bp(allele: Allele, sequence: SequenceSource) -> int:
    """Return the length of the repeat of short units that an insertion or deletion changes, zero for anything else.

    The places at which the same change can be written are the repeat, for units of at most `LONGEST_UNIT_BP`.
    """
    anchor, shorter = allele.ref[0], min(allele.ref, allele.alt, key=len)
    changed = max(allele.ref, allele.alt, key=len)[1:]
    if len(allele.ref) == len(allele.alt) or shorter != anchor or _unit_bp(changed) > LONGEST_UNIT_BP:
        return 0
    return max(right_reach(allele, sequence) - allele.start - 1, 0)


def _unit_bp(bases: str) -> int:
    """Return the length of the shortest unit whose repetition is `bases`."""
    return next(n for n in range(1, len(bases) + 1) if len(bases) % n == 0 and bases[:n] * (len(bases) // n) == bases)


def _joined(tally: Tally, rates: npt.NDArray[np.float64]) -> list[StratumCounts]:
    joined = []
    for kind in MoleculeKind:
        rows = [i for i, stratum in enumerate(STRATA) if stratum.kind is kind]
        depth = tally.depth[rows]
        if depth.sum() > 0:
            rate = float(np.average(rates[rows], weights=depth))
            joined.append(StratumCounts(kind, int(depth.sum()), int(tally.alt[rows].sum()), rate))
    return joined


def _mean_mapq(tally: Tally) -> float | None:
    if tally.tile is None or not len(tally.bearers):
        return None
    return float(tally.tile.molecules.mapq[tally.bearers].mean())
