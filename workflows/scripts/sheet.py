"""The sample sheet: rows of a table, checked one by one and gathered to samples and cases.

Standard library and jsonschema only, which Snakemake brings, so that a workflow can be planned where csfgeno is not
installed.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

import jsonschema

SPECIMENS: Final[tuple[str, ...]] = ("csf", "plasma", "tissue", "normal")
FACTS: Final = ("input_ng", "volume_ml", "collected", "rbc_per_ul", "note")
"""Columns that go into the case file as they stand."""


class SheetError(ValueError):
    """A configuration or a sheet that cannot be used; the message has one line a problem."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a sheet: where it stands, and its cells that are not empty."""

    where: str
    cells: Mapping[str, str]

    def get(self, column: str) -> str | None:
        """Return a cell, `None` if it is empty."""
        return self.cells.get(column)


@dataclass(frozen=True, slots=True)
class Sample:
    """One library of one specimen: where its reads are.

    Attributes
    ----------
    lanes
        FASTQ pairs, each one lane or run of the library; empty if reads are aligned already.
    alignments, variants
        BAM or CRAM, or VCF, that the sheet gives.
    facts
        Cells of `FACTS`.
    """

    name: str
    lanes: tuple[tuple[str, str], ...]
    alignments: str | None
    variants: str | None
    facts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Case:
    """One patient at one time: samples by specimen."""

    case_id: str
    patient: str
    specimens: Mapping[str, Sample]


# ------------------------------------------------------------------------------------------- checks


def check_config(config: Mapping[str, Any], schema: Mapping[str, Any], name: str) -> None:
    """Check a configuration against its schema.

    Raises
    ------
    SheetError
        With key, what was found and what was expected, one line a problem.
    """
    problems = [f"{name}: {text}" for text in _problems(config, schema, "key")]
    if problems:
        raise SheetError("\n".join(problems))


def read_rows(path: str, schema: Mapping[str, Any]) -> list[Row]:
    """Return the rows of a TSV, or of a CSV by its suffix; empty lines and lines that start with `#` are skipped.

    Raises
    ------
    SheetError
        If the sheet cannot be read, or with line, column, what was found and what was expected, one line a problem.
    """
    lines = [(n, text) for n, text in enumerate(_read(path).splitlines(), 1) if text.strip() and text[0] != "#"]
    if not lines:
        raise SheetError(f"{path} is empty; expected a header line with the columns {_columns(schema)}")
    table = list(csv.reader(io.StringIO("\n".join(text for _, text in lines)), delimiter=_delimiter(path)))
    header = [cell.strip() for cell in table[0]]
    _check_header(header, schema, f"{path} line {lines[0][0]}")
    numbered = zip((n for n, _ in lines[1:]), table[1:], strict=True)
    rows = [_row(f"{path} line {n}", header, cells) for n, cells in numbered]
    if not rows:
        raise SheetError(f"{path} has a header and no row; expected one row a sample")
    problems = [f"{row.where}: {text}" for row in rows for text in _problems(_typed(row, schema), schema, "column")]
    if problems:
        raise SheetError("\n".join(problems))
    return rows


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise SheetError(f"sample sheet {path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SheetError(
            f"sample sheet {path} is no UTF-8 text; save it as tab-separated text, not as a workbook"
        ) from None


def _delimiter(path: str) -> str:
    return "," if path.endswith(".csv") else "\t"


def _columns(schema: Mapping[str, Any]) -> str:
    return ", ".join(schema["properties"])


def _check_header(header: Sequence[str], schema: Mapping[str, Any], where: str) -> None:
    for column in header:
        if column not in schema["properties"]:
            raise SheetError(f"{where}: unknown column '{column}'; known columns: {_columns(schema)}")
        if header.count(column) > 1:
            raise SheetError(f"{where}: column '{column}' is there twice")
    for column in schema["required"]:
        if column not in header:
            raise SheetError(f"{where}: column '{column}' is missing; expected {_described(schema, column)}")


def _row(where: str, header: Sequence[str], cells: Sequence[str]) -> Row:
    if len(cells) > len(header):
        raise SheetError(f"{where}: {len(cells)} cells, the header has {len(header)}")
    return Row(where, {name: cell.strip() for name, cell in zip(header, cells, strict=False) if cell.strip()})


def _typed(row: Row, schema: Mapping[str, Any]) -> dict[str, str | float]:
    """Return the cells, those of number columns as numbers where they are."""
    return {
        column: _number(text) if schema["properties"][column].get("type") == "number" else text
        for column, text in row.cells.items()
    }


def _number(text: str) -> str | float:
    try:
        return float(text)
    except ValueError:
        return text


def _problems(value: Mapping[str, Any], schema: Mapping[str, Any], noun: str) -> Iterator[str]:
    validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    for error in sorted(validator.iter_errors(value), key=lambda e: [str(part) for part in e.absolute_path]):
        yield _sentence(error, schema, noun)


def _sentence(error: jsonschema.ValidationError, schema: Mapping[str, Any], noun: str) -> str:
    rule, wanted, found = (cast("Any", part) for part in (error.schema, error.validator_value, error.instance))
    place = ".".join(str(part) for part in error.absolute_path)
    if error.validator == "required":
        missing = next(key for key in wanted if key not in found)
        path = [*map(str, error.absolute_path), missing]
        return f"{noun} '{'.'.join(path)}' is missing; expected {_described(schema, *path)}"
    if error.validator == "additionalProperties":
        known = rule["properties"]
        unknown = next(key for key in found if key not in known)
        return f"unknown {noun} '{f'{place}.' if place else ''}{unknown}'; known: {', '.join(known)}"
    if not place:
        return str(schema.get("$comment", error.message))
    expected = rule.get("description") or _described(schema, str(error.absolute_path[0]))
    return f"{noun} '{place}' is {found!r}; expected {expected}"


def _described(schema: Mapping[str, Any], *path: str) -> str:
    entry: Mapping[str, Any] = schema
    for key in path:
        entry = entry.get("properties", {}).get(key, {})
    return str(entry.get("description", "a value"))


# ------------------------------------------------------------------------------------------- gathering


def gather_cases(rows: Iterable[Row]) -> list[Case]:
    """Return the cases of a sheet, in its order; rows of one case, specimen and sample are lanes of one library.

    Raises
    ------
    SheetError
        If rows contradict each other: with line, column, what was found and what was expected.
    """
    by_case: dict[str, list[Row]] = {}
    for row in rows:
        by_case.setdefault(row.get("case") or row.cells["patient"], []).append(row)
    return [_case(case_id, own) for case_id, own in by_case.items()]


def gather_samples(rows: Iterable[Row]) -> list[Sample]:
    """Return the samples of a sheet of normals, in its order.

    Raises
    ------
    SheetError
        If rows contradict each other.
    """
    by_name: dict[str, list[Row]] = {}
    for row in rows:
        by_name.setdefault(row.cells["sample"], []).append(row)
    return [_sample(own) for own in by_name.values()]


def _case(case_id: str, rows: Sequence[Row]) -> Case:
    patient = rows[0].cells["patient"]
    by_specimen: dict[str, list[Row]] = {}
    for row in rows:
        if row.cells["patient"] != patient:
            raise SheetError(
                f"{row.where}: column 'patient' is '{row.cells['patient']}', but case '{case_id}' is of '{patient}' "
                f"in {rows[0].where}; expected one patient a case"
            )
        by_specimen.setdefault(row.cells["specimen"], []).append(row)
    ordered = {kind: _sample(by_specimen[kind]) for kind in SPECIMENS if kind in by_specimen}
    return Case(case_id, patient, ordered)


def _sample(rows: Sequence[Row]) -> Sample:
    first = rows[0]
    for row in rows:
        _check_reads(row)
        for column in ("sample", *FACTS):
            if row.get(column) != first.get(column):
                raise SheetError(
                    f"{row.where}: column '{column}' is '{row.get(column) or ''}', in {first.where} it is "
                    f"'{first.get(column) or ''}'; rows of one sample are its lanes and must agree, "
                    "and a second specimen of a patient needs its own 'case'"
                )
    lanes = tuple((row.cells["fastq_1"], row.cells["fastq_2"]) for row in rows if row.get("fastq_1"))
    if len(rows) > 1 and len(lanes) < len(rows):
        raise SheetError(
            f"{rows[1].where}: sample '{first.cells['sample']}' has more than one row; only FASTQ lanes may"
        )
    if len(set(lanes)) < len(lanes):
        raise SheetError(f"{rows[1].where}: column 'fastq_1' names a lane of '{first.cells['sample']}' twice")
    facts = {column: first.cells[column] for column in FACTS if first.get(column)}
    return Sample(first.cells["sample"], lanes, first.get("bam"), first.get("vcf"), facts)


def _check_reads(row: Row) -> None:
    given = [column for column in ("fastq_1", "bam", "vcf") if row.get(column)]
    if len(given) != 1:
        found = f"{' and '.join(given)} are given" if given else "none is given"
        raise SheetError(f"{row.where}: {found}; expected either fastq_1 and fastq_2, or bam, or vcf")
    if bool(row.get("fastq_1")) != bool(row.get("fastq_2")):
        lacking = "fastq_2" if row.get("fastq_1") else "fastq_1"
        raise SheetError(f"{row.where}: column '{lacking}' is empty; reads are paired, so give both files")


def check_names(samples: Iterable[Sample]) -> None:
    """Check that no name stands for two libraries; one library may serve several cases.

    Raises
    ------
    SheetError
        With the name that does.
    """
    known: dict[str, Sample] = {}
    for sample in samples:
        first = known.setdefault(sample.name, sample)
        if (first.lanes, first.alignments, first.variants) != (sample.lanes, sample.alignments, sample.variants):
            raise SheetError(f"column 'sample': '{sample.name}' names two different libraries; expected one name each")
