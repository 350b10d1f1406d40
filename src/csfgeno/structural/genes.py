"""Genes that fuse: exons, the domain a fusion must keep, known partners and names; from `reference/structural/`."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files

from csfgeno.genome.contigs import rename_contig
from csfgeno.genome.sequence import Strand, orient
from csfgeno.records import Interval
from csfgeno.vocab import Build, ContigStyle, Side


@dataclass(frozen=True, slots=True)
class GeneExon:
    """One exon; `coding_start` is the 0-based coding index of its first base, negative before the start codon."""

    number: int
    interval: Interval
    coding_start: int | None


@dataclass(frozen=True)
class GeneModel:
    """The transcript that names the exons of one gene, in transcript order.

    `numbers_coding_exons` tells that exons are counted from the first coding one, as the count before it is unknown.
    """

    gene: str
    transcript: str
    strand: Strand
    exons: tuple[GeneExon, ...]
    numbers_coding_exons: bool

    @cached_property
    def span(self) -> Interval:
        """From the first to the last exon."""
        starts, ends = zip(*((e.interval.start, e.interval.end) for e in self.exons), strict=True)
        return Interval(self.exons[0].interval.contig, min(starts), max(ends))

    def keeps_start(self, side: Side) -> bool:
        """Return whether a breakpoint in the gene that keeps that side keeps its 5' part."""
        return (side is Side.LEFT) is (self.strand is Strand.FORWARD)

    def exon_at(self, pos: int) -> GeneExon | None:
        """Return the exon that holds a base."""
        return next((e for e in self.exons if e.interval.start <= pos < e.interval.end), None)

    def last_before(self, pos: int) -> GeneExon | None:
        """Return the last exon, 5' to 3', that ends at or before a base."""
        at = orient(pos, pos + 1, self.strand)[0]
        kept = [e for e in self.exons if orient(e.interval.start, e.interval.end, self.strand)[1] <= at + 1]
        return kept[-1] if kept else None

    def first_after(self, pos: int) -> GeneExon | None:
        """Return the first exon, 5' to 3', that starts at or after a base."""
        at = orient(pos, pos + 1, self.strand)[0]
        kept = (e for e in self.exons if orient(e.interval.start, e.interval.end, self.strand)[0] >= at)
        return next(kept, None)

    def intron(self, number: int) -> Interval | None:
        """Return the intron after an exon of that number."""
        at = [e.number for e in self.exons]
        if number not in at or number + 1 not in at:
            return None
        left, right = sorted((self.exons[at.index(number)].interval, self.exons[at.index(number + 1)].interval))
        return Interval(left.contig, left.end, right.start)


@dataclass(frozen=True, slots=True)
class FusionGene:
    """A gene whose fusions have a meaning for therapy, and the domain that they must keep.

    `is_three_prime` tells that the gene is the 3' partner; `break_introns` are those in which it usually breaks.
    """

    gene: str
    domain: str
    is_three_prime: bool
    first_codon: int
    last_codon: int
    break_introns: tuple[int, ...]
    hotspot_id: str


@dataclass(frozen=True)
class FusionGenes:
    """All that is known of fusions before any read is looked at."""

    models: tuple[GeneModel, ...]
    genes: tuple[FusionGene, ...]
    pairs: frozenset[tuple[str, str]]
    variants: dict[tuple[str, int, str, int], str]

    def at(self, contig: str, pos: int) -> GeneModel | None:
        """Return the gene that holds a base; one whose fusions have a meaning goes before any other."""
        found = [m for m in self.models if m.span.contig == contig and m.span.start <= pos < m.span.end]
        return min(found, key=lambda m: (m.gene not in self.by_name, m.gene), default=None)

    def model(self, gene: str) -> GeneModel:
        """Return the model of a gene, which must have one."""
        return next(m for m in self.models if m.gene == gene)

    @cached_property
    def by_name(self) -> dict[str, FusionGene]:
        """Genes whose fusions have a meaning."""
        return {gene.gene: gene for gene in self.genes}

    def break_introns(self, gene: str) -> dict[int, Interval]:
        """Return the introns in which a gene usually breaks, by number."""
        introns = {number: self.model(gene).intron(number) for number in self.by_name[gene].break_introns}
        return {number: intron for number, intron in introns.items() if intron is not None}


def load_fusion_genes(build: Build, style: ContigStyle) -> FusionGenes:
    """Return the shipped tables of a build, contigs named as the genome at hand names them."""
    rows: dict[str, list[dict[str, str]]] = {}
    for row in _rows(f"exons.{build}.tsv"):
        rows.setdefault(row["gene"], []).append(row)
    return FusionGenes(
        models=tuple(_model(own, style) for own in rows.values()),
        genes=tuple(_gene(row) for row in _rows("genes.tsv")),
        pairs=frozenset((row["five_prime"], row["three_prime"]) for row in _rows("partners.tsv")),
        variants={
            (row["five_prime"], int(row["five_prime_exon"]), row["three_prime"], int(row["three_prime_exon"])): row[
                "name"
            ]
            for row in _rows("variants.tsv")
        },
    )


def _model(rows: list[dict[str, str]], style: ContigStyle) -> GeneModel:
    first = rows[0]
    contig = rename_contig(first["contig"], style)
    exons = tuple(
        GeneExon(
            int(row["exon"]),
            Interval(contig, int(row["start"]), int(row["end"])),
            None if row["coding_start"] == "." else int(row["coding_start"]),
        )
        for row in rows
    )
    is_partial = first["numbering"] != "exons"
    return GeneModel(first["gene"], first["transcript"], Strand(first["strand"]), exons, is_partial)


def _gene(row: dict[str, str]) -> FusionGene:
    return FusionGene(
        gene=row["gene"],
        domain=row["domain"],
        is_three_prime=row["side"] == "3",
        first_codon=int(row["domain_first_codon"]),
        last_codon=int(row["domain_last_codon"]),
        break_introns=tuple(int(number) for number in row["break_introns"].split(";")),
        hotspot_id=row["hotspot_id"],
    )


def _rows(name: str) -> Iterator[dict[str, str]]:
    text = files("csfgeno.reference").joinpath("structural", name).read_text(encoding="utf-8")
    return iter(csv.DictReader(text.splitlines(), delimiter="\t"))
