"""The HTML report: what it says, that it is safe, self-contained, accessible and printable."""

import os
import re
from dataclasses import replace
from importlib import resources
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from csfgeno.records import CaseReport
from csfgeno.report.page import RESULTS, css_string, render_html
from csfgeno.report.view.citations import cite
from csfgeno.vocab import CallState, SpecimenKind

from .cases import CASES
from .html_outline import Element, outline, parse
from .report_cases import HOSTILE, T790M, driver_positive, make_call, make_finding, osimertinib

GOLDEN = Path(__file__).parent / "golden"
CITATION_HOSTS = {"pubmed.ncbi.nlm.nih.gov", "clinicaltrials.gov", "doi.org"}
MAX_BYTES = 2_000_000


def render(report: CaseReport) -> Element:
    return parse(render_html(report).decode())


@pytest.fixture(scope="module", params=CASES)
def page(request: pytest.FixtureRequest) -> Element:
    return render(CASES[request.param]())


# ------------------------------------------------------------------------------------ what it says


@pytest.mark.parametrize("name", CASES)
def test_first_page_and_headings_are_as_agreed(name: str) -> None:
    """Set CSFGENO_REGENERATE=1 to write the golden files again; every change of them needs a reason."""
    path = GOLDEN / f"{name}.txt"
    text = outline(render(CASES[name]()))
    if os.environ.get("CSFGENO_REGENERATE") == "1":
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def test_same_record_gives_same_bytes() -> None:
    assert render_html(driver_positive()) == render_html(driver_positive())


def test_a_failed_case_leads_with_the_failure_and_claims_no_negative() -> None:
    answer = render(CASES["qc_fail"]()).by_id("answer")
    first = next(e for e in answer.all("ul") if e.attributes.get("class") == "headlines").all("li")[0]
    assert first.text().startswith("Fail Quality control failed for CSF.")
    assert "not detected, with" not in answer.text()
    assert "This is not a negative result" in answer.text()


def test_an_inadequate_negative_never_reads_as_a_negative() -> None:
    root = render(CASES["inadequate_negative"]())
    assert "No tumour variant was found" not in root.text()
    assert not [e for e in root.everything() if "not_detected" in e.attributes.get("class", "").split()]
    assert root.text().count("EGFR T790M") >= 2
    assert "58 molecules" in root.text()


def test_an_adequate_negative_states_its_limit_and_what_it_does_not_exclude() -> None:
    text = render(CASES["adequate_negative"]()).text()
    assert "do not use this result to rule it out" in text
    assert (
        "With 1,240 molecules at its least covered position the test would have found it in 95 of 100 samples" in text
    )


def test_a_vcf_specimen_says_that_no_limit_was_computed() -> None:
    text = render(CASES["vcf_specimen"]()).text()
    assert "Tissue: limits of detection were not computed because aligned reads were not supplied." in text


def test_a_case_of_one_vcf_claims_no_negative_anywhere() -> None:
    root = render(CASES["vcf_only"]())
    answer = root.by_id("answer").text()
    assert "EGFR p.E746_A750del (VAF 38%)" in answer
    assert "No hotspot of this specimen has an adequate negative." in answer
    assert "CSF: limits of detection were not computed because aligned reads were not supplied." in answer
    assert not [e for e in root.everything() if "not_detected" in e.attributes.get("class", "").split()]
    assert "LoD95 0" not in root.text()


THE_EIGHT = {
    "driver_positive": ("Detected", "Osimertinib"),
    "resistance": ("(cis)", "(trans)"),
    "inadequate_negative": ("No variant was found, but too few hotspots could be assessed", "not a negative result"),
    "adequate_negative": ("No tumour variant was found", "do not use this result to rule it out"),
    "chip_and_germline": ("From blood cells", "inherited"),
    "swap_blocked": ("Not of one person", "All results are withheld"),
    "vcf_only": ("limits of detection were not computed", "no answer"),
    "fusion_and_amplification": ("EML4::ALK fusion", "MET amplification"),
    "rearranged": ("TP53 deletion", "exons 7, 8"),
}
"""What page one of each kind of case must say, beside its golden file."""


@pytest.mark.parametrize("name", THE_EIGHT)
def test_page_one_says_what_its_kind_of_case_is_about(name: str) -> None:
    assert (GOLDEN / f"{name}.txt").exists()
    answer = render(CASES[name]()).by_id("answer").text()
    for told in THE_EIGHT[name]:
        assert told in answer


def test_without_normal_the_front_page_says_so() -> None:
    assert "No matched normal specimen was tested" in render(CASES["no_normal"]()).by_id("answer").text()


@pytest.mark.parametrize("name", ["driver_positive", "adequate_negative", "qc_fail"])
def test_fusions_and_amplifications_are_named_as_not_looked_for(name: str) -> None:
    root = render(CASES[name]())
    assert "amplification of MET; fusions of ALK, RET" in root.by_id("answer").text()
    assert "their absence here says nothing" in root.by_id("negative").text()


def test_a_swap_blocks_everything_but_quality_and_identity() -> None:
    root = render(CASES["swap_blocked"]())
    answer = root.by_id("answer").text()
    assert "Not of one person: CSF and normal. All results are withheld. This is not a negative result." in answer
    assert not [e for e in root.everything() if e.attributes.get("id") in RESULTS]
    assert "not detected" not in root.by_id("answer").text().lower()
    assert "58 sites compared, 21 against one person" in root.by_id("identity_check").text()
    assert "Molecules" in root.by_id("quality").text()


def test_an_override_and_its_reason_are_on_page_one() -> None:
    answer = render(CASES["swap_overridden"]()).by_id("answer").text()
    assert "Reported all the same, for the reason given by the laboratory: Transplant" in answer


def test_blood_cells_are_no_finding_of_the_tumour_and_an_inherited_driver_stays_in_front() -> None:
    root = render(CASES["chip_and_germline"]())
    headlines = next(e for e in root.by_id("answer").all("ul") if e.attributes.get("class") == "headlines").text()
    assert "DNMT3A" not in headlines
    assert "EGFR p.T790M (VAF 49%, inherited)" in headlines
    assert "not reported as tumour: DNMT3A p.R882H" in root.by_id("answer").text()
    compared = root.by_id("compartments").text()
    assert "in a small part of its DNA (normal, 61 of 860, VAF 7.1%)" in compared
    assert "consent and counselling" in compared


def test_phase_is_told_with_its_counts_in_each_specimen() -> None:
    answer = render(CASES["resistance"]()).by_id("answer").text()
    assert "are on the same molecule in 41 of 41 informative molecules in CSF (cis)" in answer
    assert "are on different molecules: 0 of 6 informative molecules in plasma show both (trans)" in answer


def test_events_lead_and_carry_their_counts() -> None:
    root = render(CASES["fusion_and_amplification"]())
    answer = root.by_id("answer").text()
    assert "CSF: EML4::ALK fusion, MET amplification, MET exon 14 skipping and TP53 p.R273H (VAF 25%)." in answer
    assert "EML4 exon 13 :: ALK exon 20, in frame, variant 1" in answer
    structural = root.by_id("structural").text()
    assert "11 split, 2 clipped, 5 mates apart; 4 duplex; 9 distinct positions" in structural
    assert "test tissue or RNA" in structural
    assert "38% (31–46%)" in root.by_id("compartments").text()


def test_request_and_sign_off_are_shown_as_supplied() -> None:
    root = render(CASES["resistance"]())
    assert "born 1957-03-11" in root.all("header")[0].text()
    assert "2026-10-09, amended" in root.all("header")[0].text()
    assert "Dr. Meyer, 2026-10-01" in root.by_id("answer").text()
    assert "2026-10-11Volume corrected" in root.by_id("signature").text()


def test_a_thinned_drawing_says_so_and_a_complete_one_as_well() -> None:
    findings = render(CASES["molecules_drawn"]()).by_id("findings").text()
    assert "Molecules with the change: 60 of 455 drawn. Without it: 12 of 1,100 drawn." in findings
    assert "Molecules with the change: 5, all drawn." in findings


def test_every_molecule_that_is_kept_is_drawn() -> None:
    drawings = [e for e in render(CASES["molecules_drawn"]()).all("svg") if "molecules" in e.attributes["class"]]
    marks = [p for d in drawings for p in d.all("path") if p.attributes["class"] == "allele"]
    assert sorted(path.attributes["d"].count("M") for path in marks) == [5, 60]


def test_unchecked_figures_are_not_printed_and_statements_are_marked() -> None:
    text = render(driver_positive()).by_id("therapy").text()
    assert "CNS ORR 66% vs 43%" in text
    assert "LM ORR 62%" not in text
    assert "Amivantamab + lazertinib" in text
    assert "Provisional" in text


def test_resistance_shows_no_cns_grade() -> None:
    articles = render(driver_positive()).by_id("therapy").all("article")
    resistant = [a for a in articles if "resistant" in a.attributes["class"]]
    assert len(resistant) == 1
    assert not [e for e in resistant[0].everything() if "grade" in e.attributes.get("class", "").split()]


def test_use_statement_is_in_the_footer(page: Element) -> None:
    use = "For research and decision support; the laboratory validates before clinical use."
    assert use in page.all("footer")[0].text()


# ------------------------------------------------------------------------------------ safe, alone


def test_hostile_text_stays_text() -> None:
    html = render_html(CASES["hostile"]()).decode()
    root = parse(html)
    assert "<script" not in html
    assert not root.all("script", "iframe", "object", "embed", "img", "link", "form")
    assert HOSTILE.replace("\t", " ").replace("\n", " ") in root.text()
    assert len(root.all("style")) == 1
    assert "alert" not in "".join(e.attributes.get("href", "") for e in root.all("a"))


def test_no_handler_and_no_inline_style(page: Element) -> None:
    for element in page.everything():
        assert not [name for name in element.attributes if name.startswith("on") or name == "style"]


def test_nothing_is_loaded_from_anywhere(page: Element) -> None:
    for element in page.everything():
        assert "src" not in element.attributes
        if element.tag != "a":
            assert element.attributes.get("href", "#").startswith("#")
    sheet = page.all("style")[0].text()
    assert "url(" not in sheet
    assert "@import" not in sheet


def test_links_lead_to_citations_or_inside(page: Element) -> None:
    ids = {element.attributes.get("id") for element in page.everything()}
    for link in page.all("a"):
        target = link.attributes["href"]
        if target.startswith("#"):
            assert target.removeprefix("#") in ids
        else:
            assert urlsplit(target).scheme == "https"
            assert urlsplit(target).netloc in CITATION_HOSTS


def test_size_is_within_budget() -> None:
    for make in CASES.values():
        assert len(render_html(make())) < MAX_BYTES


@pytest.mark.parametrize(
    ("reference", "url"),
    [
        ("PMID:30153097", "https://pubmed.ncbi.nlm.nih.gov/30153097/"),
        ("30153097", "https://pubmed.ncbi.nlm.nih.gov/30153097/"),
        ("NCT02228369", "https://clinicaltrials.gov/study/NCT02228369"),
        ("DOI:10.1200/JCO.18.78", "https://doi.org/10.1200/JCO.18.78"),
        ("10.1016/x<y>", "https://doi.org/10.1016/x%3Cy%3E"),
        ("javascript:alert(1)", None),
        ("https://example.org/", None),
        ("NCT1", None),
    ],
)
def test_cite(reference: str, url: str | None) -> None:
    assert cite(reference).url == url


def test_css_string_cannot_be_left() -> None:
    assert css_string('a"</style>\n\\') == '"a\\000022\\00003c\\00002fstyle\\00003e\\00000a\\00005c"'


# ------------------------------------------------------------------------------------- accessible


def test_document_has_language_title_and_one_h1(page: Element) -> None:
    assert page.all("html")[0].attributes["lang"] == "en"
    assert len(page.all("h1")) == 1
    assert len([e for e in page.all("title") if e.parent and e.parent.tag == "head"]) == 1
    assert len(page.all("main")) == len(page.all("header")) == len(page.all("footer")) == 1
    assert page.all("body")[0].all("a")[0].attributes["href"] == "#answer"


def test_zoom_is_never_disabled(page: Element) -> None:
    viewport = next(e for e in page.all("meta") if e.attributes.get("name") == "viewport")
    assert "scal" not in viewport.attributes["content"].replace("initial-scale=1", "")


def test_headings_skip_no_level(page: Element) -> None:
    levels = [int(e.tag[1]) for e in page.all("h1", "h2", "h3", "h4")]
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_tables_have_captions_and_scoped_headers(page: Element) -> None:
    for table in page.all("table"):
        assert len(table.all("caption")) == 1
        width = len(table.all("thead")[0].all("th"))
        assert all(header.attributes["scope"] in ("row", "col") for header in table.all("th"))
        for row in table.all("tbody")[0].all("tr"):
            assert len(row.all("th", "td")) == width
            assert len(row.all("th")) == 1


def test_ids_are_unique_and_labels_exist(page: Element) -> None:
    ids = [e.attributes["id"] for e in page.everything() if "id" in e.attributes]
    assert len(ids) == len(set(ids))
    for element in page.everything():
        assert set(element.attributes.get("aria-labelledby", "").split()) <= set(ids)


def test_figure_has_role_title_and_description() -> None:
    plot = next(e for e in render(driver_positive()).all("svg") if e.attributes.get("class") == "plot")
    assert plot.attributes["role"] == "img"
    assert plot.all("title")[0].text()
    assert "EGFR p.T790M" in plot.all("desc")[0].text()


def test_figure_stays_inside_its_frame() -> None:
    plot = next(e for e in render(driver_positive()).all("svg") if e.attributes.get("class") == "plot")
    width, height = (float(text) for text in plot.attributes["viewbox"].split()[2:])
    for circle in plot.all("circle"):
        assert 0 < float(circle.attributes["cx"]) < width
        assert 0 < float(circle.attributes["cy"]) < height


def test_every_state_has_word_and_shape(page: Element) -> None:
    badges = [e for e in page.everything() if "badge" in e.attributes.get("class", "").split()]
    assert badges
    for badge in badges:
        assert badge.text()
        assert len(badge.all("svg")) == 1
        assert badge.all("path", "circle", "rect")


def test_every_shape_is_another_one() -> None:
    """In greyscale a state is told by its word and its shape; two shapes that are alike would leave the word alone."""
    glyphs = (resources.files("csfgeno.report") / "templates" / "glyphs.html.j2").read_text(encoding="utf-8")
    shapes = dict(re.findall(r"^'(\w+)': '(.*)',$", glyphs, flags=re.MULTILINE))
    plain = {name: re.sub(r' stroke-width="[^"]*"', "", shape) for name, shape in shapes.items()}
    states = {"detected", "not_detected", "indeterminate", "not_assessable", "untested", "pass", "limited", "fail"}
    directions = {"sensitive", "resistant", "reduced", "no_option", "prognostic", "provisional"}
    for together in (states, directions | {"pass"}, {"rose", "fell", "level", "not_assessable"}):
        assert together <= plain.keys()
        assert len({plain[name] for name in together}) == len(together)


def test_text_colours_have_enough_contrast() -> None:
    sheet = (resources.files("csfgeno.report") / "static" / "report.css").read_text()
    colours = dict(re.findall(r"--(\w+): (#[0-9a-f]{3,6})", sheet))
    for text in ("ink", "soft", "accent", "alarm", "doubt", "calm"):
        for ground in ("paper", "faint"):
            assert _contrast(colours[text], colours[ground]) >= 4.5, (text, ground)


def _contrast(first: str, second: str) -> float:
    """WCAG 2.2 contrast ratio of two colours."""
    bright, dark = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    digits = colour.removeprefix("#")
    digits = "".join(c * 2 for c in digits) if len(digits) == 3 else digits
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


# ---------------------------------------------------------------------------------------- details


def test_many_findings_move_the_full_comparison_to_the_findings_section() -> None:
    report = driver_positive()
    (first, *_), one = report.findings[1:], osimertinib()
    drugs = tuple(replace(one, drug_names=(f"Drug {i}",)) for i in range(6))
    many = tuple(replace(first, allele=replace(first.allele, start=first.allele.start + 100 * i)) for i in range(9))
    root = render(replace(report, findings=many, therapies=drugs))
    assert "3 further findings are listed under Findings." in root.by_id("answer").text()
    assert "2 further drugs are listed under Therapies." in root.by_id("answer").text()
    matrices = [t for t in root.by_id("findings").all("table") if "matrix" in t.attributes["class"]]
    assert len(matrices[0].all("tbody")[0].all("tr")) == 9


def test_an_actionable_variant_that_is_also_in_the_normal_stays_in_front_with_a_caution() -> None:
    report = driver_positive()
    inherited = make_finding(
        T790M,
        make_call(SpecimenKind.CSF, CallState.DETECTED, 1312, 640),
        make_call(SpecimenKind.NORMAL, CallState.DETECTED, 860, 421),
        hotspot="EGFR_T790M",
        biomarker="EGFR_T790M",
    )
    answer = render(replace(report, findings=(inherited,))).by_id("answer").text()
    assert "CSF: EGFR p.T790M (VAF 49%, also in normal)." in answer
    assert "EGFR p.T790M: also detected in the normal specimen" in answer
