"""The study runs, its short ways to a verdict are the caller's own, and the same seed writes the same tables."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import nbinom

from csfgeno.calling.caller import Priors
from csfgeno.calling.limits import judge
from csfgeno.vocab import CallingTier

from .draws import Specimen, damage, draw_blank, make_caller
from .measures import Detector, as_one_gamma, detector, estimate, false_probability
from .page import write_page
from .results import QUICK
from .study import jobs_of, run
from .truth import PRIOR, Truth, exactly, from_blanks, truth_of
from .worlds import BETWEEN_SHAPE, G_TO_T, LASTING_SHAPE, World, make_world, stress

SECTIONS = (
    "## Aims",
    "## Hotspot sensitivity, without normals",
    "## Hotspot sensitivity, with normals",
    "## False calls in blanks",
    "## False hotspot calls per 100 blanks by input",
    "## Stated LoD95",
    "## What two factors a site cost",
    "## P-values of substitutions",
    "## P-values of insertions and deletions",
    "## Listed insertions and deletions",
    "## LoD95",
    "## VAF",
)


@pytest.fixture(scope="module")
def drawn() -> tuple[World, Specimen]:
    rng = np.random.default_rng(3)
    world = make_world(2, rng)
    return world, draw_blank(world, "real mix", 10, rng)


@pytest.fixture(scope="module")
def first(drawn: tuple[World, Specimen]) -> tuple[Detector, Truth]:
    """How the first hotspot is tested, and what is true of it."""
    world, blank = drawn
    caller = make_caller(blank.evidence, world, None)
    return detector(caller, world.hotspots[0]), truth_of(world.hotspots[0], blank, world)


def test_a_drawn_specimen_has_the_molecules_and_errors_that_were_drawn(drawn: tuple[World, Specimen]) -> None:
    world, blank = drawn
    for allele in world.hotspots:
        tally = blank.evidence.tally(allele)
        at = allele.start - world.region.start
        assert (tally.depth == blank.depth[:, at]).all()
        assert (tally.alt == blank.errors[:, at, "ACGT".index(allele.alt)]).all()


def test_damage_adds_errors_to_the_same_molecules_where_it_acts_and_nowhere_else(
    drawn: tuple[World, Specimen],
) -> None:
    world, blank = drawn
    damaged = stress(world, {G_TO_T: 10.0})
    specimen = damage(blank, world, damaged, np.random.default_rng(2))
    added = specimen.errors - blank.errors
    assert (specimen.depth == blank.depth).all()
    assert added.min() == 0
    assert (damaged.rate > world.rate)[added > 0].all()
    expected = (blank.depth[:, :, None] * (damaged.rate - world.rate) * blank.site).sum()
    assert abs(added.sum() - expected) < 5 * np.sqrt(expected)


def test_no_damage_changes_nothing(drawn: tuple[World, Specimen]) -> None:
    world, blank = drawn
    same = damage(blank, world, stress(world, {}), np.random.default_rng(2))
    assert (same.errors == blank.errors).all()


def test_counting_by_score_is_the_verdict_of_the_caller(first: tuple[Detector, Truth]) -> None:
    test, truth = first
    alt = truth.draw(0.004, 40, np.random.default_rng(1)).alt
    found = test.hits(alt)
    assert 0 < found.sum() < len(found)
    assert found.tolist() == [judge(test.null, row, test.rule).is_detected for row in alt]


@pytest.mark.parametrize("critical", [1, 8, 15])
def test_the_probability_of_a_false_call_is_that_of_drawn_blanks(first: tuple[Detector, Truth], critical: int) -> None:
    """At low scores, so that enough blanks are called; one heavy molecule is not enough."""
    generous, truth = replace(first[0], critical=critical), replace(first[1], lasting=2.5)
    repeats = 100_000
    drawn = generous.hits(truth.draw(0.0, repeats, np.random.default_rng(4)).alt).mean()
    exact = false_probability(generous, truth, exactly(truth))
    assert exact > 1e-4
    assert drawn == pytest.approx(exact, abs=4.5 * np.sqrt(exact / repeats))


def test_the_probability_of_a_false_call_is_the_mean_over_what_the_site_may_be(first: tuple[Detector, Truth]) -> None:
    test, truth = replace(first[0], critical=8), first[1]
    factors = np.random.default_rng(7).gamma(LASTING_SHAPE, 1 / LASTING_SHAPE, 2_000)
    each = [false_probability(test, truth, exactly(replace(truth, lasting=float(factor)))) for factor in factors]
    assert false_probability(test, truth, PRIOR) == pytest.approx(
        np.mean(each), abs=4 * float(np.std(each)) / np.sqrt(len(each))
    )


def test_one_gamma_factor_has_the_variance_of_two(drawn: tuple[World, Specimen], first: tuple[Detector, Truth]) -> None:
    world, blank = drawn
    test = first[0]
    plain = as_one_gamma(test, make_caller(blank.evidence, world, None), world.hotspots[0])
    assert plain.null.spread.overall == pytest.approx(test.null.spread.overall, rel=1e-12)
    assert plain.null.spread.rate_sd < test.null.spread.rate_sd
    assert plain.critical <= test.critical


def test_what_blanks_tell_of_a_site_is_the_posterior_of_its_factor() -> None:
    """Against draws from the prior, weighted by how well they explain the blanks."""
    errors, expected = [0, 3, 1], [0.5, 0.8, 0.6]
    factor = np.random.default_rng(6).gamma(LASTING_SHAPE, 1 / LASTING_SHAPE, 200_000)
    weight = np.ones_like(factor)
    for seen, mean in zip(errors, expected, strict=True):
        weight *= nbinom.pmf(seen, BETWEEN_SHAPE, BETWEEN_SHAPE / (BETWEEN_SHAPE + mean * factor))
    mean = np.average(factor, weights=weight)
    known = from_blanks(errors, expected)
    nodes = known.spread.nodes()
    assert known.mean == pytest.approx(mean, rel=0.01)
    assert nodes.scale @ nodes.weight == pytest.approx(1.0, rel=1e-9)
    variance = np.average((factor / mean - 1) ** 2, weights=weight)
    assert (nodes.scale - 1) ** 2 @ nodes.weight == pytest.approx(variance, rel=0.03)


def test_without_blanks_the_factor_of_a_site_has_its_prior() -> None:
    nodes = PRIOR.spread.nodes()
    assert PRIOR.mean == pytest.approx(1.0, rel=1e-6)
    assert (nodes.scale - 1) ** 2 @ nodes.weight == pytest.approx(1 / LASTING_SHAPE, rel=1e-4)


def test_control_variates_leave_no_chance_where_there_are_no_errors(first: tuple[Detector, Truth]) -> None:
    test, truth = first
    clean = replace(truth, rate=np.zeros_like(truth.rate))
    sure = replace(test, null=replace(test.null, error=np.full_like(test.null.error, 1e-15)))
    repeats = clean.draw(0.01, 20, np.random.default_rng(8))
    assert estimate(sure, repeats, 0.01, clean, 1.0) == pytest.approx(0.01, rel=1e-6)


@pytest.mark.parametrize("mode", ["raw", "real mix"])
def test_the_screen_passes_whatever_the_test_detects(mode: str) -> None:
    """Deep and damaged, so that some alleles are detected at a generous level, each tested without a screen."""
    rng = np.random.default_rng(5)
    world = stress(make_world(1, rng), {G_TO_T: 20.0})
    blank = draw_blank(world, mode, 20, rng)
    caller = replace(make_caller(blank.evidence, world, None), priors=Priors(0.02, 0.02))
    found = {a for a in caller.evidence.alleles() if caller.is_detected(a, CallingTier.PANEL)}
    suspects = list(caller.suspects())
    assert found
    assert found <= set(suspects)
    assert suspects == [a for a in caller.evidence.alleles() if a in set(suspects)]


def test_a_quick_study_fills_every_table_and_repeats_itself_in_another_process() -> None:
    plan = replace(QUICK, laboratories=1, more_laboratories=1, indel_laboratories=1, modes=("duplex mix",))
    results = run(plan, processes=2)
    page = write_page(plan, results)
    assert all(section in page for section in SECTIONS)
    assert "nan" not in page
    [_, many, _] = jobs_of(plan)
    again = many.run(plan)
    assert again.many_hotspot
    assert again.many_hotspot == results.many_hotspot
    assert again.stress_limits == results.stress_limits
