"""`csfgeno model`: the error model of an assay, fitted on a laboratory's normals."""

from pathlib import Path
from typing import Final

import click

from csfgeno.errormodel.document import load_model, to_file
from csfgeno.errors import UsageError
from csfgeno.inputs.entry import DEFAULT_PANEL
from csfgeno.io.model_file import write_model_file
from csfgeno.io.outputs import published_together, write_bytes
from csfgeno.io.textlist import read_paths
from csfgeno.laboratory import Laboratory, fit_laboratory
from csfgeno.molecules.grouping.umi_reads import UmiSource
from csfgeno.pipeline import RunOptions
from csfgeno.report.model_page import ModelView, build_view, render_model
from csfgeno.thresholds import parse_assignments
from csfgeno.vocab import Build, EvidenceMode

FILE: Final = click.Path(path_type=Path)
_MODES: Final = [mode.value for mode in EvidenceMode if mode is not EvidenceMode.VCF]


@click.group()
def model() -> None:
    """Fit the error model of an assay on normals of the laboratory, or show it."""


@model.command()
@click.option("--normals", multiple=True, type=FILE, help="Alignments of a normal, BAM or CRAM; repeat for each.")
@click.option("--normals-list", type=FILE, help="Text file with one alignment file a line, relative to it.")
@click.option("--reference", type=FILE, required=True, help="Genome FASTA the reads were aligned to, with .fai.")
@click.option("--build", type=click.Choice([b.value for b in Build]), help="Default: told from chromosome lengths.")
@click.option("--panel", default=DEFAULT_PANEL, show_default=True, help="Shipped panel or BED of the assay.")
@click.option("--assay", required=True, help="Name of the assay; a call can ask for it.")
@click.option("--out", type=FILE, required=True, help="Model file to write.")
@click.option("--threads", type=click.IntRange(1), default=1, show_default=True, help="Changes speed, never results.")
@click.option("--evidence-mode", type=click.Choice(_MODES), help="How reads become molecules; default: detected.")
@click.option("--umi-from-name", metavar="SIGN", help="The UMI ends the read name, after the last SIGN (such as _).")
@click.option("--allow-missing-umi", is_flag=True, help="Leave out reads without a UMI, and count them.")
@click.option("--set", "assignments", multiple=True, metavar="NAME=VALUE", help="Set a threshold; may be repeated.")
def fit(
    normals: tuple[Path, ...],
    normals_list: Path | None,
    reference: Path,
    build: str | None,
    panel: str,
    assay: str,
    out: Path,
    threads: int,
    evidence_mode: str | None,
    umi_from_name: str | None,
    allow_missing_umi: bool,
    assignments: tuple[str, ...],
) -> None:
    """Learn error rates and noisy sites of an assay from normals, and write them to one file.

    A normal is DNA without tumour, prepared and sequenced as the patients' specimens are. One is enough to start;
    from about five on, sites that err in every specimen are known.
    """
    paths = [*normals, *(read_paths(normals_list) if normals_list else ())]
    if not paths:
        raise UsageError("no normal was given; give --normals or --normals-list")
    mode = EvidenceMode(evidence_mode) if evidence_mode else None
    options = RunOptions(threads, mode, parse_assignments(assignments), UmiSource(umi_from_name, allow_missing_umi))
    fitted = fit_laboratory(Laboratory(assay, reference, panel, Build(build) if build else None), paths, options)
    write_model_file(out, to_file(fitted))
    click.echo(out)


@model.command()
@click.argument("model_file", metavar="LAB.model", type=FILE)
@click.option("--html", type=FILE, help="Write the same as one self-contained page.")
def show(model_file: Path, html: Path | None) -> None:
    """Print rates by substitution, kind and family size, and the noisiest sites of a model."""
    view = build_view(load_model(model_file))
    click.echo("\n".join(_lines(view)))
    if html is not None:
        with published_together(html.parent) as staging:
            write_bytes(staging / html.name, render_model(view))


def _lines(view: ModelView) -> list[str]:
    lines = [f"{name}: {value}" for name, value in view.facts]
    for table in view.tables:
        lines += ["", table.title, *_aligned([table.columns, *table.rows])]
    return lines


def _aligned(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows]
