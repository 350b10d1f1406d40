"""What one specimen's background shows: molecules at every place, and those that show a wrong base or an indel.

These counts are all that a background or a laboratory's model is learnt from. Those of one specimen take about 150
bytes a panel base, whatever its depth.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeVar

import numpy as np
import numpy.typing as npt

from csfgeno.errormodel.classes import CLASS_OF_STRATUM, CLASSES, KIND_OF_CLASS, KINDS
from csfgeno.errormodel.context import (
    CHANGES,
    INDEL_CLASSES,
    RUN_BINS,
    UNKNOWN,
    indel_class,
    reverse_change,
    run_bin,
    run_lengths,
    trinucleotides,
)
from csfgeno.errormodel.places import Places, make_places
from csfgeno.evidence.haplotypes import BASES
from csfgeno.evidence.specimen import SpecimenEvidence, stated_depth
from csfgeno.genome.sequence import SequenceSource
from csfgeno.molecules.collapse import MoleculeTile
from csfgeno.molecules.strata import IS_STRAND_B, KIND_OF_STRATUM, STRATA
from csfgeno.records import Allele
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import AlleleClass, MoleculeKind

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

N = TypeVar("N", bound=np.generic)

_DUPLEX: Final = [i for i, (kind, _, _) in enumerate(CLASSES) if kind is MoleculeKind.DUPLEX]


@dataclass(frozen=True, slots=True)
class SeenIndel:
    """An insertion or deletion of the background: its place, class and molecules, shape (stratum,)."""

    allele: Allele
    place: int
    klass: int
    alt: Integers


@dataclass(frozen=True, slots=True)
class BackgroundCounts:
    """Chances and errors of one specimen.

    Attributes
    ----------
    change
        Change that a base shown at a place is, `UNKNOWN` for the reference base and beside N, shape (place, base).
    depth
        Molecules that state any base, shape (place, stratum).
    is_background
        Whether a base shown at a place teaches the model, shape (place, base).
    at, base, stratum, molecules
        Errors: molecules of a stratum that show a base at a place, shape (entry,).
    indel_errors, indel_chances
        By kind and indel class, shape (kind, indel class).
    indels
        The indels behind `indel_errors`, sorted by allele.
    """

    places: Places
    change: Integers
    depth: npt.NDArray[np.int32]
    is_background: npt.NDArray[np.bool_]
    at: npt.NDArray[np.int32]
    base: npt.NDArray[np.uint8]
    stratum: npt.NDArray[np.uint8]
    molecules: npt.NDArray[np.int32]
    indel_errors: Integers
    indel_chances: Integers
    indels: tuple[SeenIndel, ...]

    def without(self, excluded: npt.NDArray[np.bool_]) -> "BackgroundCounts":
        """Return the counts without the places and bases marked, shape (place, base)."""
        kept = ~excluded[self.at, self.base]
        return replace(
            self,
            is_background=self.is_background & ~excluded,
            at=self.at[kept],
            base=self.base[kept],
            stratum=self.stratum[kept],
            molecules=self.molecules[kept],
        )

    def errors_by_site(self) -> Integers:
        """Return molecules that show a wrong base, shape (place, base)."""
        total = np.zeros((len(self.places), 4), np.int64)
        np.add.at(total, (self.at, self.base), self.molecules)
        return total

    def expected_by_site(self, rates: Floats) -> Floats:
        """Return the errors expected at `rates`, shape (class, change), by place and base; 0 off the background."""
        expected = np.zeros((len(self.places), 4))
        own = (self.change, reverse_change(self.change))
        for stratum, klass in enumerate(CLASS_OF_STRATUM):
            depth = self.depth[:, stratum]
            if depth.any():
                expected += depth[:, None] * rates[klass][own[int(IS_STRAND_B[stratum])] % CHANGES]
        return np.where(self.is_background, expected, 0.0)


@dataclass(frozen=True, slots=True)
class ChangeTable:
    """Errors and chances by class and change on the molecule's own strand, shape (class, change); duplex on both."""

    errors: Floats
    chances: Floats

    def __add__(self, other: "ChangeTable") -> "ChangeTable":
        """Return both together."""
        return ChangeTable(self.errors + other.errors, self.chances + other.chances)

    def __sub__(self, other: "ChangeTable") -> "ChangeTable":
        """Return this without a part of it."""
        return ChangeTable(self.errors - other.errors, self.chances - other.chances)

    def by_kind(self) -> "ChangeTable":
        """Return the classes of each kind pooled, shape (kind, change)."""
        return ChangeTable(pool_kinds(self.errors), pool_kinds(self.chances))


def pool_kinds(by_class: Floats) -> Floats:
    """Return sums over the classes of each kind: axis `class` becomes `kind`."""
    pooled = np.zeros((len(KINDS), *by_class.shape[1:]))
    np.add.at(pooled, KIND_OF_CLASS, by_class)
    return pooled


def tabulate(counts: BackgroundCounts, rows: slice = slice(None), site_factors: Floats | float = 1.0) -> ChangeTable:
    """Return errors and chances by class and change.

    Parameters
    ----------
    rows
        Places to count.
    site_factors
        Weight of a chance, broadcast to shape (place, base).
    """
    weight = np.broadcast_to(site_factors, counts.is_background.shape)
    is_kept = np.zeros_like(counts.is_background)
    is_kept[rows] = counts.is_background[rows]
    errors, chances = np.zeros((len(CLASSES), CHANGES)), np.zeros((len(CLASSES), CHANGES))
    row, base = np.nonzero(is_kept)
    forward = counts.change[row, base]
    backward = reverse_change(forward)
    for stratum, klass in enumerate(CLASS_OF_STRATUM):
        own = backward if IS_STRAND_B[stratum] else forward
        chances[klass] += np.bincount(own, counts.depth[row, stratum] * weight[row, base], CHANGES)
    used = is_kept[counts.at, counts.base]
    shown = counts.change[counts.at[used], counts.base[used]]
    own = np.where(IS_STRAND_B[counts.stratum[used]], reverse_change(shown), shown)
    np.add.at(errors, (CLASS_OF_STRATUM[counts.stratum[used]], own), counts.molecules[used])
    return ChangeTable(_both_readings(errors), _both_readings(chances))


def _both_readings(by_class: Floats) -> Floats:
    """Return counts with those of duplex molecules read on both strands."""
    folded = by_class.copy()
    folded[_DUPLEX] += by_class[_DUPLEX][:, reverse_change(np.arange(CHANGES))]
    return folded


# ------------------------------------------------------------------------------------------ counting


def count_background(
    tiles: Iterable[MoleculeTile], sequence: SequenceSource, exclude: Collection[Allele], thresholds: Thresholds
) -> BackgroundCounts:
    """Return the background of a specimen, tile by tile; a tile is not kept.

    Parameters
    ----------
    tiles
        In any order that does not split a contig.
    exclude
        Alleles that are no background, found or not.
    """
    parts = sorted(
        (_count_tile(tile, sequence, exclude, thresholds) for tile in tiles), key=lambda part: part.places.intervals
    )
    places = make_places(interval for part in parts for interval in part.places.intervals)
    return _joined(parts, places)


def _joined(parts: Sequence[BackgroundCounts], places: Places) -> BackgroundCounts:
    offsets = np.cumsum([0, *(len(part.places) for part in parts)])
    indels = [
        replace(seen, place=seen.place + int(offset))
        for part, offset in zip(parts, offsets, strict=False)
        for seen in part.indels
    ]
    shifted = [part.at + np.int32(offset) for part, offset in zip(parts, offsets, strict=False)]
    return BackgroundCounts(
        places=places,
        change=_stack([p.change for p in parts], np.zeros((0, 4), np.int64)),
        depth=_stack([p.depth for p in parts], np.zeros((0, len(STRATA)), np.int32)),
        is_background=_stack([p.is_background for p in parts], np.zeros((0, 4), bool)),
        at=_stack(shifted, np.zeros(0, np.int32)),
        base=_stack([p.base for p in parts], np.zeros(0, np.uint8)),
        stratum=_stack([p.stratum for p in parts], np.zeros(0, np.uint8)),
        molecules=_stack([p.molecules for p in parts], np.zeros(0, np.int32)),
        indel_errors=sum((p.indel_errors for p in parts), np.zeros((len(KINDS), INDEL_CLASSES), np.int64)),
        indel_chances=sum((p.indel_chances for p in parts), np.zeros((len(KINDS), INDEL_CLASSES), np.int64)),
        indels=tuple(sorted(indels, key=lambda seen: seen.allele)),
    )


def _stack(parts: Sequence[npt.NDArray[N]], empty: npt.NDArray[N]) -> npt.NDArray[N]:
    return np.concatenate([empty, *parts])


def _count_tile(
    tile: MoleculeTile, sequence: SequenceSource, exclude: Collection[Allele], thresholds: Thresholds
) -> BackgroundCounts:
    triple = trinucleotides(_flanked(tile, sequence))
    is_wrong = (triple[:, None] != UNKNOWN) & (((triple >> 2) & 3)[:, None] != np.arange(4))
    change = np.where(is_wrong, 4 * triple[:, None] + np.arange(4), UNKNOWN)
    depth = stated_depth(tile)
    is_background = is_wrong & _is_rare(tile, depth, thresholds)
    for allele in exclude:
        offset = allele.start - tile.interval.start
        if allele.klass is AlleleClass.SNV and allele.contig == tile.interval.contig and 0 <= offset < len(triple):
            is_background[offset, BASES.index(allele.alt)] = False
    rows = np.stack((tile.calls.pos - tile.interval.start, tile.calls.base, tile.calls.stratum)).astype(np.int32)
    (at, base, stratum), molecules = np.unique(rows, axis=1, return_counts=True)
    used = is_background[at, base]
    indel_errors, indels = _seen_indels(tile, sequence, exclude, thresholds)
    return BackgroundCounts(
        places=make_places([tile.interval]),
        change=change,
        depth=depth.T.astype(np.int32),
        is_background=is_background,
        at=at[used],
        base=base[used].astype(np.uint8),
        stratum=stratum[used].astype(np.uint8),
        molecules=molecules[used].astype(np.int32),
        indel_errors=indel_errors,
        indel_chances=_indel_chances(tile, depth),
        indels=indels,
    )


def _is_rare(tile: MoleculeTile, depth: Integers, thresholds: Thresholds) -> npt.NDArray[np.bool_]:
    """Return which bases are shown by few enough molecules to be errors, shape (positions, base)."""
    alt = np.zeros((depth.shape[1], 4), np.int64)
    np.add.at(alt, (tile.calls.pos - tile.interval.start, tile.calls.base), 1)
    total = depth.sum(axis=0)[:, None]
    # METHOD: a common allele is a variant, not an error.
    return np.asarray((alt <= thresholds.background_max_vaf * total) & (total > 0))


def _flanked(tile: MoleculeTile, sequence: SequenceSource) -> str:
    """Return the bases of a tile with one neighbour on each side, N beyond the ends of the contig."""
    contig, start, end = tile.interval.contig, tile.interval.start, tile.interval.end
    before = sequence.fetch(contig, max(start - 1, 0), start) or "N"
    return before + tile.reference + (sequence.fetch(contig, end, end + 1) or "N")


def _indel_chances(tile: MoleculeTile, depth: Integers) -> Integers:
    chances = np.zeros((len(KINDS), INDEL_CLASSES), np.int64)
    bins = run_bin(run_lengths(tile.reference))
    # An indel in a run is written at its left edge, so only there is a chance for it.
    is_edge = np.array([a != b for a, b in zip(tile.reference, tile.reference[1:], strict=False)] + [False])
    for shape in range(4):
        klass = (shape * len(RUN_BINS) + np.roll(bins, -1))[None, is_edge]
        np.add.at(chances, (KIND_OF_STRATUM[:, None], klass), depth[:, is_edge])
    return chances


def _seen_indels(
    tile: MoleculeTile, sequence: SequenceSource, exclude: Collection[Allele], thresholds: Thresholds
) -> tuple[Integers, tuple[SeenIndel, ...]]:
    """Return the errors by kind and indel class, and the rare indels that start in the tile."""
    errors = np.zeros((len(KINDS), INDEL_CLASSES), np.int64)
    evidence = SpecimenEvidence((tile,), sequence)
    seen = []
    for allele in sorted({call.allele for call in tile.indels.stated} - set(exclude)):
        tally = evidence.tally(allele)
        if 0 < tally.alt.sum() <= thresholds.background_max_vaf * tally.depth.sum():
            klass = indel_class(allele, sequence)
            np.add.at(errors[:, klass], KIND_OF_STRATUM, tally.alt)
            seen.append(SeenIndel(allele, allele.start - tile.interval.start, klass, tally.alt))
    return errors, tuple(seen)
