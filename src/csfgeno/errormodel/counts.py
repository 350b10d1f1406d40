"""What one specimen's background shows: molecules at every place, and those that show a wrong base or an indel.

These counts are all that a background or a laboratory's model is learnt from. Those of one specimen take about 150
bytes a panel base, whatever its depth.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, TypeVar

import numpy as np
import numpy.typing as npt

from csfgeno.errormodel.classes import CLASS_OF_STRATUM, CLASSES, KIND_OF_CLASS, KINDS
from csfgeno.errormodel.context import (
    CHANGES,
    INDEL_CLASSES,
    INDEL_FORMS,
    RUN_BINS,
    UNKNOWN,
    indel_class,
    reverse_change,
    run_bin,
    run_lengths,
    substitution_of,
    trinucleotides,
)
from csfgeno.errormodel.places import Places, make_places
from csfgeno.errormodel.recurrence import MAX_FRACTION, CommonAllele
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

MIN_SITES: Final = 20
"""Fewer sites of a substitution do not tell what is usual for it."""

_DUPLEX: Final = [i for i, (kind, _, _) in enumerate(CLASSES) if kind is MoleculeKind.DUPLEX]


@dataclass(frozen=True, slots=True)
class SeenIndel:
    """An indel of the background: its place and class, the molecules that show it, (stratum,), and all that could."""

    allele: Allele
    place: int
    klass: int
    alt: Integers
    depth: int


@dataclass(frozen=True)
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
    run
        Homopolymer bin of an indel that is written at a place, `UNKNOWN` inside a run, shape (place,).
    indels
        Insertions and deletions that teach the model, sorted by allele.
    common
        Alleles that do not, being too common for an error, but too rare to be inherited; sorted by allele.
    """

    places: Places
    change: Integers
    depth: npt.NDArray[np.int32]
    is_background: npt.NDArray[np.bool_]
    at: npt.NDArray[np.int32]
    base: npt.NDArray[np.uint8]
    stratum: npt.NDArray[np.uint8]
    molecules: npt.NDArray[np.int32]
    run: Integers
    indels: tuple[SeenIndel, ...]
    common: tuple[CommonAllele, ...]

    @cached_property
    def indel_errors(self) -> Integers:
        """Molecules that show an indel, shape (kind, indel class)."""
        errors = np.zeros((len(KINDS), INDEL_CLASSES), np.int64)
        for seen in self.indels:
            np.add.at(errors[:, seen.klass], KIND_OF_STRATUM, seen.alt)
        return errors

    @cached_property
    def indel_chances(self) -> Integers:
        """Molecules that could show an indel of a class, shape (kind, indel class)."""
        chances = np.zeros((len(KINDS), INDEL_CLASSES), np.int64)
        is_edge = self.run != UNKNOWN
        by_kind = np.zeros((len(KINDS), int(is_edge.sum())), np.int64)
        np.add.at(by_kind, KIND_OF_STRATUM, self.depth[is_edge].T)
        for form in range(INDEL_FORMS):
            klass = form * len(RUN_BINS) + self.run[is_edge]
            np.add.at(chances, (np.arange(len(KINDS))[:, None], klass[None]), by_kind)
        return chances

    def indels_by_site(self) -> Integers:
        """Return molecules that show an indel, shape (place, indel form)."""
        total = np.zeros((len(self.places), INDEL_FORMS), np.int64)
        for seen in self.indels:
            total[seen.place, seen.klass // len(RUN_BINS)] += int(seen.alt.sum())
        return total

    def expected_indels_by_site(self, rates: Floats) -> Floats:
        """Return the indels expected at `rates`, shape (kind, indel class), by place and indel form."""
        is_edge = self.run != UNKNOWN
        klass = np.arange(INDEL_FORMS) * len(RUN_BINS) + self.run[is_edge][:, None]
        expected = np.zeros((len(self.places), INDEL_FORMS))
        by_stratum = rates[KIND_OF_STRATUM][:, klass]
        expected[is_edge] = np.einsum("ps,spf->pf", self.depth[is_edge].astype(float), by_stratum)
        return expected

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
    parts = sorted((_count_tile(tile, sequence, exclude) for tile in tiles), key=lambda part: part.places.intervals)
    places = make_places(interval for part in parts for interval in part.places.intervals)
    return leave_out_variants(_joined(parts, places), thresholds)


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
        run=_stack([p.run for p in parts], np.zeros(0, np.int64)),
        indels=tuple(sorted(indels, key=lambda seen: seen.allele)),
        common=(),
    )


def _stack(parts: Sequence[npt.NDArray[N]], empty: npt.NDArray[N]) -> npt.NDArray[N]:
    return np.concatenate([empty, *parts])


def _count_tile(tile: MoleculeTile, sequence: SequenceSource, exclude: Collection[Allele]) -> BackgroundCounts:
    triple = trinucleotides(flanked(tile, sequence))
    is_wrong = (triple[:, None] != UNKNOWN) & (((triple >> 2) & 3)[:, None] != np.arange(4))
    change = np.where(is_wrong, 4 * triple[:, None] + np.arange(4), UNKNOWN)
    depth = stated_depth(tile)
    is_background = is_wrong & (depth.sum(axis=0)[:, None] > 0)
    for allele in exclude:
        offset = allele.start - tile.interval.start
        if allele.klass is AlleleClass.SNV and allele.contig == tile.interval.contig and 0 <= offset < len(triple):
            is_background[offset, BASES.index(allele.alt)] = False
    rows = np.stack((tile.calls.pos - tile.interval.start, tile.calls.base, tile.calls.stratum)).astype(np.int32)
    (at, base, stratum), molecules = np.unique(rows, axis=1, return_counts=True)
    used = is_background[at, base]
    return BackgroundCounts(
        places=make_places([tile.interval]),
        change=change,
        depth=depth.T.astype(np.int32),
        is_background=is_background,
        at=at[used],
        base=base[used].astype(np.uint8),
        stratum=stratum[used].astype(np.uint8),
        molecules=molecules[used].astype(np.int32),
        run=_runs_written_at(tile),
        indels=_seen_indels(tile, sequence, exclude),
        common=(),
    )


def flanked(tile: MoleculeTile, sequence: SequenceSource) -> str:
    """Return the bases of a tile with one neighbour on each side, N beyond the ends of the contig."""
    contig, start, end = tile.interval.contig, tile.interval.start, tile.interval.end
    before = sequence.fetch(contig, max(start - 1, 0), start) or "N"
    return before + tile.reference + (sequence.fetch(contig, end, end + 1) or "N")


def _runs_written_at(tile: MoleculeTile) -> Integers:
    """Return the homopolymer bin behind each base before a run, where its indels are written; elsewhere `UNKNOWN`."""
    bins = run_bin(run_lengths(tile.reference))
    is_edge = np.array([a != b for a, b in zip(tile.reference, tile.reference[1:], strict=False)] + [False])
    return np.where(is_edge, np.roll(bins, -1), UNKNOWN)


def _seen_indels(tile: MoleculeTile, sequence: SequenceSource, exclude: Collection[Allele]) -> tuple[SeenIndel, ...]:
    """Return the indels that start in the tile."""
    evidence = SpecimenEvidence((tile,), sequence)
    seen = []
    inside = {c.allele for c in tile.indels.stated if tile.interval.start <= c.allele.start < tile.interval.end}
    for allele in sorted(inside - set(exclude)):
        tally = evidence.tally(allele)
        if tally.alt.any():
            place = allele.start - tile.interval.start
            klass = indel_class(allele, sequence)
            seen.append(SeenIndel(allele, place, klass, tally.alt, int(tally.depth.sum())))
    return tuple(seen)


# ------------------------------------------------------------------------------------------ variants


def leave_out_variants(counts: BackgroundCounts, thresholds: Thresholds) -> BackgroundCounts:
    """Return the counts without alleles that are too common for an error."""
    depth = counts.depth.sum(axis=1)
    limit = _rarest_variants(counts, depth, thresholds)[substitution_of(counts.change)]
    common = counts.is_background & (counts.errors_by_site() > limit * depth[:, None])
    indel_limit = _rarest_indel_variants(counts, depth, thresholds)
    is_rare = [int(seen.alt.sum()) <= indel_limit[seen.klass] * seen.depth for seen in counts.indels]
    found = [*_common_bases(counts, common, depth)]
    found += [
        CommonAllele(seen.allele, seen.place, int(seen.alt.sum()), seen.depth)
        for seen, rare in zip(counts.indels, is_rare, strict=True)
        if not rare
    ]
    return replace(
        counts.without(common),
        indels=tuple(seen for seen, rare in zip(counts.indels, is_rare, strict=True) if rare),
        common=tuple(sorted((c for c in found if c.alt <= MAX_FRACTION * c.depth), key=lambda c: c.allele)),
    )


def _common_bases(counts: BackgroundCounts, common: npt.NDArray[np.bool_], depth: Integers) -> Iterator[CommonAllele]:
    """Yield the substitutions marked as too common, shape (place, base)."""
    alt = counts.errors_by_site()
    for place, base in zip(*np.nonzero(common), strict=True):
        contig, pos = counts.places.position(int(place))
        ref = BASES[int(counts.change[place, base]) >> 4 & 3]
        allele = Allele(contig, pos, ref, BASES[base])
        yield CommonAllele(allele, int(place), int(alt[place, base]), int(depth[place]))


def _rarest_variants(counts: BackgroundCounts, depth: Integers, thresholds: Thresholds) -> Floats:
    """Return the fraction above which an allele is a variant, by substitution, 0-15.

    METHOD: a common allele is a variant, not an error, unless most sites of its substitution err as often: a variant
    sits at single sites, so the median of a substitution knows nothing of variants, and damage that is everywhere is
    learnt as what it is instead of being cut off at a fixed fraction.
    """
    fraction = counts.errors_by_site() / np.maximum(depth, 1)[:, None]
    substitution = substitution_of(counts.change)
    usual = [_median(fraction[counts.is_background & (substitution == number)]) for number in range(16)]
    return np.maximum(thresholds.background_max_vaf, thresholds.background_max_fold * np.array(usual))


def _rarest_indel_variants(counts: BackgroundCounts, depth: Integers, thresholds: Thresholds) -> Floats:
    """Return the same for insertions and deletions, shape (indel class,)."""
    fraction = counts.indels_by_site() / np.maximum(depth, 1)[:, None]
    here = [(counts.run == number) & (depth > 0) for number in range(len(RUN_BINS))]
    usual = [_median(fraction[rows, form]) for form in range(INDEL_FORMS) for rows in here]
    return np.maximum(thresholds.background_max_vaf, thresholds.background_max_fold * np.array(usual))


def _median(fractions: Floats) -> float:
    return float(np.median(fractions)) if len(fractions) >= MIN_SITES else 0.0
