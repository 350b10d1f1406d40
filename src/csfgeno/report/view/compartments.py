"""Compartments compared: where each finding is, whose it is, and how much tumour DNA each specimen has."""

from collections.abc import Iterator
from dataclasses import dataclass

from csfgeno.records import CaseReport, Comparison, Finding, TumourFraction
from csfgeno.report import numerals
from csfgeno.report.sentences import Sentences
from csfgeno.report.view.findings import indeterminate_findings, leading_findings, set_aside_findings
from csfgeno.report.view.parts import Badge, finding_name, in_specimen, origin_text, specimen_word, verdict_text
from csfgeno.report.view.reasons import reason_text
from csfgeno.vocab.comparison import CompartmentVerdict, ReasonCode, TumourFractionState


@dataclass(frozen=True, slots=True)
class Judged:
    """One finding: where it is and whose it is, each with its reasons."""

    name: str
    verdict: str
    comparisons: tuple[str, ...]
    origin: str
    reasons: tuple[str, ...]
    caveats: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TumourShare:
    """Share of tumour DNA of one specimen."""

    specimen: str
    badge: Badge
    share: str
    basis: str


@dataclass(frozen=True, slots=True)
class CompartmentsView:
    """The section of compartments."""

    judged: tuple[Judged, ...]
    tumour: tuple[TumourShare, ...]


def build_compartments(report: CaseReport, say: Sentences) -> CompartmentsView:
    """Return the section of compartments."""
    told = leading_findings(report) + indeterminate_findings(report) + set_aside_findings(report)
    return CompartmentsView(
        judged=tuple(_judged(finding, say) for finding in told if _has_verdict(finding)),
        tumour=tuple(_share(fraction, report, say) for fraction in report.tumour_fractions),
    )


def _has_verdict(finding: Finding) -> bool:
    return finding.verdict is not CompartmentVerdict.NOT_COMPARED or bool(finding.origin.basis)


def _judged(finding: Finding, say: Sentences) -> Judged:
    return Judged(
        name=finding_name(finding),
        verdict=verdict_text(finding, say),
        comparisons=tuple(_comparison(c, say) for c in finding.comparisons),
        origin=origin_text(finding, say),
        reasons=tuple(reason_text(reason, say) for reason in finding.origin.basis),
        caveats=tuple(say(f"origin_caveat.{caveat}") for caveat in finding.origin.caveats),
    )


TOLD_BY_VERDICT = frozenset({ReasonCode.DETECTED_IN_BOTH, ReasonCode.POWER_SUFFICES, ReasonCode.POWER_LACKING})
"""Reasons that the sentence of a verdict says already, with their numbers."""


def _comparison(comparison: Comparison, say: Sentences) -> str:
    """Return the verdict on two specimens with the numbers behind it, as far as they are known, and other reasons."""
    places = {"first": specimen_word(comparison.first, say), "second": in_specimen(comparison.second, say)}
    facts = [*_miss(comparison, say), *_ratio(comparison, say)]
    facts += [reason_text(reason, say) for reason in comparison.basis if reason.code not in TOLD_BY_VERDICT]
    verdict = say(f"comparison.{comparison.verdict}", **places)
    return say("comparison.because", verdict=verdict, facts="; ".join(facts)) if facts else verdict


def _miss(comparison: Comparison, say: Sentences) -> Iterator[str]:
    if comparison.miss_probability is not None:
        yield say("comparison.miss", p=numerals.percent(comparison.miss_probability))
    if comparison.expected_low is not None and comparison.expected_high is not None:
        interval = numerals.percent_range(comparison.expected_low, comparison.expected_high)
        yield say("comparison.expected", interval=interval)


def _ratio(comparison: Comparison, say: Sentences) -> Iterator[str]:
    if comparison.vaf_ratio is None:
        return
    # The larger over the smaller, so that a reader never meets "0.0189 times as common".
    is_turned = comparison.vaf_ratio < 1.0
    kinds = (comparison.first, comparison.second)
    more, less = (in_specimen(kind, say) for kind in (kinds[::-1] if is_turned else kinds))
    ends = (comparison.ratio_low, comparison.ratio_high)
    low, high = (_turned(end) for end in ends[::-1]) if is_turned else ends
    yield say(
        "comparison.ratio",
        more=more,
        less=less,
        ratio=numerals.ratio(1.0 / comparison.vaf_ratio if is_turned else comparison.vaf_ratio),
        low=_end(low, say),
        high=_end(high, say),
    )


def _turned(end: float | None) -> float | None:
    return 1.0 / end if end else None


def _end(end: float | None, say: Sentences) -> str:
    return say("comparison.open") if end is None else numerals.ratio(end)


def _share(fraction: TumourFraction, report: CaseReport, say: Sentences) -> TumourShare:
    names = {finding.allele: finding_name(finding) for finding in report.findings}
    alleles = ", ".join(names.get(allele, str(allele)) for allele in fraction.alleles)
    reasons = [reason_text(reason, say) for reason in fraction.basis]
    return TumourShare(
        specimen=specimen_word(fraction.specimen, say),
        badge=Badge(_KINDS[fraction.state], say(f"tumour_fraction.{fraction.state}")),
        share=share_text(fraction, say),
        basis="; ".join(([alleles] if alleles else []) + reasons),
    )


def share_text(fraction: TumourFraction, say: Sentences) -> str:
    """Return the share with its interval, or the bound below which it lies."""
    if fraction.fraction is None:
        return "—" if fraction.high is None else say("tumour_fraction.at_most", high=numerals.percent(fraction.high))
    share = numerals.percent(fraction.fraction)
    if fraction.low is None or fraction.high is None:
        return share
    return f"{share} ({numerals.percent_range(fraction.low, fraction.high)})"


_KINDS = {
    TumourFractionState.ESTIMATED: "detected",
    TumourFractionState.BELOW_LIMIT: "not_detected",
    TumourFractionState.NOT_ASSESSABLE: "not_assessable",
}
