"""Serial samples: what changed since earlier cases of the patient, and the dates of treatments and specimens."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from csfgeno.records import CaseReport, PriorTherapy, Serial, SerialChange, SerialFusion, SerialPoint, SerialTrace
from csfgeno.report import numerals
from csfgeno.report.sentences import Sentences
from csfgeno.report.view.copy_trends import build_copy_trend
from csfgeno.report.view.courses import (
    KINDS,
    NONE,
    ChangeLine,
    CourseView,
    change_badge,
    dated_row,
    percent_with_range,
)
from csfgeno.report.view.drawing import Drawing
from csfgeno.report.view.parts import Row, drug_names, in_specimen, limit_text, specimen_kinds, state_badge
from csfgeno.report.view.serial_genes import copy_change, copy_courses, loss_courses
from csfgeno.report.view.trends import build_trend, fusion_label
from csfgeno.vocab import CallState, SpecimenKind
from csfgeno.vocab.serial import SerialResult

LEAST_P: Final = 1e-4
"""Least p-value that is printed as a number."""


@dataclass(frozen=True, slots=True)
class SerialView:
    """The section of serial samples; `courses` are empty if no earlier case was given."""

    lead: str
    plots: tuple[Drawing, ...]
    copy_plots: tuple[Drawing, ...]
    courses: tuple[CourseView, ...]
    shares: tuple[Row, ...]
    identity: tuple[str, ...]
    events: tuple[Row, ...]


def build_serial(report: CaseReport, say: Sentences) -> SerialView:
    """Return the section; events without a date come first."""
    serial, drugs = report.serial, drug_names(report)
    events = tuple(Row(day or say("identity.not_given"), (text,)) for day, text in sorted(_events(report, say)))
    if serial is None:
        return SerialView(say("serial.single"), (), (), (), (), (), events)
    plots = (build_trend(serial, kind, drugs, say) for kind in SpecimenKind)
    copy_plots = (build_copy_trend(serial, kind, drugs, say) for kind in SpecimenKind)
    fusions = (_fusion_course(trace, serial, say) for trace in serial.fusions)
    alleles = (_allele_course(trace, say) for trace in serial.traces)
    return SerialView(
        lead=say("serial.lead"),
        plots=tuple(plot for plot in plots if plot),
        copy_plots=tuple(plot for plot in copy_plots if plot),
        courses=(*fusions, *alleles, *copy_courses(serial, say), *loss_courses(serial, say)),
        shares=tuple(_shares(serial, say)),
        identity=tuple(_identity(serial, say)),
        events=events,
    )


def change_lines(report: CaseReport, kind: SpecimenKind, say: Sentences) -> tuple[ChangeLine, ...]:
    """Return what changed in one kind of specimen since the sample before, claimed changes first."""
    order = list(KINDS)
    lines = sorted(_latest_changes(report.serial, kind, say), key=lambda told: order.index(told[0]))
    return tuple(line for _, line in lines)


def _latest_changes(
    serial: Serial | None, kind: SpecimenKind, say: Sentences
) -> Iterator[tuple[SerialResult, ChangeLine]]:
    if serial is None:
        return
    for fusion in (own for own in serial.fusions if own.specimen is kind):
        change = fusion.changes[0]
        yield change.result, _change(_fusion_name(fusion, serial, say), fusion, change, say)
    for trace in (own for own in serial.traces if own.specimen is kind):
        yield trace.changes[0].result, _change(trace.name, trace, trace.changes[0], say)
    for copies in (own for own in serial.copies if own.specimen is kind):
        yield copies.changes[0].result, copy_change(copies, copies.changes[0], say)


# ----------------------------------------------------------------------------- alleles and junctions


def _allele_course(trace: SerialTrace, say: Sentences) -> CourseView:
    return _course(trace.name, "", trace, say)


def _fusion_course(trace: SerialFusion, serial: Serial, say: Sentences) -> CourseView:
    places = say("serial.junction", exons=trace.exon_name, first=trace.five_prime, second=trace.three_prime)
    return _course(_fusion_name(trace, serial, say), places, trace, say)


def _fusion_name(trace: SerialFusion, serial: Serial, say: Sentences) -> str:
    return say("structural.fusion", name=fusion_label(trace, serial))


def _course(name: str, detail: str, trace: SerialTrace | SerialFusion, say: Sentences) -> CourseView:
    heads = ("vaf", "interval", "molecules", "per_ml", "limit")
    return CourseView(
        name=say("stack.title", name=name, specimen=in_specimen(trace.specimen, say)),
        detail=detail,
        changes=tuple(_change(name, trace, change, say) for change in trace.changes),
        heads=tuple(say(f"findings.column.{head}") for head in heads),
        rows=tuple(dated_row(p.collected, p.case_id, state_badge(p.state, say), _cells(p, say)) for p in trace.points),
    )


def _change(name: str, trace: SerialTrace | SerialFusion, change: SerialChange, say: Sentences) -> ChangeLine:
    then = next(point for point in trace.points if point.case_id == change.since_case_id)
    now = trace.points[-1]
    text = say(
        f"serial.change.{change.result}",
        name=name,
        specimen=in_specimen(trace.specimen, say),
        since=then.collected.isoformat(),
        then=_told(then, say),
        now=_told(now, say),
    )
    return ChangeLine(change_badge(change.result, say), text, " ".join(_numbers(change, say)))


def _told(point: SerialPoint, say: Sentences) -> str:
    """Return what a sample says of an allele or junction, in words; a negative always with its limit."""
    counts = _counts(point, say) if point.depth else ""
    if point.state in (CallState.DETECTED, CallState.INDETERMINATE) and point.vaf is not None:
        span = numerals.percent_range(point.vaf_low or 0.0, point.vaf_high or point.vaf)
        key = "serial.told_detected" if point.state is CallState.DETECTED else "serial.told_indeterminate"
        return say(key, vaf=numerals.percent(point.vaf), interval=span, counts=counts or say("serial.no_molecules"))
    if point.state is CallState.NOT_DETECTED and point.lod95 is not None:
        key = "serial.told_absent" if point.depth else "serial.told_by_hotspot"
        return say(key, lod=numerals.percent_at_most(point.lod95), counts=counts)
    return say("serial.told_blind" if point.depth else "serial.told_unlisted", counts=counts)


def _counts(point: SerialPoint, say: Sentences) -> str:
    counts = f"{numerals.count(point.alt or 0)} / {numerals.count(point.depth or 0)}"
    return say("serial.with_mates", counts=counts, n=numerals.count(point.discordant)) if point.discordant else counts


def _numbers(change: SerialChange, say: Sentences) -> Iterator[str]:
    if change.p_value is not None:
        ratio = _span(change.vaf_ratio, change.ratio_low, change.ratio_high, say)
        yield say("serial.ratio", ratio=ratio, p=_chance(change.p_value, say))
    if change.per_ml_low is not None or change.per_ml_high is not None:
        yield say("serial.per_ml", ratio=_span(change.per_ml_ratio, change.per_ml_low, change.per_ml_high, say))


def _chance(p_value: float, say: Sentences) -> str:
    """Return a p-value as a reader wants it: two digits, and nothing below what any trial could show."""
    return say("serial.p_below") if p_value < LEAST_P else say("serial.p", p=f"{p_value:.2g}")


def _span(value: float | None, low: float | None, high: float | None, say: Sentences) -> str:
    if low is None:
        return say("serial.at_most", high=numerals.ratio(high or 0.0))
    if high is None:
        return say("serial.at_least", low=numerals.ratio(low))
    return say("serial.between", value=numerals.ratio(value or 0.0), low=numerals.ratio(low), high=numerals.ratio(high))


def _cells(point: SerialPoint, say: Sentences) -> tuple[str, ...]:
    """Return VAF, interval, molecules, molecules per mL and limit."""
    has_interval = point.vaf_low is not None and point.vaf_high is not None
    is_seen = point.state in (CallState.DETECTED, CallState.INDETERMINATE)
    return (
        numerals.percent(point.vaf) if point.vaf is not None and is_seen else NONE,
        numerals.percent_range(point.vaf_low or 0.0, point.vaf_high or 0.0) if has_interval else NONE,
        NONE if point.depth is None else _counts(point, say),
        NONE if point.alt_per_ml is None else numerals.quantity(point.alt_per_ml),
        NONE if point.lod95 is None else limit_text(point.lod95, say),
    )


# ------------------------------------------------------------------------------------------ samples


def _shares(serial: Serial, say: Sentences) -> Iterator[Row]:
    """Yield the share of tumour DNA of every sample that has one."""
    for sample in serial.samples:
        if sample.tumour_high is not None:
            specimen = in_specimen(sample.specimen, say)
            label = say("serial.sample", specimen=specimen, date=sample.collected.isoformat())
            if sample.tumour_fraction is None:
                yield Row(label, (say("tumour_fraction.at_most", high=numerals.percent(sample.tumour_high)),))
            else:
                low = sample.tumour_low or 0.0
                yield Row(label, (percent_with_range(sample.tumour_fraction, low, sample.tumour_high),))


def _identity(serial: Serial, say: Sentences) -> Iterator[str]:
    for own in serial.identity:
        key = "serial.identity" if own.sites else "serial.identity_by_name"
        ratio = f"{own.log10_likelihood_ratio or 0.0:+.1f}"
        yield say(key, case=own.case_id, sites=own.sites, discordant=own.discordant, log10=ratio)


def _events(report: CaseReport, say: Sentences) -> Iterator[tuple[str, str]]:
    names, serial = drug_names(report), report.serial
    for therapy in serial.therapies if serial else report.case.clinical.prior_therapies:
        yield from _treatment(therapy, names.get(therapy.drug_id, therapy.drug_id.replace("_", " ")), say)
    followed = {(s.specimen, s.case_id) for s in serial.samples} if serial else set()
    for sample in serial.samples if serial else ():
        key = "serial.collected_in"
        yield sample.collected.isoformat(), say(key, specimen=in_specimen(sample.specimen, say), case=sample.case_id)
    for kind in specimen_kinds(report):
        tube = report.case.specimen(kind)
        if tube and (kind, report.case.case_id) not in followed:
            taken = tube.collected.isoformat() if tube.collected else ""
            yield taken, say("serial.collected", specimen=in_specimen(kind, say))


def _treatment(therapy: PriorTherapy, name: str, say: Sentences) -> Iterator[tuple[str, str]]:
    for key, day in (("started", therapy.started), ("stopped", therapy.stopped)):
        if day:
            yield day.isoformat(), say(f"serial.{key}", drug=name)
    if not therapy.started and not therapy.stopped:
        yield "", say("serial.given", drug=name)
