"""Lists of structural events: lines of a table or a VCF to what is planted, with one sentence for each fault."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from csfgeno.errors import InputError, UsageError
from csfgeno.genome.sequence import SequenceSource
from csfgeno.io.variantfile import VariantLine
from csfgeno.records import Breakpoint, Interval
from csfgeno.simulation.events import EventKind, Junction, PlantedEvent, cut_of
from csfgeno.simulation.fragments import MAX_FRAGMENT_BP
from csfgeno.simulation.variants import BASES, parse_fraction, parse_origin, parse_position
from csfgeno.vocab import Side

SMALLEST_BP: Final = 50
"""Below it a deletion, duplication or inversion is written with its bases, as an aligner shows it within a read."""
LONGEST_INSERTED_BP: Final = 30
"""More than this between two sides would leave reads that belong to neither."""

_BREAKEND: Final = re.compile(
    r"(?P<before>[ACGTN]*)(?P<bracket>[\[\]])(?P<contig>[^\[\]]+):(?P<pos>\d+)(?P=bracket)(?P<behind>[ACGTN]*)"
)
_SYMBOLIC: Final = re.compile(r"<(?P<kind>DEL|DUP|INV)(:TANDEM)?>")
_YES: Final = ("yes", "true", "1")
_NO: Final = ("", ".", "no", "false", "0")


def is_event(line: VariantLine) -> bool:
    """Whether a line speaks of a structural event: it gives a kind, or a symbolic ALT."""
    return line.columns.get("kind", "") not in ("", ".") or bool(set("<>[]") & set(line.columns.get("alt", "")))


def parse_events(lines: Iterable[VariantLine], contigs: Mapping[str, int]) -> tuple[PlantedEvent, ...]:
    """Return the events of a table or a VCF in its order; both records of a pair of breakends are one event.

    Parameters
    ----------
    contigs
        Length in bp by name.

    Raises
    ------
    InputError
        If a line cannot be understood, or its places do not exist.
    """
    events: dict[frozenset[Junction], PlantedEvent] = {}
    for line in lines:
        event = _parse(line, contigs)
        key = frozenset((event.junction, event.junction.turned()))
        known = events.setdefault(key, event)
        if known is not event and not (_is_breakend(line) and _says_the_same(known, event)):
            raise InputError(f"{line.where}: {event} is given twice; give each event once, with all of its vaf")
    return tuple(events.values())


def _parse(line: VariantLine, contigs: Mapping[str, int]) -> PlantedEvent:
    kind, junction = _from_vcf(line) if line.columns.get("kind", "") in ("", ".") else _from_table(line)
    for place in (junction.first, junction.second):
        if place.contig not in contigs:
            raise InputError(f"{line.where}: the reference has no contig '{place.contig}'")
        if not 0 <= place.pos < contigs[place.contig]:
            raise InputError(f"{line.where}: {place.contig} has {contigs[place.contig]} bases, none at {place.pos + 1}")
    if not set(junction.inserted) <= set(BASES) or len(junction.inserted) > LONGEST_INSERTED_BP:
        raise InputError(
            f"{line.where}: inserted '{junction.inserted}' is not up to {LONGEST_INSERTED_BP} bases of A, C, G and T"
        )
    return PlantedEvent(kind, junction, parse_fraction(line), parse_origin(line), _is_reciprocal(line, kind))


def _is_reciprocal(line: VariantLine, kind: EventKind) -> bool:
    text = line.columns.get("reciprocal", "").lower()
    if text not in (*_YES, *_NO):
        raise InputError(f"{line.where}: reciprocal '{text}' is neither yes nor no")
    return kind is EventKind.INVERSION or (kind is EventKind.FUSION and text in _YES)


def _is_breakend(line: VariantLine) -> bool:
    return bool(set("[]") & set(line.columns.get("alt", "")))


def _says_the_same(one: PlantedEvent, other: PlantedEvent) -> bool:
    return (one.vaf, one.origin, one.is_reciprocal) == (other.vaf, other.origin, other.is_reciprocal)


# --------------------------------------------------------------------------------------- table


def _from_table(line: VariantLine) -> tuple[EventKind, Junction]:
    columns, text = line.columns, line.columns["kind"].upper()
    if text not in list(EventKind):
        raise InputError(f"{line.where}: kind '{columns['kind']}' is unknown; it is one of {', '.join(EventKind)}")
    if missing := [name for name in ("contig", "pos", "pos2", "vaf") if not columns.get(name)]:
        raise InputError(f"{line.where}: no {missing[0]}; a structural event needs contig, pos, pos2 and vaf")
    contig, first, second = columns["contig"], parse_position(line, "pos"), parse_position(line, "pos2")
    other = columns.get("contig2", "")
    other = contig if other in ("", ".") else other
    inserted = columns.get("inserted", "").upper().strip(".")
    kind = EventKind(text)
    if kind is EventKind.FUSION:
        sides = [_side(line, name) for name in ("keeps", "keeps2")]
        return kind, Junction(Breakpoint(contig, first, sides[0]), Breakpoint(other, second, sides[1]), inserted)
    if other != contig:
        raise InputError(f"{line.where}: {kind} from {contig} to {other}; only a FUSION joins two contigs")
    return kind, _between(line, kind, (contig, first, second + 1), inserted)


def _side(line: VariantLine, column: str) -> Side:
    text = line.columns.get(column, "").lower()
    if text not in list(Side):
        raise InputError(
            f"{line.where}: {column} '{text}' is neither left nor right; it says on which side of the place the fusion "
            "keeps the sequence"
        )
    return Side(text)


def _between(line: VariantLine, kind: EventKind, changed: tuple[str, int, int], inserted: str) -> Junction:
    contig, start, end = changed
    if end - start < SMALLEST_BP:
        raise InputError(
            f"{line.where}: {kind} of {contig}:{start + 1}-{end} is shorter than {SMALLEST_BP} bp; "
            "write its bases as ref and alt"
        )
    left, right = Breakpoint(contig, start - 1, Side.LEFT), Breakpoint(contig, end, Side.RIGHT)
    last, first = Breakpoint(contig, end - 1, Side.LEFT), Breakpoint(contig, start, Side.RIGHT)
    joined = {
        EventKind.DELETION: (left, right),
        EventKind.DUPLICATION: (last, first),
        EventKind.INVERSION: (left, last),
    }
    return Junction(*joined[kind], inserted)


# ----------------------------------------------------------------------------------------- VCF


def _from_vcf(line: VariantLine) -> tuple[EventKind, Junction]:
    alt = line.columns["alt"]
    if found := _SYMBOLIC.fullmatch(alt):
        kind = EventKind(found["kind"])
        if not line.columns.get("end"):
            raise InputError(f"{line.where}: {alt} without END, the last of its bases")
        start, end = parse_position(line, "pos") + 1, parse_position(line, "end") + 1
        return kind, _between(line, kind, (line.columns["contig"], start, end), "")
    if not (found := _BREAKEND.fullmatch(alt.upper())) or bool(found["before"]) == bool(found["behind"]):
        raise InputError(
            f"{line.where}: '{alt}' is no event that can be simulated; they are <DEL>, <DUP>, <INV> and a breakend "
            "like A[chr2:29223528["
        )
    contig = alt[found.start("contig") : found.end("contig")]
    own = line.columns["contig"], parse_position(line, "pos")
    mate_keeps = Side.RIGHT if found["bracket"] == "[" else Side.LEFT
    mate = Breakpoint(contig, int(found["pos"]) - 1, mate_keeps)
    if found["before"]:
        return EventKind.FUSION, Junction(Breakpoint(*own, Side.LEFT), mate, found["before"][1:])
    return EventKind.FUSION, Junction(mate, Breakpoint(*own, Side.RIGHT), found["behind"][:-1])


# -------------------------------------------------------------------------------------- checks


def check_events(events: Sequence[PlantedEvent], targets: Sequence[Interval], genome: SequenceSource) -> None:
    """Check that each event changes reads of the targets, and that those at one place have room beside each other.

    Raises
    ------
    UsageError
        If one does not.
    """
    for event in events:
        if not _changes_copies(event, targets) and not _is_in_reach(event, targets):
            raise UsageError(f"{event} is out of reach of every target; no read would show it")
        masked = [place for place in event.places if genome.fetch(place.contig, place.pos, place.pos + 1) not in BASES]
        if masked and not _changes_copies(event, targets):
            raise UsageError(
                f"{event} cannot be planted: the reference has no base at {masked[0]}, so no read shows it"
            )
    for event in events:
        crowd = [other for other in events if other.origin is event.origin and _meets(other, event)]
        if (wanted := sum(other.vaf for other in crowd)) > 1 + 1e-9:
            raise UsageError(
                f"the events around {event.junction.first} need {wanted:.3g} of all molecules; a chromosome has one of "
                "them at most, so lower their vaf"
            )


def _is_in_reach(event: PlantedEvent, targets: Iterable[Interval]) -> bool:
    return any(
        target.contig == place.contig and target.start - MAX_FRAGMENT_BP < cut_of(place) < target.end + MAX_FRAGMENT_BP
        for place in event.places
        for target in targets
    )


def _changes_copies(event: PlantedEvent, targets: Iterable[Interval]) -> bool:
    if event.changed is None:
        return False
    contig, start, end = event.changed
    return any(target.contig == contig and target.start < end and start < target.end for target in targets)


def _meets(one: PlantedEvent, other: PlantedEvent) -> bool:
    return any(
        contig == other_contig and low < other_high and other_low < high
        for contig, low, high in _extents(one)
        for other_contig, other_low, other_high in _extents(other)
    )


def _extents(event: PlantedEvent) -> tuple[tuple[str, int, int], ...]:
    if event.changed is not None:
        return (event.changed,)
    return tuple((place.contig, cut_of(place) - 1, cut_of(place) + 1) for place in event.places)
