"""Speed and memory of the whole evidence stage, reads to counted molecules, beside tools that only read.

Run with `python -m tests.bench.bench_molecules [READS]`. Every tool reads the same region in one thread, one after the
other in one run, so that the ratios hold whatever else the machine does. Memory is the peak of a fresh process.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from csfgeno.genome.normalise import normalise
from csfgeno.molecules.reader import Source, probe, read_molecules
from csfgeno.molecules.tiles import make_tiles
from csfgeno.records import Interval
from csfgeno.thresholds import Thresholds

from .bench_scan import CONTIG, PANEL_BP, PANEL_START, READ_BP, make_bam

DEPTHS = (1_000, 5_000, 20_000, 50_000)
MEMORY_PANEL_BP = 3_000
THREADS = (1, 2, 4)


def collapse(folder: Path, panel_bp: int, threads: int = 1) -> tuple[int, int]:
    """Return the molecules and reads of the panel."""
    source = Source(folder / "panel.bam", folder / "reference.fa", Thresholds(), normalise)
    targets = [Interval(CONTIG, PANEL_START, PANEL_START + panel_bp)]
    mode = probe(source, targets, None)
    tiles = make_tiles(targets, mode.reads_per_bp)
    molecules = reads = 0
    for tile in read_molecules(source, tiles, mode, threads):
        molecules += int(tile.molecules.is_first_seen.sum())
        reads += tile.reads_used
    return molecules, reads


def seconds(run: Callable[[], object]) -> float:
    """Return the wall time of one run."""
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def tool(*command: object) -> Callable[[], object]:
    """Return a call of an outside tool whose output is thrown away."""
    return lambda: subprocess.run([str(part) for part in command], check=True, capture_output=True)


def compare_speed(folder: Path, reads: int) -> None:
    """Print the evidence stage beside its peers."""
    region = f"{CONTIG}:{PANEL_START + 1}-{PANEL_START + PANEL_BP}"
    bam, fasta = folder / "panel.bam", folder / "reference.fa"
    view = min(seconds(tool("samtools", "view", "-c", bam, region)) for _ in range(3))
    rows = []
    for threads in THREADS:
        wall = min(seconds(partial(collapse, folder, PANEL_BP, threads)) for _ in range(2))
        rows.append((f"csfgeno, {threads} threads", wall))
    rows.append(("samtools view -c", view))
    rows.append(
        ("samtools mpileup -d 0", seconds(tool("samtools", "mpileup", "-d", "0", "-f", fasta, "-r", region, bam)))
    )
    print(f"{reads:,} reads, {reads * READ_BP // PANEL_BP:,}x raw over {PANEL_BP:,} bp")
    for name, wall in rows:
        print(f"{name:<24}{wall:>9.2f} s{reads / wall:>14,.0f} reads/s{wall / view:>9.1f} x samtools view -c")


def compare_memory() -> None:
    """Print the peak memory of fresh processes at rising depth."""
    print(f"\npeak memory over {MEMORY_PANEL_BP:,} bp")
    for depth in DEPTHS:
        with tempfile.TemporaryDirectory() as name:
            reads = 2 * (depth * MEMORY_PANEL_BP // READ_BP // 2)
            make_bam(Path(name), reads, panel_bp=MEMORY_PANEL_BP)
            script = [sys.executable, "-m", "tests.bench.bench_molecules", "--memory", name]
            peak = subprocess.run(script, check=True, capture_output=True, text=True).stdout.strip()
            print(f"{depth:>8,}x{reads:>12,} reads{peak:>8} MB")


def peak_memory_mb() -> int:
    """Return the peak of this process alone; that of `getrusage` counts what it was forked from."""
    status = Path("/proc/self/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) // 1024


def main() -> None:
    """Run both comparisons, or, in a child process, only measure memory."""
    if sys.argv[1:2] == ["--memory"]:
        collapse(Path(sys.argv[2]), MEMORY_PANEL_BP)
        print(peak_memory_mb())
        return
    reads = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000_000
    with tempfile.TemporaryDirectory() as name:
        make_bam(Path(name), reads)
        compare_speed(Path(name), reads)
    compare_memory()


if __name__ == "__main__":
    main()
