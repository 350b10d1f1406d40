"""What any word of an output means, by which threshold it is decided, on what that rests, and where it acts.

Every answer is put together from the tables that the code and the report use themselves: thresholds, filters, VCF
fields, columns, measures, and the sentence catalogue for the closed vocabularies.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final

from csfgeno.calling import contaminants, recurrence, supplied
from csfgeno.calling.filters import FILTERS
from csfgeno.errors import UsageError
from csfgeno.records import Setting
from csfgeno.report import breakends, gene_records, rearrangement_records, vcf
from csfgeno.report.columns import FINDING_COLUMNS, HOTSPOT_COLUMNS, Column
from csfgeno.report.metrics import METRICS
from csfgeno.report.rearrangement_columns import REARRANGEMENT_COLUMNS
from csfgeno.report.sentences import Sentences
from csfgeno.report.serial_columns import (
    SERIAL_COLUMNS,
    SERIAL_COPY_COLUMNS,
    SERIAL_FUSION_COLUMNS,
    SERIAL_LOSS_COLUMNS,
)
from csfgeno.report.structural_columns import COPY_COLUMNS, FUSION_COLUMNS, LOSS_COLUMNS
from csfgeno.thresholds import bounds_of, stage_of
from csfgeno.vocab import FilterName

VOCABULARIES: Final = (
    "state",
    "verdict",
    "compartment",
    "origin",
    "certainty",
    "change",
    "copy_reading",
    "phase",
    "molecule",
    "tier",
    "grade",
    "standing",
    "direction",
)
"""Closed vocabularies whose definitions are in the sentence catalogue under `explain`."""


SERIAL_WORDS: Final = ("ROSE", "FELL", "NEWLY_DETECTED", "NO_LONGER_DETECTED", "NO_CHANGE_SHOWN")
READING_WORDS: Final = ("COPIES_CHANGED", "FRACTION_MAY_EXPLAIN", "CANNOT_TELL", "OTHER_BASELINE")
PHASE_WORDS: Final = ("CIS", "TRANS", "MIXED", "UNDETERMINED")

DECIDED_BY: Final = {
    "DETECTED": ("hotspot_false_calls", "panel_false_calls", "min_alt_molecules"),
    "NOT_DETECTED": ("max_lod95", "lod_power"),
    "INDETERMINATE": ("indeterminate_p",),
    "NOT_ASSESSABLE": ("max_lod95",),
    "HOTSPOT": ("hotspot_false_calls",),
    "PANEL": ("panel_false_calls",),
    "LIMITED": ("min_assessable_share",),
    "FAIL": ("fail_assessable_share",),
    **dict.fromkeys(PHASE_WORDS, ("phase_min_molecules", "phase_share", "phase_certainty")),
    **dict.fromkeys(SERIAL_WORDS, ("interval_level", "serial_spread", "serial_copy_spread")),
    **dict.fromkeys(READING_WORDS, ("interval_level", "serial_copy_spread")),
}
"""Thresholds that decide a word of a closed vocabulary, where one does."""


TABLES: Final[dict[str, tuple[Column[Any], ...]]] = {
    "findings": FINDING_COLUMNS,
    "hotspots": HOTSPOT_COLUMNS,
    "fusions": FUSION_COLUMNS,
    "rearrangements": REARRANGEMENT_COLUMNS,
    "copies": COPY_COLUMNS,
    "losses": LOSS_COLUMNS,
    "serial": SERIAL_COLUMNS,
    "serial_fusions": SERIAL_FUSION_COLUMNS,
    "serial_copies": SERIAL_COPY_COLUMNS,
    "serial_losses": SERIAL_LOSS_COLUMNS,
}
"""Columns of every TSV file."""


_VCF_FIELDS: Final = (
    ("INFO", (*vcf.INFO, vcf.SVTYPE, *breakends.INFO, *rearrangement_records.INFO, *gene_records.INFO)),
    ("FORMAT", (*vcf.FORMAT, *gene_records.FORMAT)),
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One meaning of a word; `thresholds` are the settings that decide it."""

    word: str
    kind: str
    definition: str
    acts: str
    thresholds: tuple[Setting, ...] = ()


def explain(word: str, settings: Sequence[Setting], say: Sentences) -> tuple[Entry, ...]:
    """Return every meaning of a word; upper and lower case, spaces and hyphens make no difference.

    Raises
    ------
    UsageError
        If no output uses the word; the message names those that are near.
    """
    entries = tuple(entries_of(settings, say))
    found = tuple(entry for entry in entries if _plain(entry.word) == _plain(word))
    if found:
        return found
    known = {_plain(entry.word): entry.word for entry in entries}
    near = [known[name] for name in get_close_matches(_plain(word), known, n=3)]
    hint = f"did you mean {', '.join(near)}? " if near else ""
    raise UsageError(f"'{word}' is no word of csfgeno's outputs; {hint}'csfgeno explain' lists all words")


def entries_of(settings: Sequence[Setting], say: Sentences) -> Iterator[Entry]:
    """Yield every word with its meaning, kind by kind; `settings` are the thresholds as used."""
    by_name = {setting.name: setting for setting in settings}
    for kind in VOCABULARIES:
        for word, text in say.section(f"explain.{kind}"):
            decided_by = tuple(by_name[name] for name in DECIDED_BY.get(word, ()))
            yield Entry(word, kind, text, _acts(kind, say), decided_by)
    for mode, text in say.section("mode_text"):
        yield Entry(mode, "mode", text, _acts("mode", say))
    yield from _filters(settings, say)
    for setting in settings:
        yield Entry(setting.name, "threshold", setting.meaning, stage_of(setting.name), (setting,))
    yield from _fields(say)
    yield from _terms(say)


def render_entry(entry: Entry, say: Sentences) -> Iterator[str]:
    """Yield the lines of one meaning."""
    yield f"{entry.word} ({say(f'explain.kind.{entry.kind}.name')})"
    yield f"  {entry.definition}"
    for setting in entry.thresholds:
        low, high = bounds_of(setting.name)
        default = "" if setting.value == setting.default else f", default {setting.default}"
        set_by = f"{setting.origin}{default}; {low} to {high}"
        yield f"  threshold: {setting.name} = {setting.value} {setting.unit} ({set_by})"
        yield f"  source: {setting.source}"
    if entry.acts:
        yield f"  where: {entry.acts}"


def _plain(word: str) -> str:
    return word.casefold().replace("-", "_").replace(" ", "_")


def _acts(kind: str, say: Sentences) -> str:
    return say(f"explain.kind.{kind}.acts")


def _filters(settings: Sequence[Setting], say: Sentences) -> Iterator[Entry]:
    by_name = {setting.name: setting for setting in settings}
    for rule in FILTERS:
        obeyed = tuple(by_name[name] for name in rule.thresholds)
        yield Entry(rule.name, "filter", rule.header, _acts("filter", say), obeyed)
    obeyed = tuple(by_name[name] for name in recurrence.THRESHOLDS)
    yield Entry(FilterName.LAB_RECURRENT, "filter", recurrence.HEADER, _acts("filter", say), obeyed)
    yield Entry(FilterName.CONTAMINANT, "filter", contaminants.HEADER, _acts("filter", say))
    for given, header in supplied.HEADERS.items():
        yield Entry(given, "filter", header, _acts("filter", say))
    for name, text in say.section("structural_filter"):
        yield Entry(name, "structural_filter", text, _acts("structural_filter", say))


def _fields(say: Sentences) -> Iterator[Entry]:
    for place, fields in _VCF_FIELDS:
        for name, _, _, text in fields:
            yield Entry(name, "vcf", text, f"{_acts('vcf', say)} {place}.")
    for file, columns in TABLES.items():
        for column in columns:
            unit = f" ({column.unit})" if column.unit else ""
            yield Entry(column.name, "column", f"{column.definition}{unit}", f"{_acts('column', say)} {file}.")
    for metric in METRICS:
        of = f", of {metric.denominator}" if metric.denominator else ""
        yield Entry(metric.name, "measure", f"{metric.definition}{of} ({metric.unit})", _acts("measure", say))


def _terms(say: Sentences) -> Iterator[Entry]:
    for key, term in say.section("glossary.terms"):
        if key.endswith(".term"):
            text = say(f"glossary.terms.{key.removesuffix('term')}text")
            yield from (Entry(word.strip(), "term", text, "") for word in term.split(","))
