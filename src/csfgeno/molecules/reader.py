"""A specimen's alignments to its molecules, tile by tile, on as many threads as wanted; the result is the same."""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TypeVar

import numpy as np
import numpy.typing as npt

from csfgeno.errors import InputError
from csfgeno.genome.sequence import SequenceSource, Window
from csfgeno.io.batch import ABSENT, ReadBatch
from csfgeno.io.reference import ReferenceFasta
from csfgeno.io.scan import AlignmentScanner, ReferenceStretch
from csfgeno.molecules.broken import BrokenReads, find_broken
from csfgeno.molecules.collapse import MoleculeTile, collapse
from csfgeno.molecules.detect import PROBE_READS, detect_mode
from csfgeno.molecules.grouping.umi_reads import (
    FROM_TAGS,
    UmiSource,
    drop_without_umi,
    has_usable_umi,
    take_umis,
)
from csfgeno.molecules.pairing.coincidence import StrandPairing, tell_strands
from csfgeno.molecules.tiles import Tile, make_stretches, reaches
from csfgeno.records import Allele, Interval
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import EvidenceMode

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

Normalise = Callable[[Allele, SequenceSource], Allele]

WINDOW_MARGIN_BP: Final = 400
"""Reference kept around a tile, for indels at its edges and their leftmost spelling."""

SAMPLED_READS: Final = 200_000
"""Reads from which the strands of molecules with one UMI are told, evenly over the panel."""

PROBE_BP: Final = 200
"""How much of a target is looked at before the mode is decided."""

MATE_MARGIN_BP: Final = 600
"""Where reads carry no MC tag, mates are looked for this far outside a tile."""


@dataclass(frozen=True, slots=True)
class Source:
    """An alignment file with what is needed to read it.

    `offered` are insertions and deletions, leftmost spelling, with which its reads are compared beside those that they
    show themselves.
    """

    path: Path
    fasta: Path
    thresholds: Thresholds
    normalise: Normalise
    umis: UmiSource = FROM_TAGS
    offered: tuple[Allele, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadMode:
    """How the reads of a file become molecules, whether they tell where their mates end, and how dense they lie.

    `pairing` says what is known of the strands of molecules with one UMI, `None` where there are none.
    """

    evidence: EvidenceMode
    has_mate_cigar: bool
    reads_per_bp: float
    pairing: StrandPairing | None = None


def probe(source: Source, targets: Iterable[Interval], forced: EvidenceMode | None) -> ReadMode:
    """Return the read mode, from the first target in which reads lie; of the strands, from all over the targets.

    Raises
    ------
    InputError
        If no read lies in any target, or only a part of them carries a UMI.
    """
    places = list(targets)
    with AlignmentScanner(str(source.path), reference=str(source.fasta)) as scanner:
        mode = _probe_reads(scanner, source, places, forced)
        if mode.evidence is not EvidenceMode.UMI_FAMILIES:
            return mode
        samples = _sample(scanner, source, places, mode)
        return replace(mode, pairing=tell_strands(samples, source.thresholds.umi_max_mismatches))


def _probe_reads(
    scanner: AlignmentScanner, source: Source, places: Sequence[Interval], forced: EvidenceMode | None
) -> ReadMode:
    for interval in places:
        length = min(len(interval), PROBE_BP)
        batch = _scan(scanner, source, interval, length, 0)
        if len(batch.reads):
            return ReadMode(
                evidence=forced or detect_mode(_head(batch), source.umis, source.path.name),
                has_mate_cigar=bool((batch.reads["mate_unclipped_start"] != ABSENT).any()),
                reads_per_bp=len(batch.reads) / length,
            )
    raise InputError(
        f"{source.path.name} has no usable read in any target of the panel; check that the panel is that of the assay "
        f"and that mapping qualities reach {source.thresholds.min_mapq}"
    )


def _sample(
    scanner: AlignmentScanner, source: Source, places: Sequence[Interval], mode: ReadMode
) -> Iterator[npt.NDArray[np.void]]:
    """Yield the reads with a UMI over some targets, every so many of them, up to `SAMPLED_READS` in all."""
    margin = 0 if mode.has_mate_cigar else MATE_MARGIN_BP
    step = max(1, int(sum(map(len, places)) * mode.reads_per_bp / SAMPLED_READS))
    left = SAMPLED_READS
    for interval in places[::step]:
        if left <= 0:
            return
        length = min(len(interval), max(1, int(left / mode.reads_per_bp)))
        reads = _scan(scanner, source, interval, length, margin).reads
        left -= len(reads)
        yield reads[has_usable_umi(reads)]


def _scan(scanner: AlignmentScanner, source: Source, interval: Interval, length: int, margin: int) -> ReadBatch:
    """Return the reads over the first bases of a target, and their UMIs; `margin` bp around it are searched."""
    start = max(0, interval.start - margin)
    batch = scanner.scan(
        interval.contig,
        start,
        interval.start + length + margin,
        reference_bases=b"",
        reference_start=start,
        min_mapq=source.thresholds.min_mapq,
        min_baseq=source.thresholds.min_baseq,
        want_names=source.umis.name_separator is not None,
    )
    return take_umis(batch, source.umis)


def read_molecules(source: Source, tiles: Sequence[Tile], mode: ReadMode, threads: int) -> Iterator[MoleculeTile]:
    """Yield the molecules of each tile, in the order of `tiles`, whatever the number of threads.

    One thread hands every tile over before it reads the next; several work a few stretches ahead and no more.
    """
    stretches = make_stretches(tiles)
    if threads == 1:
        with _opened(source) as (scanner, fasta):
            for stretch in stretches:
                yield from _read_stretch(scanner, fasta, source, stretch, mode)
        return
    own = threading.local()
    with ExitStack() as handles_of_all, ThreadPoolExecutor(max_workers=threads) as pool:

        def read(stretch: tuple[Tile, ...]) -> list[MoleculeTile]:
            if not hasattr(own, "handles"):
                own.handles = handles_of_all.enter_context(_opened(source))
            scanner, fasta = own.handles
            return list(_read_stretch(scanner, fasta, source, stretch, mode))

        for found in _map_ahead(pool, read, stretches, threads + 1):
            yield from found


def read_broken(source: Source, tiles: Sequence[Tile], mode: ReadMode) -> Iterator[BrokenReads]:
    """Yield the reads of each tile that hint at a junction; a contig that the file lacks has none."""
    with _opened(source) as (scanner, fasta):
        contigs = tuple(scanner.contigs)
        for stretch in make_stretches([tile for tile in tiles if tile.interval.contig in scanner.contigs]):
            _, batches = _stream(scanner, fasta, source, stretch, mode)
            for tile in stretch:
                reads, _ = _with_umis(next(batches), source, tile, mode.evidence)
                yield find_broken(reads, tile.interval.contig, contigs)


@contextmanager
def _opened(source: Source) -> Iterator[tuple[AlignmentScanner, ReferenceFasta]]:
    path, fasta = str(source.path), source.fasta
    with AlignmentScanner(path, reference=str(fasta)) as scanner, ReferenceFasta(fasta) as sequence:
        yield scanner, sequence


def _map_ahead(
    pool: Executor, function: Callable[[_Item], _Result], items: Iterable[_Item], ahead: int
) -> Iterator[_Result]:
    """Yield `function(item)` in order, at most `ahead` of them begun or waiting; `Executor.map` begins them all."""
    waiting: deque[Future[_Result]] = deque()
    try:
        for item in items:
            waiting.append(pool.submit(function, item))
            if len(waiting) == ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()


def _read_stretch(
    scanner: AlignmentScanner, fasta: ReferenceFasta, source: Source, stretch: tuple[Tile, ...], mode: ReadMode
) -> Iterator[MoleculeTile]:
    window, batches = _stream(scanner, fasta, source, stretch, mode)
    for tile in stretch:
        # The batch has no name here, so that it is gone before the next one is read.
        yield _collapse_tile(next(batches), source, tile, mode, window, tuple(scanner.contigs))


def _stream(
    scanner: AlignmentScanner, fasta: ReferenceFasta, source: Source, stretch: tuple[Tile, ...], mode: ReadMode
) -> tuple[Window, Iterator[ReadBatch]]:
    """Return the reference around a stretch and the reads of its tiles, one after the other."""
    margin = 0 if mode.has_mate_cigar else MATE_MARGIN_BP
    contig = stretch[0].interval.contig
    window = _window(fasta, contig, stretch[0].interval.start, stretch[-1].interval.end)
    batches = scanner.stream(
        contig,
        [(tile.reads_from.start - margin, tile.reads_from.end + margin) for tile in stretch],
        ReferenceStretch(window.bases.encode(), window.interval.start),
        source.thresholds.min_mapq,
        source.thresholds.min_baseq,
        want_names=source.umis.name_separator is not None,
    )
    return window, batches


def _collapse_tile(
    batch: ReadBatch, source: Source, tile: Tile, mode: ReadMode, window: Window, contigs: tuple[str, ...]
) -> MoleculeTile:
    reads, without_umi = _with_umis(batch, source, tile, mode.evidence)
    return collapse(
        reads,
        tile,
        mode.evidence,
        source.thresholds,
        reference=window.fetch(tile.interval.contig, tile.interval.start, tile.interval.end),
        window=window,
        align=lambda allele: source.normalise(allele, window),
        offered=[allele for allele in source.offered if reaches(tile, allele)],
        reads_without_umi=without_umi,
        broken=find_broken(reads, tile.interval.contig, contigs),
        pairing=mode.pairing,
    )


def _with_umis(batch: ReadBatch, source: Source, tile: Tile, mode: EvidenceMode) -> tuple[ReadBatch, int]:
    """Return the reads that can join families, and how many cannot; reads of an earlier tile were counted there."""
    if mode is not EvidenceMode.UMI_FAMILIES:
        return batch, 0
    where = f"{source.path.name} at {tile.interval.contig}:{tile.interval.start + 1}-{tile.interval.end}"
    batch = take_umis(batch, source.umis)
    usable, lacking = drop_without_umi(batch, source.umis, where)
    return usable, int(np.count_nonzero(lacking & (batch.reads["start"] >= tile.previous_end)))


def _window(fasta: ReferenceFasta, contig: str, start: int, end: int) -> Window:
    around = Interval(contig, max(0, start - WINDOW_MARGIN_BP), min(fasta.contigs[contig], end + WINDOW_MARGIN_BP))
    return Window(around, fasta.fetch(contig, around.start, around.end))


def _head(batch: ReadBatch) -> ReadBatch:
    """Return the first reads of a batch, which is enough to tell their kind."""
    return ReadBatch(batch.reads[:PROBE_READS], batch.events[:0], batch.sequence[:0], b"", batch.seen)
