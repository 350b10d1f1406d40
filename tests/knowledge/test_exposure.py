from dataclasses import replace

import pytest

from csfgeno.knowledge.exposure import describe_exposure
from csfgeno.vocab import GradeReason, PkMetric, Verification

from .knowledge_builders import KB

DRUG = KB.therapies["lorlatinib"]
ROW = replace(KB.measurements["PK_LOR_CSF"], verification=Verification.VERIFIED)


@pytest.mark.parametrize(
    ("metric", "species", "subjects", "ratio", "expected"),
    [
        (PkMetric.CSF_PLASMA_UNBOUND, "human", 5, 0.3, "A"),
        (PkMetric.CSF_PLASMA_UNBOUND, "human", 4, 0.3, "B"),
        (PkMetric.CSF_PLASMA_UNBOUND, "human", None, 0.3, "B"),
        (PkMetric.CSF_PLASMA_UNBOUND, "human", 5, 0.29, "B"),
        (PkMetric.CSF_PLASMA_UNBOUND, "human", 4, 0.1, "C"),
        (PkMetric.CSF_PLASMA_UNBOUND, "human", 50, 0.09, "D"),
        (PkMetric.CSF_PLASMA_TOTAL, "human", 5, 0.3, "A"),
        (PkMetric.CSF_PLASMA_TOTAL, "human", 5, 0.05, "C"),
        (PkMetric.CSF_PLASMA_TOTAL, "human", 5, 0.01, "C"),
        (PkMetric.CSF_PLASMA_TOTAL, "human", 5, 0.0026, "D"),
        (PkMetric.KP_UU_BRAIN, "animal", None, 0.3, "C"),
        (PkMetric.KP_UU_BRAIN, "animal", None, 0.29, "D"),
    ],
)
def test_the_letter_follows_metric_species_subjects_and_the_lower_ratio(
    metric: PkMetric, species: str, subjects: int | None, ratio: float, expected: str
) -> None:
    row = replace(ROW, metric=metric, species=species, subjects=subjects, ratio_low=ratio, ratio_high=0.9)
    grade = describe_exposure(DRUG, [row]).grade
    assert grade.letter == expected
    assert grade.reason is (GradeReason.POOR if expected == "D" else GradeReason.ACTIVITY)


@pytest.mark.parametrize(
    ("reaches", "expected", "reason"),
    [("yes", "C", GradeReason.ACTIVITY), ("no", "D", GradeReason.POOR), ("unknown", "D", GradeReason.NO_DATA)],
)
def test_a_finding_without_a_ratio_is_worth_c_at_most(reaches: str, expected: str, reason: GradeReason) -> None:
    row = replace(ROW, metric=PkMetric.QUALITATIVE, ratio_low=None, ratio_high=None, reaches_cns=reaches)
    grade = describe_exposure(DRUG, [row]).grade
    assert (grade.letter, grade.reason) == (expected, reason)


def test_penetration_is_no_question_of_a_drug_given_into_the_csf() -> None:
    grade = describe_exposure(KB.therapies["pemetrexed_it"], [ROW]).grade
    assert (grade.letter, grade.reason) == ("NA", GradeReason.NOT_APPLICABLE)


def test_ratios_that_nobody_saw_are_withheld_but_their_grade_is_marked() -> None:
    exposure = describe_exposure(DRUG, [replace(ROW, verification=Verification.RECALLED)])
    assert (exposure.levels[0].low, exposure.levels[0].result) == (None, "")
    assert exposure.grade.is_provisional
    assert describe_exposure(DRUG, [ROW]).levels[0].low == ROW.ratio_low
