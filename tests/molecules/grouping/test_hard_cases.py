"""Reads that are easily grouped wrongly, each written to a file and read back."""

import random
import time
from pathlib import Path

import pytest

from csfgeno.evidence.specimen import SpecimenEvidence
from csfgeno.io.scan import AlignmentScanner
from csfgeno.molecules.grouping.families import Families, group_reads
from csfgeno.testing import BamBuilder
from csfgeno.vocab import EvidenceMode

from ..planted import BASES, CONTIG, Planter, read_evidence

PAIRED, MATE_UNMAPPED, REVERSE, MATE_REVERSE, READ_1, READ_2 = 0x1, 0x8, 0x10, 0x20, 0x40, 0x80
SECONDARY, SUPPLEMENTARY = 0x100, 0x800
LEFT, RIGHT, SPAN = 2_080, 2_180, 60
OTHER = "chr9"


def group(folder: Path, builder: BamBuilder, mode: EvidenceMode = EvidenceMode.UMI_FAMILIES) -> Families:
    """Write the reads, read those of the first contig back, and group them."""
    bam = builder.write(folder / "reads.bam")
    with AlignmentScanner(str(bam), reference=None) as scanner:
        contig, length = next(iter(scanner.contigs.items()))
        batch = scanner.scan(contig, 0, length, reference_bases=b"", reference_start=0, min_mapq=20, min_baseq=20)
    return group_reads(batch.reads, mode, 1)


def sizes(families: Families) -> list[tuple[int, int]]:
    """Return the read pairs on strand A and B of each molecule."""
    return sorted(zip(families.size_a.tolist(), families.size_b.tolist(), strict=True))


@pytest.fixture
def builder() -> BamBuilder:
    return BamBuilder({CONTIG: len(BASES), OTHER: 3_000})


def add_pair(
    builder: BamBuilder,
    name: str,
    umi: str | None = "AAAA-CCCC",
    *,
    left: int = LEFT,
    right: int = RIGHT,
    is_b: bool = False,
    **tags: str,
) -> None:
    own = {"RX": umi} if umi else {}
    builder.add_pair(
        name, CONTIG, left, f"{SPAN}M", BASES[left : left + SPAN], right, f"{SPAN}M", BASES[right : right + SPAN],
        strand="B" if is_b else "A", tags={**own, **tags},
    )  # fmt: skip


def add_one(
    builder: BamBuilder,
    name: str,
    start: int,
    flag: int,
    umi: str = "AAAA-CCCC",
    *,
    mate: tuple[str, int] | None = None,
    length: int = 0,
) -> None:
    """Add one read; one with a mate knows its CIGAR from MC."""
    tags = {"RX": umi} | ({"MC": f"{SPAN}M"} if mate else {})
    bases = BASES[start : start + SPAN]
    builder.add_read(name, CONTIG, start, f"{SPAN}M", bases, flag=flag, mate=mate, template_length=length, tags=tags)


def test_the_mate_on_another_contig_parts_molecules(tmp_path: Path, builder: BamBuilder) -> None:
    for name, place in (("a", 50), ("b", 50), ("c", 51)):
        add_one(builder, name, LEFT, PAIRED | READ_1, mate=(OTHER, place))
    add_one(builder, "d", LEFT, PAIRED | READ_1, mate=(CONTIG, 50), length=SPAN)
    families = group(tmp_path, builder)
    assert sizes(families) == [(1, 0), (1, 0), (2, 0)]
    lone = families.right < 0
    assert lone.tolist().count(True) == 2, "a fragment over two contigs has no length"
    assert set(families.left[lone].tolist()) == {LEFT}


def test_a_read_whose_mate_is_unmapped_is_known_by_its_own_end(tmp_path: Path, builder: BamBuilder) -> None:
    alone = PAIRED | MATE_UNMAPPED
    add_one(builder, "a", LEFT, alone | READ_1)
    add_one(builder, "b", LEFT, alone | READ_1)
    add_one(builder, "c", LEFT, alone | READ_2, "CCCC-AAAA")
    assert sizes(group(tmp_path, builder)) == [(2, 1)], "c is the other strand of the same end"


def test_lone_reads_that_point_apart_are_two_molecules(tmp_path: Path, builder: BamBuilder) -> None:
    """Both 5' ends lie at one coordinate, but the fragments are on either side of it."""
    alone = PAIRED | MATE_UNMAPPED
    add_one(builder, "a", LEFT, alone | READ_1)
    add_one(builder, "b", LEFT - SPAN, alone | READ_1 | REVERSE, "CCCC-AAAA")
    assert sizes(group(tmp_path, builder)) == [(0, 1), (1, 0)]


def test_secondary_and_supplementary_reads_do_not_count(tmp_path: Path, builder: BamBuilder) -> None:
    add_pair(builder, "a")
    for extra in (SECONDARY, SUPPLEMENTARY):
        add_one(builder, "a", LEFT + 5, PAIRED | READ_1 | extra, mate=(CONTIG, RIGHT))
    assert sizes(group(tmp_path, builder)) == [(1, 0)]


@pytest.mark.parametrize("clip", range(6))
def test_clips_reach_over_the_contig_start(tmp_path: Path, builder: BamBuilder, clip: int) -> None:
    """Start 2 less a clip of 3 is -1, which elsewhere stands for unknown."""
    cigar = f"{clip}S{SPAN - clip}M" if clip else f"{SPAN}M"
    for name in ("a", "b"):
        builder.add_pair(name, CONTIG, 2, cigar, "A" * SPAN, 100, f"{SPAN}M", "A" * SPAN, tags={"RX": "AAAA-CCCC"})
    families = group(tmp_path, builder)
    assert sizes(families) == [(2, 0)]
    assert (families.left.tolist(), families.right.tolist()) == ([2 - clip], [100 + SPAN])
    assert len(set(families.fragment.tolist())) == 2


def test_clips_reach_over_the_contig_end(tmp_path: Path, builder: BamBuilder) -> None:
    end = len(BASES)
    for name in ("a", "b"):
        builder.add_pair(
            name, CONTIG, end - 150, f"{SPAN}M", "A" * SPAN, end - SPAN + 4, f"{SPAN - 4}M4S", "A" * SPAN,
            tags={"RX": "AAAA-CCCC"},
        )  # fmt: skip
    families = group(tmp_path, builder)
    assert sizes(families) == [(2, 0)]
    assert families.right.tolist() == [end + 4]


@pytest.mark.parametrize("cigar", [None, f"{SPAN}S", f"{SPAN}I"])
def test_a_read_without_an_aligned_base_is_passed_over(tmp_path: Path, builder: BamBuilder, cigar: str | None) -> None:
    add_pair(builder, "a")
    builder.add_read("b", CONTIG, LEFT, cigar, "A" * SPAN, tags={"RX": "GGGG-GGGG"})
    assert sizes(group(tmp_path, builder)) == [(1, 0)]


def test_soft_clips_do_not_move_the_ends(tmp_path: Path, builder: BamBuilder) -> None:
    add_pair(builder, "a")
    builder.add_pair(
        "b", CONTIG, LEFT + 7, f"7S{SPAN - 7}M", BASES[LEFT : LEFT + SPAN], RIGHT, f"{SPAN - 9}M9S",
        BASES[RIGHT : RIGHT + SPAN], tags={"RX": "AAAA-CCCC"},
    )  # fmt: skip
    assert sizes(group(tmp_path, builder)) == [(2, 0)]


def test_without_mc_mates_are_looked_for_and_then_tlen(tmp_path: Path, builder: BamBuilder) -> None:
    add_pair(builder, "a")
    add_pair(builder, "b")
    add_pair(builder, "c")
    for read in builder.reads:
        read.set_tag("MC", None)
    builder.reads = [read for read in builder.reads if not (read.query_name == "c" and read.is_reverse)]
    families = group(tmp_path, builder)
    assert sizes(families) == [(3, 0)]
    assert (families.left.tolist(), families.right.tolist()) == ([LEFT], [RIGHT + SPAN])


def test_records_that_are_there_twice_are_one_molecule_without_mc_too(tmp_path: Path, builder: BamBuilder) -> None:
    """Windows that overlap, extracted one by one: a read's copy is not its mate."""
    add_pair(builder, "a")
    for read in builder.reads:
        read.set_tag("MC", None)
    builder.reads = [read for read in builder.reads for _ in range(2)]
    families = group(tmp_path, builder)
    assert sizes(families) == [(1, 0)]
    assert (families.left.tolist(), families.right.tolist()) == ([LEFT], [RIGHT + SPAN])


def test_mc_on_one_mate_alone_is_enough(tmp_path: Path, builder: BamBuilder) -> None:
    add_pair(builder, "a")
    add_pair(builder, "b")
    builder.reads[0].set_tag("MC", None)
    builder.reads[3].set_tag("MC", None)
    families = group(tmp_path, builder)
    assert sizes(families) == [(2, 0)]
    assert len(set(families.fragment.tolist())) == 2


def test_both_mates_on_one_strand_are_one_fragment(tmp_path: Path, builder: BamBuilder) -> None:
    flags = PAIRED | READ_1, PAIRED | READ_2
    for flag, start, mate in zip(flags, (LEFT, RIGHT), (RIGHT, LEFT), strict=True):
        length = RIGHT - LEFT + SPAN if start == LEFT else -(RIGHT - LEFT + SPAN)
        add_one(
            builder, "a", start, flag, "ACGTACGT", mate=(CONTIG, mate), length=length
        )  # fmt: skip
    families = group(tmp_path, builder)
    assert sizes(families) == [(1, 0)]
    assert families.fragment.tolist() == [0, 0]


def test_one_name_twice_is_two_fragments(tmp_path: Path, builder: BamBuilder) -> None:
    """Files of two runs merged under the same read names."""
    add_pair(builder, "a")
    add_pair(builder, "a", left=LEFT + 30)
    add_pair(builder, "a", "GGGG-TTTT", left=LEFT + 30, right=RIGHT + 9)
    assert sizes(group(tmp_path, builder)) == [(1, 0), (1, 0), (1, 0)]


# ---------------------------------------------------------------------------------- UMIs and MI


def test_umis_of_unequal_length_never_meet(tmp_path: Path, builder: BamBuilder) -> None:
    for number, umi in enumerate(("AAAA", "AAA", "AAAA-A", "AAA-AA", "AAAAA")):
        add_pair(builder, f"r{number}", umi)
    assert sizes(group(tmp_path, builder)) == [(1, 0)] * 5


def test_halves_of_unequal_length_are_swapped_with_their_lengths(tmp_path: Path, builder: BamBuilder) -> None:
    add_pair(builder, "a", "ACG-TTTTT")
    add_pair(builder, "b", "TTTTT-ACG", is_b=True)
    add_pair(builder, "c", "TTTTT-ACG")
    assert sizes(group(tmp_path, builder)) == [(1, 0), (1, 1)]


@pytest.mark.parametrize("parting", "-_+")
def test_the_halves_may_be_parted_by_any_of_the_usual_signs(tmp_path: Path, builder: BamBuilder, parting: str) -> None:
    add_pair(builder, "a", f"AAAA{parting}CCCC")
    add_pair(builder, "b", "CCCC-AAAA", is_b=True)
    assert sizes(group(tmp_path, builder)) == [(1, 1)]


def test_an_n_joins_across_strands(tmp_path: Path, builder: BamBuilder) -> None:
    add_pair(builder, "a", "GTCA-CCTT")
    add_pair(builder, "b", "CNTT-GTCA", is_b=True)
    add_pair(builder, "c", "CCTT-GTNA", is_b=True)
    add_pair(builder, "d", "NCTT-GTNA", is_b=True)
    assert sizes(group(tmp_path, builder)) == [(0, 1), (1, 2)], "two Ns are one too many"


def test_errors_are_pooled_over_both_strands(tmp_path: Path, builder: BamBuilder) -> None:
    """Three fragments against two, once the strands are taken together; on strand A alone they are two and two."""
    for name, umi, is_b in (("a", "AAAA-CCCC", False), ("b", "AAAA-CCCC", False), ("c", "CCCC-AAAA", True),
                            ("d", "AAAT-CCCC", False), ("e", "AAAT-CCCC", False)):  # fmt: skip
        add_pair(builder, name, umi, is_b=is_b)
    assert sizes(group(tmp_path, builder)) == [(4, 1)]


def test_copies_are_fragments_and_not_reads(tmp_path: Path, builder: BamBuilder) -> None:
    """The mates of one pair are not two copies: two fragments against two stay apart, whoever lost a mate."""
    for name, umi in (("a", "AAAA"), ("b", "AAAA"), ("c", "AAAT"), ("d", "AAAT")):
        add_pair(builder, name, umi)
    builder.reads = [read for read in builder.reads if not (read.query_name in ("c", "d") and read.is_reverse)]
    assert sizes(group(tmp_path, builder)) == [(2, 0), (2, 0)]


def test_mi_decides_alone(tmp_path: Path, builder: BamBuilder) -> None:
    for name, mi in (("a", "7/A"), ("b", "7/A"), ("c", "7/B"), ("d", "8"), ("e", "9")):
        add_pair(builder, name, "AAAA-CCCC", MI=mi)
    add_pair(builder, "f", "AAAA-CCCC", left=LEFT + 3, MI="8")
    assert sizes(group(tmp_path, builder)) == [(1, 0), (2, 0), (2, 1)]


def test_mi_without_rx_is_enough(tmp_path: Path) -> None:
    planter = Planter()
    planter.plant(LEFT, 160, None, tags={"MI": "1/A"}, copies_a=2)
    planter.plant(LEFT, 160, None, tags={"MI": "1/B"})
    planter.plant(LEFT, 160, None, tags={"MI": "2/A"})
    evidence = read_evidence(tmp_path, planter)
    assert molecule_sizes(evidence) == [(1, 0), (2, 1)]


def molecule_sizes(evidence: SpecimenEvidence) -> list[tuple[int, int]]:
    return sorted(
        pair for tile in evidence.tiles for pair in zip(tile.molecules.size_a, tile.molecules.size_b, strict=True)
    )


# ---------------------------------------------------------------------------------------- piles


def test_a_pile_of_100_000_reads_at_one_start(tmp_path: Path, builder: BamBuilder) -> None:
    """10,000 true UMIs, many one mismatch apart, 5 pairs each."""
    codes = random.Random(4).sample(range(4**9), 10_000)
    for umi in ("".join("ACGT"[code >> 2 * base & 3] for base in range(9)) for code in codes):
        for copy in range(5):
            builder.add_pair(f"{umi}{copy}", CONTIG, 100, "9M", umi, 120, "9M", umi, tags={"RX": umi})
    bam = builder.write(tmp_path / "pile.bam")
    with AlignmentScanner(str(bam), reference=None) as scanner:
        batch = scanner.scan(CONTIG, 0, 5_000, reference_bases=b"", reference_start=0, min_mapq=20, min_baseq=20)
    assert len(batch.reads) == 100_000
    started = time.perf_counter()
    families = group_reads(batch.reads, EvidenceMode.UMI_FAMILIES, 1)
    assert time.perf_counter() - started < 3.0
    assert sizes(families) == [(5, 0)] * 10_000
