"""BED text: intervals with the number of the line that each came from."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from csfgeno.errors import InputError, ReferenceDataError
from csfgeno.records import Interval

_METADATA: Final = re.compile(r"#\s*(\w+)=(.*)")
_NOT_DATA: Final = ("#", "track", "browser")


@dataclass(frozen=True, slots=True)
class BedLine:
    """One interval of a BED file; `columns` are the texts after the third."""

    number: int
    interval: Interval
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bed:
    """The intervals of a BED file in file order, and its `#name=value` comment lines."""

    source: str
    lines: tuple[BedLine, ...]
    metadata: Mapping[str, str]


def read_bed(path: Path) -> tuple[bytes, Bed]:
    """Return the bytes of a BED file and its intervals.

    Raises
    ------
    InputError
        If the file cannot be read as text.
    ReferenceDataError
        If a line is malformed; see `parse_bed`.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read BED file '{path.name}': {error.strerror}") from None
    return content, parse_bed(content, path.name)


def parse_bed(content: bytes, source: str) -> Bed:
    """Return the intervals of BED text; `source` is the file name used in messages.

    Columns are separated by tabs. Comment, `track`, `browser` and blank lines hold no interval; a comment of the form
    `#name=value` is kept as metadata.

    Raises
    ------
    InputError
        If the content is not UTF-8 text.
    ReferenceDataError
        For a line with fewer than three columns, a coordinate that is no whole number, or an empty interval.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"'{source}' is not a text BED file; if it is compressed, decompress it first") from None
    numbered = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    metadata = {m[1]: m[2].strip() for _, line in numbered if (m := _METADATA.match(line))}
    lines = (_parse_line(line, number, source) for number, line in numbered if not line.startswith(_NOT_DATA))
    return Bed(source, tuple(lines), metadata)


def _parse_line(line: str, number: int, source: str) -> BedLine:
    contig, *columns = line.rstrip("\r\n").split("\t")
    if len(columns) < 2:
        raise ReferenceDataError(
            f"'{source}' line {number} has {len(columns) + 1} tab-separated columns; expected contig, start, end, name"
        )
    start_text, end_text, *rest = (column.strip() for column in columns)
    if not (start_text.isdecimal() and end_text.isdecimal()):
        raise ReferenceDataError(
            f"'{source}' line {number}: start '{start_text}' and end '{end_text}' must be whole numbers"
        )
    start, end = int(start_text), int(end_text)
    if start >= end:
        raise ReferenceDataError(
            f"'{source}' line {number}: start {start} is not before end {end}; BED is 0-based half-open"
        )
    return BedLine(number, Interval(contig.strip(), start, end), tuple(rest))
