"""Who the report is about, what was asked, and which tubes answer."""

from dataclasses import dataclass

from csfgeno.records import CaseReport, PriorTherapy, Specimen
from csfgeno.report import numerals
from csfgeno.report.sentences import Sentences
from csfgeno.report.view.closing import status_word
from csfgeno.report.view.parts import Badge, drug_names, specimen_kinds, specimen_qc, specimen_word, verdict_badge


@dataclass(frozen=True, slots=True)
class Tube:
    """One specimen in three lines: what it is and whether it is good, its name, its facts."""

    specimen: str
    verdict: Badge | None
    sample: str
    facts: str


@dataclass(frozen=True, slots=True)
class Identity:
    """Who and what was asked; `who` and `asked` are names and values in reading order."""

    patient_code: str
    case_id: str
    who: tuple[tuple[str, str], ...]
    tubes: tuple[Tube, ...]
    asked: tuple[tuple[str, str], ...]


def build_identity(report: CaseReport, say: Sentences) -> Identity:
    """Return who the report is about, with what the requester supplied."""
    case = report.case
    return Identity(
        patient_code=case.patient_code,
        case_id=case.case_id,
        who=tuple(_who(report, say)),
        tubes=tuple(_tube(s, report, say) for kind in specimen_kinds(report) if (s := case.specimen(kind))),
        asked=tuple(_asked(report, say)),
    )


def _who(report: CaseReport, say: Sentences) -> list[tuple[str, str]]:
    case, sign_off = report.case, report.case.sign_off
    reported = (sign_off.reported.isoformat() if sign_off.reported else "", status_word(report, say) or "")
    values = {
        "patient": case.patient_code,
        "second": case.request.second_identifier,
        "case": case.case_id,
        "reported": ", ".join(text for text in reported if text),
    }
    optional = {"second"}
    return [
        (say(f"page.{name}"), value or say("identity.not_given"))
        for name, value in values.items()
        if value or name not in optional
    ]


def _asked(report: CaseReport, say: Sentences) -> list[tuple[str, str]]:
    clinical, request = report.case.clinical, report.case.request
    ordered = (request.clinician or "", request.ordered.isoformat() if request.ordered else "")
    answers = {
        "question": clinical.question,
        "cytology": clinical.cytology.replace("_", " ") if clinical.cytology else None,
        "mri": clinical.mri,
        "prior": "; ".join(_prior(therapy, report, say) for therapy in clinical.prior_therapies),
        "clinician": ", ".join(text for text in ordered if text),
        "laboratory": request.laboratory,
    }
    return [(say(f"identity.{name}"), text or say("identity.not_given")) for name, text in answers.items()]


def _tube(specimen: Specimen, report: CaseReport, say: Sentences) -> Tube:
    qc = specimen_qc(report, specimen.kind)
    facts = (
        specimen.collected.isoformat() if specimen.collected else say("identity.no_date"),
        f"{numerals.quantity(specimen.volume_ml)} mL" if specimen.volume_ml is not None else "",
        say("identity.input", mass=numerals.quantity(specimen.input_ng)) if specimen.input_ng is not None else "",
        say(f"preparation.{specimen.preparation}") if specimen.preparation else "",
        say(f"mode.{qc.evidence_mode}") if qc else "",
    )
    return Tube(
        specimen=specimen_word(specimen.kind, say),
        verdict=verdict_badge(qc.verdict, say) if qc else None,
        sample=specimen.sample,
        facts=", ".join(fact for fact in facts if fact),
    )


def _prior(therapy: PriorTherapy, report: CaseReport, say: Sentences) -> str:
    name = drug_names(report).get(therapy.drug_id, therapy.drug_id.replace("_", " "))
    if not therapy.started and not therapy.stopped:
        return name
    started = therapy.started.isoformat() if therapy.started else "?"
    stopped = therapy.stopped.isoformat() if therapy.stopped else say("list.today")
    return f"{name} ({started} {say('list.to')} {stopped})"
