"""Bias, CV, total error, LoQ and components of variance against hand calculation."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import chi2

from csfgeno.thresholds import STUDY_DEFAULTS
from csfgeno.validation.levels import limit_of_quantitation, list_levels
from csfgeno.validation.precision import list_precision
from csfgeno.vocab import CallState
from tests.validation.conftest import ABSENT, bounds, result


def test_level_by_hand() -> None:
    """Of 1% expected, 0.8% and 1.4% measured: ratios 0.8 and 1.4, mean 1.1, SD 0.42426."""
    (level,) = list_levels("SNV", [result(0.01, 0.008), result(0.01, 0.014, CallState.INDETERMINATE)])
    assert level.bias is not None
    assert level.cv is not None
    assert level.bias.value == pytest.approx(0.1)
    assert level.cv.value == pytest.approx(0.42426 / 1.1, rel=1e-4)
    assert level.total_error == pytest.approx(0.1 + 1.6448536 * 0.42426 / 1.1, rel=1e-4)
    assert (level.hits.hits, level.hits.total, level.indeterminate) == (1, 2, 1)


def test_difference_of_variants_is_no_spread() -> None:
    """Two variants measured alike each time, one high and one low: no spread, though they differ."""
    results = [
        result(0.01, vaf, variant=name) for name, vaf in (("A", 0.008), ("A", 0.008), ("B", 0.012), ("B", 0.012))
    ]
    (level,) = list_levels("SNV", results)
    assert level.cv is not None
    assert level.cv.value == pytest.approx(0.0, abs=1e-12)


def test_missed_results_stay_among_the_measured() -> None:
    (level,) = list_levels("SNV", [result(0.01, 0.02), result(0.01, 0.0, ABSENT)])
    assert level.bias is not None
    assert level.bias.value == pytest.approx(0.0)


def test_quantitation_begins_where_all_levels_above_hold() -> None:
    levels = [
        *([result(0.001, 0.001)] * 3),
        *(result(0.01, vaf) for vaf in (0.001, 0.02, 0.03)),
        *(result(0.1, vaf) for vaf in (0.095, 0.1, 0.105)),
    ]
    found = list_levels("SNV", levels)
    assert limit_of_quantitation(found, STUDY_DEFAULTS) == 0.1
    assert limit_of_quantitation(found, replace(STUDY_DEFAULTS, loq_total_error=0.05)) is None
    assert limit_of_quantitation([], STUDY_DEFAULTS) is None


def test_components_of_variance_by_hand() -> None:
    """Ratios 0.9, 1.1 in one run and 1.3, 1.5 in the other.

    Within: 4 * 0.01 = 0.04 on 2 degrees, 0.02. Between: 4 * 0.2^2 = 0.16 on 1 degree, coefficient 4 - 8/4 = 2, so
    (0.16 - 0.02) / 2 = 0.07. Total 0.09, mean 1.2.
    """
    runs = {"a": (0.009, 0.011), "b": (0.013, 0.015)}
    (row,) = list_precision("SNV", [result(0.01, vaf, run=run) for run, values in runs.items() for vaf in values])
    assert (row.factor, row.groups, row.results) == ("run", 2, 4)
    assert row.repeatability.value == pytest.approx(math.sqrt(0.02) / 1.2)
    assert row.between == pytest.approx(math.sqrt(0.07) / 1.2)
    assert row.total.value == pytest.approx(math.sqrt(0.09) / 1.2)
    # Satterthwaite: total = 0.5 * 0.16 + 0.5 * 0.02; 0.09^2 / (0.08^2 / 1 + 0.01^2 / 2) = 1.2558 degrees.
    low, high = bounds(row.total)
    assert low == pytest.approx(math.sqrt(0.09 * 1.2558 / chi2.ppf(0.975, 1.2558)) / 1.2, rel=1e-3)
    assert high == pytest.approx(math.sqrt(0.09 * 1.2558 / chi2.ppf(0.025, 1.2558)) / 1.2, rel=1e-3)


def test_runs_that_do_not_differ_add_nothing() -> None:
    results = [result(0.01, vaf, run=run) for run in "ab" for vaf in (0.008, 0.012)]
    (row,) = list_precision("SNV", results)
    assert row.between == 0.0
    assert row.total.value == row.repeatability.value


def test_unequal_runs_give_unbiased_components() -> None:
    """Over 400 sets with runs of 2 to 5 results, the mean variances are those simulated."""
    rng = np.random.default_rng(5)
    within, between = [], []
    for _ in range(400):
        results = [
            result(0.01, 0.01 * (1.0 + shift + float(rng.normal(0, 0.1))), run=str(run))
            for run, shift in enumerate(rng.normal(0, 0.2, size=6))
            for _ in range(2 + run % 4)
        ]
        (row,) = list_precision("SNV", results)
        mean = float(np.mean([m.vaf / m.expected for m in results if m.vaf is not None]))
        within.append((row.repeatability.value * mean) ** 2)
        between.append((row.between * mean) ** 2)
    assert np.mean(within) == pytest.approx(0.01, rel=0.05)
    assert np.mean(between) == pytest.approx(0.04, rel=0.1)


def test_a_factor_without_replicates_is_left_out() -> None:
    assert list_precision("SNV", [result(0.01, 0.01, run="a"), result(0.01, 0.01, run="b")]) == ()
    assert list_precision("SNV", [result(0.01, 0.01), result(0.01, 0.01)]) == ()
