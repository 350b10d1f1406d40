"""Columns of the tables of fusions, of copy number and of loss of heterozygosity."""

from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

from csfgeno.records import CaseReport, CopyNumber, Fusion, FusionCall, LossOfHeterozygosity
from csfgeno.report.columns import Column


@dataclass(frozen=True, slots=True)
class FusionRow:
    """One fusion in one specimen."""

    report: CaseReport
    fusion: Fusion
    call: FusionCall


@dataclass(frozen=True, slots=True)
class CopyRow:
    """One gene in one specimen."""

    report: CaseReport
    number: CopyNumber


@dataclass(frozen=True, slots=True)
class LossRow:
    """Loss of heterozygosity of one gene in one specimen."""

    report: CaseReport
    loss: LossOfHeterozygosity


class CallRow(Protocol):
    """A row of what one specimen says of a junction."""

    @property
    def call(self) -> FusionCall:
        """The call in that specimen."""


OfCall = TypeVar("OfCall", bound=CallRow)


def support_columns(_: type[OfCall]) -> tuple[Column[OfCall], ...]:
    """Return the columns of the state of a junction and of the molecules that support it."""
    return (
        Column("state", "", "DETECTED, NOT_DETECTED, INDETERMINATE or NOT_ASSESSABLE", lambda r: r.call.state),
        Column("filters", "", "Filters that apply, `;` between them", lambda r: ";".join(r.call.filters)),
        Column("molecules", "molecules", "Supporting molecules", lambda r: r.call.molecules),
        Column("split", "molecules", "of these, with a split read", lambda r: r.call.split),
        Column("clipped", "molecules", "of these, with clipped bases that spell it", lambda r: r.call.clipped),
        Column("discordant", "molecules", "of these, with mates on either side alone", lambda r: r.call.discordant),
        Column("duplex", "molecules", "of these, read on both strands", lambda r: r.call.duplex),
    )


def share_columns(_: type[OfCall]) -> tuple[Column[OfCall], ...]:
    """Return the columns of its share of the molecules across the place."""
    return (
        Column("spanning", "molecules", "Molecules that cross the place unbroken", lambda r: r.call.spanning),
        Column("vaf", "fraction", "split and clipped / (these + spanning)", lambda r: r.call.vaf),
        Column("vaf_low", "fraction", "Lower end of the interval of vaf", lambda r: r.call.vaf_low),
        Column("vaf_high", "fraction", "Upper end of the interval of vaf", lambda r: r.call.vaf_high),
    )


def limit_columns(_: type[OfCall]) -> tuple[Column[OfCall], ...]:
    """Return the columns of its limit."""
    return (
        Column("lod_molecules", "molecules", "Fewest molecules that are detected", lambda r: r.call.lod_molecules),
        Column("lod95", "fraction", "Fraction found with probability `lod_power`", lambda r: r.call.lod95),
    )


FUSION_COLUMNS: Final[tuple[Column[FusionRow], ...]] = (
    Column("case_id", "", "Case", lambda r: r.report.case.case_id),
    Column("specimen", "", "csf, plasma, tissue or normal", lambda r: r.call.specimen),
    Column("build", "", "Genome build of the coordinates", lambda r: r.report.provenance.build),
    Column("fusion", "", "Genes, 5' partner first", lambda r: r.fusion.name),
    Column("exons", "", "Genes with the exons side by side", lambda r: r.fusion.exon_name),
    Column("variant", "", "Name of the variant in use", lambda r: r.fusion.variant_name),
    Column("five_prime", "1-based", "Breakpoint of the 5' partner", lambda r: str(r.fusion.five_prime.breakpoint)),
    Column("five_prime_place", "", "Where it lies in the gene", lambda r: r.fusion.five_prime.place),
    Column("three_prime", "1-based", "Breakpoint of the 3' partner", lambda r: str(r.fusion.three_prime.breakpoint)),
    Column("three_prime_place", "", "Where it lies in the gene", lambda r: r.fusion.three_prime.place),
    Column("frame", "", "IN_FRAME, OUT_OF_FRAME, NO_TRANSCRIPT or UNKNOWN", lambda r: r.fusion.frame),
    Column("kinase_kept", "", "yes, no, or empty without such a domain", lambda r: _yes(r.fusion.kinase_domain_kept)),
    Column("partners", "", "KNOWN or NOVEL", lambda r: r.fusion.partners),
    Column("microhomology", "", "Bases that either side could have given", lambda r: r.fusion.microhomology),
    Column("inserted", "", "Bases between both sides", lambda r: r.fusion.inserted),
    Column("junction", "", "Sequence across the junction, 5' partner first", lambda r: r.fusion.junction),
    Column("reciprocal_of", "", "Event that joins the two remaining ends", lambda r: r.fusion.reciprocal_of),
    Column("hotspot_ids", "", "Panel hotspots, `;` between them", lambda r: ";".join(r.fusion.hotspot_ids)),
    *support_columns(FusionRow),
    Column("positions", "", "Distinct pairs of outer ends", lambda r: r.call.distinct_positions),
    *share_columns(FusionRow),
    Column("log10_p", "", "log10 of the probability of as many chance chimeras", lambda r: r.call.log10_p),
    *limit_columns(FusionRow),
    Column("laboratory_normals", "", "Normals of the error model that show it", lambda r: r.fusion.laboratory_normals),
    Column("laboratory_molecules", "molecules", "Their molecules that do", lambda r: r.fusion.laboratory_molecules),
)

COPY_COLUMNS: Final[tuple[Column[CopyRow], ...]] = (
    Column("case_id", "", "Case", lambda r: r.report.case.case_id),
    Column("specimen", "", "csf, plasma or tissue", lambda r: r.number.specimen),
    Column("gene", "", "Gene symbol", lambda r: r.number.gene),
    Column("amplification", "", "State of an amplification", lambda r: r.number.amplification),
    Column("deep_loss", "", "State of the loss of both copies", lambda r: r.number.deep_loss),
    Column("targets", "", "Targets with molecules", lambda r: r.number.targets),
    Column("molecules", "molecules", "Independent molecules over them", lambda r: r.number.molecules),
    Column("log2_ratio", "log2", "Depth against the bulk of the panel", lambda r: r.number.log2_ratio),
    Column("log2_low", "log2", "Lower end of its interval", lambda r: r.number.log2_low),
    Column("log2_high", "log2", "Upper end of its interval", lambda r: r.number.log2_high),
    Column("z", "standard errors", "Distance from the bulk", lambda r: r.number.z),
    Column("tumour_fraction", "fraction", "As put in; empty if unknown", lambda r: r.number.tumour_fraction),
    Column("copies", "copies", "Copies per tumour cell", lambda r: r.number.copies),
    Column("copies_low", "copies", "Lower end of their interval", lambda r: r.number.copies_low),
    Column("copies_high", "copies", "Upper end of their interval", lambda r: r.number.copies_high),
    Column("extent", "", "FOCAL, ARM or UNKNOWN", lambda r: r.number.extent),
    Column(
        "amplification_limit",
        "copies",
        "Copies that would have been called",
        lambda r: r.number.amplification_limit_copies,
    ),
    Column(
        "loss_limit", "tumour fraction", "At which a deep loss would be", lambda r: r.number.loss_limit_tumour_fraction
    ),
    Column("baseline", "", "What the depth is compared with", lambda r: r.number.baseline),
    Column("reason", "", "Why the states are what they are", lambda r: r.number.reason),
)

LOSS_COLUMNS: Final[tuple[Column[LossRow], ...]] = (
    Column("case_id", "", "Case", lambda r: r.report.case.case_id),
    Column("specimen", "", "csf, plasma or tissue", lambda r: r.loss.specimen),
    Column("gene", "", "Gene symbol", lambda r: r.loss.gene),
    Column("state", "", "DETECTED, NOT_DETECTED, INDETERMINATE or NOT_ASSESSABLE", lambda r: r.loss.state),
    Column("heterozygous_sites", "", "Heterozygous variants of the patient", lambda r: r.loss.heterozygous_sites),
    Column("molecules", "molecules", "Molecules at them", lambda r: r.loss.molecules),
    Column("shift", "fraction", "Mean distance of their fractions from the normal", lambda r: r.loss.shift),
    Column("shift_low", "fraction", "Lower end of its interval", lambda r: r.loss.shift_low),
    Column("shift_high", "fraction", "Upper end of its interval", lambda r: r.loss.shift_high),
    Column("log10_p", "", "log10 of the probability of such a shift in balance", lambda r: r.loss.log10_p),
    Column(
        "lod_tumour_fraction",
        "tumour fraction",
        "At which the loss of one copy would be called",
        lambda r: r.loss.lod_tumour_fraction,
    ),
    Column("reason", "", "Why the state is what it is", lambda r: r.loss.reason),
)


def _yes(value: bool | None) -> str | None:
    return None if value is None else "yes" if value else "no"
