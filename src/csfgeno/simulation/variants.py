"""What is planted: alleles with the fraction of molecules that carry each, and which of them share a chromosome."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations
from typing import Final

import numpy as np

from csfgeno.errors import InputError, UsageError
from csfgeno.genome.edit import check_reference
from csfgeno.genome.normalise import normalise
from csfgeno.genome.sequence import SequenceSource
from csfgeno.io.variantfile import VariantLine
from csfgeno.records import Allele, Interval

BASES: Final = "ACGT"
HETEROZYGOUS: Final = 0.5
SNP_DISTANCE_BP: Final = 12
"""Random SNPs keep this distance from planted variants, so that none changes what a planted one means."""


class Origin(StrEnum):
    """Which molecules may carry a variant."""

    CELL_FREE = "cell_free"  # the patient's, but not of lysed leucocytes: a tumour variant
    PATIENT = "patient"  # all of the patient's: inherited; or clonal haematopoiesis in plasma and normal
    LEUCOCYTE = "leucocyte"  # of lysed leucocytes only
    CONTAMINANT = "contaminant"  # of the second person and of the neighbour library


@dataclass(frozen=True, slots=True)
class PlantedVariant:
    """One variant to plant.

    Attributes
    ----------
    allele
        In its leftmost spelling.
    vaf
        Share of the molecules of its origin that carry it, above 0 and at most 1.
    haplotype
        Variants of one label are in cis: the rarer one only on molecules with the more frequent one. Variants of
        different labels are in trans: never on one molecule. `None`: independent of all others.
    """

    allele: Allele
    vaf: float
    origin: Origin = Origin.CELL_FREE
    haplotype: str | None = None


def parse_variants(lines: Iterable[VariantLine], genome: SequenceSource) -> tuple[PlantedVariant, ...]:
    """Return the variants of a table, leftmost first on each contig.

    Raises
    ------
    UsageError
        If a line asks for a structural event, or two variants cannot both be planted.
    InputError
        If a line cannot be understood or REF is not what the genome has.
    """
    variants = [_parse(line, genome) for line in lines]
    check_together(variants)
    return tuple(variants)


def check_together(variants: Sequence[PlantedVariant]) -> None:
    """Check that overlapping variants are in trans.

    Raises
    ------
    UsageError
        If two variants change the same bases and could meet on a molecule.
    """
    for one, other in combinations(sorted(variants, key=lambda v: v.allele), 2):
        if not _touch(one.allele, other.allele) or _never_meet(one, other):
            continue
        raise UsageError(
            f"{one.allele} and {other.allele} overlap and could meet on one molecule; give them different haplotypes"
        )


def draw_snps(
    targets: Iterable[Interval],
    genome: SequenceSource,
    planted: Sequence[PlantedVariant],
    rates: tuple[float, float],
    origin: Origin,
    rng: np.random.Generator,
) -> tuple[PlantedVariant, ...]:
    """Return random inherited substitutions of one person, away from what is planted.

    Parameters
    ----------
    rates
        SNPs per bp, and the share of them that is homozygous.
    """
    rate, homozygous = rates
    snps = []
    for target in targets:
        taken = [v.allele.start for v in planted if v.allele.contig == target.contig]
        for start in np.sort(rng.choice(len(target), rng.binomial(len(target), rate), replace=False)) + target.start:
            ref = genome.fetch(target.contig, int(start), int(start) + 1)
            alt = str(rng.choice([base for base in BASES if base != ref]))
            vaf = 1.0 if rng.random() < homozygous else HETEROZYGOUS
            if ref in BASES and all(abs(int(start) - place) > SNP_DISTANCE_BP for place in taken):
                snps.append(PlantedVariant(Allele(target.contig, int(start), ref, alt), vaf, origin))
    return tuple(snps)


def _parse(line: VariantLine, genome: SequenceSource) -> PlantedVariant:
    columns = line.columns
    if missing := [name for name in ("contig", "pos", "ref", "alt", "vaf") if not columns.get(name)]:
        raise InputError(f"{line.where}: no {missing[0]}; a variant needs contig, pos, ref, alt and vaf")
    ref, alt = columns["ref"].upper(), columns["alt"].upper()
    if set("<>[]*") & set(alt):
        raise UsageError(
            f"{line.where}: '{columns['alt']}' is a fusion or another symbolic allele, which cannot be spiked into "
            "reads; write the bases of ALT, or make a specimen with `csfgeno simulate`"
        )
    haplotype = columns.get("haplotype", "")
    return PlantedVariant(
        allele=_spell(Allele(columns["contig"], parse_position(line, "pos"), ref, alt), genome, line.where),
        vaf=parse_fraction(line),
        origin=parse_origin(line),
        haplotype=None if haplotype in ("", ".") else haplotype,
    )


def _spell(allele: Allele, genome: SequenceSource, where: str) -> Allele:
    try:
        check_reference(allele, genome)
        return normalise(allele, genome)
    except InputError as error:
        raise InputError(f"{where}: {error}") from None


def parse_position(line: VariantLine, column: str) -> int:
    """Return the 0-based position that a column gives 1-based.

    Raises
    ------
    InputError
        If it is no whole number from 1 on.
    """
    text = line.columns.get(column, "")
    if not text.isdecimal() or int(text) < 1:
        name = "position" if column == "pos" else column
        raise InputError(f"{line.where}: {name} '{text}' is not a whole number from 1 on")
    return int(text) - 1


def parse_fraction(line: VariantLine) -> float:
    """Return the share of molecules that a line asks for.

    Raises
    ------
    InputError
        If it is no fraction above 0.
    """
    text = line.columns.get("vaf", "")
    try:
        vaf = float(text)
    except ValueError:
        vaf = 0.0
    if not 0 < vaf <= 1:
        raise InputError(f"{line.where}: vaf '{text}' is not a fraction above 0 and at most 1")
    return vaf


def parse_origin(line: VariantLine) -> Origin:
    """Return which molecules a line speaks of; cell-free ones if it does not say.

    Raises
    ------
    InputError
        If the origin is unknown.
    """
    text = line.columns.get("origin", "")
    if text in ("", "."):
        return Origin.CELL_FREE
    if text not in list(Origin):
        raise InputError(f"{line.where}: origin '{text}' is unknown; it is one of {', '.join(Origin)}")
    return Origin(text)


def _touch(one: Allele, other: Allele) -> bool:
    return one.contig == other.contig and one.start < other.end and other.start < one.end


def _never_meet(one: PlantedVariant, other: PlantedVariant) -> bool:
    in_trans = None not in (one.haplotype, other.haplotype) and one.haplotype != other.haplotype
    origins = {one.origin, other.origin}
    two_people = Origin.CONTAMINANT in origins and len(origins) == 2
    return in_trans or two_people or origins == {Origin.CELL_FREE, Origin.LEUCOCYTE}
