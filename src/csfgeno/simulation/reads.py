"""Read pairs as a sequencer and an aligner would leave them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from csfgeno.io.bamwriter import AlignedRows
from csfgeno.simulation.alignment import MIN_SCORE, OP_MATCH, Cigar, Placement, needs_placing, place_read
from csfgeno.simulation.artefacts import Artefacts
from csfgeno.simulation.haplotypes import Chromosomes, Codes, Mask, Positions, Reference
from csfgeno.simulation.library import Library, draw_other
from csfgeno.simulation.molecules import Molecules, Region
from csfgeno.simulation.recipe import Recipe
from csfgeno.simulation.sequencing import POOL_READS, QualityPool, draw_read_errors
from csfgeno.simulation.slippage import Slips, slipped_molecules

MAPQ_UNIQUE: Final = 60
MAPQ_AMBIGUOUS: Final = 20
"""Mapping quality of bwa mem for a unique place; below the second it is ambiguous."""

_MOLECULE_DIGITS: Final = 9
_COPY_DIGITS: Final = 5
_PAIRED: Final = 0x1 | 0x2
_REVERSE: Final = 0x10
_MATE_REVERSE: Final = 0x20
_READ_1: Final = 0x40
_READ_2: Final = 0x80
_RX: Final = np.frombuffer(b"ACGT-", np.uint8)


@dataclass(frozen=True, slots=True)
class _Mates:
    """Both mates of every pair: first all left ones, then all right ones, shape (2 x pairs,).

    `length` is the bases of a read: `end - start`, unless a slip changed what a short molecule has.
    """

    start: Positions
    end: Positions
    length: Positions
    is_right: Mask
    is_second: Mask

    def __len__(self) -> int:
        return len(self.start)


@dataclass(frozen=True, slots=True)
class _SlippedRead:
    """A read with an insertion or deletion error: its row among the mates, and the chromosome bases that it shows."""

    row: int
    index: Positions
    is_inserted: Mask

    def place(self, chromosomes: Chromosomes, reference: Reference) -> Placement:
        """Return where an aligner puts it; the error is to the aligner as an allele is."""
        at = np.where(self.is_inserted, -1, chromosomes.at[self.index])
        at[0] = chromosomes.at[self.index[0]]
        is_inserted = self.is_inserted | chromosomes.is_inserted[self.index]
        return place_read(chromosomes.codes[self.index], np.maximum.accumulate(at), is_inserted, reference)


def make_reads(
    region: Region,
    molecules: Molecules,
    library: Library,
    artefacts: Artefacts,
    slips: Slips,
    recipe: Recipe,
    pool: QualityPool,
    serial: int,
    rng: np.random.Generator,
) -> AlignedRows:
    """Return both reads of every pair of `library`.

    A read is named by its molecule (counted from `serial`), strand (A top, B bottom) and number in the family.
    """
    mates = _cut(molecules, library, recipe)
    string = rng.integers(0, POOL_READS, len(mates))
    codes = _copy_bases(molecules.chromosomes, mates, recipe.read_bp)
    _apply_artefacts(codes, mates, artefacts, (molecules.end - molecules.start)[library.molecule[library.family]])
    start, cigar, cigars, is_poor = _place(molecules.chromosomes, region.reference, mates)
    slipped = list(_slipped_reads(molecules, library, slips, mates, recipe.read_bp))
    mates = _apply_slips(codes, mates, slipped, molecules, library, artefacts)
    placements = [read.place(molecules.chromosomes, region.reference) for read in slipped]
    rows = np.array([read.row for read in slipped], np.int64)
    _put(placements, rows, np.arange(len(rows)), start, cigar, is_poor, first_cigar=len(cigars))
    cigars = (*cigars, *(placement.cigar for placement in placements))
    _apply_errors(codes, mates, pool, string, rng)
    mapq = _draw_mapq(len(library.family), recipe, rng)
    mapq = np.where(is_poor, 0, np.tile(mapq, 2))
    return AlignedRows(
        name=np.tile(_names(library, serial), (2, 1)),
        flag=_flags(mates),
        mapq=mapq,
        start=start,
        mate_mapq=_of_mate(mapq),
        mate_start=_of_mate(start),
        template_length=_template_lengths(start, cigar, cigars),
        length=mates.length,
        cigar=cigar,
        mate_cigar=_of_mate(cigar),
        codes=codes,
        qualities=_take_qualities(mates, pool, string),
        umi=np.tile(_RX[library.umi], (2, 1)),
        cigars=cigars,
    )


def _cut(molecules: Molecules, library: Library, recipe: Recipe) -> _Mates:
    molecule = library.molecule[library.family]
    start, end = molecules.start[molecule], molecules.end[molecule]
    length = np.minimum(end - start, recipe.read_bp)
    is_bottom = library.is_bottom[library.family]
    return _Mates(
        start=np.concatenate([start, end - length]),
        end=np.concatenate([start + length, end]),
        length=np.tile(length, 2),
        is_right=np.repeat([False, True], len(start)),
        is_second=np.concatenate([is_bottom, ~is_bottom]),
    )


def _of_mate(values: Positions) -> Positions:
    return np.roll(values, len(values) // 2)


# --------------------------------------------------------------------------------------- bases


def _copy_bases(chromosomes: Chromosomes, mates: _Mates, read_bp: int) -> Codes:
    index = mates.start[:, None] + np.arange(read_bp)
    return np.asarray(chromosomes.codes[np.minimum(index, len(chromosomes.codes) - 1)])


def _apply_artefacts(codes: Codes, mates: _Mates, artefacts: Artefacts, molecule_bp: Positions) -> None:
    pairs = len(mates) // 2
    for shift, origin in ((0, np.zeros(pairs, np.int64)), (pairs, molecule_bp - mates.length[:pairs])):
        column = artefacts.offset - origin[artefacts.pair]
        shown = (column >= 0) & (column < mates.length[artefacts.pair])
        codes[artefacts.pair[shown] + shift, column[shown]] = artefacts.code[shown]


def _slipped_reads(
    molecules: Molecules, library: Library, slips: Slips, mates: _Mates, read_bp: int
) -> Iterator[_SlippedRead]:
    """Yield the reads that show a slip; a mate that ends before it is as it was."""
    molecule = library.molecule[library.family[slips.pair]]
    shown = slipped_molecules(slips, molecules.start[molecule], molecules.end[molecule])
    pairs = len(mates) // 2
    for pair, (index, is_inserted) in zip(slips.pair.tolist(), shown, strict=True):
        for row, part in ((pair, slice(None, read_bp)), (pair + pairs, slice(-read_bp, None))):
            if not np.array_equal(index[part], np.arange(mates.start[row], mates.end[row])):
                yield _SlippedRead(row, index[part], is_inserted[part])


def _apply_slips(
    codes: Codes,
    mates: _Mates,
    slipped: Sequence[_SlippedRead],
    molecules: Molecules,
    library: Library,
    artefacts: Artefacts,
) -> _Mates:
    """Write the bases of the slipped reads, wrong ones among them, and return the mates with their lengths."""
    pairs, length = len(mates) // 2, mates.length.copy()
    own = np.flatnonzero(np.isin(artefacts.pair, [read.row % pairs for read in slipped]))
    place = molecules.start[library.molecule[library.family[artefacts.pair[own]]]] + artefacts.offset[own]
    for read in slipped:
        bases = molecules.chromosomes.codes[read.index].copy()
        for number in np.flatnonzero(artefacts.pair[own] == read.row % pairs):
            bases[(read.index == place[number]) & ~read.is_inserted] = artefacts.code[own[number]]
        codes[read.row, : len(bases)] = bases
        length[read.row] = len(bases)
    return replace(mates, length=length)


def _apply_errors(codes: Codes, mates: _Mates, pool: QualityPool, string: Positions, rng: np.random.Generator) -> None:
    for mate in (0, 1):
        rows = np.flatnonzero(mates.is_second == bool(mate))
        read, cycle = draw_read_errors(pool.hazard[mate], string[rows], mates.length[rows], rng)
        row = rows[read]
        column = np.where(mates.is_right[row], mates.length[row] - 1 - cycle, cycle)
        codes[row, column] = draw_other(codes[row, column], rng)


def _take_qualities(mates: _Mates, pool: QualityPool, string: Positions) -> Codes:
    qualities = pool.qualities[mates.is_second.astype(np.int64), string]
    pairs = len(mates) // 2
    cycle = mates.length[pairs:, None] - 1 - np.arange(qualities.shape[1])
    qualities[pairs:] = np.take_along_axis(qualities[pairs:], np.maximum(cycle, 0), axis=1)
    return qualities


# ----------------------------------------------------------------------------------- alignment


def _place(
    chromosomes: Chromosomes, reference: Reference, mates: _Mates
) -> tuple[Positions, Positions, tuple[Cigar, ...], Mask]:
    """Return start and CIGAR row of each read, the CIGARs, and which reads hardly align at all."""
    lengths, cigar = np.unique(mates.length, return_inverse=True)
    cigars: list[Cigar] = [((OP_MATCH, int(length)),) for length in lengths]
    start, is_poor = chromosomes.at[mates.start], np.zeros(len(mates), bool)
    special = np.flatnonzero(needs_placing(chromosomes, reference, mates.start, mates.end))
    spans, which = np.unique(np.stack([mates.start[special], mates.end[special]], axis=1), axis=0, return_inverse=True)
    placements = [place_read(*piece, reference) for piece in _pieces(chromosomes, spans)]
    _put(placements, special, which.reshape(-1), start, cigar, is_poor, first_cigar=len(cigars))
    return start, cigar, (*cigars, *(p.cigar for p in placements)), is_poor


def _put(
    placements: Sequence[Placement],
    rows: Positions,
    which: Positions,
    start: Positions,
    cigar: Positions,
    is_poor: Mask,
    *,
    first_cigar: int,
) -> None:
    """Write placement `which` of each of `rows`; their CIGARs are numbered from `first_cigar`."""
    for values, found in (
        (start, [p.start for p in placements]),
        (cigar, range(first_cigar, first_cigar + len(placements))),
        (is_poor, [p.score < MIN_SCORE for p in placements]),
    ):
        values[rows] = np.array(found, values.dtype)[which]


def _pieces(chromosomes: Chromosomes, spans: Positions) -> Iterator[tuple[Codes, Positions, Mask]]:
    for low, high in spans:
        yield chromosomes.codes[low:high], chromosomes.at[low:high], chromosomes.is_inserted[low:high]


def _template_lengths(start: Positions, cigar: Positions, cigars: tuple[Cigar, ...]) -> Positions:
    """Return TLEN: from the 5' end of the left mate to that of the right one, aligned bases only."""
    spans = np.array([sum(length for op, length in c if op in (0, 2)) for c in cigars])
    pairs = len(start) // 2
    length = (start + spans[cigar])[pairs:] - start[:pairs]
    return np.concatenate([length, -length])


# -------------------------------------------------------------------------------------- fields


def _draw_mapq(pairs: int, recipe: Recipe, rng: np.random.Generator) -> Positions:
    is_low = rng.random(pairs) < recipe.low_mapq_share
    return np.where(is_low, rng.integers(0, MAPQ_AMBIGUOUS, pairs), MAPQ_UNIQUE)


def _flags(mates: _Mates) -> Positions:
    direction = np.where(mates.is_right, _REVERSE, _MATE_REVERSE)
    return _PAIRED | direction | np.where(mates.is_second, _READ_2, _READ_1)


def _names(library: Library, serial: int) -> npt.NDArray[np.uint8]:
    family = library.family
    strand = np.where(library.is_bottom[family], ord("B"), ord("A")).astype(np.uint8)[:, None]
    colon = np.full_like(strand, ord(":"))
    molecule = _digits(serial + library.molecule[family], _MOLECULE_DIGITS)
    return np.hstack([molecule, colon, strand, colon, _digits(library.copy, _COPY_DIGITS)])


def _digits(numbers: Positions, digits: int) -> npt.NDArray[np.uint8]:
    powers = 10 ** np.arange(digits - 1, -1, -1)
    return (numbers[:, None] // powers % 10 + ord("0")).astype(np.uint8)
