"""A specimen's alignments to its molecules, tile by tile, on as many threads as wanted; the result is the same."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from csfgeno.errors import InputError
from csfgeno.genome.sequence import SequenceSource, Window
from csfgeno.io.batch import ABSENT, ReadBatch
from csfgeno.io.reference import ReferenceFasta
from csfgeno.io.scan import AlignmentScanner
from csfgeno.molecules.collapse import MoleculeTile, collapse
from csfgeno.molecules.detect import PROBE_READS, detect_mode
from csfgeno.molecules.tiles import Tile
from csfgeno.records import Allele, Interval
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import EvidenceMode

Normalise = Callable[[Allele, SequenceSource], Allele]

WINDOW_MARGIN_BP: Final = 200
"""Reference kept around a tile, for indels at its edges and their leftmost spelling."""

MATE_MARGIN_BP: Final = 600
"""Where reads carry no MC tag, mates are looked for this far outside a tile."""


@dataclass(frozen=True, slots=True)
class Source:
    """An alignment file with what is needed to read it."""

    path: Path
    fasta: Path
    thresholds: Thresholds
    normalise: Normalise


@dataclass(frozen=True, slots=True)
class ReadMode:
    """How the reads of a file become molecules, and whether they tell where their mates end."""

    evidence: EvidenceMode
    has_mate_cigar: bool


def probe(source: Source, tiles: Sequence[Tile], forced: EvidenceMode | None) -> ReadMode:
    """Return the read mode, from the first reads that lie in tiles.

    Raises
    ------
    InputError
        If no read lies in any tile, or only a part of them carries a UMI.
    """
    with AlignmentScanner(str(source.path), reference=str(source.fasta)) as scanner:
        for tile in tiles:
            batch = _scan(scanner, tile.interval, b"", tile.interval.start, source.thresholds)
            if len(batch.reads):
                evidence = forced or detect_mode(_head(batch), source.path.name)
                has_mate_cigar = bool((batch.reads["mate_unclipped_start"] != ABSENT).any())
                return ReadMode(evidence, has_mate_cigar)
    raise InputError(
        f"{source.path.name} has no usable read in any target of the panel; check that the panel is that of the assay "
        f"and that mapping qualities reach {source.thresholds.min_mapq}"
    )


def read_molecules(source: Source, tiles: Sequence[Tile], mode: ReadMode, threads: int) -> Iterator[MoleculeTile]:
    """Yield the molecules of each tile, in the order of `tiles`, whatever the number of threads."""
    own = threading.local()
    opened: list[AlignmentScanner | ReferenceFasta] = []

    def read(tile: Tile) -> MoleculeTile:
        if not hasattr(own, "scanner"):
            own.scanner = AlignmentScanner(str(source.path), reference=str(source.fasta))
            own.fasta = ReferenceFasta(source.fasta)
            opened.extend((own.scanner, own.fasta))
        return _read_tile(own.scanner, own.fasta, source, tile, mode)

    try:
        with ThreadPoolExecutor(max_workers=threads) as pool:
            yield from pool.map(read, tiles)
    finally:
        for handle in opened:
            handle.close()


def _read_tile(
    scanner: AlignmentScanner, fasta: ReferenceFasta, source: Source, tile: Tile, mode: ReadMode
) -> MoleculeTile:
    interval = tile.interval
    margin = 0 if mode.has_mate_cigar else MATE_MARGIN_BP
    around = Interval(
        interval.contig,
        max(0, interval.start - max(margin, WINDOW_MARGIN_BP)),
        min(fasta.contigs[interval.contig], interval.end + max(margin, WINDOW_MARGIN_BP)),
    )
    window = Window(around, fasta.fetch(around.contig, around.start, around.end))
    searched = Interval(interval.contig, max(0, interval.start - margin), interval.end + margin)
    batch = _scan(scanner, searched, window.bases.encode(), around.start, source.thresholds)
    return collapse(
        batch,
        tile,
        mode.evidence,
        source.thresholds,
        reference=window.fetch(interval.contig, interval.start, interval.end),
        window=window,
        align=lambda allele: source.normalise(allele, window),
    )


def _scan(
    scanner: AlignmentScanner, interval: Interval, bases: bytes, bases_start: int, thresholds: Thresholds
) -> ReadBatch:
    return scanner.scan(
        interval.contig,
        interval.start,
        interval.end,
        reference_bases=bases,
        reference_start=bases_start,
        min_mapq=thresholds.min_mapq,
        min_baseq=thresholds.min_baseq,
    )


def _head(batch: ReadBatch) -> ReadBatch:
    """Return the first reads of a batch, which is enough to tell their kind."""
    return ReadBatch(batch.reads[:PROBE_READS], batch.events[:0], batch.sequence[:0], b"", batch.seen)
