"""Cases drawn as molecule counts: what each specimen would count of alleles whose origin and fractions are known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np

from csfgeno.calling.caller import decide_state
from csfgeno.calling.fraction import interval
from csfgeno.calling.likelihood import NullModel, make_null
from csfgeno.calling.limits import Detection, Rule, critical_score, judge, lod
from csfgeno.errormodel.spread import Spread
from csfgeno.records import (
    Allele,
    AlleleCounts,
    Case,
    Finding,
    Specimen,
    SpecimenCall,
    StratumCounts,
    TranscriptChange,
)
from csfgeno.thresholds import DEFAULTS
from csfgeno.vocab import CallingTier, CallState, Consequence, MoleculeKind, SpecimenKind

ERROR = 3e-5
DISPERSION = 5.0
RULE = Rule(1e-4, 2)

CSF, PLASMA, TISSUE, NORMAL = SpecimenKind


@dataclass(frozen=True)
class Planted:
    """One allele: its gene and true fraction in every specimen."""

    gene: str
    change: str
    vafs: Mapping[SpecimenKind, float]
    is_hotspot: bool = True
    consequence: Consequence = Consequence.MISSENSE


@dataclass(frozen=True)
class Drawn:
    """Findings of a drawn case, and the power of every specimen."""

    findings: tuple[Finding, ...]
    depths: Mapping[SpecimenKind, int] = field(default_factory=dict)

    def power_of(self, kind: SpecimenKind, _allele: Allele, _tier: CallingTier) -> Detection | None:
        return detection(self.depths[kind]) if self.depths.get(kind) else None


@lru_cache(maxsize=4096)
def null_of(depth: int) -> NullModel:
    return make_null(np.array([depth]), np.array([ERROR]), Spread(DISPERSION), DEFAULTS.design_vaf)


@lru_cache(maxsize=4096)
def detection(depth: int) -> Detection:
    return Detection(null_of(depth), RULE.min_alt, critical_score(null_of(depth), RULE.alpha))


@lru_cache(maxsize=4096)
def limit(depth: int) -> float | None:
    return lod(null_of(depth), RULE, DEFAULTS.lod_power)


@lru_cache(maxsize=4096)
def bounds(alt: int, depth: int) -> tuple[float, float] | tuple[None, None]:
    counted = np.array([depth]), np.array([alt])
    return interval(*counted, np.array([ERROR]), Spread(DISPERSION), DEFAULTS.interval_level) or (None, None)


def draw_call(kind: SpecimenKind, vaf: float, depth: int, random: np.random.Generator) -> SpecimenCall:
    """Return the call of one allele as the caller would make it, filters aside."""
    site = random.gamma(DISPERSION, 1.0 / DISPERSION)
    alt = int(random.binomial(depth, min(1.0, vaf + (1.0 - vaf) * ERROR * site)))
    return make_call(kind, alt, depth)


def make_call(kind: SpecimenKind, alt: int, depth: int) -> SpecimenCall:
    counts = AlleleCounts(
        strata=(StratumCounts(MoleculeKind.SIMPLEX, depth, alt, ERROR),),
        ref=depth - alt,
        other=0,
        discordant=0,
        alt_forward=alt // 2,
        alt_reverse=alt - alt // 2,
        ref_forward=(depth - alt) // 2,
        ref_reverse=depth - alt - (depth - alt) // 2,
    )
    verdict = judge(null_of(depth), np.array([alt]), RULE)
    low, high = bounds(alt, depth)
    return SpecimenCall(
        specimen=kind,
        state=decide_state(counts, verdict, (), limit(depth), DEFAULTS),
        counts=counts,
        tier=CallingTier.HOTSPOT,
        vaf=alt / depth if depth else None,
        vaf_low=low,
        vaf_high=high,
        log10_p=None,
        log_likelihood_ratio=None,
        lod95=limit(depth),
    )


def make_finding(number: int, planted: Planted, calls: Sequence[SpecimenCall]) -> Finding:
    change = TranscriptChange(planted.gene, "NM_1.1", "", "", "", f"p.{planted.change}", planted.consequence, None)
    hotspots = (f"{planted.gene}_{planted.change}",) if planted.is_hotspot else ()
    return Finding(Allele("chr1", 1000 * (number + 1), "C", "T"), change, tuple(calls), hotspots)


def draw_case(planted: Sequence[Planted], depths: Mapping[SpecimenKind, int], random: np.random.Generator) -> Drawn:
    """Return the findings of a case: alleles that some specimen detects, called in all of them."""
    findings = []
    for number, allele in enumerate(planted):
        calls = [draw_call(kind, allele.vafs.get(kind, 0.0), depth, random) for kind, depth in depths.items()]
        if any(call.state is CallState.DETECTED for call in calls):
            findings.append(make_finding(number, allele, calls))
    return Drawn(tuple(findings), dict(depths))


def patient(kinds: Sequence[SpecimenKind], *, rbc_per_ul: float | None = None) -> Case:
    specimens = tuple(Specimen(kind, str(kind)) for kind in kinds)
    return Case("case", "patient", tuple(replace(s, rbc_per_ul=rbc_per_ul) if s.kind is CSF else s for s in specimens))
