"""MET exon 14 skipping: all alleles that disrupt a splice signal of the exon, as one biomarker."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from csfgeno.annotation.naming import annotate_allele
from csfgeno.annotation.transcripts import Transcript, TranscriptTable
from csfgeno.genome.sequence import SequenceSource, Strand, orient
from csfgeno.records import (
    Allele,
    ExonSkipping,
    Finding,
    HotspotResult,
    Interval,
    Rearrangement,
    SkippingCall,
    SkippingCause,
)
from csfgeno.vocab import CallState, SkippingMechanism, SpecimenKind

GENE: Final = "MET"
EXON: Final = 14
HOTSPOT_ID: Final = "MET_ex14"
BIOMARKER_ID: Final = "MET_EX14"

NO_DELETIONS: Final[Mapping[SkippingCause, Mapping[SpecimenKind, int]]] = MappingProxyType({})

ACCEPTOR_BP: Final = 2
DONOR_BP: Final = 6
TRACT_BP: Final = 30
"""Intronic bases of the splice signals, as the knowledge tables delimit MET_EX14."""


def find_skipping(
    findings: Sequence[Finding],
    hotspots: Sequence[HotspotResult],
    transcripts: TranscriptTable,
    deletions: Mapping[SkippingCause, Mapping[SpecimenKind, int]] = NO_DELETIONS,
) -> tuple[ExonSkipping, ...]:
    """Return the skipping of MET exon 14 as the detected alleles and the state of its splice sites tell it.

    `deletions` are those that junctions show, with their molecules (see `deletions_of`).

    Empty for a panel without the hotspot. An allele of a codon that is a biomarker of its own, such as Y1003, is a
    cause only where it disrupts a splice signal too; one that is inherited or of blood cells is none.
    """
    own = [result for result in hotspots if result.hotspot_id == HOTSPOT_ID]
    if not own:
        return ()
    transcript = transcripts.by_gene(GENE)
    small = tuple(_causes(findings, transcript))
    causes = small + tuple(cause for cause in deletions if cause.allele not in {one.allele for one in small})
    known = {cause.allele for cause in causes}
    calls = tuple(_call(result, known, _most_molecules(deletions, result.specimen)) for result in own)
    return (
        ExonSkipping(
            gene=GENE,
            transcript=transcript.name,
            exon=EXON,
            causes=causes,
            calls=calls,
            hotspot_ids=(HOTSPOT_ID,),
            biomarker_ids=(BIOMARKER_ID,) if causes else (),
        ),
    )


def deletions_of(
    changes: Sequence[Rearrangement], transcripts: TranscriptTable, sequence: SequenceSource
) -> dict[SkippingCause, dict[SpecimenKind, int]]:
    """Return the detected deletions that make the transcript skip the exon, as alleles, with molecules by specimen."""
    own = [change for change in changes if HOTSPOT_ID in change.hotspot_ids]
    detected = [{c.specimen: c.molecules for c in change.calls if c.state is CallState.DETECTED} for change in own]
    return {
        _cause(change, transcripts.by_gene(GENE), sequence): molecules
        for change, molecules in zip(own, detected, strict=True)
        if molecules
    }


def _most_molecules(deletions: Mapping[SkippingCause, Mapping[SpecimenKind, int]], specimen: SpecimenKind) -> int:
    return max((molecules.get(specimen, 0) for molecules in deletions.values()), default=0)


def _cause(change: Rearrangement, transcript: Transcript, sequence: SequenceSource) -> SkippingCause:
    lost = change.span
    ref = sequence.fetch(lost.contig, lost.start - 1, lost.end)
    allele = Allele(lost.contig, lost.start - 1, ref, ref[0] + change.inserted)
    name = annotate_allele(allele, transcript, sequence).change.hgvs_c
    return SkippingCause(allele, name, splice_signals(allele, transcript, EXON))


def splice_signals(allele: Allele, transcript: Transcript, exon: int) -> tuple[SkippingMechanism, ...]:
    """Return the splice signals of an exon that an allele changes.

    METHOD: acceptor are the last two bases of the intron before; donor the last base of the exon and six of the intron
    behind; a shorter polypyrimidine tract, of the 30 bases before the acceptor, disrupts it only by length.
    """
    place = next(e.interval for e in transcript.exons if e.number == exon)
    changed = Interval(allele.contig, *_changed(allele))
    return _disrupted(changed, place, transcript.strand, is_length=len(allele.ref) != len(allele.alt))


def signals_of_deletion(lost: Interval, exon: Interval, strand: Strand) -> tuple[SkippingMechanism, ...]:
    """Return the splice signals of an exon that a deletion takes; see `splice_signals`."""
    return _disrupted(lost, exon, strand, is_length=True)


def _disrupted(changed: Interval, exon: Interval, strand: Strand, *, is_length: bool) -> tuple[SkippingMechanism, ...]:
    start, end = orient(exon.start, exon.end, strand)
    first, last = orient(changed.start, changed.end, strand)

    def touches(low: int, high: int) -> bool:
        return first < high and low < last

    if first <= start and last >= end:
        return (SkippingMechanism.WHOLE_EXON,)
    verdicts = {
        SkippingMechanism.ACCEPTOR: touches(start - ACCEPTOR_BP, start),
        SkippingMechanism.POLYPYRIMIDINE_TRACT: is_length and touches(start - TRACT_BP, start - ACCEPTOR_BP),
        SkippingMechanism.DONOR: touches(end - 1, end + DONOR_BP),
    }
    return tuple(name for name, is_hit in verdicts.items() if is_hit)


def _call(result: HotspotResult, causes: Collection[Allele], deleted: int) -> SkippingCall:
    """Return what the splice sites of one specimen say; `deleted` molecules lack the exon by a detected deletion.

    METHOD: a change beside a splice signal that is not known to disrupt it, or one that is not of the tumour, leaves
    skipping open, unless a deletion shows it; it is neither found nor excluded. A result without alleles was found by
    the junction of a deletion.
    """
    is_other = result.state is CallState.DETECTED and bool(result.alleles) and not set(result.alleles) & set(causes)
    state = CallState.INDETERMINATE if is_other and not deleted else result.state
    alt = deleted if is_other and deleted else result.alt
    return SkippingCall(result.specimen, state, alt, result.depth, result.lod95)


def _causes(findings: Sequence[Finding], transcript: Transcript) -> Iterator[SkippingCause]:
    for finding in findings:
        if BIOMARKER_ID not in finding.biomarker_ids and HOTSPOT_ID not in finding.hotspot_ids:
            continue
        if not finding.origin.may_drive_therapy:
            continue
        mechanisms = splice_signals(finding.allele, transcript, EXON)
        if mechanisms and finding.change is not None:
            yield SkippingCause(finding.allele, finding.change.hgvs_c, mechanisms)


def _changed(allele: Allele) -> tuple[int, int]:
    """Return the bases that change, without the anchor of an insertion or deletion; at least one."""
    shared = 1 if len(allele.ref) != len(allele.alt) and allele.ref[0] == allele.alt[0] else 0
    return allele.start + shared, max(allele.end, allele.start + shared + 1)
