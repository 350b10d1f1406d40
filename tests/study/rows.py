"""Results of a study as lines of JSON, so that several runs add up to one page."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

Row = TypeVar("Row")


def keep(path: Path, rows: Iterable[Any]) -> None:
    """Append dataclass rows to a file as they come."""
    for row in rows:
        with path.open("a", encoding="utf-8") as out:
            out.write(json.dumps(asdict(row)) + "\n")


def recall(path: Path, kind: type[Row]) -> list[Row]:
    """Return the rows of a file, none if there is no file."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [kind(**json.loads(line)) for line in lines]
