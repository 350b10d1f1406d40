"""Columns of the table of deletions and tandem duplications."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from csfgeno.records import CaseReport, CopyNumber, FusionCall, LossOfHeterozygosity, Rearrangement
from csfgeno.report.columns import Column
from csfgeno.report.structural_columns import limit_columns, share_columns, support_columns
from csfgeno.vocab import CallState

_Record = TypeVar("_Record", CopyNumber, LossOfHeterozygosity)


@dataclass(frozen=True, slots=True)
class RearrangementRow:
    """One deletion or duplication in one specimen."""

    report: CaseReport
    change: Rearrangement
    call: FusionCall

    @property
    def deep_loss(self) -> CallState | None:
        """The state of the loss of both copies in the specimen, by depth."""
        own = _of_gene(self.report.copy_numbers, self)
        return None if own is None else own.deep_loss

    @property
    def log2_ratio(self) -> float | None:
        """The depth of the gene in the specimen."""
        own = _of_gene(self.report.copy_numbers, self)
        return None if own is None else own.log2_ratio

    @property
    def heterozygosity_loss(self) -> CallState | None:
        """The state of the loss of heterozygosity in the specimen."""
        own = _of_gene(self.report.heterozygosity_losses, self)
        return None if own is None else own.state


def _of_gene(records: Sequence[_Record], row: RearrangementRow) -> _Record | None:
    mine = (own for own in records if own.gene == row.change.gene and own.specimen is row.call.specimen)
    return next(mine, None)


REARRANGEMENT_COLUMNS: Final[tuple[Column[RearrangementRow], ...]] = (
    Column("case_id", "", "Case", lambda r: r.report.case.case_id),
    Column("specimen", "", "csf, plasma, tissue or normal", lambda r: r.call.specimen),
    Column("build", "", "Genome build of the coordinates", lambda r: r.report.provenance.build),
    Column("gene", "", "Gene symbol", lambda r: r.change.gene),
    Column("kind", "", "DELETION or TANDEM_DUPLICATION", lambda r: r.change.kind),
    Column("common_name", "", "Name of the change in use", lambda r: r.change.name),
    Column("transcript", "", "Transcript of the exons and of hgvs_c", lambda r: r.change.transcript),
    Column("exons", "", "Coding exons lost or doubled whole", lambda r: _numbers(r.change.exons)),
    Column("cut_exons", "", "Coding exons of which a part or a splice site is", lambda r: _numbers(r.change.cut_exons)),
    Column(
        "exon_count", "", "exons, or coding_exons if counted from the first coding one", lambda r: _counted(r.change)
    ),
    Column("frame", "", "IN_FRAME, OUT_OF_FRAME, NO_TRANSCRIPT or UNKNOWN", lambda r: r.change.frame),
    Column("hgvs_g", "", "HGVS genomic name", lambda r: r.change.hgvs_g),
    Column("hgvs_c", "", "HGVS coding name", lambda r: r.change.hgvs_c),
    Column("contig", "", "Contig as in the genome", lambda r: r.change.span.contig),
    Column("first_changed", "1-based", "First base that is lost or doubled", lambda r: r.change.span.start + 1),
    Column("last_changed", "1-based", "Last base that is lost or doubled", lambda r: r.change.span.end),
    Column("size", "bp", "Bases that are lost or doubled", lambda r: r.change.size_bp),
    Column("microhomology", "", "Bases that either side could have given", lambda r: r.change.microhomology),
    Column("inserted", "", "Bases between both sides", lambda r: r.change.inserted),
    Column("junction", "", "Sequence across the junction", lambda r: r.change.junction),
    Column("hotspot_ids", "", "Panel hotspots, `;` between them", lambda r: ";".join(r.change.hotspot_ids)),
    Column("biomarker_ids", "", "Biomarkers, `;` between them", lambda r: ";".join(r.change.biomarker_ids)),
    *support_columns(RearrangementRow),
    *share_columns(RearrangementRow),
    *limit_columns(RearrangementRow),
    Column("deep_loss", "", "State of the loss of both copies, by depth", lambda r: r.deep_loss),
    Column("log2_ratio", "log2", "Depth of the gene against the bulk", lambda r: r.log2_ratio),
    Column("heterozygosity_loss", "", "State of the loss of heterozygosity", lambda r: r.heterozygosity_loss),
)


def _numbers(exons: Sequence[int]) -> str:
    return ";".join(str(number) for number in exons)


def _counted(change: Rearrangement) -> str:
    return "coding_exons" if change.counts_coding_exons else "exons"
