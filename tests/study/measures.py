"""What is measured on drawn specimens: sensitivity, false calls, p-values, limits, fractions and their intervals."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.stats import binom

from csfgeno.calling.caller import SpecimenCaller
from csfgeno.calling.fraction import best_fraction, confidence_curve
from csfgeno.calling.likelihood import NullModel, log_tails, make_null
from csfgeno.calling.limits import Rule, critical_score, lod
from csfgeno.calling.screen import screen
from csfgeno.errormodel.spread import Spread, halve
from csfgeno.records import Allele
from csfgeno.thresholds import DEFAULTS
from csfgeno.vocab import CallingTier

from .truth import Knowledge, Repeats, Truth
from .worlds import LISTED_ALLELES, PANEL_BP, Counts

VAFS: Final = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.05)
TIERS: Final = (CallingTier.HOTSPOT, CallingTier.PANEL)
TESTED: Final = {CallingTier.HOTSPOT: LISTED_ALLELES, CallingTier.PANEL: 3 * PANEL_BP}
"""Alleles of the shipped panel that are tested for; insertions and deletions not counted."""


@dataclass(frozen=True, slots=True)
class Detector:
    """A rule that believes in error rates, with the score that it asks for."""

    null: NullModel
    rule: Rule
    critical: int

    def hits(self, alt: Counts) -> npt.NDArray[np.bool_]:
        """Return which repeats are detected, shape (repeat,); `alt` has shape (repeat, stratum)."""
        return np.asarray((alt @ self.null.score >= self.critical) & (alt.sum(axis=1) >= self.rule.min_alt))

    def limit(self) -> float | None:
        """Return the limit of detection that it states."""
        return lod(self.null, self.rule, DEFAULTS.lod_power)


def detectors(caller: SpecimenCaller, allele: Allele, tiers: Iterable[CallingTier]) -> dict[CallingTier, Detector]:
    """Return how the caller tests an allele."""
    null = caller.null_of(allele, caller.evidence.tally(allele))[1]
    return {tier: _detector(null, caller.priors.rule(tier, caller.thresholds)) for tier in tiers}


def detector(caller: SpecimenCaller, allele: Allele) -> Detector:
    """Return how the caller tests an allele as a hotspot."""
    return detectors(caller, allele, (CallingTier.HOTSPOT,))[CallingTier.HOTSPOT]


def yardstick(truth: Truth, knows: Knowledge, rule: Rule) -> Detector:
    """Return the same test with true context rates and this knowledge of the site."""
    return _detector(make_null(truth.depth, truth.rate * knows.mean, knows.spread, DEFAULTS.design_vaf), rule)


def as_one_gamma(test: Detector, caller: SpecimenCaller, allele: Allele) -> Detector:
    """Return the test as it were if one gamma factor of the same variance took the place of the site's two factors.

    What is not known of the context's rate stays log-normal.
    """
    sites, spread = caller.background.sites, test.null.spread
    if sites is None:
        log_normal = halve(caller.background.shapes.of(allele).mode)[1]
    else:
        log_normal = float(np.log1p(sites.left(allele)))
    gamma = float(1.0 / ((1.0 + 1.0 / spread.shape) * np.exp(log_normal) - 1.0))
    rate_sd = float(np.sqrt(max(spread.rate_sd**2 - log_normal, 0.0)))
    null = NullModel(test.null.depth, test.null.error, test.null.score, Spread(gamma, spread.shape_sd, rate_sd))
    return _detector(null, test.rule)


def _detector(null: NullModel, rule: Rule) -> Detector:
    return Detector(null, rule, critical_score(null, rule.alpha))


def false_probability(test: Detector, truth: Truth, site: Knowledge) -> float:
    """Return how likely a blank is detected, by the true distribution of its errors and not by draws.

    Errors are negative binomial given the lasting factor of the site; one alone may score enough, but two are asked
    for.

    Parameters
    ----------
    site
        What the blanks that taught the caller tell of the factor: averaging over the rest lets chance into nothing.
    """
    if truth.expected <= 0.0:
        return 0.0
    truly = NullModel(truth.depth, truth.rate * site.mean, test.null.score, site.spread)
    enough = float(np.exp(log_tails(truly, test.critical)[test.critical]))
    nodes = truly.nodes
    mean = truly.expected * nodes.scale
    one = nodes.weight @ (mean * (nodes.shape / (nodes.shape + mean)) ** (nodes.shape + 1.0))
    heavy = test.null.score >= test.critical
    return max(0.0, enough - float(one * (truth.depth[heavy] @ truth.rate[heavy])) / truth.expected)


def false_calls(tests: Sequence[Detector], truths: Sequence[Truth], sites: Sequence[Knowledge], tested: int) -> float:
    """Return how many of `tested` alleles are detected in a blank if all are like these, filters aside."""
    return tested * float(np.mean([false_probability(*each) for each in zip(tests, truths, sites, strict=True)]))


def sampling_limit(truth: Truth, fraction: float, rule: Rule) -> float:
    """Return how often enough mutant molecules are in the specimen at all; no method finds more."""
    return float(binom.sf(rule.min_alt - 1, truth.depth.sum(), fraction))


def estimate(test: Detector, repeats: Repeats, fraction: float, truth: Truth, factor: float) -> float:
    """Return the mean of the VAF that the caller states, over all repeats, detected or not.

    Control variates take off what is chance: by how much mutant molecules and errors exceed their expected numbers.

    Parameters
    ----------
    factor
        Expected factor of the site, given what the caller was taught with.
    """
    null = test.null
    rows, number = np.unique(repeats.alt, axis=0, return_counts=True)
    stated = float(np.average([best_fraction(null.depth, row, null.error) or 0.0 for row in rows], weights=number))
    depth = float(truth.depth.sum())
    mutant = float(repeats.mutant.sum(axis=1).mean()) - depth * fraction
    errors = float(repeats.errors.sum(axis=1).mean()) - (1.0 - fraction) * factor * truth.expected
    return stated - (mutant + errors) / depth


def covers(test: Detector, fraction: float, alt: Counts) -> npt.NDArray[np.bool_]:
    """Return in which repeats the stated interval holds the true fraction, by its confidence curve."""
    null, side = test.null, (1.0 - DEFAULTS.interval_level) / 2.0
    total, depth = alt.sum(axis=1), int(null.depth.sum())
    held = {}
    for k in np.unique(total).tolist():
        row = alt[total == k][0]
        below = confidence_curve(null.depth, row, null.error, null.spread)(fraction)
        held[k] = (k == 0 or below >= side) and (k == depth or below <= 1.0 - side)
    return np.array([held[k] for k in total.tolist()])


def random_p(caller: SpecimenCaller, allele: Allele, rng: np.random.Generator) -> float:
    """Return a p-value that is uniform if the null holds, as a tie is broken at random."""
    tally = caller.evidence.tally(allele)
    null = caller.null_of(allele, tally)[1]
    score = null.total(tally.alt[tally.depth > 0])
    tails = np.exp(log_tails(null, score + 1))
    return float(tails[score + 1] + rng.random() * (tails[score] - tails[score + 1]))


def called_by_mistake(caller: SpecimenCaller, listed: Iterable[Allele]) -> list[Allele]:
    """Return the alleles of a blank that are detected although they are not listed, sorted."""
    shown = screen(caller.evidence, caller.background, caller.thresholds.design_vaf, caller.priors.panel)
    return sorted(a for a in set(shown) - set(listed) if caller.is_detected(a, CallingTier.PANEL))
