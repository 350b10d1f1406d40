"""Share of the structural stage in a case: `python -m tests.bench.bench_structural [DEPTH [TARGETS]]`.

A panel of 5 stretches of break introns, 20,000 read pairs deep by default, with one fusion of 20 molecules and 0.1%
chimeric molecules, through `bwa mem`. Counted is processor time. The structural stage is the reading beyond the
targets, and fusions, copy number, loss of heterozygosity and exon skipping; the hints that the scanner keeps are part
of the one pass over the reads, not of it.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

import numpy as np

from csfgeno import pipeline
from csfgeno.assay import RunOptions
from csfgeno.genome.contigs import rename_contig
from csfgeno.inputs.case import case_from_options
from csfgeno.io.headers import PRIMARY_LENGTHS
from csfgeno.records import CaseReport, Interval
from csfgeno.simulation.rearranged import PlantedFusion, PlantedTarget, Rearranged, SparseGenome, draw_pairs
from csfgeno.simulation.recipe import Recipe
from csfgeno.vocab import Build, ContigStyle
from tests.structural.aligned import align, write_genome
from tests.study.fusion_bench import CHIMERAS, Bench, make_bench, read_genome

STAGE: Final = ("partner_places", "read_beyond", "find_structure")
HALF_BP: Final = 100
MOLECULES: Final = 20
RECIPE: Final = replace(Recipe(), family_mean=6.0, singleton_share=0.2, duplex_yield=0.3)
READS_A_MOLECULE: Final = 6.5
"""Read pairs behind a molecule under `RECIPE`."""


def lengthened(bench: Bench) -> Bench:
    """Return the bench on contigs of true length, which tell the build."""
    known = PRIMARY_LENGTHS[Build.GRCH38]
    lengths = {name: known[rename_contig(name, ContigStyle.PLAIN)] for name in bench.lengths}
    fasta = write_genome(read_genome(bench), lengths, bench.folder / "whole.fa.gz")
    return replace(bench, lengths=lengths, fasta=fasta)


def draw_bam(bench: Bench, genome: SparseGenome, targets: list[Interval], depth: float) -> Path:
    """Return the aligned reads of the panel, `depth` read pairs a base."""
    planted = [PlantedFusion(*bench.places[0], MOLECULES)]
    wild = [PlantedTarget(target, depth / READS_A_MOLECULE) for target in targets]
    library = Rearranged(wild, planted, CHIMERAS, recipe=RECIPE)
    pairs = draw_pairs(library, genome, np.random.default_rng(5))
    return align(pairs, bench.stretches, bench.lengths, bench.folder / "deep.bam")


@contextmanager
def timed(spent: dict[str, float]) -> Iterator[None]:
    """Count the processor seconds of each part of the structural stage in `spent`."""

    def counted(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            start = time.process_time()
            result = function(*arguments)
            spent[name] = spent.get(name, 0.0) + time.process_time() - start
            return result

        return call

    with ExitStack() as stack:
        for name in STAGE:
            stack.enter_context(patch.object(pipeline, name, counted(name, getattr(pipeline, name))))
        yield


def run(bench: Bench, bam: Path, targets: list[Interval]) -> tuple[CaseReport, float, dict[str, float]]:
    """Return the report of the case, its processor seconds, and those of each part of the structural stage."""
    panel = bench.folder / "panel.bed"
    panel.write_text("".join(f"{t.contig}\t{t.start}\t{t.end}\tGENE{n}\n" for n, t in enumerate(targets)))
    loaded = case_from_options(reference=bench.fasta, csf=bam, panel=str(panel), case_id="deep")
    spent: dict[str, float] = {}
    start = time.process_time()
    with timed(spent):
        report = pipeline.run_case(loaded, RunOptions())
    return report, time.process_time() - start, spent


def call_seconds(bench: Bench, bam: Path) -> float:
    """Return the processor seconds of the whole command, beginning and outputs included."""
    command = [sys.executable, "-m", "csfgeno", "call", "--reference", str(bench.fasta), "--csf", str(bam)]
    command += ["--panel", str(bench.folder / "panel.bed"), "--case-id", "deep", "--out-dir", str(bench.folder / "out")]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"the call ended with {status}")
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    """Print the share."""
    depth, count = [float(text) for text in sys.argv[1:]] + [20_000.0, 5.0][len(sys.argv) - 1 :]
    with tempfile.TemporaryDirectory() as folder:
        bench = lengthened(make_bench(Path(folder)))
        sites = [three for _, three in bench.places] + [five for five, _ in bench.places[1:]]
        targets = sorted({Interval(p.contig, p.pos - HALF_BP, p.pos + HALF_BP) for p in sites[: int(count)]})
        bam = draw_bam(bench, read_genome(bench), targets, depth)
        report, total, spent = run(bench, bam, targets)
        whole = call_seconds(bench, bam)
    print(f"{depth:,.0f} read pairs deep over {sum(map(len, targets)):,} bases: {total:.2f} processor s a case")
    for name, seconds in spent.items():
        print(f"{name}: {seconds:.2f} s, {seconds / total:.1%}")
    stage = sum(spent.values())
    print(f"structural stage: {stage / total:.1%} of the case, {stage / whole:.1%} of `csfgeno call` ({whole:.2f} s)")
    for fusion in report.fusions:
        print(f"{fusion.exon_name}: {fusion.calls[0].state}, {fusion.calls[0].molecules} molecules")


if __name__ == "__main__":
    main()
