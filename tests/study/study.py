"""The plan of the study: which specimens are drawn, and what is kept of each."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from csfgeno.calling.caller import SpecimenCaller
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
from .worlds import (
    C_TO_T,
    G_TO_T,
    LISTED_ALLELES,
    MODES,
    World,
    draw_blank,
    fit_normals,
    make_caller,
    make_world,
    stress,
)

INPUTS_NG: Final = (1, 5, 10, 20, 30)
STRESSES: Final = {"none": {}, "oxidation x10": {G_TO_T: 10.0}, "deamination x10": {C_TO_T: 10.0}}
STRESS_INPUT_NG: Final = 10
CONTEXTS: Final = {"G>T": ("GT", "CA"), "C>T": ("CT", "GA")}
"""What oxidation and deamination write, on either strand; every other substitution is `OTHER`."""

OTHER: Final = "other"
CONTEXT_SITES: Final = 5
"""Hotspots of each context whose stated limits are compared."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Size of the study.

    Laboratories of each mode, with one blank of each input; stressed blanks of each; sites of a blank and repeats of a
    site with a variant, and without (many, because false calls are rare); alleles of a blank whose p-value is kept;
    thousands of bases; further laboratories, each with one blank of `STRESS_INPUT_NG` for every stress, in which false
    hotspot calls of the caller without normals are counted.
    """

    worlds: int
    stressed_blanks: int
    sites: int
    repeats: int
    blank_sites: int
    blank_repeats: int
    p_values: int
    tiles: int
    more_worlds: int
    seed: int = 20_240_607


FULL: Final = Plan(
    worlds=5,
    stressed_blanks=2,
    sites=5,
    repeats=200,
    blank_sites=80,
    blank_repeats=3_000,
    p_values=100,
    tiles=8,
    more_worlds=40,
)
QUICK: Final = Plan(
    worlds=1,
    stressed_blanks=1,
    sites=1,
    repeats=100,
    blank_sites=3,
    blank_repeats=200,
    p_values=5,
    tiles=1,
    more_worlds=2,
)

WITH_NORMALS: Final = " + normals"
SETUPS: Final = tuple(mode + arm for mode in MODES for arm in ("", WITH_NORMALS))
"""Each mode alone, learning from the specimen, and with a model fitted on the laboratory's normals."""

Cell = tuple[str, int]
"""Setup and input in ng."""


@dataclass(frozen=True, slots=True)
class Results:
    """What was seen; every list has one entry a site or a blank, to be averaged.

    Attributes
    ----------
    found
        Shares of repeats detected: (setup, input, VAF, method), method `caller`, `oracle` or `sampling`.
    estimate, coverage
        Mean VAF over true VAF, and shares of intervals that hold the truth: (setup, input, VAF).
    limit_hits, limits
        Shares of repeats detected at the stated limit, and the limits: (setup, input, tier).
    false_hotspot, false_panel
        False calls per specimen: (setup, stress).
    more_false
        False hotspot calls per specimen of each further laboratory: (mode, stress).
    stress_limits
        Stated limits of hotspots in specimens of `STRESS_INPUT_NG`: (setup, stress, context).
    p_values
        Randomised p-values of alleles of blanks, by setup.
    """

    plan: Plan
    found: dict[tuple[str, int, float, str], list[float]] = field(default_factory=lambda: defaultdict(list))
    estimate: dict[tuple[str, int, float], list[float]] = field(default_factory=lambda: defaultdict(list))
    coverage: dict[tuple[str, int, float], list[float]] = field(default_factory=lambda: defaultdict(list))
    limit_hits: dict[tuple[str, int, CallingTier], list[float]] = field(default_factory=lambda: defaultdict(list))
    limits: dict[tuple[str, int, CallingTier], list[float]] = field(default_factory=lambda: defaultdict(list))
    false_hotspot: dict[tuple[str, str], list[float]] = field(default_factory=lambda: defaultdict(list))
    false_panel: dict[tuple[str, str], list[float]] = field(default_factory=lambda: defaultdict(list))
    more_false: dict[tuple[str, str], list[float]] = field(default_factory=lambda: defaultdict(list))
    stress_limits: dict[tuple[str, str, str], list[float]] = field(default_factory=lambda: defaultdict(list))
    p_values: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))


def run(plan: Plan, modes: Sequence[str] = tuple(MODES)) -> Results:
    """Return the results of a plan; the same plan gives the same results, and each mode does whatever the others."""
    results = Results(plan)
    for mode in modes:
        rng = np.random.default_rng([plan.seed, list(MODES).index(mode)])
        for _ in range(plan.worlds):
            world = make_world(plan.tiles, rng)
            models = {"": None, WITH_NORMALS: fit_normals(world, mode, rng)}
            for name, factors in STRESSES.items():
                place = stress(world, factors)
                for input_ng in INPUTS_NG if name == "none" else (STRESS_INPUT_NG,) * plan.stressed_blanks:
                    blank = draw_blank(place, mode, input_ng, rng)
                    for arm, model in models.items():
                        caller = make_caller(blank, place, model)
                        _look(results, (mode + arm, input_ng), name, caller, place, rng)
        _count_more(results, mode, rng)
    return results


def _count_more(results: Results, mode: str, rng: np.random.Generator) -> None:
    """Count false hotspot calls over further laboratories: they differ more than the blanks of one."""
    for _ in range(results.plan.more_worlds):
        world = make_world(max(results.plan.tiles // 2, 1), rng)
        for name, factors in STRESSES.items():
            place = stress(world, factors)
            caller = make_caller(draw_blank(place, mode, STRESS_INPUT_NG, rng), place, None)
            hotspots = _sites(caller, place, place.hotspots[: results.plan.blank_sites // 2], (CallingTier.HOTSPOT,))
            results.more_false[mode, name].append(_false_calls(hotspots, results.plan.blank_repeats // 3, rng))


def _false_calls(hotspots: Sequence[Site], repeats: int, rng: np.random.Generator) -> float:
    """Return how many of the listed alleles are detected in a blank."""
    rates = [s.tests[CallingTier.HOTSPOT].hits(s.draw(0.0, repeats, rng)).mean() for s in hotspots]
    return float(np.mean(rates)) * LISTED_ALLELES


def _look(
    results: Results,
    cell: Cell,
    name: str,
    caller: SpecimenCaller,
    world: World,
    rng: np.random.Generator,
) -> None:
    setup, plan = cell[0], results.plan
    hotspots = _sites(caller, world, world.hotspots[: plan.blank_sites], (CallingTier.HOTSPOT,))
    results.false_hotspot[setup, name].append(_false_calls(hotspots, plan.blank_repeats, rng))
    results.false_panel[setup, name].append(false_panel_calls(caller, world))
    if name == "none":
        chosen = rng.choice(len(world.hotspots), plan.sites, replace=False)
        _measure(results, cell, _sites(caller, world, [world.hotspots[i] for i in chosen], TIERS), rng)
        _collect_p_values(results, setup, caller, world, rng)
    if cell[1] == STRESS_INPUT_NG:
        _state_limits(results, (setup, name), caller, world)


def _state_limits(results: Results, cell: tuple[str, str], caller: SpecimenCaller, world: World) -> None:
    """Keep the limits of the first hotspots of each context, the same in every specimen of a laboratory."""
    for context in (*CONTEXTS, OTHER):
        chosen = [a for a in world.hotspots if context_of(a) == context][:CONTEXT_SITES]
        limits = (limit_of(site, CallingTier.HOTSPOT) for site in _sites(caller, world, chosen, (CallingTier.HOTSPOT,)))
        results.stress_limits[*cell, context] += [limit for limit in limits if limit is not None]


def context_of(allele: Allele) -> str:
    """Return what damage would write the allele."""
    return next((name for name, changes in CONTEXTS.items() if allele.ref + allele.alt in changes), OTHER)


def _sites(caller: SpecimenCaller, world: World, alleles: Sequence[Allele], tiers: Sequence[CallingTier]) -> list[Site]:
    looked = [look_at(caller, world, allele, tiers) for allele in alleles]
    return [site for site in looked if site is not None]


def _measure(results: Results, cell: Cell, sites: list[Site], rng: np.random.Generator) -> None:
    repeats = results.plan.repeats
    for site in sites:
        for vaf in VAFS:
            alt = site.draw(vaf, repeats, rng)
            results.found[*cell, vaf, "caller"].append(float(site.tests[CallingTier.HOTSPOT].hits(alt).mean()))
            results.found[*cell, vaf, "oracle"].append(float(site.oracle.hits(alt).mean()))
            results.found[*cell, vaf, "sampling"].append(sampling_limit(site, vaf))
            results.estimate[*cell, vaf].append(estimate(site, alt) / vaf)
            results.coverage[*cell, vaf].append(float(covers(site, vaf, alt).mean()))
        for tier in TIERS:
            limit = limit_of(site, tier)
            if limit is not None:
                at_limit = site.draw(limit, repeats, rng)
                results.limit_hits[*cell, tier].append(float(site.tests[tier].hits(at_limit).mean()))
                results.limits[*cell, tier].append(limit)


def _collect_p_values(
    results: Results, setup: str, caller: SpecimenCaller, world: World, rng: np.random.Generator
) -> None:
    """Keep p-values of any alleles of a blank, as its own errors gave them."""
    region, sequence = world.region, world.sequence
    for pos in rng.choice(len(region), results.plan.p_values, replace=False) + region.start:
        ref = sequence.fetch(region.contig, int(pos), int(pos) + 1)
        allele = Allele(region.contig, int(pos), ref, str(rng.choice([b for b in "ACGT" if b != ref])))
        p = random_p(caller, allele, rng)
        if p is not None:
            results.p_values[setup].append(p)
