"""`csfgeno model` through its entry point, and a call that uses the model."""

import gzip
import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from csfgeno.io.model_file import ModelFile, read_model_file, write_model_file

from .test_call import FASTA, SAMPLE, run


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample's files, and a model fitted on its normal."""
    folder = tmp_path_factory.mktemp("lab")
    for path in (*SAMPLE.glob(f"{FASTA}*"), *SAMPLE.glob("*.bam*"), SAMPLE / "panel.bed"):
        shutil.copy(path, folder)
    assert run(*fit(folder, ["normal.bam"], folder / "lab.model")) == 0
    return folder


def fit(folder: Path, normals: Sequence[str], out: Path, *more: object) -> list[object]:
    given = [part for name in normals for part in ("--normals", folder / name)]
    return ["model", "fit", *given, "--reference", folder / FASTA, "--panel", folder / "panel.bed", "--assay", "LAB",
            "--out", out, *more]  # fmt: skip


def call(folder: Path, out: Path, *more: object) -> list[object]:
    return ["call", "--csf", folder / "csf.bam", "--reference", folder / FASTA, "--panel", folder / "panel.bed",
            "--case-id", "C1", "--error-model", folder / "lab.model", "--out-dir", out, *more]  # fmt: skip


def test_order_of_normals_and_threads_change_nothing(folder: Path, tmp_path: Path) -> None:
    listed = folder / "normals.txt"
    listed.write_text("# blood cells, then tissue\ntissue.bam\n\nnormal.bam\n")
    assert run(*fit(folder, ["normal.bam", "tissue.bam"], tmp_path / "one.model", "--threads", 2)) == 0
    assert run(*fit(folder, [], tmp_path / "two.model", "--normals-list", listed)) == 0
    assert (tmp_path / "one.model").read_bytes() == (tmp_path / "two.model").read_bytes()


def collect(folder: Path, name: str, out: Path, *more: object) -> list[object]:
    return ["model", "collect", folder / name, "--reference", folder / FASTA, "--panel", folder / "panel.bed", "--out",
            out, *more]  # fmt: skip


@pytest.fixture(scope="module")
def collected(folder: Path) -> list[Path]:
    names = ("normal.bam", "tissue.bam")
    files = [folder / f"{name}.counts" for name in names]
    for name, out in zip(names, files, strict=True):
        assert run(*collect(folder, name, out, "--threads", 2)) == 0
    return files


def test_a_model_of_collected_normals_has_the_bytes_of_one_of_their_reads(
    folder: Path, collected: list[Path], tmp_path: Path
) -> None:
    assert run(*fit(folder, ["normal.bam", "tissue.bam"], tmp_path / "reads.model")) == 0
    for order in (collected, collected[::-1]):
        assert run("model", "fit", *order, "--assay", "LAB", "--out", tmp_path / "collected.model") == 0
        assert (tmp_path / "collected.model").read_bytes() == (tmp_path / "reads.model").read_bytes()


@pytest.mark.parametrize(
    ("more", "code", "message"),
    [
        (["{0}", "{0}"], 3, "normal.bam.counts is the same file as normal.bam.counts; give each normal once"),
        (["{0}", "--set", "min_mapq=13"], 3, "normal.bam.counts was collected with min_mapq ="),
        (["lab.model"], 3, "lab.model has the schema 'csfgeno.error_model/"),
        (["panel.bed"], 3, "panel.bed is no file of `csfgeno model collect`"),
        (["{0}", "--normals", "normal.bam"], 2, "give normals either as files of `model collect`, or with --normals"),
        ([], 2, "no normal was given; give files of `model collect`, or --normals or --normals-list"),
        (["--normals", "normal.bam"], 2, "--normals needs the --reference"),
    ],
)
def test_collected_normals_that_cannot_be_fitted_are_refused(
    folder: Path,
    collected: list[Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    more: list[str],
    code: int,
    message: str,
) -> None:
    monkeypatch.chdir(folder)
    given = [part.format(collected[0].name) for part in more]
    assert run("model", "fit", *given, "--assay", "LAB", "--out", tmp_path / "no.model") == code
    assert message in capfd.readouterr().err
    assert not (tmp_path / "no.model").exists()


def test_altered_counts_are_refused(
    folder: Path, collected: list[Path], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    content = read_model_file(collected[0])
    depth = content.arrays["depth"].copy()
    depth[0, 0] += 1
    write_model_file(tmp_path / "n.counts", ModelFile(content.header, {**content.arrays, "depth": depth}))
    assert run("model", "fit", tmp_path / "n.counts", "--assay", "LAB", "--out", tmp_path / "no.model") == 3
    assert "n.counts was altered after it was written" in capfd.readouterr().err


def test_a_call_says_which_model_it_used(folder: Path, tmp_path: Path) -> None:
    assert run(*call(folder, tmp_path, "--assay", "LAB")) == 0
    report = json.loads((tmp_path / "C1.json").read_text())
    assert "laboratory model of assay LAB (1 normal), adapted to this specimen by" in report["error_model"]
    assert len(report["provenance"]["inputs_sha256"]["error_model"]) == 64
    states = {h["hotspot_id"]: h["state"] for h in report["hotspots"] if h["specimen"] == "csf"}
    assert "DETECTED" in states.values()
    assert "NOT_DETECTED" in states.values()


@pytest.mark.parametrize("with_model", [True, False])
def test_every_output_says_what_taught_the_background(folder: Path, tmp_path: Path, with_model: bool) -> None:
    given = call(folder, tmp_path)
    at = given.index("--error-model")
    assert run(*(given if with_model else [*given[:at], *given[at + 2 :]])) == 0
    said = "laboratory model of assay LAB" if with_model else "no panel of normals"
    for path in (tmp_path / "C1.html", tmp_path / "C1.json", tmp_path / "C1.vcf.gz", tmp_path / "C1.tsv",
                 tmp_path / "C1.hotspots.tsv"):  # fmt: skip
        raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        assert said in raw.decode().replace("%20", " "), path.name


def test_show_prints_and_draws(folder: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run("model", "show", folder / "lab.model", "--html", tmp_path / "lab.html") == 0
    text = capfd.readouterr().out
    assert "Assay: LAB" in text
    assert "BY SUBSTITUTION AND STRAND" in text
    assert "G>T" in text
    page = (tmp_path / "lab.html").read_text()
    assert "<svg" in page
    assert "<script" not in page
    assert "http:" not in page
    assert "https:" not in page


@pytest.mark.parametrize(
    ("code", "words", "more"),
    [(2, "of assay 'LAB', the run is of 'X'", ("--assay", "X")), (2, "min_baseq = 20", ("--set", "min_baseq=25"))],
)
def test_a_model_of_something_else_stops_the_call(
    folder: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], code: int, words: str, more: tuple[str, ...]
) -> None:
    assert run(*call(folder, tmp_path / "out", *more, "--dry-run")) == code
    assert words in capfd.readouterr().err
    assert not (tmp_path / "out").exists()


def test_another_panel_stops_the_call(folder: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    panel = tmp_path / "panel.bed"
    panel.write_text("".join((folder / "panel.bed").read_text().splitlines(keepends=True)[:-1]))
    assert run(*call(folder, tmp_path / "out", "--panel", panel, "--dry-run")) == 3
    assert "lab.model was fitted on panel " in (message := capfd.readouterr().err)
    assert message.count("\n") == 1


def test_what_cannot_be_fitted_is_said(folder: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "x.model"
    assert run(*fit(folder, [], out)) == 2
    assert "no normal was given" in capfd.readouterr().err
    assert run(*fit(folder, ["normal.bam", "normal.bam"], out)) == 3
    assert "give each normal once" in capfd.readouterr().err
    assert run(*fit(folder, ["absent.bam"], out)) == 3
    assert run(*fit(folder, [], out, "--normals-list", folder / "csf.bam")) == 3
    assert "is no text" in capfd.readouterr().err
    assert run("call", "--csf", folder / "csf.bam", "--reference", folder / FASTA,
               "--panel", folder / "panel.bed", "--assay", "LAB", "--dry-run",
               "--out-dir", tmp_path) == 2  # fmt: skip
    assert "without an error model" in capfd.readouterr().err
    assert list(tmp_path.iterdir()) == []
