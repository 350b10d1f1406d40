"""Many laboratories with one blank each, and the same molecules with damage: what differs more than blanks of one."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from csfgeno.calling.caller import SpecimenCaller
from csfgeno.records import Allele
from csfgeno.vocab import CallingTier

from .draws import damage, draw_blank
from .laboratory import open_laboratory
from .measures import TESTED, TIERS, Detector, as_one_gamma, called_by_mistake, detectors, false_calls
from .results import CONTEXTS, MANY_INPUT_NG, ONE_GAMMA, OTHER, STRESSES, TWO_FACTORS, Plan, Results
from .truth import Knowledge, Truth, truth_of
from .worlds import World, stress

GAMMA_REPEATS = 200
"""Repeats of each hotspot at the limit stated with two factors."""

Limits = dict[Allele, float | None]


@dataclass(frozen=True, slots=True)
class _Tests:
    """How a caller tests each hotspot: as one, as any other allele, and as one with one gamma factor a site."""

    hotspot: dict[Allele, Detector]
    panel: dict[Allele, Detector]
    plain: dict[Allele, Detector]


def look_under_stress(results: Results, plan: Plan, mode: str, number: int, rng: np.random.Generator) -> None:
    """Keep false calls and limits of one laboratory, of the same molecules without damage and with it."""
    laboratory = open_laboratory(mode, plan.more_tiles, rng)
    world = laboratory.world
    blank = draw_blank(world, mode, MANY_INPUT_NG, rng)
    told = [laboratory.told(allele) for allele in world.hotspots]
    usual: dict[str, Limits] = {}
    for name, factors in STRESSES.items():
        damaged = stress(world, factors)
        specimen = damage(blank, world, damaged, rng)
        truths = {allele: truth_of(allele, specimen, damaged) for allele in world.hotspots}
        for arm, caller in laboratory.callers(specimen).items():
            cell, tests = (mode + arm, name), _tests_of(caller, world.hotspots)
            _count_false_calls(results, cell, number, tests, list(truths.values()), [own[arm] for own in told])
            results.many_seen[cell][number].append(len(called_by_mistake(caller, world.hotspots)))
            limits = {a: tests.hotspot[a].limit() for a in chosen_hotspots(world, plan.limit_sites)}
            _compare_limits(results, cell, number, limits, usual.setdefault(arm, limits))
            if not factors:
                _compare_spreads(results, mode + arm, number, limits, tests, truths, rng)


def _tests_of(caller: SpecimenCaller, hotspots: Sequence[Allele]) -> _Tests:
    both = {allele: detectors(caller, allele, TIERS) for allele in hotspots}
    hotspot, panel = ({allele: own[tier] for allele, own in both.items()} for tier in TIERS)
    return _Tests(hotspot, panel, {allele: as_one_gamma(test, caller, allele) for allele, test in hotspot.items()})


def _count_false_calls(
    results: Results,
    cell: tuple[str, str],
    number: int,
    tests: _Tests,
    truths: Sequence[Truth],
    told: Sequence[Knowledge],
) -> None:
    for spread, own in ((TWO_FACTORS, tests.hotspot), (ONE_GAMMA, tests.plain)):
        calls = false_calls(list(own.values()), truths, told, TESTED[CallingTier.HOTSPOT])
        results.many_hotspot[*cell, spread][number].append(calls)
    calls = false_calls(list(tests.panel.values()), truths, told, TESTED[CallingTier.PANEL])
    results.many_panel[cell][number].append(calls)


def chosen_hotspots(world: World, number: int) -> list[Allele]:
    """Return the first hotspots of each context."""
    of_context: defaultdict[str, list[Allele]] = defaultdict(list)
    for allele in world.hotspots:
        of_context[context_of(allele)].append(allele)
    return [allele for own in of_context.values() for allele in own[:number]]


def context_of(allele: Allele) -> str:
    """Return what damage would write the allele."""
    return next((name for name, changes in CONTEXTS.items() if allele.ref + allele.alt in changes), OTHER)


def _compare_limits(results: Results, cell: tuple[str, str], number: int, limits: Limits, usual: Limits) -> None:
    for allele, limit in limits.items():
        before = usual[allele]
        if limit is not None and before is not None:
            results.stress_limits[*cell, context_of(allele)][number].append(limit)
            results.stress_folds[*cell, context_of(allele)][number].append(float(np.log(limit / before)))


def _compare_spreads(
    results: Results,
    setup: str,
    number: int,
    limits: Limits,
    tests: _Tests,
    truths: Mapping[Allele, Truth],
    rng: np.random.Generator,
) -> None:
    """Keep what the heavier tail of two factors costs: limits, and detections at the same fraction."""
    for allele, limit in limits.items():
        other = tests.plain[allele].limit()
        if limit is None or other is None:
            continue
        results.gamma_folds[(setup,)][number].append(float(np.log(other / limit)))
        alt = truths[allele].draw(limit, GAMMA_REPEATS, rng).alt
        for spread, test in ((TWO_FACTORS, tests.hotspot[allele]), (ONE_GAMMA, tests.plain[allele])):
            results.gamma_hits[setup, spread][number].append(float(test.hits(alt).mean()))
