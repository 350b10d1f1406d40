"""States of the hotspots that are fusions and amplifications, from what was found of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from csfgeno.calling.hotspots import NOT_IN_THIS_VERSION
from csfgeno.molecules.collapse import MoleculeTile
from csfgeno.records import CopyNumber, Fusion, HotspotResult, HotspotSite, Interval, Rearrangement
from csfgeno.structural.chimeras import limit_fraction
from csfgeno.structural.fusions import FusionSpecimen
from csfgeno.structural.genes import FusionGenes
from csfgeno.structural.rearrangements import KINASE_DUPLICATION
from csfgeno.structural.skipping import HOTSPOT_ID
from csfgeno.structural.support import count_unbroken_along
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import CallState, HotspotKind, PartnerKind

UNREAD: Final = "the panel reads no intron in which the gene usually breaks"
RESTRICTED: Final = (
    "no rearrangement was found in what the panel reads of the introns in which the gene usually breaks: {introns}, "
    "{share} of their bases; {least} molecules would have been called there, and the limit holds there alone; "
    "cell-free DNA shows only part of rearrangements, so this is not a reliable negative"
)
PARTLY: Final = (
    "the panel reads too little of the introns in which the gene usually breaks: {introns}, {share} of their bases, "
    "with no rearrangement there; nothing is known of breaks elsewhere"
)
FOUND: Final = "a junction was detected"
DOUBTFUL: Final = "molecules join the gene to another place, but not enough or not clean enough to call"
UNDERPOWERED: Final = "too few molecules over the usual break introns"
NO_COPIES: Final = "the panel has no target of the gene"
AMPLIFICATION_LIMIT: Final = "{reason}; {limit:.1f} copies per tumour cell would have been found"


def state_structural_hotspots(
    sites: Sequence[HotspotSite],
    results: Sequence[HotspotResult],
    specimens: Sequence[FusionSpecimen],
    events: Sequence[Fusion | Rearrangement],
    copies: Sequence[CopyNumber],
    genes: FusionGenes,
    thresholds: Thresholds,
) -> tuple[HotspotResult, ...]:
    """Return all results, those of fusions and amplifications with the state that their evidence gives."""
    by_id = {site.hotspot.hotspot_id: site for site in sites}
    by_kind = {specimen.kind: specimen for specimen in specimens}
    by_gene = {(number.gene, number.specimen): number for number in copies}
    stated = []
    for result in results:
        site = by_id[result.hotspot_id]
        if site.hotspot.kind is HotspotKind.FUSION and result.specimen in by_kind:
            own = [event for event in events if result.hotspot_id in event.hotspot_ids]
            introns = _break_introns(site.hotspot.gene, result.hotspot_id, genes)
            result = _fusion_state(result, own, introns, by_kind[result.specimen], thresholds)
        elif result.hotspot_id == HOTSPOT_ID:
            result = _deletion_state(result, [event for event in events if HOTSPOT_ID in event.hotspot_ids])
        elif site.hotspot.kind is HotspotKind.AMPLIFICATION:
            result = _amplification_state(result, by_gene.get((site.hotspot.gene, result.specimen)))
        stated.append(result)
    return tuple(stated)


def with_hotspots(copies: Sequence[CopyNumber], sites: Sequence[HotspotSite]) -> tuple[CopyNumber, ...]:
    """Return the copy numbers, each with the amplification hotspots of its gene."""
    ids: dict[str, tuple[str, ...]] = {}
    for site in sites:
        if site.hotspot.kind is HotspotKind.AMPLIFICATION:
            ids[site.hotspot.gene] = (*ids.get(site.hotspot.gene, ()), site.hotspot.hotspot_id)
    return tuple(replace(number, hotspot_ids=ids.get(number.gene, ())) for number in copies)


def _break_introns(gene: str, hotspot_id: str, genes: FusionGenes) -> dict[int, Interval]:
    """Return the introns in which a gene usually breaks, by number."""
    name, first, last, duplication = KINASE_DUPLICATION
    if hotspot_id == duplication:
        introns = {number: genes.model(name).intron(number) for number in (first - 1, last)}
        return {number: intron for number, intron in introns.items() if intron is not None}
    return genes.break_introns(gene) if gene in genes.by_name else {}


def _fusion_state(
    result: HotspotResult,
    events: Sequence[Fusion | Rearrangement],
    introns: Mapping[int, Interval],
    specimen: FusionSpecimen,
    thresholds: Thresholds,
) -> HotspotResult:
    """Return the state of a fusion hotspot in one specimen.

    METHOD: the limit is that of the median place of the break introns that was read, and holds there alone; it counts
    molecules that reach `fusion_limit_anchor_bp` beyond it, as one cut nearer to its junction seldom shows where the
    other side lies. A negative needs `fusion_min_share` of the introns, and keeps its restricted wording however deep
    it was read: what breaks elsewhere, or in sequence that no read can be placed in, is not seen.
    """
    calls = [call for event in events if (call := event.call(result.specimen)) is not None]
    parts = {number: list(_read_parts(intron, specimen)) for number, intron in introns.items()}
    read = [part for own in parts.values() for part in own]
    share = _bases(read) / max(sum(map(len, introns.values())), 1)
    depth, showing = (_median_depth(read, anchor_bp) for anchor_bp in (0, thresholds.fusion_limit_anchor_bp))
    least = specimen.chimeras.least_molecules(PartnerKind.KNOWN, thresholds)
    lod95 = limit_fraction(least, showing, thresholds.lod_power)
    alt = max((call.molecules for call in calls), default=0)
    states = {call.state for call in calls}
    if CallState.DETECTED in states:
        return replace(result, state=CallState.DETECTED, depth=depth, alt=alt, lod95=lod95, reason=FOUND)
    if CallState.INDETERMINATE in states:
        return replace(result, state=CallState.INDETERMINATE, depth=depth, alt=alt, lod95=lod95, reason=DOUBTFUL)
    if not read:
        reason = UNREAD if introns else NOT_IN_THIS_VERSION
        return replace(result, state=CallState.NOT_ASSESSABLE, reason=reason)
    if lod95 is None or lod95 > thresholds.max_lod95:
        return replace(result, state=CallState.NOT_ASSESSABLE, depth=depth, lod95=lod95, reason=UNDERPOWERED)
    is_enough = share >= thresholds.fusion_min_share
    named = ", ".join(f"intron {n} ({_percent(_bases(own), len(introns[n]))})" for n, own in parts.items())
    told = {"introns": named, "share": _percent(_bases(read), sum(map(len, introns.values()))), "least": least}
    return replace(
        result,
        state=CallState.NOT_DETECTED if is_enough else CallState.NOT_ASSESSABLE,
        depth=depth,
        lod95=lod95,
        reason=(RESTRICTED if is_enough else PARTLY).format(**told),
    )


def _bases(parts: Sequence[tuple[Interval, MoleculeTile]]) -> int:
    return sum(len(part) for part, _ in parts)


def _percent(part: int, whole: int) -> str:
    """Return a share in whole percent, rounded down so that only what is read whole is 100%; something is never 0%."""
    share = 100 * part // whole
    return "<1%" if part and not share else f"{share}%"


def _deletion_state(result: HotspotResult, deletions: Sequence[Fusion | Rearrangement]) -> HotspotResult:
    """Return the state of a splice hotspot, raised by a deletion that a junction shows; a small allele goes first."""
    if result.state is CallState.DETECTED:
        return result
    calls = [call for own in deletions if (call := own.call(result.specimen)) is not None and call.molecules]
    best = max(calls, key=lambda call: (call.state is CallState.DETECTED, call.molecules), default=None)
    if best is None:
        return result
    reason = FOUND if best.state is CallState.DETECTED else DOUBTFUL
    return replace(result, state=best.state, alt=best.molecules, alleles=(), reason=reason)


def _read_parts(region: Interval, specimen: FusionSpecimen) -> Iterator[tuple[Interval, MoleculeTile]]:
    """Yield the parts of a region that tiles cover, each with its tile."""
    for tile in specimen.tiles:
        if tile.interval.overlaps(region):
            start, end = max(tile.interval.start, region.start), min(tile.interval.end, region.end)
            yield Interval(region.contig, start, end), tile


def _median_depth(read: Sequence[tuple[Interval, MoleculeTile]], anchor_bp: int) -> int:
    """Return the molecules over the median base that reach `anchor_bp` beyond it, 0 where nothing was read."""
    along = [count_unbroken_along(part, tile, anchor_bp) for part, tile in read]
    return int(np.median(np.concatenate(along))) if along else 0


def _amplification_state(result: HotspotResult, number: CopyNumber | None) -> HotspotResult:
    """Return the state of an amplification hotspot; its limit is a tumour fraction, that of a high amplification."""
    if number is None:
        return replace(result, state=CallState.NOT_ASSESSABLE, reason=NO_COPIES)
    limit = number.amplification_limit_copies
    reason = AMPLIFICATION_LIMIT.format(reason=number.reason, limit=limit) if limit is not None else number.reason
    return replace(
        result,
        state=number.amplification,
        depth=number.molecules // max(number.targets, 1),
        lod95=number.amplification_limit_tumour_fraction,
        reason=reason,
    )
