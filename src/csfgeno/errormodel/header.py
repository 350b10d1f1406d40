"""What headers of model files and of files of counts have in common: their types, and how they are read."""

import json
from collections.abc import Mapping
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from csfgeno.errors import InputError

Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Position = Annotated[int, Field(ge=0)]
Bases = Annotated[str, Field(pattern="^[ACGTN]+$")]


class Entry(BaseModel):
    """Part of a header: nothing is left out, nothing more is there, and no value is converted."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


H = TypeVar("H", bound=Entry)


def read_header(kind: type[H], raw: Mapping[str, object], *, schema: str, name: str, remedy: str) -> H:
    """Return a checked header.

    Parameters
    ----------
    schema
        The schema that this version reads.
    name, remedy
        Name of the file, and what to do if it cannot be used, for messages.

    Raises
    ------
    InputError
        If it is of another schema, or a value is missing, of the wrong type or impossible.
    """
    if raw.get("schema") != schema:
        raise InputError(f"{name} has the schema {raw.get('schema')!r}, this version reads {schema}; {remedy}")
    try:
        return kind.model_validate_json(json.dumps(raw))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise InputError(f"{name}: {place} of its header cannot be used: {first['msg']}; {remedy}") from None
