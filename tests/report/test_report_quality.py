"""The section of quality: registry of measures, small plots, and the MultiQC file."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from csfgeno.records import CaseReport
from csfgeno.report.metrics import FRACTION, METRICS
from csfgeno.report.multiqc import to_family_curve, to_length_curve, to_multiqc
from csfgeno.report.page import render_html
from csfgeno.report.sentences import load_sentences
from csfgeno.report.view.drawing import Drawing
from csfgeno.report.view.profiles import HEIGHT, WIDTH, build_profiles
from csfgeno.report.view.quality import UNKNOWN, build_quality
from csfgeno.thresholds import DEFAULTS
from csfgeno.vocab import SpecimenKind

from .html_outline import parse
from .report_cases import CASES, driver_positive, vcf_specimen

SAY = load_sentences("en", power="95", level="95")
DOCUMENT = Path(__file__).parents[2] / "docs" / "quality.md"


def plots_of(report: CaseReport) -> list[Drawing]:
    return [plot.drawing for profile in build_profiles(report, report.qc, SAY) for plot in profile.plots]


# ----------------------------------------------------------------------------------------- measures


def test_every_measure_is_defined_and_documented() -> None:
    table = "\n".join(f"| `{m.name}` | {m.unit} | {m.definition} | {m.denominator} |" for m in METRICS)
    assert table in DOCUMENT.read_text(encoding="utf-8")
    assert len({metric.name for metric in METRICS}) == len(METRICS)


def test_fractions_have_a_denominator() -> None:
    assert all(metric.denominator for metric in METRICS if metric.unit == FRACTION)


def test_thresholds_named_by_definitions_exist() -> None:
    names = {name for m in METRICS for name in re.findall(r"`(\w+)`", f"{m.definition} {m.denominator}")}
    assert names
    assert all(hasattr(DEFAULTS, name) for name in names)


def test_every_measure_is_shown_once_if_any_specimen_has_it() -> None:
    report = driver_positive()
    shown = [row.label for table in build_quality(report, SAY).tables for row in table.rows]
    pairs = [(specimen, qc) for specimen, qc in zip(report.case.specimens, report.qc, strict=True)]
    known = [m for m in METRICS if any(m.value(*pair) is not None for pair in pairs)]
    assert shown == [SAY("quality.metric.mode"), *(SAY(f"quality.metric.{m.name}") for m in known)]


def test_measures_are_told_with_their_unit() -> None:
    cells = {row.label: row.cells for table in build_quality(driver_positive(), SAY).tables for row in table.rows}
    assert cells["Duplex yield"][0] == "33%"
    assert cells["Mapped alignments on target"][0] == "68%"
    assert cells["Most frequent length"][0] == "148 bp"
    assert cells["Molecules"][0] == "61,870"
    assert cells["Volume"][2] == UNKNOWN


# -------------------------------------------------------------------------------------------- plots


@pytest.mark.parametrize("name", CASES)
def test_plots_stay_inside_their_frame(name: str) -> None:
    for plot in plots_of(CASES[name]()):
        for label in plot.labels:
            assert 0 <= label.x <= WIDTH
            assert 0 <= label.y <= HEIGHT
        for stroke in plot.strokes:
            for command, text in re.findall(r"([MLHV])([-\d. ]+)", stroke.path):
                numbers = [float(number) for number in text.split()]
                across, down = (numbers[:1], numbers[1:]) if command in "ML" else ([], [])
                across, down = (numbers, []) if command == "H" else (across, down)
                across, down = ([], numbers) if command == "V" else (across, down)
                assert all(0 <= x <= WIDTH for x in across), (plot.key, stroke)
                assert all(0 <= y <= HEIGHT for y in down), (plot.key, stroke)


def test_tables_behind_the_plots_add_up_to_the_molecules() -> None:
    report = driver_positive()
    lengths, families, depths = build_profiles(report, report.qc, SAY)
    for column, qc in enumerate(report.qc):
        assert qc.fragment_lengths
        assert qc.family_sizes
        counted = sum(int(row.cells[column].replace(",", "")) for row in lengths.rows)
        assert counted == qc.fragment_lengths.measured
        pairs = [row.cells[column].replace(",", "").split(" / ") for row in families.rows]
        assert sum(int(a) + int(b) for a, b in pairs) == qc.family_sizes.families
    assert not depths.rows


def test_plots_say_in_words_what_they_show() -> None:
    described = {plot.key: plot.description for plot in plots_of(driver_positive())}
    assert "most frequent length 148 bp" in described["lengths-csf"]
    assert "rest on one read pair" in described["families-plasma"]
    assert described["depths-csf"].startswith("From EGFR_ex19 with 1,240 molecules to TP53_ex8 with")


def test_a_specimen_without_molecules_has_no_plot() -> None:
    assert {plot.key for plot in plots_of(vcf_specimen())} == {"lengths-csf", "families-csf", "depths-csf"}
    report = vcf_specimen()
    assert plots_of(replace(report, qc=report.qc[1:])) == []


def test_drawings_have_title_and_description_and_their_numbers_a_table() -> None:
    section = parse(render_html(driver_positive()).decode()).by_id("quality")
    drawings = [e for e in section.all("svg") if "small" in e.attributes.get("class", "").split()]
    assert len(drawings) == 3 * len(driver_positive().qc)
    for drawing in drawings:
        assert drawing.attributes["role"] == "img"
        assert drawing.all("title")[0].text()
        assert drawing.all("desc")[0].text()
    assert len(section.all("details")) == 3
    assert all(len(details.all("table")) == 1 for details in section.all("details"))


# ------------------------------------------------------------------------------------------ MultiQC


@pytest.mark.parametrize("name", CASES)
def test_multiqc_has_a_row_for_each_specimen_and_a_header_for_each_value(name: str) -> None:
    report = CASES[name]()
    content = json.loads(to_multiqc(report))
    assert content["plot_type"] == "table"
    assert list(content["data"]) == [f"{report.case.case_id} {qc.specimen}" for qc in report.qc]
    for qc, row in zip(report.qc, content["data"].values(), strict=True):
        assert row["verdict"] == qc.verdict
        assert set(row) <= set(content["headers"])
        assert None not in row.values()


def test_multiqc_shows_percent_and_counts() -> None:
    row = json.loads(to_multiqc(driver_positive()))["data"]["CASE-0007 csf"]
    assert row["on_target"] == pytest.approx(100 * 611_320 / 902_114)
    assert row["duplicates"] == pytest.approx(100 * (1 - 61_870 / 320_604))
    assert (row["molecules"], row["modal_length"], row["volume"]) == (61_870, 148, 6.0)


def test_multiqc_draws_the_histograms_in_percent() -> None:
    report = driver_positive()
    families, lengths = (json.loads(curve(report)) for curve in (to_family_curve, to_length_curve))
    for content, name in ((families, "csfgeno_families"), (lengths, "csfgeno_lengths")):
        assert (content["id"], content["plot_type"]) == (name, "linegraph")
        assert set(content["data"]) == {f"CASE-0007 {qc.specimen}" for qc in report.qc}
        assert all(sum(curve.values()) == pytest.approx(100.0) for curve in content["data"].values())
    qc = report.qc[0]
    assert qc.family_sizes is not None
    share = (qc.family_sizes.strand_a[1] + qc.family_sizes.strand_b[1]) / qc.family_sizes.families
    assert families["data"][f"CASE-0007 {qc.specimen}"]["2"] == pytest.approx(100.0 * share)
    assert json.loads(to_family_curve(vcf_specimen()))["data"].keys() <= {"CASE-0007 csf"}


def test_multiqc_of_two_cases_meets_in_one_section() -> None:
    first, second = (json.loads(to_multiqc(CASES[name]())) for name in ("driver_positive", "qc_fail"))
    assert {k: v for k, v in first.items() if k != "data"} == {k: v for k, v in second.items() if k != "data"}


def test_specimen_without_molecules_has_only_what_was_stated() -> None:
    row = json.loads(to_multiqc(vcf_specimen()))["data"]
    tissue = next(values for name, values in row.items() if name.endswith(SpecimenKind.TISSUE))
    assert set(tissue) == {"verdict", "input"}
