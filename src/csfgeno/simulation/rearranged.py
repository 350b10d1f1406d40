"""Unaligned read pairs of rearranged genomes: fusions, copy number, lost alleles, and chimeras of the library.

What an aligner makes of a junction is the aligner's business, so this simulator stops at FASTQ: a rearranged
chromosome is joined from two places of the genome, fragments are cut from it as from any other, and the laboratory's
own aligner splits and clips their reads.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from csfgeno.genome.sequence import SequenceSource, reverse_complement
from csfgeno.records import Allele, Breakpoint, Interval
from csfgeno.simulation.fragments import LENGTHS, MAX_FRAGMENT_BP, Weights, cell_free_weights, draw_lengths
from csfgeno.simulation.library import SMALLEST_MULTIPLEX
from csfgeno.simulation.recipe import Recipe
from csfgeno.vocab import Side

BASES: Final = "ACGT"
QUALITY: Final = 37
"""Of every base; the rate of wrong bases is `Rearranged.error_rate`."""

MIN_SHOWN_BP: Final = 25
"""A planted molecule has at least this much on either side of its junction, so that an aligner can see both."""


@dataclass(frozen=True, slots=True)
class PlantedFusion:
    """A junction that exactly `molecules` molecules carry; `first` to `second` is the direction of the reading."""

    first: Breakpoint
    second: Breakpoint
    molecules: int
    inserted: str = ""


@dataclass(frozen=True, slots=True)
class PlantedTarget:
    """A stretch to read at `depth` molecules a base.

    `alleles` are heterozygous substitutions; `alternate_share` of the molecules come from the chromosome with them,
    one half unless an allele was lost or gained.
    """

    interval: Interval
    depth: float
    alleles: tuple[Allele, ...] = ()
    alternate_share: float = 0.5


@dataclass(frozen=True, slots=True)
class Rearranged:
    """What a library holds. `chimera_rate` is the share of molecules that are ligated to a random other one."""

    targets: Sequence[PlantedTarget]
    fusions: Sequence[PlantedFusion] = ()
    chimera_rate: float = 0.0
    error_rate: float = 1e-3
    recipe: Recipe = field(default_factory=Recipe)


@dataclass(frozen=True, slots=True)
class ReadPair:
    """One read pair as sequenced, 5' to 3', under the UMI of its molecule."""

    name: str
    umi: str
    first: str
    second: str

    def fastq(self) -> str:
        """Return both FASTQ records, interleaved; the comment is the RX tag, which `bwa mem -C` copies."""
        return "".join(
            f"@{self.name} RX:Z:{self.umi}\n{bases}\n+\n{chr(QUALITY + 33) * len(bases)}\n"
            for bases in (self.first, self.second)
        )


def draw_pairs(library: Rearranged, genome: SequenceSource, rng: np.random.Generator) -> Iterator[ReadPair]:
    """Yield the read pairs of a library: those of the targets, then those of the fusions."""
    weights = cell_free_weights(library.recipe)
    molecules = [
        *(bases for target in library.targets for bases in _from_target(target, genome, weights, rng)),
        *(bases for fusion in library.fusions for bases in _from_fusion(fusion, genome, weights, rng)),
    ]
    for serial, bases in enumerate(_with_chimeras(molecules, library.chimera_rate, rng)):
        yield from _copies(serial, bases, library, rng)


def _from_target(
    target: PlantedTarget, genome: SequenceSource, weights: Weights, rng: np.random.Generator
) -> Iterator[str]:
    place = target.interval
    low = max(place.start - MAX_FRAGMENT_BP, 0)
    whole = genome.fetch(place.contig, low, place.end + MAX_FRAGMENT_BP)
    other = _substituted(whole, low, target.alleles)
    mean = float(weights @ LENGTHS)
    span = len(place) + mean
    count = rng.poisson(target.depth * span / mean)
    lengths = draw_lengths(weights, count, rng)
    starts = place.start - low + rng.integers(0, len(place) + lengths) - lengths
    is_other = rng.random(count) < target.alternate_share
    for start, length, alternate in zip(starts.tolist(), lengths.tolist(), is_other.tolist(), strict=True):
        bases = (other if alternate else whole)[max(start, 0) : start + length]
        if len(bases) == length and "N" not in bases:
            yield bases


def _substituted(bases: str, origin: int, alleles: Sequence[Allele]) -> str:
    letters = list(bases)
    for allele in alleles:
        letters[allele.start - origin] = allele.alt
    return "".join(letters)


def _from_fusion(
    fusion: PlantedFusion, genome: SequenceSource, weights: Weights, rng: np.random.Generator
) -> Iterator[str]:
    before = _arm(fusion.first, genome)
    bases, at = before + fusion.inserted + reverse_complement(_arm(fusion.second, genome)), len(before)
    lengths = np.maximum(draw_lengths(weights, fusion.molecules, rng), 2 * MIN_SHOWN_BP + len(fusion.inserted))
    for length in lengths.tolist():
        kept = int(rng.integers(MIN_SHOWN_BP, length - MIN_SHOWN_BP - len(fusion.inserted) + 1))
        yield bases[at - kept : at - kept + length]


def _arm(place: Breakpoint, genome: SequenceSource) -> str:
    """Return the kept bases of a breakpoint, read towards the break."""
    if place.keeps is Side.LEFT:
        return genome.fetch(place.contig, place.pos + 1 - MAX_FRAGMENT_BP, place.pos + 1)
    return reverse_complement(genome.fetch(place.contig, place.pos, place.pos + MAX_FRAGMENT_BP))


def _with_chimeras(molecules: Sequence[str], rate: float, rng: np.random.Generator) -> Iterator[str]:
    """Yield the molecules, a share of them with their end exchanged for that of another one."""
    for bases, chance in zip(molecules, rng.random(len(molecules)).tolist(), strict=True):
        if chance >= rate:
            yield bases
            continue
        other = molecules[int(rng.integers(len(molecules)))]
        other = reverse_complement(other) if rng.random() < 0.5 else other
        yield bases[: int(rng.integers(1, len(bases)))] + other[int(rng.integers(len(other))) :]


def _copies(serial: int, bases: str, library: Rearranged, rng: np.random.Generator) -> Iterator[ReadPair]:
    recipe = library.recipe
    if len(bases) < 2 * MIN_SHOWN_BP:
        return
    halves = ["".join(BASES[i] for i in rng.integers(0, 4, recipe.umi_bp).tolist()) for _ in (0, 1)]
    is_duplex, starts_on_b = rng.random() < recipe.duplex_yield, rng.random() < 0.5
    for is_bottom in (False, True) if is_duplex else (starts_on_b,):
        forward = reverse_complement(bases) if is_bottom else bases
        umi = "-".join(halves[::-1] if is_bottom else halves)
        for copy in range(_family(recipe, rng)):
            reads = (forward[: recipe.read_bp], reverse_complement(forward)[: recipe.read_bp])
            first, second = (_misread(read, library.error_rate, rng) for read in reads)
            yield ReadPair(f"m{serial}:{int(is_bottom)}:{copy}", umi, first, second)


def _family(recipe: Recipe, rng: np.random.Generator) -> int:
    if rng.random() < recipe.singleton_share:
        return 1
    mean = recipe.family_mean - SMALLEST_MULTIPLEX
    return SMALLEST_MULTIPLEX + int(
        rng.negative_binomial(recipe.family_shape, recipe.family_shape / (recipe.family_shape + mean))
    )


def _misread(bases: str, rate: float, rng: np.random.Generator) -> str:
    wrong = rng.binomial(len(bases), rate)
    if not wrong:
        return bases
    letters = list(bases)
    for place in rng.integers(0, len(bases), wrong).tolist():
        letters[place] = BASES[(BASES.find(letters[place]) + int(rng.integers(1, 4))) % 4]
    return "".join(letters)


@dataclass(frozen=True, slots=True)
class SparseGenome:
    """Stretches of sequence at true coordinates."""

    parts: Mapping[str, tuple[tuple[int, str], ...]]

    def fetch(self, contig: str, start: int, end: int) -> str:
        """Return the bases of [start, end), N where no stretch lies."""
        letters = ["N"] * max(end - start, 0)
        for origin, bases in self.parts.get(contig, ()):
            first, last = max(start, origin), min(end, origin + len(bases))
            if first < last:
                letters[first - start : last - start] = bases[first - origin : last - origin]
        return "".join(letters)
