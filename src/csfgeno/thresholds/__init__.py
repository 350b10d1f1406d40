"""Every threshold of csfgeno: value, unit, direction, meaning and source, in one table.

The fields of `Thresholds` are the table, written by stage in the modules beside this one. The VCF header, the methods
section of the report and `--dry-run` are generated from it, and every value can be set with `--set NAME=VALUE` or in
the case file.
"""

from collections.abc import Iterator, Mapping
from dataclasses import Field, dataclass, fields, replace
from typing import Any, TypeVar

from csfgeno.errors import SettingsError
from csfgeno.records import Setting
from csfgeno.thresholds.calling import CallingThresholds
from csfgeno.thresholds.comparison import ComparisonThresholds
from csfgeno.thresholds.molecules import MoleculeThresholds
from csfgeno.thresholds.quality import QualityThresholds
from csfgeno.thresholds.report import ReportThresholds
from csfgeno.thresholds.serial import SerialThresholds
from csfgeno.thresholds.structural import StructuralThresholds
from csfgeno.thresholds.validation import ValidationThresholds

Number = float | int


@dataclass(frozen=True)
class Thresholds(
    StructuralThresholds,
    SerialThresholds,
    ComparisonThresholds,
    ReportThresholds,
    QualityThresholds,
    CallingThresholds,
    MoleculeThresholds,
):
    """The thresholds of one run; `low` and `high` bound what a user may set."""


@dataclass(frozen=True)
class StudyThresholds(Thresholds, ValidationThresholds):
    """The thresholds of a laboratory's validation: those of a run, and its goals."""


DEFAULTS = Thresholds()
STUDY_DEFAULTS = StudyThresholds()

Table = TypeVar("Table", bound=Thresholds)


def describe(thresholds: Thresholds, origins: Mapping[str, str]) -> tuple[Setting, ...]:
    """Return the table of thresholds as used, each with its default and where its value came from."""
    return tuple(
        Setting(
            name=f.name,
            value=getattr(thresholds, f.name),
            default=getattr(STUDY_DEFAULTS, f.name),
            unit=f.metadata["unit"],
            meaning=f.metadata["meaning"],
            source=f.metadata["source"],
            origin=origins.get(f.name, "default"),
        )
        for f in fields(thresholds)
    )


def stage_of(name: str) -> str:
    """Return what the group of a threshold is about: the first sentence of the class that declares it."""
    owner = next(group for group in StudyThresholds.__mro__ if name in vars(group).get("__annotations__", {}))
    return (owner.__doc__ or "").partition("\n")[0]


def bounds_of(name: str) -> tuple[Number, Number]:
    """Return the least and the largest value that a user may set."""
    known = next(f for f in fields(StudyThresholds) if f.name == name)
    return known.metadata["low"], known.metadata["high"]


def override(thresholds: Table, values: Mapping[str, object]) -> Table:
    """Return `thresholds` with some values replaced.

    Raises
    ------
    SettingsError
        For an unknown name, a value that is not a number, or one outside its bounds.
    """
    known: dict[str, Field[Any]] = {f.name: f for f in fields(thresholds)}
    checked: dict[str, Any] = {}
    for name, value in values.items():
        if name not in known:
            raise SettingsError(f"unknown setting '{name}'; known settings: {', '.join(sorted(known))}")
        checked[name] = _checked(known[name], value)
    return replace(thresholds, **checked)


def parse_assignments(texts: Iterator[str] | tuple[str, ...]) -> dict[str, str]:
    """Return `{name: text}` of `NAME=VALUE` texts.

    Raises
    ------
    SettingsError
        If a text has no `=`.
    """
    pairs = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise SettingsError(f"'{text}' is not NAME=VALUE")
        pairs[name.strip()] = value.strip()
    return pairs


def _checked(known: Field[Any], value: object) -> Number:
    cast = type(getattr(STUDY_DEFAULTS, known.name))
    low, high, unit = known.metadata["low"], known.metadata["high"], known.metadata["unit"]
    try:
        number: Number = cast(str(value))
    except ValueError:
        raise SettingsError(f"setting '{known.name}' is '{value}'; expected {cast.__name__} in {unit}") from None
    if not low <= number <= high:
        raise SettingsError(f"setting '{known.name}' is {number} {unit}; expected {low} to {high}")
    return number
