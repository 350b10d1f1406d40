"""Fusions of a case: junctions of all specimens, one event each, judged in every specimen."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from csfgeno.errormodel.panels import NormalJunction
from csfgeno.genome.sequence import SequenceSource
from csfgeno.molecules.broken import BrokenReads
from csfgeno.molecules.collapse import MoleculeTile
from csfgeno.records import Breakpoint, Fusion, FusionCall
from csfgeno.structural.chimeras import ChimeraModel, jeffreys_interval, limit_fraction
from csfgeno.structural.genes import FusionGenes
from csfgeno.structural.junctions import Junction, SpecimenBreaks, cluster, gather, plain_side
from csfgeno.structural.known import KnownJunction
from csfgeno.structural.naming import Naming, name_junction
from csfgeno.structural.sequence import complexity, join, longest_shared, microhomology, settle
from csfgeno.structural.support import Support, find_support, inserted_bases
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import CallState, EvidenceMode, PartnerKind, SpecimenKind, StructuralFilter

RECIPROCAL_BP: Final = 1_000
"""The two junctions of a balanced rearrangement lie at most this far from each other on both chromosomes."""


@dataclass(frozen=True)
class FusionSpecimen:
    """What one specimen brings: its tiles, its junction evidence, its junctions and its chimeras."""

    kind: SpecimenKind
    tiles: Sequence[MoleculeTile]
    breaks: SpecimenBreaks
    junctions: tuple[Junction, ...]
    chimeras: ChimeraModel


@dataclass(frozen=True)
class FusionSearch:
    """What fusions of a case are looked for with.

    `normal_breaks` are junctions that normals of the laboratory share, `known` those that earlier cases of the patient
    show.
    """

    genes: FusionGenes
    sequence: SequenceSource
    thresholds: Thresholds
    contigs: Mapping[str, int]
    normal_breaks: Sequence[NormalJunction] = ()
    known: tuple[KnownJunction, ...] = ()

    def is_known(self, junction: Junction) -> bool:
        """Whether an earlier case of the patient shows the junction."""
        tolerance_bp = self.thresholds.breakpoint_tolerance_bp
        return any(_are_one(junction, own.proposed(junction.mapq), tolerance_bp) for own in self.known)


@dataclass(frozen=True)
class Event:
    """A junction of a case and the bases between its sides, with what each specimen shows of it."""

    junction: Junction
    inserted: str
    seen: tuple[tuple[FusionSpecimen, Support], ...]

    @property
    def first(self) -> Breakpoint:
        """The first side in genome order."""
        return self.junction.first

    @property
    def second(self) -> Breakpoint:
        """The second side."""
        return self.junction.second

    @property
    def most_molecules(self) -> int:
        """Molecules of the specimen that has most."""
        return max(support.molecules for _, support in self.seen)

    def homology(self, sequence: SequenceSource) -> str:
        """Return the bases that either side could have given."""
        return "" if self.inserted else microhomology(self.first, self.second, sequence)


def read_specimen(
    kind: SpecimenKind,
    tiles: Sequence[MoleculeTile],
    mode: EvidenceMode,
    thresholds: Thresholds,
    genome: SequenceSource,
    beyond: Sequence[BrokenReads] = (),
) -> FusionSpecimen:
    """Return the junction evidence of a specimen: of its tiles, and of what was read `beyond` them.

    METHOD: junctions of one molecule are the specimen's chimeras; a true junction among them makes the model a little
    more cautious, never less.
    """
    breaks = gather([*(tile.broken for tile in tiles), *beyond], mode, thresholds.umi_max_mismatches, genome)
    junctions = cluster(breaks, thresholds.breakpoint_tolerance_bp)
    alone = sum(len(junction.molecules) == 1 and not junction.is_near for junction in junctions)
    panel_bp = sum(len(tile.interval) for tile in tiles)
    model = ChimeraModel(alone, panel_bp, thresholds.breakpoint_tolerance_bp, thresholds.chimera_shape)
    return FusionSpecimen(kind, tiles, breaks, junctions, model)


def find_fusions(specimens: Sequence[FusionSpecimen], search: FusionSearch) -> tuple[Fusion, ...]:
    """Return the fusions that any specimen shows and the known ones, in genome order, each judged in all of them."""
    fusions = []
    known = ((own.proposed(float(search.thresholds.min_mapq)), own.inserted) for own in search.known)
    for event in find_events(specimens, search, lambda first, second: _is_wanted(first, second, search), known):
        naming = name_junction(event.first, event.second, search.genes)
        if search.is_known(event.junction) or _is_worth_a_word(naming, event):
            fusions.append(_fusion(event, naming, search))
    return _with_reciprocals(sorted(fusions, key=lambda fusion: _genome_order(fusion, search)))


def find_events(
    specimens: Sequence[FusionSpecimen],
    search: FusionSearch,
    is_wanted: Callable[[Breakpoint, Breakpoint], bool],
    known: Iterable[tuple[Junction, str]] = (),
) -> Iterator[Event]:
    """Yield each junction of interest once, as the specimen with most molecules spells it, with its support in all.

    Known junctions that no specimen proposes follow, as they were reported.

    METHOD: a junction without a split read or an anchored clip has no mapping quality of its own today; its reads were
    mapped well when it was detected, so LOW_MAPQ is not held against a known one.
    """
    tolerance_bp = search.thresholds.breakpoint_tolerance_bp
    found: list[tuple[Junction, FusionSpecimen]] = []
    everywhere = [(junction, specimen) for specimen in specimens for junction in specimen.junctions]
    for junction, specimen in sorted(everywhere, key=lambda entry: -len(entry[0].molecules)):
        if is_wanted(junction.first, junction.second) and not any(
            _are_one(junction, other, tolerance_bp) for other, _ in found
        ):
            found.append((junction, specimen))
    for junction, specimen in found:
        inserted = inserted_bases(junction, specimen.breaks)
        first, second, inserted = settle(junction.first, junction.second, inserted, search.sequence, tolerance_bp)
        settled = replace(junction, first=first, second=second, gap=len(inserted))
        yield _event(settled, inserted, specimens, search)
    proposed = [junction for junction, _ in found]
    for junction, inserted in known:
        if not any(_are_one(junction, other, tolerance_bp) for other in proposed):
            proposed.append(junction)
            yield _event(junction, inserted, specimens, search)


def _event(junction: Junction, inserted: str, specimens: Sequence[FusionSpecimen], search: FusionSearch) -> Event:
    return Event(junction, inserted, tuple((own, _support(junction, inserted, own, search)) for own in specimens))


def judge(event: Event, partners: PartnerKind, search: FusionSearch) -> tuple[FusionCall, ...]:
    """Return what every specimen says of an event."""
    shared = junction_filters(event.junction, event.inserted, event.seen, search)
    return tuple(_call(specimen, support, partners, shared, search.thresholds) for specimen, support in event.seen)


def _is_wanted(first: Breakpoint, second: Breakpoint, search: FusionSearch) -> bool:
    return bool(name_junction(first, second, search.genes).hotspot_ids)


def _are_one(one: Junction, other: Junction, tolerance_bp: int) -> bool:
    return all(_is_near(a, b, tolerance_bp) for a, b in ((one.first, other.first), (one.second, other.second)))


def _is_near(one: Breakpoint, other: Breakpoint, tolerance_bp: int) -> bool:
    return (one.contig, one.keeps) == (other.contig, other.keeps) and abs(one.pos - other.pos) <= tolerance_bp


def _support(junction: Junction, inserted: str, specimen: FusionSpecimen, search: FusionSearch) -> Support:
    thresholds = search.thresholds
    return find_support(
        junction,
        inserted,
        specimen.breaks,
        specimen.tiles,
        search.sequence,
        thresholds.fusion_anchor_bp,
        thresholds.breakpoint_tolerance_bp,
    )


def _is_worth_a_word(naming: Naming, event: Event) -> bool:
    """Return whether a junction is reported at all.

    METHOD: one molecule alone is what a chimera looks like; it is mentioned, as doubtful, only where it joins genes
    known to fuse and keeps the domain.
    """
    return event.most_molecules > 1 or (naming.partners is PartnerKind.KNOWN and bool(naming.domain_kept))


def _fusion(event: Event, naming: Naming, search: FusionSearch) -> Fusion:
    joined = join(event.first, event.second, event.inserted, search.sequence, 40)
    normals = shared_by_normals(event.junction, search)
    # METHOD: both places of a known junction are given beforehand, so it is tested as one of genes known to fuse, as a
    # small allele known from another specimen is tested as a hotspot.
    prior = PartnerKind.KNOWN if search.is_known(event.junction) else naming.partners
    return Fusion(
        event_id=f"{event.first}::{event.second}",
        five_prime=naming.five_prime,
        three_prime=naming.three_prime,
        frame=naming.frame,
        kinase_domain_kept=naming.domain_kept,
        partners=naming.partners,
        variant_name=naming.variant_name,
        microhomology=event.homology(search.sequence),
        inserted=event.inserted,
        junction=(joined.reversed() if naming.is_turned else joined).text,
        reciprocal_of=None,
        calls=judge(event, prior, search),
        hotspot_ids=naming.hotspot_ids,
        laboratory_normals=normals.normals if normals else 0,
        laboratory_molecules=normals.molecules if normals else 0,
    )


def junction_filters(
    junction: Junction,
    inserted: str,
    seen: Sequence[tuple[FusionSpecimen, Support]],
    search: FusionSearch,
) -> frozenset[StructuralFilter]:
    """Return what speaks against a junction in every specimen."""
    thresholds, joined = search.thresholds, join(junction.first, junction.second, inserted, search.sequence)
    normal = sum(support.molecules for specimen, support in seen if specimen.kind is SpecimenKind.NORMAL)
    shared = longest_shared(junction.first, junction.second, search.sequence)
    least = min(complexity(joined.before[-50:]), complexity(joined.after[:50]))
    verdicts = {
        StructuralFilter.HOMOLOGY: shared >= thresholds.junction_min_homology_bp,
        # A masked reference tells nothing of complexity.
        StructuralFilter.LOW_COMPLEXITY: "N" not in joined.text and least < thresholds.junction_min_complexity,
        StructuralFilter.LOW_MAPQ: junction.mapq < thresholds.min_mapq,
        StructuralFilter.IN_NORMAL: normal > 1,
        StructuralFilter.PANEL_OF_NORMALS: shared_by_normals(junction, search) is not None,
    }
    return frozenset(name for name, fails in verdicts.items() if fails)


def shared_by_normals(junction: Junction, search: FusionSearch) -> NormalJunction | None:
    """Return what normals of the laboratory show of a junction, of most normals if several match, `None` if nothing."""
    tolerance_bp = search.thresholds.breakpoint_tolerance_bp
    own = sorted(plain_side(side) for side in (junction.first, junction.second))
    same = [
        known
        for known in search.normal_breaks
        if all(_is_near(a, b, tolerance_bp) for a, b in zip(own, (known.first, known.second), strict=True))
    ]
    return max(same, key=lambda known: (known.normals, known.molecules), default=None)


def _call(
    specimen: FusionSpecimen,
    support: Support,
    partners: PartnerKind,
    shared: frozenset[StructuralFilter],
    thresholds: Thresholds,
) -> FusionCall:
    least = specimen.chimeras.least_molecules(partners, thresholds)
    shown, spanning = support.shown, max(support.spanning)
    low, high = jeffreys_interval(shown, shown + spanning, thresholds.interval_level)
    lod95 = limit_fraction(least, shown + spanning, thresholds.lod_power)
    filters = tuple(
        name
        for name in StructuralFilter
        if name in shared | _own_filters(support, partners, specimen.chimeras, thresholds)
    )
    log_p = specimen.chimeras.log_tail(shown, len(support.discordant))
    return FusionCall(
        specimen=specimen.kind,
        state=_state(support, filters, lod95, thresholds),
        split=len(support.split),
        clipped=len(support.clipped),
        discordant=len(support.discordant),
        spanning=spanning,
        duplex=support.duplex,
        distinct_positions=support.positions,
        vaf_low=low,
        vaf_high=high,
        log10_p=log_p / math.log(10.0) if support.molecules else None,
        lod_molecules=least,
        lod95=lod95,
        filters=filters if support.molecules else (),
    )


def _own_filters(
    support: Support, partners: PartnerKind, chimeras: ChimeraModel, thresholds: Thresholds
) -> frozenset[StructuralFilter]:
    is_beyond = chimeras.is_beyond_chance(support.shown, len(support.discordant), partners, thresholds)
    verdicts = {
        StructuralFilter.WEAK_EVIDENCE: not is_beyond,
        StructuralFilter.FEW_MOLECULES: support.molecules < thresholds.fusion_min_molecules,
        StructuralFilter.NO_JUNCTION_READ: not support.shown,
        # METHOD: copies whose UMI was misread share both ends; independent molecules hardly ever do.
        StructuralFilter.ONE_POSITION: support.molecules > 1 and support.positions == 1,
    }
    return frozenset(name for name, fails in verdicts.items() if fails)


def _state(
    support: Support, filters: tuple[StructuralFilter, ...], lod95: float | None, thresholds: Thresholds
) -> CallState:
    if support.molecules:
        return CallState.INDETERMINATE if filters else CallState.DETECTED
    has_power = lod95 is not None and lod95 <= thresholds.max_lod95
    return CallState.NOT_DETECTED if has_power else CallState.NOT_ASSESSABLE


def _genome_order(fusion: Fusion, search: FusionSearch) -> tuple[int, int, int, int]:
    rank = {contig: number for number, contig in enumerate(search.contigs)}
    first, second = sorted(
        (rank[side.breakpoint.contig], side.breakpoint.pos) for side in (fusion.five_prime, fusion.three_prime)
    )
    return *first, *second


def _with_reciprocals(fusions: Sequence[Fusion]) -> tuple[Fusion, ...]:
    """Return the fusions, each with the event that joins its two remaining ends."""
    named = []
    for fusion in fusions:
        partner = next((other for other in fusions if _is_reciprocal(fusion, other)), None)
        named.append(replace(fusion, reciprocal_of=partner.event_id) if partner else fusion)
    return tuple(named)


def _is_reciprocal(one: Fusion, other: Fusion) -> bool:
    ends, others = (sorted((f.five_prime.breakpoint, f.three_prime.breakpoint)) for f in (one, other))
    return all(
        a.contig == b.contig and a.keeps is not b.keeps and abs(a.pos - b.pos) <= RECIPROCAL_BP
        for a, b in zip(ends, others, strict=True)
    )
