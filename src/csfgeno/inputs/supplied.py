"""A specimen that comes as a VCF: records checked against the genome, one spelling an allele, counts read as counts.

Fractions are computed from counts; the file's own fraction is kept beside them and compared. Nothing is made up: a
record without counts, of another build or with another REF stops the run and is named by its line.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from csfgeno.errors import InputError
from csfgeno.genome.normalise import normalise
from csfgeno.inputs.case import LoadedCase
from csfgeno.io.reference import ReferenceFasta
from csfgeno.io.vcf import VcfFile, VcfLine, read_vcf
from csfgeno.records import Allele, SuppliedCall
from csfgeno.vocab import SpecimenKind

UNTESTED: Final = "."
_AGREE: Final = 0.02

Pair = tuple[int, int]
"""REF (or all other) and ALT counts."""


@dataclass(frozen=True, slots=True)
class SuppliedAllele:
    """Counts of one allele of a VCF and what the file says of it."""

    ref: int
    alt: int
    depth: int
    call: SuppliedCall


@dataclass(frozen=True, slots=True)
class SuppliedVcf:
    """The alleles of a VCF by their one spelling, and sentences about what was odd."""

    name: str
    sample: str | None
    alleles: Mapping[Allele, SuppliedAllele]
    warnings: tuple[str, ...]


def load_all_supplied(loaded: LoadedCase, genome: ReferenceFasta) -> dict[SpecimenKind, SuppliedVcf]:
    """Return the VCF of each specimen of a case that comes as one."""
    return {
        specimen.kind: load_supplied(loaded.vcfs[specimen.kind], specimen.sample, genome)
        for specimen in loaded.case.specimens
        if specimen.kind in loaded.vcfs
    }


def load_supplied(path: Path, sample: str | None, genome: ReferenceFasta) -> SuppliedVcf:
    """Return the alleles of a VCF.

    Raises
    ------
    InputError
        If the file is no VCF, is of another genome, or a record has another REF than the genome or no counts.
    """
    vcf = read_vcf(path, sample)
    _check_contigs(vcf, genome)
    alleles: dict[Allele, SuppliedAllele] = {}
    merged = 0
    for line in vcf.lines:
        for allele, own in _alleles(vcf, line, genome):
            if allele in alleles:
                merged += 1
                own = _merge(alleles[allele], own)
            alleles[allele] = own
    return SuppliedVcf(vcf.name, vcf.sample, alleles, tuple(_warnings(vcf.name, alleles, merged)))


def _check_contigs(vcf: VcfFile, genome: ReferenceFasta) -> None:
    for contig, length in vcf.contigs.items():
        expected = genome.contigs.get(contig, length)
        if length != expected:
            raise InputError(
                f"{vcf.name} is of another genome: its {contig} has {length:,} bp, that of {genome.name} {expected:,} "
                "bp; give the VCF of the same build, do not lift it over by name"
            )
    strange = next((line for line in vcf.lines if line.contig not in genome.contigs), None)
    if strange is not None:
        raise InputError(
            f"{vcf.name} line {strange.number}: contig '{strange.contig}' is not in {genome.name}; the two name their "
            "chromosomes differently (chr7 or 7) or are of different genomes"
        )


def _alleles(vcf: VcfFile, line: VcfLine, genome: ReferenceFasta) -> Iterator[tuple[Allele, SuppliedAllele]]:
    base = genome.fetch(line.contig, line.pos - 1, line.pos - 1 + len(line.ref)).upper()
    if len(base) != len(line.ref) or any(b not in (r, "N") for b, r in zip(base, line.ref, strict=True)):
        raise InputError(
            f"{vcf.name} line {line.number}: REF {line.ref} at {line.contig}:{line.pos}, {genome.name} has "
            f"{base or 'nothing'}; is the VCF of another build?"
        )
    for index, alt in enumerate(line.alts):
        if not set(alt) <= set("ACGT") or alt == line.ref:
            continue
        counts = _counts(line, index)
        if counts is None:
            raise InputError(
                f"{vcf.name} line {line.number} has no allele counts (AD, AO and RO, FAO and FRO, DP4, or tiers of "
                "Strelka); csfgeno does not guess them from a fraction"
            )
        ref, own, depth = counts
        allele = normalise(Allele(line.contig, line.pos - 1, line.ref, alt), genome)
        vaf = _fraction(line, index)
        yield allele, SuppliedAllele(ref, own, depth, SuppliedCall((line.number,), line.filters, vaf))


# ----------------------------------------------------------------------------------------- counts


def _counts(line: VcfLine, index: int) -> tuple[int, int, int] | None:
    """Return REF, ALT and depth of one ALT of a record, by the first dialect whose fields are all there."""
    pair = next((found for read in _DIALECTS if (found := read(line, index)) is not None), None)
    if pair is None:
        return None
    ref, alt = pair
    depth = next((n for n in (_number(line.sample.get(k)) for k in ("FDP", "DP")) if n is not None), 0)
    return ref, alt, max(depth, ref + alt)


def _by_ad(line: VcfLine, index: int) -> Pair | None:
    """AD of Mutect2, VarDict, SAGE, DRAGEN and others: REF first."""
    values = _list(line.sample.get("AD"))
    return (values[0], values[index + 1]) if len(values) > index + 1 else None


def _by_flow_counts(line: VcfLine, index: int) -> Pair | None:
    """Ion Reporter counts after correction of flow errors."""
    ref, alt = _list(line.sample.get("FRO")), _list(line.sample.get("FAO"))
    return (ref[0], alt[index]) if ref and len(alt) > index else None


def _by_observations(line: VcfLine, index: int) -> Pair | None:
    """Observation counts of freebayes and Ion."""
    ref, alt = _list(line.sample.get("RO")), _list(line.sample.get("AO"))
    return (ref[0], alt[index]) if ref and len(alt) > index else None


def _by_tiers(line: VcfLine, index: int) -> Pair | None:
    """Tier-1 counts of Strelka2: AU, CU, GU, TU of a base, TAR and TIR of an indel."""
    tiers = line.sample
    if "TIR" in tiers and "TAR" in tiers:
        return _list(tiers["TAR"])[0], _list(tiers["TIR"])[0]
    keys = (f"{line.ref}U", f"{line.alts[index]}U")
    if not all(key in tiers for key in keys):
        return None
    ref, alt = (_list(tiers[key])[0] for key in keys)
    return ref, alt


def _by_strands(line: VcfLine, index: int) -> Pair | None:
    """DP4 of LoFreq and bcftools, which hold one ALT: forward and reverse REF, forward and reverse ALT."""
    values = _list(line.info.get("DP4"))
    return (values[0] + values[1], values[2] + values[3]) if len(values) == 4 and index == 0 else None


_DIALECTS: Final[tuple[Callable[[VcfLine, int], Pair | None], ...]] = (
    _by_tiers,
    _by_flow_counts,
    _by_ad,
    _by_observations,
    _by_strands,
)


def _list(text: str | None) -> list[int]:
    values = [_number(part) for part in (text or "").split(",")]
    return [v for v in values if v is not None] if None not in values else []


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdigit() else None


def _fraction(line: VcfLine, index: int) -> float | None:
    """Return the fraction that the file states, if it is one number an ALT between 0 and 1."""
    for text in (line.sample.get("AF"), line.sample.get("VF"), line.info.get("AF")):
        parts = (text or "").split(",")
        try:
            value = float(parts[index])
        except (ValueError, IndexError):
            continue
        if 0.0 <= value <= 1.0:
            return value
    return None


# -------------------------------------------------------------------------------------- duplicates


def _merge(one: SuppliedAllele, other: SuppliedAllele) -> SuppliedAllele:
    """Return one record of two for the same allele: the counts of the deeper one, the filters of both.

    METHOD: the same molecules are behind both spellings, so counts are not added.
    """
    deeper = max(one, other, key=lambda a: (a.depth, a.alt))
    filters = tuple(sorted({*one.call.filters, *other.call.filters}))
    call = SuppliedCall((*one.call.lines, *other.call.lines), filters, deeper.call.vaf)
    return SuppliedAllele(deeper.ref, deeper.alt, deeper.depth, call)


def _warnings(name: str, alleles: Mapping[Allele, SuppliedAllele], merged: int) -> Iterator[str]:
    if merged:
        yield f"{name}: {merged} records repeat an allele in another spelling and were merged."
    apart = [
        own
        for own in alleles.values()
        if own.call.vaf is not None and own.depth and abs(own.call.vaf - own.alt / own.depth) > _AGREE
    ]
    if apart:
        first = apart[0]
        yield (
            f"{name}: the stated fraction of {len(apart)} alleles differs from their counts by more than {_AGREE:.0%}, "
            f"first at line {first.call.lines[0]} ({first.call.vaf:.3g} against {first.alt}/{first.depth}); the counts "
            "are used."
        )
    untested = sum(UNTESTED in own.call.filters for own in alleles.values())
    if untested:
        yield f"{name}: {untested} alleles were never filtered by their caller (FILTER '.')."
