"""Where an edit meets the transcript, and its consequence there.

Rules that HGVS leaves to the describer, in one place:

- the edit is first moved to its 3'-most place on the genome, across an exon edge too; what it touches there counts;
- donor +1, +2 or acceptor -2, -1 removed or replaced, or an insertion between the two: `p.?`;
- an insertion between an exon and its intron counts as exonic, since both bases of the site stay;
- the last base of an exon was G and is not any more: `p.?`, because that G pairs with U1 snRNA and its loss is expected
  to disturb splicing (MET D1010, at the end of exon 14); the residues are still given in `ProteinChange`;
- any other intronic change and any untranslated one: `p.?`, as no protein was examined; but a duplication of the last
  coding bases, which has coding positions in its name, leaves the protein whole: `p.(=)`;
- a codon with a masked base: `p.?`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from csfgeno.annotation.coding import CodingSequence, Outcome, predict_protein
from csfgeno.annotation.protein import ProteinChange
from csfgeno.annotation.transcripts import CodingExon, Transcript
from csfgeno.genome.edit import Edit
from csfgeno.vocab import Consequence

_SITE_BP: Final = 2
_REGION_BP: Final = 8
"""Intronic bases of a splice site and of the region around it (SO:0001575, SO:0001574, SO:0001630)."""


@dataclass(frozen=True, slots=True)
class Effect:
    """Consequence of an edit; `short` is the one-letter protein name without `p.`, `?` if it is not predicted."""

    consequence: Consequence
    short: str
    exon: CodingExon | None = None
    protein: ProteinChange | None = None


@dataclass(frozen=True, slots=True)
class _SpliceEdge:
    """An edge between a coding exon and an intron, on the axis of the strand."""

    pos: int
    exon: int
    consequence: Consequence

    def reach(self, bases: int) -> tuple[int, int]:
        """Return the intronic stretch of that many bases at the edge."""
        is_donor = self.consequence is Consequence.SPLICE_DONOR
        return (self.pos, self.pos + bases) if is_donor else (self.pos - bases, self.pos)


def predict_effect(edit: Edit, transcript: Transcript, coding: CodingSequence) -> Effect:
    """Return the effect of a 3'-shifted edit on the axis of the transcript's strand."""
    if edit.end <= transcript.oriented[0][0]:
        return Effect(Consequence.UTR_5, "?")
    if edit.start >= transcript.oriented[-1][1]:
        return Effect(Consequence.UTR_3, "=" if _repeats_end(edit, transcript, coding) else "?")
    exon = _exon_index(edit, transcript)
    return _intronic_effect(edit, transcript) if exon is None else _exonic_effect(edit, exon, transcript, coding)


def _repeats_end(edit: Edit, transcript: Transcript, coding: CodingSequence) -> bool:
    is_behind_stop = edit.is_insertion and edit.start == transcript.oriented[-1][1]
    return is_behind_stop and coding.bases[: coding.length].endswith(edit.alt)


# ------------------------------------------------------------------------------------------------ exons


def _exon_index(edit: Edit, transcript: Transcript) -> int | None:
    """Return the coding exon that holds the edit; the outer two reach on into the untranslated bases."""
    outer = len(transcript.oriented) - 1
    for i, (start, end) in enumerate(transcript.oriented):
        if (start <= edit.start or (i == 0 and edit.end > start)) and (
            edit.end <= end or (i == outer and edit.start < end)
        ):
            return i
    return None


def _exonic_effect(edit: Edit, index: int, transcript: Transcript, coding: CodingSequence) -> Effect:
    exon, exon_start = transcript.exons[index], transcript.oriented[index][0]
    if edit.start < exon_start:
        return _effect(transcript, exon, Outcome(Consequence.START_LOST, "M1?", 1, "M"))
    first = transcript.coding_starts[index] + edit.start - exon_start
    outcome = predict_protein(coding, first, first + len(edit.ref), edit.alt)
    # METHOD: a lost G at the last base of an exon is taken for a splice change, not for the residue it would encode.
    if index < len(transcript.exons) - 1 and _loses_last_g(edit, first, transcript.coding_starts[index + 1], coding):
        return _effect(transcript, exon, outcome, spliced_as=Consequence.SPLICE_REGION)
    return _effect(transcript, exon, outcome)


def _loses_last_g(edit: Edit, first: int, exon_end: int, coding: CodingSequence) -> bool:
    reaches_edge = first + len(edit.ref) == exon_end
    return reaches_edge and coding.bases[exon_end - 1] == "G" and (coding.bases[:first] + edit.alt)[-1] != "G"


def _effect(
    transcript: Transcript, exon: CodingExon, outcome: Outcome, spliced_as: Consequence | None = None
) -> Effect:
    consequence = spliced_as or outcome.consequence
    short = "?" if spliced_as else outcome.short
    if consequence is Consequence.SYNONYMOUS:
        return Effect(consequence, short, exon)
    protein = ProteinChange(
        gene=transcript.gene,
        start=outcome.start,
        ref=outcome.ref,
        alt=outcome.alt,
        frameshift=outcome.consequence is Consequence.FRAMESHIFT,
        splice=spliced_as is not None,
        exon=exon.number,
        consequence=consequence,
    )
    return Effect(consequence, short, exon, protein)


# ---------------------------------------------------------------------------------------------- introns


def _intronic_effect(edit: Edit, transcript: Transcript) -> Effect:
    """Return the effect of an edit that lies in an intron or crosses an exon edge."""
    edges = list(_splice_edges(transcript))
    for edge in edges:
        if _touches(edit, *edge.reach(_SITE_BP)):
            return _splice_effect(transcript, edge, edge.consequence)
    for edge in edges:
        if _touches(edit, *edge.reach(_REGION_BP)):
            return _splice_effect(transcript, edge, Consequence.SPLICE_REGION)
    return Effect(Consequence.INTRON, "?")


def _splice_edges(transcript: Transcript) -> Iterator[_SpliceEdge]:
    for i in range(len(transcript.oriented) - 1):
        yield _SpliceEdge(transcript.oriented[i][1], i, Consequence.SPLICE_DONOR)
        yield _SpliceEdge(transcript.oriented[i + 1][0], i + 1, Consequence.SPLICE_ACCEPTOR)


def _touches(edit: Edit, start: int, end: int) -> bool:
    """Whether the edit changes [start, end) or inserts inside it."""
    return start < edit.start < end if edit.is_insertion else edit.start < end and start < edit.end


def _splice_effect(transcript: Transcript, edge: _SpliceEdge, consequence: Consequence) -> Effect:
    exon = transcript.exons[edge.exon]
    beside = edge.pos - 1 if edge.consequence is Consequence.SPLICE_DONOR else edge.pos
    base = transcript.coding_starts[edge.exon] + beside - transcript.oriented[edge.exon][0]
    return _effect(transcript, exon, Outcome(consequence, "?", base // 3 + 1), spliced_as=consequence)
