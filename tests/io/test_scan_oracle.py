"""What the scanner counts is what samtools counts."""

import random
import subprocess
from collections import Counter
from pathlib import Path

import numpy as np
import pysam
import pytest

from csfgeno.io.batch import EVENT_DELETION, EVENT_INSERTION, EVENT_MASK, EVENT_SNV, ReadBatch
from csfgeno.io.scan import AlignmentScanner
from csfgeno.testing import BamBuilder

CONTIG_BP = 500


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, bytes]:
    folder, rng = tmp_path_factory.mktemp("oracle"), random.Random(3)
    reference = "".join(rng.choices("ACGT", k=CONTIG_BP))
    fasta = folder / "reference.fa"
    fasta.write_text(f">c1\n{reference}\n")
    pysam.faidx(str(fasta))
    builder = BamBuilder({"c1": CONTIG_BP})
    for i in range(400):
        start, left, right, gap = rng.randint(0, 380), rng.randint(5, 50), rng.randint(5, 50), rng.randint(1, 9)
        inserted = "".join(rng.choices("ACGT", k=gap))
        middle, skipped = rng.choice([("", 0), (inserted, 0), ("", gap)])
        after = start + left + skipped
        bases = reference[start : start + left] + middle + reference[after : after + right]
        bases = "".join(rng.choice("ACGT") if rng.random() < 0.05 else base for base in bases)
        op = f"{gap}{'I' if middle else 'D'}" if middle or skipped else ""
        quals = [rng.choice([2, 19, 20, 37]) for _ in bases]
        mapq, flag = rng.choice([5, 20, 60]), rng.choice([0, 16, 1024, 256, 512])
        builder.add_read(f"r{i}", "c1", start, f"{left}M{op}{right}M", bases, qual=quals, mapq=mapq, flag=flag)
    return builder.write(folder / "x.bam"), fasta, reference.encode()


def scan(path: Path, reference: bytes, min_baseq: int) -> ReadBatch:
    with AlignmentScanner(str(path), reference=None) as scanner:
        return scanner.scan(
            "c1", 0, CONTIG_BP, reference_bases=reference, reference_start=0, min_mapq=20, min_baseq=min_baseq,
            want_names=True,
        )  # fmt: skip


def samtools(*arguments: str | Path) -> list[str]:
    return subprocess.run(["samtools", *arguments], check=True, capture_output=True, text=True).stdout.splitlines()


def test_read_counts(files: tuple[Path, Path, bytes]) -> None:
    path, _, reference = files
    batch = scan(path, reference, 20)
    assert len(batch.reads) == int(samtools("view", "-c", "-q", "20", "-F", "0xB04", path)[0])
    assert batch.seen == int(samtools("view", "-c", path)[0])


def test_edit_distance_is_that_of_calmd(files: tuple[Path, Path, bytes]) -> None:
    path, fasta, reference = files
    batch = scan(path, reference, 0)
    records = [line.split("\t") for line in samtools("calmd", path, fasta) if not line.startswith("@")]
    edits = {r[0]: int(field[5:]) for r in records for field in r[11:] if field.startswith("NM:i:")}
    counted = np.isin(batch.events["kind"], (EVENT_SNV, EVENT_INSERTION, EVENT_DELETION))
    lengths = np.where(counted, batch.events["length"], 0)
    found = np.bincount(batch.events["read"], lengths, minlength=len(batch.reads)).astype(int)
    assert found.tolist() == [edits[name] for name in batch.names.decode().split()]


def test_base_counts_are_those_of_mpileup(files: tuple[Path, Path, bytes]) -> None:
    path, fasta, reference = files
    depth, bases = count_bases(scan(path, reference, 20))
    expected_depth, expected_bases = np.zeros(CONTIG_BP, int), Counter[tuple[int, str]]()
    flags = ("--ff", "0xB04", "-q", "20", "-Q", "20", "-d", "0", "-A", "-B", "-x", "--no-output-ins", "--no-output-ins")
    ends = ("--no-output-ends", "--no-output-del", "--no-output-del")
    for line in samtools("mpileup", *flags, *ends, "-f", fasta, path):
        _, pos, _, _, shown, _ = line.split("\t")
        letters = Counter(shown.upper())
        expected_depth[int(pos) - 1] = sum(letters[b] for b in ".,ACGT")
        expected_bases.update({(int(pos) - 1, base): letters[base] for base in "ACGT" if letters[base]})
    np.testing.assert_array_equal(depth, expected_depth)
    assert bases == expected_bases


def count_bases(batch: ReadBatch) -> tuple[np.ndarray[tuple[int], np.dtype[np.int_]], Counter[tuple[int, str]]]:
    """Return observed bases by position, and other bases than the reference by position and letter."""
    depth = np.zeros(CONTIG_BP, int)
    for read in batch.reads:
        depth[read["start"] : read["end"]] += 1
    for event in batch.events[np.isin(batch.events["kind"], (EVENT_MASK, EVENT_DELETION))]:
        depth[event["pos"] : event["pos"] + event["length"]] -= 1
    snvs = batch.events[batch.events["kind"] == EVENT_SNV]
    return depth, Counter((int(snv["pos"]), chr(snv["base"])) for snv in snvs)
