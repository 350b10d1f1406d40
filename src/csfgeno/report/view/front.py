"""The first page: who, which specimens, whether the quality allows an answer, and the answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from csfgeno.records import CaseReport, Finding
from csfgeno.report import numerals
from csfgeno.report.hotspots import failed_kinds
from csfgeno.report.sentences import Sentences
from csfgeno.report.view.courses import ChangeLine
from csfgeno.report.view.findings import (
    MAX_ON_FRONT,
    MatrixRow,
    indeterminate_findings,
    is_of_blood,
    leading_findings,
    matrix_rows,
    set_aside_findings,
)
from csfgeno.report.view.identity_checks import mismatch_text, unestablished_text
from csfgeno.report.view.negatives import (
    Doubt,
    adequate_negatives,
    doubts,
    specimen_warnings,
    tumour_kinds,
)
from csfgeno.report.view.options import Objected, Option, merge_options, merge_warnings, option_remarks
from csfgeno.report.view.parts import (
    Badge,
    finding_name,
    in_specimen,
    is_blocked,
    is_detected,
    listed,
    origin_text,
    primary_kind,
    specimen_kinds,
    specimen_word,
    state_badge,
    verdict_badge,
)
from csfgeno.report.view.phase import phase_sentences
from csfgeno.report.view.quality import Note, quality_notes
from csfgeno.report.view.serial import change_lines
from csfgeno.report.view.structural import EventRow, detected_events
from csfgeno.report.view.therapies import TherapiesView
from csfgeno.vocab import CallState, QcVerdict, SpecimenKind

MAX_OPTIONS: Final = 4
MAX_NAMES: Final = 4
MAX_EXAMPLES: Final = 2
MAX_CHANGES: Final = 4


@dataclass(frozen=True, slots=True)
class Headline:
    """One line of the answer."""

    badge: Badge
    text: str


@dataclass(frozen=True, slots=True)
class Negative:
    """One hotspot group that was looked for and not found."""

    group: str
    limit: str


@dataclass(frozen=True, slots=True)
class Doubtful:
    """Hotspot groups, or parts of them, about which nothing can be said, or nothing certain."""

    badge: Badge
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Front:
    """The first page."""

    verdict: Badge
    notes: tuple[Note, ...]
    headlines: tuple[Headline, ...]
    primary: str
    specimens: tuple[str, ...]
    matrix: tuple[MatrixRow | EventRow, ...]
    more_findings: str | None
    options: tuple[Option, ...]
    more_options: str | None
    remarks: tuple[str, ...]
    warnings: tuple[Objected, ...]
    negatives: tuple[Negative, ...]
    negative_warnings: tuple[str, ...]
    phases: tuple[str, ...]
    changes: tuple[ChangeLine, ...]
    cautions: tuple[str, ...]
    doubtful: tuple[Doubtful, ...]
    no_options: str


def build_front(report: CaseReport, therapies: TherapiesView, say: Sentences) -> Front:
    """Return the first page."""
    leading = leading_findings(report) + indeterminate_findings(report)
    hidden = max(0, len(leading) - MAX_ON_FRONT)
    options = merge_options(therapies.options)
    further = max(0, len(options) - MAX_OPTIONS)
    notes = quality_notes(report, say)
    return Front(
        verdict=verdict_badge(report.verdict, say),
        notes=tuple(note for note in notes if note.badge.kind != QcVerdict.PASS.lower()),
        headlines=tuple(_headlines(report, say)),
        primary=specimen_word(primary_kind(report), say),
        specimens=tuple(specimen_word(kind, say) for kind in specimen_kinds(report)),
        matrix=(*detected_events(report, say), *matrix_rows(leading[:MAX_ON_FRONT], report, say)),
        more_findings=say.count("front.more_findings", hidden) if hidden else None,
        options=options[:MAX_OPTIONS],
        more_options=say.count("front.more_options", further) if further else None,
        remarks=option_remarks(therapies, options[:MAX_OPTIONS], say),
        warnings=merge_warnings(therapies.warnings),
        negatives=tuple(Negative(g.group, numerals.percent_at_most(lod95)) for g, lod95 in adequate_negatives(report)),
        negative_warnings=tuple(specimen_warnings(report, say)),
        phases=phase_sentences(report, say),
        changes=change_lines(report, primary_kind(report), say)[:MAX_CHANGES],
        cautions=tuple(_cautions(report, say)),
        doubtful=tuple(_doubtful(report, say)),
        no_options=_no_options(leading, report, say),
    )


def _no_options(leading: Sequence[Finding], report: CaseReport, say: Sentences) -> str:
    """Return why no drug is listed."""
    if is_blocked(report):
        return say("front.no_options_failed")
    has_any = bool(leading) or bool(detected_events(report, say))
    return say("front.no_options" if has_any else "front.no_options_nothing")


def _cautions(report: CaseReport, say: Sentences) -> list[str]:
    leading, unestablished = leading_findings(report), unestablished_text(report, say)
    shared = [
        finding_name(finding)
        for finding in leading
        if is_detected(finding, SpecimenKind.NORMAL) and not finding.origin.basis
    ]
    blood = [finding_name(finding) for finding in set_aside_findings(report) if is_of_blood(finding)]
    sentences = [unestablished] if unestablished else []
    if shared:
        sentences.append(say("front.in_normal", names=listed(shared, say)))
    if blood:
        sentences.append(say("front.of_blood", names=listed(blood, say)))
    if leading and report.case.specimen(SpecimenKind.NORMAL) is None:
        sentences.append(say("front.no_normal"))
    return sentences


def _doubtful(report: CaseReport, say: Sentences) -> list[Doubtful]:
    names: dict[CallState, list[str]] = {}
    for doubt in doubts(report, primary_kind(report)):
        names.setdefault(doubt.state, []).append(_doubt_name(doubt, say))
    return [Doubtful(state_badge(state, say), tuple(group)) for state, group in names.items()]


# ------------------------------------------------------------------------------------- headlines


def _headlines(report: CaseReport, say: Sentences) -> list[Headline]:
    """Return at most four lines: blocking quality, what was found, what was not, what could not be told."""
    lines = [
        _identity_line(report, say),
        _quality_line(report, say),
        _found_line(report, say),
        _negative_line(report, say),
        _doubt_line(report, say),
    ]
    return [line for line in lines if line]


def _is_adequate(report: CaseReport) -> bool:
    # METHOD: nothing found is called a negative only if more hotspot groups were adequate than were not.
    return len(adequate_negatives(report)) > len(doubts(report, primary_kind(report)))


def _identity_line(report: CaseReport, say: Sentences) -> Headline | None:
    mismatch = mismatch_text(report, say)
    if mismatch is None:
        return None
    key = "headline.blocked" if report.identity.is_blocked else "headline.overridden"
    text = say(key, mismatch=mismatch, reason=report.identity.override or "")
    return Headline(verdict_badge(QcVerdict.FAIL, say), text)


def _quality_line(report: CaseReport, say: Sentences) -> Headline | None:
    failed = failed_kinds(report)
    if not failed or report.identity.is_blocked:
        return None
    names = listed([in_specimen(kind, say) for kind in failed], say)
    key = "headline.failed" if is_blocked(report) else "headline.partly_failed"
    return Headline(verdict_badge(QcVerdict.FAIL, say), say(key, specimens=names))


def _is_blank(report: CaseReport) -> bool:
    """Whether one line says it all: nothing found, nothing assessable, nothing unclear."""
    has_events = (
        any(fusion.calls for fusion in report.fusions) or bool(report.rearrangements) or bool(report.exon_skippings)
    )
    return not (has_events or leading_findings(report) or indeterminate_findings(report) or _is_adequate(report))


def _found_line(report: CaseReport, say: Sentences) -> Headline | None:
    found = _found_by_specimen(leading_findings(report), report, say)
    parts = [say("headline.found", specimen=word, names=names) for word, names in found]
    if parts:
        return Headline(state_badge(CallState.DETECTED, say), " ".join(parts))
    return None if is_blocked(report) or report.identity.is_blocked else _nothing_line(report, say)


def _nothing_line(report: CaseReport, say: Sentences) -> Headline:
    if unclear := indeterminate_findings(report):
        names = listed([finding_name(finding) for finding in unclear[:MAX_NAMES]], say)
        return Headline(state_badge(CallState.INDETERMINATE, say), say("headline.unclear", names=names))
    if not _is_adequate(report):
        return Headline(state_badge(CallState.NOT_ASSESSABLE, say), say("headline.inadequate"))
    sound = [kind for kind in tumour_kinds(report) if kind not in failed_kinds(report)]
    specimens = listed([in_specimen(kind, say) for kind in sound], say)
    return Headline(state_badge(CallState.NOT_DETECTED, say), say("headline.nothing", specimens=specimens))


def _found_by_specimen(findings: list[Finding], report: CaseReport, say: Sentences) -> list[tuple[str, str]]:
    """Return the findings of the leading specimen, then those that only another one has."""
    told: set[object] = set()
    lines = []
    for kind in (*tumour_kinds(report), SpecimenKind.NORMAL):
        events = [e for e in detected_events(report, say) if kind in e.detected_in and e.name not in told]
        new = [finding for finding in findings if is_detected(finding, kind) and finding.allele not in told]
        told.update(finding.allele for finding in new)
        told.update(event.name for event in events)
        if events or new:
            lines.append((specimen_word(kind, say), _names(events, new, kind, say)))
    return lines


def _names(events: list[EventRow], findings: list[Finding], kind: SpecimenKind, say: Sentences) -> str:
    everything = [event.name for event in events] + [_with_fraction(finding, kind, say) for finding in findings]
    hidden = len(everything) - MAX_NAMES
    return listed(everything[:MAX_NAMES] + ([say.count("headline.others", hidden)] if hidden > 0 else []), say)


def _with_fraction(finding: Finding, kind: SpecimenKind, say: Sentences) -> str:
    call = finding.call(kind)
    vaf = call.vaf if call else None
    remarks = [] if vaf is None else [say("headline.fraction", vaf=numerals.percent(vaf))]
    if not finding.origin.may_drive_therapy:
        remarks.append(origin_text(finding, say))
    elif kind is not SpecimenKind.NORMAL and is_detected(finding, SpecimenKind.NORMAL):
        remarks.append(say("findings.in_normal_mark"))
    return f"{finding_name(finding)} ({', '.join(remarks)})" if remarks else finding_name(finding)


def _negative_line(report: CaseReport, say: Sentences) -> Headline | None:
    limits = [lod95 for _, lod95 in adequate_negatives(report)]
    if not limits:
        return None
    low, high = numerals.percent_at_most(min(limits)), numerals.percent_at_most(max(limits))
    span = low if low == high else say("headline.span", low=low, high=high)
    text = say.count("headline.negative", len(limits), specimen=specimen_word(primary_kind(report), say), span=span)
    return Headline(state_badge(CallState.NOT_DETECTED, say), text)


def _doubt_name(doubt: Doubt, say: Sentences) -> str:
    return doubt.name if doubt.is_whole else say("headline.part", group=doubt.group.group)


def _doubt_line(report: CaseReport, say: Sentences) -> Headline | None:
    open_questions = doubts(report, primary_kind(report))
    if not open_questions or _is_blank(report):
        return None
    is_unclear = all(doubt.state is CallState.INDETERMINATE for doubt in open_questions)
    state = CallState.INDETERMINATE if is_unclear else CallState.NOT_ASSESSABLE
    return Headline(state_badge(state, say), _doubt_text(open_questions, specimen_word(primary_kind(report), say), say))


def _doubt_text(open_questions: Sequence[Doubt], specimen: str, say: Sentences) -> str:
    """Return which groups have no answer: all by name if they are few, else how many and the first."""
    number = len(open_questions)
    shown = number if number <= MAX_NAMES else MAX_EXAMPLES
    groups = listed([_doubt_name(doubt, say) for doubt in open_questions[:shown]], say)
    if number <= MAX_NAMES:
        return say.count("headline.doubt", number, specimen=specimen, groups=groups)
    return say("headline.doubts", n=number, specimen=specimen, groups=groups)
