"""Hotspots on a genome: which bases a protein change concerns, and which alleles would make it."""

from collections.abc import Collection, Container, Iterator, Mapping
from itertools import product

from csfgeno.annotation.protein import GENETIC_CODE
from csfgeno.annotation.reading import read_coding_name
from csfgeno.annotation.transcripts import Transcript, TranscriptTable
from csfgeno.errors import ReferenceDataError
from csfgeno.genome.normalise import normalise
from csfgeno.genome.sequence import SequenceSource, Strand, reverse_complement
from csfgeno.records import Allele, Hotspot, HotspotSite, Interval, ListedAllele, Panel
from csfgeno.vocab import HotspotKind


def place_hotspots(
    panel: Panel,
    regions: Mapping[str, tuple[Interval, ...]],
    covered: Collection[str],
    transcripts: TranscriptTable,
    sequence: SequenceSource,
) -> tuple[HotspotSite, ...]:
    """Return every hotspot of the panel with its alleles, in the panel's order.

    Parameters
    ----------
    regions
        Where each sequence-level hotspot lies; one that is covered and missing here lies on a contig that the genome
        lacks.
    covered
        Hotspots that lie wholly inside the panel's targets.
    """
    return tuple(
        _place(hotspot, regions.get(hotspot.hotspot_id, ()), hotspot.hotspot_id in covered, transcripts, sequence)
        for hotspot in panel.hotspots
    )


def _place(
    hotspot: Hotspot,
    sites: tuple[Interval, ...],
    is_targeted: bool,
    transcripts: TranscriptTable,
    sequence: SequenceSource,
) -> HotspotSite:
    is_masked = is_targeted and (not sites or any("N" in sequence.fetch(s.contig, s.start, s.end) for s in sites))
    listed: set[Allele] = set()
    routes: set[Allele] = set()
    if hotspot.kind is HotspotKind.PROTEIN_CHANGE and is_targeted and not is_masked:
        transcript = transcripts.by_gene(hotspot.gene)
        for change in hotspot.changes:
            listed.update(change_alleles(change, transcript, sequence))
            routes.update(change_routes(change, transcript, sequence))
    return HotspotSite(
        hotspot, sites, tuple(sorted(listed)), is_masked, is_targeted, routes=tuple(sorted(routes - listed))
    )


def place_listed(
    listed: Collection[ListedAllele],
    transcripts: TranscriptTable,
    sequence: SequenceSource,
    contigs: Container[str],
) -> tuple[Allele, ...]:
    """Return listed alleles on the genome, leftmost spelling, sorted; those on masked bases or other contigs are not.

    Raises
    ------
    ReferenceDataError
        If a row names a gene or a place that does not exist, or bases that the genome does not have there.
    """
    placed = set()
    for row in listed:
        transcript = transcripts.by_gene(row.gene)
        if transcript.contig not in contigs:
            continue
        try:
            allele = read_coding_name(row.hgvs_c, transcript, sequence)
        except ReferenceDataError as error:
            raise ReferenceDataError(f"{row.where}: {error}") from None
        if "N" not in allele.ref + allele.alt:
            placed.add(normalise(allele, sequence))
    return tuple(sorted(placed))


def change_alleles(change: str, transcript: Transcript, sequence: SequenceSource) -> Iterator[Allele]:
    """Yield the alleles that make a protein change such as `L858R` with the fewest changed bases.

    METHOD: a change that one substitution can make is looked for as that substitution; G12F or L747P, which need two,
    as every pair that makes it.
    """
    routes = list(change_routes(change, transcript, sequence))
    fewest = min((_changed_bases(allele) for allele in routes), default=0)
    yield from (allele for allele in routes if _changed_bases(allele) == fewest)


def change_routes(change: str, transcript: Transcript, sequence: SequenceSource) -> Iterator[Allele]:
    """Yield every allele that makes a protein change by substitutions in its codon, such as c.2573_2574delinsGT."""
    pieces = transcript.codon_interval(int(change[1:-1]))
    positions = [pos for piece in pieces for pos in range(piece.start, piece.end)]
    plus = "".join(sequence.fetch(piece.contig, piece.start, piece.end) for piece in pieces)
    for codon in _codons(change[-1], transcript):
        allele = None if codon == plus else _allele(transcript.contig, positions, plus, codon)
        if allele is not None:
            yield allele


def _codons(residue: str, transcript: Transcript) -> Iterator[str]:
    """Yield the codons of a residue as the forward strand of the genome shows them."""
    for bases in product("ACGT", repeat=3):
        codon = "".join(bases)
        if GENETIC_CODE[codon] == residue:
            yield codon if transcript.strand is Strand.FORWARD else reverse_complement(codon)


def _changed_bases(allele: Allele) -> int:
    return sum(a != b for a, b in zip(allele.ref, allele.alt, strict=True))


def _allele(contig: str, positions: list[int], ref: str, alt: str) -> Allele | None:
    """Return the substitution from the first to the last changed base; `None` if an intron lies between."""
    changed = [i for i in range(3) if ref[i] != alt[i]]
    first, last = changed[0], changed[-1]
    if positions[last] - positions[first] != last - first:
        return None
    return Allele(contig, positions[first], ref[first : last + 1], alt[first : last + 1])
