"""Hotspots as a complete matrix, and what a state may still claim when quality failed."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from csfgeno.records import CaseReport, Hotspot, HotspotResult, SpecimenCall
from csfgeno.vocab import CallState, HotspotKind, QcVerdict, SpecimenKind

UNREPORTED: Final = "no result was recorded for this hotspot in this specimen"
FAILED: Final = "quality control failed"
UNLIMITED: Final = "no limit of detection was computed"

UNSUPPORTED: Final = frozenset({HotspotKind.FUSION, HotspotKind.AMPLIFICATION})
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


def failed_kinds(report: CaseReport) -> tuple[SpecimenKind, ...]:
    """Return the specimens that may claim no negative: the failed ones, or all if the case failed as a whole."""
    failed = tuple(qc.specimen for qc in report.qc if qc.verdict is QcVerdict.FAIL)
    is_whole = report.verdict is QcVerdict.FAIL and not failed
    return tuple(specimen.kind for specimen in report.case.specimens) if is_whole else failed


def standing_state(result: SpecimenCall | HotspotResult, report: CaseReport) -> CallState:
    """Return what a reader may be told of a call or a hotspot."""
    # METHOD: a negative without a limit, or of a specimen whose quality failed, is no negative.
    is_void = result.lod95 is None or result.specimen in failed_kinds(report)
    return CallState.NOT_ASSESSABLE if result.state is CallState.NOT_DETECTED and is_void else result.state


def group_results(report: CaseReport, specimen: SpecimenKind) -> tuple[GroupResult, ...]:
    """Return the small-variant groups of the panel in one specimen, in panel order, with states that stand."""
    groups: dict[str, list[tuple[Hotspot, HotspotResult]]] = {}
    for hotspot, result in hotspot_matrix(report):
        if result.specimen is specimen and hotspot.kind not in UNSUPPORTED:
            groups.setdefault(hotspot.group, []).append((hotspot, _standing(result, report)))
    return tuple(_summarise(group, specimen, tuple(members)) for group, members in groups.items())


def _standing(result: HotspotResult, report: CaseReport) -> HotspotResult:
    state = standing_state(result, report)
    reason = FAILED if result.specimen in failed_kinds(report) else UNLIMITED
    return result if state is result.state else replace(result, state=state, reason=reason)


def _summarise(group: str, specimen: SpecimenKind, members: tuple[tuple[Hotspot, HotspotResult], ...]) -> GroupResult:
    results = [result for _, result in members]
    limits = [result.lod95 for result in results]
    known = [limit for limit in limits if limit is not None]
    lod95 = max(known) if len(known) == len(limits) else None
    return GroupResult(group, specimen, _worst(results), min(r.depth for r in results), lod95, members)


def _worst(results: list[HotspotResult]) -> CallState:
    # METHOD: a finding outranks everything; after it, doubt and blindness outrank a negative.
    order = (CallState.DETECTED, CallState.INDETERMINATE, CallState.NOT_ASSESSABLE, CallState.NOT_DETECTED)
    return min((result.state for result in results), key=order.index)
