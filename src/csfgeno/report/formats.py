"""Every format that a report can be rendered to, by its name on the command line."""

from collections.abc import Callable
from typing import Final

from csfgeno.records import CaseReport
from csfgeno.report.document import to_json
from csfgeno.report.fhir import to_fhir
from csfgeno.report.maf import to_maf
from csfgeno.report.multiqc import to_family_curve, to_length_curve, to_multiqc
from csfgeno.report.page import render_html
from csfgeno.report.pdf import render_pdf
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

FORMATS: Final[dict[str, tuple[str, Callable[[CaseReport], bytes]]]] = {
    "html": (".html", render_html),
    "json": (".json", to_json),
    "vcf": (".vcf", lambda report: to_vcf(report).encode()),
    "tsv": (".tsv", findings_tsv),
    "hotspots": (".hotspots.tsv", hotspots_tsv),
    "fusions": (".fusions.tsv", fusions_tsv),
    "rearrangements": (".rearrangements.tsv", rearrangements_tsv),
    "copies": (".copies.tsv", copies_tsv),
    "losses": (".losses.tsv", losses_tsv),
    "serial": (".serial.tsv", serial_tsv),
    "serial-fusions": (".serial_fusions.tsv", serial_fusions_tsv),
    "serial-copies": (".serial_copies.tsv", serial_copies_tsv),
    "serial-losses": (".serial_losses.tsv", serial_losses_tsv),
    "maf": (".maf", to_maf),
    "fhir": (".fhir.json", to_fhir),
    "multiqc": (".csfgeno_mqc.json", to_multiqc),
    "multiqc-families": (".csfgeno_families_mqc.json", to_family_curve),
    "multiqc-lengths": (".csfgeno_lengths_mqc.json", to_length_curve),
    "pdf": (".pdf", render_pdf),
}
"""Ending of the file and renderer of each format."""
