"""The fold in plain Python: the oracle of the compiled one, and its stand-in where no compiler was at hand."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from csfgeno.io.batch import EVENT_DELETION, EVENT_MASK, EVENT_SKIP, EVENT_SNV
from csfgeno.molecules.strata import END_ZONE_BP, LARGE_DUPLEX, LARGE_SIMPLEX, STRATA, Stratum
from csfgeno.vocab import MoleculeKind

Array = npt.NDArray[Any]
Observed = tuple[int, int, int, int, list[int]]
"""Molecule, position in the tile, base, stratum, votes."""

NOT_SEEN, CONFLICT = 0, 5


class Molecule(NamedTuple):
    """What decides the stratum, beside the votes; `right` is negative if it is not known."""

    number: int
    fixed_kind: int
    first_strand: int
    left: int
    right: int
    is_large: bool


def fold(
    reads: Array, events: Array, columns: tuple[Array, ...], reference: Array, origin: int, agreement: float
) -> tuple[Array, ...]:
    """Return `(ref_depth, discordant, obs_molecule, obs_pos, obs_base, obs_stratum, obs_votes)`."""
    order, number, strand, fragment, fixed_kind, left, right, is_large = columns
    width = len(reference)
    ref_depth = np.zeros((len(STRATA), width), np.int32)
    discordant = np.zeros(width, np.int32)
    observed: list[Observed] = []
    for m, fixed in enumerate(fixed_kind.tolist()):
        rows = np.flatnonzero(number == m)
        molecule = Molecule(m, fixed, int(strand[rows[0]]), int(left[m]), int(right[m]), bool(is_large[m]))
        votes = np.zeros((2, 6, width), np.int64)
        for f in np.unique(fragment[rows]):
            mates = rows[fragment[rows] == f]
            side = molecule.first_strand if fixed >= 0 else int(strand[mates[0]])
            seen = np.zeros(width, np.uint8)
            for row in mates:
                read = int(order[row])
                _merge(seen, _read_calls(reads[read], events[events["read"] == read], reference, origin))
            votes[side, seen, np.arange(width)] += 1
        _decide(molecule, votes, reference, origin, agreement, ref_depth, discordant, observed)
    return ref_depth, discordant, *_columns(observed, origin)


def _read_calls(read: np.void, events: Array, reference: Array, origin: int) -> Array:
    width = len(reference)
    calls = np.zeros(width, np.uint8)
    lo, hi = max(int(read["start"]) - origin, 0), min(int(read["end"]) - origin, width)
    if lo < hi:
        calls[lo:hi] = np.where(reference[lo:hi] < 4, reference[lo:hi] + 1, NOT_SEEN)
    for event in events:
        kind, at = int(event["kind"]), int(event["pos"]) - origin
        if kind == EVENT_SNV and 0 <= at < width:
            calls[at] = b"ACGT".index(int(event["base"])) + 1
        elif kind in (EVENT_MASK, EVENT_DELETION, EVENT_SKIP):
            calls[max(at, 0) : max(at + int(event["length"]), 0)] = NOT_SEEN
    return calls


def _merge(seen: Array, calls: Array) -> None:
    """Fold one mate into its fragment: what both saw differently is a conflict."""
    differ = (seen != NOT_SEEN) & (calls != NOT_SEEN) & (seen != calls)
    np.copyto(seen, calls, where=seen == NOT_SEEN)
    seen[differ] = CONFLICT


def _decide(
    molecule: Molecule,
    votes: Array,
    reference: Array,
    origin: int,
    agreement: float,
    ref_depth: Array,
    discordant: Array,
    observed: list[Observed],
) -> None:
    for at in range(len(reference)):
        totals = [int(votes[s, 1:, at].sum()) for s in (0, 1)]
        if reference[at] > 3 or not any(totals):
            continue
        sides = [_consensus(votes[s, 1:, at], int(reference[at]), agreement) for s in (0, 1)]
        calls = [c for c, total in zip(sides, totals, strict=True) if total]
        call = calls[0]
        if call is None or len(set(calls)) > 1:
            discordant[at] += 1
            continue
        stratum = STRATA.index(_stratum(molecule, totals, at + origin))
        if call == reference[at]:
            ref_depth[stratum, at] += 1
            continue
        alt = [int(votes[s, 1 + call, at]) for s in (0, 1)]
        against = [total - a for total, a in zip(totals, alt, strict=True)]
        observed.append((molecule.number, at, call, stratum, [alt[0], against[0], alt[1], against[1]]))


def _consensus(votes: Array, reference: int, agreement: float) -> int | None:
    """Return the base that enough fragments show; mates in conflict vote for nothing, a tie is no variant."""
    best = reference if votes[reference] == votes[:4].max() else int(np.argmax(votes[:4]))
    total = int(votes.sum())
    return best if total and votes[best] >= agreement * total and votes[best] > 0 else None


def _stratum(molecule: Molecule, totals: list[int], pos: int) -> Stratum:
    distances = [abs(pos - molecule.left)] if molecule.right < 0 else [pos - molecule.left, molecule.right - 1 - pos]
    is_end = min(distances) < END_ZONE_BP
    if molecule.fixed_kind >= 0:
        kind = tuple(MoleculeKind)[molecule.fixed_kind]
        has_sizes = kind in (MoleculeKind.DUPLEX, MoleculeKind.SIMPLEX)
        strand = "both" if kind is MoleculeKind.DUPLEX else "AB"[molecule.first_strand]
        return Stratum(kind, strand, has_sizes and molecule.is_large, is_end)
    if all(totals):
        return Stratum(MoleculeKind.DUPLEX, "both", sum(totals) >= LARGE_DUPLEX, is_end)
    strand = "AB"[totals[1] > 0]
    if sum(totals) > 1:
        return Stratum(MoleculeKind.SIMPLEX, strand, sum(totals) >= LARGE_SIMPLEX, is_end)
    return Stratum(MoleculeKind.SINGLETON, strand, is_large=False, is_end=is_end)


def _columns(observed: list[Observed], origin: int) -> tuple[Array, ...]:
    return (
        np.array([o[0] for o in observed], np.int32),
        np.array([o[1] + origin for o in observed], np.int32),
        np.array([o[2] for o in observed], np.uint8),
        np.array([o[3] for o in observed], np.uint8),
        np.array([o[4] for o in observed], np.uint32).reshape(-1, 4),
    )
