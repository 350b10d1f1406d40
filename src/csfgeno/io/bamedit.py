"""Reads taken out of an alignment file, changed, and put back with their mates kept in agreement."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pysam

from csfgeno.errors import InputError
from csfgeno.records import Interval

Cigar = tuple[tuple[int, int], ...]
ReadKey = tuple[str, bool]
"""QNAME, and whether it is read 2."""

_STALE_TAGS: Final = ("NM", "MD", "AS", "XS", "SA", "XA")
"""Tags that describe the alignment of the read as it was."""


@dataclass(frozen=True, slots=True)
class PlacedRead:
    """One primary, mapped read of a pair on one contig; bases and qualities are as in BAM, on the forward strand."""

    key: ReadKey
    is_reverse: bool
    start: int
    end: int
    cigar: Cigar
    bases: str
    umi: str
    molecule: str


@dataclass(frozen=True, slots=True)
class ReadEdit:
    """What a read becomes; qualities stay with their cycles, so `bases` may be shorter but not longer.

    `shift` says how far the aligned 5' end moved to the right, by a clip that is there now.
    """

    start: int
    cigar: Cigar
    bases: str
    shift: int


def fetch_reads(path: Path, fasta: Path, interval: Interval) -> list[PlacedRead]:
    """Return the primary, mapped reads of proper pairs that overlap `interval`, in file order.

    Raises
    ------
    InputError
        If the file cannot be read, is not indexed, or lacks the contig.
    """
    try:
        with pysam.AlignmentFile(os.fspath(path), reference_filename=os.fspath(fasta)) as alignments:
            found = alignments.fetch(interval.contig, max(interval.start, 0), interval.end)
            return [_place(read) for read in found if _is_usable(read)]
    except (OSError, ValueError) as error:
        raise InputError(
            f"{path.name} cannot be read at {interval} ({error}); expected a sorted BAM or CRAM with its index"
        ) from None


def rewrite_reads(source: Path, fasta: Path, target: Path, edits: Mapping[ReadKey, ReadEdit]) -> None:
    """Write `target`, a sorted and indexed BAM: the reads of `source` with `edits` in place.

    Position, CIGAR, mate fields, TLEN and MC of edited reads and of their mates agree; tags that describe the old
    alignment are dropped from edited reads.
    """
    unsorted = target.with_suffix(".unsorted.bam")
    with (
        pysam.AlignmentFile(os.fspath(source), reference_filename=os.fspath(fasta)) as reads,
        pysam.AlignmentFile(os.fspath(unsorted), "wb", header=reads.header) as out,
    ):
        for read in reads.fetch(until_eof=True):
            if _is_usable(read):
                _apply(read, edits)
            out.write(read)
    pysam.sort("--no-PG", "-o", os.fspath(target), os.fspath(unsorted))
    unsorted.unlink()
    pysam.index(os.fspath(target))


def _is_usable(read: pysam.AlignedSegment) -> bool:
    is_primary = not (read.is_secondary or read.is_supplementary or read.is_unmapped or read.is_qcfail)
    same_contig = read.is_paired and not read.mate_is_unmapped and read.next_reference_id == read.reference_id
    return is_primary and same_contig and read.query_sequence is not None


def _key(read: pysam.AlignedSegment) -> ReadKey:
    return read.query_name or "", bool(read.is_read2)


def _place(read: pysam.AlignedSegment) -> PlacedRead:
    return PlacedRead(
        key=_key(read),
        is_reverse=read.is_reverse,
        start=read.reference_start,
        end=read.reference_end or read.reference_start,
        cigar=tuple((int(op), length) for op, length in read.cigartuples or ()),
        bases=read.query_sequence or "",
        umi=str(read.get_tag("RX")) if read.has_tag("RX") else "",
        molecule=str(read.get_tag("MI")) if read.has_tag("MI") else "",
    )


def _apply(read: pysam.AlignedSegment, edits: Mapping[ReadKey, ReadEdit]) -> None:
    name, is_second = _key(read)
    own, mate = edits.get((name, is_second)), edits.get((name, not is_second))
    if own is not None:
        _replace(read, own)
    if mate is not None:
        read.next_reference_start = mate.start
        if read.has_tag("MC"):
            read.set_tag("MC", "".join(f"{length}{'MIDNSHP=X'[op]}" for op, length in mate.cigar))
    if read.template_length:
        right, left = (own, mate) if read.is_reverse else (mate, own)
        longer = (right.shift if right else 0) - (left.shift if left else 0)
        read.template_length += -longer if read.is_reverse else longer


def _replace(read: pysam.AlignedSegment, edit: ReadEdit) -> None:
    kept = len(edit.bases)
    qualities = read.query_qualities
    read.query_sequence = edit.bases
    if qualities is not None:
        read.query_qualities = qualities[len(qualities) - kept :] if read.is_reverse else qualities[:kept]
    read.reference_start = edit.start
    read.cigartuples = list(edit.cigar)
    for tag in _STALE_TAGS:
        read.set_tag(tag, None)
