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
    parse_there,
    text_span,
)
from csfgeno.io._scan_twin_tags import fnv1a, gencore_counts, molecule, strand_depths, umi
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
)

Columns = tuple[memoryview, memoryview, memoryview, memoryview, memoryview, memoryview, memoryview, int]
"""What a scanner hands over: rows of `READ_DTYPE` and `EVENT_DTYPE`, bases, names, links, far reads and their links,
and the count of reads seen."""

_UNWANTED: Final = pysam.FUNMAP | pysam.FSECONDARY | pysam.FQCFAIL

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
        if length == 0:
            continue
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
        sum(quals) // max(len(quals), 1),
        read.reference_start,
        read.reference_start + span.on_reference,
        read.reference_start - span.clip_left,
        read.reference_start + span.on_reference + span.clip_right,
        read.next_reference_id if has_mate else ABSENT,
        mate_start if has_mate else ABSENT,
        *(mate or (ABSENT, ABSENT)),
        read.template_length,
        min(snvs, 0xFFFF),
        *umi(texts.get("RX", ""), marianas),
        *molecule(texts.get("MI", "")),
        *strand_depths(integers, gencore_counts(tags), marianas, read.flag),
        integers.get("cD", ABSENT),
        integers.get("cM", ABSENT),
        floats.get("cE", np.nan),
    )


def _capped(value: int, kind: str) -> int:
    """Return an integer tag, at most INT32_MAX; `get_tags` reads the unsigned type `I` as signed."""
    return min(value % (1 << 32) if kind == "I" else value, INT32_MAX)


def _mate_span(text: str, start: int) -> tuple[int, int] | None:
    """Return the unclipped span of the mate, given MC, its CIGAR as text."""
    span = text_span(text)
    if span is None or start + span.on_reference + span.clip_right > INT32_MAX:
        return None
    return start - span.clip_left, start + span.on_reference + span.clip_right


def _packed(rows: Sequence[tuple[float, ...]], dtype: np.dtype[np.void]) -> memoryview:
    return memoryview(np.array(rows, dtype).tobytes())
