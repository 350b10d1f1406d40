"""Columns of the table of serial samples."""

from dataclasses import dataclass
from typing import Final

from csfgeno.records import CaseReport, SerialChange, SerialPoint, SerialTrace
from csfgeno.report.columns import Cell, Column


@dataclass(frozen=True, slots=True)
class SerialRow:
    """One allele at one date, with the change of the latest sample since then."""

    report: CaseReport
    trace: SerialTrace
    point: SerialPoint

    @property
    def change(self) -> SerialChange | None:
        """What changed from this sample to the latest one, where that was asked."""
        return next((c for c in self.trace.changes if c.since_case_id == self.point.case_id), None)


def serial_rows(report: CaseReport) -> tuple[SerialRow, ...]:
    """Return one row an allele, kind of specimen and date; none without earlier cases."""
    traces = report.serial.traces if report.serial else ()
    return tuple(SerialRow(report, trace, point) for trace in traces for point in trace.points)


def _change(row: SerialRow, name: str) -> Cell:
    value: Cell = getattr(row.change, name) if row.change else None
    return value


SERIAL_COLUMNS: Final[tuple[Column[SerialRow], ...]] = (
    Column("case_id", "", "Present case", lambda r: r.report.case.case_id),
    Column("specimen", "", "csf or plasma", lambda r: r.trace.specimen),
    Column("name", "", "Gene and change", lambda r: r.trace.name),
    Column("contig", "", "Contig as in the genome", lambda r: r.trace.allele.contig),
    Column("pos", "1-based", "VCF POS", lambda r: r.trace.allele.start + 1),
    Column("ref", "", "VCF REF", lambda r: r.trace.allele.ref),
    Column("alt", "", "VCF ALT", lambda r: r.trace.allele.alt),
    Column("sample_case_id", "", "Case of this sample", lambda r: r.point.case_id),
    Column("collected", "date", "Day of collection", lambda r: r.point.collected.isoformat()),
    Column("state", "", "DETECTED, NOT_DETECTED, INDETERMINATE or NOT_ASSESSABLE", lambda r: r.point.state),
    Column("vaf", "fraction", "Mutant fraction, errors taken off: maximum likelihood", lambda r: r.point.vaf),
    Column("vaf_low", "fraction", "Lower end of the interval of vaf", lambda r: r.point.vaf_low),
    Column("vaf_high", "fraction", "Upper end of the interval of vaf", lambda r: r.point.vaf_high),
    Column("depth", "molecules", "Molecules usable at the site", lambda r: r.point.depth),
    Column("alt_molecules", "molecules", "Molecules that show the allele", lambda r: r.point.alt),
    Column("alt_per_ml", "molecules/mL", "Recovered mutant molecules per mL", lambda r: r.point.alt_per_ml),
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
