"""`csfgeno cohort`: the cases of a laboratory in one store, and what they say together."""

from pathlib import Path
from typing import Final

import click

from csfgeno.calling.recurrence import write_table
from csfgeno.cohort.alleles import count_alleles, find_artefacts, make_recurrence
from csfgeno.cohort.load import load_cases, remove_case
from csfgeno.cohort.runs import list_runs
from csfgeno.cohort.tables import open_cohort
from csfgeno.cohort.text import alleles_tsv, runs_tsv
from csfgeno.errors import UsageError
from csfgeno.io.outputs import published_together, write_bytes
from csfgeno.io.textlist import read_paths
from csfgeno.thresholds import DEFAULTS, Thresholds, override, parse_assignments

FILE: Final = click.Path(path_type=Path)

_store = click.argument("store_file", metavar="STORE", type=FILE)
_out = click.option("--out", type=FILE, help="File to write.  [default: standard output]")
_settings = click.option("--set", "assignments", multiple=True, metavar="NAME=VALUE", help="Set a threshold.")


@click.group()
def cohort() -> None:
    """Gather the JSON files of cases in one store, and ask what recurs.

    The store is one SQLite file. It holds case ids, a keyed digest of each patient's code, counts and measures; no
    patient code, no clinical text, no sample or file name. Keep it as you keep the reports.
    """


@cohort.command()
@_store
@click.argument("reports", metavar="[CASE.json]...", nargs=-1, type=FILE)
@click.option("--list", "list_file", type=FILE, help="Text file with one case JSON a line, relative to it.")
def add(store_file: Path, reports: tuple[Path, ...], list_file: Path | None) -> None:
    """Load case JSON files; the store is made if it is not there.

    The same file again changes nothing. Another file of the same case becomes its current version. Several processes
    may load at a time.
    """
    paths = [*reports, *(read_paths(list_file) if list_file else ())]
    if not paths:
        raise UsageError("no case JSON was given; give files or --list")
    with open_cohort(store_file, writing=True) as store:
        loaded = load_cases(store, paths)
    click.echo(f"{loaded.new} new cases, {loaded.updated} new versions, {loaded.known} there already")


@cohort.command()
@_store
@click.argument("case_id")
def remove(store_file: Path, case_id: str) -> None:
    """Remove every version of a case from the store."""
    if not store_file.is_file():
        raise UsageError(f"the store '{store_file}' does not exist")
    with open_cohort(store_file, writing=True) as store:
        removed = remove_case(store, case_id)
    click.echo(f"{removed} versions removed")


@cohort.command()
@_store
@click.option("--name", help="Gene, or HGVS c. or p. name (p. in one-letter code), to list alone.")
@_out
@_settings
def variants(store_file: Path, name: str | None, out: Path | None, assignments: tuple[str, ...]) -> None:
    """List alleles with the share of patients who have them, and in how many they could have been seen."""
    with open_cohort(store_file) as store:
        _emit(out, alleles_tsv(count_alleles(store, _thresholds(assignments), name=name)))


@cohort.command()
@_store
@_out
@_settings
def artefacts(store_file: Path, out: Path | None, assignments: tuple[str, ...]) -> None:
    """List alleles outside hotspots that recur at low fractions, the most common first."""
    with open_cohort(store_file) as store:
        _emit(out, alleles_tsv(find_artefacts(store, _thresholds(assignments))))


@cohort.command()
@_store
@_out
def runs(store_file: Path, out: Path | None) -> None:
    """List the quality of specimens by date, each beside those before it."""
    with open_cohort(store_file) as store:
        _emit(out, runs_tsv(list_runs(store)))


@cohort.command()
@_store
@_out
@_settings
def recurrence(store_file: Path, out: Path | None, assignments: tuple[str, ...]) -> None:
    """Write the table that `csfgeno call --recurrence` reads: counts alone, of no case and no patient."""
    with open_cohort(store_file) as store:
        _emit(out, write_table(make_recurrence(store, _thresholds(assignments))))


def _thresholds(assignments: tuple[str, ...]) -> Thresholds:
    return override(DEFAULTS, parse_assignments(assignments))


def _emit(out: Path | None, text: str) -> None:
    if out is None:
        click.echo(text, nl=False)
        return
    with published_together(out.parent, "--out") as staging:
        write_bytes(staging / out.name, text.encode())
