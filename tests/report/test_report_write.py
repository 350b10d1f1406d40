"""All outputs together or none, and the same bytes every time."""

from dataclasses import replace
from pathlib import Path

import pytest

from csfgeno.errors import UsageError
from csfgeno.report.write import write_outputs

from .report_cases import driver_positive, no_normal
from .serial_structural import serial_structural

SUFFIXES = (
    ".vcf.gz",
    ".vcf.gz.tbi",
    ".json",
    ".tsv",
    ".hotspots.tsv",
    ".fusions.tsv",
    ".rearrangements.tsv",
    ".copies.tsv",
    ".losses.tsv",
    ".html",
    ".maf",
    ".fhir.json",
    ".csfgeno_mqc.json",
    ".csfgeno_families_mqc.json",
    ".csfgeno_lengths_mqc.json",
)


def contents(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def test_all_files_are_written_and_named(tmp_path: Path) -> None:
    paths = write_outputs(driver_positive(), tmp_path / "new" / "results", stem="case7")
    assert paths == tuple(tmp_path / "new" / "results" / f"case7{suffix}" for suffix in SUFFIXES)
    assert {path.name for path in (tmp_path / "new" / "results").iterdir()} == {path.name for path in paths}


def test_serial_tables_are_written_with_earlier_cases_only(tmp_path: Path) -> None:
    names = {path.name for path in write_outputs(serial_structural(), tmp_path, stem="c")}
    tables = {"c.serial.tsv", "c.serial_fusions.tsv", "c.serial_copies.tsv", "c.serial_losses.tsv"}
    assert names == {f"c{suffix}" for suffix in SUFFIXES} | tables


def test_same_report_gives_the_same_bytes(tmp_path: Path) -> None:
    write_outputs(driver_positive(), tmp_path / "a", stem="x")
    write_outputs(driver_positive(), tmp_path / "b", stem="x")
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def test_no_output_names_a_path(tmp_path: Path) -> None:
    write_outputs(driver_positive(), tmp_path / "a", stem="x")
    for name, content in contents(tmp_path / "a").items():
        assert str(tmp_path).encode() not in content, name


def test_a_report_that_cannot_be_written_leaves_the_earlier_files(tmp_path: Path) -> None:
    write_outputs(no_normal(), tmp_path, stem="x")
    before = contents(tmp_path)
    report = no_normal()
    with pytest.raises(ValueError, match="two findings"):
        write_outputs(replace(report, findings=report.findings * 2), tmp_path, stem="x")
    assert contents(tmp_path) == before


@pytest.mark.parametrize("stem", ["", "a/b", "../x", ".hidden", "a\nb"])
def test_a_stem_that_is_no_file_name_is_refused(stem: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot begin the names of result files"):
        write_outputs(no_normal(), tmp_path, stem=stem)
    assert contents(tmp_path) == {}
