"""Serial samples: what changed since earlier cases of the patient, and the dates of treatments and specimens."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from csfgeno.records import CaseReport, PriorTherapy, Serial, SerialChange, SerialPoint, SerialTrace
from csfgeno.report import numerals
from csfgeno.report.sentences import Sentences
from csfgeno.report.view.drawing import Drawing
from csfgeno.report.view.parts import Badge, Row, drug_names, in_specimen, limit_text, specimen_kinds, state_badge
from csfgeno.report.view.trends import build_trend
from csfgeno.vocab import CallState, SpecimenKind
from csfgeno.vocab.serial import SerialResult

NONE: Final = "—"

LEAST_P: Final = 1e-4
"""Least p-value that is printed as a number."""


@dataclass(frozen=True, slots=True)
class PointRow:
    """One date of one allele."""

    date: str
    case_id: str
    badge: Badge
    vaf: str
    interval: str
    molecules: str
    per_ml: str
    limit: str


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """What changed, as a word with a shape, the sentence that says it, and the test and ratios behind it."""

    badge: Badge
    text: str
    numbers: str


@dataclass(frozen=True, slots=True)
class TraceView:
    """One allele in one kind of specimen: what changed, and every date."""

    name: str
    changes: tuple[ChangeLine, ...]
    rows: tuple[PointRow, ...]


@dataclass(frozen=True, slots=True)
class SerialView:
    """The section of serial samples; `traces` are empty if no earlier case was given."""

    lead: str
    plots: tuple[Drawing, ...]
    traces: tuple[TraceView, ...]
    shares: tuple[Row, ...]
    identity: tuple[str, ...]
    events: tuple[Row, ...]


def build_serial(report: CaseReport, say: Sentences) -> SerialView:
    """Return the section; events without a date come first."""
    serial = report.serial
    events = tuple(Row(day or say("identity.not_given"), (text,)) for day, text in sorted(_events(report, say)))
    if serial is None:
        return SerialView(say("serial.single"), (), (), (), (), events)
    plots = (build_trend(serial, kind, drug_names(report), say) for kind in SpecimenKind)
    return SerialView(
        lead=say("serial.lead"),
        plots=tuple(plot for plot in plots if plot),
        traces=tuple(_trace(trace, say) for trace in serial.traces),
        shares=tuple(_shares(serial, say)),
        identity=tuple(_identity(serial, say)),
        events=events,
    )


def change_lines(report: CaseReport, kind: SpecimenKind, say: Sentences) -> tuple[ChangeLine, ...]:
    """Return what changed in one kind of specimen since the sample before, claimed changes first."""
    traces = [trace for trace in report.serial.traces if trace.specimen is kind] if report.serial else []
    order = list(_KINDS)
    return tuple(
        _change(trace, trace.changes[0], say)
        for trace in sorted(traces, key=lambda trace: order.index(trace.changes[0].result))
    )


# ------------------------------------------------------------------------------------------ alleles


def _trace(trace: SerialTrace, say: Sentences) -> TraceView:
    return TraceView(
        name=say("stack.title", name=trace.name, specimen=in_specimen(trace.specimen, say)),
        changes=tuple(_change(trace, change, say) for change in trace.changes),
        rows=tuple(_point(point, say) for point in trace.points),
    )


def _change(trace: SerialTrace, change: SerialChange, say: Sentences) -> ChangeLine:
    then = next(point for point in trace.points if point.case_id == change.since_case_id)
    now = trace.points[-1]
    text = say(
        f"serial.change.{change.result}",
        name=trace.name,
        specimen=in_specimen(trace.specimen, say),
        since=then.collected.isoformat(),
        then=_told(then, say),
        now=_told(now, say),
    )
    badge = Badge(_KINDS[change.result], say(f"serial.result.{change.result}"))
    return ChangeLine(badge, text, " ".join(_numbers(change, say)))


_KINDS = {
    SerialResult.ROSE: "rose",
    SerialResult.NEWLY_DETECTED: "rose",
    SerialResult.FELL: "fell",
    SerialResult.NO_LONGER_DETECTED: "fell",
    SerialResult.NO_CHANGE_SHOWN: "level",
    SerialResult.NOT_COMPARABLE: "not_assessable",
}


def _told(point: SerialPoint, say: Sentences) -> str:
    """Return what a sample says of an allele, in words; a negative always with its limit."""
    counts = f"{numerals.count(point.alt or 0)} / {numerals.count(point.depth)}" if point.depth else ""
    if point.state in (CallState.DETECTED, CallState.INDETERMINATE) and point.vaf is not None:
        span = numerals.percent_range(point.vaf_low or 0.0, point.vaf_high or point.vaf)
        key = "serial.told_detected" if point.state is CallState.DETECTED else "serial.told_indeterminate"
        return say(key, vaf=numerals.percent(point.vaf), interval=span, counts=counts or say("serial.no_molecules"))
    if point.state is CallState.NOT_DETECTED and point.lod95 is not None:
        return say("serial.told_absent", lod=numerals.percent_at_most(point.lod95), counts=counts)
    return say("serial.told_blind" if point.depth else "serial.told_unlisted", counts=counts)


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


def _point(point: SerialPoint, say: Sentences) -> PointRow:
    has_interval = point.vaf_low is not None and point.vaf_high is not None
    return PointRow(
        date=point.collected.isoformat(),
        case_id=point.case_id,
        badge=state_badge(point.state, say),
        vaf=numerals.percent(point.vaf) if point.vaf is not None and _is_seen(point) else NONE,
        interval=numerals.percent_range(point.vaf_low or 0.0, point.vaf_high or 0.0) if has_interval else NONE,
        molecules=NONE if point.depth is None else f"{numerals.count(point.alt or 0)} / {numerals.count(point.depth)}",
        per_ml=NONE if point.alt_per_ml is None else numerals.quantity(point.alt_per_ml),
        limit=NONE if point.lod95 is None else limit_text(point.lod95, say),
    )


def _is_seen(point: SerialPoint) -> bool:
    return point.state in (CallState.DETECTED, CallState.INDETERMINATE)


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
                span = numerals.percent_range(sample.tumour_low or 0.0, sample.tumour_high)
                yield Row(label, (f"{numerals.percent(sample.tumour_fraction)} ({span})",))


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
