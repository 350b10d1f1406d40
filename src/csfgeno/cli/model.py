"""`csfgeno model`: the error model of an assay, fitted on a laboratory's normals."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click

from csfgeno.assay import RunOptions
from csfgeno.errormodel.collected import find_normal
from csfgeno.errormodel.collected import to_file as counts_file
from csfgeno.errormodel.document import load_model, to_file
from csfgeno.errors import UsageError
from csfgeno.inputs.entry import DEFAULT_PANEL
from csfgeno.io.model_file import write_model_file
from csfgeno.io.outputs import published_together, write_bytes
from csfgeno.io.textlist import read_paths
from csfgeno.laboratory import Laboratory, collect_normal, fit_collected, fit_laboratory
from csfgeno.molecules.grouping.umi_reads import UmiSource
from csfgeno.report.model_page import print_model, render_model
from csfgeno.thresholds import DEFAULTS, override, parse_assignments
from csfgeno.vocab import Build, EvidenceMode

FILE: Final = click.Path(path_type=Path)
_MODES: Final = [mode.value for mode in EvidenceMode if mode is not EvidenceMode.VCF]


@click.group()
def model() -> None:
    """Fit the error model of an assay on normals of the laboratory, or show it."""


_READING: Final = (
    click.option("--build", type=click.Choice([b.value for b in Build]), help="Default: told from lengths."),
    click.option("--panel", default=DEFAULT_PANEL, show_default=True, help="Shipped panel or BED of the assay."),
    click.option(
        "--threads", type=click.IntRange(1), default=1, show_default=True, help="Changes speed, never results."
    ),
    click.option("--evidence-mode", type=click.Choice(_MODES), help="How reads become molecules; default: detected."),
    click.option("--umi-from-name", metavar="SIGN", help="The UMI ends the read name, after the last SIGN."),
    click.option("--allow-missing-umi", is_flag=True, help="Leave out reads without a UMI, and count them."),
    click.option("--set", "assignments", multiple=True, metavar="NAME=VALUE", help="Set a threshold; may be repeated."),
)


def reading_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say how the reads of normals become molecules."""
    for option in reversed(_READING):
        command = option(command)
    return command


@model.command()
@click.argument("alignments", metavar="NORMAL.bam", type=FILE)
@click.option("--reference", type=FILE, required=True, help="Genome FASTA the reads were aligned to, with .fai.")
@click.option("--out", type=FILE, required=True, help="File of counts to write.")
@reading_options
def collect(alignments: Path, reference: Path, out: Path, build: str | None, panel: str, **reading: Any) -> None:
    """Count the background of one normal into a file, from which `model fit` fits the same model as from its reads.

    So that many normals can be read on many machines, and a new one be added without reading the others again.
    """
    laboratory = Laboratory("", reference, panel, Build(build) if build else None)
    write_model_file(out, counts_file(collect_normal(laboratory, alignments, _options(**reading))))
    click.echo(out)


@model.command()
@click.argument("collected", metavar="[NORMAL.counts]...", nargs=-1, type=FILE)
@click.option("--list", "collected_list", type=FILE, help="Text file with one NORMAL.counts a line, relative to it.")
@click.option("--normals", multiple=True, type=FILE, help="Alignments of a normal, BAM or CRAM; repeat for each.")
@click.option("--normals-list", type=FILE, help="Text file with one alignment file a line, relative to it.")
@click.option("--reference", type=FILE, help="Genome FASTA the reads of --normals were aligned to, with .fai.")
@click.option("--assay", required=True, help="Name of the assay; a call can ask for it.")
@click.option("--out", type=FILE, required=True, help="Model file to write.")
@reading_options
def fit(
    collected: tuple[Path, ...],
    collected_list: Path | None,
    normals: tuple[Path, ...],
    normals_list: Path | None,
    reference: Path | None,
    assay: str,
    out: Path,
    build: str | None,
    panel: str,
    **reading: Any,
) -> None:
    """Learn error rates and noisy sites of an assay from normals, and write them to one file.

    A normal is DNA without tumour, prepared and sequenced as the patients' specimens are. One is enough to start;
    from about five on, sites that err in every specimen are known. Normals are given as files of `model collect`, or
    as alignments; both give the same bytes.
    """
    options = _options(**reading)
    counts = [*collected, *(read_paths(collected_list) if collected_list else ())]
    reads = [*normals, *(read_paths(normals_list) if normals_list else ())]
    if not counts and not reads:
        raise UsageError("no normal was given; give files of `model collect`, or --normals or --normals-list")
    if counts and reads:
        raise UsageError("give normals either as files of `model collect`, or with --normals or --normals-list")
    if counts:
        thresholds = override(DEFAULTS, options.settings or {})
        fitted = fit_collected(assay, [find_normal(path) for path in counts], thresholds)
    elif reference is None:
        raise UsageError("--normals needs the --reference that the reads were aligned to")
    else:
        fitted = fit_laboratory(Laboratory(assay, reference, panel, Build(build) if build else None), reads, options)
    write_model_file(out, to_file(fitted))
    click.echo(out)


def _options(
    threads: int,
    evidence_mode: str | None,
    umi_from_name: str | None,
    allow_missing_umi: bool,
    assignments: tuple[str, ...],
) -> RunOptions:
    mode = EvidenceMode(evidence_mode) if evidence_mode else None
    return RunOptions(threads, mode, parse_assignments(assignments), UmiSource(umi_from_name, allow_missing_umi))


@model.command()
@click.argument("model_file", metavar="LAB.model", type=FILE)
@click.option("--html", type=FILE, help="Write the same as one self-contained page.")
def show(model_file: Path, html: Path | None) -> None:
    """Print the rates of a model with the counts behind them, its noisy sites and how it was chosen."""
    fitted = load_model(model_file)
    click.echo(print_model(fitted), nl=False)
    if html is not None:
        with published_together(html.parent) as staging:
            write_bytes(staging / html.name, render_model(fitted))
