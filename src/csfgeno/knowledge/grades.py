"""CNS grades of a drug for a biomarker, computed from the evidence rows: leptomeningeal and parenchymal, dose by dose.

Letters: A, activity shown in a prospective CNS or leptomeningeal trial of at least 10 patients, or in a CNS analysis of
a randomised one; B, the same designs with modest activity or 5 to 9 patients, or activity in a subgroup of at least 5;
C, case series, whole-body response in patients with CNS disease, or fewer patients; D, poor activity or no data. The
scale is this project's own; docs/knowledge.md states it in full.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from csfgeno.knowledge.patterns import Combination
from csfgeno.knowledge.rows import Biomarker, CnsEvidence, Dose, Rule
from csfgeno.knowledge.schema import UNSELECTED
from csfgeno.records import CnsGrade, GradeStep, Schedule
from csfgeno.vocab import CnsAxis, Direction, GradeChange, GradeReason, Verification

CNS_TRIALS: Final = frozenset({"prospective_lm", "prospective_cns", "rct_cns_analysis"})
SUBGROUPS: Final = frozenset(
    {"rct_subgroup", "single_arm_subgroup", "pooled_subgroup", "lm_subgroup", "lm_retrospective"}
)
WELL_POWERED: Final = 10
SMALL: Final = 5
"""Patients that a CNS trial, and a subgroup, must have for its full grade. Project choices."""

ACTIVE_PERCENT: Final = 40.0
MODEST_PERCENT: Final = 20.0
"""Least CNS response rates that count as active, and as modest, in percent. Project choices."""

TUMOUR_CAPS: Final = {"NSCLC": "A", "mixed": "B", "breast": "C", "melanoma": "C"}
BORROWED: Final = {"A": "B", "B": "C", "C": "C", "D": "D"}
SETTINGS: Final[Mapping[CnsAxis, frozenset[str]]] = {
    CnsAxis.LM: frozenset({"leptomeningeal"}),
    CnsAxis.BM: frozenset({"parenchymal", "mixed"}),
}
CONFIDENCE_ORDER: Final = (
    Verification.VERIFIED,
    Verification.PARTIAL,
    Verification.SECONDARY,
    Verification.RECALLED,
)


@dataclass(frozen=True, slots=True)
class _Counted:
    """An evidence row that counts for a rule: its own, of a parent biomarker, or of patients of any genotype."""

    row: CnsEvidence
    borrowed_from: str | None = None
    is_unselected: bool = False


def activity_of(response_percent: float | None) -> str:
    """Return the activity that a CNS response rate amounts to; `unknown` without one."""
    if response_percent is None:
        return "unknown"
    if response_percent >= ACTIVE_PERCENT:
        return "active"
    return "modest" if response_percent >= MODEST_PERCENT else "poor"


def grade_schedules(
    rule: Rule, doses: Iterable[Dose], evidence: Iterable[CnsEvidence], biomarkers: Mapping[str, Biomarker]
) -> tuple[Schedule, ...]:
    """Return the doses and schedules of the rule's drugs with their grades.

    The usual one comes first; the others are there if any study is. Nothing is returned for a rule that does not say
    that a drug works.
    """
    if rule.direction is not Direction.SENSITIVE:
        # METHOD: never a favourable CNS grade beside resistance.
        return ()
    known = {d.schedule_id: d for d in doses if set(d.drug_ids) == set(rule.drug_ids)}
    chosen = [known[i] for i in rule.schedule_ids] or list(known.values())
    # METHOD: a free combination is graded on evidence with that combination only.
    rows = [row for row in evidence if set(row.drug_ids) == set(rule.drug_ids)]
    graded = [
        Schedule(
            schedule_id=dose.schedule_id,
            dose=dose.dose,
            status=dose.status,
            lm=_grade(CnsAxis.LM, dose, rows, rule, biomarkers),
            bm=_grade(CnsAxis.BM, dose, rows, rule, biomarkers),
        )
        for dose in chosen
    ]
    return tuple(s for i, s in enumerate(graded) if i == 0 or s.lm.steps or s.bm.steps)


def best_grade(axis: CnsAxis, steps: Sequence[GradeStep], confidence: Mapping[str, Verification]) -> CnsGrade:
    """Return the grade of the best row; without any that is better than D, whether activity was poor or never seen."""
    letters = [step.letter for step in steps if step.letter is not None]
    seen = [s.letter for s in steps if s.letter is not None and confidence[s.row_id] is Verification.VERIFIED]
    letter = min(letters, default="D")
    support = tuple(step.row_id for step in steps if step.letter == letter and letter != "D")
    trust = min((confidence[row_id] for row_id in support), key=CONFIDENCE_ORDER.index, default=None)
    reason = GradeReason.ACTIVITY if letter != "D" else GradeReason.POOR if letters else GradeReason.NO_DATA
    return CnsGrade(axis, letter, reason, min(seen, default="D"), support, trust, tuple(steps))


def _grade(
    axis: CnsAxis, dose: Dose, rows: Sequence[CnsEvidence], rule: Rule, biomarkers: Mapping[str, Biomarker]
) -> CnsGrade:
    # METHOD: what was seen at one dose says nothing of another (osimertinib 80 mg and 160 mg).
    inside = [r for r in rows if r.cns_setting in SETTINGS[axis] and r.schedule_id == dose.schedule_id]
    # METHOD: results of untreated patients say nothing of pretreated ones.
    naive = [row for row in inside if rule.prior_any and row.is_tki_naive]
    counted = _inherit([row for row in inside if row not in naive], rule, biomarkers)
    steps = [_step(c) for c in counted if c.row.activity != "unknown"]
    steps += [
        GradeStep(c.row.evidence_id, _letter_by_design(c.row), None, (GradeChange.TKI_NAIVE,), c.borrowed_from)
        for c in _inherit(naive, rule, biomarkers)
    ]
    return best_grade(axis, steps, {row.evidence_id: row.verification for row in inside})


def _inherit(rows: Sequence[CnsEvidence], rule: Rule, biomarkers: Mapping[str, Biomarker]) -> list[_Counted]:
    """Return the rows of the rule's own biomarkers, or, if there is none, those of their parents.

    Those of patients of any genotype come with either.
    """
    named = [row for row in rows if UNSELECTED not in row.biomarker_ids]
    unselected = [_Counted(row, is_unselected=True) for row in rows if UNSELECTED in row.biomarker_ids]
    own = rule.requires_all
    if direct := [_Counted(row) for row in named if any(_covers(row, b, biomarkers) for b in own)]:
        return direct + unselected
    parents = [parent for b in own if (parent := biomarkers[b].evidence_parent)]
    covering = [(row, next((p for p in parents if _covers(row, p, biomarkers)), None)) for row in named]
    return [_Counted(row, parent) for row, parent in covering if parent] + unselected


def _covers(row: CnsEvidence, biomarker_id: str, biomarkers: Mapping[str, Biomarker]) -> bool:
    rule = biomarkers[biomarker_id].pattern.matcher
    # METHOD: evidence is of a group of biomarkers if it is of each of them.
    members = set(rule.any_of) if isinstance(rule, Combination) and rule.any_of else {biomarker_id}
    return members <= set(row.biomarker_ids)


def _step(counted: _Counted) -> GradeStep:
    by_design = _letter_by_design(counted.row)
    capped = max(by_design, TUMOUR_CAPS[counted.row.tumour])
    letter = BORROWED[capped] if counted.borrowed_from or counted.is_unselected else capped
    changes = [GradeChange.OTHER_TUMOUR] if capped != by_design else []
    changes += [GradeChange.BORROWED] if counted.borrowed_from else []
    # METHOD: what was seen in patients of any genotype is worth one letter less than what was seen with the biomarker.
    changes += [GradeChange.UNSELECTED] if counted.is_unselected else []
    return GradeStep(counted.row.evidence_id, by_design, letter, tuple(changes), counted.borrowed_from)


def _letter_by_design(row: CnsEvidence) -> str:
    patients = row.evaluable or row.n_cns or 0
    if row.activity not in ("active", "modest"):
        return "D"
    if row.design_class in CNS_TRIALS and patients >= SMALL:
        letter = "A" if patients >= WELL_POWERED else "B"
        return letter if row.activity == "active" else chr(ord(letter) + 1)
    return "B" if row.design_class in SUBGROUPS and patients >= SMALL else "C"
