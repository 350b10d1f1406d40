"""Double-stranded fragments of one stretch of the genome, each with the variants that its chromosome carries."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from csfgeno.errors import UsageError
from csfgeno.records import Allele, Interval
from csfgeno.simulation.copies import DIPLOID, MAJOR, MINOR, CopyMap, TargetCopies
from csfgeno.simulation.events import EventKind, PlantedEvent
from csfgeno.simulation.fragments import cell_free_weights, draw_lengths, leucocyte_weights, mean_length
from csfgeno.simulation.haplotypes import UNKNOWN, Chromosomes, Mask, Positions, Reference, build_chromosomes
from csfgeno.simulation.recipe import Recipe
from csfgeno.simulation.variants import HETEROZYGOUS, Origin, PlantedVariant

OWN: Final = 0
LEUCOCYTE: Final = 1
SECOND_PERSON: Final = 2
NEIGHBOUR: Final = 3
"""Where a molecule is from; a neighbour's is seen as one read pair under a wrong index."""

CARRIERS: Final = {
    Origin.CELL_FREE: (OWN,),
    Origin.PATIENT: (OWN, LEUCOCYTE),
    Origin.LEUCOCYTE: (LEUCOCYTE,),
    Origin.CONTAMINANT: (SECOND_PERSON, NEIGHBOUR),
}

Shares = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Region:
    """Neighbouring targets, the genome around them, and what is planted there.

    `copies` are those over each target. `events` are those with a breakpoint on the contig; they change how many
    molecules come from the chromosome that has no junction.
    """

    targets: tuple[Interval, ...]
    copies: tuple[TargetCopies, ...]
    reference: Reference
    variants: tuple[PlantedVariant, ...]
    events: tuple[PlantedEvent, ...] = ()

    @property
    def contig(self) -> str:
        """Contig of all targets."""
        return self.targets[0].contig

    @property
    def is_imbalanced(self) -> bool:
        """Whether a tumour has more of one parental allele than of the other."""
        return any(copies.major != copies.minor for copies in self.copies)


@dataclass(frozen=True, slots=True)
class Molecules:
    """Fragments in random order.

    Attributes
    ----------
    chromosomes
        What they are pieces of.
    start, end
        Indices into `chromosomes`, half-open, shape (molecules,).
    source
        OWN, LEUCOCYTE, SECOND_PERSON or NEIGHBOUR, shape (molecules,).
    carried
        Which variants of the region a molecule's chromosome has, shape (molecules, variants).
    """

    chromosomes: Chromosomes
    start: Positions
    end: Positions
    source: npt.NDArray[np.uint8]
    carried: Mask

    def __len__(self) -> int:
        """Return the number of molecules."""
        return len(self.start)


def draw_molecules(region: Region, recipe: Recipe, stretch: tuple[int, int], rng: np.random.Generator) -> Molecules:
    """Return the captured fragments whose first base lies in `stretch` of the reference.

    Fragments start evenly along their own chromosome, so that a deletion shortens none; none starts inside an
    insertion. A fragment that touches masked sequence is left out.

    Raises
    ------
    UsageError
        If haplotypes in trans need more molecules than there are.
    """
    start, source = _draw_starts(region, recipe, stretch, rng)
    length = draw_source_lengths(recipe, source, rng)
    captured = _is_captured(region, recipe, start, length, source, rng)
    start, source, length = start[captured], source[captured], length[captured]
    carried = _draw_carriers(region, source, recipe, rng)
    chromosomes, haplotype = _gather_haplotypes(region, start, length, carried)
    first, is_there = _find_starts(chromosomes, haplotype, start)
    whole = is_there & _is_known(chromosomes, haplotype, first, first + length)
    return Molecules(chromosomes, first[whole], (first + length)[whole], source[whole], carried[whole])


def starts_per_bp(region: Region, recipe: Recipe) -> float:
    """Return the expected molecules per possible first base, before capture."""
    return usual_starts_per_bp(recipe) * _most(region, recipe) / DIPLOID


def usual_starts_per_bp(recipe: Recipe) -> float:
    """Return the expected molecules per possible first base where a cell has two copies."""
    return recipe.molecules_per_base / mean_length(recipe)


def _most(region: Region, recipe: Recipe) -> float:
    """Return the most copies that any base of the region may have."""
    highest = max(max(copies.of_sources(recipe.tumour_fraction)) for copies in region.copies)
    doubled = sum(event.vaf for event in region.events if event.kind is EventKind.DUPLICATION)
    return highest * (1 + doubled)


def _draw_starts(
    region: Region, recipe: Recipe, stretch: tuple[int, int], rng: np.random.Generator
) -> tuple[Positions, npt.NDArray[np.uint8]]:
    source = draw_sources(starts_per_bp(region, recipe) * (stretch[1] - stretch[0]), recipe, rng)
    return rng.integers(*stretch, len(source)), source


def draw_sources(expected: float, recipe: Recipe, rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """Return where each of about `expected` molecules is from, with those of a neighbour library added."""
    usual = rng.poisson(expected)
    hopped_share = recipe.index_hopping / (1 - recipe.index_hopping)
    hopped = rng.poisson(expected * recipe.pairs_per_molecule * hopped_share)
    chance = rng.random(usual)
    source = np.where(rng.random(usual) < recipe.leucocyte_share, LEUCOCYTE, OWN)
    source = np.where(chance < recipe.contamination, SECOND_PERSON, source)
    return np.concatenate([source, np.full(hopped, NEIGHBOUR)]).astype(np.uint8)


def draw_source_lengths(recipe: Recipe, source: npt.NDArray[np.uint8], rng: np.random.Generator) -> Positions:
    """Return the length of each fragment in bp."""
    cell_free = draw_lengths(cell_free_weights(recipe), len(source), rng)
    long = draw_lengths(leucocyte_weights(recipe), len(source), rng)
    return np.where(source == LEUCOCYTE, long, cell_free)


def _is_captured(
    region: Region,
    recipe: Recipe,
    start: Positions,
    length: Positions,
    source: npt.NDArray[np.uint8],
    rng: np.random.Generator,
) -> Mask:
    starts, ends = (np.array([getattr(t, name) for t in region.targets]) for name in ("start", "end"))
    overlap = np.minimum((start + length)[:, None], ends) - np.maximum(start[:, None], starts)
    target = overlap.argmax(axis=1)
    in_reach = overlap.max(axis=1) >= np.minimum(recipe.capture_overlap_bp, (ends - starts)[target])
    of_sources = np.array([copies.of_sources(recipe.tumour_fraction) for copies in region.copies])
    copies = of_sources[target, source] * _counterparts(region, start, start + length, source)
    return np.asarray(in_reach & (rng.random(len(start)) * _most(region, recipe) < copies))


def _counterparts(region: Region, start: Positions, end: Positions, source: npt.NDArray[np.uint8]) -> Shares:
    """Return how often each fragment is there, over a genome without events; those over a junction are drawn apart.

    Events exclude each other: a chromosome has one at most.
    """
    times = np.ones(len(start))
    for event in region.events:
        own = event.remnants().get(region.contig, ())
        held = sum(((start >= low) & (end <= high)).astype(int) for low, high in own)
        times += np.where(np.isin(source, CARRIERS[event.origin]), event.vaf * (held - 1.0), 0.0)
    return np.maximum(times, 0.0)


# ------------------------------------------------------------------------------------ variants


def _draw_carriers(region: Region, source: npt.NDArray[np.uint8], recipe: Recipe, rng: np.random.Generator) -> Mask:
    """Return who carries what, shape (molecules, variants).

    One number of a molecule decides on all labelled variants: each label owns a stretch of [0, 1), its variants the
    beginning of it. So variants of one label nest, those of different labels exclude each other, and each keeps its
    allele fraction. Where a tumour has more of one parental allele, the same number decides on the parent.
    """
    carried = np.zeros((len(source), len(region.variants)), bool)
    offsets = label_offsets([variant for variant in region.variants if not _is_parental(variant, region)])
    shared = rng.random(len(source))
    for index, variant in enumerate(region.variants):
        is_carrier = np.isin(source, CARRIERS[variant.origin])
        if _is_parental(variant, region):
            is_major = shared < _major_shares(variant, region, recipe)[source]
            carried[:, index] = is_carrier & (is_major == (variant.haplotype == MAJOR))
            continue
        chance = rng.random(len(source)) if variant.haplotype is None else shared - offsets[_group(variant)]
        carried[:, index] = (chance >= 0) & (chance < variant.vaf) & is_carrier
    return carried


def _is_parental(variant: PlantedVariant, region: Region) -> bool:
    """Whether a variant is of one parental allele, of which the tumour has more or less.

    Raises
    ------
    UsageError
        If it says so and is not inherited and heterozygous.
    """
    if not region.is_imbalanced or variant.haplotype not in (MAJOR, MINOR):
        return False
    if variant.origin is not Origin.PATIENT or variant.vaf != HETEROZYGOUS:
        raise UsageError(
            f"{variant.allele}: haplotype {variant.haplotype} is of inherited heterozygous variants where a tumour has "
            "one allele more often; give it origin patient and vaf 0.5, or another label"
        )
    return True


def _major_shares(variant: PlantedVariant, region: Region, recipe: Recipe) -> Shares:
    """Return the share of the major allele among the molecules of each source at a variant."""
    copies = CopyMap(region.targets, region.copies).at(region.contig, variant.allele.start)
    shares = np.full(NEIGHBOUR + 1, HETEROZYGOUS)
    shares[OWN] = copies.major_share(recipe.tumour_fraction)
    return shares


def label_offsets(variants: Sequence[PlantedVariant]) -> dict[tuple[bool, str | None], float]:
    """Return where in [0, 1) the molecules of each haplotype label begin.

    Raises
    ------
    UsageError
        If the labels of one person need more than all molecules.
    """
    widths: dict[tuple[bool, str | None], float] = {}
    for variant in variants:
        if variant.haplotype is not None:
            widths[_group(variant)] = max(widths.get(_group(variant), 0.0), variant.vaf)
    offsets, filled = {}, {True: 0.0, False: 0.0}
    for group, width in sorted(widths.items(), key=str):
        offsets[group] = filled[group[0]]
        filled[group[0]] += width
    if max(filled.values()) > 1 + 1e-9:
        near = min(variants, key=lambda v: v.allele).allele
        raise UsageError(
            f"the haplotypes around {near} need {max(filled.values()):.3g} of all molecules; "
            "variants in trans share at most 1, so lower their vaf or put them on one haplotype"
        )
    return offsets


def _group(variant: PlantedVariant) -> tuple[bool, str | None]:
    return variant.origin is Origin.CONTAMINANT, variant.haplotype


def _gather_haplotypes(
    region: Region, start: Positions, length: Positions, carried: Mask
) -> tuple[Chromosomes, Positions]:
    """Return the distinct chromosomes and that of each molecule; variants out of a molecule's reach do not count."""
    alleles = [variant.allele for variant in region.variants]
    reach = length + sum(len(allele.ref) for allele in alleles)
    near = np.zeros_like(carried)
    for index, allele in enumerate(alleles):
        near[:, index] = (allele.start <= start + reach) & (allele.end >= start)
    sets, haplotype = np.unique(np.packbits(carried & near, axis=1), axis=0, return_inverse=True)
    rows = np.unpackbits(sets, axis=1, count=len(alleles)).astype(bool) if alleles else np.zeros((len(sets), 0), bool)
    lists: list[list[Allele]] = [[alleles[i] for i in np.flatnonzero(row)] for row in rows]
    return build_chromosomes(region.reference, lists), haplotype.reshape(-1) + 1


def _find_starts(chromosomes: Chromosomes, haplotype: Positions, start: Positions) -> tuple[Positions, Mask]:
    """Return the index of each first base, and whether the molecule's chromosome has that base at all."""
    first = np.zeros(len(start), np.int64)
    for number in np.unique(haplotype):
        low, high = chromosomes.first[number], chromosomes.first[number + 1]
        mine = haplotype == number
        first[mine] = low + np.searchsorted(chromosomes.at[low:high], start[mine])
    return first, chromosomes.at[np.minimum(first, len(chromosomes.at) - 1)] == start


def _is_known(chromosomes: Chromosomes, haplotype: Positions, first: Positions, end: Positions) -> Mask:
    masked = np.concatenate([[0], np.cumsum(chromosomes.codes == UNKNOWN)])
    inside = end <= chromosomes.first[haplotype + 1]
    end = np.minimum(end, len(chromosomes.codes))
    return np.asarray(inside & (masked[end] == masked[np.minimum(first, end)]))
