"""Earlier cases laid beside the present one: alleles date by date, and cases that are refused."""

from dataclasses import replace
from datetime import date

import pytest

from csfgeno.errors import InputError
from csfgeno.monitoring.follow import EarlierCase, follow, known_alleles
from csfgeno.records import Allele, CaseReport, Identity, IdentityMatch, Request, SerialTrace
from csfgeno.report.tables import serial_tsv
from csfgeno.vocab import Build, CallState, SpecimenKind
from csfgeno.vocab.comparison import IdentityResult
from csfgeno.vocab.serial import SerialResult

from ..report.report_cases import CSF, EX19DEL, NORMAL, R273H, T790M, make_call
from ..report.serial_cases import SNP, case_of_day, serial
from ..report.special_cases import C797S


def traces() -> dict[object, SerialTrace]:
    followed = serial().serial
    assert followed
    return {trace.allele: trace for trace in followed.traces}


def beside(then: CaseReport, now: CaseReport | None = None) -> CaseReport:
    return follow(now or case_of_day(2), [EarlierCase(then, "0" * 64)])


def test_every_tumour_allele_is_followed_and_no_inherited_one() -> None:
    assert set(traces()) == {EX19DEL, T790M, C797S, R273H}
    assert SNP not in traces()


def test_clones_are_told_apart() -> None:
    since_last = {allele: trace.changes[0].result for allele, trace in traces().items()}
    assert since_last == {
        EX19DEL: SerialResult.FELL,
        T790M: SerialResult.NO_LONGER_DETECTED,
        C797S: SerialResult.NEWLY_DETECTED,
        R273H: SerialResult.NO_CHANGE_SHOWN,
    }


def test_dates_counts_and_limits_stand_side_by_side() -> None:
    points = traces()[T790M].points
    assert [p.collected for p in points] == [date(2026, 1, 12), date(2026, 4, 20), date(2026, 9, 28)]
    assert [(p.alt, p.depth) for p in points] == [(60, 1200), (14, 1180), (0, 1290)]
    assert points[-1].state is CallState.NOT_DETECTED
    assert points[-1].lod95 == 0.0038


def test_the_latest_is_compared_with_the_one_before_and_with_the_first() -> None:
    assert [c.since_case_id for c in traces()[EX19DEL].changes] == ["CASE-0002", "CASE-0001"]


def test_the_order_in_which_cases_are_given_does_not_matter() -> None:
    given = [EarlierCase(case_of_day(i), "0" * 64) for i in (1, 0)]
    turned = follow(case_of_day(2), given).serial
    straight = follow(case_of_day(2), given[::-1]).serial
    assert turned
    assert straight
    assert turned.traces == straight.traces


def without(allele: Allele) -> SerialTrace:
    """Return the course of an allele that the present case does not list."""
    now = case_of_day(2)
    now = replace(now, findings=tuple(f for f in now.findings if f.allele != allele))
    followed = follow(now, [EarlierCase(case_of_day(0), "0" * 64)]).serial
    assert followed
    return next(trace for trace in followed.traces if trace.allele == allele)


def test_an_allele_that_a_case_does_not_list_is_never_a_zero() -> None:
    trace = without(R273H)
    assert trace.points[-1].state is CallState.NOT_ASSESSABLE
    assert trace.points[-1].alt is None
    assert trace.changes[0].result is SerialResult.NOT_COMPARABLE


def test_an_unlisted_hotspot_has_the_state_and_limit_of_its_hotspot() -> None:
    point = without(T790M).points[-1]
    assert (point.state, point.depth, point.alt, point.lod95) == (CallState.NOT_DETECTED, 1117, 0, 0.0044)


def test_what_earlier_cases_found_is_called_again_in_the_names_of_the_genome() -> None:
    earlier = [EarlierCase(case_of_day(0), "0" * 64)]
    contigs = [str(n) for n in range(1, 23)]
    known = known_alleles(earlier, Build.GRCH38, contigs)
    assert replace(T790M, contig="7") in known
    assert replace(C797S, contig="7") not in known
    with pytest.raises(InputError, match="builds are never mixed"):
        known_alleles(earlier, Build.GRCH37, contigs)


def test_inherited_variants_confirm_the_patient() -> None:
    followed = serial().serial
    assert followed
    assert [(own.sites, own.discordant) for own in followed.identity] == [(1, 0), (1, 0)]


def with_snps(report: CaseReport, alts: tuple[int, ...]) -> CaseReport:
    """Return the case with inherited SNPs far apart, each with that many of 800 molecules in normal."""
    snp = next(f for f in report.findings if f.allele == SNP)
    snps = tuple(
        replace(
            snp,
            allele=replace(SNP, start=SNP.start + 100_000 * i),
            calls=tuple(
                make_call(kind, CallState.DETECTED if alt else CallState.NOT_DETECTED, 800, alt)
                for kind in (CSF, NORMAL)
            ),
        )
        for i, alt in enumerate(alts)
    )
    return replace(report, findings=(*(f for f in report.findings if f.allele != SNP), *snps))


def test_inherited_variants_of_another_person_are_an_error() -> None:
    then, now = with_snps(case_of_day(0), (400,) * 6), with_snps(case_of_day(2), (0, 400, 0, 0, 400, 0))
    with pytest.raises(InputError, match=r"CASE-0001 is not of the patient of case CASE-0003: 4 of 6 inherited"):
        beside(then, now)


def edited(report: CaseReport, **changes: object) -> CaseReport:
    return replace(report, case=replace(report.case, **changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("then", "now", "message"),
    [
        (edited(case_of_day(0), patient_code="P-9"), case_of_day(2), "their patient codes differ"),
        (
            edited(case_of_day(0), request=Request("born 1957")),
            edited(case_of_day(2), request=Request("born 1961")),
            "their second identifiers differ",
        ),
        (edited(case_of_day(0), patient_code="unnamed"), case_of_day(2), "a patient code is missing"),
        (case_of_day(2), case_of_day(0), "was not collected before"),
        (edited(case_of_day(0), case_id="CASE-0003"), case_of_day(2), "is given twice"),
        (
            replace(
                case_of_day(0), identity=Identity((IdentityMatch(CSF, NORMAL, IdentityResult.MISMATCH, -9.0, 9, 4),))
            ),
            case_of_day(2),
            "is withheld",
        ),
        (
            edited(case_of_day(0), specimens=tuple(replace(s, collected=None) for s in case_of_day(0).case.specimens)),
            case_of_day(2),
            "need the day the csf was collected",
        ),
    ],
)
def test_cases_that_do_not_belong_are_refused_with_a_sentence(then: CaseReport, now: CaseReport, message: str) -> None:
    with pytest.raises(InputError, match=message):
        beside(then, now)


def test_a_withheld_case_shows_no_course() -> None:
    now = replace(case_of_day(2), identity=Identity((IdentityMatch(CSF, NORMAL, IdentityResult.MISMATCH, -9.0, 9, 4),)))
    assert beside(case_of_day(0), now).serial is None


def test_the_table_has_a_row_a_date_and_allele() -> None:
    lines = serial_tsv(serial()).decode().splitlines()
    assert len(lines) == 1 + 4 * 3
    assert serial_tsv(case_of_day(0)).decode().count("\n") == 1
    assert SpecimenKind.CSF in lines[1].split("\t")
