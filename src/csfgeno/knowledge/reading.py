"""The knowledge tables as text: one file each, tab-separated, header first; an overlay adds rows and replaces some."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from csfgeno.errors import ReferenceDataError
from csfgeno.knowledge.schema import COLUMNS, NOT_OVERLAID
from csfgeno.records import SHIPPED


@dataclass(frozen=True, slots=True)
class RawRow:
    """One line of a table as text; `line` counts from 1 and includes the header, `layer` is where the row is from."""

    table: str
    line: int
    cells: Mapping[str, str]
    layer: str = SHIPPED

    @property
    def row_id(self) -> str:
        """Text of the first column."""
        return next(iter(self.cells.values()))


RawTables = Mapping[str, tuple[RawRow, ...]]


def tables_folder(directory: Path | None) -> Traversable:
    """Return a folder of tables, the shipped one if none is given."""
    return directory if directory is not None else resources.files("csfgeno.reference") / "knowledge"


def open_tables(directory: Path | None = None, overlay: Path | None = None) -> RawTables:
    """Return the rows of the tables in `directory`, or of the shipped ones, as text, with an overlay laid over them.

    A row of the overlay replaces the row of the same id, in its place, or stands behind the others.

    Raises
    ------
    ReferenceDataError
        If a file is missing, has other columns than expected, a line has another number of columns, or the overlay
        holds no table or one that cannot be overlaid.
    """
    base = read_tables(tables_folder(directory))
    if overlay is None:
        return base
    added = _read_overlay(overlay)
    return {name: _lay_over(rows, added.get(name, ())) for name, rows in base.items()}


def read_tables(folder: Traversable) -> RawTables:
    """Return the rows of every table as text; raises as `open_tables`."""
    return {name: _read_table(folder, name, SHIPPED) for name in COLUMNS}


def _read_overlay(folder: Path) -> RawTables:
    if not folder.is_dir():
        raise ReferenceDataError(f"the knowledge overlay '{folder.name}' is not a folder")
    names = [name for name in COLUMNS if (folder / name).is_file()]
    if not names:
        raise ReferenceDataError(f"the knowledge overlay '{folder.name}' holds none of {', '.join(COLUMNS)}")
    if refused := [name for name in names if name in NOT_OVERLAID]:
        raise ReferenceDataError(f"the knowledge overlay '{folder.name}' holds {refused[0]}, which cannot be overlaid")
    return {name: _read_table(folder, name, folder.resolve().name) for name in names}


def _lay_over(rows: tuple[RawRow, ...], added: tuple[RawRow, ...]) -> tuple[RawRow, ...]:
    by_id = {row.row_id: row for row in added}
    known = {row.row_id for row in rows}
    return (*(by_id.get(row.row_id, row) for row in rows), *(row for row in added if row.row_id not in known))


def _read_table(folder: Traversable, name: str, layer: str) -> tuple[RawRow, ...]:
    columns = list(COLUMNS[name])
    try:
        lines = (folder / name).read_bytes().decode().removesuffix("\n").split("\n")
    except FileNotFoundError:
        raise ReferenceDataError(f"the knowledge table {name} is missing; expected {', '.join(COLUMNS)}") from None
    except UnicodeDecodeError:
        raise ReferenceDataError(f"the knowledge table {name} is not UTF-8 text") from None
    if not lines or lines[0].split("\t") != columns:
        raise ReferenceDataError(f"the header of {name} is not as expected; expected columns: {', '.join(columns)}")
    return tuple(_read_row(name, i, line, columns, layer) for i, line in enumerate(lines[1:], start=2))


def _read_row(name: str, number: int, line: str, columns: list[str], layer: str) -> RawRow:
    cells = line.split("\t")
    if len(cells) != len(columns):
        raise ReferenceDataError(f"{name}, line {number} has {len(cells)} columns; expected {len(columns)}")
    return RawRow(name, number, dict(zip(columns, cells, strict=True)), layer)
