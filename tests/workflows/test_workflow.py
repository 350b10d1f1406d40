"""The workflow as Snakemake runs it: planned, refused, killed, taken up again, and from FASTQ to the report."""

import os
import random
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import pysam
import pytest
import yaml

from csfgeno.report.document import read_report
from csfgeno.vocab import CallState
from tests.workflows.snakes import (
    EGFR,
    ROOT,
    SAMPLE,
    WORKFLOWS,
    blocks,
    command,
    environment,
    explain,
    fenced,
    pairs_of,
    snakemake,
    write_chromosome,
    write_fastq,
    write_normal,
    write_panel,
    write_tiny_pairs,
)

HEADER = "patient\tspecimen\tsample\tfastq_1\tfastq_2\tbam\n"
EMBED = (ROOT / "docs/embed.md").read_text()

pytestmark = [pytest.mark.workflow, pytest.mark.timeout(600)]


def configure(directory: Path, config: Mapping[str, object], *rows: str) -> None:
    (directory / "config").mkdir(exist_ok=True)
    (directory / "config/config.yaml").write_text(yaml.safe_dump(dict(config)))
    (directory / "config/samples.tsv").write_text(HEADER + "".join(f"{row}\n" for row in rows))


def sample_config(directory: Path, **more: object) -> dict[str, object]:
    """Return the configuration of the sample case, as seen from `directory`."""
    sample = os.path.relpath(SAMPLE, directory)
    return {
        "reference": f"{sample}/GRCh38.masked.fa.gz",
        "panel": f"{sample}/panel.bed",
        "samples": "config/samples.tsv",
    } | more


# ------------------------------------------------------------------------------------- planned


def test_lint(tmp_path: Path) -> None:
    configure(tmp_path, {"reference": "g.fa", "samples": "config/samples.tsv"}, "P\tcsf\tS\t\t\ts.bam")
    done = snakemake(tmp_path, "--lint")
    assert done.returncode == 0, done.stderr
    assert "your workflow is in a good condition" in done.stderr


def test_a_run_is_planned_without_data(tmp_path: Path) -> None:
    config = {
        "reference": "g.fa",
        "samples": "config/samples.tsv",
        "normals": "config/normals.tsv",
        "assay": "A1",
        "umi": {"place": "inline", "length": 5, "skip": 2},
        "settings": {"min_mapq": 20},
        "without_data": True,
    }
    rows = ("P1\tcsf\tS1\ta_1.fq\ta_2.fq", "P1\tcsf\tS1\tb_1.fq\tb_2.fq", "P2\tplasma\tS2\t\t\ts2.cram")
    configure(tmp_path, config, *rows)
    (tmp_path / "config/normals.tsv").write_text("sample\tbam\nN1\tn1.bam\nN2\tn2.bam\n")
    done = snakemake(tmp_path, "--dry-run", "--printshellcmds")
    assert done.returncode == 0, done.stdout + done.stderr
    stats = dict(line.split() for line in done.stdout.splitlines() if len(line.split()) == 2 and line[-1].isdigit())
    counts = {"align": 2, "merge_lanes": 1, "call": 2, "collect": 2, "fit_model": 1, "cohort": 1, "multiqc": 1}
    assert {rule: int(stats[rule]) for rule in counts} == counts
    assert "fastp --in1 b_1.fq --in2 b_2.fq" in done.stdout
    assert "--umi --umi_loc per_read --umi_len 5 --umi_skip 2" in done.stdout
    assert "bwa mem -p -C -Y -K 100000000 results/genome/g.fa -" in done.stdout
    assert "--error-model results/model/A1.model --assay A1 --set min_mapq=20" in done.stdout

    configure(tmp_path, config | {"without_data": False}, *rows)
    refused = snakemake(tmp_path, "--dry-run")
    assert refused.returncode == 1
    assert "MissingInputException" in refused.stderr + refused.stdout


def test_a_sheet_that_cannot_be_used_ends_the_run_with_line_and_column(tmp_path: Path) -> None:
    configure(tmp_path, {"reference": "g.fa", "samples": "config/samples.tsv"}, "P\tliquor\tS\t\t\ts.bam")
    done = snakemake(tmp_path, "--dry-run")
    assert done.returncode == 1
    assert (
        "config/samples.tsv line 2: column 'specimen' is 'liquor'; expected csf, plasma, tissue or normal"
        in done.stdout + done.stderr
    )
    assert "Traceback" not in done.stderr


def test_example_configuration_is_the_sample_case() -> None:
    config = yaml.safe_load((WORKFLOWS / "config/config.yaml").read_text())
    case = yaml.safe_load((SAMPLE / "case.yaml").read_text())
    assert (WORKFLOWS / config["reference"]).resolve() == SAMPLE / case["reference"]
    assert yaml.safe_load((WORKFLOWS / config["clinical"] / "DEMO.yaml").read_text()) == case["clinical"]
    for path in ("default", "slurm"):
        assert (WORKFLOWS / f"profiles/{path}/profile.v9+.yaml").is_file()


def test_environment_script_wants_to_know_the_source() -> None:
    clean = {key: value for key, value in os.environ.items() if key != "CSFGENO_SOURCE"}
    script = WORKFLOWS / "envs/csfgeno.post-deploy.sh"
    done = subprocess.run(["bash", script], env=clean, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "set CSFGENO_SOURCE to the absolute path" in done.stderr


# -------------------------------------------------------------------------------------- run


def test_bwa_gives_sorted_alignments_with_the_umi_in_rx(tmp_path: Path) -> None:
    genome = "".join(random.Random(5).choices("ACGT", k=20_000))
    (tmp_path / "g.fa").write_text(f">chr7\n{genome}\n")
    truth = write_tiny_pairs(tmp_path / "a", genome, pairs=300, seed=1)
    truth |= write_tiny_pairs(tmp_path / "b", genome, pairs=200, seed=2)
    config = {
        "reference": "g.fa",
        "samples": "config/samples.tsv",
        "umi": {"place": "inline", "length": 8, "skip": 2},
    }
    configure(tmp_path, config, *(f"P\tcsf\tS\t{lane}_1.fq.gz\t{lane}_2.fq.gz" for lane in "ab"))
    done = snakemake(tmp_path, "--cores", "1", "results/alignments/S.bam")
    assert done.returncode == 0, explain(done, tmp_path)
    with pysam.AlignmentFile(str(tmp_path / "results/alignments/S.bam")) as alignments:
        assert alignments.has_index()
        assert [group["SM"] for group in alignments.header.to_dict()["RG"]] == ["S", "S"]
        reads = list(alignments)
    assert [r.reference_start for r in reads] == sorted(r.reference_start for r in reads)
    assert len(reads) == 2 * len(truth)
    for read in reads:
        rx, start = truth[str(read.query_name)]
        assert read.get_tag("RX") == rx
        assert min(read.reference_start, read.next_reference_start) == start
        assert read.cigarstring == "100M", "neither UMI nor spacer is left on a read"
        assert str(read.get_tag("RG")).startswith("S.")
    assert not list((tmp_path / "results/lanes").glob("*.bam"))


@pytest.mark.parametrize(
    ("place", "name", "expected"),
    [
        ("name", "@A:1:ACGT+TTGC 1:N:0:CC", "@A:1\tRX:Z:ACGT-TTGC"),
        ("name", "@A:1:acgt_TTGC", "@A:1\tRX:Z:ACGT-TTGC"),
        ("name", "@A:1:ACGN/1", None),
        ("name", "@A:1:ACGN", "@A:1\tRX:Z:ACGN"),
        ("name", "@A:1:2104 1:N:0:CC", None),
        ("tag", "@A:1 BC:Z:AC RX:Z:ACGT-TTGC", "@A:1\tRX:Z:ACGT-TTGC"),
        ("tag", "@A:1 BC:Z:AC", None),
        ("none", "@A:1/2 2:N:0:CC", "@A:1"),
    ],
)
def test_umi_to_rx(place: str, name: str, expected: str | None) -> None:
    script = ["awk", "-v", f"place={place}", "-f", str(WORKFLOWS / "scripts/umi_to_rx.awk")]
    done = subprocess.run(script, input=f"{name}\n@CGT\n+x\n@@@@\n", capture_output=True, text=True, check=False)
    if expected is None:
        assert done.returncode == 1
        assert name.split()[0] in done.stderr
    else:
        assert done.stdout == f"{expected}\n@CGT\n+\n@@@@\n"


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of the workflow of docs/embed.md, on reads of EGFR."""
    directory = tmp_path_factory.mktemp("embedded")
    write_chromosome(directory / "genome.fa")
    write_panel(directory / "panel.bed")
    write_normal(directory / "normal.bam")
    write_fastq(directory / "csf", pairs_of(SAMPLE / "csf.bam", EGFR))
    for name, content in blocks(EMBED):
        (directory / name).write_text(content.replace("path/to/csfgeno", str(ROOT)))
    done = snakemake(directory, "--cores", "2", snakefile=directory / "Snakefile")
    assert done.returncode == 0, explain(done, directory)
    return directory


def test_from_fastq_to_the_report_inside_another_workflow(embedded: Path) -> None:
    report = read_report(embedded / "results/cases/P1/P1.json")
    names = {f.change.hgvs_p_short for f in report.findings if f.change and f.calls[0].state is CallState.DETECTED}
    assert {"p.E746_A750del", "p.T790M"} <= names
    assert report.qc[0].evidence_mode == "umi_families"
    assert "laboratory model of assay my-assay (1 normal)" in report.error_model
    assert report.case.specimens[0].input_ng == 5
    assert "T790M" in (embedded / "detected.tsv").read_text()
    assert (embedded / "results/cases/P1/P1.html").stat().st_size > 10_000
    assert "P1 csf" in (embedded / "results/multiqc.html").read_text()
    assert "fastp" in (embedded / "results/multiqc.html").read_text()
    variants = (embedded / "results/cohort/variants.tsv").read_text()
    assert "p.T790M\tyes\t1\t1" in variants
    assert (embedded / "results/cohort/recurrence.tsv").read_text().startswith("#csfgeno.recurrence/1\n")
    again = snakemake(embedded, "--dry-run", snakefile=embedded / "Snakefile")
    assert "Nothing to be done" in again.stdout + again.stderr, "a finished run has no reason to run again"


def test_reads_through_the_workflow_count_as_those_of_the_sample(embedded: Path, tmp_path: Path) -> None:
    """The same read pairs, aligned by another aligner, make nearly the same molecules."""
    through = read_report(embedded / "results/cases/P1/P1.json")
    shell = f"csfgeno call --csf {SAMPLE}/csf.bam --reference {embedded}/genome.fa --panel {embedded}/panel.bed"
    subprocess.run(
        [*shell.split(), "--case-id", "D", "--out-dir", str(tmp_path)], env=environment(tmp_path), check=True
    )
    direct = read_report(tmp_path / "D.json")
    depths = [
        {f.change.hgvs_p_short: f.calls[0].counts for f in report.findings if f.change} for report in (through, direct)
    ]
    for name in ("p.E746_A750del", "p.T790M"):
        ours, theirs = depths[0][name], depths[1][name]
        assert ours.depth == pytest.approx(theirs.depth, rel=0.03)
        assert abs(ours.alt - theirs.alt) <= 1 + 0.03 * theirs.alt


def test_the_commands_of_the_page_run_as_they_stand(embedded: Path) -> None:
    [commands] = [block for block in fenced(EMBED, "bash") if "csfgeno call" in block]
    (embedded / "csf.bam").write_bytes((embedded / "results/alignments/P1-csf.bam").read_bytes())
    (embedded / "csf.bam.bai").write_bytes((embedded / "results/alignments/P1-csf.bam.bai").read_bytes())
    script = f"set -euo pipefail\n{commands}"
    done = subprocess.run(
        ["bash", "-c", script], cwd=embedded, env=environment(embedded), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert (embedded / "out/P1.html").read_bytes() == (embedded / "again/P1.html").read_bytes()
    assert (embedded / "my-assay.model").read_bytes() == (embedded / "results/model/my-assay.model").read_bytes()
    [program] = [block for block in fenced(EMBED, "python") if "import json" in block]
    said = subprocess.run(
        ["python", "-c", program], cwd=embedded, env=environment(embedded), capture_output=True, text=True, check=True
    )
    assert "p.(Thr790Met) csf" in said.stdout


def test_a_killed_run_is_taken_up_again_and_a_finished_one_left_alone(tmp_path: Path) -> None:
    bam = os.path.relpath(SAMPLE / "tissue.bam", tmp_path)
    configure(tmp_path, sample_config(tmp_path, threads=1), f"P\ttissue\tS\t\t\t{bam}")
    target = tmp_path / "results/cases/P/P.json"
    running = subprocess.Popen(
        command(tmp_path, "--cores", "1", "results/cases/P/P.json"),
        env=environment(tmp_path),
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    log = tmp_path / "logs/cases/P.log"
    deadline = time.monotonic() + 200
    while not log.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    assert log.exists()
    assert not target.exists()
    assert not list((tmp_path / "results/cases/P").glob("P.*")), "no output that looks like a result"
    unlocked = snakemake(tmp_path, "--unlock")
    assert unlocked.returncode == 0, unlocked.stderr
    again = snakemake(tmp_path, "--cores", "1", "results/cases/P/P.json")
    assert again.returncode == 0, explain(again, tmp_path)
    assert read_report(target).case.case_id == "P"
    assert "Nothing to be done" in snakemake(tmp_path, "--cores", "1", "results/cases/P/P.json").stderr


def test_a_failing_case_leaves_a_log_and_no_results(tmp_path: Path) -> None:
    (tmp_path / "empty.bam").touch()
    (tmp_path / "empty.bam.bai").touch()
    configure(tmp_path, sample_config(tmp_path), "P\tcsf\tS\t\t\tempty.bam")
    done = snakemake(tmp_path, "--cores", "1")
    assert done.returncode == 1
    log = (tmp_path / "logs/cases/P.log").read_text()
    assert "empty.bam is empty; expected a BAM or CRAM" in log
    assert "Traceback" not in log
    assert [path.name for path in (tmp_path / "results/cases/P").iterdir()] == ["case.yaml"]
