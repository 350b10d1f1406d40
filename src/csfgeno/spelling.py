"""One allele, many spellings: the leftmost minimal form, and how far to the right the same change can be written."""

from csfgeno.records import Allele
from csfgeno.sequence import SequenceSource

_STEP_BP = 64


def trim(allele: Allele) -> Allele:
    """Return `allele` without bases that REF and ALT share, keeping one anchor base for insertions and deletions."""
    ref, alt, start = allele.ref, allele.alt, allele.start
    while len(ref) > 1 and len(alt) > 1 and ref[-1] == alt[-1]:
        ref, alt = ref[:-1], alt[:-1]
    while len(ref) > 1 and len(alt) > 1 and ref[0] == alt[0]:
        ref, alt, start = ref[1:], alt[1:], start + 1
    return Allele(allele.contig, start, ref, alt)


def leftmost(allele: Allele, sequence: SequenceSource) -> Allele:
    """Return the minimal, leftmost spelling, the one `bcftools norm` writes.

    Source: Tan 2015, doi:10.1093/bioinformatics/btv112.
    """
    ref, alt, start = allele.ref, allele.alt, allele.start
    before = ""
    while ref and alt and ref[-1] == alt[-1]:
        ref, alt = ref[:-1], alt[:-1]
        if ref and alt:
            continue
        if not before:
            before = sequence.fetch(allele.contig, max(start - _STEP_BP, 0), start)
        if not before or before[-1] == "N":
            return trim(Allele(allele.contig, start, ref + _lost(allele, ref, start), alt + _lost(allele, alt, start)))
        ref, alt, start, before = before[-1] + ref, before[-1] + alt, start - 1, before[:-1]
    return trim(Allele(allele.contig, start, ref, alt))


def _lost(allele: Allele, kept: str, start: int) -> str:
    """Return the base that must be put back when the sequence to the left has ended."""
    return allele.ref[len(kept)] if start == allele.start else kept[:1]


def right_reach(allele: Allele, sequence: SequenceSource) -> int:
    """Return the end, half-open, of the bases within which the same insertion or deletion can be written.

    A read that ends before it cannot tell the allele from the reference. For substitutions it is the end of REF.
    """
    ref, alt = allele.ref, allele.alt
    moved = ref[1:] or alt[1:]
    if len(ref) == len(alt) or (len(ref) > 1 and len(alt) > 1):
        return allele.end
    end, turn, after = allele.end, 0, ""
    while True:
        if not after:
            after = sequence.fetch(allele.contig, end, end + _STEP_BP)
        if not after or after[0] != moved[turn % len(moved)]:
            return end
        end, turn, after = end + 1, turn + 1, after[1:]
