"""`csfgeno study`: limits, accuracy and precision from a laboratory's own runs on known material."""

from pathlib import Path
from typing import Final

import click

from csfgeno.io.outputs import published_together, write_bytes
from csfgeno.thresholds import STUDY_DEFAULTS, override, parse_assignments
from csfgeno.validation.kit import validate
from csfgeno.validation.measurements import measure
from csfgeno.validation.page import render_validation
from csfgeno.validation.plan import read_plan
from csfgeno.validation.tables import render_tables

FILE: Final = click.Path(path_type=Path)


@click.command()
@click.option(
    "--samples", type=FILE, required=True, help="Table of case JSONs: report, material, specimen, run, day, operator."
)
@click.option(
    "--materials", type=FILE, required=True, help="Table of materials: material, variant, vaf_percent, class."
)
@click.option("--out-dir", type=FILE, required=True, help="Folder of the results; made if missing.")
@click.option("--set", "assignments", multiple=True, metavar="NAME=VALUE", help="Set a threshold; may be repeated.")
def study(samples: Path, materials: Path, out_dir: Path, assignments: tuple[str, ...]) -> None:
    """Measure LoB, LoD, LoQ, accuracy and precision of an assay from case JSONs of known material.

    A material lists its variants with their fractions; one whose only variant is `none` is a blank. Several levels of
    a dilution series and about sixty blank results make the limits firm; fewer are marked as preliminary.
    """
    thresholds = override(STUDY_DEFAULTS, parse_assignments(assignments))
    validation = validate(measure(read_plan(samples, materials)), thresholds)
    with published_together(out_dir) as staging:
        for name, content in render_tables(validation).items():
            write_bytes(staging / name, content)
        write_bytes(staging / "validation.html", render_validation(validation, thresholds))
    click.echo(out_dir / "validation.html")
