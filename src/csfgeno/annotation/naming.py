"""Names for alleles: genome, transcript and protein, all from one edit."""

from dataclasses import dataclass

from csfgeno.annotation.coding import read_coding
from csfgeno.annotation.effect import Effect, predict_effect
from csfgeno.annotation.hgvs import accession, name_edit
from csfgeno.annotation.legacy import legacy_names, renumbered_coding
from csfgeno.annotation.protein import ProteinChange, three_letter
from csfgeno.annotation.transcripts import CodingPosition, Transcript, TranscriptTable
from csfgeno.genome.edit import Edit, check_reference, edit_of, shift_downstream
from csfgeno.genome.sequence import SequenceSource, Strand, StrandView
from csfgeno.records import Allele, Interval, TranscriptChange
from csfgeno.vocab import Build


@dataclass(frozen=True, slots=True)
class AnnotatedAllele:
    """An allele on its transcript.

    Attributes
    ----------
    change
        Names and consequence, for people and files.
    protein
        The changed protein, for matching; `None` if it stays the same or was not examined (intron, UTR).
    first, last
        Outermost coding positions of the 3'-shifted change; for an insertion the two bases around it. `None` beyond
        the transcript. Regions such as c.2888-30 to c.2888+3 are matched on these.
    """

    change: TranscriptChange
    protein: ProteinChange | None
    first: CodingPosition | None
    last: CodingPosition | None


def annotate(allele: Allele, table: TranscriptTable, sequence: SequenceSource) -> AnnotatedAllele | None:
    """Return the allele on the panel transcript it meets, or `None` if it meets none.

    Where genes overlap, the one whose protein is changed goes first.
    """
    meeting = table.overlapping(Interval(allele.contig, allele.start, allele.end))
    found = [annotate_allele(allele, transcript, sequence) for transcript in meeting]
    return min(found, key=lambda annotated: annotated.protein is None, default=None)


def annotate_allele(allele: Allele, transcript: Transcript, sequence: SequenceSource) -> AnnotatedAllele:
    """Name an allele on a transcript and predict its protein.

    The allele may be left- or right-shifted or padded: it is trimmed and moved to its 3'-most place first (HGVS
    nomenclature v21). The protein is predicted from the edited coding sequence; the rules for splice sites stand in
    `effect`.

    Parameters
    ----------
    allele
        On the contig of `transcript`, REF as in the genome.
    sequence
        The genome; masked stretches (N) are allowed and give unknown residues.

    Raises
    ------
    InputError
        If REF contradicts the genome, or REF and ALT are equal or hold anything but A, C, G and T.
    """
    check_reference(allele, sequence)
    view = StrandView(sequence, allele.contig, transcript.strand)
    edit = shift_downstream(edit_of(allele, transcript.strand), view)
    coding = read_coding(transcript, view)
    effect = predict_effect(edit, transcript, coding)
    genomic = _genomic_name(allele, transcript.build, sequence)
    name = name_edit(edit, view, transcript.oriented_position)
    first, last = (transcript.oriented_position(pos) for pos in _outermost(edit))
    hgvs_c = f"c.{name}" if name else genomic
    legacy = legacy_names(effect.protein, coding, transcript.aliases, effect.short) if effect.protein else ()
    change = TranscriptChange(
        gene=transcript.gene,
        transcript=transcript.name,
        hgvs_g=genomic,
        hgvs_c=hgvs_c,
        hgvs_p=_protein_name(effect),
        hgvs_p_short=f"p.{effect.short}",
        consequence=effect.consequence,
        exon=_exon_label(effect, transcript),
        legacy_names=(*legacy, *(renumbered_coding(hgvs_c, first, last, transcript.aliases) if name else ())),
    )
    return AnnotatedAllele(change, effect.protein, first, last)


def _genomic_name(allele: Allele, build: Build, sequence: SequenceSource) -> str:
    view = StrandView(sequence, allele.contig, Strand.FORWARD)
    edit = shift_downstream(edit_of(allele, Strand.FORWARD), view)
    reference = accession(allele.contig, build)
    kind = "m" if reference.startswith("NC_012920") else "g"
    return f"{reference}:{kind}.{name_edit(edit, view, lambda pos: pos + 1)}"


def _protein_name(effect: Effect) -> str:
    return "p.?" if effect.short == "?" else f"p.({three_letter(effect.short)})"


def _exon_label(effect: Effect, transcript: Transcript) -> str | None:
    if effect.exon is None or effect.exon.number is None:
        return None
    number = str(effect.exon.number)
    return number if transcript.exon_count is None else f"{number}/{transcript.exon_count}"


def _outermost(edit: Edit) -> tuple[int, int]:
    return (edit.start - 1, edit.start) if edit.is_insertion else (edit.start, edit.end - 1)
