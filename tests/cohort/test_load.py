"""Cases into the store: once, in any order, from several processes, and out again."""

import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from csfgeno.assay import RunOptions
from csfgeno.cohort.load import Loaded, load_cases, remove_case
from csfgeno.cohort.runs import list_runs
from csfgeno.cohort.tables import open_cohort
from csfgeno.errors import InputError, UsageError
from csfgeno.inputs.case import load_case
from csfgeno.pipeline import run_case
from csfgeno.report.document import to_json
from tests.cohort.documents import call, document, finding, write

SAMPLE = Path(__file__).parents[2] / "sample_data" / "case.yaml"


@pytest.fixture
def store_file(tmp_path: Path) -> Path:
    return tmp_path / "cohort.sqlite"


def load(store_file: Path, *paths: Path) -> Loaded:
    with open_cohort(store_file, writing=True) as store:
        return load_cases(store, paths)


def dump(store_file: Path) -> list[str]:
    with sqlite3.connect(store_file) as connection:
        return list(connection.iterdump())


def test_a_real_case_is_loaded(store_file: Path, tmp_path: Path) -> None:
    report = run_case(load_case(SAMPLE), RunOptions())
    path = tmp_path / "case.json"
    path.write_bytes(to_json(report))
    assert load(store_file, path) == Loaded(new=1)
    with open_cohort(store_file) as store:
        runs = list_runs(store)
        [(calls,)] = store.rows("SELECT count(*) FROM calls")
        detected = set(store.rows("SELECT start, specimen, depth, calls.alt FROM calls JOIN alleles USING (allele_id)"))
    assert {(run.specimen, run.measures["median_depth"]) for run in runs} == {
        (str(qc.specimen), qc.median_depth) for qc in report.qc
    }
    assert calls == sum(len(f.calls) for f in report.findings)
    assert detected == {
        (f.allele.start, str(c.specimen), c.counts.depth, c.counts.alt) for f in report.findings for c in f.calls
    }


def test_the_same_file_again_changes_nothing(store_file: Path, tmp_path: Path) -> None:
    paths = write(tmp_path, *(document(f"C{i}", finding(100, call("csf", 5))) for i in range(3)))
    assert load(store_file, *paths) == Loaded(new=3)
    before = dump(store_file)
    assert load(store_file, *reversed(paths), paths[0]) == Loaded(known=4)
    assert dump(store_file) == before


def test_a_new_version_of_a_case_replaces_it_and_an_old_file_does_not_come_back(
    store_file: Path, tmp_path: Path
) -> None:
    old, new = write(tmp_path, document("C1", depth=500.0), document("C1", depth=900.0))
    assert load(store_file, old) == Loaded(new=1)
    assert load(store_file, new) == Loaded(updated=1)
    assert load(store_file, old) == Loaded(known=1)
    with open_cohort(store_file) as store:
        assert [run.measures["median_depth"] for run in list_runs(store)] == [900.0]
        assert store.rows("SELECT count(*) FROM reports") == [(2,)]


def test_one_case_id_of_two_patients_is_refused(store_file: Path, tmp_path: Path) -> None:
    first, second = write(tmp_path, document("C1", patient="A"), document("C1", patient="B"))
    load(store_file, first)
    with pytest.raises(InputError, match="case 'C1', which the store has for another patient code"):
        load(store_file, second)


def test_cases_before_an_unusable_file_stay(store_file: Path, tmp_path: Path) -> None:
    good = write(tmp_path, document("C1"), document("C2"))
    bad = tmp_path / "bad.json"
    bad.write_text("{}")
    load(store_file, good[0])
    with pytest.raises(InputError, match=r"'bad\.json' is no case JSON of csfgeno: schema_version"):
        load(store_file, good[1], bad)
    with open_cohort(store_file) as store:
        assert [run.case_id for run in list_runs(store)] == ["C1"], "a transaction is loaded whole or not at all"


@pytest.mark.parametrize(("version", "is_taken"), [("1.0", True), ("1.7", True), ("2.0", False), ("10.0", False)])
def test_only_the_major_schema_version_counts(store_file: Path, tmp_path: Path, version: str, is_taken: bool) -> None:
    [path] = write(tmp_path, document("C1", schema_version=version) | {"a_later_field": 1})
    if is_taken:
        assert load(store_file, path).new == 1
    else:
        with pytest.raises(InputError, match=f"schema version '{version}', a cohort of this csfgeno takes 1.x"):
            load(store_file, path)


def test_no_code_of_a_patient_or_sample_is_stored_and_a_removed_case_leaves_no_trace(
    store_file: Path, tmp_path: Path
) -> None:
    [path] = write(tmp_path, document("CASE-TO-FORGET", finding(100, call("csf", 5)), patient="SECRET-PATIENT"))
    load(store_file, path)
    assert b"SECRET-PATIENT" not in store_file.read_bytes()
    assert b"CASE-TO-FORGET" in store_file.read_bytes()
    with open_cohort(store_file, writing=True) as store:
        assert remove_case(store, "CASE-TO-FORGET") == 1
        with pytest.raises(InputError, match="the store has no case 'CASE-TO-FORGET'"):
            remove_case(store, "CASE-TO-FORGET")
        for table in ("reports", "specimens", "calls", "alleles"):
            assert store.rows(f"SELECT count(*) FROM {table}") == [(0,)]  # noqa: S608
    assert b"CASE-TO-FORGET" not in store_file.read_bytes()
    assert b"c.100C>T" not in store_file.read_bytes()


def test_other_files_are_refused(tmp_path: Path) -> None:
    absent, text, foreign = tmp_path / "absent", tmp_path / "text", tmp_path / "foreign"
    text.write_text("no database at all, only text" * 100)
    with sqlite3.connect(foreign) as connection:
        connection.execute("CREATE TABLE t (x)")
    for path, message in ((absent, "does not exist"), (text, "no csfgeno store"), (foreign, "another program")):
        with pytest.raises(InputError, match=message), open_cohort(path):
            pass
    assert not absent.exists(), "a query makes no store"
    before = foreign.read_bytes()
    with pytest.raises(InputError, match="another program"), open_cohort(foreign, writing=True):
        pass
    assert foreign.read_bytes() == before
    with pytest.raises(UsageError, match="does its folder exist"), open_cohort(tmp_path / "a/b", writing=True):
        pass


def test_a_later_version_of_the_store_is_refused(store_file: Path, tmp_path: Path) -> None:
    load(store_file, *write(tmp_path, document("C1")))
    with sqlite3.connect(store_file) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(InputError, match="cohort store of version 99, this csfgeno reads 1"), open_cohort(store_file):
        pass


def test_a_query_cannot_write(store_file: Path, tmp_path: Path) -> None:
    load(store_file, *write(tmp_path, document("C1")))
    with pytest.raises(UsageError, match="readonly"), open_cohort(store_file) as store:
        store.change("DELETE FROM reports")


def test_processes_that_load_at_the_same_time_lose_nothing(store_file: Path, tmp_path: Path) -> None:
    paths = write(tmp_path, *(document(f"C{i}", finding(i, call("csf", 5))) for i in range(60)))
    halves = (paths[:40], paths[20:])
    for i, half in enumerate(halves):
        (tmp_path / f"{i}.list").write_text("\n".join(path.name for path in half))
    command = [sys.executable, "-m", "csfgeno", "cohort", "add", str(store_file), "--list"]
    running = [subprocess.Popen([*command, str(tmp_path / f"{i}.list")]) for i in range(2)]
    assert [process.wait() for process in running] == [0, 0]
    with open_cohort(store_file) as store:
        assert sorted(run.case_id for run in list_runs(store)) == sorted(f"C{i}" for i in range(60))


def test_a_failure_in_a_transaction_leaves_the_store_as_it_was(
    store_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = write(tmp_path, document("C1"), document("C2", finding(5, call("csf", 5))))
    load(store_file, first)
    before = dump(store_file)
    monkeypatch.setattr("csfgeno.cohort.load._call_rows", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        load(store_file, second)
    assert dump(store_file) == before


def test_the_document_reader_takes_what_the_json_schema_promises() -> None:
    schema = json.loads((Path(__file__).parents[2] / "src/csfgeno/report/schemas/case_report.schema.json").read_text())
    assert {"case", "panel", "findings", "hotspots", "qc", "provenance", "schema_version"} <= set(schema["required"])
