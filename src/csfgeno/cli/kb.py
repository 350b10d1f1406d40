"""`csfgeno kb`: the knowledge tables."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click

from csfgeno.annotation.transcripts import load_transcripts
from csfgeno.errors import ReferenceDataError, UsageError
from csfgeno.genome.contigs import detect_style
from csfgeno.inputs.check import check_build
from csfgeno.io.outputs import read_bytes
from csfgeno.io.reference import ReferenceFasta
from csfgeno.knowledge.cases import situation_of
from csfgeno.knowledge.checks import Problem, find_problems
from csfgeno.knowledge.civic import COLUMNS, KINDS, propose, read_civic
from csfgeno.knowledge.compare import compare
from csfgeno.knowledge.explain import explain
from csfgeno.knowledge.reading import RawTables, open_tables
from csfgeno.knowledge.residues import find_mismatches
from csfgeno.knowledge.rows import WorkedCase
from csfgeno.knowledge.tables import KnowledgeBase, load_knowledge
from csfgeno.knowledge.therapies import reason_on
from csfgeno.vocab import Build

UNUSABLE: Final = 3
SHIPPED_WORD: Final = "shipped"

FOLDER: Final = click.Path(exists=True, file_okay=False, path_type=Path)
FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)

directory_option = click.option("--dir", "directory", type=FOLDER, help="All tables; the shipped ones if left out.")
overlay_option = click.option("--knowledge", "overlay", type=FOLDER, help="Folder of rows laid over the tables.")


@click.group()
def kb() -> None:
    """Look after the knowledge tables that link variants to therapies."""


@kb.command()
@directory_option
@overlay_option
@click.option("--reference", type=FILE, help="Genome FASTA, against which the residues of match rules are held.")
@click.option("--build", type=click.Choice([b.value for b in Build]), help="Default: told from chromosome lengths.")
@click.option(
    "--today",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Date against which the review date is held, YYYY-MM-DD.  [default: the current date]",
)
def check(
    directory: Path | None, overlay: Path | None, reference: Path | None, build: str | None, today: datetime | None
) -> None:
    """List contradictions in the tables: file, line, row, column and what is wrong.

    Looked for are words outside a vocabulary, malformed PubMed, trial and DOI numbers, repeated or dangling ids, match
    rules that cannot be read or name residues that the genome does not encode, rules that contradict each other,
    response rates that their counts do not give, and an expired review date. Ends with 0 if there is nothing, else
    with 3.
    """
    on = today.date() if today else datetime.now(UTC).date()
    try:
        raw = open_tables(directory, overlay)
    except ReferenceDataError as error:
        click.echo(f"Error: {error}", err=True)
        raise SystemExit(UNUSABLE) from None
    problems = find_problems(raw, today=on)
    if reference is not None and not problems:
        problems = _mismatches(raw, reference, Build(build) if build else None)
    if problems:
        click.echo("\n".join(_table(problems)))
        raise SystemExit(UNUSABLE)
    click.echo("knowledge tables: no problems")


def _mismatches(raw: RawTables, reference: Path, declared: Build | None) -> tuple[Problem, ...]:
    with ReferenceFasta(reference) as fasta:
        build = check_build(declared, fasta.contigs, fasta.name)
        return find_mismatches(raw, load_transcripts(build, detect_style(fasta.contigs)), fasta, fasta.contigs)


def _table(problems: Sequence[Problem]) -> list[str]:
    rows = [("file", "line", "row", "column", "problem")]
    rows += [(p.table, str(p.line), p.row_id, p.column, p.text) for p in problems]
    widths = [max(len(row[i]) for row in rows) for i in range(4)]
    return ["  ".join([*(cell.ljust(w) for cell, w in zip(row, widths, strict=False)), row[4]]) for row in rows]


@kb.command()
@directory_option
@overlay_option
@click.argument("names", metavar="[CASE]...", nargs=-1)
def reason(directory: Path | None, overlay: Path | None, names: tuple[str, ...]) -> None:
    """Print the whole reasoning on the worked cases: every statement, its grades and the rows behind them.

    The cases are the rows of cases.tsv; all of them if none is named.
    """
    click.echo("\n".join(_reasoning(load_knowledge(directory, overlay), names)))


def _reasoning(tables: KnowledgeBase, names: Sequence[str]) -> Iterator[str]:
    for case in _chosen(tables.cases, names):
        yield f"# {case.name}: {case.title}"
        yield from explain(reason_on(situation_of(case, tables), tables))
        yield ""


def _chosen(cases: Sequence[WorkedCase], names: Sequence[str]) -> Iterable[WorkedCase]:
    known = {case.name: case for case in cases}
    if unknown := [name for name in names if name not in known]:
        raise UsageError(f"'{unknown[0]}' is no worked case; known are {', '.join(known)}")
    return [known[name] for name in names] or cases


@kb.command()
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
def diff(old: str, new: str) -> None:
    """Print which statements on the worked cases change from tables OLD to tables NEW.

    Each is a folder with all tables, a folder with rows to lay over the shipped ones, or the word `shipped`.
    """
    lines = list(compare(_tables(old), _tables(new)))
    click.echo("\n".join(lines) if lines else "no statement on the worked cases changes")


def _tables(place: str) -> KnowledgeBase:
    if place == SHIPPED_WORD:
        return load_knowledge()
    folder = Path(place)
    is_complete = (folder / "version.tsv").is_file()
    return load_knowledge(folder) if is_complete else load_knowledge(overlay=folder)


@kb.command("import-civic")
@directory_option
@overlay_option
@click.argument("evidence", metavar="EVIDENCE.tsv", type=FILE)
def import_civic(directory: Path | None, overlay: Path | None, evidence: Path) -> None:
    """Propose rows from a downloaded CIViC evidence file, for review; no table is changed.

    Accepted predictive items on lung cancer are mapped to biomarkers and drugs of the tables. Each line says whether a
    rule is new, agrees with or contradicts known rules, or could not be mapped. How many items were passed over is said
    on the error stream.
    """
    tables = load_knowledge(directory, overlay)
    rows = read_civic(read_bytes(evidence).decode("utf-8", errors="replace"), evidence.name)
    proposals = list(propose(rows, tables))
    click.echo("\n".join("\t".join(cells) for cells in (COLUMNS, *(p.cells for p in proposals))))
    used, kinds = len({p.evidence_id for p in proposals}), Counter(p.kind for p in proposals)
    counts = ", ".join(f"{kinds[kind]} {kind}" for kind in KINDS)
    click.echo(f"{len(rows)} items read, {used} of them used; proposals: {counts}", err=True)
