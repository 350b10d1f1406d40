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
        "therapy_interaction_type": "",
        "evidence_type": "Predictive",
        "evidence_direction": "Supports",
        "significance": "Sensitivity/Response",
        "evidence_level": "B",
        "evidence_id": "229",
        "citation_id": "26522274",
        "source_type": "PubMed",
        "evidence_status": "accepted",
        "variant_origin": "Somatic",
    }
    return row | changes


@pytest.mark.parametrize(
    ("row", "kind", "biomarker", "drug"),
    [
        (item("EGFR L858R", "Osimertinib"), "agrees", "EGFR_L858R", "osimertinib"),
        (item("EGFR T790M", "Erlotinib"), "contradicts", "EGFR_T790M", "erlotinib"),
        (item("EGFR T790M", "Erlotinib", significance="Resistance"), "agrees", "EGFR_T790M", "erlotinib"),
        (item("EML4::ALK Fusion", "Lorlatinib"), "agrees", "ALK_FUSION", "lorlatinib"),
        (item("MET Amplification", "Capmatinib"), "agrees", "MET_AMP", "capmatinib"),
        (item("EGFR Exon 19 Deletion", "Tagrisso"), "agrees", "EGFR_EX19DEL", "osimertinib"),
        (item("KRAS G12D", "Sotorasib"), "new", "KRAS_G12D", "sotorasib"),
        (item("KRAS G12C", "Compound X"), "unmapped", "KRAS_G12C", ""),
        (item("EGFR T790M AND EGFR C797S", "Osimertinib"), "contradicts", "EGFR_T790M+EGFR_C797S", "osimertinib"),
        (item("EML4::ALK Fusion AND ALK G1202R", "Lorlatinib"), "agrees", "ALK_G1202R", "lorlatinib"),
        (item("EGFR L858R AND EGFR T790M", "Osimertinib"), "agrees", "EGFR_T790M", "osimertinib"),
        (
            item("v::ROS1 Fusion", "Crizotinib", significance="Reduced Sensitivity"),
            "agrees",
            "ROS1_FUSION",
            "crizotinib",
        ),
        (item("EGFR L858R AND TP53 Mutation", "Osimertinib"), "unmapped", "", "osimertinib"),
        (item("EGFR T790M AND NOT EGFR C797S", "Osimertinib"), "unmapped", "", "osimertinib"),
        (item("EGFR Kinase Domain Duplication", "Afatinib"), "agrees", "EGFR_KDD", "afatinib"),
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
        item("EGFR T790M", "Osimertinib", variant_origin="Rare Germline"),
    ],
)
def test_other_items_are_passed_over(row: dict[str, str]) -> None:
    assert list(propose([row], KB)) == []


@pytest.mark.parametrize(
    ("interaction", "drugs", "kinds"),
    [
        ("Substitutes", ["gefitinib", "erlotinib"], ["agrees", "agrees"]),
        ("Combination", ["gefitinib+erlotinib"], ["new"]),
        ("Sequential", [""], ["unmapped"]),
    ],
)
def test_substitutes_get_a_line_each_and_a_combination_one(
    interaction: str, drugs: list[str], kinds: list[str]
) -> None:
    row = item("EGFR L858R", "Gefitinib,Erlotinib", therapy_interaction_type=interaction)
    proposals = list(propose([row], KB))
    assert [p.drug_id for p in proposals] == drugs
    assert [p.kind for p in proposals] == kinds


def test_a_combination_meets_the_rule_of_that_combination() -> None:
    row = item("EGFR L858R AND MET Amplification", "Savolitinib,Osimertinib", therapy_interaction_type="Combination")
    (proposal,) = propose([row], KB)
    assert (proposal.kind, proposal.known_rules) == ("agrees", ("ACT_050",))


def test_the_number_of_an_abstract_is_no_pubmed_number() -> None:
    (proposal,) = propose([item("EGFR L858R", "Osimertinib", source_type="ASCO", citation_id="200423")], KB)
    assert proposal.reference == ""


def test_the_command_prints_proposals_and_changes_no_table(tmp_path: Path) -> None:
    rows = [item("EGFR L858R", "Osimertinib"), item("KRAS G12D", "Sotorasib", evidence_id="9")]
    text = "\n".join(["\t".join(REQUIRED), *("\t".join(row[c] for c in REQUIRED) for row in rows)])
    path = tmp_path / "civic.tsv"
    path.write_text(text + "\n")
    before = {name: (Path("reference/knowledge") / name).read_bytes() for name in COLUMNS}
    result = CliRunner().invoke(command, ["import-civic", str(path)])
    assert result.exit_code == 0
    lines = [line.split("\t") for line in result.stdout.splitlines()]
    assert [line[0] for line in lines] == ["proposal", "agrees", "new"]
    assert result.stderr == "2 items read, 2 of them used; proposals: 1 new, 1 agrees, 0 contradicts, 0 unmapped\n"
    assert lines[1][6] == "PMID:26522274"
    assert {name: (Path("reference/knowledge") / name).read_bytes() for name in COLUMNS} == before


@pytest.mark.parametrize(("text", "said"), [("a\tb\n", "lacks the column"), ("", "lacks the column")])
def test_another_file_is_refused(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_civic(text, "x.tsv")


def test_a_broken_line_is_named() -> None:
    with pytest.raises(InputError, match=r"'x\.tsv', line 2 has 1 columns"):
        read_civic("\t".join(REQUIRED) + "\nonly one\n", "x.tsv")


NIGHTLY = (
    "molecular_profile\tmolecular_profile_id\tdisease\tdoid\tphenotypes\ttherapies\ttherapy_interaction_type\t"
    "evidence_type\tevidence_direction\tevidence_level\tsignificance\tevidence_statement\tcitation_id\tsource_type\t"
    "asco_abstract_id\tcitation\tnct_ids\trating\tevidence_status\tevidence_id\tvariant_origin\tlast_review_date\t"
    "evidence_civic_url\tmolecular_profile_civic_url\tis_flagged"
)
"""Columns of the nightly file of accepted and submitted evidence, in their order."""


def nightly(**changes: str) -> str:
    """One line of the nightly file."""
    row = dict.fromkeys(NIGHTLY.split("\t"), "") | item("EGFR T790M", "Osimertinib") | changes
    return "\t".join(row[column] for column in NIGHTLY.split("\t"))


def test_the_nightly_file_is_read_with_its_byte_order_mark_and_odd_line_ends() -> None:
    statement = 'A "quoted" statement\u2028with line separators\x0b inside.'
    text = "\ufeff" + "\r\n".join([NIGHTLY, nightly(evidence_statement=statement), nightly(evidence_id="1867"), ""])
    rows = read_civic(text, "nightly.tsv")
    assert [row["evidence_id"] for row in rows] == ["229", "1867"]
    assert rows[0]["evidence_statement"] == statement
    assert [p.kind for p in propose(rows, KB)] == ["agrees", "agrees"]


def test_an_evidence_id_that_is_no_number_is_named() -> None:
    with pytest.raises(InputError, match=r"line 3 has the evidence id 'EID9'; expected a number"):
        read_civic("\n".join([NIGHTLY, nightly(), nightly(evidence_id="EID9")]), "nightly.tsv")
