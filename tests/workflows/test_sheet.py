"""The sample sheet: what is refused, with line and column, and how rows become cases."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

WORKFLOWS = Path(__file__).parents[2] / "workflows"
HEADER = "patient\tcase\tspecimen\tsample\tfastq_1\tfastq_2\tbam\tvcf\tinput_ng\tcollected\n"
GOOD = "P1\t\tcsf\tS1\t\t\ts1.bam\t\t5\t2026-10-02\n"


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("sheet", WORKFLOWS / "scripts/sheet.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["sheet"] = module
    spec.loader.exec_module(module)
    return module


sheet = _load()


def schema(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((WORKFLOWS / f"schemas/{name}.schema.yaml").read_text())
    return loaded


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(tmp_path)

    def write(*lines: str, name: str = "s.tsv") -> str:
        (tmp_path / name).write_text("".join(lines))
        return name

    return write


def cases(path: str) -> list[Any]:
    gathered: list[Any] = sheet.gather_cases(sheet.read_rows(path, schema("samples")))
    return gathered


def test_rows_become_cases_with_specimens_in_order(write: Any) -> None:
    path = write(
        "# made by the LIMS\n",
        HEADER,
        "P1\tT1\tplasma\tS2\ta_1.fq\ta_2.fq\t\t\t\t\n",
        "\n",
        "P1\tT1\tplasma\tS2\tb_1.fq\tb_2.fq\t\t\t\t\n",
        "P1\tT1\tcsf\tS1\t\t\ts1.cram\t\t5\t2026-10-02\n",
        "P1\tT2\tcsf\tS3\t\t\ts3.bam\t\t\t\n",
        "P2\t\tcsf\tS4\t\t\t\ts4.vcf.gz\t\t\n",
    )
    first, second, third = cases(path)
    assert (first.case_id, first.patient, list(first.specimens)) == ("T1", "P1", ["csf", "plasma"])
    assert first.specimens["plasma"].lanes == (("a_1.fq", "a_2.fq"), ("b_1.fq", "b_2.fq"))
    assert first.specimens["csf"].alignments == "s1.cram"
    assert first.specimens["csf"].facts == {"input_ng": "5", "collected": "2026-10-02"}
    assert (second.case_id, second.patient) == ("T2", "P1")
    assert (third.case_id, third.specimens["csf"].variants) == ("P2", "s4.vcf.gz")


def test_a_sheet_of_commas(write: Any) -> None:
    [case] = cases(write("patient,specimen,sample,bam\nP1,csf,S1,a.bam\n", name="s.csv"))
    assert case.specimens["csf"].alignments == "a.bam"


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ((), "s.tsv is empty; expected a header line with the columns patient"),
        ((HEADER,), "s.tsv has a header and no row"),
        (("patient\tspecimen\tsample\tbams\n",), "s.tsv line 1: unknown column 'bams'; known columns: patient"),
        (("patient\tsample\tbam\n", "P\tS\ta.bam\n"), "line 1: column 'specimen' is missing; expected csf, plasma"),
        (("patient\tpatient\n",), "line 1: column 'patient' is there twice"),
        ((HEADER, GOOD, GOOD.replace("csf", "CSF")), "s.tsv line 3: column 'specimen' is 'CSF'; expected csf, plasma"),
        ((HEADER, GOOD.replace("P1", "P/1")), "line 2: column 'patient' is 'P/1'; expected a code of letters"),
        ((HEADER, GOOD.replace("P1", "..")), "line 2: column 'patient' is '..'; expected a code of letters"),
        ((HEADER, GOOD.replace("\t5\t", "\tfive\t")), "line 2: column 'input_ng' is 'five'; expected a number above 0"),
        ((HEADER, GOOD.replace("\t5\t", "\t0\t")), "line 2: column 'input_ng' is 0.0; expected a number above 0"),
        (
            (HEADER, GOOD.replace("2026-10-02", "2.10.2026")),
            "column 'collected' is '2.10.2026'; expected a date",
        ),
        ((HEADER, GOOD.replace("2026-10-02", "2026-13-02")), "column 'collected' is '2026-13-02'; expected a date"),
        ((HEADER, GOOD.replace("S1", "")), "line 2: column 'sample' is missing; expected a code"),
        ((HEADER, GOOD.replace("s1.bam", "s1.sam")), "column 'bam' is 's1.sam'; expected a sorted and indexed BAM"),
        ((HEADER, GOOD.replace("s1.bam", "")), "s.tsv line 2: none is given; expected either fastq_1 and fastq_2"),
        (
            (HEADER, GOOD.replace("\t\t\ts1", "\ta_1.fq\ta_2.fq\ts1")),
            "line 2: fastq_1 and bam are given",
        ),
        ((HEADER, "P1\t\tcsf\tS1\ta_1.fq\n"), "s.tsv line 2: column 'fastq_2' is empty; reads are paired"),
        ((HEADER, GOOD, GOOD), "s.tsv line 3: sample 'S1' has more than one row; only FASTQ lanes may"),
        ((HEADER, GOOD, GOOD.replace("S1", "S2")), "s.tsv line 3: column 'sample' is 'S2', in s.tsv line 2 it is 'S1'"),
        (
            (HEADER, "P1\tC\tcsf\tS1\t\t\ta.bam\n", "P2\tC\tplasma\tS2\t\t\tb.bam\n"),
            "s.tsv line 3: column 'patient' is 'P2', but case 'C' is of 'P1' in s.tsv line 2",
        ),
        ((HEADER, "P1\t\tcsf\tS\ta\tb\n", "P1\t\tcsf\tS\ta\tb\n"), "column 'fastq_1' names a lane of 'S' twice"),
        ((HEADER, GOOD.strip() + "\tx\ty\n"), "s.tsv line 2: 12 cells, the header has 10"),
    ],
)
def test_what_is_refused(write: Any, lines: tuple[str, ...], message: str) -> None:
    with pytest.raises(sheet.SheetError) as error:
        cases(write(*lines))
    assert message in str(error.value)


def test_every_problem_of_a_sheet_is_told_at_once(write: Any) -> None:
    with pytest.raises(sheet.SheetError) as error:
        cases(write(HEADER, GOOD.replace("csf", "x"), GOOD.replace("\t5\t", "\t-1\t")))
    assert [line.partition(":")[0] for line in str(error.value).splitlines()] == ["s.tsv line 2", "s.tsv line 3"]


def test_files_that_are_no_sheet(write: Any, tmp_path: Path) -> None:
    with pytest.raises(sheet.SheetError, match=r"sample sheet absent\.tsv cannot be read: No such file"):
        cases("absent.tsv")
    (tmp_path / "s.xlsx").write_bytes(b"PK\x03\x04\xff\xfe")
    with pytest.raises(sheet.SheetError, match="save it as tab-separated text, not as a workbook"):
        cases("s.xlsx")


def test_one_library_may_serve_two_cases_but_one_name_not_two_libraries(write: Any) -> None:
    row = "P1\t{case}\tnormal\tN\t\t\t{bam}\n"
    shared = cases(write(HEADER, row.format(case="A", bam="n.bam"), row.format(case="B", bam="n.bam")))
    sheet.check_names([s for case in shared for s in case.specimens.values()])
    mixed = cases(write(HEADER, row.format(case="A", bam="n.bam"), row.format(case="B", bam="m.bam")))
    with pytest.raises(sheet.SheetError, match="'N' names two different libraries"):
        sheet.check_names([s for case in mixed for s in case.specimens.values()])


CONFIG = {"reference": "g.fa", "samples": "s.tsv"}


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"samples": "s.tsv"}, "c: key 'reference' is missing; expected the path of the genome FASTA"),
        ({"reference": "g.fa"}, "c: neither 'samples', 'cases' nor 'normals' is given"),
        (CONFIG | {"thread": 3}, "c: unknown key 'thread'; known: reference"),
        (CONFIG | {"threads": 0}, "c: key 'threads' is 0; expected a whole number of at least 1"),
        (CONFIG | {"umi": {"place": "inline"}}, "c: key 'umi.length' is missing; expected a whole number from 1 to 32"),
        (CONFIG | {"umi": {"place": "R1"}}, "c: key 'umi.place' is 'R1'; expected inline"),
        (CONFIG | {"umi": {"spot": 1}}, "c: unknown key 'umi.spot'; known: place, length, skip"),
        (CONFIG | {"aligner": "bowtie2"}, "c: key 'aligner' is 'bowtie2'; expected bwa-mem or minimap2"),
    ],
)
def test_what_is_refused_in_a_configuration(config: dict[str, Any], message: str) -> None:
    with pytest.raises(sheet.SheetError) as error:
        sheet.check_config(config, schema("config"), "c")
    assert message in str(error.value)


def test_every_key_and_column_says_what_it_expects() -> None:
    for name in ("config", "samples", "normals"):
        assert all("description" in entry for entry in schema(name)["properties"].values())
