"""What the bases around a junction say: the joined sequence, its microhomology, and whether it can be believed."""

import math
from collections import Counter, defaultdict
from dataclasses import dataclass

from csfgeno.genome.sequence import SequenceSource, reverse_complement
from csfgeno.records import Breakpoint
from csfgeno.vocab import Side

FLANK_BP = 100
"""Bases on either side of a junction that are looked at."""


@dataclass(frozen=True, slots=True)
class Joined:
    """The sequence across a junction: towards the break, what lies between, and away from it."""

    before: str
    between: str
    after: str

    @property
    def text(self) -> str:
        """All three."""
        return self.before + self.between + self.after

    def reversed(self) -> "Joined":
        """Return the same from the other strand."""
        return Joined(*(reverse_complement(part) for part in (self.after, self.between, self.before)))


def towards(place: Breakpoint, sequence: SequenceSource, length: int = FLANK_BP) -> str:
    """Return the kept bases, on the strand on which they run towards the break and end with the last one kept."""
    if place.keeps is Side.LEFT:
        return sequence.fetch(place.contig, max(place.pos + 1 - length, 0), place.pos + 1)
    return reverse_complement(sequence.fetch(place.contig, place.pos, place.pos + length))


def beyond(place: Breakpoint, sequence: SequenceSource, length: int = FLANK_BP) -> str:
    """Return the bases that would follow the break if the chromosome were whole."""
    if place.keeps is Side.LEFT:
        return sequence.fetch(place.contig, place.pos + 1, place.pos + 1 + length)
    return reverse_complement(sequence.fetch(place.contig, max(place.pos - length, 0), place.pos))


def join(
    first: Breakpoint, second: Breakpoint, between: str, sequence: SequenceSource, length: int = FLANK_BP
) -> Joined:
    """Return the sequence from the first place to the second."""
    return Joined(towards(first, sequence, length), between, reverse_complement(towards(second, sequence, length)))


def microhomology(first: Breakpoint, second: Breakpoint, sequence: SequenceSource) -> str:
    """Return the bases at the break that either place could have given, on the strand of `join`."""
    before, whole_second = towards(first, sequence), reverse_complement(beyond(second, sequence))
    after, whole_first = reverse_complement(towards(second, sequence)), beyond(first, sequence)
    left = _common(before[::-1], whole_second[::-1])
    right = _common(after, whole_first)
    return before[len(before) - left :] + after[:right]


def settle(
    first: Breakpoint, second: Breakpoint, between: str, sequence: SequenceSource, most_bp: int
) -> tuple[Breakpoint, Breakpoint, str]:
    """Return the one spelling of a junction, whichever one an aligner chose.

    Bases between that continue either side belong to it, those that both sides could have given to the first side.
    Repeats that would move the break by more than `most_bp` stay as they are spelled.
    """
    while between and beyond(first, sequence, 1) == between[0]:
        first, between = shift(first, -1), between[1:]
    while between and reverse_complement(beyond(second, sequence, 1)) == between[-1]:
        second, between = shift(second, -1), between[:-1]
    if between:
        return first, second, between
    after, whole = reverse_complement(towards(second, sequence)), beyond(first, sequence)
    shared = _common(after, whole)
    by = shared if shared <= most_bp else 0
    return shift(first, -by), shift(second, by), between


def shift(place: Breakpoint, by: int) -> Breakpoint:
    """Return the breakpoint with that many bases fewer kept."""
    return Breakpoint(place.contig, place.pos + (-by if place.keeps is Side.LEFT else by), place.keeps)


def longest_shared(first: Breakpoint, second: Breakpoint, sequence: SequenceSource) -> int:
    """Return the longest stretch that the whole chromosome around one place shares with that around the other.

    METHOD: aligners split reads between homologous places; an exact shared stretch longer than any microhomology of
    end joining tells them apart from rearrangements. Near places are looked at only as far as half-way to each other,
    lest the bases between them count as shared.
    """
    apart = abs(second.pos - first.pos) if first.contig == second.contig else 2 * FLANK_BP
    reach = min(FLANK_BP, apart // 2)
    one = towards(first, sequence, reach) + beyond(first, sequence, reach)
    other = towards(second, sequence, reach) + beyond(second, sequence, reach)
    return max(_longest_common(one, other), _longest_common(one, reverse_complement(other)))


def complexity(bases: str) -> float:
    """Return the entropy of neighbouring pairs of bases in bits per base: 2 for random sequence, 0 for one letter."""
    pairs = Counter(bases[i : i + 2] for i in range(len(bases) - 1))
    total = sum(pairs.values())
    return -sum(n / total * math.log2(n / total) for n in pairs.values()) / 2 if total else 0.0


def agreed(clips: list[str], length: int) -> str:
    """Return the first bases that most of the clipped ends show."""
    columns: defaultdict[int, Counter[str]] = defaultdict(Counter)
    for clip in clips:
        for i, base in enumerate(clip[:length]):
            columns[i][base] += 1
    return "".join(max(columns[i].items(), key=lambda item: (item[1], item[0]))[0] for i in range(length) if columns[i])


def _common(one: str, other: str) -> int:
    length = 0
    for a, b in zip(one, other, strict=False):
        if a != b or a == "N":
            break
        length += 1
    return length


def _longest_common(one: str, other: str) -> int:
    """Return the length of the longest common substring without N."""
    best, row = 0, [0] * (len(other) + 1)
    for a in one:
        after = [0] * (len(other) + 1)
        if a != "N":
            for j, b in enumerate(other):
                if a == b:
                    after[j + 1] = row[j] + 1
            best = max(best, max(after))
        row = after
    return best
