"""`csfgeno explain`: what a word of the outputs means."""

from itertools import groupby
from pathlib import Path

import click

from csfgeno.records import Setting
from csfgeno.report.document import read_report
from csfgeno.report.explain import entries_of, explain, render_entry
from csfgeno.report.sentences import Sentences, load_sentences
from csfgeno.thresholds import STUDY_DEFAULTS, describe


@click.command(name="explain")
@click.argument("word", required=False)
@click.option(
    "--report",
    "report_file",
    type=click.Path(path_type=Path),
    help="JSON report whose thresholds to show, instead of the defaults.",
)
def explain_command(word: str | None, report_file: Path | None) -> None:
    """Say what a filter, state, grade, verdict, origin, threshold, column or VCF field means.

    Without WORD, list all words.
    """
    settings = read_report(report_file).settings if report_file else describe(STUDY_DEFAULTS, {})
    limits = {setting.name: f"{100 * float(setting.value):g}" for setting in settings if setting.unit == "probability"}
    say = load_sentences("en", power=limits.get("lod_power", "95"), level=limits.get("interval_level", "95"))
    if word is None:
        _list(settings, say)
        return
    for number, entry in enumerate(explain(word, settings, say)):
        if number:
            click.echo()
        for line in render_entry(entry, say):
            click.echo(line)


def _list(settings: tuple[Setting, ...], say: Sentences) -> None:
    for kind, entries in groupby(entries_of(settings, say), key=lambda entry: entry.kind):
        words = dict.fromkeys(entry.word for entry in entries)
        click.echo(f"{say(f'explain.kind.{kind}.name')}: {', '.join(words)}")
