"""The whole way on the sample case and on real reads, against what is known of both."""

import csv
from pathlib import Path

import pytest
from scipy.stats import beta

from csfgeno.assay import RunOptions
from csfgeno.inputs.case import LoadedCase, case_from_options, load_case
from csfgeno.pipeline import run_case
from csfgeno.records import CaseReport, Finding, SpecimenCall
from csfgeno.report.document import to_json
from csfgeno.report.tables import findings_tsv, hotspots_tsv
from csfgeno.report.vcf import to_vcf
from csfgeno.vocab import CallState, EvidenceMode, SpecimenKind

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "sample_data"
READS = ROOT / "tests" / "data" / "reads"
DETECTED = CallState.DETECTED


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as table:
        return list(csv.DictReader(table, delimiter="\t"))


def finding_at(report: CaseReport, contig: str, pos: int, ref: str, alt: str) -> Finding:
    return next(
        f
        for f in report.findings
        if (f.allele.contig, f.allele.start + 1, f.allele.ref, f.allele.alt) == (contig, pos, ref, alt)
    )


def call_of(finding: Finding, kind: SpecimenKind) -> SpecimenCall:
    call = finding.call(kind)
    assert call is not None
    return call


@pytest.fixture(scope="module")
def sample_report() -> CaseReport:
    return run_case(load_case(SAMPLE / "case.yaml"), RunOptions())


@pytest.fixture(scope="module")
def real_report() -> CaseReport:
    return run_case(real_case(), RunOptions())


def real_case() -> LoadedCase:
    return case_from_options(
        reference=READS / "GRCh37.masked.fa.gz",
        csf=READS / "reference_material_5pct.simplex.GRCh37.bam",
        panel=str(READS / "targets.GRCh37.bed"),
        case_id="reference-material",
    )


# ------------------------------------------------------------------------------- the sample case

TRUTH = rows_of(SAMPLE / "truth.tsv")


@pytest.mark.parametrize("row", TRUTH, ids=lambda row: f"{row['gene']} {row['hgvs_c']}")
def test_every_planted_variant_is_named_and_stated(sample_report: CaseReport, row: dict[str, str]) -> None:
    finding = finding_at(sample_report, row["contig"], int(row["pos"]), row["ref"], row["alt"])
    assert finding.change is not None
    assert (finding.change.gene, finding.change.hgvs_c, finding.change.hgvs_p) == (
        row["gene"],
        row["hgvs_c"],
        row["hgvs_p"],
    )
    for kind in SpecimenKind:
        planted = int(row[f"{kind}_alt"])
        call = call_of(finding, kind)
        assert (call.state is DETECTED) is (planted >= 2), kind
        assert call.counts.alt <= planted, "a misread UMI makes no second molecule"


@pytest.mark.parametrize("row", TRUTH, ids=lambda row: f"{row['gene']} {row['hgvs_c']}")
def test_substitutions_are_counted_molecule_by_molecule(sample_report: CaseReport, row: dict[str, str]) -> None:
    if len(row["ref"]) != 1 or len(row["alt"]) != 1:
        pytest.skip("an indel near a read's end is clipped by the aligner")
    finding = finding_at(sample_report, row["contig"], int(row["pos"]), row["ref"], row["alt"])
    for kind in SpecimenKind:
        call, planted, molecules = call_of(finding, kind), int(row[f"{kind}_alt"]), int(row[f"{kind}_molecules"])
        # Molecules whose bases are of low quality or that disagree with themselves state nothing.
        assert planted - call.counts.alt <= 3 + 0.05 * planted
        assert call.counts.depth + (call.counts.discordant or 0) >= 0.9 * molecules


def test_nothing_else_is_called(sample_report: CaseReport) -> None:
    planted = {(row["contig"], int(row["pos"])) for row in TRUTH}
    assert {(f.allele.contig, f.allele.start + 1) for f in sample_report.findings} == planted


def test_hotspots_are_all_stated_in_every_specimen(sample_report: CaseReport) -> None:
    stated = {(h.hotspot_id, h.specimen) for h in sample_report.hotspots}
    assert stated == {(h.hotspot_id, k) for h in sample_report.panel.hotspots for k in SpecimenKind}
    for result in sample_report.hotspots:
        assert result.reason
        if result.state is CallState.NOT_DETECTED:
            assert result.lod95 is not None
            assert result.depth > 0


def test_the_driver_leads_to_an_option_and_the_resistance_to_a_warning(sample_report: CaseReport) -> None:
    directions = {(drug, str(t.direction)) for t in sample_report.therapies for drug in t.drug_ids}
    assert ("osimertinib", "sensitive") in directions
    assert ("gefitinib", "resistant") in directions


def test_the_read_mode_is_found(sample_report: CaseReport, real_report: CaseReport) -> None:
    assert {q.evidence_mode for q in sample_report.qc} == {EvidenceMode.UMI_FAMILIES}
    assert {q.evidence_mode for q in real_report.qc} == {EvidenceMode.CONSENSUS_READS}


@pytest.mark.parametrize("threads", [2, 4])
def test_threads_change_no_byte(sample_report: CaseReport, threads: int) -> None:
    again = run_case(load_case(SAMPLE / "case.yaml"), RunOptions(threads))
    assert to_json(again) == to_json(sample_report)
    assert to_vcf(again) == to_vcf(sample_report)
    assert findings_tsv(again) == findings_tsv(sample_report)
    assert hotspots_tsv(again) == hotspots_tsv(sample_report)


def test_the_python_twins_give_the_same_bytes(real_report: CaseReport, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CSFGENO_TWIN", "1")
    assert to_json(run_case(real_case(), RunOptions())) == to_json(real_report)


# ---------------------------------------------------------------------------------- the real reads

LISTED = rows_of(READS / "reference_material_5pct.known_variants.tsv")
GERMLINE = {("7", 55249063, "G", "A"): "EGFR c.2361G>A p.Gln787=, rs1050171, near 50%"}


@pytest.mark.parametrize("row", LISTED, ids=lambda row: f"{row['gene']} {row['hgvsp']}")
def test_every_listed_variant_is_found_at_its_fraction(real_report: CaseReport, row: dict[str, str]) -> None:
    contig, pos = row["chrom_grch37"].removeprefix("chr"), int(row["pos_grch37"])
    ref, alt = (row["ref"], row["alt"]) if row["ref"] != "-" else ("C", "C" + row["alt"])
    finding = finding_at(real_report, contig, pos, ref, alt)
    call = call_of(finding, SpecimenKind.CSF)
    assert call.state is DETECTED
    assert finding.change is not None
    assert finding.change.hgvs_c == row["hgvsc"]
    if row["ref"] != "-":
        assert finding.change.hgvs_p_short == row["hgvsp"]
    listed_alt, listed_depth = int(row["recount_simplex_alt"]), int(row["recount_simplex_fragments"])
    low = beta.ppf(0.025, listed_alt, listed_depth - listed_alt + 1)
    high = beta.ppf(0.975, listed_alt + 1, listed_depth - listed_alt)
    assert call.counts.vaf is not None
    assert low <= call.counts.vaf <= high


def test_every_other_position_of_the_real_reads_gives_no_call(real_report: CaseReport) -> None:
    listed = {(row["chrom_grch37"].removeprefix("chr"), int(row["pos_grch37"])) for row in LISTED}
    others = [
        (f.allele.contig, f.allele.start + 1, f.allele.ref, f.allele.alt)
        for f in real_report.findings
        if (f.allele.contig, f.allele.start + 1) not in listed
    ]
    assert set(others) == set(GERMLINE)
    (germline,) = (finding_at(real_report, *key) for key in GERMLINE)
    vaf = call_of(germline, SpecimenKind.CSF).counts.vaf
    assert vaf is not None
    assert 0.4 < vaf < 0.6
    targets = [line.split("\t") for line in (READS / "targets.GRCh37.bed").read_text().splitlines() if line[0] != "#"]
    assert sum(int(end) - int(start) for _, start, end, _ in targets) - len(listed) - len(GERMLINE) == 1_337


@pytest.mark.parametrize("mode", [EvidenceMode.FRAGMENTS, EvidenceMode.UMI_FAMILIES])
def test_the_real_reads_give_the_same_calls_with_umis_ignored_and_regrouped(
    real_report: CaseReport, mode: EvidenceMode
) -> None:
    """Records that the file holds twice count once, however molecules are told apart."""
    report = run_case(real_case(), RunOptions(evidence_mode=mode))
    assert {f.allele for f in report.findings} == {f.allele for f in real_report.findings}
    assert all(call_of(f, SpecimenKind.CSF).state is DETECTED for f in report.findings)
