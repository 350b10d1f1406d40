"""What the reads hold in truth: molecules that show each variant, and molecules over each base."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from typing import Final

import numpy as np
import numpy.typing as npt

from csfgeno.genome.edit import trim
from csfgeno.records import Interval
from csfgeno.simulation.haplotypes import Chromosomes, Mask, Positions
from csfgeno.simulation.library import Library, count_per_molecule
from csfgeno.simulation.molecules import Molecules, Region
from csfgeno.simulation.recipe import Recipe
from csfgeno.simulation.variants import Origin, PlantedVariant

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Tally:
    """Molecules and read pairs of one variant; `alt` ones carry it, `duplex` ones were read on both strands.

    A molecule counts if one of its reads holds every base of the variant and, for an insertion or deletion, a base
    more on both sides, whatever the aligner made of it.
    """

    molecules: int = 0
    alt_molecules: int = 0
    duplex_molecules: int = 0
    alt_duplex_molecules: int = 0
    read_pairs: int = 0
    alt_read_pairs: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        """Return the sums."""
        return Tally(**{name: getattr(self, name) + getattr(other, name) for name in COUNTED})


COUNTED: Final = tuple(f.name for f in fields(Tally))


@dataclass(frozen=True, slots=True)
class SiteDepth:
    """Molecules over each base of a stretch that begins at `start`, all and duplex ones, shape (bases,)."""

    start: int
    molecules: Counts
    duplex_molecules: Counts

    def add(self, start: int, end: int, *, is_duplex: bool) -> None:
        """Count one molecule more over [start, end)."""
        inside = slice(max(start - self.start, 0), max(end - self.start, 0))
        self.molecules[inside] += 1
        self.duplex_molecules[inside] += int(is_duplex)


def count_variants(region: Region, molecules: Molecules, library: Library, recipe: Recipe) -> tuple[Tally, ...]:
    """Return the tally of each variant of the region."""
    pairs = np.bincount(library.molecule, weights=library.size, minlength=len(molecules)).astype(np.int64)
    is_duplex = count_per_molecule(library, len(molecules)) == 2
    spans = tuple(_read_spans(molecules, recipe))
    tallies = []
    for index, variant in enumerate(region.variants):
        covering = np.logical_or.reduce([_holds(span, variant) for span in spans])
        carrying = covering & molecules.carried[:, index]
        groups = (covering, carrying, covering & is_duplex, carrying & is_duplex)
        read_pairs = (pairs[covering], pairs[carrying])
        tallies.append(Tally(*(int(counted.sum()) for counted in (*groups, *read_pairs))))
    return tuple(tallies)


def count_sites(region: Region, molecules: Molecules, library: Library, recipe: Recipe) -> SiteDepth:
    """Return the molecules over each base around the region; a deleted base is covered by what spans it."""
    spans = tuple(_read_spans(molecules, recipe))
    is_duplex = count_per_molecule(library, len(molecules)) == 2
    depths = [_pile_up(region.reference.interval, spans, chosen) for chosen in (np.ones_like(is_duplex), is_duplex)]
    return SiteDepth(region.reference.interval.start, *depths)


def _read_spans(molecules: Molecules, recipe: Recipe) -> Iterator[tuple[Positions, Positions]]:
    """Yield first and last reference base of the left, then of the right reads of all molecules."""
    length = np.minimum(molecules.end - molecules.start, recipe.read_bp)
    yield _on_reference(molecules.chromosomes, molecules.start, molecules.start + length)
    yield _on_reference(molecules.chromosomes, molecules.end - length, molecules.end)


def _on_reference(chromosomes: Chromosomes, start: Positions, end: Positions) -> tuple[Positions, Positions]:
    first = chromosomes.at[start] + chromosomes.is_inserted[start]
    return first, chromosomes.at[end - 1]


def _holds(span: tuple[Positions, Positions], variant: PlantedVariant) -> Mask:
    prefix, ref, alt = trim(variant.allele.ref, variant.allele.alt)
    start = variant.allele.start + prefix
    beyond = int(len(ref) != len(alt))
    first, last = span
    return (first <= start - beyond) & (last >= start + len(ref) - 1 + beyond)


def _pile_up(around: Interval, spans: Iterable[tuple[Positions, Positions]], chosen: Mask) -> Counts:
    (left_first, left_last), (right_first, right_last) = spans
    joined = np.maximum(right_first, left_last + 1)  # a base that both mates show is one molecule
    change = np.zeros(len(around) + 2, np.int64)
    for first, last in ((left_first, left_last), (joined, right_last)):
        shown = chosen & (first <= last)
        np.add.at(change, first[shown] - around.start, 1)
        np.add.at(change, last[shown] + 1 - around.start, -1)
    return np.cumsum(change)[: len(around)]


# ---------------------------------------------------------------------------------------- text


@dataclass(frozen=True, slots=True)
class PlantedTruth:
    """A planted variant and what became of it."""

    variant: PlantedVariant
    tally: Tally


def truth_table(truths: Iterable[PlantedTruth]) -> str:
    """Return the truth as tab-separated text; positions are 1-based, `vaf` is what was asked for."""
    lines = ["\t".join(["contig", "pos", "ref", "alt", "vaf", "origin", "haplotype", *COUNTED])]
    for truth in truths:
        allele, variant = truth.variant.allele, truth.variant
        place = [allele.contig, allele.start + 1, allele.ref, allele.alt]
        kind = [f"{variant.vaf:g}", variant.origin, variant.haplotype or "."]
        lines.append("\t".join(map(str, [*place, *kind, *astuple(truth.tally)])))
    return "\n".join(lines) + "\n"


@dataclass(frozen=True, slots=True)
class VcfRecord:
    """A line of a VCF and its place."""

    contig: str
    start: int
    text: str


_EVENT_HEADER: Final = (
    '##ALT=<ID=DEL,Description="Deletion">',
    '##ALT=<ID=DUP,Description="Tandem duplication">',
    '##ALT=<ID=INV,Description="Inversion">',
    '##INFO=<ID=SVTYPE,Number=1,Type=String,Description="Kind of structural event">',
    '##INFO=<ID=END,Number=1,Type=Integer,Description="Last base of a structural event">',
    '##INFO=<ID=MATEID,Number=1,Type=String,Description="Record of the other breakend">',
    '##INFO=<ID=INSERTED,Number=1,Type=String,Description="Bases between the joined places">',
)


def truth_vcf(
    truths: Iterable[PlantedTruth], events: Sequence[VcfRecord], contigs: Mapping[str, int], sample: str
) -> str:
    """Return the truth as VCF 4.2, sorted by the contigs of the genome."""
    ranks = {name: rank for rank, name in enumerate(contigs)}
    ordered = sorted(truths, key=lambda t: (ranks[t.variant.allele.contig], t.variant.allele, t.variant.origin))
    records = sorted((*map(_vcf_record, ordered), *events), key=lambda record: (ranks[record.contig], record.start))
    header = [
        "##fileformat=VCFv4.2",
        '##FILTER=<ID=PASS,Description="All filters passed">',
        *(f"##contig=<ID={name},length={length}>" for name, length in contigs.items()),
        *(_EVENT_HEADER if events else ()),
        '##INFO=<ID=VAF,Number=1,Type=Float,Description="Share of the molecules of ORIGIN that was asked for">',
        f'##INFO=<ID=ORIGIN,Number=1,Type=String,Description="Molecules that may carry it: {", ".join(Origin)}">',
        '##INFO=<ID=HAPLOTYPE,Number=1,Type=String,Description="Equal labels are in cis, different ones in trans">',
        '##FORMAT=<ID=AD,Number=R,Type=Integer,Description="Molecules without and with the variant">',
        '##FORMAT=<ID=DP,Number=1,Type=Integer,Description="Molecules that hold the site">',
        '##FORMAT=<ID=AF,Number=A,Type=Float,Description="Molecules with the variant, divided by DP">',
        f"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t{sample}",
    ]
    return "\n".join([*header, *(record.text for record in records)]) + "\n"


def _vcf_record(truth: PlantedTruth) -> VcfRecord:
    allele, tally = truth.variant.allele, truth.tally
    label = f";HAPLOTYPE={truth.variant.haplotype}" if truth.variant.haplotype else ""
    info = f"VAF={truth.variant.vaf:g};ORIGIN={truth.variant.origin}{label}"
    share = f"{tally.alt_molecules / tally.molecules:.6g}" if tally.molecules else "."
    counts = f"{tally.molecules - tally.alt_molecules},{tally.alt_molecules}:{tally.molecules}:{share}"
    place = f"{allele.contig}\t{allele.start + 1}\t.\t{allele.ref}\t{allele.alt}"
    return VcfRecord(allele.contig, allele.start, f"{place}\t.\tPASS\t{info}\tAD:DP:AF\t{counts}")
