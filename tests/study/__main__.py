"""Measure the caller on drawn specimens and write the tables: `python -m tests.study [--quick] [--out FILE]`."""

import argparse
from dataclasses import replace
from pathlib import Path

from .study import FULL, QUICK, run
from .tables import write_tables


def main() -> None:
    """Run the study and write its tables."""
    parser = argparse.ArgumentParser(prog="python -m tests.study", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a few specimens, to see that everything runs")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("RESULTS.md"))
    parser.add_argument("--laboratories", type=int, default=FULL.worlds, help="fewer take less time and say less")
    options = parser.parse_args()
    plan = QUICK if options.quick else replace(FULL, worlds=options.laboratories)
    options.out.write_text(write_tables(run(plan)), encoding="utf-8")


if __name__ == "__main__":
    main()
