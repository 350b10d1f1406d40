"""The VCF: read by bcftools and pysam, true to the record, safe against hostile names."""

import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import pysam
import pytest
from hypothesis import given
from hypothesis import strategies as st

from csfgeno.io.outputs import write_vcf
from csfgeno.records import AlleleOrigin, CaseReport, Comparison
from csfgeno.report.tables import findings_tsv
from csfgeno.report.vcf import FILTERS, sample_names, to_vcf
from csfgeno.report.vcf_text import NONE_DETECTED, escape
from csfgeno.vocab import CallState, FilterName, SpecimenKind
from csfgeno.vocab.comparison import Certainty, CompartmentVerdict, Origin

from .report_cases import ALL, CASES, EX19DEL, T790M, adequate_negative, driver_positive, no_normal, tube
from .test_report_tables import rows


def write(report: CaseReport, directory: Path) -> Path:
    path = directory / "case.vcf.gz"
    write_vcf(path, to_vcf(report))
    return path


def bcftools(*arguments: object) -> str:
    run = subprocess.run(["bcftools", *map(str, arguments)], check=True, capture_output=True, text=True)
    assert "[W::" not in run.stderr, run.stderr
    return run.stdout


@pytest.mark.parametrize("make", CASES.values(), ids=CASES)
def test_bcftools_reads_it_without_a_warning(make: Callable[[], CaseReport], tmp_path: Path) -> None:
    path = write(make(), tmp_path)
    records = bcftools("view", "-H", path)
    assert len(records.splitlines()) == len(make().findings)
    assert bcftools("index", "--nrecords", path).strip() == str(len(make().findings))


def test_query_gives_the_record(tmp_path: Path) -> None:
    path = write(driver_positive(), tmp_path)
    shown = bcftools(
        "query", "-r", "chr7:55181378", "-f", "%POS %REF %ALT %FILTER %HGVSP_SHORT %CSF_DP[ %GT:%AD:%ST:%DX]\n", path
    )
    assert shown.strip() == (
        "55181378 C T PASS p.T790M 1312 0/1:1307,5:DETECTED:2 0/0:1804,0:NOT_DETECTED:0 "
        "./.:58,0:NOT_ASSESSABLE:0 0/0:860,0:NOT_DETECTED:0"
    )


def test_bcftools_norm_changes_nothing_in_a_normalised_record(tmp_path: Path) -> None:
    path = write(driver_positive(), tmp_path)
    before = bcftools("view", "-H", path)
    assert bcftools("norm", "--multiallelics", "-any", path).split("\n#CHROM")[1].split("\n", 1)[1] == before


def test_pysam_reads_typed_values(tmp_path: Path) -> None:
    with pysam.VariantFile(str(write(driver_positive(), tmp_path))) as vcf:
        assert list(vcf.header.samples) == ["S-csf", "S-plasma", "S-tissue", "S-normal"]
        assert list(vcf.header.contigs) == ["chr2", "chr7", "chr10", "chr12", "chr17"]
        record = next(r for r in vcf.fetch() if r.start == T790M.start)
        call = record.samples["S-csf"]
        assert call["AD"] == (1307, 5)
        assert call["AF"][0] == pytest.approx(5 / 1312, rel=1e-5)
        assert call["LOD95"] == pytest.approx(0.0031)
        assert record.info["CSF_VAF"] == pytest.approx(5 / 1312, rel=1e-5)
        assert record.samples["S-tissue"]["GT"] == (None, None)


def test_filter_is_pass_only_if_a_specimen_is_detected(tmp_path: Path) -> None:
    with pysam.VariantFile(str(write(driver_positive(), tmp_path))) as vcf:
        filters = {record.start: list(record.filter) for record in vcf}
    assert filters[EX19DEL.start] == ["PASS"]
    assert filters[55191801] == [NONE_DETECTED, "weak_evidence", "strand_bias"]


def test_records_are_in_the_order_of_the_contigs() -> None:
    report = driver_positive()
    turned = replace(report, contigs=dict(reversed(list(report.contigs.items()))))
    contigs = [line.split("\t")[0] for line in to_vcf(turned).splitlines() if not line.startswith("#")]
    assert contigs == ["chr17", "chr7", "chr7", "chr7", "chr7"]


def test_every_filter_and_threshold_is_in_the_header() -> None:
    report = driver_positive()
    header = to_vcf(report).split("#CHROM")[0]
    assert set(FILTERS) == set(FilterName)
    assert all(f"##FILTER=<ID={name}," in header for name in FilterName)
    assert header.count("##csfgeno_threshold=<ID=") == len(report.settings)
    assert header.count("##contig=") == len(report.contigs)
    assert "/" not in header.replace("alternate AD / DP", "").replace("0/1", "").replace("0/0", "").replace("./.", "")


def test_an_allele_twice_is_refused() -> None:
    report = no_normal()
    with pytest.raises(ValueError, match="two findings for chr17:7673802:C>T"):
        to_vcf(replace(report, findings=report.findings * 2))


def test_a_finding_without_any_call_is_no_record() -> None:
    report = no_normal()
    untested = replace(report.findings[0], calls=())
    assert to_vcf(replace(report, findings=(untested,))) == to_vcf(replace(report, findings=()))


def test_same_sample_names_are_told_apart() -> None:
    names = sample_names((tube(SpecimenKind.PLASMA, "P1"), tube(SpecimenKind.CSF, "P1")))
    assert list(names.items()) == [(SpecimenKind.CSF, "CSF_P1"), (SpecimenKind.PLASMA, "PLASMA_P1")]


def test_samples_are_in_fixed_order() -> None:
    assert list(sample_names(reversed(ALL))) == list(SpecimenKind)


def test_genotype_is_a_state(tmp_path: Path) -> None:
    with pysam.VariantFile(str(write(driver_positive(), tmp_path))) as vcf:
        for record in vcf:
            for sample in record.samples.values():
                expected = {CallState.DETECTED: (0, 1), CallState.NOT_DETECTED: (0, 0)}.get(sample["ST"], (None, None))
                assert sample["GT"] == expected


def test_escape() -> None:
    assert escape("TIER=I A;x,y%\t\n") == "TIER%3DI%20A%3Bx%2Cy%25%09%0A"
    assert escape("NC_000007.14:g.55181378C>T") == "NC_000007.14:g.55181378C>T"


@given(st.text())
def test_escape_can_be_undone_and_separates_nothing(text: str) -> None:
    text = text.encode("utf-8", "ignore").decode()
    escaped = escape(text)
    assert unquote(escaped) == text
    assert not set(escaped) & set(";=, \t\r\n")


def test_hostile_names_stay_in_their_field(tmp_path: Path) -> None:
    with pysam.VariantFile(str(write(CASES["hostile"](), tmp_path))) as vcf:
        record = next(r for r in vcf if r.start == T790M.start)
        assert "<script>" in unquote(record.info["GENE"])
        assert len(vcf.header.samples) == 4


def test_negative_case_has_a_header_and_no_record(tmp_path: Path) -> None:
    path = write(adequate_negative(), tmp_path)
    assert bcftools("view", "-H", path) == ""
    assert path.with_name("case.vcf.gz.tbi").exists()


def test_verdict_origin_and_the_probability_of_missing_stand_with_the_allele(tmp_path: Path) -> None:
    verdict = CompartmentVerdict.NOT_INFORMATIVE
    compared = Comparison(SpecimenKind.CSF, SpecimenKind.PLASMA, verdict, miss_probability=0.25, expected_vaf=0.002)
    origin = AlleleOrigin(Origin.TUMOUR, Certainty.PROBABLE, (Origin.GERMLINE, Origin.CLONAL_HAEMATOPOIESIS))
    report = driver_positive()
    finding = next(f for f in report.findings if f.allele == T790M)
    report = replace(report, findings=(replace(finding, verdict=verdict, comparisons=(compared,), origin=origin),))
    keys = "%VERDICT %ORIGIN %ORIGIN_CERTAINTY %ORIGIN_NOT_EXCLUDED[ %MISS/%EXP]\n"
    shown = bcftools("query", "-f", keys, write(report, tmp_path))
    assert shown == "NOT_INFORMATIVE TUMOUR PROBABLE GERMLINE,CLONAL_HAEMATOPOIESIS ./. 0.25/0.002 ./. ./.\n"
    row = next(r for r in rows(findings_tsv(report)) if r["specimen"] == "plasma")
    assert [row[name] for name in ("verdict", "origin", "origin_certainty")] == [verdict, "TUMOUR", "PROBABLE"]
    assert row["origin_not_excluded"] == "GERMLINE;CLONAL_HAEMATOPOIESIS"
    assert (row["miss_probability"], row["expected_vaf"]) == ("0.25", "0.002")
