"""Deletions and tandem duplications of one gene, told by their junction."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from csfgeno.annotation.hgvs import accession, name_edit
from csfgeno.annotation.transcripts import Transcript, TranscriptTable
from csfgeno.genome.edit import Edit, shift_downstream
from csfgeno.genome.sequence import SequenceSource, Strand, StrandView, orient, reverse_complement
from csfgeno.records import Breakpoint, Interval, Rearrangement
from csfgeno.structural.fusions import Event, FusionSearch, FusionSpecimen, find_events, judge
from csfgeno.structural.heterozygosity import GENES as TUMOUR_SUPPRESSORS
from csfgeno.structural.sequence import join
from csfgeno.structural.skipping import ACCEPTOR_BP, EXON, GENE, HOTSPOT_ID, signals_of_deletion
from csfgeno.vocab import Frame, PartnerKind, RearrangementKind, Side

DELETION, DUPLICATION = RearrangementKind.DELETION, RearrangementKind.TANDEM_DUPLICATION

VARIANT_III: Final = ("EGFR", 2, 7, "EGFRvIII")
"""Gene, first and last exon, and name of the deletion of just these exons, the mutant of the extracellular domain."""

KINASE_DUPLICATION: Final = ("EGFR", 18, 25, "EGFR_KDD")
"""Gene, first and last exon, and hotspot of a kinase domain that is duplicated in tandem (knowledge: EGFR_KDD)."""

KINASE_DUPLICATION_NAME: Final = "EGFR-KDD"


@dataclass(frozen=True, slots=True)
class GeneChange:
    """What a junction makes of a gene: `span` is lost or doubled."""

    kind: RearrangementKind
    transcript: Transcript
    span: Interval
    name: str | None = None
    hotspot_ids: tuple[str, ...] = ()

    @property
    def partners(self) -> PartnerKind:
        """Whether both places lie in the gene, so that a chance junction has as few places to join as known partners.

        METHOD: a deletion that ends outside the gene may end anywhere, as a novel partner may lie anywhere.
        """
        whole = self.transcript.span
        is_inside = self.span.start >= whole.start and self.span.end <= whole.end
        return PartnerKind.KNOWN if is_inside else PartnerKind.NOVEL


def find_rearrangements(
    specimens: Sequence[FusionSpecimen], search: FusionSearch, transcripts: TranscriptTable
) -> tuple[Rearrangement, ...]:
    """Return the deletions and tandem duplications that two molecules of any specimen show, in genome order.

    Looked for are deletions of tumour suppressors that take coding bases or a splice site, deletions that make MET skip
    exon 14, EGFRvIII, and duplications of the kinase domain of EGFR.
    """
    events = find_events(specimens, search, lambda first, second: name_change(first, second, transcripts) is not None)
    found = []
    for event in events:
        change = name_change(event.first, event.second, transcripts)
        if change is not None and event.most_molecules > 1:
            found.append(_rearrangement(event, change, search))
    rank = {contig: number for number, contig in enumerate(search.contigs)}
    return tuple(sorted(found, key=lambda own: (rank[own.first.contig], own.first.pos, own.second.pos)))


def name_change(first: Breakpoint, second: Breakpoint, transcripts: TranscriptTable) -> GeneChange | None:
    """Return what a junction of two places in genome order changes in a gene of interest, `None` if nothing."""
    if first.contig != second.contig or first.keeps is second.keeps:
        return None
    if first.keeps is Side.LEFT:
        lost = Interval(first.contig, first.pos + 1, second.pos)
        return _variant_iii(lost, transcripts) or _skipping(lost, transcripts) or _suppressor(lost, transcripts)
    return _kinase_duplication(Interval(first.contig, first.pos, second.pos + 1), transcripts)


def exon_numbers(transcript: Transcript) -> tuple[int, ...]:
    """Return the number of each coding exon, counted from the first coding one where that is all that is known."""
    return tuple(exon.number or i for i, exon in enumerate(transcript.exons, 1))


def whole_exons(span: Interval, transcript: Transcript) -> tuple[int, ...]:
    """Return the coding exons that a stretch holds whole."""
    numbered = zip(exon_numbers(transcript), transcript.exons, strict=True)
    return tuple(n for n, exon in numbered if _holds(span, exon.interval))


def cut_exons(span: Interval, transcript: Transcript) -> tuple[int, ...]:
    """Return the coding exons of which a stretch holds a part, or a splice site beside them."""
    numbered = zip(exon_numbers(transcript), transcript.exons, strict=True)
    return tuple(
        n
        for n, exon in numbered
        if span.overlaps(_with_splice_sites(exon.interval)) and not _holds(span, exon.interval)
    )


def frame_of(change: GeneChange, inserted_bp: int) -> Frame:
    """Return whether the gene is still read in frame.

    METHOD: splicing joins whole exons, so the lost or doubled coding bases count; a break inside an exon tells the
    frame only if both lie in the same one. Without the start or the stop codon there is no transcript to read.
    """
    transcript, span = change.transcript, change.span
    whole, cut = whole_exons(span, transcript), cut_exons(span, transcript)
    ends = {exon_numbers(transcript)[0], exon_numbers(transcript)[-1]}
    if change.kind is DELETION and ends & {*whole, *cut} and not _is_inside_one(span, transcript):
        return Frame.NO_TRANSCRIPT
    if cut:
        changed = len(span) - inserted_bp
        known = Frame.IN_FRAME if changed % 3 == 0 else Frame.OUT_OF_FRAME
        return known if change.kind is DELETION and _is_inside_one(span, transcript) else Frame.UNKNOWN
    numbered = zip(exon_numbers(transcript), transcript.exons, strict=True)
    coding = sum(len(exon.interval) for n, exon in numbered if n in whole)
    return Frame.IN_FRAME if coding % 3 == 0 else Frame.OUT_OF_FRAME


def hgvs_names(change: GeneChange, inserted: str, sequence: SequenceSource) -> tuple[str, str | None]:
    """Return the HGVS names on the genome and on the transcript, `None` where a place has no coding position."""
    transcript = change.transcript
    reference = accession(change.span.contig, transcript.build)
    genomic = _name(change, inserted, StrandView(sequence, change.span.contig, Strand.FORWARD), lambda pos: pos + 1)
    coding = _name(
        change, inserted, StrandView(sequence, change.span.contig, transcript.strand), transcript.oriented_position
    )
    return f"{reference}:g.{genomic}", f"c.{coding}" if coding else None


# ---------------------------------------------------------------------------------------- what is looked for


def _variant_iii(lost: Interval, transcripts: TranscriptTable) -> GeneChange | None:
    gene, first, last, name = VARIANT_III
    transcript = transcripts.by_gene(gene)
    is_it = whole_exons(lost, transcript) == tuple(range(first, last + 1)) and not cut_exons(lost, transcript)
    return GeneChange(DELETION, transcript, lost, name) if is_it else None


def _skipping(lost: Interval, transcripts: TranscriptTable) -> GeneChange | None:
    """Return a deletion that takes a splice signal of MET exon 14, or all of it, and no base of another exon."""
    transcript = transcripts.by_gene(GENE)
    own = next(e.interval for e in transcript.exons if e.number == EXON)
    takes_others = any(lost.overlaps(e.interval) for e in transcript.exons if e.number != EXON)
    is_it = _is_of(lost, transcript) and not takes_others and signals_of_deletion(lost, own, transcript.strand)
    return GeneChange(DELETION, transcript, lost, hotspot_ids=(HOTSPOT_ID,)) if is_it else None


def _suppressor(lost: Interval, transcripts: TranscriptTable) -> GeneChange | None:
    for gene in TUMOUR_SUPPRESSORS:
        transcript = transcripts.by_gene(gene)
        if _is_of(lost, transcript) and (whole_exons(lost, transcript) or cut_exons(lost, transcript)):
            return GeneChange(DELETION, transcript, lost)
    return None


def _kinase_duplication(doubled: Interval, transcripts: TranscriptTable) -> GeneChange | None:
    """Return a tandem duplication inside the gene that holds the whole kinase domain."""
    gene, first, last, hotspot_id = KINASE_DUPLICATION
    transcript = transcripts.by_gene(gene)
    is_it = set(range(first, last + 1)) <= set(whole_exons(doubled, transcript)) and _holds(transcript.span, doubled)
    return GeneChange(DUPLICATION, transcript, doubled, KINASE_DUPLICATION_NAME, (hotspot_id,)) if is_it else None


# ---------------------------------------------------------------------------------------- names


def _rearrangement(event: Event, change: GeneChange, search: FusionSearch) -> Rearrangement:
    genomic, coding = hgvs_names(change, event.inserted, search.sequence)
    before = change.span.start - 1
    return Rearrangement(
        event_id=f"{event.first}::{event.second}",
        kind=change.kind,
        gene=change.transcript.gene,
        transcript=change.transcript.name,
        first=event.first,
        second=event.second,
        exons=whole_exons(change.span, change.transcript),
        cut_exons=cut_exons(change.span, change.transcript),
        counts_coding_exons=any(exon.number is None for exon in change.transcript.exons),
        is_whole_gene=len(whole_exons(change.span, change.transcript)) == len(change.transcript.exons),
        frame=frame_of(change, len(event.inserted)),
        name=change.name,
        hgvs_g=genomic,
        hgvs_c=coding,
        base_before=search.sequence.fetch(change.span.contig, max(before, 0), before + 1) or "N",
        microhomology=event.homology(search.sequence),
        inserted=event.inserted,
        junction=join(event.first, event.second, event.inserted, search.sequence, 40).text,
        calls=judge(event, change.partners, search),
        hotspot_ids=change.hotspot_ids,
    )


def _name(change: GeneChange, inserted: str, view: StrandView, position: Callable[[int], object]) -> str | None:
    """Return the name of a change on the axis of a strand, moved to its 3'-most place.

    Inserted bases beside a doubled stretch make it an insertion of both (HGVS v21, complex insertions).
    """
    strand = view.strand
    start, end = orient(change.span.start, change.span.end, strand)
    bases = inserted if strand is Strand.FORWARD else reverse_complement(inserted)
    own = view.fetch(start, end)
    if change.kind is DELETION:
        return name_edit(shift_downstream(Edit(start, end, own, bases), view), view, position)
    if not inserted:
        return name_edit(shift_downstream(Edit(end, end, "", own), view), view, position)
    first, last, behind = position(start), position(end - 1), position(end)
    return None if None in (first, last, behind) else f"{last}_{behind}ins[{bases};{first}_{last}]"


# ---------------------------------------------------------------------------------------- places


def _holds(span: Interval, part: Interval) -> bool:
    return span.contig == part.contig and span.start <= part.start and part.end <= span.end


def _is_of(span: Interval, transcript: Transcript) -> bool:
    return span.overlaps(transcript.span)


def _with_splice_sites(exon: Interval) -> Interval:
    return Interval(exon.contig, exon.start - ACCEPTOR_BP, exon.end + ACCEPTOR_BP)


def _is_inside_one(span: Interval, transcript: Transcript) -> bool:
    return any(_holds(exon.interval, span) for exon in transcript.exons)
