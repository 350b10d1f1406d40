"""Read pairs as a sequencer and an aligner would leave them."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from csfgeno.io.bamwriter import AlignedRows
from csfgeno.simulation.alignment import MIN_SCORE, OP_MATCH, Cigar, Placement, needs_placing, place_read
from csfgeno.simulation.artefacts import Artefacts
from csfgeno.simulation.haplotypes import Chromosomes, Codes, Mask, Positions, Reference
from csfgeno.simulation.library import Library
from csfgeno.simulation.molecules import Molecules, Region
from csfgeno.simulation.recipe import Recipe
from csfgeno.simulation.sequenced import Mates, SlippedRead, name_pairs, sequence_library, show_umis
from csfgeno.simulation.sequencing import QualityPool
from csfgeno.simulation.slippage import Slips

MAPQ_UNIQUE: Final = 60
MAPQ_AMBIGUOUS: Final = 20
"""Mapping quality of bwa mem for a unique place; below the second it is ambiguous."""

PAIRED: Final = 0x1
PROPER: Final = 0x2
REVERSE: Final = 0x10
MATE_REVERSE: Final = 0x20
READ_1: Final = 0x40
READ_2: Final = 0x80
"""Bits of FLAG (SAM v1, section 1.4)."""


def make_reads(
    region: Region,
    molecules: Molecules,
    library: Library,
    artefacts: Artefacts,
    slips: Slips,
    recipe: Recipe,
    pool: QualityPool,
    serial: int,
    rng: np.random.Generator,
) -> AlignedRows:
    """Return both reads of every pair of `library`.

    A read is named by its molecule (counted from `serial`), strand (A top, B bottom) and number in the family.
    """
    sequenced = sequence_library(molecules, library, artefacts, slips, recipe, pool, rng)
    mates, chromosomes = sequenced.mates, molecules.chromosomes
    start, cigar, cigars, is_poor = _place(chromosomes, region.reference, mates)
    placements = [_place_slipped(read, chromosomes, region.reference) for read in sequenced.slipped]
    rows = np.array([read.row for read in sequenced.slipped], np.int64)
    _put(placements, rows, np.arange(len(rows)), start, cigar, is_poor, first_cigar=len(cigars))
    cigars = (*cigars, *(placement.cigar for placement in placements))
    mapq = np.where(is_poor, 0, np.tile(draw_mapq(len(library.family), recipe, rng), 2))
    nowhere = np.full(len(mates), -1)
    return AlignedRows(
        name=np.tile(name_pairs(library, serial), (2, 1)),
        flag=_flags(mates),
        mapq=mapq,
        start=start,
        mate_mapq=_of_mate(mapq),
        mate_start=_of_mate(start),
        template_length=_template_lengths(start, cigar, cigars),
        length=mates.length,
        cigar=cigar,
        mate_cigar=_of_mate(cigar),
        mate_contig=nowhere,
        elsewhere=nowhere,
        codes=sequenced.codes,
        qualities=sequenced.qualities,
        umi=np.tile(show_umis(library), (2, 1)),
        cigars=cigars,
    )


def _of_mate(values: Positions) -> Positions:
    return np.roll(values, len(values) // 2)


# ----------------------------------------------------------------------------------- alignment


def _place(
    chromosomes: Chromosomes, reference: Reference, mates: Mates
) -> tuple[Positions, Positions, tuple[Cigar, ...], Mask]:
    """Return start and CIGAR row of each read, the CIGARs, and which reads hardly align at all."""
    lengths, cigar = np.unique(mates.length, return_inverse=True)
    cigars: list[Cigar] = [((OP_MATCH, int(length)),) for length in lengths]
    start, is_poor = chromosomes.at[mates.start], np.zeros(len(mates), bool)
    special = np.flatnonzero(needs_placing(chromosomes, reference, mates.start, mates.end))
    spans, which = np.unique(np.stack([mates.start[special], mates.end[special]], axis=1), axis=0, return_inverse=True)
    placements = [place_read(*piece, reference) for piece in _pieces(chromosomes, spans)]
    _put(placements, special, which.reshape(-1), start, cigar, is_poor, first_cigar=len(cigars))
    return start, cigar, (*cigars, *(p.cigar for p in placements)), is_poor


def _place_slipped(read: SlippedRead, chromosomes: Chromosomes, reference: Reference) -> Placement:
    """Return where an aligner puts a read with a slip, which is to the aligner as an allele is."""
    at = np.where(read.is_inserted, -1, chromosomes.at[read.index])
    at[0] = chromosomes.at[read.index[0]]
    is_inserted = read.is_inserted | chromosomes.is_inserted[read.index]
    return place_read(chromosomes.codes[read.index], np.maximum.accumulate(at), is_inserted, reference)


def _put(
    placements: Sequence[Placement],
    rows: Positions,
    which: Positions,
    start: Positions,
    cigar: Positions,
    is_poor: Mask,
    *,
    first_cigar: int,
) -> None:
    """Write placement `which` of each of `rows`; their CIGARs are numbered from `first_cigar`."""
    for values, found in (
        (start, [p.start for p in placements]),
        (cigar, range(first_cigar, first_cigar + len(placements))),
        (is_poor, [p.score < MIN_SCORE for p in placements]),
    ):
        values[rows] = np.array(found, values.dtype)[which]


def _pieces(chromosomes: Chromosomes, spans: Positions) -> Iterator[tuple[Codes, Positions, Mask]]:
    for low, high in spans:
        yield chromosomes.codes[low:high], chromosomes.at[low:high], chromosomes.is_inserted[low:high]


def _template_lengths(start: Positions, cigar: Positions, cigars: tuple[Cigar, ...]) -> Positions:
    """Return TLEN: from the 5' end of the left mate to that of the right one, aligned bases only."""
    spans = np.array([sum(length for op, length in c if op in (0, 2)) for c in cigars])
    pairs = len(start) // 2
    length = (start + spans[cigar])[pairs:] - start[:pairs]
    return np.concatenate([length, -length])


# -------------------------------------------------------------------------------------- fields


def draw_mapq(pairs: int, recipe: Recipe, rng: np.random.Generator) -> Positions:
    """Return the mapping quality of each pair; a share of them is ambiguous."""
    is_low = rng.random(pairs) < recipe.low_mapq_share
    return np.where(is_low, rng.integers(0, MAPQ_AMBIGUOUS, pairs), MAPQ_UNIQUE)


def _flags(mates: Mates) -> Positions:
    direction = np.where(mates.is_right, REVERSE, MATE_REVERSE)
    return PAIRED | PROPER | direction | np.where(mates.is_second, READ_2, READ_1)
