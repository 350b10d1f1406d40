"""Structural records: what they derive, and that the JSON document keeps them whole."""

import json
from dataclasses import replace

import jsonschema
import pytest

from csfgeno.records import Breakpoint, CaseReport
from csfgeno.report.document import parse_report, to_json
from csfgeno.report.schema import build_schema
from csfgeno.vocab import Side
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
