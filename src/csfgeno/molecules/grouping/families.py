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

from csfgeno.molecules.grouping.ends import Ends, find_ends, measure_fragments
from csfgeno.molecules.grouping.order import is_new, mix, sort_rows
from csfgeno.molecules.grouping.rows import IntArray, ReadRows, Rows, passes
from csfgeno.molecules.grouping.umis import Umis, join_umis
from csfgeno.vocab import EvidenceMode, MoleculeKind

STRAND_A: Final = 0
STRAND_B: Final = 1

KINDS: Final = (MoleculeKind.DUPLEX, MoleculeKind.SIMPLEX, MoleculeKind.SINGLETON, MoleculeKind.RAW)
"""Molecule kinds in the order of every array axis called `kind`."""

KIND_FROM_VOTES: Final = -1
"""In `Families.fixed_kind`: the kind is decided position by position from the strands that voted."""

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


def group_reads(reads: ReadRows, mode: EvidenceMode, max_umi_mismatches: int, *, shares_umi: bool = False) -> Families:
    """Return the families of `reads`.

    Consensus reads are one family per fragment; without UMIs, fragments with equal outer ends are one family.

    Parameters
    ----------
    reads
        Rows of one region, dtype `READ_DTYPE`; in families by UMI each carries a UMI or MI.
    max_umi_mismatches
        As in `umis.join_umis`; families by MI are taken as they are.
    shares_umi
        Whether both strands of a molecule carry the same single UMI; else they are two molecules.
    """
    ends = find_ends(reads)
    fragments = _find_fragments(reads, ends, mode)
    ends = ends.take(fragments.first)
    strand = _strands(reads, fragments.first, mode)
    found = _find_molecules(reads, fragments.first, ends, strand, mode, max_umi_mismatches, shares_umi)
    molecule = _by_place(found, ends.left)
    order = _sort_fragments(molecule, strand)
    molecule, strand = molecule[order], strand[order]
    sizes = fragments.sizes()[order]
    leader = order[is_new(molecule)]
    size_a, size_b = _sizes(reads, fragments.first[order], mode, strand, molecule)
    left, right = measure_fragments(reads.take(fragments.first[leader]), ends.take(leader))
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
    key = passes().fragment_keys(reads, ends.left, ends.right, mode is not EvidenceMode.CONSENSUS_READS)
    order = sort_rows(key)
    return _Fragments(order, np.flatnonzero(is_new(key[order] >> np.uint64(1))))


def _strands(reads: ReadRows, first: Rows, mode: EvidenceMode) -> Strands:
    if mode is EvidenceMode.CONSENSUS_READS:
        # A consensus read is always written F1R2; only its family sizes tell the strand.
        return ((reads["depth_a"][first] <= 0) & (reads["depth_b"][first] > 0)).astype(np.uint8)
    return passes().raw_strands(reads, first)


def _find_molecules(
    reads: ReadRows,
    first: Rows,
    ends: Ends,
    strand: Strands,
    mode: EvidenceMode,
    max_umi_mismatches: int,
    shares_umi: bool,
) -> IntArray:
    """Return the molecule of each fragment, numbered from 0 without gaps, shape (fragments,)."""
    if mode is EvidenceMode.CONSENSUS_READS:
        return np.arange(len(first), dtype=np.int32)
    if mode is EvidenceMode.FRAGMENTS:
        key = mix(ends.pack(), reads["mate_tid"][first], ends.shape)
        order = sort_rows(key)
        return _scatter(order, np.cumsum(is_new(key[order])) - 1)
    umis = Umis(*passes().place_umis(reads, first, *ends, strand, shares_umi))
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


def _sort_fragments(molecule: IntArray, strand: Strands) -> Rows:
    """Return the fragments in order of molecule, strand, and their own number."""
    return sort_rows(molecule.astype(np.uint64) << np.uint64(1) | strand)


def _sizes(
    reads: ReadRows, rows: Rows, mode: EvidenceMode, strand: Strands, molecule: IntArray
) -> tuple[IntArray, IntArray]:
    if mode is EvidenceMode.CONSENSUS_READS:
        first = reads.take(rows)  # far faster than an index on rows of many columns
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
