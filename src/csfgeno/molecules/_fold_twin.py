"""The fold in plain Python: the oracle of the compiled one, and its stand-in where no compiler was at hand."""

from typing import Any

import numpy as np
import numpy.typing as npt

from csfgeno.io.batch import EVENT_DELETION, EVENT_MASK, EVENT_SKIP, EVENT_SNV

Array = npt.NDArray[Any]
NOT_SEEN, CONFLICT = 0, 5


def fold(columns: tuple[Array, ...], reference: Array, origin: int, agreement: float) -> tuple[Array, ...]:
    """Return `(ref_depth, discordant, obs_molecule, obs_pos, obs_base, obs_stratum, obs_votes)`."""
    _, _, molecule, strand, fragment, *_, fixed_kind = columns
    width = len(reference)
    ref_depth = np.zeros((7, width), np.int32)
    discordant = np.zeros(width, np.int32)
    observed: list[tuple[int, int, int, int, list[int]]] = []
    for m, fixed in enumerate(fixed_kind.tolist()):
        rows = np.flatnonzero(molecule == m)
        votes = np.zeros((2, 6, width), np.int64)
        for f in np.unique(fragment[rows]):
            mates = rows[fragment[rows] == f]
            side = int(strand[rows[0]] if fixed >= 0 else strand[mates[0]])
            seen = np.zeros(width, np.uint8)
            for row in mates:
                _merge(seen, _read_calls(columns, row, reference, origin))
            votes[side, seen, np.arange(width)] += 1
        _decide(m, votes, fixed, int(strand[rows[0]]), reference, agreement, ref_depth, discordant, observed)
    return ref_depth, discordant, *_columns(observed, origin)


def _read_calls(columns: tuple[Array, ...], row: int, reference: Array, origin: int) -> Array:
    start, end, _, _, _, event_begin, event_end, kind, pos, length, base, _ = columns
    width = len(reference)
    calls = np.zeros(width, np.uint8)
    lo, hi = max(int(start[row]) - origin, 0), min(int(end[row]) - origin, width)
    if lo < hi:
        calls[lo:hi] = np.where(reference[lo:hi] < 4, reference[lo:hi] + 1, NOT_SEEN)
    for e in range(int(event_begin[row]), int(event_end[row])):
        at = int(pos[e]) - origin
        if kind[e] == EVENT_SNV and 0 <= at < width:
            calls[at] = b"ACGT".index(int(base[e])) + 1
        elif kind[e] in (EVENT_MASK, EVENT_DELETION, EVENT_SKIP):
            calls[max(at, 0) : max(at + int(length[e]), 0)] = NOT_SEEN
    return calls


def _merge(seen: Array, calls: Array) -> None:
    """Fold one mate into its fragment: what both saw differently is a conflict."""
    differ = (seen != NOT_SEEN) & (calls != NOT_SEEN) & (seen != calls)
    np.copyto(seen, calls, where=seen == NOT_SEEN)
    seen[differ] = CONFLICT


def _decide(
    m: int,
    votes: Array,
    fixed: int,
    first_strand: int,
    reference: Array,
    agreement: float,
    ref_depth: Array,
    discordant: Array,
    observed: list[tuple[int, int, int, int, list[int]]],
) -> None:
    for at in range(len(reference)):
        if reference[at] > 3:
            continue
        sides = [_consensus(votes[s, 1:, at], agreement) for s in (0, 1)]
        totals = [int(votes[s, 1:, at].sum()) for s in (0, 1)]
        if not any(totals):
            continue
        calls = [c for c, total in zip(sides, totals, strict=True) if total]
        if None in calls or len(set(calls)) > 1:
            discordant[at] += 1
            continue
        call = calls[0]
        stratum = _stratum(totals, fixed, first_strand)
        if call == reference[at] or call is None:
            ref_depth[stratum, at] += 1
            continue
        alt = [int(votes[s, 1 + call, at]) for s in (0, 1)]
        observed.append((m, at, call, stratum, [alt[0], totals[0] - alt[0], alt[1], totals[1] - alt[1]]))


def _consensus(votes: Array, agreement: float) -> int | None:
    """Return the base that enough fragments show; a conflict between mates is a vote for nothing."""
    best = int(np.argmax(votes[:4]))
    total = int(votes.sum())
    return best if total and votes[best] >= agreement * total and votes[best] > 0 else None


def _stratum(totals: list[int], fixed: int, first_strand: int) -> int:
    if fixed < 0:
        if all(totals):
            return 0
        kind = 1 if sum(totals) > 1 else 2
        return 2 * kind - 1 + (totals[1] > 0)
    return 0 if fixed == 0 else 2 * fixed - 1 + first_strand


def _columns(observed: list[tuple[int, int, int, int, list[int]]], origin: int) -> tuple[Array, ...]:
    return (
        np.array([o[0] for o in observed], np.int32),
        np.array([o[1] + origin for o in observed], np.int32),
        np.array([o[2] for o in observed], np.uint8),
        np.array([o[3] for o in observed], np.uint8),
        np.array([o[4] for o in observed], np.uint32).reshape(-1, 4),
    )
