"""Method: how molecules were counted and called, and every threshold of the run."""

from dataclasses import dataclass

from csfgeno.records import CaseReport, Setting
from csfgeno.report.sentences import Sentences
from csfgeno.report.view.parts import Row, specimen_kinds, specimen_qc, specimen_word


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
    """The section of methods."""

    paragraphs: tuple[str, ...]
    error_model: str
    modes: tuple[Row, ...]
    genes: str
    settings: tuple[SettingRow, ...]
    changed: str


def build_methods(report: CaseReport, say: Sentences) -> MethodsView:
    """Return the section of methods."""
    return MethodsView(
        paragraphs=tuple(text for _, text in say.section("methods.paragraph")),
        error_model=report.error_model,
        modes=tuple(_modes(report, say)),
        genes=", ".join(sorted({target.gene for target in report.panel.targets})),
        settings=tuple(_setting_row(setting) for setting in report.settings),
        changed=_changed(report, say),
    )


def _modes(report: CaseReport, say: Sentences) -> list[Row]:
    records = [qc for kind in specimen_kinds(report) if (qc := specimen_qc(report, kind))]
    return [Row(specimen_word(qc.specimen, say), (say(f"mode_text.{qc.evidence_mode}"),)) for qc in records]


def _changed(report: CaseReport, say: Sentences) -> str:
    changed = [setting for setting in report.settings if setting.value != setting.default]
    if not changed:
        return say("methods.settings_default")
    names = ", ".join(
        f"{s.name} = {s.value} ({s.origin}; {say('methods.changed', default=s.default)})" for s in changed
    )
    return say("methods.settings_changed", names=names)


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
