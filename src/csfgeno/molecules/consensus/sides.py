"""The two sides of a molecule: the reads that become one consensus read, and the consensus of each of its strands."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
import numpy.typing as npt

from csfgeno.io.batch import ReadBatch
from csfgeno.io.consensus_bam import WholeReads
from csfgeno.molecules.consensus.bases import NO_CALL, Consensus, ErrorRates, consensus_of, duplex_of
from csfgeno.molecules.consensus.frame import UNALIGNED, Alignment, Frame, agreed_indels, frame_of, read_alignment
from csfgeno.molecules.consensus.names import read_umis
from csfgeno.molecules.grouping.ends import find_ends
from csfgeno.molecules.grouping.families import Families
from csfgeno.molecules.voting.fold import encode_bases
from csfgeno.thresholds import Thresholds

_PAIRED: Final = 0x1
_MATE_UNMAPPED: Final = 0x8
_REVERSE: Final = 0x10
_MATE_REVERSE: Final = 0x20


class Loss(StrEnum):
    """What did not become part of the consensus reads, in the words of the log."""

    OTHER_INDELS = "reads left out, their insertions or deletions differ from those of their family"
    SAME_DIRECTION = "reads left out, their mate on the same contig points the same way"
    NO_AGREEMENT = "consensus reads not made, their family does not agree on insertions and deletions"
    ONE_STRAND = "consensus reads not made, only one strand of a duplex molecule shows that side"
    NO_BASE = "consensus reads not made, no base of them can be called"
    NOT_DUPLEX = "consensus reads not written, they are not duplex"
    FEW_READS = "consensus reads not written, fewer reads than asked for are behind them"


@dataclass(frozen=True, slots=True)
class FamilyReads:
    """The reads of a region as rows and as whole reads, with their families.

    `strand` and `fragment` are those of `families`, but by row of the batch, `umis` are in the order of strand A, and
    `shape` is that of `ends.Ends`; one value a read.
    """

    batch: ReadBatch
    whole: WholeReads
    families: Families
    contig: str
    contig_number: int
    strand: npt.NDArray[np.int64]
    fragment: npt.NDArray[np.int64]
    shape: npt.NDArray[np.uint8]
    umis: tuple[str, ...]

    @classmethod
    def of(
        cls, batch: ReadBatch, whole: WholeReads, families: Families, contig: str, contig_number: int
    ) -> "FamilyReads":
        """Return the reads with strand and fragment put back to the order of the batch."""
        strand, fragment = np.zeros((2, len(batch.reads)), np.int64)
        strand[families.order] = families.strand
        fragment[families.order] = families.fragment
        shape, umis = find_ends(batch.reads).shape, read_umis(batch.reads, strand)
        return cls(batch, whole, families, contig, contig_number, strand, fragment, shape, umis)

    def rows_of(self, molecule: int) -> list[int]:
        """Return the rows of one molecule."""
        begin, end = np.searchsorted(self.families.molecule, (molecule, molecule + 1))
        rows: list[int] = self.families.order[begin:end].tolist()
        return rows


@dataclass(frozen=True, slots=True)
class Side:
    """The reads of one molecule and one direction that agree on an alignment, strand A first.

    `rows` are those of the batch, `copies` their alignments in the same order.
    """

    molecule: int
    is_reverse: bool
    rows: tuple[int, ...]
    copies: tuple[Alignment, ...]
    frame: Frame


@dataclass(frozen=True, slots=True)
class Territory:
    """The part of a contig whose consensus reads a tile writes, so that none is written twice.

    A read belongs to the first tile that it overlaps. `starts` and `ends` are those of all tiles of the contig.
    """

    number: int
    starts: npt.NDArray[np.int64]
    ends: npt.NDArray[np.int64]

    def owner(self, start: int, end: int) -> int | None:
        """Return the tile that `[start, end)` belongs to, `None` if it lies between tiles."""
        tile = int(np.searchsorted(self.ends, start, side="right"))
        return tile if tile < len(self.starts) and self.starts[tile] < end else None


def find_sides(
    reads: FamilyReads, territory: Territory, min_agreement: float
) -> tuple[dict[int, list[Side]], Counter[Loss]]:
    """Return the sides of each molecule of which the tile writes one, and what was left out of them."""
    sides: dict[int, list[Side]] = {}
    losses: Counter[Loss] = Counter()
    owned: set[int] = set()
    for molecule, is_reverse, rows in _directions(reads):
        copies = [read_alignment(int(reads.whole.start[r]), reads.whole.cigars[r], int(reads.strand[r])) for r in rows]
        owner = territory.owner(min(c.start for c in copies), max(c.end for c in copies))
        indels = agreed_indels(copies, min_agreement)
        if indels is None:
            losses[Loss.NO_AGREEMENT] += owner == territory.number
            continue
        kept = [(row, copy) for row, copy in zip(rows, copies, strict=True) if copy.fits(indels)]
        losses[Loss.OTHER_INDELS] += (len(rows) - len(kept)) * (owner == territory.number)
        kept_rows, kept_copies = zip(*kept, strict=True)
        side = Side(molecule, is_reverse, kept_rows, kept_copies, frame_of(kept_copies, indels))
        sides.setdefault(molecule, []).append(side)
        if owner == territory.number:
            owned.add(molecule)
    losses[Loss.SAME_DIRECTION] += _count_owned(reads, ~_face_each_other(reads), territory)
    return {molecule: both for molecule, both in sides.items() if molecule in owned}, losses


def is_written(side: Side, sides: Sequence[Side], territory: Territory) -> bool:
    """Whether this tile writes a side: it owns it, or the side lies between tiles and this tile owns its mate."""
    owners = {s.is_reverse: territory.owner(s.frame.start, s.frame.end) for s in sides}
    own = owners[side.is_reverse]
    return territory.number in ((own,) if own is not None else owners.values())


def call_sides(
    reads: FamilyReads, sides: Sequence[Side], thresholds: Thresholds
) -> Iterator[tuple[Consensus, Consensus, Consensus]]:
    """Yield the consensus of strand A, of strand B and of both for each side; without reads a strand is N at depth 0.

    Bases below `min_baseq` are not observed. Mates that overlap and disagree are a vote for nothing, as in `call`.
    """
    offsets = np.cumsum([0, *(side.frame.columns for side in sides)])
    total = int(offsets[-1])
    query, column, position, fragment = _expand(_runs(reads, sides, offsets))
    bases = _BASE_CODES[reads.whole.bases[query]]
    qualities = reads.whole.qualities[query]
    observed = (bases != NO_CALL) & (qualities >= thresholds.min_baseq)
    bases, qualities, column = bases[observed], qualities[observed], column[observed]
    _void_conflicts(bases, position[observed], fragment[observed])
    rates = ErrorRates.of(thresholds)
    strands = consensus_of(bases, qualities, column, 2 * total, rates, thresholds.min_family_agreement)
    top, bottom = strands.part(slice(0, total)), strands.part(slice(total, 2 * total))
    both = duplex_of(top, bottom)
    for begin, end in zip(offsets[:-1].tolist(), offsets[1:].tolist(), strict=True):
        columns = slice(begin, end)
        yield top.part(columns), bottom.part(columns), both.part(columns)


_BASE_CODES: Final = encode_bases("".join(map(chr, range(128))))


def _directions(reads: FamilyReads) -> Iterator[tuple[int, bool, list[int]]]:
    """Yield molecule, direction and rows of each group of reads, in the order of the families."""
    order, molecule = reads.families.order, reads.families.molecule
    facing = _face_each_other(reads)[order]
    order, molecule = order[facing], molecule[facing]
    is_reverse = (reads.batch.reads["flag"][order] & _REVERSE) != 0
    key = molecule.astype(np.int64) * 2 + is_reverse
    by_key = np.argsort(key, kind="stable")
    begins = np.flatnonzero(np.diff(key[by_key], prepend=-1))
    for rows in np.split(by_key, begins[1:]) if len(begins) else ():
        yield int(molecule[rows[0]]), bool(is_reverse[rows[0]]), order[rows].tolist()


def _face_each_other(reads: FamilyReads) -> npt.NDArray[np.bool_]:
    """Return False for reads whose mate has the same direction on the same contig: both would be one side."""
    rows = reads.batch.reads
    flag = rows["flag"]
    has_mate = ((flag & _PAIRED) != 0) & ((flag & _MATE_UNMAPPED) == 0) & (rows["mate_tid"] == reads.contig_number)
    same = ((flag & _REVERSE) != 0) == ((flag & _MATE_REVERSE) != 0)
    facing: npt.NDArray[np.bool_] = ~(has_mate & same)
    return facing


def _count_owned(reads: FamilyReads, chosen: npt.NDArray[np.bool_], territory: Territory) -> int:
    spans = reads.batch.reads[chosen]
    return sum(
        territory.owner(start, end) == territory.number
        for start, end in zip(spans["start"].tolist(), spans["end"].tolist(), strict=True)
    )


def _runs(
    reads: FamilyReads, sides: Sequence[Side], offsets: npt.NDArray[np.int64]
) -> Iterator[tuple[int, int, int, int, int]]:
    """Yield query offset, column, position, length and fragment of each run; columns of strand B follow all of A."""
    total = int(offsets[-1])
    for side, offset in zip(sides, offsets[:-1].tolist(), strict=True):
        for row, copy in zip(side.rows, side.copies, strict=True):
            query, column = int(reads.whole.offset[row]), offset + copy.strand * total
            fragment = int(reads.fragment[row])
            for run in side.frame.runs(copy):
                yield query + run.query, column + run.column, run.pos, run.length, fragment


def _expand(runs: Iterator[tuple[int, int, int, int, int]]) -> tuple[npt.NDArray[np.int64], ...]:
    """Return query offset, column, position and fragment of every base, each of shape (bases,)."""
    query, column, position, length, fragment = np.array(list(runs), np.int64).reshape(-1, 5).T
    step = np.arange(int(length.sum())) - np.repeat(np.cumsum(length) - length, length)
    aligned = np.repeat(position, length)
    return (
        np.repeat(query, length) + step,
        np.repeat(column, length) + step,
        np.where(aligned == UNALIGNED, UNALIGNED, aligned + step),
        np.repeat(fragment, length),
    )


def _void_conflicts(
    bases: npt.NDArray[np.uint8], position: npt.NDArray[np.int64], fragment: npt.NDArray[np.int64]
) -> None:
    """Turn what the mates of a fragment show differently at one position into votes for nothing, in place."""
    aligned = np.flatnonzero(position != UNALIGNED)
    key = fragment[aligned] << 32 | position[aligned]
    by_key = np.argsort(key, kind="stable")
    order, key = aligned[by_key], key[by_key]
    differ = (key[1:] == key[:-1]) & (bases[order[1:]] != bases[order[:-1]])
    bases[order[1:][differ]] = NO_CALL
    bases[order[:-1][differ]] = NO_CALL


def group_in_blocks(sides: Mapping[int, list[Side]], reads_per_block: int) -> Iterator[list[list[Side]]]:
    """Yield molecules in blocks of about so many reads, which bounds the memory of whole bases."""
    block: list[list[Side]] = []
    size = 0
    for both in sides.values():
        block.append(both)
        size += sum(len(side.rows) for side in both)
        if size >= reads_per_block:
            yield block
            block, size = [], 0
    if block:
        yield block
