"""Measure the caller on drawn specimens and write the tables: `python -m tests.study [--quick] [--out FILE]`."""

import argparse
from dataclasses import replace
from pathlib import Path

from .page import write_page
from .results import FULL, QUICK
from .study import run


def main() -> None:
    """Run the study and write its tables."""
    parser = argparse.ArgumentParser(prog="python -m tests.study", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a few specimens, to see that everything runs")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("RESULTS.md"))
    parser.add_argument("--laboratories", type=int, default=FULL.laboratories, help="fewer take less time and say less")
    parser.add_argument("--processes", type=int, default=1, help="the tables are the same for any number")
    options = parser.parse_args()
    plan = QUICK if options.quick else replace(FULL, laboratories=options.laboratories)
    options.out.write_text(write_page(plan, run(plan, options.processes)), encoding="utf-8")


if __name__ == "__main__":
    main()
