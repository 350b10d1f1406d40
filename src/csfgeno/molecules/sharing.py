"""The specimens of a case read side by side: an insertion or deletion that one shows is looked for in the others.

Alone, a specimen with a single clipped molecule of a deletion has no candidate to compare it with. So what molecules
of any specimen state is offered to the reads of all, and the tiles where that is news are read again. So are tiles
with a deletion that crosses their edge, of which half of the reads lie in the next tile.
"""

import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, replace

from csfgeno.molecules.collapse import MoleculeTile
from csfgeno.molecules.optical import sample_duplicates
from csfgeno.molecules.reader import ReadMode, Source, probe, read_molecules
from csfgeno.molecules.tiles import Tile, make_tiles, reaches, widened
from csfgeno.records import Allele, DuplicateSample, Interval
from csfgeno.vocab import EvidenceMode, SpecimenKind

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reading:
    """The molecules of one specimen; `tiles[i]` holds those of `plan[i]`."""

    source: Source
    mode: ReadMode
    plan: tuple[Tile, ...]
    tiles: tuple[MoleculeTile, ...]
    duplicates: DuplicateSample | None


def read_specimen(source: Source, targets: Iterable[Interval], forced: EvidenceMode | None, threads: int) -> Reading:
    """Return the molecules of the reads over some targets, sorted by place.

    Raises
    ------
    InputError
        If no read lies in any target, or only a part of them carries a UMI.
    """
    places = sorted(targets)
    mode = probe(source, places, forced)
    plan = make_tiles(places, mode.reads_per_bp)
    tiles = tuple(read_molecules(source, plan, mode, threads))
    return Reading(source, mode, plan, tiles, sample_duplicates(source, places, mode))


def share_alleles(readings: Mapping[SpecimenKind, Reading], threads: int) -> dict[SpecimenKind, Reading]:
    """Return the specimens with each one's reads compared with the insertions and deletions of all."""
    found = {allele for reading in readings.values() for allele in _supported(reading)}
    return {kind: _compared_with(reading, found, threads) for kind, reading in readings.items()}


def _supported(reading: Reading) -> Iterable[Allele]:
    """Return the alleles that enough molecules of a specimen state for it to be called there."""
    least = reading.source.thresholds.min_alt_molecules
    return (allele for tile in reading.tiles for allele, count in _counts(tile).items() if count >= least)


def _compared_with(reading: Reading, alleles: Set[Allele], threads: int) -> Reading:
    """Return a specimen whose tiles near alleles that they did not know, or saw in part, have been read again."""
    plan = [widened(tile, alleles) if known.reads_used else tile for tile, known in _pairs(reading)]
    news = [_news(tile, known, alleles, reading.source) for tile, known in _pairs(reading)]
    again = [i for i, unknown in enumerate(news) if unknown or plan[i] != reading.plan[i]]
    if not again:
        return reading
    source = replace(reading.source, offered=tuple(sorted({*reading.source.offered, *alleles})))
    log.info("%s: %d of %d tiles compared with other specimens", source.path.name, len(again), len(reading.plan))
    tiles = list(reading.tiles)
    fresh = read_molecules(source, [plan[i] for i in again], reading.mode, threads)
    for i, tile in zip(again, fresh, strict=True):
        tiles[i] = tile
    return replace(reading, plan=tuple(plan), tiles=tuple(tiles))


def _pairs(reading: Reading) -> Iterable[tuple[Tile, MoleculeTile]]:
    return zip(reading.plan, reading.tiles, strict=True)


def _news(tile: Tile, known: MoleculeTile, alleles: Set[Allele], source: Source) -> set[Allele]:
    """Return the alleles with which the reads of a tile were not yet compared."""
    # An allele that this many molecules state has been a candidate.
    least, counts = source.thresholds.min_haplotype_fragments, _counts(known)
    unknown = alleles - set(source.offered)
    return {allele for allele in unknown if reaches(tile, allele) and known.reads_used and counts[allele] < least}


def _counts(tile: MoleculeTile) -> Counter[Allele]:
    return Counter(call.allele for call in tile.indels.stated)
