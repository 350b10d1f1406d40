"""The whole reasoning on a case as plain text: every statement, why it stands where it does, and the rows behind it."""

from collections.abc import Iterator, Sequence

from csfgeno.knowledge.therapies import Reasoning
from csfgeno.records import (
    Basis,
    Caveat,
    CnsExposure,
    CnsGrade,
    ContextFact,
    ContextItem,
    EvidenceRow,
    GradeStep,
    Objection,
    PriorUse,
    TherapyMatch,
)
from csfgeno.vocab import GradeReason


def explain(reasoning: Reasoning) -> Iterator[str]:
    """Yield the lines of the reasoning; nothing that the tables hold is left out."""
    if not reasoning.therapies and not reasoning.context:
        yield "no statement of the knowledge tables fits"
    for match in reasoning.therapies:
        yield from explain_statement(match)
    for item in reasoning.context:
        yield from _context(item)


def explain_statement(match: TherapyMatch) -> Iterator[str]:
    """Yield the lines of one statement on drugs."""
    yield f"{match.act_id} {match.direction}: {' + '.join(match.drug_names)} [{match.standing}]{_layer(match.layer)}"
    yield f"  because of {_bases(match.basis)}"
    yield f"  {match.message}"
    yield f"  line: {match.line_context}; AMP {match.amp_tier}, ESCAT {match.escat} (assigned by the project)"
    seen = f" ({match.source})" if match.source else ""
    yield f"  statement {match.verification}{seen}{', provisional' if match.is_provisional else ''}"
    yield from (f"  had: {_prior(use)}" for use in match.prior)
    yield from (f"  against it: {_objection(objection)}" for objection in match.objections)
    yield from (f"  overrides {act_id}" for act_id in match.overrides)
    yield from (f"  caveat: {_caveat(caveat)}" for caveat in match.caveats)
    for schedule in match.schedules:
        yield f"  at {schedule.dose} ({schedule.status}, {schedule.schedule_id})"
        for grade in (schedule.lm, schedule.bm):
            yield from _grade(grade, match.as_of.isoformat())
    for exposure in match.exposures:
        yield from _exposure(exposure, match.as_of.isoformat())
    yield from (f"  row {_evidence(row)}" for row in match.evidence)
    yield from (f"  {x.agency} on {x.drug_name}: {x.status} ({x.verification})" for x in match.labels)
    if match.refs:
        yield f"  sources: {', '.join(match.refs)}"


def _context(item: ContextItem) -> Iterator[str]:
    yield f"{item.context_id} {item.kind} ({item.verification}){_layer(item.layer)}"
    yield f"  because of {_bases(item.basis)}"
    yield from (f"  {text}" for text in (item.message, item.action) if text)
    yield from (f"  fact {_fact(fact)}" for fact in item.facts)
    if item.refs:
        yield f"  sources: {', '.join(item.refs)}"


def _fact(fact: ContextFact) -> str:
    said = fact.value or "figures withheld until seen in a source"
    cited = ", ".join(ref for ref in (fact.pmid and f"PMID:{fact.pmid}", fact.doi and f"DOI:{fact.doi}") if ref)
    return f"{fact.fact_id}: {fact.statement}: {said} ({fact.verification}, {cited or fact.citation})"


def _grade(grade: CnsGrade, as_of: str) -> Iterator[str]:
    if grade.reason is GradeReason.NO_DATA:
        yield f"    {grade.axis}-{grade.letter}: no CNS evidence found ({as_of})"
    else:
        seen = f", {grade.axis}-{grade.seen_letter} on rows seen in a source" if grade.is_provisional else ""
        yield f"    {grade.axis}-{grade.letter} ({grade.reason}{seen})"
    yield from (f"      {_step(step)}" for step in grade.steps)


def _step(step: GradeStep) -> str:
    changes = " and ".join(step.changes)
    source = f" from {step.borrowed_from}" if step.borrowed_from else ""
    if step.letter is None:
        return f"{step.row_id}: {step.by_design} by design, does not count ({changes})"
    if not step.changes:
        return f"{step.row_id}: {step.letter}"
    return f"{step.row_id}: {step.by_design} by design, {step.letter} after {changes}{source}"


def _exposure(exposure: CnsExposure, as_of: str) -> Iterator[str]:
    substrates = f"P-gp substrate: {exposure.pgp}, BCRP substrate: {exposure.bcrp} ({exposure.transporters})"
    yield f"  {exposure.drug_name} in the CNS; {substrates}"
    yield from _grade(exposure.grade, as_of)
    for level in exposure.levels:
        ratio = f"{level.low:g} to {level.high:g} ({level.metric})" if level.low and level.high else level.metric
        said = level.result or "figures withheld until seen in a source"
        subjects = f"{level.subjects} " if level.subjects else ""
        measured = f"{level.pk_id}: {ratio}, {subjects}{level.species}; {said}"
        yield f"      {measured} ({level.verification}){_layer(level.layer)}"


def _evidence(row: EvidenceRow) -> str:
    patients = f"n={row.patients}" if row.patients else "n not given"
    rate = f", ORR {row.orr:.0%}" if row.orr is not None else ""
    interval = f" (95% {row.orr_low:.0%} to {row.orr_high:.0%})" if row.orr_low is not None and row.orr_high else ""
    said = row.result or "figures withheld until seen in a source"
    cited = ", ".join(ref for ref in (row.pmid and f"PMID:{row.pmid}", row.doi and f"DOI:{row.doi}", row.nct) if ref)
    return (
        f"{row.evidence_id}: {row.study} ({row.year}), {row.regimen}, {row.cns_setting}, {row.design}, {row.tumour}, "
        f"{patients}{rate}{interval}, {row.activity}; {said} ({row.verification}{', ' + cited if cited else ''})"
        f"{_layer(row.layer)}"
    )


def _bases(bases: Sequence[Basis]) -> str:
    return "; ".join(f"{b.name} ({b.level}: {', '.join([*map(str, b.alleles), *b.events])})" for b in bases)


def _prior(use: PriorUse) -> str:
    return f"{use.drug_name}, {use.outcome or 'outcome not said'}"


def _objection(objection: Objection) -> str:
    names = " with ".join(objection.biomarker_names)
    return f"{objection.act_id} {objection.kind}: {objection.direction} to {' + '.join(objection.drug_names)}, {names}"


def _caveat(caveat: Caveat) -> str:
    return " ".join([caveat.code, *(f"{name}={value}" for name, value in sorted(caveat.values.items()))])


def _layer(layer: str) -> str:
    return "" if layer == "shipped" else f" {{from {layer}}}"
