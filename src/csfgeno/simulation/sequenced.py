"""Read pairs as a sequencer leaves them: bases with all their errors, qualities and names, before any alignment."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from csfgeno.simulation.artefacts import Artefacts
from csfgeno.simulation.haplotypes import Chromosomes, Codes, Mask, Positions
from csfgeno.simulation.library import Library, draw_other
from csfgeno.simulation.molecules import Molecules
from csfgeno.simulation.recipe import Recipe
from csfgeno.simulation.sequencing import POOL_READS, QualityPool, draw_read_errors
from csfgeno.simulation.slippage import Slips, slipped_molecules

_MOLECULE_DIGITS: Final = 9
_COPY_DIGITS: Final = 5
_RX: Final = np.frombuffer(b"ACGT-", np.uint8)


@dataclass(frozen=True, slots=True)
class Mates:
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
class SlippedRead:
    """A read with an insertion or deletion error: its row among the mates, and the chromosome bases that it shows."""

    row: int
    index: Positions
    is_inserted: Mask


@dataclass(frozen=True, slots=True)
class Sequenced:
    """Both mates of every pair as read, on the strand of their chromosome.

    Attributes
    ----------
    mates
        Which bases of the chromosomes they show.
    codes, qualities
        Padded on the right, shape (2 x pairs, cycles).
    slipped
        Those of them with an insertion or deletion error.
    """

    mates: Mates
    codes: Codes
    qualities: Codes
    slipped: tuple[SlippedRead, ...]


def sequence_library(
    molecules: Molecules,
    library: Library,
    artefacts: Artefacts,
    slips: Slips,
    recipe: Recipe,
    pool: QualityPool,
    rng: np.random.Generator,
) -> Sequenced:
    """Return both mates of every pair of `library`."""
    mates = _cut(molecules, library, recipe)
    string = rng.integers(0, POOL_READS, len(mates))
    codes = _copy_bases(molecules.chromosomes, mates, recipe.read_bp)
    _apply_artefacts(codes, mates, artefacts, (molecules.end - molecules.start)[library.molecule[library.family]])
    slipped = tuple(_slipped_reads(molecules, library, slips, mates, recipe.read_bp))
    mates = _apply_slips(codes, mates, slipped, molecules, library, artefacts)
    _apply_errors(codes, mates, pool, string, rng)
    return Sequenced(mates, codes, _take_qualities(mates, pool, string), slipped)


def name_pairs(library: Library, serial: int) -> npt.NDArray[np.uint8]:
    """Return the name of every pair in ASCII: molecule (counted from `serial`), strand (A top, B bottom), copy."""
    family = library.family
    strand = np.where(library.is_bottom[family], ord("B"), ord("A")).astype(np.uint8)[:, None]
    colon = np.full_like(strand, ord(":"))
    molecule = _digits(serial + library.molecule[family], _MOLECULE_DIGITS)
    return np.hstack([molecule, colon, strand, colon, _digits(library.copy, _COPY_DIGITS)])


def show_umis(library: Library) -> npt.NDArray[np.uint8]:
    """Return the RX of every pair in ASCII."""
    return np.asarray(_RX[library.umi])


def _cut(molecules: Molecules, library: Library, recipe: Recipe) -> Mates:
    molecule = library.molecule[library.family]
    start, end = molecules.start[molecule], molecules.end[molecule]
    length = np.minimum(end - start, recipe.read_bp)
    is_bottom = library.is_bottom[library.family]
    return Mates(
        start=np.concatenate([start, end - length]),
        end=np.concatenate([start + length, end]),
        length=np.tile(length, 2),
        is_right=np.repeat([False, True], len(start)),
        is_second=np.concatenate([is_bottom, ~is_bottom]),
    )


def _copy_bases(chromosomes: Chromosomes, mates: Mates, read_bp: int) -> Codes:
    index = mates.start[:, None] + np.arange(read_bp)
    return np.asarray(chromosomes.codes[np.minimum(index, len(chromosomes.codes) - 1)])


def _apply_artefacts(codes: Codes, mates: Mates, artefacts: Artefacts, molecule_bp: Positions) -> None:
    pairs = len(mates) // 2
    for shift, origin in ((0, np.zeros(pairs, np.int64)), (pairs, molecule_bp - mates.length[:pairs])):
        column = artefacts.offset - origin[artefacts.pair]
        shown = (column >= 0) & (column < mates.length[artefacts.pair])
        codes[artefacts.pair[shown] + shift, column[shown]] = artefacts.code[shown]


def _slipped_reads(
    molecules: Molecules, library: Library, slips: Slips, mates: Mates, read_bp: int
) -> Iterator[SlippedRead]:
    """Yield the reads that show a slip; a mate that ends before it is as it was."""
    molecule = library.molecule[library.family[slips.pair]]
    shown = slipped_molecules(slips, molecules.start[molecule], molecules.end[molecule])
    pairs = len(mates) // 2
    for pair, (index, is_inserted) in zip(slips.pair.tolist(), shown, strict=True):
        for row, part in ((pair, slice(None, read_bp)), (pair + pairs, slice(-read_bp, None))):
            if not np.array_equal(index[part], np.arange(mates.start[row], mates.end[row])):
                yield SlippedRead(row, index[part], is_inserted[part])


def _apply_slips(
    codes: Codes,
    mates: Mates,
    slipped: Sequence[SlippedRead],
    molecules: Molecules,
    library: Library,
    artefacts: Artefacts,
) -> Mates:
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


def _apply_errors(codes: Codes, mates: Mates, pool: QualityPool, string: Positions, rng: np.random.Generator) -> None:
    for mate in (0, 1):
        rows = np.flatnonzero(mates.is_second == bool(mate))
        read, cycle = draw_read_errors(pool.hazard[mate], string[rows], mates.length[rows], rng)
        row = rows[read]
        column = np.where(mates.is_right[row], mates.length[row] - 1 - cycle, cycle)
        codes[row, column] = draw_other(codes[row, column], rng)


def _take_qualities(mates: Mates, pool: QualityPool, string: Positions) -> Codes:
    qualities = pool.qualities[mates.is_second.astype(np.int64), string]
    pairs = len(mates) // 2
    cycle = mates.length[pairs:, None] - 1 - np.arange(qualities.shape[1])
    qualities[pairs:] = np.take_along_axis(qualities[pairs:], np.maximum(cycle, 0), axis=1)
    return qualities


def _digits(numbers: Positions, digits: int) -> npt.NDArray[np.uint8]:
    powers = 10 ** np.arange(digits - 1, -1, -1)
    return (numbers[:, None] // powers % 10 + ord("0")).astype(np.uint8)
