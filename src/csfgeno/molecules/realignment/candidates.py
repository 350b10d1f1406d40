"""Candidate haplotypes of a tile: the insertions, deletions and complex changes that its reads show or hint at.

Aligners write an indel as such only where the read goes on for long enough beyond it. Elsewhere they clip the read or
accept mismatches. What a few reads show in full, and what the clipped ends of several reads spell together, is
collected here, beside the changes that other specimens of the case show; `realign` then compares the other reads with
them.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Final

import numpy as np
import numpy.typing as npt

from csfgeno.genome.discern import discerning_span
from csfgeno.genome.edit import Edit, edit_of
from csfgeno.genome.normalise import right_reach
from csfgeno.genome.sequence import Strand, Window
from csfgeno.io.batch import EVENT_DELETION, EVENT_INSERTION, EVENT_SNV, ReadBatch
from csfgeno.molecules.realignment.clips import clip_junctions
from csfgeno.records import Allele
from csfgeno.thresholds import Thresholds

LeftAlign = Callable[[Allele], Allele]
"""Gives every spelling of an allele its leftmost, shortest one."""

Reach = Callable[["Part"], tuple[int, int]]
"""Tells in which stretch of the reference an indel can be written."""

MAX_CANDIDATES: Final = 64
"""Haplotypes kept in one tile, the best supported first; more of them means noise, not variants."""


@dataclass(frozen=True, slots=True)
class Haplotype:
    """A change of the reference that reads are compared with.

    `low` and `high` bound the bases a read must show to tell it from the reference (see `discerning_span`).
    """

    edit: Edit
    low: int
    high: int
    support: int

    def text(self, window: Window) -> str:
        """Return the bases of a window with the change written into them."""
        origin = window.interval.start
        return window.bases[: self.edit.start - origin] + self.edit.alt + window.bases[self.edit.end - origin :]


@dataclass(frozen=True, slots=True, order=True)
class Part:
    """One event of a read in comparable form: `removed` bases from `start` are replaced by `added`."""

    start: int
    removed: int
    added: str

    @property
    def end(self) -> int:
        """End on the reference, half-open."""
        return self.start + self.removed

    @property
    def is_substitution(self) -> bool:
        """Whether it is a single changed base."""
        return self.removed == len(self.added) == 1


def find_haplotypes(
    batch: ReadBatch, window: Window, thresholds: Thresholds, align: LeftAlign, offered: Collection[Allele] = ()
) -> tuple[Haplotype, ...]:
    """Return the candidate haplotypes of a tile, in genome order.

    They are those `offered` (leftmost spelling), and those that at least `min_haplotype_fragments` fragments show as
    aligned, or on which the clipped ends of so many agree.
    """
    support: Counter[Allele] = Counter()
    spelled = [*_aligned_changes(batch, window, thresholds, align), *_clipped_changes(batch, window, thresholds)]
    for part, fragments in spelled:
        allele = _allele(part, window)
        if fragments >= thresholds.min_haplotype_fragments and allele is not None:
            support[align(allele)] += fragments
    best = sorted(support.items(), key=lambda item: (-item[1], item[0]))[:MAX_CANDIDATES]
    return tuple(
        Haplotype(edit_of(allele, Strand.FORWARD), *discerning_span(allele, window, thresholds.realign_gain), count)
        for allele, count in sorted((dict.fromkeys(offered, 0) | dict(best)).items())
        if len(allele.ref) != len(allele.alt)
    )


def _allele(part: Part, window: Window) -> Allele | None:
    """Return the change with its anchor base, or `None` where the window ends or is masked."""
    contig, anchor = window.interval.contig, part.start - 1
    ref = window.fetch(contig, anchor, part.end)
    if anchor < window.interval.start or len(ref) != part.removed + 1 or "N" in ref + part.added:
        return None
    alt = ref[0] + part.added
    return None if alt == ref else Allele(contig, anchor, ref, alt)


# ------------------------------------------------------------------------------- changes as aligned


def _aligned_changes(
    batch: ReadBatch, window: Window, thresholds: Thresholds, align: LeftAlign
) -> Iterator[tuple[Part, int]]:
    """Yield `(change, fragments)` of the indels as aligned, each joined with what stands beside it in cis.

    METHOD: a substitution near an indel is part of the same change if most reads with either show both, of those that
    reach across; otherwise it is an inherited variant, a subclone or an error, and stays on its own. Near means near
    any place at which the indel can be written, of which the aligner chose one.
    """
    reach = cache(partial(_reach, window=window, align=align))
    cores: Counter[tuple[Part, ...]] = Counter()
    fragments: defaultdict[tuple[Part, ...], set[int]] = defaultdict(set)
    beside: defaultdict[tuple[Part, ...], Counter[Part]] = defaultdict(Counter)
    for parts, names in _kinds_of_reads(batch).items():
        for core, neighbours in _clusters(parts, thresholds.complex_gap_bp, reach):
            cores[core] += len(names)
            fragments[core].update(names)
            beside[core].update(dict.fromkeys(neighbours, len(names)))
    elsewhere = _substituted_reads(batch, {part for parts in beside.values() for part in parts})
    for core, reads in cores.items():
        low, high = _vicinity(core, thresholds.complex_gap_bp, reach)
        joined = [
            part
            for part, both in beside[core].items()
            if 2 * both > max(reads, both + _count_across(elsewhere[part], low, high))
        ]
        yield _joined((*core, *joined), window), len(fragments[core])


def _reach(part: Part, window: Window, align: LeftAlign) -> tuple[int, int]:
    """Return the stretch, half-open, in which an indel can be written."""
    allele = _allele(part, window)
    if allele is None:
        return part.start, part.end
    return min(part.start, align(allele).start + 1), max(part.end, right_reach(allele, window))


def _kinds_of_reads(batch: ReadBatch) -> dict[tuple[Part, ...], list[int]]:
    """Return the changes of reads with an insertion or a deletion, and the fragments of the reads that show the same.

    A fragment is listed once for each of its reads.
    """
    events, names = batch.events, batch.reads["name_hash"]
    is_indel = (batch.kinds == EVENT_INSERTION) | (batch.kinds == EVENT_DELETION)
    if not is_indel.any():
        return {}
    with_indel = np.zeros(len(batch.reads), bool)
    with_indel[events["read"][is_indel]] = True
    rows = np.flatnonzero((is_indel | (batch.kinds == EVENT_SNV)) & with_indel[events["read"]])
    parts: defaultdict[int, list[Part]] = defaultdict(list)
    known: dict[tuple[int, int, int, str], Part] = {}
    columns = [events[column][rows].tolist() for column in ("read", "kind", "pos", "length", "base")]
    for row, read, kind, pos, length, base in zip(rows.tolist(), *columns, strict=True):
        key = kind, pos, length, batch.event_bases(events[row]) if kind == EVENT_INSERTION else chr(base)
        if key not in known:
            known[key] = _part(*key)
        parts[read].append(known[key])
    kinds: defaultdict[tuple[Part, ...], list[int]] = defaultdict(list)
    for name, own in zip(names[list(parts)].tolist(), parts.values(), strict=True):
        kinds[tuple(own)].append(name)
    return kinds


def _part(kind: int, pos: int, length: int, bases: str) -> Part:
    """Return a substitution, an insertion of `bases`, or a deletion as a part."""
    if kind == EVENT_SNV:
        return Part(pos, 1, bases)
    return Part(pos + 1, 0, bases) if kind == EVENT_INSERTION else Part(pos, length, "")


def _clusters(parts: Iterable[Part], gap: int, reach: Reach) -> Iterator[tuple[tuple[Part, ...], list[Part]]]:
    """Yield groups of neighbouring indels of one read, each with the substitutions beside it."""
    indels = [part for part in parts if not part.is_substitution]
    groups: list[list[Part]] = []
    for part in indels:
        if groups and part.start - groups[-1][-1].end <= gap:
            groups[-1].append(part)
        else:
            groups.append([part])
    for group in groups:
        low, high = _vicinity(group, gap, reach)
        yield tuple(group), [part for part in parts if part.is_substitution and low <= part.start < high]


def _vicinity(core: Sequence[Part], gap: int, reach: Reach) -> tuple[int, int]:
    """Return the stretch, half-open, in which a substitution stands beside neighbouring indels."""
    return reach(core[0])[0] - gap, reach(core[-1])[1] + gap


def _substituted_reads(batch: ReadBatch, wanted: set[Part]) -> dict[Part, npt.NDArray[np.void]]:
    """Return the reads that show each of the wanted substitutions and no indel."""
    events = batch.events
    with_indel = np.zeros(len(batch.reads), bool)
    with_indel[events["read"][(batch.kinds == EVENT_INSERTION) | (batch.kinds == EVENT_DELETION)]] = True
    rows = np.flatnonzero(batch.kinds == EVENT_SNV)
    rows = rows[np.isin(events["pos"][rows], [part.start for part in wanted])]
    rows = rows[~with_indel[events["read"][rows]]]
    pos, base, read = (events[column][rows] for column in ("pos", "base", "read"))
    return {part: batch.reads[read[(pos == part.start) & (base == ord(part.added))]] for part in wanted}


def _count_across(reads: npt.NDArray[np.void], low: int, high: int) -> int:
    """Count the reads that reach from `low` to `high`; one that ends between may bear the indel unseen."""
    return int(np.count_nonzero((reads["start"] <= low) & (reads["end"] >= high)))


def _joined(parts: Iterable[Part], window: Window) -> Part:
    """Return one change that does what several do, with the reference bases between them."""
    ordered = sorted(parts)
    cursor, added = ordered[0].start, ""
    for part in ordered:
        added += window.fetch(window.interval.contig, cursor, part.start) + part.added
        cursor = part.end
    return Part(ordered[0].start, cursor - ordered[0].start, added)


def _clipped_changes(batch: ReadBatch, window: Window, thresholds: Thresholds) -> Iterator[tuple[Part, int]]:
    """Yield `(change, fragments)` that the clipped ends of reads spell together."""
    for junction in clip_junctions(batch, window, thresholds.min_haplotype_fragments):
        yield Part(junction.left, junction.right - junction.left, junction.between), junction.fragments
