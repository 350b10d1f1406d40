"""A specimen that comes as a VCF: records checked against the genome, one spelling an allele, counts read as counts.

Fractions are computed from counts; the file's own fraction is kept beside them and compared. Nothing is made up: a
record without counts, of another build or with another REF stops the run and is named by its line.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from csfgeno.errors import InputError
from csfgeno.genome.normalise import normalise
from csfgeno.inputs.case import LoadedCase
from csfgeno.inputs.dialects import KEYS_READ, TagMap, read_counts
from csfgeno.io.reference import ReferenceFasta
from csfgeno.io.vcf import VcfFile, VcfLine, read_vcf
from csfgeno.records import Allele, SuppliedCall
from csfgeno.vocab import SpecimenKind

UNTESTED: Final = "."
"""FILTER of a record to which no filter was applied (VCF 4.2, 1.4.1); only PASS is a call."""

_AGREE: Final = 0.02


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
        specimen.kind: load_supplied(
            loaded.vcfs[specimen.kind], specimen.sample, genome, loaded.tags.get(specimen.kind)
        )
        for specimen in loaded.case.specimens
        if specimen.kind in loaded.vcfs
    }


def load_supplied(path: Path, sample: str | None, genome: ReferenceFasta, tags: TagMap | None = None) -> SuppliedVcf:
    """Return the alleles of a VCF.

    Parameters
    ----------
    sample
        Column to read, of a file that has several.
    tags
        Where the counts are; without it the dialect is told from the keys of each record.

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
        for allele, own in _alleles(vcf, line, genome, tags):
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


def _alleles(
    vcf: VcfFile, line: VcfLine, genome: ReferenceFasta, tags: TagMap | None
) -> Iterator[tuple[Allele, SuppliedAllele]]:
    base = genome.fetch(line.contig, line.pos - 1, line.pos - 1 + len(line.ref)).upper()
    if len(base) != len(line.ref) or any(b not in (r, "N") for b, r in zip(base, line.ref, strict=True)):
        raise InputError(
            f"{vcf.name} line {line.number}: REF {line.ref} at {line.contig}:{line.pos}, {genome.name} has "
            f"{base or 'nothing'}; is the VCF of another build?"
        )
    for index, alt in enumerate(line.alts):
        if not set(alt) <= set("ACGT") or alt == line.ref:
            continue
        counts = read_counts(line, index, tags)
        if counts is None:
            hint = "" if tags else "; say where they are with 'tags'"
            raise InputError(
                f"{vcf.name} line {line.number} has no allele counts ({tags or KEYS_READ}){hint}; csfgeno does not "
                "guess them from a fraction"
            )
        ref, own, depth = counts
        allele = normalise(Allele(line.contig, line.pos - 1, line.ref, alt), genome)
        vaf = _fraction(line, index)
        yield allele, SuppliedAllele(ref, own, depth, SuppliedCall((line.number,), line.filters, vaf))


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
        yield (
            f"{name}: {untested} alleles were never filtered (FILTER '.') and are INDETERMINATE; run the filter of the "
            "caller, which writes PASS."
        )
