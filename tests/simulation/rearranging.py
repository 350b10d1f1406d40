"""Two random chromosomes, events on them, and a naive reader that finds every read pair in joined text.

A read of a library without errors is a piece of a chromosome. The chromosomes with an event are spelled here by slicing
and joining strings, and a pair is looked for in them as text; alignments are not looked at.
"""

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pysam

from csfgeno.genome.sequence import reverse_complement

LENGTH = 12_000
FLANK = 700
PANEL = "chrA\t3000\t4000\tA1\tA\nchrB\t3000\t4000\tB1\tB\nchrB\t7000\t8000\tB2\tB\n"
COLUMNS = ("kind", "contig", "pos", "keeps", "contig2", "pos2", "keeps2", "inserted", "vaf", "origin", "reciprocal")

Event = Mapping[str, object]


def write_world(folder: Path, seed: int) -> Path:
    """Write FASTA and panel, and return the FASTA."""
    rng = random.Random(seed)
    path = folder / "genome.fa"
    path.write_text("".join(f">{name}\n{''.join(rng.choices('ACGT', k=LENGTH))}\n" for name in ("chrA", "chrB")))
    pysam.faidx(str(path))
    (folder / "panel.bed").write_text(PANEL)
    return path


def read_world(path: Path) -> dict[str, str]:
    """Return the chromosomes by name."""
    with pysam.FastaFile(str(path)) as fasta:
        return {name: fasta.fetch(name) for name in fasta.references}


def events_tsv(events: Iterable[Event]) -> str:
    """Return the text of an event table; columns that an event does not name are empty."""
    rows = ["\t".join(str(event.get(column, "")) for column in COLUMNS) for event in events]
    return "\n".join(["\t".join(COLUMNS), *rows]) + "\n"


def fusion(place: str, other: str, **columns: object) -> dict[str, object]:
    """Return a fusion of `chrA:3100|` (keeps what lies left) and `|chrB:9000` (keeps what lies right)."""
    first, second = _place(place), _place(other)
    row = {"kind": "FUSION", "contig": first[0], "pos": first[1], "keeps": first[2]}
    return row | {"contig2": second[0], "pos2": second[1], "keeps2": second[2], "vaf": 0.2} | columns


def change(kind: str, contig: str, first: int, last: int | str, **columns: object) -> dict[str, object]:
    """Return a deletion, duplication or inversion of the bases from `first` to `last`."""
    return {"kind": kind, "contig": contig, "pos": first, "pos2": last, "vaf": 0.2} | columns


def _place(text: str) -> tuple[str, int, str]:
    contig, _, pos = text.strip("|").partition(":")
    return contig, int(pos), "left" if text.endswith("|") else "right"


@dataclass
class Joined:
    """Text around a junction; the first base behind it is `start`, `end` is one behind the last base before it."""

    text: str
    end: int
    start: int
    cuts: tuple[tuple[str, int], tuple[str, int]]


def spell(world: Mapping[str, str], event: Event) -> Iterator[Joined]:
    """Yield the text around the junctions of an event, in the order of the truth table."""
    contig, first, last = str(event["contig"]), int(str(event["pos"])), int(str(event["pos2"]))
    own, inserted = world[contig], str(event.get("inserted", ""))
    match event["kind"]:
        case "DEL":
            yield _join(own[: first - 1], inserted, own[last:], ((contig, first - 1), (contig, last)))
        case "DUP":
            yield _join(own[:last], inserted, own[first - 1 :], ((contig, last), (contig, first - 1)))
        case "INV":
            turned = reverse_complement(own[first - 1 : last])
            cuts = ((contig, first - 1), (contig, last))
            yield _join(own[: first - 1], inserted, turned + own[last:], cuts)
            yield _join(own[: first - 1] + turned, "", own[last:], cuts)
        case _:
            yield from _spell_fusion(world, event)


def is_distinct(world: Mapping[str, str], joined: Joined) -> bool:
    """Whether a single base on either side of a junction tells it from the chromosomes as they are."""
    before, behind = joined.text[joined.end - 30 : joined.end + 1], joined.text[joined.start - 1 : joined.start + 30]
    texts = [strand for text in world.values() for strand in (text, reverse_complement(text))]
    return not any(part in text for part in (before, behind) for text in texts)


def _spell_fusion(world: Mapping[str, str], event: Event) -> Iterator[Joined]:
    sides, rests, cuts = [], [], []
    for contig, pos, keeps in (("contig", "pos", "keeps"), ("contig2", "pos2", "keeps2")):
        name, place = str(event[contig]), int(str(event[pos]))
        cut = place if event[keeps] == "left" else place - 1
        left, right = world[name][:cut], reverse_complement(world[name][cut:])
        sides.append(left if event[keeps] == "left" else right)
        rests.append(right if event[keeps] == "left" else left)
        cuts.append((name, cut))
    pair = (cuts[0], cuts[1])
    yield _join(sides[0], str(event.get("inserted", "")), reverse_complement(sides[1]), pair)
    if event.get("reciprocal") == "yes":
        yield _join(rests[0], "", reverse_complement(rests[1]), pair)


def _join(before: str, inserted: str, behind: str, cuts: tuple[tuple[str, int], tuple[str, int]]) -> Joined:
    before, behind = before[-FLANK:], behind[:FLANK]
    return Joined(before + inserted + behind, len(before), len(before) + len(inserted), cuts)


@dataclass
class Molecules:
    """Names of molecules of one junction."""

    carrying: set[str] = field(default_factory=set)
    read_over: set[str] = field(default_factory=set)
    shown: set[str] = field(default_factory=set)
    split: set[str] = field(default_factory=set)
    pairs: int = 0


def read_pairs(bam: Path) -> Iterator[tuple[str, list[pysam.AlignedSegment]]]:
    """Yield the primary records of each pair, the one first that shows the molecule's left end."""
    found: dict[str, list[pysam.AlignedSegment]] = {}
    with pysam.AlignmentFile(str(bam)) as alignments:
        for read in alignments:
            if not read.is_supplementary:
                found.setdefault(read.query_name or "", []).append(read)
    for name, mates in found.items():
        is_bottom = name.split(":")[1] == "B"
        yield name, sorted(mates, key=lambda read: read.is_read2 != is_bottom)


def sequenced(read: pysam.AlignedSegment) -> str:
    """Return the bases as the sequencer gave them."""
    return read.get_forward_sequence() or ""


def find_pair(text: str, left: str, right: str) -> list[tuple[int, int]]:
    """Return where a molecule could lie whose ends are `left` and, on the other strand, `right`."""
    right = reverse_complement(right)
    ends = [place + len(right) for place in _places(text, right)]
    return [(start, end) for start in _places(text, left) for end in ends if 0 < end - start <= FLANK]


def _places(text: str, part: str) -> Iterator[int]:
    place = text.find(part)
    while place >= 0:
        yield place
        place = text.find(part, place + 1)


def count(
    bam: Path, world: Mapping[str, str], joined: Sequence[Joined]
) -> tuple[list[Molecules], dict[str, list[tuple[int, int]]]]:
    """Return the molecules of each junction, and the ends of those that are a piece of a chromosome as it is."""
    found = [Molecules() for _ in joined]
    whole: dict[str, dict[str, tuple[int, int]]] = {name: {} for name in world}
    for name, (left, right) in read_pairs(bam):
        molecule, bases = name.split(":")[0], (sequenced(left), sequenced(right))
        for contig, text in world.items():
            for ends in find_pair(text, *bases):
                whole[contig][molecule] = ends
        if any(molecule in own for own in whole.values()):
            continue
        for seen, junction in zip(found, joined, strict=True):
            for ends in find_pair(junction.text, *bases):
                _add(seen, junction, molecule, ends, (left, right))
    return found, {contig: list(own.values()) for contig, own in whole.items()}


def _add(
    seen: Molecules, junction: Joined, molecule: str, ends: tuple[int, int], mates: tuple[pysam.AlignedSegment, ...]
) -> None:
    if ends[0] >= junction.end or ends[1] <= junction.start:
        return
    seen.carrying.add(molecule)
    seen.pairs += 1
    lengths = [len(sequenced(mate)) for mate in mates]
    spans = ((ends[0], ends[0] + lengths[0]), (ends[1] - lengths[1], ends[1]))
    for mate, (start, end) in zip(mates, spans, strict=True):
        if start < junction.end and end > junction.start:
            seen.read_over.add(molecule)
            if junction.end - start >= 10 and end - junction.start >= 10:
                seen.shown.add(molecule)
            if mate.has_tag("SA"):
                seen.split.add(molecule)
