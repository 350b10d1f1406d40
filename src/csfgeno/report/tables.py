"""The TSV files: findings, hotspots and structural changes by specimen, and serial samples."""

from collections.abc import Iterable, Sequence

from csfgeno.records import CaseReport
from csfgeno.report.columns import (
    FINDING_COLUMNS,
    HOTSPOT_COLUMNS,
    Cell,
    Column,
    FindingRow,
    HotspotRow,
    Row,
)
from csfgeno.report.hotspots import hotspot_matrix
from csfgeno.report.rearrangement_columns import REARRANGEMENT_COLUMNS, RearrangementRow
from csfgeno.report.serial_columns import (
    SERIAL_COLUMNS,
    SERIAL_COPY_COLUMNS,
    SERIAL_FUSION_COLUMNS,
    SERIAL_LOSS_COLUMNS,
    serial_copy_rows,
    serial_fusion_rows,
    serial_loss_rows,
    serial_rows,
)
from csfgeno.report.structural_columns import COPY_COLUMNS, FUSION_COLUMNS, LOSS_COLUMNS, CopyRow, FusionRow, LossRow

_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def findings_tsv(report: CaseReport) -> bytes:
    """Return one row a finding and specimen, header first; fractions as fractions, unknown empty."""
    rows = (FindingRow(report, finding, call) for finding in report.findings for call in finding.calls)
    return table(FINDING_COLUMNS, rows)


def hotspots_tsv(report: CaseReport) -> bytes:
    """Return one row a hotspot and specimen, header first."""
    return table(HOTSPOT_COLUMNS, (HotspotRow(report, *pair) for pair in hotspot_matrix(report)))


def fusions_tsv(report: CaseReport) -> bytes:
    """Return one row a fusion and specimen, header first."""
    rows = (FusionRow(report, fusion, call) for fusion in report.fusions for call in fusion.calls)
    return table(FUSION_COLUMNS, rows)


def rearrangements_tsv(report: CaseReport) -> bytes:
    """Return one row a deletion or tandem duplication of a gene and specimen, header first."""
    rows = (RearrangementRow(report, change, call) for change in report.rearrangements for call in change.calls)
    return table(REARRANGEMENT_COLUMNS, rows)


def copies_tsv(report: CaseReport) -> bytes:
    """Return one row a gene and specimen, header first."""
    return table(COPY_COLUMNS, (CopyRow(report, number) for number in report.copy_numbers))


def losses_tsv(report: CaseReport) -> bytes:
    """Return one row a gene and specimen, header first: loss of heterozygosity."""
    return table(LOSS_COLUMNS, (LossRow(report, loss) for loss in report.heterozygosity_losses))


def serial_tsv(report: CaseReport) -> bytes:
    """Return one row an allele, kind of specimen and date, header first; no row without earlier cases."""
    return table(SERIAL_COLUMNS, serial_rows(report))


def serial_fusions_tsv(report: CaseReport) -> bytes:
    """Return one row a junction, kind of specimen and date, header first; no row without earlier cases."""
    return table(SERIAL_FUSION_COLUMNS, serial_fusion_rows(report))


def serial_copies_tsv(report: CaseReport) -> bytes:
    """Return one row a gene, event, kind of specimen and date, header first; no row without earlier cases."""
    return table(SERIAL_COPY_COLUMNS, serial_copy_rows(report))


def serial_losses_tsv(report: CaseReport) -> bytes:
    """Return one row a gene, kind of specimen and date, header first: heterozygosity; no row without earlier cases."""
    return table(SERIAL_LOSS_COLUMNS, serial_loss_rows(report))


def cell(value: Cell) -> str:
    r"""Return the text of one cell: tab, newline and backslash as `\t`, `\n`, `\\`; floats shortest exact.

    A text that a spreadsheet would take for a formula gets an apostrophe before it.
    """
    if value is None:
        return ""
    if not isinstance(value, str):
        return str(value)
    text = value.translate(_ESCAPES)
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text


def table(columns: Sequence[Column[Row]], rows: Iterable[Row]) -> bytes:
    """Return one line a row below a header, cells as `cell` writes them."""
    lines = ["\t".join(column.name for column in columns)]
    lines += ["\t".join(cell(column.value(row)) for column in columns) for row in rows]
    return ("\n".join(lines) + "\n").encode()
