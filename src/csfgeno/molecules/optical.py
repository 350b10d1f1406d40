"""Duplicates that the sequencer made: one cluster read as two lies beside itself on the flow cell.

Read names of Illumina end in lane, tile, x and y: `instrument:run:flowcell:lane:tile:x:y`, before Casava 1.8
`instrument:lane:tile:x:y`; a UMI may follow. Copies by PCR lie anywhere, optical ones on one tile within a few pixels,
as in Picard MarkDuplicates.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from csfgeno.io.batch import ReadBatch
from csfgeno.io.scan import AlignmentScanner
from csfgeno.molecules.grouping.families import group_reads
from csfgeno.molecules.grouping.umi_reads import has_umi, take_umis
from csfgeno.molecules.reader import ReadMode, Source
from csfgeno.records import DuplicateSample, Interval
from csfgeno.vocab import EvidenceMode

SAMPLED_READS: Final = 50_000
"""Reads that are looked at, from the first target on; enough for a share, at no cost to speak of."""

Spot = tuple[str, int, int]
"""Where a cluster lies: run, lane and tile as text, x, y."""


def sample_duplicates(source: Source, targets: Iterable[Interval], mode: ReadMode) -> DuplicateSample | None:
    """Return the further copies among the first read pairs of a panel, and how many of them are optical.

    `None` for consensus reads, which are no copies any more, and where read names tell no place on a flow cell.
    """
    if mode.evidence is EvidenceMode.CONSENSUS_READS:
        return None
    samples: list[DuplicateSample] = []
    with AlignmentScanner(str(source.path), reference=str(source.fasta)) as scanner:
        for target in targets:
            left = SAMPLED_READS - 2 * sum(sample.pairs for sample in samples)
            if left <= 0:
                break
            found = _count(_scan(scanner, target, source, left / mode.reads_per_bp), source, mode.evidence)
            if found is None:
                return None
            samples.append(found)
    totals = (sum(getattr(sample, name) for sample in samples) for name in ("pairs", "duplicates", "optical"))
    return DuplicateSample(*totals) if samples else None


def _scan(scanner: AlignmentScanner, target: Interval, source: Source, length_bp: float) -> ReadBatch:
    end = min(target.end, target.start + max(1, round(length_bp)))
    thresholds = source.thresholds
    return scanner.scan(
        target.contig, target.start, end, reference_bases=b"", reference_start=target.start,
        min_mapq=thresholds.min_mapq, min_baseq=thresholds.min_baseq, want_names=True,
    )  # fmt: skip


def _count(batch: ReadBatch, source: Source, mode: EvidenceMode) -> DuplicateSample | None:
    """Return the counts of one stretch; `None` if a name tells no place."""
    named = take_umis(batch, source.umis)
    keep = has_umi(named) if mode is EvidenceMode.UMI_FAMILIES else np.ones(len(batch.reads), bool)
    names = [name for name, kept in zip(batch.names.decode().splitlines(), keep.tolist(), strict=True) if kept]
    families = group_reads(named.reads[keep], mode, source.thresholds.umi_max_mismatches)
    copies: defaultdict[tuple[int, int], list[Spot]] = defaultdict(list)
    first = np.flatnonzero(np.diff(families.fragment, prepend=-1))
    for row in first.tolist():
        spot = read_spot(names[int(families.order[row])])
        if spot is None:
            return None
        copies[int(families.molecule[row]), int(families.strand[row])].append(spot)
    distance = source.thresholds.optical_distance_px
    return DuplicateSample(
        pairs=len(first),
        duplicates=len(first) - len(copies),
        optical=sum(len(spots) - count_clusters(spots, distance) for spots in copies.values() if len(spots) > 1),
    )


def read_spot(name: str) -> Spot | None:
    """Return where on the flow cell a read was, `None` if its name does not tell."""
    fields = name.split(":")
    if len(fields) not in (5, 7, 8):
        return None
    first = 2 if len(fields) == 5 else 4
    x, y = fields[first + 1], fields[first + 2].split("_")[0].split("#")[0]
    return (":".join(fields[: first + 1]), int(x), int(y)) if x.isdecimal() and y.isdecimal() else None


def count_clusters(spots: Sequence[Spot], distance: int) -> int:
    """Return how many clusters are left if copies of one tile within `distance` in x and in y count as one.

    A chain of near copies is one cluster.
    """
    by_tile: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    for tile, x, y in dict.fromkeys(spots):
        by_tile[tile].append((x, y))
    return sum(_count_chains(places, distance) for places in by_tile.values())


def _count_chains(places: Sequence[tuple[int, int]], distance: int) -> int:
    near = cKDTree(np.array(places)).query_pairs(distance, p=np.inf, output_type="ndarray")
    links = coo_array((np.ones(len(near), bool), (near[:, 0], near[:, 1])), shape=(len(places), len(places)))
    return int(connected_components(links, directed=False)[0])
