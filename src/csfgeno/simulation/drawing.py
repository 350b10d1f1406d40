"""Molecules over the junctions of structural events, and chimeras of the library."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from csfgeno.genome.sequence import SequenceSource
from csfgeno.records import Interval
from csfgeno.simulation.copies import DIPLOID, CopyMap
from csfgeno.simulation.events import PlantedEvent
from csfgeno.simulation.fragments import (
    MAX_FRAGMENT_BP,
    MIN_FRAGMENT_BP,
    Weights,
    cell_free_weights,
    draw_lengths,
    mean_length,
)
from csfgeno.simulation.haplotypes import UNKNOWN, Mask, Positions
from csfgeno.simulation.joined import (
    Capture,
    Chain,
    Joined,
    JoinedMolecules,
    Span,
    Stretch,
    chains_of,
    join_chains,
    make_capture,
)
from csfgeno.simulation.molecules import (
    CARRIERS,
    OWN,
    Molecules,
    draw_source_lengths,
    draw_sources,
    usual_starts_per_bp,
)
from csfgeno.simulation.recipe import Recipe

_ATTEMPTS: Final = 50
"""Draws for each chimera that is wanted; bounds the search in a genome that is mostly masked."""

Sources = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class _Drawn:
    """Molecules of one chain: indices of the joined chromosomes, and where they are from."""

    start: Positions
    end: Positions
    source: Sources


def draw_joined(
    events: Sequence[PlantedEvent],
    copies: CopyMap,
    genome: SequenceSource,
    recipe: Recipe,
    rng: np.random.Generator,
) -> JoinedMolecules | None:
    """Return the captured molecules over the junctions of all events, then the chimeras; `None` without either."""
    chains = [(chain, event) for event in events for chain in chains_of(event)]
    targets = copies.targets
    capture = make_capture(targets, recipe.capture_overlap_bp)
    chimeras = _draw_chimeras(targets, genome, capture, recipe, rng)
    if not chains and not chimeras:
        return None
    joined = join_chains([*(chain for chain, _ in chains), *chimeras], genome)
    drawn = [
        _draw_over_junctions(joined, number, event, copies, recipe, rng) for number, (_, event) in enumerate(chains)
    ]
    drawn.append(_whole_chains(joined, len(chains)))
    start, end, source = (np.concatenate([getattr(d, name) for d in drawn]) for name in ("start", "end", "source"))
    kept = _is_known(joined, start, end)
    kept[kept] = [
        any(capture.takes(span) for span in joined.spans(low, high))
        for low, high in zip(start[kept].tolist(), end[kept].tolist(), strict=True)
    ]
    carried = np.zeros((int(kept.sum()), 0), bool)
    return JoinedMolecules(joined, Molecules(joined.chromosomes, start[kept], end[kept], source[kept], carried))


def _is_known(joined: Joined, start: Positions, end: Positions) -> Mask:
    masked = np.concatenate([[0], np.cumsum(joined.chromosomes.codes == UNKNOWN)])
    return np.asarray(masked[end] == masked[start])


def _draw_over_junctions(
    joined: Joined, chain: int, event: PlantedEvent, copies: CopyMap, recipe: Recipe, rng: np.random.Generator
) -> _Drawn:
    low, high = (int(joined.chromosomes.first[chain + i]) for i in (0, 1))
    place = event.junction.first
    own = np.array(copies.at(place.contig, place.pos).of_sources(recipe.tumour_fraction))
    source = draw_sources(usual_starts_per_bp(recipe) * (high - low) * own.max() / DIPLOID, recipe, rng)
    start = rng.integers(low, high, len(source))
    end = start + draw_source_lengths(recipe, source, rng)
    carries = np.isin(source, CARRIERS[event.origin]) & (rng.random(len(source)) * own.max() < event.vaf * own[source])
    crossed = [joint.is_in(start, end) for joint in joined.joints if low < joint.start < high]
    kept = carries & (end <= high) & np.logical_or.reduce(crossed)
    return _Drawn(start[kept], end[kept], source[kept])


# ------------------------------------------------------------------------------------ chimeras


def _draw_chimeras(
    targets: Sequence[Interval], genome: SequenceSource, capture: Capture, recipe: Recipe, rng: np.random.Generator
) -> list[Chain]:
    """Return chimeras: the beginning of one molecule of the panel, and the end of another on either strand.

    METHOD: they are made before amplification, so that a whole family shows them, and of molecules as capture favours
    them: a target gives as many as reach it.
    """
    if not recipe.chimera_share:
        return []
    reach = mean_length(recipe) - 2 * recipe.capture_overlap_bp
    usual = np.array([len(target) + reach for target in targets])
    share = recipe.chimera_share / (1 - recipe.chimera_share)
    wanted = int(rng.poisson(usual_starts_per_bp(recipe) * usual.sum() * share))
    weights, chances = cell_free_weights(recipe), usual / usual.sum()
    chimeras: list[Chain] = []
    for _ in range(_ATTEMPTS * wanted):
        if len(chimeras) == wanted:
            break
        one, other = (targets[i] for i in rng.choice(len(targets), 2, p=chances))
        first, second = (_draw_fragment(target, capture, weights, rng) for target in (one, other))
        chimera = _join(first, second, rng)
        if _could_be_read(chimera, genome, capture):
            chimeras.append(chimera)
    return chimeras


def _draw_fragment(target: Interval, capture: Capture, weights: Weights, rng: np.random.Generator) -> Interval:
    length = int(draw_lengths(weights, 1, rng)[0])
    shared = min(capture.overlap_bp, len(target), length)
    start = int(rng.integers(target.start - length + shared, target.end - shared + 1))
    return Interval(target.contig, max(start, 0), max(start, 0) + length)


def _join(one: Interval, other: Interval, rng: np.random.Generator) -> Chain:
    before, behind = int(rng.integers(1, len(one))), int(rng.integers(1, len(other)))
    if rng.random() < 0.5:
        end = Stretch(other.contig, other.start, other.start + behind, is_reverse=True)
    else:
        end = Stretch(other.contig, other.end - behind, other.end, is_reverse=False)
    return Chain((Stretch(one.contig, one.start, one.start + before, is_reverse=False), end), ("",), (None,))


def _could_be_read(chimera: Chain, genome: SequenceSource, capture: Capture) -> bool:
    length = sum(s.end - s.start for s in chimera.stretches)
    return (
        MIN_FRAGMENT_BP <= length <= MAX_FRAGMENT_BP
        and any(capture.takes(Span(s.contig, s.start, s.end)) for s in chimera.stretches)
        and all("N" not in genome.fetch(s.contig, s.start, s.end) for s in chimera.stretches)
    )


def _whole_chains(joined: Joined, first: int) -> _Drawn:
    """Return each chain from `first` on as one molecule of the patient."""
    ends = joined.chromosomes.first[first:]
    return _Drawn(ends[:-1], ends[1:], np.full(len(ends) - 1, OWN, np.uint8))
