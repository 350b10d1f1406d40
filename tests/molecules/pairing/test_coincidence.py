"""How many molecules were read on both strands, told from families with equal ends."""

import math
import random
from collections import Counter
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csfgeno.io.scan import AlignmentScanner
from csfgeno.molecules.pairing.coincidence import StrandPairing, tell_strands, weigh_places
from csfgeno.testing import BamBuilder

from ..planted import BASES, CONTIG, READ_BP, Planter

Places = tuple[np.ndarray[tuple[int], np.dtype[np.int64]], np.ndarray[tuple[int], np.dtype[np.int64]]]


def draw_places(seed: int, rates: np.ndarray, share: float) -> tuple[Places, int]:
    """Return families by place of molecules with Poisson numbers of uneven rates, and the molecules of both strands."""
    rng = np.random.default_rng(seed)
    both = rng.poisson(rates * share)
    alone_a, alone_b = (rng.poisson(rates * (1 - share) / 2) for _ in range(2))
    return (both + alone_a, both + alone_b), int(both.sum())


@pytest.mark.parametrize("share", [0.0, 0.05, 0.3, 0.7])
@pytest.mark.parametrize("crowding", [0.02, 0.5, 3.0])
def test_the_share_is_found_however_crowded_places_are(share: float, crowding: float) -> None:
    rates = np.random.default_rng(1).gamma(0.5, crowding / 1.5, 40_000)
    wrong = []
    for seed in range(20):
        places, _ = draw_places(seed, rates, share)
        found = weigh_places(*places)
        assert found.is_told
        wrong.append((found.share - share) / found.error)
    assert abs(np.mean(wrong)) < 1.0 if share else max(wrong) < 4.0
    assert max(map(abs, wrong)) < 4.0


def test_crowding_is_the_number_that_a_molecule_meets() -> None:
    rates = np.random.default_rng(2).gamma(0.3, 1.0, 100_000)
    places, _ = draw_places(3, rates, 0.4)
    assert weigh_places(*places).crowding == pytest.approx((rates**2).sum() / rates.sum(), rel=0.05)


@pytest.mark.parametrize("bias", [0.2, 0.7])
def test_a_lost_strand_is_not_taken_for_a_share(bias: float) -> None:
    rng = np.random.default_rng(4)
    rates = rng.gamma(0.5, 2.0, 40_000)
    found = weigh_places(rng.poisson(rates * bias), rng.poisson(rates * (1 - bias)))
    assert found.share < 4 * found.error < 0.05


@pytest.mark.parametrize(("a", "b"), [(1_000, 1_000), (1_000, 500), (30, 26)])
def test_at_one_place_nothing_can_be_told(a: int, b: int) -> None:
    found = weigh_places(np.array([a]), np.array([b]))
    assert not found.is_told
    assert not found.is_by_ends
    assert found.families_per_molecule == pytest.approx(1 + min(b / a, 0.99))


@pytest.mark.parametrize(("a", "b"), [(1_000, 0), (1_000, 3), (0, 80)])
def test_a_strand_that_is_hardly_there_has_no_partners(a: int, b: int) -> None:
    found = weigh_places(np.array([a]), np.array([b]))
    assert found.is_told
    assert found.families_per_molecule == 1.0
    assert found.share <= 0.003


def test_few_molecules_are_told_only_if_they_are_clear() -> None:
    pairs = np.ones(40, np.int64)
    assert weigh_places(pairs, pairs).is_told
    assert not weigh_places(pairs[:3], pairs[:3]).is_told


# ---------------------------------------------------------------------------------- from reads


def sample(folder: Path, builder: BamBuilder) -> StrandPairing | None:
    bam = builder.write(folder / "reads.bam")
    with AlignmentScanner(str(bam), reference=None) as scanner:
        batch = scanner.scan(CONTIG, 0, 5_000, reference_bases=b"", reference_start=0, min_mapq=20, min_baseq=20)
    return tell_strands([batch.reads], 1)


Family = tuple[int, int, str, str]
UMI = st.sampled_from(["AAAA", "CCCC", "GGTT"])
FAMILY = st.tuples(st.integers(0, 2), st.integers(0, 1), st.sampled_from("AB"), UMI)


@settings(deadline=None, max_examples=25)
@given(st.lists(FAMILY, min_size=1, max_size=14, unique=True))
def test_pairs_are_those_of_a_naive_count(tmp_path_factory: pytest.TempPathFactory, families: list[Family]) -> None:
    planter = Planter()
    for left, longer, strand, umi in families:
        copies_a, copies_b = (2, 0) if strand == "A" else (0, 2)
        planter.plant(2_080 + left, 160 + longer, umi, copies_a=copies_a, copies_b=copies_b)
    found = sample(tmp_path_factory.mktemp("reads"), planter.builder)
    assert found is not None
    meetings = [(one, other) for one, other in combinations(families, 2) if one[:2] == other[:2]]
    strands = Counter(family[2] for family in families)
    assert found.families == (strands["A"], strands["B"])
    assert found.same == sum(one[2] == other[2] for one, other in meetings)
    alike = {one if one[2] == "A" else other for one, other in meetings if one[2] != other[2] and one[3] == other[3]}
    assert found.alike == len(alike)
    if min(found.families):
        ratio = strands["B"] / strands["A"]
        weight = {("A", "A"): -ratio, ("B", "B"): -1 / ratio}
        assert math.isclose(
            found.excess, sum(weight.get((one[2], other[2]), 1.0) for one, other in meetings), abs_tol=1e-9
        )


@pytest.mark.parametrize("umi", ["AAAA-CCCC", None])
def test_dual_umis_and_mi_are_told_already(tmp_path: Path, umi: str | None) -> None:
    planter = Planter()
    planter.plant(2_080, 160, umi, copies_a=2, copies_b=1, tags={} if umi else {"MI": "7"})
    assert sample(tmp_path, planter.builder) is None


@pytest.mark.parametrize("is_shared", [True, False])
def test_whether_strands_carry_the_same_umi(tmp_path: Path, is_shared: bool) -> None:
    rng = random.Random(5)
    builder = BamBuilder({CONTIG: len(BASES)})
    for molecule in range(200):
        left, length = rng.randrange(2_000, 2_040), rng.randrange(140, 150)
        umi = "".join(rng.choices("ACGT", k=8))
        for strand in ("A", "B") if molecule % 3 == 0 else (rng.choice("AB"),):
            umi = umi if is_shared else "".join(rng.choices("ACGT", k=8))
            right = left + length - READ_BP
            builder.add_pair(
                f"{molecule}{strand}", CONTIG, left, f"{READ_BP}M", BASES[left : left + READ_BP], right,
                f"{READ_BP}M", BASES[right : right + READ_BP], strand="A" if strand == "A" else "B", tags={"RX": umi},
            )  # fmt: skip
    found = sample(tmp_path, builder)
    assert found is not None
    assert found.shares_umi is is_shared
    assert found.is_by_ends is not is_shared
