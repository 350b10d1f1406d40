"""Pertinent negatives: for each hotspot group and specimen a state, the molecules behind it and its limit."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from csfgeno.records import CaseReport, Hotspot, HotspotResult
from csfgeno.report import numerals
from csfgeno.report.hotspots import UNSUPPORTED, GroupResult, failed_kinds, group_results
from csfgeno.report.sentences import Sentences
from csfgeno.report.view.parts import (
    Badge,
    Cell,
    in_specimen,
    limit_text,
    listed,
    molecules,
    primary_kind,
    specimen_kinds,
    specimen_word,
    state_badge,
)
from csfgeno.vocab import CallState, EvidenceMode, HotspotKind, SpecimenKind

DOUBTFUL: Final = (CallState.INDETERMINATE, CallState.NOT_ASSESSABLE)


@dataclass(frozen=True, slots=True)
class Doubt:
    """The members of a hotspot group that share a state which is no answer."""

    group: GroupResult
    state: CallState

    @property
    def name(self) -> str:
        """Name of the group, or of the members concerned if they are not all of it."""
        return self.group.group if self.is_whole else ", ".join(self.group.labels(self.state))

    @property
    def is_whole(self) -> bool:
        """Whether every member is concerned."""
        return len(self._results) == len(self.group.members)

    @property
    def depth(self) -> int:
        """Least depth of the members concerned."""
        return min(result.depth for result in self._results)

    @property
    def reasons(self) -> str:
        """Recorded reasons of the members concerned."""
        return "; ".join(dict.fromkeys(result.reason.rstrip(".") for result in self._results))

    @property
    def _results(self) -> list[HotspotResult]:
        return [result for _, result in self.group.members if result.state is self.state]


@dataclass(frozen=True, slots=True)
class GroupRow:
    """One hotspot group, one cell a compartment."""

    group: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Unsupported:
    """Changes of one kind that this version does not look for."""

    badge: Badge
    labels: str
    text: str


@dataclass(frozen=True, slots=True)
class NegativesView:
    """The section of pertinent negatives."""

    specimens: tuple[str, ...]
    rows: tuple[GroupRow, ...]
    warnings: tuple[str, ...]
    example: str | None
    doubts: tuple[str, ...]
    unsupported: tuple[Unsupported, ...]


def tumour_kinds(report: CaseReport) -> tuple[SpecimenKind, ...]:
    """Return the compartments in which a negative has a meaning: all but the normal."""
    return tuple(kind for kind in specimen_kinds(report) if kind is not SpecimenKind.NORMAL)


def build_negatives(report: CaseReport, say: Sentences) -> NegativesView:
    """Return the section of pertinent negatives."""
    kinds = tumour_kinds(report)
    by_kind = [group_results(report, kind) for kind in kinds]
    return NegativesView(
        specimens=tuple(specimen_word(kind, say) for kind in kinds),
        rows=tuple(
            GroupRow(row[0].group, tuple(_cell(result, report, say) for result in row))
            for row in zip(*by_kind, strict=True)
        ),
        warnings=tuple(specimen_warnings(report, say)),
        example=_example(report, say),
        doubts=tuple(sentence for kind in kinds for sentence in doubt_sentences(report, kind, say)),
        unsupported=unsupported_changes(report, say),
    )


def specimen_warnings(report: CaseReport, say: Sentences) -> list[str]:
    """Return what forbids reading any negative of a specimen: failed quality, or no reads behind it."""
    sentences = []
    for qc in report.qc:
        word = specimen_word(qc.specimen, say)
        if qc.specimen in failed_kinds(report):
            sentences.append(say("negative.failed", specimen=word))
        if qc.evidence_mode is EvidenceMode.VCF:
            sentences.append(say("negative.vcf", specimen=word))
    return sentences


def adequate_negatives(report: CaseReport) -> list[tuple[GroupResult, float]]:
    """Return the groups that are not detected in the leading specimen, each with its limit."""
    groups = group_results(report, primary_kind(report))
    return [(g, g.lod95) for g in groups if g.state is CallState.NOT_DETECTED and g.lod95 is not None]


def doubts(report: CaseReport, kind: SpecimenKind) -> list[Doubt]:
    """Return the groups of a compartment, or parts of them, that are not assessable or indeterminate."""
    return [
        Doubt(result, state) for result in group_results(report, kind) for state in DOUBTFUL if result.labels(state)
    ]


def unsupported_changes(report: CaseReport, say: Sentences) -> tuple[Unsupported, ...]:
    """Return fusions and amplifications of the panel, which are named so that nobody takes silence for a negative."""
    badge = state_badge(CallState.NOT_ASSESSABLE, say)
    found = []
    for kind in HotspotKind:
        hotspots = [hotspot for hotspot in report.panel.hotspots if hotspot.kind is kind]
        if kind in UNSUPPORTED and hotspots and not _was_looked_for(hotspots, report):
            found.append(Unsupported(badge, _labels(hotspots, kind, say), say(f"negative.unsupported.{kind}")))
    return tuple(found)


def _was_looked_for(hotspots: Sequence[Hotspot], report: CaseReport) -> bool:
    if report.copy_numbers if hotspots[0].kind is HotspotKind.AMPLIFICATION else report.fusions:
        return True
    ids = {hotspot.hotspot_id for hotspot in hotspots}
    results = (result for result in report.hotspots if result.hotspot_id in ids)
    return any(result.lod95 is not None or result.state is not CallState.NOT_ASSESSABLE for result in results)


def _labels(hotspots: Sequence[Hotspot], kind: HotspotKind, say: Sentences) -> str:
    """Return the genes of changes that are named after their kind alone, and the labels of the others."""
    genes = [h.gene for h in hotspots if h.label == f"{h.gene} {kind}"]
    others = [h.label for h in hotspots if h.label != f"{h.gene} {kind}"]
    named = [say(f"negative.unsupported_genes.{kind}", genes=", ".join(genes))] if genes else []
    return "; ".join(named + others)


def negative_sentence(group: GroupResult, lod95: float, report: CaseReport, say: Sentences) -> str:
    """Return an adequate negative in full: what was not found, with how many molecules, down to which fraction."""
    return say(
        "negative.adequate",
        group=group.group,
        specimen=in_specimen(group.specimen, say),
        molecules=molecules(group.depth, group.specimen, report, say),
        lod=numerals.percent_at_most(lod95),
    )


def doubt_sentences(report: CaseReport, kind: SpecimenKind, say: Sentences) -> list[str]:
    """Return why nothing can be said of the doubtful groups of a compartment, groups of one reason together."""
    alike: dict[tuple[CallState, str, str], list[Doubt]] = {}
    for doubt in doubts(report, kind):
        alike.setdefault((doubt.state, doubt.reasons, _advice(doubt, say)), []).append(doubt)
    return [
        say.count(
            f"negative.{state.lower()}",
            len(group),
            names=listed([doubt.name for doubt in group], say),
            specimen=in_specimen(kind, say),
            molecules=molecules(group[0].depth, kind, report, say),
            reasons=reasons,
            advice=advice,
        )
        for (state, reasons, advice), group in alike.items()
    ]


def _advice(doubt: Doubt, say: Sentences) -> str:
    """Return what to do: more of the same helps only where some molecules were read."""
    if doubt.state is CallState.INDETERMINATE:
        return say("negative.advice.doubt")
    return say(f"negative.advice.few.{doubt.group.specimen}" if doubt.depth else "negative.advice.none")


def _example(report: CaseReport, say: Sentences) -> str | None:
    negatives = adequate_negatives(report)
    return negative_sentence(*negatives[0], report, say) if negatives else None


def _cell(result: GroupResult, report: CaseReport, say: Sentences) -> Cell:
    others = [
        say("negative.also", state=state_badge(state, say).word, labels=", ".join(result.labels(state)))
        for state in (CallState.DETECTED, *DOUBTFUL)
        if result.labels(state) and len(result.labels(state)) < len(result.members)
    ]
    if result.state is CallState.DETECTED:
        return Cell(state_badge(result.state, say), None, tuple(others))
    counted = molecules(result.depth, result.specimen, report, say)
    return Cell(state_badge(result.state, say), limit_text(result.lod95, say), (counted, *others))
