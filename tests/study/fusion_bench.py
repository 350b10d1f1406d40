"""Rearranged specimens for the study: drawn molecules, `bwa mem`, and what csfgeno and delly make of the same file.

Rearrangements between true genes at true coordinates, in synthetic introns (random sequence of 42% GC, as no intron
sequence is at hand). The library reads 300 bases on either side of the second breakpoint alone, as panels do.
"""

import shutil
import subprocess
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
import pysam

from csfgeno.genome.normalise import normalise
from csfgeno.genome.sequence import reverse_complement
from csfgeno.io.reference import ReferenceFasta
from csfgeno.molecules.beyond import partner_places, read_beyond
from csfgeno.molecules.reader import Source, probe, read_molecules
from csfgeno.molecules.tiles import make_tiles
from csfgeno.records import Breakpoint, Fusion, Interval
from csfgeno.simulation.fragments import MAX_FRAGMENT_BP
from csfgeno.simulation.rearranged import PlantedFusion, PlantedTarget, Rearranged, SparseGenome, draw_pairs
from csfgeno.simulation.recipe import Recipe, make_recipe
from csfgeno.structural.fusions import FusionSearch, FusionSpecimen, find_fusions, read_specimen
from csfgeno.structural.genes import FusionGenes, load_fusion_genes
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import Build, ContigStyle, Side, SpecimenKind
from tests.structural.aligned import align, index_stretches, synthetic_genome, write_genome

REACH_BP: Final = 300
AROUND_BP: Final = 1_100
RECIPE: Final = replace(make_recipe(SpecimenKind.CSF), family_mean=2.5, singleton_share=0.5, duplex_yield=0.3)
CHIMERAS: Final = 1e-3
DERIVED: Final = "derived"
SAME_EVENT_BP: Final = 20
DELLY_BP: Final = 50
KEPT_BEFORE_BP: Final = 1_000
"""delly reads whole chromosomes again and again; it gets them without what lies farther before the first stretch."""


@dataclass(frozen=True, slots=True)
class Rearrangement:
    """A rearrangement by the introns that break, `share` of the way along; one gene alone is a deletion inside it."""

    five: str
    five_intron: int
    five_share: float
    three: str
    three_intron: int
    three_share: float

    @property
    def is_deletion(self) -> bool:
        """Whether it joins two places of one gene."""
        return self.five == self.three

    @property
    def label(self) -> str:
        """What a report should call it: the exons on either side, as `EML4 exon 13 :: ALK exon 20`."""
        if self.is_deletion:
            return f"{self.five} exon {self.three_intron} lost"
        return f"{self.five} exon {self.five_intron} :: {self.three} exon {self.three_intron + 1}"


REARRANGEMENTS: Final = (
    Rearrangement("EML4", 13, 0.30, "ALK", 19, 0.25),
    Rearrangement("EML4", 6, 0.35, "ALK", 19, 0.75),
    Rearrangement("CD74", 6, 0.40, "ROS1", 33, 0.50),
    Rearrangement("KIF5B", 15, 0.45, "RET", 11, 0.25),
    Rearrangement("ETV6", 5, 0.50, "NTRK3", 14, 0.40),
    Rearrangement("TPM3", 8, 0.55, "NTRK1", 9, 0.35),
    Rearrangement("SLC34A2", 4, 0.60, "ROS1", 31, 0.30),
    Rearrangement("CCDC6", 1, 0.65, "RET", 11, 0.75),
    Rearrangement("CD74", 6, 0.70, "NRG1", 5, 0.20),
    Rearrangement("MET", 13, 0.50, "MET", 14, 0.30),
)
"""All are in frame: the coding bases up to the one exon and before the other leave the same rest of three. Introns of
ALK and RET break at two places that no fragment shares."""

Pair = tuple[Breakpoint, Breakpoint]


@dataclass(frozen=True)
class Bench:
    """Genome, index and planted places of the study."""

    folder: Path
    genes: FusionGenes
    places: tuple[Pair, ...]
    lengths: dict[str, int]
    stretches: Path
    fasta: Path

    @property
    def targets(self) -> list[Interval]:
        """What is read: the 3' partner alone, in the order of `places`."""
        return [Interval(b.contig, b.pos - REACH_BP, b.pos + REACH_BP) for _, b in self.places]


@dataclass(frozen=True)
class Seen:
    """What csfgeno makes of a specimen: its fusions, and the evidence that limits are told from."""

    fusions: tuple[Fusion, ...]
    specimen: FusionSpecimen


@dataclass(frozen=True, slots=True)
class DellyJunction:
    """A record of delly."""

    ends: tuple[tuple[str, int], tuple[str, int]]
    is_passed: bool


def make_bench(folder: Path) -> Bench:
    genes = load_fusion_genes(Build.GRCH38, ContigStyle.CHR)
    places = tuple(_pair(own, genes) for own in REARRANGEMENTS)
    around = [Interval(p.contig, p.pos - AROUND_BP, p.pos + AROUND_BP) for pair in places for p in pair]
    stretches = joined(around)
    genome = synthetic_genome(stretches, seed=1)
    lengths = {own.contig: own.end + 1_000 for own in stretches}
    fasta = write_genome(genome, lengths, folder / "genome.fa.gz")
    bench = Bench(folder, genes, places, lengths, index_stretches(genome, folder), fasta)
    assert not any(one.overlaps(other) for one, other in pairwise(sorted(bench.targets)))
    return bench


def joined(places: Iterable[Interval]) -> list[Interval]:
    """Return the intervals sorted, those that touch as one."""
    found: list[Interval] = []
    for own in sorted(places):
        if found and found[-1].contig == own.contig and own.start <= found[-1].end:
            found[-1] = Interval(own.contig, found[-1].start, max(own.end, found[-1].end))
        else:
            found.append(own)
    return found


def _pair(own: Rearrangement, genes: FusionGenes) -> Pair:
    return (
        _place(genes, own.five, own.five_intron, own.five_share, keeps_start=True),
        _place(genes, own.three, own.three_intron, own.three_share, keeps_start=False),
    )


def _place(genes: FusionGenes, gene: str, intron: int, share: float, *, keeps_start: bool) -> Breakpoint:
    model = genes.model(gene)
    region = model.intron(intron)
    assert region is not None
    side = next(side for side in Side if model.keeps_start(side) is keeps_start)
    return Breakpoint(region.contig, region.start + int(len(region) * share), side)


def read_genome(bench: Bench) -> SparseGenome:
    parts: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for record in bench.stretches.read_text().split(">")[1:]:
        name, bases = record.split("\n")[:2]
        contig, _, start = name.partition("@")
        parts[contig].append((int(start), bases))
    return SparseGenome({contig: tuple(own) for contig, own in parts.items()})


# ---------------------------------------------------------------------------------- specimens


def plant_molecules(bench: Bench, molecules: int, depth: float) -> Rearranged:
    """Return a library in which exactly `molecules` molecules show each junction."""
    planted = [PlantedFusion(a, b, molecules) for a, b in bench.places] if molecules else []
    return Rearranged([PlantedTarget(t, depth) for t in bench.targets], planted, CHIMERAS, recipe=RECIPE)


def plant_fractions(bench: Bench, fractions: Sequence[float], depth: float) -> Rearranged:
    """Return a library in which a fraction of the chromosomes is broken at each place, cut as chance will have it.

    What is kept of the target is read on the derived chromosome too; the other derived chromosome is lost.
    """
    targets = []
    for number, (target, fraction) in enumerate(zip(bench.targets, fractions, strict=True)):
        targets.append(PlantedTarget(target, depth * (1.0 - fraction)))
        if fraction:
            kept = Interval(f"{DERIVED}{number}", MAX_FRAGMENT_BP - 1, MAX_FRAGMENT_BP + REACH_BP)
            targets.append(PlantedTarget(kept, depth * fraction))
    return Rearranged(targets, (), CHIMERAS, recipe=RECIPE)


def derive(bench: Bench) -> SparseGenome:
    """Return the genome with the derived chromosome of each rearrangement; its junction is at `MAX_FRAGMENT_BP`."""
    genome = read_genome(bench)
    derived = {}
    for number, (first, second) in enumerate(bench.places):
        kept = reverse_complement(_arm(second, MAX_FRAGMENT_BP + REACH_BP, genome))
        derived[f"{DERIVED}{number}"] = ((0, _arm(first, MAX_FRAGMENT_BP, genome) + kept),)
    return SparseGenome({**genome.parts, **derived})


def _arm(place: Breakpoint, length: int, genome: SparseGenome) -> str:
    """Return the kept bases of a breakpoint, read towards the break."""
    if place.keeps is Side.LEFT:
        return genome.fetch(place.contig, place.pos + 1 - length, place.pos + 1)
    return reverse_complement(genome.fetch(place.contig, place.pos, place.pos + length))


def sequence(bench: Bench, library: Rearranged, genome: SparseGenome, seed: int) -> Path:
    """Return the aligned reads of a library."""
    pairs = draw_pairs(library, genome, np.random.default_rng(seed))
    return align(pairs, bench.stretches, bench.lengths, bench.folder / f"{seed}.bam")


def depth_of(input_ng: float, recipe: Recipe = RECIPE) -> float:
    return replace(recipe, input_ng=input_ng).molecules_per_base


# ---------------------------------------------------------------------------------- callers


def call(bench: Bench, bam: Path) -> tuple[Fusion, ...]:
    return look(bench, bam).fusions


def look(bench: Bench, bam: Path) -> Seen:
    thresholds = Thresholds()
    source = Source(bam, bench.fasta, thresholds, normalise)
    targets = sorted(bench.targets)
    mode = probe(source, targets, None)
    tiles = tuple(read_molecules(source, make_tiles(targets, mode.reads_per_bp), mode, 1))
    with ReferenceFasta(bench.fasta) as fasta:
        beyond = read_beyond(source, partner_places([tiles]), mode)
        specimen = read_specimen(SpecimenKind.CSF, tiles, mode.evidence, thresholds, fasta, beyond)
        search = FusionSearch(bench.genes, fasta, thresholds, fasta.contigs)
        return Seen(find_fusions([specimen], search), specimen)


def error_bp(fusion: Fusion, pair: Pair) -> int | None:
    """Return the larger distance of both breakpoints from the truth, `None` if it is another junction."""
    found = (fusion.five_prime.breakpoint, fusion.three_prime.breakpoint)
    distances = []
    for one, truth in zip(found, pair, strict=True):
        if (one.contig, one.keeps) != (truth.contig, truth.keeps):
            return None
        distances.append(abs(one.pos - truth.pos))
    return max(distances) if max(distances) <= SAME_EVENT_BP else None


def delly(bench: Bench, bam: Path) -> list[DellyJunction]:
    """Return the junctions of delly, none if it is not installed."""
    if shutil.which("delly") is None:
        return []
    moved, out = bam.with_suffix(".short.bam"), bam.with_suffix(".bcf")
    before, fasta = short_genome(bench)
    shorten(bam, before, moved)
    command = ["delly", "call", "-g", str(fasta), "-o", str(out), str(moved)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode or not out.exists():
        return []
    found = []
    with pysam.VariantFile(str(out)) as records:
        for record in records:
            other = str(record.info.get("CHR2", record.chrom))
            end = record.info["POS2"] if "POS2" in record.info else record.stop
            places = ((record.chrom, record.pos), (other, int(end)))
            first, second = ((contig, pos + before[contig]) for contig, pos in places)
            found.append(DellyJunction((first, second), "PASS" in record.filter))
    return found


def short_genome(bench: Bench) -> tuple[dict[str, int], Path]:
    """Return how many bases each chromosome loses at its beginning, and the genome without them."""
    genome, fasta = read_genome(bench), bench.folder / "short.fa.gz"
    before = {contig: parts[0][0] - KEPT_BEFORE_BP for contig, parts in genome.parts.items()}
    if not fasta.exists():
        short = {c: tuple((start - before[c], bases) for start, bases in parts) for c, parts in genome.parts.items()}
        write_genome(SparseGenome(short), {c: bench.lengths[c] - before[c] for c in before}, fasta)
    return before, fasta


def shorten(bam: Path, before: dict[str, int], out: Path) -> None:
    """Write the same records on chromosomes without their first `before` bases, SA tags included."""
    with pysam.AlignmentFile(str(bam)) as reads:
        header = reads.header.to_dict()
        for line in header["SQ"]:
            line["LN"] -= before[line["SN"]]
        with pysam.AlignmentFile(str(out), "wb", header=header) as moved:
            for read in reads:
                if read.reference_name is not None:
                    read.reference_start -= before[read.reference_name]
                if read.next_reference_name is not None:
                    read.next_reference_start -= before[read.next_reference_name]
                if read.has_tag("SA"):
                    read.set_tag("SA", _moved(str(read.get_tag("SA")), before))
                moved.write(read)
    pysam.index(str(out))


def _moved(tag: str, before: dict[str, int]) -> str:
    parts = (entry.split(",", 2) for entry in tag.rstrip(";").split(";"))
    return "".join(f"{contig},{int(pos) - before[contig]},{rest};" for contig, pos, rest in parts)


def is_hit(found: DellyJunction, pair: Pair) -> bool:
    """Return whether a junction of delly joins both places, in either order."""
    truth = [(p.contig, p.pos) for p in pair]
    return any(
        all(a == b and abs(x - y) <= DELLY_BP for (a, x), (b, y) in zip(found.ends, order, strict=True))
        for order in (truth, truth[::-1])
    )
