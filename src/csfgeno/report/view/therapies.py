"""Therapies: what is active in the CNS, what resistance says, and on which evidence."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from csfgeno.records import (
    CaseReport,
    Caveat,
    CnsExposure,
    CnsGrade,
    ContextFact,
    EvidenceRow,
    LabelStatus,
    Objection,
    Schedule,
    TherapyMatch,
)
from csfgeno.report import numerals
from csfgeno.report.sentences import Sentences
from csfgeno.report.view.citations import cite, cite_row, place
from csfgeno.report.view.parts import Badge, Link, finding_name, in_specimen
from csfgeno.vocab import Direction, Standing, Verification

WARNINGS = (Direction.RESISTANT, Direction.REDUCED, Direction.NO_OPTION)


@dataclass(frozen=True, slots=True)
class EvidenceView:
    """One study and the row of the tables that holds it; `result` says so if the figure may not be shown."""

    study: str
    setting: str
    result: str
    is_provisional: bool
    links: tuple[Link, ...]
    row_id: str = ""


@dataclass(frozen=True, slots=True)
class ScheduleView:
    """One dose with the grades that hold for it and for no other, and how they came about."""

    dose: str
    status: str
    lm: Badge
    bm: Badge
    derivation: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TherapyView:
    """One statement on one drug or combination."""

    act_id: str
    drug: str
    direction: Badge
    standing: Standing
    basis: str
    specimens: str
    dose: str
    lm: Badge
    bm: Badge
    pk: Badge
    amp: str
    escat: str
    line: str
    message: str
    regulatory: tuple[str, ...]
    objections: tuple[str, ...]
    caveats: tuple[str, ...]
    received: str | None
    provisional: Badge | None
    schedules: tuple[ScheduleView, ...]
    exposures: tuple[EvidenceView, ...]
    evidence: tuple[EvidenceView, ...]
    links: tuple[Link, ...]
    as_of: str
    source: str


@dataclass(frozen=True, slots=True)
class ContextView:
    """Something to ask or to bear in mind that is no drug, with the facts behind it and the row that makes it."""

    kind: str
    message: str
    action: str
    basis: str
    links: tuple[Link, ...]
    facts: tuple[EvidenceView, ...]
    row: str


@dataclass(frozen=True, slots=True)
class TherapiesView:
    """The section of therapies: what is open now, what is not, what speaks against a drug, what is no drug."""

    options: tuple[TherapyView, ...]
    closed: tuple[TherapyView, ...]
    warnings: tuple[TherapyView, ...]
    remarks: tuple[TherapyView, ...]
    context: tuple[ContextView, ...]


def build_therapies(report: CaseReport, say: Sentences) -> TherapiesView:
    """Return the section of therapies, in the order in which the knowledge tables ranked them."""

    def chosen(fits: Callable[[TherapyMatch], bool]) -> tuple[TherapyView, ...]:
        return tuple(_therapy(match, report, say) for match in report.therapies if fits(match))

    return TherapiesView(
        options=chosen(lambda m: m.direction is Direction.SENSITIVE and _is_open(m)),
        closed=chosen(lambda m: m.direction is Direction.SENSITIVE and not _is_open(m)),
        warnings=chosen(lambda m: m.direction in WARNINGS),
        remarks=chosen(lambda m: m.direction is Direction.PROGNOSTIC),
        context=tuple(_context(report, say)),
    )


def _is_open(match: TherapyMatch) -> bool:
    return match.standing in (Standing.OFFERED, Standing.CONDITIONAL, Standing.STATED)


def _therapy(match: TherapyMatch, report: CaseReport, say: Sentences) -> TherapyView:
    usual = match.schedules[:1]
    return TherapyView(
        act_id=match.act_id,
        drug=" + ".join(match.drug_names) or say("therapy.no_drug"),
        direction=Badge(match.direction, say(f"direction.{match.direction}")),
        standing=match.standing,
        basis=", ".join(dict.fromkeys(_basis(match, report))),
        specimens=", ".join(in_specimen(kind, say) for kind in match.specimens),
        dose=usual[0].dose if usual else "",
        lm=_grade([schedule.lm for schedule in usual], "lm", say),
        bm=_grade([schedule.bm for schedule in usual], "bm", say),
        pk=_grade([exposure.grade for exposure in match.exposures], "pk", say),
        amp=match.amp_tier,
        escat=match.escat,
        line=match.line_context,
        message=match.message,
        regulatory=tuple(_label(label, say) for label in match.labels),
        objections=tuple(_objection(objection, say) for objection in match.objections),
        caveats=tuple(_caveat(caveat, say) for caveat in match.caveats),
        received=_received(match, say),
        provisional=Badge("provisional", say("therapy.provisional")) if match.is_provisional else None,
        schedules=tuple(_schedule(schedule, match, say) for schedule in match.schedules),
        exposures=tuple(view for exposure in match.exposures for view in _exposure(exposure, say)),
        evidence=tuple(_evidence(row, say) for row in match.evidence),
        links=_further_links(match),
        as_of=match.as_of.isoformat(),
        source=match.source,
    )


def _context(report: CaseReport, say: Sentences) -> Iterator[ContextView]:
    for item in report.context:
        yield ContextView(
            kind=say(f"therapy.context.{item.kind}"),
            message=item.message,
            action=item.action,
            basis=", ".join(basis.name for basis in item.basis),
            links=tuple(cite(reference) for reference in item.refs),
            facts=tuple(_fact(fact, say) for fact in item.facts),
            row=say("therapy.rule", act_id=item.context_id, date=item.as_of.isoformat()),
        )


def _fact(fact: ContextFact, say: Sentences) -> EvidenceView:
    is_seen = fact.verification is Verification.VERIFIED
    result = fact.value if is_seen else say("therapy.unseen_figure")
    return EvidenceView(fact.statement, fact.citation, result, not is_seen, cite_row(fact), fact.fact_id)


def _basis(match: TherapyMatch, report: CaseReport) -> Iterator[str]:
    """Yield the variants that a statement rests on, and the name of each biomarker that is no small variant.

    Not every finding of the biomarker: an inherited TP53 change beside that of the tumour drives nothing.
    """
    names = {finding.allele: finding_name(finding) for finding in report.findings}
    for basis in match.basis:
        found = [names[allele] for allele in basis.alleles if allele in names]
        yield from found
        if basis.events or not found:
            yield basis.name


# -------------------------------------------------------------------------------------------- grades


def _grade(grades: Sequence[CnsGrade], axis: str, say: Sentences) -> Badge:
    """Return the badge of one grade; of several drugs the weakest."""
    letter = max((grade.letter for grade in grades), default="NA").lower()
    return Badge(f"grade-{letter}", say(f"grade.{axis}.{letter}"))


def _schedule(schedule: Schedule, match: TherapyMatch, say: Sentences) -> ScheduleView:
    return ScheduleView(
        dose=schedule.dose,
        status=say(f"schedule.{schedule.status}"),
        lm=_grade([schedule.lm], "lm", say),
        bm=_grade([schedule.bm], "bm", say),
        derivation=tuple(text for grade in (schedule.lm, schedule.bm) for text in _derivation(grade, match, say)),
    )


def _derivation(grade: CnsGrade, match: TherapyMatch, say: Sentences) -> Iterator[str]:
    """Yield how each study came to its letter, and where there is none, why the grade is what it is."""
    studies = {row.evidence_id: row.study for row in match.evidence}
    axis = say(f"axis.{grade.axis.lower()}")
    if not grade.steps:
        yield say(f"grade_reason.{grade.reason}", axis=axis)
    for step in grade.steps:
        changes = "".join(
            f"; {say(f'grade_change.{change}', marker=step.borrowed_from or '')}" for change in step.changes
        )
        key = "therapy.step" if step.letter else "therapy.step_out"
        study = studies.get(step.row_id, step.row_id)
        yield say(key, axis=axis, study=study, design=step.by_design, letter=step.letter or "", changes=changes)


def _exposure(exposure: CnsExposure, say: Sentences) -> Iterator[EvidenceView]:
    transporters = {"pgp": say(f"transporter.{exposure.pgp}"), "bcrp": say(f"transporter.{exposure.bcrp}")}
    result = say("therapy.transporters", **transporters)
    seen_at = (place(exposure.transporters_seen_at),) if exposure.transporters_seen_at else ()
    yield EvidenceView(exposure.drug_name, _grade([exposure.grade], "pk", say).word, result, False, seen_at)
    for level in exposure.levels:
        is_seen = level.verification is Verification.VERIFIED
        yield EvidenceView(
            study=f"{level.study}, {level.year}" if level.year else level.study,
            setting=say(f"pk_metric.{level.metric}"),
            result=level.result if is_seen else say("therapy.unseen_figure"),
            is_provisional=not is_seen,
            links=cite_row(level),
            row_id=level.pk_id,
        )


# ------------------------------------------------------------------------------------------- remarks


def _label(label: LabelStatus, say: Sentences) -> str:
    kind = "seen" if label.verification is Verification.VERIFIED else "unseen"
    values = {"drug": label.drug_name, "agency": label.agency, "status": label.status, "source": label.source}
    return say(f"therapy.label.{kind}", **values)


def _objection(objection: Objection, say: Sentences) -> str:
    return say(
        f"therapy.objection.{objection.kind}.{objection.direction}",
        drugs=" + ".join(objection.drug_names),
        biomarkers=" with ".join(objection.biomarker_names),
        act_id=objection.act_id,
    )


def _caveat(caveat: Caveat, say: Sentences) -> str:
    return say(f"therapy.caveat.{caveat.code}", **caveat.values)


def _received(match: TherapyMatch, say: Sentences) -> str | None:
    drugs = ", ".join(dict.fromkeys(use.drug_name for use in match.prior))
    return say("therapy.received", drugs=drugs) if drugs else None


def _further_links(match: TherapyMatch) -> tuple[Link, ...]:
    """Return the references of the statement that its evidence does not already cite."""
    cited = {link for row in match.evidence for link in cite_row(row)}
    return tuple(link for link in dict.fromkeys(cite(reference) for reference in match.refs) if link not in cited)


def _evidence(row: EvidenceRow, say: Sentences) -> EvidenceView:
    # METHOD: a figure that nobody has seen in a source is not printed; the study is named and said to be unchecked.
    is_seen = row.verification is Verification.VERIFIED
    return EvidenceView(
        study=f"{row.study}, {row.year}" if row.year else row.study,
        setting=row.cns_setting,
        result=_figure(row, say) if is_seen else say("therapy.unseen_figure"),
        is_provisional=not is_seen,
        links=cite_row(row),
        row_id=row.evidence_id,
    )


def _figure(row: EvidenceRow, say: Sentences) -> str:
    """Return the result with the exact interval of its response rate, where the counts are known."""
    if row.orr_low is None or row.orr_high is None or row.patients is None:
        return row.result
    interval = numerals.percent_range(row.orr_low, row.orr_high)
    return say("therapy.response", result=row.result, patients=numerals.count(row.patients), interval=interval)
