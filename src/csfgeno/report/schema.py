"""The JSON Schema of a case, made from the records. `python -m csfgeno.report.schema` writes it again."""

import json
from importlib import resources
from pathlib import Path
from typing import Any, get_type_hints

from pydantic import TypeAdapter

from csfgeno import records
from csfgeno.io import outputs
from csfgeno.report.document import ADAPTER, DERIVED, SCHEMA_VERSION, derived_properties

FILE_NAME = "case_report.schema.json"

_CONTIGS = {
    "type": "array",
    "description": "Contigs of the genome, in the order in which findings are sorted.",
    "items": {
        "type": "object",
        "properties": {"name": {"type": "string"}, "length": {"type": "integer"}},
        "required": ["length", "name"],
        "additionalProperties": False,
    },
}


def build_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of the document that `to_document` gives."""
    schema = ADAPTER.json_schema(ref_template="#/$defs/{model}")
    for name, definition in schema["$defs"].items():
        if definition["type"] == "object":
            _close(definition, getattr(records, name))
    _close(schema, records.CaseReport)
    schema["properties"]["contigs"] = _CONTIGS
    schema["properties"]["schema_version"] = {"const": SCHEMA_VERSION}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def schema_bytes() -> bytes:
    """Return the schema as it is checked in."""
    return json.dumps(build_schema(), indent=2, sort_keys=True).encode() + b"\n"


def _close(definition: dict[str, Any], record: type) -> None:
    """Require every field, allow no other, and add the `derived` block of the record."""
    definition["description"] = (record.__doc__ or "").partition("\n")[0]
    properties = definition["properties"]
    for schema in properties.values():
        schema.pop("default", None)
    derived = {name: _property_schema(member) for name, member in derived_properties(record).items()}
    if derived:
        properties[DERIVED] = {
            "type": "object",
            "properties": derived,
            "required": sorted(derived),
            "additionalProperties": False,
        }
    definition["required"] = sorted(properties)
    definition["additionalProperties"] = False


def _property_schema(member: property) -> dict[str, Any]:
    schema = TypeAdapter(get_type_hints(member.fget)["return"]).json_schema()
    return {**schema, "description": (member.__doc__ or "").partition("\n")[0]}


if __name__ == "__main__":
    with resources.as_file(resources.files("csfgeno.report") / "schemas" / FILE_NAME) as path:
        outputs.write_bytes(Path(path), schema_bytes())
