"""Reads to families: which reads are copies of one DNA molecule, and of which strand.

A fragment is a read pair (or a lone read). A family is all fragments with the same unclipped outer ends and the same
UMI, read errors in the UMI put right. Its strands are told apart by the order of the mates: A is read 1 on the left
(F1R2), B is read 1 on the right (F2R1); a dual UMI is written the other way round on strand B, so it is swapped back
before families are compared.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from csfgeno.molecules.grouping.ends import (
    Ends,
    IntArray,
    ReadRows,
    find_ends,
    is_bottom_strand,
    is_second,
    measure_fragments,
)
from csfgeno.molecules.grouping.order import is_new, mix, sort_rows
from csfgeno.molecules.grouping.umis import Umis, Words, join_umis, swap_unknown
from csfgeno.vocab import EvidenceMode, MoleculeKind

STRAND_A: Final = 0
STRAND_B: Final = 1

KINDS: Final = (MoleculeKind.DUPLEX, MoleculeKind.SIMPLEX, MoleculeKind.SINGLETON, MoleculeKind.RAW)
"""Molecule kinds in the order of every array axis called `kind`."""

KIND_FROM_VOTES: Final = -1
"""In `Families.fixed_kind`: the kind is decided position by position from the strands that voted."""

Rows = npt.NDArray[np.int64]
Strands = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Families:
    """Reads sorted by molecule, strand and fragment.

    Attributes
    ----------
    order
        Rows of the batch in that order, shape (reads,).
    molecule, strand, fragment
        Of each sorted read; molecules and fragments are numbered from 0 without gaps, shape (reads,).
    fixed_kind
        Index into `KINDS` of each molecule, or `KIND_FROM_VOTES`, shape (molecules,).
    size_a, size_b
        Fragments (or, for consensus reads, the reads behind them) per strand, shape (molecules,).
    left, right
        Unclipped outer ends of the molecule, half-open; a lone read and one whose mate lies on another contig have
        their own 5' end in `left` and `ABSENT` in `right`, shape (molecules,).
    """

    order: npt.NDArray[np.int64]
    molecule: IntArray
    strand: npt.NDArray[np.uint8]
    fragment: IntArray
    fixed_kind: npt.NDArray[np.int8]
    size_a: IntArray
    size_b: IntArray
    left: IntArray
    right: IntArray

    def __len__(self) -> int:
        """Return the number of molecules."""
        return len(self.fixed_kind)


class _Fragments(NamedTuple):
    """Reads sorted by fragment: `reads[begin[i]]` is read 1 of fragment `i` if it is there, then come the others."""

    reads: Rows
    begin: Rows

    @property
    def first(self) -> Rows:
        """The read that speaks for each fragment, shape (fragments,)."""
        return self.reads[self.begin]

    def sizes(self) -> Rows:
        """Return the reads of each fragment, shape (fragments,)."""
        return np.diff(self.begin, append=len(self.reads))


def group_reads(reads: ReadRows, mode: EvidenceMode, max_umi_mismatches: int) -> Families:
    """Return the families of `reads`.

    Consensus reads are one family per fragment; without UMIs, fragments with equal outer ends are one family.

    Parameters
    ----------
    reads
        Rows of one region, dtype `READ_DTYPE`; in families by UMI each carries a UMI or MI.
    max_umi_mismatches
        As in `umis.join_umis`; families by MI are taken as they are.
    """
    ends = find_ends(reads)
    fragments = _find_fragments(reads, ends, mode)
    first = reads.take(fragments.first)  # far faster than an index on rows of many columns
    ends = ends.take(fragments.first)
    strand = _strands(first, mode)
    molecule = _by_place(_find_molecules(first, ends, strand, mode, max_umi_mismatches), ends.left)
    order = _sort_fragments(molecule, strand)
    molecule, strand = molecule[order], strand[order]
    sizes = fragments.sizes()[order]
    leader = order[is_new(molecule)]
    size_a, size_b = _sizes(first.take(order), mode, strand, molecule)
    left, right = measure_fragments(first.take(leader), ends.take(leader))
    return Families(
        order=fragments.reads[_expand(fragments.begin[order], sizes)],
        molecule=np.repeat(molecule, sizes),
        strand=np.repeat(strand, sizes),
        fragment=np.repeat(np.arange(len(order), dtype=np.int32), sizes),
        fixed_kind=_fixed_kinds(mode, size_a, size_b),
        size_a=size_a,
        size_b=size_b,
        left=left,
        right=right,
    )


def _find_fragments(reads: ReadRows, ends: Ends, mode: EvidenceMode) -> _Fragments:
    """Return reads of equal name as fragments; raw reads need equal ends too, as merged runs may share names."""
    # METHOD: 64-bit keys in place of names; two fragments of a million collide with probability 5e-8.
    key = mix(reads["name_hash"]) if mode is EvidenceMode.CONSENSUS_READS else mix(reads["name_hash"], ends.pack())
    key = key << np.uint64(1) | is_second(reads)
    order = sort_rows(key)
    return _Fragments(order, np.flatnonzero(is_new(key[order] >> np.uint64(1))))


def _strands(first: ReadRows, mode: EvidenceMode) -> Strands:
    if mode is EvidenceMode.CONSENSUS_READS:
        # A consensus read is always written F1R2; only its family sizes tell the strand.
        return ((first["depth_a"] <= 0) & (first["depth_b"] > 0)).astype(np.uint8)
    return np.where(first["mi_strand"] > 0, first["mi_strand"] - 1, is_bottom_strand(first)).astype(np.uint8)


def _find_molecules(
    first: ReadRows, ends: Ends, strand: Strands, mode: EvidenceMode, max_umi_mismatches: int
) -> IntArray:
    """Return the molecule of each fragment, numbered from 0 without gaps, shape (fragments,)."""
    if mode is EvidenceMode.CONSENSUS_READS:
        return np.arange(len(first), dtype=np.int32)
    place = mix(ends.pack(), first["mate_tid"], ends.shape)
    if mode is EvidenceMode.FRAGMENTS:
        order = sort_rows(place)
        return _scatter(order, np.cumsum(is_new(place[order])) - 1)
    umis = _read_umis(first, place, strand)
    key = mix(*umis)
    order = sort_rows(key)
    begin = np.flatnonzero(is_new(key[order]))
    copies = np.diff(begin, append=len(order))
    founder = join_umis(umis.take(order[begin]), copies, max_umi_mismatches)
    number = np.cumsum(founder == np.arange(len(founder))) - 1
    return _scatter(order, np.repeat(number[founder], copies))


def _by_place(molecule: IntArray, left: IntArray) -> IntArray:
    """Return molecules numbered along the genome, so that what is worked on together lies together in memory."""
    leftmost = np.full(int(molecule.max(initial=-1)) + 1, np.iinfo(np.int32).max, np.int32)
    np.minimum.at(leftmost, molecule, left)
    number = np.empty(len(leftmost), np.int32)
    number[np.argsort(leftmost, kind="stable")] = np.arange(len(leftmost), dtype=np.int32)
    return number[molecule]


def _read_umis(first: ReadRows, place: Words, strand: Strands) -> Umis:
    """Return the UMI of each fragment as on strand A; a fragment with MI is alone at a place of that name."""
    top, bottom, unknown = first["umi_1"], first["umi_2"], first["umi_n"]
    top_length, bottom_length = first["umi_1_length"].astype(np.uint64), first["umi_2_length"].astype(np.uint64)
    is_dual = bottom_length > 0
    swap = is_dual & (strand == STRAND_B)
    # METHOD: a single UMI says nothing of the opposite strand, so the strands stay two molecules.
    apart = np.where(is_dual, 0, strand + 1).astype(np.uint64)
    lengths = np.where(swap, bottom_length << np.uint64(8) | top_length, top_length << np.uint64(8) | bottom_length)
    by_mi = first["mi"] != 0
    return Umis(
        place=np.where(by_mi, mix(first["mi"]), mix(place, lengths << np.uint64(8) | apart)),
        top=np.where(by_mi, 0, np.where(swap, bottom, top)),
        bottom=np.where(by_mi, 0, np.where(swap, top, bottom)),
        unknown=np.where(by_mi, 0, np.where(swap, swap_unknown(unknown), unknown)),
    )


def _sort_fragments(molecule: IntArray, strand: Strands) -> Rows:
    """Return the fragments in order of molecule, strand, and their own number."""
    return sort_rows(molecule.astype(np.uint64) << np.uint64(1) | strand)


def _sizes(first: ReadRows, mode: EvidenceMode, strand: Strands, molecule: IntArray) -> tuple[IntArray, IntArray]:
    if mode is EvidenceMode.CONSENSUS_READS:
        size_a, size_b = np.maximum(first["depth_a"], 0), np.maximum(first["depth_b"], 0)
        only_total = (size_a + size_b == 0) & (first["depth_consensus"] > 0)
        return np.where(only_total, first["depth_consensus"], size_a), size_b
    molecules = int(molecule[-1]) + 1 if len(molecule) else 0
    is_b = strand == STRAND_B
    size_a, size_b = (np.bincount(molecule[own], minlength=molecules) for own in (~is_b, is_b))
    return size_a.astype(np.int32), size_b.astype(np.int32)


def _fixed_kinds(mode: EvidenceMode, size_a: IntArray, size_b: IntArray) -> npt.NDArray[np.int8]:
    if mode is EvidenceMode.UMI_FAMILIES:
        return np.full(len(size_a), KIND_FROM_VOTES, np.int8)
    if mode is EvidenceMode.FRAGMENTS:
        return np.full(len(size_a), KINDS.index(MoleculeKind.RAW), np.int8)
    is_duplex, is_single = (size_a > 0) & (size_b > 0), size_a + size_b <= 1
    kind = np.where(is_single, KINDS.index(MoleculeKind.SINGLETON), KINDS.index(MoleculeKind.SIMPLEX))
    return np.where(is_duplex, KINDS.index(MoleculeKind.DUPLEX), kind).astype(np.int8)


def _expand(begin: Rows, sizes: Rows) -> Rows:
    """Return `begin[i]`, `begin[i] + 1`, ... `sizes[i]` of them, for each `i` in turn."""
    ahead = np.cumsum(sizes) - sizes
    return np.asarray(np.arange(int(sizes.sum())) + np.repeat(begin - ahead, sizes))


def _scatter(order: Rows, values: npt.NDArray[np.int64]) -> IntArray:
    """Return `values`, which are in the order of `order`, in that of the rows."""
    placed = np.empty(len(order), np.int32)
    placed[order] = values
    return placed
