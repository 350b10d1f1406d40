"""CNVkit on the BAM files of the study; a tool of its own environment, `pip install cnvkit==0.9.14`.

For each specimen with one normal or several:

    cnvkit.py batch SPECIMEN.bam... --normal NORMAL.bam... --targets targets.bed --fasta genome.fa.gz
        --method amplicon --segment-method none --output-dir OUT

`amplicon` because reads outside the targets are not simulated. A gene's log2 ratio is the mean of its bins in
SPECIMEN.cnr by their weights, which is what `cnvkit.py genemetrics --threshold 0 --min-probes 1` prints.
"""

import csv
import shutil
import subprocess
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np

CHANGE_LOG2: Final = 0.2
"""Default threshold of `cnvkit.py genemetrics`, for gains and losses."""

GAIN_LOG2, LOSS_LOG2 = 0.7, -1.1
"""Default thresholds of `cnvkit.py call`: four copies and more, and none."""


def find(given: Path | None) -> Path | None:
    """Return the program, `None` if it is neither given nor on the path."""
    found = shutil.which("cnvkit.py")
    return given or (Path(found) if found else None)


def version(program: Path) -> str:
    return subprocess.run([program, "version"], check=True, capture_output=True, text=True).stdout.strip()


def measure(
    program: Path, specimens: Sequence[Path], normals: Sequence[Path], targets: Path, fasta: Path, out: Path
) -> dict[str, dict[str, float]]:
    """Return the log2 ratio of every gene by the stem of each specimen's file."""
    command = [program, "batch", *specimens, "--normal", *normals, "--targets", targets, "--fasta", fasta]
    command += ["--method", "amplicon", "--segment-method", "none", "--output-dir", out]
    subprocess.run([str(part) for part in command], check=True, capture_output=True)
    return {bam.stem: dict(gene_ratios(out / f"{bam.stem}.cnr")) for bam in specimens}


def gene_ratios(path: Path) -> Iterator[tuple[str, float]]:
    """Yield each gene of a `.cnr` file with the weighted mean of its bins."""
    bins: dict[str, list[tuple[float, float]]] = defaultdict(list)
    with path.open(encoding="utf-8", newline="") as table:
        row: Mapping[str, str]
        for row in csv.DictReader(table, delimiter="\t"):
            bins[row["gene"]].append((float(row["log2"]), float(row["weight"])))
    for gene, own in bins.items():
        ratios, weights = zip(*own, strict=True)
        yield gene, float(np.average(ratios, weights=weights))
