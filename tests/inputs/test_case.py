from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csfgeno.errors import InputError, SettingsError
from csfgeno.inputs.case import LoadedCase, case_from_options, load_case, option_entry
from csfgeno.records import Amendment, Case, Clinical, PriorTherapy, Request, SignOff, Specimen
from csfgeno.vocab import Build, Preparation, ReportStatus, SpecimenKind

MakeBam = Callable[..., Path]
FULL = """\
case_id: case-1
patient_code: "007"
build: GRCh38
reference: genome/GRCh38.fa
panel: nsclc
specimens:
  plasma:
    alignments: plasma.cram
    sample: P1
  csf:
    alignments: csf.bam
    sample: C1
    input_ng: 12
    volume_ml: 6.5
    collected: 2026-10-02
    note: |
      lumbar puncture,
      second tube
clinical:
  question: LM suspected
  cytology: equivocal
  mri: A
  prior_therapies:
    - drug: gefitinib
      started: 2024-01-05
      stopped: 2025-03-01
    - drug: osimertinib
      started: 2025-03-10
settings:
  min_mapq: 30
  max_lod95: 1e-2
"""
MINIMAL = """\
case_id: a
patient_code: b
reference: g.fa
specimens:
  csf: {alignments: csf.bam, sample: C1}
"""


def _load(tmp_path: Path, text: str | bytes) -> LoadedCase:
    path = tmp_path / "case.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return load_case(path)


def _refusal(tmp_path: Path, text: str | bytes) -> str:
    with pytest.raises(SettingsError) as caught:
        _load(tmp_path, text)
    assert str(tmp_path) not in str(caught.value)
    return str(caught.value)


def _with(line: str, replacement: str) -> str:
    assert line in FULL
    return FULL.replace(line, replacement)


# -------------------------------------------------------------------------------------------- good


def test_red_cells_reach_the_specimen(tmp_path: Path) -> None:
    specimen = _load(tmp_path, MINIMAL.replace("sample: C1", "sample: C1, rbc_per_ul: 1200")).case.specimens[0]
    assert specimen == Specimen(SpecimenKind.CSF, "C1", rbc_per_ul=1200.0)


def test_full_case(tmp_path: Path) -> None:
    assert _load(tmp_path, FULL) == LoadedCase(
        case=Case(
            case_id="case-1",
            patient_code="007",
            specimens=(
                Specimen(SpecimenKind.CSF, "C1", 12.0, 6.5, date(2026, 10, 2), "lumbar puncture, second tube"),
                Specimen(SpecimenKind.PLASMA, "P1"),
            ),
            clinical=Clinical(
                question="LM suspected",
                cytology="equivocal",
                mri="A",
                prior_therapies=(
                    PriorTherapy("gefitinib", date(2024, 1, 5), date(2025, 3, 1)),
                    PriorTherapy("osimertinib", date(2025, 3, 10)),
                ),
            ),
        ),
        paths={SpecimenKind.CSF: tmp_path / "csf.bam", SpecimenKind.PLASMA: tmp_path / "plasma.cram"},
        reference=tmp_path / "genome/GRCh38.fa",
        build=Build.GRCH38,
        panel="nsclc",
        settings={"min_mapq": "30", "max_lod95": "1e-2"},
    )


def test_request_and_sign_off_are_what_the_laboratory_wrote(tmp_path: Path) -> None:
    loaded = _load(
        tmp_path,
        MINIMAL.replace(
            "sample: C1}", "sample: C1, barcode: B-1, received: 2026-10-03, tube: Streck, preparation: supernatant}"
        )
        + """\
request:
  second_identifier: born 1957-03-11
  clinician: Dr. Meyer
  laboratory: Molecular Pathology
  ordered: 2026-10-01
sign_off:
  status: amended
  reported: 2026-10-09
  reviewer: Dr. Weiss
  amendments:
    - {amended: 2026-10-10, text: Volume corrected}
""",
    )
    tube = loaded.case.specimens[0]
    assert (tube.barcode, tube.received, tube.tube) == ("B-1", date(2026, 10, 3), "Streck")
    assert tube.preparation is Preparation.SUPERNATANT
    assert loaded.case.request == Request("born 1957-03-11", "Dr. Meyer", "Molecular Pathology", date(2026, 10, 1))
    amendment = Amendment(date(2026, 10, 10), "Volume corrected")
    assert loaded.case.sign_off == SignOff(ReportStatus.AMENDED, date(2026, 10, 9), "Dr. Weiss", (amendment,))


def test_minimal_case(tmp_path: Path) -> None:
    loaded = _load(tmp_path, MINIMAL)
    assert (loaded.build, loaded.panel, dict(loaded.settings)) == (None, "nsclc", {})
    assert loaded.case == Case("a", "b", (Specimen(SpecimenKind.CSF, "C1"),))


def test_text_stays_as_it_was_typed(tmp_path: Path) -> None:
    loaded = _load(tmp_path, MINIMAL.replace("case_id: a", "case_id: 007").replace("_code: b", "_code: no"))
    assert (loaded.case.case_id, loaded.case.patient_code) == ("007", "no")


def test_sections_left_empty_count_as_not_given(tmp_path: Path) -> None:
    loaded = _load(tmp_path, MINIMAL + "clinical:\nsettings:\nbuild:\npanel: ~\n")
    assert loaded.case.clinical == Clinical()
    assert (loaded.build, loaded.panel) == (None, "nsclc")


def test_csf_is_not_required(tmp_path: Path) -> None:
    loaded = _load(tmp_path, MINIMAL.replace("  csf:", "  plasma:"))
    assert loaded.case.specimen(SpecimenKind.CSF) is None


def test_paths_are_relative_to_the_file_unless_absolute(tmp_path: Path) -> None:
    loaded = _load(tmp_path, MINIMAL.replace("g.fa", "/data/g.fa") + "panel: beds/my.bed\n")
    assert loaded.reference == Path("/data/g.fa")
    assert loaded.panel == str(tmp_path / "beds/my.bed")


def test_sample_defaults_to_the_read_group(make_bam: MakeBam, tmp_path: Path) -> None:
    make_bam("csf.bam", {"chr7": 1_000}, sample="from_header")
    loaded = _load(tmp_path, MINIMAL.replace(", sample: C1", ""))
    assert loaded.case.specimens[0].sample == "from_header"


def test_sample_needed_from_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^csf.bam cannot be read: No such file or directory$"):
        _load(tmp_path, MINIMAL.replace(", sample: C1", ""))


def test_sample_in_the_header_that_is_no_label(make_bam: MakeBam, tmp_path: Path) -> None:
    make_bam("csf.bam", {"chr7": 1_000}, sample="a/b")
    message = _refusal(tmp_path, MINIMAL.replace(", sample: C1", ""))
    assert message.startswith("csf.bam: its sample name 'a/b' is no label")


# -------------------------------------------------------------------------------------- bad values


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "volume_ml: 6.5",
            "volume_ml: -3",
            "case.yaml line 14: 'specimens.csf.volume_ml' is '-3'; expected a number above 0 and at most 500, in mL",
        ),
        ("volume_ml: 6.5", "volume_ml: 0", "'specimens.csf.volume_ml' is '0'; expected a number above 0"),
        ("volume_ml: 6.5", "volume_ml: 6,5", "'specimens.csf.volume_ml' is '6,5'; expected a number"),
        (
            "volume_ml: 6.5",
            "rbc_per_ul: -1",
            "'specimens.csf.rbc_per_ul' is '-1'; expected a number from 0 to 10000000",
        ),
        ("volume_ml: 6.5", "volume_ml: nan", "'specimens.csf.volume_ml' is 'nan'; expected a number"),
        ("volume_ml: 6.5", "volume_ml: yes", "'specimens.csf.volume_ml' is 'yes'; expected a number"),
        ("input_ng: 12", "input_ng: .inf", "'specimens.csf.input_ng' is '.inf'; expected a number above 0"),
        (
            "collected: 2026-10-02",
            "collected: 02/10/2026",
            "case.yaml line 15: 'specimens.csf.collected' is '02/10/2026'; expected a date as YYYY-MM-DD",
        ),
        ("collected: 2026-10-02", "collected: 2026-02-30", "is '2026-02-30'; expected a date as YYYY-MM-DD"),
        ("collected: 2026-10-02", "collected: 0", "is '0'; expected a date as YYYY-MM-DD"),
        (
            "volume_ml: 6.5",
            "volum_ml: 6.5",
            "case.yaml line 14: unknown key 'specimens.csf.volum_ml'; did you mean 'volume_ml'? known keys: "
            "alignments, sample, input_ng, volume_ml, collected, note, rbc_per_ul, barcode, received, tube, "
            "minutes_to_spin, preparation",
        ),
        ("  csf:", "  cfs:", "case.yaml line 10: unknown key 'specimens.cfs'; did you mean 'csf'?"),
        ("panel: nsclc", "pannel: nsclc", "case.yaml line 5: unknown key 'pannel'; did you mean 'panel'?"),
        ("    alignments: csf.bam", "    vcf: csf.vcf.gz", "it may be a VCF"),
        ("alignments: csf.bam", "bam: csf.bam", "unknown key 'specimens.csf.bam'; write 'alignments'"),
        (
            "case_id: case-1\n",
            "",
            "case.yaml line 1: the key 'case_id' is missing; expected 1 to 64 printable characters without slashes",
        ),
        ("case_id: case-1", "case_id: ../../etc", "case.yaml line 1: 'case_id' is '../../etc'; expected 1 to 64"),
        ("case_id: case-1", 'case_id: "a\\tb"', "'case_id' is 'a\tb'; expected 1 to 64 printable"),
        ("case_id: case-1", "case_id: [a]", "'case_id' is a list; expected 1 to 64 printable"),
        ("build: GRCh38", "build: hg38", "case.yaml line 3: 'build' is 'hg38'; expected GRCh38 or GRCh37"),
        ("cytology: equivocal", "cytology: maybe", "'clinical.cytology' is 'maybe'; expected positive, equivocal"),
        (
            "started: 2025-03-10",
            "started: spring",
            "case.yaml line 28: 'clinical.prior_therapies.1.started' is 'spring'; expected a date",
        ),
        (
            "stopped: 2025-03-01",
            "stopped: 2023-03-01",
            "case.yaml line 24: gefitinib stopped on 2023-03-01, before it started on 2024-01-05",
        ),
        (
            "stopped: 2025-03-01",
            "outcome: cured",
            "case.yaml line 26: 'clinical.prior_therapies.0.outcome' is 'cured'; expected how it ended: progression",
        ),
        ("drug: osimertinib", "note: x", "the key 'clinical.prior_therapies.1.drug' is missing; expected a drug"),
        ("min_mapq: 30", "min_mapq: 99", "case.yaml line 30: setting 'min_mapq' is 99 Phred; expected 0 to 60"),
        ("min_mapq: 30", "min_map: 30", "case.yaml line 30: unknown setting 'min_map'; known settings: "),
        ("min_mapq: 30", "min_mapq: [3]", "case.yaml line 30: 'settings.min_mapq' is a list; expected"),
        (
            "plasma.cram",
            "./csf.bam",
            "case.yaml line 8: csf.bam is given as csf and as plasma; give each specimen its own file",
        ),
    ],
)
def test_one_wrong_value(tmp_path: Path, old: str, new: str, expected: str) -> None:
    assert expected in _refusal(tmp_path, _with(old, new))


def test_every_problem_is_said_at_once(tmp_path: Path) -> None:
    text = _with("input_ng: 12", "input_ng: much").replace("build: GRCh38", "build: hg38")
    assert [line.split(":")[0] for line in _refusal(tmp_path, text).splitlines()] == [
        "case.yaml line 3",
        "case.yaml line 13",
    ]


def test_a_specimen_named_but_left_empty_is_not_taken_for_absent(tmp_path: Path) -> None:
    text = MINIMAL + "  plasma:\n"
    assert "case.yaml line 6: 'specimens.plasma' is empty; expected the keys of one specimen" in _refusal(
        tmp_path, text
    )


def test_no_specimen(tmp_path: Path) -> None:
    text = MINIMAL.split("specimens")[0] + "specimens: {}\n"
    assert _refusal(tmp_path, text) == (
        "case.yaml line 4: no specimen; expected at least one of csf, plasma, tissue, normal"
    )


# ---------------------------------------------------------------------------------------- bad YAML


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("case_id: a\n\tpatient_code: b\n", "case.yaml line 2: a tab; YAML is indented with spaces"),
        ("case_id: a\ncase_id: b\n", "case.yaml line 2: the key 'case_id' is there twice (first in line 1); keep one"),
        ("case_id: [a\nb: c\n", "case.yaml line 2: not valid YAML: "),
        ("a: &x [1]\nb: *x\n", "case.yaml line 2: an alias (*x) is not accepted; write it out"),
        ("a: !!python/object/apply:os.system [ls]\n", "case.yaml line 1: the tag"),
        ("a: !mine b\n", "case.yaml line 1: the tag '!mine' is not accepted; write plain values"),
        ("? [a]\n: b\n", "case.yaml line 1: a key is a list or a mapping; expected a word"),
        ("a: b\n---\nc: d\n", "case.yaml line 2: not valid YAML: "),
        ("[" * 5_000, "case.yaml line 1: nested more than 20 levels deep"),
        ("a: b\nc: \x07\n", "case.yaml line 2: a control character; expected text"),
        ("- a\n- b\n", "case.yaml line 1: the case is a list; expected a mapping with the keys case_id, patient_code"),
        ("hello", "case.yaml line 1: the case is 'hello'; expected a mapping"),
        ("", "case.yaml line 1: the case is empty; expected a mapping"),
        (b"BAM\x01\xff\xfe", "case.yaml is not UTF-8 text; expected a YAML file"),
        (b"#" * 1_000_001, "case.yaml is larger than 1,000,000 bytes; expected a short YAML file"),
    ],
    ids=lambda value: repr(value[:25]),
)
def test_not_a_case_file(tmp_path: Path, text: str | bytes, expected: str) -> None:
    assert _refusal(tmp_path, text).startswith(expected)


def test_missing_case_file(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"^no.yaml cannot be read: No such file or directory$"):
        load_case(tmp_path / "no.yaml")


@given(text=st.text(max_size=60), cut=st.integers(0, len(FULL)), width=st.integers(0, 30))
def test_any_edit_is_a_case_or_one_error(
    tmp_path_factory: pytest.TempPathFactory, text: str, cut: int, width: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "edited.yaml"
    path.write_text(FULL[:cut] + text + FULL[cut + width :], encoding="utf-8", errors="replace")
    message = ""
    try:
        load_case(path)
    except (SettingsError, InputError) as error:  # InputError: `sample` was edited away, the file is not there
        message = str(error)
    assert str(path.parent) not in message


# ----------------------------------------------------------------------------------------- options


def test_options_lie_over_a_file(tmp_path: Path) -> None:
    path = tmp_path / "case.yaml"
    path.write_text("case_id: a\npatient_code: b\nspecimens:\n  csf: {volume_ml: 3, sample: C0, input_ng: 4}\n")
    whole = {"reference": Path("g.fa"), "panel": "own.bed"}
    facts = {"sample": {SpecimenKind.CSF: "C1"}}
    loaded = load_case(path, option_entry(whole, {SpecimenKind.CSF: Path("csf.bam")}, facts))
    assert loaded.case.specimens == (Specimen(SpecimenKind.CSF, "C1", 4.0, 3.0),)
    assert (loaded.reference, loaded.panel) == (Path("g.fa").absolute(), str(Path("own.bed").absolute()))
    assert loaded.paths == {SpecimenKind.CSF: Path("csf.bam").absolute()}
    with pytest.raises(SettingsError, match=r"^options: .*patient_code"):
        load_case(path, option_entry({**whole, "patient_code": "a/b"}, {SpecimenKind.CSF: Path("c.bam")}, facts))


def test_options_give_the_same_as_a_file(tmp_path: Path) -> None:
    text = MINIMAL.replace("sample: C1", "sample: C1, volume_ml: 6, input_ng: 3.5") + "settings: {min_mapq: 30}\n"
    from_file = _load(tmp_path, text)
    csf = SpecimenKind.CSF
    assert from_file == case_from_options(
        csf=tmp_path / "csf.bam",
        reference=tmp_path / "g.fa",
        case_id="a",
        patient_code="b",
        samples={csf: "C1"},
        volume_ml={csf: 6},
        input_ng={csf: 3.5},
        settings={"min_mapq": 30},
    )


def test_options_take_names_from_the_file(make_bam: MakeBam) -> None:
    bam = make_bam("tube_12.bam", {"chr7": 1_000}, sample="S9")
    case = case_from_options(reference=Path("g.fa"), plasma=bam).case
    assert (case.case_id, case.patient_code, case.specimens) == (
        "S9",
        "unnamed",
        (Specimen(SpecimenKind.PLASMA, "S9"),),
    )


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, "options: no specimen; expected at least one of csf, plasma, tissue, normal"),
        (
            {"csf": Path("a.bam"), "case_id": "x", "volume_ml": {SpecimenKind.PLASMA: 3.0}},
            "options: volume_ml is given for plasma, but no plasma file; give the file as well",
        ),
        (
            {"csf": Path("a.bam"), "case_id": "x", "volume_ml": {SpecimenKind.CSF: -3.0}},
            "options: 'specimens.csf.volume_ml' is '-3.0'; expected a number above 0 and at most 500, in mL",
        ),
        (
            {"csf": Path("a.bam"), "normal": Path("./a.bam"), "case_id": "x"},
            "options: a.bam is given as csf and as normal; give each specimen its own file",
        ),
        (
            {"csf": Path("a.bam"), "case_id": "x", "settings": {"min_mapq": "many"}},
            "options: setting 'min_mapq' is 'many'; expected int in Phred",
        ),
    ],
)
def test_refused_options(options: dict[str, object], expected: str) -> None:
    with pytest.raises(SettingsError) as caught:
        case_from_options(reference=Path("g.fa"), **options)  # type: ignore[arg-type]
    assert str(caught.value) == expected
