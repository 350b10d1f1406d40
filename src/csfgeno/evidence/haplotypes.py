"""Haplotype alleles: neighbouring substitutions of one molecule are one allele, not two.

An insertion or deletion with what stands beside it became one allele when its reads were realigned. Here follow the
substitutions: V600K is one change of two bases, and a molecule that carries it does not carry V600E.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from csfgeno.molecules.collapse import MoleculeTile
from csfgeno.records import Allele
from csfgeno.thresholds import Thresholds

BASES = "ACGT"

InOneCodon = Callable[[str, int, int], bool]
"""Tells whether two positions of a contig belong to one codon."""

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class JoinedSubstitutions:
    """The substitutions of a tile that molecules carry as part of a longer allele.

    Attributes
    ----------
    is_joined
        Which rows of `tile.calls` count for no allele of a single base, shape (rows,).
    rows
        Rows of each joined allele, shape (molecules, changed bases).
    """

    is_joined: npt.NDArray[np.bool_]
    rows: dict[Allele, Rows]


def join_substitutions(tile: MoleculeTile, thresholds: Thresholds, in_one_codon: InOneCodon) -> JoinedSubstitutions:
    """Return the multi-base substitutions of a tile.

    Substitutions of adjacent bases, or of the outer bases of one codon (HGVS v21), are joined if they are in cis:
    at least `min_alt_molecules` molecules show both, and these are most of those that show the rarer one.
    """
    calls = tile.calls
    order = np.lexsort((calls.pos, calls.molecule))
    first, second = order[:-1], order[1:]
    gap = calls.pos[second] - calls.pos[first]
    is_pair = (calls.molecule[first] == calls.molecule[second]) & (gap <= 2)
    links = _cis_links(tile, first[is_pair], second[is_pair], thresholds, in_one_codon)
    follows = np.zeros(len(order), bool)
    follows[1:][is_pair] = links
    chains = np.split(order, np.flatnonzero(~follows)) if len(order) else []
    found: defaultdict[Allele, list[Rows]] = defaultdict(list)
    for chain in chains:
        if len(chain) > 1:
            found[_allele(tile, chain)].append(chain)
    rows = {allele: np.stack(own) for allele, own in sorted(found.items())}
    is_joined = np.zeros(len(order), bool)
    for own in rows.values():
        is_joined[own] = True
    return JoinedSubstitutions(is_joined | _remnants(tile, is_joined, thresholds), rows)


def _remnants(tile: MoleculeTile, is_joined: npt.NDArray[np.bool_], thresholds: Thresholds) -> npt.NDArray[np.bool_]:
    """Return the rows that are left over from a joined allele, shape (rows,).

    METHOD: on a few molecules a base of the joined allele was not observed, and the others remain. Where they are at
    most 1 - `phase_share` of the molecules with that base, they are taken for that, not for an allele of their own.
    """
    _, spelled = np.unique(4 * tile.calls.pos.astype(np.int64) + tile.calls.base, return_inverse=True)
    joined = np.bincount(spelled, is_joined)
    share = joined / np.maximum(np.bincount(spelled), 1)
    return np.asarray(~is_joined & (share[spelled] >= thresholds.phase_share))


def _cis_links(
    tile: MoleculeTile, first: Rows, second: Rows, thresholds: Thresholds, in_one_codon: InOneCodon
) -> npt.NDArray[np.bool_]:
    """Return which pairs of rows are joined, shape (pairs,)."""
    calls = tile.calls
    spelled = 4 * calls.pos.astype(np.int64) + calls.base
    pairs, inverse, both = np.unique(
        np.stack((spelled[first], spelled[second])), axis=1, return_inverse=True, return_counts=True
    )
    alleles, counts = np.unique(spelled, return_counts=True)
    alone = counts[np.searchsorted(alleles, pairs)]
    # METHOD: the rarer change decides, so that V600K is seen beside a larger V600E clone; the second condition keeps
    # an error beside an inherited variant from making an allele of the two.
    is_cis = (
        (both >= thresholds.min_alt_molecules)
        & (both > thresholds.min_cis_share * alone.min(axis=0))
        & (both >= thresholds.min_cis_share_of_common * alone.max(axis=0))
    )
    contig = tile.interval.contig
    for i in np.flatnonzero(is_cis & (pairs[1] // 4 - pairs[0] // 4 == 2)).tolist():
        is_cis[i] = in_one_codon(contig, int(pairs[0, i] // 4), int(pairs[1, i] // 4))
    return np.asarray(is_cis[inverse.reshape(-1)])


def _allele(tile: MoleculeTile, chain: Rows) -> Allele:
    """Return the substitution from the first to the last changed base of a molecule."""
    positions = tile.calls.pos[chain] - tile.interval.start
    start, end = int(positions[0]), int(positions[-1]) + 1
    alt = list(tile.reference[start:end])
    for at, base in zip(positions.tolist(), tile.calls.base[chain].tolist(), strict=True):
        alt[at - start] = BASES[base]
    return Allele(tile.interval.contig, tile.interval.start + start, tile.reference[start:end], "".join(alt))
