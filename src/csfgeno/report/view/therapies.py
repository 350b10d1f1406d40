"""Therapies: what is active in the CNS, what resistance says, and on which evidence."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from csfgeno.records import CaseReport, Caveat, CnsGrade, EvidenceRow, LabelStatus, Objection, TherapyMatch
from csfgeno.report.sentences import Sentences
from csfgeno.report.view.parts import Badge, Link, finding_name, in_specimen, is_detected_anywhere
from csfgeno.vocab import Direction, Verification

ADDRESSES: Final = (
    (re.compile(r"(?:PMID:)?(\d{1,9})"), "PMID", "https://pubmed.ncbi.nlm.nih.gov/{}/"),
    (re.compile(r"(NCT\d{8})"), "", "https://clinicaltrials.gov/study/{}"),
    (re.compile(r"(?:DOI:)?(10\.\d{4,9}/\S+)", re.IGNORECASE), "doi", "https://doi.org/{}"),
)
"""Forms of a citation and the address of each."""


@dataclass(frozen=True, slots=True)
class EvidenceView:
    """One study; `result` is a sentence that says so if the figure may not be shown."""

    study: str
    setting: str
    result: str
    is_provisional: bool
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class TherapyView:
    """One statement on one drug or combination."""

    act_id: str
    drug: str
    direction: Badge
    basis: str
    specimens: str
    lm: Badge
    bm: Badge
    pk: Badge
    amp: str
    escat: str
    line: str
    message: str
    regulatory: tuple[str, ...]
    caveats: tuple[str, ...]
    received: str | None
    provisional: Badge | None
    evidence: tuple[EvidenceView, ...]
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class TherapiesView:
    """The section of therapies."""

    options: tuple[TherapyView, ...]
    warnings: tuple[TherapyView, ...]
    remarks: tuple[TherapyView, ...]


def build_therapies(report: CaseReport, say: Sentences) -> TherapiesView:
    """Return the section of therapies, in the order in which the knowledge tables ranked them."""
    views = [(match.direction, _therapy(match, report, say)) for match in report.therapies]
    return TherapiesView(
        options=tuple(view for direction, view in views if direction is Direction.SENSITIVE),
        warnings=tuple(v for d, v in views if d in (Direction.RESISTANT, Direction.REDUCED, Direction.NO_OPTION)),
        remarks=tuple(view for direction, view in views if direction is Direction.PROGNOSTIC),
    )


def cite(reference: str) -> Link:
    """Return the link of a PMID, NCT number or DOI; anything else stays text."""
    for pattern, prefix, address in ADDRESSES:
        if found := pattern.fullmatch(reference):
            return Link(f"{prefix} {found[1]}".strip(), address.format(quote(found[1], safe="/")))
    return Link(reference, None)


def _therapy(match: TherapyMatch, report: CaseReport, say: Sentences) -> TherapyView:
    return TherapyView(
        act_id=match.act_id,
        drug=" + ".join(match.drug_names) or say("therapy.no_drug"),
        direction=Badge(match.direction, say(f"direction.{match.direction}")),
        basis=", ".join(_basis(match, report)),
        specimens=", ".join(in_specimen(kind, say) for kind in match.specimens),
        lm=_grade([schedule.lm for schedule in match.schedules[:1]], "lm", say),
        bm=_grade([schedule.bm for schedule in match.schedules[:1]], "bm", say),
        pk=_grade([exposure.grade for exposure in match.exposures], "pk", say),
        amp=match.amp_tier,
        escat=match.escat,
        line=match.line_context,
        message=match.message,
        regulatory=tuple(_label(label, say) for label in match.labels),
        caveats=(*(_objection(o, say) for o in match.objections), *(_caveat(c, say) for c in match.caveats)),
        received=_received(match, say),
        provisional=Badge("provisional", say("therapy.provisional")) if match.is_provisional else None,
        evidence=tuple(_evidence(row, say) for row in match.evidence),
        links=_further_links(match),
    )


def _basis(match: TherapyMatch, report: CaseReport) -> list[str]:
    """Return the findings that carry the biomarkers; the biomarker ids where none is named."""
    wanted = set(match.biomarker_ids)
    carriers = (f for f in report.findings if wanted.intersection(f.biomarker_ids) and is_detected_anywhere(f))
    return list(dict.fromkeys(finding_name(finding) for finding in carriers)) or list(match.biomarker_ids)


def _grade(grades: Sequence[CnsGrade], axis: str, say: Sentences) -> Badge:
    """Return the badge of one grade; of several drugs the weakest."""
    letter = max((grade.letter for grade in grades), default="NA").lower()
    return Badge(f"grade-{letter}", say(f"grade.{axis}.{letter}"))


def _label(label: LabelStatus, say: Sentences) -> str:
    kind = "seen" if label.verification is Verification.VERIFIED else "unseen"
    return say(f"therapy.label.{kind}", drug=label.drug_name, agency=label.agency, status=label.status)


def _objection(objection: Objection, say: Sentences) -> str:
    return say(
        f"therapy.objection.{objection.kind}.{objection.direction}",
        drugs=" + ".join(objection.drug_names),
        biomarkers=" with ".join(objection.biomarker_names),
        act_id=objection.act_id,
    )


def _caveat(caveat: Caveat, say: Sentences) -> str:
    return say(f"therapy.caveat.{caveat.code}", **caveat.values)


def _further_links(match: TherapyMatch) -> tuple[Link, ...]:
    """Return the references of the statement that its evidence does not already cite."""
    cited = {link for row in match.evidence for link in _evidence_links(row)}
    return tuple(link for link in dict.fromkeys(cite(reference) for reference in match.refs) if link not in cited)


def _evidence_links(row: EvidenceRow) -> tuple[Link, ...]:
    return tuple(cite(reference) for reference in (row.pmid, row.doi, row.nct) if reference)


def _received(match: TherapyMatch, say: Sentences) -> str | None:
    drugs = ", ".join(dict.fromkeys(use.drug_name for use in match.prior))
    return say("therapy.received", drugs=drugs) if drugs else None


def _evidence(row: EvidenceRow, say: Sentences) -> EvidenceView:
    # METHOD: a figure that nobody has seen in a source is not printed; the study is named and said to be unchecked.
    is_seen = row.verification is Verification.VERIFIED
    return EvidenceView(
        study=f"{row.study}, {row.year}" if row.year else row.study,
        setting=row.cns_setting,
        result=row.result if is_seen else say("therapy.unseen_figure"),
        is_provisional=not is_seen,
        links=_evidence_links(row),
    )
