"""A validation as one self-contained HTML page."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from csfgeno.records import Setting
from csfgeno.report import numerals
from csfgeno.report.jinja import environment, style_sheet
from csfgeno.report.sentences import load_sentences
from csfgeno.thresholds import StudyThresholds, describe
from csfgeno.validation.curve import HitPlot, draw_hits
from csfgeno.validation.estimates import Estimate
from csfgeno.validation.kit import NEAR_LIMIT, ClassResult, Validation
from csfgeno.validation.levels import Level
from csfgeno.validation.precision import Precision

GOALS = ("lod_power", "loq_total_error", "min_blanks", "min_level_replicates")
"""Thresholds that a validation uses."""

NONE = "not known"


@dataclass(frozen=True, slots=True)
class LimitRow:
    """Limits of one class as text."""

    klass: str
    lob: str
    blanks: str
    lod: str
    observed: str
    loq: str
    classical: str


@dataclass(frozen=True, slots=True)
class LevelRow:
    """One level as text."""

    expected: str
    hits: str
    share: str
    unclear: str
    bias: str
    cv: str
    error: str
    is_preliminary: bool


@dataclass(frozen=True, slots=True)
class PrecisionRow:
    """One factor at one level as text."""

    expected: str
    factor: str
    results: str
    repeatability: str
    between: str
    total: str


@dataclass(frozen=True, slots=True)
class ClassView:
    """One class with its drawing and tables."""

    name: str
    plot: HitPlot | None
    levels: tuple[LevelRow, ...]
    precision: tuple[PrecisionRow, ...]


@dataclass(frozen=True, slots=True)
class ValidationView:
    """Everything that the page shows."""

    facts: tuple[tuple[str, str], ...]
    limits: tuple[LimitRow, ...]
    classes: tuple[ClassView, ...]
    goals: tuple[Setting, ...]


def render_validation(validation: Validation, thresholds: StudyThresholds) -> bytes:
    """Return the page; everything is escaped."""
    template = environment().get_template("validation.html.j2")
    view = build_view(validation, thresholds)
    return template.render(view=view, say=load_sentences("en"), style=style_sheet()).encode()


def build_view(validation: Validation, thresholds: StudyThresholds) -> ValidationView:
    """Return what the page shows."""
    return ValidationView(
        facts=tuple(_facts(validation)),
        limits=tuple(_limit_row(result, thresholds) for result in validation.classes),
        classes=tuple(_class_view(i, result, thresholds) for i, result in enumerate(validation.classes)),
        goals=tuple(setting for setting in describe(thresholds, {}) if setting.name in GOALS),
    )


def _facts(validation: Validation) -> list[tuple[str, str]]:
    facts = [("Assay", assay) for assay in validation.assays]
    facts.append(("Samples and results", f"{validation.samples} and {len(validation.measurements)}"))
    if blank := validation.blank:
        negatives = blank.negatives.estimate
        facts += [
            ("Blanks", f"{blank.blanks}"),
            ("Hotspot calls a blank", _number(blank.hotspot_calls)),
            ("Other calls a blank", _number(blank.other_calls)),
            (
                "Hotspots of blanks without a call",
                f"{blank.negatives.hits}/{blank.negatives.total}, {_share(negatives)}",
            ),
        ]
    near = validation.stated_limits
    name = f"Detected at 1 to {NEAR_LIMIT:g} times the limit that the reports state"
    facts.append((name, f"{near.hits}/{near.total}, {_share(near.estimate)}" if near.total else NONE))
    return facts


def _limit_row(result: ClassResult, thresholds: StudyThresholds) -> LimitRow:
    own = result.limits
    few = " (preliminary)" if own.blanks < thresholds.min_blanks else ""
    classical = (own.lob_classical, own.lod_classical)
    return LimitRow(
        klass=own.klass,
        lob=_share(own.lob),
        blanks=f"{own.blanks}{few}",
        lod=_share(own.lod),
        observed=_percent(own.lod_observed),
        loq=_percent(result.loq),
        classical=" and ".join(map(_percent, classical)),
    )


def _class_view(number: int, result: ClassResult, thresholds: StudyThresholds) -> ClassView:
    return ClassView(
        name=result.limits.klass,
        plot=draw_hits(result, number),
        levels=tuple(_level_row(level, thresholds) for level in result.levels),
        precision=tuple(_precision_row(row) for row in result.precision),
    )


def _level_row(level: Level, thresholds: StudyThresholds) -> LevelRow:
    error = level.total_error
    return LevelRow(
        expected=numerals.percent(level.expected),
        hits=f"{level.hits.hits}/{level.hits.total}",
        share=_share(level.hits.estimate),
        unclear=f"{level.indeterminate} and {level.not_assessable}",
        bias=_signed(level.bias),
        cv=_share(level.cv),
        error=_percent(error),
        is_preliminary=level.is_preliminary(thresholds),
    )


def _precision_row(row: Precision) -> PrecisionRow:
    return PrecisionRow(
        expected=numerals.percent(row.expected),
        factor=row.factor,
        results=f"{row.results} in {row.groups}",
        repeatability=_share(row.repeatability),
        between=numerals.percent(row.between),
        total=_share(row.total),
    )


def _percent(value: float | None) -> str:
    return NONE if value is None else numerals.percent(value)


def _share(estimate: Estimate | None) -> str:
    if estimate is None:
        return NONE
    return f"{numerals.percent(estimate.value)} ({_bounds((estimate.low, estimate.high), numerals.percent)})"


def _signed(estimate: Estimate | None) -> str:
    if estimate is None:
        return NONE
    texts = [None if value is None else 100 * value for value in (estimate.value, estimate.low, estimate.high)]
    first, *bounds = ("?" if text is None else f"{text:+.1f}%" for text in texts)
    return f"{first} ({' to '.join(bounds)})"


def _number(estimate: Estimate) -> str:
    return f"{estimate.value:.3g} ({_bounds((estimate.low, estimate.high), '{:.3g}'.format)})"


def _bounds(bounds: Sequence[float | None], write: Callable[[float], str]) -> str:
    return " to ".join("?" if bound is None else write(bound) for bound in bounds)
