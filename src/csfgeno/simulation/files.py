"""The files of a simulated specimen: reads, truth, and the recipe that gives them again."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from csfgeno.io import outputs
from csfgeno.io.bamwriter import BamWriter
from csfgeno.records import Target
from csfgeno.simulation.recipe import Recipe, describe
from csfgeno.simulation.specimen import SimulatedReads
from csfgeno.simulation.truth import PlantedTruth, SiteDepth, Tally, truth_table, truth_vcf
from csfgeno.simulation.variants import PlantedVariant


@dataclass(frozen=True, slots=True)
class SpecimenTruth:
    """What all reads of a specimen hold."""

    planted: tuple[PlantedTruth, ...]
    depths: Mapping[str, tuple[SiteDepth, ...]]
    read_pairs: int


def write_reads(path: Path, reads: Iterable[SimulatedReads], contigs: Mapping[str, int], sample: str) -> SpecimenTruth:
    """Write a BAM and its index, and return what it holds; reads pass through, they are not kept.

    Parameters
    ----------
    contigs
        Length in bp by name, in the order in which `reads` come.
    """
    tallies: dict[PlantedVariant, Tally] = {}
    depths: dict[str, list[SiteDepth]] = {}
    pairs = 0
    with BamWriter(path, contigs, sample) as bam:
        for stretch in reads:
            bam.write(stretch.contig, stretch.rows, stretch.settled)
            pairs += len(stretch.rows) // 2
            for variant, tally in stretch.tallies:
                tallies[variant] = tallies.get(variant, Tally()) + tally
            _add_depth(depths.setdefault(stretch.contig, []), stretch.depth)
    planted = tuple(PlantedTruth(variant, tally) for variant, tally in tallies.items())
    return SpecimenTruth(planted, {contig: tuple(found) for contig, found in depths.items()}, pairs)


def write_truth(
    directory: Path, stem: str, planted: Sequence[PlantedTruth], contigs: Mapping[str, int], sample: str
) -> None:
    """Write the truth as `<stem>.truth.tsv` and `<stem>.truth.vcf.gz`."""
    outputs.write_bytes(directory / f"{stem}.truth.tsv", truth_table(planted).encode())
    outputs.write_vcf(directory / f"{stem}.truth.vcf.gz", truth_vcf(planted, contigs, sample))


def write_sites(path: Path, depths: Mapping[str, Sequence[SiteDepth]], targets: Iterable[Target]) -> None:
    """Write the molecules over every base of the targets; positions are 1-based."""
    lines = ["contig\tpos\tmolecules\tduplex_molecules"]
    for target in targets:
        place = target.interval
        for depth in depths.get(place.contig, ()):
            low, high = max(place.start, depth.start), min(place.end, depth.start + len(depth.molecules))
            for position in range(low, high):
                counts = (depth.molecules[position - depth.start], depth.duplex_molecules[position - depth.start])
                lines.append(f"{place.contig}\t{position + 1}\t{counts[0]}\t{counts[1]}")
    outputs.write_bytes(path, ("\n".join(lines) + "\n").encode())


def write_recipe(path: Path, recipe: Recipe, seed: int) -> None:
    """Write every parameter with its unit, meaning and source."""
    rows = [("parameter", "value", "unit", "meaning", "source"), ("seed", str(seed), "", "of all random numbers", "")]
    text = "".join("\t".join(row) + "\n" for row in (*rows, *describe(recipe)))
    outputs.write_bytes(path, text.encode())


def _add_depth(found: list[SiteDepth], depth: SiteDepth) -> None:
    if found and found[-1].start == depth.start and len(found[-1].molecules) == len(depth.molecules):
        both = (found[-1].molecules + depth.molecules, found[-1].duplex_molecules + depth.duplex_molecules)
        found[-1] = SiteDepth(depth.start, *both)
    else:
        found.append(depth)


def make_generator(seed: int) -> np.random.Generator:
    """Return the random numbers of a seed; the algorithm is named so that a new numpy keeps the bytes."""
    return np.random.Generator(np.random.PCG64(seed))
