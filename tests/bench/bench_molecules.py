"""Speed and memory of the whole evidence stage, reads to counted molecules, beside tools that only read or only group.

Run with `python -m tests.bench.bench_molecules [READS]`. Every tool reads the same region in one thread, one after the
other in one run, so that the ratios hold whatever else the machine does; CPU seconds are given beside the wall time
because other work on the machine lengthens only the latter. Memory is the peak of a fresh process.
"""

import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from csfgeno.genome.normalise import normalise
from csfgeno.molecules.collapse import MoleculeTile
from csfgeno.molecules.reader import Source, probe, read_molecules
from csfgeno.molecules.tiles import make_tiles
from csfgeno.records import Interval
from csfgeno.thresholds import Thresholds

from .bench_scan import CONTIG, PANEL_START, READ_BP, make_bam

RAW_DEPTH = 20_000
DEPTHS = (1_000, 5_000, 20_000, 50_000)
MEMORY_PANEL_BP = 3_000
THREADS = (1, 2, 4)
PEER_READS = 200_000


class Cost(NamedTuple):
    """Seconds of one run: wall, and processor time of this process and those it waited for."""

    wall: float
    cpu: float


def read_tiles(folder: Path, panel_bp: int, threads: int, *, keep: bool) -> tuple[int, int]:
    """Return the molecules and reads of the panel; `call` keeps all tiles, `keep` does the same."""
    source = Source(folder / "panel.bam", folder / "reference.fa", Thresholds(), normalise)
    targets = [Interval(CONTIG, PANEL_START, PANEL_START + panel_bp)]
    mode = probe(source, targets, None)
    kept: list[MoleculeTile] = []
    molecules = reads = 0
    for tile in read_molecules(source, make_tiles(targets, mode.reads_per_bp), mode, threads):
        molecules += int(tile.molecules.is_first_seen.sum())
        reads += tile.reads_used
        if keep:
            kept.append(tile)
    return molecules, reads


def cost(run: Callable[[], object]) -> Cost:
    """Return what one run takes."""
    wall, cpu = time.perf_counter(), _cpu_seconds()
    run()
    return Cost(time.perf_counter() - wall, _cpu_seconds() - cpu)


def _cpu_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def tool(*command: object) -> Callable[[], object]:
    """Return a call of an outside tool whose output is thrown away."""
    return lambda: subprocess.run([str(part) for part in command], check=True, capture_output=True)


def compare_speed(folder: Path, reads: int, panel_bp: int) -> None:
    """Print the evidence stage beside tools that read."""
    region = f"{CONTIG}:{PANEL_START + 1}-{PANEL_START + panel_bp}"
    bam, fasta = folder / "panel.bam", folder / "reference.fa"
    view = min(cost(tool("samtools", "view", "-c", bam, region)) for _ in range(5))
    rows = [
        (f"csfgeno, {n} threads", min(cost(partial(read_tiles, folder, panel_bp, n, keep=False)) for _ in range(3)))
        for n in THREADS
    ]
    rows.append(("samtools view -c", view))
    rows.append(("samtools mpileup -d 0", cost(tool("samtools", "mpileup", "-d", "0", "-f", fasta, "-r", region, bam))))
    print(f"{reads:,} reads, {reads * READ_BP // panel_bp:,}x raw over {panel_bp:,} bp; times that of view -c")
    print(f"{'':<24}{'wall s':>9}{'times':>8}{'CPU s':>9}{'times':>8}{'reads/s wall':>15}")
    for name, (wall, cpu) in rows:
        print(f"{name:<24}{wall:>9.2f}{wall / view.wall:>8.1f}{cpu:>9.2f}{cpu / view.cpu:>8.1f}{reads / wall:>15,.0f}")


def compare_grouping() -> None:
    """Print the evidence stage beside `umi_tools group`, which groups and does no more; it is slow, so on less."""
    peer = shutil.which("umi_tools") or shutil.which("umi_tools", path=str(Path(sys.executable).parent))
    if peer is None:
        print("\numi_tools is not installed")
        return
    panel_bp = PEER_READS * READ_BP // RAW_DEPTH
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_bam(folder, PEER_READS, panel_bp=panel_bp)
        group = (peer, "group", "-I", folder / "panel.bam", "--paired", "--extract-umi-method=tag", "--umi-tag=RX")
        theirs = cost(tool(*group, "--method=directional", "--group-out", folder / "groups.tsv"))
        own = cost(partial(read_tiles, folder, panel_bp, 1, keep=False))
    print(f"\n{PEER_READS:,} reads at {RAW_DEPTH:,}x")
    for tool_name, (wall, cpu) in (("csfgeno, 1 thread", own), ("umi_tools group", theirs)):
        print(f"{tool_name:<24}{wall:>9.2f} s{cpu:>9.2f} CPU s{PEER_READS / wall:>12,.0f} reads/s")


def compare_memory() -> None:
    """Print the peak memory of fresh processes at rising depth, with tiles let go and with all of them kept."""
    print(f"\npeak memory over {MEMORY_PANEL_BP:,} bp, MB: before reading, tiles let go, all tiles kept as `call` does")
    for depth in DEPTHS:
        with tempfile.TemporaryDirectory() as name:
            reads = 2 * (depth * MEMORY_PANEL_BP // READ_BP // 2)
            make_bam(Path(name), reads, panel_bp=MEMORY_PANEL_BP)
            let_go, kept = (_measure(name, MEMORY_PANEL_BP, how) for how in ("go", "keep"))
            print(f"{depth:>8,}x{reads:>12,} reads{let_go[0]:>6}{let_go[1]:>6}{kept[1]:>6}")


def _measure(folder: str, panel_bp: int, how: str) -> tuple[int, int]:
    script = [sys.executable, "-m", "tests.bench.bench_molecules", "--memory", folder, str(panel_bp), how]
    before, peak = subprocess.run(script, check=True, capture_output=True, text=True).stdout.split()
    return int(before), int(peak)


def peak_memory_mb() -> int:
    """Return the peak of this process alone; that of `getrusage` counts what it was forked from."""
    status = Path("/proc/self/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) // 1024


def main() -> None:
    """Run all comparisons, or, in a child process, only measure memory."""
    if sys.argv[1:2] == ["--memory"]:
        print(peak_memory_mb())
        read_tiles(Path(sys.argv[2]), int(sys.argv[3]), 1, keep=sys.argv[4] == "keep")
        print(peak_memory_mb())
        return
    reads = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000_000
    panel_bp = reads * READ_BP // RAW_DEPTH
    with tempfile.TemporaryDirectory() as name:
        make_bam(Path(name), reads, panel_bp=panel_bp)
        compare_speed(Path(name), reads, panel_bp)
        let_go, kept = (_measure(name, panel_bp, how) for how in ("go", "keep"))
        print(f"peak memory, MB: {let_go[0]} before reading, {let_go[1]} tiles let go, {kept[1]} all tiles kept")
    compare_grouping()
    compare_memory()


if __name__ == "__main__":
    main()
