"""Tags and read names to columns, for the plain-Python scanner; `_scan_tags.pxi` says the same, compiled."""

from collections.abc import Sequence
from typing import Final

import pysam

from csfgeno.io._scan_twin_links import parse_count
from csfgeno.io.batch import ABSENT, UMI_HAS_N, UMI_MISSING, UMI_PRESENT, UMI_UNUSABLE

_FNV_OFFSET: Final = 0xCBF29CE484222325
_FNV_PRIME: Final = 0x100000001B3
_UINT64: Final = (1 << 64) - 1
_MAX_UMI_BASES: Final = 32


def fnv1a(text: str) -> int:
    """Return the FNV-1a hash, 64 bits (Fowler, Noll, Vo; draft-eastlake-fnv)."""
    value = _FNV_OFFSET
    for byte in text.encode():
        value = (value ^ byte) * _FNV_PRIME & _UINT64
    return value


def umi(rx: str, marianas: list[str] | None) -> tuple[int, int, int, int, int, int]:
    """Return state, both packed halves, places of N, and lengths, of RX or else of a Marianas name."""
    row = pack_umi(rx)
    return pack_umi(marianas[1]) if row[0] == UMI_MISSING and marianas else row


def pack_umi(text: str) -> tuple[int, int, int, int, int, int]:
    first, _, second = (text.upper().replace("_", "-").replace("+", "-")).partition("-")
    if set(first + second) - set("ACGTN") or max(len(first), len(second)) > _MAX_UMI_BASES:
        return UMI_UNUSABLE, 0, 0, 0, 0, 0
    if not first + second:
        return UMI_MISSING, 0, 0, 0, 0, 0
    state = UMI_HAS_N if "N" in first + second else UMI_PRESENT
    return state, _pack(first), _pack(second), _places_of_n(first, second), len(first), len(second)


def _places_of_n(first: str, second: str) -> int:
    """Return bit 2i for an N that is base i from the end of `first`, bit 2i + 1 for one of `second`."""
    return sum(
        1 << 2 * i + half for half, text in enumerate((first, second)) for i, b in enumerate(text[::-1]) if b == "N"
    )


def _pack(bases: str) -> int:
    """Pack two bits a base, the first most significant; N counts as A, and the state tells."""
    value = 0
    for base in bases:
        value = value << 2 | "ACGT".find(base) % 4 * (base != "N")
    return value


def molecule(mi: str) -> tuple[int, int]:
    """Return the hash of MI without its strand, and the strand."""
    strand = {"/A": 1, "/B": 2}.get(mi[-2:], 0)
    stem = mi[:-2] if strand else mi
    return fnv1a(stem) if stem else 0, strand


def gencore_counts(tags: Sequence[tuple[str, object, str]]) -> tuple[int, int] | None:
    """Return reads of the own and of the other strand, from FR and RR, `None` without them.

    gencore writes the low byte of its count (source of gencore, `Pair::writeSscsDcsTagBam`), so a 0 is at least 256.
    """
    counts = {tag: int(str(value)) or 256 for tag, value, kind in tags if tag in ("FR", "RR") and kind == "C"}
    return (counts["FR"], counts.get("RR", 0)) if "FR" in counts else None


def strand_depths(
    integers: dict[str, int], gencore: tuple[int, int] | None, marianas: list[str] | None, flag: int
) -> tuple[int, int]:
    """Return reads behind strand A and strand B: from aD and bD, else from gencore's tags, else from a Marianas name.

    gencore leaves a pair as it lies, so its own strand is A if read 1 is the forward one; cD takes its place.
    `Marianas:UMI:contig:pos:plus:minus:contig:pos:plus:minus` describes read 1 first and then read 2 (so in all
    5,843 reads of the reference material under tests/data); plus and minus are reads of the positive and the negative
    strand family of that mate.
    """
    depths = integers.get("aD", ABSENT), integers.get("bD", ABSENT)
    if depths != (ABSENT, ABSENT):
        return depths
    if gencore and integers.get("cD", ABSENT) == ABSENT:
        return gencore if bool(flag & pysam.FREAD2) == bool(flag & pysam.FREVERSE) else gencore[::-1]
    if marianas is None:
        return depths
    plus, minus = marianas[8:10] if flag & pysam.FREAD2 else marianas[4:6]
    return parse_count(plus), parse_count(minus)
