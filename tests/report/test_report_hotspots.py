"""Hotspot groups: the worst member speaks for the group, and nothing is passed over."""

from dataclasses import replace
from itertools import product

import pytest

from csfgeno.records import CaseReport
from csfgeno.report.hotspots import FAILED, UNREPORTED, group_results, hotspot_matrix, standing_state
from csfgeno.report.sentences import load_sentences
from csfgeno.report.view.front import build_front
from csfgeno.report.view.negatives import build_negatives, doubts
from csfgeno.report.view.therapies import build_therapies
from csfgeno.vocab import CallState, QcVerdict, SpecimenKind

from .report_cases import CSF, PLASMA, TISSUE, adequate_negative, driver_positive, make_call, make_qc, make_report, tube

SAY = load_sentences("en", power="95", level="95")
PAIRS = tuple(product(CallState, repeat=2))
DETECTED, NOT_DETECTED, INDETERMINATE, BLIND = (
    CallState.DETECTED,
    CallState.NOT_DETECTED,
    CallState.INDETERMINATE,
    CallState.NOT_ASSESSABLE,
)


def kras(first: CallState, second: CallState) -> CaseReport:
    """Return a CSF case whose KRAS group has two members in these states."""
    states = {(CSF, "KRAS_G12C"): (first, 900, 0.004), (CSF, "KRAS_Q61X"): (second, 300, 0.02)}
    return make_report((tube(CSF),), states=states)


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_a_group_is_negative_only_if_every_member_is(first: CallState, second: CallState) -> None:
    group = next(g for g in group_results(kras(first, second), CSF) if g.group == "KRAS G12/G13/Q61")
    assert (group.state is NOT_DETECTED) == (first is second is NOT_DETECTED)
    assert (group.state is DETECTED) == (DETECTED in (first, second))
    assert (group.depth, group.lod95) == (300, 0.02)


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_no_doubtful_member_is_hidden_by_another(first: CallState, second: CallState) -> None:
    report = kras(first, second)
    named = {label for d in doubts(report, CSF) for label in d.group.labels(d.state) if label.startswith("KRAS")}
    expected = {
        label for label, state in (("KRAS G12C", first), ("KRAS Q61X", second)) if state in (INDETERMINATE, BLIND)
    }
    assert named == expected


def test_the_front_page_accounts_for_every_group() -> None:
    report = driver_positive()
    front = build_front(report, build_therapies(report, SAY), SAY)
    told = {n.group for n in front.negatives} | {name for d in front.doubtful for name in d.names}
    found = {g.group for g in group_results(report, CSF) if g.state is DETECTED}
    assert told | found == {g.group for g in group_results(report, CSF)}


def test_a_hotspot_without_a_result_is_not_assessable() -> None:
    report = replace(adequate_negative(), hotspots=())
    pairs = list(hotspot_matrix(report))
    assert len(pairs) == len(report.panel.hotspots) * 4
    assert all(result.state is BLIND and result.reason == UNREPORTED for _, result in pairs)


def test_a_failed_specimen_has_no_negative() -> None:
    qc = (make_qc(CSF), make_qc(PLASMA, verdict=QcVerdict.FAIL))
    report = make_report((tube(CSF), tube(PLASMA)), qc=qc)
    assert {g.state for g in group_results(report, CSF)} == {NOT_DETECTED}
    assert {g.state for g in group_results(report, PLASMA)} == {BLIND}
    assert any(FAILED in sentence for sentence in build_negatives(report, SAY).doubts)


@pytest.mark.parametrize("kind", SpecimenKind)
def test_a_failed_case_has_no_negative_but_keeps_what_was_found(kind: SpecimenKind) -> None:
    report = replace(adequate_negative(), verdict=QcVerdict.FAIL)
    assert standing_state(make_call(kind, NOT_DETECTED, 900, 0), report) is BLIND
    assert standing_state(make_call(kind, DETECTED, 900, 9), report) is DETECTED


def test_a_negative_without_limit_is_not_called_adequate() -> None:
    states = {(CSF, "EGFR_T790M"): (NOT_DETECTED, 900, None)}
    report = make_report((tube(CSF),), states=states)
    front = build_front(report, build_therapies(report, SAY), SAY)
    assert "EGFR T790M" not in {negative.group for negative in front.negatives}
    assert any("EGFR T790M" in d.names for d in front.doubtful)


def test_a_failed_tissue_does_not_void_the_csf() -> None:
    qc = (make_qc(CSF), make_qc(TISSUE, verdict=QcVerdict.FAIL))
    report = make_report((tube(CSF), tube(TISSUE)), qc=qc, verdict=QcVerdict.FAIL)
    headlines = [line.text for line in build_front(report, build_therapies(report, SAY), SAY).headlines]
    assert headlines[0] == "Quality control failed for tissue. Nothing of it is a negative result."
    assert headlines[1].startswith("No tumour variant was found in CSF. ")
    assert headlines[2].startswith("CSF: 10 hotspot groups not detected")
