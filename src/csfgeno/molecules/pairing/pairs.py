"""Two families of opposite strands to one molecule: those that share both ends and state the same.

Which of several families are one does not matter where they state the same, only how many are. Families that state
different things stay two molecules, so that no mutant one is lost to a chance neighbour; an error of one strand is then
not denied by the other one, as in a molecule of one strand.
"""

from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln

from csfgeno.molecules.grouping.families import Families
from csfgeno.molecules.grouping.order import is_new, mix, sort_rows
from csfgeno.molecules.grouping.rows import ReadRows
from csfgeno.molecules.pairing.coincidence import StrandPairing, Strands, find_strands
from csfgeno.molecules.voting.fold import Calls
from csfgeno.molecules.voting.indels import IndelCalls

_FRACTION_BITS: Final = np.uint64(11)
"""What a word has more than a double can hold."""


class Statements(NamedTuple):
    """What each family states apart from the reference.

    Attributes
    ----------
    content
        Key of all its alleles together, 0 for none, shape (molecules,).
    rarity
        Share of the families over its rarest allele that state it, 1 without any, shape (molecules,).
    """

    content: npt.NDArray[np.uint64]
    rarity: npt.NDArray[np.float64]


def pair_strands(
    reads: ReadRows, families: Families, calls: Calls, indels: IndelCalls, origin: int, pairing: StrandPairing
) -> Families:
    """Return the families with as many pairs of strands joined as are expected to be one molecule.

    Parameters
    ----------
    calls, indels
        What `families` state.
    origin
        First position of `calls`.
    """
    strands = find_strands(reads, families)
    top, bottom = choose_pairs(strands, summarise(calls, indels, len(families), origin), pairing)
    return join_families(families, top, bottom)


def summarise(calls: Calls, indels: IndelCalls, molecules: int, origin: int) -> Statements:
    """Return what each family states, as a key, and how rare that is."""
    named = sorted({call.allele for call in indels.stated})
    number = {allele: i for i, allele in enumerate(named)}
    allele = np.array([number[call.allele] for call in indels.stated], np.int64)
    starts = np.array([named[i].start for i in allele], np.int64)
    molecule = np.concatenate([calls.molecule, np.array([c.molecule for c in indels.stated], np.int64)])
    key = np.concatenate([mix(calls.pos, calls.base), mix(starts, -1 - allele)])
    position = np.concatenate([calls.pos, starts])
    content = np.zeros(molecules, np.uint64)
    np.add.at(content, molecule, key)
    rarity = np.ones(molecules)
    np.minimum.at(rarity, molecule, _shares(key, position - origin, calls))
    return Statements(content, rarity)


def _shares(key: npt.NDArray[np.uint64], at: npt.NDArray[np.int64], calls: Calls) -> npt.NDArray[np.float64]:
    """Return the share of families over each statement's place that state the same, shape (statements,)."""
    width = calls.ref_depth.shape[1]
    at = np.clip(at, 0, width - 1)
    _, own, count = np.unique(key, return_inverse=True, return_counts=True)
    depth = calls.ref_depth.sum(axis=0) + np.bincount(at, minlength=width)
    return np.asarray(count[own] / np.maximum(depth[at], count[own]))


def choose_pairs(
    strands: Strands, statements: Statements, pairing: StrandPairing
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the families of strand A and of strand B that are one molecule, row by row."""
    key = mix(strands.place, statements.content[strands.molecule])
    group_key, first, group = np.unique(key, return_index=True, return_inverse=True)
    sizes = np.bincount(2 * group + strands.is_b, minlength=2 * len(group_key)).reshape(-1, 2)
    odds = pairing.odds(statements.rarity[strands.molecule[first]])
    expected = np.zeros(len(group_key))
    for i in np.flatnonzero(sizes.min(axis=1)):
        expected[i] = expected_pairs(int(sizes[i, 0]), int(sizes[i, 1]), float(odds[i]))
    # METHOD: rounded up as often as the fraction says, by the hash of the place, so that depth over many places is
    # right whatever is expected at each; the same in every tile and run.
    drawn = (mix(group_key) >> _FRACTION_BITS) / float(1 << 53)
    pairs = np.floor(expected + drawn).astype(np.int64)
    return _first_of_each(strands, group, pairs)


def _first_of_each(
    strands: Strands, group: npt.NDArray[np.int64], pairs: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the first `pairs[g]` families of both strands of each group g."""
    side = 2 * group + strands.is_b
    order = np.lexsort((strands.molecule, side))
    begin = np.maximum.accumulate(np.where(is_new(side[order]), np.arange(len(order)), 0))
    chosen = order[np.arange(len(order)) - begin < pairs[group[order]]]
    is_b = strands.is_b[chosen]
    return strands.molecule[chosen[~is_b]], strands.molecule[chosen[is_b]]


@lru_cache(maxsize=100_000)
def expected_pairs(top: int, bottom: int, odds: float) -> float:
    """Return how many molecules of both strands are expected among families of equal ends that state the same.

    METHOD: molecules of a place are Poisson of rate r, a share d read on both strands and (1 - d) / 2 on each alone;
    over places r is of a gamma distribution of shape 0, as most places have none, with E[r^2] / E[r] the crowding c.
    Then x pairs among a and b families have the weight

        (4 d / (1 - d)^2 (1 + 1 / c))^x  (a + b - x - 1)! / (x! (a - x)! (b - x)!).

    Parameters
    ----------
    top, bottom
        Families of strand A, a, and of strand B, b.
    odds
        The base of the power, see `StrandPairing.odds`.
    """
    if odds <= 0.0:
        return 0.0
    x = np.arange(min(top, bottom) + 1)
    log_weight = (
        x * np.log(odds) + gammaln(top + bottom - x) - gammaln(x + 1) - gammaln(top - x + 1) - gammaln(bottom - x + 1)
    )
    weight = np.exp(log_weight - log_weight.max())
    return float(x @ weight / weight.sum())


def join_families(families: Families, top: npt.NDArray[np.int64], bottom: npt.NDArray[np.int64]) -> Families:
    """Return the families with each of `bottom` joined to that of `top` in the same row."""
    founder = np.arange(len(families))
    founder[bottom] = top
    is_founder = founder == np.arange(len(families))
    number = (np.cumsum(is_founder) - 1)[founder].astype(np.int32)
    molecule = number[families.molecule]
    order = sort_rows(molecule.astype(np.uint64) << np.uint64(1) | families.strand)
    molecules = int(is_founder.sum())
    size_a, size_b = (np.bincount(number, size, molecules) for size in (families.size_a, families.size_b))
    return Families(
        order=families.order[order],
        molecule=molecule[order],
        strand=families.strand[order],
        fragment=(np.cumsum(is_new(families.fragment[order])) - 1).astype(np.int32),
        fixed_kind=families.fixed_kind[is_founder],
        size_a=size_a.astype(np.int32),
        size_b=size_b.astype(np.int32),
        left=families.left[is_founder],
        right=families.right[is_founder],
    )
