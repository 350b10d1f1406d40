"""Measure structural changes on simulated specimens: `python -m tests.study.structural [--quick] [--out FILE]`.

Fusions, copy number and loss of heterozygosity as aligned reads, loss of heterozygosity as drawn molecules too. delly
and CNVkit read the same files where they are installed. With `--rows FOLDER` what was measured is kept there, and the
page is written from all of it; with `--arm` several short runs add up to one page.
"""

import argparse
import logging
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from tests.study import cnvkit, copy_study, copy_tables, fusion_study, fusion_tables, heterozygosity_study

ARMS: Final = (fusion_study.BY_MOLECULES, fusion_study.BY_FRACTION, fusion_study.AT_LIMIT, "copies")


def measure(arms: Sequence[str], rows: Path, program: Path | None, *, is_quick: bool) -> None:
    """Measure the arms and keep their rows; the drawn arm is drawn when the page is written."""
    with tempfile.TemporaryDirectory() as folder:
        plan = fusion_study.QUICK if is_quick else fusion_study.FULL
        if fusions := [arm for arm in arms if arm != "copies"]:
            fusion_study.measure(Path(folder), rows, plan, fusions)
        if "copies" in arms:
            persons, fractions = ((0,), (0.3,)) if is_quick else (range(copy_study.PERSONS), copy_study.FRACTIONS)
            copy_study.measure(Path(folder), rows, persons, fractions, program)


def page(rows: Path, *, is_quick: bool) -> Iterator[str]:
    """Yield the lines of the page."""
    yield from ("# Structural changes: what was measured", "")
    yield from fusion_tables.tables(rows)
    yield from copy_tables.tables(rows)
    yield from heterozygosity_study.tables(heterozygosity_study.QUICK if is_quick else heterozygosity_study.FULL)


def main() -> None:
    """Run the study and write its tables."""
    parser = argparse.ArgumentParser(prog="python -m tests.study.structural", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a specimen or two of each arm, to see that all runs")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("STRUCTURAL.md"))
    parser.add_argument("--rows", type=Path, help="folder in which rows are kept and from which the page is written")
    parser.add_argument("--arm", action="append", choices=(*ARMS, "none"), help="measure this alone; may be repeated")
    parser.add_argument("--cnvkit", type=Path, help="cnvkit.py of its own environment")
    options = parser.parse_args()
    logging.disable(logging.INFO)
    with tempfile.TemporaryDirectory() as folder:
        rows = options.rows or Path(folder)
        rows.mkdir(parents=True, exist_ok=True)
        measure(options.arm or ARMS, rows, cnvkit.find(options.cnvkit), is_quick=options.quick)
        options.out.write_text("\n".join(page(rows, is_quick=options.quick)), encoding="utf-8")


if __name__ == "__main__":
    main()
