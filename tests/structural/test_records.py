"""Structural records: what they derive, and that the JSON document keeps them whole."""

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pysam
import pytest

from csfgeno.records import Breakpoint, CaseReport
from csfgeno.report.breakends import FILTERS
from csfgeno.report.document import parse_report, to_json
from csfgeno.report.schema import build_schema
from csfgeno.report.sentences import load_sentences
from csfgeno.report.vcf import to_vcf
from csfgeno.vocab import Side, StructuralFilter
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


def test_vcf_without_fusions_has_no_breakends() -> None:
    assert "SVTYPE" not in to_vcf(replace(report(), fusions=()))
