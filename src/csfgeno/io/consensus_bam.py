"""Whole reads in, consensus reads out: what the scanner's events do not hold, and the BAM that other tools read."""

import os
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import compress
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pysam
from pysam.utils import SamtoolsError

from csfgeno import __version__
from csfgeno.errors import InputError

Cigar = tuple[tuple[int, int], ...]

READ_GROUP: Final = "consensus"
_UNWANTED: Final = pysam.FUNMAP | pysam.FSECONDARY | pysam.FQCFAIL | pysam.FSUPPLEMENTARY
_ON_REFERENCE: Final = (0, 2, 3, 7, 8)
_OPERATIONS: Final = "MIDNSHP=X"
_PER_BASE_MAX: Final = np.iinfo(np.int16).max
_SORT_MEMORY: Final = "256M"

Tag = tuple[str, Any] | tuple[str, Any, str]


# --------------------------------------------------------------------------------------- whole reads


@dataclass(frozen=True, slots=True)
class WholeReads:
    """The usable reads of a region in file order, in the same rows as a `ReadBatch` of that region.

    Attributes
    ----------
    start, flag
        First aligned position, and FLAG, shape (reads,).
    offset
        Where the bases of each read begin in `bases` and `qualities`, shape (reads,).
    bases, qualities
        ASCII bases and Phred of all reads, one after the other; quality 0 where a read has none, shape (bases,).
    cigars, molecules, mate_cigars
        CIGAR, MI and MC of each read, `None` where it has no such tag.
    """

    start: npt.NDArray[np.int32]
    flag: npt.NDArray[np.uint16]
    offset: npt.NDArray[np.int64]
    bases: npt.NDArray[np.uint8]
    qualities: npt.NDArray[np.uint8]
    cigars: tuple[Cigar, ...]
    molecules: tuple[str | None, ...]
    mate_cigars: tuple[str | None, ...]

    def keep(self, wanted: npt.NDArray[np.bool_]) -> "WholeReads":
        """Return the wanted reads, shape of `wanted` (reads,); their bases stay where they are."""
        if wanted.all():
            return self
        return replace(
            self,
            start=self.start[wanted],
            flag=self.flag[wanted],
            offset=self.offset[wanted],
            cigars=tuple(compress(self.cigars, wanted)),
            molecules=tuple(compress(self.molecules, wanted)),
            mate_cigars=tuple(compress(self.mate_cigars, wanted)),
        )


class WholeReadFile:
    """An open, indexed BAM or CRAM that gives whole reads; each thread opens its own."""

    def __init__(self, path: Path, reference: Path) -> None:
        self._name = path.name
        self._file = pysam.AlignmentFile(str(path), reference_filename=str(reference))

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def fetch(self, contig: str, start: int, end: int, min_mapq: int) -> WholeReads:
        """Return the reads that overlap `[start, end)` and that `AlignmentScanner.scan` calls usable.

        Raises
        ------
        InputError
            If a record cannot be read.
        """
        try:
            return _whole(list(self._usable(contig, start, end, min_mapq)))
        except OSError:
            raise InputError(
                f"{self._name} cannot be read at {contig}:{start + 1}-{end}: the file is truncated or corrupt; check "
                "it with `samtools quickcheck` and copy or write it again"
            ) from None

    def _usable(self, contig: str, start: int, end: int, min_mapq: int) -> Iterator[pysam.AlignedSegment]:
        for read in self._file.fetch(contig, start, end):
            if read.flag & _UNWANTED or read.mapping_quality < min_mapq or not read.query_sequence:
                continue
            if any(operation in _ON_REFERENCE and length for operation, length in read.cigartuples or ()):
                yield read


def _whole(reads: list[pysam.AlignedSegment]) -> WholeReads:
    lengths = [read.query_length for read in reads]
    return WholeReads(
        start=np.array([read.reference_start for read in reads], np.int32),
        flag=np.array([read.flag for read in reads], np.uint16),
        offset=np.cumsum([0, *lengths], dtype=np.int64)[:-1],
        bases=np.frombuffer("".join(read.query_sequence or "" for read in reads).upper().encode(), np.uint8),
        qualities=np.frombuffer(b"".join(bytes(read.query_qualities or read.query_length) for read in reads), np.uint8),
        cigars=tuple(tuple((int(op), length) for op, length in read.cigartuples or ()) for read in reads),
        molecules=tuple(_text_tag(read, "MI") for read in reads),
        mate_cigars=tuple(_text_tag(read, "MC") for read in reads),
    )


def _text_tag(read: pysam.AlignedSegment, tag: str) -> str | None:
    return str(read.get_tag(tag)) if read.has_tag(tag) else None


# ---------------------------------------------------------------------------------- consensus reads


@dataclass(frozen=True, slots=True)
class ConsensusBases:
    """Bases, Phred qualities, copies and disagreeing copies of a consensus, one value a base."""

    bases: str
    qualities: npt.NDArray[np.uint8]
    depth: npt.NDArray[np.int32]
    errors: npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Mate:
    """Where the mate of a consensus read lies; `contig` counts the header's, `cigar` is text or `None`."""

    contig: int
    start: int
    cigar: str | None
    template_length: int


@dataclass(frozen=True, slots=True)
class ConsensusRead:
    """One consensus read, in the orientation of the reference.

    Attributes
    ----------
    molecule
        Its molecule, the same for both mates: QNAME and MI.
    umi
        RX in the order read 1, read 2; `None` if the reads carry none.
    whole
        The consensus itself; depth and errors over both strands.
    strands
        The consensus of strand A and of strand B, `None` where the strand was not read.
    templates
        Read pairs of the family on strand A and B, before any was left out.
    """

    molecule: str
    umi: str | None
    flag: int
    contig: int
    start: int
    mapq: int
    cigar: Cigar
    mate: Mate | None
    whole: ConsensusBases
    strands: tuple[ConsensusBases | None, ConsensusBases | None]
    templates: tuple[int, int]


def write_consensus_bam(path: Path, like: Path, reads: Iterable[ConsensusRead]) -> None:
    """Write consensus reads as a sorted BAM with its index beside it; the reads may come in any order.

    Parameters
    ----------
    path
        In a folder of its own: unsorted reads and the parts of the sort lie there for a while.
    like
        The BAM or CRAM the reads were made from; its contigs and sample are taken over.
    """
    header = _header(like)
    unsorted = path.with_suffix(".unsorted.bam")
    with pysam.AlignmentFile(str(unsorted), "wb0", header=header) as out:
        for read in reads:
            out.write(_segment(read, header))
    try:
        parts = path.with_suffix(".part")
        pysam.sort("--no-PG", "-m", _SORT_MEMORY, "-T", os.fspath(parts), "-o", os.fspath(path), os.fspath(unsorted))
    except SamtoolsError as error:
        raise OSError(f"the consensus reads could not be sorted: {error}") from error
    unsorted.unlink()
    pysam.index(os.fspath(path))


def cigar_text(cigar: Cigar) -> str:
    """Return a CIGAR as text."""
    return "".join(f"{length}{_OPERATIONS[operation]}" for operation, length in cigar)


def _header(like: Path) -> pysam.AlignmentHeader:
    with pysam.AlignmentFile(str(like)) as source:
        fields: dict[str, Any] = source.header.to_dict()
    # UR holds the path or address of somebody's reference.
    contigs = [{key: value for key, value in line.items() if key != "UR"} for line in fields.get("SQ", [])]
    groups = fields.get("RG", [])
    known = {key: sorted({str(g[key]) for g in groups if g.get(key)}) for key in ("SM", "LB", "PL")}
    group = {"ID": READ_GROUP, **{key: ",".join(values) for key, values in known.items() if values}}
    return pysam.AlignmentHeader.from_dict(
        {
            "HD": {"VN": "1.6", "SO": "coordinate"},
            "SQ": contigs,
            "RG": [group],
            "PG": [{"ID": "csfgeno", "PN": "csfgeno", "VN": __version__}],
        }
    )


def _segment(read: ConsensusRead, header: pysam.AlignmentHeader) -> pysam.AlignedSegment:
    segment = pysam.AlignedSegment(header)
    segment.query_name = read.molecule
    segment.flag = read.flag
    segment.reference_id = read.contig
    segment.reference_start = read.start
    segment.mapping_quality = read.mapq
    segment.cigartuples = list(read.cigar)
    segment.query_sequence = read.whole.bases
    segment.query_qualities = array("B", read.whole.qualities.tobytes())
    tags: list[Tag] = [("RG", READ_GROUP), ("MI", read.molecule, "Z")]
    if read.umi is not None:
        tags.append(("RX", read.umi, "Z"))
    if read.mate is not None:
        segment.next_reference_id = read.mate.contig
        segment.next_reference_start = read.mate.start
        segment.template_length = read.mate.template_length
        if read.mate.cigar is not None:
            tags.append(("MC", read.mate.cigar, "Z"))
    segment.set_tags([*tags, *_consensus_tags(read)])
    return segment


def _consensus_tags(read: ConsensusRead) -> list[Tag]:
    """Return the tags of fgbio: first letter a, b or c for strand A, B or both; upper case a read, lower case a base.

    A consensus of one strand has no aD, by which fgbio tells duplex reads; that of strand B alone keeps its bD.
    """
    top, bottom = read.strands
    tags = [*_per_read("c", read.whole), *_templates(read.templates)]
    if top is not None and bottom is not None:
        return [*tags, *_strand_tags("a", top), *_strand_tags("b", bottom)]
    tags += [("cd", _shorts(read.whole.depth)), ("ce", _shorts(read.whole.errors))]
    return [*tags, *_per_read("b", bottom)] if bottom is not None else tags


def _per_read(letter: str, consensus: ConsensusBases) -> list[Tag]:
    depth, errors = int(consensus.depth.sum()), int(consensus.errors.sum())
    return [
        (f"{letter}D", int(consensus.depth.max()), "i"),
        (f"{letter}M", int(consensus.depth.min()), "i"),
        (f"{letter}E", errors / depth if depth else 0.0, "f"),
    ]


def _strand_tags(letter: str, consensus: ConsensusBases) -> list[Tag]:
    return [
        *_per_read(letter, consensus),
        (f"{letter}d", _shorts(consensus.depth)),
        (f"{letter}e", _shorts(consensus.errors)),
        (f"{letter}c", consensus.bases, "Z"),
        (f"{letter}q", (consensus.qualities + 33).tobytes().decode(), "Z"),
    ]


def _templates(templates: tuple[int, int]) -> list[Tag]:
    top, bottom = templates
    return [("aT", top, "i"), ("bT", bottom, "i"), ("cT", top + bottom, "i")]


def _shorts(values: npt.NDArray[np.int32]) -> "array[int]":
    return array("h", np.minimum(values, _PER_BASE_MAX).astype(np.int16).tobytes())
