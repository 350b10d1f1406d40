"""What a laboratory sees at every input: both arms, and their yardsticks, judge the same molecules."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from csfgeno.calling.caller import SpecimenCaller
from csfgeno.records import Allele
from csfgeno.vocab import CallingTier

from .draws import Specimen, draw_blank
from .laboratory import Laboratory, open_laboratory
from .measures import (
    TESTED,
    TIERS,
    VAFS,
    Detector,
    covers,
    detector,
    detectors,
    estimate,
    false_calls,
    random_p,
    sampling_limit,
    yardstick,
)
from .results import INPUTS_NG, WITH_NORMALS, Plan, Results
from .truth import Truth, exactly, truth_of


def look_at_inputs(results: Results, plan: Plan, mode: str, number: int, rng: np.random.Generator) -> None:
    """Keep what one laboratory sees in a blank of every input, and in the same molecules with a variant."""
    laboratory = open_laboratory(mode, plan.tiles, rng)
    for input_ng in INPUTS_NG:
        blank = draw_blank(laboratory.world, mode, input_ng, rng)
        look = _Look(results, plan, number, laboratory, input_ng, blank, laboratory.callers(blank))
        look.count_false_calls()
        for at in rng.choice(len(laboratory.world.hotspots), plan.sites, replace=False):
            look.plant(laboratory.world.hotspots[at], rng)
        look.collect_p_values(rng)


@dataclass(frozen=True, slots=True)
class _Look:
    """One blank of a laboratory, in the hands of the caller of each arm."""

    results: Results
    plan: Plan
    number: int
    laboratory: Laboratory
    input_ng: int
    blank: Specimen
    callers: Mapping[str, SpecimenCaller]

    def count_false_calls(self) -> None:
        world = self.laboratory.world
        truths = [truth_of(allele, self.blank, world) for allele in world.hotspots]
        told = [self.laboratory.told(allele) for allele in world.hotspots]
        for arm, caller in self.callers.items():
            tests = [detector(caller, allele) for allele in world.hotspots]
            calls = false_calls(tests, truths, [own[arm] for own in told], TESTED[CallingTier.HOTSPOT])
            self.results.false_hotspot[self.laboratory.mode + arm, self.input_ng][self.number].append(calls)

    def plant(self, allele: Allele, rng: np.random.Generator) -> None:
        """Keep what is made of a variant at one site, the same repeats for all."""
        truth = truth_of(allele, self.blank, self.laboratory.world)
        tests = {arm: detectors(caller, allele, TIERS) for arm, caller in self.callers.items()}
        self._measure_fractions(allele, truth, {arm: own[CallingTier.HOTSPOT] for arm, own in tests.items()}, rng)
        for arm, own in tests.items():
            for tier, test in own.items():
                limit = test.limit()
                if limit is not None:
                    cell = (self.laboratory.mode + arm, self.input_ng, tier)
                    hits = test.hits(truth.draw(limit, self.plan.repeats, rng).alt)
                    self.results.limit_hits[cell][self.number].append(float(hits.mean()))
                    self.results.limits[cell][self.number].append(limit)

    def _measure_fractions(
        self, allele: Allele, truth: Truth, tests: Mapping[str, Detector], rng: np.random.Generator
    ) -> None:
        told = self.laboratory.told(allele)
        rulers = {arm: {"informed": yardstick(truth, told[arm], test.rule)} for arm, test in tests.items()}
        rulers[WITH_NORMALS]["oracle"] = yardstick(truth, exactly(truth), tests[WITH_NORMALS].rule)
        for vaf in VAFS:
            repeats = truth.draw(vaf, self.plan.repeats, rng)
            for arm, test in tests.items():
                cell = (self.laboratory.mode + arm, self.input_ng, vaf)
                for method, own in {"caller": test, **rulers[arm]}.items():
                    self.results.found[*cell, method][self.number].append(float(own.hits(repeats.alt).mean()))
                reachable = sampling_limit(truth, vaf, test.rule)
                self.results.found[*cell, "sampling"][self.number].append(reachable)
                stated = estimate(test, repeats, vaf, truth, told[arm].mean)
                self.results.vaf[cell][self.number].append(stated / vaf)
                self.results.coverage[cell][self.number].append(float(covers(test, vaf, repeats.alt).mean()))

    def collect_p_values(self, rng: np.random.Generator) -> None:
        """Keep p-values of any alleles of the blank, as its own errors gave them."""
        region, sequence = self.laboratory.world.region, self.laboratory.world.sequence
        for pos in (rng.choice(len(region), self.plan.p_values, replace=False) + region.start).tolist():
            ref = sequence.fetch(region.contig, pos, pos + 1)
            allele = Allele(region.contig, pos, ref, str(rng.choice([b for b in "ACGT" if b != ref])))
            for arm, caller in self.callers.items():
                p = random_p(caller, allele, rng)
                self.results.p_values[(self.laboratory.mode + arm,)][self.number].append(p)
