"""Insertion and deletion errors are written as the caller writes them, and as many as their rates say."""

import numpy as np
import pytest

from csfgeno.errormodel.context import RUN_BINS, indel_class
from csfgeno.genome.normalise import normalise

from .draws import draw_blank
from .slips import LISTED, LISTED_DELETION_BP, Slips, add_slips, form_of, make_slips
from .worlds import World, make_world


@pytest.fixture(scope="module")
def drawn() -> tuple[World, Slips]:
    rng = np.random.default_rng(9)
    world = make_world(2, rng)
    return world, make_slips(world, 3, rng)


def test_every_error_is_in_leftmost_spelling_and_of_its_form(drawn: tuple[World, Slips]) -> None:
    world, slips = drawn
    for here in slips.alleles:
        for form, own in enumerate(here):
            assert not own or sum(slip.share for slip in own) == pytest.approx(1.0)
            for slip in own:
                assert normalise(slip.allele, world.sequence) == slip.allele
                assert form_of(slip.allele) == form == indel_class(slip.allele, world.sequence) // len(RUN_BINS)


def test_listed_indels_are_in_leftmost_spelling_and_in_their_repeat(drawn: tuple[World, Slips]) -> None:
    world, slips = drawn
    assert tuple(slips.listed) == LISTED
    for name, alleles in slips.listed.items():
        assert len(alleles) == 3
        for allele in alleles:
            assert normalise(allele, world.sequence) == allele
            if "run of 4" in name:
                assert indel_class(allele, world.sequence) % len(RUN_BINS) == RUN_BINS.index(4)
            else:
                assert len(allele.ref) - len(allele.alt) == LISTED_DELETION_BP


def test_a_specimen_has_as_many_errors_as_its_rates_say(drawn: tuple[World, Slips]) -> None:
    world, slips = drawn
    rng = np.random.default_rng(10)
    blank = draw_blank(world, "raw", 30, rng)
    evidence = add_slips(blank, slips, rng)
    expected = (blank.depth.mean(axis=1)[:, None, None] * slips.rate * slips.lasting).sum()
    seen = [call.allele for tile in evidence.tiles for call in tile.indels.stated]
    assert len(seen) == pytest.approx(expected, rel=0.25)
    tally = evidence.tally(seen[0])
    assert tally.alt.sum() == seen.count(seen[0])
    assert tally.depth.sum() == pytest.approx(blank.depth[:, : len(world.region) // 2].sum(axis=0).mean(), rel=0.35)
