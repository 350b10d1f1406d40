"""Copies of the sequencer against copies of PCR, by where read names say that they lay."""

import random
from pathlib import Path

import pytest

from csfgeno.genome.normalise import normalise
from csfgeno.molecules.optical import count_clusters, read_spot, sample_duplicates
from csfgeno.molecules.reader import Source, probe
from csfgeno.records import DuplicateSample
from csfgeno.thresholds import Thresholds

from .planted import REGION, Planter, write_reference


@pytest.mark.parametrize(
    ("name", "spot"),
    [
        ("A00:7:HXX:3:1101:1234:5678", ("A00:7:HXX:3:1101", 1234, 5678)),
        ("A00:7:HXX:3:1101:1234:5678:ACGT+TTT", ("A00:7:HXX:3:1101", 1234, 5678)),
        ("A00:7:HXX:3:1101:1234:5678_ACGT", ("A00:7:HXX:3:1101", 1234, 5678)),
        ("HWI:3:1101:1234:5678#0/1", ("HWI:3:1101", 1234, 5678)),
        ("r17", None),
        ("a:b:c:d:e:f:g", None),
    ],
)
def test_read_names(name: str, spot: tuple[str, int, int] | None) -> None:
    assert read_spot(name) == spot


def test_chains_of_near_spots_are_one_cluster() -> None:
    assert count_clusters([("t", 0, 0), ("t", 90, 0), ("t", 180, 0)], 100) == 1
    assert count_clusters([("t", 0, 0), ("t", 101, 0)], 100) == 2
    assert count_clusters([("t", 0, 0), ("t", 50, 101)], 100) == 2
    assert count_clusters([("t", 0, 0), ("u", 0, 0)], 100) == 2


def test_clusters_agree_with_joining_pair_by_pair() -> None:
    rng = random.Random(4)
    for _ in range(60):
        spots = [(rng.choice("tu"), rng.randrange(400), rng.randrange(400)) for _ in range(rng.randrange(1, 14))]
        groups = [{spot} for spot in dict.fromkeys(spots)]
        joined = True
        while joined:
            joined = False
            for one in groups:
                for other in groups:
                    if one is not other and any(
                        a[0] == b[0] and abs(a[1] - b[1]) <= 60 and abs(a[2] - b[2]) <= 60 for a in one for b in other
                    ):
                        one |= other
                        groups.remove(other)
                        joined = True
                        break
                if joined:
                    break
        assert count_clusters(spots, 60) == len(groups)


def sample(folder: Path, planter: Planter) -> DuplicateSample | None:
    bam = planter.builder.write(folder / "reads.bam")
    source = Source(bam, write_reference(folder), Thresholds(), normalise)
    return sample_duplicates(source, [REGION], probe(source, [REGION], None))


def named(planter: Planter, spots: list[tuple[int, int, int]]) -> None:
    """Give the read pairs planted last the places of some clusters."""
    for i, (tile, x, y) in enumerate(spots):
        for read in planter.builder.reads[2 * i - 2 * len(spots) :][:2]:
            read.query_name = f"A00:7:HXX:3:{tile}:{x}:{y}"


def test_optical_copies_are_told_from_pcr_on_each_strand(tmp_path: Path) -> None:
    """Of four copies of strand A two are one cluster; strand B has one copy more, on another tile; a lone molecule."""
    planter = Planter()
    planter.plant(2_080, 160, "AAAA-CCCC", copies_a=4, copies_b=2)
    named(planter, [(1101, 500, 500), (1101, 540, 520), (1101, 9000, 500), (1102, 505, 505), (7, 5, 5), (8, 5, 5)])
    planter.plant(2_090, 160, "GGGG-CCCC")
    named(planter, [(1101, 501, 501)])
    found = sample(tmp_path, planter)
    assert found == DuplicateSample(pairs=7, duplicates=4, optical=1)
    assert found.optical_share == 0.25


def test_names_without_a_place_and_consensus_reads_tell_nothing(tmp_path: Path) -> None:
    planter = Planter()
    planter.plant(2_080, 160, "AAAA-CCCC", copies_a=3)
    assert sample(tmp_path, planter) is None
    consensus = Planter()
    consensus.plant(2_080, 160, "AAAA-CCCC", tags={"cD": 6, "aD": 4, "bD": 2})
    named(consensus, [(1101, 1, 1)])
    assert sample(tmp_path, consensus) is None
