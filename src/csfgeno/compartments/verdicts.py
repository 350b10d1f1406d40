"""Where an allele is: each two tumour specimens compared, and a difference claimed only where it could be seen."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Final

from csfgeno.compartments.assign import counts_of
from csfgeno.compartments.fractions import compare_fractions
from csfgeno.compartments.power import Anchor, Miss, Power, learn_scale, miss_probability
from csfgeno.records import Allele, Comparison, Finding, Reason, SpecimenCall
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import CallingTier, CallState, SpecimenKind
from csfgeno.vocab.comparison import CompartmentVerdict, Origin, ReasonCode

TUMOUR_SPECIMENS: Final = (SpecimenKind.CSF, SpecimenKind.PLASMA, SpecimenKind.TISSUE)

ONLY: Final = {
    SpecimenKind.CSF: CompartmentVerdict.CSF_ONLY,
    SpecimenKind.PLASMA: CompartmentVerdict.PLASMA_ONLY,
    SpecimenKind.TISSUE: CompartmentVerdict.TISSUE_ONLY,
}

PowerOf = Callable[[SpecimenKind, Allele, CallingTier], Power | None]
"""How a specimen would detect an allele; `None` if it is a VCF or no molecule covers the allele."""


@dataclass(frozen=True, slots=True)
class Case:
    """What comparing needs: all findings with their origins, the power of each specimen, and which are VCFs."""

    findings: Sequence[Finding]
    power_of: PowerOf
    supplied: frozenset[SpecimenKind]
    thresholds: Thresholds


def compare(finding: Finding, case: Case) -> Finding:
    """Return the finding with its comparisons and the verdict that sums them up."""
    kinds = [kind for kind in TUMOUR_SPECIMENS if finding.call(kind) is not None]
    pairs = ((finding.call(one), finding.call(other)) for one, other in combinations(kinds, 2))
    comparisons = tuple(
        _compare_pair(finding, one, other, case) for one, other in pairs if one and other and _any_shows(one, other)
    )
    return replace(finding, comparisons=comparisons, verdict=sum_up(c.verdict for c in comparisons))


def sum_up(verdicts: Iterable[CompartmentVerdict]) -> CompartmentVerdict:
    """Return the verdict of an allele: shared by any two specimens, else private only if no pair lacks power."""
    found = set(verdicts)
    for verdict in (CompartmentVerdict.SHARED, CompartmentVerdict.NOT_INFORMATIVE, *ONLY.values()):
        if verdict in found:
            return verdict
    return CompartmentVerdict.NOT_COMPARED


def _any_shows(one: SpecimenCall, other: SpecimenCall) -> bool:
    return CallState.DETECTED in (one.state, other.state)


def _compare_pair(finding: Finding, one: SpecimenCall, other: SpecimenCall, case: Case) -> Comparison:
    first, second = ((call.counts.alt, call.counts.depth) for call in (one, other))
    ratio = compare_fractions(first, second, case.thresholds.interval_level)
    blank = Comparison(
        one.specimen,
        other.specimen,
        CompartmentVerdict.SHARED,
        vaf_ratio=ratio.value,
        ratio_low=ratio.low,
        ratio_high=ratio.high,
    )
    if one.state is other.state is CallState.DETECTED:
        return replace(blank, basis=(Reason(ReasonCode.DETECTED_IN_BOTH),))
    if finding.origin.origin in (Origin.GERMLINE, Origin.CLONAL_HAEMATOPOIESIS):
        # A clone of blood, or of every cell, is not as common as the tumour.
        not_tumour = Reason(ReasonCode.NOT_TUMOUR, None, {"origin": finding.origin.origin.value})
        return replace(blank, verdict=CompartmentVerdict.NOT_COMPARED, basis=(not_tumour,))
    shows, lacks = (one, other) if one.state is CallState.DETECTED else (other, one)
    return _judge_absence(finding, shows, lacks, blank, case)


def _judge_absence(
    finding: Finding, shows: SpecimenCall, lacks: SpecimenCall, blank: Comparison, case: Case
) -> Comparison:
    """Return what it means that one specimen lacks an allele that the other shows."""
    kind = lacks.specimen
    others = find_anchors(finding, shows.specimen, kind, case.findings)
    shown = tuple(f.allele for f in others if _state(f, kind) is CallState.DETECTED)
    blank = replace(
        blank,
        verdict=CompartmentVerdict.NOT_INFORMATIVE,
        anchors=tuple(f.allele for f in others),
        anchors_shown=shown,
        basis=(_on_clone(kind, len(shown), len(others)),),
    )
    blind = _why_blind(lacks, others, case)
    if blind is not None:
        return replace(blank, basis=(Reason(blind, kind), *blank.basis))
    power = case.power_of(kind, finding.allele, lacks.tier)
    if power is None:
        return replace(blank, basis=(Reason(ReasonCode.OTHER_NOT_ASSESSABLE, kind), *blank.basis))
    miss = measure_miss(finding, shows.specimen, kind, others, power, case.thresholds)
    return _with_power(blank, miss, shows.specimen, lacks, case.thresholds)


def _with_power(
    blank: Comparison, miss: Miss, shows: SpecimenKind, lacks: SpecimenCall, thresholds: Thresholds
) -> Comparison:
    is_sure = miss.probability < thresholds.max_miss_probability and lacks.state is not CallState.INDETERMINATE
    code = ReasonCode.POWER_SUFFICES if is_sure else ReasonCode.POWER_LACKING
    if lacks.state is CallState.INDETERMINATE:
        code = ReasonCode.OTHER_DOUBTFUL
    values: dict[str, float | int | str] = {"miss_probability": miss.probability, "expected_vaf": miss.expected}
    values["depth"] = lacks.counts.depth
    return replace(
        blank,
        verdict=ONLY[shows] if is_sure else CompartmentVerdict.NOT_INFORMATIVE,
        miss_probability=miss.probability,
        expected_vaf=miss.expected,
        expected_low=miss.low,
        expected_high=miss.high,
        basis=(Reason(code, lacks.specimen, values), *blank.basis),
    )


def _why_blind(lacks: SpecimenCall, others: Sequence[Finding], case: Case) -> ReasonCode | None:
    """Return why nothing can be computed, if so."""
    if lacks.specimen in case.supplied:
        return ReasonCode.OTHER_FROM_VCF
    if not lacks.counts.depth:
        return ReasonCode.OTHER_NOT_ASSESSABLE
    return None if others else ReasonCode.NO_ANCHOR


def measure_miss(
    finding: Finding,
    shows: SpecimenKind,
    lacks: SpecimenKind,
    anchors: Sequence[Finding],
    power: Power,
    thresholds: Thresholds,
) -> Miss:
    """Return how likely one specimen misses an allele of another, whatever it counted of that allele."""
    call = finding.call(shows)
    if call is None:
        raise ValueError(f"{finding.allele} is not counted in {shows}")
    spread = thresholds.compartment_spread
    scale = learn_scale([_anchor(f, shows, lacks) for f in anchors], thresholds.private_share, spread)
    return miss_probability(call.counts.alt, call.counts.depth, scale, power, spread, thresholds.interval_level)


def find_anchors(
    finding: Finding, shows: SpecimenKind, lacks: SpecimenKind, findings: Sequence[Finding]
) -> tuple[Finding, ...]:
    """Return the other tumour alleles of the specimen that shows the finding, with counts in the one that lacks it.

    METHOD: chosen by the first specimen alone, so that the tumour DNA of the second is not overestimated from what
    happened to be found there. An allele that may as well be inherited or of blood measures no tumour.
    """
    return tuple(
        other
        for other in findings
        if other.allele != finding.allele
        and other.origin.origin is Origin.TUMOUR
        and _state(other, shows) is CallState.DETECTED
        and (call := other.call(lacks)) is not None
        and call.counts.depth
    )


def _anchor(finding: Finding, shows: SpecimenKind, lacks: SpecimenKind) -> Anchor:
    first, second = finding.call(shows), finding.call(lacks)
    if first is None or second is None:
        raise ValueError(f"{finding.allele} is not counted in {shows} and {lacks}")
    there = counts_of(second)
    return Anchor(first.counts.alt, first.counts.depth, there.alt, there.depth, there.error)


def _state(finding: Finding, kind: SpecimenKind) -> CallState | None:
    call = finding.call(kind)
    return call.state if call else None


def _on_clone(kind: SpecimenKind, shown: int, anchors: int) -> Reason:
    code = ReasonCode.ANCHORS_PRESENT if shown else ReasonCode.ANCHORS_ABSENT
    return Reason(code, kind, {"shown": shown, "anchors": anchors})
