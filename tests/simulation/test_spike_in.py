"""Spike-in: the reads of chosen molecules change, all of them and nothing else."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pysam
import pytest
from scipy.stats import binom

from .conftest import run
from .planting import EXON_19_DELETION, FASTA, INSERTION, L858R, QUIET, Variant, look, read_truth, variants_tsv

VAF = {EXON_19_DELETION: 0.3, INSERTION: 0.2, L858R: 0.1}


@pytest.fixture(scope="module")
def plain(make_specimen: Callable[..., Path]) -> Path:
    return make_specimen("", "--input-ng", 6, **{**QUIET, "umi_error": "0.002"})


def spike(plain: Path, out: Path, table: str, *options: object) -> int:
    variants = plain.with_name("spike.tsv")
    variants.write_text(table)
    arguments = ["simulate", "spike-in", "--alignments", plain, "--reference", FASTA, "--variants", variants]
    return run(*arguments, "--out-prefix", out, *options)


@pytest.fixture(scope="module")
def spiked(plain: Path) -> Path:
    table = variants_tsv(*((variant, vaf, ".", ".") for variant, vaf in VAF.items()))
    assert spike(plain, plain.with_name("spiked"), table) == 0
    return plain.with_name("spiked.bam")


@pytest.mark.parametrize("variant", VAF, ids=str)
def test_truth_equals_a_naive_count(spiked: Path, variant: Variant) -> None:
    row, seen = read_truth(spiked.with_suffix(".truth.tsv"))[variant], look(spiked, variant)
    assert int(row["alt_molecules"]) == len(seen.carrying)
    low, high = binom.interval(0.999, int(row["molecules"]), VAF[variant])
    assert low <= len(seen.carrying) <= high


def test_families_stay_whole(plain: Path, spiked: Path) -> None:
    """Every read pair of a mutant molecule that holds the site shows the variant."""
    seen = look(spiked, L858R)
    before = look(plain, L858R)
    assert before.carrying == set()
    with pysam.AlignmentFile(str(plain)) as reads:
        site = L858R[1] - 1
        names = {r.query_name or "" for r in reads.fetch("chr7", site, site + 1)}
    assert seen.carrying_pairs == sum(name.split(":")[0] in seen.carrying for name in names)


def test_other_reads_are_untouched_and_mates_agree(plain: Path, spiked: Path, tmp_path: Path) -> None:
    carrying = {molecule for variant in VAF for molecule in look(spiked, variant).carrying}
    with pysam.AlignmentFile(str(plain)) as one, pysam.AlignmentFile(str(spiked)) as other:
        before = {(r.query_name, r.is_read2): r.to_string() for r in one}
        after = {(r.query_name, r.is_read2): r.to_string() for r in other}
    assert before.keys() == after.keys()
    changed = {(key[0] or "").split(":")[0] for key, text in before.items() if after[key] != text}
    assert changed == carrying
    check_mates(spiked, tmp_path)


def check_mates(bam: Path, folder: Path) -> None:
    by_name, fixed = folder / "names.bam", folder / "fixed.bam"
    subprocess.run(["samtools", "quickcheck", bam], check=True)
    subprocess.run(["samtools", "sort", "-n", "-o", by_name, bam], check=True, capture_output=True)
    subprocess.run(["samtools", "fixmate", "-m", by_name, fixed], check=True)
    with pysam.AlignmentFile(str(bam)) as one, pysam.AlignmentFile(str(fixed), check_sq=False) as other:
        own, expected = ({_mate_fields(read) for read in reads} for reads in (one, other))
    assert own == expected


def _mate_fields(read: pysam.AlignedSegment) -> tuple[object, ...]:
    mate = (read.flag, read.reference_start, read.next_reference_start, read.template_length)
    return (read.query_name, *mate, read.get_tag("MC"), read.get_tag("MQ"))


def test_the_same_seed_gives_the_same_bytes(plain: Path, tmp_path: Path) -> None:
    table = variants_tsv((EXON_19_DELETION, 0.3, ".", "."))
    for name, seed in (("a", 4), ("b", 4), ("c", 5)):
        assert spike(plain, tmp_path / name, table, "--seed", seed) == 0
    content = [(tmp_path / f"{name}.bam").read_bytes() for name in "abc"]
    assert content[0] == content[1] != content[2]


def test_a_site_without_reads_is_refused(plain: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert spike(plain, tmp_path / "x", variants_tsv((("chr7", 55173950, "A", "C"), 0.1, ".", "."))) == 3
    assert "no molecule shows the site" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_two_variants_on_one_molecule_are_refused(
    plain: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    near = ("chr7", L858R[1] + 1, "G", "A")
    assert spike(plain, tmp_path / "x", variants_tsv((L858R, 0.9, ".", "."), (near, 0.9, ".", "."))) == 3
    assert "one after the other" in capsys.readouterr().err
