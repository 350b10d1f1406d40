"""UMIs read wrongly: which UMIs of one place are copies of a more abundant one.

The rule is directed adjacency (Smith 2017, doi:10.1101/gr.209601.116): UMI B joins UMI A if they differ by at most
`umi_max_mismatches` bases and A has at least twice as many fragments as B, less one. Joining is transitive. Two true
UMIs one mismatch apart are balanced, so they stay two.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from csfgeno.molecules.grouping.order import mix, sort_rows

Rows = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]

_LANE: Final = np.uint64(0x5555555555555555)
"""The low bit of each base in a packed UMI."""

_BASES: Final = 32
"""Bases in a packed half, at most."""


class Umis(NamedTuple):
    """Distinct UMIs, each at one place; one row a UMI.

    Attributes
    ----------
    place
        Only rows of equal place are compared: it stands for outer ends, strand rule and UMI lengths, shape (umis,).
    top, bottom
        Halves in the order of strand A, packed two bits a base; `bottom` is 0 for a single UMI, shape (umis,).
    unknown
        Where the UMI has N: bit 2i is base i from the end of `top`, bit 2i + 1 of `bottom`, shape (umis,).
    """

    place: Words
    top: Words
    bottom: Words
    unknown: Words

    def take(self, rows: Rows) -> Self:
        """Return some rows."""
        return type(self)(*(column[rows] for column in self))


def join_umis(umis: Umis, fragments: npt.NDArray[np.int64], max_mismatches: int) -> Rows:
    """Return for each UMI the row of the UMI it is a copy of, its own row if it is a true one, shape (umis,).

    Parameters
    ----------
    umis
        No two rows are equal.
    fragments
        Read pairs that carry each UMI, both strands together, shape (umis,).
    max_mismatches
        Bases that may differ; an N matches every base and counts as one that differs.

    Notes
    -----
    A UMI with N joins the most abundant UMI without N that is near enough, whatever their counts, and is never joined.
    As in the publication, two UMIs of one fragment each are joined if they are near enough.
    """
    founder = np.arange(len(fragments))
    shared = np.flatnonzero(_is_shared(umis.place))
    if max_mismatches == 0 or not len(shared):
        return founder
    one, other = (shared[rows] for rows in _near_pairs(umis.take(shared), max_mismatches))
    near = np.unique(np.concatenate((one, other)))
    # The most abundant first; among equals the order of the UMIs themselves, so that the order of reads is nothing.
    by_rank = near[np.lexsort((umis.unknown[near], umis.bottom[near], umis.top[near], -fragments[near]))]
    rank = np.empty(len(fragments), np.int64)
    rank[by_rank] = np.arange(len(by_rank))
    is_whole = umis.unknown[by_rank] == 0
    founder[by_rank] = by_rank[_found(rank[one], rank[other], fragments[by_rank], is_whole)]
    return founder


def _found(one: Rows, other: Rows, fragments: npt.NDArray[np.int64], is_whole: npt.NDArray[np.bool_]) -> Rows:
    """Return the founder of each UMI, numbered by rank; `one` and `other` are the pairs of near UMIs."""
    both = is_whole[one] & is_whole[other]
    # METHOD: directed adjacency; an error of a UMI with n fragments is seen at most about n / 2 times.
    down = both & (fragments[one] >= 2 * fragments[other] - 1)
    up = both & (fragments[other] >= 2 * fragments[one] - 1)
    founder = _first_ancestor(
        len(fragments), np.concatenate((one[down], other[up])), np.concatenate((other[down], one[up]))
    )
    _join_unknown(founder, one, other, is_whole)
    return founder


def _join_unknown(founder: Rows, one: Rows, other: Rows, is_whole: npt.NDArray[np.bool_]) -> None:
    """Give each UMI with N the founder of the most abundant near UMI without."""
    mixed = is_whole[one] != is_whole[other]
    whole = np.where(is_whole[one], one, other)[mixed]
    holed = np.where(is_whole[one], other, one)[mixed]
    best = np.full(len(founder), len(founder))
    np.minimum.at(best, holed, whole)
    joins = best < len(founder)
    founder[joins] = founder[best[joins]]


def _first_ancestor(nodes: int, source: Rows, target: Rows) -> Rows:
    """Return the lowest node from which each node can be reached along the directed edges, itself included."""
    first = np.arange(nodes)
    while True:
        before = first.copy()
        np.minimum.at(first, target, first[source])
        first = first[first]
        if (first == before).all():
            return first


def _near_pairs(umis: Umis, max_mismatches: int) -> tuple[Rows, Rows]:
    """Return pairs of rows at one place that differ by 1 to `max_mismatches` bases.

    UMIs that differ by at most m bases are equal in at least one of m + 1 pieces, so only rows that share a piece are
    compared; a piece takes every (m + 1)th base. A pair may be given more than once.
    """
    pairs = [
        _only_near(umis, order[one], order[other], max_mismatches)
        for piece in range(max_mismatches + 1)
        for order, sorted_key in (_sort_by_piece(umis, piece, max_mismatches + 1),)
        for one, other in _equal_pairs(sorted_key)
    ]
    nothing = np.zeros(0, np.int64)
    firsts, seconds = zip(*pairs, strict=True) if pairs else ((nothing,), (nothing,))
    return np.concatenate(firsts), np.concatenate(seconds)


def _sort_by_piece(umis: Umis, piece: int, pieces: int) -> tuple[Rows, Words]:
    mask = np.uint64(sum(3 << 2 * base for base in range(piece, _BASES, pieces)))
    key = mix(umis.place, umis.top & mask, umis.bottom & mask)
    order = sort_rows(key)
    return order, key[order]


def _equal_pairs(sorted_key: Words) -> Iterator[tuple[Rows, Rows]]:
    """Yield every two rows of equal key, by their distance in the sorted order."""
    rows = np.arange(len(sorted_key))
    for distance in range(1, len(sorted_key)):
        rows = rows[: np.searchsorted(rows, len(sorted_key) - distance)]
        rows = rows[sorted_key[rows] == sorted_key[rows + distance]]
        if not len(rows):
            return
        yield rows, rows + distance


def _only_near(umis: Umis, one: Rows, other: Rows, max_mismatches: int) -> tuple[Rows, Rows]:
    unknown = umis.unknown[one] | umis.unknown[other]
    in_top = _differing(umis.top[one], umis.top[other]) | (unknown & _LANE)
    in_bottom = _differing(umis.bottom[one], umis.bottom[other]) | ((unknown >> np.uint64(1)) & _LANE)
    mismatches = np.bitwise_count(in_top) + np.bitwise_count(in_bottom)
    near = (mismatches <= max_mismatches) & (umis.place[one] == umis.place[other])
    return one[near], other[near]


def _differing(one: Words, other: Words) -> Words:
    """Return a word with the low bit set of each base that differs."""
    bits = one ^ other
    return (bits | bits >> np.uint64(1)) & _LANE


def _is_shared(place: Words) -> npt.NDArray[np.bool_]:
    """Return which rows are not alone at their place."""
    order = sort_rows(place)
    equal = place[order][1:] == place[order][:-1]
    shared = np.zeros(len(place), bool)
    shared[order[1:]] = equal
    shared[order[:-1]] |= equal
    return shared


def swap_unknown(unknown: Words) -> Words:
    """Return the places of N with the two halves of the UMI exchanged."""
    return (unknown & _LANE) << np.uint64(1) | (unknown >> np.uint64(1)) & _LANE
