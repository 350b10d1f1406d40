"""Quality verdicts and their sentences."""

from dataclasses import replace

import pytest

from csfgeno.calling.hotspots import NOT_FOUND, NOT_TARGETED, UNDERPOWERED
from csfgeno.molecules.pairing.coincidence import StrandPairing
from csfgeno.qc.notes import judge_case, note_on_specimen, worst
from csfgeno.records import FragmentLengths, HotspotResult, QcNote, Specimen, SpecimenQc, TargetDepth
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import CallState, EvidenceMode, QcVerdict, SpecimenKind

PASS, LIMITED, FAIL = QcVerdict.PASS, QcVerdict.LIMITED, QcVerdict.FAIL


def hotspots(found: int = 0, blind: int = 0, outside: int = 0) -> list[HotspotResult]:
    rows = [(NOT_FOUND, CallState.NOT_DETECTED)] * found
    rows += [(UNDERPOWERED, CallState.NOT_ASSESSABLE)] * blind + [(NOT_TARGETED, CallState.NOT_ASSESSABLE)] * outside
    return [HotspotResult(f"H{i}", SpecimenKind.CSF, state, 9, 0, None, why) for i, (why, state) in enumerate(rows)]


def notes(
    *, volume_ml: float | None = None, input_ng: float | None = None, molecules: int = 10_000, depth: float = 500.0,
    results: list[HotspotResult] | None = None, kind: SpecimenKind = SpecimenKind.CSF, rbc_per_ul: float | None = None,
    lengths: FragmentLengths | None = None, strands: tuple[int, int] | tuple[None, None] = (None, None),
    alignments: tuple[int, int] | tuple[None, None] = (None, None),
) -> tuple[QcNote, ...]:  # fmt: skip
    specimen = Specimen(kind, "S", input_ng=input_ng, volume_ml=volume_ml, rbc_per_ul=rbc_per_ul)
    measured = SpecimenQc(
        specimen=kind,
        evidence_mode=EvidenceMode.UMI_FAMILIES,
        verdict=PASS,
        notes=(),
        molecules=molecules,
        median_depth=depth,
        input_genome_equivalents=None if input_ng is None else input_ng * 1000 / 3.3,
        fragment_lengths=lengths,
        single_strand_a=strands[0],
        single_strand_b=strands[1],
        alignments_mapped=alignments[0],
        alignments_on_target=alignments[1],
    )
    return note_on_specimen(specimen, measured, results or hotspots(found=9), Thresholds(), ())


def lengths_with(long: int, measured: int) -> FragmentLengths:
    return FragmentLengths(50, 5, (measured,), 0, 0, measured - long, long, 150)


def of_code(code: str, found: tuple[QcNote, ...]) -> list[QcNote]:
    return [note for note in found if note.code == code]


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


# ------------------------------------------------------------------------------ DNA that is not cell-free


@pytest.mark.parametrize(
    ("long", "measured", "kind", "verdict"),
    [
        (30, 100, SpecimenKind.CSF, PASS),  # the limit itself
        (31, 100, SpecimenKind.CSF, LIMITED),
        (31, 100, SpecimenKind.PLASMA, LIMITED),
        (90, 100, SpecimenKind.TISSUE, PASS),  # DNA of cells is what tissue and white cells are
        (90, 100, SpecimenKind.NORMAL, PASS),
        (90, 99, SpecimenKind.CSF, PASS),  # too few molecules for a share
    ],
)
def test_long_fragments(long: int, measured: int, kind: SpecimenKind, verdict: QcVerdict) -> None:
    found = notes(input_ng=9.0, kind=kind, lengths=lengths_with(long, measured))
    assert worst(found) is verdict
    assert all("dilutes the allele fractions" in note.text for note in of_code("long_fragments", found))
    assert len(of_code("long_fragments", found)) == (verdict is LIMITED)


def test_lengths_that_are_not_known_say_nothing() -> None:
    assert worst(notes(input_ng=9.0, lengths=None)) is PASS


@pytest.mark.parametrize(
    ("cells", "kind", "verdict"),
    [
        (None, SpecimenKind.CSF, PASS),
        (0.0, SpecimenKind.CSF, PASS),
        (1_000.0, SpecimenKind.CSF, PASS),
        (1_001.0, SpecimenKind.CSF, LIMITED),
        (5e6, SpecimenKind.PLASMA, PASS),
    ],
)
def test_blood_in_csf(cells: float | None, kind: SpecimenKind, verdict: QcVerdict) -> None:
    found = notes(input_ng=9.0, rbc_per_ul=cells, kind=kind)
    assert worst(found) is verdict
    assert [note.verdict for note in of_code("csf_blood", found)] == ([LIMITED] if verdict is LIMITED else [])


# ------------------------------------------------------------------------------------ remarks that limit nothing


@pytest.mark.parametrize(
    ("strands", "is_noted"),
    [
        ((60, 40), False),
        ((61, 39), True),
        ((39, 61), True),
        ((99, 0), False),  # too few molecules for a share
        ((None, None), False),
    ],
)
def test_lost_strands_are_remarked(strands: tuple[int, int], is_noted: bool) -> None:
    found = notes(input_ng=9.0, strands=strands)
    assert [note.verdict for note in of_code("strand_imbalance", found)] == [PASS] * is_noted
    assert all("61%" in note.text for note in of_code("strand_imbalance", found))


@pytest.mark.parametrize(("on_target", "is_noted"), [(500, False), (499, True), (0, True), (1_000, False)])
def test_a_low_on_target_rate_is_remarked(on_target: int, is_noted: bool) -> None:
    found = notes(input_ng=9.0, alignments=(1_000, on_target))
    assert [note.verdict for note in of_code("off_target", found)] == [PASS] * is_noted


def test_reads_without_umi_are_counted_in_a_remark() -> None:
    specimen = Specimen(SpecimenKind.CSF, "S", input_ng=9.0)
    measured = SpecimenQc(SpecimenKind.CSF, EvidenceMode.UMI_FAMILIES, PASS, (), reads_used=900, reads_without_umi=100)
    found = of_code("reads_without_umi", note_on_specimen(specimen, measured, [], Thresholds(), ()))
    assert [note.verdict for note in found] == [PASS]
    assert found[0].text.startswith("100 reads (10.0%) carry no UMI")
    none = SpecimenQc(SpecimenKind.CSF, EvidenceMode.UMI_FAMILIES, PASS, (), reads_used=900, reads_without_umi=0)
    assert not of_code("reads_without_umi", note_on_specimen(specimen, none, [], Thresholds(), ()))


def test_an_unknown_on_target_rate_is_not_remarked() -> None:
    assert not of_code("off_target", notes(input_ng=9.0)) + of_code("off_target", notes(alignments=(0, 0)))


def test_targets_without_a_usable_molecule_limit_the_specimen_and_are_named() -> None:
    """Reads may be there: if all have a mapping quality of zero, no molecule is usable."""
    blind = tuple(TargetDepth(f"T{i}", "EGFR", 0.0, 0) for i in range(7))
    measured = SpecimenQc(
        SpecimenKind.CSF,
        EvidenceMode.FRAGMENTS,
        QcVerdict.PASS,
        (),
        molecules=900,
        targets=(*blind, TargetDepth("SEEN", "EGFR", 800.0, 0)),
    )
    csf = Specimen(SpecimenKind.CSF, "S1")
    found = note_on_specimen(csf, measured, hotspots(), Thresholds(), ())
    (note,) = of_code("blind_targets", found)
    assert note.verdict is QcVerdict.LIMITED
    assert "7 of 8 targets have no usable molecule (T0, T1, T2, T3, T4 and 2 more)" in note.text
    assert "SEEN" not in note.text
    seen = replace(measured, targets=measured.targets[-1:])
    assert not of_code("blind_targets", note_on_specimen(csf, seen, hotspots(), Thresholds(), ()))


@pytest.mark.parametrize(
    ("pairing", "code", "verdict", "words"),
    [
        (
            StrandPairing((650, 650), 9, 300.0, 18.0),
            "strands_by_ends",
            PASS,
            "30% of the molecules (standard error 2.3%)",
        ),
        (StrandPairing((650, 650), 9, 300.0, 18.0, 295), "strands_by_umi", PASS, "carry the same UMI"),
        (
            StrandPairing((900, 450), 500_000, 700.0, 700.0),
            "strands_untold",
            LIMITED,
            "up to 1.5 counts of one molecule",
        ),
        (None, "", PASS, ""),
    ],
)
def test_how_strands_with_one_umi_were_told(
    pairing: StrandPairing | None, code: str, verdict: QcVerdict, words: str
) -> None:
    measured = SpecimenQc(SpecimenKind.CSF, EvidenceMode.UMI_FAMILIES, PASS, (), molecules=1_000)
    found = note_on_specimen(Specimen(SpecimenKind.CSF, "S"), measured, hotspots(9), Thresholds(), (), pairing)
    own = [(note.code, note.verdict) for note in found if note.code.startswith("strands")]
    assert own == ([(code, verdict)] if pairing else [])
    assert words in " ".join(note.text for note in found)
