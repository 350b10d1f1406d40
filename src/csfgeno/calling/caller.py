"""One allele in one specimen: counts, null probability, interval, limit of detection, state."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from csfgeno.calling.filters import apply_filters
from csfgeno.calling.likelihood import interval, log_likelihood_ratio, make_null
from csfgeno.calling.limits import Rule, Verdict, judge, lod
from csfgeno.errormodel.background import Background
from csfgeno.evidence.specimen import SpecimenEvidence, Tally
from csfgeno.molecules.families import KINDS
from csfgeno.molecules.fold import STRATA
from csfgeno.records import Allele, AlleleCounts, SpecimenCall, StratumCounts
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import CallingTier, CallState, FilterName, SpecimenKind

_STRAND = np.array([strand for _, strand in STRATA])
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
        rates = self.background.rates(allele, self.evidence.sequence)
        counts = count(tally, rates, allele)
        rule = self.priors.rule(tier, self.thresholds)
        null = make_null(tally.depth, rates, self.background.dispersion, self.thresholds.design_vaf)
        verdict = judge(null, tally.alt[tally.depth > 0], rule)
        filters = _filters(counts, verdict, rule, self.thresholds)
        lod95 = lod(null, rule, self.thresholds.lod_power)
        bounds = interval(counts.alt, counts.depth, self.thresholds.interval_level) or (None, None)
        return SpecimenCall(
            specimen=self.specimen,
            state=decide_state(counts, verdict, filters, lod95, self.thresholds),
            counts=counts,
            tier=tier,
            vaf_low=bounds[0],
            vaf_high=bounds[1],
            log10_p=verdict.log_p / _LN10 if counts.depth else None,
            log_likelihood_ratio=log_likelihood_ratio(tally.depth, tally.alt, rates) if counts.depth else None,
            lod95=lod95,
            filters=filters,
        )

    def is_detected(self, allele: Allele, tier: CallingTier) -> bool:
        """Return whether the call of `allele` would be DETECTED, without its limit of detection."""
        tally = self.evidence.tally(allele)
        if int(tally.alt.sum()) < self.thresholds.min_alt_molecules:
            return False
        rates = self.background.rates(allele, self.evidence.sequence)
        rule = self.priors.rule(tier, self.thresholds)
        null = make_null(tally.depth, rates, self.background.dispersion, self.thresholds.design_vaf)
        if not judge(null, tally.alt[tally.depth > 0], rule).is_detected:
            return False
        return not apply_filters(count(tally, rates, allele), self.thresholds)


def count(tally: Tally, rates: npt.NDArray[np.float64], allele: Allele) -> AlleleCounts:
    """Return the record of a tally; strata of one kind are joined, their error rates weighted by molecules."""
    return AlleleCounts(
        strata=tuple(_joined(tally, rates)),
        ref=int(tally.ref.sum()),
        other=int((tally.depth - tally.alt - tally.ref).sum()),
        discordant=tally.discordant,
        alt_forward=int(tally.alt[_STRAND == "A"].sum()),
        alt_reverse=int(tally.alt[_STRAND == "B"].sum()),
        ref_forward=int(tally.ref[_STRAND == "A"].sum()),
        ref_reverse=int(tally.ref[_STRAND == "B"].sum()),
        alt_mean_mapq=_mean_mapq(tally),
        alt_median_end_distance_bp=_median_end_distance(tally, allele),
    )


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
    if counts.alt > 0 and verdict.log_p <= np.log(thresholds.indeterminate_p):
        return CallState.INDETERMINATE
    if lod95 is None or lod95 > thresholds.max_lod95:
        return CallState.NOT_ASSESSABLE
    return CallState.NOT_DETECTED


def _filters(counts: AlleleCounts, verdict: Verdict, rule: Rule, thresholds: Thresholds) -> tuple[FilterName, ...]:
    if counts.alt == 0:
        return ()
    failed = []
    if verdict.log_p > np.log(rule.alpha):
        failed.append(FilterName.WEAK_EVIDENCE)
    if counts.alt < rule.min_alt:
        failed.append(FilterName.FEW_MOLECULES)
    return (*failed, *apply_filters(counts, thresholds))


def _joined(tally: Tally, rates: npt.NDArray[np.float64]) -> list[StratumCounts]:
    joined = []
    for kind in KINDS:
        rows = [i for i, (k, _) in enumerate(STRATA) if k is kind]
        depth = tally.depth[rows]
        if depth.sum() > 0:
            rate = float(np.average(rates[rows], weights=depth))
            joined.append(StratumCounts(kind, int(depth.sum()), int(tally.alt[rows].sum()), rate))
    return joined


def _mean_mapq(tally: Tally) -> float | None:
    if tally.tile is None or not len(tally.bearers):
        return None
    return float(tally.tile.molecules.mapq[tally.bearers].mean())


def _median_end_distance(tally: Tally, allele: Allele) -> float | None:
    """Return the median distance of the allele to the nearer known end of its fragments, in bp."""
    if tally.tile is None or not len(tally.bearers):
        return None
    molecules = tally.tile.molecules
    left, right = molecules.left[tally.bearers], molecules.right[tally.bearers]
    from_left = np.abs(allele.start - left)
    from_right = np.where(right >= 0, np.abs(right - allele.end), from_left)
    return float(np.median(np.minimum(from_left, from_right)))
