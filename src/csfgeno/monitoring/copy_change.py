"""Whether the copies of a gene changed between two dates, or only the share of tumour DNA, or neither."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import expit, logit
from scipy.stats import norm

from csfgeno.compartments.fractions import Vector, middle_levels
from csfgeno.records import SerialCopyChange, SerialCopyPoint
from csfgeno.structural.copynumber import NORMAL_COPIES
from csfgeno.vocab import CallState
from csfgeno.vocab.serial import CopyEvent, CopyReading, SerialResult

NODES: Final = 60
SUMMARY_NODES: Final = 200
LEAST_FRACTION: Final = 1e-6
"""Stands for tumour fractions of 0 and, from 1, of 1, which have no logit."""


@dataclass(frozen=True, slots=True)
class CopyRule:
    """When a change is claimed: coverage of the intervals, and spread of a log2 ratio between two runs."""

    level: float
    spread_log2: float


@dataclass(frozen=True, slots=True)
class Difference:
    """The later value less the earlier, with interval."""

    value: float
    low: float
    high: float

    @property
    def sign(self) -> int:
        """1 or -1 if the interval leaves out 0, else 0."""
        return int(self.low > 0.0) - int(self.high < 0.0)


def compare_copies(then: SerialCopyPoint, now: SerialCopyPoint, event: CopyEvent, rule: CopyRule) -> SerialCopyChange:
    """Return how the log2 ratio of the latest point differs from that of an earlier one, and what that says of copies.

    METHOD: a change is claimed only if the interval of the difference of log2 ratios leaves out 0 and the gene is
    called at the end that shows more of the event. A log2 ratio also moves with the tumour fraction, so what it says of
    copies per tumour cell is told apart, see `_reading`.
    """
    blank = SerialCopyChange(then.case_id, SerialResult.NOT_COMPARABLE)
    if CallState.DETECTED not in (then.state, now.state) or then.log2_ratio is None or now.log2_ratio is None:
        return blank
    if _baseline(then) != _baseline(now):
        return SerialCopyChange(then.case_id, SerialResult.NOT_COMPARABLE, CopyReading.OTHER_BASELINE)
    ratio, copies = log2_difference(then, now, rule), copies_difference(then, now, rule)
    result = _decide(then, now, ratio, event)
    return SerialCopyChange(
        since_case_id=then.case_id,
        result=result,
        reading=_reading(ratio, copies) if result is not SerialResult.NO_CHANGE_SHOWN else None,
        log2_difference=ratio.value,
        log2_difference_low=ratio.low,
        log2_difference_high=ratio.high,
        copies_difference=copies.value if copies else None,
        copies_difference_low=copies.low if copies else None,
        copies_difference_high=copies.high if copies else None,
    )


def _baseline(point: SerialCopyPoint) -> tuple[str | None, ...]:
    """Return what a log2 ratio is relative to: the bulk of a panel, and what the depths are compared with."""
    return point.panel_sha256, point.baseline, point.normals_sha256


def log2_difference(then: SerialCopyPoint, now: SerialCopyPoint, rule: CopyRule) -> Difference:
    """Return the later log2 ratio less the earlier.

    METHOD: both estimates are normal with the errors behind their stated intervals; the spread moves each run.
    """
    error = math.hypot(log2_error(then, rule), log2_error(now, rule))
    value = (now.log2_ratio or 0.0) - (then.log2_ratio or 0.0)
    side = _side(rule.level) * error
    return Difference(value, value - side, value + side)


def copies_difference(then: SerialCopyPoint, now: SerialCopyPoint, rule: CopyRule) -> Difference | None:
    """Return the later copies per tumour cell less the earlier, `None` unless both tumour fractions have intervals.

    METHOD: quantiles of the difference of two distributions of copies; each holds the error of the log2 ratio, the
    spread between runs, and the interval of the tumour fraction, taken as normal on the logit scale on either side.
    """
    if then.copies is None or now.copies is None:
        return None
    if None in (then.tumour_low, then.tumour_high, now.tumour_low, now.tumour_high):
        return None
    before, after = copies_nodes(then, rule), copies_nodes(now, rule)
    side = (1.0 - rule.level) / 2.0
    low, high = np.quantile(after[:, None] - before[None, :], (side, 1.0 - side)).tolist()
    return Difference(now.copies - then.copies, low, high)


def log2_error(point: SerialCopyPoint, rule: CopyRule) -> float:
    """Return the standard error of a log2 ratio with the spread of its run; it has an interval."""
    width = (point.log2_high or 0.0) - (point.log2_low or 0.0)
    return math.hypot(width / 2.0 / _side(point.level), rule.spread_log2)


def copies_nodes(point: SerialCopyPoint, rule: CopyRule) -> Vector:
    """Return equally likely copies per tumour cell of a point whose tumour fraction is known, ascending.

    METHOD: c = 2 (2^L - (1 - f)) / f, as `structural.copynumber.copies_of`.
    """
    scores = np.asarray(norm.ppf(middle_levels(NODES)))
    ratio = np.exp2((point.log2_ratio or 0.0) + scores * log2_error(point, rule))
    fraction = _fraction_nodes(point, scores)
    copies = NORMAL_COPIES * (ratio[:, None] - (1.0 - fraction[None, :])) / fraction[None, :]
    return np.quantile(np.maximum(copies, 0.0), middle_levels(SUMMARY_NODES))


def _fraction_nodes(point: SerialCopyPoint, scores: Vector) -> Vector:
    ends = (point.tumour_low or 0.0, point.tumour_fraction or 0.0, point.tumour_high or 0.0)
    low, middle, high = logit(np.clip(ends, LEAST_FRACTION, 1.0 - LEAST_FRACTION)).tolist()
    width = np.where(scores < 0, middle - low, high - middle) / _side(point.level)
    return np.asarray(expit(middle + scores * width), np.float64)


def _side(level: float) -> float:
    return float(norm.ppf((1.0 + level) / 2.0))


def _reading(ratio: Difference, copies: Difference | None) -> CopyReading:
    """Return what a change of the log2 ratio says of copies per tumour cell.

    METHOD: copies are said to have changed only if their own difference, with both tumour fractions and their
    intervals, leaves out 0 to the same side; else the tumour fraction may explain the change.
    """
    if copies is None:
        return CopyReading.CANNOT_TELL
    return CopyReading.COPIES_CHANGED if copies.sign == ratio.sign else CopyReading.FRACTION_MAY_EXPLAIN


def _decide(then: SerialCopyPoint, now: SerialCopyPoint, ratio: Difference, event: CopyEvent) -> SerialResult:
    towards = ratio.sign if event is CopyEvent.AMPLIFICATION else -ratio.sign
    moved = SerialResult.ROSE if ratio.sign > 0 else SerialResult.FELL
    if towards > 0 and now.state is CallState.DETECTED:
        return SerialResult.NEWLY_DETECTED if then.state is CallState.NOT_DETECTED else moved
    if towards < 0 and then.state is CallState.DETECTED:
        return SerialResult.NO_LONGER_DETECTED if now.state is CallState.NOT_DETECTED else moved
    return SerialResult.NO_CHANGE_SHOWN
