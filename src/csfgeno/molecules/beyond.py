"""Reads outside the targets that belong to a junction seen inside them.

A molecule whose reads both lie in the untargeted partner, with a few bases of the target clipped, is in no tile. Where
the reads of tiles say that a partner lies, the file is looked at again.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from csfgeno.io.batch import ABSENT
from csfgeno.molecules.broken import FAR_BP, BrokenReads, BrokenTile
from csfgeno.molecules.collapse import MoleculeTile
from csfgeno.molecules.reader import ReadMode, Source, read_broken
from csfgeno.molecules.tiles import make_tiles
from csfgeno.records import Breakpoint, Interval

REACH_BP: Final = 350
"""How far from its hints a partner is read; a fragment over a junction is hardly longer than two nucleosomes."""

LEAST_HINTS: Final = 2
"""Pairs of different ends that make a place worth reading; copies of one molecule share both ends."""

PLACE_DTYPE: Final = np.dtype([("tid", np.int32), ("pos", np.int64), ("own", np.int64)])


def read_beyond(source: Source, places: Iterable[Interval], mode: ReadMode) -> tuple[BrokenReads, ...]:
    """Return the reads of a specimen that hint at junctions around some places outside the tiles.

    The places are those of all specimens of a case, so that each is looked at where any of them points.
    """
    tiles = make_tiles(places, mode.reads_per_bp)
    return tuple(read_broken(source, tiles, mode)) if tiles else ()


def partner_places(tiles: Sequence[MoleculeTile | BrokenTile]) -> tuple[Interval, ...]:
    """Return the stretches outside the tiles to which reads of at least `LEAST_HINTS` different ends point."""
    hints = np.unique(np.concatenate([np.zeros(0, PLACE_DTYPE), *(_hints(tile.broken) for tile in tiles)]))
    contigs = next((tile.broken.contigs for tile in tiles if tile.broken.contigs), ())
    breaks = (np.diff(hints["tid"]) != 0) | (np.diff(hints["pos"]) > REACH_BP)
    groups = np.split(hints, np.flatnonzero(breaks) + 1)
    return tuple(
        part
        for group in groups
        if len(np.unique(group["own"])) >= LEAST_HINTS
        for part in _outside(_around(group, contigs), tiles)
    )


def places_around(breakpoints: Iterable[Breakpoint], tiles: Sequence[MoleculeTile]) -> tuple[Interval, ...]:
    """Return the stretches outside the tiles around known breakpoints, to which no present read need point."""
    around = (Interval(at.contig, max(at.pos - REACH_BP, 0), at.pos + REACH_BP) for at in breakpoints)
    return tuple(part for place in around for part in _outside(place, tiles))


def _hints(broken: BrokenReads) -> npt.NDArray[np.void]:
    """Return where the other parts and the distant mates of reads lie, and the end of the read that tells it."""
    links, reads = broken.links, broken.reads
    parts = np.zeros(len(links), PLACE_DTYPE)
    parts["tid"], parts["pos"] = links["there_tid"], links["there_start"]
    parts["own"] = links["here_start"].astype(np.int64) + links["here_end"]
    near = reads[: len(reads) - broken.far]
    is_far = (near["mate_tid"] != broken.tid) | (np.abs(near["mate_start"] - near["start"]) > FAR_BP)
    far = near[is_far & (near["mate_tid"] != ABSENT)]
    mates = np.zeros(len(far), PLACE_DTYPE)
    mates["tid"], mates["pos"] = far["mate_tid"], far["mate_start"]
    mates["own"] = far["start"].astype(np.int64) + far["end"]
    return np.concatenate([parts, mates])


def _around(group: npt.NDArray[np.void], contigs: Sequence[str]) -> Interval:
    start, end = int(group["pos"].min()), int(group["pos"].max())
    return Interval(contigs[int(group["tid"][0])], max(start - REACH_BP, 0), end + REACH_BP)


def _outside(place: Interval, tiles: Sequence[MoleculeTile | BrokenTile]) -> Iterator[Interval]:
    """Yield what of a stretch no tile holds."""
    start = place.start
    for tile in sorted(tile.interval for tile in tiles if tile.interval.overlaps(place)):
        if start < tile.start:
            yield Interval(place.contig, start, tile.start)
        start = max(start, tile.end)
    if start < place.end:
        yield Interval(place.contig, start, place.end)
