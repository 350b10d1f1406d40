"""What closes a report: limits and caveats, versions, glossary, sign-off and amendments."""

from dataclasses import dataclass

from csfgeno.records import CaseReport
from csfgeno.report import numerals
from csfgeno.report.sentences import Sentences
from csfgeno.report.view.parts import Row
from csfgeno.vocab import EvidenceMode, SpecimenKind


@dataclass(frozen=True, slots=True)
class ClosingView:
    """The closing sections; a field of the sign-off without a value is left open for the pen."""

    caveats: tuple[str, ...]
    versions: tuple[Row, ...]
    glossary: tuple[tuple[str, str], ...]
    signatures: tuple[tuple[str, str | None], ...]
    amendments: tuple[tuple[str, str], ...]


def build_closing(report: CaseReport, say: Sentences) -> ClosingView:
    """Return the closing sections."""
    sign_off = report.case.sign_off
    return ClosingView(
        caveats=tuple(_caveats(report, say)),
        versions=tuple(_versions(report, say)),
        glossary=tuple(_glossary(say)),
        signatures=tuple(_signatures(report, say)),
        amendments=tuple((a.amended.isoformat(), a.text) for a in sign_off.amendments),
    )


def status_word(report: CaseReport, say: Sentences) -> str | None:
    """Return the standing of the report in the laboratory."""
    status = report.case.sign_off.status
    return say(f"status.{status}") if status else None


def _signatures(report: CaseReport, say: Sentences) -> list[tuple[str, str | None]]:
    sign_off = report.case.sign_off
    values = {
        "reported": sign_off.reported.isoformat() if sign_off.reported else None,
        "status": status_word(report, say),
        "reviewer": sign_off.reviewer,
        "signed": None,
    }
    return [(say(f"signature.field.{name}"), value) for name, value in values.items()]


def _caveats(report: CaseReport, say: Sentences) -> list[str]:
    conditional = {
        "no_normal": report.case.specimen(SpecimenKind.NORMAL) is None,
        "vcf": any(qc.evidence_mode is EvidenceMode.VCF for qc in report.qc),
    }
    return [text for name, text in say.section("caveat") if conditional.get(name, True)]


def _versions(report: CaseReport, say: Sentences) -> list[Row]:
    origin, panel = report.provenance, report.panel
    size = say("version.size", bases=numerals.count(panel.size_bp), targets=numerals.count(len(panel.targets)))
    rows = {
        "software": (f"csfgeno {origin.version}", ""),
        "reference": (origin.build, origin.reference_sha256),
        "panel": (f"{origin.panel} {panel.version}, {size}", origin.panel_sha256),
        "knowledge": (origin.knowledge_version, origin.knowledge_sha256),
        "settings": (say("version.settings_text"), origin.settings_sha256),
        "schema": (report.schema_version, ""),
    }
    inputs = [Row(say("version.input"), (name, digest)) for name, digest in sorted(origin.inputs_sha256.items())]
    return [Row(say(f"version.{name}"), cells) for name, cells in rows.items()] + inputs


def _glossary(say: Sentences) -> list[tuple[str, str]]:
    names = [name.removesuffix(".term") for name, _ in say.section("glossary.terms") if name.endswith(".term")]
    return [(say(f"glossary.terms.{name}.term"), say(f"glossary.terms.{name}.text")) for name in names]
