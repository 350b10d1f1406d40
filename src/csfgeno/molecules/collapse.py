"""One tile of reads to its molecules: families, what they state about bases, and about insertions and deletions."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from csfgeno.genome.sequence import Window
from csfgeno.io.batch import ReadBatch
from csfgeno.molecules.broken import BrokenReads
from csfgeno.molecules.grouping.families import KIND_FROM_VOTES, Families, group_reads
from csfgeno.molecules.grouping.rows import passes
from csfgeno.molecules.pairing.coincidence import StrandPairing
from csfgeno.molecules.pairing.pairs import pair_strands
from csfgeno.molecules.realignment.candidates import LeftAlign
from csfgeno.molecules.realignment.realign import realign
from csfgeno.molecules.strata import FIRST_STRATUM
from csfgeno.molecules.tiles import Tile
from csfgeno.molecules.voting.fold import Calls, encode_bases, fold_reads, large_families
from csfgeno.molecules.voting.indels import IndelCalls, vote_on_indels
from csfgeno.records import Allele, Interval
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import EvidenceMode, MoleculeKind

_KIND: Final = {kind: number for number, kind in enumerate(MoleculeKind)}
_SIZED: Final = [_KIND[MoleculeKind.DUPLEX], _KIND[MoleculeKind.SIMPLEX]]
_FIRST: Final = np.array([FIRST_STRATUM[kind] for kind in MoleculeKind])


@dataclass(frozen=True, slots=True)
class Molecules:
    """One row a molecule.

    Attributes
    ----------
    forward_start, forward_end, reverse_start, reverse_end
        What its forward and its reverse reads cover, half-open; an absent side has start above end.
    left, right
        Unclipped outer ends of the DNA fragment; `right` is -1 for a lone read.
    size_a, size_b
        Reads pairs behind each strand.
    stratum
        Row of `strata.STRATA` of the molecule as a whole.
    mapq
        Mean mapping quality of its reads.
    key
        Smallest hash of its read names: the same molecule in another tile has the same.
    is_first_seen
        False if another tile of the same contig counts it.
    """

    forward_start: npt.NDArray[np.int32]
    forward_end: npt.NDArray[np.int32]
    reverse_start: npt.NDArray[np.int32]
    reverse_end: npt.NDArray[np.int32]
    left: npt.NDArray[np.int32]
    right: npt.NDArray[np.int32]
    size_a: npt.NDArray[np.int32]
    size_b: npt.NDArray[np.int32]
    stratum: npt.NDArray[np.uint8]
    mapq: npt.NDArray[np.float64]
    key: npt.NDArray[np.uint64]
    is_first_seen: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        """Return the number of molecules."""
        return len(self.stratum)

    def span_alone(self, start: int, end: int) -> npt.NDArray[np.bool_]:
        """Return which molecules show every base of `[start, end)` on one side alone, shape (molecules,)."""
        forward = (self.forward_start <= start) & (self.forward_end >= end)
        return forward | ((self.reverse_start <= start) & (self.reverse_end >= end))

    def span(self, start: int, end: int) -> npt.NDArray[np.bool_]:
        """Return which molecules show every base of `[start, end)`, shape (molecules,)."""
        joined = (self.forward_start <= start) & (self.reverse_end >= end) & (self.reverse_start <= self.forward_end)
        return self.span_alone(start, end) | joined


@dataclass(frozen=True, slots=True)
class MoleculeTile:
    """Everything the molecules of one tile state.

    `reference` are the tile's bases as text; array positions count from `interval.start`. `reads_without_umi` were left
    out because they name no family.
    """

    interval: Interval
    reference: str
    molecules: Molecules
    calls: Calls
    indels: IndelCalls
    reads_seen: int
    reads_used: int
    reads_without_umi: int
    fragments: int
    broken: BrokenReads = field(default_factory=BrokenReads)


def collapse(
    batch: ReadBatch,
    tile: Tile,
    mode: EvidenceMode,
    thresholds: Thresholds,
    *,
    reference: str,
    window: Window,
    align: LeftAlign,
    offered: Collection[Allele],
    reads_without_umi: int,
    broken: BrokenReads,
    pairing: StrandPairing | None,
) -> MoleculeTile:
    """Return the molecules of a tile and what they state.

    Parameters
    ----------
    reference
        Bases of the tile.
    window
        A longer stretch around it, for insertions and deletions at its edges.
    offered
        Insertions and deletions known from elsewhere, with which reads are compared.
    reads_without_umi
        Reads of the tile that are not in `batch` for want of a UMI.
    broken
        What `batch` says of junctions.
    pairing
        What the specimen tells of the strands of molecules with one UMI; `None` where UMIs tell them, or reads do.
    """
    batch = realign(batch, window, thresholds, align, offered)
    shares_umi = pairing is not None and pairing.shares_umi
    families = group_reads(batch.reads, mode, thresholds.umi_max_mismatches, shares_umi=shares_umi)
    origin, agreement = tile.interval.start, thresholds.min_family_agreement

    def vote() -> tuple[Calls, IndelCalls]:
        calls = fold_reads(batch, families, encode_bases(reference), origin, agreement)
        return calls, vote_on_indels(batch, families, window, thresholds, align)

    calls, indels = vote()
    if pairing is not None and pairing.is_by_ends:
        families = pair_strands(batch.reads, families, calls, indels, origin, pairing)
        calls, indels = vote()
    return MoleculeTile(
        interval=tile.interval,
        reference=reference,
        molecules=_describe(batch, families, tile),
        calls=calls,
        indels=indels,
        reads_seen=batch.seen,
        reads_used=int(np.count_nonzero(_starts_here(batch.reads["start"], tile))),
        reads_without_umi=reads_without_umi,
        fragments=int(families.fragment[-1]) + 1 if len(families.fragment) else 0,
        broken=broken,
    )


def _describe(batch: ReadBatch, families: Families, tile: Tile) -> Molecules:
    begin = np.searchsorted(families.molecule, np.arange(len(families)))
    *spans, mapq, key = passes().span_molecules(batch.reads, families.order, begin)
    forward_start, forward_end, reverse_start, reverse_end = spans
    return Molecules(
        forward_start=forward_start,
        forward_end=forward_end,
        reverse_start=reverse_start,
        reverse_end=reverse_end,
        left=families.left,
        right=families.right,
        size_a=families.size_a,
        size_b=families.size_b,
        stratum=_strata(families, begin),
        mapq=mapq,
        key=key,
        is_first_seen=_starts_here(np.minimum(forward_start, reverse_start), tile),
    )


def _starts_here(start: npt.NDArray[np.int32], tile: Tile) -> npt.NDArray[np.bool_]:
    """Return what no other tile counts; reads held from beyond the tile's end are counted where they lie."""
    return np.asarray((start >= tile.previous_end) & (start < tile.interval.end))


def _strata(families: Families, begin: npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
    """Return the stratum of each molecule as a whole, away from its ends."""
    kind = np.where(families.fixed_kind == KIND_FROM_VOTES, _kinds(families), families.fixed_kind)
    strand = families.strand[begin] if len(begin) else np.zeros(0, np.uint8)
    is_large = large_families(families)
    # The order of STRATA: kind, strand, family size, end.
    has_sizes, has_strands = np.isin(kind, _SIZED), kind != _KIND[MoleculeKind.DUPLEX]
    offset = has_strands * strand * np.where(has_sizes, 4, 2) + has_sizes * 2 * is_large
    return np.asarray(_FIRST[kind] + offset, np.uint8)


def _kinds(families: Families) -> npt.NDArray[np.int64]:
    is_duplex = (families.size_a > 0) & (families.size_b > 0)
    is_single = families.size_a + families.size_b <= 1
    by_size = np.where(is_single, _KIND[MoleculeKind.SINGLETON], _KIND[MoleculeKind.SIMPLEX])
    return np.where(is_duplex, _KIND[MoleculeKind.DUPLEX], by_size)
