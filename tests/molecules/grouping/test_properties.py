"""What must hold for any set of reads: order is nothing, copies are one molecule, misread UMIs make none."""

import random
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from csfgeno.evidence.specimen import SpecimenEvidence
from csfgeno.io.batch import ReadBatch
from csfgeno.io.scan import AlignmentScanner
from csfgeno.molecules.grouping.families import group_reads
from csfgeno.records import Interval
from csfgeno.vocab import EvidenceMode

from ..planted import BASES, CONTIG, READ_BP, Planter, read_evidence
from .test_umis import naive_groups

UMI_BP = 6


def draw_umi(rng: random.Random) -> str:
    return "-".join("".join(rng.choices("ACGT", k=UMI_BP)) for _ in range(2))


def misread(umi: str, rate: float, rng: random.Random) -> str:
    return "".join(rng.choice("ACGT".replace(b, "")) if b != "-" and rng.random() < rate else b for b in umi)


def plant_reads(seed: int, molecules: int, *, umi_error: float = 0.0, starts: int = 40) -> Planter:
    """Plant molecules of 1 to 8 pairs on one or both strands; read names say whose they are: `molecule:copy`."""
    rng = random.Random(seed)
    planter = Planter()
    for number in range(molecules):
        left, length, umi = rng.randrange(2_000, 2_000 + starts), rng.randrange(120, 123), draw_umi(rng)
        left_read, right_read = BASES[left : left + READ_BP], BASES[left + length - READ_BP : left + length]
        for copy in range(rng.randrange(1, 9)):
            is_b = rng.random() < 0.4
            seen = misread(umi if not is_b else "-".join(reversed(umi.split("-"))), umi_error, rng)
            planter.builder.add_pair(
                f"{number}:{copy}", CONTIG, left, f"{READ_BP}M", left_read, left + length - READ_BP, f"{READ_BP}M",
                right_read, strand="B" if is_b else "A", tags={"RX": seen},
            )  # fmt: skip
    return planter


def scan(folder: Path, planter: Planter) -> ReadBatch:
    bam = planter.builder.write(folder / "reads.bam")
    with AlignmentScanner(str(bam), reference=None) as scanner:
        return scanner.scan(
            CONTIG, 0, 5_000, reference_bases=b"", reference_start=0, min_mapq=20, min_baseq=20, want_names=True
        )


def owners(batch: ReadBatch, max_mismatches: int) -> list[set[str]]:
    """Return the planted molecules whose reads each found molecule has."""
    families = group_reads(batch.reads, EvidenceMode.UMI_FAMILIES, max_mismatches)
    names = batch.names.decode().splitlines()
    found: dict[int, set[str]] = defaultdict(set)
    for row, molecule in zip(families.order.tolist(), families.molecule.tolist(), strict=True):
        found[molecule].add(names[row].partition(":")[0])
    return list(found.values())


def everything(evidence: SpecimenEvidence) -> list[np.ndarray[tuple[int, ...], np.dtype[np.generic]]]:
    tiles = evidence.tiles
    names = ("forward_start", "forward_end", "reverse_start", "reverse_end", "left", "right", "size_a", "size_b")
    described = [getattr(tile.molecules, name) for tile in tiles for name in (*names, "stratum", "mapq")]
    return described + [array for tile in tiles for array in (tile.calls.ref_depth, tile.calls.discordant)]


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_reads_at_one_place_changes_nothing(tmp_path: Path, seed: int) -> None:
    planter = plant_reads(seed, 120, umi_error=0.02, starts=3)
    straight = everything(read_evidence(tmp_path, planter))
    random.Random(seed).shuffle(planter.builder.reads)
    shuffled = everything(read_evidence(tmp_path, planter))
    assert len(straight) == len(shuffled) > 0
    assert all(np.array_equal(one, other) for one, other in zip(straight, shuffled, strict=True))


def test_split_by_read_group_and_merged_is_the_same(tmp_path: Path) -> None:
    """Two lanes, each molecule wholly in one of them."""
    whole = plant_reads(7, 150)
    depth = read_evidence(tmp_path, whole).depth_along(Interval(CONTIG, 2_000, 2_200))
    merged = np.zeros_like(depth)
    for lane in (0, 1):
        part = Planter()
        part.builder.reads = [r for r in whole.builder.reads if lane_of(str(r.query_name)) == lane]
        assert 100 < len(part.builder.reads) < len(whole.builder.reads)
        merged += read_evidence(tmp_path, part).depth_along(Interval(CONTIG, 2_000, 2_200))
    assert depth.max() > 100
    assert np.array_equal(depth, merged)


def lane_of(name: str) -> int:
    return int(name.partition(":")[0]) % 2


def test_every_planted_molecule_is_found_once(tmp_path: Path) -> None:
    found = owners(scan(tmp_path, plant_reads(11, 600)), 1)
    assert sorted(map(len, found)) == [1] * 600
    assert len(set.union(*found)) == 600


def expected_molecules(planter: Planter) -> int:
    """Return the molecules that directed adjacency leaves if no two planted ones could meet."""
    counts: dict[str, Counter[tuple[int, str]]] = defaultdict(Counter)
    for read in planter.builder.reads:
        if read.is_read1:
            halves = str(read.get_tag("RX")).split("-")
            umi = "-".join(reversed(halves) if read.is_reverse else halves)
            counts[str(read.query_name).partition(":")[0]][0, umi] += 1
    return sum(len(naive_groups(dict(of_one), 1)) for of_one in counts.values())


@pytest.mark.parametrize("seed", range(3))
def test_misread_umis_make_no_molecules(tmp_path: Path, seed: int) -> None:
    """1% of UMI bases are wrong, so one pair in nine; a pair in 160 has two wrong bases and cannot be told."""
    planter = plant_reads(seed, 600, umi_error=0.01)
    batch = scan(tmp_path, planter)
    as_read, joined = owners(batch, 0), owners(batch, 1)
    assert all(len(group) == 1 for group in joined), "no two molecules are taken for one"
    assert len(as_read) > 1.4 * 600
    assert len(joined) == expected_molecules(planter) < 1.06 * 600


def test_true_umis_one_mismatch_apart_stay_two(tmp_path: Path) -> None:
    planter = Planter()
    planter.plant(2_080, 160, "AAAAAA-CCCCCC", copies_a=4, copies_b=3)
    planter.plant(2_080, 160, "AAAAAT-CCCCCC", copies_a=3, copies_b=4)
    planter.plant(2_080, 160, "AAAAAT-CCCCCG", copies_a=4, copies_b=4)
    sizes = [
        (m.size_a.tolist(), m.size_b.tolist()) for m in (t.molecules for t in read_evidence(tmp_path, planter).tiles)
    ]
    assert sorted(zip(*sizes[0], strict=True)) == [(3, 4), (4, 3), (4, 4)]


@pytest.mark.parametrize("write", [lambda n: f"{n}/A", lambda n: f"m{n}"])
def test_mi_of_another_tool_gives_the_same_molecules(tmp_path: Path, write: Callable[[str], str]) -> None:
    planter = plant_reads(5, 80)
    by_umi = owners(scan(tmp_path, planter), 1)
    for read in planter.builder.reads:
        read.set_tag("MI", write(str(read.query_name).partition(":")[0]))
    assert sorted(map(sorted, owners(scan(tmp_path, planter), 1))) == sorted(map(sorted, by_umi))
