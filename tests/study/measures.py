"""What is measured on drawn specimens: sensitivity, false calls, p-values, limits, fractions and their intervals."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.stats import binom

from csfgeno.calling.caller import SpecimenCaller
from csfgeno.calling.fraction import best_fraction, confidence_curve
from csfgeno.calling.likelihood import NullModel, log_tails, make_null
from csfgeno.calling.limits import Rule, critical_score, lod
from csfgeno.errormodel.spread import Spread
from csfgeno.evidence.haplotypes import BASES
from csfgeno.records import Allele
from csfgeno.thresholds import DEFAULTS
from csfgeno.vocab import CallingTier

from .worlds import BETWEEN_SHAPE, LASTING_SHAPE, PANEL_BP, Counts, Rates, World

VAFS: Final = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.05)
OF_CONTEXT: Final = Spread(BETWEEN_SHAPE, rate_sd=float(np.sqrt(np.log1p(1.0 / LASTING_SHAPE))))
"""What an oracle without normals knows of a site: the variance of both factors, the lasting one as log-normal."""

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
    molecules; `lasting` is the factor of the site in every specimen.
    """

    tests: dict[CallingTier, Detector]
    oracle: Detector
    depth: Counts
    truth: Rates
    lasting: float

    def draw(self, fraction: float, repeats: int, rng: np.random.Generator) -> Counts:
        """Return mutant molecules and errors of repeats, shape (repeat, stratum): other specimens of the same site."""
        factor = self.lasting * rng.gamma(BETWEEN_SHAPE, 1.0 / BETWEEN_SHAPE, (repeats, 1))
        mutant = rng.binomial(self.depth, fraction, (repeats, len(self.depth)))
        errors = rng.poisson((1 - fraction) * factor * self.depth * self.truth)
        return np.asarray(np.minimum(mutant + errors, self.depth))


def look_at(caller: SpecimenCaller, world: World, allele: Allele, tiers: Iterable[CallingTier]) -> Site | None:
    """Return the site of `allele`, or `None` where no molecule lies.

    The oracle knows the true rates: with a laboratory's model those of the site, without those of its context.
    """
    tally = caller.evidence.tally(allele)
    present = tally.depth > 0
    if not present.any():
        return None
    null = caller.null_of(allele, tally)[1]
    at, base = allele.start - world.region.start, BASES.index(allele.alt)
    truth, lasting = world.rate[:, at, base], float(world.lasting[at, base])
    rules = {tier: caller.priors.rule(tier, caller.thresholds) for tier in tiers}
    knows_site = caller.background.sites is not None
    known = (truth * lasting, Spread(BETWEEN_SHAPE)) if knows_site else (truth, OF_CONTEXT)
    return Site(
        tests={tier: _detector(null, rule) for tier, rule in rules.items()},
        oracle=_detector(make_null(tally.depth, *known, caller.thresholds.design_vaf), rules[CallingTier.HOTSPOT]),
        depth=tally.depth[present],
        truth=truth[present],
        lasting=lasting,
    )


def _detector(null: NullModel, rule: Rule) -> Detector:
    return Detector(null, rule, critical_score(null, rule.alpha))


def sampling_limit(site: Site, fraction: float) -> float:
    """Return how often enough mutant molecules are in the specimen at all; no method finds more."""
    return float(binom.sf(site.tests[CallingTier.HOTSPOT].rule.min_alt - 1, site.depth.sum(), fraction))


def limit_of(site: Site, tier: CallingTier) -> float | None:
    """Return the limit of detection that the caller states."""
    return lod(site.tests[tier].null, site.tests[tier].rule, DEFAULTS.lod_power)


def estimate(site: Site, alt: Counts) -> float:
    """Return the mean of the VAF that the caller states, over all repeats, detected or not."""
    null = site.tests[CallingTier.HOTSPOT].null
    rows, repeats = np.unique(alt, axis=0, return_counts=True)
    return float(np.average([best_fraction(null.depth, row, null.error) or 0.0 for row in rows], weights=repeats))


def covers(site: Site, fraction: float, alt: Counts) -> npt.NDArray[np.bool_]:
    """Return in which repeats the stated interval holds the true fraction, by its confidence curve."""
    null, side = site.tests[CallingTier.HOTSPOT].null, (1.0 - DEFAULTS.interval_level) / 2.0
    total, depth = alt.sum(axis=1), int(site.depth.sum())
    held = {}
    for k in np.unique(total).tolist():
        row = alt[total == k][0]
        below = confidence_curve(null.depth, row, null.error, null.spread)(fraction)
        held[k] = (k == 0 or below >= side) and (k == depth or below <= 1.0 - side)
    return np.array([held[k] for k in total.tolist()])


def random_p(caller: SpecimenCaller, allele: Allele, rng: np.random.Generator) -> float | None:
    """Return a p-value that is uniform if the null holds, as a tie is broken at random; `None` without molecules."""
    tally = caller.evidence.tally(allele)
    null = caller.null_of(allele, tally)[1]
    if not len(null.depth):
        return None
    score = null.total(tally.alt[tally.depth > 0])
    tails = np.exp(log_tails(null, score + 1))
    return float(tails[score + 1] + rng.random() * (tails[score] - tails[score + 1]))


def false_panel_calls(caller: SpecimenCaller, world: World) -> float:
    """Return wrongly detected alleles outside hotspots, scaled to the size of the shipped panel."""
    listed = set(world.hotspots)
    found = sum(caller.is_detected(a, CallingTier.PANEL) for a in set(caller.suspects()) - listed)
    return found * PANEL_BP / len(world.region)
