"""`csfgeno compare`: a case of which only VCFs exist, laid side by side."""

from pathlib import Path
from typing import Any, Final

import click

from csfgeno.assay import RunOptions
from csfgeno.errors import UsageError
from csfgeno.inputs.case import case_from_options
from csfgeno.inputs.entry import DEFAULT_PANEL
from csfgeno.io.vcf import is_vcf
from csfgeno.pipeline import run_case
from csfgeno.report.write import check_place, write_outputs
from csfgeno.thresholds import parse_assignments
from csfgeno.vocab import SpecimenKind

FILE: Final = click.Path(path_type=Path)


@click.command()
@click.option("--csf", type=FILE, help="VCF of the CSF.")
@click.option("--plasma", type=FILE, help="VCF of the plasma.")
@click.option("--tissue", type=FILE, help="VCF of the tissue.")
@click.option("--normal", type=FILE, help="VCF of the normal.")
@click.option("--reference", type=FILE, required=True, help="Genome FASTA of the VCFs, with .fai.")
@click.option("--panel", default=DEFAULT_PANEL, show_default=True, help="Shipped panel or BED of the assay.")
@click.option("--case-id", help="Name of the case; default: the first sample name.")
@click.option("--out-dir", type=FILE, required=True, help="Folder of the results; made if missing.")
@click.option(
    "--tags",
    metavar="MAP",
    help="Where the VCFs keep their counts, if they follow no known dialect: alt=FORMAT/AO,ref=FORMAT/RO.",
)
@click.option("--set", "assignments", multiple=True, metavar="NAME=VALUE", help="Set a threshold; may be repeated.")
def compare(out_dir: Path, tags: str | None, assignments: tuple[str, ...], **given: Any) -> None:
    """Compare the VCFs of two or more specimens, and write VCF, JSON, TSV and HTML.

    Without reads no limit of detection is known: what one VCF does not list is never a negative.
    """
    files = {kind: given[kind.value] for kind in SpecimenKind if given[kind.value] is not None}
    if len(files) < 2:
        raise UsageError("compare needs the VCFs of at least two specimens; see `csfgeno compare --help`")
    reads = [path.name for path in files.values() if not is_vcf(path)]
    if reads:
        raise UsageError(f"{reads[0]} is no .vcf or .vcf.gz; give alignments to `csfgeno call`, which takes both")
    chosen = {name: value for name, value in given.items() if value is not None}
    loaded = case_from_options(**chosen, tags=dict.fromkeys(files, tags) if tags else None)
    check_place(out_dir, stem=loaded.case.case_id)
    report = run_case(loaded, RunOptions(settings=parse_assignments(assignments)))
    for path in write_outputs(report, out_dir, stem=loaded.case.case_id):
        click.echo(path)
