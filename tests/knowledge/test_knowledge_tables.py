import re
from datetime import date
from importlib import resources
from pathlib import Path

import pytest
from click.testing import CliRunner

from csfgeno.cli.kb import kb as kb_command
from csfgeno.errors import ReferenceDataError
from csfgeno.knowledge.checks import find_problems
from csfgeno.knowledge.reading import open_tables
from csfgeno.knowledge.schema import COLUMNS
from csfgeno.knowledge.tables import load_knowledge
from csfgeno.vocab import Verification

from .knowledge_builders import KB


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    """A copy of the shipped tables to break."""
    for name in COLUMNS:
        shipped = resources.files("csfgeno.reference") / "knowledge" / name
        (tmp_path / name).write_bytes(shipped.read_bytes())
    return tmp_path


def alter(folder: Path, name: str, row_id: str, column: str, text: str) -> None:
    index = list(COLUMNS[name]).index(column)
    lines = (folder / name).read_text().split("\n")
    (number,) = [i for i, line in enumerate(lines) if line.split("\t")[0] == row_id]
    cells = lines[number].split("\t")
    cells[index] = text
    lines[number] = "\t".join(cells)
    (folder / name).write_text("\n".join(lines))


def test_the_shipped_tables_are_without_problems() -> None:
    assert find_problems(open_tables(None), today=date(2026, 11, 25)) == ()


def test_the_shipped_tables_have_a_version_and_rows() -> None:
    assert KB.version == date(2026, 11, 25)
    assert re.fullmatch("[0-9a-f]{64}", KB.sha256)
    assert all((KB.biomarkers, KB.therapies, KB.doses, KB.measurements, KB.evidence, KB.rules, KB.facts))


def test_a_copy_has_the_same_digest_and_an_altered_one_another(tables: Path) -> None:
    assert load_knowledge(tables).sha256 == KB.sha256
    alter(tables, "therapies.tsv", "gefitinib", "notes", "another note")
    assert load_knowledge(tables).sha256 != KB.sha256


def test_every_grade_rests_on_rows_of_the_same_drugs() -> None:
    for rule in KB.rules:
        for schedule in KB.schedules_of(rule):
            rows = [KB.evidence[i] for grade in (schedule.lm, schedule.bm) for i in grade.support]
            assert all(set(row.drug_ids) == set(rule.drug_ids) for row in rows), rule.act_id
            assert all(row.schedule_id == schedule.schedule_id for row in rows), rule.act_id


def test_no_message_of_a_recalled_rule_states_a_figure() -> None:
    messages = [rule.message for rule in KB.rules if rule.verification is Verification.RECALLED]
    assert [m for m in messages if re.search(r"\d%|\(\d+/\d+\)", m)] == []


@pytest.mark.parametrize(
    ("name", "row_id", "column", "text", "said"),
    [
        ("actionability.tsv", "ACT_001", "refs", "PMID:12a", r"'PMID:12a' found; expected .*PMID:n"),
        ("actionability.tsv", "ACT_001", "direction", "sensible", "'sensible' found; expected one of 'sensitive'"),
        ("actionability.tsv", "ACT_001", "drug_ids", "osimertinibb", "'osimertinibb' is not a row of therapies.tsv"),
        ("actionability.tsv", "ACT_001", "requires_all", "EGFR_EX99", "'EGFR_EX99' is not a row of biomarkers.tsv"),
        ("actionability.tsv", "ACT_001", "prior_therapy_none", "TKI", "'TKI' is not a row of prior_therapies.tsv"),
        ("actionability.tsv", "ACT_001", "schedule_ids", "OSI_70", "'OSI_70' is not a row of schedules.tsv"),
        ("actionability.tsv", "ACT_001", "schedule_ids", "FUR_80", "FUR_80 is a schedule of furmonertinib"),
        ("actionability.tsv", "ACT_001", "drug_ids", "osimertinib+icotinib", "has no schedule of these drugs"),
        ("cns_evidence.tsv", "EV_OSI_BLOOM", "schedule_id", "FUR_80", "it is a schedule of furmonertinib"),
        ("cns_evidence.tsv", "EV_OSI_BLOOM", "activity", "modest", "a response of 62.0% is not 'modest'"),
        ("cns_evidence.tsv", "EV_OSI_BLOOM", "activity_basis", "none", "'none' belongs to unknown activity"),
        ("cns_evidence.tsv", "EV_OSI_BLOOM", "responders", "3", "belong together"),
        ("cns_evidence.tsv", "EV_ADA_KRYSTAL", "responders", "9", "9 of 19 are not 42.0%"),
        ("actionability.tsv", "ACT_001", "verification_source", "evidence:EV_NO", "'EV_NO' is not a row"),
        ("actionability.tsv", "ACT_002", "act_id", "ACT_001", "the same id stands in line 2"),
        ("cns_evidence.tsv", "EV_OSI_BLOOM", "nct", "NCT123", "'NCT123' found; expected .*NCT02228369"),
        ("cns_evidence.tsv", "EV_OSI_BLOOM", "doi", "10.1200", "'10.1200' found; expected a DOI"),
        ("cns_evidence.tsv", "EV_OSI_BLOOM", "pmid", "PMID1", "'PMID1' found; expected a PubMed number"),
        ("biomarkers.tsv", "EGFR_L858R", "match_rule", "p.L858", "'p.L858' is not a protein name"),
        ("biomarkers.tsv", "EGFR_L858R", "match_type", "hgvs", "'hgvs' is not a known kind of match rule"),
        ("biomarkers.tsv", "EGFR_G719X", "match_rule", "719;alt=A", "'alt=A' is not a term"),
        ("biomarkers.tsv", "EGFR_G719X", "match_rule", "719", "lacks alts="),
        ("biomarkers.tsv", "EGFR_G719X", "match_rule", "7l9;alts=A", "'7l9' is not a whole number"),
        (
            "biomarkers.tsv",
            "EGFR_EX19INS",
            "match_rule",
            "exon=19;codons=747-738;allow=ins,dup,delins;net_len>0",
            "'747-738' is not a range of codons",
        ),
        ("biomarkers.tsv", "EGFR_EX19INS", "match_rule", "exon=19;codons=738-747;allow=ins;net_len>0", "not supported"),
        ("biomarkers.tsv", "TP53_RB1_COLOSS", "match_rule", "all=TP53_MUT,RB2", "'RB2' is not a row of biomarkers.tsv"),
        ("biomarkers.tsv", "MET_EX14", "match_rule", "exon=14", "lacks acceptor_indel="),
        ("prior_therapies.tsv", "RET_TKI", "drug_classes", "RET", "'RET' occurs in no row of therapies.tsv"),
        ("cns_evidence.tsv", "EV_OSI_FLAURA", "seen_url", "", "does not say where it was seen"),
        ("therapies.tsv", "lorlatinib", "transporter_source", "", "does not say where it was seen"),
        ("context.tsv", "CTX_SCLC", "fact_ids", "CSF_999", "'CSF_999' is not a row of csf_facts.tsv"),
        ("version.tsv", "2026-11-25", "review_by", "2026-02-30", "'2026-02-30' found; expected a date"),
        ("version.tsv", "2026-11-25", "review_by", "2020-01-01", "is before the version date"),
    ],
)
def test_a_broken_table_is_refused_with_file_row_and_column(
    tables: Path, name: str, row_id: str, column: str, text: str, said: str
) -> None:
    alter(tables, name, row_id, column, text)
    stated_id = text if column == "act_id" else row_id
    where = rf"{re.escape(name)}, row '{re.escape(stated_id)}' \(line \d+\), column {column}: "
    with pytest.raises(ReferenceDataError, match=where + f".*{said}"):
        load_knowledge(tables)


def test_repeated_and_contradicting_rules_are_found(tables: Path) -> None:
    alter(tables, "actionability.tsv", "ACT_017", "drug_ids", "gefitinib")
    with pytest.raises(ReferenceDataError, match="'resistant' repeats ACT_016"):
        load_knowledge(tables)
    alter(tables, "actionability.tsv", "ACT_017", "direction", "reduced")
    with pytest.raises(ReferenceDataError, match=r"'reduced' contradicts \(resistant\) ACT_016"):
        load_knowledge(tables)


def test_a_missing_table_is_named(tables: Path) -> None:
    (tables / "therapies.tsv").unlink()
    with pytest.raises(ReferenceDataError, match=r"therapies\.tsv is missing"):
        load_knowledge(tables)


def test_a_line_with_a_missing_column_is_named(tables: Path) -> None:
    with (tables / "prior_therapies.tsv").open("a") as table:
        table.write("X_TKI\tRET TKI\n")
    with pytest.raises(ReferenceDataError, match=r"prior_therapies\.tsv, line 16 has 2 columns; expected 5"):
        load_knowledge(tables)


def test_another_header_is_refused(tables: Path) -> None:
    table = tables / "version.tsv"
    table.write_text(table.read_text().replace("review_by", "review"))
    with pytest.raises(ReferenceDataError, match=r"header of version\.tsv"):
        load_knowledge(tables)


def test_tables_without_a_version_are_refused(tables: Path) -> None:
    (tables / "version.tsv").write_text("version\treview_by\tstatement\n")
    with pytest.raises(ReferenceDataError, match="there is no row"):
        load_knowledge(tables)


def test_kb_check_passes_the_shipped_tables() -> None:
    result = CliRunner().invoke(kb_command, ["check", "--today", "2026-11-23"])
    assert (result.exit_code, result.output) == (0, "knowledge tables: no problems\n")


def test_kb_check_tells_an_expired_review_date() -> None:
    result = CliRunner().invoke(kb_command, ["check", "--today", "2027-05-26"])
    assert result.exit_code == 3
    assert "were to be reviewed by 2027-05-25; today is 2027-05-26" in result.output


def test_kb_check_lists_every_problem(tables: Path) -> None:
    alter(tables, "biomarkers.tsv", "EGFR_L858R", "match_rule", "p.L858")
    alter(tables, "actionability.tsv", "ACT_003", "refs", "PMID:x")
    result = CliRunner().invoke(kb_command, ["check", "--dir", str(tables), "--today", "2026-11-23"])
    assert result.exit_code == 3
    lines = result.output.splitlines()
    assert lines[0].split() == ["file", "line", "row", "column", "problem"]
    assert [line.split()[:4] for line in lines[1:]] == [
        ["biomarkers.tsv", "4", "EGFR_L858R", "match_rule"],
        ["actionability.tsv", "4", "ACT_003", "refs"],
    ]


def test_kb_check_of_a_folder_without_tables_says_so_in_one_line(tmp_path: Path) -> None:
    result = CliRunner().invoke(kb_command, ["check", "--dir", str(tmp_path)])
    assert result.exit_code == 3
    assert result.output.startswith("Error: the knowledge table version.tsv is missing")
    assert len(result.output.splitlines()) == 1


GENOME = str(Path(__file__).parents[2] / "sample_data" / "GRCh38.masked.fa.gz")


def test_kb_check_holds_residues_against_a_genome(tables: Path) -> None:
    today = ["--today", "2026-11-25", "--reference", GENOME]
    assert CliRunner().invoke(kb_command, ["check", *today]).output == "knowledge tables: no problems\n"
    alter(tables, "biomarkers.tsv", "EGFR_L858R", "match_rule", "p.V858R")
    result = CliRunner().invoke(kb_command, ["check", "--dir", str(tables), *today])
    assert result.exit_code == 3
    assert "'p.V858R' names V at codon 858; NM_005228" in result.output
    assert "encodes L there" in result.output
