"""What all sections share: badges, cells, names of findings and specimens, counts with their unit."""

from collections.abc import Sequence
from dataclasses import dataclass

from csfgeno.records import CaseReport, Finding, SpecimenCall, SpecimenQc
from csfgeno.report import numerals
from csfgeno.report.hotspots import failed_kinds, standing_state
from csfgeno.report.sentences import Sentences
from csfgeno.vocab import CallState, EvidenceMode, QcVerdict, SpecimenKind
from csfgeno.vocab.comparison import Origin


@dataclass(frozen=True, slots=True)
class Badge:
    """A state as word and shape; `kind` names the shape and the colour of the style sheet."""

    kind: str
    word: str


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a matrix: a badge, the value that matters, and what stands behind it."""

    badge: Badge
    value: str | None
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One labelled row of a table, one text a column."""

    label: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """A citation; `url` is `None` for a reference that has no known address."""

    text: str
    url: str | None


def state_badge(state: CallState, say: Sentences) -> Badge:
    """Return the badge of a call state."""
    return Badge(state.lower(), say(f"state.{state.lower()}"))


def verdict_badge(verdict: QcVerdict, say: Sentences) -> Badge:
    """Return the badge of a quality verdict."""
    return Badge(verdict.lower(), say(f"verdict.{verdict.lower()}"))


def specimen_word(kind: SpecimenKind, say: Sentences) -> str:
    """Return the name of a compartment."""
    return say(f"specimen.{kind}")


def in_specimen(kind: SpecimenKind, say: Sentences) -> str:
    """Return the name of a compartment as it reads inside a sentence."""
    return say(f"specimen_in.{kind}")


def listed(names: Sequence[str], say: Sentences) -> str:
    """Return names as a list in words: `a, b and c`."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {say('list.and')} {names[-1]}"


def specimen_kinds(report: CaseReport) -> tuple[SpecimenKind, ...]:
    """Return the compartments of the case in table order."""
    return tuple(kind for kind in SpecimenKind if report.case.specimen(kind))


def primary_kind(report: CaseReport) -> SpecimenKind:
    """Return the compartment that the front page speaks of: CSF, or the first there is."""
    return specimen_kinds(report)[0]


def is_blocked(report: CaseReport) -> bool:
    """Whether the compartment that the front page speaks of failed quality control."""
    return primary_kind(report) in failed_kinds(report)


def specimen_qc(report: CaseReport, kind: SpecimenKind) -> SpecimenQc | None:
    """Return the quality record of a compartment."""
    return next((qc for qc in report.qc if qc.specimen is kind), None)


def percent_of(report: CaseReport, name: str) -> str:
    """Return a threshold that is a probability, in percent without the sign: `95`."""
    value = next(setting.value for setting in report.settings if setting.name == name)
    return f"{100 * float(value):g}"


def drug_names(report: CaseReport) -> dict[str, str]:
    """Return the names of the drugs that the therapies of the case speak of, by id."""
    return {i: name for m in report.therapies for i, name in zip(m.drug_ids, m.drug_names, strict=False)}


def finding_name(finding: Finding) -> str:
    """Return the name that a clinician uses: `EGFR p.T790M`, or the c. name where the protein says nothing."""
    change = finding.change
    if change is None:
        return str(finding.allele)
    is_telling = change.hgvs_p_short not in ("", "p.?", "p.=")
    return f"{change.gene} {change.hgvs_p_short if is_telling else change.hgvs_c}"


def verdict_text(finding: Finding, say: Sentences) -> str:
    """Return where a finding is, as far as the specimens could show it."""
    return say(f"compartment.{finding.verdict}")


def origin_text(finding: Finding, say: Sentences) -> str:
    """Return which cells a finding comes from, and how sure that is."""
    own = finding.origin
    if own.origin is Origin.UNKNOWN:
        return say("origin.UNKNOWN")
    return say(f"origin.{own.origin}.{own.certainty}")


def is_detected(finding: Finding, kind: SpecimenKind) -> bool:
    """Whether the finding is DETECTED in that compartment."""
    call = finding.call(kind)
    return call is not None and call.state is CallState.DETECTED


def is_detected_anywhere(finding: Finding) -> bool:
    """Whether the finding is DETECTED in any compartment."""
    return any(call.state is CallState.DETECTED for call in finding.calls)


def molecules(number: int, kind: SpecimenKind, report: CaseReport, say: Sentences) -> str:
    """Return a count in the unit that the specimen was counted in: molecules, fragments or reads."""
    qc = specimen_qc(report, kind)
    mode = qc.evidence_mode if qc else EvidenceMode.UMI_FAMILIES
    return say.count(f"unit.{mode}", number)


def interval_text(call: SpecimenCall) -> str | None:
    """Return the interval of the allele fraction, if there is one."""
    if call.vaf_low is None or call.vaf_high is None:
        return None
    return numerals.percent_range(call.vaf_low, call.vaf_high)


def limit_text(lod95: float | None, say: Sentences) -> str:
    """Return the limit of detection in words."""
    return say("call.no_limit") if lod95 is None else say("call.limit", lod=numerals.percent_at_most(lod95))


def call_cell(finding: Finding, kind: SpecimenKind, report: CaseReport, say: Sentences) -> Cell:
    """Return what one specimen says of one finding."""
    call = finding.call(kind)
    if call is None:
        return Cell(Badge("untested", say("state.untested")), None)
    counted = f"{numerals.count(call.counts.alt)}\u2009/\u2009{numerals.count(call.counts.depth)}"
    state = standing_state(call, report)
    badge = state_badge(state, say)
    if state in (CallState.NOT_DETECTED, CallState.NOT_ASSESSABLE):
        return Cell(badge, None, (f"{limit_text(call.lod95, say)}, {counted}",))
    vaf, interval = call.vaf, interval_text(call)
    details = (f"{interval}, {counted}",) if interval else (counted,)
    reasons = tuple(say(f"filter.{name}") for name in call.filters)
    return Cell(badge, None if vaf is None else numerals.percent(vaf), details + reasons)
