"""Wrong bases that are in the DNA before it is read: damage of one strand, and errors of the polymerase.

They are few, so they are kept as a list instead of being written into copies of every molecule.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from csfgeno.simulation.haplotypes import Codes, Positions
from csfgeno.simulation.library import Library
from csfgeno.simulation.molecules import Molecules
from csfgeno.simulation.recipe import Recipe

A, C, G, T = range(4)
EARLY_CYCLES: Final = 4
"""Errors of the first PCR cycles are shared by many reads of a family; those of later ones are drawn read by read."""

_TRANSITION: Final = np.array([G, T, A, C], np.uint8)

Offsets = npt.NDArray[np.int64]
Shares = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Artefacts:
    """Wrong bases of read pairs, shape (artefacts,) each.

    Attributes
    ----------
    pair
        Row of the read pair.
    offset
        Base of the molecule, counted from its left end.
    code
        The wrong base, on the forward strand of the reference.
    """

    pair: Positions
    offset: Offsets
    code: Codes


def draw_artefacts(molecules: Molecules, library: Library, recipe: Recipe, rng: np.random.Generator) -> Artefacts:
    """Return the artefacts of a library; of two at one base the later in the list holds."""
    shared = [_draw_damage(molecules, library, recipe, rng), _draw_early_errors(molecules, library, recipe, rng)]
    family, offset, code, share = (np.concatenate(columns) for columns in zip(*shared, strict=True))
    pair, which = _spread(library, family, share, rng)
    late = _draw_late_errors(molecules, library, recipe, rng)
    joined = ((pair, late[0]), (offset[which], late[1]), (code[which], late[2]))
    return Artefacts(*(np.concatenate(columns) for columns in joined))


def _lengths(molecules: Molecules, library: Library) -> Offsets:
    return (molecules.end - molecules.start)[library.molecule]


def _draw_places(lengths: Offsets, rate: float, rng: np.random.Generator) -> tuple[Positions, Offsets]:
    """Return (row, offset) of events that happen at `rate` per base of every row."""
    rows = np.repeat(np.arange(len(lengths)), rng.poisson(lengths * rate))
    return rows, (rng.random(len(rows)) * lengths[rows]).astype(np.int64)


# -------------------------------------------------------------------------------------- damage


def _draw_damage(
    molecules: Molecules, library: Library, recipe: Recipe, rng: np.random.Generator
) -> tuple[Positions, Offsets, Codes, Shares]:
    """Return oxidation (G to T) and deamination (C to T) as (family, offset, base, share of its read pairs).

    METHOD: damage precedes amplification and the damaged strand is the template, so all copies of it show the change.
    """
    lengths = _lengths(molecules, library)
    highest = recipe.oxidation + recipe.deamination + recipe.deamination_end
    family, offset = _draw_places(lengths, highest, rng)
    shown = molecules.chromosomes.codes[molecules.start[library.molecule[family]] + offset]
    is_bottom = library.is_bottom[family]
    own = np.where(is_bottom, 3 - shown, shown)
    from_end = np.minimum(offset, lengths[family] - 1 - offset)
    deamination = recipe.deamination + recipe.deamination_end * np.exp(-from_end / recipe.deamination_decay_bp)
    rate = np.select([own == G, own == C], [recipe.oxidation, deamination], 0.0)
    happens = rng.random(len(family)) * highest < rate
    code = np.where(is_bottom, 3 - T, T).astype(np.uint8)
    return family[happens], offset[happens], code[happens], np.ones(int(happens.sum()))


# ----------------------------------------------------------------------------------------- PCR


def _draw_early_errors(
    molecules: Molecules, library: Library, recipe: Recipe, rng: np.random.Generator
) -> tuple[Positions, Offsets, Codes, Shares]:
    """Return errors of the first cycles as (family, offset, base, share of its read pairs).

    METHOD: cycle c makes 2^(c-1) new copies of a strand; an error in one of them ends in 1/2^c of all.
    """
    copies = 2.0 ** np.arange(EARLY_CYCLES)
    family, offset = _draw_places(_lengths(molecules, library), recipe.pcr_error * copies.sum(), rng)
    cycle = 1 + rng.choice(EARLY_CYCLES, len(family), p=copies / copies.sum())
    shown = molecules.chromosomes.codes[molecules.start[library.molecule[family]] + offset]
    return family, offset, _polymerase_error(shown, recipe, rng), np.asarray(0.5**cycle)


def _draw_late_errors(
    molecules: Molecules, library: Library, recipe: Recipe, rng: np.random.Generator
) -> tuple[Positions, Offsets, Codes]:
    """Return errors of later cycles as (pair, offset, base); each cycle copies half of what there is afterwards."""
    lengths = _lengths(molecules, library)[library.family]
    pair, offset = _draw_places(lengths, recipe.pcr_error * (recipe.pcr_cycles - EARLY_CYCLES) / 2, rng)
    shown = molecules.chromosomes.codes[molecules.start[library.molecule[library.family[pair]]] + offset]
    return pair, offset, _polymerase_error(shown, recipe, rng)


def _polymerase_error(shown: Codes, recipe: Recipe, rng: np.random.Generator) -> Codes:
    transversion = np.where(rng.random(len(shown)) < 0.5, 3 - shown, 3 - _TRANSITION[shown])
    is_transition = rng.random(len(shown)) < recipe.pcr_transition_share
    return np.where(is_transition, _TRANSITION[shown], transversion).astype(np.uint8)


def _spread(
    library: Library, family: Positions, share: Shares, rng: np.random.Generator
) -> tuple[Positions, Positions]:
    """Return the read pairs that show each shared artefact, and which artefact it is."""
    size = library.size[family]
    which = np.repeat(np.arange(len(family)), size)
    first = (np.cumsum(library.size) - library.size)[family]
    pair = np.arange(len(which)) - np.repeat(np.cumsum(size) - size, size) + first[which]
    shows = rng.random(len(which)) < share[which]
    return pair[shows], which[shows]
