"""Junctions to fusions: which gene drives and which one ends it, exons, reading frame, domain, names."""

from dataclasses import dataclass
from typing import Final

from csfgeno.records import Breakpoint, FusionPartner
from csfgeno.structural.genes import FusionGenes, GeneExon, GeneModel
from csfgeno.vocab import Frame, PartnerKind

DOMAIN_SLACK_CODONS: Final = 10
"""Where exactly a domain ends is not sharp; the last helix of a kinase is longer."""


@dataclass(frozen=True, slots=True)
class Naming:
    """What the exon tables say of a junction; `is_turned` tells that the second place is the 5' partner."""

    five_prime: FusionPartner
    three_prime: FusionPartner
    is_turned: bool
    frame: Frame
    domain_kept: bool | None
    partners: PartnerKind
    variant_name: str | None
    hotspot_ids: tuple[str, ...]


def name_junction(first: Breakpoint, second: Breakpoint, genes: FusionGenes) -> Naming:
    """Return the names of a junction of two places in genome order."""
    one, other = genes.at(first.contig, first.pos), genes.at(second.contig, second.pos)
    starts_first = one is not None and one.keeps_start(first.keeps)
    starts_second = other is not None and other.keeps_start(second.keeps)
    is_turned = starts_second and not starts_first
    places, models = ((second, first), (other, one)) if is_turned else ((first, second), (one, other))
    is_transcript = one is not None and other is not None and starts_first is not starts_second
    exons = _last_exon(places[0], models[0]), _first_exon(places[1], models[1])
    five_prime, three_prime = (
        _partner(place, model, exon if is_transcript else None)
        for place, model, exon in zip(places, models, exons, strict=True)
    )
    known = (five_prime.gene, three_prime.gene)
    return Naming(
        five_prime=five_prime,
        three_prime=three_prime,
        is_turned=is_turned,
        frame=_frame(places, models, exons) if is_transcript else Frame.NO_TRANSCRIPT,
        domain_kept=_domain_kept(known, exons, genes) if is_transcript else None,
        partners=PartnerKind.KNOWN if is_transcript and known in genes.pairs else PartnerKind.NOVEL,
        variant_name=_variant(five_prime, three_prime, genes),
        hotspot_ids=_hotspots(models, genes, is_transcript=is_transcript),
    )


def _partner(place: Breakpoint, model: GeneModel | None, exon: GeneExon | None) -> FusionPartner:
    if model is None:
        return FusionPartner(place, None, None, None, "no known gene")
    return FusionPartner(place, model.gene, model.transcript, exon.number if exon else None, _place(place.pos, model))


def _place(pos: int, model: GeneModel) -> str:
    counted = " of the coding exons" if model.numbers_coding_exons else ""
    inside, before = model.exon_at(pos), model.last_before(pos)
    if inside is not None:
        return f"exon {inside.number}{counted}"
    return f"intron {before.number}{counted}" if before is not None else "before the first exon"


def _last_exon(place: Breakpoint, model: GeneModel | None) -> GeneExon | None:
    return model.last_before(place.pos) if model else None


def _first_exon(place: Breakpoint, model: GeneModel | None) -> GeneExon | None:
    return model.first_after(place.pos) if model else None


def _frame(
    places: tuple[Breakpoint, Breakpoint],
    models: tuple[GeneModel | None, GeneModel | None],
    exons: tuple[GeneExon | None, GeneExon | None],
) -> Frame:
    """Return whether the last kept exon of the one and the first of the other fit.

    METHOD: splicing joins whole exons, so the frame is that of their coding positions; a junction inside an exon is
    not spliced that way, and one before the start codon or without coding positions says nothing.
    """
    last, first = exons
    if last is None or first is None or last.coding_start is None or first.coding_start is None:
        return Frame.UNKNOWN
    is_inside = any(model is not None and model.exon_at(place.pos) for place, model in zip(places, models, strict=True))
    end = last.coding_start + len(last.interval)
    if is_inside or end <= 0 or first.coding_start <= 0:
        return Frame.UNKNOWN
    return Frame.IN_FRAME if end % 3 == first.coding_start % 3 else Frame.OUT_OF_FRAME


def _domain_kept(
    names: tuple[str | None, str | None], exons: tuple[GeneExon | None, GeneExon | None], genes: FusionGenes
) -> bool | None:
    """Return whether the fused transcript keeps the domain of a gene that matters; `None` if it has none.

    METHOD: the last codons of a domain that its database entry counts may lie in the exon behind (three of the kinase
    of FGFR3), so a domain before the junction may lack `DOMAIN_SLACK_CODONS`.
    """
    last, first = exons
    three, five = genes.by_name.get(names[1] or ""), genes.by_name.get(names[0] or "")
    if three is not None and three.is_three_prime:
        return (
            first is not None and first.coding_start is not None and first.coding_start <= 3 * (three.first_codon - 1)
        )
    if five is not None and not five.is_three_prime:
        end = None if last is None or last.coding_start is None else last.coding_start + len(last.interval)
        return end is not None and end >= 3 * (five.last_codon - DOMAIN_SLACK_CODONS)
    return None


def _variant(five_prime: FusionPartner, three_prime: FusionPartner, genes: FusionGenes) -> str | None:
    if not (five_prime.gene and five_prime.exon and three_prime.gene and three_prime.exon):
        return None
    return genes.variants.get((five_prime.gene, five_prime.exon, three_prime.gene, three_prime.exon))


def _hotspots(
    models: tuple[GeneModel | None, GeneModel | None], genes: FusionGenes, *, is_transcript: bool
) -> tuple[str, ...]:
    """Return the hotspots that a junction is: a gene on the side of the transcript that holds its domain."""
    five, three = (genes.by_name.get(model.gene) if model else None for model in models)
    is_one_gene = models[0] is not None and models[1] is not None and models[0].gene == models[1].gene
    if not is_transcript or is_one_gene:
        return ()
    return tuple(
        gene.hotspot_id
        for gene, is_three_prime in ((five, False), (three, True))
        if gene is not None and gene.is_three_prime is is_three_prime
    )
