"""A whole validation: 60 blanks and 20 replicates of five levels, through the command line."""

import csv
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from csfgeno.cli import cli, exit_code
from csfgeno.errors import InputError
from csfgeno.report.document import to_json
from csfgeno.thresholds import STUDY_DEFAULTS
from csfgeno.validation.kit import Validation, validate
from csfgeno.validation.measurements import measure
from csfgeno.validation.page import render_validation
from csfgeno.validation.plan import read_plan
from csfgeno.vocab import CallState
from csfgeno.vocab.comparison import Origin
from tests.report.report_cases import CSF, HOSTILE, R273H, make_call, make_finding
from tests.report.special_cases import swap_blocked
from tests.validation.conftest import bounds, case_of, write_kit


@pytest.fixture(scope="module")
def validation(kit: tuple[Path, Path]) -> Validation:
    return validate(measure(read_plan(*kit)), STUDY_DEFAULTS)


def test_limits_are_those_of_three_molecules_in_a_thousand(validation: Validation) -> None:
    """P(Poisson >= 3) = 0.95 at 6.3 molecules: 0.63%; blanks show nothing."""
    (result,) = validation.classes
    assert result.limits.klass == "all"
    low, high = bounds(result.limits.lod)
    assert low < 0.0063 < high
    assert result.limits.lob is not None
    assert result.limits.lob.value == 0.0
    assert result.limits.blanks == 60


def test_levels_follow_the_dilutions(validation: Validation) -> None:
    (result,) = validation.classes
    assert [level.expected for level in result.levels] == [0.001, 0.002, 0.004, 0.008, 0.016]
    assert all(level.hits.total == 20 for level in result.levels)
    for level in result.levels:
        low, high = bounds(level.cv)
        assert low < (1 / (1000 * level.expected)) ** 0.5 < high


def test_blanks_have_no_call(validation: Validation) -> None:
    assert validation.blank is not None
    assert validation.blank.hotspot_calls.value == 0.0
    assert validation.blank.hotspot_calls.high == pytest.approx(3.689 / 60, abs=1e-4)
    assert validation.blank.negatives.hits == validation.blank.negatives.total > 0


def test_an_allele_and_its_hotspot_say_the_same(tmp_path: Path, validation: Validation) -> None:
    """But where no molecule shows the allele, a report lists the hotspot alone."""
    other = validate(measure(read_plan(*write_kit(tmp_path, "7:55181378:C:T"))), STUDY_DEFAULTS)
    assert [m.state for m in other.measurements] == [m.state for m in validation.measurements]
    seen = [(a.alt, b.alt) for a, b in zip(other.measurements, validation.measurements, strict=True) if a.alt]
    assert len(seen) > 80
    assert all(a == b for a, b in seen)


def test_files_hold_every_table(kit: tuple[Path, Path], tmp_path: Path) -> None:
    out = tmp_path / "out"
    arguments = ["study", "--samples", str(kit[0]), "--materials", str(kit[1]), "--out-dir", str(out)]
    outcome = CliRunner().invoke(cli, arguments, catch_exceptions=False)
    assert outcome.exit_code == 0
    names = {path.name for path in out.iterdir()}
    assert names == {
        "validation.html",
        *(f"{n}.tsv" for n in ("measurements", "limits", "levels", "precision", "blanks")),
    }
    rows = list(csv.DictReader((out / "precision.tsv").read_text().splitlines(), delimiter="\t"))
    assert {row["factor"] for row in rows} == {"run", "day", "operator"}
    again = tmp_path / "again"
    CliRunner().invoke(cli, [*arguments[:-1], str(again)], catch_exceptions=False)
    assert all((again / name).read_bytes() == (out / name).read_bytes() for name in names)


def test_columns_are_documented(kit: tuple[Path, Path], tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "validation-kit.md").read_text()
    arguments = ["study", "--samples", str(kit[0]), "--materials", str(kit[1]), "--out-dir", str(tmp_path)]
    CliRunner().invoke(cli, arguments, catch_exceptions=False)
    for table in tmp_path.glob("*.tsv"):
        for name in table.read_text().partition("\n")[0].split("\t"):
            assert f"`{name}`" in page, f"{name} of {table.name}"


def test_what_people_write_is_text_on_the_page(tmp_path: Path, validation: Validation) -> None:
    page = render_validation(replace(validation, assays=(HOSTILE,)), STUDY_DEFAULTS).decode()
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "src=" not in page
    assert "://" not in page


def test_a_false_call_is_counted_and_an_inherited_allele_is_not(tmp_path: Path) -> None:
    call = make_call(CSF, CallState.DETECTED, 1000, 30)
    false = make_finding(R273H, call)
    inherited = replace(false, origin=replace(false.origin, origin=Origin.GERMLINE))
    for name, finding in (("false", false), ("inherited", inherited)):
        (tmp_path / f"{name}.json").write_bytes(to_json(replace(case_of(1000, 0, name), findings=(finding,))))
    (tmp_path / "s.tsv").write_text("report\tmaterial\nfalse.json\tb\ninherited.json\tb\n")
    (tmp_path / "m.tsv").write_text("material\tvariant\tvaf_percent\nb\tnone\t\nd\tEGFR_T790M\t1\n")
    measured = measure(read_plan(tmp_path / "s.tsv", tmp_path / "m.tsv"))
    assert [blank.alleles for blank in measured.blanks] == [(str(R273H),), ()]


@pytest.mark.parametrize(
    ("variant", "specimen", "words"),
    [("NO_SUCH", "csf", "'NO_SUCH' is no hotspot of panel"), ("EGFR_T790M", "plasma", "has no plasma specimen")],
)
def test_a_report_that_cannot_answer_is_named(tmp_path: Path, variant: str, specimen: str, words: str) -> None:
    (tmp_path / "a.json").write_bytes(to_json(case_of(1000, 0, "a")))
    (tmp_path / "s.tsv").write_text(f"report\tmaterial\tspecimen\na.json\tm\t{specimen}\n")
    (tmp_path / "m.tsv").write_text(f"material\tvariant\tvaf_percent\nm\t{variant}\t1\n")
    with pytest.raises(InputError, match=words) as raised:
        measure(read_plan(tmp_path / "s.tsv", tmp_path / "m.tsv"))
    assert exit_code(raised.value) == 3


def test_a_blocked_report_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(to_json(swap_blocked()))
    (tmp_path / "s.tsv").write_text("report\tmaterial\na.json\tm\n")
    (tmp_path / "m.tsv").write_text("material\tvariant\tvaf_percent\nm\tEGFR_T790M\t1\n")
    with pytest.raises(InputError, match="blocked"):
        measure(read_plan(tmp_path / "s.tsv", tmp_path / "m.tsv"))


def test_an_allele_outside_the_panel_is_not_assessable(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(to_json(case_of(1000, 5, "a")))
    (tmp_path / "s.tsv").write_text("report\tmaterial\na.json\tm\n")
    (tmp_path / "m.tsv").write_text("material\tvariant\tvaf_percent\nm\tchr1:5:C:T\t1\nm\tchr7:55181379:G:T\t1\n")
    states = [m.state for m in measure(read_plan(tmp_path / "s.tsv", tmp_path / "m.tsv")).measurements]
    assert states == [CallState.NOT_ASSESSABLE, CallState.NOT_DETECTED]
