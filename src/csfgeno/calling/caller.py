"""One allele in one specimen: counts, null probability, interval, limit of detection, state."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from csfgeno.calling.filters import apply_filters
from csfgeno.calling.fraction import best_fraction, interval, log_likelihood_ratio
from csfgeno.calling.likelihood import NullModel, make_null
from csfgeno.calling.limits import Detection, Rule, Verdict, critical_score, judge, lod, may_be_detected
from csfgeno.calling.screen import screen
from csfgeno.calling.sight import count, look
from csfgeno.errormodel.background import Background
from csfgeno.evidence.specimen import SpecimenEvidence, Tally
from csfgeno.evidence.stack import stack_molecules
from csfgeno.records import Allele, AlleleCounts, SpecimenCall
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import CallingTier, CallState, FilterName, SpecimenKind

_LN10 = float(np.log(10.0))


@dataclass(frozen=True, slots=True)
class Priors:
    """Null probability below which an allele is detected, by tier."""

    hotspot: float
    panel: float

    def rule(self, tier: CallingTier, thresholds: Thresholds) -> Rule:
        """Return the rule of a tier; an allele known from another specimen is treated as a hotspot."""
        alpha = self.panel if tier is CallingTier.PANEL else self.hotspot
        return Rule(alpha, thresholds.min_alt_molecules)


def make_priors(hotspot_alleles: int, panel_bp: int, thresholds: Thresholds) -> Priors:
    """Return the priors that share the allowed false calls over all alleles that are tested.

    METHOD: Bonferroni, because the allowed number of false calls per specimen is what laboratories validate; outside
    hotspots each base is counted as three substitutions and one indel.
    """
    return Priors(
        hotspot=thresholds.hotspot_false_calls / max(hotspot_alleles, 1),
        panel=thresholds.panel_false_calls / max(4 * panel_bp, 1),
    )


@dataclass(frozen=True, slots=True)
class SpecimenCaller:
    """What is needed to call any allele in one specimen."""

    specimen: SpecimenKind
    evidence: SpecimenEvidence
    background: Background
    priors: Priors
    thresholds: Thresholds

    def call(self, allele: Allele, tier: CallingTier) -> SpecimenCall:
        """Return the call of `allele` (leftmost spelling)."""
        tally = self.evidence.tally(allele)
        rates, null = self.null_of(allele, tally)
        counts = count(tally, rates, allele)
        rule = self.priors.rule(tier, self.thresholds)
        verdict = judge(null, tally.alt[tally.depth > 0], rule)
        seen = look(allele, tally, counts, verdict, rule, self.evidence.sequence, self.background.recurrence(allele))
        remarks = apply_filters(seen, self.thresholds)
        filters = tuple(remark.name for remark in remarks if remark.fails)
        families_per_molecule = self.evidence.families_per_molecule
        lod95 = lod(null, rule, self.thresholds.lod_power, families_per_molecule)
        level = self.thresholds.interval_level
        bounds = interval(tally.depth, tally.alt, rates, null.spread, level, families_per_molecule) or (None, None)
        return SpecimenCall(
            specimen=self.specimen,
            state=decide_state(counts, verdict, filters, lod95, self.thresholds),
            counts=counts,
            tier=tier,
            vaf=best_fraction(tally.depth, tally.alt, rates),
            vaf_low=bounds[0],
            vaf_high=bounds[1],
            log10_p=verdict.log_p / _LN10 if counts.depth else None,
            log_likelihood_ratio=log_likelihood_ratio(tally.depth, tally.alt, rates) if counts.depth else None,
            lod95=lod95,
            filters=filters,
            remarks=remarks,
        )

    def call_in_full(self, allele: Allele, tier: CallingTier) -> SpecimenCall:
        """Return the call of `allele` with the molecules behind it, if it is DETECTED or INDETERMINATE."""
        call = self.call(allele, tier)
        if call.state not in (CallState.DETECTED, CallState.INDETERMINATE):
            return call
        return replace(call, molecules=stack_molecules(self.evidence, allele, self.thresholds))

    def suspects(self) -> Iterator[Allele]:
        """Yield the alleles that the reads show and a test could detect, in genome order of the tiles."""
        alpha = max(self.priors.hotspot, self.priors.panel)
        return screen(self.evidence, self.background, self.thresholds.design_vaf, alpha)

    def is_detected(self, allele: Allele, tier: CallingTier) -> bool:
        """Return whether the call of `allele` would be DETECTED, without its limit of detection."""
        tally = self.evidence.tally(allele)
        rule = self.priors.rule(tier, self.thresholds)
        if int(tally.alt.sum()) < rule.min_alt:
            return False
        rates, null = self.null_of(allele, tally)
        if not may_be_detected(null, tally.alt[tally.depth > 0], rule):
            return False
        verdict = judge(null, tally.alt[tally.depth > 0], rule)
        if not verdict.is_detected:
            return False
        counts, recurrence = count(tally, rates, allele), self.background.recurrence(allele)
        seen = look(allele, tally, counts, verdict, rule, self.evidence.sequence, recurrence)
        return not any(remark.fails for remark in apply_filters(seen, self.thresholds))

    def detection(self, allele: Allele, tier: CallingTier) -> Detection | None:
        """Return how likely `allele` would be detected at any fraction, `None` if no molecule covers it."""
        _, null = self.null_of(allele, self.evidence.tally(allele))
        if not len(null.depth):
            return None
        rule = self.priors.rule(tier, self.thresholds)
        critical = critical_score(null, rule.alpha)
        return Detection(null, rule.min_alt, critical, self.evidence.families_per_molecule)

    def null_of(self, allele: Allele, tally: Tally) -> tuple[npt.NDArray[np.float64], NullModel]:
        """Return the error rate of `allele` by stratum, and the null model of its molecules."""
        rates = self.background.rates(allele, self.evidence.sequence)
        spread = self.background.spread(allele, tally.depth * rates, self.evidence.sequence)
        return rates, make_null(tally.depth, rates, spread, self.thresholds.design_vaf)


def decide_state(
    counts: AlleleCounts,
    verdict: Verdict,
    filters: tuple[FilterName, ...],
    lod95: float | None,
    thresholds: Thresholds,
) -> CallState:
    """Return the state of an allele; a doubtful one is INDETERMINATE, a negative without power NOT_ASSESSABLE."""
    if verdict.is_detected and not filters:
        return CallState.DETECTED
    # METHOD: what passes the test but fails a filter is doubtful, however the thresholds are set; never a negative.
    if verdict.is_detected or (counts.alt > 0 and verdict.log_p <= np.log(thresholds.indeterminate_p)):
        return CallState.INDETERMINATE
    if lod95 is None or lod95 > thresholds.max_lod95:
        return CallState.NOT_ASSESSABLE
    return CallState.NOT_DETECTED
