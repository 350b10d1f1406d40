"""The JSON document: canonical, complete, validated by its schema, and read back as the same record."""

import json
from collections.abc import Callable
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from csfgeno.errors import InputError
from csfgeno.records import CaseReport
from csfgeno.report.document import parse_report, read_report, to_document, to_json
from csfgeno.report.schema import FILE_NAME, build_schema, schema_bytes

from .report_cases import CASES, adequate_negative, driver_positive

Edit = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize("make", CASES.values(), ids=CASES)
def test_report_comes_back_as_it_went(make: Callable[[], CaseReport], tmp_path: Path) -> None:
    report = make()
    path = tmp_path / "case.json"
    path.write_bytes(to_json(report))
    again = read_report(path)
    assert again == report
    assert list(again.contigs.items()) == list(report.contigs.items())
    assert to_json(again) == to_json(report)


@pytest.mark.parametrize("make", CASES.values(), ids=CASES)
def test_document_is_valid_by_the_schema(make: Callable[[], CaseReport]) -> None:
    jsonschema.Draft202012Validator(build_schema()).validate(json.loads(to_json(make())))


def test_schema_is_itself_valid_and_up_to_date() -> None:
    jsonschema.Draft202012Validator.check_schema(build_schema())
    checked_in = (resources.files("csfgeno.report") / "schemas" / FILE_NAME).read_bytes()
    assert checked_in == schema_bytes(), "run: python -m csfgeno.report.schema"


def test_schema_refuses_what_is_missing_or_unknown() -> None:
    validator = jsonschema.Draft202012Validator(build_schema())
    document = to_document(driver_positive())
    without = {key: value for key, value in document.items() if key != "provenance"}
    assert not validator.is_valid(without)
    assert not validator.is_valid(document | {"extra": 1})


def test_bytes_are_canonical() -> None:
    content = to_json(driver_positive())
    assert content.endswith(b"}\n")
    keys = list(json.loads(content))
    assert keys == sorted(keys)
    assert b'\n  "case": {' in content


def test_derived_values_stand_beside_their_counts() -> None:
    finding = to_document(driver_positive())["findings"][1]
    counts = finding["calls"][0]["counts"]
    assert counts["derived"] == {"depth": 1312, "alt": 5, "alt_duplex": 2, "vaf": 5 / 1312}
    assert finding["allele"]["derived"] == {"end": 55181378, "klass": "SNV"}
    assert finding["calls"][0]["state"] == "DETECTED"


def test_not_a_number_is_refused() -> None:
    report = adequate_negative()
    qc = replace(report.qc[0], median_depth=float("nan"))
    with pytest.raises(ValueError, match="not JSON compliant"):
        to_json(replace(report, qc=(qc,)))


@given(st.text())
def test_any_patient_code_survives(code: str) -> None:
    report = adequate_negative()
    report = replace(report, case=replace(report.case, patient_code=code.encode("utf-8", "ignore").decode()))
    assert parse_report(to_json(report), name="x") == report


def _set_vaf(document: dict[str, Any]) -> None:
    document["findings"][1]["calls"][0]["counts"]["derived"]["vaf"] = 0.38


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (
            lambda d: d.update(schema_version="2.0"),
            "has schema version '2.0', this csfgeno reads 1.0 to .*call the case again",
        ),
        (lambda d: d.update(schema_version="1.999"), "written by a later csfgeno; read it with that one"),
        (lambda d: d.update(schema_version=1.0), "has schema version 1.0, this csfgeno reads"),
        (lambda d: d.pop("schema_version"), "has schema version None"),
        (lambda d: d.pop("verdict"), "not a complete csfgeno report: verdict: "),
        (lambda d: d.pop("contigs"), "not a complete csfgeno report: 'contigs' is missing"),
        (lambda d: d["findings"][0]["calls"][0].update(state="NEGATIVE"), "findings.0.calls.0.state"),
        (_set_vaf, "contradicts itself"),
        (lambda d: d.update(comment="edited"), "contradicts itself"),
    ],
)
def test_wrong_documents_are_refused_with_a_sentence(edit: Edit, message: str) -> None:
    document = to_document(driver_positive())
    edit(document)
    with pytest.raises(InputError, match=message):
        parse_report(json.dumps(document).encode(), name="case.json")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe"])
def test_what_is_no_report_is_refused(content: bytes) -> None:
    with pytest.raises(InputError, match="expected a csfgeno JSON report"):
        parse_report(content, name="case.json")


def test_absent_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"absent\.json' cannot be read: No such file"):
        read_report(tmp_path / "absent.json")
