"""When a change of copies is claimed, and when the share of tumour DNA explains it, by hand and by simulated pairs."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from csfgeno.compartments.fractions import Vector
from csfgeno.monitoring.copy_change import CopyRule, compare_copies, copies_difference, copies_nodes, log2_difference
from csfgeno.records import SerialCopyPoint
from csfgeno.structural.copynumber import copies_of, log2_of
from csfgeno.vocab import CallState
from csfgeno.vocab.serial import CopyEvent, CopyReading, SerialResult

RULE = CopyRule(level=0.95, spread_log2=0.087)
DETECTED, ABSENT, BLIND = CallState.DETECTED, CallState.NOT_DETECTED, CallState.NOT_ASSESSABLE
GAIN, LOSS = CopyEvent.AMPLIFICATION, CopyEvent.DEEP_LOSS
ERROR = 0.06


def point(
    ratio: float,
    fraction: tuple[float, float, float] | None = (0.4, 0.36, 0.44),
    state: CallState = DETECTED,
    error: float = ERROR,
) -> SerialCopyPoint:
    """Return a measured gene with its stated intervals."""
    share = fraction or (None, None, None)
    told = [copies_of(ratio + side * 1.96 * error, share[0]) if share[0] else None for side in (0, -1, 1)]
    return SerialCopyPoint(
        "C", date(2026, 1, 1), state, 0.95, ratio, ratio - 1.96 * error, ratio + 1.96 * error,
        share[0], share[1], share[2], told[0], told[1], told[2], 5.0, 0.3, "other targets", "ab" * 32,
    )  # fmt: skip


def at(copies: float, fraction: float, state: CallState = DETECTED) -> SerialCopyPoint:
    """Return the gene with that many copies at a tumour fraction known to a tenth."""
    return point(log2_of(copies, fraction), (fraction, 0.9 * fraction, 1.1 * fraction), state)


def test_the_difference_holds_both_errors_and_both_runs() -> None:
    found = log2_difference(point(1.0), point(0.4, error=0.1), RULE)
    # sqrt(0.06^2 + 0.1^2 + 2 x 0.087^2) = 0.1695, times 1.96.
    assert found.value == pytest.approx(-0.6)
    assert (found.low, found.high) == pytest.approx((-0.6 - 0.3322, -0.6 + 0.3322), abs=2e-4)


@pytest.mark.parametrize(("gap", "expected"), [(0.29, SerialResult.NO_CHANGE_SHOWN), (0.30, SerialResult.FELL)])
def test_a_change_begins_where_the_interval_leaves_out_0(gap: float, expected: SerialResult) -> None:
    # 1.96 x sqrt(2 x (0.06^2 + 0.087^2)) = 0.2929.
    assert compare_copies(point(1.0), point(1.0 - gap), GAIN, RULE).result is expected


def test_an_interval_of_another_level_is_taken_as_what_it_is() -> None:
    wide = replace(point(1.0), level=0.99, log2_low=1.0 - 2.5758 * ERROR, log2_high=1.0 + 2.5758 * ERROR)
    assert log2_difference(wide, point(0.4), RULE).low == pytest.approx(
        log2_difference(point(1.0), point(0.4), RULE).low, abs=1e-3
    )


@pytest.mark.parametrize(
    ("then", "now", "event", "expected"),
    [
        (point(0.0, state=ABSENT), point(1.5), GAIN, SerialResult.NEWLY_DETECTED),
        (point(0.3, state=BLIND), point(1.5), GAIN, SerialResult.ROSE),
        (point(1.5), point(0.0, state=ABSENT), GAIN, SerialResult.NO_LONGER_DETECTED),
        (point(1.5), point(0.5, state=CallState.INDETERMINATE), GAIN, SerialResult.FELL),
        # A rise to doubt is not claimed, as of alleles.
        (point(0.8), point(1.5, state=CallState.INDETERMINATE), GAIN, SerialResult.NO_CHANGE_SHOWN),
        (point(0.0, state=ABSENT), point(-0.7), LOSS, SerialResult.NEWLY_DETECTED),
        (point(-0.7), point(0.0, state=ABSENT), LOSS, SerialResult.NO_LONGER_DETECTED),
        (point(-0.4), point(-1.0), LOSS, SerialResult.FELL),
        (point(-1.0), point(-0.4), LOSS, SerialResult.ROSE),
        (point(0.0, state=ABSENT), point(0.9, state=ABSENT), GAIN, SerialResult.NOT_COMPARABLE),
        (point(1.0), replace(point(0.0), log2_ratio=None, state=BLIND), GAIN, SerialResult.NOT_COMPARABLE),
    ],
)
def test_a_change_is_named_as_states_and_ratios_say(
    then: SerialCopyPoint, now: SerialCopyPoint, event: CopyEvent, expected: SerialResult
) -> None:
    assert compare_copies(then, now, event, RULE).result is expected


def test_copies_that_changed_at_one_tumour_fraction_are_said_to_have_changed() -> None:
    change = compare_copies(at(12, 0.4), at(5, 0.4), GAIN, RULE)
    assert (change.result, change.reading) == (SerialResult.FELL, CopyReading.COPIES_CHANGED)
    assert change.copies_difference == pytest.approx(-7.0)


@pytest.mark.parametrize("copies", [8.0, 12.0, 30.0])
def test_a_tumour_fraction_that_fell_explains_a_ratio_that_fell(copies: float) -> None:
    change = compare_copies(at(copies, 0.6), at(copies, 0.2), GAIN, RULE)
    assert (change.result, change.reading) == (SerialResult.FELL, CopyReading.FRACTION_MAY_EXPLAIN)
    assert change.copies_difference == pytest.approx(0.0, abs=1e-9)


def test_copies_that_rose_while_the_ratio_fell_do_not_count_as_changed_with_it() -> None:
    change = compare_copies(at(6, 0.8), at(14, 0.1), GAIN, RULE)
    assert (change.result, change.reading) == (SerialResult.FELL, CopyReading.FRACTION_MAY_EXPLAIN)


@pytest.mark.parametrize(
    ("then", "now"),
    [
        (point(1.6, None), point(0.5)),
        (point(1.6), point(0.5, None, BLIND)),
        (point(1.6), replace(point(0.5), tumour_low=None)),
    ],
)
def test_without_a_tumour_fraction_nothing_is_said_of_copies(then: SerialCopyPoint, now: SerialCopyPoint) -> None:
    change = compare_copies(then, now, GAIN, RULE)
    assert (change.result, change.reading) == (SerialResult.FELL, CopyReading.CANNOT_TELL)
    assert change.copies_difference is None


@pytest.mark.parametrize(
    "other", [{"baseline": "normal cells of the patient"}, {"panel_sha256": "cd" * 32}, {"normals_sha256": "ef" * 32}]
)
def test_another_baseline_or_panel_is_never_compared(other: dict[str, str]) -> None:
    change = compare_copies(point(1.6), replace(point(0.2), **other), GAIN, RULE)  # type: ignore[arg-type]
    assert (change.result, change.reading) == (SerialResult.NOT_COMPARABLE, CopyReading.OTHER_BASELINE)
    assert change.log2_difference is None


def test_copies_are_those_of_the_copy_number_stage() -> None:
    sure = replace(point(1.2, (0.3, 0.3, 0.3)), log2_low=1.2, log2_high=1.2)
    assert copies_nodes(sure, replace(RULE, spread_log2=0.0)) == pytest.approx(copies_of(1.2, 0.3))


def drawn_copies(ratio: float, share: tuple[float, float, float], rng: np.random.Generator) -> Vector:
    """Return copies of many runs: the ratio with its error and the spread, the share by its interval on either side."""
    middle, low, high = (np.log(f / (1 - f)) for f in share)
    score = rng.normal(size=200_000)
    fraction = 1 / (1 + np.exp(-(middle + score * np.where(score < 0, middle - low, high - middle) / 1.96)))
    depth = 2 ** (ratio + rng.normal(0, np.hypot(ERROR, RULE.spread_log2), size=200_000))
    return np.asarray(np.maximum(2 * (depth - 1 + fraction) / fraction, 0))


def test_the_interval_of_copies_is_that_of_random_draws() -> None:
    rng = np.random.default_rng(3)
    then, now = (1.4, (0.3, 0.24, 0.37)), (1.0, (0.5, 0.44, 0.56))
    draws = drawn_copies(*now, rng) - drawn_copies(*then, rng)
    found = copies_difference(point(*then), point(*now), RULE)
    assert found
    assert (found.low, found.high) == pytest.approx(np.quantile(draws, (0.025, 0.975)).tolist(), abs=0.12)


@pytest.mark.parametrize(("first", "second"), [(0.5, 0.5), (0.6, 0.15), (0.1, 0.5)])
def test_false_changes_of_copies_are_rarer_than_one_in_twenty(first: float, second: float) -> None:
    """Ten copies on both days: 400 pairs, each run moved by the spread and both errors; chance allows 31 at 5%."""
    rng = np.random.default_rng(int(100 * first + second))
    claimed = 0
    for _ in range(400):
        pair = []
        for true in (first, second):
            seen = 1 / (1 + np.exp(-(np.log(true / (1 - true)) + rng.normal(0, 0.1))))
            low, high = (1 / (1 + np.exp(-(np.log(seen / (1 - seen)) + side * 0.196))) for side in (-1, 1))
            ratio = log2_of(10, true) + rng.normal(0, np.hypot(ERROR, RULE.spread_log2))
            pair.append(point(ratio, (seen, low, high)))
        claimed += compare_copies(pair[0], pair[1], GAIN, RULE).reading is CopyReading.COPIES_CHANGED
    assert claimed <= 31


def test_true_changes_of_copies_are_shown() -> None:
    rng = np.random.default_rng(8)
    ratios = [(log2_of(c, 0.5) + rng.normal(0, 0.1, size=50)).tolist() for c in (20.0, 6.0)]
    pairs = [compare_copies(point(a), point(b), GAIN, RULE).result for a, b in zip(*ratios, strict=True)]
    assert pairs.count(SerialResult.FELL) >= 49
