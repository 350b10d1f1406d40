"""Quality verdicts and their sentences."""

import pytest

from csfgeno.calling.hotspots import NOT_FOUND, NOT_TARGETED, UNDERPOWERED
from csfgeno.qc.notes import judge_case, note_on_specimen, worst
from csfgeno.records import HotspotResult, QcNote, Specimen, SpecimenQc
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import CallState, EvidenceMode, QcVerdict, SpecimenKind

PASS, LIMITED, FAIL = QcVerdict.PASS, QcVerdict.LIMITED, QcVerdict.FAIL


def hotspots(found: int = 0, blind: int = 0, outside: int = 0) -> list[HotspotResult]:
    rows = [(NOT_FOUND, CallState.NOT_DETECTED)] * found
    rows += [(UNDERPOWERED, CallState.NOT_ASSESSABLE)] * blind + [(NOT_TARGETED, CallState.NOT_ASSESSABLE)] * outside
    return [HotspotResult(f"H{i}", SpecimenKind.CSF, state, 9, 0, None, why) for i, (why, state) in enumerate(rows)]


def notes(
    *, volume_ml: float | None = None, input_ng: float | None = None, molecules: int = 10_000, depth: float = 500.0,
    results: list[HotspotResult] | None = None, kind: SpecimenKind = SpecimenKind.CSF,
) -> tuple[QcNote, ...]:  # fmt: skip
    specimen = Specimen(kind, "S", input_ng=input_ng, volume_ml=volume_ml)
    genomes = None if input_ng is None else input_ng * 1000 / 3.3
    return note_on_specimen(specimen, molecules, depth, genomes, results or hotspots(found=9), Thresholds(), ())


@pytest.mark.parametrize(
    ("volume_ml", "verdict", "words"),
    [(10.0, PASS, None), (5.0, PASS, None), (4.9, LIMITED, "10 mL"), (1.9, LIMITED, "very low"), (None, PASS, None)],
)
def test_csf_volume(volume_ml: float | None, verdict: QcVerdict, words: str | None) -> None:
    found = [n for n in notes(volume_ml=volume_ml, input_ng=10.0) if n.code == "csf_volume"]
    assert worst(found) is verdict
    assert words is None or words in found[0].text


def test_plasma_volume_is_no_matter() -> None:
    assert worst(notes(volume_ml=1.0, input_ng=10.0, kind=SpecimenKind.PLASMA)) is PASS


def test_more_molecules_than_genomes_is_impossible() -> None:
    assert worst(notes(input_ng=1.0, depth=400.0)) is LIMITED
    assert worst(notes(input_ng=2.0, depth=400.0)) is PASS


@pytest.mark.parametrize(
    ("found", "blind", "outside", "verdict"),
    [(10, 0, 90, PASS), (9, 1, 0, PASS), (8, 2, 0, LIMITED), (5, 5, 0, LIMITED), (4, 6, 0, FAIL), (0, 0, 50, PASS)],
)
def test_share_of_assessable_hotspots(found: int, blind: int, outside: int, verdict: QcVerdict) -> None:
    assert worst(notes(input_ng=9.0, results=hotspots(found, blind, outside))) is verdict


def test_no_molecule_fails() -> None:
    assert worst(notes(molecules=0, depth=0.0)) is FAIL


@pytest.mark.parametrize(
    ("csf", "tissue", "verdict"),
    [(PASS, PASS, PASS), (PASS, FAIL, LIMITED), (FAIL, PASS, FAIL), (LIMITED, FAIL, LIMITED)],
)
def test_the_csf_decides_on_the_case(csf: QcVerdict, tissue: QcVerdict, verdict: QcVerdict) -> None:
    specimens = [
        SpecimenQc(kind, EvidenceMode.UMI_FAMILIES, own, ())
        for kind, own in ((SpecimenKind.CSF, csf), (SpecimenKind.TISSUE, tissue))
    ]
    assert judge_case(specimens) is verdict
    assert judge_case(specimens[1:]) is tissue
