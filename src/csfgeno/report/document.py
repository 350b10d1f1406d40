"""The JSON document of a case: canonical bytes out, the same record back in.

Every field of every record is written under its own name. What a record derives from its fields (its properties:
VAF, depth, whether a statement is provisional) stands beside them under `derived`, for readers who do not want to
compute it. Counts remain the source: on reading, `derived` must follow from them or the file is refused.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from csfgeno.errors import InputError
from csfgeno.io import outputs
from csfgeno.monitoring.earlier import EarlierCase
from csfgeno.records import CaseReport

SCHEMA_VERSION: Final = "1.2"
"""Version of the JSON document; additions raise the second number, anything else the first."""

DERIVED: Final = "derived"
ADAPTER: Final = TypeAdapter(CaseReport)


def to_json(report: CaseReport) -> bytes:
    """Return the canonical bytes: sorted keys, two-space indent, UTF-8, a newline at the end, no NaN."""
    text = json.dumps(to_document(report), indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return text.encode() + b"\n"


def to_document(report: CaseReport) -> dict[str, Any]:
    """Return the report as plain lists, dictionaries, numbers and strings.

    The contigs are a list, since the keys of a JSON object have no order and the order of contigs has a meaning.
    """
    document: dict[str, Any] = _plain(report)
    document["contigs"] = [{"name": name, "length": length} for name, length in report.contigs.items()]
    return document


def read_report(path: Path) -> CaseReport:
    """Read the JSON document of a case.

    Raises
    ------
    InputError
        If the file is unreadable, of another schema version, incomplete, or contradicts itself.
    """
    return parse_report(outputs.read_bytes(path), name=path.name)


def read_earlier(path: Path) -> EarlierCase:
    """Read the JSON document of an earlier case of a patient, with its digest.

    Raises
    ------
    InputError
        As `read_report`.
    """
    content = outputs.read_bytes(path)
    return EarlierCase(parse_report(content, name=path.name), hashlib.sha256(content).hexdigest())


def parse_report(content: bytes, *, name: str) -> CaseReport:
    """Return the report of a JSON document; `name` stands for it in messages.

    A document of an earlier version with the same first number lacks later fields, which then have their defaults; all
    that it says must agree with what is read. The report is of the present version.
    """
    document = _load(content, name)
    version = document.get("schema_version")
    _check_version(version, name)
    try:
        report = ADAPTER.validate_python(_source_fields(document))
    except (ValidationError, KeyError, TypeError) as error:
        raise InputError(f"'{name}' is not a complete csfgeno report: {_first_problem(error)}") from error
    read = to_document(report)
    if read != document if version == SCHEMA_VERSION else not _says(read, document):
        raise InputError(
            f"'{name}' contradicts itself: a derived value does not follow from its counts; was it edited?"
        )
    return replace(report, schema_version=SCHEMA_VERSION)


def _check_version(version: object, name: str) -> None:
    """Refuse a document that this csfgeno cannot read, with what to do."""
    major, minor = SCHEMA_VERSION.split(".")
    match = re.fullmatch(rf"{major}\.([0-9]{{1,4}})", version) if isinstance(version, str) else None
    if match and int(match[1]) <= int(minor):
        return
    advice = "call the case again, or read it with the csfgeno that wrote it"
    if match:
        advice = "it was written by a later csfgeno; read it with that one"
    raise InputError(
        f"'{name}' has schema version {version!r}, this csfgeno reads {major}.0 to {SCHEMA_VERSION}; {advice}"
    )


def _says(whole: object, part: object) -> bool:
    """Whether a document says all that an earlier one says; keys that are new are no contradiction."""
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(key in whole and _says(whole[key], value) for key, value in part.items())
    if isinstance(part, list) and isinstance(whole, list):
        return len(part) == len(whole) and all(_says(*pair) for pair in zip(whole, part, strict=True))
    return whole == part


def derived_properties(record: type) -> dict[str, property]:
    """Return the properties of a record class: what its `derived` block holds."""
    return {name: member for name, member in vars(record).items() if isinstance(member, property)}


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        plain = {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
        derived = {name: _plain(getattr(value, name)) for name in derived_properties(type(value))}
        return plain | {DERIVED: derived} if derived else plain
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value


def _load(content: bytes, name: str) -> dict[str, Any]:
    try:
        document = json.loads(content)
    except ValueError as error:
        raise InputError(f"'{name}' is not JSON ({error}); expected a csfgeno JSON report") from error
    if not isinstance(document, dict):
        raise InputError(f"'{name}' holds no JSON object; expected a csfgeno JSON report")
    return document


def _source_fields(document: dict[str, Any]) -> dict[str, Any]:
    source: dict[str, Any] = _without_derived(document)
    source["contigs"] = {contig["name"]: contig["length"] for contig in source["contigs"]}
    return source


def _without_derived(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_derived(item) for key, item in value.items() if key != DERIVED}
    return [_without_derived(item) for item in value] if isinstance(value, list) else value


def _first_problem(error: Exception) -> str:
    if not isinstance(error, ValidationError):
        return f"{error} is missing or of the wrong kind"
    problem = error.errors()[0]
    return f"{'.'.join(str(part) for part in problem['loc'])}: {problem['msg']}"
