"""Places at which persons differ: common SNPs of a table, and what the normal specimen is seen to have inherited."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Final

from csfgeno.genome.contigs import rename_contig
from csfgeno.genome.sequence import SequenceSource
from csfgeno.records import Allele, Interval, Panel
from csfgeno.vocab import Build, ContigStyle, SpecimenKind

LINKED_BP: Final = 20_000
"""Sites closer than this are inherited together, so only one of them speaks."""

HALF: Final = (0.4, 0.6)
WHOLE: Final = 0.97
"""Fractions of an inherited allele in the normal specimen: of one copy, and at least of both."""


@dataclass(frozen=True, slots=True)
class SiteCounts:
    """Molecules of one specimen at one site: mutant ones, those that show REF or ALT, and the error rate of ALT."""

    alt: int
    depth: int
    error: float


@dataclass(frozen=True, slots=True)
class Site:
    """One place with its counts by specimen; `seen_in` is the specimen that made it known, `None` of the table."""

    allele: Allele
    counts: Mapping[SpecimenKind, SiteCounts]
    seen_in: SpecimenKind | None = None


CountAt = Callable[[Allele], SiteCounts | None]
"""What a specimen counts at an allele; `None` where it says nothing."""


def load_table(build: Build) -> str:
    """Return the text of the shipped table of common SNPs."""
    file = resources.files("csfgeno.reference") / "identity" / f"snps.{build}.bed"
    return file.read_text(encoding="utf-8")


def table_alleles(text: str, panel: Panel, style: ContigStyle, genome: SequenceSource) -> tuple[Allele, ...]:
    """Return the SNPs of the table inside the targets of a panel, REF as in the genome; others are left out."""
    inside: dict[str, list[Interval]] = {}
    for target in panel.targets:
        inside.setdefault(target.interval.contig, []).append(target.interval)
    found: list[Allele] = []
    for line in text.splitlines():
        contig, start, _, _, one, other = line.split("\t")[:6]
        name, pos = rename_contig(contig, style), int(start)
        if any(i.start <= pos < i.end for i in inside.get(name, ())):
            found.extend(_oriented(name, pos, one, other, genome))
    return tuple(sorted(set(found)))


def _oriented(contig: str, pos: int, one: str, other: str, genome: SequenceSource) -> Iterator[Allele]:
    base = genome.fetch(contig, pos, pos + 1).upper()
    if base == one:
        yield Allele(contig, pos, one, other)
    elif base == other:
        yield Allele(contig, pos, other, one)


def inherited_alleles(
    alleles: Iterable[Allele], count_at: CountAt, known: frozenset[Allele], min_depth: int
) -> Iterator[Allele]:
    """Yield the substitutions that one specimen shows at one half or all of its molecules, hotspots left out.

    Parameters
    ----------
    known
        Alleles that are no sign of a person: hotspots, and the table's own SNPs.
    """
    for allele in alleles:
        if len(allele.ref) != 1 or len(allele.alt) != 1 or allele in known:
            continue
        counts = count_at(allele)
        if counts is None or counts.depth < min_depth:
            continue
        vaf = counts.alt / counts.depth
        if HALF[0] <= vaf <= HALF[1] or vaf >= WHOLE:
            yield allele


def thin(sites: Sequence[Site]) -> tuple[Site, ...]:
    """Return sites that are inherited independently, those of the table first.

    METHOD: alleles of one gene are inherited together, and counting them apart would make a chance match look rare.
    """
    kept: list[Site] = []
    for site in sorted(sites, key=lambda s: (s.seen_in is not None, s.allele)):
        if not any(_are_linked(site.allele, other.allele) for other in kept):
            kept.append(site)
    return tuple(sorted(kept, key=lambda s: s.allele))


def _are_linked(one: Allele, other: Allele) -> bool:
    return one.contig == other.contig and abs(one.start - other.start) < LINKED_BP
