"""Everything the molecules of one specimen state, asked allele by allele."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from csfgeno.evidence.haplotypes import BASES, InOneCodon, JoinedSubstitutions, join_substitutions
from csfgeno.genome.discern import discerning_span
from csfgeno.genome.normalise import footprint
from csfgeno.genome.sequence import SequenceSource
from csfgeno.molecules.collapse import MoleculeTile
from csfgeno.molecules.pairing.coincidence import StrandPairing
from csfgeno.molecules.strata import STRATA
from csfgeno.records import Allele, Interval
from csfgeno.thresholds import DEFAULTS, Thresholds
from csfgeno.vocab import AlleleClass

StratumVector = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Tally:
    """Molecules for and against one allele, by stratum (axis of `strata.STRATA`).

    `depth` are molecules that state any base there (or span an indel), `alt` those that state the allele, `ref` those
    that state the reference. `bearers` are the rows of the alt molecules in their tile.
    """

    depth: StratumVector
    alt: StratumVector
    ref: StratumVector
    discordant: int
    bearers: npt.NDArray[np.int64]
    tile: MoleculeTile | None


@dataclass(frozen=True, slots=True)
class Over:
    """Molecules of one tile over an allele: rows of those that state it, and whether each covers its place."""

    tile: MoleculeTile
    bearers: npt.NDArray[np.int64]
    covers: npt.NDArray[np.bool_]


def _never(_contig: str, _first: int, _second: int) -> bool:
    return False


@dataclass(frozen=True)
class SpecimenEvidence:
    """The tiles of one specimen in genome order.

    `in_one_codon` tells which substitutions with one base between them change the same residue; `pairing` what is known
    of the strands of molecules with one UMI.
    """

    tiles: tuple[MoleculeTile, ...]
    sequence: SequenceSource
    thresholds: Thresholds = DEFAULTS
    in_one_codon: InOneCodon = _never
    pairing: StrandPairing | None = None

    @property
    def families_per_molecule(self) -> float:
        """By how much what counts as molecules may outnumber them, because strands could not be paired."""
        return self.pairing.families_per_molecule if self.pairing else 1.0

    def tally(self, allele: Allele) -> Tally:
        """Count molecules at `allele` (leftmost spelling); all zero where no tile was read."""
        tile = self._home(allele)
        if tile is None:
            return _NOTHING
        if allele.klass in (AlleleClass.SNV, AlleleClass.MNV):
            return _tally_substitution(tile, allele, self._joined[tile.interval])
        return _tally_indel(tile, allele, self._span(allele), self._indels[tile.interval])

    def witnesses(self, allele: Allele) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]:
        """Return the keys of the molecules that state `allele`, and of all that could (see `Molecules.key`)."""
        seen = self.over(allele)
        if seen is None:
            return np.zeros(0, np.uint64), np.zeros(0, np.uint64)
        key = seen.tile.molecules.key
        return key[seen.bearers], key[seen.covers]

    def over(self, allele: Allele) -> "Over | None":
        """Return which molecules state `allele` and which could, `None` where no tile was read."""
        tally = self.tally(allele)
        if tally.tile is None:
            return None
        molecules = tally.tile.molecules
        is_substitution = allele.klass in (AlleleClass.SNV, AlleleClass.MNV)
        covers = (
            molecules.span(allele.start, allele.end) if is_substitution else molecules.span_alone(*self._span(allele))
        )
        covers[tally.bearers] = True
        return Over(tally.tile, tally.bearers, covers)

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
            joined = self._joined[tile.interval]
            alone = ~joined.is_joined
            calls = np.stack((tile.calls.pos[alone], tile.calls.base[alone].astype(np.int32)))
            for pos, base in np.unique(calls, axis=1).T.tolist():
                yield Allele(contig, pos, tile.reference[pos - origin], BASES[base])
            yield from joined.rows
            yield from sorted(a for a in self._indels[tile.interval].stated if self._home(a) is tile)

    @cached_property
    def _tile_depth(self) -> dict[Interval, npt.NDArray[np.int64]]:
        return {tile.interval: stated_depth(tile).sum(axis=0) for tile in self.tiles}

    @cached_property
    def _joined(self) -> dict[Interval, JoinedSubstitutions]:
        return {tile.interval: join_substitutions(tile, self.thresholds, self.in_one_codon) for tile in self.tiles}

    @cached_property
    def _indels(self) -> dict[Interval, "_IndelIndex"]:
        return {tile.interval: _index_indels(tile) for tile in self.tiles}

    def _span(self, allele: Allele) -> tuple[int, int]:
        return discerning_span(allele, self.sequence, self.thresholds.realign_gain)

    @cached_property
    def _starts(self) -> dict[str, tuple[list[int], list[MoleculeTile]]]:
        by_contig: dict[str, tuple[list[int], list[MoleculeTile]]] = {}
        for tile in self.tiles:
            starts, tiles = by_contig.setdefault(tile.interval.contig, ([], []))
            starts.append(tile.interval.start)
            tiles.append(tile)
        return by_contig

    def _home(self, allele: Allele) -> MoleculeTile | None:
        """Return the tile where an allele starts, else the first one in which it can be written."""
        tile = self._tile_at(allele.contig, allele.start)
        if tile is not None or len(allele.ref) == len(allele.alt):
            return tile
        starts, tiles = self._starts.get(allele.contig, ([], []))
        index = bisect_right(starts, allele.start)
        written = footprint(allele, self.sequence)
        return tiles[index] if index < len(tiles) and tiles[index].interval.overlaps(written) else None

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


def _tally_substitution(tile: MoleculeTile, allele: Allele, joined: JoinedSubstitutions) -> Tally:
    """Count molecules that state every changed base, and no longer allele of which these are a part.

    Depth is that of the least covered changed base.
    """
    rows = [
        _rows_of(tile, allele.start + i, alt)
        for i, (ref, alt) in enumerate(zip(allele.ref, allele.alt, strict=True))
        if ref != alt
    ]
    if allele in joined.rows:
        rows = list(joined.rows[allele].T)
    else:
        rows = [own[~joined.is_joined[own]] for own in rows]
    places = [allele.start + i for i, (r, a) in enumerate(zip(allele.ref, allele.alt, strict=True)) if r != a]
    depths = [_depth_at(tile, pos) for pos in places]
    least = int(np.argmin([depth[0].sum() for depth in depths]))
    bearers = tile.calls.molecule[rows[least]]
    for own in rows:
        bearers = bearers[np.isin(bearers, tile.calls.molecule[own])]
    kept = rows[least][np.isin(tile.calls.molecule[rows[least]], bearers)]
    depth, ref, discordant = depths[least]
    return Tally(
        depth=depth,
        alt=_count(tile.calls.stratum[kept]),
        ref=ref,
        discordant=discordant,
        bearers=bearers.astype(np.int64),
        tile=tile,
    )


def _rows_of(tile: MoleculeTile, pos: int, base: str) -> npt.NDArray[np.int64]:
    """Return the rows of `tile.calls` that state a base at a position."""
    here = np.flatnonzero(tile.calls.pos == pos)
    return np.asarray(here[tile.calls.base[here] == BASES.index(base)])


def _depth_at(tile: MoleculeTile, pos: int) -> tuple[StratumVector, StratumVector, int]:
    """Return molecules that state any base, those that state the reference, and the discordant ones."""
    at = pos - tile.interval.start
    if at >= len(tile.interval):
        return _ZERO, _ZERO, 0
    ref = tile.calls.ref_depth[:, at].astype(np.int64)
    return ref + _count(tile.calls.stratum[tile.calls.pos == pos]), ref, int(tile.calls.discordant[at])


@dataclass(frozen=True, slots=True)
class _IndelIndex:
    """Molecules that state each insertion or deletion of a tile, and those that are discordant on it."""

    stated: dict[Allele, npt.NDArray[np.int64]]
    discordant: dict[Allele, npt.NDArray[np.int64]]


_NO_ROWS = np.zeros(0, np.int64)


def _index_indels(tile: MoleculeTile) -> _IndelIndex:
    found = []
    for calls in (tile.indels.stated, tile.indels.discordant):
        molecules: defaultdict[Allele, list[int]] = defaultdict(list)
        for call in calls:
            molecules[call.allele].append(call.molecule)
        found.append({allele: np.array(own, np.int64) for allele, own in molecules.items()})
    return _IndelIndex(*found)


def _tally_indel(tile: MoleculeTile, allele: Allele, span: tuple[int, int], index: _IndelIndex) -> Tally:
    """Count molecules that show enough to tell the indel from the reference, and those that state it."""
    spans = tile.molecules.span_alone(*span)
    bearers = index.stated.get(allele, _NO_ROWS)
    torn = index.discordant.get(allele, _NO_ROWS)
    spans[bearers] = True
    spans[torn] = False
    is_ref = spans.copy()
    is_ref[bearers] = False
    for other, molecules in index.stated.items():
        if other.start < span[1] and span[0] < other.end:
            is_ref[molecules] = False
    return Tally(
        depth=_by_stratum(tile, spans),
        alt=_count(tile.molecules.stratum[bearers]),
        ref=_by_stratum(tile, is_ref),
        discordant=len(torn),
        bearers=bearers,
        tile=tile,
    )


def _count(strata: npt.NDArray[np.uint8]) -> StratumVector:
    return np.bincount(strata, minlength=len(STRATA)).astype(np.int64)


def _by_stratum(tile: MoleculeTile, chosen: npt.NDArray[np.bool_]) -> StratumVector:
    return _count(tile.molecules.stratum[chosen])
