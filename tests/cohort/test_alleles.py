"""Counts of patients against a hand count, and what a call makes of them."""

from dataclasses import replace
from pathlib import Path

import pytest

from csfgeno.assay import RunOptions
from csfgeno.calling.recurrence import (
    RecurrenceTable,
    is_artefact_like,
    parse_table,
    weigh_recurrence,
    write_table,
)
from csfgeno.cohort.alleles import CohortAllele, count_alleles, find_artefacts, make_recurrence
from csfgeno.cohort.load import load_cases
from csfgeno.cohort.runs import list_runs, modified_z
from csfgeno.cohort.tables import open_cohort
from csfgeno.errors import InputError, UsageError
from csfgeno.inputs.case import load_case
from csfgeno.pipeline import run_case
from csfgeno.records import Allele, CaseReport, Recurrence
from csfgeno.report.document import read_report, to_json
from csfgeno.report.vcf import to_vcf
from csfgeno.thresholds import DEFAULTS, override
from csfgeno.vocab import Build, CallState, FilterName, SpecimenKind
from tests.cohort.documents import OTHER_PANEL, call, document, finding, write

SAMPLE = Path(__file__).parents[2] / "sample_data" / "case.yaml"
ARTEFACT, DRIVER, SNP = 100, 200, 300


def counted(tmp_path: Path, *documents: dict[str, object]) -> dict[int, CohortAllele]:
    with open_cohort(tmp_path / "cohort.sqlite", writing=True) as store:
        load_cases(store, write(tmp_path, *documents))
        return {a.allele.start: a for a in count_alleles(store, DEFAULTS)}


# --------------------------------------------------------------------------------------- counting


def test_patients_are_counted_and_not_cases(tmp_path: Path) -> None:
    alleles = counted(
        tmp_path,
        document("C1", finding(ARTEFACT, call("csf", 5)), patient="A"),
        document("C2", finding(ARTEFACT, call("csf", 5)), patient="A"),
        document("C3", finding(ARTEFACT, call("csf", 500)), patient="B"),
        document("C4", patient="C"),
    )
    assert alleles[ARTEFACT].recurrence == Recurrence(tested=3, detected=2, low_level=1)


def test_a_patient_with_one_high_specimen_is_no_low_level_one(tmp_path: Path) -> None:
    both = finding(ARTEFACT, call("csf", 5), call("tissue", 300, state="INDETERMINATE", filters=["strand_bias"]))
    alleles = counted(tmp_path, document("C1", both, specimens=("csf", "tissue")))
    assert alleles[ARTEFACT].recurrence == Recurrence(tested=1, detected=1, low_level=0)
    assert alleles[ARTEFACT].by_specimen == {SpecimenKind.CSF: 1}
    assert alleles[ARTEFACT].filtered == {"strand_bias": 1}


def test_failed_specimens_count_nowhere(tmp_path: Path) -> None:
    alleles = counted(
        tmp_path,
        document("C1", finding(ARTEFACT, call("csf", 5))),
        document("C2", finding(ARTEFACT, call("csf", 5)), verdict="FAIL"),
        document("C3", verdict="FAIL"),
        document("C4", verdict="LIMITED"),
    )
    assert alleles[ARTEFACT].recurrence == Recurrence(tested=2, detected=1, low_level=1)


def test_only_patients_whose_panel_covers_the_allele_are_tested(tmp_path: Path) -> None:
    small = {"panel": OTHER_PANEL, "targets": ((0, 150),)}
    alleles = counted(
        tmp_path,
        document("C1", finding(ARTEFACT, call("csf", 5)), finding(DRIVER, call("csf", 5))),
        document("C2", **small),  # type: ignore[arg-type]
        document("C3", **small),  # type: ignore[arg-type]
    )
    assert alleles[ARTEFACT].recurrence.tested == 3
    assert alleles[DRIVER].recurrence.tested == 1


def test_the_end_of_a_target_is_outside(tmp_path: Path) -> None:
    alleles = counted(
        tmp_path,
        document("C1", finding(149, call("csf", 5)), finding(150, call("csf", 5))),
        document("C2", panel=OTHER_PANEL, targets=((100, 150),)),
    )
    assert (alleles[149].recurrence.tested, alleles[150].recurrence.tested) == (2, 1)


def test_only_the_current_version_of_a_case_counts(tmp_path: Path) -> None:
    alleles = counted(tmp_path, document("C1", finding(ARTEFACT, call("csf", 5))), document("C1"))
    assert alleles == {}


def test_names_choose_alleles(tmp_path: Path) -> None:
    counted(tmp_path, document("C1", finding(ARTEFACT, call("csf", 5)), finding(DRIVER, call("csf", 5))))
    with open_cohort(tmp_path / "cohort.sqlite") as store:
        for name, starts in (
            ("EGFR", {ARTEFACT, DRIVER}),
            ("p.X100Y", {ARTEFACT}),
            ("c.200C>T", {DRIVER}),
            ("x", set()),
        ):
            assert {a.allele.start for a in count_alleles(store, DEFAULTS, name=name)} == starts


# ------------------------------------------------------------------------------------- artefacts


def laboratory() -> list[dict[str, object]]:
    """100 patients: an artefact in 20 at 0.5%, a hotspot in 30 at any fraction, an inherited allele in 40."""
    documents = []
    for i in range(100):
        findings = []
        if i < 20:
            findings.append(finding(ARTEFACT, call("csf", 5)))
        if i % 10 < 3:
            findings.append(finding(DRIVER, call("csf", 5), hotspot="EGFR_X"))
        if i % 10 < 4:
            findings.append(finding(SNP, call("csf", 500)))
        documents.append(document(f"C{i}", *findings))
    return documents


def test_artefacts_are_told_from_drivers_and_inherited_alleles(tmp_path: Path) -> None:
    counted(tmp_path, *laboratory())
    with open_cohort(tmp_path / "cohort.sqlite") as store:
        assert [a.allele.start for a in find_artefacts(store, DEFAULTS)] == [ARTEFACT]
        table = make_recurrence(store, DEFAULTS)
    assert table.at(Build.GRCH38, Allele("chr7", ARTEFACT, "C", "T"), "") == Recurrence(100, 20, 20)
    assert parse_table(write_table(table), "t") == table


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (Recurrence(100, 20, 20), True),
        (Recurrence(100, 20, 11), True),
        (Recurrence(100, 20, 10), False),  # half of the carriers have it at high fractions
        (Recurrence(100, 10, 10), False),  # the interval begins at 0.0490
        (Recurrence(100, 11, 11), True),  # at 0.0562
        (Recurrence(4, 4, 4), False),  # too few patients, however often
        (Recurrence(5, 5, 5), True),
        (Recurrence(0, 0, 0), False),
    ],
)
def test_artefact_rule_at_its_limits(seen: Recurrence, expected: bool) -> None:
    assert is_artefact_like(seen, DEFAULTS) is expected


def test_a_doubt_does_not_make_the_next_table_forget(tmp_path: Path) -> None:
    doubted = call("csf", 5, state="INDETERMINATE", filters=["lab_recurrent"])
    also = call("csf", 5, state="INDETERMINATE", filters=["lab_recurrent", "strand_bias"])
    alleles = counted(tmp_path, document("C1", finding(ARTEFACT, doubted)), document("C2", finding(ARTEFACT, also)))
    assert alleles[ARTEFACT].recurrence == Recurrence(tested=2, detected=1, low_level=1)


# ---------------------------------------------------------------------------------- back to a call


# The lowest allele of the sample case outside hotspots is at 2.4%.
WIDE = override(DEFAULTS, {"recurrence_max_vaf": "0.05"})


@pytest.fixture(scope="module")
def report() -> CaseReport:
    return run_case(load_case(SAMPLE), RunOptions())


def table_of(report: CaseReport, seen: Recurrence) -> RecurrenceTable:
    """Return a table that says the same of every allele of a report, as if it came from a genome of plain names."""
    keys = [
        (Build.GRCH38, f.allele.contig.removeprefix("chr"), f.allele.start, f.allele.ref, f.allele.alt)
        for f in report.findings
    ]
    return RecurrenceTable(WIDE.recurrence_max_vaf, {report.panel.sha256: seen.tested}, dict.fromkeys(keys, seen))


def weighed(report: CaseReport, table: RecurrenceTable) -> CaseReport:
    findings = weigh_recurrence(report.findings, table, Build.GRCH38, report.panel.sha256, WIDE)
    return replace(report, findings=findings)


def test_a_recurrent_allele_is_doubted_with_its_counts_and_stays(report: CaseReport, tmp_path: Path) -> None:
    after = weighed(report, table_of(report, Recurrence(100, 60, 60)))
    assert [f.allele for f in after.findings] == [f.allele for f in report.findings]
    doubted = 0
    for old, new in zip(report.findings, after.findings, strict=True):
        for before, now in zip(old.calls, new.calls, strict=True):
            if before.counts.alt == 0:
                assert now == before
                continue
            assert now.counts == before.counts
            assert now.remarks[-1].name is FilterName.LAB_RECURRENT
            assert "in 60 of 100 patients of the laboratory, in 60 of them at no more than 0.05" in now.remarks[-1].saw
            is_low = before.counts.vaf is not None and before.counts.vaf <= WIDE.recurrence_max_vaf
            if old.hotspot_ids or not is_low:
                assert (now.state, now.filters) == (before.state, before.filters)
            else:
                doubted += 1
                assert now.filters == (*before.filters, FilterName.LAB_RECURRENT)
                assert now.state is not CallState.DETECTED
    assert doubted, "the sample case has a low allele outside hotspots"
    [line] = [line for line in to_vcf(after).splitlines() if line.startswith("chr4\t105272591")]
    assert line.split("\t")[6] == "none_detected;lab_recurrent"
    (tmp_path / "c.json").write_bytes(to_json(after))
    assert read_report(tmp_path / "c.json") == after


def test_an_allele_that_nobody_showed_is_told_so(report: CaseReport) -> None:
    empty = RecurrenceTable(WIDE.recurrence_max_vaf, {report.panel.sha256: 40}, {})
    sentences = {c.remarks[-1].saw for f in weighed(report, empty).findings for c in f.calls if c.counts.alt}
    assert sentences == {"detected in 0 of 40 patients of the laboratory, in 0 of them at no more than 0.05"}
    other = RecurrenceTable(WIDE.recurrence_max_vaf, {}, {})
    sentences = {c.remarks[-1].saw for f in weighed(report, other).findings for c in f.calls if c.counts.alt}
    assert sentences == {"no other patient of the laboratory was tested on this panel"}


def test_a_table_of_another_definition_is_refused(report: CaseReport) -> None:
    table = table_of(report, Recurrence(1, 1, 1))
    thresholds = override(DEFAULTS, {"recurrence_max_vaf": "0.1"})
    with pytest.raises(UsageError, match=r"made with recurrence_max_vaf = 0\.05, the run has 0\.1"):
        weigh_recurrence(report.findings, table, Build.GRCH38, report.panel.sha256, thresholds)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "does not start with '#csfgeno.recurrence/1'"),
        ("#csfgeno.recurrence/2\n", "does not start with"),
        ("#csfgeno.recurrence/1\n", "lacks the line '#max_vaf='"),
        ("#csfgeno.recurrence/1\n#max_vaf=x\n", "line 2 cannot be read"),
        ("#csfgeno.recurrence/1\n#max_vaf=0.02\nGRCh38\t7\t10\tC\tT\t5\t6\t1\n", "line 3 cannot be read"),
        ("#csfgeno.recurrence/1\n#max_vaf=0.02\nGRCh38\t7\t0\tC\tT\t5\t1\t1\n", "line 3 cannot be read"),
        ("#csfgeno.recurrence/1\n#max_vaf=0.02\nGRCh39\t7\t10\tC\tT\t5\t1\t1\n", "line 3 cannot be read"),
        ("#csfgeno.recurrence/1\n#max_vaf=0.02\nGRCh38\t7\t10\n", "line 3 cannot be read"),
    ],
)
def test_a_damaged_table_is_refused_with_its_line(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_table(text, "t.tsv")


# --------------------------------------------------------------------------------------- trend


def test_an_odd_run_stands_out_among_those_before_it(tmp_path: Path) -> None:
    depths = [1000.0, 1040.0, 980.0, 1010.0, 990.0, 1020.0, 1000.0, 970.0, 1005.0, 300.0]
    documents = [document(f"C{i}", depth=d, collected=f"2026-01-{i + 1:02}") for i, d in enumerate(depths)]
    counted(tmp_path, *reversed(documents))
    with open_cohort(tmp_path / "cohort.sqlite") as store:
        runs = list_runs(store)
    assert [run.case_id for run in runs] == [f"C{i}" for i in range(10)], "by date, however they were loaded"
    assert [run.case_id for run in runs if run.odd] == ["C9"]
    assert runs[-1].odd == ("median_depth",)
    assert runs[7].scores["median_depth"] is None, "seven before it are too few"
    assert runs[8].scores["median_depth"] is not None


def test_modified_z_by_hand() -> None:
    # Median 5, distances 4 3 2 1 0 1 2 3 and their median 2.
    assert modified_z(11.0, [1, 2, 3, 4, 6, 7, 8, 5]) == pytest.approx(0.6745 * 6.5 / 2)
    assert modified_z(11.0, [1.0] * 8) is None
    assert modified_z(11.0, [1.0, 2.0]) is None
