"""The workflow on a Slurm cluster of one node: a job is cancelled, the controller crashes, the run is taken up again.

Run by `make cluster-test`, as it installs Slurm and takes minutes.
"""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from csfgeno.report.document import read_report
from csfgeno.vocab import CallState
from tests.workflows.cluster.slurm import Cluster, one_node_cluster, start_controller, wait_for
from tests.workflows.snakes import (
    EGFR,
    SAMPLE,
    WORKFLOWS,
    command,
    environment,
    explain,
    pairs_of,
    snakemake,
    write_chromosome,
    write_fastq,
    write_panel,
)

SAVE_SECONDS = 6
"""The controller writes its state within 5 s of a change; a job that started after the last save would start twice."""

SPECIMENS = ("csf", "plasma", "tissue", "normal")
CONFIGURATION = """\
reference: genome.fa
panel: panel.bed
samples: config/samples.tsv
aligner: minimap2
umi: {place: inline, length: 8, skip: 2}
"""
RESULTS = ("P1.json", "P1.html", "P1.vcf.gz", "P1.tsv")
PROFILE = ("--workflow-profile", str(WORKFLOWS / "profiles/slurm"), "--slurm-status-command", "squeue")
SOON = ("--slurm-init-seconds-before-status-checks", "3", "--latency-wait", "10")

pytestmark = pytest.mark.timeout(1800)


def prepare(directory: Path) -> Path:
    """Write the four specimens of the sample case at EGFR as FASTQ files with inline UMIs, and their sheet."""
    (directory / "config").mkdir(parents=True)
    write_chromosome(directory / "genome.fa")
    write_panel(directory / "panel.bed")
    rows = ["patient\tspecimen\tsample\tfastq_1\tfastq_2"]
    for specimen in SPECIMENS:
        one, two = write_fastq(directory / specimen, pairs_of(SAMPLE / f"{specimen}.bam", EGFR))
        rows.append(f"P1\t{specimen}\tP1-{specimen}\t{one.name}\t{two.name}")
    (directory / "config/samples.tsv").write_text("\n".join(rows) + "\n")
    (directory / "config/config.yaml").write_text(CONFIGURATION)
    return directory


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    (tmp_path / "slurm").mkdir()
    with one_node_cluster(tmp_path / "slurm") as running:
        yield running


@contextmanager
def submitted(directory: Path, cluster: Cluster, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """Start Snakemake, which submits its jobs to the cluster, and wait for its end."""
    own = environment(directory, cluster.environment())
    with (directory / "snakemake.log").open("wb") as said:
        run = subprocess.Popen(
            command(directory, *PROFILE, *SOON, *arguments), env=own, cwd=directory, stdout=said, stderr=said
        )
        try:
            yield run
            run.wait()
        finally:
            run.kill()


def said(directory: Path) -> str:
    return (directory / "snakemake.log").read_text()


def results_of(directory: Path) -> list[str]:
    return sorted(path.name for path in (directory / "results/cases/P1").glob("*P1.*"))


def test_a_cancelled_job_and_a_crashed_controller_cost_no_result(cluster: Cluster, tmp_path: Path) -> None:
    remote, local = prepare(tmp_path / "remote"), prepare(tmp_path / "local")

    with submitted(remote, cluster, "--retries", "0") as first:
        cancelled = cluster.wait_for_job("call", first)
        wait_for((remote / "logs/cases/P1.log").exists, "csfgeno to start")
        cluster.run("scancel", cancelled.number)
    assert first.returncode == 1, said(remote)
    assert [job.state for job in cluster.jobs("all") if job.number == cancelled.number] == ["CANCELLED"]
    assert results_of(remote) == [], "no output that looks like a result"
    kept = {path: path.stat().st_mtime_ns for path in (remote / "results/alignments").iterdir()}
    assert len(kept) == 2 * len(SPECIMENS)

    before = {job.number for job in cluster.jobs("all")}
    with submitted(remote, cluster) as second:
        survivor = cluster.wait_for_job("call", second)
        time.sleep(SAVE_SECONDS)
        cluster.kill("slurmctld")
        start_controller(cluster)
    assert second.returncode == 0, said(remote)
    states = {job.number: job for job in cluster.jobs("all") if job.number not in before}
    assert states[survivor.number].state == "COMPLETED", "the job outlived the controller that had started it"
    assert sorted(job.comment.split("_")[1] for job in states.values()) == ["call", "cohort", "multiqc"]
    assert {path: path.stat().st_mtime_ns for path in kept} == kept, "what was finished was left alone"

    done = snakemake(local, "--cores", "2")
    assert done.returncode == 0, explain(done, local)
    for name in RESULTS:
        path = f"results/cases/P1/{name}"
        assert (remote / path).read_bytes() == (local / path).read_bytes(), f"{name} is that of a run without a cluster"
    report = read_report(remote / "results/cases/P1/P1.json")
    assert [specimen.kind for specimen in report.case.specimens] == list(SPECIMENS)
    detected = {f.change.hgvs_p_short for f in report.findings if f.change and f.calls[0].state is CallState.DETECTED}
    assert {"p.E746_A750del", "p.T790M"} <= detected
