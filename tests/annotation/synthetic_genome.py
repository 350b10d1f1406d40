"""A genome made up around the exons of one panel transcript, so that genes without stored sequence can be named too.

Exons lie where they lie and hold an open reading frame, introns begin with GT and end with AG; everything else is
random, with short repeats, so that insertions and deletions have several places.
"""

import random
from dataclasses import replace

from csfgeno.annotation.protein import GENETIC_CODE, STOP
from csfgeno.annotation.transcripts import CodingExon, Transcript
from csfgeno.genome.sequence import Strand, orient, reverse_complement

from .genome_slices import SliceGenome

FLANK_BP = 150
UTR_BP = 120
CODONS = sorted(codon for codon, residue in GENETIC_CODE.items() if residue != STOP)
STOPS = sorted(codon for codon, residue in GENETIC_CODE.items() if residue == STOP)


def with_utrs(transcript: Transcript) -> Transcript:
    """Return the transcript with untranslated bases beside its start and stop codon."""
    return replace(transcript, utr5_bp=UTR_BP, utr3_bp=UTR_BP)


def synthetic_genome(transcript: Transcript, rng: random.Random) -> SliceGenome:
    """Return bases for a transcript and `FLANK_BP` beside each of its exons."""
    coding = _open_frame(transcript.cds_length, rng)
    bases: dict[tuple[str, int], str] = {}
    outer = len(transcript.oriented) - 1
    for i, (start, end) in enumerate(transcript.oriented):
        begin = transcript.coding_starts[i]
        before, after = _repetitive(FLANK_BP, rng), _repetitive(FLANK_BP, rng)
        before = before if i == 0 else before[:-2] + "AG"
        after = after if i == outer else "GT" + after[2:]
        text = before + coding[begin : begin + end - start] + after
        low, _ = orient(start - FLANK_BP, end + FLANK_BP, transcript.strand)
        forward = text if transcript.strand is Strand.FORWARD else reverse_complement(text)
        # Where two exons lie close the first one's flank ends in the second; what is there first stays.
        for pos, base in enumerate(forward, low):
            is_exon = exon_at(transcript, pos) is transcript.exons[i]
            if is_exon or ((transcript.contig, pos) not in bases and exon_at(transcript, pos) is None):
                bases[transcript.contig, pos] = base
    return SliceGenome(bases)


def exon_at(transcript: Transcript, pos: int) -> CodingExon | None:
    """Return the coding exon that holds genomic base `pos`, or `None`."""
    return next((e for e in transcript.exons if e.interval.start <= pos < e.interval.end), None)


def _open_frame(length: int, rng: random.Random) -> str:
    codons = ["ATG"]
    while len(codons) < length // 3 - 1:
        codons += [rng.choice(codons[-3:]) if rng.random() < 0.35 else rng.choice(CODONS)]
    return "".join(codons) + rng.choice(STOPS)


def _repetitive(length: int, rng: random.Random) -> str:
    text = ""
    while len(text) < length:
        text += "".join(rng.choices("ACGT", k=rng.randint(1, 6))) * rng.choice([1, 1, 2, 3])
    return text[:length]
