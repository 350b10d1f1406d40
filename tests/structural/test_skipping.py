"""Which splice signals of MET exon 14 an allele disrupts."""

from collections.abc import Mapping

import pytest

from csfgeno.annotation.transcripts import load_transcripts
from csfgeno.records import Allele, AlleleOrigin, ExonSkipping, Finding, HotspotResult, SkippingCause, TranscriptChange
from csfgeno.structural.skipping import NO_DELETIONS, find_skipping, splice_signals
from csfgeno.vocab import Build, CallState, Consequence, ContigStyle, SkippingMechanism, SpecimenKind
from csfgeno.vocab.comparison import Origin

TRANSCRIPTS = load_transcripts(Build.GRCH38, ContigStyle.CHR)
MET = TRANSCRIPTS.by_gene("MET")
EXON = next(exon.interval for exon in MET.exons if exon.number == 14)
ACCEPTOR, DONOR, TRACT, WHOLE = (
    SkippingMechanism.ACCEPTOR,
    SkippingMechanism.DONOR,
    SkippingMechanism.POLYPYRIMIDINE_TRACT,
    SkippingMechanism.WHOLE_EXON,
)


@pytest.mark.parametrize(
    ("start", "ref", "alt", "signals"),
    [
        (EXON.end, "G", "A", (DONOR,)),  # c.3028+1
        (EXON.end - 1, "G", "C", (DONOR,)),  # c.3028, D1010H
        (EXON.end + 6, "G", "A", ()),  # c.3028+7
        (EXON.start - 1, "G", "A", (ACCEPTOR,)),  # c.2888-1
        (EXON.start - 2, "A", "T", (ACCEPTOR,)),
        (EXON.start - 5, "T", "A", ()),  # a substitution does not break the tract
        (EXON.start - 20, "T" * 10, "T", (TRACT,)),
        (EXON.start - 20, "T" * 25, "T", (ACCEPTOR, TRACT)),
        (EXON.end - 10, "G" * 15, "G", (DONOR,)),
        (EXON.start - 5, "G" * (len(EXON) + 10), "G", (WHOLE,)),
        (EXON.start + 50, "A", "T", ()),
        (EXON.start - 20, "T", "TTT", (TRACT,)),
    ],
)
def test_splice_signals(start: int, ref: str, alt: str, signals: tuple[SkippingMechanism, ...]) -> None:
    assert splice_signals(Allele("chr7", start, ref, alt), MET, 14) == signals


def skipping(
    start: int,
    ref: str,
    alt: str,
    origin: Origin = Origin.TUMOUR,
    deletions: Mapping[SkippingCause, Mapping[SpecimenKind, int]] = NO_DELETIONS,
) -> ExonSkipping:
    """Return the skipping of a case in which CSF shows one allele at the splice sites."""
    allele = Allele("chr7", start, ref, alt)
    change = TranscriptChange("MET", MET.name, "g", "c", "p", "p", Consequence.SPLICE_REGION, None)
    finding = Finding(allele, change, (), hotspot_ids=("MET_ex14",), origin=AlleleOrigin(origin))
    result = HotspotResult("MET_ex14", SpecimenKind.CSF, CallState.DETECTED, 500, 50, 0.01, "", (allele,))
    [found] = find_skipping([finding], [result], TRANSCRIPTS, deletions)
    return found


def test_a_broken_splice_site_is_skipping() -> None:
    found = skipping(EXON.end, "G", "A")
    assert (found.biomarker_ids, found.calls[0].state) == (("MET_EX14",), CallState.DETECTED)


@pytest.mark.parametrize(
    "found",
    [
        skipping(EXON.start - 5, "T", "C"),
        skipping(EXON.end, "G", "A", Origin.GERMLINE),
        skipping(EXON.end, "G", "A", Origin.CLONAL_HAEMATOPOIESIS),
    ],
    ids=["no signal", "inherited", "blood"],
)
def test_what_breaks_no_signal_or_is_not_of_the_tumour_leaves_skipping_open(found: ExonSkipping) -> None:
    assert (found.causes, found.biomarker_ids, found.calls[0].state) == ((), (), CallState.INDETERMINATE)


def test_a_deletion_beside_a_harmless_change_is_skipping() -> None:
    deletion = Allele("chr7", EXON.start - 5, "G" * (len(EXON) + 10), "G")
    shown = SkippingCause(deletion, "c.2888-5_3028+4del", (WHOLE,))
    harmless = (EXON.start - 6, "A", "G")
    assert skipping(*harmless).calls[0].state is CallState.INDETERMINATE
    for specimen, state, alt in (
        (SpecimenKind.CSF, CallState.DETECTED, 9),
        (SpecimenKind.PLASMA, CallState.INDETERMINATE, 50),
    ):
        found = skipping(*harmless, deletions={shown: {specimen: 9}})
        assert (found.calls[0].state, found.calls[0].alt, found.causes) == (state, alt, (shown,))
