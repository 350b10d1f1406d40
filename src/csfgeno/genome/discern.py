"""How much of a read is needed to tell an insertion or a deletion from the reference."""

from itertools import zip_longest
from typing import Final

from csfgeno.genome.edit import Edit, edit_of
from csfgeno.genome.sequence import SequenceSource, Strand
from csfgeno.records import Allele

LOOK_BP: Final = 200
"""Bases examined on either side; a longer repeat cannot be crossed by the reads anyway."""


def discerning_span(allele: Allele, sequence: SequenceSource, differences: int) -> tuple[int, int]:
    """Return the bases that a read must show to speak for or against an allele, half-open on the reference.

    A read of the allele that ends shortly beyond it looks like the reference, or nearly so, and is lost to the count.
    A read of the reference that ends at the same place must then not be counted either, or the allele fraction would
    be too low. The span is that of the shortest read which differs in `differences` bases: from its start to the
    junction, and beyond it as far on the reference as the mutant read reaches on the allele.

    Parameters
    ----------
    allele
        Any spelling of an insertion, deletion or delins that changes the length.
    differences
        Bases that must differ between a read of the allele and the reference.
    """
    edit = edit_of(allele, Strand.FORWARD)
    left, right = _overhangs(edit, allele.contig, sequence, differences)
    # METHOD: reads that begin inside an insertion are left out, so that a long one is not counted more often than
    # the reference is.
    return edit.start - max(left - len(edit.alt), 1), edit.start + right


def _overhangs(edit: Edit, contig: str, sequence: SequenceSource, differences: int) -> tuple[int, int]:
    """Return the bases of the allele needed left of the end of its change, and right of the start of its change."""
    before = sequence.fetch(contig, max(edit.end - LOOK_BP, 0), edit.end)[::-1]
    before_alt = (sequence.fetch(contig, max(edit.start - LOOK_BP, 0), edit.start) + edit.alt)[::-1]
    after = sequence.fetch(contig, edit.start, edit.start + LOOK_BP)
    after_alt = edit.alt + sequence.fetch(contig, edit.end, edit.end + LOOK_BP)
    return _bases_until(before, before_alt, differences), _bases_until(after, after_alt, differences)


def _bases_until(one: str, other: str, differences: int) -> int:
    """Return after how many bases two sequences differ that often; a masked base is no difference."""
    found = 0
    for length, (a, b) in enumerate(zip_longest(one, other, fillvalue="N"), 1):
        found += a != b and "N" not in (a, b)
        if found == differences:
            return length
    return max(len(one), len(other))
