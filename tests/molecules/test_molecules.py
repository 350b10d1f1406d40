"""Planted molecules come back as what they were, whatever the reads look like."""

import random
from pathlib import Path

import numpy as np
import pytest

from csfgeno.errors import InputError
from csfgeno.evidence.specimen import SpecimenEvidence
from csfgeno.molecules.strata import STRATA
from csfgeno.records import Allele, Interval
from csfgeno.vocab import EvidenceMode

from .planted import BASES, COMPLEMENT, CONTIG, READ_BP, Planter, read_evidence

POS = 2_150
REF = BASES[POS]
ALT = REF.translate(COMPLEMENT)
SNV = Allele(CONTIG, POS, REF, ALT)


def by_kind(evidence: SpecimenEvidence, allele: Allele) -> dict[str, tuple[int, int]]:
    """Return {kind+strand: (alt, depth)} of strata with molecules."""
    tally = evidence.tally(allele)
    counts: dict[str, tuple[int, int]] = {}
    for stratum, alt, depth in zip(STRATA, tally.alt.tolist(), tally.depth.tolist(), strict=True):
        name = f"{stratum.kind}.{stratum.strand}"
        if depth:
            counts[name] = (counts.get(name, (0, 0))[0] + alt, counts.get(name, (0, 0))[1] + depth)
    return counts


def test_a_molecule_counts_once_however_often_it_is_read(tmp_path: Path) -> None:
    planter = Planter()
    planter.plant(2_080, 160, "AAAA-CCCC", snvs={POS: ALT}, copies_a=17)
    planter.plant(2_080, 160, "GGGG-CCCC", copies_a=1)
    planter.plant(2_081, 160, "AAAA-CCCC", copies_a=2)
    assert by_kind(read_evidence(tmp_path, planter), SNV) == {"simplex.A": (1, 2), "singleton.A": (0, 1)}


def test_dual_umi_pairs_the_strands(tmp_path: Path) -> None:
    planter = Planter()
    planter.plant(2_080, 160, "AAAA-CCCC", snvs={POS: ALT}, copies_a=2, copies_b=3)
    planter.plant(2_080, 160, "CCCC-AAAA", copies_a=1, copies_b=0)
    assert by_kind(read_evidence(tmp_path, planter), SNV) == {"duplex.both": (1, 1), "singleton.A": (0, 1)}


def test_single_umi_keeps_the_strands_apart(tmp_path: Path) -> None:
    planter = Planter()
    planter.plant(2_080, 160, "AAAACCCC", snvs={POS: ALT}, copies_a=2, copies_b=2)
    assert by_kind(read_evidence(tmp_path, planter), SNV) == {"simplex.A": (1, 1), "simplex.B": (1, 1)}


def test_an_error_in_one_copy_does_not_make_a_variant(tmp_path: Path) -> None:
    planter = Planter()
    planter.plant(2_080, 160, "AAAA-CCCC", copies_a=5, errors={(2, POS): ALT})
    planter.plant(2_080, 160, "AAAA-GGGG", copies_a=2, errors={(1, POS): ALT})
    evidence = read_evidence(tmp_path, planter)
    assert by_kind(evidence, SNV) == {"simplex.A": (0, 1)}
    assert evidence.tally(SNV).discordant == 1


def test_a_strand_that_disagrees_leaves_the_duplex_undecided(tmp_path: Path) -> None:
    planter = Planter()
    planter.plant(2_080, 160, "AAAA-CCCC", copies_a=2, copies_b=1, errors={(2, POS): ALT})
    evidence = read_evidence(tmp_path, planter)
    assert evidence.tally(SNV).depth.sum() == 0
    assert evidence.tally(SNV).discordant == 1


def test_without_umi_fragments_collapse_by_their_ends(tmp_path: Path) -> None:
    planter = Planter()
    planter.plant(2_080, 160, None, snvs={POS: ALT}, copies_a=2, copies_b=2)
    planter.plant(2_080, 161, None)
    planter.plant(2_079, 160, None)
    evidence = read_evidence(tmp_path, planter)
    assert by_kind(evidence, SNV) == {"raw.A": (1, 3)}


def test_consensus_reads_are_one_molecule_each_with_the_kind_of_their_tags(tmp_path: Path) -> None:
    planter = Planter()
    planter.plant(2_080, 160, "AAAA-CCCC", snvs={POS: ALT}, tags={"cD": 6, "aD": 4, "bD": 2})
    planter.plant(2_080, 160, "AAAA-CCCC", tags={"cD": 3, "aD": 3, "bD": 0})
    planter.plant(2_080, 160, "AAAA-CCCC", tags={"cD": 3, "aD": 0, "bD": 3})
    planter.plant(2_080, 160, "AAAA-CCCC", tags={"cD": 1, "aD": 1, "bD": 0})
    expected = {"duplex.both": (1, 1), "simplex.A": (0, 1), "simplex.B": (0, 1), "singleton.A": (0, 1)}
    assert by_kind(read_evidence(tmp_path, planter), SNV) == expected


def test_consensus_reads_of_gencore_lie_on_the_strand_of_their_pair(tmp_path: Path) -> None:
    planter = Planter()
    planter.plant(2_080, 160, None, snvs={POS: ALT}, tags={"FR": 4, "RR": 2})
    planter.plant(2_081, 160, None, tags={"FR": 3})
    planter.plant(2_082, 160, None, copies_a=0, copies_b=1, tags={"FR": 3})
    planter.plant(2_083, 160, None, tags={"FR": 1})
    planter.plant(2_084, 160, None, tags={"FR": 0})
    expected = {"duplex.both": (1, 1), "simplex.A": (0, 2), "simplex.B": (0, 1), "singleton.A": (0, 1)}
    assert by_kind(read_evidence(tmp_path, planter), SNV) == expected


def test_evidence_mode_can_be_forced(tmp_path: Path) -> None:
    planter = Planter()
    planter.plant(2_080, 160, "AAAA-CCCC")
    planter.plant(2_080, 160, "GGGG-CCCC")
    evidence = read_evidence(tmp_path, planter, mode=EvidenceMode.FRAGMENTS)
    assert by_kind(evidence, SNV) == {"raw.A": (0, 1)}


def test_reads_that_lack_a_umi_are_refused_with_their_share(tmp_path: Path) -> None:
    planter = Planter()
    planter.plant(2_080, 160, "AAAA-CCCC")
    planter.plant(2_080, 160, None)
    with pytest.raises(InputError, match=r"reads\.bam: 2 of 4 reads \(50\.0%\) carry no UMI"):
        read_evidence(tmp_path, planter)


def test_a_panel_without_reads_is_refused(tmp_path: Path) -> None:
    planter = Planter()
    planter.plant(4_000, 160, "AAAA-CCCC")
    with pytest.raises(InputError, match="no usable read in any target"):
        read_evidence(tmp_path, planter)


def random_planter(seed: int) -> tuple[Planter, dict[int, tuple[int, int]]]:
    """Plant 120 random molecules; return them and {position: (alt, depth)} at three places."""
    rng = random.Random(seed)
    planter, places = Planter(), [2_100, 2_150, 2_205]
    truth = {pos: [0, 0] for pos in places}
    for number in range(120):
        left, length = rng.randrange(1_990, 2_240), rng.randrange(60, 230)
        snvs = {
            pos: BASES[pos].translate(COMPLEMENT)
            for pos in places
            if left <= pos < left + length and rng.random() < 0.3
        }
        umi = "-".join("".join("ACGT"[number >> shift & 3] for shift in (0, 2, 4, 6)) for _ in range(2))
        planter.plant(left, length, umi, snvs=snvs, copies_a=rng.randrange(1, 4), copies_b=rng.randrange(3))
        for pos in places:
            if left <= pos < left + min(READ_BP, length) or left + length - min(READ_BP, length) <= pos < left + length:
                truth[pos][1] += 1
                truth[pos][0] += pos in snvs
    return planter, {pos: (alt, depth) for pos, (alt, depth) in truth.items()}


@pytest.mark.parametrize("seed", range(3))
def test_random_molecules_are_counted_exactly(tmp_path: Path, seed: int) -> None:
    planter, truth = random_planter(seed)
    evidence = read_evidence(tmp_path, planter)
    for pos, (alt, depth) in truth.items():
        tally = evidence.tally(Allele(CONTIG, pos, BASES[pos], BASES[pos].translate(COMPLEMENT)))
        assert (int(tally.alt.sum()), int(tally.depth.sum())) == (alt, depth)


def test_shuffling_reads_of_a_place_changes_nothing(tmp_path: Path) -> None:
    planter, truth = random_planter(5)
    straight = read_evidence(tmp_path, planter)
    random.Random(1).shuffle(planter.builder.reads)
    (tmp_path / "shuffled").mkdir()
    shuffled = read_evidence(tmp_path / "shuffled", planter, threads=2)
    for one, other in zip(straight.tiles, shuffled.tiles, strict=True):
        assert (one.calls.ref_depth == other.calls.ref_depth).all()
        assert np.array_equal(np.sort(one.calls.pos), np.sort(other.calls.pos))
    assert truth


def test_tiles_share_molecules_but_no_position(tmp_path: Path) -> None:
    planter, _ = random_planter(6)
    whole = read_evidence(tmp_path, planter, region=Interval(CONTIG, 2_000, 2_400))
    halves = [
        read_evidence(tmp_path, planter, region=region)
        for region in (Interval(CONTIG, 2_000, 2_150), Interval(CONTIG, 2_150, 2_400))
    ]
    depth = np.concatenate([e.depth_along(e.tiles[0].interval) for e in halves])
    assert (depth == whole.depth_along(whole.tiles[0].interval)).all()


def test_a_pile_of_100_000_reads_at_one_start_is_counted_exactly(tmp_path: Path) -> None:
    """10,000 UMIs, many one mismatch apart, each read five times; one in twenty molecules bears the allele."""
    planter = Planter()
    for number, code in enumerate(random.Random(4).sample(range(4**8), 10_000)):
        umi = "".join("ACGT"[code >> 2 * base & 3] for base in range(8))
        planter.plant(2_080, 160, umi, snvs={POS: ALT} if number % 20 == 0 else None, copies_a=5)
    assert len(planter.builder.reads) == 100_000
    assert by_kind(read_evidence(tmp_path, planter), SNV) == {"simplex.A": (500, 10_000)}


class TestIndels:
    """A 5-base deletion at 2150 (0-based), in spellings an aligner may choose."""

    LEFT, LENGTH, AT, SIZE = 2_080, 160, 2_150, 5

    def plant_deletion(self, planter: Planter, umi: str, copies: int, without: int = 0) -> None:
        sequence = BASES[self.LEFT : self.AT] + BASES[self.AT + self.SIZE : self.LEFT + self.LENGTH + self.SIZE]
        tail = len(sequence) - READ_BP
        for copy in range(copies + without):
            mutated = copy < copies
            left = sequence if mutated else BASES[self.LEFT : self.LEFT + self.LENGTH + self.SIZE]
            before = self.AT - self.LEFT
            cigar = f"{before}M{self.SIZE}D{READ_BP - before}M" if mutated else f"{READ_BP}M"
            after = self.LEFT + self.LENGTH + self.SIZE - READ_BP
            start2 = self.LEFT + tail
            cigar2 = f"{self.AT - start2}M{self.SIZE}D{READ_BP - (self.AT - start2)}M" if mutated else f"{READ_BP}M"
            planter.names += 1
            planter.builder.add_pair(
                f"d{planter.names}", CONTIG, self.LEFT, cigar, left[:READ_BP],
                start2 if mutated else after, cigar2, left[-READ_BP:], tags={"RX": umi},
            )  # fmt: skip

    def allele(self) -> Allele:
        ref = BASES[self.AT - 1 : self.AT + self.SIZE]
        return Allele(CONTIG, self.AT - 1, ref, ref[0])

    def test_a_deletion_is_counted_in_molecules(self, tmp_path: Path) -> None:
        planter = Planter()
        self.plant_deletion(planter, "AAAA-CCCC", 3)
        planter.plant(2_080, 160, "GGGG-CCCC", copies_a=2)
        evidence = read_evidence(tmp_path, planter)
        assert list(evidence.alleles()) == [self.allele()]
        assert by_kind(evidence, self.allele()) == {"simplex.A": (1, 2)}

    def test_a_family_votes_on_the_event(self, tmp_path: Path) -> None:
        planter = Planter()
        self.plant_deletion(planter, "AAAA-CCCC", copies=1, without=1)
        evidence = read_evidence(tmp_path, planter)
        tally = evidence.tally(self.allele())
        assert int(tally.alt.sum()) == 0
        assert tally.discordant == 1
