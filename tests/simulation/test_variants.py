"""Lists of variants: what is read, what is refused and in which words."""

from collections.abc import Callable
from pathlib import Path

import pysam
import pytest

from .conftest import run
from .planting import EXON_19_DELETION, FASTA, Q787, QUIET, T790M, read_truth, variants_tsv

HEADER = "contig\tpos\tref\talt\tvaf\thaplotype\n"


def attempt(panel: Path, folder: Path, table: str, *options: object) -> int:
    (folder / "v.tsv").write_text(table)
    return run("simulate", "--reference", FASTA, "--panel", panel, "--variants", folder / "v.tsv",
               "--out-prefix", folder / "out" / "s", *options)  # fmt: skip


@pytest.mark.parametrize(
    ("row", "code", "words"),
    [
        ("chr7\t55181378\tC\t<DEL>\t0.1", 3, "line 2: <DEL> without END"),
        ("chr7\t55181378\tC\tC[chr2:29223528[\t0.1", 2, "the reference has no base at |chr2:29223528"),
        ("chr7\t55181378\tG\tT\t0.1", 3, "line 2: allele chr7:55181378:G>T: the reference has 'C' there"),
        ("chr7\t0\tC\tT\t0.1", 3, "position '0' is not a whole number"),
        ("chr7\t55181378\tC\tT\t5%", 3, "vaf '5%' is not a fraction"),
        ("chr7\t55181378\tC\tT\t0", 3, "vaf '0' is not a fraction"),
        ("chr7\t55181378\tC\t\t0.1", 3, "line 2: no alt"),
        ("chr9\t55181378\tC\tT\t0.1", 3, "has no contig 'chr9'"),
        ("chr4\t105272591\tC\tT\t0.1", 2, "chr4:105272591:C>T is out of reach of every target"),
    ],
)
def test_a_row_that_cannot_be_planted(
    row: str, code: int, words: str, panel: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert attempt(panel, tmp_path, f"{HEADER}{row}\n") == code
    assert words in capsys.readouterr().err
    assert not list((tmp_path / "out").glob("*"))


def test_overlapping_variants_must_be_in_trans(panel: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = (*T790M[:3], "A")
    assert attempt(panel, tmp_path, variants_tsv((T790M, 0.1, ".", "."), (other, 0.1, ".", "."))) == 2
    assert "give them different haplotypes" in capsys.readouterr().err
    table = variants_tsv((T790M, 0.5, "a", "."), (other, 0.5, "b", "."))
    assert attempt(panel, tmp_path, table, "--input-ng", 1) == 0


def test_haplotypes_in_trans_share_the_molecules(
    panel: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert attempt(panel, tmp_path, variants_tsv((T790M, 0.6, "a", "."), (Q787, 0.5, "b", "."))) == 2
    assert "need 1.1 of all molecules" in capsys.readouterr().err


def test_a_vcf_says_the_same_as_a_table(make_specimen: Callable[..., Path], panel: Path, tmp_path: Path) -> None:
    rows = [(T790M, 0.2, "a", "patient"), (EXON_19_DELETION, 0.1, ".", "cell_free")]
    table = make_specimen(variants_tsv(*rows), "--input-ng", 1, "--seed", 3)
    lines = ["##fileformat=VCFv4.2", "##contig=<ID=chr7,length=159345973>"]
    lines += [f'##INFO=<ID={name},Number=1,Type=String,Description="x">' for name in ("HAPLOTYPE", "ORIGIN")]
    lines += ['##INFO=<ID=AF,Number=A,Type=Float,Description="x">', "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"]
    for (contig, pos, ref, alt), vaf, label, origin in rows:
        lines.append(f"{contig}\t{pos}\t.\t{ref}\t{alt}\t.\t.\tAF={vaf};HAPLOTYPE={label};ORIGIN={origin}")
    (tmp_path / "v.vcf").write_text("\n".join(lines) + "\n")
    arguments = ["simulate", "--reference", FASTA, "--panel", panel, "--variants", tmp_path / "v.vcf"]
    assert run(*arguments, "--input-ng", 1, "--seed", 3, "--out-prefix", tmp_path / "s") == 0
    assert (tmp_path / "s.bam").stat().st_size == table.stat().st_size
    one, other = (read_truth(path.with_suffix(".truth.tsv")) for path in (table, tmp_path / "s.bam"))
    assert one.keys() == other.keys()
    assert all(one[key]["alt_molecules"] == other[key]["alt_molecules"] for key in one)


def test_random_snps_are_inherited(make_specimen: Callable[..., Path]) -> None:
    bam = make_specimen(
        variants_tsv((T790M, 0.1, ".", ".")), "--input-ng", 3, **{**QUIET, "snp_rate": "0.01"}, contamination="0.2"
    )
    truth = read_truth(bam.with_suffix(".truth.tsv"))
    own = [row for row in truth.values() if row["origin"] == "patient"]
    second = [row for row in truth.values() if row["origin"] == "contaminant"]
    assert own
    assert second
    assert {row["vaf"] for row in own + second} <= {"0.5", "1"}
    for row in own:
        share = int(row["alt_molecules"]) / int(row["molecules"])
        assert share == pytest.approx(0.8 * float(row["vaf"]), abs=0.13)
    for row in second:
        share = int(row["alt_molecules"]) / int(row["molecules"])
        assert share == pytest.approx(0.2 * float(row["vaf"]), abs=0.13)
    with pysam.VariantFile(str(bam.with_suffix(".truth.vcf.gz"))) as vcf:
        assert len(list(vcf)) == len(truth)
