"""One tile of reads to its molecules: families, what they state about bases, and about insertions and deletions."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from csfgeno.genome.sequence import Window
from csfgeno.io.batch import ReadBatch
from csfgeno.molecules.families import KIND_FROM_VOTES, KINDS, Families, group_reads
from csfgeno.molecules.fold import Calls, encode_bases, fold_reads
from csfgeno.molecules.indels import IndelCalls, LeftAlign, vote_on_indels
from csfgeno.molecules.tiles import Tile
from csfgeno.records import Interval
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import EvidenceMode, MoleculeKind

_FAR_RIGHT = np.iinfo(np.int32).max


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
        Row of `fold.STRATA` of the molecule as a whole.
    mapq
        Mean mapping quality of its reads.
    is_first_seen
        False if an earlier tile of the same contig already counted it.
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
    is_first_seen: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        """Return the number of molecules."""
        return len(self.stratum)

    def span(self, start: int, end: int) -> npt.NDArray[np.bool_]:
        """Return which molecules show every base of `[start, end)`, shape (molecules,)."""
        forward = (self.forward_start <= start) & (self.forward_end >= end)
        reverse = (self.reverse_start <= start) & (self.reverse_end >= end)
        joined = (self.forward_start <= start) & (self.reverse_end >= end) & (self.reverse_start <= self.forward_end)
        return forward | reverse | joined


@dataclass(frozen=True, slots=True)
class MoleculeTile:
    """Everything the molecules of one tile state.

    `reference` are the tile's bases as text; array positions count from `interval.start`.
    """

    interval: Interval
    reference: str
    molecules: Molecules
    calls: Calls
    indels: IndelCalls
    reads_seen: int
    reads_used: int
    fragments: int


def collapse(
    batch: ReadBatch,
    tile: Tile,
    mode: EvidenceMode,
    thresholds: Thresholds,
    *,
    reference: str,
    window: Window,
    align: LeftAlign,
) -> MoleculeTile:
    """Return the molecules of a tile and what they state.

    Parameters
    ----------
    reference
        Bases of the tile.
    window
        A longer stretch around it, for insertions and deletions at its edges.
    """
    families = group_reads(batch.reads, mode)
    agreement = thresholds.min_family_agreement
    molecules = _describe(batch, families, tile)
    return MoleculeTile(
        interval=tile.interval,
        reference=reference,
        molecules=molecules,
        calls=fold_reads(batch, families, encode_bases(reference), tile.interval.start, agreement),
        indels=vote_on_indels(batch, families, window, agreement, align),
        reads_seen=batch.seen,
        reads_used=len(batch.reads),
        fragments=int(families.fragment[-1]) + 1 if len(families.fragment) else 0,
    )


def _describe(batch: ReadBatch, families: Families, tile: Tile) -> Molecules:
    reads = batch.reads[families.order]
    begin = np.searchsorted(families.molecule, np.arange(len(families)))
    is_reverse = (reads["flag"] & 0x10) != 0
    sides = [_side(reads, begin, chosen) for chosen in (~is_reverse, is_reverse)]
    reads_per_molecule = np.diff(np.append(begin, len(reads)))
    mapq_sum = np.add.reduceat(reads["mapq"].astype(np.float64), begin) if len(begin) else np.zeros(0)
    first_base = np.minimum(sides[0][0], sides[1][0])
    return Molecules(
        forward_start=sides[0][0],
        forward_end=sides[0][1],
        reverse_start=sides[1][0],
        reverse_end=sides[1][1],
        left=families.left,
        right=families.right,
        size_a=families.size_a,
        size_b=families.size_b,
        stratum=_strata(families, begin),
        mapq=mapq_sum / np.maximum(reads_per_molecule, 1),
        is_first_seen=first_base >= tile.previous_end,
    )


def _side(
    reads: npt.NDArray[np.void], begin: npt.NDArray[np.int64], chosen: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    if not len(begin):
        return np.zeros(0, np.int32), np.zeros(0, np.int32)
    start = np.minimum.reduceat(np.where(chosen, reads["start"], _FAR_RIGHT), begin)
    end = np.maximum.reduceat(np.where(chosen, reads["end"], -1), begin)
    return start.astype(np.int32), end.astype(np.int32)


def _strata(families: Families, begin: npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
    """Return the stratum of each molecule as a whole, in the order of `fold.STRATA`."""
    size_a, size_b, fixed = families.size_a, families.size_b, families.fixed_kind
    is_duplex, is_single = (size_a > 0) & (size_b > 0), size_a + size_b <= 1
    by_votes = np.where(is_single, KINDS.index(MoleculeKind.SINGLETON), KINDS.index(MoleculeKind.SIMPLEX))
    by_votes = np.where(is_duplex, KINDS.index(MoleculeKind.DUPLEX), by_votes)
    kind = np.where(fixed == KIND_FROM_VOTES, by_votes, fixed)
    strand = families.strand[begin] if len(begin) else np.zeros(0, np.uint8)
    return np.where(kind == 0, 0, 2 * kind - 1 + strand).astype(np.uint8)
