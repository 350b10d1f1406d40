"""`csfgeno demo`: the shipped sample case, run where the user stands."""

import importlib.resources
from pathlib import Path

import click

from csfgeno.assay import RunOptions
from csfgeno.inputs.case import load_case
from csfgeno.pipeline import run_case
from csfgeno.report.write import write_outputs


@click.command()
@click.option("--out-dir", type=click.Path(path_type=Path), default=Path("csfgeno-demo"), show_default=True)
@click.option("--threads", type=click.IntRange(1), default=1, show_default=True)
def demo(out_dir: Path, threads: int) -> None:
    """Run the shipped sample case and say where its report is."""
    with importlib.resources.as_file(importlib.resources.files("csfgeno.sample_data")) as folder:
        loaded = load_case(folder / "case.yaml")
        report = run_case(loaded, RunOptions(threads))
    paths = write_outputs(report, out_dir, stem=loaded.case.case_id)
    for path in paths:
        click.echo(path)
    page = next(path for path in paths if path.suffix == ".html")
    click.echo(f"Report: {page.resolve().as_uri()}")
