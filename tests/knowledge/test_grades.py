from dataclasses import replace

import pytest

from csfgeno.knowledge.grades import grade_rule
from csfgeno.knowledge.rows import CnsEvidence, Rule
from csfgeno.vocab import Direction, Verification

from .knowledge_builders import KB

RULE = next(r for r in KB.rules if r.act_id == "ACT_001")
ROW = KB.evidence["EV_OSI_BLOOM"]


def letter(row: CnsEvidence, rule: Rule = RULE) -> str:
    return grade_rule(rule, [row], KB.biomarkers).cns


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
        ("pk_csf", None, "active", "C"),
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


def test_evidence_of_an_unrelated_biomarker_is_worth_nothing() -> None:
    grades = grade_rule(replace(RULE, requires_all=("KRAS_G12C",)), [ROW], KB.biomarkers)
    assert (grades.cns, grades.reason, grades.cns_confidence) == ("D", "no_data", None)


def test_untreated_patients_say_nothing_of_pretreated_ones() -> None:
    naive = replace(ROW, is_tki_naive=True)
    assert letter(naive) == "A"
    assert letter(naive, replace(RULE, prior_any=(("EGFR_TKI_1G2G",),))) == "D"


def test_nothing_favourable_stands_beside_resistance() -> None:
    assert letter(ROW, replace(RULE, direction=Direction.RESISTANT)) == "NA"


def test_a_combination_is_not_graded_on_its_components() -> None:
    assert letter(ROW, replace(RULE, drug_ids=("osimertinib", "gefitinib"))) == "D"


def test_settings_are_graded_apart_and_poor_activity_is_told_from_no_data() -> None:
    poor = replace(ROW, evidence_id="EV_POOR", activity="poor", cns_setting="parenchymal")
    grades = grade_rule(RULE, [replace(ROW, cns_setting="parenchymal", activity="unknown"), poor], KB.biomarkers)
    assert (grades.bm, grades.lm, grades.reason) == ("D", "D", "poor")


def test_confidence_is_the_best_among_the_rows_that_carry_the_letter() -> None:
    recalled = replace(ROW, verification=Verification.RECALLED)
    partial = replace(ROW, evidence_id="EV_B", verification=Verification.PARTIAL)
    weaker = replace(ROW, evidence_id="EV_C", verification=Verification.VERIFIED, activity="modest")
    grades = grade_rule(RULE, [recalled, partial, weaker], KB.biomarkers)
    assert grades.cns_confidence is Verification.PARTIAL
    assert grades.cns_support == ("EV_OSI_BLOOM", "EV_B")
