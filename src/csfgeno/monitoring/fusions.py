"""Fusions of a patient, date by date: a junction is known by its two places, not by the names of its genes."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from csfgeno.monitoring.change import Rule, changes_of
from csfgeno.monitoring.earlier import EarlierCase, check_build, renamed, renamed_fusion
from csfgeno.monitoring.samples import collected, standing, volume_ml
from csfgeno.records import Breakpoint, CaseReport, Fusion, FusionCall, SerialFusion, SerialPoint
from csfgeno.structural.known import KnownJunction, known_junction
from csfgeno.vocab import Build, CallState, SpecimenKind, StructuralFilter

Course = dict[str, Fusion]
"""One junction by the id of the case that lists it, the latest case first."""


def known_junctions(earlier: Sequence[EarlierCase], build: Build, contigs: Sequence[str]) -> tuple[KnownJunction, ...]:
    """Return the junctions that earlier cases detected, in the names and order of this genome, to be counted again.

    A junction with a place on a contig that this genome lacks cannot be counted, and is left out.

    Raises
    ------
    InputError
        If an earlier case is of another build.
    """
    return tuple(dict.fromkeys(junction for own in earlier for junction in _detected(own.report, build, contigs)))


def _detected(then: CaseReport, build: Build, contigs: Sequence[str]) -> Iterator[KnownJunction]:
    check_build(then, build)
    before = [renamed(contig, contigs) for contig in then.contigs]
    for fusion in then.fusions:
        own = renamed_fusion(fusion, contigs)
        is_here = all(place.contig in contigs and place.contig in before for place in _places(own))
        if is_here and any(call.state is CallState.DETECTED for call in fusion.calls):
            yield known_junction(own, before, contigs)


def fusion_traces(
    cases: Sequence[CaseReport], kind: SpecimenKind, rule: Rule, tolerance_bp: int
) -> Iterator[SerialFusion]:
    """Yield one trace a junction that this kind of specimen has shown, the present ones first.

    METHOD: a junction that any case finds in the normal too is not of the tumour and is not followed.
    """
    courses: list[Course] = []
    for report in reversed(cases):
        courses = _joined(courses, report, tolerance_bp)
    for course in courses:
        calls = [call for fusion in course.values() for call in fusion.calls]
        is_shown = any(call.specimen is kind and call.state is CallState.DETECTED for call in calls)
        if is_shown and not any(StructuralFilter.IN_NORMAL in call.filters for call in calls):
            yield _trace(course, cases, kind, rule)


def _joined(courses: Sequence[Course], report: CaseReport, tolerance_bp: int) -> list[Course]:
    """Return the courses with the fusions of one more case, those of no course as new ones.

    METHOD: each junction goes to the nearest course whose latest spelling has both places within the tolerance, and no
    course takes two junctions of one case; so two junctions of one pair of genes stay two.
    """
    near = sorted(
        (apart, j, i)
        for i, fusion in enumerate(report.fusions)
        for j, course in enumerate(courses)
        if (apart := junction_distance_bp(fusion, next(iter(course.values())))) is not None and apart <= tolerance_bp
    )
    taken: dict[int, int] = {}
    for _, j, i in near:
        if j not in taken and i not in taken.values():
            taken[j] = i
    name, fusions = report.case.case_id, report.fusions
    longer = [course | ({name: fusions[taken[j]]} if j in taken else {}) for j, course in enumerate(courses)]
    return longer + [{name: fusion} for i, fusion in enumerate(fusions) if i not in taken.values()]


def junction_distance_bp(one: Fusion, other: Fusion) -> int | None:
    """Return how far the places of two junctions lie apart, the farther pair of both; `None` if they join other sides.

    Which partner drives the transcript makes no difference; which side of a place is kept does.
    """
    (a, b), (c, d) = _places(one), _places(other)
    ways = [_apart(a, c, b, d), _apart(a, d, b, c)]
    return min((way for way in ways if way is not None), default=None)


def _apart(a: Breakpoint, c: Breakpoint, b: Breakpoint, d: Breakpoint) -> int | None:
    is_same = (a.contig, a.keeps, b.contig, b.keeps) == (c.contig, c.keeps, d.contig, d.keeps)
    return max(abs(a.pos - c.pos), abs(b.pos - d.pos)) if is_same else None


def _places(fusion: Fusion) -> tuple[Breakpoint, Breakpoint]:
    return fusion.five_prime.breakpoint, fusion.three_prime.breakpoint


def _trace(course: Course, cases: Sequence[CaseReport], kind: SpecimenKind, rule: Rule) -> SerialFusion:
    latest = next(iter(course.values()))
    points = tuple(_point(own, course.get(own.case.case_id), latest, kind) for own in cases)
    return SerialFusion(
        specimen=kind,
        name=latest.name,
        exon_name=latest.exon_name,
        five_prime=latest.five_prime.breakpoint,
        three_prime=latest.three_prime.breakpoint,
        points=points,
        changes=changes_of(points, rule),
    )


def _point(report: CaseReport, own: Fusion | None, latest: Fusion, kind: SpecimenKind) -> SerialPoint:
    blank = SerialPoint(
        report.case.case_id,
        collected(report.case, kind),
        CallState.NOT_ASSESSABLE,
        volume_ml=volume_ml(report, kind),
    )
    call = own.call(kind) if own else None
    return _called(blank, call, report) if call else _unlisted(blank, latest, kind, report)


def _called(blank: SerialPoint, call: FusionCall, report: CaseReport) -> SerialPoint:
    # METHOD: mates alone tell that two places are joined and not which molecules cross them, so they stand beside the
    # molecules that show the junction and not in its fraction.
    shown = call.split + call.clipped
    return replace(
        blank,
        state=standing(call.state, report, call.specimen, has_limit=call.lod95 is not None),
        depth=shown + call.spanning,
        alt=shown,
        discordant=call.discordant,
        vaf=call.vaf,
        vaf_low=call.vaf_low,
        vaf_high=call.vaf_high,
        lod95=call.lod95,
    )


def _unlisted(blank: SerialPoint, fusion: Fusion, kind: SpecimenKind, report: CaseReport) -> SerialPoint:
    """Return what a case that does not list a junction says of it: the state of its hotspot if negative, else nothing.

    METHOD: the limit of a fusion hotspot is that of the median place of its introns, and a molecule that only its
    clipped end shows may have gone unlisted; so there are no counts, and no change is claimed from such a point.
    """
    results = [r for r in report.hotspots if r.specimen is kind and r.hotspot_id in fusion.hotspot_ids]
    is_negative = bool(results) and all(result.state is CallState.NOT_DETECTED for result in results)
    limits = [result.lod95 for result in results if result.lod95 is not None]
    if not (is_negative and len(limits) == len(results) and _is_read(fusion, report)):
        return blank
    return replace(blank, state=standing(CallState.NOT_DETECTED, report, kind, has_limit=True), lod95=max(limits))


def _is_read(fusion: Fusion, report: CaseReport) -> bool:
    """Return whether a place of the junction lies in a target of that case's panel."""
    targets = [target.interval for target in report.panel.targets]
    return any(
        target.start <= place.pos < target.end and renamed(target.contig, [place.contig]) == place.contig
        for place in _places(fusion)
        for target in targets
    )
