"""Plain-Python alignment scanner: the same rows as the compiled one, byte for byte, and the oracle of its tests."""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Final, NamedTuple

import numpy as np
import pysam

from csfgeno.io._scan_twin_links import (
    INT32_MAX,
    ON_QUERY,
    ON_REFERENCE,
    OPS,
    SA_FIELDS,
    Cigar,
    Span,
    There,
    here_of,
    measure,
    parse_count,
    parse_there,
    text_span,
)
from csfgeno.io.batch import (
    ABSENT,
    EVENT_CLIP_LEFT,
    EVENT_CLIP_RIGHT,
    EVENT_DELETION,
    EVENT_DTYPE,
    EVENT_INSERTION,
    EVENT_MASK,
    EVENT_SKIP,
    EVENT_SNV,
    LINK_DTYPE,
    READ_DTYPE,
    UMI_HAS_N,
    UMI_MISSING,
    UMI_PRESENT,
    UMI_UNUSABLE,
)

Columns = tuple[memoryview, memoryview, memoryview, memoryview, memoryview, memoryview, memoryview, int]
"""What a scanner hands over: rows of `READ_DTYPE` and `EVENT_DTYPE`, bases, names, links, far reads and their links,
and the count of reads seen."""

_FNV_OFFSET: Final = 0xCBF29CE484222325
_FNV_PRIME: Final = 0x100000001B3
_UINT64: Final = (1 << 64) - 1
_UNWANTED: Final = pysam.FUNMAP | pysam.FSECONDARY | pysam.FQCFAIL
_MAX_UMI_BASES: Final = 32

_ALIGNED: Final = "M=X"
_NOT_ACGT: Final = re.compile("[^ACGT]")


class Event(NamedTuple):
    """One row of `EVENT_DTYPE` before it knows its read; `bases` is `None` unless the event keeps them."""

    kind: int
    pos: int
    length: int
    query_pos: int
    qual: int
    base: int = 0
    bases: str | None = None


class TwinScan:
    """One open BAM or CRAM, read through pysam."""

    def __init__(self, path: str, reference: str | None) -> None:
        try:
            self._file = pysam.AlignmentFile(path, "r", reference_filename=reference)
        except ValueError as error:
            raise OSError(str(error)) from None
        if not self._file.has_index():
            raise OSError("its index cannot be read")
        self._reads: Iterator[pysam.AlignedSegment] = iter(())
        self._pending: pysam.AlignedSegment | None = None
        self._carried: list[pysam.AlignedSegment] = []

    def contigs(self) -> dict[str, int]:
        """Return the length in bp of each contig, in header order."""
        return dict(zip(self._file.references, self._file.lengths, strict=True))

    def open(self, tid: int, start: int, end: int) -> None:
        """Go to the reads that overlap [start, end) of contig number `tid`."""
        self._reads = self._file.fetch(self._file.get_reference_name(tid), start, end)
        self._pending = None
        self._carried = []

    def take(
        self,
        stop: int,
        carry_from: int,
        reference: bytes,
        reference_start: int,
        min_mapq: int,
        min_baseq: int,
        want_names: bool,
    ) -> Columns:
        """Return the reads carried from the last call and the next ones, those that start before `stop`.

        Reads that end after `carry_from` are carried to the next call, which goes on where this one stops.

        Parameters
        ----------
        reference
            Bases from `reference_start`, only the letters A, C, G, T and N.

        Raises
        ------
        OSError
            If a record cannot be read.
        """
        window = Window(reference.decode(), reference_start, min_baseq)
        rows: list[tuple[float, ...]] = []
        events: list[tuple[int, ...]] = []
        links: list[tuple[int, ...]] = []
        far_reads: list[tuple[float, ...]] = []
        far_links: list[tuple[int, ...]] = []
        bases, names = bytearray(), bytearray()
        fresh = list(self._reads_before(stop))
        reads, seen = [*self._carried, *fresh], len(fresh)
        first_fresh = len(self._carried)
        self._carried = [read for read in reads if (read.reference_end or 0) > carry_from]
        for number, read in enumerate(reads):
            if read.flag & _UNWANTED or read.mapping_quality < min_mapq:
                continue
            if read.is_supplementary:
                if number >= first_fresh:
                    self._add_far(read, far_reads, far_links)
                continue
            cigar = [(OPS[op], length) for op, length in read.cigartuples or ()]
            span = measure(cigar)
            if not read.query_sequence or not span.on_reference:
                continue
            found = list(read_events(read, cigar, span, window))
            for event in found:
                events.append(_event_row(len(rows), event, len(bases)))
                bases += (event.bases or "").encode()
            rows.append(_read_row(read, span, sum(event.kind == EVENT_SNV for event in found)))
            names += f"{read.query_name}\n".encode() if want_names else b""
            if number >= first_fresh:
                here = here_of(read, cigar, len(rows) - 1)
                links += [here + there for there in self._others(read) if there is not None]
        return (
            _packed(rows, READ_DTYPE),
            _packed(events, EVENT_DTYPE),
            memoryview(bases),
            memoryview(names),
            _packed(links, LINK_DTYPE),
            _packed(far_reads, READ_DTYPE),
            _packed(far_links, LINK_DTYPE),
            seen,
        )

    def _others(self, read: pysam.AlignedSegment) -> Iterator[There | None]:
        """Yield the other places of a read, `None` for one that makes no sense; stop at what is no entry."""
        texts = {tag: str(value) for tag, value, kind in read.get_tags(with_value_type=True) if kind == "Z"}
        for entry in texts.get("SA", "").split(";")[:-1]:
            fields = entry.split(",")
            if len(fields) != SA_FIELDS:
                return
            yield parse_there(fields, self._file.get_tid)

    def _add_far(self, read: pysam.AlignedSegment, rows: list[tuple[float, ...]], links: list[tuple[int, ...]]) -> None:
        """Add the read that a supplementary alignment is a part of, and the link from here to its primary alignment."""
        cigar = [(OPS[op], length) for op, length in read.cigartuples or ()]
        span = measure(cigar)
        there = next(self._others(read), None)
        if not span.on_reference or there is None:
            return
        links.append(here_of(read, cigar, len(rows)) + there)
        row = dict(zip(READ_DTYPE.names or (), _read_row(read, span, 0), strict=True))
        _, mapq, is_reverse, start, end, clip_left, clip_right = there
        flag = read.flag & ~(pysam.FSUPPLEMENTARY | pysam.FREVERSE) | (pysam.FREVERSE if is_reverse else 0)
        row |= {"flag": flag, "mapq": mapq, "mean_qual": 0, "start": start, "end": end, "template_length": 0}
        row |= {"unclipped_start": start - clip_left, "unclipped_end": end + clip_right}
        rows.append(tuple(row.values()))

    def _reads_before(self, stop: int) -> Iterator[pysam.AlignedSegment]:
        while (read := self._pending or next(self._reads, None)) is not None:
            self._pending = read
            if read.reference_start >= stop:
                return
            self._pending = None
            yield read

    def close(self) -> None:
        """Close the file; pysam says a read error here once more, and it has been said."""
        with suppress(OSError):
            self._file.close()


# ------------------------------------------------------------------------------------- events


class Window(NamedTuple):
    """The reference stretch that bases are compared with, and the quality below which they are not observed."""

    bases: str
    start: int
    min_baseq: int


def read_events(read: pysam.AlignedSegment, cigar: Cigar, span: Span, window: Window) -> Iterator[Event]:
    """Yield the events of one read; runs of masked bases that touch across CIGAR operations are one mask."""
    bases, quals = _bases(read), _qualities(read)
    mask: Event | None = None
    for event in _raw_events(read.reference_start, span, bases, quals, cigar, window):
        if event.kind == EVENT_MASK and mask is not None and _touch(mask, event):
            length = mask.length + event.length
            mask = mask._replace(length=length, qual=_flanking(quals, mask.query_pos, mask.query_pos + length))
            continue
        if mask is not None:
            yield mask
            mask = None
        if event.kind == EVENT_MASK:
            mask = event
        else:
            yield event
    if mask is not None:
        yield mask


def _raw_events(start: int, span: Span, bases: str, quals: list[int], cigar: Cigar, window: Window) -> Iterator[Event]:
    pos, at = start, 0
    for op, length in cigar:
        inside, beside = quals[at : at + length], _flanking(quals, at, at + length)
        if op in _ALIGNED:
            yield from _aligned_events(bases, quals, pos, at, length, window)
        elif op == "I":
            yield Event(EVENT_INSERTION, pos - 1, length, at, min(inside), bases=bases[at : at + length])
        elif op == "D":
            yield Event(EVENT_DELETION, pos, length, at - 1, _flanking(quals, at, at))
        elif op == "N":
            yield Event(EVENT_SKIP, pos, length, at - 1, _flanking(quals, at, at))
        elif op == "S" and pos == start:
            yield Event(EVENT_CLIP_LEFT, start, length, at, beside, bases=bases[at : at + length])
        elif op == "S":
            end = start + span.on_reference
            yield Event(EVENT_CLIP_RIGHT, end, length, at, beside, bases=bases[at : at + length])
        pos += length if op in ON_REFERENCE else 0
        at += length if op in ON_QUERY else 0


def _aligned_events(bases: str, quals: list[int], pos: int, at: int, length: int, window: Window) -> Iterator[Event]:
    """Yield an SNV or a mask of one base for each base in the window that is not a match."""
    first = max(window.start - pos, 0)
    last = max(min(window.start + len(window.bases) - pos, length), first)
    offset = pos - window.start
    read = slice(at + first, at + last)
    triples = zip(bases[read], quals[read], window.bases[offset + first : offset + last], strict=True)
    for i, (base, qual, reference) in enumerate(triples, first):
        if reference == "N" or (base == reference and qual >= window.min_baseq):
            continue
        if qual < window.min_baseq or base == "N":
            yield Event(EVENT_MASK, pos + i, 1, at + i, _flanking(quals, at + i, at + i + 1))
        else:
            yield Event(EVENT_SNV, pos + i, 1, at + i, qual, base=ord(base))


def _touch(mask: Event, event: Event) -> bool:
    return (mask.pos + mask.length, mask.query_pos + mask.length) == (event.pos, event.query_pos)


def _flanking(quals: list[int], start: int, end: int) -> int:
    """Return the lowest quality of the bases beside [start, end), 0 if there are none."""
    return min(quals[max(start - 1, 0) : start] + quals[end : end + 1], default=0)


def _bases(read: pysam.AlignedSegment) -> str:
    return _NOT_ACGT.sub("N", read.query_sequence or "")


def _qualities(read: pysam.AlignedSegment) -> list[int]:
    return list(read.query_qualities or [0] * read.query_length)


def _event_row(read: int, event: Event, bases_so_far: int) -> tuple[int, ...]:
    seq_start = ABSENT if event.bases is None else bases_so_far
    return read, event.kind, event.base, event.qual, event.pos, event.length, event.query_pos, seq_start


# ------------------------------------------------------------------------------------- columns


def _read_row(read: pysam.AlignedSegment, span: Span, snvs: int) -> tuple[float, ...]:
    """Return the values of one row of `READ_DTYPE`."""
    name = read.query_name or ""
    marianas = name.split(":") if name.startswith("Marianas:") and name.count(":") == 9 else None
    tags = read.get_tags(with_value_type=True)
    texts = {tag: str(value) for tag, value, kind in tags if kind == "Z"}
    integers = {tag: _capped(value, kind) for tag, value, kind in tags if isinstance(value, int)}
    floats = {tag: value for tag, value, kind in tags if isinstance(value, float) and kind == "f"}
    quals = _qualities(read)
    has_mate = read.is_paired and not read.mate_is_unmapped and read.next_reference_id >= 0
    mate_start = read.next_reference_start
    mate = _mate_span(texts.get("MC", ""), mate_start) if has_mate else None
    return (
        fnv1a(name),
        read.flag,
        read.mapping_quality,
        sum(quals) // len(quals),
        read.reference_start,
        read.reference_start + span.on_reference,
        read.reference_start - span.clip_left,
        read.reference_start + span.on_reference + span.clip_right,
        read.next_reference_id if has_mate else ABSENT,
        mate_start if has_mate else ABSENT,
        *(mate or (ABSENT, ABSENT)),
        read.template_length,
        min(snvs, 0xFFFF),
        *_umi(texts.get("RX", ""), marianas),
        *_molecule(texts.get("MI", "")),
        *_strand_depths(integers, marianas, is_read2=bool(read.flag & pysam.FREAD2)),
        integers.get("cD", ABSENT),
        integers.get("cM", ABSENT),
        floats.get("cE", np.nan),
    )


def _capped(value: int, kind: str) -> int:
    """Return an integer tag, at most INT32_MAX; `get_tags` reads the unsigned type `I` as signed."""
    return min(value % (1 << 32) if kind == "I" else value, INT32_MAX)


def fnv1a(text: str) -> int:
    """Return the FNV-1a hash, 64 bits (Fowler, Noll, Vo; draft-eastlake-fnv)."""
    value = _FNV_OFFSET
    for byte in text.encode():
        value = (value ^ byte) * _FNV_PRIME & _UINT64
    return value


def _mate_span(text: str, start: int) -> tuple[int, int] | None:
    """Return the unclipped span of the mate, given MC, its CIGAR as text."""
    span = text_span(text)
    if span is None or start + span.on_reference + span.clip_right > INT32_MAX:
        return None
    return start - span.clip_left, start + span.on_reference + span.clip_right


def _packed(rows: Sequence[tuple[float, ...]], dtype: np.dtype[np.void]) -> memoryview:
    return memoryview(np.array(rows, dtype).tobytes())


def _umi(rx: str, marianas: list[str] | None) -> tuple[int, int, int, int, int, int]:
    """Return state, both packed halves, places of N, and lengths, of RX or else of a Marianas name."""
    row = _pack_umi(rx)
    return _pack_umi(marianas[1]) if row[0] == UMI_MISSING and marianas else row


def _pack_umi(text: str) -> tuple[int, int, int, int, int, int]:
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


def _molecule(mi: str) -> tuple[int, int]:
    """Return the hash of MI without its strand, and the strand."""
    strand = {"/A": 1, "/B": 2}.get(mi[-2:], 0)
    stem = mi[:-2] if strand else mi
    return fnv1a(stem) if stem else 0, strand


def _strand_depths(integers: dict[str, int], marianas: list[str] | None, *, is_read2: bool) -> tuple[int, int]:
    """Return reads behind strand A and strand B, from aD and bD or else from a Marianas name.

    `Marianas:UMI:contig:pos:plus:minus:contig:pos:plus:minus` describes read 1 first and then read 2 (so in all
    5,843 reads of the reference material under tests/data); plus and minus are reads of the positive and the negative
    strand family of that mate.
    """
    depths = integers.get("aD", ABSENT), integers.get("bD", ABSENT)
    if depths != (ABSENT, ABSENT) or marianas is None:
        return depths
    plus, minus = marianas[8:10] if is_read2 else marianas[4:6]
    return parse_count(plus), parse_count(minus)
