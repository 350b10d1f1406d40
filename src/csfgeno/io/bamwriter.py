"""Alignments from arrays to BAM: records are put together column by column, sorted as they come, and indexed."""

import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt
import pysam

Bytes = npt.NDArray[np.uint8]
Integers = npt.NDArray[np.int64]
Cigar = tuple[tuple[int, int], ...]

_OPERATIONS: Final = "MIDNSHP=X"
_ON_REFERENCE: Final = (0, 2, 3, 7, 8)
_NIBBLE: Final = np.array([1, 2, 4, 8, 15], np.uint8)
"""BAM's code of A, C, G, T and N (SAM v1, section 4.2)."""
_FIXED_BYTES: Final = 36
_BINS: Final = ((14, 4681), (17, 585), (20, 73), (23, 9), (26, 1))
"""Shift and first number of each level of the binning index (SAM v1, section 5.3)."""


@dataclass(frozen=True, slots=True)
class AlignedRows:
    """Paired, mapped reads of one contig.

    Attributes
    ----------
    name
        QNAME in ASCII, all of one length, shape (reads, characters).
    flag, mapq, start, mate_mapq, mate_start, template_length, length
        SAM fields, positions 0-based; `length` is the number of bases, shape (reads,).
    cigar, mate_cigar
        Rows of `cigars`, shape (reads,).
    mate_contig
        Row of `contigs`, -1 for the contig of the read itself, shape (reads,).
    elsewhere
        Row of `splits`, -1 for a read with a single alignment, shape (reads,).
    codes
        Bases on the forward strand: A, C, G, T, N as 0 to 4, padded on the right, shape (reads, longest).
    qualities
        Phred, padded likewise.
    umi
        RX in ASCII, shape (reads, characters); no columns: no tag.
    cigars
        Distinct CIGARs.
    contigs
        Names of the contigs of mates that lie on another contig.
    splits
        Texts of the SA tag.
    """

    name: Bytes
    flag: Integers
    mapq: Integers
    start: Integers
    mate_mapq: Integers
    mate_start: Integers
    template_length: Integers
    length: Integers
    cigar: Integers
    mate_cigar: Integers
    mate_contig: Integers
    elsewhere: Integers
    codes: Bytes
    qualities: Bytes
    umi: Bytes
    cigars: tuple[Cigar, ...]
    contigs: tuple[str, ...] = ()
    splits: tuple[str, ...] = ()

    def __len__(self) -> int:
        """Return the number of reads."""
        return len(self.flag)

    def take(self, rows: npt.NDArray[np.integer]) -> "AlignedRows":
        """Return some of the reads, with the CIGARs that they use."""
        columns: dict[str, Any] = {name: getattr(self, name)[rows] for name in _COLUMNS}
        used, number = np.unique(np.stack([columns["cigar"], columns["mate_cigar"]]), return_inverse=True)
        columns["cigar"], columns["mate_cigar"] = number.reshape(2, -1)
        cigars = tuple(self.cigars[i] for i in used)
        return AlignedRows(**columns, cigars=cigars, contigs=self.contigs, splits=self.splits)


_TABLES: Final = {"cigar": "cigars", "mate_cigar": "cigars", "mate_contig": "contigs", "elsewhere": "splits"}
"""Columns that hold rows of a table, and the table."""
_COLUMNS: Final = tuple(f.name for f in fields(AlignedRows) if f.name not in _TABLES.values())


def join_rows(one: AlignedRows, other: AlignedRows) -> AlignedRows:
    """Return the reads of both, in that order."""
    columns: dict[str, Any] = {name: np.concatenate([getattr(one, name), getattr(other, name)]) for name in _COLUMNS}
    for name, table in _TABLES.items():
        later = columns[name][len(one) :]
        later[later >= 0] += len(getattr(one, table))
    tables = {table: getattr(one, table) + getattr(other, table) for table in _TABLES.values()}
    return AlignedRows(**columns, **tables)


def format_cigar(cigar: Cigar) -> str:
    """Return the text of a CIGAR."""
    return "".join(f"{length}{_OPERATIONS[operation]}" for operation, length in cigar)


class BamWriter:
    """A coordinate-sorted BAM and its index, written in one pass.

    Reads may come out of order as long as each call says below which position nothing follows; what lies beyond waits
    in memory. Contigs come in the order of the header; few reads of any of them may be held until their turn. The bytes
    depend on the reads alone.

    Parameters
    ----------
    path
        The BAM; its index gets the same name with `.bai`.
    contigs
        Length in bp by name, in header order.
    sample
        SM and ID of the only read group.
    """

    def __init__(self, path: Path, contigs: Mapping[str, int], sample: str) -> None:
        self._path = os.fspath(path)
        self._ranks = {name: rank for rank, name in enumerate(contigs)}
        self._group = np.frombuffer(sample.encode(), np.uint8)
        self._waiting: AlignedRows | None = None
        self._held: dict[int, AlignedRows] = {}
        self._rank = -1
        self._file = pysam.BGZFile(self._path, "wb", index=None)
        self._file.write(_encode_header(contigs, sample))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._turn_to(len(self._ranks))
        self._file.close()
        if kind is None:
            pysam.index(self._path)

    def hold(self, contig: str, rows: AlignedRows) -> None:
        """Keep reads of a contig whose turn has not come."""
        rank = self._ranks[contig]
        self._held[rank] = join_rows(self._held[rank], rows) if rank in self._held else rows

    def write(self, contig: str, rows: AlignedRows, settled: int) -> None:
        """Add reads of `contig`; no later read of it starts before `settled`."""
        self._turn_to(self._ranks[contig])
        self._waiting = rows if self._waiting is None else join_rows(self._waiting, rows)
        self._flush(settled)

    def _turn_to(self, rank: int) -> None:
        """End the contigs before `rank`, also those with held reads alone, and take the held ones of `rank`."""
        while self._rank < rank:
            self._flush(None)
            self._rank = min((held for held in self._held if held < rank), default=rank)
            self._waiting = self._held.pop(self._rank, None)

    def _flush(self, settled: int | None) -> None:
        if self._waiting is None:
            return
        rows = self._waiting
        order = np.argsort(rows.start, kind="stable")
        done = len(order) if settled is None else int(np.searchsorted(rows.start[order], settled))
        self._file.write(encode_rows(rows.take(order[:done]), self._rank, self._ranks, self._group))
        self._waiting = None if settled is None else rows.take(order[done:])


def encode_rows(rows: AlignedRows, contig: int, ranks: Mapping[str, int], group: Bytes) -> bytes:
    """Return BAM records (SAM v1, section 4.2), uncompressed, one after the other."""
    if not len(rows):
        return b""
    cigars = _CigarTable(rows.cigars)
    columns = [
        *_whole(rows.name, b"\0"),
        _ragged(cigars.words[rows.cigar], cigars.word_bytes[rows.cigar]),
        _ragged(_pack_bases(rows), (rows.length + 1) // 2),
        _ragged(rows.qualities, rows.length),
        *_tag(b"MCZ", cigars.text[rows.mate_cigar], cigars.text_bytes[rows.mate_cigar]),
        *_whole(_literal(b"MQC", len(rows))),
        *_whole(rows.mate_mapq.astype(np.uint8)[:, None]),
        *_tag(b"RGZ", np.broadcast_to(group, (len(rows), len(group))), None),
        *(_tag(b"RXZ", rows.umi, None) if rows.umi.shape[1] else ()),
        *_split_tag(rows),
    ]
    sizes = np.sum([mask.sum(axis=1) for _, mask in columns], axis=0)
    fixed = _fixed_part(rows, contig, _mate_contigs(rows, contig, ranks), sizes, cigars)
    columns.insert(0, (fixed, np.ones(fixed.shape, bool)))
    return np.hstack([block for block, _ in columns])[np.hstack([mask for _, mask in columns])].tobytes()


Block = tuple[Bytes, npt.NDArray[np.bool_]]
"""Bytes of one column, padded, and which of them count."""


class _CigarTable:
    """Distinct CIGARs as words and as text, with the span of each."""

    def __init__(self, cigars: tuple[Cigar, ...]) -> None:
        words = [np.array([n << 4 | op for op, n in c], "<u4").tobytes() for c in cigars]
        texts = [format_cigar(c).encode() for c in cigars]
        self.words, self.word_bytes = _padded(words)
        self.text, self.text_bytes = _padded(texts)
        self.operations = self.word_bytes // 4
        self.span = np.array([sum(n for op, n in c if op in _ON_REFERENCE) for c in cigars])


def _padded(texts: list[bytes]) -> tuple[Bytes, Integers]:
    width = max(map(len, texts))
    block = np.frombuffer(b"".join(text.ljust(width, b"\0") for text in texts), np.uint8).reshape(len(texts), width)
    return block, np.array([len(text) for text in texts])


def _mate_contigs(rows: AlignedRows, contig: int, ranks: Mapping[str, int]) -> Integers:
    named = np.array([ranks[name] for name in rows.contigs] + [contig])  # the last one is what -1 stands for
    return np.asarray(named[rows.mate_contig])


def _fixed_part(rows: AlignedRows, contig: int, mate_contig: Integers, sizes: Integers, cigars: _CigarTable) -> Bytes:
    record = np.zeros(
        len(rows),
        np.dtype("<i4, <i4, <i4, u1, u1, <u2, <u2, <u2, <i4, <i4, <i4, <i4", align=False),
    )
    values = (
        sizes + _FIXED_BYTES - 4, contig, rows.start, rows.name.shape[1] + 1, rows.mapq,
        _index_bin(rows.start, rows.start + cigars.span[rows.cigar]), cigars.operations[rows.cigar], rows.flag,
        rows.length, mate_contig, rows.mate_start, rows.template_length,
    )  # fmt: skip
    for name, value in zip(record.dtype.names or (), values, strict=True):
        record[name] = value
    return record.view(np.uint8).reshape(len(rows), _FIXED_BYTES)


def _index_bin(start: Integers, end: Integers) -> Integers:
    levels = [start >> shift == (end - 1) >> shift for shift, _ in _BINS]
    return np.select(levels, [first + (start >> shift) for shift, first in _BINS], 0)


def _pack_bases(rows: AlignedRows) -> Bytes:
    inside = np.arange(rows.codes.shape[1]) < rows.length[:, None]
    nibbles = np.where(inside, _NIBBLE[rows.codes], 0)
    if nibbles.shape[1] % 2:
        nibbles = np.pad(nibbles, ((0, 0), (0, 1)))
    return (nibbles[:, ::2] << 4 | nibbles[:, 1::2]).astype(np.uint8)


def _ragged(block: Bytes, lengths: Integers) -> Block:
    return block, np.arange(block.shape[1]) < lengths[:, None]


def _whole(block: Bytes, ending: bytes = b"") -> tuple[Block, ...]:
    blocks = (block, _literal(ending, len(block))) if ending else (block,)
    return tuple((b, np.ones(b.shape, bool)) for b in blocks)


def _tag(head: bytes, text: Bytes, lengths: Integers | None) -> tuple[Block, ...]:
    body = _whole(text) if lengths is None else (_ragged(text, lengths),)
    return (*_whole(_literal(head, len(text))), *body, *_whole(_literal(b"\0", len(text))))


def _split_tag(rows: AlignedRows) -> tuple[Block, ...]:
    """Return the SA tag, of those reads alone that have other alignments."""
    if not rows.splits:
        return ()
    texts, text_bytes = _padded([text.encode() for text in (*rows.splits, "")])
    shown = (rows.elsewhere >= 0)[:, None]
    blocks = _tag(b"SAZ", texts[rows.elsewhere], text_bytes[rows.elsewhere])
    return tuple((block, mask & shown) for block, mask in blocks)


def _literal(text: bytes, rows: int) -> Bytes:
    return np.broadcast_to(np.frombuffer(text, np.uint8), (rows, len(text)))


def _encode_header(contigs: Mapping[str, int], sample: str) -> bytes:
    lines = ["@HD\tVN:1.6\tSO:coordinate", *(f"@SQ\tSN:{name}\tLN:{length}" for name, length in contigs.items())]
    lines.append(f"@RG\tID:{sample}\tSM:{sample}\tLB:{sample}\tPL:ILLUMINA")
    text = "".join(f"{line}\n" for line in lines).encode()
    names = b"".join(
        struct.pack("<i", len(name) + 1) + name.encode() + b"\0" + struct.pack("<i", length)
        for name, length in contigs.items()
    )
    return b"BAM\1" + struct.pack("<i", len(text)) + text + struct.pack("<i", len(contigs)) + names
