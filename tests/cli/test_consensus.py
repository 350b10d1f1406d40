"""`csfgeno consensus` through its entry point: the sample case as consensus reads, and what is refused."""

import json
from pathlib import Path

import pysam
import pytest

from csfgeno.cli import main

SAMPLE = Path(__file__).parents[2] / "sample_data"
FASTA = SAMPLE / "GRCh38.masked.fa.gz"
RAW = SAMPLE / "csf.bam"
TARGETS = (
    "chr7\t55174711\t55174830\tEGFR_ex19",
    "chr7\t55181282\t55181488\tEGFR_ex20",
    "chr17\t7673690\t7673847\tTP53_ex8",
)


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as stop:
        main([str(argument) for argument in arguments])
    assert isinstance(stop.value.code, int)
    return stop.value.code


@pytest.fixture(scope="module")
def panel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("panel") / "panel.bed"
    path.write_text("#build=GRCh38\n" + "\n".join(TARGETS) + "\n")
    return path


@pytest.fixture(scope="module")
def made(panel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("made") / "csf.consensus.bam"
    assert run("consensus", "--in", RAW, "--reference", FASTA, "--panel", panel, "--out", out) == 0
    return out


def call(alignments: Path, panel: Path, out: Path) -> tuple[str, dict[str, tuple[int, int]]]:
    """Return the evidence mode of the CSF, and AD and DP of what was detected, by coding change."""
    files = ["--csf", alignments, "--reference", FASTA, "--panel", panel]
    assert run("call", *files, "--case-id", "C", "--out-dir", out) == 0
    report = json.loads((out / "C.json").read_text())
    with pysam.VariantFile(str(out / "C.vcf.gz")) as vcf:
        records = [(record.info["HGVSC"], record.samples[0]) for record in vcf]
    assert {sample["ST"] for _, sample in records} == {"DETECTED"}
    return report["qc"][0]["evidence_mode"], {str(name): (sample["AD"][1], sample["DP"]) for name, sample in records}


def test_the_sample_case_is_called_alike_from_its_consensus_reads(made: Path, panel: Path, tmp_path: Path) -> None:
    raw_mode, raw = call(RAW, panel, tmp_path / "raw")
    mode, consensus = call(made, panel, tmp_path / "consensus")
    assert (raw_mode, mode) == ("umi_families", "consensus_reads")
    assert raw.keys() == consensus.keys()
    assert {name.split(":")[-1] for name in raw} >= {"c.2235_2249del", "c.2369C>T", "c.818G>A"}
    for name, counts in raw.items():
        # A base that only one strand of a duplex molecule shows is N in its consensus.
        for before, after in zip(counts, consensus[name], strict=True):
            assert 0.99 * before <= after <= before, name


def test_the_file_names_nothing_of_the_machine(made: Path) -> None:
    with pysam.AlignmentFile(str(made)) as bam:
        text = str(bam.header)
        assert bam.check_index()
    assert "SM:DEMO-CSF" in text
    assert str(made.parent) not in text
    assert str(SAMPLE) not in text
    assert sorted(path.name for path in made.parent.iterdir()) == [made.name, f"{made.name}.bai"]


def test_threads_and_log(made: Path, panel: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / made.name
    arguments = ["--in", RAW, "--reference", FASTA, "--panel", panel, "--out", out, "--threads", "2"]
    assert run("consensus", *arguments) == 0
    assert out.read_bytes() == made.read_bytes()
    with pysam.AlignmentFile(str(made)) as bam:
        written = sum(1 for _ in bam)
    assert f"{written:,} consensus reads written" in capfd.readouterr().err


def without_umis(folder: Path) -> Path:
    path = folder / "no_umi.bam"
    with pysam.AlignmentFile(str(RAW)) as raw, pysam.AlignmentFile(str(path), "wb", header=raw.header) as out:
        for read in raw.fetch("chr7", 55_174_711, 55_174_830):
            read.set_tag("RX", None)
            out.write(read)
    pysam.index(str(path))
    return path


def test_reads_that_are_no_raw_umi_reads_are_refused(
    made: Path, panel: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    for path, sentence in ((made, "are consensus reads"), (without_umis(tmp_path), "carry no UMI")):
        arguments = ["--in", path, "--reference", FASTA, "--panel", panel, "--out", out / "x.bam"]
        assert run("consensus", *arguments) == 3
        error = capfd.readouterr().err
        assert sentence in error
        assert "Traceback" not in error
    assert not out.exists()


@pytest.mark.parametrize(
    ("name", "options", "sentence"),
    [
        ("x.sam", (), "expected a new file that ends in .bam"),
        ("x.bam", ("--set", "error_rate_pre_umi=900"), "expected 1 to 93"),
        ("x.bam", ("--min-reads", "0"), "min-reads"),
    ],
)
def test_wrong_usage(
    panel: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], name: str, options: tuple[str, ...], sentence: str
) -> None:
    arguments = ["--in", RAW, "--reference", FASTA, "--panel", panel, "--out", tmp_path / "out" / name, *options]
    assert run("consensus", *arguments) == 2
    assert sentence in capfd.readouterr().err
    assert not (tmp_path / "out").exists()


def test_the_input_is_never_overwritten(made: Path, panel: Path, capfd: pytest.CaptureFixture[str]) -> None:
    before = made.read_bytes()
    assert run("consensus", "--in", made, "--reference", FASTA, "--panel", panel, "--out", made) == 2
    assert "expected a new file" in capfd.readouterr().err
    assert made.read_bytes() == before


def test_a_run_that_fails_leaves_nothing(
    panel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("csfgeno.io.consensus_bam.pysam.index", full)
    out = tmp_path / "out"
    assert run("consensus", "--in", RAW, "--reference", FASTA, "--panel", panel, "--out", out / "x.bam") == 2
    assert "No space left on device" in capfd.readouterr().err
    assert not list(out.iterdir())
