import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = ROOT / "workflows"
CASE = """\
case_id: {case_id}
patient_code: p
reference: genome.fa
specimens:
  csf: {{alignments: csf.bam}}
"""

pytestmark = pytest.mark.workflow


def _snakemake(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    bin_directory = Path(sys.executable).parent
    environment = os.environ | {
        "PATH": f"{bin_directory}{os.pathsep}{os.environ['PATH']}",
        "XDG_CACHE_HOME": str(directory / "cache"),
    }
    command = [sys.executable, "-m", "snakemake", "--snakefile", WORKFLOWS / "Snakefile", "--directory", directory]
    return subprocess.run(
        [*map(str, command), *arguments], env=environment, cwd=directory, capture_output=True, text=True, check=False
    )


@pytest.fixture
def run_directory(tmp_path: Path) -> Path:
    """Make a directory with one case, whose files exist but are empty."""
    (tmp_path / "config").mkdir()
    for name in ("genome.fa", "csf.bam", "csf.bam.bai"):
        (tmp_path / name).touch()
    _write_case(tmp_path, "case.yaml", "C-1")
    _configure(tmp_path, {"cases": ["case.yaml"]})
    return tmp_path


def _write_case(directory: Path, name: str, case_id: str) -> None:
    (directory / name).write_text(CASE.format(case_id=case_id))


def _configure(directory: Path, config: object) -> None:
    (directory / "config/config.yaml").write_text(yaml.safe_dump(config))


def test_lint(run_directory: Path) -> None:
    done = _snakemake(run_directory, "--lint")
    assert done.returncode == 0, done.stderr
    assert "your workflow is in a good condition" in done.stderr


def test_dry_run_makes_one_job_per_case(run_directory: Path) -> None:
    _write_case(run_directory, "second.yaml", "007")
    _configure(run_directory, {"cases": ["case.yaml", "second.yaml"], "threads": 1})
    done = _snakemake(run_directory, "--dry-run", "--printshellcmds")
    assert done.returncode == 0, done.stderr
    for case, case_id in (("case.yaml", "C-1"), ("second.yaml", "007")):
        command = f"csfgeno call {case} --out-dir results/{case_id} --threads 1 > logs/{case_id}.log 2>&1"
        assert command in done.stdout
        assert f"results/{case_id}/{case_id}.vcf.gz.tbi" in done.stdout
    assert "input: case.yaml, genome.fa, csf.bam, csf.bam.bai" in done.stdout


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({}, "'cases' is a required property"),
        ({"cases": []}, "Error validating config file"),
        ({"cases": ["case.yaml"], "thread": 3}, "'thread' was unexpected"),
        ({"cases": ["case.yaml"], "threads": 0}, "0 is less than the minimum of 1"),
        ({"cases": ["absent.yaml"]}, "case file absent.yaml cannot be read: No such file or directory"),
        ({"cases": ["genome.fa"]}, "genome.fa is not a case file: expected case_id, reference and specimens"),
        ({"cases": ["case.yaml", "./case.yaml"]}, "case_id C-1 is in more than one case file"),
    ],
)
def test_refused_configuration(run_directory: Path, config: object, expected: str) -> None:
    _configure(run_directory, config)
    done = _snakemake(run_directory, "--dry-run")
    assert done.returncode == 1
    assert expected in done.stderr + done.stdout


def test_panel_file_is_an_input(run_directory: Path) -> None:
    (run_directory / "my.bed").touch()
    with (run_directory / "case.yaml").open("a") as case:
        case.write("panel: my.bed\n")
    assert "input: case.yaml, genome.fa, my.bed, csf.bam" in _snakemake(run_directory, "--dry-run").stdout


def test_missing_alignments_stop_before_any_job(run_directory: Path) -> None:
    (run_directory / "csf.bam").unlink()
    done = _snakemake(run_directory, "--dry-run")
    assert done.returncode == 1
    assert "MissingInputException" in done.stderr + done.stdout


def test_environment_script_wants_to_know_the_source() -> None:
    environment = {key: value for key, value in os.environ.items() if key != "CSFGENO_SOURCE"}
    script = WORKFLOWS / "envs/csfgeno.post-deploy.sh"
    done = subprocess.run(["bash", script], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "set CSFGENO_SOURCE to the absolute path" in done.stderr


def test_configuration_of_the_sample_case_is_in_place() -> None:
    config = yaml.safe_load((WORKFLOWS / "config/config.yaml").read_text())
    assert [(WORKFLOWS / case).resolve() for case in config["cases"]] == [ROOT / "sample_data/case.yaml"]


def test_sample_case_runs_and_is_not_run_twice(run_directory: Path) -> None:
    _configure(run_directory, {"cases": [os.path.relpath(ROOT / "sample_data/case.yaml", run_directory)]})
    done = _snakemake(run_directory, "--cores", "2")
    assert done.returncode == 0, done.stderr + "".join(log.read_text() for log in run_directory.glob("logs/*.log"))
    [html] = run_directory.glob("results/*/*.html")
    assert html.stem == html.parent.name
    assert "Nothing to be done" in _snakemake(run_directory, "--cores", "2").stderr


def test_failing_case_leaves_a_log_and_no_results(run_directory: Path) -> None:
    done = _snakemake(run_directory, "--cores", "1")
    assert done.returncode == 1
    log = (run_directory / "logs/C-1.log").read_text()
    assert "csf.bam is empty; expected a BAM or CRAM" in log
    assert "Traceback" not in log
    assert not list((run_directory / "results").rglob("*.*"))
