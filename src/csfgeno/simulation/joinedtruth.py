"""What the reads of joined chromosomes hold in truth: junctions, and what else they cover."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass, fields
from typing import Final, NamedTuple

import numpy as np

from csfgeno.genome.edit import trim
from csfgeno.records import Breakpoint
from csfgeno.simulation.events import Junction, PlantedEvent, cut_of
from csfgeno.simulation.haplotypes import Mask, Positions
from csfgeno.simulation.joined import JoinedMolecules, Joint, Span
from csfgeno.simulation.library import Library, count_per_molecule
from csfgeno.simulation.molecules import Molecules
from csfgeno.simulation.recipe import Recipe
from csfgeno.simulation.truth import Tally
from csfgeno.simulation.variants import PlantedVariant

SHOWN_BP: Final = 10
"""With fewer bases on one side hardly anyone can tell a junction from the end of a read; a convention of the truth."""


@dataclass(frozen=True, slots=True)
class JunctionTally:
    """Molecules with at least a base on either side of a junction.

    One of their reads goes over it (`read_over`), or it lies between the mates (`spanning`). Of those read over,
    `shown` ones have a read with `SHOWN_BP` or more on either side, and `split` ones have a read with alignments on
    both sides; the others are clipped.
    """

    molecules: int = 0
    read_over: int = 0
    shown: int = 0
    split: int = 0
    spanning: int = 0
    duplex_molecules: int = 0
    read_pairs: int = 0


COUNTED: Final = tuple(f.name for f in fields(JunctionTally))


class Cut(NamedTuple):
    """A place where an event cuts a chromosome: before base `at`."""

    contig: str
    at: int


def cut_at(place: Breakpoint) -> Cut:
    """Return where a breakpoint cuts."""
    return Cut(place.contig, cut_of(place))


def cuts_of(events: Iterable[PlantedEvent]) -> tuple[Cut, ...]:
    """Return the distinct cuts of events."""
    return tuple(dict.fromkeys(cut_at(place) for event in events for place in event.places))


class Cover(NamedTuple):
    """What the reads of one molecule cover in one piece."""

    span: Span
    is_duplex: bool


@dataclass(frozen=True, slots=True)
class JoinedTruth:
    """Truth of all joined molecules.

    Attributes
    ----------
    junctions, chimeras
        Of each planted junction, and of the chimeras of the library together.
    whole
        Molecules that go over a cut in one piece.
    variants
        The part of these molecules in the tallies of small variants, none of which they carry.
    covers
        For the depth of sites.
    """

    junctions: tuple[tuple[Junction, JunctionTally], ...] = ()
    chimeras: JunctionTally = JunctionTally()
    whole: tuple[tuple[Cut, int], ...] = ()
    variants: tuple[tuple[PlantedVariant, Tally], ...] = ()
    covers: tuple[Cover, ...] = ()
    read_pairs: int = 0


def count_joined(
    found: JoinedMolecules,
    library: Library,
    is_split: Mask,
    events: Sequence[PlantedEvent],
    variants: Sequence[PlantedVariant],
    recipe: Recipe,
) -> JoinedTruth:
    """Return the truth; `is_split` says which reads (left ones, then right ones) have a supplementary alignment."""
    molecules = found.molecules
    held = [tuple(found.joined.spans(*ends)) for ends in zip(molecules.start, molecules.end, strict=True)]
    spans = [tuple(_read_spans(found, number, recipe.read_bp)) for number in range(len(molecules))]
    pairs = np.bincount(library.molecule, weights=library.size, minlength=len(spans)).astype(np.int64)
    is_duplex = count_per_molecule(library, len(spans)) == 2
    counted = [(joint, _count_joint(joint, found, library, is_split, recipe)) for joint in found.joined.joints]
    return JoinedTruth(
        junctions=tuple((joint.junction, tally) for joint, tally in counted if joint.junction is not None),
        chimeras=_total(tally for joint, tally in counted if joint.junction is None),
        whole=tuple((cut, _count_over(cut, held)) for cut in cuts_of(events)),
        variants=tuple((variant, _count_variant(variant, spans, pairs, is_duplex)) for variant in variants),
        covers=tuple(
            Cover(span, bool(duplex)) for own, duplex in zip(spans, is_duplex, strict=True) for span in _merge(own)
        ),
        read_pairs=len(library.family),
    )


def count_whole(molecules: Molecules, contig: str, cuts: Iterable[Cut]) -> tuple[tuple[Cut, int], ...]:
    """Return how many molecules of a chromosome without junction go over each cut of the contig."""
    first, last = molecules.chromosomes.at[molecules.start], molecules.chromosomes.at[molecules.end - 1]
    return tuple((cut, int(((first < cut.at) & (last >= cut.at)).sum())) for cut in cuts if cut.contig == contig)


def _count_over(cut: Cut, held: Iterable[tuple[Span, ...]]) -> int:
    return sum(any(span.contig == cut.contig and span.start < cut.at < span.end for span in own) for own in held)


def _count_joint(
    joint: Joint, found: JoinedMolecules, library: Library, is_split: Mask, recipe: Recipe
) -> JunctionTally:
    carries = joint.is_in(found.molecules.start, found.molecules.end)
    reads = found.reads(recipe.read_bp)
    over = [joint.is_in(first, last) for first, last in reads]
    read_over = np.logical_or.reduce(over)
    shown = np.logical_or.reduce([joint.is_in(first, last, SHOWN_BP) for first, last in reads])
    of_pair = library.molecule[library.family]
    shows = np.concatenate([side[of_pair] for side in over]) & is_split
    split = np.unique(np.tile(of_pair, 2)[shows])
    return JunctionTally(
        molecules=int(carries.sum()),
        read_over=int(read_over.sum()),
        shown=int(shown.sum()),
        split=len(split),
        spanning=int((carries & ~read_over).sum()),
        duplex_molecules=int((carries & (count_per_molecule(library, len(carries)) == 2)).sum()),
        read_pairs=int(carries[of_pair].sum()),
    )


def _total(tallies: Iterable[JunctionTally]) -> JunctionTally:
    sums = np.array([astuple(tally) for tally in tallies], np.int64).reshape(-1, len(COUNTED)).sum(axis=0)
    return JunctionTally(*sums.tolist())


def _read_spans(found: JoinedMolecules, number: int, read_bp: int) -> Iterator[Span]:
    start, end = int(found.molecules.start[number]), int(found.molecules.end[number])
    length = min(end - start, read_bp)
    for first, last in ((start, start + length), (end - length, end)):
        yield from found.joined.spans(first, last)


def _count_variant(
    variant: PlantedVariant, spans: Sequence[tuple[Span, ...]], pairs: Positions, is_duplex: Mask
) -> Tally:
    prefix, ref, alt = trim(variant.allele.ref, variant.allele.alt)
    beyond = int(len(ref) != len(alt))
    low = variant.allele.start + prefix - beyond
    needed = Span(variant.allele.contig, low, low + len(ref) + 2 * beyond)
    holds = np.array([any(_contains(span, needed) for span in own) for own in spans], bool)
    return Tally(
        molecules=int(holds.sum()), duplex_molecules=int((holds & is_duplex).sum()), read_pairs=int(pairs[holds].sum())
    )


def _contains(span: Span, needed: Span) -> bool:
    return span.contig == needed.contig and span.start <= needed.start and span.end >= needed.end


def _merge(spans: Iterable[Span]) -> list[Span]:
    """Return the spans of one molecule, overlapping ones as one."""
    merged: list[Span] = []
    for span in sorted(spans):
        last = merged[-1] if merged else None
        if last is not None and last.contig == span.contig and span.start <= last.end:
            merged[-1] = Span(last.contig, last.start, max(last.end, span.end))
        else:
            merged.append(span)
    return merged
