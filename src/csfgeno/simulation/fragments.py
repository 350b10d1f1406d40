"""How long fragments are: the nucleosome and its multiples, the helical ripple, and DNA of lysed cells."""

from typing import Final

import numpy as np
import numpy.typing as npt

from csfgeno.simulation.recipe import Recipe

MIN_FRAGMENT_BP: Final = 50
MAX_FRAGMENT_BP: Final = 700
"""Shorter fragments are lost in the clean-up, longer ones form few clusters."""

RIPPLE_BP: Final = 10.4
RIPPLE_BELOW_BP: Final = 150

Lengths = npt.NDArray[np.int64]
Weights = npt.NDArray[np.float64]

LENGTHS: Final = np.arange(MIN_FRAGMENT_BP, MAX_FRAGMENT_BP + 1)


def cell_free_weights(recipe: Recipe) -> Weights:
    """Return the probability of each of `LENGTHS` for cell-free DNA, shape (lengths,)."""
    mono_share = 1 - recipe.short_share - recipe.dinucleosome_share
    weights = (
        recipe.short_share * _normal(recipe.short_bp, recipe.short_sd_bp)
        + mono_share * _normal(recipe.fragment_bp, recipe.fragment_sd_bp)
        + recipe.dinucleosome_share * _normal(recipe.dinucleosome_bp, recipe.dinucleosome_sd_bp)
    )
    wave = 1 + recipe.ripple * np.cos(2 * np.pi * (LENGTHS - RIPPLE_BELOW_BP) / RIPPLE_BP)
    weights = np.where(LENGTHS < RIPPLE_BELOW_BP, weights * wave, weights)
    return np.asarray(weights / weights.sum())


def leucocyte_weights(recipe: Recipe) -> Weights:
    """Return the same for DNA of lysed leucocytes."""
    return _normal(recipe.leucocyte_bp, recipe.leucocyte_sd_bp)


def library_weights(recipe: Recipe) -> Weights:
    """Return the same for all DNA of a library."""
    return (1 - recipe.leucocyte_share) * cell_free_weights(recipe) + recipe.leucocyte_share * leucocyte_weights(recipe)


def mean_length(recipe: Recipe) -> float:
    """Return the mean fragment length of a library in bp."""
    cell_free, leucocyte = (float(w @ LENGTHS) for w in (cell_free_weights(recipe), leucocyte_weights(recipe)))
    return cell_free + recipe.leucocyte_share * (leucocyte - cell_free)


def draw_lengths(weights: Weights, size: int, rng: np.random.Generator) -> Lengths:
    """Return `size` fragment lengths in bp."""
    cumulative = np.cumsum(weights)
    return np.asarray(LENGTHS[np.searchsorted(cumulative, rng.random(size) * cumulative[-1], side="right")])


def _normal(mean: float, deviation: float) -> Weights:
    density = np.exp(-0.5 * ((LENGTHS - mean) / deviation) ** 2)
    return np.asarray(density / density.sum())
