"""Where reads of a junction are looked for outside the targets: never missed, hardly ever by chance."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from csfgeno.io.batch import LINK_DTYPE, READ_DTYPE
from csfgeno.molecules.beyond import agreed_junctions, partner_places
from csfgeno.molecules.broken import LONGEST_FRAGMENT_BP, BrokenReads
from csfgeno.molecules.collapse import MoleculeTile
from csfgeno.records import Interval

CONTIGS = ("chr1", "chr2")
HOME, AWAY = 100_000, 500_000
READ_BP = 100
LEAST_PART_BP = 30
"""An aligner shows no shorter part of a read."""


@dataclass(frozen=True)
class Fragment:
    """A molecule over a junction of chr1:HOME and chr2:AWAY, with so many bases on either side of it."""

    home_bp: int
    away_bp: int
    home_keeps: int = 0
    away_keeps: int = 0
    shift: int = 0

    def place(self, side: int, first: int, last: int) -> tuple[int, int]:
        """Return where the bases `first` to `last` before the break lie, counted from the break."""
        pos, keeps = (HOME, self.home_keeps) if side == 0 else (AWAY + self.shift, self.away_keeps)
        return (pos - last, pos - first + 1) if keeps == 0 else (pos + first, pos + last + 1)

    def parts(self, from_side: int) -> list[tuple[int, int, int, int]]:
        """Return the parts of the read that begins at the end of a side: side, start, end, whether reverse."""
        lengths = (self.home_bp, self.away_bp)
        here, there = lengths[from_side], lengths[1 - from_side]
        last_here, rest = max(here - READ_BP, 0), min(max(READ_BP - here, 0), there)
        keeps = (self.home_keeps, self.away_keeps)
        parts = [(from_side, *self.place(from_side, last_here, here - 1), int(keeps[from_side] == 1))]
        if rest:
            parts.append((1 - from_side, *self.place(1 - from_side, 0, rest - 1), int(keeps[1 - from_side] == 0)))
        return [part for part in parts if part[2] - part[1] >= LEAST_PART_BP]

    def unclipped(self, part: tuple[int, int, int, int]) -> tuple[int, int]:
        """Return the span of a part with the rest of its read added at the break, where it is clipped."""
        side, start, end, _ = part
        clip = min(READ_BP, self.home_bp + self.away_bp) - (end - start)
        return (start, end + clip) if (self.home_keeps, self.away_keeps)[side] == 0 else (start - clip, end)


def broken(fragments: list[Fragment]) -> BrokenReads:
    """Return what a tile on chr1 around HOME keeps of the reads of some fragments."""
    reads: list[tuple[bool, np.ndarray]] = []
    links: list[np.ndarray] = []
    for fragment in fragments:
        both = [fragment.parts(0), fragment.parts(1)]
        main = [max(parts, key=lambda part: part[2] - part[1], default=None) for parts in both]
        for number, parts in enumerate(both):
            own, mate = main[number], main[1 - number]
            at_home = [part for part in parts if part[0] == 0]
            if own is None or mate is None or not at_home or (own[0] != 0 and len(parts) == 1):
                continue
            row = np.zeros(1, READ_DTYPE)
            row["start"], row["end"] = own[1], own[2]
            row["unclipped_start"], row["unclipped_end"] = fragment.unclipped(own)
            row["mate_tid"], row["mate_start"] = mate[0], mate[1]
            row["mate_unclipped_start"], row["mate_unclipped_end"] = fragment.unclipped(mate)
            row["flag"] = 1 | 0x10 * own[3] | 0x20 * mate[3] | 0x80 * number
            if len(parts) == 2:
                links.append(_link(len(reads), parts))
            reads.append((own[0] == 0, row))
    near = [row for is_near, row in reads if is_near]
    order = {i: n for n, i in enumerate(sorted(range(len(reads)), key=lambda i: not reads[i][0]))}
    table = np.concatenate([np.zeros(0, LINK_DTYPE), *links])
    table["read"] = [order[i] for i in table["read"].tolist()]
    rows = np.concatenate([np.zeros(0, READ_DTYPE), *(row for _, row in sorted(reads, key=lambda own: not own[0]))])
    return BrokenReads(tid=0, contigs=CONTIGS, reads=rows, far=len(reads) - len(near), links=table)


def _link(read: int, parts: list[tuple[int, int, int, int]]) -> np.ndarray:
    (first, second), row = parts, np.zeros(1, LINK_DTYPE)
    row["read"] = read
    for part, other in ((first, second), (second, first)):
        name = "here" if part[0] == 0 else "there"
        clip = other[2] - other[1]
        at_end = (part is first) is (part[3] == 0)
        row[f"{name}_start"], row[f"{name}_end"], row[f"{name}_reverse"] = part[1:]
        row[f"{name}_clip_{'right' if at_end else 'left'}"] = clip
    row["there_tid"] = 1
    return row


def tile(fragments: list[Fragment], around_bp: int = 150) -> MoleculeTile:
    empty: dict[str, object] = {"molecules": None, "calls": None, "indels": None}
    return MoleculeTile(
        interval=Interval("chr1", HOME - around_bp, HOME + around_bp),
        reference="",
        reads_seen=0,
        reads_used=0,
        reads_without_umi=0,
        fragments=0,
        broken=broken(fragments),
        **empty,  # type: ignore[arg-type]
    )


def covers(places: tuple[Interval, ...], contig: str, start: int, end: int) -> bool:
    return any(place.contig == contig and place.start <= start and end <= place.end for place in places)


lengths = st.integers(LEAST_PART_BP, 330)
sides = st.integers(0, 1)


@given(first=st.tuples(lengths, lengths), second=st.tuples(lengths, lengths), home=sides, away=sides)
def test_two_molecules_of_a_junction_lead_to_all_reads_of_it(
    first: tuple[int, int], second: tuple[int, int], home: int, away: int
) -> None:
    fragments = [Fragment(*own, home, away) for own in (first, second)]
    assume(all(sum(own) <= LONGEST_FRAGMENT_BP for own in (first, second)) and first != second)
    told = [own for own in fragments if len(broken([own]).reads)]
    assume(len(told) == 2)
    places = partner_places([[tile(told)]])
    farthest = Fragment(8, LONGEST_FRAGMENT_BP - 8, home, away).place(1, 0, LONGEST_FRAGMENT_BP - 9)
    assert covers(places, "chr2", *farthest)


@given(own=st.tuples(lengths, lengths), home=sides, away=sides, copies=st.integers(1, 4))
def test_copies_of_one_molecule_are_one(own: tuple[int, int], home: int, away: int, copies: int) -> None:
    assert partner_places([[tile([Fragment(*own, home, away)] * copies)]]) == ()


@pytest.mark.parametrize(
    "other",
    [Fragment(120, 90, 1, 0), Fragment(120, 90, 0, 1), Fragment(65, 110, shift=70), Fragment(65, 110, shift=-300)],
)
def test_molecules_of_other_places_or_sides_do_not_agree(other: Fragment) -> None:
    assert partner_places([[tile([Fragment(90, 120), Fragment(95, 120)])]])
    assert partner_places([[tile([Fragment(60, 120), other])]]) == ()


def test_molecules_of_two_specimens_agree() -> None:
    """Each specimen shows one molecule; a copy in another specimen is another molecule, even with the same ends."""
    alone = [tile([Fragment(90, 120)])]
    assert partner_places([alone]) == ()
    assert partner_places([alone, alone])


def test_a_break_deep_inside_a_target_asks_for_nothing_on_its_side() -> None:
    places = partner_places([[tile([Fragment(90, 120), Fragment(95, 120)], around_bp=1_000)]])
    assert {place.contig for place in places} == {"chr2"}


def test_no_hints_agree_on_nothing() -> None:
    assert len(agreed_junctions(np.zeros((0, 11), np.int64))) == 0
    assert partner_places([[tile([])]]) == ()
