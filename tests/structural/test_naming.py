"""Exon tables, exon names, frame and domain of junctions; expected values are worked out by hand."""

import pytest

from csfgeno.annotation.transcripts import load_transcripts
from csfgeno.records import Breakpoint
from csfgeno.structural.genes import FusionGenes, load_fusion_genes
from csfgeno.structural.naming import name_junction
from csfgeno.vocab import Build, ContigStyle, Frame, PartnerKind, Side

TABLES = {build: load_fusion_genes(build, ContigStyle.CHR) for build in Build}


def in_intron(gene: str, intron: int, genes: FusionGenes, *, keeps_start: bool) -> Breakpoint:
    model = genes.model(gene)
    place = model.intron(intron)
    assert place is not None
    side = next(side for side in Side if model.keeps_start(side) is keeps_start)
    return Breakpoint(place.contig, (place.start + place.end) // 2, side)


@pytest.mark.parametrize("build", Build)
def test_coding_exons_are_those_of_the_transcripts(build: Build) -> None:
    transcripts = load_transcripts(build, ContigStyle.CHR)
    for gene in ("ALK", "ROS1", "RET", "EML4", "NTRK1", "KIF5B"):
        assert [e.interval for e in TABLES[build].model(gene).exons] == [
            e.interval for e in transcripts.by_gene(gene).exons
        ]


def test_both_builds_number_exons_alike() -> None:
    one, other = (TABLES[build] for build in Build)
    for model in one.models:
        twin = other.model(model.gene)
        assert [(e.number, e.coding_start) for e in model.exons if model.gene != "NCOA4"] == [
            (e.number, e.coding_start) for e in twin.exons if model.gene != "NCOA4"
        ], model.gene


@pytest.mark.parametrize(
    ("five", "intron", "three", "other", "frame", "name"),
    [
        ("EML4", 13, "ALK", 19, Frame.IN_FRAME, "variant 1"),  # Soda 2007: E13;A20 is in frame
        ("EML4", 6, "ALK", 19, Frame.IN_FRAME, "variant 3a/b"),
        ("EML4", 20, "ALK", 19, Frame.IN_FRAME, "variant 2"),
        ("EML4", 12, "ALK", 19, Frame.OUT_OF_FRAME, None),
        ("CD74", 6, "ROS1", 33, Frame.IN_FRAME, None),
        ("KIF5B", 15, "RET", 11, Frame.IN_FRAME, None),
        ("CCDC6", 1, "RET", 11, Frame.IN_FRAME, None),
        ("ETV6", 5, "NTRK3", 14, Frame.IN_FRAME, None),
        ("SLC34A2", 4, "ROS1", 31, Frame.IN_FRAME, None),
        ("STRN", 3, "ALK", 19, Frame.UNKNOWN, None),  # no coding positions at hand
    ],
)
@pytest.mark.parametrize("build", Build)
def test_known_fusions(
    build: Build, five: str, intron: int, three: str, other: int, frame: Frame, name: str | None
) -> None:
    genes = TABLES[build]
    places = in_intron(five, intron, genes, keeps_start=True), in_intron(three, other, genes, keeps_start=False)
    naming = name_junction(min(places), max(places), genes)
    assert (naming.five_prime.gene, naming.five_prime.exon) == (five, intron)
    assert (naming.three_prime.gene, naming.three_prime.exon) == (three, other + 1)
    assert (naming.frame, naming.variant_name, naming.domain_kept) == (frame, name, True)
    assert naming.partners is PartnerKind.KNOWN


def test_reciprocal_half_has_no_domain_and_is_no_hotspot() -> None:
    genes = TABLES[Build.GRCH38]
    places = in_intron("ALK", 19, genes, keeps_start=True), in_intron("EML4", 13, genes, keeps_start=False)
    naming = name_junction(min(places), max(places), genes)
    assert (naming.five_prime.gene, naming.three_prime.gene) == ("ALK", "EML4")
    assert naming.domain_kept is None
    assert naming.hotspot_ids == ()


def test_genes_that_do_not_point_the_same_way_make_no_transcript() -> None:
    genes = TABLES[Build.GRCH38]
    places = in_intron("EML4", 13, genes, keeps_start=True), in_intron("ALK", 19, genes, keeps_start=True)
    assert name_junction(min(places), max(places), genes).frame is Frame.NO_TRANSCRIPT


def test_break_after_the_kinase_does_not_keep_it() -> None:
    genes = TABLES[Build.GRCH38]
    places = in_intron("EML4", 13, genes, keeps_start=True), in_intron("ALK", 26, genes, keeps_start=False)
    assert name_junction(min(places), max(places), genes).domain_kept is False


@pytest.mark.parametrize("build", Build)
def test_a_break_in_every_usual_intron_keeps_the_domain(build: Build) -> None:
    """Every gene has such introns in the exon table, and what breaks there is what the gene is listed for."""
    genes = TABLES[build]
    for gene in genes.genes:
        introns = genes.break_introns(gene.gene)
        assert set(introns) == set(gene.break_introns), gene.gene
        for number in introns:
            own = in_intron(gene.gene, number, genes, keeps_start=not gene.is_three_prime)
            other = in_intron("EML4" if gene.is_three_prime else "TACC3", 6, genes, keeps_start=gene.is_three_prime)
            first, second = sorted([own, other], key=lambda place: (int(place.contig.removeprefix("chr")), place.pos))
            naming = name_junction(first, second, genes)
            assert naming.domain_kept is True, (gene.gene, number)
            assert naming.hotspot_ids == (gene.hotspot_id,)
