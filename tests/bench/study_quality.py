"""What a class of base quality would teach the error model, on bases whose errors follow their qualities.

Run with `python -m tests.bench.study_quality`. Wrong bases of molecules read once and twice are drawn with the
qualities and rates of `csfgeno simulate`. One half teaches an error rate, for all bases or for each class of quality;
of the other half the gain in log-likelihood is printed, and the Fisher information on the share of mutant molecules.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from csfgeno.simulation.recipe import Recipe
from csfgeno.simulation.sequencing import QualityPool, draw_read_errors, make_quality_pool

MOLECULES: Final = 400_000
LIMITS: Final = (20, 30)
"""Bases below the first are not observed; those below the second are the lower class."""

FRACTIONS: Final = (0.0, 0.0005, 0.001, 0.002, 0.005)

Counts = npt.NDArray[np.int64]
Rates = npt.NDArray[np.float64]


class Draw(NamedTuple):
    """Bases of all reads: their quality, and which other base each shows (0 the true one), shape (reads, cycles)."""

    quality: npt.NDArray[np.uint8]
    shown: npt.NDArray[np.uint8]


def draw_reads(pool: QualityPool, rng: np.random.Generator) -> Draw:
    """Return reads with errors of sequencing alone."""
    string = rng.integers(0, pool.qualities.shape[1], MOLECULES)
    quality = pool.qualities[0][string]
    shown = np.zeros(quality.shape, np.uint8)
    read, cycle = draw_read_errors(pool.hazard[0], string, np.full(MOLECULES, quality.shape[1]), rng)
    shown[read, cycle] = rng.integers(1, 4, len(read))
    return Draw(quality, shown)


def count_wrong(recipe: Recipe, pool: QualityPool, copies: int, rng: np.random.Generator) -> Counts:
    """Return bases that all copies agree on, and the wrong ones of them, by the lowest quality, shape (2, classes)."""
    first, *others = (draw_reads(pool, rng) for _ in range(copies))
    quality = np.minimum.reduce([draw.quality for draw in (first, *others)])
    agree = np.logical_and.reduce([draw.shown == first.shown for draw in others]) if others else True
    damaged = rng.random(quality.shape) < recipe.oxidation + recipe.deamination + recipe.pcr_error * 2
    wrong = damaged | (first.shown > 0)
    group = np.where(agree, np.digitize(quality, LIMITS), 0)
    return np.array([[np.sum(group == number), np.sum((group == number) & wrong)] for number in (1, 2)]).T


def information(fraction: float, shares: Rates, rates: Rates) -> float:
    """Return the Fisher information of a base on the mutant fraction; a third of errors make the allele asked for."""
    return float(np.sum(shares / (fraction + rates / 3)))


def main() -> None:
    """Print a row for molecules read once and twice."""
    rng = np.random.default_rng(1)
    recipe = Recipe()
    pool = make_quality_pool(recipe, rng)
    print("copies, share of the lower class, its rate, the upper one's; gain of log-likelihood in 1e6 bases;")
    print(f"information with classes, and of the upper class alone, over that with one rate, at VAF {FRACTIONS}")
    for copies in (1, 2):
        (bases, wrong), (held_bases, held_wrong) = (count_wrong(recipe, pool, copies, rng) for _ in range(2))
        rates, one = (wrong + 0.5) / bases, np.full(2, (wrong.sum() + 0.5) / bases.sum())
        gain = np.sum(held_wrong * np.log(rates / one) + (held_bases - held_wrong) * np.log((1 - rates) / (1 - one)))
        shares = held_bases / held_bases.sum()
        print(f"{copies}  {shares[0]:.3f}  {rates[0]:.1e}  {rates[1]:.1e}  {gain / held_bases.sum() * 1e6:.2f}")
        for name, chosen in (("classes", slice(None)), ("upper", slice(1, None))):
            ratios = [information(f, shares[chosen], rates[chosen]) / information(f, shares, one) for f in FRACTIONS]
            print(f"   {name:<8}", *(f"{ratio:.3f}" for ratio in ratios))


if __name__ == "__main__":
    main()
