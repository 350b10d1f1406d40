"""Everything the molecules of one specimen state, asked allele by allele."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from csfgeno.genome.normalise import right_reach
from csfgeno.genome.sequence import SequenceSource
from csfgeno.molecules.collapse import MoleculeTile
from csfgeno.molecules.fold import STRATA
from csfgeno.molecules.indels import IndelCall
from csfgeno.records import Allele, Interval
from csfgeno.vocab import AlleleClass

BASES = "ACGT"
StratumVector = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Tally:
    """Molecules for and against one allele, by stratum (axis of `fold.STRATA`).

    `depth` are molecules that state any base there (or span an indel), `alt` those that state the allele, `ref` those
    that state the reference. `bearers` are the rows of the alt molecules in their tile.
    """

    depth: StratumVector
    alt: StratumVector
    ref: StratumVector
    discordant: int
    bearers: npt.NDArray[np.int64]
    tile: MoleculeTile | None


@dataclass(frozen=True)
class SpecimenEvidence:
    """The tiles of one specimen in genome order."""

    tiles: tuple[MoleculeTile, ...]
    sequence: SequenceSource

    def tally(self, allele: Allele) -> Tally:
        """Count molecules at `allele` (leftmost spelling); all zero where no tile was read."""
        tile = self._tile_at(allele.contig, allele.start)
        if tile is None:
            return _NOTHING
        if allele.klass is AlleleClass.SNV:
            return _tally_snv(tile, allele)
        if allele.klass is AlleleClass.MNV:
            return _tally_mnv(tile, allele)
        return _tally_indel(tile, allele, right_reach(allele, self.sequence))

    def spanning(self, interval: Interval) -> StratumVector:
        """Count molecules that show every base of `interval`, by stratum; zero where no tile covers it."""
        tile = self._tile_at(interval.contig, interval.start)
        if tile is None:
            return np.zeros(len(STRATA), np.int64)
        return _by_stratum(tile, tile.molecules.span(interval.start, interval.end))

    def depth_along(self, interval: Interval) -> npt.NDArray[np.int64]:
        """Return molecules that state any base, shape (bases of the interval,)."""
        depth = np.zeros(len(interval), np.int64)
        for tile in self.tiles:
            if not tile.interval.overlaps(interval):
                continue
            lo, hi = max(tile.interval.start, interval.start), min(tile.interval.end, interval.end)
            part = self._tile_depth[tile.interval][lo - tile.interval.start : hi - tile.interval.start]
            depth[lo - interval.start : hi - interval.start] = part
        return depth

    def alleles(self) -> Iterator[Allele]:
        """Yield every allele that at least one molecule states, in genome order of the tiles."""
        for tile in self.tiles:
            contig, origin = tile.interval.contig, tile.interval.start
            calls = tile.calls
            for pos, base in np.unique(np.stack((calls.pos, calls.base.astype(np.int32))), axis=1).T.tolist():
                yield Allele(contig, pos, tile.reference[pos - origin], BASES[base])
            inside = {c.allele for c in tile.indels.stated if origin <= c.allele.start < tile.interval.end}
            yield from sorted(inside)

    @cached_property
    def _tile_depth(self) -> dict[Interval, npt.NDArray[np.int64]]:
        return {tile.interval: stated_depth(tile).sum(axis=0) for tile in self.tiles}

    @cached_property
    def _starts(self) -> dict[str, tuple[list[int], list[MoleculeTile]]]:
        by_contig: dict[str, tuple[list[int], list[MoleculeTile]]] = {}
        for tile in self.tiles:
            starts, tiles = by_contig.setdefault(tile.interval.contig, ([], []))
            starts.append(tile.interval.start)
            tiles.append(tile)
        return by_contig

    def _tile_at(self, contig: str, pos: int) -> MoleculeTile | None:
        starts, tiles = self._starts.get(contig, ([], []))
        index = bisect_right(starts, pos) - 1
        return tiles[index] if index >= 0 and pos < tiles[index].interval.end else None


def stated_depth(tile: MoleculeTile) -> npt.NDArray[np.int64]:
    """Return molecules that state any base, shape (stratum, positions)."""
    depth = tile.calls.ref_depth.astype(np.int64)
    np.add.at(depth, (tile.calls.stratum, tile.calls.pos - tile.interval.start), 1)
    return depth


_ZERO = np.zeros(len(STRATA), np.int64)
_NOTHING = Tally(_ZERO, _ZERO, _ZERO, 0, np.zeros(0, np.int64), None)


def _tally_snv(tile: MoleculeTile, allele: Allele) -> Tally:
    at = allele.start - tile.interval.start
    here = np.flatnonzero(tile.calls.pos == allele.start)
    bears = here[tile.calls.base[here] == BASES.index(allele.alt)]
    ref = tile.calls.ref_depth[:, at].astype(np.int64)
    return Tally(
        depth=ref + _count(tile.calls.stratum[here]),
        alt=_count(tile.calls.stratum[bears]),
        ref=ref,
        discordant=int(tile.calls.discordant[at]),
        bearers=tile.calls.molecule[bears].astype(np.int64),
        tile=tile,
    )


def _tally_mnv(tile: MoleculeTile, allele: Allele) -> Tally:
    """Count molecules that state every changed base; depth is that of the least covered of them."""
    singles = [
        _tally_snv(tile, Allele(allele.contig, allele.start + i, r, a))
        for i, (r, a) in enumerate(zip(allele.ref, allele.alt, strict=True))
        if r != a and allele.start + i < tile.interval.end
    ]
    bearers = singles[0].bearers
    for single in singles[1:]:
        bearers = np.intersect1d(bearers, single.bearers)
    alt = _count(tile.molecules.stratum[bearers])
    depth = np.min([s.depth for s in singles], axis=0)
    return Tally(
        depth=np.maximum(depth, alt),
        alt=alt,
        ref=np.min([s.ref for s in singles], axis=0),
        discordant=max(s.discordant for s in singles),
        bearers=bearers,
        tile=tile,
    )


def _tally_indel(tile: MoleculeTile, allele: Allele, reach: int) -> Tally:
    """Count molecules that span every place the indel can be written, and those that state it."""
    spans = tile.molecules.span(allele.start, reach + 1)
    bearers = _molecules_of(allele, tile.indels.stated)
    torn = _molecules_of(allele, tile.indels.discordant)
    others = [c.molecule for c in tile.indels.stated if c.allele != allele and _touch(c.allele, allele.start, reach)]
    spans[bearers] = True
    spans[torn] = False
    not_ref = spans.copy()
    not_ref[bearers] = False
    not_ref[others] = False
    return Tally(
        depth=_by_stratum(tile, spans),
        alt=_count(tile.molecules.stratum[bearers]),
        ref=_by_stratum(tile, not_ref),
        discordant=len(torn),
        bearers=bearers,
        tile=tile,
    )


def _molecules_of(allele: Allele, calls: Sequence[IndelCall]) -> npt.NDArray[np.int64]:
    return np.array([c.molecule for c in calls if c.allele == allele], np.int64)


def _touch(allele: Allele, start: int, end: int) -> bool:
    return allele.start < end and start < allele.end


def _count(strata: npt.NDArray[np.uint8]) -> StratumVector:
    return np.bincount(strata, minlength=len(STRATA)).astype(np.int64)


def _by_stratum(tile: MoleculeTile, chosen: npt.NDArray[np.bool_]) -> StratumVector:
    return _count(tile.molecules.stratum[chosen])
