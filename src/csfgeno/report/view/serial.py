"""Serial samples: the dates of treatments and specimens in order, as far as they are known."""

from csfgeno.records import CaseReport
from csfgeno.report.sentences import Sentences
from csfgeno.report.view.parts import Row, drug_names, in_specimen


def build_serial(report: CaseReport, say: Sentences) -> tuple[Row, ...]:
    """Return one row an event: a treatment begun or ended, a specimen taken; events without a date come first."""
    return tuple(Row(day or say("identity.not_given"), (text,)) for day, text in sorted(_events(report, say)))


def _events(report: CaseReport, say: Sentences) -> list[tuple[str, str]]:
    names = drug_names(report)
    events = []
    for therapy in report.case.clinical.prior_therapies:
        name = names.get(therapy.drug_id, therapy.drug_id.replace("_", " "))
        for key, day in (("started", therapy.started), ("stopped", therapy.stopped)):
            if day:
                events.append((day.isoformat(), say(f"serial.{key}", drug=name)))
        if not therapy.started and not therapy.stopped:
            events.append(("", say("serial.given", drug=name)))
    for tube in report.case.specimens:
        taken = tube.collected.isoformat() if tube.collected else ""
        events.append((taken, say("serial.collected", specimen=in_specimen(tube.kind, say))))
    return events
