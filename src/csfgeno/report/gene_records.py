"""Amplifications, deep losses and losses of heterozygosity as symbolic VCF records (VCF 4.2, section 3), one a gene."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from csfgeno.records import CaseReport, CopyNumber, Interval, LossOfHeterozygosity
from csfgeno.report.vcf_text import MISSING, NONE_DETECTED, escape, float_text, genotype, listed
from csfgeno.vocab import CallState, SpecimenKind

AMPLIFICATION: Final = "DUP"
DEEP_LOSS: Final = "DEL"
IMBALANCE: Final = "CNV:LOH"

ALT: Final = {
    AMPLIFICATION: "Amplification of a gene",
    DEEP_LOSS: "Loss of both copies of a gene where IMPRECISE stands, else a deletion told by its junction",
    IMBALANCE: "Loss of heterozygosity of a gene: inherited heterozygous variants out of balance",
}

INFO: Final = (
    ("END", "1", "Integer", "Last base of the last target of the gene, or of what is lost or doubled"),
    ("IMPRECISE", "0", "Flag", "Told for the targets of the gene; where the change begins and ends is not known"),
    ("EXTENT", "1", "String", "FOCAL, ARM or UNKNOWN, in the first specimen that shows the change"),
)

FORMAT: Final = (
    ("CN", "1", "Float", "Copies per tumour cell"),
    ("CNL", "1", "Float", "Lower end of the interval of CN"),
    ("CNH", "1", "Float", "Upper end of the interval of CN"),
    ("LR", "1", "Float", "Log2 of the depth against the bulk of the panel"),
    ("LRL", "1", "Float", "Lower end of the interval of LR"),
    ("LRH", "1", "Float", "Upper end of the interval of LR"),
    ("TF", "1", "Float", "Tumour fraction that CN rests on"),
    ("HET", "1", "Integer", "Heterozygous variants of the patient in the targets of the gene"),
    ("SHIFT", "1", "Float", "Mean distance of their allele fractions from those of the normal"),
    ("SHL", "1", "Float", "Lower end of the interval of SHIFT"),
    ("SHH", "1", "Float", "Upper end of the interval of SHIFT"),
    ("LODC", "1", "Float", "Limit of detection: copies that would have been called with probability lod_power"),
    ("LODT", "1", "Float", "Limit of detection: tumour fraction at which the change would have been called"),
)

COPY_FIELDS: Final = ("GT", "DP", "CN", "CNL", "CNH", "LR", "LRL", "LRH", "TF", "LODC", "LODT", "ST")
BALANCE_FIELDS: Final = ("GT", "DP", "HET", "SHIFT", "SHL", "SHH", "LP", "LODT", "ST")

Texts = Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class GeneChange:
    """One kind of change of one gene: its state and its values in each specimen."""

    alt: str
    fields: tuple[str, ...]
    info: Texts
    states: Mapping[SpecimenKind, CallState]
    values: Mapping[SpecimenKind, Texts]

    @property
    def is_seen(self) -> bool:
        """Whether any specimen shows it, beyond doubt or not."""
        return any(state in (CallState.DETECTED, CallState.INDETERMINATE) for state in self.states.values())


def gene_lines(report: CaseReport, kinds: tuple[SpecimenKind, ...]) -> Iterator[tuple[str, int, str]]:
    """Yield contig, 0-based position and line of each change of a gene that a specimen shows.

    A gene without a change in any specimen has no record; its states and limits stand in the tables and in the JSON.

    Parameters
    ----------
    kinds
        Specimens in the order of the columns.
    """
    for gene in dict.fromkeys(target.gene for target in report.panel.targets):
        place = _span(report, gene)
        before = max(place.start - 1, 0)  # a symbolic allele stands at the base before it
        for change in _changes(report, gene):
            if change.is_seen:
                yield place.contig, before, _line(place, before, change, kinds)


def _span(report: CaseReport, gene: str) -> Interval:
    """Return the stretch from the first to the last target of a gene, on the contig of the first."""
    own = [target.interval for target in report.panel.targets if target.gene == gene]
    here = [place for place in own if place.contig == own[0].contig]
    return Interval(own[0].contig, min(place.start for place in here), max(place.end for place in here))


def _changes(report: CaseReport, gene: str) -> tuple[GeneChange, ...]:
    numbers = {own.specimen: own for own in report.copy_numbers if own.gene == gene}
    losses = {own.specimen: own for own in report.heterozygosity_losses if own.gene == gene}
    return _amplification(gene, numbers), _deep_loss(gene, numbers), _imbalance(gene, losses)


def _amplification(gene: str, numbers: Mapping[SpecimenKind, CopyNumber]) -> GeneChange:
    states = {kind: own.amplification for kind, own in numbers.items()}
    shown = _first(numbers, states)
    info = _named(gene, shown)
    if shown is not None:
        info |= {"HOTSPOT": listed(shown.hotspot_ids), "BIOMARKER": listed(shown.biomarker_ids)}
    return GeneChange(AMPLIFICATION, COPY_FIELDS, info, states, {kind: _gain(own) for kind, own in numbers.items()})


def _deep_loss(gene: str, numbers: Mapping[SpecimenKind, CopyNumber]) -> GeneChange:
    states = {kind: own.deep_loss for kind, own in numbers.items()}
    values = {kind: _loss(own) for kind, own in numbers.items()}
    return GeneChange(DEEP_LOSS, COPY_FIELDS, _named(gene, _first(numbers, states)), states, values)


def _imbalance(gene: str, losses: Mapping[SpecimenKind, LossOfHeterozygosity]) -> GeneChange:
    states = {kind: own.state for kind, own in losses.items()}
    values = {kind: _balance(own) for kind, own in losses.items()}
    return GeneChange(IMBALANCE, BALANCE_FIELDS, {"GENE": escape(gene)}, states, values)


def _named(gene: str, shown: CopyNumber | None) -> dict[str, str | None]:
    return {"GENE": escape(gene), "EXTENT": None if shown is None else shown.extent}


def _first(numbers: Mapping[SpecimenKind, CopyNumber], states: Mapping[SpecimenKind, CallState]) -> CopyNumber | None:
    """Return the specimen that shows a change, a detected one before a doubtful one; `None` if none does."""
    for wanted in (CallState.DETECTED, CallState.INDETERMINATE):
        for kind, state in states.items():
            if state is wanted:
                return numbers[kind]
    return None


def _line(place: Interval, before: int, change: GeneChange, kinds: tuple[SpecimenKind, ...]) -> str:
    verdict = "PASS" if CallState.DETECTED in change.states.values() else NONE_DETECTED
    told = {"SVTYPE": change.alt.partition(":")[0], "END": str(place.end), **change.info}
    info = ";".join(["IMPRECISE", *(f"{name}={value}" for name, value in told.items() if value)])
    site = [place.contig, str(before + 1), MISSING, "N", f"<{change.alt}>", MISSING, verdict, info]
    return "\t".join([*site, ":".join(change.fields), *(_sample(change, kind) for kind in kinds)])


def _sample(change: GeneChange, kind: SpecimenKind) -> str:
    state = change.states.get(kind)
    told = {**change.values.get(kind, {}), "GT": genotype(state), "ST": state}
    return ":".join(told.get(name) or MISSING for name in change.fields)


def _gain(own: CopyNumber) -> Texts:
    limits = own.amplification_limit_copies, own.amplification_limit_tumour_fraction
    return {**_copies(own), "LODC": float_text(limits[0]), "LODT": float_text(limits[1])}


def _loss(own: CopyNumber) -> Texts:
    return {**_copies(own), "LODT": float_text(own.loss_limit_tumour_fraction)}


def _copies(own: CopyNumber) -> Texts:
    return {
        "DP": str(own.molecules),
        "CN": float_text(own.copies),
        "CNL": float_text(own.copies_low),
        "CNH": float_text(own.copies_high),
        "LR": float_text(own.log2_ratio),
        "LRL": float_text(own.log2_low),
        "LRH": float_text(own.log2_high),
        "TF": float_text(own.tumour_fraction),
    }


def _balance(own: LossOfHeterozygosity) -> Texts:
    return {
        "DP": str(own.molecules),
        "HET": str(own.heterozygous_sites),
        "SHIFT": float_text(own.shift),
        "SHL": float_text(own.shift_low),
        "SHH": float_text(own.shift_high),
        "LP": float_text(None if own.log10_p is None else abs(own.log10_p)),
        "LODT": float_text(own.lod_tumour_fraction),
    }
