"""What is measured on drawn specimens: sensitivity, false calls, p-values, limits, fractions and their intervals."""

from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import betainc
from scipy.stats import binom

from csfgeno.calling.likelihood import NullModel, interval, log_tails, make_null
from csfgeno.calling.limits import Rule, critical_score, lod
from csfgeno.errormodel.context import trinucleotides
from csfgeno.evidence.haplotypes import BASES
from csfgeno.records import Allele
from csfgeno.thresholds import DEFAULTS
from csfgeno.vocab import CallingTier

from .worlds import PANEL_BP, SITE_SHAPE, Counts, Rates, Specimen, World

VAFS: Final = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.05)
TIERS: Final = (CallingTier.HOTSPOT, CallingTier.PANEL)


@dataclass(frozen=True, slots=True)
class Detector:
    """A rule that knows error rates, with the score that it asks for."""

    null: NullModel
    rule: Rule
    critical: int

    def hits(self, alt: Counts) -> npt.NDArray[np.bool_]:
        """Return which repeats are detected, shape (repeat,); `alt` has shape (repeat, stratum)."""
        return np.asarray((alt @ self.null.score >= self.critical) & (alt.sum(axis=1) >= self.rule.min_alt))


@dataclass(frozen=True, slots=True)
class Site:
    """One allele of one specimen: how it is tested, by what the caller believes and by the truth.

    `depth` and `truth`, the true error rates without the factor of the site, have shape (stratum,), of the strata with
    molecules.
    """

    tests: dict[CallingTier, Detector]
    oracle: Detector
    depth: Counts
    truth: Rates

    def draw(self, fraction: float, repeats: int, rng: np.random.Generator) -> Counts:
        """Return mutant molecules and errors of repeats, each with its own site factor, shape (repeat, stratum)."""
        factor = rng.gamma(SITE_SHAPE, 1.0 / SITE_SHAPE, (repeats, 1))
        mutant = rng.binomial(self.depth, fraction, (repeats, len(self.depth)))
        errors = rng.poisson((1 - fraction) * factor * self.depth * self.truth)
        return np.asarray(np.minimum(mutant + errors, self.depth))


def look_at(specimen: Specimen, world: World, allele: Allele) -> Site | None:
    """Return the site of `allele`, or `None` where no molecule lies."""
    caller = specimen.caller
    tally = caller.evidence.tally(allele)
    present = tally.depth > 0
    if not present.any():
        return None
    null = caller.null_of(allele, tally)[1]
    truth = world.rate[:, allele.start - world.region.start, BASES.index(allele.alt)]
    rules = {tier: caller.priors.rule(tier, caller.thresholds) for tier in TIERS}
    return Site(
        tests={tier: _detector(null, rule) for tier, rule in rules.items()},
        oracle=_detector(
            make_null(tally.depth, truth, SITE_SHAPE, caller.thresholds.design_vaf), rules[CallingTier.HOTSPOT]
        ),
        depth=tally.depth[present],
        truth=truth[present],
    )


def _detector(null: NullModel, rule: Rule) -> Detector:
    return Detector(null, rule, critical_score(null, rule.alpha))


def sampling_limit(site: Site, fraction: float) -> float:
    """Return how often enough mutant molecules are in the specimen at all; no method finds more."""
    return float(binom.sf(site.tests[CallingTier.HOTSPOT].rule.min_alt - 1, site.depth.sum(), fraction))


def limit_of(site: Site, tier: CallingTier) -> float | None:
    """Return the limit of detection that the caller states."""
    return lod(site.tests[tier].null, site.tests[tier].rule, DEFAULTS.lod_power)


def covers(site: Site, fraction: float, alt: Counts) -> npt.NDArray[np.bool_]:
    """Return in which repeats the stated interval holds the true fraction."""
    depth = int(site.depth.sum())
    bounds = [_bounds(int(k), depth, DEFAULTS.interval_level) for k in alt.sum(axis=1)]
    return np.array([low <= fraction <= high for low, high in bounds])


@cache
def _bounds(alt: int, depth: int, level: float) -> tuple[float, float]:
    return interval(alt, depth, level) or (0.0, 1.0)


def random_p(specimen: Specimen, allele: Allele, rng: np.random.Generator) -> float | None:
    """Return a p-value that is uniform if the null holds, as a tie is broken at random; `None` without molecules."""
    tally = specimen.caller.evidence.tally(allele)
    null = specimen.caller.null_of(allele, tally)[1]
    if not len(null.depth):
        return None
    score = null.total(tally.alt[tally.depth > 0])
    tails = np.exp(log_tails(null, score + 1))
    return float(tails[score + 1] + rng.random() * (tails[score] - tails[score + 1]))


def false_panel_calls(specimen: Specimen, world: World) -> float:
    """Return wrongly detected alleles outside hotspots, scaled to the size of the shipped panel."""
    listed = set(world.hotspots)
    found = sum(specimen.caller.is_detected(a, CallingTier.PANEL) for a in _suspects(specimen, world) - listed)
    return found * PANEL_BP / len(world.region)


def _suspects(specimen: Specimen, world: World) -> set[Allele]:
    """Return the alleles that the number of their mutant molecules alone does not rule out.

    Any n molecules score at least n times the lightest one, so `P(score >= t) >= P(molecules >= t / lightest)`: where
    that exceeds alpha the caller, which asks for the smaller probability, cannot have found the allele.
    """
    caller, region = specimen.caller, world.region
    found = set()
    triples = trinucleotides(world.sequence.fetch(region.contig, region.start - 1, region.end + 1))
    present = specimen.depth.sum(axis=1) > 0
    for triple, base in product(np.unique(triples), range(4)):
        at = np.flatnonzero(triples == triple)
        allele = Allele(region.contig, region.start + int(at[0]), BASES[(triple >> 2) & 3], BASES[base])
        if allele.ref == allele.alt:
            continue
        rates = caller.background.rates(allele, world.sequence)[present]
        score = make_null(np.ones_like(rates, np.int64), rates, 1.0, caller.thresholds.design_vaf).score
        alt, mean = specimen.errors[present][:, at, base], rates @ specimen.depth[present][:, at]
        fewest = np.ceil(score @ alt / score.min())
        shape = caller.background.dispersion_at(allele)
        is_rare = betainc(np.maximum(fewest, 1), shape, mean / (mean + shape)) <= caller.priors.panel
        found |= {replace(allele, start=region.start + int(pos)) for pos in at[is_rare & (fewest > 0)]}
    return found
