"""`csfgeno kb`: the knowledge tables."""

from datetime import UTC, datetime
from pathlib import Path

import click

from csfgeno.errors import ReferenceDataError
from csfgeno.knowledge.checks import Problem, find_problems
from csfgeno.knowledge.tables import open_tables

UNUSABLE = 3


@click.group()
def kb() -> None:
    """Look after the knowledge tables that link variants to therapies."""


@kb.command()
@click.option(
    "--dir",
    "directory",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder with the tables; the shipped ones if left out.",
)
@click.option(
    "--today",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Date against which the review date is held, YYYY-MM-DD.  [default: the current date]",
)
def check(directory: Path | None, today: datetime | None) -> None:
    """List contradictions in the tables: file, line, row, column and what is wrong.

    Looked for are words outside a vocabulary, malformed PubMed, trial and DOI numbers, repeated or dangling ids, match
    rules that cannot be read, rules that contradict each other, CNS grades that the evidence does not give, and an
    expired review date. Ends with 0 if there is nothing, else with 3.
    """
    on = today.date() if today else datetime.now(UTC).date()
    try:
        problems = find_problems(open_tables(directory), today=on)
    except ReferenceDataError as error:
        click.echo(f"Error: {error}", err=True)
        raise SystemExit(UNUSABLE) from None
    if problems:
        click.echo("\n".join(_table(problems)))
        raise SystemExit(UNUSABLE)
    click.echo("knowledge tables: no problems")


def _table(problems: tuple[Problem, ...]) -> list[str]:
    rows = [("file", "line", "row", "column", "problem")]
    rows += [(p.table, str(p.line), p.row_id, p.column, p.text) for p in problems]
    widths = [max(len(row[i]) for row in rows) for i in range(4)]
    return ["  ".join([*(cell.ljust(w) for cell, w in zip(row, widths, strict=False)), row[4]]) for row in rows]
