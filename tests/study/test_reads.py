"""The arm of the study from reads to calls counts what it says."""

from dataclasses import replace
from pathlib import Path

import pytest

from .reads import ALLELES, Blank, Row, Specimen, compare, judge, limits_of, load, plant, save, share, spell, tables

L858R = ALLELES["EGFR L858R"][1]
V600E = ALLELES["BRAF V600E"][1]
NOTHING = Blank(0, 0, 0, 0)


def row(allele: tuple[str, int, str, str], **columns: str) -> Row:
    return dict(zip(("contig", "pos", "ref", "alt"), map(str, allele), strict=True)) | columns


TRUTH = [row(a, vaf="0.02", molecules="200", alt_molecules=n) for a, n in ((L858R, "4"), (V600E, "3"))]
CALLS = [
    row(L858R, state="DETECTED", vaf="0.025", lod95="0.012", hotspot_ids="EGFR_L858R", depth="210", alt_molecules="5"),
    row(V600E, state="INDETERMINATE", vaf="0.01", lod95="0.013", hotspot_ids="BRAF_V600E"),
    row(("chr7", 55191000, "CA", "C"), state="DETECTED", vaf="0.01", lod95="0.01", hotspot_ids=""),
    row(("chr7", 55191002, "G", "C"), state="DETECTED", vaf="0.01", lod95="0.01", hotspot_ids="EGFR_X"),
    row(("chr7", 55191100, "C", "CA"), state="INDETERMINATE", vaf="0.01", lod95="0.01", hotspot_ids=""),
]
HOTSPOTS = [{"hotspot_id": hotspot, "lod95": "0.015"} for hotspot, _ in ALLELES.values()]


def test_an_allele_is_detected_only_if_its_own_row_says_so() -> None:
    first, second = compare(TRUTH, CALLS, HOTSPOTS)
    assert (first.is_detected, first.called_vaf, first.limit) == (True, 0.025, 0.012)
    assert (first.called_depth, first.called_alt) == (210, 5)
    assert (second.is_detected, second.limit, second.alt_molecules) == (False, 0.015, 3)


def test_a_limit_that_is_not_stated_is_no_number() -> None:
    _, second = compare(TRUTH, CALLS, [{**h, "lod95": ""} for h in HOTSPOTS])
    assert second.limit != second.limit


def test_what_was_not_planted_is_counted_apart() -> None:
    assert judge(CALLS) == Blank(hotspots=1, calls=2, indels=1, doubtful_indels=1)


def test_each_allele_is_planted_at_the_limit_of_its_hotspot(tmp_path: Path) -> None:
    stated = [{"hotspot_id": h["hotspot_id"], "lod95": f"{0.001 * (i + 1):.3f}"} for i, h in enumerate(HOTSPOTS)]
    _, path = plant(tmp_path, limits_of(stated))
    lines = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]
    assert lines[0][4] == "vaf"
    last = {h["hotspot_id"]: h["lod95"] for h in stated}
    assert [float(line[4]) for line in lines[1:]] == [float(last[hotspot]) for hotspot, _ in ALLELES.values()]
    assert sum(line[5] != "." for line in lines[1:]) == 2


def test_tables_are_of_what_was_kept(tmp_path: Path) -> None:
    seen = tuple(compare(TRUTH, CALLS, HOTSPOTS))
    missed = replace(seen[0], is_detected=False)
    specimens = [
        Specimen("limit", "duplex", 5, seen, Blank(0, 1, 1, 0)),
        Specimen("limit", "duplex", 5, (seen[0], missed), NOTHING),
        Specimen("ladder", "raw", 5, seen, NOTHING),
        Specimen("blank", "raw", 20, (), NOTHING),
    ]
    save(tmp_path / "a.json", specimens)
    text = "\n".join(tables(load(tmp_path / "a.json")))
    assert f"| duplex | 5 | none | 2.00% | {share([True, True, False, False])} |" in text
    assert "| 1.050 ± 0.000 | 1.250 ± 0.000 |" in text
    assert "| raw | 5 | 0/0 (0) | 0/0 (0) | 0/0 (0) | 0/0 (0) | 1/2 (2) | 0/0 (0) | - | - |" in text
    assert "| limit | duplex | 5 | 2 | 0 | 1 | 1 | 0 |" in text
    assert "| blank | raw | 20 | 1 | 0 | 0 | 0 | 0 |" in text


@pytest.mark.parametrize(
    ("hits", "text"), [([True] * 20, "20/20 (83%-100%)"), ([False] * 10, "0/10 (0%-31%)"), ([], "-")]
)
def test_an_interval_is_exact(hits: list[bool], text: str) -> None:
    assert share(hits) == text


@pytest.mark.parametrize("named", ALLELES.values())
def test_a_row_is_spelled_as_the_allele(named: tuple[str, tuple[str, int, str, str]]) -> None:
    assert spell(row(named[1])) == named[1]
