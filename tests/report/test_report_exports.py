"""MAF, FHIR and PDF: the same record for other readers."""

import json
from io import BytesIO
from pathlib import Path

import pytest
from click.testing import CliRunner
from pypdf import PdfReader

from csfgeno.cli import cli
from csfgeno.errors import InputError
from csfgeno.records import Allele
from csfgeno.report.document import parse_report, to_json
from csfgeno.report.fhir import to_fhir
from csfgeno.report.formats import FORMATS
from csfgeno.report.maf import COLUMNS, maf_allele, to_maf
from csfgeno.report.pdf import render_pdf

from .cases import CASES
from .html_outline import parse


def test_maf_has_one_line_a_finding_and_tumour_specimen() -> None:
    lines = to_maf(CASES["driver_positive"]()).decode().splitlines()
    rows = [dict(zip(COLUMNS, line.split("\t"), strict=True)) for line in lines[3:]]
    assert len(rows) == 9
    deletion = next(row for row in rows if row["HGVSp_Short"] == "p.E746_A750del")
    assert (deletion["Start_Position"], deletion["End_Position"]) == ("55174773", "55174787")
    assert (deletion["Variant_Type"], deletion["Variant_Classification"]) == ("DEL", "In_Frame_Del")
    assert (deletion["t_depth"], deletion["t_alt_count"], deletion["n_alt_count"]) == ("1198", "455", "0")


@pytest.mark.parametrize(
    ("allele", "expected"),
    [
        (Allele("1", 9, "A", "T"), (10, 10, "A", "T")),
        (Allele("1", 9, "AG", "TC"), (10, 11, "AG", "TC")),
        (Allele("1", 9, "ACT", "A"), (11, 12, "CT", "-")),
        (Allele("1", 9, "A", "ACT"), (10, 11, "-", "CT")),
        (Allele("1", 9, "ACG", "AT"), (11, 12, "CG", "T")),
    ],
)
def test_maf_coordinates(allele: Allele, expected: tuple[int, int, str, str]) -> None:
    assert maf_allele(allele) == expected


def test_hostile_text_stays_in_its_cell_and_its_string() -> None:
    report = CASES["hostile"]()
    lines = to_maf(report).decode().splitlines()[2:]
    assert {line.count("\t") for line in lines} == {len(COLUMNS) - 1}
    assert json.loads(to_fhir(report))["resourceType"] == "Bundle"


def test_pdf_says_what_the_page_says_on_numbered_pages_with_the_patient() -> None:
    report = CASES["inadequate_negative"]()
    pages = [page.extract_text() for page in PdfReader(BytesIO(render_pdf(report))).pages]
    for number, text in enumerate(pages, 1):
        assert f"{number} / {len(pages)}" in text
        assert "P-1138" in text
    words = set("".join(pages).split())
    shown = parse(FORMATS["html"][1](report).decode())
    for section in ("answer", "methods", "quality"):
        told = [word for e in shown.by_id(section).all("h2", "h3", "caption", "td") for word in e.text().split()]
        missing = [word for word in told if word.isalpha() and word not in words]
        assert len(missing) <= len(told) // 50, missing


def test_chosen_formats_are_rendered_from_the_json_alone(tmp_path: Path) -> None:
    source = tmp_path / "case.json"
    source.write_bytes(to_json(CASES["driver_positive"]()))
    out = tmp_path / "out"
    arguments = [part for name in FORMATS if name != "pdf" for part in ("--format", name)]
    result = CliRunner().invoke(cli, ["report", str(source), "--out-dir", str(out), *arguments])
    assert result.exit_code == 0, result.output
    assert {path.name for path in out.iterdir()} == {
        f"CASE-0007{ending}" for name, (ending, _) in FORMATS.items() if name != "pdf"
    }


def test_an_older_json_is_refused_with_what_to_do() -> None:
    document = json.loads(to_json(CASES["driver_positive"]())) | {"schema_version": "0.9"}
    with pytest.raises(InputError, match=r"has schema version '0\.9'.*call the case again"):
        parse_report(json.dumps(document).encode(), name="old.json")
