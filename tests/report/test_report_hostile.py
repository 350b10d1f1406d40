"""Every text of a record turned into an attack: it must come out as text, in every format."""

import json
from dataclasses import fields, is_dataclass, replace
from typing import Any

import pytest

from csfgeno.records import CaseReport, CnsExposure, CnsGrade, Schedule, Setting, TherapyMatch
from csfgeno.report.formats import FORMATS
from csfgeno.report.page import render_html

from .cases import CASES
from .html_outline import parse
from .report_cases import HOSTILE

SPARED: dict[type, set[str]] = {
    Setting: {"name"},
    CnsGrade: {"letter", "raw"},
    TherapyMatch: {"phase"},
    Schedule: {"status"},
    CnsExposure: {"pgp", "bcrp"},
}
"""Fields that are words of closed vocabularies, though their type is text."""

FULL = ("molecules_drawn", "resistance", "fusion_and_amplification", "chip_and_germline", "swap_overridden", "vcf_only",
        "serial", "serial_structural", "qc_fail")  # fmt: skip


def poisoned(value: Any, spared: bool = False) -> Any:
    """Return a record in which every free text is the attack."""
    if is_dataclass(value) and not isinstance(value, type):
        kept = SPARED.get(type(value), set())
        changed = {f.name: poisoned(getattr(value, f.name), f.name in kept) for f in fields(value)}
        return replace(value, **changed)
    if isinstance(value, tuple):
        return tuple(poisoned(item, spared) for item in value)
    if isinstance(value, dict):
        return {key: poisoned(item, spared) for key, item in value.items()}
    return HOSTILE if type(value) is str and not spared else value


def attack(name: str) -> CaseReport:
    """Return a case of which every free text is hostile."""
    attacked: CaseReport = poisoned(CASES[name]())
    return attacked


@pytest.mark.parametrize("name", FULL)
def test_no_text_of_any_record_becomes_markup(name: str) -> None:
    html = render_html(attack(name)).decode()
    root = parse(html)
    assert "<script" not in html
    assert not root.all("script", "iframe", "object", "embed", "img", "link", "form", "base")
    assert len(root.all("style")) == 1
    assert not [e for e in root.everything() for attribute in e.attributes if attribute.startswith("on")]
    assert all(a.attributes["href"].startswith(("https://", "#")) for a in root.all("a"))
    assert "alert(" in root.text()


@pytest.mark.parametrize("name", FULL)
@pytest.mark.parametrize("form", [name for name, (ending, _) in FORMATS.items() if ending.endswith((".json", ".tsv"))])
def test_other_formats_stay_in_shape(name: str, form: str) -> None:
    content = FORMATS[form][1](attack(name)).decode()
    if FORMATS[form][0].endswith(".json"):
        json.loads(content)
    else:
        lines = content.split("\n")[:-1]
        assert {line.count("\t") for line in lines} == {lines[0].count("\t")}
        assert not [c for line in lines for c in line.split("\t") if c.startswith(("=", "+", "@"))]
