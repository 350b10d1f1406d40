"""What a plan may say, and one sentence for everything else."""

from pathlib import Path

import pytest

from csfgeno.errors import InputError
from csfgeno.records import Allele
from csfgeno.validation.plan import Expected, read_plan
from csfgeno.vocab import SpecimenKind

SAMPLES = "report\tmaterial\tspecimen\trun\na.json\tlow\tplasma\t1\n# a remark\n\nb.json\tblank\t\t\n"
MATERIALS = (
    "material\tvariant\tvaf_percent\tclass\n"
    "low\tchr7:55181378:C:T\t0.5\t\nlow\tEGFR_ex19del\t1\tdeletion\nblank\tnone\t\t\n"
)


def plan_of(folder: Path, samples: str = SAMPLES, materials: str = MATERIALS) -> object:
    (folder / "samples.tsv").write_text(samples)
    (folder / "materials.tsv").write_text(materials)
    return read_plan(folder / "samples.tsv", folder / "materials.tsv")


def test_tables_become_a_plan(tmp_path: Path) -> None:
    plan_of(tmp_path)
    plan = read_plan(tmp_path / "samples.tsv", tmp_path / "materials.tsv")
    first, second = plan.samples
    assert (first.report, first.specimen, first.conditions) == (tmp_path / "a.json", SpecimenKind.PLASMA, {"run": "1"})
    assert (second.specimen, second.conditions) == (SpecimenKind.CSF, {})
    assert plan.materials["blank"] == ()
    assert plan.materials["low"] == (
        Expected(Allele("chr7", 55181377, "C", "T"), 0.005),
        Expected("EGFR_ex19del", 0.01, "deletion"),
    )


@pytest.mark.parametrize(
    ("samples", "materials", "words"),
    [
        ("", MATERIALS, "samples.tsv holds no line below a header"),
        ("report\tmaterial\n", MATERIALS, "holds no line below a header"),
        ("report\tstuff\na\tb\n", MATERIALS, "column 'stuff' is not known"),
        ("report\na.json\n", MATERIALS, "column 'material' is missing"),
        ("report\tmaterial\na.json\n", MATERIALS, "samples.tsv line 2 has 1 cells; the header has 2"),
        ("report\tmaterial\na.json\t\n", MATERIALS, "samples.tsv line 2: material is empty"),
        ("report\tmaterial\na.json\thigh\n", MATERIALS, "sample 1 is of material 'high'; materials.tsv has low, blank"),
        ("report\tmaterial\tspecimen\na\tlow\tblood\n", MATERIALS, "specimen is 'blood'; expected one of csf, plasma"),
        ("report\tmaterial\na\tlow\na\tlow\n", MATERIALS, "samples 1 and 2 are both the csf of a"),
        (
            SAMPLES,
            "material\tvariant\tvaf_percent\nlow\tchr7:0:C:T\t1\n",
            "variant is 'chr7:0:C:T'; expected contig:pos",
        ),
        (SAMPLES, "material\tvariant\tvaf_percent\nlow\tchr7:5:C:<DEL>\t1\n", "expected contig:pos:ref:alt"),
        (SAMPLES, "material\tvariant\tvaf_percent\nlow\tX\t0\n", "vaf_percent is '0'; expected a number above 0"),
        (SAMPLES, "material\tvariant\tvaf_percent\nlow\tX\tnan\n", "vaf_percent is 'nan'"),
        (SAMPLES, "material\tvariant\nlow\tX\n", "vaf_percent is ''"),
        (SAMPLES, "material\tvariant\tvaf_percent\nlow\tX\t1\nlow\tX\t2\n", "X is listed twice in material 'low'"),
    ],
)
def test_what_does_not_fit_is_told_in_one_sentence(tmp_path: Path, samples: str, materials: str, words: str) -> None:
    with pytest.raises(InputError) as raised:
        plan_of(tmp_path, samples, materials)
    assert words in str(raised.value)
    assert "\n" not in str(raised.value)
