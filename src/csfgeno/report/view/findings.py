"""Findings: which of them lead, how each is named, and what every compartment says."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from csfgeno.records import CaseReport, Finding, Specimen, SpecimenCall, SpecimenQc
from csfgeno.report import numerals
from csfgeno.report.hotspots import standing_state
from csfgeno.report.sentences import Sentences
from csfgeno.report.view.parts import (
    Badge,
    Cell,
    call_cell,
    finding_name,
    interval_text,
    is_blocked,
    is_detected,
    is_detected_anywhere,
    limit_text,
    origin_text,
    primary_kind,
    specimen_kinds,
    specimen_qc,
    specimen_word,
    state_badge,
    verdict_text,
)
from csfgeno.report.view.stacks import Stack, build_stack
from csfgeno.vocab import CallState, EvidenceMode, MoleculeKind, QcVerdict, SpecimenKind
from csfgeno.vocab.comparison import Certainty, CompartmentVerdict, Origin

NONE: Final = "—"

MATERIAL_SHARE: Final = 0.1
"""The counted fraction is shown beside the VAF where errors are more than this share of it."""

MAX_ON_FRONT: Final = 6
"""Findings that the first page compares; with more of them the section of findings compares them all."""


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """One finding, one cell a compartment."""

    name: str
    names: str
    mark: str | None
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class CallRow:
    """The numbers of one finding in one specimen."""

    specimen: str
    badge: Badge
    vaf: str
    interval: str
    molecules: str
    duplex: str
    per_ml: str
    limit: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FindingView:
    """One finding in full."""

    name: str
    hgvs_p: str | None
    hgvs_c: str | None
    hgvs_g: str | None
    transcript: str | None
    exon: str | None
    consequence: str | None
    legacy: str | None
    site: str
    cautions: tuple[str, ...]
    calls: tuple[CallRow, ...]
    stacks: tuple[Stack, ...]


@dataclass(frozen=True, slots=True)
class FindingGroup:
    """Findings under one heading."""

    title: str
    lead: str
    findings: tuple[FindingView, ...]


@dataclass(frozen=True, slots=True)
class FindingsView:
    """The section of findings."""

    specimens: tuple[str, ...]
    matrix: tuple[MatrixRow, ...]
    groups: tuple[FindingGroup, ...]
    set_aside: tuple[MatrixRow, ...]
    empty: str | None
    remainder: str | None


def leading_findings(report: CaseReport) -> list[Finding]:
    """Return the findings that the report leads with, the actionable first, then by fraction in CSF.

    METHOD: a variant that is also in the normal specimen is set aside only if it is neither a hotspot nor a
    biomarker; an actionable one stays in front with a caution, since circulating DNA can leak into a normal.
    """
    detected = [f for f in report.findings if is_detected_anywhere(f)]
    return _ordered([f for f in detected if not _is_set_aside(f)], report)


def set_aside_findings(report: CaseReport) -> list[Finding]:
    """Return what is also in the normal specimen and neither hotspot nor biomarker."""
    return _ordered([f for f in report.findings if _is_set_aside(f)], report)


def indeterminate_findings(report: CaseReport) -> list[Finding]:
    """Return findings with evidence that is neither enough nor absent, detected nowhere."""
    return _ordered([f for f in report.findings if _states(f) and _best(f) is CallState.INDETERMINATE], report)


def build_findings(report: CaseReport, say: Sentences) -> FindingsView:
    """Return the section of findings."""
    detected, unclear, set_aside = leading_findings(report), indeterminate_findings(report), set_aside_findings(report)
    overview = detected + unclear
    rest = len(report.findings) - len(overview) - len(set_aside)
    return FindingsView(
        specimens=tuple(specimen_word(kind, say) for kind in specimen_kinds(report)),
        matrix=matrix_rows(overview, report, say) if len(overview) > MAX_ON_FRONT else (),
        groups=tuple(_groups({"detected": detected, "indeterminate": unclear}, report, say)),
        set_aside=matrix_rows(set_aside, report, say),
        empty=None if detected else say(f"findings.empty.{_emptiness(report)}"),
        remainder=say.count("findings.remainder", rest) if rest else None,
    )


def _emptiness(report: CaseReport) -> str:
    """Return which sentence an empty list of findings deserves."""
    if is_blocked(report):
        return "fail"
    return "pass" if report.verdict is QcVerdict.PASS else "limited"


def matrix_rows(findings: list[Finding], report: CaseReport, say: Sentences) -> tuple[MatrixRow, ...]:
    """Return one row a finding, one cell a compartment of the case."""
    return tuple(
        MatrixRow(
            name=finding_name(finding),
            names=f"{finding.change.transcript} {finding.change.hgvs_c}" if finding.change else "",
            mark=_mark(finding, say),
            cells=tuple(call_cell(finding, kind, report, say) for kind in specimen_kinds(report)),
        )
        for finding in findings
    )


def _mark(finding: Finding, say: Sentences) -> str | None:
    """Return where the finding is and whose it is, as far as either is known, and whether a normal has it."""
    told = [] if finding.verdict is CompartmentVerdict.NOT_COMPARED else [verdict_text(finding, say)]
    if finding.origin.basis:
        told.append(origin_text(finding, say))
    elif is_detected(finding, SpecimenKind.NORMAL):
        told.append(say("findings.in_normal_mark"))
    return "; ".join(told) or None


def _is_set_aside(finding: Finding) -> bool:
    # METHOD: a change of blood cells is no finding of the tumour, however well it is known; an inherited one that is
    # known stays in front, since it may concern treatment and family.
    if is_of_blood(finding):
        return True
    is_foreign = is_detected(finding, SpecimenKind.NORMAL) or not finding.origin.may_drive_therapy
    return is_foreign and not finding.biomarker_ids and not finding.hotspot_ids


def is_of_blood(finding: Finding) -> bool:
    """Whether the finding comes from blood cells, shown or probably."""
    own = finding.origin
    return own.origin is Origin.CLONAL_HAEMATOPOIESIS and own.certainty is not Certainty.POSSIBLE


def _states(finding: Finding) -> set[CallState]:
    return {call.state for call in finding.calls}


def _best(finding: Finding) -> CallState:
    return min(_states(finding), key=[CallState.DETECTED, CallState.INDETERMINATE, *CallState].index)


def _ordered(findings: list[Finding], report: CaseReport) -> list[Finding]:
    primary = primary_kind(report)

    def rank(finding: Finding) -> tuple[bool, bool, bool, bool, float, object]:
        call = finding.call(primary)
        vaf = (call.vaf or 0.0) if call else 0.0
        return (
            is_detected(finding, SpecimenKind.NORMAL),
            not finding.biomarker_ids,
            not finding.hotspot_ids,
            not is_detected(finding, primary),
            -vaf,
            finding.allele,
        )

    return sorted(findings, key=rank)


def _groups(groups: dict[str, list[Finding]], report: CaseReport, say: Sentences) -> Iterator[FindingGroup]:
    for key, findings in groups.items():
        if findings:
            views = tuple(_finding(finding, report, say) for finding in findings)
            yield FindingGroup(say(f"findings.{key}.title"), say(f"findings.{key}.lead"), views)


def _finding(finding: Finding, report: CaseReport, say: Sentences) -> FindingView:
    change, allele = finding.change, finding.allele
    return FindingView(
        name=finding_name(finding),
        hgvs_p=change.hgvs_p if change else None,
        hgvs_c=change.hgvs_c if change else None,
        hgvs_g=change.hgvs_g if change else None,
        transcript=change.transcript if change else None,
        exon=change.exon if change else None,
        consequence=say(f"consequence.{change.consequence.name.lower()}") if change else None,
        legacy=", ".join(change.legacy_names) or None if change else None,
        site=f"{report.provenance.build} {allele.contig}:{allele.start + 1} {allele.ref}>{allele.alt}",
        cautions=tuple(_cautions(finding, report, say)),
        calls=tuple(_call_row(call, report, say) for kind in specimen_kinds(report) if (call := finding.call(kind))),
        stacks=tuple(_stacks(finding, report, say)),
    )


def _stacks(finding: Finding, report: CaseReport, say: Sentences) -> Iterator[Stack]:
    number = report.findings.index(finding)
    for call in finding.calls:
        if stack := build_stack(call, finding, f"molecules-{number}-{call.specimen}", say):
            yield stack


def _cautions(finding: Finding, report: CaseReport, say: Sentences) -> list[str]:
    normal = finding.call(SpecimenKind.NORMAL)
    if normal and normal.state is CallState.DETECTED and normal.vaf is not None:
        return [say("findings.caution.normal", vaf=numerals.percent(normal.vaf))]
    if report.case.specimen(SpecimenKind.NORMAL) is None and not finding.hotspot_ids:
        return [say("findings.caution.no_normal")]
    return []


def _counted(call: SpecimenCall, say: Sentences) -> str:
    """Return mutant and all molecules, and their ratio where errors make it differ from the VAF."""
    counts = call.counts
    text = f"{numerals.count(counts.alt)} / {numerals.count(counts.depth)}"
    if counts.vaf is None or call.vaf is None or abs(counts.vaf - call.vaf) <= MATERIAL_SHARE * counts.vaf:
        return text
    return say("findings.counted", molecules=text, vaf=numerals.percent(counts.vaf))


def _call_row(call: SpecimenCall, report: CaseReport, say: Sentences) -> CallRow:
    specimen = report.case.specimen(call.specimen)
    return CallRow(
        specimen=specimen_word(call.specimen, say),
        badge=state_badge(standing_state(call, report), say),
        vaf=NONE if call.vaf is None else numerals.percent(call.vaf),
        interval=interval_text(call) or NONE,
        molecules=_counted(call, say),
        duplex=_duplex(call),
        per_ml=_per_ml(call, specimen, specimen_qc(report, call.specimen)),
        limit=NONE if call.lod95 is None else limit_text(call.lod95, say),
        reasons=tuple(say(f"filter.{name}") for name in call.filters),
    )


def _duplex(call: SpecimenCall) -> str:
    has_duplex = any(stratum.kind is MoleculeKind.DUPLEX for stratum in call.counts.strata)
    return numerals.count(call.counts.alt_duplex) if has_duplex else NONE


def _per_ml(call: SpecimenCall, specimen: Specimen | None, qc: SpecimenQc | None) -> str:
    # METHOD: mutant molecules recovered per mL: losses before sequencing are unknown and not corrected for.
    if not specimen or not specimen.volume_ml or not qc or qc.evidence_mode is EvidenceMode.VCF:
        return NONE
    return numerals.quantity(call.counts.alt / specimen.volume_ml)
