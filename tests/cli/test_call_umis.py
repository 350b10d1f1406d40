"""UMIs in read names, and reads without any, through `csfgeno call`."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pysam
import pytest

from .test_call import FASTA, SAMPLE, run

TARGET = "chr7\t55181282\t55181488\tEGFR_ex20\n"
Edit = Callable[[int, pysam.AlignedSegment], None]


def options(case: Path, out: Path) -> list[object]:
    return ["call", "--csf", case / "csf.bam", "--reference", case / FASTA, "--panel", case / "panel.bed",
            "--out-dir", out, "--case-id", "C1"]  # fmt: skip


@pytest.fixture
def make_case(tmp_path: Path) -> Callable[[Edit], Path]:
    """Return a writer of the CSF of the sample case on one target, each read edited."""

    def make(edit: Edit) -> Path:
        for path in SAMPLE.glob(f"{FASTA}*"):
            shutil.copy(path, tmp_path)
        (tmp_path / "panel.bed").write_text(f"#build=GRCh38\n{TARGET}")
        with (
            pysam.AlignmentFile(str(SAMPLE / "csf.bam")) as bam,
            pysam.AlignmentFile(str(tmp_path / "csf.bam"), "wb", template=bam) as out,
        ):
            for number, read in enumerate(bam.fetch("chr7", 55_181_000, 55_182_000)):
                edit(number, read)
                out.write(read)
        pysam.index(str(tmp_path / "csf.bam"))
        return tmp_path

    return make


def move_to_name(_: int, read: pysam.AlignedSegment) -> None:
    read.query_name = f"{read.query_name}_{str(read.get_tag('RX')).replace('-', '+')}"
    read.set_tag("RX", None)


def lose_some(number: int, read: pysam.AlignedSegment) -> None:
    if number % 100 == 99:
        read.set_tag("RX", None)


def counts(out: Path) -> list[str]:
    return (out / "C1.tsv").read_text().splitlines()


def test_umis_in_read_names_give_the_same_findings(make_case: Callable[[Edit], Path]) -> None:
    case = make_case(lambda *_: None)
    assert run(*options(case, case / "tags")) == 0
    make_case(move_to_name)
    assert run(*options(case, case / "names"), "--umi-from-name", "_") == 0
    assert counts(case / "names") == counts(case / "tags")
    assert len(counts(case / "tags")) == 3, "a header and two findings"


def test_reads_without_a_umi_stop_the_run_or_are_counted(
    make_case: Callable[[Edit], Path], capfd: pytest.CaptureFixture[str]
) -> None:
    case = make_case(lose_some)
    assert run(*options(case, case / "out")) == 3
    assert "carry no UMI (RX or MI); expected one on every read" in capfd.readouterr().err
    assert not (case / "out").exists()
    assert run(*options(case, case / "out"), "--allow-missing-umi") == 0
    (qc,) = json.loads((case / "out" / "C1.json").read_text())["qc"]
    (note,) = [note["text"] for note in qc["notes"] if note["code"] == "reads_without_umi"]
    assert "reads (1.0%) carry no UMI and were left out" in note


def test_a_separator_of_two_signs_is_refused(
    make_case: Callable[[Edit], Path], capfd: pytest.CaptureFixture[str]
) -> None:
    case = make_case(lambda *_: None)
    assert run(*options(case, case / "out"), "--umi-from-name", "::") == 2
    assert "expected one sign such as _ or :" in capfd.readouterr().err
