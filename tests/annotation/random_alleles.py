"""Random alleles on a transcript, most of them where names are hard: exon edges, start and stop, repeats."""

import random
from collections.abc import Callable

from csfgeno.annotation.transcripts import Transcript
from csfgeno.genome.sequence import SequenceSource, Strand, StrandView, orient, reverse_complement
from csfgeno.records import Allele

FLANK_BP = 25
LENGTHS = (1, 1, 2, 3, 3, 4, 5, 6, 9, 12, 15, 18, 30, 57)
INSERTED = (1, 2, 3, 3, 4, 6, 9, 12, 21)

Change = tuple[int, int, str]
"""What is replaced, `[start, end)` on the axis of the transcript's strand, and by which bases."""


def random_allele(rng: random.Random, transcript: Transcript, genome: SequenceSource) -> Allele | None:
    """Return an allele, `None` if the draw is no change or touches what is not known of the genome."""
    view = StrandView(genome, transcript.contig, transcript.strand)
    start, end, alt = rng.choice(KINDS)(rng, transcript, view)
    ref = view.fetch(start, end)
    if ref == alt or not ref or not alt or "N" in ref + alt:
        return None
    low, _ = orient(start, end, transcript.strand)
    if transcript.strand is Strand.REVERSE:
        ref, alt = reverse_complement(ref), reverse_complement(alt)
    return Allele(transcript.contig, low, ref, alt)


def _place(rng: random.Random, transcript: Transcript) -> int:
    start, end = rng.choice(transcript.oriented)
    first, last = transcript.oriented[0][0], transcript.oriented[-1][1]
    return rng.choice(
        [
            *2 * [rng.choice([start, end]) + rng.randint(-8, 8)],
            *3 * [rng.randrange(start - FLANK_BP, end + FLANK_BP)],
            rng.choice([first + rng.randint(-6, 8), last + rng.randint(-12, 6)]),
        ]
    )


def _bases(rng: random.Random, length: int) -> str:
    return "".join(rng.choices("ACGT", k=length))


def _substitution(rng: random.Random, transcript: Transcript, _: StrandView) -> Change:
    start, length = _place(rng, transcript), rng.choice([1, 1, 1, 2, 3])
    return start, start + length, _bases(rng, length)


def _insertion(rng: random.Random, transcript: Transcript, view: StrandView) -> Change:
    start = _place(rng, transcript)
    return start, start + 1, view.fetch(start, start + 1) + _bases(rng, rng.choice(INSERTED))


def _duplication(rng: random.Random, transcript: Transcript, view: StrandView) -> Change:
    start, length = _place(rng, transcript), rng.choice(LENGTHS)
    return start, start + 1 + length, view.fetch(start, start + 1) + 2 * view.fetch(start + 1, start + 1 + length)


def _deletion(rng: random.Random, transcript: Transcript, view: StrandView) -> Change:
    start, length = _place(rng, transcript), rng.choice(LENGTHS)
    return start, start + 1 + length, view.fetch(start, start + 1)


def _replacement(rng: random.Random, transcript: Transcript, _: StrandView) -> Change:
    start = _place(rng, transcript)
    return start, start + rng.choice(LENGTHS), _bases(rng, rng.choice(INSERTED))


def _inversion(rng: random.Random, transcript: Transcript, view: StrandView) -> Change:
    start, length = _place(rng, transcript), rng.choice(LENGTHS)
    return start, start + length, reverse_complement(view.fetch(start, start + length))


def _lost_exon(rng: random.Random, transcript: Transcript, view: StrandView) -> Change:
    start, end = rng.choice(transcript.oriented)
    low = start - rng.randint(2, 40)
    return low, end + rng.randint(1, 40), view.fetch(low, low + 1)


KINDS: tuple[Callable[[random.Random, Transcript, StrandView], Change], ...] = (
    _substitution,
    _substitution,
    _insertion,
    _duplication,
    _deletion,
    _deletion,
    _replacement,
    _inversion,
    _lost_exon,
)
