"""HGVS coding names read back to alleles, with what they say of the reference held against the genome."""

import re
from typing import Final

from csfgeno.annotation.transcripts import CodingPosition, Datum, Transcript
from csfgeno.errors import ReferenceDataError
from csfgeno.genome.sequence import SequenceSource, Strand, reverse_complement
from csfgeno.records import Allele

_POSITION: Final = r"([*-]?\d+)([+-]\d+)?"
_NAME: Final = re.compile(
    rf"c\.{_POSITION}(?:_{_POSITION})?"
    r"(?:(?P<ref>[ACGT])>(?P<alt>[ACGT])|del(?P<lost>[ACGT]*)(?:ins(?P<instead>[ACGT]+))?|dup(?P<copied>[ACGT]*)"
    r"|ins(?P<added>[ACGT]+))"
)
EXAMPLES: Final = "c.2573T>G, c.2235_2249del, c.2239_2248delinsC, c.2284-5_2290dup or c.2326_2327insTGT"


def read_coding_name(name: str, transcript: Transcript, sequence: SequenceSource) -> Allele:
    """Return the allele of a coding name, in no particular spelling, with one base before it unless bases change.

    Raises
    ------
    ReferenceDataError
        If the name is none of the kinds in `EXAMPLES`, names a place that the transcript lacks, or states bases that
        the genome does not have there; a masked base fits anything.
    """
    found = _NAME.fullmatch(name)
    if found is None:
        raise ReferenceDataError(f"'{name}' is no coding name such as {EXAMPLES}")
    first = _genomic(name, transcript, found[1], found[2])
    last = _genomic(name, transcript, found[3] or found[1], found[4] if found[3] else found[2])
    start, end = min(first, last), max(first, last) + 1
    contig, strand = transcript.contig, transcript.strand
    held = sequence.fetch(contig, start, end)
    _check(name, found["ref"] or found["lost"] or found["copied"], _turned(held, strand), transcript)
    if found["added"]:
        if abs(last - first) != 1:
            raise ReferenceDataError(f"'{name}' must name the two neighbouring bases that it inserts between")
        return Allele(contig, start, held[0], held[0] + _turned(found["added"], strand))
    if found["alt"]:
        return Allele(contig, start, held, _turned(found["alt"], strand))
    before = sequence.fetch(contig, start - 1, start)
    is_dup = found["copied"] is not None
    return Allele(
        contig, start - 1, before + held, before + (2 * held if is_dup else _turned(found["instead"] or "", strand))
    )


def _turned(bases: str, strand: Strand) -> str:
    return bases if strand is Strand.FORWARD else reverse_complement(bases)


def _genomic(name: str, transcript: Transcript, base: str, offset: str | None) -> int:
    datum = Datum.AFTER_STOP if base.startswith("*") else Datum.CODING
    position = CodingPosition(int(base.removeprefix("*")), int(offset or 0), datum)
    try:
        return transcript.genomic_position(position)
    except ValueError as error:
        raise ReferenceDataError(f"'{name}': {error}") from None


def _check(name: str, stated: str | None, held: str, transcript: Transcript) -> None:
    fits = not stated or (len(stated) == len(held) and all(a in (b, "N") for a, b in zip(held, stated, strict=True)))
    if not fits:
        raise ReferenceDataError(f"'{name}' states {stated}, but {transcript.name} has {held} there")
