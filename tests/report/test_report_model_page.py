"""The page of an error model: every drawing has its numbers, everything is escaped, and a real browser shows it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from csfgeno.errormodel.fit import fit_model
from csfgeno.errormodel.model import LabModel
from csfgeno.report.model_page import print_model, render_model
from csfgeno.report.sentences import load_sentences
from csfgeno.report.view.model import ModelView, build_model_view
from csfgeno.report.view.rows import Line, Lines, Spot, decade, draw_rows, scale_of
from csfgeno.thresholds import Thresholds

from ..errormodel.synthetic import DUPLEX, SIMPLEX_A, SIMPLEX_B, SINGLETON_A, make_evidence
from ..errormodel.test_laboratory_model import NOISY, count, factors_with, identity
from .browser import chromium, opened

DEPTH = {DUPLEX: 30_000, SIMPLEX_A: 3_000, SIMPLEX_B: 3_000, SINGLETON_A: 1_000}
RATES = {
    (SIMPLEX_A, "G", "T"): 2e-4,
    (SIMPLEX_B, "C", "A"): 2e-4,
    (SINGLETON_A, "C", "T"): 6e-4,
    (SINGLETON_A, "A", "G"): 1e-4,
}
HOSTILE = "<script>alert(1)</script> & Söhne"


def fitted(normals: int, depth: Mapping[int, int] = DEPTH) -> LabModel:
    factors = factors_with(NOISY, 20.0)
    counts = [count(make_evidence(depth, RATES, seed, factors)) for seed in range(normals)]
    return fit_model(replace(identity(normals), assay=HOSTILE), counts, Thresholds())


@pytest.fixture(scope="module")
def model() -> LabModel:
    return fitted(3)


@pytest.fixture(scope="module")
def view(model: LabModel) -> ModelView:
    return build_model_view(model, load_sentences("en", level="95"))


def test_every_drawing_stands_beside_a_table_with_a_row_for_each_of_its_marks(view: ModelView) -> None:
    for section in view.sections:
        for part in section.parts:
            points = sum(s.kind.startswith("point") for drawing in part.drawings for s in drawing.strokes)
            rates = sum(len(row.cells) for row in part.table.rows)
            assert part.table.rows, section.key
            assert points <= rates, section.key
            assert {len(row.cells) + 1 for row in part.table.rows} == {len(part.table.columns)}


def test_drawings_have_names_of_their_own_and_stay_inside_their_frame(view: ModelView) -> None:
    drawings = [drawing for section in view.sections for part in section.parts for drawing in part.drawings]
    assert len({drawing.key for drawing in drawings}) == len(drawings) == 4 + 3 * 6 + 3
    for drawing in drawings:
        assert drawing.title
        assert drawing.description
        for stroke in drawing.strokes:
            for x, y in re.findall(r"M(-?[\d.]+) (-?[\d.]+)", stroke.path):
                assert 0 <= float(x) <= drawing.width, (drawing.key, stroke)
                assert 0 <= float(y) <= drawing.height, (drawing.key, stroke)
        for label in drawing.labels:
            assert 0 <= label.x <= drawing.width
            assert 0 <= label.y <= drawing.height


def test_contexts_of_one_strand_are_drawn_apart_and_those_of_duplex_once(view: ModelView) -> None:
    contexts = next(section for section in view.sections if section.key == "contexts")
    marks = [[s.kind for s in d.strokes if s.kind.startswith("point")] for p in contexts.parts for d in p.drawings]
    duplex, others = marks[:6], marks[6:]
    assert all(own == ["point"] * 16 for own in duplex)
    assert all(own == ["point", "point open"] * 16 for own in others)
    assert [len(part.table.rows) for part in contexts.parts] == [96] * 3


def test_what_a_reader_asks_is_there(view: ModelView, model: LabModel) -> None:
    facts = dict(view.facts)
    assert facts["Normals that taught it"] == "3"
    assert facts["Rates smoothed by"] in ("shrinkage", "penalised Poisson regression", "gradient boosting")
    assert facts["A site differs from specimen to specimen by"].startswith("coefficient of variation")
    errors, chances = facts["Wrong bases / chances"].split(" / ")
    assert int(errors.replace(",", "")) < int(chances.replace(",", ""))
    sections = {section.key: section for section in view.sections}
    assert sections["sites"].parts[0].table.rows[0].label == f"c:{NOISY.start + 1}:C>T"
    assert [row.cells[2] for row in sections["candidates"].parts[0].table.rows].count("kept") == 1
    assert sections["recurrent"].parts == ()
    assert "No allele recurs" in sections["recurrent"].text


def test_one_normal_says_that_it_cannot_tell_specimens_apart() -> None:
    facts = dict(build_model_view(fitted(1), load_sentences("en", level="95")).facts)
    assert facts["A site differs from specimen to specimen by"] == "assumed 71%; one normal cannot show it"


def test_text_and_page_hold_the_same_numbers(model: LabModel, view: ModelView) -> None:
    text, page = print_model(model), render_model(model).decode()
    for section in view.sections:
        assert section.title.upper() in text
        assert section.title in page
        for part in section.parts:
            for row in part.table.rows:
                assert " ".join(f"{row.label} {' '.join(row.cells)}".split()) in " ".join(text.split())


def test_nothing_of_the_model_is_markup(model: LabModel) -> None:
    page = render_model(model).decode()
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; Söhne" in page
    assert "http:" not in page
    assert "https:" not in page


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


def test_a_browser_shows_it_on_every_screen_and_finds_nothing_wrong(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "model.html"
    path.write_bytes(render_model(fitted(2, {SIMPLEX_A: 3_000, SIMPLEX_B: 3_000})))
    with opened(browser, path) as sheet:
        assert {width: sheet.overflow_px(width) for width in (1280, 640, 320)} == {1280: 0, 640: 0, 320: 0}
        assert sheet.overflow_px(1280, text_percent=200) == 0
        assert sheet.violations() == []
        sheet.page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        assert sheet.overflow_px(320) == 0
        assert len(sheet.requests) == 1
        assert sheet.complaints == []
        assert len(sheet.printed("A4")) < 40


class TestRows:
    def test_the_scale_holds_every_value_and_upper_bound_in_whole_decades(self) -> None:
        scale = scale_of([Spot(3e-7, 0.0, 2e-5), Spot(4e-6, 1e-6, 9e-6)], 0.0, 100.0)
        assert (scale.lowest, scale.highest) == (-7, -4)
        assert (scale(0.0), scale(1e-7), scale(1e-4), scale(1.0)) == (0.0, 0.0, 100.0, 100.0)

    def test_a_single_power_of_ten_has_a_scale(self) -> None:
        scale = scale_of([Spot(1.0, 1.0, 1.0)], 0.0, 100.0)
        assert scale.highest > scale.lowest

    def test_two_marks_of_a_row_stand_one_above_the_other(self) -> None:
        drawing = draw_rows("k", "t", "d", [Lines("", (Line("n", Spot(1, 1, 2), Spot(3, 2, 4)),))])
        kinds = [stroke.kind for stroke in drawing.strokes]
        assert kinds == ["grid", "interval", "point", "interval", "point open"]
        above, below = (re.findall(r"M[\d.]+ ([\d.]+)", s.path)[0] for s in drawing.strokes if "point" in s.kind)
        assert float(above) < float(below)

    @pytest.mark.parametrize(("power", "text"), [(-7, "1e-7"), (-1, "0.1"), (0, "1"), (3, "1,000"), (6, "1e6")])
    def test_ticks(self, power: int, text: str) -> None:
        assert decade(power) == text
