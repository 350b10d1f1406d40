"""Panels of normals of depth and of junctions: against hand calculation, and in any order of normals."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.special import polygamma

from csfgeno.errormodel.panels import JUNCTION_DTYPE, DepthPanel, NormalJunction, NormalStructure, TargetList
from csfgeno.records import Breakpoint, Interval, Target
from csfgeno.structural.baseline import against_panel, shared_part
from csfgeno.structural.copynumber import SEX_CHROMOSOME, state_level
from csfgeno.structural.depth import HUBER, TargetDepths, Vector, depths_of, normalise_depths, traits_of
from csfgeno.structural.levels import CopyPanel, Level, gene_levels
from csfgeno.structural.normals import (
    SMALLEST_SD,
    fit_depths,
    join_junctions,
    robust_centre,
    shrink_spreads,
    spread_of_spreads,
    usual_spread,
)
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import CallState, CopyExtent, Side, SpecimenKind

THRESHOLDS = Thresholds()
GENES = 30
NAMES = tuple(f"G{number // 3}" for number in range(3 * GENES))
INTERVALS = tuple(Interval("1", 1_000 * number, 1_000 * number + 160) for number in range(3 * GENES))
GC = np.linspace(0.3, 0.7, 3 * GENES)
TRAITS = traits_of(INTERVALS, NAMES, GC)
CAPTURE = np.random.default_rng(3).normal(0.0, 0.4, 3 * GENES)
PANEL = CopyPanel(
    tuple(Target(own, gene, gene) for own, gene in zip(INTERVALS, NAMES, strict=True)),
    tuple(dict.fromkeys(NAMES)),
    TRAITS,
    {},
)


def structure(depth: Vector, junctions: Sequence[tuple[object, ...]] = ()) -> NormalStructure:
    told = np.array(list(junctions), JUNCTION_DTYPE)
    return NormalStructure(TargetList(INTERVALS, NAMES), GC, depth, ("2", "5"), told)


def draw(rng: np.random.Generator, depth: float = 2_000.0, shifts: dict[str, float] | None = None) -> Vector:
    """Return the depth of every target of a specimen with a GC slope of its own and a spread of 0.05."""
    level = CAPTURE + rng.normal(0.0, 0.05, len(NAMES)) + rng.normal(1.0, 1.0) * (GC - 0.5)
    level += [(shifts or {}).get(gene, 0.0) for gene in NAMES]
    return rng.poisson(depth * 2.0**level * 2).astype(float) / 2


def fitted(normals: int, seed: int = 1) -> DepthPanel:
    rng = np.random.default_rng(seed)
    panel = fit_depths([structure(draw(rng)) for _ in range(normals)], THRESHOLDS)
    assert panel is not None
    return panel


def depths(mean: Vector) -> TargetDepths:
    return depths_of(mean, [len(own) for own in INTERVALS])


# -------------------------------------------------------------------------------- centre and spread


@pytest.mark.parametrize(
    ("values", "centre"),
    [
        ([0.0, 0.1, 0.2], 0.1),
        # All within 1.345 deviations of 0.2: the mean.
        ([0.0, 0.3], 0.15),
        # Far out on either side, each pulls with 1.345 deviations, and they cancel.
        ([0.0, 0.3, 3.0], 0.3),
        # 5.0 pulls with 0.269: (0 - m) + (0.1 - m) + (0.2 - m) + 0.269 = 0.
        ([0.0, 0.1, 0.2, 5.0], (0.3 + 0.2 * HUBER) / 3),
    ],
)
def test_the_centre_is_hubers(values: list[float], centre: float) -> None:
    log2 = np.array(values)[:, None]
    assert robust_centre(log2, np.full(log2.shape, 0.04)) == pytest.approx(centre, abs=1e-6)


@given(values=st.lists(st.floats(-2.0, 2.0), min_size=3, max_size=9), scale=st.floats(0.05, 0.5))
def test_the_centre_minimises_hubers_loss(values: list[float], scale: float) -> None:
    log2 = np.array(values)[:, None]

    def loss(centre: float) -> float:
        away = np.abs(log2[:, 0] - centre) / scale
        return float(np.where(away < HUBER, away**2 / 2, HUBER * away - HUBER**2 / 2).sum())

    found = float(robust_centre(log2, np.full(log2.shape, scale**2))[0])
    best = minimize_scalar(loss, bounds=(min(values) - 1, max(values) + 1), method="bounded", options={"xatol": 1e-9})
    assert loss(found) <= loss(best.x) * (1 + 1e-3) + 1e-3


def test_targets_without_molecules_have_no_part_in_the_centre() -> None:
    log2 = np.array([[0.0, np.nan], [0.2, np.nan], [np.nan, np.nan]])
    centre = robust_centre(log2, np.full(log2.shape, 0.04))
    assert centre[0] == pytest.approx(0.1)
    assert np.isnan(centre[1])


def test_the_usual_spread_is_that_of_most_targets_beyond_counting() -> None:
    rng = np.random.default_rng(5)
    counting = np.full((4, 4_000), 0.03**2)
    log2 = rng.normal(0.0, np.hypot(0.1, 0.03), counting.shape)
    log2[:, :200] *= 5.0
    # A twentieth of targets five times as wide puts 7% on the median, and half as much again on the SD.
    assert usual_spread(log2, counting) == pytest.approx(0.107, rel=0.04)
    assert log2.std() > 0.14
    assert usual_spread(log2[:1], counting[:1]) == SMALLEST_SD


def test_the_spread_of_each_target_is_shrunk_by_hand() -> None:
    rng = np.random.default_rng(6)
    normals, usual = 5, 0.1
    counting = np.full((normals, 60), 0.02**2)
    truth = 0.1 * np.exp(rng.normal(0.0, 0.4, 60))
    away = rng.normal(0.0, np.hypot(truth, 0.02), counting.shape)
    away -= away.mean(axis=0)
    expected = usual**2 + 0.02**2
    ratio = (away**2).sum(axis=0) / (normals - 1) / expected
    prior, scale = spread_of_spreads(ratio, np.full(60, normals - 1.0))
    by_hand = np.sqrt((prior * scale + 4 * ratio) / (prior + 4) * expected - 0.02**2)
    found = shrink_spreads(away, counting, usual)
    assert found == pytest.approx(by_hand)
    # Shrunk towards each other, and nearer to the truth than the plain ones.
    plain = np.sqrt(np.maximum(ratio * expected - 0.02**2, 0.0))
    assert np.ptp(found) < np.ptp(plain)
    assert np.square(np.log(found / truth)).mean() < np.square(np.log(np.maximum(plain, 0.01) / truth)).mean()


@pytest.mark.parametrize("freedom", [2, 11])
def test_the_spread_of_spreads_comes_back(freedom: int) -> None:
    rng, prior = np.random.default_rng(7), 8.0
    # A variance ratio of s0^2 = 1.5 and 8 degrees of freedom: scaled F.
    ratio = 1.5 * rng.f(freedom, prior, 200_000)
    found, scale = spread_of_spreads(ratio, np.full(len(ratio), float(freedom)))
    assert found == pytest.approx(prior, rel=0.05)
    assert scale == pytest.approx(1.5, rel=0.02)
    alike = rng.chisquare(freedom, 5_000) / freedom
    assert spread_of_spreads(alike, np.full(5_000, float(freedom)))[0] > 100
    assert float(polygamma(1, found / 2)) > 0


# ------------------------------------------------------------------------------------ panel of depth


def test_the_panel_knows_the_capture_and_how_well() -> None:
    few, many = fitted(5), fitted(30)
    # Capture without what GC explains of it, as the panel has it.
    truth = normalise_depths(depths(2_000 * 2.0**CAPTURE), None, TRAITS, 0.0).log2
    assert np.std(many.centre - truth) < 0.02
    assert np.std((few.centre - truth) / few.error) == pytest.approx(1.0, abs=0.35)
    assert many.error.mean() == pytest.approx(few.error.mean() * np.sqrt(5 / 30), rel=0.15)
    assert np.median(many.spread) == pytest.approx(0.05, rel=0.2)
    assert (many.size, many.normals.tolist()) == (30, [30] * len(NAMES))


def test_fewer_normals_than_asked_for_make_no_panel() -> None:
    rng = np.random.default_rng(2)
    assert fit_depths([structure(draw(rng))], THRESHOLDS) is None
    assert fit_depths([structure(draw(rng)) for _ in range(2)], THRESHOLDS) is None


def test_order_of_normals_changes_nothing_beyond_rounding() -> None:
    rng = np.random.default_rng(4)
    normals = [structure(draw(rng)) for _ in range(7)]
    one, other = fit_depths(normals, THRESHOLDS), fit_depths(normals[::-1], THRESHOLDS)
    assert one is not None
    assert other is not None
    for name in ("centre", "error", "spread"):
        assert getattr(one, name) == pytest.approx(getattr(other, name), abs=1e-12)


def test_one_odd_normal_moves_the_centre_little() -> None:
    rng = np.random.default_rng(8)
    normals = [structure(draw(rng)) for _ in range(4)]
    odd = structure(draw(rng, shifts={"G4": -1.0}))
    plain, mixed = (fit_depths([*normals, last], THRESHOLDS) for last in (structure(draw(rng)), odd))
    assert plain is not None
    assert mixed is not None
    own = np.array(NAMES) == "G4"
    assert np.abs(mixed.centre - plain.centre)[own].max() < 0.08
    assert (mixed.spread[own] > plain.spread[own]).all()


def test_a_target_that_few_normals_show_is_not_judged_by_them() -> None:
    rng = np.random.default_rng(9)
    normals = [draw(rng) for _ in range(4)]
    for own in normals[:2]:
        own[7] = 0.0
    panel = fit_depths([structure(own) for own in normals], THRESHOLDS)
    assert panel is not None
    known = against_panel(panel, INTERVALS, 3).is_known
    assert np.flatnonzero(~known).tolist() == [7]
    elsewhere = [Interval("chr1", own.start, own.end) for own in INTERVALS[:2]] + [Interval("1", 5, 9)]
    assert against_panel(panel, elsewhere, 3).is_known.tolist() == [True, True, False]


# ----------------------------------------------------------------------------------------- levels


def levels_of(own: Vector, normal: Vector | None, panel: DepthPanel | None) -> dict[str, Level]:
    return gene_levels(depths(own), None if normal is None else depths(normal), panel, PANEL, THRESHOLDS)


def test_normals_of_the_laboratory_find_what_own_targets_cannot() -> None:
    rng, panel = np.random.default_rng(11), fitted(12)
    own = draw(rng, shifts={"G3": 0.5})
    alone, compared = levels_of(own, None, None)["G3"], levels_of(own, None, panel)["G3"]
    assert abs(alone.z) < THRESHOLDS.copy_number_z <= compared.z
    assert compared.log2 == pytest.approx(0.5, abs=0.15)
    assert compared.baseline == "12 normals of the laboratory"
    assert alone.baseline == "other targets of the specimen"


def test_doubt_of_the_centre_goes_into_error() -> None:
    own = draw(np.random.default_rng(12))
    few, many = (levels_of(own, None, fitted(normals)) for normals in (3, 30))
    assert np.mean([level.error for level in few.values()]) > np.mean([level.error for level in many.values()])


def test_a_specimen_worse_than_the_normals_is_believed() -> None:
    rng, panel = np.random.default_rng(13), fitted(12)
    worse = draw(rng) * 2.0 ** rng.normal(0.0, 0.3, len(NAMES))
    z = np.array([level.z for level in levels_of(worse, None, panel).values()])
    assert np.std(z) < 1.3


def test_what_is_inherited_is_no_change_of_the_tumour() -> None:
    rng, panel = np.random.default_rng(14), fitted(12)
    born = {"G5": float(np.log2(1.5))}
    own, normal = draw(rng, shifts=born), draw(rng, shifts=born)
    assert levels_of(own, None, panel)["G5"].z > THRESHOLDS.copy_number_z
    both = levels_of(own, normal, panel)
    assert abs(both["G5"].z) < THRESHOLDS.copy_number_z
    assert both["G5"].baseline.startswith("normal cells of the patient, whose depth here is not that of 12 normals")
    assert both["G6"].baseline == "12 normals of the laboratory and normal cells of the patient"


@pytest.mark.parametrize(("depth", "alone_is_worse"), [(30.0, True), (20_000.0, False)])
def test_both_together_are_no_worse_than_the_better_one(depth: float, alone_is_worse: bool) -> None:
    rng, panel = np.random.default_rng(15), fitted(12)
    errors: dict[str, list[float]] = {"normal": [], "panel": [], "both": []}
    for _ in range(8):
        lot = 2.0 ** rng.normal(0.0, 0.15, len(NAMES))
        own, normal = draw(rng) * lot, draw(rng, depth) * lot
        for name, compared in (("normal", (normal, None)), ("panel", (None, panel)), ("both", (normal, panel))):
            errors[name] += [level.log2 for level in levels_of(own, *compared).values()]
    sd = {name: float(np.std(own)) for name, own in errors.items()}
    assert (sd["normal"] > sd["panel"]) is alone_is_worse
    assert sd["both"] <= 1.03 * min(sd["normal"], sd["panel"])


def test_the_shared_part_is_a_slope_that_altered_genes_do_not_bend() -> None:
    rng = np.random.default_rng(16)
    lot, noise = rng.normal(0.0, 0.2, 300), 0.1
    specimen, normal = lot + rng.normal(0.0, 0.05, 300), lot + rng.normal(0.0, noise, 300)
    assert shared_part(specimen, normal) == pytest.approx(0.2**2 / (0.2**2 + noise**2), abs=0.06)
    specimen[:12] += 2.0
    assert shared_part(specimen, normal) == pytest.approx(0.8, abs=0.08)
    assert shared_part(-normal, normal) == 0.0
    assert shared_part(2 * normal, normal) == 1.0
    assert shared_part(np.zeros(4), np.zeros(4)) == 0.0


def test_a_deep_loss_leaves_few_molecules_and_is_measured_all_the_same() -> None:
    own = draw(np.random.default_rng(17), depth=800.0, shifts={"G2": -4.0})
    with_panel, alone = levels_of(own, None, fitted(12))["G2"], levels_of(own, None, None)["G2"]
    stated = [
        state_level("G2", SpecimenKind.CSF, level, CopyExtent.UNKNOWN, "too few molecules", 0.95, THRESHOLDS)
        for level in (with_panel, alone)
    ]
    assert [own.deep_loss for own in stated] == [CallState.DETECTED, CallState.NOT_ASSESSABLE]


def test_genes_of_sex_chromosomes_are_not_assessable_and_bend_nothing() -> None:
    intervals = (*INTERVALS[:-3], *(Interval("chrX", own.start, own.end) for own in INTERVALS[-3:]))
    traits = traits_of(intervals, NAMES, GC)
    targets = tuple(Target(own, gene, gene) for own, gene in zip(intervals, NAMES, strict=True))
    panel = CopyPanel(targets, PANEL.genes, traits, {})
    assert panel.sex_genes == {NAMES[-1]}
    male = draw(np.random.default_rng(18), shifts={NAMES[-1]: -1.0})
    female = male.copy()
    female[-3:] *= 2
    levels = [gene_levels(depths(own), None, None, panel, THRESHOLDS) for own in (male, female)]
    assert levels[0]["G0"] == levels[1]["G0"]
    assert levels[0][NAMES[-1]].targets == 0
    stated = state_level(
        NAMES[-1], SpecimenKind.CSF, levels[0][NAMES[-1]], CopyExtent.UNKNOWN, SEX_CHROMOSOME, 0.5, THRESHOLDS
    )
    assert stated.amplification is CallState.NOT_ASSESSABLE
    assert stated.reason == SEX_CHROMOSOME


# -------------------------------------------------------------------------------------- junctions


def junction(first: int, second: int, molecules: int = 1, keeps_right: bool = True) -> tuple[object, ...]:
    return (0, 1), (first, second), (False, keeps_right), molecules


def test_junctions_of_several_normals_are_joined_and_counted() -> None:
    flat = np.ones(len(NAMES))
    normals = [
        structure(flat, [junction(100, 900, 2), junction(5_000, 7_000)]),
        structure(flat, [junction(100, 900), junction(104, 902), junction(5_000, 7_000, keeps_right=False)]),
        structure(flat, [junction(109, 893, 4), junction(5_011, 7_000)]),
        structure(flat),
    ]
    expected = NormalJunction(Breakpoint("2", 100, Side.LEFT), Breakpoint("5", 900, Side.RIGHT), 3, 8)
    assert join_junctions(normals, THRESHOLDS) == (expected,)
    assert join_junctions(normals[::-1], THRESHOLDS) == (expected,)
    assert len(join_junctions(normals, Thresholds(junction_min_normals=1))) == 4
    assert join_junctions([structure(flat)], THRESHOLDS) == ()
