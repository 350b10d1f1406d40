"""How much of a drug reaches the central nervous system, and the pharmacokinetic grade.

The unbound ratio (free drug in CSF or brain over free drug in plasma, Kp,uu) tells penetration; a ratio of total
concentrations is at most a lower bound of it, since CSF holds little protein and plasma much. Letters: A, an unbound
ratio of at least 0.3 in the CSF of 5 patients or more; B, the same in fewer, or at least 0.1 in 5 or more; C, at least
0.1 in fewer patients, at least 0.3 in animals, or drug found in human CSF in an amount that cannot be judged without
its protein binding; D, less than that, or no data. The scale is this project's own.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from csfgeno.knowledge.grades import best_grade
from csfgeno.knowledge.rows import Measurement, Therapy
from csfgeno.records import SHIPPED, CnsExposure, CnsGrade, DrugLevel, GradeStep
from csfgeno.vocab import CnsAxis, GradeReason, PkMetric, Verification

HIGH_RATIO: Final = 0.3
MODERATE_RATIO: Final = 0.1
"""Unbound ratios of good and of limited penetration. Project choices, in common use in drug design."""

NEGLIGIBLE_TOTAL_RATIO: Final = 0.01
"""A total ratio below it is an unbound ratio below `MODERATE_RATIO` for any drug bound to 90% or less."""

MANY_PATIENTS: Final = 5

DIRECT_ROUTES: Final = frozenset({"intrathecal", "external"})
"""Routes for which penetration is no question."""


def describe_exposure(
    therapy: Therapy, measurements: Iterable[Measurement], layers: Mapping[str, str] | None = None
) -> CnsExposure:
    """Return transporters, measurements and pharmacokinetic grade of one drug; `layers` are rows of overlays."""
    rows = [row for row in measurements if row.drug_id == therapy.drug_id]
    return CnsExposure(
        drug_id=therapy.drug_id,
        drug_name=therapy.name,
        pgp=therapy.pgp_substrate,
        bcrp=therapy.bcrp_substrate,
        transporters=therapy.transporter_verification,
        levels=tuple(_level(row, (layers or {}).get(row.pk_id, SHIPPED)) for row in rows),
        grade=_grade(therapy, rows),
        transporters_seen_at=therapy.transporter_source,
    )


def _grade(therapy: Therapy, rows: list[Measurement]) -> CnsGrade:
    if therapy.route in DIRECT_ROUTES:
        return CnsGrade(CnsAxis.PK, "NA", GradeReason.NOT_APPLICABLE, "NA")
    graded = {row.pk_id: letter for row in rows if (letter := _letter(row))}
    steps = [GradeStep(pk_id, letter, letter) for pk_id, letter in graded.items()]
    confidence: Mapping[str, Verification] = {row.pk_id: row.verification for row in rows}
    return best_grade(CnsAxis.PK, steps, confidence)


def _letter(row: Measurement) -> str | None:
    """Return the letter of one measurement, `None` if it tells nothing."""
    if row.metric is PkMetric.QUALITATIVE or row.ratio_low is None:
        return {"yes": "C", "no": "D"}.get(row.reaches_cns)
    # METHOD: a range counts by its lower end.
    ratio = row.ratio_low
    if row.species != "human":
        return "C" if ratio >= HIGH_RATIO else "D"
    is_many = (row.subjects or 0) >= MANY_PATIENTS
    if ratio >= HIGH_RATIO:
        return "A" if is_many else "B"
    if ratio >= MODERATE_RATIO:
        return "B" if is_many else "C"
    is_total = row.metric in (PkMetric.CSF_PLASMA_TOTAL, PkMetric.BRAIN_PLASMA_TOTAL)
    return "C" if is_total and ratio >= NEGLIGIBLE_TOTAL_RATIO else "D"


def _level(row: Measurement, layer: str) -> DrugLevel:
    # METHOD: figures that nobody saw in a source are withheld.
    is_seen = row.verification is Verification.VERIFIED
    return DrugLevel(
        pk_id=row.pk_id,
        metric=row.metric,
        species=row.species,
        subjects=row.subjects,
        dose=row.dose,
        low=row.ratio_low if is_seen else None,
        high=row.ratio_high if is_seen else None,
        result=row.result if is_seen else "",
        study=row.study,
        year=row.year,
        pmid=row.pmid,
        doi=row.doi,
        verification=row.verification,
        seen_at=row.seen_url,
        layer=layer,
    )
