"""`simulate_specimen`: a recipe, a genome and variants to aligned reads and their truth, one stretch at a time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

import numpy as np

from csfgeno.errors import UsageError
from csfgeno.genome.sequence import SequenceSource
from csfgeno.io.bamwriter import AlignedRows
from csfgeno.records import Interval, Target
from csfgeno.simulation.artefacts import draw_artefacts
from csfgeno.simulation.copies import MAJOR, MINOR, CopyMap, TargetCopies
from csfgeno.simulation.drawing import draw_joined
from csfgeno.simulation.eventlist import check_events
from csfgeno.simulation.events import PlantedEvent
from csfgeno.simulation.fragments import MAX_FRAGMENT_BP
from csfgeno.simulation.haplotypes import Reference, encode
from csfgeno.simulation.joined import JoinedMolecules
from csfgeno.simulation.joinedtruth import Cut, JoinedTruth, count_joined, count_whole, cuts_of
from csfgeno.simulation.library import make_library
from csfgeno.simulation.molecules import Region, draw_molecules, starts_per_bp
from csfgeno.simulation.reads import make_reads
from csfgeno.simulation.recipe import Recipe
from csfgeno.simulation.sequenced import sequence_library
from csfgeno.simulation.sequencing import QualityPool, make_quality_pool
from csfgeno.simulation.slippage import draw_slips
from csfgeno.simulation.splitreads import align_joined
from csfgeno.simulation.truth import SiteDepth, Tally, count_sites, count_variants
from csfgeno.simulation.variants import HETEROZYGOUS, Origin, PlantedVariant, check_together, draw_snps

PAIRS_AT_ONCE: Final = 20_000
"""Expected read pairs of one stretch; bounds memory. Another value would give other reads of the same seed."""

MARGIN_BP: Final = 300
"""Genome kept beyond the reach of fragments, for reads that continue past a deletion."""


@dataclass(frozen=True, slots=True)
class SimulatedReads:
    """Reads of one stretch, and what they hold.

    Attributes
    ----------
    contig
        Of all reads.
    settled
        No read of a later stretch of this contig starts before this position.
    rows
        Both reads of every pair, unsorted.
    tallies
        Of the variants that lie near, in the order of planting.
    depth
        Molecules over each base.
    whole
        Molecules over each cut of a structural event that their chromosome does not have.
    """

    contig: str
    settled: int
    rows: AlignedRows
    tallies: tuple[tuple[PlantedVariant, Tally], ...]
    depth: SiteDepth
    whole: tuple[tuple[Cut, int], ...] = ()


@dataclass(frozen=True, slots=True)
class SimulatedJoined:
    """Reads of molecules over junctions, by contig, and what they hold."""

    rows: Mapping[str, AlignedRows]
    truth: JoinedTruth


def simulate_specimen(
    recipe: Recipe,
    genome: SequenceSource,
    targets: Sequence[Target],
    rng: np.random.Generator,
    *,
    variants: Sequence[PlantedVariant] = (),
    events: Sequence[PlantedEvent] = (),
    copies: Sequence[TargetCopies] | None = None,
) -> Iterator[SimulatedReads | SimulatedJoined]:
    """Yield the reads over junctions, if there are any, then the others, stretch by stretch in the order of `targets`.

    The whole specimen follows from the arguments and the state of `rng`; memory follows the depth of a stretch, not
    the size of the panel.

    Parameters
    ----------
    targets
        Sorted by contig and start.
    variants
        What to plant; each lies in a target or in reach of one.
    events
        Structural events to plant; each has an effect on reads of the targets.
    copies
        Over each target, as `assign_copies` gives them; two everywhere if not given.

    Raises
    ------
    UsageError
        If a variant or an event is out of reach, or some of them contradict each other.
    """
    copies = tuple(copies or [TargetCopies()] * len(targets))
    planted = (*variants, *_draw_background(recipe, genome, targets, copies, variants, rng))
    regions = _make_regions(targets, genome, planted, events, copies)
    _check_reach(regions, planted)
    check_events(events, [target.interval for target in targets], genome)
    pool = make_quality_pool(recipe, rng)
    serial = 1
    if events or recipe.chimera_share:
        (own,) = rng.spawn(1)  # so that the other reads are as they would be without chimeras
        places = CopyMap(tuple(target.interval for target in targets), copies)
        found = draw_joined(events, places, genome, recipe, own)
        if found is not None:
            serial += len(found.molecules)
            yield _simulate_joined(found, events, planted, recipe, pool, own)
    for region in regions:
        for stretch in _stretches(region, recipe):
            reads, molecules = _simulate_stretch(region, recipe, stretch, pool, serial, rng)
            serial += molecules
            yield reads


def _simulate_joined(
    found: JoinedMolecules,
    events: Sequence[PlantedEvent],
    variants: Sequence[PlantedVariant],
    recipe: Recipe,
    pool: QualityPool,
    rng: np.random.Generator,
) -> SimulatedJoined:
    library = make_library(found.molecules, recipe, rng)
    artefacts = draw_artefacts(found.molecules, library, recipe, rng)
    slips = draw_slips(found.molecules, library, recipe, rng)
    sequenced = sequence_library(found.molecules, library, artefacts, slips, recipe, pool, rng)
    reads = align_joined(found.joined, sequenced, library, recipe, 1, rng)
    return SimulatedJoined(reads.rows, count_joined(found, library, reads.is_split, events, variants, recipe))


def _simulate_stretch(
    region: Region,
    recipe: Recipe,
    stretch: tuple[int, int],
    pool: QualityPool,
    serial: int,
    rng: np.random.Generator,
) -> tuple[SimulatedReads, int]:
    molecules = draw_molecules(region, recipe, stretch, rng)
    library = make_library(molecules, recipe, rng)
    artefacts = draw_artefacts(molecules, library, recipe, rng)
    slips = draw_slips(molecules, library, recipe, rng)
    reads = SimulatedReads(
        contig=region.contig,
        settled=stretch[1],
        rows=make_reads(region, molecules, library, artefacts, slips, recipe, pool, serial, rng),
        tallies=tuple(zip(region.variants, count_variants(region, molecules, library, recipe), strict=True)),
        depth=count_sites(region, molecules, library, recipe),
        whole=count_whole(molecules, region.contig, cuts_of(region.events)),
    )
    return reads, len(molecules)


def _draw_background(
    recipe: Recipe,
    genome: SequenceSource,
    targets: Sequence[Target],
    copies: Sequence[TargetCopies],
    variants: Sequence[PlantedVariant],
    rng: np.random.Generator,
) -> tuple[PlantedVariant, ...]:
    places = [target.interval for target in targets]
    rates = (recipe.snp_rate, recipe.snp_homozygous_share)
    own = draw_snps(places, genome, variants, rates, Origin.PATIENT, rng)
    second = draw_snps(places, genome, [*variants, *own], rates, Origin.CONTAMINANT, rng)
    return (*_draw_parents(own, targets, copies, rng), *second)


def _draw_parents(
    snps: Sequence[PlantedVariant],
    targets: Sequence[Target],
    copies: Sequence[TargetCopies],
    rng: np.random.Generator,
) -> Iterator[PlantedVariant]:
    """Yield inherited SNPs, heterozygous ones on either parental allele where a tumour has them unequally."""
    uneven = [t.interval for t, state in zip(targets, copies, strict=True) if state.major != state.minor]
    (own,) = rng.spawn(1) if uneven else (rng,)  # so that the other SNPs are as they would be without a tumour
    for snp in snps:
        place = snp.allele
        is_uneven = any(place.contig == t.contig and t.start <= place.start < t.end for t in uneven)
        if is_uneven and snp.vaf == HETEROZYGOUS:
            yield replace(snp, haplotype=MAJOR if own.random() < HETEROZYGOUS else MINOR)
        else:
            yield snp


def _make_regions(
    targets: Sequence[Target],
    genome: SequenceSource,
    variants: Sequence[PlantedVariant],
    events: Sequence[PlantedEvent],
    copies: Sequence[TargetCopies],
) -> list[Region]:
    check_together(variants)
    groups: list[list[Target]] = []
    for target in targets:
        if groups and _is_near(groups[-1], target):
            groups[-1].append(target)
        else:
            groups.append([target])
    own = iter(copies)
    return [_make_region(group, genome, variants, events, tuple(islice(own, len(group)))) for group in groups]


def _is_near(group: list[Target], target: Target) -> bool:
    last = max(t.interval.end for t in group)
    return group[0].interval.contig == target.interval.contig and target.interval.start - last <= 3 * MAX_FRAGMENT_BP


def _make_region(
    group: list[Target],
    genome: SequenceSource,
    variants: Sequence[PlantedVariant],
    events: Sequence[PlantedEvent],
    copies: tuple[TargetCopies, ...],
) -> Region:
    contig, reach = group[0].interval.contig, MAX_FRAGMENT_BP + MARGIN_BP
    start = max(min(t.interval.start for t in group) - reach, 0)
    end = max(t.interval.end for t in group) + reach
    inside = [v for v in variants if v.allele.contig == contig and start < v.allele.start and v.allele.end < end]
    bases = genome.fetch(contig, start, end + sum(len(v.allele.ref) for v in inside))
    return Region(
        targets=tuple(t.interval for t in group),
        copies=copies,
        reference=Reference(Interval(contig, start, start + len(bases)), encode(bases)),
        variants=tuple(inside),
        events=tuple(event for event in events if contig in event.remnants()),
    )


def _check_reach(regions: Sequence[Region], variants: Sequence[PlantedVariant]) -> None:
    reached = {variant for region in regions for variant in region.variants}
    for variant in variants:
        if variant not in reached:
            raise UsageError(f"{variant.allele} is out of reach of every target; no read would show it")


def _stretches(region: Region, recipe: Recipe) -> Iterator[tuple[int, int]]:
    pairs_per_bp = starts_per_bp(region, recipe) * recipe.pairs_per_molecule
    step = max(1, int(PAIRS_AT_ONCE / pairs_per_bp))
    first = max(region.targets[0].start - MAX_FRAGMENT_BP, region.reference.interval.start)
    last = max(target.end for target in region.targets)
    for start in range(first, last, step):
        yield start, min(start + step, last)
