"""The sequencer: qualities that fall along a read and are alike between neighbours, and errors that follow them."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from csfgeno.simulation.haplotypes import Positions
from csfgeno.simulation.recipe import QualityStyle, Recipe

POOL_READS: Final = 4096
"""METHOD: reads take their quality strings from a pool, which keeps their spread and correlation at a hundredth of the
cost of drawing each anew."""

LOWEST: Final = 2
HIGHEST: Final = 41
_BINS: Final = ((30, 37), (18, 23), (3, 12), (0, 2))
"""Lower edge and reported value of the four quality bins of Illumina RTA3, from memory."""

Qualities = npt.NDArray[np.uint8]
Rates = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class QualityPool:
    """Quality strings of read 1 and read 2.

    Attributes
    ----------
    qualities
        Phred by cycle, shape (2, strings, cycles).
    hazard
        -log(1 - error probability) of every base, same shape: the rate of a Poisson process that hits it at least
        once with that probability.
    """

    qualities: Qualities
    hazard: Rates


def make_quality_pool(recipe: Recipe, rng: np.random.Generator) -> QualityPool:
    """Return the pool of one run: a first-order autoregressive latent quality around a mean that falls by cycle."""
    cycles = np.arange(recipe.read_bp) / max(recipe.read_bp - 1, 1)
    mean = recipe.quality_mean - recipe.quality_drop * cycles**2
    level = recipe.quality_read_sd * rng.standard_normal((2, POOL_READS, 1))
    drop = np.array([0.0, recipe.read_2_drop])[:, None, None]
    latent = mean + level - drop + recipe.quality_cycle_sd * _draw_correlated(recipe, rng)
    qualities = _report(np.clip(np.rint(latent), LOWEST, HIGHEST), recipe.quality_style)
    error = np.minimum(recipe.error_scale * 10.0 ** (-qualities / 10.0), 0.75)
    return QualityPool(qualities.astype(np.uint8), -np.log1p(-error))


def draw_read_errors(
    hazard: Rates, string: Positions, length: Positions, rng: np.random.Generator
) -> tuple[Positions, Positions]:
    """Return (read, cycle) of sequencing errors; a base may be listed twice.

    Parameters
    ----------
    hazard
        Of one mate's pool, shape (strings, cycles).
    string
        Row of the pool that each read took, shape (reads,).
    length
        Bases of each read, shape (reads,).
    """
    # One line holds the hazards of all strings end to end, a second those of all reads: a random point on the second
    # names a read and, through the first, a cycle.
    line = np.concatenate([[0.0], np.cumsum(hazard)])
    origin = line[string * hazard.shape[1]]
    ends = np.cumsum(line[string * hazard.shape[1] + length] - origin)
    if not len(ends):
        return string, string
    points = rng.random(rng.poisson(ends[-1])) * ends[-1]
    read = np.minimum(np.searchsorted(ends, points, side="right"), len(ends) - 1)
    before = np.concatenate([[0.0], ends])[read]
    place = np.searchsorted(line, origin[read] + (points - before), side="right") - 1
    return read, np.clip(place - string[read] * hazard.shape[1], 0, length[read] - 1)


def _draw_correlated(recipe: Recipe, rng: np.random.Generator) -> Rates:
    noise = rng.standard_normal((2, POOL_READS, recipe.read_bp))
    fresh = np.sqrt(1 - recipe.quality_correlation**2)
    for cycle in range(1, recipe.read_bp):
        noise[..., cycle] = recipe.quality_correlation * noise[..., cycle - 1] + fresh * noise[..., cycle]
    return noise


def _report(latent: Rates, style: QualityStyle) -> Rates:
    if style is QualityStyle.UNBINNED:
        return latent
    return np.select([latent >= edge for edge, _ in _BINS], [float(value) for _, value in _BINS])
