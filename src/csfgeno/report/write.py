"""All outputs of a case, from its one record."""

from pathlib import Path
from typing import Final

from csfgeno.errors import UsageError
from csfgeno.io import outputs
from csfgeno.records import CaseReport
from csfgeno.report.formats import FORMATS
from csfgeno.report.vcf import to_vcf

CASE_FORMATS: Final = (
    "json",
    "tsv",
    "hotspots",
    "fusions",
    "rearrangements",
    "copies",
    "losses",
    "html",
    "maf",
    "fhir",
    "multiqc",
    "multiqc-families",
    "multiqc-lengths",
)
SERIAL_FORMATS: Final = ("serial", "serial-fusions", "serial-copies", "serial-losses")
"""What every case is written to beside the VCF, and what one with earlier cases is written to as well."""


def write_outputs(report: CaseReport, directory: Path, *, stem: str) -> tuple[Path, ...]:
    """Write VCF (with index), JSON, the TSV files, HTML, MAF, FHIR and the MultiQC files, and return their paths.

    The files appear together: if anything fails, none of them does, and earlier files of that name stay.

    Raises
    ------
    UsageError
        If `stem` is no plain file name or the directory cannot be written to.
    """
    checked_stem(stem)
    names = CASE_FORMATS if report.serial is None else CASE_FORMATS + SERIAL_FORMATS
    files = {stem + ending: render(report) for ending, render in map(FORMATS.__getitem__, names)}
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
