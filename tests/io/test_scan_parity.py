"""The compiled scanner and its twin fill the same arrays, byte for byte, whatever the reads look like."""

import random
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pysam
import pytest

from csfgeno.io.batch import ReadBatch
from csfgeno.io.scan import AlignmentScanner, ReferenceStretch, native_scanner
from csfgeno.testing import BamBuilder, TagValue

pytestmark = pytest.mark.skipif(native_scanner()[0] is None, reason="the compiled scanner was not built")

CONTIG_BP = 600
COLUMNS = ("reads", "events", "links", "far_reads", "far_links")
REAL = Path(__file__).parents[1] / "data" / "reads" / "reference_material_5pct.simplex.GRCh37.bam"
ON_QUERY, ON_REFERENCE = "MIS=X", "MDN=X"
MARIANAS = ("Marianas:ACG+TTN:c1:5:1:2:c1:90:3:4", "Marianas:AC:c1:5:1:2:c1:90:3:", "Marianas:ACG+TTT:c1:5")
UMIS = ("ACGT-TTTT", "ACGTAC", "AC_GT", "NNN+ACG", "", "-", "ACG-ACG-ACG", "x", "A" * 33, "acg-ttt")
PLACES = (
    "c2,17,-,30S20M,60,0;", "c1,500,+,5H40M2D3M7S,19,1;", "c1,9,+,20M30S,0,3;", "c9,1,+,10M,60,0;", "c2,0,+,9M,60,0;",
    "c2,5,+,9M,256,0;", "c2,5,*,9M,60,0;", "c2,5,+,9S,60,0;", "c2,5,+,9M,60;", "c2,5,+,9M,60,0,1;", "c2,5,+,9M,60,0",
    "c2,99999999999,+,9M,60,0;", ";", "c2,2147483640,+,9M,60,0;",
)  # fmt: skip
MATE_CIGARS = ("50M", "5S40M5H", "10H", "3M2I4D1N5=2X9S", "*", "5Q", "")


def same_bytes(path: Path, reference: Path | None, regions: list[tuple[str, int, int]], window: bytes) -> None:
    batches = {native: scan_all(path, reference, regions, window, native) for native in (True, False)}
    for compiled, plain in zip(batches[True], batches[False], strict=True):
        same_batch(compiled, plain)


def same_batch(compiled: ReadBatch, plain: ReadBatch) -> None:
    assert (compiled.seen, compiled.names) == (plain.seen, plain.names)
    for one, other in ((getattr(compiled, name), getattr(plain, name)) for name in COLUMNS):
        for column in one.dtype.names or ():
            np.testing.assert_array_equal(one[column], other[column], err_msg=column)
        assert one.tobytes() == other.tobytes()
    assert compiled.sequence.tobytes() == plain.sequence.tobytes()


def scan_all(
    path: Path, reference: Path | None, regions: list[tuple[str, int, int]], window: bytes, native: bool
) -> list[ReadBatch]:
    fasta = None if reference is None else str(reference)
    with AlignmentScanner(str(path), reference=fasta, native=native) as scanner:
        return [
            scanner.scan(
                contig, start, end, reference_bases=window[offset:], reference_start=offset, min_mapq=10,
                min_baseq=20, want_names=True,
            )
            for contig, start, end in regions
            for offset in (0, 97)
        ]  # fmt: skip


def make_reference(rng: random.Random, path: Path) -> str:
    bases = "".join(rng.choices("ACGTN", (30, 30, 30, 30, 3), k=CONTIG_BP))
    path.write_text(f">c1\n{bases}\n>c2\n{bases}\n")
    pysam.faidx(str(path))
    return bases


def random_cigar(rng: random.Random) -> list[tuple[str, int]]:
    core: list[tuple[str, int]] = []
    for _ in range(rng.randint(1, 7)):
        op = rng.choice([o for o in "MMM=XIDNP" if not core or o != core[-1][0]])
        core.append((op, rng.randint(1, 40) if op in "M=X" else rng.randint(1, 6)))
    if not any(op in "M=X" for op, _ in core):
        core.append(("M", rng.randint(1, 60)))
    left = [("H", rng.randint(1, 9))] * (rng.random() < 0.1) + [("S", rng.randint(1, 20))] * (rng.random() < 0.3)
    right = [("S", rng.randint(1, 20))] * (rng.random() < 0.3) + [("H", rng.randint(1, 9))] * (rng.random() < 0.1)
    return left + core + right


def random_bases(rng: random.Random, cigar: list[tuple[str, int]], reference: str, start: int, letters: str) -> str:
    bases, pos = "", start
    for op, length in cigar:
        true = reference[pos : pos + length].ljust(length, "A") if op in "M=X" else ""
        other = "".join(rng.choices(letters, k=length))
        if op in ON_QUERY:
            bases += "".join(t if rng.random() < 0.95 else o for t, o in zip(true or other, other, strict=True))
        pos += length if op in ON_REFERENCE else 0
    return bases


def random_tags(rng: random.Random) -> dict[str, TagValue]:
    every: dict[str, TagValue] = {
        "RX": rng.choice(UMIS),
        "MI": rng.choice(["7", "7/A", "x/B", "/A", ""]),
        "MC": rng.choice(MATE_CIGARS),
        "aD": rng.choice((0, 5, 300, 70_000, 2**32 - 1, -1)),
        "cD": "text",
        "bD": rng.randint(0, 9),
        "cM": rng.randint(0, 300),
        "cE": rng.choice((0.125, 1)),
        "FR": rng.choice((0, 3, 255, 300, "3")),
        "RR": rng.choice((0, 7)),
        "XA": "chr1,+5,9M,0;",
        "SA": "".join(rng.choice(PLACES) for _ in range(rng.randint(0, 3))),
    }
    return {tag: value for tag, value in every.items() if rng.random() < 0.5}


def add_random_read(rng: random.Random, builder: BamBuilder, reference: str, *, cram: bool) -> None:
    cigar = random_cigar(rng)
    if rng.random() < 0.1 and not cram:  # the htslib of pysam cannot read every such CRAM back
        cigar.insert(rng.randint(0, len(cigar)), (rng.choice("MIDN=X"), 0))
    span = sum(length for op, length in cigar if op in ON_REFERENCE)
    start = rng.randint(0, CONTIG_BP - span - 1 if cram else CONTIG_BP - 1)
    bases = random_bases(rng, cigar, reference, start, "ACGTN" if cram else "ACGTNR=")
    absent = rng.random()
    builder.add_read(
        rng.choice(MARIANAS) if rng.random() < 0.2 else f"read:{rng.randint(0, 50)}",
        "c1",
        start,
        None if absent < 0.02 and not cram else "".join(f"{length}{op}" for op, length in cigar),
        None if 0.02 < absent < 0.04 and not cram else bases,
        flag=rng.choice([0, 16, 99, 147, 83, 163, 73, 9, 1, 4, 256, 512, 1024, 2048, 2064, 2147, 2209, 1105]),
        qual=None if rng.random() < 0.05 else [rng.choice([2, 12, 19, 20, 37, 37, 93]) for _ in bases],
        mapq=rng.choice([0, 9, 10, 60, 255]),
        mate=rng.choice([None, ("c1", rng.randint(0, 599)), ("c2", 5)]),
        template_length=rng.randint(-400, 400),
        tags=random_tags(rng),
    )


@pytest.mark.parametrize("suffix", [".bam", ".cram"])
@pytest.mark.parametrize("seed", range(12))
def test_random_reads(tmp_path: Path, seed: int, suffix: str) -> None:
    rng = random.Random(seed)
    fasta = tmp_path / "reference.fa"
    reference = make_reference(rng, fasta)
    builder = BamBuilder({"c1": CONTIG_BP, "c2": CONTIG_BP})
    for _ in range(120):
        add_random_read(rng, builder, reference, cram=suffix == ".cram")
    path = builder.write(tmp_path / f"x{suffix}", fasta)
    regions = [("c1", 0, CONTIG_BP), ("c1", 200, 260), ("c1", 300, 300), ("c1", 590, 600), ("c2", 0, 100)]
    same_bytes(path, fasta if suffix == ".cram" else None, regions, reference.encode()[:500])


def test_ten_thousand_reads_at_one_start(tmp_path: Path) -> None:
    builder = BamBuilder({"c1": CONTIG_BP})
    for i in range(10_000):
        builder.add_read(f"r{i}", "c1", 50, "9M", "ACGTACGTA", qual=[37] * (i % 9) + [5] + [37] * (8 - i % 9))
    path = builder.write(tmp_path / "deep.bam")
    same_bytes(path, None, [("c1", 50, 51)], b"ACGTA" * 120)
    assert len(scan_all(path, None, [("c1", 58, 59)], b"", True)[0].reads) == 10_000


def test_real_consensus_reads() -> None:
    with pysam.AlignmentFile(str(REAL)) as alignments:
        names = [(read.reference_name or "", read.reference_start) for read in alignments]
    spans = [(contig, [start for c, start in names if c == contig]) for contig in dict(names)]
    rng = random.Random(5)
    window = "".join(rng.choices("ACGT", k=1_000)).encode()
    regions = [(contig, starts[0], starts[0] + 2_000) for contig, starts in spans]
    batches = {native: real_batches(regions, window, native) for native in (True, False)}
    assert sum(len(batch.reads) for batch in batches[True]) > 3_000
    for compiled, plain in zip(batches[True], batches[False], strict=True):
        same_batch(compiled, plain)


def real_batches(regions: list[tuple[str, int, int]], window: bytes, native: bool) -> list[ReadBatch]:
    with AlignmentScanner(str(REAL), reference=None, native=native) as scanner:
        return [
            scanner.scan(c, s, e, reference_bases=window, reference_start=s - 100, min_mapq=20, min_baseq=20)
            for c, s, e in regions
        ]


def test_marianas_names_of_real_reads_give_umi_and_strand_families() -> None:
    with pysam.AlignmentFile(str(REAL)) as alignments:
        expected = [
            tuple(int(n) for n in read.query_name.split(":")[8 if read.is_read2 else 4 :][:2])
            for read in alignments
            if read.query_name and read.mapping_quality >= 20 and not read.is_supplementary
        ]
    with AlignmentScanner(str(REAL), reference=None) as scanner:
        batches = [
            scanner.scan(c, 0, bp, reference_bases=b"", reference_start=0, min_mapq=20, min_baseq=20)
            for c, bp in scanner.contigs.items()
        ]
    reads = np.concatenate([batch.reads for batch in batches])
    assert reads[["depth_a", "depth_b"]].tolist() == expected
    assert set(reads["umi_1_length"]) == set(reads["umi_2_length"]) == {3}


@pytest.mark.parametrize("seed", range(4))
def test_room_is_used_again_only_when_its_reads_are_gone(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    reference = make_reference(rng, tmp_path / "reference.fa")
    builder = BamBuilder({"c1": CONTIG_BP, "c2": CONTIG_BP})
    for _ in range(150):
        add_random_read(rng, builder, reference, cram=False)
    path = builder.write(tmp_path / "x.bam")
    cuts = sorted(rng.sample(range(1, CONTIG_BP), 7))
    regions = list(pairwise([0, *cuts, CONTIG_BP]))
    window = ReferenceStretch(reference.encode(), 0)
    for native in (True, False):
        with AlignmentScanner(str(path), reference=None, native=native) as scanner:
            kept = list(scanner.stream("c1", regions, window, 10, 20, want_names=True))
            copies = [
                replace(b, **{name: getattr(b, name).copy() for name in COLUMNS}, sequence=b.sequence.copy())
                for b in scanner.stream("c1", regions, window, 10, 20, want_names=True)
            ]
        for one, other, (start, end) in zip(kept, copies, regions, strict=True):
            same_batch(one, other)
            with AlignmentScanner(str(path), reference=None, native=native) as scanner:
                alone = scanner.scan(
                    "c1", start, end, reference_bases=window.bases, reference_start=0, min_mapq=10, min_baseq=20
                )
            assert alone.reads.tobytes() == one.reads.tobytes()
