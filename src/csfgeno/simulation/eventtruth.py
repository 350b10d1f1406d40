"""The truth of structural events as text: a table, and records for the VCF."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import astuple, dataclass
from typing import Final

from csfgeno.genome.sequence import SequenceSource
from csfgeno.records import Breakpoint
from csfgeno.simulation.events import EventKind, Junction, PlantedEvent
from csfgeno.simulation.joinedtruth import COUNTED, Cut, JunctionTally, cut_at
from csfgeno.simulation.truth import VcfRecord
from csfgeno.vocab import Side

_PLACES: Final = ("kind", "contig", "pos", "keeps", "contig2", "pos2", "keeps2", "inserted", "vaf", "origin")


@dataclass(frozen=True, slots=True)
class EventTruth:
    """One junction of a planted event and what became of it.

    `totals` are the molecules over each of its places: those that carry it, and those that go over the place whole.
    """

    event: PlantedEvent
    junction: Junction
    tally: JunctionTally
    totals: tuple[int, int]


def make_event_truths(
    events: Iterable[PlantedEvent], tallies: Mapping[Junction, JunctionTally], whole: Mapping[Cut, int]
) -> tuple[EventTruth, ...]:
    """Return the truth of every junction of the events, in their order."""
    truths = []
    for event in events:
        for junction in event.junctions:
            tally = tallies.get(junction, JunctionTally())
            first, second = (whole.get(cut_at(p), 0) + tally.molecules for p in (junction.first, junction.second))
            truths.append(EventTruth(event, junction, tally, (first, second)))
    return tuple(truths)


def event_table(truths: Iterable[EventTruth], chimeras: JunctionTally) -> str:
    """Return the truth as tab-separated text, chimeras in the last line; positions are 1-based.

    `pos` and `pos2` are the last bases that are kept, in deletions, duplications and inversions too.
    """
    lines = ["\t".join([*_PLACES, *COUNTED, "total_molecules", "total_molecules2"])]
    for truth in truths:
        junction, event = truth.junction, truth.event
        places = [value for p in (junction.first, junction.second) for value in (p.contig, p.pos + 1, p.keeps)]
        asked = [junction.inserted or ".", f"{event.vaf:g}", event.origin]
        lines.append("\t".join(map(str, [event.kind, *places, *asked, *astuple(truth.tally), *truth.totals])))
    nowhere = ["CHIMERA", *["."] * (len(_PLACES) - 1)]
    lines.append("\t".join(map(str, [*nowhere, *astuple(chimeras), ".", "."])))
    return "\n".join(lines) + "\n"


def event_records(truths: Iterable[EventTruth], genome: SequenceSource) -> Iterator[VcfRecord]:
    """Yield the records of all events: two breakends for each junction of a fusion, one record for any other event."""
    for number, truth in enumerate(truths, 1):
        if truth.event.kind is EventKind.FUSION:
            yield from _breakends(truth, f"fusion{number}", genome)
        elif truth.junction == truth.event.junction:
            yield _symbolic(truth, genome)


def _breakends(truth: EventTruth, name: str, genome: SequenceSource) -> Iterator[VcfRecord]:
    turned = truth.junction.turned()
    for (junction, total), own, mate in zip(
        zip((truth.junction, turned), truth.totals, strict=True), "12", "21", strict=True
    ):
        place = junction.first
        base = genome.fetch(place.contig, place.pos, place.pos + 1)
        info = f"SVTYPE=BND;MATEID={name}_{mate}"
        yield _record(truth, total, place, f"{name}_{own}", base, _breakend(junction, base), info)


def _breakend(junction: Junction, base: str) -> str:
    """Return ALT of the record at `junction.first`."""
    mate = junction.second
    bracket = "[" if mate.keeps is Side.RIGHT else "]"
    place = f"{bracket}{mate.contig}:{mate.pos + 1}{bracket}"
    if junction.first.keeps is Side.LEFT:
        return f"{base}{junction.inserted}{place}"
    return f"{place}{junction.turned().inserted}{base}"


def _symbolic(truth: EventTruth, genome: SequenceSource) -> VcfRecord:
    ends = sorted(p.pos if p.keeps is Side.LEFT else p.pos - 1 for p in truth.event.places)
    place = Breakpoint(truth.junction.first.contig, ends[0], Side.LEFT)
    base = genome.fetch(place.contig, place.pos, place.pos + 1)
    inserted = f";INSERTED={truth.junction.inserted}" if truth.junction.inserted else ""
    info = f"SVTYPE={truth.event.kind};END={ends[1] + 1}{inserted}"
    return _record(truth, truth.totals[0], place, ".", base, f"<{truth.event.kind}>", info)


def _record(truth: EventTruth, total: int, place: Breakpoint, name: str, base: str, alt: str, info: str) -> VcfRecord:
    event, carried = truth.event, truth.tally.molecules
    share = f"{carried / total:.6g}" if total else "."
    fields = [
        place.contig,
        place.pos + 1,
        name,
        base,
        alt,
        ".",
        "PASS",
        f"VAF={event.vaf:g};ORIGIN={event.origin};{info}",
    ]
    counts = f"{total - carried},{carried}:{total}:{share}"
    return VcfRecord(place.contig, place.pos, "\t".join(map(str, [*fields, "AD:DP:AF", counts])))
