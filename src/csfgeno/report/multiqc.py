"""Custom content for MultiQC: one table row a specimen; the rows of all cases meet in one section."""

import json
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
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False).encode() + b"\n"


_VERDICT: Final = {"title": "Verdict", "description": "Quality of the specimen: PASS, LIMITED or FAIL"}


def _specimens(report: CaseReport) -> list[tuple[Specimen, SpecimenQc]]:
    found = ((report.case.specimen(qc.specimen), qc) for qc in report.qc)
    return [(specimen, qc) for specimen, qc in found if specimen]


def _row(report: CaseReport, specimen: Specimen, qc: SpecimenQc) -> tuple[str, dict[str, Any]]:
    values = {metric.name: _value(metric, specimen, qc) for metric in METRICS}
    known = {name: value for name, value in values.items() if value is not None}
    return f"{report.case.case_id} {specimen.kind}", {"verdict": qc.verdict.value} | known


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
