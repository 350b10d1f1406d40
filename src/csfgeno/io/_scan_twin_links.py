"""CIGARs and SA tags of the plain-Python scanner: extents, and the two places of a link."""

import re
from collections.abc import Callable
from typing import Final, NamedTuple

import pysam

from csfgeno.io.batch import ABSENT

OPS: Final = "MIDNSHP=X"
ON_QUERY: Final = "MIS=X"
ON_REFERENCE: Final = "MDN=X"
INT32_MAX: Final = (1 << 31) - 1
SA_FIELDS: Final = 6

_CLIPS: Final = "SH"
_LONGEST_CONTIG_NAME: Final = 255
_CIGAR: Final = re.compile(r"(?:\d{1,9}[MIDNSHP=X])*", re.ASCII)
_CIGAR_OP: Final = re.compile(r"(\d+)(\D)", re.ASCII)
_COUNT: Final = re.compile(r"\d{1,9}", re.ASCII)

Cigar = list[tuple[str, int]]
There = tuple[int, int, int, int, int, int, int]
"""Second half of a row of `LINK_DTYPE`."""


class Span(NamedTuple):
    """Extent of a CIGAR: bases of the read, of the reference, and clipped on either side."""

    on_query: int
    on_reference: int
    clip_left: int
    clip_right: int


def measure(cigar: Cigar) -> Span:
    """Return the extent of a CIGAR; a clip before any other operation is a left clip, one after it a right clip."""
    inside = next((i for i, (op, _) in enumerate(cigar) if op not in _CLIPS), len(cigar))
    return Span(
        sum(length for op, length in cigar if op in ON_QUERY),
        sum(length for op, length in cigar if op in ON_REFERENCE),
        sum(length for op, length in cigar[:inside] if op in _CLIPS),
        sum(length for op, length in cigar[inside:] if op in _CLIPS),
    )


def parse_there(fields: list[str], get_tid: Callable[[str], int]) -> There | None:
    """Return the place that the fields of an SA entry name, `None` if they make no sense."""
    contig, pos, strand, cigar, mapq, _ = fields
    span = text_span(cigar)
    tid = get_tid(contig) if 0 < len(contig) <= _LONGEST_CONTIG_NAME else ABSENT
    start, quality = parse_count(pos) - 1, parse_count(mapq)
    if span is None or tid < 0 or start < 0 or strand not in ("+", "-") or not 0 <= quality <= 0xFF:
        return None
    end = start + span.on_reference
    if end > INT32_MAX:
        return None
    return tid, quality, int(strand == "-"), start, end, span.clip_left, span.clip_right


def text_span(text: str) -> Span | None:
    """Return the extent of a CIGAR as text, `None` if it is none or covers nothing of the reference."""
    if not _CIGAR.fullmatch(text):
        return None
    span = measure([(op, int(length)) for length, op in _CIGAR_OP.findall(text)])
    return span if span.on_reference else None


def here_of(read: pysam.AlignedSegment, cigar: Cigar, row: int) -> tuple[int, ...]:
    """Return the first half of a row of `LINK_DTYPE`."""
    span, start = measure(cigar), read.reference_start
    place = start, start + span.on_reference, span.clip_left, span.clip_right
    return row, read.mapping_quality, int(read.is_reverse), *place


def parse_count(text: str) -> int:
    """Return a decimal number of at most 9 digits, else ABSENT."""
    return int(text) if _COUNT.fullmatch(text) else ABSENT
