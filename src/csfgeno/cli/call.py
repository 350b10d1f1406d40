"""`csfgeno call`: from alignments to a report."""

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click

from csfgeno.assay import RunOptions, choose_model, choose_thresholds, load_assay
from csfgeno.cli.options import previous_option
from csfgeno.errors import QualityGateError, UsageError
from csfgeno.inputs.case import UNNAMED_PATIENT, LoadedCase, case_from_options, load_case, option_entry
from csfgeno.inputs.check import check_case
from csfgeno.inputs.entry import DEFAULT_PANEL
from csfgeno.io.reference import ReferenceFasta
from csfgeno.molecules.grouping.umi_reads import UmiSource
from csfgeno.pipeline import run_case
from csfgeno.records import CaseReport
from csfgeno.report.document import read_earlier
from csfgeno.report.write import check_place, write_outputs
from csfgeno.thresholds import parse_assignments
from csfgeno.vocab import Build, EvidenceMode, QcVerdict, SpecimenKind

log = logging.getLogger(__name__)

FILE: Final = click.Path(path_type=Path)
_MODES: Final = [mode.value for mode in EvidenceMode if mode is not EvidenceMode.VCF]


def specimen_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the file, input and volume option of every compartment."""
    for kind in reversed(SpecimenKind):
        click.option(f"--{kind}-volume-ml", type=float, help=f"Volume of the {kind} sample in mL.")(command)
        click.option(f"--{kind}-input-ng", type=float, help=f"DNA of the {kind} library in ng.")(command)
        click.option(f"--{kind}-sample", help=f"Sample name of the {kind}; default: its read groups'.")(command)
        click.option(
            f"--{kind}-tags", metavar="MAP", help=f"Where a VCF of the {kind} keeps its counts: alt=FORMAT/AO,ref=..."
        )(command)
        click.option(f"--{kind}", type=FILE, help=f"Alignments of the {kind}, indexed BAM or CRAM, or a VCF.")(command)
    return command


@click.command()
@click.argument("case_file", metavar="[CASE.yaml]", type=FILE, required=False)
@click.option("--case", "case_option", metavar="CASE.yaml", type=FILE, help="The same as the argument.")
@specimen_options
@click.option("--reference", type=FILE, help="Genome FASTA the reads were aligned to, with .fai.")
@click.option("--build", type=click.Choice([b.value for b in Build]), help="Default: told from chromosome lengths.")
@click.option("--panel", default=None, help=f"Shipped panel or BED of the assay.  [default: {DEFAULT_PANEL}]")
@click.option("--case-id", help="Name of the case; default: the first sample name.")
@click.option("--patient", "patient_code", help=f"Code of the patient.  [default: {UNNAMED_PATIENT}]")
@click.option("--out-dir", type=FILE, required=True, help="Folder of the results; made if missing.")
@click.option("--threads", type=click.IntRange(1), default=1, show_default=True, help="Changes speed, never results.")
@click.option("--evidence-mode", type=click.Choice(_MODES), help="How reads become molecules; default: detected.")
@click.option("--umi-from-name", metavar="SIGN", help="The UMI ends the read name, after the last SIGN (such as _).")
@click.option("--allow-missing-umi", is_flag=True, help="Leave out reads without a UMI, and count them.")
@click.option("--error-model", type=FILE, help="Error model of the assay, written by `csfgeno model fit`.")
@click.option("--assay", help="Assay that the error model must be of.")
@click.option("--knowledge", type=FILE, help="Folder of knowledge rows laid over the shipped ones.")
@previous_option
@click.option("--recurrence", type=FILE, help="How often the laboratory's patients show alleles; `csfgeno cohort`.")
@click.option("--set", "assignments", multiple=True, metavar="NAME=VALUE", help="Set a threshold; may be repeated.")
@click.option("--strict", is_flag=True, help="Exit with 4 if the quality verdict is FAIL; results are still written.")
@click.option(
    "--override-identity", metavar="REASON", help="Report in spite of an identity mismatch; REASON is printed."
)
@click.option("--dry-run", is_flag=True, help="Check the inputs, print the thresholds, write nothing.")
def call(
    case_file: Path | None,
    case_option: Path | None,
    out_dir: Path,
    threads: int,
    evidence_mode: str | None,
    umi_from_name: str | None,
    allow_missing_umi: bool,
    error_model: Path | None,
    assay: str | None,
    knowledge: Path | None,
    previous: tuple[Path, ...],
    recurrence: Path | None,
    assignments: tuple[str, ...],
    strict: bool,
    override_identity: str | None,
    dry_run: bool,
    **given: Any,
) -> None:
    """Genotype a case and write VCF, JSON, TSV and HTML.

    The case is a CASE.yaml, the options below it, or both: an option lies over what the file says. Every file of the
    results appears complete or not at all.
    """
    loaded = _case(_case_file(case_file, case_option), given)
    mode = EvidenceMode(evidence_mode) if evidence_mode else None
    umis = UmiSource(umi_from_name, allow_missing_umi)
    settings = parse_assignments(assignments)
    options = RunOptions(
        threads, mode, settings, umis, error_model, assay, knowledge, override_identity, recurrence,
        tuple(read_earlier(path) for path in previous),
    )  # fmt: skip
    if dry_run:
        _check_only(loaded, options)
        return
    check_place(out_dir, stem=loaded.case.case_id)
    started = time.perf_counter()
    report = run_case(loaded, options)
    for path in write_outputs(report, out_dir, stem=loaded.case.case_id):
        click.echo(path)
    log.info("done in %.1f s, verdict %s", time.perf_counter() - started, report.verdict)
    _check_identity(report)
    if strict:
        _gate(report)


def _case(case_file: Path | None, given: dict[str, Any]) -> LoadedCase:
    chosen = {name: value for name, value in given.items() if value is not None}
    per_case = ("reference", "build", "panel", "case_id", "patient_code")
    whole: dict[str, Any] = {key: chosen[key] for key in per_case if key in chosen}
    paths = {kind: chosen[kind] for kind in SpecimenKind if kind in chosen}
    facts = {
        key: {kind: chosen[f"{kind}_{key}"] for kind in SpecimenKind if f"{kind}_{key}" in chosen}
        for key in ("sample", "input_ng", "volume_ml", "tags")
    }
    if case_file is not None:
        return load_case(case_file, option_entry(whole, paths, facts))
    if "reference" not in whole:
        raise UsageError("neither a CASE.yaml nor --reference was given; one of them is needed")
    plain: dict[str, Any] = {**whole, **{str(kind): path for kind, path in paths.items()}}
    return case_from_options(
        **plain,
        samples=facts["sample"],
        input_ng=facts["input_ng"],
        volume_ml=facts["volume_ml"],
        tags=facts["tags"],
    )


def _case_file(argument: Path | None, option: Path | None) -> Path | None:
    if argument is not None and option is not None:
        raise UsageError(f"two case files, {argument.name} and {option.name}; give one")
    return argument or option


def _check_only(loaded: LoadedCase, options: RunOptions) -> None:
    thresholds, settings = choose_thresholds(loaded, options)
    with ReferenceFasta(loaded.reference) as fasta:
        assay = load_assay(loaded.panel, loaded.build, fasta)
        files = check_case(loaded, fasta, assay.panel)
        choose_model(assay, thresholds, options)
    click.echo(
        f"build {assay.build}, panel {assay.panel.name} {assay.panel.version}, {len(assay.panel.targets)} targets"
    )
    for kind, info in files.items():
        click.echo(f"{kind}: {info.name}, sample {info.sample or 'not named'}")
        for warning in info.warnings:
            click.echo(f"  {warning}")
    for setting in settings:
        click.echo(f"{setting.name} = {setting.value} {setting.unit} ({setting.origin})")


def _check_identity(report: CaseReport) -> None:
    if report.identity.is_blocked:
        pairs = ", ".join(f"{match.first} and {match.second}" for match in report.identity.mismatches)
        raise QualityGateError(
            f"specimens are not of one person ({pairs}): findings are withheld; check the tubes, or give "
            "--override-identity with the reason for reporting all the same"
        )


def _gate(report: CaseReport) -> None:
    if report.verdict is QcVerdict.FAIL:
        reasons = [n.text for qc in report.qc for n in qc.notes if n.verdict is QcVerdict.FAIL]
        raise QualityGateError(f"quality verdict FAIL: {' '.join(reasons)}")
