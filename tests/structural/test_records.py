"""Structural records: what they derive, and that the JSON document keeps them whole."""

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import jsonschema
import pysam
import pytest

from csfgeno.io.outputs import write_vcf
from csfgeno.records import Breakpoint, CaseReport
from csfgeno.report.breakends import FILTERS
from csfgeno.report.document import parse_report, to_json
from csfgeno.report.page import render_html
from csfgeno.report.schema import build_schema
from csfgeno.report.sentences import load_sentences
from csfgeno.report.tables import copies_tsv, fusions_tsv, losses_tsv
from csfgeno.report.vcf import to_vcf
from csfgeno.vocab import CallState, Side, SpecimenKind, StructuralFilter
from tests.report.report_cases import CASES
from tests.structural.builders import COPY_NUMBER, FUSION, HETEROZYGOSITY_LOSS, SKIPPING, fusion_call


def report() -> CaseReport:
    return replace(
        CASES["driver_positive"](),
        fusions=(FUSION,),
        copy_numbers=(COPY_NUMBER,),
        heterozygosity_losses=(HETEROZYGOSITY_LOSS,),
        exon_skippings=(SKIPPING,),
    )


def test_document_keeps_structural_records() -> None:
    assert parse_report(to_json(report()), name="case.json") == report()


def test_document_with_structural_records_follows_the_schema() -> None:
    jsonschema.Draft202012Validator(build_schema()).validate(json.loads(to_json(report())))


def test_fusion_is_named_by_genes_and_exons() -> None:
    assert FUSION.name == "EML4::ALK"
    assert FUSION.exon_name == "EML4 exon 13 :: ALK exon 20"


def test_fusion_fraction_leaves_out_molecules_that_do_not_reach_the_junction() -> None:
    assert fusion_call(split=5, clipped=2, discordant=50, spanning=93).vaf == pytest.approx(0.07)
    assert fusion_call(split=0, clipped=0, discordant=3, spanning=0).vaf is None


def test_breakpoint_text_is_one_based() -> None:
    assert str(Breakpoint("chr2", 41, Side.LEFT)) == "chr2:42|"
    assert str(Breakpoint("chr2", 41, Side.RIGHT)) == "|chr2:42"


@pytest.mark.parametrize("name", StructuralFilter)
def test_every_filter_has_its_words_and_its_vcf_header(name: StructuralFilter) -> None:
    assert load_sentences("en")(f"structural_filter.{name}")
    assert FILTERS[name]


def test_fusion_is_a_pair_of_breakends_that_other_tools_read(tmp_path: Path) -> None:
    path = tmp_path / "case.vcf"
    junction = "C" * 39 + "G" + "T" + "A" * 39
    fusion = replace(FUSION, junction=junction)
    path.write_text(to_vcf(replace(report(), fusions=(fusion,))))
    with pysam.VariantFile(str(path)) as file:
        ends = {record.id: record for record in file if record.info.get("SVTYPE") == "BND"}
    one, other = ends["bnd_1_1"], ends["bnd_1_2"]
    # EML4 is read forward up to its base; ALK, which keeps its left side, is read backward from its base.
    assert (one.pos, one.ref, one.alts) == (42_298_001, "G", ("G]chr2:29224001]",))
    assert (other.pos, other.ref, other.alts) == (29_224_001, "A", ("A]chr2:42298001]",))
    assert one.info["MATEID"] == "bnd_1_2"
    assert one.info["FUSION"] == "EML4::ALK"


def test_vcf_without_structural_records_does_not_speak_of_them() -> None:
    plain = to_vcf(CASES["driver_positive"]())
    assert "SVTYPE" not in plain
    assert "##ALT" not in plain


def changed_genes() -> CaseReport:
    """Return a case with an amplification, a deep loss and a loss of heterozygosity of its own panel's genes."""
    gain = replace(COPY_NUMBER, gene="EGFR", deep_loss=CallState.NOT_ASSESSABLE)
    plasma = replace(gain, specimen=SpecimenKind.PLASMA, amplification=CallState.INDETERMINATE, copies=None)
    loss = replace(gain, gene="KRAS", amplification=CallState.NOT_DETECTED, deep_loss=CallState.DETECTED, copies=0.02)
    quiet = replace(gain, gene="TP53", amplification=CallState.NOT_DETECTED, deep_loss=CallState.NOT_ASSESSABLE)
    losses = (
        replace(HETEROZYGOSITY_LOSS, state=CallState.DETECTED),
        replace(HETEROZYGOSITY_LOSS, specimen=SpecimenKind.PLASMA, state=CallState.NOT_DETECTED),
        replace(HETEROZYGOSITY_LOSS, gene="EGFR", state=CallState.NOT_ASSESSABLE),
    )
    base = CASES["driver_positive"]()
    return replace(base, copy_numbers=(gain, plasma, loss, quiet), heterozygosity_losses=losses)


def test_changes_of_genes_are_symbolic_records_that_bcftools_reads(tmp_path: Path) -> None:
    path = tmp_path / "case.vcf.gz"
    write_vcf(path, to_vcf(changed_genes()))
    wanted = "%CHROM %POS %REF %ALT %FILTER %INFO/END %SVTYPE %GENE[ %GT:%ST:%LODT]\n"
    command = ["bcftools", "query", "-i", 'ALT~"<"', "-f", wanted, str(path)]
    run = subprocess.run(command, check=True, capture_output=True, text=True)
    assert not run.stderr
    assert run.stdout.splitlines() == [
        "chr7 55174721 N <DUP> PASS 55191884 DUP EGFR 0/1:DETECTED:0.08 ./.:INDETERMINATE:0.08 ./.:.:. ./.:.:.",
        "chr12 25245263 N <DEL> PASS 25245405 DEL KRAS 0/1:DETECTED:0.55 ./.:.:. ./.:.:. ./.:.:.",
        "chr17 7673690 N <CNV:LOH> PASS 7673847 CNV TP53 0/1:DETECTED:0.2 0/0:NOT_DETECTED:0.2 ./.:.:. ./.:.:.",
    ]


def test_a_gene_without_a_change_has_rows_but_no_record() -> None:
    report = changed_genes()
    assert not [
        line
        for line in to_vcf(report).splitlines()
        if "GENE=TP53" in line and line.split("\t")[4] in ("<DUP>", "<DEL>")
    ]
    copies, losses = (table(report).decode().splitlines() for table in (copies_tsv, losses_tsv))
    states = [line.split("\t")[1:5] for line in copies[1:]]
    assert ["csf", "KRAS", "NOT_DETECTED", "DETECTED"] in states
    assert ["csf", "TP53", "NOT_DETECTED", "NOT_ASSESSABLE"] in states
    assert [line.split("\t")[1:4] for line in losses[1:]] == [
        ["csf", "TP53", "DETECTED"],
        ["plasma", "TP53", "NOT_DETECTED"],
        ["csf", "EGFR", "NOT_ASSESSABLE"],
    ]


def test_doubtful_change_is_no_pass() -> None:
    doubtful = replace(HETEROZYGOSITY_LOSS, state=CallState.INDETERMINATE)
    (line,) = (
        x for x in to_vcf(replace(changed_genes(), heterozygosity_losses=(doubtful,))).splitlines() if "LOH>\t" in x
    )
    assert line.split("\t")[6] == "none_detected"


def test_a_negative_of_an_event_says_how_many_molecules_would_have_been_called() -> None:
    """The CSF shows the junction, the plasma does not: what the plasma would have shown stands in every output."""
    absent = fusion_call(
        CallState.NOT_DETECTED, specimen=SpecimenKind.PLASMA, split=0, clipped=0, discordant=0, filters=()
    )
    case = replace(report(), fusions=(replace(FUSION, calls=(fusion_call(), replace(absent, lod_molecules=4))),))
    page = render_html(case).decode()
    assert "4 molecules would have been called" in page
    assert "3 molecules would have been called" not in page  # the limit of the CSF, which shows the junction
    header, _, line = (text.split("\t") for text in fusions_tsv(case).decode().splitlines())
    assert dict(zip(header, line, strict=True))["lod_molecules"] == "4"
