"""`csfgeno report`: the files of a JSON report, rendered again without reads."""

from pathlib import Path

import click

from csfgeno.report.document import read_report
from csfgeno.report.write import write_outputs


@click.command()
@click.argument("report_file", metavar="REPORT.json", type=click.Path(path_type=Path))
@click.option("--out-dir", type=click.Path(path_type=Path), required=True, help="Folder of the results.")
def report(report_file: Path, out_dir: Path) -> None:
    """Render VCF, JSON, TSV and HTML of a report that `csfgeno call` wrote."""
    record = read_report(report_file)
    for path in write_outputs(record, out_dir, stem=record.case.case_id):
        click.echo(path)
