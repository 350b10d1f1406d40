"""Time and memory of `csfgeno model fit` against the number of normals; files as `model collect` writes them.

Every file holds the counts of the sample case's normal with its errors drawn anew, so that only their number differs.
"""

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from csfgeno.assay import RunOptions
from csfgeno.errormodel.collected import CollectedNormal, to_file
from csfgeno.io.model_file import write_model_file
from csfgeno.laboratory import Laboratory, collect_normal

SAMPLE = Path(__file__).parents[2] / "sample_data"


def redraw(normal: CollectedNormal, number: int) -> CollectedNormal:
    """Return a normal whose errors are a Poisson draw around those of `normal`, and whose digest is its own."""
    rng = np.random.default_rng(number)
    molecules = rng.poisson(normal.counts.molecules).astype(np.int32)
    some = molecules > 0
    kept = {key: getattr(normal.counts, key)[some] for key in ("at", "base", "stratum")}
    digest = hashlib.sha256(str(number).encode()).hexdigest()
    identity = replace(normal.identity, alignments_sha256=digest)
    counts = replace(normal.counts, molecules=molecules[some], **kept)
    return CollectedNormal(f"N{number}", identity, counts, normal.structure)


def measure(files: list[Path], out: Path) -> tuple[float, float]:
    """Return processor seconds and peak memory, MB, of one fit."""
    listed = out.with_suffix(".list")
    listed.write_text("".join(f"{path}\n" for path in files))
    command = [sys.executable, "-m", "csfgeno", "model", "fit", "--list", str(listed)]
    command += ["--assay", "A", "--out", str(out)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"the fit ended with {status}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1000


def main() -> None:
    """Print a row for each number of normals."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--normals", type=int, nargs="*", default=[1, 50, 200, 800])
    numbers = parser.parse_args().normals
    laboratory = Laboratory("A", SAMPLE / "GRCh38.masked.fa.gz", str(SAMPLE / "panel.bed"), None)
    normal = collect_normal(laboratory, SAMPLE / "normal.bam", RunOptions(1))
    print(f"{len(normal.counts.places):,} panel bases, {normal.counts.molecules.sum():,} wrong bases a normal")
    print("| normals | processor s | s a normal | peak MB |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as scratch:
        files = [Path(scratch, f"N{i}.counts") for i in range(max(numbers))]
        for i, path in enumerate(files):
            write_model_file(path, to_file(redraw(normal, i)))
        for number in numbers:
            seconds, peak = measure(files[:number], Path(scratch, "A.model"))
            print(f"| {number} | {seconds:.1f} | {seconds / number:.2f} | {peak:.0f} |", flush=True)


if __name__ == "__main__":
    main()
