"""Molecules to read pairs: which strands are sequenced, how many copies of each, and under which UMI."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from csfgeno.simulation.haplotypes import Codes, Mask, Positions
from csfgeno.simulation.molecules import NEIGHBOUR, Molecules
from csfgeno.simulation.recipe import Recipe, UmiStyle

SMALLEST_MULTIPLEX: Final = 2
HYPHEN: Final = 4
"""Code of the hyphen between the halves of a UMI; bases are 0 to 3."""


@dataclass(frozen=True, slots=True)
class Library:
    """Strand families and their read pairs.

    Attributes
    ----------
    molecule
        Of each family, shape (families,).
    is_bottom
        Whether a family comes from the bottom strand, shape (families,).
    size
        Read pairs of each family, at least 1, shape (families,).
    family
        Of each read pair, ascending, shape (pairs,).
    copy
        Number of each read pair in its family, from 0, shape (pairs,).
    umi
        As read, `HYPHEN` between halves, shape (pairs, bases); no columns without UMI.
    """

    molecule: Positions
    is_bottom: Mask
    size: Positions
    family: Positions
    copy: Positions
    umi: Codes


def make_library(molecules: Molecules, recipe: Recipe, rng: np.random.Generator) -> Library:
    """Return the families of `molecules`; every molecule has at least one read pair."""
    molecule, is_bottom = _draw_strands(molecules, recipe, rng)
    size = _draw_sizes(molecules.source[molecule] == NEIGHBOUR, recipe, rng)
    family = np.repeat(np.arange(len(size)), size)
    copy = np.arange(len(family)) - np.repeat(np.cumsum(size) - size, size)
    umi = _misread(_draw_umis(len(molecules), molecule, is_bottom, recipe, rng)[family], recipe, rng)
    return Library(molecule, is_bottom, size, family, copy, umi)


def _draw_strands(molecules: Molecules, recipe: Recipe, rng: np.random.Generator) -> tuple[Positions, Mask]:
    chance = rng.random(len(molecules))
    both = (chance < recipe.duplex_yield) & (molecules.source != NEIGHBOUR)
    only_bottom = ~both & (rng.random(len(molecules)) < 0.5)
    strands = np.stack([~only_bottom, both | only_bottom], axis=1)
    molecule, strand = np.nonzero(strands)
    return molecule, strand == 1


def _draw_sizes(is_single: Mask, recipe: Recipe, rng: np.random.Generator) -> Positions:
    mean = recipe.family_mean - SMALLEST_MULTIPLEX
    probability = recipe.family_shape / (recipe.family_shape + mean)
    size = SMALLEST_MULTIPLEX + rng.negative_binomial(recipe.family_shape, probability, len(is_single))
    size = np.where(rng.random(len(size)) < recipe.singleton_share, 1, size)
    size = np.where(rng.random(len(size)) < recipe.jackpot_rate, size * recipe.jackpot_fold, size)
    return np.where(is_single, 1, size)


def _draw_umis(molecules: int, molecule: Positions, is_bottom: Mask, recipe: Recipe, rng: np.random.Generator) -> Codes:
    """Return the true UMI of each family, shape (families, bases).

    The halves of a dual UMI change places on the bottom strand. A single UMI is drawn anew for every strand, as on one
    arm of a Y adapter, unless it is shared, as in the double-stranded part of an adapter.
    """
    match recipe.umi_style:
        case UmiStyle.NONE:
            return np.zeros((len(molecule), 0), np.uint8)
        case UmiStyle.SINGLE:
            return rng.integers(0, 4, (len(molecule), recipe.umi_bp), np.uint8)
        case UmiStyle.SHARED:
            return rng.integers(0, 4, (molecules, recipe.umi_bp), np.uint8)[molecule]
        case UmiStyle.DUAL:
            halves = rng.integers(0, 4, (molecules, 2, recipe.umi_bp), np.uint8)
            first, second = (halves[molecule, np.where(is_bottom, 1 - i, i)] for i in (0, 1))
            return np.hstack([first, np.full((len(molecule), 1), HYPHEN, np.uint8), second])


def _misread(umi: Codes, recipe: Recipe, rng: np.random.Generator) -> Codes:
    places = np.flatnonzero(rng.random(umi.shape, np.float32) < recipe.umi_error)
    places = places[umi.reshape(-1)[places] != HYPHEN]
    umi.reshape(-1)[places] = (umi.reshape(-1)[places] + rng.integers(1, 4, len(places))) % 4
    return umi


def draw_other(codes: Codes, rng: np.random.Generator) -> Codes:
    """Return one of the three other bases for each base."""
    return np.asarray((codes + rng.integers(1, 4, len(codes), np.uint8)) % 4, np.uint8)


def count_per_molecule(library: Library, molecules: int) -> npt.NDArray[np.int64]:
    """Return the strands that were sequenced of each molecule, 1 or 2, shape (molecules,)."""
    return np.bincount(library.molecule, minlength=molecules)
