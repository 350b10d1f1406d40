"""`csfgeno explain`: every word that an output may use has a meaning, from the tables that the code uses itself."""

from enum import StrEnum

import pytest
from click.testing import CliRunner

from csfgeno.calling.filters import FILTERS, Filter
from csfgeno.cli import cli
from csfgeno.errors import UsageError
from csfgeno.report import vcf
from csfgeno.report.explain import DECIDED_BY, TABLES, entries_of, explain, render_entry
from csfgeno.report.metrics import METRICS
from csfgeno.report.sentences import load_sentences
from csfgeno.thresholds import DEFAULTS, describe, override
from csfgeno.vocab import (
    CallingTier,
    CallState,
    Direction,
    EvidenceMode,
    FilterName,
    MoleculeKind,
    PhaseState,
    QcVerdict,
    Standing,
    StructuralFilter,
)
from csfgeno.vocab.comparison import Certainty, CompartmentVerdict, Origin
from csfgeno.vocab.serial import CopyReading, SerialResult

SAY = load_sentences("en", power="95", level="95")
SETTINGS = describe(DEFAULTS, {})
VOCABULARIES: tuple[type[StrEnum], ...] = (
    CallState,
    CallingTier,
    Certainty,
    CompartmentVerdict,
    Direction,
    EvidenceMode,
    FilterName,
    MoleculeKind,
    Origin,
    PhaseState,
    QcVerdict,
    Standing,
    StructuralFilter,
    SerialResult,
    CopyReading,
)


@pytest.mark.parametrize("vocabulary", VOCABULARIES)
def test_every_word_of_a_closed_vocabulary_is_explained(vocabulary: type[StrEnum]) -> None:
    for word in vocabulary:
        assert explain(word, SETTINGS, SAY)[0].definition


def test_every_threshold_field_column_measure_and_grade_is_explained() -> None:
    words = [setting.name for setting in SETTINGS]
    words += [name for name, *_ in (*vcf.INFO, *vcf.FORMAT)]
    words += [column.name for columns in TABLES.values() for column in columns]
    words += [metric.name for metric in METRICS]
    words += [f"{axis}-{letter}" for axis in ("LM", "BM", "PK") for letter in "ABCD"]
    for word in words:
        assert explain(word, SETTINGS, SAY)


@pytest.mark.parametrize("rule", FILTERS)
def test_a_filter_comes_with_the_thresholds_it_obeys(rule: Filter) -> None:
    entry = next(e for e in explain(rule.name, SETTINGS, SAY) if e.kind == "filter")
    assert tuple(setting.name for setting in entry.thresholds) == rule.thresholds
    text = "\n".join(render_entry(entry, SAY))
    assert all(threshold in text for threshold in rule.thresholds)
    assert "source: " in text
    assert "where: " in text


def test_thresholds_that_decide_a_word_exist() -> None:
    known = {setting.name for setting in SETTINGS}
    assert {name for names in DECIDED_BY.values() for name in names} <= known
    assert DECIDED_BY.keys() <= {entry.word for entry in entries_of(SETTINGS, SAY)}


def test_spelling_does_not_matter_and_all_meanings_are_told() -> None:
    assert explain("not detected", SETTINGS, SAY) == explain("NOT-DETECTED", SETTINGS, SAY)
    assert {entry.kind for entry in explain("vaf", SETTINGS, SAY)} == {"vcf", "column", "term"}


def test_an_unknown_word_gets_near_ones() -> None:
    with pytest.raises(UsageError, match=r"did you mean .*strand_bias"):
        explain("strandbias", SETTINGS, SAY)


def test_a_changed_threshold_shows_its_value_and_its_default() -> None:
    settings = describe(override(DEFAULTS, {"max_lod95": "0.01"}), {"max_lod95": "case file"})
    text = "\n".join(line for e in explain("max_lod95", settings, SAY) for line in render_entry(e, SAY))
    assert "max_lod95 = 0.01" in text
    assert "(case file, default " in text


def test_the_command_lists_words_and_explains_one() -> None:
    listed = CliRunner().invoke(cli, ["explain"])
    assert listed.exit_code == 0
    assert "state: DETECTED, NOT_DETECTED" in listed.output
    told = CliRunner().invoke(cli, ["explain", "NOT_ASSESSABLE"])
    assert told.exit_code == 0
    assert "max_lod95" in told.output
