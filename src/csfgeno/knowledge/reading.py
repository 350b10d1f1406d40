"""The knowledge tables as text: one file each, tab-separated, header first."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources.abc import Traversable

from csfgeno.errors import ReferenceDataError
from csfgeno.knowledge.schema import COLUMNS


@dataclass(frozen=True, slots=True)
class RawRow:
    """One line of a table as text; `line` counts from 1 and includes the header."""

    table: str
    line: int
    cells: Mapping[str, str]

    @property
    def row_id(self) -> str:
        """Text of the first column."""
        return next(iter(self.cells.values()))


RawTables = Mapping[str, tuple[RawRow, ...]]


def read_tables(folder: Traversable) -> RawTables:
    """Return the rows of every table as text.

    Raises
    ------
    ReferenceDataError
        If a file is missing, has other columns than expected, or a line has another number of columns.
    """
    return {name: _read_table(folder, name) for name in COLUMNS}


def _read_table(folder: Traversable, name: str) -> tuple[RawRow, ...]:
    columns = list(COLUMNS[name])
    try:
        lines = (folder / name).read_bytes().decode().removesuffix("\n").split("\n")
    except FileNotFoundError:
        raise ReferenceDataError(f"the knowledge table {name} is missing; expected {', '.join(COLUMNS)}") from None
    except UnicodeDecodeError:
        raise ReferenceDataError(f"the knowledge table {name} is not UTF-8 text") from None
    if not lines or lines[0].split("\t") != columns:
        raise ReferenceDataError(f"the header of {name} is not as expected; expected columns: {', '.join(columns)}")
    return tuple(_read_row(name, i, line, columns) for i, line in enumerate(lines[1:], start=2))


def _read_row(name: str, number: int, line: str, columns: list[str]) -> RawRow:
    cells = line.split("\t")
    if len(cells) != len(columns):
        raise ReferenceDataError(f"{name}, line {number} has {len(cells)} columns; expected {len(columns)}")
    return RawRow(name, number, dict(zip(columns, cells, strict=True)))
