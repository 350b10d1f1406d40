"""The plan of a validation: which case JSON holds which material, and which variants a material has.

Two tables, tab-separated with a header. Lines that start with `#` are skipped.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from csfgeno.errors import InputError
from csfgeno.io.textlist import read_text
from csfgeno.records import Allele
from csfgeno.vocab import SpecimenKind

FACTORS: Final = ("run", "day", "operator")
"""Columns of the sample table whose influence on the fraction is measured."""

SAMPLE_COLUMNS: Final = ("report", "material", "specimen", *FACTORS)
MATERIAL_COLUMNS: Final = ("material", "variant", "vaf_percent", "class")
BLANK: Final = "none"
"""Variant of a material without any."""

_BASES: Final = frozenset("ACGT")


@dataclass(frozen=True, slots=True)
class Sample:
    """One specimen of one case JSON; `conditions` are its run, day and operator, as far as they are known."""

    report: Path
    material: str
    specimen: SpecimenKind
    conditions: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Expected:
    """A variant of a material: an allele, or a hotspot of the panel by its id.

    `vaf` is a fraction, `klass` the class of variants under which it is counted, `None` for that of its alleles.
    """

    variant: Allele | str
    vaf: float
    klass: str | None = None

    @property
    def name(self) -> str:
        """The variant as the table of materials writes it."""
        return str(self.variant).replace(">", ":")


@dataclass(frozen=True, slots=True)
class Plan:
    """Samples in the order of their table, and the variants of each material; a blank has none."""

    samples: tuple[Sample, ...]
    materials: Mapping[str, tuple[Expected, ...]]


def read_plan(samples: Path, materials: Path) -> Plan:
    """Return the plan that two tables describe.

    Raises
    ------
    InputError
        If a table cannot be read, lacks a column or holds a value that it should not; a sample names an unknown
        material; a specimen of a case is listed twice.
    """
    plan = Plan(tuple(_read_samples(samples)), _read_materials(materials))
    seen = dict[tuple[Path, SpecimenKind], int]()
    for number, sample in enumerate(plan.samples, 1):
        if sample.material not in plan.materials:
            known = ", ".join(plan.materials)
            raise InputError(f"sample {number} is of material '{sample.material}'; {materials.name} has {known}")
        if earlier := seen.get((sample.report, sample.specimen)):
            raise InputError(f"samples {earlier} and {number} are both the {sample.specimen} of {sample.report.name}")
        seen[sample.report, sample.specimen] = number
    return plan


def _read_samples(path: Path) -> Iterator[Sample]:
    for where, row in _rows(path, SAMPLE_COLUMNS, required=("report", "material")):
        conditions = {name: row[name] for name in FACTORS if row.get(name)}
        yield Sample(path.parent / row["report"], row["material"], _specimen(row.get("specimen"), where), conditions)


def _specimen(text: str | None, where: str) -> SpecimenKind:
    try:
        return SpecimenKind(text or SpecimenKind.CSF)
    except ValueError:
        raise InputError(f"{where}: specimen is '{text}'; expected one of {', '.join(SpecimenKind)}") from None


def _read_materials(path: Path) -> dict[str, tuple[Expected, ...]]:
    materials = dict[str, tuple[Expected, ...]]()
    for where, row in _rows(path, MATERIAL_COLUMNS, required=("material", "variant")):
        own = materials.get(row["material"], ())
        if row["variant"] == BLANK:
            materials[row["material"]] = own
            continue
        expected = Expected(_variant(row["variant"], where), _fraction(row, where), row.get("class") or None)
        if expected.variant in {other.variant for other in own}:
            raise InputError(f"{where}: {row['variant']} is listed twice in material '{row['material']}'")
        materials[row["material"]] = (*own, expected)
    return materials


def _variant(text: str, where: str) -> Allele | str:
    """Return an allele of `contig:pos:ref:alt`, or the text itself if it is the id of a hotspot."""
    parts = text.split(":")
    if len(parts) == 1:
        return text
    if len(parts) == 4 and parts[1].isdigit() and int(parts[1]) and all(_is_bases(part) for part in parts[2:]):
        return Allele(parts[0], int(parts[1]) - 1, parts[2].upper(), parts[3].upper())
    raise InputError(f"{where}: variant is '{text}'; expected contig:pos:ref:alt as in VCF, a hotspot id, or {BLANK}")


def _is_bases(text: str) -> bool:
    return bool(text) and set(text.upper()) <= _BASES


def _fraction(row: Mapping[str, str], where: str) -> float:
    text = row.get("vaf_percent", "")
    try:
        percent = float(text)
    except ValueError:
        percent = math.nan
    if not 0.0 < percent <= 100.0:
        raise InputError(f"{where}: vaf_percent is '{text}'; expected a number above 0, at most 100")
    return percent / 100.0


def _rows(path: Path, columns: tuple[str, ...], required: tuple[str, ...]) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield where each line stands and its cells by column."""
    text = read_text(path, f"a table with the columns {', '.join(columns)}")
    lines = [(i, line) for i, line in enumerate(text.splitlines(), 1) if line.strip() and not line.startswith("#")]
    if len(lines) < 2:
        raise InputError(f"{path.name} holds no line below a header; expected the columns {', '.join(columns)}")
    header = lines[0][1].split("\t")
    if unknown := sorted(set(header) - set(columns)):
        raise InputError(f"{path.name}: column '{unknown[0]}' is not known; expected {', '.join(columns)}")
    if missing := sorted(set(required) - set(header)):
        raise InputError(f"{path.name}: column '{missing[0]}' is missing; expected {', '.join(columns)}")
    for number, line in lines[1:]:
        where = f"{path.name} line {number}"
        cells = [cell.strip() for cell in line.split("\t")]
        if len(cells) != len(header):
            raise InputError(f"{where} has {len(cells)} cells; the header has {len(header)}")
        row = dict(zip(header, cells, strict=True))
        if empty := [name for name in required if not row[name]]:
            raise InputError(f"{where}: {empty[0]} is empty")
        yield where, row
