"""The plan of the study: which specimens are drawn, and what is kept of each."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from csfgeno.records import Allele
from csfgeno.vocab import CallingTier

from .measures import (
    TIERS,
    VAFS,
    Site,
    covers,
    estimate,
    false_panel_calls,
    limit_of,
    look_at,
    random_p,
    sampling_limit,
)
from .worlds import C_TO_T, G_TO_T, LISTED_ALLELES, MODES, Specimen, World, draw_blank, make_world

INPUTS_NG: Final = (1, 5, 10, 20, 30)
STRESSES: Final = {"none": {}, "oxidation x10": {G_TO_T: 10.0}, "deamination x10": {C_TO_T: 10.0}}
STRESS_INPUT_NG: Final = 10
ESTIMATES: Final = 60
"""Repeats of a site whose fraction is estimated."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Size of the study.

    Blanks of each mode and input, sites of a blank, repeats of a site with a variant and without (many, because false
    calls are rare), alleles of a blank whose p-value is kept, and thousands of bases.
    """

    blanks: int
    stressed_blanks: int
    sites: int
    repeats: int
    blank_repeats: int
    p_values: int
    tiles: int
    seed: int = 20_240_607


FULL: Final = Plan(blanks=40, stressed_blanks=40, sites=5, repeats=300, blank_repeats=4_000, p_values=25, tiles=8)
QUICK: Final = Plan(blanks=1, stressed_blanks=1, sites=1, repeats=200, blank_repeats=500, p_values=5, tiles=1)

Cell = tuple[str, int]
"""Mode and input in ng."""


@dataclass(frozen=True, slots=True)
class Results:
    """What was seen; every list has one entry a site or a blank, to be averaged.

    Attributes
    ----------
    found
        Shares of repeats detected: (mode, input, VAF, method), method `caller`, `oracle` or `sampling`.
    estimate, coverage
        Mean VAF over true VAF, and shares of intervals that hold the truth: (mode, input, VAF).
    limit_hits, limits
        Shares of repeats detected at the stated limit, and the limits: (mode, input, tier).
    false_hotspot, false_panel
        False calls per specimen: (mode, stress).
    p_values
        Randomised p-values of alleles of blanks, by mode.
    """

    plan: Plan
    found: dict[tuple[str, int, float, str], list[float]] = field(default_factory=lambda: defaultdict(list))
    estimate: dict[tuple[str, int, float], list[float]] = field(default_factory=lambda: defaultdict(list))
    coverage: dict[tuple[str, int, float], list[float]] = field(default_factory=lambda: defaultdict(list))
    limit_hits: dict[tuple[str, int, CallingTier], list[float]] = field(default_factory=lambda: defaultdict(list))
    limits: dict[tuple[str, int, CallingTier], list[float]] = field(default_factory=lambda: defaultdict(list))
    false_hotspot: dict[tuple[str, str], list[float]] = field(default_factory=lambda: defaultdict(list))
    false_panel: dict[tuple[str, str], list[float]] = field(default_factory=lambda: defaultdict(list))
    p_values: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))


def run(plan: Plan) -> Results:
    """Return the results of a plan; the same plan gives the same results."""
    results, rng = Results(plan), np.random.default_rng(plan.seed)
    for stress, factors in STRESSES.items():
        for mode in MODES:
            for input_ng in INPUTS_NG if stress == "none" else (STRESS_INPUT_NG,):
                for _ in range(plan.blanks if stress == "none" else plan.stressed_blanks):
                    world = make_world(plan.tiles, rng, factors)
                    blank = draw_blank(world, mode, input_ng, rng)
                    sites = _sites(blank, world, plan.sites, rng)
                    _count_false_calls(results, (mode, stress), blank, world, sites, rng)
                    if stress == "none":
                        _measure(results, (mode, input_ng), sites, rng)
                        _collect_p_values(results, mode, blank, world, rng)
    return results


def _sites(blank: Specimen, world: World, number: int, rng: np.random.Generator) -> list[Site]:
    chosen = rng.choice(len(world.hotspots), number, replace=False)
    looked = [look_at(blank, world, world.hotspots[i]) for i in chosen]
    return [site for site in looked if site is not None]


def _count_false_calls(
    results: Results, key: tuple[str, str], blank: Specimen, world: World, sites: list[Site], rng: np.random.Generator
) -> None:
    repeats = results.plan.blank_repeats
    rates = [s.tests[CallingTier.HOTSPOT].hits(s.draw(0.0, repeats, rng)).mean() for s in sites]
    results.false_hotspot[key].append(float(np.mean(rates)) * LISTED_ALLELES)
    results.false_panel[key].append(false_panel_calls(blank, world))


def _measure(results: Results, cell: Cell, sites: list[Site], rng: np.random.Generator) -> None:
    repeats = results.plan.repeats
    for site in sites:
        for vaf in VAFS:
            alt = site.draw(vaf, repeats, rng)
            results.found[*cell, vaf, "caller"].append(float(site.tests[CallingTier.HOTSPOT].hits(alt).mean()))
            results.found[*cell, vaf, "oracle"].append(float(site.oracle.hits(alt).mean()))
            results.found[*cell, vaf, "sampling"].append(sampling_limit(site, vaf))
            results.estimate[*cell, vaf].append(estimate(site, alt[:ESTIMATES]) / vaf)
            results.coverage[*cell, vaf].append(float(covers(site, vaf, alt).mean()))
        for tier in TIERS:
            limit = limit_of(site, tier)
            if limit is not None:
                at_limit = site.draw(limit, repeats, rng)
                results.limit_hits[*cell, tier].append(float(site.tests[tier].hits(at_limit).mean()))
                results.limits[*cell, tier].append(limit)


def _collect_p_values(results: Results, mode: str, blank: Specimen, world: World, rng: np.random.Generator) -> None:
    """Keep p-values of any alleles of a blank, as its own errors gave them."""
    region, sequence = world.region, world.sequence
    for pos in rng.choice(len(region), results.plan.p_values, replace=False) + region.start:
        ref = sequence.fetch(region.contig, int(pos), int(pos) + 1)
        allele = Allele(region.contig, int(pos), ref, str(rng.choice([b for b in "ACGT" if b != ref])))
        p = random_p(blank, allele, rng)
        if p is not None:
            results.p_values[mode].append(p)
