"""VCF 4.2: one record a finding, one column a specimen, nothing that other tools cannot read."""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Final

from csfgeno.calling import contaminants, recurrence, supplied
from csfgeno.calling import filters as calling
from csfgeno.records import CaseReport, Finding, Setting, Specimen
from csfgeno.report import breakends, gene_records, rearrangement_records
from csfgeno.report.vcf_text import MISSING, NONE_DETECTED, escape, float_text, genotype, listed
from csfgeno.vocab import CallState, FilterName, SpecimenKind

FILTERS: Final = (
    {f.name: f.header for f in calling.FILTERS}
    | {FilterName.LAB_RECURRENT: recurrence.HEADER, FilterName.CONTAMINANT: contaminants.HEADER}
    | supplied.HEADERS
)
"""What each filter means; every `FilterName` is here."""

INFO: Final = (
    ("GENE", "1", "String", "Gene symbol"),
    ("TRANSCRIPT", "1", "String", "Transcript of HGVSC and HGVSP"),
    ("HGVSG", "1", "String", "HGVS genomic name"),
    ("HGVSC", "1", "String", "HGVS coding name on TRANSCRIPT"),
    ("HGVSP", "1", "String", "HGVS predicted protein name, three-letter"),
    ("HGVSP_SHORT", "1", "String", "HGVS protein name, one-letter"),
    ("CONSEQUENCE", "1", "String", "Sequence Ontology term"),
    ("EXON", "1", "String", "Exon and number of exons of TRANSCRIPT"),
    ("CLASS", "1", "String", "SNV, MNV, INS, DEL or DELINS"),
    (
        "TIER",
        "1",
        "String",
        "Prior under which the allele was tested: HOTSPOT, KNOWN (found in another specimen of the case) or PANEL",
    ),
    ("HOTSPOT", ".", "String", "Panel hotspots that the allele belongs to"),
    ("BIOMARKER", ".", "String", "Biomarkers of the knowledge tables that the allele is"),
    (
        "NOTE",
        ".",
        "String",
        "germline_like: VAF fits an inherited allele in the normal or, without one, everywhere; contaminant_like: may "
        "be the DNA of another person",
    ),
    (
        "VERDICT",
        "1",
        "String",
        "Compartments that show the allele: SHARED, CSF_ONLY, PLASMA_ONLY, TISSUE_ONLY, NOT_INFORMATIVE (another one "
        "could have missed it) or NOT_COMPARED",
    ),
    ("ORIGIN", "1", "String", "TUMOUR, GERMLINE, CLONAL_HAEMATOPOIESIS or UNKNOWN"),
    ("ORIGIN_CERTAINTY", "1", "String", "SHOWN by a normal specimen, PROBABLE or POSSIBLE"),
    ("ORIGIN_NOT_EXCLUDED", ".", "String", "Other origins that the counts do not exclude"),
    ("CSF_DP", "1", "Integer", "DP of the CSF specimen"),
    ("CSF_VAF", "1", "Float", "VAF of the CSF specimen"),
)

SVTYPE: Final = (
    "SVTYPE",
    "1",
    "String",
    "BND: one end of a junction; DEL, DUP: a change of a gene, told by its junction or by depth; CNV: by depth",
)

FORMAT: Final = (
    (
        "GT",
        "1",
        "String",
        "0/1 DETECTED, 0/0 NOT_DETECTED, ./. anything else; states of a specimen, not a diploid genotype",
    ),
    ("DP", "1", "Integer", "Molecules usable at the site"),
    ("AD", "R", "Integer", "Molecules that show the reference, the alternate allele"),
    ("AF", "A", "Float", "Errors included: alternate AD / DP"),
    ("ADF", "R", "Integer", "AD of molecules from the forward strand"),
    ("ADR", "R", "Integer", "AD of molecules from the reverse strand"),
    ("VAF", "A", "Float", "Variant allele fraction, errors taken off: maximum likelihood"),
    ("AFL", "A", "Float", "Lower end of the interval of VAF, level: threshold interval_level"),
    ("AFH", "A", "Float", "Upper end of the interval of VAF"),
    ("DX", "A", "Integer", "Alternate molecules seen on both strands (duplex)"),
    ("LOD95", "1", "Float", "Limit of detection: AF that this specimen would have shown with probability lod_power"),
    ("LP", "1", "Float", "Minus log10 of the p-value under the error model"),
    (
        "MISS",
        "1",
        "Float",
        "Probability that this specimen misses the allele if its tumour DNA holds it as another specimen's does",
    ),
    ("EXP", "1", "Float", "VAF that the allele would then have here, median"),
    ("ST", "1", "String", "State: DETECTED, NOT_DETECTED, INDETERMINATE or NOT_ASSESSABLE"),
    ("FT", "1", "String", "Filters of the specimen, PASS if none"),
)


def to_vcf(report: CaseReport) -> str:
    """Return the VCF text of findings, fusions, rearrangements and changes of genes, sorted by contig and position.

    Raises
    ------
    ValueError
        If two findings are the same allele.
    """
    kinds, fields = tuple(sample_names(report.case.specimens)), tuple(name for name, *_ in FORMAT)
    alleles = [(f.allele.contig, f.allele.start, _record(f, report)) for f in _sorted(report)]
    rank = {name: index for index, name in enumerate(report.contigs)}
    placed = [
        *alleles,
        *breakends.breakend_lines(report, kinds, fields),
        *rearrangement_records.rearrangement_lines(report, kinds, fields),
        *gene_records.gene_lines(report, kinds),
    ]
    placed.sort(key=lambda entry: (rank[entry[0]], entry[1]))
    lines = [*_header(report), *(line for *_, line in placed)]
    return "\n".join(lines) + "\n"


def sample_names(specimens: Iterable[Specimen]) -> dict[SpecimenKind, str]:
    """Return the column name of each specimen: its sample name, with the specimen kind before it if two are alike."""
    names = {s.kind: escape(s.sample) for s in sorted(specimens, key=lambda s: list(SpecimenKind).index(s.kind))}
    if len(set(names.values())) == len(names):
        return names
    return {kind: f"{kind.name}_{name}" for kind, name in names.items()}


# ---------------------------------------------------------------------------------------- header


def _header(report: CaseReport) -> Iterator[str]:
    origin, has_genes = report.provenance, bool(report.copy_numbers or report.heterozygosity_losses)
    yield "##fileformat=VCFv4.2"
    yield "##source=csfgeno"
    yield f"##csfgeno_version={escape(origin.version)}"
    yield f"##reference={origin.build}:sha256:{escape(origin.reference_sha256)}"
    yield _structured("csfgeno_panel", ID=origin.panel, Version=report.panel.version, SHA256=origin.panel_sha256)
    yield _structured("csfgeno_knowledge", ID=origin.knowledge_version, SHA256=origin.knowledge_sha256)
    yield f"##csfgeno_error_model={escape(report.error_model)}"
    yield _structured("csfgeno_settings", ID="settings", SHA256=origin.settings_sha256)
    yield from (_threshold(setting) for setting in report.settings)
    yield from (f"##contig=<ID={name},length={length}>" for name, length in report.contigs.items())
    yield f'##FILTER=<ID={NONE_DETECTED},Description="No specimen is in state DETECTED">'
    yield from (f'##FILTER=<ID={name},Description="{FILTERS[name]}">' for name in FilterName)
    yield from (f'##ALT=<ID={name},Description="{text}">' for name, text in _symbols(report).items())
    if report.fusions or report.rearrangements:
        yield from (f'##FILTER=<ID={name},Description="{text}">' for name, text in _own_filters())
        yield from (_field("INFO", *field) for field in breakends.INFO)
    if report.fusions or report.rearrangements or has_genes:
        yield _field("INFO", *SVTYPE)
    yield from (_field("INFO", *field) for field in gene_records.INFO if has_genes or report.rearrangements)
    yield from (_field("INFO", *field) for field in rearrangement_records.INFO if report.rearrangements)
    yield from (_field("INFO", *field) for field in INFO)
    yield from (_field("FORMAT", *field) for field in FORMAT)
    yield from (_field("FORMAT", *field) for field in gene_records.FORMAT if has_genes)
    yield "\t".join(
        [*"#CHROM POS ID REF ALT QUAL FILTER INFO FORMAT".split(), *sample_names(report.case.specimens).values()]
    )


def _symbols(report: CaseReport) -> dict[str, str]:
    """Return the symbolic alleles of a report with their meaning; one of changes of genes stands for both."""
    of_genes = gene_records.ALT if report.copy_numbers or report.heterozygosity_losses else {}
    return (rearrangement_records.HEADERS if report.rearrangements else {}) | of_genes


def _own_filters() -> Iterator[tuple[str, str]]:
    """Yield the filters of junctions that small alleles do not have under the same name."""
    shared = {str(name) for name in FilterName}
    yield from ((str(name), text) for name, text in breakends.FILTERS.items() if str(name) not in shared)


def _structured(key: str, **values: str) -> str:
    return f"##{key}=<{','.join(f'{name}={escape(value)}' for name, value in values.items())}>"


def _threshold(setting: Setting) -> str:
    values = f"ID={setting.name},Value={escape(str(setting.value))},Default={escape(str(setting.default))}"
    texts = f"Unit={_quoted(setting.unit)},Origin={_quoted(setting.origin)},Description={_quoted(setting.meaning)}"
    return f"##csfgeno_threshold=<{values},{texts}>"


def _field(kind: str, name: str, number: str, type_: str, description: str) -> str:
    return f'##{kind}=<ID={name},Number={number},Type={type_},Description="{description}">'


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ") + '"'


# --------------------------------------------------------------------------------------- records


def _sorted(report: CaseReport) -> list[Finding]:
    rank = {name: index for index, name in enumerate(report.contigs)}
    tested = [finding for finding in report.findings if finding.calls]
    findings = sorted(tested, key=lambda f: (rank[f.allele.contig], f.allele))
    for first, second in pairwise(findings):
        if first.allele == second.allele:
            raise ValueError(f"two findings for {first.allele}")
    return findings


def _record(finding: Finding, report: CaseReport) -> str:
    allele = finding.allele
    site = [allele.contig, str(allele.start + 1), MISSING, allele.ref, allele.alt, MISSING]
    columns = (_sample(finding, kind) for kind in sample_names(report.case.specimens))
    return "\t".join([*site, _filter(finding), _info(finding), ":".join(name for name, *_ in FORMAT), *columns])


def _filter(finding: Finding) -> str:
    if any(call.state is CallState.DETECTED for call in finding.calls):
        return "PASS"
    named = {name for call in finding.calls for name in call.filters}
    return ";".join([NONE_DETECTED, *(name for name in FilterName if name in named)])


def _info(finding: Finding) -> str:
    change, csf = finding.change, finding.call(SpecimenKind.CSF)
    values: dict[str, str | None] = {
        "CLASS": finding.allele.klass,
        "TIER": (csf or finding.calls[0]).tier,
        "HOTSPOT": listed(finding.hotspot_ids),
        "BIOMARKER": listed(finding.biomarker_ids),
        "NOTE": listed(finding.notes),
        "VERDICT": finding.verdict,
        "ORIGIN": finding.origin.origin,
        "ORIGIN_CERTAINTY": finding.origin.certainty,
        "ORIGIN_NOT_EXCLUDED": listed(finding.origin.not_excluded),
    }
    if change:
        values |= {
            "GENE": escape(change.gene),
            "TRANSCRIPT": escape(change.transcript),
            "HGVSG": escape(change.hgvs_g),
            "HGVSC": escape(change.hgvs_c),
            "HGVSP": escape(change.hgvs_p),
            "HGVSP_SHORT": escape(change.hgvs_p_short),
            "CONSEQUENCE": change.consequence,
            "EXON": escape(change.exon) if change.exon else None,
        }
    if csf:
        values |= {"CSF_DP": str(csf.counts.depth), "CSF_VAF": float_text(csf.vaf)}
    return ";".join(f"{name}={values[name]}" for name, *_ in INFO if values.get(name) not in (None, MISSING))


def _sample(finding: Finding, kind: SpecimenKind) -> str:
    call, absence = finding.call(kind), finding.absence(kind)
    if call is None:
        return ":".join(genotype(None) if name == "GT" else MISSING for name, *_ in FORMAT)
    counts = call.counts
    values = {
        "GT": genotype(call.state),
        "DP": str(counts.depth),
        "AD": f"{counts.ref},{counts.alt}",
        "AF": float_text(counts.vaf),
        "ADF": _pair(counts.ref_forward, counts.alt_forward),
        "ADR": _pair(counts.ref_reverse, counts.alt_reverse),
        "VAF": float_text(call.vaf),
        "AFL": float_text(call.vaf_low),
        "AFH": float_text(call.vaf_high),
        "DX": str(counts.alt_duplex),
        "LOD95": float_text(call.lod95),
        "LP": float_text(None if call.log10_p is None else abs(call.log10_p)),
        "MISS": float_text(absence.miss_probability if absence else None),
        "EXP": float_text(absence.expected_vaf if absence else None),
        "ST": call.state,
        "FT": ";".join(call.filters) or "PASS",
    }
    return ":".join(values[name] for name, *_ in FORMAT)


def _pair(ref: int | None, alt: int | None) -> str:
    return MISSING if ref is None or alt is None else f"{ref},{alt}"
