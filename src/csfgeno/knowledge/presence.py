"""Which biomarkers a case has, where, and which it cannot be said not to have."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from csfgeno.knowledge.patterns import Combination
from csfgeno.knowledge.rows import Biomarker
from csfgeno.knowledge.tables import KnowledgeBase
from csfgeno.records import Allele, Finding, HotspotResult, Panel
from csfgeno.vocab import CallState, SpecimenKind

TUMOUR_SPECIMENS: Final = frozenset({SpecimenKind.CSF, SpecimenKind.PLASMA, SpecimenKind.TISSUE})
"""Specimens that speak for the tumour; the normal one speaks for inheritance and blood cells."""


@dataclass(frozen=True, slots=True)
class Presence:
    """Findings of each biomarker that is present, and the biomarkers that are neither present nor shown absent."""

    findings: Mapping[str, tuple[Finding, ...]]
    open_ids: frozenset[str]

    @classmethod
    def of(cls, findings: Sequence[Finding], kb: KnowledgeBase, not_excluded: Collection[str]) -> "Presence":
        """Return the presence of all biomarkers, those of the whole case included."""
        by_id: dict[str, tuple[Finding, ...]] = {}
        uncertain = {*not_excluded, *kb.not_assessable}
        for finding in findings:
            if _detected_in(finding, TUMOUR_SPECIMENS):
                by_id |= {b: (*by_id.get(b, ()), finding) for b in finding.biomarker_ids}
            elif any(call.state is CallState.INDETERMINATE for call in finding.calls):
                uncertain |= set(finding.biomarker_ids)
        for biomarker in kb.biomarkers.values():
            if combined := _combined(biomarker, by_id, kb):
                by_id[biomarker.biomarker_id] = combined
        return cls(by_id, frozenset(uncertain - set(by_id)))

    def has_all(self, biomarker_ids: Iterable[str]) -> bool:
        """Whether every biomarker is present."""
        return all(b in self.findings for b in biomarker_ids)

    def has_none(self, biomarker_ids: Iterable[str]) -> bool:
        """Whether no biomarker is present."""
        return not any(b in self.findings for b in biomarker_ids)

    def is_open(self, biomarker_id: str) -> bool:
        """Whether the biomarker was not found, but not excluded either."""
        return biomarker_id in self.open_ids

    def alleles_of(self, biomarker_ids: Iterable[str]) -> frozenset[Allele]:
        """Return the alleles behind the biomarkers."""
        return frozenset(finding.allele for b in biomarker_ids for finding in self.findings[b])

    def is_in_normal(self, biomarker_ids: Iterable[str]) -> bool:
        """Whether an allele of the biomarkers is detected in the normal specimen."""
        normal = frozenset({SpecimenKind.NORMAL})
        return any(_detected_in(finding, normal) for b in biomarker_ids for finding in self.findings[b])

    def specimens_of(self, biomarker_ids: Sequence[str]) -> tuple[tuple[SpecimenKind, ...], bool]:
        """Return where the biomarkers are detected, and whether no single specimen has them all.

        The specimens are those with all of them, or, if none has, those with any.
        """
        places = [
            {kind for finding in self.findings[b] for kind in _detected_in(finding, TUMOUR_SPECIMENS)}
            for b in biomarker_ids
        ]
        everywhere = set.intersection(*places)
        chosen = everywhere or set.union(*places)
        return tuple(kind for kind in SpecimenKind if kind in chosen), not everywhere


def undetermined_biomarkers(panel: Panel, results: Sequence[HotspotResult]) -> frozenset[str]:
    """Return the biomarkers of hotspots that the leading specimen of a case could not assess.

    METHOD: the CSF leads where there is one, then plasma, then tissue: a negative in plasma says little of the CSF.
    """
    states = {(result.specimen, result.hotspot_id): result.state for result in results}
    kinds = {specimen for specimen, _ in states} & TUMOUR_SPECIMENS
    lead = next((kind for kind in SpecimenKind if kind in kinds), SpecimenKind.CSF)
    assessed = (CallState.DETECTED, CallState.NOT_DETECTED)
    return frozenset(
        biomarker_id
        for hotspot in panel.hotspots
        if states.get((lead, hotspot.hotspot_id)) not in assessed
        for biomarker_id in hotspot.biomarker_ids
    )


def _detected_in(finding: Finding, kinds: frozenset[SpecimenKind]) -> list[SpecimenKind]:
    return [c.specimen for c in finding.calls if c.specimen in kinds and c.state is CallState.DETECTED]


def _combined(biomarker: Biomarker, by_id: Mapping[str, tuple[Finding, ...]], kb: KnowledgeBase) -> tuple[Finding, ...]:
    """Return the findings that make up a biomarker of the whole case; nothing if they do not."""
    rule = biomarker.pattern.matcher
    if not isinstance(rule, Combination):
        return ()
    if rule.all_of:
        is_complete = all(b in by_id for b in rule.all_of)
        return tuple(f for b in rule.all_of for f in by_id[b]) if is_complete else ()
    members = [b for b in by_id if rule.gene in kb.biomarkers[b].genes and kb.biomarkers[b].role == rule.role]
    distinct = {f.allele: f for b in members for f in by_id[b]}
    return tuple(distinct.values()) if len(distinct) >= rule.at_least else ()
