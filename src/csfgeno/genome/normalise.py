"""One spelling for an allele: left-aligned, shortest, with the anchor base of VCF."""

from csfgeno.genome.edit import edit_of, shift_downstream
from csfgeno.genome.sequence import SequenceSource, Strand, StrandView
from csfgeno.records import Allele, Interval


def normalise(allele: Allele, sequence: SequenceSource) -> Allele:
    """Return the left-aligned, shortest VCF form of `allele`.

    A pure insertion or deletion keeps one anchor base before it (after it, at the very start of a contig); anything
    else keeps none. Two alleles that give the same sequence by one insertion or deletion have the same form (Tan 2015,
    doi:10.1093/bioinformatics/btv112).

    Raises
    ------
    InputError
        If the allele is no change or holds anything but A, C, G and T.
    """
    # METHOD: left-alignment is the 3' shift of the reverse strand, so one routine serves VCF and HGVS.
    reverse = StrandView(sequence, allele.contig, Strand.REVERSE)
    edit = shift_downstream(edit_of(allele, Strand.REVERSE), reverse).on(Strand.REVERSE)
    if edit.ref and edit.alt:
        return Allele(allele.contig, edit.start, edit.ref, edit.alt)
    if edit.start == 0:
        anchor = _base(allele, sequence, edit.end)
        return Allele(allele.contig, 0, edit.ref + anchor, edit.alt + anchor)
    anchor = _base(allele, sequence, edit.start - 1)
    return Allele(allele.contig, edit.start - 1, anchor + edit.ref, anchor + edit.alt)


def right_reach(allele: Allele, sequence: SequenceSource) -> int:
    """Return the end, half-open, of the bases within which the same insertion or deletion can be written.

    A read that ends before it cannot tell the allele from the reference. For anything else it is the end of REF.
    """
    edit = edit_of(allele, Strand.FORWARD)
    if edit.ref and edit.alt:
        return allele.end
    return shift_downstream(edit, StrandView(sequence, allele.contig, Strand.FORWARD)).end


def footprint(allele: Allele, sequence: SequenceSource) -> Interval:
    """Return every base at which an allele can be written.

    METHOD: A763_Y764insFQEA is a duplication that begins in the intron before exon 20; its leftmost spelling lies
    outside the exon that it changes, and the anchor base of a deletion outside the bases that it removes.
    """
    return Interval(allele.contig, allele.start, max(allele.end, right_reach(allele, sequence)))


def _base(allele: Allele, sequence: SequenceSource, pos: int) -> str:
    """Return the reference base at `pos`; REF knows it even where the genome is masked."""
    if allele.start <= pos < allele.end:
        return allele.ref[pos - allele.start]
    return sequence.fetch(allele.contig, pos, pos + 1)
