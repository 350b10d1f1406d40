"""Specimens with known copies and inherited variants, as aligned reads of `csfgeno simulate`, and the product on them.

Up to six targets of each gene of the shipped panel at their true places; real sequence where the sample genome holds
it, random sequence of 35-65% GC elsewhere. What the simulator leaves out is put in through the copies of each target:
capture that lasts (SD 0.25 log2), that of the specimen (SD 0.08 log2), and a slope on GC (SD 1 log2 per unit of GC).
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Final

import numpy as np

from csfgeno import pipeline
from csfgeno.annotation.transcripts import load_transcripts
from csfgeno.assay import RunOptions
from csfgeno.genome.contigs import rename_contig
from csfgeno.inputs.case import case_from_options
from csfgeno.inputs.entry import DEFAULT_PANEL
from csfgeno.inputs.panel import load_panel
from csfgeno.io.headers import PRIMARY_LENGTHS
from csfgeno.io.reference import ReferenceFasta
from csfgeno.records import Allele, CaseReport, Interval, Target
from csfgeno.simulation.copies import TargetCopies
from csfgeno.simulation.files import make_generator, write_reads
from csfgeno.simulation.rearranged import SparseGenome
from csfgeno.simulation.recipe import Recipe, make_recipe
from csfgeno.simulation.specimen import simulate_specimen
from csfgeno.simulation.variants import Origin, PlantedVariant
from csfgeno.vocab import Build, ContigStyle, SpecimenKind
from tests.structural.aligned import write_genome
from tests.study.fusion_bench import joined

SAMPLE_GENOME: Final = Path(__file__).parents[2] / "sample_data" / "GRCh38.masked.fa.gz"
TARGETS_A_GENE: Final = 6
FLANK_BP: Final = 1_100
SNP_DISTANCE_BP: Final = 170
CAPTURE_SD, SPECIMEN_SD, GC_SLOPE_SD = 0.25, 0.08, 1.0
BIAS_SD, SHIFT_SD = 0.02, 0.01
"""SD by which a heterozygous variant is off one half in all specimens, and by which each specimen differs from that."""

RECIPE: Final[Recipe] = replace(
    make_recipe(SpecimenKind.CSF),
    singleton_share=1.0,
    duplex_yield=0.0,
    error_scale=0.1,
    leucocyte_share=0.0,
    index_hopping=0.0,
    low_mapq_share=0.0,
)
"""One read pair a molecule and few wrong bases: depth is measured here. 5 ng, 470 molecules a base."""

DRIVERS: Final = (
    ("chr12", 25245350, "C", "A"),  # KRAS G12C
    ("chr3", 179218302, "G", "A"),  # PIK3CA E545K
)


@dataclass(frozen=True)
class CopyBench:
    """Genome, panel and capture of the study; `gc` and `capture` (log2) are those of each target."""

    folder: Path
    targets: tuple[Target, ...]
    genome: SparseGenome
    fasta: Path
    bed: Path
    lengths: Mapping[str, int]
    gc: np.ndarray[tuple[int], np.dtype[np.float64]]
    capture: np.ndarray[tuple[int], np.dtype[np.float64]]

    @property
    def genes(self) -> tuple[str, ...]:
        """Genes of the panel, in genome order."""
        return tuple(dict.fromkeys(target.gene for target in self.targets))


@dataclass(frozen=True, slots=True)
class Inherited:
    """A heterozygous variant of a person, and its fraction where both alleles are there once."""

    gene: str
    allele: Allele
    balance: float
    is_on_lost: bool


def make_bench(folder: Path) -> CopyBench:
    transcripts = load_transcripts(Build.GRCH38, ContigStyle.CHR)
    genes = {transcript.gene: transcript.span for transcript in transcripts.transcripts}
    panel = load_panel(DEFAULT_PANEL, Build.GRCH38, ContigStyle.CHR, genes)
    by_gene = groupby(panel.targets, key=lambda target: target.gene)
    targets = tuple(target for _, own in by_gene for target in _some(list(own)))
    genome = _make_genome(targets)
    known = PRIMARY_LENGTHS[Build.GRCH38]
    lengths = {contig: known[rename_contig(contig, ContigStyle.PLAIN)] for contig in genome.parts}
    fasta, bed = folder / "panel.fa.gz", folder / "targets.bed"
    if not fasta.with_suffix(".gz.fai").exists():
        write_genome(genome, lengths, fasta)
    lines = (f"{t.interval.contig}\t{t.interval.start}\t{t.interval.end}\t{t.gene}\t{t.gene}\n" for t in targets)
    bed.write_text("".join(lines))
    places = [genome.fetch(t.interval.contig, t.interval.start, t.interval.end) for t in targets]
    gc = np.array([(bases.count("G") + bases.count("C")) / len(bases) for bases in places])
    capture = np.random.default_rng(3).normal(0.0, CAPTURE_SD, len(targets))
    return CopyBench(folder, targets, genome, fasta, bed, lengths, gc, capture)


def _some(targets: Sequence[Target]) -> list[Target]:
    """Return targets of a gene that are spread over it, KRAS and PIK3CA with those of the drivers."""
    step = max(len(targets) / TARGETS_A_GENE, 1.0)
    return [targets[int(number * step)] for number in range(min(TARGETS_A_GENE, len(targets)))]


def _make_genome(targets: Sequence[Target]) -> SparseGenome:
    around = [Interval(t.interval.contig, t.interval.start - FLANK_BP, t.interval.end + FLANK_BP) for t in targets]
    order = list(dict.fromkeys(own.contig for own in around))
    parts: dict[str, list[tuple[int, str]]] = {contig: [] for contig in order}
    with ReferenceFasta(SAMPLE_GENOME) as sample:
        for place in joined(around):
            rng = random.Random(f"copies:{place}")
            gc = rng.uniform(0.35, 0.65)
            drawn = rng.choices("ACGT", ((1 - gc) / 2, gc / 2, gc / 2, (1 - gc) / 2), k=len(place))
            is_known = place.contig in sample.contigs
            real = sample.fetch(place.contig, place.start, place.end) if is_known else "N" * len(place)
            bases = "".join(r if r in "ACGT" else d for r, d in zip(real, drawn, strict=True))
            parts[place.contig].append((place.start, bases))
    return SparseGenome({contig: tuple(own) for contig, own in parts.items()})


# ---------------------------------------------------------------------------------- specimens


def draw_inherited(bench: CopyBench, counts: Mapping[str, int], rng: np.random.Generator) -> tuple[Inherited, ...]:
    """Return so many heterozygous variants of each gene, on different molecules where its targets have the room."""
    found = []
    for gene, count in counts.items():
        is_flipped = rng.random() < 0.5
        for allele in _apart(bench, gene, rng)[:count]:
            balance = 0.5 + rng.normal(0.0, BIAS_SD)
            found.append(Inherited(gene, allele, balance, bool(rng.random() < 0.5) is is_flipped))
    return tuple(found)


def _apart(bench: CopyBench, gene: str, rng: np.random.Generator) -> list[Allele]:
    change = {"A": "G", "G": "A", "C": "T", "T": "C"}
    own = [t.interval for t in bench.targets if t.gene == gene]
    places = [(place.contig, start) for place in own for start in range(place.start + 5, place.end - 5)]
    kept: list[Allele] = []
    for number in rng.permutation(len(places)).tolist():
        contig, start = places[number]
        if all(abs(start - other.start) >= SNP_DISTANCE_BP for other in kept):
            ref = bench.genome.fetch(contig, start, start + 1)
            kept.append(Allele(contig, start, ref, change[ref]))
    return kept


def write_specimen(
    bench: CopyBench,
    name: str,
    copies: Mapping[str, float],
    variants: Sequence[PlantedVariant],
    seed: int,
    recipe: Recipe = RECIPE,
) -> Path:
    """Write the reads of a specimen; `copies` are those of each gene, averaged over all cells, 2 where not given."""
    path = bench.folder / f"{name}.bam"
    rng = make_generator(seed)
    slope, noise = rng.normal(0.0, GC_SLOPE_SD), rng.normal(0.0, SPECIMEN_SD, len(bench.targets))
    log2 = bench.capture + noise + slope * (bench.gc - bench.gc.mean())
    over_targets = [
        TargetCopies(copies.get(target.gene, 2.0) * 2.0 ** float(shift))
        for target, shift in zip(bench.targets, log2, strict=True)
    ]
    reads = simulate_specimen(recipe, bench.genome, bench.targets, rng, variants=variants, copies=over_targets)
    write_reads(path, reads, bench.lengths, name)
    return path


def inherited_variants(
    inherited: Sequence[Inherited], lost: Mapping[str, float], rng: np.random.Generator
) -> Iterator[PlantedVariant]:
    """Yield the variants at the fraction that they have where `lost` of the cells lack one copy of their gene."""
    for own in inherited:
        kept = 1.0 - lost.get(own.gene, 0.0)
        alt, ref = (kept, 1.0) if own.is_on_lost else (1.0, kept)
        share = own.balance * alt / (own.balance * alt + (1.0 - own.balance) * ref)
        yield PlantedVariant(own.allele, min(max(share + rng.normal(0.0, SHIFT_SD), 0.001), 0.999), Origin.PATIENT)


def driver_variants(bench: CopyBench, tumour_fraction: float) -> Iterator[PlantedVariant]:
    """Yield clonal heterozygous variants of the tumour in genes whose copies do not change."""
    places = [t.interval for t in bench.targets]
    for contig, start, ref, alt in DRIVERS:
        assert any(p.contig == contig and p.start <= start < p.end for p in places)
        if tumour_fraction:
            yield PlantedVariant(Allele(contig, start, ref, alt), tumour_fraction / 2)


def call(bench: CopyBench, specimen: Path, normal: Path) -> CaseReport:
    """Return what `csfgeno call` reports."""
    loaded = case_from_options(
        reference=bench.fasta, csf=specimen, normal=normal, panel=str(bench.bed), case_id=specimen.stem
    )
    return pipeline.run_case(loaded, RunOptions())
