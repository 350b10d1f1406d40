"""Phase in words: which actionable changes lie on the same molecules."""

from csfgeno.records import CaseReport, Finding, PhaseCounts
from csfgeno.report import numerals
from csfgeno.report.sentences import Sentences
from csfgeno.report.view.parts import finding_name, in_specimen
from csfgeno.vocab import SpecimenKind


def phase_sentences(report: CaseReport, say: Sentences) -> tuple[str, ...]:
    """Return one sentence a pair of actionable findings and specimen in which a molecule could show both.

    A pair is told where at least one molecule shows either change; a normal specimen says nothing of a tumour.
    """
    findings = {finding.allele: finding for finding in report.findings}
    return tuple(
        _sentence(findings[phase.first], findings[phase.second], counts, say)
        for phase in report.phases
        if _is_actionable(findings[phase.first]) and _is_actionable(findings[phase.second])
        for counts in phase.counts
        if counts.specimen is not SpecimenKind.NORMAL and counts.informative > 0
    )


def _is_actionable(finding: Finding) -> bool:
    return bool(finding.biomarker_ids or finding.hotspot_ids)


def _sentence(first: Finding, second: Finding, counts: PhaseCounts, say: Sentences) -> str:
    return say(
        f"phase.{counts.state.lower()}",
        first=finding_name(first),
        second=finding_name(second),
        both=numerals.count(counts.both),
        informative=say.count("phase.informative", counts.informative),
        specimen=in_specimen(counts.specimen, say),
    )
