"""The figure: allele fractions of all findings in all compartments, with intervals, on one logarithmic scale."""

from dataclasses import dataclass
from typing import Final

from csfgeno.records import CaseReport, Finding, SpecimenCall
from csfgeno.report import numerals
from csfgeno.report.hotspots import standing_state
from csfgeno.report.sentences import Sentences
from csfgeno.report.view.drawing import LogScale, lowest_decade
from csfgeno.report.view.findings import indeterminate_findings, leading_findings
from csfgeno.report.view.parts import finding_name, specimen_kinds, specimen_word
from csfgeno.vocab import CallState

WIDTH: Final = 440.0
LEFT: Final = 58.0
RIGHT: Final = 34.0
TOP: Final = 22.0
TITLE_STEP: Final = 24.0
ROW_STEP: Final = 19.0
GROUP_GAP: Final = 8.0
TEXT_GAP: Final = 6.0
LETTER: Final = 6.4
"""Width of a letter at the font size of the sheet, enough to tell whether a text would run out of the drawing."""
MAX_FINDINGS: Final = 12


@dataclass(frozen=True, slots=True)
class Tick:
    """One gridline."""

    x: float
    label: str


@dataclass(frozen=True, slots=True)
class Mark:
    """One compartment of one finding: a point with its interval, or a bound that nothing was seen above."""

    specimen: str
    kind: str
    is_open: bool
    y: float
    x: float
    low: float
    high: float
    text: str
    text_x: float
    is_before: bool


@dataclass(frozen=True, slots=True)
class Group:
    """One finding: its name above its marks."""

    name: str
    y: float
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """Everything that the template draws, in viewBox units."""

    width: float
    height: float
    left: float
    right: float
    top: float
    bottom: float
    title: str
    description: str
    ticks: tuple[Tick, ...]
    groups: tuple[Group, ...]


def build_figure(report: CaseReport, say: Sentences) -> Figure | None:
    """Return the interval plot, or `None` without findings."""
    findings = (leading_findings(report) + indeterminate_findings(report))[:MAX_FINDINGS]
    if not findings:
        return None
    calls = [call for finding in findings for call in finding.calls]
    lowest = lowest_decade(v for call in calls for v in (call.vaf, call.vaf_low, call.lod95))
    scale = LogScale(lowest, LEFT, WIDTH - RIGHT)
    groups: list[Group] = []
    y = TOP
    for finding in findings:
        groups.append(_group(finding, y, scale, report, say))
        y += TITLE_STEP + ROW_STEP * len(groups[-1].marks) + GROUP_GAP
    names = ", ".join(finding_name(finding) for finding in findings)
    return Figure(
        width=WIDTH,
        height=y + 8,
        left=LEFT,
        right=WIDTH - RIGHT,
        top=TOP,
        bottom=y,
        title=say("figure.title"),
        description=say("figure.description", names=names),
        ticks=tuple(Tick(x, f"{100 * 10.0**power:g}%") for x, power in scale.decades()),
        groups=tuple(groups),
    )


def _group(finding: Finding, y: float, scale: LogScale, report: CaseReport, say: Sentences) -> Group:
    calls = [call for kind in specimen_kinds(report) if (call := finding.call(kind))]
    first = y + TITLE_STEP + ROW_STEP / 2
    marks = (
        _mark(call, standing_state(call, report), first + index * ROW_STEP, scale, say)
        for index, call in enumerate(calls)
    )
    return Group(finding_name(finding), y + TITLE_STEP - 6, tuple(marks))


def _mark(call: SpecimenCall, state: CallState, y: float, scale: LogScale, say: Sentences) -> Mark:
    specimen, vaf = specimen_word(call.specimen, say), call.vaf
    edge = scale(0.0)
    if state in (CallState.DETECTED, CallState.INDETERMINATE) and vaf is not None:
        low, high = scale(call.vaf_low or 0.0), scale(vaf if call.vaf_high is None else call.vaf_high)
        is_open = state is CallState.INDETERMINATE
        return _placed(specimen, "point", is_open, y, (scale(vaf), low, high), numerals.percent(vaf))
    if call.lod95 is None:
        return _placed(specimen, "unknown", False, y, (edge, edge, edge), say(f"state.{state.lower()}"))
    limit = scale(call.lod95)
    text = say(f"figure.{state.lower()}", lod=numerals.percent_at_most(call.lod95))
    return _placed(specimen, state.lower(), False, y, (limit, edge, limit), text)


def _placed(specimen: str, kind: str, is_open: bool, y: float, place: tuple[float, float, float], text: str) -> Mark:
    """Return the mark with its text after it, or at the right edge if it would run out of the drawing."""
    x, low, high = place
    is_before = high + TEXT_GAP + LETTER * len(text) > WIDTH
    return Mark(specimen, kind, is_open, y, x, low, high, text, WIDTH if is_before else high + TEXT_GAP, is_before)
