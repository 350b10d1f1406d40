import csv
import hashlib
from pathlib import Path

import pytest

REFERENCE = Path(__file__).resolve().parents[2] / "reference"
COLUMNS = ["path", "description", "source", "date", "licence", "sha256"]


def read_rows() -> list[dict[str, str]]:
    with (REFERENCE / "MANIFEST.tsv").open(encoding="utf-8", newline="") as table:
        reader = csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE)
        assert reader.fieldnames == COLUMNS
        return list(reader)


ROWS = read_rows()


def test_every_file_has_a_row_and_every_row_a_file() -> None:
    present = {
        path.relative_to(REFERENCE).as_posix()
        for path in REFERENCE.rglob("*")
        if path.is_file() and path.suffix not in (".py", ".pyc") and path.name != "MANIFEST.tsv"
    }
    assert {row["path"] for row in ROWS} == present


def test_no_file_is_listed_twice() -> None:
    paths = [row["path"] for row in ROWS]
    assert len(paths) == len(set(paths))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["path"])
def test_the_row_describes_the_file_as_it_is(row: dict[str, str]) -> None:
    assert all(row[column].strip() for column in COLUMNS)
    assert len(row["date"].split("-")) == 3
    assert hashlib.sha256((REFERENCE / row["path"]).read_bytes()).hexdigest() == row["sha256"]
