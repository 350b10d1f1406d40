"""Insertions and deletions that are errors: a polymerase slips, the more often the more copies a repeat has."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from csfgeno.simulation.haplotypes import UNKNOWN, Codes, Mask, Positions
from csfgeno.simulation.library import Library
from csfgeno.simulation.molecules import Molecules
from csfgeno.simulation.recipe import Recipe

LONGEST_UNIT_BP: Final = 3
MOST_COPIES: Final = 40
"""More copies than this do not raise the rate; keeps its power finite in masked sequence."""

Rates = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Slips:
    """Read pairs with a wrong length of a repeat, at most one of each pair, shape (slips,) each.

    Attributes
    ----------
    pair
        Row of the read pair, ascending.
    offset
        First base of the repeat, counted from the left end of the molecule.
    unit_bp
        Length of its unit.
    change_bp
        Inserted bases, or lost ones if negative.
    """

    pair: Positions
    offset: Positions
    unit_bp: Positions
    change_bp: Positions


@dataclass(frozen=True, slots=True)
class Repeats:
    """The repeat that begins at each base: length of its unit and copies of it, 0 inside a homopolymer."""

    unit_bp: Positions
    copies: Positions

    def rate(self, single: float, recipe: Recipe) -> Rates:
        """Return the slips at each base, where one copy slips at the rate `single`."""
        grown = single * recipe.slip_growth ** (np.minimum(self.copies, MOST_COPIES) - 1.0)
        return np.where(self.copies > 0, np.minimum(grown, recipe.slip_highest), 0.0)


def find_repeats(codes: Codes) -> Repeats:
    """Return the repeats of units of up to three bases, each at its leftmost base; a lone base is one copy."""
    unit_bp, copies = np.ones(len(codes), np.int64), np.zeros(len(codes), np.int64)
    for unit in range(1, LONGEST_UNIT_BP + 1):
        again = np.zeros(len(codes) + 1, bool)
        again[: max(len(codes) - unit, 0)] = codes[:-unit] == codes[unit:]
        is_first = ~np.concatenate([[False], again[:-2]])
        found = np.where(is_first, 1 + _run_lengths(again)[:-1] // unit, 0)
        better = found > copies if unit == 1 else found > np.maximum(copies, 1)
        unit_bp[better], copies[better] = unit, found[better]
    copies[codes == UNKNOWN] = 0
    return Repeats(unit_bp, copies)


def draw_slips(molecules: Molecules, library: Library, recipe: Recipe, rng: np.random.Generator) -> Slips:
    """Return the slips of a library.

    METHOD: the first copy of a strand hands its slip to the whole strand family; later ones, and those of clusters on
    the sequencer, are of one read pair. A pair shows one slip, that of its strand first.
    """
    repeats = find_repeats(molecules.chromosomes.codes)
    strand_row, strand_place = _draw_places(repeats.rate(recipe.slip_strand, recipe), molecules, library.molecule, rng)
    of_pair = library.molecule[library.family]
    read_row, read_place = _draw_places(repeats.rate(recipe.slip_read, recipe), molecules, of_pair, rng)
    place = np.concatenate([strand_place, read_place])
    unit_bp = repeats.unit_bp[place]
    units = rng.geometric(recipe.slip_single_share, len(place))
    is_loss = rng.random(len(place)) < recipe.slip_deletion_share
    change_bp = np.where(is_loss, -units, units) * unit_bp
    slip = _slip_of_pairs(library, strand_row, read_row)
    pair = np.flatnonzero(slip >= 0)
    chosen = slip[pair]
    molecule = of_pair[pair]
    offset = place[chosen] - molecules.start[molecule]
    lost = np.maximum(-change_bp[chosen], 0)
    inside = (offset > 0) & (offset + lost < (molecules.end - molecules.start)[molecule])
    return Slips(pair[inside], offset[inside], unit_bp[chosen][inside], change_bp[chosen][inside])


def slipped_molecules(slips: Slips, start: Positions, end: Positions) -> Iterator[tuple[Positions, Mask]]:
    """Yield, for each slip, the chromosome bases that its molecule shows, and which of them are inserted.

    Parameters
    ----------
    start, end
        Molecule of each slip, as indices of its chromosome, shape (slips,).
    """
    columns = (slips.offset, slips.unit_bp, slips.change_bp, start, end)
    for offset, unit_bp, change_bp, low, high in zip(*(column.tolist() for column in columns), strict=True):
        place = low + offset
        inserted = place + np.arange(max(change_bp, 0)) % unit_bp
        shown = (np.arange(low, place), inserted, np.arange(place + max(-change_bp, 0), high))
        yield np.concatenate(shown), np.repeat([False, True, False], [len(part) for part in shown])


def _run_lengths(flags: Mask) -> Positions:
    """Return how many flags are set in a row from each on; the last one is not set."""
    places = np.arange(len(flags))
    unset = np.where(flags, len(flags), places)
    return np.minimum.accumulate(unset[::-1])[::-1] - places


def _draw_places(
    rate: Rates, molecules: Molecules, molecule: Positions, rng: np.random.Generator
) -> tuple[Positions, Positions]:
    """Return (row, chromosome base) of slips; each row is one copy of its molecule."""
    # One line holds the rates of all bases end to end, a second those of all rows: a random point on the second names
    # a row and, through the first, a base.
    line = np.concatenate([[0.0], np.cumsum(rate)])
    origin = line[molecules.start[molecule]]
    ends = np.cumsum(line[molecules.end[molecule]] - origin)
    if not len(ends) or ends[-1] == 0:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    points = rng.random(rng.poisson(ends[-1])) * ends[-1]
    row = np.minimum(np.searchsorted(ends, points, side="right"), len(ends) - 1)
    before = np.concatenate([[0.0], ends])[row]
    place = np.searchsorted(line, origin[row] + (points - before), side="right") - 1
    return row, np.clip(place, molecules.start[molecule[row]], molecules.end[molecule[row]] - 1)


def _slip_of_pairs(library: Library, strand_row: Positions, read_row: Positions) -> Positions:
    """Return the slip that each read pair shows, -1 for none."""
    of_family = np.full(len(library.size), -1)
    of_family[strand_row] = np.arange(len(strand_row))
    own = np.full(len(library.family), -1)
    own[read_row] = len(strand_row) + np.arange(len(read_row))
    shared = of_family[library.family]
    return np.where(shared >= 0, shared, own)
