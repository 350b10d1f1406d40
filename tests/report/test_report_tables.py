"""The TSV files and their registry of columns, and the documentation made from it."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csfgeno.report.columns import FINDING_COLUMNS, HOTSPOT_COLUMNS, Column
from csfgeno.report.serial_columns import (
    SERIAL_COLUMNS,
    SERIAL_COPY_COLUMNS,
    SERIAL_FUSION_COLUMNS,
    SERIAL_LOSS_COLUMNS,
)
from csfgeno.report.tables import cell, findings_tsv, hotspots_tsv
from csfgeno.report.vcf import FORMAT, INFO

from .report_cases import CASES, driver_positive

FORMATS = Path(__file__).parents[2] / "docs" / "formats.md"


def rows(content: bytes) -> list[dict[str, str]]:
    reader = csv.DictReader(io.StringIO(content.decode(), newline=""), delimiter="\t", quoting=csv.QUOTE_NONE)
    return list(reader)


def test_findings_have_a_row_for_each_specimen_that_was_tested() -> None:
    report = driver_positive()
    table = rows(findings_tsv(report))
    assert len(table) == sum(len(finding.calls) for finding in report.findings)
    row = next(r for r in table if r["hgvs_p_short"] == "p.T790M" and r["specimen"] == "csf")
    assert (row["contig"], row["pos"], row["ref"], row["alt"]) == ("chr7", "55181378", "C", "T")
    assert (row["state"], row["alt_molecules"], row["depth"], row["lod95"]) == ("DETECTED", "5", "1312", "0.0031")
    assert float(row["vaf"]) == 5 / 1312
    assert row["sample"] == "S-csf"


def test_unknown_is_empty() -> None:
    row = next(r for r in rows(findings_tsv(driver_positive())) if r["depth"] == "0")
    assert row["vaf"] == row["lod95"] == row["gene"] == ""


def test_every_hotspot_has_a_row_in_every_specimen() -> None:
    report = driver_positive()
    table = rows(hotspots_tsv(report))
    assert len(table) == len(report.panel.hotspots) * len(report.case.specimens)
    assert {row["state"] for row in table} == {"DETECTED", "NOT_DETECTED", "NOT_ASSESSABLE"}
    assert all(row["reason"] for row in table)


def test_hostile_text_breaks_neither_rows_nor_spreadsheets() -> None:
    report = CASES["hostile"]()
    table = rows(hotspots_tsv(report))
    assert len(table) == len(report.panel.hotspots) * len(report.case.specimens)
    assert None not in table[0]


@given(st.text())
def test_a_cell_is_one_cell(text: str) -> None:
    shown = cell(text)
    assert not set(shown) & set("\t\n\r")
    assert not shown.startswith(("=", "+", "-", "@"))


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, ""), (0.1 + 0.2, "0.30000000000000004"), (-1.5, "-1.5"), ("=1+1", "'=1+1"), ("a\tb", "a\\tb")],
)
def test_cell(value: str | float | None, text: str) -> None:
    assert cell(value) == text


@pytest.mark.parametrize(
    "columns",
    [
        FINDING_COLUMNS,
        HOTSPOT_COLUMNS,
        SERIAL_COLUMNS,
        SERIAL_FUSION_COLUMNS,
        SERIAL_COPY_COLUMNS,
        SERIAL_LOSS_COLUMNS,
    ],
)
def test_documentation_lists_every_column_as_registered(columns: Sequence[Column[Any]]) -> None:
    table = "\n".join(f"| `{column.name}` | {column.unit} | {column.definition} |" for column in columns)
    assert table in FORMATS.read_text(encoding="utf-8")
    assert len({column.name for column in columns}) == len(columns)


@pytest.mark.parametrize("fields", [INFO, FORMAT])
def test_documentation_lists_every_vcf_field(fields: Sequence[tuple[str, str, str, str]]) -> None:
    table = "\n".join(f"| `{name}` | {number} | {type_} | {text} |" for name, number, type_, text in fields)
    assert table in FORMATS.read_text(encoding="utf-8")
