"""Hotspots as a complete matrix: every hotspot of the panel in every specimen, so that nothing is passed over."""

from collections.abc import Iterator
from dataclasses import dataclass

from csfgeno.records import CaseReport, Hotspot, HotspotResult
from csfgeno.vocab import CallState, HotspotKind, SpecimenKind

UNREPORTED = "no result was recorded for this hotspot in this specimen"

UNSUPPORTED = frozenset({HotspotKind.FUSION, HotspotKind.AMPLIFICATION})
"""Kinds of change that small-variant calling does not look for."""


@dataclass(frozen=True, slots=True)
class GroupResult:
    """One line of the pertinent negatives in one specimen.

    `state` is the worst that can be said of its members: a group is NOT_DETECTED only if every member is.
    `depth` and `lod95` belong to the weakest member; `lod95` is `None` if a member has none.
    """

    group: str
    specimen: SpecimenKind
    state: CallState
    depth: int
    lod95: float | None
    members: tuple[tuple[Hotspot, HotspotResult], ...]

    def labels(self, state: CallState) -> tuple[str, ...]:
        """Return the labels of the members in that state."""
        return tuple(hotspot.label for hotspot, result in self.members if result.state is state)


def hotspot_matrix(report: CaseReport) -> Iterator[tuple[Hotspot, HotspotResult]]:
    """Yield every hotspot of the panel with its result in every specimen; one without a result is NOT_ASSESSABLE."""
    results = {(result.hotspot_id, result.specimen): result for result in report.hotspots}
    for hotspot in report.panel.hotspots:
        for specimen in report.case.specimens:
            key = (hotspot.hotspot_id, specimen.kind)
            yield hotspot, results.get(key) or HotspotResult(*key, CallState.NOT_ASSESSABLE, 0, 0, None, UNREPORTED)


def group_results(report: CaseReport, specimen: SpecimenKind) -> tuple[GroupResult, ...]:
    """Return the small-variant groups of the panel in one specimen, in panel order."""
    groups: dict[str, list[tuple[Hotspot, HotspotResult]]] = {}
    for hotspot, result in hotspot_matrix(report):
        if result.specimen is specimen and hotspot.kind not in UNSUPPORTED:
            groups.setdefault(hotspot.group, []).append((hotspot, result))
    return tuple(_summarise(group, specimen, tuple(members)) for group, members in groups.items())


def _summarise(group: str, specimen: SpecimenKind, members: tuple[tuple[Hotspot, HotspotResult], ...]) -> GroupResult:
    results = [result for _, result in members]
    limits = [result.lod95 for result in results]
    known = [limit for limit in limits if limit is not None]
    lod95 = max(known) if len(known) == len(limits) else None
    return GroupResult(group, specimen, _worst(results), min(r.depth for r in results), lod95, members)


def _worst(results: list[HotspotResult]) -> CallState:
    """METHOD: a finding outranks everything; after it, doubt and blindness outrank a negative."""
    order = (CallState.DETECTED, CallState.INDETERMINATE, CallState.NOT_ASSESSABLE, CallState.NOT_DETECTED)
    return min((result.state for result in results), key=order.index)
