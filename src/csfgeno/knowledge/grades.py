"""CNS grade of a drug for a biomarker, computed from the evidence rows.

Letters: A, activity shown in a prospective CNS or leptomeningeal trial of at least 10 patients, or in a CNS analysis of
a randomised one; B, the same designs with modest activity or 5 to 9 patients, or activity in a subgroup of at least 5;
C, case series, drug measured in CSF, whole-body response in patients with CNS disease, or fewer patients; D, poor
activity or no data. The scale is this project's own; docs/knowledge.md states it in full.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from csfgeno.knowledge.rows import Biomarker, CnsEvidence, CnsGrades, Rule
from csfgeno.knowledge.schema import UNSELECTED
from csfgeno.vocab import Direction, Verification

CNS_TRIALS: Final = frozenset({"prospective_lm", "prospective_cns", "rct_cns_analysis"})
SUBGROUPS: Final = frozenset(
    {"rct_subgroup", "single_arm_subgroup", "pooled_subgroup", "lm_subgroup", "lm_retrospective"}
)
WELL_POWERED: Final = 10
SMALL: Final = 5
"""Patients that a CNS trial, and a subgroup, must have for its full grade. Project choices."""

TUMOUR_CAPS: Final = {"NSCLC": "A", "mixed": "B", "breast": "C", "melanoma": "C"}
BORROWED: Final = {"A": "B", "B": "C", "C": "C", "D": "D"}
SETTINGS: Final[Mapping[str, frozenset[str]]] = {
    "cns": frozenset({"parenchymal", "mixed", "leptomeningeal"}),
    "bm": frozenset({"parenchymal", "mixed"}),
    "lm": frozenset({"leptomeningeal"}),
}
CONFIDENCE_ORDER: Final = (
    Verification.VERIFIED,
    Verification.PARTIAL,
    Verification.SECONDARY,
    Verification.RECALLED,
)
NOT_GRADED: Final = CnsGrades("NA", "NA", "NA", "not_applicable", (), None, (), None)


def grade_rule(rule: Rule, evidence: Iterable[CnsEvidence], biomarkers: Mapping[str, Biomarker]) -> CnsGrades:
    """Return the CNS grades of a rule; `NA` unless it says that a drug works."""
    if rule.direction is not Direction.SENSITIVE:
        # METHOD: never a favourable CNS grade beside resistance.
        return NOT_GRADED
    rows, is_borrowed = _applicable(rule, evidence, biomarkers)
    letters = {row.evidence_id: _letter(row, is_borrowed=is_borrowed) for row in rows}
    best = {name: _best(rows, letters, settings) for name, settings in SETTINGS.items()}
    (cns, cns_support), (bm, _), (lm, lm_support) = best["cns"], best["bm"], best["lm"]
    return CnsGrades(
        cns=cns,
        bm=bm,
        lm=lm,
        reason=_reason(cns, rows),
        cns_support=tuple(row.evidence_id for row in cns_support),
        cns_confidence=best_verification(cns_support),
        lm_support=tuple(row.evidence_id for row in lm_support),
        lm_confidence=best_verification(lm_support),
    )


def best_verification(rows: Sequence[CnsEvidence]) -> Verification | None:
    """Return the best verification among evidence rows, or `None` without any."""
    return min((row.verification for row in rows), key=CONFIDENCE_ORDER.index, default=None)


def _applicable(
    rule: Rule, evidence: Iterable[CnsEvidence], biomarkers: Mapping[str, Biomarker]
) -> tuple[list[CnsEvidence], bool]:
    if len(rule.drug_ids) != 1:
        # METHOD: a free combination is graded on evidence with that combination only, and no row has any.
        return [], False
    rows = [row for row in evidence if row.drug_id == rule.drug_ids[0]]
    if rule.prior_any:
        # METHOD: results of untreated patients say nothing of pretreated ones.
        rows = [row for row in rows if not row.is_tki_naive]
    if direct := [row for row in rows if _covers(row, rule.requires_all)]:
        return direct, False
    parents = [biomarkers[b].evidence_parent for b in rule.requires_all]
    return [row for row in rows if _covers(row, [p for p in parents if p])], True


def _covers(row: CnsEvidence, biomarker_ids: Sequence[str]) -> bool:
    return UNSELECTED in row.biomarker_ids or not set(row.biomarker_ids).isdisjoint(biomarker_ids)


def _letter(row: CnsEvidence, *, is_borrowed: bool) -> str:
    letter = max(_letter_by_design(row), TUMOUR_CAPS[row.tumour])
    return BORROWED[letter] if is_borrowed else letter


def _letter_by_design(row: CnsEvidence) -> str:
    patients = row.n_cns or 0
    if row.activity not in ("active", "modest"):
        return "D"
    if row.design_class in CNS_TRIALS and patients >= SMALL:
        letter = "A" if patients >= WELL_POWERED else "B"
        return letter if row.activity == "active" else chr(ord(letter) + 1)
    return "B" if row.design_class in SUBGROUPS and patients >= SMALL else "C"


def _best(
    rows: Sequence[CnsEvidence], letters: Mapping[str, str], settings: frozenset[str]
) -> tuple[str, list[CnsEvidence]]:
    inside = [row for row in rows if row.cns_setting in settings]
    letter = min((letters[row.evidence_id] for row in inside), default="D")
    return letter, [row for row in inside if letters[row.evidence_id] == letter and letter != "D"]


def _reason(letter: str, rows: Sequence[CnsEvidence]) -> str:
    if letter != "D":
        return "activity"
    return "poor" if any(row.activity == "poor" for row in rows) else "no_data"
