"""Columns of the tables of serial samples: alleles, fusions, copy numbers and losses of heterozygosity by date."""

from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from csfgeno.records import (
    CaseReport,
    SerialChange,
    SerialCopies,
    SerialCopyChange,
    SerialCopyPoint,
    SerialFusion,
    SerialLoss,
    SerialLossPoint,
    SerialPoint,
    SerialTrace,
)
from csfgeno.report.columns import Cell, Column

Trace = TypeVar("Trace", SerialTrace, SerialFusion)


@dataclass(frozen=True, slots=True)
class SerialRow(Generic[Trace]):
    """One allele or junction at one date, with the change of the latest sample since then."""

    report: CaseReport
    trace: Trace
    point: SerialPoint

    @property
    def change(self) -> SerialChange | None:
        """What changed from this sample to the latest one, where that was asked."""
        return next((c for c in self.trace.changes if c.since_case_id == self.point.case_id), None)


@dataclass(frozen=True, slots=True)
class SerialCopyRow:
    """The copies of one gene at one date, with the change of the latest sample since then."""

    report: CaseReport
    trace: SerialCopies
    point: SerialCopyPoint

    @property
    def change(self) -> SerialCopyChange | None:
        """What changed from this sample to the latest one, where that was asked."""
        return next((c for c in self.trace.changes if c.since_case_id == self.point.case_id), None)


@dataclass(frozen=True, slots=True)
class SerialLossRow:
    """The heterozygosity of one gene at one date."""

    report: CaseReport
    trace: SerialLoss
    point: SerialLossPoint


def serial_rows(report: CaseReport) -> tuple[SerialRow[SerialTrace], ...]:
    """Return one row an allele, kind of specimen and date; none without earlier cases."""
    traces = report.serial.traces if report.serial else ()
    return tuple(SerialRow(report, trace, point) for trace in traces for point in trace.points)


def serial_fusion_rows(report: CaseReport) -> tuple[SerialRow[SerialFusion], ...]:
    """Return one row a junction, kind of specimen and date; none without earlier cases."""
    traces = report.serial.fusions if report.serial else ()
    return tuple(SerialRow(report, trace, point) for trace in traces for point in trace.points)


def serial_copy_rows(report: CaseReport) -> tuple[SerialCopyRow, ...]:
    """Return one row a gene, event, kind of specimen and date; none without earlier cases."""
    traces = report.serial.copies if report.serial else ()
    return tuple(SerialCopyRow(report, trace, point) for trace in traces for point in trace.points)


def serial_loss_rows(report: CaseReport) -> tuple[SerialLossRow, ...]:
    """Return one row a gene, kind of specimen and date; none without earlier cases."""
    traces = report.serial.losses if report.serial else ()
    return tuple(SerialLossRow(report, trace, point) for trace in traces for point in trace.points)


def _change(row: SerialRow[Trace] | SerialCopyRow, name: str) -> Cell:
    value: Cell = getattr(row.change, name) if row.change else None
    return value


def _dated(_: type[Trace]) -> tuple[Column[SerialRow[Trace]], ...]:
    """Return the columns of the sample and the state."""
    return (
        Column("sample_case_id", "", "Case of this sample", lambda r: r.point.case_id),
        Column("collected", "date", "Day of collection", lambda r: r.point.collected.isoformat()),
        Column("state", "", "DETECTED, NOT_DETECTED, INDETERMINATE or NOT_ASSESSABLE", lambda r: r.point.state),
    )


def _limited(_: type[Trace]) -> tuple[Column[SerialRow[Trace]], ...]:
    """Return the columns of the limit and of the change."""
    return (
        Column("lod95", "fraction", "VAF found with probability `lod_power` in this sample", lambda r: r.point.lod95),
        Column("change", "", "What the latest sample says against this one", lambda r: _change(r, "result")),
        Column("fisher_p", "", "p-value of Fisher's exact test of the two", lambda r: _change(r, "p_value")),
        Column("vaf_ratio", "", "Latest fraction over this one", lambda r: _change(r, "vaf_ratio")),
        Column("vaf_ratio_low", "", "Lower end of its interval, two runs included", lambda r: _change(r, "ratio_low")),
        Column("vaf_ratio_high", "", "Upper end of its interval", lambda r: _change(r, "ratio_high")),
        Column("per_ml_ratio", "", "Latest alt_per_ml over this one", lambda r: _change(r, "per_ml_ratio")),
        Column("per_ml_ratio_low", "", "Lower end of its interval, counting alone", lambda r: _change(r, "per_ml_low")),
        Column("per_ml_ratio_high", "", "Upper end of its interval", lambda r: _change(r, "per_ml_high")),
    )


SERIAL_COLUMNS: Final[tuple[Column[SerialRow[SerialTrace]], ...]] = (
    Column("case_id", "", "Present case", lambda r: r.report.case.case_id),
    Column("specimen", "", "csf or plasma", lambda r: r.trace.specimen),
    Column("name", "", "Gene and change", lambda r: r.trace.name),
    Column("contig", "", "Contig as in the genome", lambda r: r.trace.allele.contig),
    Column("pos", "1-based", "VCF POS", lambda r: r.trace.allele.start + 1),
    Column("ref", "", "VCF REF", lambda r: r.trace.allele.ref),
    Column("alt", "", "VCF ALT", lambda r: r.trace.allele.alt),
    *_dated(SerialTrace),
    Column("vaf", "fraction", "Mutant fraction, errors taken off: maximum likelihood", lambda r: r.point.vaf),
    Column("vaf_low", "fraction", "Lower end of the interval of vaf", lambda r: r.point.vaf_low),
    Column("vaf_high", "fraction", "Upper end of the interval of vaf", lambda r: r.point.vaf_high),
    Column("depth", "molecules", "Molecules usable at the site", lambda r: r.point.depth),
    Column("alt_molecules", "molecules", "Molecules that show the allele", lambda r: r.point.alt),
    Column("alt_per_ml", "molecules/mL", "Recovered mutant molecules per mL", lambda r: r.point.alt_per_ml),
    *_limited(SerialTrace),
)

SERIAL_FUSION_COLUMNS: Final[tuple[Column[SerialRow[SerialFusion]], ...]] = (
    Column("case_id", "", "Present case", lambda r: r.report.case.case_id),
    Column("specimen", "", "csf or plasma", lambda r: r.trace.specimen),
    Column("name", "", "Genes, 5' partner first", lambda r: r.trace.name),
    Column("exons", "", "Genes with the exons side by side", lambda r: r.trace.exon_name),
    Column("five_prime", "1-based", "Breakpoint of the 5' partner", lambda r: str(r.trace.five_prime)),
    Column("three_prime", "1-based", "Breakpoint of the 3' partner", lambda r: str(r.trace.three_prime)),
    *_dated(SerialFusion),
    Column("vaf", "fraction", "alt_molecules / depth", lambda r: r.point.vaf),
    Column("vaf_low", "fraction", "Lower end of the interval of vaf", lambda r: r.point.vaf_low),
    Column("vaf_high", "fraction", "Upper end of the interval of vaf", lambda r: r.point.vaf_high),
    Column("depth", "molecules", "alt_molecules and those that cross the place unbroken", lambda r: r.point.depth),
    Column("alt_molecules", "molecules", "Molecules that show the junction: split, clipped", lambda r: r.point.alt),
    Column("discordant", "molecules", "Further ones, with mates on either side alone", lambda r: r.point.discordant),
    Column("alt_per_ml", "molecules/mL", "Recovered alt_molecules per mL", lambda r: r.point.alt_per_ml),
    *_limited(SerialFusion),
)

SERIAL_COPY_COLUMNS: Final[tuple[Column[SerialCopyRow], ...]] = (
    Column("case_id", "", "Present case", lambda r: r.report.case.case_id),
    Column("specimen", "", "csf or plasma", lambda r: r.trace.specimen),
    Column("gene", "", "Gene symbol", lambda r: r.trace.gene),
    Column("event", "", "AMPLIFICATION or DEEP_LOSS", lambda r: r.trace.event),
    Column("sample_case_id", "", "Case of this sample", lambda r: r.point.case_id),
    Column("collected", "date", "Day of collection", lambda r: r.point.collected.isoformat()),
    Column("state", "", "State of the event", lambda r: r.point.state),
    Column("log2_ratio", "log2", "Depth against the bulk of the panel", lambda r: r.point.log2_ratio),
    Column("log2_low", "log2", "Lower end of its interval", lambda r: r.point.log2_low),
    Column("log2_high", "log2", "Upper end of its interval", lambda r: r.point.log2_high),
    Column("level", "probability", "Coverage of the intervals of this sample", lambda r: r.point.level),
    Column("tumour_fraction", "fraction", "As put in; empty if unknown", lambda r: r.point.tumour_fraction),
    Column("tumour_low", "fraction", "Lower end of its interval", lambda r: r.point.tumour_low),
    Column("tumour_high", "fraction", "Upper end of its interval", lambda r: r.point.tumour_high),
    Column("copies", "copies", "Copies per tumour cell", lambda r: r.point.copies),
    Column("copies_low", "copies", "Lower end of their interval at that fraction", lambda r: r.point.copies_low),
    Column("copies_high", "copies", "Upper end of their interval at that fraction", lambda r: r.point.copies_high),
    Column("limit_copies", "copies", "That would have been called amplified", lambda r: r.point.limit_copies),
    Column(
        "limit_tumour_fraction",
        "tumour fraction",
        "At which a high amplification, or a deep loss, would have been called",
        lambda r: r.point.limit_tumour_fraction,
    ),
    Column("baseline", "", "What the depth is compared with", lambda r: r.point.baseline),
    Column("change", "", "What the latest log2 ratio says against this one", lambda r: _change(r, "result")),
    Column("reading", "", "What that says of copies per tumour cell", lambda r: _change(r, "reading")),
    Column("log2_difference", "log2", "Latest ratio less this one", lambda r: _change(r, "log2_difference")),
    Column(
        "log2_difference_low",
        "log2",
        "Lower end of its interval, two runs included",
        lambda r: _change(r, "log2_difference_low"),
    ),
    Column("log2_difference_high", "log2", "Upper end of its interval", lambda r: _change(r, "log2_difference_high")),
    Column("copies_difference", "copies", "Latest copies less these", lambda r: _change(r, "copies_difference")),
    Column(
        "copies_difference_low",
        "copies",
        "Lower end of its interval, both tumour fractions included",
        lambda r: _change(r, "copies_difference_low"),
    ),
    Column(
        "copies_difference_high",
        "copies",
        "Upper end of its interval",
        lambda r: _change(r, "copies_difference_high"),
    ),
)

SERIAL_LOSS_COLUMNS: Final[tuple[Column[SerialLossRow], ...]] = (
    Column("case_id", "", "Present case", lambda r: r.report.case.case_id),
    Column("specimen", "", "csf or plasma", lambda r: r.trace.specimen),
    Column("gene", "", "Gene symbol", lambda r: r.trace.gene),
    Column("sample_case_id", "", "Case of this sample", lambda r: r.point.case_id),
    Column("collected", "date", "Day of collection", lambda r: r.point.collected.isoformat()),
    Column("state", "", "DETECTED, NOT_DETECTED, INDETERMINATE or NOT_ASSESSABLE", lambda r: r.point.state),
    Column("heterozygous_sites", "", "Heterozygous variants of the patient", lambda r: r.point.heterozygous_sites),
    Column("shift", "fraction", "Mean distance of their fractions from the normal", lambda r: r.point.shift),
    Column("shift_low", "fraction", "Lower end of its interval", lambda r: r.point.shift_low),
    Column("shift_high", "fraction", "Upper end of its interval", lambda r: r.point.shift_high),
    Column(
        "lod_tumour_fraction",
        "tumour fraction",
        "At which the loss of one copy would be called",
        lambda r: r.point.lod_tumour_fraction,
    ),
)
