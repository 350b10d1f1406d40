"""Raw reads with UMIs to consensus reads, tile by tile, on as many threads as wanted; the result is the same."""

import threading
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from typing import Final

import numpy as np

from csfgeno.errors import InputError
from csfgeno.io.batch import ABSENT
from csfgeno.io.consensus_bam import ConsensusBases, ConsensusRead, Mate, WholeReadFile, cigar_text
from csfgeno.io.scan import AlignmentScanner
from csfgeno.molecules.consensus.bases import NO_CALL, Consensus
from csfgeno.molecules.consensus.names import family_umi, name_by_mi, name_by_place, swap_halves
from csfgeno.molecules.consensus.sides import (
    FamilyReads,
    Loss,
    Side,
    Territory,
    call_sides,
    find_sides,
    group_in_blocks,
    is_written,
)
from csfgeno.molecules.grouping.families import STRAND_B, group_reads
from csfgeno.molecules.grouping.umi_reads import drop_without_umi, take_umis
from csfgeno.molecules.reader import MATE_MARGIN_BP, Source
from csfgeno.molecules.tiles import Tile
from csfgeno.vocab import EvidenceMode

_BLOCK_READS: Final = 5_000
_DUPLICATE: Final = 0x400
_EITHER_READ: Final = 0xC0
_LETTERS: Final = np.frombuffer(b"ACGTN", np.uint8)


@dataclass(frozen=True, slots=True)
class ConsensusOptions:
    """Which consensus reads are wanted: from how many reads on, and whether only duplex ones."""

    min_reads: int = 1
    duplex_only: bool = False


@dataclass(frozen=True, slots=True)
class ConsensusTile:
    """The consensus reads that a tile writes, and what became of the rest."""

    reads: tuple[ConsensusRead, ...]
    losses: Counter[Loss]


@dataclass(frozen=True, slots=True)
class _Called:
    """A side with the consensus of its strands (`None` where a strand was not read) and of both together."""

    side: Side
    strands: tuple[Consensus | None, Consensus | None]
    whole: Consensus

    @property
    def is_duplex(self) -> bool:
        """Whether both strands were read."""
        return None not in self.strands


class _Handles(threading.local):
    """The files that one thread has open."""

    scanner: AlignmentScanner | None = None
    whole: WholeReadFile | None = None


def read_consensus(
    source: Source, tiles: Sequence[Tile], options: ConsensusOptions, threads: int
) -> Iterator[ConsensusTile]:
    """Yield the consensus reads of each tile, in the order of `tiles`, whatever the number of threads.

    Mates are looked for `MATE_MARGIN_BP` around a tile. Only a few tiles are in memory at a time.

    Raises
    ------
    InputError
        If a read cannot be read, or the file changes meanwhile.
    """
    handles = _Handles()
    opened: list[AlignmentScanner | WholeReadFile] = []

    def read(tile: Tile, territory: Territory) -> ConsensusTile:
        if handles.scanner is None or handles.whole is None:
            handles.scanner = AlignmentScanner(str(source.path), reference=str(source.fasta))
            handles.whole = WholeReadFile(source.path, source.fasta)
            opened.extend((handles.scanner, handles.whole))
        return call_tile(_read_tile(handles.scanner, handles.whole, source, tile), territory, source, options)

    waiting: deque[Future[ConsensusTile]] = deque()
    try:
        with ThreadPoolExecutor(max_workers=threads) as pool:
            for tile, territory in _with_territories(tiles):
                waiting.append(pool.submit(read, tile, territory))
                if len(waiting) > threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
    finally:
        for handle in opened:
            handle.close()


def call_tile(reads: FamilyReads, territory: Territory, source: Source, options: ConsensusOptions) -> ConsensusTile:
    """Return the consensus reads of one tile, molecule by molecule."""
    sides, losses = find_sides(reads, territory, source.thresholds.min_family_agreement)
    made: list[ConsensusRead] = []
    for block in group_in_blocks(sides, _BLOCK_READS):
        consensus = call_sides(reads, list(chain.from_iterable(block)), source.thresholds)
        for both in block:
            called = [_combine(side, *next(consensus)) for side in both]
            reasons = [_loss(one, called, options) for one in called]
            kept = [one for one, reason in zip(called, reasons, strict=True) if reason is None]
            for one, reason in zip(called, reasons, strict=True):
                if not is_written(one.side, both, territory):
                    continue
                if reason is None:
                    made.append(_consensus_read(reads, one, kept))
                else:
                    losses[reason] += 1
    return ConsensusTile(tuple(made), losses)


def _with_territories(tiles: Sequence[Tile]) -> Iterator[tuple[Tile, Territory]]:
    by_contig: dict[str, list[Tile]] = {}
    for tile in tiles:
        by_contig.setdefault(tile.interval.contig, []).append(tile)
    for group in by_contig.values():
        starts = np.array([tile.interval.start for tile in group], np.int64)
        ends = np.array([tile.interval.end for tile in group], np.int64)
        for number, tile in enumerate(group):
            yield tile, Territory(number, starts, ends)


def _read_tile(scanner: AlignmentScanner, file: WholeReadFile, source: Source, tile: Tile) -> FamilyReads:
    contig, thresholds = tile.interval.contig, source.thresholds
    start, end = max(0, tile.interval.start - MATE_MARGIN_BP), tile.interval.end + MATE_MARGIN_BP
    end = min(end, scanner.contigs[contig])
    batch = scanner.scan(
        contig,
        start,
        end,
        reference_bases=b"",
        reference_start=start,
        min_mapq=thresholds.min_mapq,
        min_baseq=thresholds.min_baseq,
        want_names=source.umis.name_separator is not None,
    )
    whole = file.fetch(contig, start, end, thresholds.min_mapq)
    if not np.array_equal(batch.reads["start"], whole.start):
        raise InputError(f"{source.path.name} changed while it was read; run again when it is complete")
    where = f"{source.path.name} at {contig}:{start + 1}-{end}"
    batch, lacking = drop_without_umi(take_umis(batch, source.umis), source.umis, where)
    families = group_reads(batch.reads, EvidenceMode.UMI_FAMILIES, thresholds.umi_max_mismatches)
    whole = whole.keep(~lacking)
    return FamilyReads.of(batch, whole, families, contig, list(scanner.contigs).index(contig))


# ----------------------------------------------------------------------------------------- one read


def _combine(side: Side, a: Consensus, b: Consensus, both: Consensus) -> _Called:
    has_a, has_b = bool(a.depth.any()), bool(b.depth.any())
    whole = both if has_a and has_b else b if has_b else a
    return _Called(side, (a if has_a else None, b if has_b else None), whole)


def _loss(one: _Called, molecule: Sequence[_Called], options: ConsensusOptions) -> Loss | None:
    """Return why a consensus read is not written, `None` if it is."""
    if not (one.whole.base != NO_CALL).any():
        return Loss.NO_BASE
    # METHOD: a duplex molecule shows no base of one strand only; readers of aD and bD would take it for a duplex base.
    if not one.is_duplex and any(other.is_duplex for other in molecule):
        return Loss.ONE_STRAND
    if options.duplex_only and not one.is_duplex:
        return Loss.NOT_DUPLEX
    return Loss.FEW_READS if one.whole.depth.max() < options.min_reads else None


def _consensus_read(reads: FamilyReads, one: _Called, kept: Sequence[_Called]) -> ConsensusRead:
    side = one.side
    mate = next((other.side for other in kept if other.side.is_reverse != side.is_reverse), None)
    umi = family_umi(reads.umis, reads.rows_of(side.molecule))
    is_bottom = reads.families.size_a[side.molecule] == 0
    a, b = one.strands
    return ConsensusRead(
        molecule=_name(reads, side, umi),
        umi=swap_halves(umi) if umi is not None and is_bottom else umi,
        flag=_flag(reads, side, is_bottom=is_bottom),
        contig=reads.contig_number,
        start=side.frame.start,
        mapq=int(reads.batch.reads["mapq"][list(side.rows)].mean()),
        cigar=side.frame.cigar,
        mate=_raw_mate(reads, side.rows[0]) if mate is None else _mate(reads.contig_number, side, mate),
        whole=_text(one.whole),
        strands=(None if a is None else _text(a), None if b is None else _text(b)),
        templates=(int(reads.families.size_a[side.molecule]), int(reads.families.size_b[side.molecule])),
    )


def _name(reads: FamilyReads, side: Side, umi: str | None) -> str:
    row = side.rows[0]
    if reads.batch.reads["mi"][row]:
        return name_by_mi(str(reads.whole.molecules[row]))
    mate_tid = int(reads.batch.reads["mate_tid"][row])
    return name_by_place(
        reads.contig,
        int(reads.families.left[side.molecule]),
        int(reads.families.right[side.molecule]),
        int(reads.shape[row]),
        umi,
        strand="AB"[reads.strand[row]],
        mate_contig=mate_tid if mate_tid not in (reads.contig_number, ABSENT) else None,
    )


def _text(consensus: Consensus) -> ConsensusBases:
    # Copies, so that a read does not keep the columns of its whole block in memory.
    depth, errors = consensus.depth.astype(np.int32), consensus.errors.astype(np.int32)
    return ConsensusBases(_LETTERS[consensus.base].tobytes().decode(), consensus.quality.copy(), depth, errors)


def _flag(reads: FamilyReads, side: Side, *, is_bottom: bool) -> int:
    """Return the flag of the first read; the pair is turned to strand A if any read of the molecule is."""
    flag = int(reads.whole.flag[side.rows[0]]) & ~_DUPLICATE
    turn = reads.strand[side.rows[0]] == STRAND_B and not is_bottom and flag & _EITHER_READ
    return flag ^ _EITHER_READ if turn else flag


def _mate(contig: int, side: Side, mate: Side) -> Mate:
    length = max(side.frame.end, mate.frame.end) - min(side.frame.start, mate.frame.start)
    is_left = (side.frame.start, side.is_reverse) < (mate.frame.start, mate.is_reverse)
    return Mate(contig, mate.frame.start, cigar_text(mate.frame.cigar), length if is_left else -length)


def _raw_mate(reads: FamilyReads, row: int) -> Mate | None:
    """Return the mate that a raw read names, if it is mapped."""
    raw = reads.batch.reads[row]
    if raw["mate_tid"] < 0:
        return None
    length = int(raw["template_length"])
    return Mate(int(raw["mate_tid"]), int(raw["mate_start"]), reads.whole.mate_cigars[row], length)
