"""The study runs, its short way to a verdict is the caller's own, and the same seed writes the same tables."""

from dataclasses import replace

import numpy as np
import pytest

from csfgeno.calling.caller import Priors
from csfgeno.calling.limits import judge
from csfgeno.vocab import CallingTier

from .measures import TIERS, look_at
from .study import QUICK, run
from .tables import write_tables
from .worlds import Specimen, World, draw_blank, make_caller, make_world, stress

SECTIONS = ("## Aims", "## Hotspot sensitivity", "## False calls", "## P-values", "## LoD95", "## VAF")


@pytest.fixture(scope="module")
def drawn() -> tuple[World, Specimen]:
    rng = np.random.default_rng(3)
    world = make_world(2, rng)
    return world, draw_blank(world, "real mix", 10, rng)


def test_a_drawn_specimen_has_the_molecules_and_errors_that_were_drawn(drawn: tuple[World, Specimen]) -> None:
    world, blank = drawn
    for allele in world.hotspots:
        tally = blank.evidence.tally(allele)
        at = allele.start - world.region.start
        assert (tally.depth == blank.depth[:, at]).all()
        assert (tally.alt == blank.errors[:, at, "ACGT".index(allele.alt)]).all()


def test_counting_by_score_is_the_verdict_of_the_caller(drawn: tuple[World, Specimen]) -> None:
    world, blank = drawn
    site = look_at(make_caller(blank, world, None), world, world.hotspots[0], TIERS)
    assert site is not None
    test = site.tests[CallingTier.HOTSPOT]
    alt = site.draw(0.004, 40, np.random.default_rng(1))
    found = test.hits(alt)
    assert 0 < found.sum() < len(found)
    assert found.tolist() == [judge(test.null, row, test.rule).is_detected for row in alt]


@pytest.mark.parametrize("mode", ["raw", "real mix"])
def test_the_screen_passes_whatever_the_test_detects(mode: str) -> None:
    """Deep and damaged, so that some alleles are detected at a generous level, each tested without a screen."""
    rng = np.random.default_rng(5)
    world = stress(make_world(1, rng), {4 * 2 + 3: 20.0})
    blank = draw_blank(world, mode, 20, rng)
    caller = replace(make_caller(blank, world, None), priors=Priors(0.02, 0.02))
    found = {a for a in caller.evidence.alleles() if caller.is_detected(a, CallingTier.PANEL)}
    suspects = list(caller.suspects())
    assert found
    assert found <= set(suspects)
    assert suspects == [a for a in caller.evidence.alleles() if a in set(suspects)]


def test_a_quick_study_fills_every_table_and_repeats_itself() -> None:
    page = write_tables(run(QUICK))
    assert all(section in page for section in SECTIONS)
    assert "nan" not in page
    assert write_tables(run(QUICK)) == page
