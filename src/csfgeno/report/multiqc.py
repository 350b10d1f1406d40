"""Custom content for MultiQC: a table row and two curves a specimen; those of all cases meet in one section each."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from csfgeno.records import CaseReport, Specimen, SpecimenQc
from csfgeno.report.metrics import FRACTION, METRICS, Metric

SECTION: Final = "csfgeno"

_MEASURED: Final = ("mL", "ng", "mean read pairs")
"""Units of values that are no whole numbers."""


def to_multiqc(report: CaseReport) -> bytes:
    """Return the `_mqc.json` file of a case: verdict and measures of each specimen, with their definitions.

    Fractions are percent, as MultiQC shows them; what is unknown is left out.
    """
    content = {
        "id": SECTION,
        "section_name": "csfgeno",
        "description": "Molecules, fragments and reads of each specimen, as csfgeno counted them.",
        "plot_type": "table",
        "pconfig": {"id": f"{SECTION}_table", "title": "csfgeno: quality of specimens", "namespace": "csfgeno"},
        "headers": {"verdict": _VERDICT} | {metric.name: _header(metric) for metric in METRICS},
        "data": dict(_row(report, specimen, qc) for specimen, qc in _specimens(report)),
    }
    return _encode(content)


def to_family_curve(report: CaseReport) -> bytes:
    """Return the `_mqc.json` file of family sizes: percent of strand families by the read pairs behind them."""
    curves = {
        _name(report, specimen): _percent(1, 1, map(sum, zip(f.strand_a, f.strand_b, strict=True)))
        for specimen, qc in _specimens(report)
        if (f := qc.family_sizes)
    }
    text = "Strand families by the read pairs behind them; the last point holds all that are larger."
    return _curves("families", "family sizes", text, "read pairs", "strand families", curves)


def to_length_curve(report: CaseReport) -> bytes:
    """Return the `_mqc.json` file of fragment lengths: percent of molecules by the middle of each bin in bp."""
    curves = {
        _name(report, specimen): _percent(f.first_bp + f.bin_bp // 2, f.bin_bp, f.counts)
        for specimen, qc in _specimens(report)
        if (f := qc.fragment_lengths)
    }
    text = "Molecules by the length of their DNA fragment, for those whose two ends are known."
    return _curves("lengths", "fragment lengths", text, "bp", "molecules", curves)


def _curves(
    name: str, title: str, description: str, across: str, counted: str, curves: Mapping[str, Mapping[int, float]]
) -> bytes:
    axes = {"xlab": across, "ylab": f"percent of {counted}", "ymin": 0}
    content = {
        "id": f"{SECTION}_{name}",
        "section_name": f"csfgeno: {title}",
        "description": description,
        "plot_type": "linegraph",
        "pconfig": {"id": f"{SECTION}_{name}_plot", "title": f"csfgeno: {title}", **axes},
        "data": {specimen: curve for specimen, curve in curves.items() if curve},
    }
    return _encode(content)


def _percent(first: int, step: int, counts: Iterable[int]) -> dict[int, float]:
    """Return `{x: percent}` of a histogram, empty without anything in it."""
    known = list(counts)
    total = sum(known)
    return {first + step * i: 100.0 * count / total for i, count in enumerate(known)} if total else {}


def _encode(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False).encode() + b"\n"


def _name(report: CaseReport, specimen: Specimen) -> str:
    return f"{report.case.case_id} {specimen.kind}"


_VERDICT: Final = {"title": "Verdict", "description": "Quality of the specimen: PASS, LIMITED or FAIL"}


def _specimens(report: CaseReport) -> list[tuple[Specimen, SpecimenQc]]:
    found = ((report.case.specimen(qc.specimen), qc) for qc in report.qc)
    return [(specimen, qc) for specimen, qc in found if specimen]


def _row(report: CaseReport, specimen: Specimen, qc: SpecimenQc) -> tuple[str, dict[str, Any]]:
    values = {metric.name: _value(metric, specimen, qc) for metric in METRICS}
    known = {name: value for name, value in values.items() if value is not None}
    return _name(report, specimen), {"verdict": qc.verdict.value} | known


def _value(metric: Metric, specimen: Specimen, qc: SpecimenQc) -> float | int | None:
    value = metric.value(specimen, qc)
    return 100.0 * value if value is not None and metric.unit == FRACTION else value


def _header(metric: Metric) -> dict[str, Any]:
    definition = metric.definition.replace("`", "")
    title = metric.name.replace("_", " ").capitalize()
    if metric.unit == FRACTION:
        denominator = metric.denominator.replace("`", "")
        shown = {"suffix": "%", "min": 0, "max": 100, "format": "{:,.2f}"}
        return {"title": title, "description": f"{definition}, of {denominator}", **shown}
    digits = 1 if metric.unit in _MEASURED else 0
    return {"title": title, "description": f"{definition} ({metric.unit})", "min": 0, "format": f"{{:,.{digits}f}}"}
