from dataclasses import replace

import pytest

from csfgeno.knowledge.grades import activity_of, grade_schedules
from csfgeno.knowledge.rows import CnsEvidence, Rule
from csfgeno.records import CnsGrade
from csfgeno.vocab import Direction, GradeChange, GradeReason, Verification

from .knowledge_builders import KB

RULE = next(r for r in KB.rules if r.act_id == "ACT_001")
ROW = replace(KB.evidence["EV_OSI_BLOOM"], schedule_id="OSI_80", evaluable=None)


def grade(*rows: CnsEvidence, rule: Rule = RULE) -> dict[str, tuple[CnsGrade, CnsGrade]]:
    """Leptomeningeal and parenchymal grade of every schedule that has a study."""
    return {s.schedule_id: (s.lm, s.bm) for s in grade_schedules(rule, KB.doses.values(), rows, KB.biomarkers)}


def letter(row: CnsEvidence, rule: Rule = RULE) -> str:
    return min(g.letter for grades in grade(row, rule=rule).values() for g in grades)


@pytest.mark.parametrize(
    ("design", "patients", "activity", "expected"),
    [
        ("prospective_lm", 10, "active", "A"),
        ("prospective_cns", 41, "modest", "B"),
        ("rct_cns_analysis", 9, "active", "B"),
        ("rct_cns_analysis", 5, "active", "B"),
        ("prospective_lm", 4, "active", "C"),
        ("prospective_lm", 9, "modest", "C"),
        ("prospective_lm", None, "active", "C"),
        ("rct_subgroup", 5, "modest", "B"),
        ("single_arm_subgroup", 4, "active", "C"),
        ("case_series", 100, "active", "C"),
        ("systemic_in_cns_subset", 81, "modest", "C"),
        ("prospective_lm", 41, "poor", "D"),
        ("prospective_lm", 41, "unknown", "D"),
    ],
)
def test_the_letter_follows_design_patients_and_activity(
    design: str, patients: int | None, activity: str, expected: str
) -> None:
    assert letter(replace(ROW, design_class=design, n_cns=patients, activity=activity)) == expected


@pytest.mark.parametrize(("tumour", "expected"), [("NSCLC", "A"), ("mixed", "B"), ("breast", "C"), ("melanoma", "C")])
def test_other_tumours_cap_the_letter(tumour: str, expected: str) -> None:
    assert letter(replace(ROW, tumour=tumour)) == expected


def test_evidence_of_the_parent_is_worth_one_letter_less() -> None:
    g719x = replace(RULE, requires_all=("EGFR_G719X",))
    assert letter(ROW, g719x) == "B"


def test_evidence_of_any_genotype_is_worth_one_letter_less_and_hides_no_other() -> None:
    anyone = replace(ROW, evidence_id="EV_ANYONE", biomarker_ids=("ANY",))
    lm, _ = grade(anyone, ROW)["OSI_80"]
    assert [(s.row_id, s.letter, s.changes) for s in lm.steps] == [
        ("EV_OSI_BLOOM", "A", ()),
        ("EV_ANYONE", "B", (GradeChange.UNSELECTED,)),
    ]
    lm, _ = grade(anyone, ROW, rule=replace(RULE, requires_all=("EGFR_G719X",)))["OSI_80"]
    assert [(s.letter, s.borrowed_from) for s in lm.steps] == [("B", "EGFR_EX19DEL"), ("B", None)]


def test_evidence_of_an_unrelated_biomarker_is_worth_nothing() -> None:
    lm, _ = grade(ROW, rule=replace(RULE, requires_all=("KRAS_G12C",)))["OSI_80"]
    assert (lm.letter, lm.reason, lm.confidence, lm.steps) == ("D", GradeReason.NO_DATA, None, ())


def test_untreated_patients_say_nothing_of_pretreated_ones() -> None:
    naive = replace(ROW, is_tki_naive=True)
    assert letter(naive) == "A"
    assert letter(naive, replace(RULE, prior_any=(("EGFR_TKI_1G2G",),))) == "D"


def test_nothing_favourable_stands_beside_resistance() -> None:
    assert grade(ROW, rule=replace(RULE, direction=Direction.RESISTANT)) == {}


def test_a_combination_is_not_graded_on_its_components() -> None:
    assert letter(ROW, replace(RULE, drug_ids=("osimertinib", "gefitinib"))) == "D"


def test_settings_are_graded_apart_and_poor_activity_is_told_from_no_data() -> None:
    unknown = replace(ROW, cns_setting="parenchymal", activity="unknown")
    poor = replace(ROW, evidence_id="EV_POOR", activity="poor", cns_setting="parenchymal")
    lm, bm = grade(unknown, poor)["OSI_80"]
    assert (lm.letter, lm.reason) == ("D", GradeReason.NO_DATA)
    assert (bm.letter, bm.reason) == ("D", GradeReason.POOR)


def test_doses_are_graded_apart() -> None:
    grades = grade(ROW, replace(ROW, evidence_id="EV_160", schedule_id="OSI_160", activity="modest"))
    assert {schedule: lm.letter for schedule, (lm, _) in grades.items()} == {"OSI_80": "A", "OSI_160": "B"}
    assert list(grade(replace(ROW, schedule_id="OSI_160"))) == ["OSI_80", "OSI_160"]
    assert list(grade(ROW)) == ["OSI_80"]


def test_patients_that_the_response_refers_to_decide_over_those_of_the_trial() -> None:
    assert letter(replace(ROW, n_cns=41, evaluable=9)) == "B"


def test_the_derivation_names_every_row_and_what_changed_its_letter() -> None:
    rule = replace(RULE, requires_all=("EGFR_G719X",), prior_any=(("EGFR_TKI_1G2G",),))
    mixed = replace(ROW, evidence_id="EV_MIXED", tumour="mixed")
    naive = replace(ROW, evidence_id="EV_NAIVE", is_tki_naive=True)
    steps = {step.row_id: step for step in grade(mixed, naive, rule=rule)["OSI_80"][0].steps}
    assert (steps["EV_MIXED"].by_design, steps["EV_MIXED"].letter) == ("A", "C")
    assert steps["EV_MIXED"].changes == (GradeChange.OTHER_TUMOUR, GradeChange.BORROWED)
    assert steps["EV_MIXED"].borrowed_from == "EGFR_EX19DEL"
    assert (steps["EV_NAIVE"].letter, steps["EV_NAIVE"].changes) == (None, (GradeChange.TKI_NAIVE,))


def test_confidence_is_the_best_among_the_rows_that_carry_the_letter() -> None:
    recalled = replace(ROW, verification=Verification.RECALLED)
    partial = replace(ROW, evidence_id="EV_B", verification=Verification.PARTIAL)
    weaker = replace(ROW, evidence_id="EV_C", verification=Verification.VERIFIED, activity="modest")
    lm, _ = grade(recalled, partial, weaker)["OSI_80"]
    assert lm.confidence is Verification.PARTIAL
    assert lm.support == ("EV_OSI_BLOOM", "EV_B")


@pytest.mark.parametrize(
    ("percent", "activity"),
    [(None, "unknown"), (0, "poor"), (19.9, "poor"), (20, "modest"), (39.9, "modest"), (40, "active")],
)
def test_a_response_rate_is_read_in_three_steps(percent: float | None, activity: str) -> None:
    assert activity_of(percent) == activity
