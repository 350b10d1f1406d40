"""A specimen's alignments to its molecules, tile by tile, on as many threads as wanted; the result is the same."""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from csfgeno.errors import InputError
from csfgeno.genome.sequence import SequenceSource, Window
from csfgeno.io.batch import ABSENT, ReadBatch
from csfgeno.io.reference import ReferenceFasta
from csfgeno.io.scan import AlignmentScanner, ReferenceStretch
from csfgeno.molecules.broken import find_broken
from csfgeno.molecules.collapse import MoleculeTile, collapse
from csfgeno.molecules.detect import PROBE_READS, detect_mode
from csfgeno.molecules.grouping.umi_reads import FROM_TAGS, UmiSource, drop_without_umi, take_umis
from csfgeno.molecules.tiles import Tile, make_stretches, reaches
from csfgeno.records import Allele, Interval
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import EvidenceMode

Normalise = Callable[[Allele, SequenceSource], Allele]

WINDOW_MARGIN_BP: Final = 400
"""Reference kept around a tile, for indels at its edges and their leftmost spelling."""

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
    """How the reads of a file become molecules, whether they tell where their mates end, and how dense they lie."""

    evidence: EvidenceMode
    has_mate_cigar: bool
    reads_per_bp: float


def probe(source: Source, targets: Iterable[Interval], forced: EvidenceMode | None) -> ReadMode:
    """Return the read mode, from the first target in which reads lie.

    Raises
    ------
    InputError
        If no read lies in any target, or only a part of them carries a UMI.
    """
    with AlignmentScanner(str(source.path), reference=str(source.fasta)) as scanner:
        for interval in targets:
            end = min(interval.end, interval.start + PROBE_BP)
            batch = scanner.scan(
                interval.contig,
                interval.start,
                end,
                reference_bases=b"",
                reference_start=interval.start,
                min_mapq=source.thresholds.min_mapq,
                min_baseq=source.thresholds.min_baseq,
                want_names=source.umis.name_separator is not None,
            )
            if len(batch.reads):
                return ReadMode(
                    evidence=forced or detect_mode(_head(take_umis(batch, source.umis)), source.umis, source.path.name),
                    has_mate_cigar=bool((batch.reads["mate_unclipped_start"] != ABSENT).any()),
                    reads_per_bp=len(batch.reads) / (end - interval.start),
                )
    raise InputError(
        f"{source.path.name} has no usable read in any target of the panel; check that the panel is that of the assay "
        f"and that mapping qualities reach {source.thresholds.min_mapq}"
    )


def read_molecules(source: Source, tiles: Sequence[Tile], mode: ReadMode, threads: int) -> Iterator[MoleculeTile]:
    """Yield the molecules of each tile, in the order of `tiles`, whatever the number of threads."""
    own = threading.local()
    opened: list[AlignmentScanner | ReferenceFasta] = []

    def read(stretch: tuple[Tile, ...]) -> list[MoleculeTile]:
        if not hasattr(own, "scanner"):
            own.scanner = AlignmentScanner(str(source.path), reference=str(source.fasta))
            own.fasta = ReferenceFasta(source.fasta)
            opened.extend((own.scanner, own.fasta))
        return list(_read_stretch(own.scanner, own.fasta, source, stretch, mode))

    try:
        with ThreadPoolExecutor(max_workers=threads) as pool:
            for stretch in pool.map(read, make_stretches(tiles)):
                yield from stretch
    finally:
        for handle in opened:
            handle.close()


def _read_stretch(
    scanner: AlignmentScanner, fasta: ReferenceFasta, source: Source, stretch: tuple[Tile, ...], mode: ReadMode
) -> Iterator[MoleculeTile]:
    margin = 0 if mode.has_mate_cigar else MATE_MARGIN_BP
    contig = stretch[0].interval.contig
    window = _window(fasta, contig, stretch[0].interval.start, stretch[-1].interval.end)
    batches = scanner.stream(
        contig,
        [(tile.interval.start - margin, tile.interval.end + margin) for tile in stretch],
        ReferenceStretch(window.bases.encode(), window.interval.start),
        source.thresholds.min_mapq,
        source.thresholds.min_baseq,
        want_names=source.umis.name_separator is not None,
    )
    for tile, batch in zip(stretch, batches, strict=True):
        reads, without_umi = _with_umis(batch, source, tile, mode.evidence)
        yield collapse(
            reads,
            tile,
            mode.evidence,
            source.thresholds,
            reference=window.fetch(contig, tile.interval.start, tile.interval.end),
            window=window,
            align=lambda allele: source.normalise(allele, window),
            offered=[allele for allele in source.offered if reaches(tile, allele)],
            reads_without_umi=without_umi,
            broken=find_broken(reads, contig, tuple(scanner.contigs)),
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
