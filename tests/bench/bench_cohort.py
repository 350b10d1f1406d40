"""Time and memory of the cohort store against the number of cases; documents are those of the sample case.

Every document is the report of the sample case, four specimens, under a case and a patient of its own.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path


def csfgeno(*arguments: str | Path) -> tuple[float, float]:
    """Return processor seconds and peak memory, MB, of a command."""
    command = [sys.executable, "-m", "csfgeno", *map(str, arguments)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(command)} ended with {status}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1000


def write_cases(folder: Path, number: int) -> Iterator[Path]:
    """Write the sample case's report under `number` cases and patients."""
    csfgeno("demo", "--out-dir", folder / "demo")
    [page] = (folder / "demo").glob("*.html")
    text = page.with_suffix(".json").read_text()
    case = json.loads(text)["case"]
    for i in range(number):
        own = text
        for value in (case["case_id"], case["patient_code"]):
            own = own.replace(json.dumps(value), json.dumps(f"{value}-{i}"))
        made = folder / f"C{i}.json"
        made.write_text(own)
        yield made


def main() -> None:
    """Print a row for each command on a store of all cases."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=500)
    number = parser.parse_args().cases
    with tempfile.TemporaryDirectory() as scratch:
        folder, store = Path(scratch), Path(scratch, "lab.sqlite")
        files = list(write_cases(folder, number))
        listed = folder / "cases.txt"
        listed.write_text("".join(f"{path.name}\n" for path in files))
        print(f"{number:,} cases of {files[0].stat().st_size / 1e3:,.0f} kB each")
        print("| command | processor s | peak MB |\n|---|---|---|")
        commands: tuple[tuple[str | Path, ...], ...] = (
            ("add", "--list", listed),
            ("add", "--list", listed),
            ("variants",),
            ("artefacts",),
            ("runs",),
            ("recurrence", "--out", folder / "recurrence.tsv"),
        )
        for name, *options in commands:
            seconds, peak = csfgeno("cohort", str(name), store, *options)
            print(f"| {name} | {seconds:.1f} | {peak:.0f} |", flush=True)
        print(f"the store has {store.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
