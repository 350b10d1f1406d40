"""Specimens drawn molecule by molecule from known error rates, as the caller sees them."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from csfgeno.calling.caller import SpecimenCaller, make_priors
from csfgeno.errormodel.background import fit_background
from csfgeno.errormodel.context import CHANGES, UNKNOWN, reverse_change, substitution_of, trinucleotides
from csfgeno.evidence.specimen import SpecimenEvidence
from csfgeno.genome.sequence import Window
from csfgeno.molecules.collapse import Molecules, MoleculeTile
from csfgeno.molecules.strata import STRATA
from csfgeno.molecules.voting.fold import Calls
from csfgeno.molecules.voting.indels import IndelCalls
from csfgeno.records import Allele, Interval
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import MoleculeKind, SpecimenKind

Counts = npt.NDArray[np.int64]
Rates = npt.NDArray[np.float64]

CONTIG: Final = "c"
TILE_BP: Final = 1_000
FLANK_BP: Final = 10
HOTSPOT_EVERY_BP: Final = 200
HALF_FRAGMENT_BP: Final = 80

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
CONTEXT_SD, COVERAGE_SD, SITE_SHAPE = 0.4, 0.2, 1.5
"""Spread of log rates over trinucleotides and of log depth over targets; gamma shape of the factor of a site."""

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
    hotspots
        Listed alleles, one every `HOTSPOT_EVERY_BP`.
    """

    sequence: Window
    region: Interval
    rate: Rates
    hotspots: tuple[Allele, ...]


@dataclass(frozen=True, slots=True)
class Specimen:
    """A blank specimen: molecules, shape (stratum, position), and errors, shape (stratum, position, base shown)."""

    caller: SpecimenCaller
    depth: Counts
    errors: Counts


def make_world(tiles: int, rng: np.random.Generator, stress: Mapping[int, float] | None = None) -> World:
    """Return a world of `tiles` thousand bases; `stress` multiplies the rates of single substitutions."""
    width = tiles * TILE_BP
    bases = "".join(random.Random(int(rng.integers(2**31))).choices("ACGT", k=width + 2 * FLANK_BP))
    region = Interval(CONTIG, FLANK_BP, FLANK_BP + width)
    hotspots = tuple(
        Allele(CONTIG, pos, bases[pos], rng.choice([b for b in "ACGT" if b != bases[pos]]))
        for pos in range(FLANK_BP + HOTSPOT_EVERY_BP // 2, region.end, HOTSPOT_EVERY_BP)
    )
    sequence = Window(Interval(CONTIG, 0, len(bases)), bases)
    return World(sequence, region, _true_rates(bases, _spectrum(rng, stress or {})), hotspots)


def _spectrum(rng: np.random.Generator, stress: Mapping[int, float]) -> Rates:
    """Return the relative rate of each change on its own strand, shape (change,)."""
    substitution = substitution_of(np.arange(CHANGES))
    factor = np.array([SPECTRUM.get(s, 0.6) * stress.get(s, 1.0) for s in range(16)])
    return np.asarray(factor[substitution] * rng.lognormal(0.0, CONTEXT_SD, CHANGES))


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


def _share(number: int, mode: str) -> float:
    """Return the share of the molecules of a mode that belong to a stratum."""
    stratum = STRATA[number]
    is_sized = stratum.kind in (MoleculeKind.DUPLEX, MoleculeKind.SIMPLEX)
    size = (LARGE_SHARE if stratum.is_large else 1.0 - LARGE_SHARE) if is_sized else 1.0
    strand = 1.0 if stratum.strand == "both" else 0.5
    return MODES[mode].get(stratum.kind, 0.0) * size * strand * (END_SHARE if stratum.is_end else 1.0 - END_SHARE)


def draw_blank(world: World, mode: str, input_ng: float, rng: np.random.Generator) -> Specimen:
    """Return a specimen without variants, its background learnt from itself."""
    width = len(world.region)
    coverage = np.repeat(rng.lognormal(-(COVERAGE_SD**2) / 2, COVERAGE_SD, width // TILE_BP), TILE_BP)
    share = np.array([_share(number, mode) for number in range(len(STRATA))])
    depth = rng.poisson(input_ng * MOLECULES_PER_NG * share[:, None] * coverage)
    site = rng.gamma(SITE_SHAPE, 1.0 / SITE_SHAPE, (width, 4))
    errors = rng.poisson(depth[:, :, None] * world.rate * site)
    # A molecule shows one base: more errors than molecules are cut, which happens at depth 1 only.
    errors = np.where((errors.sum(axis=2) > depth)[:, :, None], 0, errors)
    evidence = _evidence(world, depth, errors)
    thresholds = Thresholds()
    background = fit_background(evidence, frozenset(world.hotspots), thresholds)
    priors = make_priors(LISTED_ALLELES, PANEL_BP, thresholds)
    return Specimen(SpecimenCaller(SpecimenKind.CSF, evidence, background, priors, thresholds), depth, errors)


def _evidence(world: World, depth: Counts, errors: Counts) -> SpecimenEvidence:
    bases = world.sequence.fetch(CONTIG, world.region.start, world.region.end)
    tiles = []
    for start in range(0, len(world.region), TILE_BP):
        part = slice(start, start + TILE_BP)
        interval = Interval(CONTIG, world.region.start + start, world.region.start + start + TILE_BP)
        tiles.append(_tile(interval, bases[part], depth[:, part], errors[:, part]))
    return SpecimenEvidence(tuple(tiles), world.sequence)


def _tile(interval: Interval, bases: str, depth: Counts, errors: Counts) -> MoleculeTile:
    """Return a tile in which every molecule spans one position, and its row is that of its call."""
    stratum, at, base = (np.repeat(axis, errors[errors > 0]) for axis in np.nonzero(errors))
    rows = len(at)
    pos = (at + interval.start).astype(np.int32)
    calls = Calls(
        ref_depth=(depth - errors.sum(axis=2)).astype(np.int32),
        discordant=np.zeros(len(interval), np.int32),
        molecule=np.arange(rows, dtype=np.int32),
        pos=pos,
        base=base.astype(np.uint8),
        stratum=stratum.astype(np.uint8),
        votes=np.zeros((rows, 4), np.uint32),
    )
    # What else a molecule or a tile tells is of no interest to the caller.
    told: dict[str, Any] = {
        "left": pos - HALF_FRAGMENT_BP,
        "right": pos + HALF_FRAGMENT_BP,
        "stratum": stratum.astype(np.uint8),
        "mapq": np.full(rows, 60.0),
    }
    molecules = Molecules(**{f.name: told.get(f.name, np.zeros(rows, np.int32)) for f in fields(Molecules)})
    parts: dict[str, Any] = {
        "interval": interval,
        "reference": bases,
        "molecules": molecules,
        "calls": calls,
        "indels": IndelCalls((), ()),
    }
    return MoleculeTile(**{f.name: parts.get(f.name, 0) for f in fields(MoleculeTile)})
