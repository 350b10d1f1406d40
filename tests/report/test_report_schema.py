"""The JSON Schema is that of the code, and changes only by addition within one first number of the version.

A file of `released` holds one line a field and a value of the vocabularies as they were in its version. A line that
goes means another first number; a line that comes, a higher second one, and a default for the field.
"""

import json
from collections.abc import Iterator
from dataclasses import MISSING, fields
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from csfgeno import records
from csfgeno.report.document import DERIVED, SCHEMA_VERSION, parse_report, to_document
from csfgeno.report.schema import FILE_NAME, build_schema, schema_bytes

from .cases import CASES

RELEASED = sorted((Path(__file__).parent / "released").glob("*.txt"))


def lines_of(schema: dict[str, Any]) -> Iterator[str]:
    """Yield `Record.field type` of every field and `Vocabulary = value` of every value."""
    definitions = {**schema["$defs"], "CaseReport": schema}
    for name, definition in definitions.items():
        for value in definition.get("enum", ()):
            yield f"{name} = {value}"
        for key, own in definition.get("properties", {}).items():
            if key == DERIVED:
                yield from (f"{name}.{DERIVED}.{inner} {_type(kind)}" for inner, kind in own["properties"].items())
            elif key != "schema_version":
                yield f"{name}.{key} {_type(own)}"


def _type(schema: dict[str, Any]) -> str:
    told = {key: value for key, value in schema.items() if key not in ("description", "title", "default")}
    return json.dumps(told, sort_keys=True)


def test_the_schema_file_is_that_of_the_code() -> None:
    stored = resources.files("csfgeno.report") / "schemas" / FILE_NAME
    assert stored.read_bytes() == schema_bytes()


@pytest.mark.parametrize("path", RELEASED, ids=lambda path: path.stem)
def test_what_a_version_had_is_still_there(path: Path) -> None:
    then, now = set(path.read_text(encoding="utf-8").splitlines()), set(lines_of(build_schema()))
    assert not then - now, "a field went or changed: raise the first number of SCHEMA_VERSION"
    if now - then:
        assert _version(path.stem) < _version(SCHEMA_VERSION), "a field came: raise the second number"


@pytest.mark.parametrize("path", RELEASED, ids=lambda path: path.stem)
def test_a_field_that_came_later_has_a_default(path: Path) -> None:
    then = {line.partition(" ")[0] for line in path.read_text(encoding="utf-8").splitlines()}
    old_records = {name.partition(".")[0] for name in then}
    for name in old_records:
        for field in fields(getattr(records, name)) if hasattr(records, name) else ():
            if f"{name}.{field.name}" not in then and field.name != "schema_version":
                has_default = field.default is not MISSING or field.default_factory is not MISSING
                assert has_default, f"{name}.{field.name}"


@pytest.mark.parametrize("path", RELEASED, ids=lambda path: path.stem)
@pytest.mark.parametrize("name", ["driver_positive", "fusion_and_amplification", "swap_blocked"])
def test_a_document_of_an_earlier_version_is_read(path: Path, name: str) -> None:
    report = CASES[name]()
    then = {line.partition(" ")[0] for line in path.read_text(encoding="utf-8").splitlines()}
    document = {key: value for key, value in to_document(report).items() if f"CaseReport.{key}" in then} | {
        "schema_version": path.stem
    }
    assert ("serial" in document) is (path.stem != "1.0")
    assert parse_report(json.dumps(document).encode(), name="old.json") == report


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("."))
