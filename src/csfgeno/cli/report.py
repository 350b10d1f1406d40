"""`csfgeno report`: the files of a JSON report, rendered again without reads."""

from pathlib import Path

import click

from csfgeno.cli.options import previous_option
from csfgeno.io import outputs
from csfgeno.monitoring.follow import follow
from csfgeno.report.document import read_earlier, read_report
from csfgeno.report.formats import FORMATS
from csfgeno.report.write import checked_stem, write_outputs


@click.command()
@click.argument("report_file", metavar="REPORT.json", type=click.Path(path_type=Path))
@click.option("--out-dir", type=click.Path(path_type=Path), required=True, help="Folder of the results.")
@click.option(
    "--format",
    "formats",
    type=click.Choice(sorted(FORMATS)),
    multiple=True,
    help="One file of this format; may be given again. Without it, all files of a call.",
)
@previous_option
def report(report_file: Path, out_dir: Path, formats: tuple[str, ...], previous: tuple[Path, ...]) -> None:
    """Render a report that `csfgeno call` wrote: HTML, JSON, VCF, TSV, MAF, FHIR, MultiQC or PDF.

    With --previous, the cases of the patient before it stand beside it. An allele that only an earlier case lists has
    counts here if it is a hotspot, a fusion has none; `csfgeno call --previous` counts all of them again.
    """
    record = follow(read_report(report_file), [read_earlier(path) for path in previous])
    if not formats:
        for path in write_outputs(record, out_dir, stem=record.case.case_id):
            click.echo(path)
        return
    stem = checked_stem(record.case.case_id)
    files = {f"{stem}{FORMATS[name][0]}": FORMATS[name][1](record) for name in dict.fromkeys(formats)}
    with outputs.published_together(out_dir) as staging:
        for name, content in files.items():
            outputs.write_bytes(staging / name, content)
    for name in files:
        click.echo(out_dir / name)
