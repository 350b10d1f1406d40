"""Registry of the TSV columns: name, unit, definition and where the value comes from.

The headers of the files and the tables of `docs/formats.md` are written from it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Generic, Literal, TypeVar

from csfgeno.records import CaseReport, Finding, Hotspot, HotspotResult, SpecimenCall, TranscriptChange

Cell = str | int | float | None
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class FindingRow:
    """One finding in one specimen."""

    report: CaseReport
    finding: Finding
    call: SpecimenCall

    @property
    def sample(self) -> str | None:
        """Sample name of the specimen."""
        specimen = self.report.case.specimen(self.call.specimen)
        return specimen.sample if specimen else None


@dataclass(frozen=True, slots=True)
class HotspotRow:
    """One hotspot in one specimen."""

    report: CaseReport
    hotspot: Hotspot
    result: HotspotResult

    @property
    def sample(self) -> str | None:
        """Sample name of the specimen."""
        specimen = self.report.case.specimen(self.result.specimen)
        return specimen.sample if specimen else None


@dataclass(frozen=True, slots=True)
class Column(Generic[Row]):
    """One column of a table."""

    name: str
    unit: str
    definition: str
    value: Callable[[Row], Cell]


def _change(get: Callable[[TranscriptChange], Cell]) -> Callable[[FindingRow], Cell]:
    return lambda row: get(row.finding.change) if row.finding.change else None


def _absence(row: FindingRow, field: Literal["miss_probability", "expected_vaf"]) -> float | None:
    absence = row.finding.absence(row.call.specimen)
    return getattr(absence, field) if absence else None


FINDING_COLUMNS: Final[tuple[Column[FindingRow], ...]] = (
    Column("case_id", "", "Case", lambda r: r.report.case.case_id),
    Column("specimen", "", "csf, plasma, tissue or normal", lambda r: r.call.specimen),
    Column("sample", "", "Sample name of the specimen", lambda r: r.sample),
    Column("build", "", "Genome build of the coordinates", lambda r: r.report.provenance.build),
    Column("contig", "", "Contig as in the genome", lambda r: r.finding.allele.contig),
    Column("pos", "1-based", "VCF POS", lambda r: r.finding.allele.start + 1),
    Column("ref", "", "VCF REF", lambda r: r.finding.allele.ref),
    Column("alt", "", "VCF ALT", lambda r: r.finding.allele.alt),
    Column("class", "", "SNV, MNV, INS, DEL or DELINS", lambda r: r.finding.allele.klass),
    Column("gene", "", "Gene symbol", _change(lambda c: c.gene)),
    Column("transcript", "", "Transcript of the HGVS names", _change(lambda c: c.transcript)),
    Column("hgvs_g", "", "HGVS genomic name", _change(lambda c: c.hgvs_g)),
    Column("hgvs_c", "", "HGVS coding name", _change(lambda c: c.hgvs_c)),
    Column("hgvs_p", "", "HGVS predicted protein name", _change(lambda c: c.hgvs_p)),
    Column("hgvs_p_short", "", "The same in one-letter code", _change(lambda c: c.hgvs_p_short)),
    Column("legacy_names", "", "Other names in use, `;` between them", _change(lambda c: ";".join(c.legacy_names))),
    Column("consequence", "", "Sequence Ontology term", _change(lambda c: c.consequence)),
    Column("exon", "", "Exon / exons of the transcript", _change(lambda c: c.exon)),
    Column("hotspot_ids", "", "Panel hotspots, `;` between them", lambda r: ";".join(r.finding.hotspot_ids)),
    Column("biomarker_ids", "", "Biomarkers of the knowledge tables, `;`", lambda r: ";".join(r.finding.biomarker_ids)),
    Column(
        "notes",
        "",
        "germline_like: VAF fits an inherited allele; contaminant_like",
        lambda r: ";".join(r.finding.notes),
    ),
    Column(
        "verdict",
        "",
        "SHARED, CSF_ONLY, PLASMA_ONLY, TISSUE_ONLY, NOT_INFORMATIVE or NOT_COMPARED",
        lambda r: r.finding.verdict,
    ),
    Column("origin", "", "TUMOUR, GERMLINE, CLONAL_HAEMATOPOIESIS or UNKNOWN", lambda r: r.finding.origin.origin),
    Column("origin_certainty", "", "SHOWN, PROBABLE or POSSIBLE", lambda r: r.finding.origin.certainty),
    Column(
        "origin_not_excluded",
        "",
        "Other origins that the counts do not exclude, `;`",
        lambda r: ";".join(r.finding.origin.not_excluded),
    ),
    Column(
        "miss_probability",
        "probability",
        "That this specimen misses the allele if its tumour DNA holds it as another's does",
        lambda r: _absence(r, "miss_probability"),
    ),
    Column(
        "expected_vaf", "fraction", "VAF that the allele would then have here", lambda r: _absence(r, "expected_vaf")
    ),
    Column("state", "", "DETECTED, NOT_DETECTED, INDETERMINATE or NOT_ASSESSABLE", lambda r: r.call.state),
    Column("filters", "", "Filters that apply, `;` between them", lambda r: ";".join(r.call.filters)),
    Column("tier", "", "HOTSPOT, KNOWN or PANEL: prior of the test", lambda r: r.call.tier),
    Column("vaf", "fraction", "Mutant fraction, errors taken off: maximum likelihood", lambda r: r.call.vaf),
    Column("alt_fraction", "fraction", "alt / depth, errors included", lambda r: r.call.counts.vaf),
    Column("vaf_low", "fraction", "Lower end of the interval of vaf", lambda r: r.call.vaf_low),
    Column("vaf_high", "fraction", "Upper end of the interval of vaf", lambda r: r.call.vaf_high),
    Column("depth", "molecules", "Molecules usable at the site", lambda r: r.call.counts.depth),
    Column("alt_molecules", "molecules", "Molecules that show the allele", lambda r: r.call.counts.alt),
    Column("ref_molecules", "molecules", "Molecules that show the reference", lambda r: r.call.counts.ref),
    Column("other_molecules", "molecules", "Molecules that show a third allele", lambda r: r.call.counts.other),
    Column("discordant", "molecules", "Molecules whose reads disagree", lambda r: r.call.counts.discordant),
    Column("alt_duplex", "molecules", "Mutant molecules seen on both strands", lambda r: r.call.counts.alt_duplex),
    Column("alt_forward", "molecules", "Mutant, forward strand", lambda r: r.call.counts.alt_forward),
    Column("alt_reverse", "molecules", "Mutant, reverse strand", lambda r: r.call.counts.alt_reverse),
    Column("ref_forward", "molecules", "Reference, forward strand", lambda r: r.call.counts.ref_forward),
    Column("ref_reverse", "molecules", "Reference, reverse strand", lambda r: r.call.counts.ref_reverse),
    Column("alt_mean_mapq", "Phred", "Mean mapping quality of the mutant", lambda r: r.call.counts.alt_mean_mapq),
    Column(
        "alt_end_distance",
        "bp",
        "Median distance of the allele to the nearest fragment end",
        lambda r: r.call.counts.alt_median_end_distance_bp,
    ),
    Column("lod95", "fraction", "VAF found with probability `lod_power` in this specimen", lambda r: r.call.lod95),
    Column("log10_p", "", "log10 of the p-value under the error model", lambda r: r.call.log10_p),
    Column("llr", "nats", "Log-likelihood ratio of the allele", lambda r: r.call.log_likelihood_ratio),
    Column("error_model", "", "What taught the error model of each specimen", lambda r: r.report.error_model),
)

HOTSPOT_COLUMNS: Final[tuple[Column[HotspotRow], ...]] = (
    Column("case_id", "", "Case", lambda r: r.report.case.case_id),
    Column("specimen", "", "csf, plasma, tissue or normal", lambda r: r.result.specimen),
    Column("sample", "", "Sample name of the specimen", lambda r: r.sample),
    Column("hotspot_id", "", "Hotspot of the panel", lambda r: r.hotspot.hotspot_id),
    Column("gene", "", "Gene symbol", lambda r: r.hotspot.gene),
    Column("label", "", "Name of the change", lambda r: r.hotspot.label),
    Column("group", "", "Line of the pertinent negatives", lambda r: r.hotspot.group),
    Column("kind", "", "How the hotspot is recognised", lambda r: r.hotspot.kind),
    Column("state", "", "DETECTED, NOT_DETECTED, INDETERMINATE or NOT_ASSESSABLE", lambda r: r.result.state),
    Column("depth", "molecules", "Molecules usable at its least covered allele", lambda r: r.result.depth),
    Column("alt_molecules", "molecules", "Mutant molecules", lambda r: r.result.alt),
    Column("lod95", "fraction", "Limit of detection of its least sensitive allele", lambda r: r.result.lod95),
    Column("reason", "", "Why the state is what it is", lambda r: r.result.reason),
    Column("alleles", "", "Alleles behind the state, `;` between them", lambda r: ";".join(map(str, r.result.alleles))),
    Column("error_model", "", "What taught the error model of each specimen", lambda r: r.report.error_model),
)
