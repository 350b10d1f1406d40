"""What the report says of changes on the same molecule."""

from dataclasses import replace

import pytest

from csfgeno.records import CaseReport, Phase, PhaseCounts
from csfgeno.report.document import parse_report, to_json
from csfgeno.report.page import render_html
from csfgeno.vocab import PhaseState, SpecimenKind

from .html_outline import parse
from .report_cases import driver_positive


def with_phase(state: PhaseState, both: int, first: int, second: int) -> CaseReport:
    report = driver_positive()
    actionable = [f.allele for f in report.findings if f.biomarker_ids or f.hotspot_ids]
    counts = PhaseCounts(SpecimenKind.CSF, state, both, first, second, 900)
    return replace(report, phases=(Phase(actionable[0], actionable[1], (counts,)),))


@pytest.mark.parametrize(
    ("state", "counts", "words"),
    [
        (PhaseState.CIS, (41, 60, 2), "on the same molecule in 41 of 43 informative molecules in CSF (cis)"),
        (
            PhaseState.TRANS,
            (0, 60, 20),
            "on different molecules: 0 of 20 informative molecules in CSF show both (trans)",
        ),
        (PhaseState.MIXED, (10, 60, 20), "in cis in some cells, not in others"),
        (PhaseState.UNDETERMINED, (1, 0, 0), "cannot be told in CSF: 1 of 1 informative molecule show both"),
    ],
)
def test_the_first_page_states_the_phase_with_its_counts(
    state: PhaseState, counts: tuple[int, int, int], words: str
) -> None:
    page = parse(render_html(with_phase(state, *counts)).decode())
    assert words in " ".join(page.by_id("answer").text().split())


def test_the_phase_survives_the_document() -> None:
    report = with_phase(PhaseState.CIS, 41, 60, 2)
    assert parse_report(to_json(report), name="case.json") == report
