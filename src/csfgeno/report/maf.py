"""MAF (mutation annotation format): one line a finding and specimen that shows it, for cohort tools.

Columns and coordinates follow the format of the Genomic Data Commons: 1-based, without anchor bases, `-` for nothing.
"""

from collections.abc import Iterator
from typing import Final

from csfgeno.records import Allele, CaseReport, Finding, SpecimenCall
from csfgeno.vocab import CallState, Consequence, SpecimenKind
from csfgeno.vocab.comparison import Origin

COLUMNS: Final = (
    "Hugo_Symbol",
    "Entrez_Gene_Id",
    "Center",
    "NCBI_Build",
    "Chromosome",
    "Start_Position",
    "End_Position",
    "Strand",
    "Variant_Classification",
    "Variant_Type",
    "Reference_Allele",
    "Tumor_Seq_Allele1",
    "Tumor_Seq_Allele2",
    "Tumor_Sample_Barcode",
    "Matched_Norm_Sample_Barcode",
    "Mutation_Status",
    "HGVSc",
    "HGVSp",
    "HGVSp_Short",
    "Transcript_ID",
    "Exon_Number",
    "t_depth",
    "t_ref_count",
    "t_alt_count",
    "n_depth",
    "n_ref_count",
    "n_alt_count",
    "csfgeno_specimen",
    "csfgeno_vaf",
    "csfgeno_lod95",
)

CLASSES: Final = {
    Consequence.MISSENSE: "Missense_Mutation",
    Consequence.SYNONYMOUS: "Silent",
    Consequence.STOP_GAINED: "Nonsense_Mutation",
    Consequence.STOP_LOST: "Nonstop_Mutation",
    Consequence.START_LOST: "Translation_Start_Site",
    Consequence.INFRAME_DELETION: "In_Frame_Del",
    Consequence.INFRAME_INSERTION: "In_Frame_Ins",
    Consequence.SPLICE_DONOR: "Splice_Site",
    Consequence.SPLICE_ACCEPTOR: "Splice_Site",
    Consequence.SPLICE_REGION: "Splice_Region",
    Consequence.INTRON: "Intron",
    Consequence.UTR_5: "5'UTR",
    Consequence.UTR_3: "3'UTR",
}
"""Classification of each consequence that does not depend on the lengths of the alleles."""

STATUS: Final = {Origin.TUMOUR: "Somatic", Origin.GERMLINE: "Germline"}


def to_maf(report: CaseReport) -> bytes:
    """Return the MAF text of the detected findings; a blocked case gives the header alone, and says so."""
    lines = ["#version 2.4", f"#csfgeno {report.provenance.version}"]
    if report.identity.is_blocked:
        lines.append("#findings are withheld: the specimens are not of one person")
    lines.append("\t".join(COLUMNS))
    lines += ["\t".join(_cell(values.get(name)) for name in COLUMNS) for values in _rows(report)]
    return ("\n".join(lines) + "\n").encode()


def _cell(value: str | int | float | None) -> str:
    return "" if value is None else " ".join(str(value).split())


def _rows(report: CaseReport) -> Iterator[dict[str, str | int | float | None]]:
    for finding in report.findings:
        for call in finding.calls:
            if call.state is CallState.DETECTED and call.specimen is not SpecimenKind.NORMAL:
                yield _site(finding, report) | _names(finding) | _counts(finding, call, report)


def _site(finding: Finding, report: CaseReport) -> dict[str, str | int | float | None]:
    start, end, ref, alt = maf_allele(finding.allele)
    return {
        "Hugo_Symbol": finding.change.gene if finding.change else "Unknown",
        "Entrez_Gene_Id": 0,
        "NCBI_Build": report.provenance.build,
        "Chromosome": finding.allele.contig,
        "Start_Position": start,
        "End_Position": end,
        "Strand": "+",
        "Variant_Classification": _classify(finding, ref, alt),
        "Variant_Type": _type(ref, alt),
        "Reference_Allele": ref,
        "Tumor_Seq_Allele1": ref,
        "Tumor_Seq_Allele2": alt,
        "Mutation_Status": STATUS.get(finding.origin.origin, "Unknown"),
    }


def _names(finding: Finding) -> dict[str, str | int | float | None]:
    change = finding.change
    if change is None:
        return {}
    return {
        "HGVSc": change.hgvs_c,
        "HGVSp": change.hgvs_p,
        "HGVSp_Short": change.hgvs_p_short,
        "Transcript_ID": change.transcript,
        "Exon_Number": change.exon,
    }


def _counts(finding: Finding, call: SpecimenCall, report: CaseReport) -> dict[str, str | int | float | None]:
    tube, normal = report.case.specimen(call.specimen), report.case.specimen(SpecimenKind.NORMAL)
    control = finding.call(SpecimenKind.NORMAL)
    values: dict[str, str | int | float | None] = {
        "Tumor_Sample_Barcode": tube.sample if tube else call.specimen,
        "Matched_Norm_Sample_Barcode": normal.sample if normal else None,
        "t_depth": call.counts.depth,
        "t_ref_count": call.counts.ref,
        "t_alt_count": call.counts.alt,
        "csfgeno_specimen": call.specimen,
        "csfgeno_vaf": call.vaf,
        "csfgeno_lod95": call.lod95,
    }
    if control:
        values |= {
            "n_depth": control.counts.depth,
            "n_ref_count": control.counts.ref,
            "n_alt_count": control.counts.alt,
        }
    return values


def maf_allele(allele: Allele) -> tuple[int, int, str, str]:
    """Return start, end, reference and alternate as MAF writes them: 1-based, no shared first bases."""
    ref, alt, start = allele.ref, allele.alt, allele.start
    while ref and alt and ref[0] == alt[0]:
        ref, alt, start = ref[1:], alt[1:], start + 1
    if not ref:
        return start, start + 1, "-", alt
    return start + 1, start + len(ref), ref, alt or "-"


def _type(ref: str, alt: str) -> str:
    if ref == "-" or (alt != "-" and len(alt) > len(ref)):
        return "INS"
    if alt == "-" or len(alt) < len(ref):
        return "DEL"
    return {1: "SNP", 2: "DNP", 3: "TNP"}.get(len(ref), "ONP")


def _classify(finding: Finding, ref: str, alt: str) -> str:
    if finding.change is None:
        return "Targeted_Region"
    consequence = finding.change.consequence
    side = "Ins" if _type(ref, alt) == "INS" else "Del"
    if consequence is Consequence.FRAMESHIFT:
        return f"Frame_Shift_{side}"
    if consequence is Consequence.INFRAME_DELINS:
        return f"In_Frame_{side}"
    return CLASSES.get(consequence, "Targeted_Region")
