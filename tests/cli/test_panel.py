"""`csfgeno panel check` and calls with the panel of a laboratory."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from csfgeno.cli import cli
from csfgeno.inputs.panel import load_hotspots
from csfgeno.vocab import HotspotKind

SAMPLE = Path(__file__).parents[2] / "sample_data"
GENOME = SAMPLE / "GRCh38.masked.fa.gz"

AMPLICONS = "\n".join([
    "track name=lung type=bedDetail",
    "chr7\t55174711\t55174830\tAMPL1\t0\t+\tGENE_ID=EGFR",
    "chr7\t55181283\t55181488",
    "chr7\t55174900\t55174950\tsnp_7",
    "chr7\t1000000\t1000100\tSUN1_a",
])  # fmt: skip


@pytest.fixture
def bed(tmp_path: Path) -> Path:
    path = tmp_path / "lung.bed"
    path.write_text(AMPLICONS + "\n")
    return path


def test_check_says_what_is_and_is_not_covered(bed: Path) -> None:
    outcome = CliRunner().invoke(cli, ["panel", "check", str(bed), "--reference", str(GENOME)], catch_exceptions=False)
    lines = outcome.stdout.splitlines()
    assert lines[0].startswith("panel lung ")
    assert lines[0].endswith("GRCh38: 4 targets, 474 bp")
    assert "genes with names for variants: EGFR" in lines
    assert "genes without: SUN1" in lines
    assert any(line.startswith("not covered: EGFR L858R") for line in lines)
    assert not any("T790M" in line for line in lines if line.startswith("not covered"))
    placed = [h for h in load_hotspots() if h.kind not in (HotspotKind.FUSION, HotspotKind.AMPLIFICATION)]
    assert any(line.endswith(f" of {len(placed)}") for line in lines)


def test_a_panel_of_the_other_build_is_refused(tmp_path: Path) -> None:
    bed = tmp_path / "old.bed"
    bed.write_text("chr7\t55242414\t55242513\tAMPL_1\n")
    outcome = CliRunner().invoke(cli, ["panel", "check", str(bed), "--reference", str(GENOME)])
    assert outcome.exit_code == 1
    assert "would cover" in str(outcome.exception)


def test_a_call_with_amplicon_names_finds_and_names_the_driver(bed: Path, tmp_path: Path) -> None:
    """And every hotspot that the amplicons leave out is not assessable."""
    out = tmp_path / "out"
    arguments = ["call", "--csf", str(SAMPLE / "csf.bam"), "--reference", str(GENOME), "--panel", str(bed)]
    outcome = CliRunner().invoke(cli, [*arguments, "--case-id", "A", "--out-dir", str(out)], catch_exceptions=False)
    assert outcome.exit_code == 0
    report = json.loads((out / "A.json").read_text())
    names = {f["change"]["hgvs_p_short"] for f in report["findings"] if f["change"]}
    assert "p.E746_A750del" in names
    states = {h["hotspot_id"]: h["state"] for h in report["hotspots"]}
    assert states["EGFR_ex19del"] == "DETECTED"
    assert states["EGFR_L858R"] == states["KRAS_G12C"] == "NOT_ASSESSABLE"
