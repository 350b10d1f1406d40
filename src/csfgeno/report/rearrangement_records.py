"""Deletions and tandem duplications of one gene as symbolic VCF records (VCF 4.2, section 5.3)."""

from collections.abc import Iterator
from typing import Final

from csfgeno.records import CaseReport, Rearrangement
from csfgeno.report.breakends import junction_filter, junction_sample
from csfgeno.report.vcf_text import MISSING, escape, listed
from csfgeno.vocab import RearrangementKind, SpecimenKind

ALT: Final = {RearrangementKind.DELETION: "DEL", RearrangementKind.TANDEM_DUPLICATION: "DUP:TANDEM"}

HEADERS: Final = {"DEL": "Deletion", "DUP:TANDEM": "Tandem duplication"}

INFO: Final = (
    ("SVLEN", "1", "Integer", "Bases that the alternate allele is longer, negative for a deletion"),
    ("CIPOS", "2", "Integer", "Where else the same change may begin, relative to POS: microhomology at the break"),
    ("INSERTED", "1", "String", "Bases between both sides of the junction"),
    (
        "LOST_EXONS",
        ".",
        "String",
        "Coding exons that are lost or doubled; ~ before those of which a part or a splice site is",
    ),
    ("COMMON_NAME", "1", "String", "Name of the change in use"),
)


def rearrangement_lines(
    report: CaseReport, kinds: tuple[SpecimenKind, ...], fields: tuple[str, ...]
) -> Iterator[tuple[str, int, str]]:
    """Yield contig, 0-based position and line of each deletion and duplication.

    Parameters
    ----------
    kinds
        Specimens in the order of the columns.
    fields
        Keys of FORMAT.
    """
    for number, change in enumerate(report.rearrangements, 1):
        before = change.span.start - 1  # a symbolic allele stands at the base before it
        site = [
            change.span.contig,
            str(before + 1),
            f"sv_{number}",
            change.base_before,
            f"<{ALT[change.kind]}>",
            MISSING,
        ]
        columns = (junction_sample(change.call(kind), fields) for kind in kinds)
        line = "\t".join([*site, junction_filter(change.calls), _info(change), ":".join(fields), *columns])
        yield change.span.contig, before, line


def exon_list(change: Rearrangement) -> tuple[str, ...]:
    """Return the exons that are lost or doubled, `~` before those that are cut."""
    named = {n: str(n) for n in change.exons} | {n: f"~{n}" for n in change.cut_exons}
    return tuple(named[n] for n in sorted(named))


def _info(change: Rearrangement) -> str:
    is_lost, shared = change.kind is RearrangementKind.DELETION, len(change.microhomology)
    net = len(change.inserted) + (-change.size_bp if is_lost else change.size_bp)
    values: dict[str, str | None] = {
        "SVTYPE": ALT[change.kind].partition(":")[0],
        "END": str(change.span.end),
        "SVLEN": str(net),
        # The first side has all shared bases, which moves a deletion to its last place and a duplication to its first.
        "CIPOS": (f"-{shared},0" if is_lost else f"0,{shared}") if shared else None,
        "HOMLEN": str(shared) if shared else None,
        "HOMSEQ": change.microhomology,
        "INSERTED": change.inserted,
        "GENE": escape(change.gene),
        "TRANSCRIPT": escape(change.transcript),
        "LOST_EXONS": listed(exon_list(change)),
        "FRAME": change.frame,
        "COMMON_NAME": escape(change.name) if change.name else None,
        "HGVSG": escape(change.hgvs_g),
        "HGVSC": escape(change.hgvs_c) if change.hgvs_c else None,
        "HOTSPOT": listed(change.hotspot_ids),
        "BIOMARKER": listed(change.biomarker_ids),
    }
    return ";".join(f"{name}={value}" for name, value in values.items() if value)
