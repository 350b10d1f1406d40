"""Measurements and whole plans whose truth is known."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from csfgeno.records import CaseReport
from csfgeno.report.document import to_json
from csfgeno.validation.estimates import Estimate
from csfgeno.validation.measurements import Measurement
from csfgeno.validation.plan import Sample
from csfgeno.vocab import CallState, SpecimenKind
from tests.report.report_cases import CSF, make_call, make_finding, make_report, tube
from tests.report.report_cases import T790M as ALLELE

DETECTED, ABSENT = CallState.DETECTED, CallState.NOT_DETECTED


def result(
    expected: float,
    vaf: float | None,
    state: CallState = DETECTED,
    *,
    variant: str = "V",
    klass: str = "SNV",
    lod95: float | None = None,
    **conditions: str,
) -> Measurement:
    """Return a measurement of 1,000 molecules."""
    sample = Sample(Path("a.json"), "m", SpecimenKind.CSF, conditions)
    alt = None if vaf is None else round(1000 * vaf)
    return Measurement(sample, variant, klass, expected, state, 1000, alt, vaf, lod95)


def bounds(estimate: Estimate | None) -> tuple[float, float]:
    """Return both bounds of an estimate that must have them."""
    assert estimate is not None
    assert estimate.low is not None
    assert estimate.high is not None
    return estimate.low, estimate.high


def series(levels: Mapping[float, tuple[int, int]]) -> tuple[Measurement, ...]:
    """Return results of which `hits` of `total` are detected at each level."""
    return tuple(
        result(level, level, DETECTED if i < hits else ABSENT)
        for level, (hits, total) in levels.items()
        for i in range(total)
    )


def case_of(depth: int, alt: int, name: str) -> CaseReport:
    """Return a case with T790M detected from three molecules on, and its hotspot."""
    state = DETECTED if alt >= 3 else ABSENT
    call = make_call(CSF, state, depth, alt, lod95=7.75 / depth)
    findings = (make_finding(ALLELE, call, hotspot="EGFR_T790M"),) if alt else ()
    report = make_report((tube(CSF),), findings, states={(CSF, "EGFR_T790M"): (state, depth, 7.75 / depth)})
    alleles = (ALLELE,) if alt else ()
    hotspots = tuple(
        replace(h, alt=alt, alleles=alleles) if h.hotspot_id == "EGFR_T790M" else h for h in report.hotspots
    )
    return replace(report, hotspots=hotspots, case=replace(report.case, case_id=name))


def write_kit(folder: Path, variant: str, *, seed: int = 7, depth: int = 1000) -> tuple[Path, Path]:
    """Write 60 blanks and 20 replicates of five levels, with binomial molecules; return both tables."""
    rng = np.random.default_rng(seed)
    levels = {"blank": 0.0, "d1": 0.001, "d2": 0.002, "d3": 0.004, "d4": 0.008, "d5": 0.016}
    lines = ["report\tmaterial\trun\tday\toperator"]
    for material, vaf in levels.items():
        for i in range(20 if vaf else 60):
            name = f"{material}-{i}"
            (folder / f"{name}.json").write_bytes(to_json(case_of(depth, int(rng.binomial(depth, vaf)), name)))
            lines.append(f"{name}.json\t{material}\trun{i % 4}\tday{i % 2}\top{i % 3}")
    materials = ["material\tvariant\tvaf_percent", "blank\tnone\t"]
    materials += [f"{name}\t{variant}\t{100 * vaf:g}" for name, vaf in levels.items() if vaf]
    return _write(folder / "samples.tsv", lines), _write(folder / "materials.tsv", materials)


def _write(path: Path, lines: Iterable[str]) -> Path:
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture(scope="session")
def kit(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Both tables of a validation by hotspot id, with its reports beside them."""
    return write_kit(tmp_path_factory.mktemp("kit"), "EGFR_T790M")
