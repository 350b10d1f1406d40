from pathlib import Path

import pytest
from click.testing import CliRunner

from csfgeno.cli.kb import kb as command
from csfgeno.errors import InputError
from csfgeno.knowledge.civic import REQUIRED, propose, read_civic
from csfgeno.knowledge.schema import COLUMNS

from .knowledge_builders import KB

NSCLC = "Lung Non-small Cell Carcinoma"


def item(profile: str, therapy: str, **changes: str) -> dict[str, str]:
    row = {
        "molecular_profile": profile,
        "disease": NSCLC,
        "therapies": therapy,
        "evidence_type": "Predictive",
        "evidence_direction": "Supports",
        "significance": "Sensitivity/Response",
        "evidence_level": "B",
        "evidence_id": "229",
        "citation_id": "26522274",
        "evidence_status": "accepted",
    }
    return row | changes


@pytest.mark.parametrize(
    ("row", "kind", "biomarker", "drug"),
    [
        (item("EGFR L858R", "Osimertinib"), "agrees", "EGFR_L858R", "osimertinib"),
        (item("EGFR T790M", "Erlotinib"), "contradicts", "EGFR_T790M", "erlotinib"),
        (item("EGFR T790M", "Erlotinib", significance="Resistance"), "agrees", "EGFR_T790M", "erlotinib"),
        (item("EML4::ALK Fusion", "Lorlatinib"), "agrees", "ALK_FUSION", "lorlatinib"),
        (item("MET Amplification", "Savolitinib"), "agrees", "MET_AMP", "savolitinib"),
        (item("EGFR Exon 19 Deletion", "Tagrisso"), "agrees", "EGFR_EX19DEL", "osimertinib"),
        (item("KRAS G12D", "Sotorasib"), "new", "KRAS_G12D", "sotorasib"),
        (item("KRAS G12C", "Compound X"), "unmapped", "KRAS_G12C", ""),
        (item("EGFR T790M AND EGFR C797S", "Osimertinib"), "unmapped", "", "osimertinib"),
        (item("BRCA1 Loss", "Osimertinib"), "unmapped", "", "osimertinib"),
    ],
)
def test_an_item_is_mapped_and_held_against_the_rules(
    row: dict[str, str], kind: str, biomarker: str, drug: str
) -> None:
    (proposal,) = propose([row], KB)
    assert (proposal.kind, proposal.biomarker_id, proposal.drug_id) == (kind, biomarker, drug)


@pytest.mark.parametrize(
    "row",
    [
        item("EGFR L858R", "Osimertinib", evidence_status="submitted"),
        item("EGFR L858R", "Osimertinib", evidence_type="Prognostic"),
        item("EGFR L858R", "Osimertinib", disease="Colorectal Cancer"),
        item("EGFR L858R", "Osimertinib", significance="N/A"),
    ],
)
def test_other_items_are_passed_over(row: dict[str, str]) -> None:
    assert list(propose([row], KB)) == []


def test_every_drug_and_biomarker_of_an_item_gets_a_line() -> None:
    drugs = [p.drug_id for p in propose([item("EGFR L858R", "Gefitinib,Erlotinib")], KB)]
    assert drugs == ["gefitinib", "erlotinib"]


def test_the_command_prints_proposals_and_changes_no_table(tmp_path: Path) -> None:
    rows = [item("EGFR L858R", "Osimertinib"), item("KRAS G12D", "Sotorasib")]
    text = "\n".join(["\t".join(REQUIRED), *("\t".join(row[c] for c in REQUIRED) for row in rows)])
    path = tmp_path / "civic.tsv"
    path.write_text(text + "\n")
    before = {name: (Path("reference/knowledge") / name).read_bytes() for name in COLUMNS}
    result = CliRunner().invoke(command, ["import-civic", str(path)])
    assert result.exit_code == 0
    lines = [line.split("\t") for line in result.output.splitlines()]
    assert [line[0] for line in lines] == ["proposal", "agrees", "new"]
    assert lines[1][6] == "PMID:26522274"
    assert {name: (Path("reference/knowledge") / name).read_bytes() for name in COLUMNS} == before


@pytest.mark.parametrize(("text", "said"), [("a\tb\n", "lacks the column"), ("", "lacks the column")])
def test_another_file_is_refused(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_civic(text, "x.tsv")


def test_a_broken_line_is_named() -> None:
    with pytest.raises(InputError, match=r"'x\.tsv', line 2 has 1 columns"):
        read_civic("\t".join(REQUIRED) + "\nonly one\n", "x.tsv")
