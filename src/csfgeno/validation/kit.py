"""All tables of a validation, from its plan and the case reports that the plan names."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from csfgeno.thresholds import StudyThresholds
from csfgeno.validation.detection import Limits, find_limits
from csfgeno.validation.estimates import Estimate, Share, rate_of
from csfgeno.validation.levels import Level, limit_of_quantitation, list_levels
from csfgeno.validation.measurements import BlankCalls, Measured, Measurement
from csfgeno.validation.precision import Precision, list_precision

ALL: Final = "all"
"""Class of all variants together."""

NEAR_LIMIT: Final = 2.0
"""Stated limits are checked with results whose fraction is from the limit to this many times it."""


@dataclass(frozen=True, slots=True)
class ClassResult:
    """One class of variants: its limits, and its limit of quantitation, `None` where no level meets the goal."""

    limits: Limits
    loq: float | None
    levels: tuple[Level, ...]
    precision: tuple[Precision, ...]


@dataclass(frozen=True, slots=True)
class BlankResult:
    """False calls in blanks: in all of them, hotspots and other alleles, and the share of hotspots without a call."""

    blanks: int
    hotspot_calls: Estimate
    other_calls: Estimate
    negatives: Share


@dataclass(frozen=True, slots=True)
class Validation:
    """Everything that a validation found.

    Attributes
    ----------
    classes
        `ALL` first, then each class by name; a single class stands only as `ALL`.
    blank
        `None` without blanks.
    stated_limits
        Detected of the results whose expected fraction is at least the LoD95 that their report states and less than
        `NEAR_LIMIT` times it.
    """

    assays: tuple[str, ...]
    samples: int
    measurements: tuple[Measurement, ...]
    classes: tuple[ClassResult, ...]
    blank_calls: tuple[BlankCalls, ...]
    blank: BlankResult | None
    stated_limits: Share


def validate(measured: Measured, thresholds: StudyThresholds) -> Validation:
    """Return all tables of what was measured."""
    every = measured.measurements
    names = sorted({m.klass for m in every})
    groups = {ALL: every} | ({name: tuple(m for m in every if m.klass == name) for name in names if len(names) > 1})
    return Validation(
        assays=measured.assays,
        samples=len({(m.sample.report, m.sample.specimen) for m in every}),
        measurements=every,
        classes=tuple(_class_result(name, group, thresholds) for name, group in groups.items()),
        blank_calls=measured.blanks,
        blank=_blank_result(measured.blanks) if measured.blanks else None,
        stated_limits=_stated(every),
    )


def _class_result(name: str, group: Sequence[Measurement], thresholds: StudyThresholds) -> ClassResult:
    levels = list_levels(name, group)
    limits = find_limits(name, group, thresholds.lod_power)
    return ClassResult(limits, limit_of_quantitation(levels, thresholds), levels, list_precision(name, group))


def _blank_result(blanks: Sequence[BlankCalls]) -> BlankResult:
    hotspots, detected = sum(b.hotspots for b in blanks), sum(len(b.detected) for b in blanks)
    return BlankResult(
        blanks=len(blanks),
        hotspot_calls=rate_of(detected, len(blanks)),
        other_calls=rate_of(sum(len(b.alleles) for b in blanks), len(blanks)),
        negatives=Share(hotspots - detected, hotspots),
    )


def _stated(every: Sequence[Measurement]) -> Share:
    near = [m for m in every if m.lod95 and m.is_assessed and m.lod95 <= m.expected < NEAR_LIMIT * m.lod95]
    return Share(sum(m.is_hit for m in near), len(near))
