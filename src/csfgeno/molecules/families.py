"""Reads to families: which reads are copies of one DNA molecule, and of which strand.

A fragment is a read pair (or a lone read). A family is all fragments with the same unclipped outer ends and the same
UMI. Its strands are told apart by the order of the mates: A is read 1 on the left (F1R2), B is read 1 on the right
(F2R1); a dual UMI is written the other way round on strand B, so it is swapped back before families are compared.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from csfgeno.io.batch import ABSENT
from csfgeno.vocab import EvidenceMode, MoleculeKind

STRAND_A: Final = 0
STRAND_B: Final = 1

KINDS: Final = (MoleculeKind.DUPLEX, MoleculeKind.SIMPLEX, MoleculeKind.SINGLETON, MoleculeKind.RAW)
"""Molecule kinds in the order of every array axis called `kind`."""

KIND_FROM_VOTES: Final = -1
"""In `Families.fixed_kind`: the kind is decided position by position from the strands that voted."""

_PAIRED: Final = 0x1
_MATE_UNMAPPED: Final = 0x8
_REVERSE: Final = 0x10
_MATE_REVERSE: Final = 0x20
_READ_2: Final = 0x80

IntArray = npt.NDArray[np.int32]
ReadRows = npt.NDArray[np.void]


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
        Unclipped outer ends of the molecule, half-open; `right` is `ABSENT` for a lone read, shape (molecules,).
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


def group_reads(reads: ReadRows, mode: EvidenceMode) -> Families:
    """Return the families of `reads`.

    Consensus reads are one family per fragment; without UMIs, fragments with equal outer ends are one family.
    """
    strand = _strands(reads, mode)
    left, right = _outer_ends(reads)
    molecule_key = _molecule_keys(reads, mode, strand, left, right)
    # METHOD: 64-bit keys in place of tuples; two molecules of a million collide with probability 3e-8.
    order = np.lexsort((reads["flag"], reads["name_hash"], strand, molecule_key))
    key, name = molecule_key[order], reads["name_hash"][order]
    new_molecule = _starts(key)
    new_fragment = new_molecule | _starts(name)
    molecule = (np.cumsum(new_molecule) - 1).astype(np.int32)
    fragment = (np.cumsum(new_fragment) - 1).astype(np.int32)
    first = order[new_molecule]
    size_a, size_b = _sizes(reads, mode, order, strand, molecule, new_fragment)
    return Families(
        order=order,
        molecule=molecule,
        strand=strand[order],
        fragment=fragment,
        fixed_kind=_fixed_kinds(mode, size_a, size_b),
        size_a=size_a,
        size_b=size_b,
        left=left[first],
        right=right[first],
    )


def _strands(reads: ReadRows, mode: EvidenceMode) -> npt.NDArray[np.uint8]:
    flag = reads["flag"]
    if mode is EvidenceMode.CONSENSUS_READS:
        # A consensus read is always written F1R2; only its family sizes tell the strand.
        return ((reads["depth_a"] <= 0) & (reads["depth_b"] > 0)).astype(np.uint8)
    is_reverse, is_second = (flag & _REVERSE) != 0, (flag & _READ_2) != 0
    by_mates = (is_reverse != is_second).astype(np.uint8)
    return np.where(reads["mi_strand"] > 0, reads["mi_strand"] - 1, by_mates).astype(np.uint8)


def _outer_ends(reads: ReadRows) -> tuple[IntArray, IntArray]:
    """Return the unclipped 5' ends of both mates, left one first; the right one is `ABSENT` for a lone read."""
    flag = reads["flag"]
    own = np.where(flag & _REVERSE, reads["unclipped_end"], reads["unclipped_start"])
    mate = np.where(flag & _MATE_REVERSE, reads["mate_unclipped_end"], reads["mate_unclipped_start"])
    mate = np.where(mate == ABSENT, _mate_end_in_batch(reads, own), mate)
    has_mate = ((flag & _PAIRED) != 0) & ((flag & _MATE_UNMAPPED) == 0) & (mate != ABSENT)
    left = np.where(has_mate, np.minimum(own, mate), own).astype(np.int32)
    right = np.where(has_mate, np.maximum(own, mate), ABSENT).astype(np.int32)
    return left, right


def _mate_end_in_batch(reads: ReadRows, own: IntArray) -> IntArray:
    """Return the mate's 5' end where the mate is in the batch, else what TLEN says, else `ABSENT`."""
    is_reverse = (reads["flag"] & _REVERSE) != 0
    length = reads["template_length"]
    # METHOD: without MC and without the mate itself, TLEN gives the mate's outer end up to its clipping.
    by_length = np.where(is_reverse, reads["end"] + length, reads["start"] + length)
    mate = np.where(length != 0, by_length, ABSENT).astype(np.int32)
    by_name = np.lexsort((reads["flag"], reads["name_hash"]))
    name = reads["name_hash"][by_name]
    pairs = np.flatnonzero(name[1:] == name[:-1])
    first, second = by_name[pairs], by_name[pairs + 1]
    mate[first], mate[second] = own[second], own[first]
    return mate


def _molecule_keys(
    reads: ReadRows, mode: EvidenceMode, strand: npt.NDArray[np.uint8], left: IntArray, right: IntArray
) -> npt.NDArray[np.uint64]:
    if mode is EvidenceMode.CONSENSUS_READS:
        return reads["name_hash"].copy()
    ends = (left, right, reads["mate_tid"])
    if mode is EvidenceMode.FRAGMENTS:
        return _mix(*ends)
    is_dual = reads["umi_2_length"] > 0
    swap = is_dual & (strand == STRAND_B)
    umi_top = np.where(swap, reads["umi_2"], reads["umi_1"])
    umi_bottom = np.where(swap, reads["umi_1"], reads["umi_2"])
    # METHOD: a single UMI says nothing of the opposite strand, so the strands stay two molecules.
    apart = np.where(is_dual, 0, strand + 1)
    by_umi = _mix(*ends, umi_top, umi_bottom, apart)
    return np.where(reads["mi"] != 0, _mix(reads["mi"]), by_umi)


def _sizes(
    reads: ReadRows,
    mode: EvidenceMode,
    order: npt.NDArray[np.int64],
    strand: npt.NDArray[np.uint8],
    molecule: IntArray,
    new_fragment: npt.NDArray[np.bool_],
) -> tuple[IntArray, IntArray]:
    molecules = int(molecule[-1]) + 1 if len(molecule) else 0
    first = order[new_fragment]
    owner = molecule[new_fragment]
    if mode is EvidenceMode.CONSENSUS_READS:
        size_a = np.maximum(reads["depth_a"][first], 0)
        size_b = np.maximum(reads["depth_b"][first], 0)
        only_total = (size_a + size_b == 0) & (reads["depth_consensus"][first] > 0)
        size_a = np.where(only_total, reads["depth_consensus"][first], size_a)
        return size_a.astype(np.int32), size_b.astype(np.int32)
    is_b = strand[first] == STRAND_B
    size_b = np.bincount(owner[is_b], minlength=molecules)
    size_a = np.bincount(owner[~is_b], minlength=molecules)
    return size_a.astype(np.int32), size_b.astype(np.int32)


def _fixed_kinds(mode: EvidenceMode, size_a: IntArray, size_b: IntArray) -> npt.NDArray[np.int8]:
    if mode is EvidenceMode.UMI_FAMILIES:
        return np.full(len(size_a), KIND_FROM_VOTES, np.int8)
    if mode is EvidenceMode.FRAGMENTS:
        return np.full(len(size_a), KINDS.index(MoleculeKind.RAW), np.int8)
    is_duplex, is_single = (size_a > 0) & (size_b > 0), size_a + size_b <= 1
    kind = np.where(is_single, KINDS.index(MoleculeKind.SINGLETON), KINDS.index(MoleculeKind.SIMPLEX))
    return np.where(is_duplex, KINDS.index(MoleculeKind.DUPLEX), kind).astype(np.int8)


def _starts(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
    """Return True where a sorted array shows a new value."""
    new = np.ones(len(values), bool)
    new[1:] = values[1:] != values[:-1]
    return new


def _mix(*columns: npt.NDArray[np.generic]) -> npt.NDArray[np.uint64]:
    """Return one 64-bit key a row; each column is folded in with the finaliser of SplitMix64."""
    key = np.zeros(len(columns[0]), np.uint64)
    for column in columns:
        key = (key ^ column.astype(np.uint64)) + np.uint64(0x9E3779B97F4A7C15)
        key = (key ^ (key >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        key = (key ^ (key >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        key ^= key >> np.uint64(31)
    return key
