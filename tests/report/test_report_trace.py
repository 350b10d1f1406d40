"""Every therapy sentence of a report leads to rows of the knowledge tables and to where they were seen."""

import json
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import unquote

import pytest

from csfgeno.knowledge.cases import situation_of
from csfgeno.knowledge.tables import load_knowledge
from csfgeno.knowledge.therapies import reason_on
from csfgeno.records import CaseReport
from csfgeno.report.document import to_json
from csfgeno.report.formats import FORMATS
from csfgeno.vocab import Verification

from .cases import CASES
from .html_outline import Element, parse

KB = load_knowledge()
WORKED = {case.name: case for case in KB.cases if case.changes}


def report_on(name: str) -> CaseReport:
    """A report with everything that the shipped tables say on a worked case."""
    reasoning = reason_on(situation_of(WORKED[name], KB), KB)
    return replace(CASES["driver_positive"](), therapies=reasoning.therapies, context=reasoning.context)


def articles(page: Element) -> list[Element]:
    return [e for e in page.by_id("therapy").all("article") if "therapy" in e.attributes.get("class", "")]


@pytest.mark.parametrize("name", WORKED)
def test_every_statement_of_the_document_names_its_rows_and_their_sources(name: str) -> None:
    document = json.loads(to_json(report_on(name)))
    rules = {rule.act_id: rule for rule in KB.rules}
    assert document["therapies"]
    for match in document["therapies"]:
        rule = rules[match["act_id"]]
        assert (match["drug_ids"], match["biomarker_ids"]) == (list(rule.drug_ids), list(rule.requires_all))
        assert {basis["biomarker_id"] for basis in match["basis"]} == set(rule.requires_all)
        assert match["verification"] != "verified" or match["source"]
        assert {label["drug_id"] for label in match["labels"]} <= set(rule.drug_ids)
        assert all(label["source"] for label in match["labels"] if label["verification"] == "verified")
        for row in match["evidence"]:
            assert row["evidence_id"] in KB.evidence
            assert row["verification"] != "verified" or row["seen_at"]
        for exposure in match["exposures"]:
            assert exposure["transporters"] != "verified" or exposure["transporters_seen_at"]
        for level in (level for exposure in match["exposures"] for level in exposure["levels"]):
            assert level["pk_id"] in KB.measurements
            assert level["verification"] != "verified" or level["seen_at"]
        for objection in match["objections"]:
            assert objection["act_id"] in rules
    for item in document["context"]:
        assert item["context_id"] in {row.context_id for row in KB.context}
        assert {fact["fact_id"] for fact in item["facts"]} <= set(KB.facts)


@pytest.mark.parametrize("name", WORKED)
def test_every_statement_of_the_page_shows_its_rows_and_citations(name: str) -> None:
    report = report_on(name)
    page = parse(FORMATS["html"][1](report).decode())
    shown = {article.text(): article for article in articles(page)}
    for match in report.therapies:
        found = [text for text in shown if f"rule {match.act_id}," in text]
        assert len(found) == 1, match.act_id
        links = {a.attributes["href"] for a in shown[found[0]].all("a")}
        for row in match.evidence:
            assert row.evidence_id in found[0]
            assert row.pmid is None or f"https://pubmed.ncbi.nlm.nih.gov/{row.pmid}/" in links
            is_placed = row.pmid or row.doi or not row.seen_at.startswith("http")
            assert is_placed or row.seen_at in links
        assert all(reference in _cited(shown[found[0]]) for reference in match.refs)
    remarks = page.by_id("therapy").text()
    for item in report.context:
        assert f"rule {item.context_id}," in remarks
        assert all(fact.fact_id in remarks for fact in item.facts)


def _cited(article: Element) -> set[str]:
    return set(_references(article))


def _references(article: Element) -> Iterator[str]:
    for link in article.all("a"):
        href = link.attributes["href"]
        if "pubmed" in href:
            yield f"PMID:{href.rstrip('/').rpartition('/')[2]}"
        yield from (f"DOI:{unquote(href.removeprefix(p))}" for p in ("https://doi.org/",) if href.startswith(p))
        if "clinicaltrials" in href:
            yield href.rpartition("/")[2]


def test_no_figure_is_printed_that_nobody_saw() -> None:
    """Figures of rows that are not verified stand nowhere in the document or on the page."""
    for name in WORKED:
        report = report_on(name)
        page = parse(FORMATS["html"][1](report).decode()).by_id("therapy").text()
        for row in (row for match in report.therapies for row in match.evidence):
            if row.verification is not Verification.VERIFIED:
                assert (row.result, row.orr) == ("", None)
                assert KB.evidence[row.evidence_id].result not in page
