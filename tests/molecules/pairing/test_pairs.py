"""Which families of opposite strands are one molecule: against enumeration, a naive twin, and planted molecules."""

import random
from collections import defaultdict
from itertools import product
from math import comb, exp, factorial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from csfgeno.evidence.specimen import SpecimenEvidence
from csfgeno.molecules.pairing.coincidence import StrandPairing, Strands
from csfgeno.molecules.pairing.pairs import Statements, choose_pairs, expected_pairs
from csfgeno.molecules.strata import STRATA
from csfgeno.records import Allele, Interval

from ..planted import BASES, COMPLEMENT, CONTIG, READ_BP, Planter, read_evidence

POS = 2_150
SNV = Allele(CONTIG, POS, BASES[POS], BASES[POS].translate(COMPLEMENT))


def integrate_pairs(top: int, bottom: int, share: float, crowding: float) -> float:
    """Return the expected pairs by integration over the rate of the place, 1 / r exp(-r / crowding)."""

    def weight(x: int) -> float:
        def density(rate: float) -> float:
            return float(
                exp(-rate * (1 + 1 / crowding)) / rate
                * (rate * share) ** x * (rate * (1 - share) / 2) ** (top + bottom - 2 * x)
                / (factorial(x) * factorial(top - x) * factorial(bottom - x))
            )  # fmt: skip

        return float(quad(density, 0, np.inf)[0])

    weights = [weight(x) for x in range(min(top, bottom) + 1)]
    return sum(x * w for x, w in enumerate(weights)) / sum(weights)


@pytest.mark.parametrize(("share", "crowding"), [(0.3, 0.02), (0.3, 1.0), (0.05, 0.3), (0.8, 4.0)])
def test_expected_pairs_are_those_of_the_model(share: float, crowding: float) -> None:
    odds = 4 * share / (1 - share) ** 2 * (1 + 1 / crowding)
    for top, bottom in product(range(5), range(4)):
        if top + bottom:
            assert expected_pairs(top, bottom, odds) == pytest.approx(integrate_pairs(top, bottom, share, crowding))


def test_two_families_are_one_molecule_with_the_posterior_of_the_two_ways() -> None:
    """One molecule of both strands against two, one of each strand: by hand."""
    share, crowding = 0.3, 0.1
    rate = 1 / (1 + 1 / crowding)
    one, two = share * rate, comb(2, 1) * rate**2 / 2 * ((1 - share) / 2) ** 2
    assert expected_pairs(1, 1, 4 * share / (1 - share) ** 2 / rate) == pytest.approx(one / (one + two))


PAIRING = StrandPairing((900, 900), 40, 400.0, 20.0)
MEMBER = st.tuples(st.integers(0, 2), st.booleans(), st.sampled_from([0, 0, 7]))


@settings(deadline=None)
@given(st.lists(MEMBER, max_size=20))
def test_pairs_are_one_to_one_of_equal_ends_and_statements(members: list[tuple[int, bool, int]]) -> None:
    place, is_b, content = np.array(members, np.int64).reshape(-1, 3).T
    strands = Strands(np.arange(len(members)), place.astype(np.uint64), is_b.astype(bool))
    rarity = np.where(content == 0, 1.0, 1e-6)
    top, bottom = choose_pairs(strands, Statements(content.astype(np.uint64), rarity), PAIRING)
    groups: defaultdict[tuple[int, int], list[list[int]]] = defaultdict(lambda: [[], []])
    for number, (where, side, said) in enumerate(members):
        groups[where, said][side].append(number)
    pairs = dict(zip(top.tolist(), bottom.tolist(), strict=True))
    for (_, said), (a, b) in groups.items():
        own = [pairs[number] for number in a if number in pairs]
        assert own == b[: len(own)]
        expected = expected_pairs(len(a), len(b), float(PAIRING.odds(np.array([1e-6 if said else 1.0]))[0]))
        assert expected - 1 < len(own) < expected + 1
    assert len(pairs) == len(set(pairs.values())) == len(bottom)


# ---------------------------------------------------------------------------------- planted molecules


def draw_umi(rng: random.Random) -> str:
    return "".join(rng.choices("ACGT", k=12))


def plant_library(
    seed: int, molecules: int, *, share: float, mutant: float, starts: int = 60, lengths: int = 12
) -> tuple[Planter, int, int]:
    """Plant molecules whose strands carry different UMIs; return those over `SNV` and the mutant ones among them."""
    rng = random.Random(seed)
    planter, covering, bearing = Planter(), 0, 0
    for _ in range(molecules):
        left, length = rng.randrange(POS - 70, POS - 70 + starts), rng.randrange(150, 150 + lengths)
        is_mutant = rng.random() < mutant
        strands = "AB" if rng.random() < share else rng.choice("AB")
        for strand in strands:
            copies = rng.randrange(1, 3)
            planter.plant(
                left, length, draw_umi(rng), snvs={POS: SNV.alt} if is_mutant else None,
                copies_a=copies * (strand == "A"), copies_b=copies * (strand == "B"),
            )  # fmt: skip
        covering, bearing = covering + 1, bearing + is_mutant
    return planter, covering, bearing


@pytest.mark.parametrize("share", [0.0, 0.3, 0.7])
def test_depth_and_mutant_molecules_are_those_planted(tmp_path: Path, share: float) -> None:
    planter, molecules, mutant = plant_library(3, 1_200, share=share, mutant=0.03)
    families = 1_200 * (1 + share)
    tally = read_evidence(tmp_path, planter).tally(SNV)
    depth, alt = int(tally.depth.sum()), int(tally.alt.sum())
    assert tally.discordant == 0
    # The share is known to a few percent of the molecules; of mutant ones each is found.
    assert abs(depth - molecules) < 0.03 * families
    assert mutant <= alt <= mutant + max(2, 0.05 * mutant)


def test_both_strands_that_state_the_allele_are_a_duplex(tmp_path: Path) -> None:
    planter, _, _ = plant_library(4, 600, share=0.5, mutant=0.1)
    tally = read_evidence(tmp_path, planter).tally(SNV)
    by_kind = {kind: sum(int(n) for n, s in zip(tally.alt, STRATA, strict=True) if s.kind == kind) for kind in
               ("duplex", "simplex", "singleton")}  # fmt: skip
    assert 0.35 < by_kind["duplex"] / sum(by_kind.values()) < 0.65


def test_a_mutant_molecule_beside_a_chance_neighbour_is_not_lost(tmp_path: Path) -> None:
    """Strands that state different things stay two molecules, and nothing is discordant."""
    planter, _, _ = plant_library(5, 400, share=0.4, mutant=0.0)
    rng = random.Random(6)
    for left in range(POS - 60, POS - 40):
        planter.plant(left, 170, draw_umi(rng), snvs={POS: SNV.alt}, copies_a=2)
        planter.plant(left, 170, draw_umi(rng), copies_a=0, copies_b=2)
    tally = read_evidence(tmp_path, planter).tally(SNV)
    assert (int(tally.alt.sum()), tally.discordant) == (20, 0)


def test_an_amplicon_is_not_merged(tmp_path: Path) -> None:
    planter, molecules, mutant = plant_library(7, 300, share=0.0, mutant=0.05, starts=1, lengths=1)
    evidence = read_evidence(tmp_path, planter)
    tally = evidence.tally(SNV)
    assert (int(tally.depth.sum()), int(tally.alt.sum())) == (molecules, mutant)


@pytest.mark.parametrize("threads", [1, 3])
def test_tiles_threads_and_the_order_of_reads_change_nothing(tmp_path: Path, threads: int) -> None:
    planter, _, _ = plant_library(8, 400, share=0.5, mutant=0.05)
    region = Interval(CONTIG, 2_000, 2_400)

    def everything(evidence: SpecimenEvidence) -> list[bytes]:
        tiles = evidence.tiles
        calls = [array.tobytes() for tile in tiles for array in (tile.calls.ref_depth, tile.calls.pos)]
        return calls + [array.tobytes() for tile in tiles for array in (tile.molecules.key, tile.molecules.stratum)]

    straight = everything(read_evidence(tmp_path, planter, region=region))
    random.Random(9).shuffle(planter.builder.reads)
    assert everything(read_evidence(tmp_path, planter, region=region, threads=threads)) == straight


def test_strands_that_share_their_umi_are_joined_by_it(tmp_path: Path) -> None:
    rng = random.Random(10)
    planter = Planter()
    for number in range(300):
        left = rng.randrange(POS - 70, POS - 60)
        copies = (2, 2) if number % 3 == 0 else rng.choice([(2, 0), (0, 2)])
        planter.plant(left, READ_BP + 50, draw_umi(rng), copies_a=copies[0], copies_b=copies[1])
    tally = read_evidence(tmp_path, planter).tally(SNV)
    duplex = [s.kind == "duplex" for s in STRATA]
    assert (int(tally.depth.sum()), int(tally.depth[duplex].sum())) == (300, 100)
