from pathlib import Path

import pytest
from click.testing import CliRunner

from csfgeno.annotation.transcripts import load_transcripts
from csfgeno.cli.kb import kb as command
from csfgeno.errors import ReferenceDataError
from csfgeno.io.reference import ReferenceFasta
from csfgeno.knowledge.cases import situation_of
from csfgeno.knowledge.reading import open_tables
from csfgeno.knowledge.residues import refuse_mismatches
from csfgeno.knowledge.schema import COLUMNS
from csfgeno.knowledge.tables import load_knowledge
from csfgeno.knowledge.therapies import reason_on
from csfgeno.vocab import Build, ContigStyle

from .knowledge_builders import KB

GENOME = Path(__file__).parents[2] / "sample_data" / "GRCh38.masked.fa.gz"


def shipped(table: str, row_id: str) -> dict[str, str]:
    return dict(next(row.cells for row in open_tables()[table] if row.row_id == row_id))


def lay(folder: Path, table: str, *rows: dict[str, str]) -> Path:
    """Write an overlay with these rows; columns that a row lacks are empty."""
    folder.mkdir(exist_ok=True)
    header = list(COLUMNS[table])
    lines = ["\t".join(header), *("\t".join(row.get(column, "") for column in header) for row in rows)]
    (folder / table).write_text("\n".join(lines) + "\n")
    return folder


@pytest.fixture
def hospital(tmp_path: Path) -> Path:
    """An overlay that reads BLOOM, replaces a message and adds a rule."""
    folder = tmp_path / "hospital"
    lay(folder, "cns_evidence.tsv", shipped("cns_evidence.tsv", "EV_OSI_BLOOM") | {"verification": "verified"})
    own = shipped("actionability.tsv", "ACT_002") | {"message": "Our first choice."}
    new = shipped("actionability.tsv", "ACT_041") | {
        "act_id": "LOCAL_1",
        "drug_ids": "icotinib",
        "direction": "reduced",
    }
    return lay(folder, "actionability.tsv", own, new)


def test_rows_of_an_overlay_replace_and_add_and_say_where_they_are_from(hospital: Path) -> None:
    tables = load_knowledge(overlay=hospital)
    assert (tables.label, tables.sha256 != KB.sha256) == ("2026-11-25+hospital", True)
    assert [r.act_id for r in tables.rules] == [*(r.act_id for r in KB.rules), "LOCAL_1"]
    case = next(case for case in tables.cases if case.name == "L858R")
    match = reason_on(situation_of(case, tables), tables).therapies[0]
    assert (match.act_id, match.message, match.layer) == ("ACT_002", "Our first choice.", "hospital")
    layers = {row.evidence_id: row.layer for row in match.evidence}
    assert (layers["EV_OSI_BLOOM"], layers["EV_OSI_FLAURA"]) == ("hospital", "shipped")
    lm = {schedule.schedule_id: schedule.lm for schedule in match.schedules}["OSI_160"]
    assert (lm.letter, lm.seen_letter) == ("A", "A")


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"match_rule": "p.V858R"}, "'p.V858R' names V at codon 858; NM_005228.5 encodes L there"),
        (
            {"match_type": "hgvsc_exact", "match_rule": "c.2573T>G;c.2573A>G"},
            "'c.2573A>G' states A, but NM_005228.5 has T there",
        ),
    ],
)
def test_a_row_of_an_overlay_that_contradicts_the_genome_is_refused_by_line(
    rule: dict[str, str], message: str, tmp_path: Path
) -> None:
    folder = lay(tmp_path / "hospital", "biomarkers.tsv", shipped("biomarkers.tsv", "EGFR_L858R") | rule)
    transcripts = load_transcripts(Build.GRCH38, ContigStyle.CHR)
    with ReferenceFasta(GENOME) as fasta, pytest.raises(ReferenceDataError) as refused:
        refuse_mismatches(folder, transcripts, fasta, fasta.contigs)
    assert str(refused.value).startswith(f"biomarkers.tsv, row 'EGFR_L858R' (line 2), column match_rule: {message}")


def test_without_an_overlay_every_row_is_shipped() -> None:
    assert (KB.layers, KB.label) == ({}, "2026-11-25")


def test_an_overlay_is_checked_with_the_tables_under_it(hospital: Path) -> None:
    lay(hospital, "schedules.tsv", {"schedule_id": "X_1", "drug_ids": "unheard_of", "dose": "1 mg", "status": "label"})
    with pytest.raises(ReferenceDataError, match=r"'unheard_of' is not a row of therapies\.tsv"):
        load_knowledge(overlay=hospital)


@pytest.mark.parametrize(
    ("name", "said"), [("version.tsv", "cannot be overlaid"), ("cases.tsv", "cannot be overlaid"), ("x.txt", "none of")]
)
def test_an_overlay_holds_tables_and_not_the_version(tmp_path: Path, name: str, said: str) -> None:
    folder = tmp_path / "lab"
    folder.mkdir()
    (folder / name).write_text("version\treview_by\tstatement\n")
    with pytest.raises(ReferenceDataError, match=said):
        load_knowledge(overlay=folder)


def test_diff_names_the_statements_that_change(hospital: Path) -> None:
    result = CliRunner().invoke(command, ["diff", "shipped", str(hospital)])
    assert result.exit_code == 0
    changed = result.output.split("L858R: EGFR L858R, untreated")[1].splitlines()
    assert any(line.startswith("  ~ ACT_002") for line in changed)
    assert any("+ Our first choice." in line for line in changed)
    assert "KRAS_G12C:" not in result.output


def test_diff_of_the_same_tables_is_empty() -> None:
    result = CliRunner().invoke(command, ["diff", "shipped", "shipped"])
    assert result.output == "no statement on the worked cases changes\n"


def test_diff_shows_what_comes_and_goes(tmp_path: Path) -> None:
    gone = shipped("actionability.tsv", "ACT_114") | {"requires_all": "KRAS_G12D"}
    folder = lay(tmp_path / "lab", "actionability.tsv", gone)
    output = CliRunner().invoke(command, ["diff", "shipped", str(folder)]).output
    assert "  - ACT_114 sensitive: Adagrasib" in output
    backwards = CliRunner().invoke(command, ["diff", str(folder), "shipped"]).output
    assert "  + ACT_114 sensitive: Adagrasib" in backwards


def test_reason_prints_the_cases_asked_for_and_refuses_others(hospital: Path) -> None:
    result = CliRunner().invoke(command, ["reason", "--knowledge", str(hospital), "L858R"])
    assert "{from hospital}" in result.output
    assert result.output.count("# ") == 1
    unknown = CliRunner().invoke(command, ["reason", "L858Q"])
    assert "'L858Q' is no worked case" in str(unknown.exception)
