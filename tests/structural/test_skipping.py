"""Which splice signals of MET exon 14 an allele disrupts."""

import pytest

from csfgeno.annotation.transcripts import load_transcripts
from csfgeno.records import Allele
from csfgeno.structural.skipping import splice_signals
from csfgeno.vocab import Build, ContigStyle, SkippingMechanism

MET = load_transcripts(Build.GRCH38, ContigStyle.CHR).by_gene("MET")
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
