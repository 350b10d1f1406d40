"""All outputs of a case, from its one record."""

from pathlib import Path

from csfgeno.errors import UsageError
from csfgeno.io import outputs
from csfgeno.records import CaseReport
from csfgeno.report.document import to_json
from csfgeno.report.fhir import to_fhir
from csfgeno.report.maf import to_maf
from csfgeno.report.multiqc import to_family_curve, to_length_curve, to_multiqc
from csfgeno.report.page import render_html
from csfgeno.report.tables import (
    copies_tsv,
    findings_tsv,
    fusions_tsv,
    hotspots_tsv,
    losses_tsv,
    rearrangements_tsv,
    serial_copies_tsv,
    serial_fusions_tsv,
    serial_losses_tsv,
    serial_tsv,
)
from csfgeno.report.vcf import to_vcf


def write_outputs(report: CaseReport, directory: Path, *, stem: str) -> tuple[Path, ...]:
    """Write VCF (with index), JSON, the TSV files, HTML, MAF, FHIR and the MultiQC files, and return their paths.

    The files appear together: if anything fails, none of them does, and earlier files of that name stay.

    Raises
    ------
    UsageError
        If `stem` is no plain file name or the directory cannot be written to.
    """
    checked_stem(stem)
    files = {
        f"{stem}.json": to_json(report),
        f"{stem}.tsv": findings_tsv(report),
        f"{stem}.hotspots.tsv": hotspots_tsv(report),
        f"{stem}.fusions.tsv": fusions_tsv(report),
        f"{stem}.rearrangements.tsv": rearrangements_tsv(report),
        f"{stem}.copies.tsv": copies_tsv(report),
        f"{stem}.losses.tsv": losses_tsv(report),
        f"{stem}.html": render_html(report),
        f"{stem}.maf": to_maf(report),
        f"{stem}.fhir.json": to_fhir(report),
        f"{stem}.csfgeno_mqc.json": to_multiqc(report),
        f"{stem}.csfgeno_families_mqc.json": to_family_curve(report),
        f"{stem}.csfgeno_lengths_mqc.json": to_length_curve(report),
    }
    if report.serial is not None:
        files[f"{stem}.serial.tsv"] = serial_tsv(report)
        files[f"{stem}.serial_fusions.tsv"] = serial_fusions_tsv(report)
        files[f"{stem}.serial_copies.tsv"] = serial_copies_tsv(report)
        files[f"{stem}.serial_losses.tsv"] = serial_losses_tsv(report)
    vcf = to_vcf(report)
    with outputs.published_together(directory) as staging:
        outputs.write_vcf(staging / f"{stem}.vcf.gz", vcf)
        for name, content in files.items():
            outputs.write_bytes(staging / name, content)
    return tuple(directory / name for name in (f"{stem}.vcf.gz", f"{stem}.vcf.gz.tbi", *files))


def check_place(directory: Path, *, stem: str) -> None:
    """Check before the work what `write_outputs` would refuse after it.

    Raises
    ------
    UsageError
        As `write_outputs`.
    """
    checked_stem(stem)
    outputs.check_writable(directory)


def checked_stem(stem: str) -> str:
    """Return a name that may begin the names of result files.

    Raises
    ------
    UsageError
        If it is empty, has a slash or a leading dot, or cannot be printed.
    """
    if not stem or stem.startswith(".") or not stem.isprintable() or Path(stem).name != stem:
        raise UsageError(
            f"{stem!r} cannot begin the names of result files; expected a name without '/' or a leading dot"
        )
    return stem
