"""A case of which only VCFs exist."""

import json
from pathlib import Path

import pytest

from csfgeno.cli import main

SAMPLE = Path(__file__).parents[2] / "sample_data"
HEAD = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t"
L_T790M = "chr7\t55181378\t.\tC\tT\t.\tPASS\t.\tAD:DP\t578,7:585\n"
DELETION = "chr7\t55174771\t.\tAGGAATTAAGAGAAGC\tA\t.\tPASS\t.\tAD:DP\t355,218:573\n"


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as stopped:
        main([str(argument) for argument in arguments])
    return int(stopped.value.code or 0)


def test_two_vcfs_are_laid_side_by_side(tmp_path: Path) -> None:
    (tmp_path / "csf.vcf").write_text(HEAD + "CSF\n" + DELETION + L_T790M)
    (tmp_path / "plasma.vcf").write_text(HEAD + "PLASMA\n" + DELETION)
    options = ["--reference", SAMPLE / "GRCh38.masked.fa.gz", "--panel", SAMPLE / "panel.bed", "--out-dir", tmp_path]
    code = run("compare", "--csf", tmp_path / "csf.vcf", "--plasma", tmp_path / "plasma.vcf", *options)
    assert code == 0
    report = json.loads((tmp_path / "CSF.json").read_text())
    verdicts = {f["change"]["hgvs_p_short"]: f["verdict"] for f in report["findings"]}
    assert verdicts == {"p.E746_A750del": "SHARED", "p.T790M": "NOT_INFORMATIVE"}
    states = {h["state"] for h in report["hotspots"]}
    assert "NOT_DETECTED" not in states
    assert all(match["result"] == "NOT_ASSESSABLE" for match in report["identity"]["matches"])


def test_one_vcf_cannot_be_compared(tmp_path: Path) -> None:
    (tmp_path / "csf.vcf").write_text(HEAD + "CSF\n" + DELETION)
    options = ["--reference", SAMPLE / "GRCh38.masked.fa.gz", "--out-dir", tmp_path]
    assert run("compare", "--csf", tmp_path / "csf.vcf", *options) == 2
    assert run("compare", "--csf", tmp_path / "csf.vcf", "--plasma", SAMPLE / "plasma.bam", *options) == 2
