"""`csfgeno call` through its entry point: results, bad input, exit codes, and nothing left behind."""

import gzip
import json
import re
import shutil
import socket
from collections.abc import Callable
from importlib import resources
from pathlib import Path

import jsonschema
import pysam
import pytest

from csfgeno.cli import main

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "sample_data"
SCHEMA = ROOT / "src" / "csfgeno" / "report" / "schemas" / "case_report.schema.json"
FASTA = "GRCh38.masked.fa.gz"


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as stop:
        main([str(argument) for argument in arguments])
    assert isinstance(stop.value.code, int)
    return stop.value.code


@pytest.fixture
def case(tmp_path: Path) -> Path:
    """A copy of the sample case with its CSF only."""
    folder = tmp_path / "case"
    folder.mkdir()
    for path in (*SAMPLE.glob(f"{FASTA}*"), *SAMPLE.glob("csf.bam*"), SAMPLE / "panel.bed"):
        shutil.copy(path, folder)
    (folder / "case.yaml").write_text(
        f"case_id: C1\npatient_code: P1\nreference: {FASTA}\npanel: panel.bed\n"
        "specimens:\n  csf:\n    alignments: csf.bam\n    sample: CSF1\n"
    )
    return folder


def options(case: Path, out: Path) -> list[object]:
    return ["call", "--csf", case / "csf.bam", "--reference", case / FASTA, "--panel", case / "panel.bed",
            "--out-dir", out]  # fmt: skip


def test_case_file_and_options_agree(case: Path, tmp_path: Path) -> None:
    assert run("call", case / "case.yaml", "--out-dir", tmp_path / "one") == 0
    arguments = options(case, tmp_path / "two")
    assert run(*arguments, "--case-id", "C1", "--patient", "P1", "--csf-sample", "CSF1") == 0
    for path in sorted((tmp_path / "one").iterdir()):
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes(), path.name


def test_outputs_are_complete_and_valid(case: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert run("call", case / "case.yaml", "--out-dir", out) == 0
    assert sorted(p.name for p in out.iterdir()) == [
        "C1.copies.tsv", "C1.csfgeno_families_mqc.json", "C1.csfgeno_lengths_mqc.json", "C1.csfgeno_mqc.json",
        "C1.fhir.json", "C1.fusions.tsv", "C1.hotspots.tsv", "C1.html",
        "C1.json", "C1.losses.tsv", "C1.maf", "C1.rearrangements.tsv", "C1.tsv", "C1.vcf.gz", "C1.vcf.gz.tbi",
    ]  # fmt: skip
    jsonschema.validate(json.loads((out / "C1.json").read_text()), json.loads(SCHEMA.read_text()))
    with pysam.VariantFile(str(out / "C1.vcf.gz")) as vcf:
        assert list(vcf.header.samples) == ["CSF1"]
        assert [record.pos for record in vcf.fetch("chr7", 55_181_370, 55_181_390)] == [55_181_378]


def test_outputs_tell_nothing_of_the_machine(case: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    assert run("call", case / "case.yaml", "--out-dir", out) == 0
    for path in out.iterdir():
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        for secret in (str(tmp_path), socket.gethostname()):
            assert not re.search(rb"\b%b\b" % re.escape(secret).encode(), content), path.name
    assert "P1" not in capfd.readouterr().err


def test_cram_gives_the_same_calls(case: Path, tmp_path: Path) -> None:
    plain = tmp_path / "genome.fa"
    plain.write_bytes(gzip.decompress((case / FASTA).read_bytes()))
    pysam.faidx(str(plain))
    cram = case / "csf.cram"
    pysam.view("-C", "-T", str(plain), "-o", str(cram), str(case / "csf.bam"), catch_stdout=False)
    pysam.index(str(cram))
    for name in ("csf.bam", "csf.cram"):
        arguments = ["call", "--csf", case / name, "--reference", plain, "--panel", case / "panel.bed"]
        assert run(*arguments, "--case-id", "C", "--csf-sample", "S", "--out-dir", tmp_path / name) == 0
    bam, cram_run = ((tmp_path / name / "C.tsv").read_bytes() for name in ("csf.bam", "csf.cram"))
    assert bam == cram_run


def test_a_report_is_rendered_again_without_reads(case: Path, tmp_path: Path) -> None:
    assert run("call", case / "case.yaml", "--out-dir", tmp_path / "one") == 0
    assert run("report", tmp_path / "one" / "C1.json", "--out-dir", tmp_path / "two") == 0
    for path in sorted((tmp_path / "one").iterdir()):
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes(), path.name


def test_thresholds_are_set_and_printed(case: Path, tmp_path: Path) -> None:
    assert run("call", case / "case.yaml", "--out-dir", tmp_path, "--set", "min_alt_molecules=9") == 0
    settings = {s["name"]: s for s in json.loads((tmp_path / "C1.json").read_text())["settings"]}
    assert (settings["min_alt_molecules"]["value"], settings["min_alt_molecules"]["origin"]) == (9, "command line")
    # T790M has 7 mutant molecules in the sample case.
    assert "T790M" not in (tmp_path / "C1.tsv").read_text()


def test_dry_run_writes_nothing(case: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run("call", case / "case.yaml", "--out-dir", tmp_path / "out", "--dry-run") == 0
    assert not (tmp_path / "out").exists()
    assert "min_mapq = 20 Phred (default)" in capfd.readouterr().out


def test_strict_fails_where_quality_does(case: Path, tmp_path: Path) -> None:
    pysam.view("-b", "-s", "1.002", "-o", str(case / "thin.bam"), str(case / "csf.bam"), catch_stdout=False)
    (case / "thin.bam").replace(case / "csf.bam")
    pysam.index(str(case / "csf.bam"))
    arguments = ("call", case / "case.yaml", "--out-dir", tmp_path)
    assert run(*arguments) == 0
    assert json.loads((tmp_path / "C1.json").read_text())["verdict"] == "FAIL"
    assert run(*arguments, "--strict") == 4


def _no_index(case: Path) -> None:
    (case / "csf.bam.bai").unlink()


def _truncated(case: Path) -> None:
    path = case / "csf.bam"
    path.write_bytes(path.read_bytes()[:-40_000])


def _no_fasta_index(case: Path) -> None:
    (case / f"{FASTA}.fai").unlink()


def _empty_bed(case: Path) -> None:
    (case / "panel.bed").write_text("#build=GRCh38\n")


def _panel_of_another_build(case: Path) -> None:
    (case / "panel.bed").write_text("chr7\t55249000\t55249171\tAMPL_20\n")


def _wrong_build(case: Path) -> None:
    _edit(case, "case_id: C1", "case_id: C1\nbuild: GRCh37")


def _unknown_key(case: Path) -> None:
    _edit(case, "panel:", "pannel:")


def _tab_in_yaml(case: Path) -> None:
    _edit(case, "  csf:", "\tcsf:")


def _bad_setting(case: Path) -> None:
    _edit(case, "specimens:", "settings:\n  min_mapq: many\nspecimens:")


def _text_as_bam(case: Path) -> None:
    (case / "csf.bam").write_text("not a BAM\n")


def _chr_mismatch(case: Path) -> None:
    header = pysam.AlignmentHeader.from_dict({"HD": {"SO": "coordinate"}, "SQ": [{"SN": "7", "LN": 159345973}]})
    with pysam.AlignmentFile(str(case / "csf.bam"), "wb", header=header):
        pass
    pysam.index(str(case / "csf.bam"))


def _edit(case: Path, old: str, new: str) -> None:
    path = case / "case.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


@pytest.mark.parametrize(
    ("spoil", "code", "sentence"),
    [
        (_no_index, 3, "csf.bam has no index; run `samtools index csf.bam`"),
        (_truncated, 3, "truncated"),
        (_no_fasta_index, 3, f"run `samtools faidx {FASTA}`"),
        (_empty_bed, 3, "holds no target"),
        (_panel_of_another_build, 3, "panel of another build"),
        (_wrong_build, 3, "GRCh38"),
        (_unknown_key, 2, "case.yaml line 4"),
        (_tab_in_yaml, 2, "case.yaml line 6"),
        (_bad_setting, 2, "min_mapq"),
        (_text_as_bam, 3, "csf.bam"),
        (_chr_mismatch, 3, "chr"),
    ],
)
def test_bad_input_gives_one_sentence_and_no_output(
    case: Path,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    spoil: Callable[[Path], None],
    code: int,
    sentence: str,
) -> None:
    spoil(case)
    assert run("call", case / "case.yaml", "--out-dir", tmp_path / "out") == code
    error = capfd.readouterr().err
    assert sentence in error
    assert error.count("csfgeno:") == 1
    assert "Traceback" not in error
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["call", "--out-dir", "out"], 2, "neither a CASE.yaml nor --reference"),
        (["call", "case.yaml", "--case", "other.yaml", "--out-dir", "out"], 2, "two case files"),
        (
            ["call", "case.yaml", "--csf-input-ng", "-1", "--out-dir", "out"],
            2,
            "options: 'specimens.csf.input_ng' is '-1.0'",
        ),
        (["call", "nowhere.yaml", "--out-dir", "out"], 2, "nowhere.yaml"),
        (["call", "case.yaml", "--out-dir", "out", "--set", "min_mapqq=3"], 2, "unknown setting 'min_mapqq'"),
        (["call", "case.yaml", "--out-dir", "out", "--set", "min_mapq"], 2, "is not NAME=VALUE"),
        (["call", "case.yaml", "--out-dir", "out", "--threads", "0"], 2, "threads"),
        (["frobnicate"], 2, "No such command"),
    ],
)
def test_wrong_usage(
    case: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    arguments: list[str],
    code: int,
    sentence: str,
) -> None:
    monkeypatch.chdir(case)
    assert run(*arguments) == code
    assert sentence in capfd.readouterr().err
    assert not (case / "out").exists()


def test_an_interrupt_leaves_no_results(case: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("csfgeno.report.write.to_vcf", interrupt)
    assert run("call", case / "case.yaml", "--out-dir", tmp_path / "out") == 130
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())


def test_version_is_name_and_number(capfd: pytest.CaptureFixture[str]) -> None:
    assert run("--version") == 0
    assert capfd.readouterr().out == "csfgeno 0.1.0\n"


def test_own_knowledge_rows_are_laid_over_the_shipped_ones_and_named(case: Path, tmp_path: Path) -> None:
    tables = resources.files("csfgeno.reference") / "knowledge"
    header, *rows = (tables / "actionability.tsv").read_text().splitlines()
    row = next(row for row in rows if row.startswith("ACT_016\t"))
    own = tmp_path / "hospital"
    own.mkdir()
    (own / "actionability.tsv").write_text(f"{header}\n{row}We do not use it.\n")
    out = tmp_path / "out"
    assert run("call", case / "case.yaml", "--out-dir", out, "--knowledge", own) == 0
    document = json.loads((out / "C1.json").read_text())
    assert document["provenance"]["knowledge_version"].endswith("+hospital")
    statements = {t["act_id"]: (t["message"], t["layer"]) for t in document["therapies"]}
    assert statements["ACT_016"] == ("We do not use it.", "hospital")
    assert {layer for i, (_, layer) in statements.items() if i != "ACT_016"} == {"shipped"}


def test_a_knowledge_folder_without_tables_is_refused(case: Path, tmp_path: Path) -> None:
    assert run("call", case / "case.yaml", "--out-dir", tmp_path / "out", "--knowledge", tmp_path / "nothing") == 3
    assert not (tmp_path / "out").exists()


def dated(case: Path, day: str, name: str, patient: str = "P1") -> Path:
    """Write a case file of that day beside the reads."""
    text = (case / "case.yaml").read_text().replace("case_id: C1", f"case_id: {name}").replace(": P1", f": {patient}")
    path = case / f"{name}.yaml"
    path.write_text(text.replace("    sample: CSF1\n", f"    sample: CSF1\n    collected: {day}\n"))
    return path


def test_an_earlier_case_is_laid_beside_the_present_one(
    case: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run("call", dated(case, "2026-01-12", "C0"), "--out-dir", tmp_path / "then") == 0
    earlier = tmp_path / "then" / "C0.json"
    now = dated(case, "2026-04-20", "C2")
    assert run("call", now, "--out-dir", tmp_path / "now", "--previous", earlier) == 0
    serial = json.loads((tmp_path / "now" / "C2.json").read_text())["serial"]
    assert [sample["case_id"] for sample in serial["samples"]] == ["C0", "C2"]
    assert serial["traces"]
    assert {change["result"] for trace in serial["traces"] for change in trace["changes"]} == {"NO_CHANGE_SHOWN"}
    assert (tmp_path / "now" / "C2.serial.tsv").read_text().count("\n") == 1 + 2 * len(serial["traces"])
    assert run("call", now, "--out-dir", tmp_path / "alone") == 0
    again = tmp_path / "again"
    assert run("report", tmp_path / "alone" / "C2.json", "--out-dir", again, "--previous", earlier) == 0
    assert json.loads((again / "C2.json").read_text())["serial"]["traces"] == serial["traces"]
    foreign = dated(case, "2026-09-28", "C3", patient="P2")
    assert run("call", foreign, "--out-dir", tmp_path / "foreign", "--previous", earlier) == 3
    assert "their patient codes differ" in capfd.readouterr().err
    assert not (tmp_path / "foreign").exists()
