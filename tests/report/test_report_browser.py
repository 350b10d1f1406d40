"""The HTML report in a real browser: it loads nothing, fits every screen, reads aloud and prints."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from unicodedata import normalize

import pytest
from playwright.sync_api import Browser

from csfgeno.report.page import render_html

from .browser import Paper, Sheet, chromium, opened
from .cases import CASES

MOST_PAGES = 10
"""Printed pages of a full case of the fixtures."""

LOOKED_AT = ("molecules_drawn", "fusion_and_amplification", "swap_blocked")
"""Cases that the costly checks look at: a full page, one of every other section, a blocked one."""

OPENED = (*LOOKED_AT, "hostile", "chip_and_germline", "inadequate_negative")

WIDTHS_PX = (1280, 768, 640, 390, 320)
"""A desk, a tablet, a desk at 200% zoom, a telephone, and the narrowest that WCAG 1.4.10 asks for."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module", params=OPENED)
def sheet(
    request: pytest.FixtureRequest, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Sheet]:
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_bytes(render_html(CASES[request.param]()))
    with opened(browser, path) as sheet:
        yield sheet


def test_it_asks_for_nothing_and_complains_of_nothing(sheet: Sheet) -> None:
    assert len(sheet.requests) == 1
    assert sheet.complaints == []


def test_it_never_scrolls_sideways(sheet: Sheet) -> None:
    assert {width: sheet.overflow_px(width) for width in WIDTHS_PX} == dict.fromkeys(WIDTHS_PX, 0)
    assert sheet.overflow_px(1280, text_percent=200) == 0
    assert sheet.overflow_px(1280) == 0


@pytest.mark.parametrize("sheet", LOOKED_AT, indirect=True)
def test_axe_finds_nothing(sheet: Sheet) -> None:
    assert sheet.violations() == []


def test_the_keyboard_reaches_the_answer_first(sheet: Sheet) -> None:
    sheet.page.keyboard.press("Tab")
    assert sheet.page.evaluate("document.activeElement.getAttribute('href')") == "#answer"
    box = sheet.page.locator(":focus").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    sheet.page.keyboard.press("Enter")
    sheet.page.wait_for_function("location.hash === '#answer'")


@pytest.mark.parametrize("sheet", LOOKED_AT, indirect=True)
@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_every_printed_page_names_the_patient_and_its_number(sheet: Sheet, paper: Paper) -> None:
    pages = sheet.printed(paper)
    for number, text in enumerate(pages, 1):
        assert f"{number} / {len(pages)}" in text
        assert sheet.title.rpartition(" ")[2] in text.replace("\n", " ")


@pytest.mark.parametrize("sheet", LOOKED_AT, indirect=True)
@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_the_whole_answer_is_on_the_first_sheet_of_paper(sheet: Sheet, paper: Paper) -> None:
    pages = sheet.printed(paper)
    headings = sheet.page.locator("#answer h3").all_inner_texts() or sheet.page.locator("#answer li").all_inner_texts()
    first = " ".join(normalize("NFKC", pages[0]).split())
    assert [heading for heading in headings if " ".join(heading.split()) not in first] == []
    assert len(pages) <= MOST_PAGES


def test_headers_of_a_table_stand_on_every_page_it_covers(browser: Browser, tmp_path: Path) -> None:
    report = CASES["adequate_negative"]()
    many = tuple(
        replace(hotspot, hotspot_id=f"H{i}", group=f"Group {i}", label=f"Change {i}")
        for i in range(90)
        for hotspot in report.panel.hotspots[:1]
    )
    results = tuple(
        replace(result, hotspot_id=hotspot.hotspot_id) for hotspot in many for result in report.hotspots[:1]
    )
    path = tmp_path / "long.html"
    long = replace(report, panel=replace(report.panel, hotspots=many), hotspots=results)
    path.write_bytes(render_html(long))
    with opened(browser, path) as sheet:
        pages = [" ".join(text.split()) for text in sheet.printed("A4")]
    with_rows = [text for text in pages if sum(f"Group {i} Not" in text for i in range(90)) > 5]
    assert len(with_rows) >= 2
    for text in with_rows:
        assert "Hotspot group CSF" in text
