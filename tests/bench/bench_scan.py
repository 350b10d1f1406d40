"""Speed of the alignment scanner beside `samtools`, on a raw panel BAM made on the spot.

Run with `python tests/bench/bench_scan.py [READS]`; each tool reads the same region, all in one process of one thread.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pysam

from csfgeno.io.scan import AlignmentScanner

CONTIG, CONTIG_BP, PANEL_BP, READ_BP = "chr7", 100_000, 20_000, 150
PANEL_START = (CONTIG_BP - PANEL_BP) // 2
ERROR_RATE = 0.003
BINNED_QUALITIES = ("#", "-", "8", "F")
QUALITY_SHARES = (0.01, 0.03, 0.06, 0.90)
MEAN_FAMILY = 6
REPEATS = 3


def make_bam(directory: Path, reads: int, seed: int = 1, panel_bp: int = PANEL_BP) -> tuple[Path, bytes]:
    """Write read pairs of UMI families over one panel, sorted and indexed, and return path and reference bases."""
    rng = np.random.default_rng(seed)
    reference = rng.choice(np.frombuffer(b"ACGT", np.uint8), CONTIG_BP).tobytes()
    fasta, sam, bam = (directory / name for name in ("reference.fa", "panel.sam", "panel.bam"))
    fasta.write_text(f">{CONTIG}\n{reference.decode()}\n")
    with sam.open("w") as out:
        out.write(f"@HD\tVN:1.6\n@SQ\tSN:{CONTIG}\tLN:{CONTIG_BP}\n@RG\tID:rg1\tSM:bench\n")
        out.writelines(_pairs(rng, reference.decode(), reads // 2, panel_bp))
    subprocess.run(["samtools", "sort", "-o", bam, sam], check=True, stderr=subprocess.DEVNULL)
    subprocess.run(["samtools", "index", bam], check=True)
    subprocess.run(["samtools", "faidx", fasta], check=True)
    return bam, reference


def _pairs(rng: np.random.Generator, reference: str, pairs: int, panel_bp: int) -> Iterator[str]:
    starts = rng.integers(PANEL_START, PANEL_START + panel_bp - 200, pairs // MEAN_FAMILY + 1)
    lengths = np.clip(rng.normal(167, 20, len(starts)), READ_BP, 190).astype(int)
    umis = ["".join(rng.choice(list("ACGT"), 3)) + "-" + "".join(rng.choice(list("ACGT"), 3)) for _ in starts]
    profiles = ["".join(rng.choice(BINNED_QUALITIES, READ_BP, p=QUALITY_SHARES)) for _ in range(2_000)]
    for i, (family, first, second) in enumerate(
        zip(rng.integers(0, len(starts), pairs), *rng.integers(0, 2_000, (2, pairs)), strict=True)
    ):
        left, right = int(starts[family]), int(starts[family] + lengths[family] - READ_BP)
        # Half of the pairs are of the bottom strand, which shows the halves of the UMI the other way round.
        umi = umis[family] if i % 2 else "-".join(reversed(umis[family].split("-")))
        name, tags = f"A01:{i % 997}:HXX:1:{i}", f"MC:Z:{READ_BP}M\tRX:Z:{umi}\tRG:Z:rg1\tNM:i:0"
        span = right + READ_BP - left
        flags = (99, 147) if i % 2 else (163, 83)
        for flag, start, mate, length, profile in zip(
            flags, (left, right), (right, left), (span, -span), (profiles[first], profiles[second]), strict=True
        ):
            bases = _with_errors(rng, reference[start : start + READ_BP])
            place = f"{CONTIG}\t{start + 1}\t60\t{READ_BP}M\t=\t{mate + 1}\t{length}"
            yield f"{name}\t{flag}\t{place}\t{bases}\t{profile}\t{tags}\n"


def _with_errors(rng: np.random.Generator, bases: str) -> str:
    count = rng.poisson(ERROR_RATE * READ_BP)
    for at in rng.integers(0, READ_BP, count):
        bases = bases[:at] + "ACGT"[rng.integers(4)] + bases[at + 1 :]
    return bases


def best_seconds(run: Callable[[], object]) -> float:
    """Return the shortest of a few runs."""
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times)


def scan(bam: Path, reference: bytes, *, native: bool) -> int:
    """Scan the panel and return the number of reads."""
    with AlignmentScanner(str(bam), reference=None, native=native) as scanner:
        batch = scanner.scan(
            CONTIG, 0, CONTIG_BP, reference_bases=reference, reference_start=0, min_mapq=20, min_baseq=20
        )
    return len(batch.reads)


def main(reads: int) -> None:
    """Print one line a tool."""
    with tempfile.TemporaryDirectory() as folder:
        bam, reference = make_bam(Path(folder), reads)
        count = scan(bam, reference, native=True)
        region = f"{CONTIG}:1-{CONTIG_BP}"
        pileup = ["samtools", "mpileup", "-d", "0", "-r", region, "-f", f"{folder}/reference.fa", "-o", "/dev/null"]
        seconds = {
            "csfgeno scan": best_seconds(lambda: scan(bam, reference, native=True)),
            "pysam view -c": best_seconds(lambda: pysam.view("-c", str(bam), region)),
            "samtools view -c": best_seconds(
                lambda: subprocess.run(["samtools", "view", "-c", bam, region], check=True, capture_output=True)
            ),
            "samtools mpileup -d 0": best_seconds(
                lambda: subprocess.run([*pileup, str(bam)], check=True, capture_output=True)
            ),
        }
        print(f"{count} reads of {READ_BP} bp, best of {REPEATS}")
        for tool, taken in seconds.items():
            ratio = taken / seconds["csfgeno scan"]
            print(f"{tool:<22} {taken:8.3f} s  {count / taken:12,.0f} reads/s  {ratio:7.2f} x the scanner's time")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 600_000)
