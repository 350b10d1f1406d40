"""What is wrong with a set of knowledge tables, down to file, row and column."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from csfgeno.errors import ReferenceDataError
from csfgeno.knowledge.convert import evidence_of, prior_class_of, rule_of, therapy_of
from csfgeno.knowledge.grades import activity_of
from csfgeno.knowledge.grammar import MATCH_TYPES, parse_rule
from csfgeno.knowledge.patterns import Combination
from csfgeno.knowledge.reading import RawRow, RawTables
from csfgeno.knowledge.rows import NO_THERAPY, CnsEvidence, Rule
from csfgeno.knowledge.schema import COLUMNS, REFERENCES, UNSELECTED
from csfgeno.vocab import Direction, Verification

SOURCES: Final = {
    "cns_evidence.tsv": ("verification", "seen_url"),
    "pharmacokinetics.tsv": ("verification", "seen_url"),
    "csf_facts.tsv": ("verification", "seen_url"),
    "actionability.tsv": ("verification", "verification_source"),
    "therapies.tsv": ("transporter_verification", "transporter_source"),
}
"""Columns that say how far a row was seen, and where."""

_NAMED_EVIDENCE: Final = re.compile(r"evidence:(\w+)")

PERCENT_ROUNDING: Final = 0.6
"""Percentage points between a printed rate and the fraction behind it."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One contradiction in the tables."""

    table: str
    row_id: str
    line: int
    column: str
    text: str

    def __str__(self) -> str:
        """Say file, row, column and what is wrong."""
        return f"{self.table}, row '{self.row_id}' (line {self.line}), column {self.column}: {self.text}"


def find_problems(raw: RawTables, today: date | None = None) -> tuple[Problem, ...]:
    """Return every problem of the tables, in the order of files and lines; none if they may be used.

    Cells are checked first; rows are compared with each other only once each of them can be read. With `today`, an
    expired review date is a problem too.
    """
    problems = [*_bad_cells(raw), *_repeated_ids(raw), *_dangling_ids(raw), *_lost_evidence(raw), *_bad_rules(raw)]
    if not raw["version.tsv"]:
        problems.append(Problem("version.tsv", "", 1, "version", "there is no row; expected exactly one"))
    if not problems:
        problems = [*_contradictions(raw), *_bad_evidence(raw), *_bad_schedules(raw)]
        problems += [*_bad_prior_classes(raw), *_bad_dates(raw, today), *_unsourced(raw)]
    order = list(COLUMNS)
    return tuple(sorted(problems, key=lambda p: (order.index(p.table), p.line, p.column)))


def _bad_cells(raw: RawTables) -> Iterator[Problem]:
    for name, columns in COLUMNS.items():
        for row in raw[name]:
            for column, check in columns.items():
                if expected := check(row.cells[column]):
                    yield _problem(row, column, f"'{row.cells[column]}' found; expected {expected}")


def _repeated_ids(raw: RawTables) -> Iterator[Problem]:
    for name, columns in COLUMNS.items():
        seen: dict[str, int] = {}
        for row in raw[name]:
            if row.row_id in seen:
                yield _problem(row, next(iter(columns)), f"the same id stands in line {seen[row.row_id]}")
            seen.setdefault(row.row_id, row.line)


def _dangling_ids(raw: RawTables) -> Iterator[Problem]:
    for name, references in REFERENCES.items():
        for column, target in references.items():
            known = {row.row_id for row in raw[target]} | {UNSELECTED if column == "biomarker_ids" else ""}
            for row in raw[name]:
                for part in re.split("[;+]", row.cells[column]):
                    if part and part not in known:
                        yield _problem(row, column, f"'{part}' is not a row of {target}")


def _lost_evidence(raw: RawTables) -> Iterator[Problem]:
    known = {row.row_id for name in ("cns_evidence.tsv", "pharmacokinetics.tsv") for row in raw[name]}
    for row in raw["actionability.tsv"]:
        for evidence_id in _NAMED_EVIDENCE.findall(row.cells["verification_source"]):
            if evidence_id not in known:
                yield _problem(row, "verification_source", f"'{evidence_id}' is not a row of cns_evidence.tsv")


def _unsourced(raw: RawTables) -> Iterator[Problem]:
    for name, (state, column) in SOURCES.items():
        for row in raw[name]:
            if row.cells[state] == Verification.VERIFIED and not row.cells[column]:
                yield _problem(row, column, "the row is verified, but does not say where it was seen")


def _bad_rules(raw: RawTables) -> Iterator[Problem]:
    known = {row.row_id for row in raw["biomarkers.tsv"]}
    for row in raw["biomarkers.tsv"]:
        try:
            pattern = parse_rule(row.cells["match_type"], row.cells["match_rule"])
        except ReferenceDataError as error:
            column = "match_rule" if row.cells["match_type"] in MATCH_TYPES else "match_type"
            yield _problem(row, column, str(error))
            continue
        related = [*pattern.excluded, pattern.subset_of or ""]
        if isinstance(pattern.matcher, Combination):
            related += pattern.matcher.all_of
        for biomarker_id in related:
            if biomarker_id and biomarker_id not in known:
                yield _problem(row, "match_rule", f"'{biomarker_id}' is not a row of biomarkers.tsv")


def _contradictions(raw: RawTables) -> Iterator[Problem]:
    first: dict[tuple[object, ...], tuple[RawRow, Direction]] = {}
    for row in raw["actionability.tsv"]:
        rule = rule_of(row.cells)
        if rule.drug_ids == (NO_THERAPY,):
            continue
        conditions = _conditions(rule)
        if conditions not in first:
            first[conditions] = row, rule.direction
            continue
        other, direction = first[conditions]
        relation = "repeats" if direction is rule.direction else f"contradicts ({direction})"
        yield _problem(row, "direction", f"'{rule.direction}' {relation} {other.row_id} under the same conditions")


def _conditions(rule: Rule) -> tuple[object, ...]:
    return (
        frozenset(rule.requires_all),
        frozenset(rule.requires_none),
        rule.phase,
        frozenset(rule.prior_any),
        frozenset(rule.prior_none),
        frozenset(rule.drug_ids),
    )


def _bad_evidence(raw: RawTables) -> Iterator[Problem]:
    drugs_of = {row.row_id: row.cells["drug_ids"] for row in raw["schedules.tsv"]}
    for row in raw["cns_evidence.tsv"]:
        evidence = evidence_of(row.cells)
        if drugs_of[evidence.schedule_id] != row.cells["drug_ids"]:
            yield _problem(row, "schedule_id", f"it is a schedule of {drugs_of[evidence.schedule_id]}")
        if evidence.activity_basis == "response" and activity_of(evidence.ic_orr_pct) != evidence.activity:
            yield _problem(row, "activity", f"a response of {evidence.ic_orr_pct}% is not '{evidence.activity}'")
        if (evidence.activity_basis == "none") != (evidence.activity == "unknown"):
            yield _problem(row, "activity_basis", "'none' belongs to unknown activity, and only to it")
        yield from _bad_fraction(row, evidence)


def _bad_fraction(row: RawRow, evidence: CnsEvidence) -> Iterator[Problem]:
    responders, evaluable, percent = evidence.responders, evidence.evaluable, evidence.ic_orr_pct
    if responders is None or evaluable is None or percent is None:
        if responders is not None or evaluable is not None:
            yield _problem(row, "responders", "responders, evaluable and ic_orr_pct belong together")
    elif abs(100 * responders / evaluable - percent) > PERCENT_ROUNDING:
        yield _problem(row, "responders", f"{responders} of {evaluable} are not {percent}%")


def _bad_schedules(raw: RawTables) -> Iterator[Problem]:
    drugs_of = {row.row_id: row.cells["drug_ids"] for row in raw["schedules.tsv"]}
    for row in raw["actionability.tsv"]:
        rule = rule_of(row.cells)
        for schedule_id in rule.schedule_ids:
            if drugs_of[schedule_id] != row.cells["drug_ids"]:
                yield _problem(row, "schedule_ids", f"{schedule_id} is a schedule of {drugs_of[schedule_id]}")
        if rule.direction is Direction.SENSITIVE and row.cells["drug_ids"] not in drugs_of.values():
            yield _problem(row, "drug_ids", "schedules.tsv has no schedule of these drugs")


def _bad_prior_classes(raw: RawTables) -> Iterator[Problem]:
    therapies = [therapy_of(row.cells) for row in raw["therapies.tsv"]]
    for row in raw["prior_therapies.tsv"]:
        prior = prior_class_of(row.cells)
        used: Mapping[str, tuple[Iterable[str], set[str]]] = {
            "drug_classes": (prior.drug_classes, {t.drug_class for t in therapies}),
            "generations": (prior.generations, {t.generation for t in therapies}),
            "routes": (prior.routes, {t.route for t in therapies}),
        }
        for column, (words, known) in used.items():
            for word in sorted(set(words) - known):
                yield _problem(row, column, f"'{word}' occurs in no row of therapies.tsv")
        if not any(prior.includes(therapy) for therapy in therapies):
            yield _problem(row, "token", "no row of therapies.tsv belongs to this class")


def _bad_dates(raw: RawTables, today: date | None) -> Iterator[Problem]:
    rows = raw["version.tsv"]
    if len(rows) > 1:
        yield _problem(rows[1], "version", "there is a second row; expected exactly one")
    for row in rows[:1]:
        version, review = (date.fromisoformat(row.cells[column]) for column in ("version", "review_by"))
        if review < version:
            yield _problem(row, "review_by", f"{review} is before the version date {version}")
        if today and review < today:
            yield _problem(row, "review_by", f"the tables were to be reviewed by {review}; today is {today}")


def _problem(row: RawRow, column: str, text: str) -> Problem:
    return Problem(row.table, row.row_id, row.line, column, text)
