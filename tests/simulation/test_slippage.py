"""Insertion and deletion errors in the reads against the recipe, counted with pysam and a plain search for repeats."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pysam
import pytest

from csfgeno.simulation.haplotypes import encode
from csfgeno.simulation.slippage import find_repeats

from .planting import FASTA, QUIET

MakeSpecimen = Callable[..., Path]
LOW, HIGH = 55173000, 55193000
MARGIN_BP = 25
"""Nearer to an end of a read a gap costs more than a clip."""


def genome() -> str:
    with pysam.FastaFile(str(FASTA)) as fasta:
        return fasta.fetch("chr7", LOW, HIGH).upper()


def naive_copies(bases: str, place: int) -> int:
    """Return the copies of the repeat that begins at `place`, 0 where one base runs on from the left."""
    best = 0 if place and bases[place - 1] == bases[place] else 1
    for unit in (1, 2, 3):
        if place and bases[place - 1 : place] == bases[place - 1 + unit : place + unit]:
            continue
        motif, copies = bases[place : place + unit], 0
        while bases[place + copies * unit : place + (copies + 1) * unit] == motif:
            copies += 1
        best = max(best, copies if copies > 1 else best)
    return best


def gaps(read: pysam.AlignedSegment) -> Iterator[tuple[int, int]]:
    """Yield (place in the genome, inserted bases or minus the deleted ones)."""
    place = read.reference_start
    for operation, length in read.cigartuples or ():
        if operation in (1, 2):
            yield place, length if operation == 1 else -length
        place += length if operation in (0, 2) else 0


def inside(read: pysam.AlignedSegment) -> range:
    return range(read.reference_start + MARGIN_BP, (read.reference_end or 0) - MARGIN_BP)


def test_repeats_equal_the_plain_search() -> None:
    rng = np.random.default_rng(3)
    for _ in range(50):
        bases = "".join(rng.choice(list("AC"), 60))
        found = find_repeats(encode(bases)).copies.tolist()
        assert found == [naive_copies(bases, place) for place in range(60)]


def test_masked_sequence_slips_nowhere() -> None:
    assert find_repeats(encode("ACNNNNNNNGT")).copies[2:9].tolist() == [0] * 7


def test_read_pairs_slip_at_the_rate_of_their_repeats(make_specimen: MakeSpecimen) -> None:
    rate, growth, losses, single = 1e-4, 2.0, 0.7, 0.8
    own = {"slip_read": str(rate), "slip_growth": str(growth), "slip_highest": "0.5"}
    shares = {"slip_deletion_share": str(losses), "slip_single_share": str(single)}
    bam = make_specimen("", "--input-ng", 20, **{**QUIET, **own, **shares})
    bases = genome()
    copies = [
        naive_copies(bases, place) if set(bases[place : place + 4]) <= set("ACGT") else 0 for place in range(len(bases))
    ]
    seen: Counter[int] = Counter()
    depth = np.zeros(len(bases) + 1, np.int64)
    sizes: Counter[tuple[bool, int]] = Counter()
    with pysam.AlignmentFile(str(bam)) as alignments:
        for read in alignments:
            if read.is_reverse:
                continue
            covered = inside(read)
            depth[covered.start - LOW] += 1
            depth[covered.stop - LOW] -= 1
            for place, change in gaps(read):
                if place in covered:
                    seen[copies[place - LOW]] += 1
                    sizes[change < 0, abs(change)] += copies[place - LOW] == 1
    chances: Counter[int] = Counter()
    for number, reads in zip(copies, np.cumsum(depth).tolist(), strict=False):
        chances[number] += reads
    assert seen[0] == 0
    for number in (1, 2, 3, 4):
        expected = chances[number] * rate * growth ** (number - 1)
        assert expected > 25
        # Two slips of one pair and losses that reach into the margin are not seen: some percent.
        assert abs(seen[number] - expected) < 4.5 * np.sqrt(expected) + 0.04 * expected, number
    total = sum(sizes.values())
    lost = sum(count for (is_loss, _), count in sizes.items() if is_loss)
    alone = sum(count for (_, size), count in sizes.items() if size == 1)
    assert lost / total == pytest.approx(losses, abs=4.5 * np.sqrt(losses * (1 - losses) / total))
    assert alone / total == pytest.approx(single, abs=4.5 * np.sqrt(single * (1 - single) / total))


def test_a_strand_hands_its_slip_to_its_whole_family(make_specimen: MakeSpecimen) -> None:
    own = {"slip_strand": "0.0003", "slip_growth": "1", "duplex_yield": "1", "singleton_share": "0"}
    bam = make_specimen("", "--input-ng", 3, **{**QUIET, **own})
    slipped: dict[tuple[str, int, int], Counter[str]] = defaultdict(Counter)
    reads: Counter[str] = Counter()
    with pysam.AlignmentFile(str(bam)) as alignments:
        for read in alignments:
            if read.is_reverse:
                continue
            molecule, strand, _ = (read.query_name or "").split(":")
            reads[f"{molecule}:{strand}"] += 1
            for place, change in gaps(read):
                slipped[molecule, place, change][strand] += 1
    assert len(slipped) > 50
    for (molecule, _, _), strands in slipped.items():
        assert len(strands) == 1, "the other strand is another template"
        strand, shown = next(iter(strands.items()))
        assert shown == reads[f"{molecule}:{strand}"]
    assert len(slipped) == pytest.approx(0.0003 * 100 * len(reads), rel=0.35)


def test_mates_hold_the_bases_that_their_cigars_say(make_specimen: MakeSpecimen) -> None:
    own = {"slip_read": "0.001", "fragment_bp": "90", "fragment_sd_bp": "5", "short_share": "0"}
    bam = make_specimen("", "--input-ng", 2, **{**QUIET, **own})
    bases, lengths = genome(), Counter[int]()
    with pysam.AlignmentFile(str(bam)) as alignments:
        for read in alignments:
            assert read.infer_query_length() == read.query_length == len(read.query_qualities or ())
            shown = read.query_sequence or ""
            if set(read.cigarstring or "") & set("ID"):  # else the slip is near an end and shows as mismatches
                lengths[read.query_length] += 1
                assert all(shown[i] == bases[place - LOW] for i, place in read.get_aligned_pairs(matches_only=True))
    assert len(lengths) > 1
