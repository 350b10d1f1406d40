"""The files of a simulated specimen: reads, truth, and the recipe that gives them again."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from csfgeno.io import outputs
from csfgeno.io.bamwriter import BamWriter
from csfgeno.records import Target
from csfgeno.simulation.copies import TargetCopies, copies_table
from csfgeno.simulation.events import Junction
from csfgeno.simulation.eventtruth import EventTruth, event_table
from csfgeno.simulation.joinedtruth import Cut, JoinedTruth, JunctionTally
from csfgeno.simulation.recipe import Recipe, describe
from csfgeno.simulation.specimen import SimulatedJoined, SimulatedReads
from csfgeno.simulation.truth import PlantedTruth, SiteDepth, Tally, VcfRecord, truth_table, truth_vcf
from csfgeno.simulation.variants import PlantedVariant


@dataclass(frozen=True, slots=True)
class SpecimenTruth:
    """What all reads of a specimen hold; `tallies` are of junctions, `whole` of the cuts of events."""

    planted: tuple[PlantedTruth, ...]
    depths: Mapping[str, tuple[SiteDepth, ...]]
    read_pairs: int
    tallies: Mapping[Junction, JunctionTally]
    whole: Mapping[Cut, int]
    chimeras: JunctionTally


def write_reads(
    path: Path, reads: Iterable[SimulatedReads | SimulatedJoined], contigs: Mapping[str, int], sample: str
) -> SpecimenTruth:
    """Write a BAM and its index, and return what it holds; reads pass through, only those over junctions are kept.

    Parameters
    ----------
    contigs
        Length in bp by name, in the order in which `reads` come.
    """
    sums = _Sums()
    with BamWriter(path, contigs, sample) as bam:
        for found in reads:
            if isinstance(found, SimulatedJoined):
                for contig, rows in found.rows.items():
                    bam.hold(contig, rows)
                sums.add_joined(found)
            else:
                bam.write(found.contig, found.rows, found.settled)
                sums.add_stretch(found)
    return sums.truth()


class _Sums:
    """Truth that grows with each part of the reads."""

    def __init__(self) -> None:
        self._tallies: dict[PlantedVariant, Tally] = {}
        self._depths: dict[str, list[SiteDepth]] = {}
        self._whole: Counter[Cut] = Counter()
        self._pairs = 0
        self._joined = JoinedTruth()

    def add_joined(self, found: SimulatedJoined) -> None:
        """Add the reads over junctions; the small variants that they reach are added at the end, in order."""
        self._joined = found.truth
        self._pairs += found.truth.read_pairs
        self._whole.update(dict(found.truth.whole))

    def add_stretch(self, found: SimulatedReads) -> None:
        """Add the reads of one stretch."""
        self._pairs += len(found.rows) // 2
        self._whole.update(dict(found.whole))
        for variant, tally in found.tallies:
            self._tallies[variant] = self._tallies.get(variant, Tally()) + tally
        _add_depth(self._depths.setdefault(found.contig, []), found.depth)

    def truth(self) -> SpecimenTruth:
        """Return the sums."""
        for variant, tally in self._joined.variants:
            self._tallies[variant] += tally
        for cover in self._joined.covers:
            for depth in self._depths.get(cover.span.contig, ()):
                depth.add(cover.span.start, cover.span.end, is_duplex=cover.is_duplex)
        return SpecimenTruth(
            planted=tuple(PlantedTruth(variant, tally) for variant, tally in self._tallies.items()),
            depths={contig: tuple(found) for contig, found in self._depths.items()},
            read_pairs=self._pairs,
            tallies=dict(self._joined.junctions),
            whole=self._whole,
            chimeras=self._joined.chimeras,
        )


def write_truth(
    directory: Path,
    stem: str,
    planted: Sequence[PlantedTruth],
    contigs: Mapping[str, int],
    sample: str,
    events: Sequence[VcfRecord] = (),
) -> None:
    """Write the truth as `<stem>.truth.tsv`, without events, and `<stem>.truth.vcf.gz`."""
    outputs.write_bytes(directory / f"{stem}.truth.tsv", truth_table(planted).encode())
    outputs.write_vcf(directory / f"{stem}.truth.vcf.gz", truth_vcf(planted, events, contigs, sample))


def write_events(path: Path, truths: Sequence[EventTruth], chimeras: JunctionTally) -> None:
    """Write the truth of structural events."""
    outputs.write_bytes(path, event_table(truths, chimeras).encode())


def write_copies(path: Path, targets: Sequence[Target], copies: Sequence[TargetCopies], recipe: Recipe) -> None:
    """Write the copies of each gene."""
    outputs.write_bytes(path, copies_table(targets, copies, recipe.tumour_fraction).encode())


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
