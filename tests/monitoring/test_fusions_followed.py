"""Junctions date by date: which are one, which are two, and what a case that does not list one says of it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csfgeno.errors import InputError
from csfgeno.monitoring.earlier import EarlierCase, aligned
from csfgeno.monitoring.follow import follow
from csfgeno.monitoring.fusions import junction_distance_bp, known_junctions
from csfgeno.records import Breakpoint, CaseReport, Fusion, SerialFusion
from csfgeno.structural.known import KnownJunction, known_junction
from csfgeno.vocab import Build, CallState, QcVerdict, Side, StructuralFilter
from csfgeno.vocab.serial import SerialResult

from ..report.report_cases import CONTIGS, CSF, NORMAL, make_qc
from ..report.serial_structural import A19, A19_NEAR, E6, E13, earlier, make_fusion, structural_day

PLAIN = {name.removeprefix("chr"): length for name, length in CONTIGS.items()}


def day(index: int, *fusions: Fusion) -> CaseReport:
    """Return the case of one day with those fusions alone."""
    return replace(structural_day(index), fusions=fusions)


def traces(now: CaseReport, *then: CaseReport) -> tuple[SerialFusion, ...]:
    followed = follow(now, earlier(*then)).serial
    assert followed
    return followed.fusions


def moved(place: Breakpoint, by: int) -> Breakpoint:
    return replace(place, pos=place.pos + by)


def turned(fusion: Fusion) -> Fusion:
    """Return the same junction told the other way round, as where naming of its genes changed."""
    return replace(fusion, five_prime=fusion.three_prime, three_prime=fusion.five_prime)


def plain(report: CaseReport) -> CaseReport:
    """Return a case as called on a genome whose contigs have no `chr`."""

    def bare(fusion: Fusion) -> Fusion:
        sides = (
            replace(s, breakpoint=replace(s.breakpoint, contig=s.breakpoint.contig.removeprefix("chr")))
            for s in (fusion.five_prime, fusion.three_prime)
        )
        five, three = sides
        return replace(fusion, five_prime=five, three_prime=three)

    return replace(report, contigs=PLAIN, fusions=tuple(map(bare, report.fusions)))


FIRST = make_fusion(E13, A19, 45, 410)


@pytest.mark.parametrize(
    "again",
    [
        make_fusion(E13, A19, 20, 400),
        make_fusion(moved(E13, 2), moved(A19, -2), 20, 400),
        make_fusion(moved(E13, 10), A19, 20, 400),
        turned(make_fusion(moved(E13, -3), A19, 20, 400)),
        replace(make_fusion(E13, A19, 20, 400), event_id="other", variant_name="variant 1"),
    ],
)
def test_one_junction_stays_one_however_it_is_spelled(again: Fusion) -> None:
    (trace,) = traces(day(1, again), day(0, FIRST))
    assert [(p.alt, p.depth) for p in trace.points] == [(45, 455), (20, 420)]
    assert (trace.five_prime, trace.three_prime) == (again.five_prime.breakpoint, again.three_prime.breakpoint)


@pytest.mark.parametrize("told", [0, 1])
def test_contigs_of_another_style_are_the_same(told: int) -> None:
    days = [day(0, FIRST), day(1, make_fusion(E13, A19, 20, 400))]
    days[told] = plain(days[told])
    (trace,) = traces(days[1], days[0])
    assert [p.alt for p in trace.points] == [45, 20]
    assert trace.five_prime.contig == ("2" if told else "chr2")


@pytest.mark.parametrize(
    "other",
    [
        make_fusion(moved(E13, 11), A19, 20, 400),
        make_fusion(E13, moved(A19, 11), 20, 400),
        make_fusion(replace(E13, keeps=Side.RIGHT), A19, 20, 400),
        make_fusion(E13, replace(A19, keeps=Side.RIGHT), 20, 400),
        make_fusion(replace(E13, contig="chr7"), A19, 20, 400),
        make_fusion(E6, A19, 20, 400, exon=6),
    ],
)
def test_other_places_or_kept_sides_are_another_junction_of_the_same_genes(other: Fusion) -> None:
    found = traces(day(1, other), day(0, FIRST))
    assert [trace.name for trace in found] == ["EML4::ALK"] * 2
    assert [[p.alt for p in trace.points] for trace in found] == [[None, 20], [45, None]]


def test_near_junctions_of_one_case_are_never_counted_as_one() -> None:
    """Both of today lie within the tolerance of the earlier one; the nearer takes it."""
    now = day(1, make_fusion(moved(E13, -7), A19, 5, 400), make_fusion(moved(E13, 4), A19, 9, 400))
    found = traces(now, day(0, FIRST))
    assert [[p.alt for p in trace.points] for trace in found] == [[None, 5], [45, 9]]


def test_a_junction_of_the_normal_is_not_followed() -> None:
    call = FIRST.calls[0]
    doubtful = replace(call, state=CallState.INDETERMINATE, filters=(StructuralFilter.IN_NORMAL,))
    now = replace(FIRST, calls=(doubtful, replace(doubtful, specimen=NORMAL)))
    assert traces(day(1, now), day(0, FIRST)) == ()


def test_three_dates_with_known_changes() -> None:
    days = [day(i, make_fusion(E13, A19, n, 400)) for i, n in enumerate((45, 9, 0))]
    (trace,) = traces(days[2], days[0], days[1])
    assert [c.result for c in trace.changes] == [SerialResult.NO_LONGER_DETECTED] * 2
    assert [c.since_case_id for c in trace.changes] == ["CASE-0002", "CASE-0001"]
    assert trace.points[2].state is CallState.NOT_DETECTED
    assert trace.points[2].lod95 == pytest.approx(4.744 / 400, rel=1e-3)
    (back,) = traces(day(2, make_fusion(E13, A19, 45, 400)), days[0], days[1])
    assert [c.result for c in back.changes] == [SerialResult.ROSE, SerialResult.NO_CHANGE_SHOWN]


def test_mates_alone_stand_beside_the_counts() -> None:
    (trace,) = traces(day(1, make_fusion(E13, A19, 20, 400)), day(0, FIRST))
    assert [p.discordant for p in trace.points] == [15, 6]
    assert trace.points[0].depth == 455


# ------------------------------------------------------------------- cases that do not list a junction


def test_an_unlisted_junction_has_the_limit_of_its_hotspot_and_no_count() -> None:
    (trace,) = traces(day(1, FIRST), day(0))
    point = trace.points[0]
    assert (point.state, point.depth, point.alt, point.lod95) == (CallState.NOT_DETECTED, None, None, 0.011)
    assert trace.changes[0].result is SerialResult.NOT_COMPARABLE


def unread(report: CaseReport) -> CaseReport:
    return replace(report, panel=replace(report.panel, targets=report.panel.targets[:-1]))


def unsure(report: CaseReport) -> CaseReport:
    *rest, own = report.hotspots
    return replace(report, hotspots=(*rest, replace(own, state=CallState.INDETERMINATE)))


def unlimited(report: CaseReport) -> CaseReport:
    *rest, own = report.hotspots
    return replace(report, hotspots=(*rest, replace(own, lod95=None)))


def failed(report: CaseReport) -> CaseReport:
    return replace(report, qc=tuple(make_qc(kind, verdict=QcVerdict.FAIL) for kind in (CSF, NORMAL)))


@pytest.mark.parametrize("spoil", [unread, unsure, unlimited, failed])
def test_what_the_case_could_not_have_shown_is_never_a_negative(spoil: object) -> None:
    (trace,) = traces(day(1, FIRST), spoil(day(0)))  # type: ignore[operator]
    assert trace.points[0].state is CallState.NOT_ASSESSABLE
    assert trace.changes[0].result is SerialResult.NOT_COMPARABLE


def test_a_counted_negative_of_a_failed_specimen_is_no_negative() -> None:
    (trace,) = traces(failed(day(1, make_fusion(E13, A19, 0, 400))), day(0, FIRST))
    assert trace.points[1].state is CallState.NOT_ASSESSABLE
    assert trace.changes[0].result is SerialResult.NOT_COMPARABLE


# ------------------------------------------------------------------------- junctions to be counted again


def known(report: CaseReport, contigs: list[str]) -> tuple[KnownJunction, ...]:
    return known_junctions([EarlierCase(report, "0" * 64)], Build.GRCH38, contigs)


def test_detected_junctions_are_counted_again_each_once() -> None:
    one = known(day(0, FIRST), list(CONTIGS))
    assert one == (KnownJunction(A19, E13, ""),)
    assert known_junctions(earlier(day(0, FIRST), day(1, turned(FIRST))), Build.GRCH38, list(CONTIGS)) == one
    assert known(day(0, make_fusion(E13, A19, 1, 400), make_fusion(E6, A19_NEAR, 0, 400)), list(CONTIGS)) == ()


def test_junctions_are_told_in_the_names_of_the_genome() -> None:
    (junction,) = known(day(0, FIRST), list(PLAIN))
    assert (junction.first.contig, junction.second.contig) == ("2", "2")
    assert known(day(0, FIRST), ["7", "10"]) == ()


def test_a_junction_of_another_build_is_refused() -> None:
    with pytest.raises(InputError, match="builds are never mixed"):
        known_junctions(earlier(day(0, FIRST)), Build.GRCH37, list(CONTIGS))


def test_inserted_bases_follow_the_order_of_the_genome() -> None:
    """Between chr2 and chr10 the strand of `join` turns with the order of the contigs."""
    fusion = replace(make_fusion(E13, replace(A19, contig="chr10"), 9, 400), inserted="GATT")
    straight = known_junction(fusion, ["chr2", "chr10"], ["chr2", "chr10"])
    other = known_junction(fusion, ["chr2", "chr10"], ["chr10", "chr2"])
    assert (straight.first, straight.second, straight.inserted) == (other.second, other.first, "GATT")
    assert other.inserted == "AATC"


def test_only_the_names_of_an_earlier_case_change() -> None:
    now = day(1, FIRST)
    assert aligned(plain(day(0, FIRST)), now).fusions == day(0, FIRST).fusions


@given(st.integers(-40, 40), st.integers(-40, 40), st.booleans())
def test_the_distance_is_that_of_the_farther_place_and_the_same_both_ways(by: int, far: int, is_turned: bool) -> None:
    other = make_fusion(moved(E13, by), moved(A19, far), 3, 400)
    other = turned(other) if is_turned else other
    assert junction_distance_bp(FIRST, other) == junction_distance_bp(other, FIRST) == max(abs(by), abs(far))
