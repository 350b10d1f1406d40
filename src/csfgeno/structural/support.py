"""Molecules that support a junction: split, clipped, discordant; and those that cross its places unbroken."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from csfgeno.genome.sequence import SequenceSource, reverse_complement
from csfgeno.molecules.broken import LONGEST_FRAGMENT_BP, MIN_CLIP_BP
from csfgeno.molecules.collapse import MoleculeTile
from csfgeno.records import Breakpoint, Interval
from csfgeno.structural.junctions import Junction, SpecimenBreaks
from csfgeno.structural.sequence import agreed, join
from csfgeno.vocab import Side

_REVERSE, _MATE_REVERSE, _MATE_UNMAPPED, _PAIRED = 0x10, 0x20, 0x8, 0x1
_BASES_PER_MISMATCH = 10


@dataclass(frozen=True, slots=True)
class Support:
    """Molecules of one specimen behind one junction; a molecule is in the first set that it fits.

    `spanning` cross the first and the second place unbroken. `duplex` of the supporting ones were read on both
    strands; `positions` are their distinct outer ends.
    """

    split: frozenset[int]
    clipped: frozenset[int]
    discordant: frozenset[int]
    spanning: tuple[int, int]
    duplex: int
    positions: int

    @property
    def shown(self) -> int:
        """Molecules of which a read shows the junction itself."""
        return len(self.split) + len(self.clipped)

    @property
    def molecules(self) -> int:
        """All supporting molecules."""
        return self.shown + len(self.discordant)


def inserted_bases(junction: Junction, breaks: SpecimenBreaks) -> str:
    """Return the bases between both sides, on the strand of `join`, as the clipped ends of split reads spell them."""
    if not junction.gap:
        return ""
    forward = [bases for bases, _ in _clips_at(junction.first, breaks, 0) if len(bases) >= junction.gap]
    if forward:
        return agreed(forward, junction.gap)
    backward = [bases for bases, _ in _clips_at(junction.second, breaks, 0) if len(bases) >= junction.gap]
    return reverse_complement(agreed(backward, junction.gap)) if backward else "N" * junction.gap


def find_support(
    junction: Junction,
    inserted: str,
    breaks: SpecimenBreaks,
    tiles: Sequence[MoleculeTile],
    sequence: SequenceSource,
    anchor_bp: int,
    slack_bp: int,
) -> Support:
    """Return the molecules behind a junction.

    Parameters
    ----------
    junction
        Of this specimen, or of another one of the case.
    anchor_bp
        What an unbroken molecule must show on either side of a place.
    slack_bp
        How far from a place a read may be clipped.
    """
    split, clipped = (_showing(junction, breaks, slack_bp, is_split=kind) for kind in (True, False))
    clipped = (
        clipped
        | _clipped(junction.first, junction.second, inserted, breaks, sequence, slack_bp)
        | _clipped(junction.second, junction.first, reverse_complement(inserted), breaks, sequence, slack_bp)
    ) - split
    discordant = _discordant_either_way(junction, breaks) - split - clipped
    members = np.array(sorted(split | clipped | discordant), np.int64)
    return Support(
        split=frozenset(split),
        clipped=frozenset(clipped),
        discordant=frozenset(discordant),
        spanning=(count_unbroken(junction.first, tiles, anchor_bp), count_unbroken(junction.second, tiles, anchor_bp)),
        duplex=int(np.count_nonzero((breaks.size_a[members] > 0) & (breaks.size_b[members] > 0))),
        positions=_distinct_ends(members, breaks),
    )


def count_unbroken(place: Breakpoint, tiles: Sequence[MoleculeTile], anchor_bp: int) -> int:
    """Return the molecules that cross a breakpoint unbroken, 0 where no tile was read."""
    edge = place.pos + 1 if place.keeps is Side.LEFT else place.pos
    for tile in tiles:
        if tile.interval.contig == place.contig and tile.interval.start <= place.pos < tile.interval.end:
            return int(np.count_nonzero(tile.molecules.span(edge - anchor_bp, edge + anchor_bp)))
    return 0


def count_unbroken_along(place: Interval, tile: MoleculeTile, anchor_bp: int = 0) -> npt.NDArray[np.int64]:
    """Return the molecules over each base of a stretch of a tile that reach `anchor_bp` beyond it, shape (bases,)."""
    molecules = tile.molecules
    start = np.minimum(molecules.forward_start, molecules.reverse_start) + anchor_bp
    end = np.maximum(np.maximum(molecules.forward_end, molecules.reverse_end) - anchor_bp, start)
    change = np.zeros(len(place) + 1, np.int64)
    np.add.at(change, np.clip(start - place.start, 0, len(place)), 1)
    np.add.at(change, np.clip(end - place.start, 0, len(place)), -1)
    return np.asarray(np.cumsum(change)[:-1], np.int64)


def _showing(junction: Junction, breaks: SpecimenBreaks, slack_bp: int, *, is_split: bool) -> set[int]:
    rows = breaks.junctions
    chosen = rows["is_split"] == is_split
    for number, place in ((1, junction.first), (2, junction.second)):
        chosen &= rows[f"tid_{number}"] == _tid(place, breaks)
        chosen &= rows[f"keeps_{number}"] == (0 if place.keeps is Side.LEFT else 1)
        chosen &= np.abs(rows[f"pos_{number}"] - place.pos) <= slack_bp
    return set(breaks.molecule[rows["read"][chosen]].tolist())


def _clipped(
    here: Breakpoint,
    there: Breakpoint,
    inserted: str,
    breaks: SpecimenBreaks,
    sequence: SequenceSource,
    slack_bp: int,
) -> set[int]:
    """Return the molecules clipped at one place whose clipped bases go on at the other.

    METHOD: a clipped end of at least `MIN_CLIP_BP` bases must spell the joined sequence with at most one mismatch in
    ten bases; a read may be aligned a few bases into the other side where both look alike.
    """
    joined = join(here, there, inserted, sequence)
    origin = len(joined.before)
    found = set()
    for bases, (beyond_bp, molecule) in _clips_at(here, breaks, slack_bp):
        start = origin + beyond_bp
        expected = joined.text[start : start + len(bases)]
        shown = bases[: len(expected)]
        if start < 0 or len(shown) < MIN_CLIP_BP:
            continue
        wrong = sum(a != b for a, b in zip(shown, expected, strict=True))
        if wrong <= len(shown) // _BASES_PER_MISMATCH:
            found.add(molecule)
    return found


def _clips_at(place: Breakpoint, breaks: SpecimenBreaks, slack_bp: int) -> list[tuple[str, tuple[int, int]]]:
    """Return the ends clipped within `slack_bp` of a place, running away from it.

    Each comes with how far beyond the place its read is aligned, and its molecule.
    """
    is_left = place.keeps is Side.RIGHT
    edge = place.pos if is_left else place.pos + 1
    clips = breaks.clips
    here = breaks.tid[clips["read"]] == _tid(place, breaks)
    rows = np.flatnonzero(here & (clips["is_left"] == is_left) & (np.abs(clips["pos"] - edge) <= slack_bp))
    found = []
    for read, pos, _, start, length in clips[rows].tolist():
        bases = breaks.sequence[start : start + length].tobytes().decode()
        beyond_bp = edge - pos if is_left else pos - edge
        found.append((reverse_complement(bases) if is_left else bases, (beyond_bp, int(breaks.molecule[read]))))
    return found


def _discordant_either_way(junction: Junction, breaks: SpecimenBreaks) -> set[int]:
    """Return the molecules with a mate on either side; none for near places, between which any fragment reaches."""
    if junction.is_near:
        return set()
    return _discordant(junction.first, junction.second, breaks) | _discordant(junction.second, junction.first, breaks)


def _discordant(here: Breakpoint, there: Breakpoint, breaks: SpecimenBreaks) -> set[int]:
    """Return the molecules with one mate before each place, both running towards the break, and no junction shown.

    METHOD: their distances from both places add up to the length of the fragment, which bounds them.
    """
    reads = breaks.reads
    own = _distance(here, breaks.tid, reads["start"], reads["end"], (reads["flag"] & _REVERSE) != 0, breaks)
    mate_end = np.where(reads["mate_unclipped_end"] > 0, reads["mate_unclipped_end"], reads["mate_start"])
    is_reverse = (reads["flag"] & _MATE_REVERSE) != 0
    mate = _distance(there, reads["mate_tid"], reads["mate_start"], mate_end, is_reverse, breaks)
    is_pair = (reads["flag"] & (_PAIRED | _MATE_UNMAPPED)) == _PAIRED
    is_near = (own >= 0) & (mate >= 0) & (own + mate <= LONGEST_FRAGMENT_BP)
    shown = set(breaks.molecule[breaks.junctions["read"]].tolist())
    return set(breaks.molecule[is_near & is_pair].tolist()) - shown


def _distance(
    place: Breakpoint,
    tid: npt.NDArray[np.integer],
    start: npt.NDArray[np.integer],
    end: npt.NDArray[np.integer],
    is_reverse: npt.NDArray[np.bool_],
    breaks: SpecimenBreaks,
) -> npt.NDArray[np.int64]:
    """Return how far from a place the outer ends of reads lie that run towards it, -1 for all others."""
    is_left = place.keeps is Side.LEFT
    distance = place.pos + 1 - start if is_left else end - place.pos
    runs = (tid == _tid(place, breaks)) & (~is_reverse if is_left else is_reverse)
    return np.where(runs & (distance >= MIN_CLIP_BP), distance, -1).astype(np.int64)


def _distinct_ends(members: npt.NDArray[np.int64], breaks: SpecimenBreaks) -> int:
    """Return how many different pairs of outer ends the reads of some molecules have."""
    rows = np.isin(breaks.molecule, members)
    reads = breaks.reads[rows]
    is_reverse = (reads["flag"] & _REVERSE) != 0
    own = np.where(is_reverse, reads["unclipped_end"], reads["unclipped_start"])
    ends: dict[int, list[int]] = {}
    for molecule, end in zip(breaks.molecule[rows].tolist(), own.tolist(), strict=True):
        ends.setdefault(molecule, []).append(end)
    return len({(min(found), max(found)) for found in ends.values()})


def _tid(place: Breakpoint, breaks: SpecimenBreaks) -> int:
    return breaks.contigs.index(place.contig) if place.contig in breaks.contigs else -1
