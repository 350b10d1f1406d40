"""The TSV files of a validation; `docs/validation-kit.md` lists their columns."""

from collections.abc import Callable, Iterator
from typing import Final

from csfgeno.report.columns import Column, Row
from csfgeno.report.tables import table
from csfgeno.validation.estimates import Estimate
from csfgeno.validation.kit import ClassResult, Validation
from csfgeno.validation.levels import Level
from csfgeno.validation.measurements import BlankCalls, Measurement
from csfgeno.validation.precision import Precision


def _estimate(name: str, unit: str, definition: str, get: Callable[[Row], Estimate | None]) -> Iterator[Column[Row]]:
    """Yield three columns: a value and the bounds of its 95% interval."""

    def part(row: Row, of: Callable[[Estimate], float | None]) -> float | None:
        estimate = get(row)
        return of(estimate) if estimate else None

    yield Column(name, unit, definition, lambda row: part(row, lambda e: e.value))
    yield Column(f"{name}_low", unit, f"Lower end of the interval of {name}", lambda row: part(row, lambda e: e.low))
    yield Column(f"{name}_high", unit, f"Upper end of the interval of {name}", lambda row: part(row, lambda e: e.high))


MEASUREMENT_COLUMNS: Final[tuple[Column[Measurement], ...]] = (
    Column("report", "", "Case JSON", lambda m: m.sample.report.name),
    Column("specimen", "", "csf, plasma, tissue or normal", lambda m: m.sample.specimen),
    Column("material", "", "Material of the sample", lambda m: m.sample.material),
    Column("run", "", "Run of the sample, as given", lambda m: m.sample.conditions.get("run")),
    Column("day", "", "Day of the sample, as given", lambda m: m.sample.conditions.get("day")),
    Column("operator", "", "Operator of the sample, as given", lambda m: m.sample.conditions.get("operator")),
    Column("variant", "", "Allele, or id of the hotspot", lambda m: m.variant),
    Column("class", "", "Class of variants", lambda m: m.klass),
    Column("expected", "fraction", "VAF of the material; 0 in a blank", lambda m: m.expected),
    Column("state", "", "DETECTED, NOT_DETECTED, INDETERMINATE or NOT_ASSESSABLE", lambda m: m.state),
    Column("depth", "molecules", "Molecules usable at the site", lambda m: m.depth),
    Column("alt_molecules", "molecules", "Molecules that show the variant", lambda m: m.alt),
    Column("vaf", "fraction", "VAF that the report states, else alt / depth", lambda m: m.vaf),
    Column("lod95", "fraction", "Limit of detection that the report states", lambda m: m.lod95),
)

LIMIT_COLUMNS: Final[tuple[Column[ClassResult], ...]] = (
    Column("class", "", "Class of variants, or all", lambda c: c.limits.klass),
    Column("blanks", "results", "Blank results behind the limit of blank", lambda c: c.limits.blanks),
    *_estimate("lob", "fraction", "95th percentile of the blank results", lambda c: c.limits.lob),
    *_estimate("lod", "fraction", "VAF detected with lod_power, by probit", lambda c: c.limits.lod),
    Column("fit_p", "", "p-value of the probit curve", lambda c: c.limits.curve.fit_p if c.limits.curve else None),
    Column("lod_observed", "fraction", "Lowest level that reaches lod_power", lambda c: c.limits.lod_observed),
    Column("loq", "fraction", "Lowest level that meets loq_total_error", lambda c: c.loq),
    Column("lob_classical", "fraction", "Mean + 1.645 SD of the blank results", lambda c: c.limits.lob_classical),
    Column("lod_classical", "fraction", "The same + 1.645 SD of the lowest level", lambda c: c.limits.lod_classical),
)

LEVEL_COLUMNS: Final[tuple[Column[Level], ...]] = (
    Column("class", "", "Class of variants, or all", lambda v: v.klass),
    Column("expected", "fraction", "VAF of the material", lambda v: v.expected),
    Column("detected", "results", "Results DETECTED", lambda v: v.hits.hits),
    Column("answered", "results", "Results with an answer, indeterminate ones among them", lambda v: v.hits.total),
    *_estimate("hit_rate", "fraction", "detected / answered", lambda v: v.hits.estimate),
    Column("indeterminate", "results", "Results INDETERMINATE", lambda v: v.indeterminate),
    Column("not_assessable", "results", "Results without an answer", lambda v: v.not_assessable),
    *_estimate("bias", "fraction", "Mean of measured over expected VAF, minus 1", lambda v: v.bias),
    *_estimate("cv", "fraction", "SD over mean of measured over expected VAF", lambda v: v.cv),
    Column("total_error", "fraction", "|bias| + 1.645 cv", lambda v: v.total_error),
)

PRECISION_COLUMNS: Final[tuple[Column[Precision], ...]] = (
    Column("class", "", "Class of variants, or all", lambda p: p.klass),
    Column("expected", "fraction", "VAF of the material", lambda p: p.expected),
    Column("factor", "", "run, day or operator", lambda p: p.factor),
    Column("groups", "groups", "Runs, days or operators, of each variant by itself", lambda p: p.groups),
    Column("results", "results", "Results behind the row", lambda p: p.results),
    *_estimate("repeatability", "CV", "Spread within a group", lambda p: p.repeatability),
    Column("between", "CV", "Spread that groups add", lambda p: p.between),
    *_estimate("total", "CV", "Both together", lambda p: p.total),
)

BLANK_COLUMNS: Final[tuple[Column[BlankCalls], ...]] = (
    Column("report", "", "Case JSON", lambda b: b.sample.report.name),
    Column("specimen", "", "csf, plasma, tissue or normal", lambda b: b.sample.specimen),
    Column("material", "", "Material of the sample", lambda b: b.sample.material),
    Column("hotspots", "hotspots", "Hotspots with an answer", lambda b: b.hotspots),
    Column("hotspot_calls", "hotspots", "Of those, detected", lambda b: len(b.detected)),
    Column("hotspot_ids", "", "Which, `;` between them", lambda b: ";".join(b.detected)),
    Column("other_calls", "alleles", "Other alleles, not inherited and of no blood clone", lambda b: len(b.alleles)),
    Column("alleles", "", "Which, `;` between them", lambda b: ";".join(b.alleles)),
)


def render_tables(validation: Validation) -> dict[str, bytes]:
    """Return every TSV file by its name."""
    levels = [level for result in validation.classes for level in result.levels]
    precision = [row for result in validation.classes for row in result.precision]
    return {
        "measurements.tsv": table(MEASUREMENT_COLUMNS, validation.measurements),
        "limits.tsv": table(LIMIT_COLUMNS, validation.classes),
        "levels.tsv": table(LEVEL_COLUMNS, levels),
        "precision.tsv": table(PRECISION_COLUMNS, precision),
        "blanks.tsv": table(BLANK_COLUMNS, validation.blank_calls),
    }
