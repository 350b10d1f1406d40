"""Earlier cases laid beside the present one: alleles date by date, and cases that are refused."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from csfgeno.errors import InputError
from csfgeno.monitoring.alleles import known_alleles
from csfgeno.monitoring.earlier import EarlierCase
from csfgeno.monitoring.follow import follow
from csfgeno.records import Allele, CaseReport, Identity, IdentityMatch, Request, SerialTrace
from csfgeno.report.tables import serial_copies_tsv, serial_fusions_tsv, serial_losses_tsv, serial_tsv
from csfgeno.vocab import Build, CallState, QcVerdict, SpecimenKind
from csfgeno.vocab.comparison import IdentityResult
from csfgeno.vocab.serial import CopyEvent, CopyReading, SerialResult

from ..report.report_cases import CSF, EX19DEL, NORMAL, R273H, T790M, make_call
from ..report.serial_cases import SNP, case_of_day, serial
from ..report.serial_structural import earlier, serial_structural, structural_day
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


# ------------------------------------------------------------------------------------- copies and losses


def test_copies_of_three_dates_are_told_from_the_share_of_tumour_dna() -> None:
    """MET has 12 copies on all days while the share falls from 41% to 3%; ERBB2 is amplified on the third alone."""
    followed = serial_structural().serial
    assert followed
    told = {(t.gene, t.event): [(c.result, c.reading) for c in t.changes] for t in followed.copies}
    explained = (SerialResult.FELL, CopyReading.FRACTION_MAY_EXPLAIN)
    changed = (SerialResult.NEWLY_DETECTED, CopyReading.COPIES_CHANGED)
    assert told == {
        ("ERBB2", CopyEvent.AMPLIFICATION): [changed] * 2,
        ("MET", CopyEvent.AMPLIFICATION): [explained] * 2,
        ("CDKN2A", CopyEvent.DEEP_LOSS): [
            (SerialResult.NOT_COMPARABLE, None),
            (SerialResult.ROSE, CopyReading.FRACTION_MAY_EXPLAIN),
        ],
    }


def test_copies_stand_with_ratio_fraction_and_limit() -> None:
    followed = serial_structural().serial
    assert followed
    met = next(t for t in followed.copies if t.gene == "MET")
    numbers = [next(n for n in structural_day(i).copy_numbers if n.gene == "MET") for i in range(3)]
    assert [(p.log2_ratio, p.copies, p.tumour_fraction) for p in met.points] == [
        (n.log2_ratio, n.copies, n.tumour_fraction) for n in numbers
    ]
    assert [p.limit_copies for p in met.points] == [n.amplification_limit_copies for n in numbers]
    assert [p.tumour_high for p in met.points] == [0.48, 0.18, 0.043]
    # At 3% of tumour DNA no amplification of 10 copies would have been seen, so 12 are no negative.
    assert met.points[2].state is CallState.NOT_ASSESSABLE


def test_a_gene_of_another_panel_is_not_compared() -> None:
    then = structural_day(1)
    then = replace(then, provenance=replace(then.provenance, panel_sha256="00" * 32))
    followed = follow(structural_day(2), earlier(then)).serial
    assert followed
    assert {c.reading for t in followed.copies for c in t.changes} == {CopyReading.OTHER_BASELINE}


def with_normals(report: CaseReport, model: str) -> CaseReport:
    """Return a case whose depths were compared with the normals of a model of that digest."""
    numbers = tuple(replace(number, baseline="normals of the laboratory") for number in report.copy_numbers)
    inputs = {**report.provenance.inputs_sha256, "error_model": model}
    return replace(report, copy_numbers=numbers, provenance=replace(report.provenance, inputs_sha256=inputs))


@pytest.mark.parametrize(("model", "is_alike"), [("11" * 32, True), ("22" * 32, False)])
def test_depths_against_normals_of_another_model_are_not_compared(model: str, is_alike: bool) -> None:
    now, then = with_normals(structural_day(2), "11" * 32), with_normals(structural_day(1), model)
    followed = follow(now, earlier(then)).serial
    assert followed
    readings = {c.reading for t in followed.copies for c in t.changes}
    assert (CopyReading.OTHER_BASELINE in readings) is not is_alike


def test_depths_of_a_failed_specimen_are_no_measurement() -> None:
    now = structural_day(2)
    now = replace(now, qc=tuple(replace(qc, verdict=QcVerdict.FAIL) for qc in now.qc))
    followed = follow(now, earlier(structural_day(0))).serial
    assert followed
    met = next(t for t in followed.copies if t.gene == "MET")
    assert (met.points[1].state, met.points[1].log2_ratio) == (CallState.NOT_ASSESSABLE, None)
    assert met.changes[0].result is SerialResult.NOT_COMPARABLE


def test_heterozygosity_is_followed_by_state_alone() -> None:
    followed = serial_structural().serial
    assert followed
    (loss,) = followed.losses
    assert [p.state for p in loss.points] == [CallState.DETECTED, CallState.DETECTED, CallState.NOT_DETECTED]
    assert loss.points[2].lod_tumour_fraction == 0.12


def test_a_course_without_fusions_and_copies_has_none() -> None:
    followed = serial().serial
    assert followed
    assert [len(own) for own in (followed.fusions, followed.copies, followed.losses)] == [0, 0, 0]


@pytest.mark.parametrize(("tsv", "courses"), [(serial_fusions_tsv, 2), (serial_copies_tsv, 3), (serial_losses_tsv, 1)])
def test_structural_tables_have_a_row_a_date(tsv: Callable[[CaseReport], bytes], courses: int) -> None:
    assert tsv(serial_structural()).decode().count("\n") == 1 + 3 * courses
    assert tsv(structural_day(0)).decode().count("\n") == 1
