"""Laboratories: a panel of random bases and the true error rate of every wrong base in it."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from csfgeno.errormodel.context import CHANGES, UNKNOWN, reverse_change, substitution_of, trinucleotides
from csfgeno.genome.sequence import Window
from csfgeno.molecules.strata import STRATA
from csfgeno.records import Allele, Interval
from csfgeno.vocab import MoleculeKind

Counts = npt.NDArray[np.int64]
Rates = npt.NDArray[np.float64]

CONTIG: Final = "c"
TILE_BP: Final = 1_000
FLANK_BP: Final = 10
HOTSPOT_EVERY_BP: Final = 100

LISTED_ALLELES: Final = 180
PANEL_BP: Final = 36_000
"""Size of the shipped NSCLC panel; the allowed false calls are shared over it although fewer bases are drawn."""

MOLECULES_PER_NG: Final = 303 * 0.4
"""Haploid genomes in one ng, 40% of them recovered."""

KIND_RATES: Final = {
    MoleculeKind.DUPLEX: 5e-7,
    MoleculeKind.SIMPLEX: 3e-5,
    MoleculeKind.SINGLETON: 5e-4,
    MoleculeKind.RAW: 8e-4,
}
"""True error rate per base and wrong base, before context, family size, fragment end and site."""

MODES: Final[Mapping[str, Mapping[MoleculeKind, float]]] = {
    "raw": {MoleculeKind.RAW: 1.0},
    "simplex": {MoleculeKind.SIMPLEX: 1.0},
    "duplex mix": {MoleculeKind.DUPLEX: 0.4, MoleculeKind.SIMPLEX: 0.5, MoleculeKind.SINGLETON: 0.1},
    "real mix": {MoleculeKind.DUPLEX: 0.1, MoleculeKind.SIMPLEX: 0.5, MoleculeKind.SINGLETON: 0.4},
}
"""Share of the molecules by kind."""

LARGE_SHARE, END_SHARE = 0.6, 0.12
LARGE_FACTOR, SMALL_FACTOR, END_FACTOR = 0.6, 1.6, 2.0
CONTEXT_SD, COVERAGE_SD = 0.4, 0.2
"""Spread of log rates over trinucleotides and of log depth over targets."""

LASTING_SHAPE, BETWEEN_SHAPE = 3.0, 4.0
"""Gamma shapes of what lasts at a site in every specimen of a laboratory, and of what varies between specimens."""

G_TO_T, C_TO_T = 4 * 2 + 3, 4 * 1 + 3
SPECTRUM: Final = {G_TO_T: 3.0, C_TO_T: 3.0}
"""Oxidation and deamination write more errors than the rest, on the strand where they happen."""


@dataclass(frozen=True, slots=True)
class World:
    """A panel of random bases and the error rate of every wrong base in it.

    Attributes
    ----------
    rate
        Error rate before the factor of the site, shape (stratum, position, base shown); zero for the reference base.
    lasting
        Factor of each site in every specimen, shape (position, base shown).
    spectrum
        Relative rate of each change on its own strand, shape (change,).
    hotspots
        Listed alleles, one every `HOTSPOT_EVERY_BP`.
    """

    sequence: Window
    region: Interval
    rate: Rates
    lasting: Rates
    spectrum: Rates
    hotspots: tuple[Allele, ...]


def make_world(tiles: int, rng: np.random.Generator) -> World:
    """Return a world of `tiles` thousand bases."""
    width = tiles * TILE_BP
    bases = "".join(random.Random(int(rng.integers(2**31))).choices("ACGT", k=width + 2 * FLANK_BP))
    region = Interval(CONTIG, FLANK_BP, FLANK_BP + width)
    hotspots = tuple(
        Allele(CONTIG, pos, bases[pos], rng.choice([b for b in "ACGT" if b != bases[pos]]))
        for pos in range(FLANK_BP + HOTSPOT_EVERY_BP // 2, region.end, HOTSPOT_EVERY_BP)
    )
    sequence = Window(Interval(CONTIG, 0, len(bases)), bases)
    lasting = rng.gamma(LASTING_SHAPE, 1.0 / LASTING_SHAPE, (width, 4))
    spectrum = _per_change(SPECTRUM, 0.6) * rng.lognormal(0.0, CONTEXT_SD, CHANGES)
    return World(sequence, region, _true_rates(bases, spectrum), lasting, spectrum, hotspots)


def stress(world: World, factors: Mapping[int, float]) -> World:
    """Return the same laboratory with damage: the rates of single substitutions multiplied."""
    spectrum = world.spectrum * _per_change(factors, 1.0)
    whole = world.sequence.fetch(CONTIG, 0, world.region.end + FLANK_BP)
    return replace(world, spectrum=spectrum, rate=_true_rates(whole, spectrum))


def _per_change(of_substitution: Mapping[int, float], otherwise: float) -> Rates:
    return np.array([of_substitution.get(int(s), otherwise) for s in substitution_of(np.arange(CHANGES))])


def _true_rates(bases: str, spectrum: Rates) -> Rates:
    triples = trinucleotides(bases[FLANK_BP - 1 : len(bases) - FLANK_BP + 1])
    assert UNKNOWN not in triples
    change = 4 * triples[:, None] + np.arange(4)
    forward, reverse = spectrum[change], spectrum[reverse_change(change)]
    own = [(forward + reverse) / 2 if s.strand == "both" else reverse if s.strand == "B" else forward for s in STRATA]
    rate = np.array([_stratum_rate(number) for number in range(len(STRATA))])[:, None, None] * np.array(own)
    rate[:, ((triples >> 2) & 3)[:, None] == np.arange(4)] = 0.0
    return np.asarray(rate)


def _stratum_rate(number: int) -> float:
    stratum = STRATA[number]
    is_sized = stratum.kind in (MoleculeKind.DUPLEX, MoleculeKind.SIMPLEX)
    size = (LARGE_FACTOR if stratum.is_large else SMALL_FACTOR) if is_sized else 1.0
    return KIND_RATES[stratum.kind] * size * (END_FACTOR if stratum.is_end else 1.0)


def share_of(number: int, mode: str) -> float:
    """Return the share of the molecules of a mode that belong to a stratum."""
    stratum = STRATA[number]
    is_sized = stratum.kind in (MoleculeKind.DUPLEX, MoleculeKind.SIMPLEX)
    size = (LARGE_SHARE if stratum.is_large else 1.0 - LARGE_SHARE) if is_sized else 1.0
    strand = 1.0 if stratum.strand == "both" else 0.5
    return MODES[mode].get(stratum.kind, 0.0) * size * strand * (END_SHARE if stratum.is_end else 1.0 - END_SHARE)
