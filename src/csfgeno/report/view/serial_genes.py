"""Copies and heterozygosity of genes in serial samples: what changed, and every date."""

from collections.abc import Callable, Iterator

from csfgeno.records import (
    Serial,
    SerialCopies,
    SerialCopyChange,
    SerialCopyPoint,
    SerialLoss,
    SerialLossPoint,
)
from csfgeno.report import numerals
from csfgeno.report.sentences import Sentences
from csfgeno.report.view.courses import (
    NONE,
    ChangeLine,
    CourseView,
    change_badge,
    dated_row,
    percent_with_range,
)
from csfgeno.report.view.parts import in_specimen, listed, state_badge
from csfgeno.vocab import CallState, SpecimenKind
from csfgeno.vocab.serial import CopyEvent

Values = tuple[float | None, float | None, float | None]
"""A value with the ends of its interval."""


def copy_courses(serial: Serial, say: Sentences) -> Iterator[CourseView]:
    """Yield the course of every gene that was amplified or had lost both copies."""
    for trace in serial.copies:
        yield CourseView(
            name=_in(_name(trace, say), trace.specimen, say),
            detail="",
            changes=tuple(copy_change(trace, change, say) for change in trace.changes),
            heads=tuple(say(f"structural.column.{head}") for head in ("log2", "copies", "tumour", "limit")),
            rows=tuple(
                dated_row(p.collected, p.case_id, state_badge(p.state, say), _cells(p, trace.event, say))
                for p in trace.points
            ),
        )


def loss_courses(serial: Serial, say: Sentences) -> Iterator[CourseView]:
    """Yield the course of every gene that had lost heterozygosity; states alone, no change is claimed."""
    for trace in serial.losses:
        yield CourseView(
            name=_in(_loss_name(trace, say), trace.specimen, say),
            detail=say("serial.states_alone"),
            changes=(),
            heads=tuple(say(f"structural.column.{head}") for head in ("shift", "sites", "limit")),
            rows=tuple(
                dated_row(p.collected, p.case_id, state_badge(p.state, say), _loss_cells(p, say)) for p in trace.points
            ),
        )


def copy_change(trace: SerialCopies, change: SerialCopyChange, say: Sentences) -> ChangeLine:
    """Return what changed since an earlier sample, and what that says of copies per tumour cell."""
    then = next(point for point in trace.points if point.case_id == change.since_case_id)
    now = trace.points[-1]
    text = say(
        f"serial.copies.{change.result}",
        name=_name(trace, say),
        gene=trace.gene,
        specimen=in_specimen(trace.specimen, say),
        since=then.collected.isoformat(),
        then=_told(then, trace.event, say),
        now=_told(now, trace.event, say),
    )
    reading = [_reading(change, then, now, say)] if change.reading else []
    return ChangeLine(change_badge(change.result, say), " ".join([text, *reading]), " ".join(_numbers(change, say)))


def _in(name: str, kind: SpecimenKind, say: Sentences) -> str:
    return say("stack.title", name=name, specimen=in_specimen(kind, say))


def _name(trace: SerialCopies, say: Sentences) -> str:
    return say(f"structural.{trace.event.lower()}", gene=trace.gene)


def _loss_name(trace: SerialLoss, say: Sentences) -> str:
    return say("serial.loss", gene=trace.gene)


# -------------------------------------------------------------------------------------------- words


def _told(point: SerialCopyPoint, event: CopyEvent, say: Sentences) -> str:
    """Return what a sample says of a gene, in words; a negative always with its limit."""
    if point.log2_ratio is None:
        return say("serial.told_unmeasured")
    ratio = say("structural.log2", ratio=_log2(point.log2_ratio))
    if point.state is CallState.DETECTED and point.copies is not None and point.tumour_fraction is not None:
        copies, share = numerals.quantity(point.copies), numerals.percent(point.tumour_fraction)
        return say("serial.told_copies", ratio=ratio, copies=copies, share=share)
    if point.state is CallState.DETECTED:
        return ratio
    state = say(f"state.{point.state.lower()}").lower()
    limit = _limit(point, event, say)
    has_limit = point.state is CallState.NOT_DETECTED and limit != NONE
    return say("serial.told_ratio_limit" if has_limit else "serial.told_ratio", state=state, ratio=ratio, limit=limit)


def _reading(change: SerialCopyChange, then: SerialCopyPoint, now: SerialCopyPoint, say: Sentences) -> str:
    unknown = [p.collected.isoformat() for p in (then, now) if p.tumour_fraction is None]
    return say(
        f"serial.reading.{change.reading}",
        days=listed(unknown, say) if unknown else "",
        share_then=_percent(then.tumour_fraction),
        share_now=_percent(now.tumour_fraction),
        copies_then=_quantity(then.copies),
        copies_now=_quantity(now.copies),
    )


def _numbers(change: SerialCopyChange, say: Sentences) -> Iterator[str]:
    told = (change.log2_difference, change.log2_difference_low, change.log2_difference_high)
    copies = (change.copies_difference, change.copies_difference_low, change.copies_difference_high)
    if change.log2_difference is not None:
        yield say("serial.log2_difference", difference=_range(told, _log2, say))
    if change.copies_difference is not None:
        yield say("serial.copies_difference", difference=_range(copies, _copies, say))


# -------------------------------------------------------------------------------------------- cells


def _cells(point: SerialCopyPoint, event: CopyEvent, say: Sentences) -> tuple[str, ...]:
    return (
        _range((point.log2_ratio, point.log2_low, point.log2_high), _log2, say),
        _range((point.copies, point.copies_low, point.copies_high), numerals.quantity, say),
        percent_with_range(point.tumour_fraction, point.tumour_low, point.tumour_high),
        _limit(point, event, say),
    )


def _loss_cells(point: SerialLossPoint, say: Sentences) -> tuple[str, ...]:
    limit = point.lod_tumour_fraction
    return (
        _range((point.shift, point.shift_low, point.shift_high), _shift, say),
        NONE if point.heterozygous_sites is None else numerals.count(point.heterozygous_sites),
        NONE if limit is None else say("structural.limit_loss", share=numerals.percent_at_most(limit)),
    )


def _limit(point: SerialCopyPoint, event: CopyEvent, say: Sentences) -> str:
    if point.limit_copies is not None:
        return say("structural.limit_gain", copies=numerals.quantity(point.limit_copies))
    if point.limit_tumour_fraction is not None:
        key = "serial.limit_gain_share" if event is CopyEvent.AMPLIFICATION else "structural.limit_loss"
        return say(key, share=numerals.percent_at_most(point.limit_tumour_fraction))
    return NONE


def _range(values: Values, write: Callable[[float], str], say: Sentences) -> str:
    """Return a value with its interval, a dash without it."""
    told = [write(value) for value in values if value is not None]
    if len(told) < len(values):
        return told[0] if values[0] is not None else NONE
    return say("serial.between", value=told[0], low=told[1], high=told[2])


def _log2(value: float) -> str:
    return numerals.signed(value, 2)


def _copies(value: float) -> str:
    return numerals.signed(value, 1)


def _shift(value: float) -> str:
    return numerals.signed(value, 2).removeprefix("+")


def _percent(value: float | None) -> str:
    return NONE if value is None else numerals.percent(value)


def _quantity(value: float | None) -> str:
    return NONE if value is None else numerals.quantity(value)
