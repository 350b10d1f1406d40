"""Method, limits, versions: what a reviewer needs to judge the report or to repeat it."""

from dataclasses import dataclass

from csfgeno.records import CaseReport, Setting
from csfgeno.report import numerals
from csfgeno.report.sentences import Sentences
from csfgeno.report.view.parts import Row, specimen_kinds, specimen_qc, specimen_word
from csfgeno.vocab import EvidenceMode, SpecimenKind


@dataclass(frozen=True, slots=True)
class SettingRow:
    """One threshold as used."""

    name: str
    value: str
    default: str
    unit: str
    is_changed: bool
    meaning: str
    source: str
    origin: str


@dataclass(frozen=True, slots=True)
class MethodsView:
    """The sections of methods, limits, versions, glossary and sign-off."""

    paragraphs: tuple[str, ...]
    error_model: str
    modes: tuple[Row, ...]
    genes: str
    settings: tuple[SettingRow, ...]
    caveats: tuple[str, ...]
    versions: tuple[Row, ...]
    glossary: tuple[tuple[str, str], ...]
    signatures: tuple[str, ...]


def build_methods(report: CaseReport, say: Sentences) -> MethodsView:
    """Return the closing sections."""
    return MethodsView(
        paragraphs=tuple(text for _, text in say.section("methods.paragraph")),
        error_model=report.error_model,
        modes=tuple(_modes(report, say)),
        genes=", ".join(sorted({target.gene for target in report.panel.targets})),
        settings=tuple(_setting_row(setting) for setting in report.settings),
        caveats=tuple(_caveats(report, say)),
        versions=tuple(_versions(report, say)),
        glossary=tuple(_glossary(say)),
        signatures=tuple(text for _, text in say.section("signature.field")),
    )


def _modes(report: CaseReport, say: Sentences) -> list[Row]:
    records = [qc for kind in specimen_kinds(report) if (qc := specimen_qc(report, kind))]
    return [Row(specimen_word(qc.specimen, say), (say(f"mode_text.{qc.evidence_mode}"),)) for qc in records]


def _setting_row(setting: Setting) -> SettingRow:
    return SettingRow(
        name=setting.name,
        value=str(setting.value),
        default=str(setting.default),
        unit=setting.unit,
        is_changed=setting.value != setting.default,
        meaning=setting.meaning,
        source=setting.source,
        origin=setting.origin,
    )


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
