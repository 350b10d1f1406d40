"""The whole printed reasoning on every worked case.

Set CSFGENO_REGENERATE=1 to write the golden files again; every change of them needs a reason.
"""

import os
from pathlib import Path

import pytest

from csfgeno.errors import ReferenceDataError
from csfgeno.knowledge.cases import situation_of
from csfgeno.knowledge.explain import explain
from csfgeno.knowledge.rows import WorkedCase
from csfgeno.knowledge.therapies import Reasoning, reason_on
from csfgeno.vocab import Direction, GradeReason, Standing

from .knowledge_builders import KB

GOLDEN = Path(__file__).parent / "golden"
CASES = {case.name: case for case in KB.cases}


def think(name: str) -> Reasoning:
    return reason_on(situation_of(CASES[name], KB), KB)


@pytest.mark.parametrize("name", CASES)
def test_the_reasoning_on_a_worked_case_is_as_agreed(name: str) -> None:
    text = "\n".join([f"# {CASES[name].title}", *explain(think(name))]) + "\n"
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("CSFGENO_REGENERATE"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def test_golden_files_are_those_of_the_worked_cases() -> None:
    assert {path.stem for path in GOLDEN.iterdir()} == set(CASES)


@pytest.mark.parametrize("name", CASES)
def test_every_statement_can_be_traced_and_no_grade_stands_without_rows(name: str) -> None:
    for match in think(name).therapies:
        assert match.act_id in {rule.act_id for rule in KB.rules}
        shown = {row.evidence_id for row in match.evidence}
        for grade in [g for s in match.schedules for g in (s.lm, s.bm)]:
            assert {step.row_id for step in grade.steps} <= shown
            assert (grade.letter == "D") == (grade.support == ())
            assert (grade.reason is GradeReason.NO_DATA) == (not any(s.letter for s in grade.steps))
        if match.direction is not Direction.SENSITIVE:
            assert (match.schedules, match.exposures, match.standing) == ((), (), Standing.STATED)


def test_in_cis_no_third_generation_tki_is_offered_and_in_trans_only_both_together() -> None:
    for name, expected in (("C797S_CIS", set()), ("C797S_TRANS", {("osimertinib", "gefitinib")})):
        offered = {m.drug_ids for m in think(name).therapies if m.standing in (Standing.OFFERED, Standing.CONDITIONAL)}
        assert {drugs for drugs in offered if "osimertinib" in drugs} == expected


def test_without_a_driver_nothing_is_said() -> None:
    assert think("NO_DRIVER") == Reasoning((), ())


@pytest.mark.parametrize("change", ["EGFR L858R", "EGFR p.L858", "EML4::ALK", "EGFR p.A289V", "MET x3"])
def test_a_change_that_is_no_biomarker_is_refused(change: str) -> None:
    with pytest.raises(ReferenceDataError, match=r"p\.L858|is no change|none of the biomarkers"):
        situation_of(WorkedCase("X", "x", (change,), (), ""), KB)
