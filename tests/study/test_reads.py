"""The arm of the study from reads to calls counts what it says."""

from dataclasses import replace

import pytest

from .reads import ALLELES, Blank, Results, Row, compare, judge, spell, tables

L858R = ALLELES["EGFR_L858R"]
V600E = ALLELES["BRAF_V600E"]


def row(allele: tuple[str, int, str, str], **columns: str) -> Row:
    return dict(zip(("contig", "pos", "ref", "alt"), map(str, allele), strict=True)) | columns


TRUTH = [row(a, vaf="0.02", molecules="200", alt_molecules=n) for a, n in ((L858R, "4"), (V600E, "3"))]
CALLS = [
    row(L858R, state="DETECTED", vaf="0.025", lod95="0.012", hotspot_ids="EGFR_L858R"),
    row(V600E, state="INDETERMINATE", vaf="0.01", lod95="0.013", hotspot_ids="BRAF_V600E"),
    row(("chr7", 55191000, "CA", "C"), state="DETECTED", vaf="0.01", lod95="0.01", hotspot_ids=""),
    row(("chr7", 55191100, "C", "CA"), state="INDETERMINATE", vaf="0.01", lod95="0.01", hotspot_ids=""),
]
HOTSPOTS = [{"hotspot_id": name, "lod95": "0.015"} for name in ALLELES]


def test_an_allele_is_detected_only_if_its_own_row_says_so() -> None:
    first, second = compare(TRUTH, CALLS, HOTSPOTS)
    assert (first.is_detected, first.called_vaf, first.limit) == (True, 0.025, 0.012)
    assert (second.is_detected, second.limit, second.alt_molecules) == (False, 0.015, 3)


def test_a_limit_that_is_not_stated_is_no_number() -> None:
    _, second = compare(TRUTH, CALLS, [{**h, "lod95": ""} for h in HOTSPOTS])
    assert second.limit != second.limit


def test_a_blank_counts_what_was_detected_and_what_is_doubtful() -> None:
    assert judge(CALLS) == Blank(hotspots=1, calls=2, indels=1, doubtful_indels=1)


def test_tables_compare_the_vaf_with_the_molecules_of_the_truth() -> None:
    results = Results()
    seen = list(compare(TRUTH, CALLS, HOTSPOTS))
    results.planted["duplex", 5] = [*seen, replace(seen[0], vaf=0.001, is_detected=False)]
    results.other["duplex", 5] = [1, 0]
    text = "\n".join(tables(results))
    assert "| duplex | 5 | 0/1 (1) | 0/0 (0) | 0/0 (0) | 0/0 (0) | 1/2 (2) | 0/0 (0) | 1 in 2 specimens |" in text
    assert "| duplex | 5 | 1.25 of 1 | 1.25 of 1 | 1.20% | 0/1 | 1/2 | 0/0 |" in text


@pytest.mark.parametrize("allele", ALLELES.values())
def test_a_row_is_spelled_as_the_allele(allele: tuple[str, int, str, str]) -> None:
    assert spell(row(allele)) == allele
