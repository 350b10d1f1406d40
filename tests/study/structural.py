"""Measure structural changes on simulated specimens: `python -m tests.study.structural [--quick] [--out FILE]`.

Fusions: molecules of nine rearrangements between true genes at true coordinates, in synthetic introns (random sequence
of 42% GC, as no intron sequence is at hand), through `bwa mem`; delly reads the same files where it is installed.
Loss of heterozygosity: molecules of both alleles at heterozygous variants, judged as `csfgeno call` judges them.
"""

import argparse
import shutil
import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pysam

from csfgeno.genome.normalise import normalise
from csfgeno.io.reference import ReferenceFasta
from csfgeno.molecules.beyond import partner_places, read_beyond
from csfgeno.molecules.reader import Source, probe, read_molecules
from csfgeno.molecules.tiles import make_tiles
from csfgeno.records import Breakpoint, Fusion, Interval
from csfgeno.simulation.rearranged import PlantedFusion, PlantedTarget, Rearranged, SparseGenome, draw_pairs
from csfgeno.simulation.recipe import Recipe
from csfgeno.structural.fusions import FusionSearch, find_fusions, read_specimen
from csfgeno.structural.genes import FusionGenes, load_fusion_genes
from csfgeno.structural.heterozygosity import Site, judge_balance
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import Build, CallState, ContigStyle, Side, SpecimenKind
from tests.structural.aligned import align, index_stretches, synthetic_genome, write_genome

FUSIONS = (
    ("EML4", 13, "ALK", 19),
    ("EML4", 6, "ALK", 19),
    ("CD74", 6, "ROS1", 33),
    ("KIF5B", 15, "RET", 11),
    ("ETV6", 5, "NTRK3", 14),
    ("TPM3", 7, "NTRK1", 9),
    ("SLC34A2", 4, "ROS1", 31),
    ("CCDC6", 1, "RET", 11),
    ("CD74", 6, "NRG1", 5),
)
LEVELS = (1, 2, 3, 5, 10, 20)
DEPTH = 150.0
REACH_BP = 300
RECIPE = replace(Recipe(), family_mean=2.5, singleton_share=0.5, duplex_yield=0.3)
CHIMERAS = 1e-3
HETEROZYGOUS_SITES = (1, 2, 4)
LOST_FRACTIONS = (0.0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.9)


@dataclass(frozen=True)
class Bench:
    """Genome, index and planted places of the study."""

    folder: Path
    genes: FusionGenes
    places: tuple[tuple[Breakpoint, Breakpoint], ...]
    lengths: dict[str, int]
    stretches: Path
    fasta: Path

    @property
    def targets(self) -> list[Interval]:
        """What is read: the 3' partner alone, as panels do."""
        return [Interval(b.contig, b.pos - REACH_BP, b.pos + REACH_BP) for _, b in self.places]


def place(genes: FusionGenes, gene: str, intron: int, share: float, *, keeps_start: bool) -> Breakpoint:
    model = genes.model(gene)
    region = model.intron(intron)
    assert region is not None
    side = next(side for side in Side if model.keeps_start(side) is keeps_start)
    return Breakpoint(region.contig, region.start + int(len(region) * share), side)


def make_bench(folder: Path) -> Bench:
    genes = load_fusion_genes(Build.GRCH38, ContigStyle.CHR)
    places = tuple(
        (
            place(genes, five, intron, 0.3 + 0.05 * number, keeps_start=True),
            place(genes, three, other, 0.6 - 0.05 * number, keeps_start=False),
        )
        for number, (five, intron, three, other) in enumerate(FUSIONS)
    )
    around = sorted(Interval(p.contig, p.pos - 1_100, p.pos + 1_100) for pair in places for p in pair)
    stretches: list[Interval] = []
    for own in around:
        if stretches and stretches[-1].contig == own.contig and own.start <= stretches[-1].end:
            stretches[-1] = Interval(own.contig, stretches[-1].start, max(own.end, stretches[-1].end))
        else:
            stretches.append(own)
    genome = synthetic_genome(stretches, seed=1)
    lengths: dict[str, int] = {}
    for own in stretches:
        lengths[own.contig] = max(lengths.get(own.contig, 0), own.end + 1_000)
    fasta = write_genome(genome, lengths, folder / "genome.fa.gz")
    return Bench(folder, genes, places, lengths, index_stretches(genome, folder), fasta)


def read_genome(bench: Bench) -> SparseGenome:
    parts: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for record in bench.stretches.read_text().split(">")[1:]:
        name, bases = record.split("\n")[:2]
        contig, _, start = name.partition("@")
        parts[contig].append((int(start), bases))
    return SparseGenome({contig: tuple(own) for contig, own in parts.items()})


def simulate(bench: Bench, molecules: int, seed: int) -> Path:
    genome = read_genome(bench)
    planted = [PlantedFusion(a, b, molecules) for a, b in bench.places] if molecules else []
    library = Rearranged([PlantedTarget(t, DEPTH) for t in bench.targets], planted, CHIMERAS, recipe=RECIPE)
    pairs = draw_pairs(library, genome, np.random.default_rng(seed))
    return align(pairs, bench.stretches, bench.lengths, bench.folder / f"{molecules}.{seed}.bam")


def call(bench: Bench, bam: Path) -> tuple[Fusion, ...]:
    thresholds = Thresholds()
    source = Source(bam, bench.fasta, thresholds, normalise)
    targets = sorted(bench.targets)
    mode = probe(source, targets, None)
    tiles = tuple(read_molecules(source, make_tiles(targets, mode.reads_per_bp), mode, 1))
    with ReferenceFasta(bench.fasta) as fasta:
        beyond = read_beyond(source, partner_places(tiles), mode)
        specimen = read_specimen(SpecimenKind.CSF, tiles, mode.evidence, thresholds, fasta, beyond)
        return find_fusions([specimen], FusionSearch(bench.genes, fasta, thresholds, fasta.contigs))


def error_bp(fusion: Fusion, pair: tuple[Breakpoint, Breakpoint]) -> int | None:
    """Return the larger distance of both breakpoints from the truth, `None` if it is another junction."""
    found = (fusion.five_prime.breakpoint, fusion.three_prime.breakpoint)
    distances = []
    for one, truth in zip(found, pair, strict=True):
        if (one.contig, one.keeps) != (truth.contig, truth.keeps):
            return None
        distances.append(abs(one.pos - truth.pos))
    return max(distances) if max(distances) <= 20 else None


def delly(bench: Bench, bam: Path) -> list[tuple[str, int, str, int]] | None:
    """Return the junctions that delly passes, `None` if it is not installed."""
    if shutil.which("delly") is None:
        return None
    out = bam.with_suffix(".bcf")
    command = ["delly", "call", "-g", str(bench.fasta), "-o", str(out), str(bam)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode or not out.exists():
        return []
    found = []
    with pysam.VariantFile(str(out)) as records:
        for record in records:
            other = record.info.get("CHR2", record.chrom)
            end = record.info["POS2"] if "POS2" in record.info else record.stop
            found.append((record.chrom, record.pos, str(other), int(end)))
    return found


def delly_hits(found: Sequence[tuple[str, int, str, int]], pair: tuple[Breakpoint, Breakpoint]) -> bool:
    ends = {(p.contig, p.pos) for p in pair}
    return any(
        all(any(c == contig and abs(x - pos) <= 50 for c, x in ((a, x1), (b, x2))) for contig, pos in ends)
        for a, x1, b, x2 in found
    )


def study_fusions(folder: Path, replicates: int, blanks: int) -> Iterator[str]:
    bench = make_bench(folder)
    yield "| molecules | events | detected | indeterminate | delly | bp off, median / max | counted - planted, mean |"
    yield "|---|---|---|---|---|---|---|"
    for molecules in LEVELS:
        detected = doubtful = by_delly = 0
        errors: list[int] = []
        counted: list[int] = []
        for replicate in range(replicates):
            bam = simulate(bench, molecules, seed=100 * molecules + replicate)
            fusions, others = call(bench, bam), delly(bench, bam)
            for pair in bench.places:
                own = [(f, e) for f in fusions if (e := error_bp(f, pair)) is not None]
                by_delly += others is not None and delly_hits(others, pair)
                if own:
                    detected += own[0][0].calls[0].state is CallState.DETECTED
                    doubtful += own[0][0].calls[0].state is CallState.INDETERMINATE
                    errors.append(own[0][1])
                    counted.append(own[0][0].calls[0].molecules - molecules)
            bam.unlink()
        events = replicates * len(bench.places)
        off = f"{np.median(errors):.0f} / {max(errors)}" if errors else "-"
        bias = f"{np.mean(counted):+.2f}" if counted else "-"
        yield f"| {molecules} | {events} | {detected} | {doubtful} | {by_delly} | {off} | {bias} |"
    false = doubtful = by_delly = 0
    for replicate in range(blanks):
        bam = simulate(bench, 0, seed=9_000 + replicate)
        states = [f.calls[0].state for f in call(bench, bam)]
        false += states.count(CallState.DETECTED)
        doubtful += states.count(CallState.INDETERMINATE)
        by_delly += len(delly(bench, bam) or [])
        bam.unlink()
    yield ""
    yield (
        f"{blanks} blanks with {CHIMERAS:.1%} chimeric molecules: {false} false fusions detected, {doubtful} "
        f"indeterminate; delly {by_delly}."
    )


def study_heterozygosity(replicates: int) -> Iterator[str]:
    """Yield the table of heterozygosity: sites 1,500 molecules deep in the specimen and 800 in the normal."""
    thresholds, rng = Thresholds(), np.random.default_rng(23)
    yield "| heterozygous variants | tumour fraction | called | not detected | limit stated, median |"
    yield "|---|---|---|---|---|"
    for sites in HETEROZYGOUS_SITES:
        for fraction in LOST_FRACTIONS:
            states, limits = [], []
            for _ in range(replicates):
                loss = judge_balance("TP53", SpecimenKind.CSF, draw_sites(sites, fraction, rng), thresholds)
                states.append(loss.state)
                limits.append(loss.lod_tumour_fraction or 1.0)
            called, absent = (states.count(state) for state in (CallState.DETECTED, CallState.NOT_DETECTED))
            yield f"| {sites} | {fraction} | {called}/{replicates} | {absent}/{replicates} | {np.median(limits):.2f} |"


def draw_sites(count: int, fraction: float, rng: np.random.Generator) -> list[Site]:
    """Return heterozygous variants of a gene that `fraction` of the DNA holds one copy of, and no more."""
    depths = rng.poisson(1_500, count)
    normal = rng.binomial(800, 0.5, count)
    lost = rng.random(count) < 0.5  # which of both alleles the lost copy held
    share = np.where(lost, 1.0 - fraction, 1.0) / (2.0 - fraction)
    shown = rng.binomial(depths, share)
    return [Site(n / 800, 800, int(alt), int(depth)) for n, alt, depth in zip(normal, shown, depths, strict=True)]


def main() -> None:
    """Run the study and write its tables."""
    parser = argparse.ArgumentParser(prog="python -m tests.study.structural", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one specimen a level")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("STRUCTURAL.md"))
    options = parser.parse_args()
    replicates, blanks, draws = (1, 1, 20) if options.quick else (2, 5, 100)
    with tempfile.TemporaryDirectory() as folder:
        lines = ["# Structural changes: what was measured", "", "## Fusions", ""]
        lines += study_fusions(Path(folder), replicates, blanks)
        lines += ["", "## Loss of heterozygosity", "", *study_heterozygosity(5 * draws), ""]
    options.out.write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
