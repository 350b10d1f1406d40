"""Records of read pairs over junctions: primary and supplementary lines with all that ties them together."""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final, TypeVar

import numpy as np
import numpy.typing as npt

from csfgeno.io.bamwriter import AlignedRows, format_cigar
from csfgeno.simulation.alignment import OP_CLIP, Cigar
from csfgeno.simulation.fragments import library_weights
from csfgeno.simulation.haplotypes import Codes, Mask
from csfgeno.simulation.joined import COMPLEMENT, Joined, Piece
from csfgeno.simulation.library import Library
from csfgeno.simulation.reads import (
    MATE_REVERSE,
    PAIRED,
    PROPER,
    READ_1,
    READ_2,
    REVERSE,
    draw_mapq,
)
from csfgeno.simulation.recipe import Recipe
from csfgeno.simulation.sequenced import Sequenced, name_pairs, show_umis
from csfgeno.simulation.splitting import (
    Hit,
    PairedHits,
    Path,
    edit_distance,
    expect_insert_size,
    find_hits,
    pair_hits,
)

K = TypeVar("K", bound=Hashable)

_HARD_CLIP: Final = 5
_SUPPLEMENTARY: Final = 0x800


@dataclass(frozen=True, slots=True)
class SplitReads:
    """Records by contig, and which reads (left ones, then right ones) have a supplementary alignment."""

    rows: Mapping[str, AlignedRows]
    is_split: Mask


@dataclass(frozen=True, slots=True)
class _Mate:
    """A read with its alignments, primary first, on the strand of its joined chromosome."""

    codes: Codes
    qualities: Codes
    is_right: bool
    is_second: bool
    hits: tuple[Hit, ...]
    mapqs: tuple[int, ...]

    def is_reverse(self, number: int = 0) -> bool:
        """Whether an alignment shows the read on the reverse strand of the reference."""
        return self.is_right != self.hits[number].is_reverse


@dataclass(frozen=True, slots=True)
class _Record:
    """One line of the BAM, but for name and UMI, which are those of `pair`."""

    pair: int
    contig: str
    mate_contig: str
    flag: int
    mapq: int
    start: int
    cigar: Cigar
    mate_mapq: int
    mate_start: int
    mate_cigar: Cigar
    template_length: int
    split: str
    codes: Codes
    qualities: Codes


def align_joined(
    joined: Joined, sequenced: Sequenced, library: Library, recipe: Recipe, serial: int, rng: np.random.Generator
) -> SplitReads:
    """Return the records of all reads of joined chromosomes; molecules are counted from `serial`."""
    hits = _find_all(joined, sequenced)
    insert = expect_insert_size(library_weights(recipe))
    pairs = len(hits) // 2
    highest = draw_mapq(pairs, recipe, rng).tolist()
    records: list[_Record] = []
    is_split = np.zeros(len(hits), bool)
    for pair in range(pairs):
        found = pair_hits(hits[pair], hits[pair + pairs], joined.pieces, insert)
        is_split[[pair, pair + pairs]] = len(found.left) > 1, len(found.right) > 1
        records += _write_pair(pair, found, highest[pair], joined.pieces, sequenced)
    names, umis = name_pairs(library, serial), show_umis(library)
    contigs = dict.fromkeys(record.contig for record in records)
    own = {contig: [record for record in records if record.contig == contig] for contig in contigs}
    width = sequenced.codes.shape[1]
    rows = {contig: _make_rows(found, names, umis, width) for contig, found in own.items()}
    return SplitReads(rows, is_split)


def _find_all(joined: Joined, sequenced: Sequenced) -> list[tuple[Hit, ...]]:
    mates, known = sequenced.mates, dict[tuple[int, int], tuple[Hit, ...]]()
    ends = list(zip(mates.start.tolist(), mates.end.tolist(), strict=True))
    for start, end in ends:
        if (start, end) not in known:
            index = np.arange(start, end)
            known[start, end] = find_hits(_path(joined, index, np.zeros(len(index), bool)), joined.pieces)
    hits = [known[span] for span in ends]
    for read in sequenced.slipped:
        hits[read.row] = find_hits(_path(joined, read.index, read.is_inserted), joined.pieces)
    return hits


def _path(joined: Joined, index: npt.NDArray[np.int64], is_inserted: Mask) -> Path:
    piece = np.where(is_inserted, -1, joined.piece[index])
    return Path(joined.chromosomes.codes[index], joined.chromosomes.at[index], piece)


# ------------------------------------------------------------------------------------- records


def _write_pair(
    pair: int, found: PairedHits, highest: int, pieces: Sequence[Piece], sequenced: Sequenced
) -> Iterator[_Record]:
    pairs = len(sequenced.mates) // 2
    left = _make_mate(pair, found.left, highest, sequenced)
    right = _make_mate(pair + pairs, found.right, highest, sequenced)
    for mate, other in ((left, right), (right, left)):
        for number in range(len(mate.hits)):
            yield _write_record(pair, mate, number, other, found.is_proper, pieces)


def _make_mate(row: int, hits: tuple[Hit, ...], highest: int, sequenced: Sequenced) -> _Mate:
    length = sequenced.mates.length[row]
    first, *others = (min(hit.mapq, highest) for hit in hits)
    return _Mate(
        codes=sequenced.codes[row, :length],
        qualities=sequenced.qualities[row, :length],
        is_right=bool(sequenced.mates.is_right[row]),
        is_second=bool(sequenced.mates.is_second[row]),
        hits=hits,
        mapqs=(first, *(min(first, mapq) for mapq in others)),
    )


def _write_record(
    pair: int, mate: _Mate, number: int, other: _Mate, is_proper: bool, pieces: Sequence[Piece]
) -> _Record:
    hit, across = mate.hits[number], other.hits[0]
    contig, mate_contig = pieces[hit.piece].contig, pieces[across.piece].contig
    codes, qualities = _as_aligned(mate, hit)
    low, high = (hit.clips[0], hit.read_bp - hit.clips[1]) if number else (0, hit.read_bp)
    return _Record(
        pair=pair,
        contig=contig,
        mate_contig="" if mate_contig == contig else mate_contig,
        flag=_flag(mate, number, other, is_proper),
        mapq=mate.mapqs[number],
        start=hit.start,
        cigar=_clip_hard(hit.cigar) if number else hit.cigar,
        mate_mapq=other.mapqs[0],
        mate_start=across.start,
        mate_cigar=_clip_hard(across.cigar) if number else across.cigar,
        template_length=_template_length(mate, number, other) if mate_contig == contig else 0,
        split="".join(_describe(mate, i, pieces) for i in range(len(mate.hits)) if i != number),
        codes=codes[low:high],
        qualities=qualities[low:high],
    )


def _as_aligned(mate: _Mate, hit: Hit) -> tuple[Codes, Codes]:
    if hit.is_reverse:
        return COMPLEMENT[mate.codes][::-1], mate.qualities[::-1]
    return mate.codes, mate.qualities


def _flag(mate: _Mate, number: int, other: _Mate, is_proper: bool) -> int:
    flag = PAIRED | (READ_2 if mate.is_second else READ_1)
    given = (
        (PROPER, is_proper),
        (REVERSE, mate.is_reverse(number)),
        (MATE_REVERSE, other.is_reverse()),
        (_SUPPLEMENTARY, number > 0),
    )
    return flag | sum(bit for bit, is_set in given if is_set)


def _clip_hard(cigar: Cigar) -> Cigar:
    """Return the CIGAR of a supplementary record; bwa mem writes the MC beside it in the same way."""
    return tuple((_HARD_CLIP if operation == OP_CLIP else operation, length) for operation, length in cigar)


def _template_length(mate: _Mate, number: int, other: _Mate) -> int:
    """Return TLEN as bwa mem gives it: between the 5' ends, both counted in, whatever the strands are."""
    ends = []
    for one, hit in ((mate, number), (other, 0)):
        placed = one.hits[hit]
        ends.append(placed.end - 1 if one.is_reverse(hit) else placed.start)
    away = ends[1] - ends[0]
    return away + (away > 0) - (away < 0)


def _describe(mate: _Mate, number: int, pieces: Sequence[Piece]) -> str:
    """Return the SA entry of an alignment."""
    hit = mate.hits[number]
    piece, strand = pieces[hit.piece], "-" if mate.is_reverse(number) else "+"
    distance = edit_distance(hit, _as_aligned(mate, hit)[0], piece.reference)
    place = f"{piece.contig},{hit.start + 1},{strand}"
    return f"{place},{format_cigar(hit.cigar)},{mate.mapqs[number]},{distance};"


def _make_rows(
    records: Sequence[_Record], names: npt.NDArray[np.uint8], umis: npt.NDArray[np.uint8], width: int
) -> AlignedRows:
    pair = np.array([record.pair for record in records])
    cigars = _number(chain.from_iterable((record.cigar, record.mate_cigar) for record in records))
    contigs = _number(record.mate_contig for record in records if record.mate_contig)
    splits = _number(record.split for record in records if record.split)
    return AlignedRows(
        name=names[pair],
        flag=np.array([record.flag for record in records]),
        mapq=np.array([record.mapq for record in records]),
        start=np.array([record.start for record in records]),
        mate_mapq=np.array([record.mate_mapq for record in records]),
        mate_start=np.array([record.mate_start for record in records]),
        template_length=np.array([record.template_length for record in records]),
        length=np.array([len(record.codes) for record in records]),
        cigar=np.array([cigars[record.cigar] for record in records]),
        mate_cigar=np.array([cigars[record.mate_cigar] for record in records]),
        mate_contig=np.array([contigs.get(record.mate_contig, -1) for record in records]),
        elsewhere=np.array([splits.get(record.split, -1) for record in records]),
        codes=_pad([record.codes for record in records], width),
        qualities=_pad([record.qualities for record in records], width),
        umi=umis[pair],
        cigars=tuple(cigars),
        contigs=tuple(contigs),
        splits=tuple(splits),
    )


def _number(values: Iterable[K]) -> dict[K, int]:
    """Return the distinct values, each with its number."""
    return {value: number for number, value in enumerate(dict.fromkeys(values))}


def _pad(rows: Sequence[Codes], width: int) -> Codes:
    padded = np.zeros((len(rows), width), np.uint8)
    for own, row in zip(padded, rows, strict=True):
        own[: len(row)] = row
    return padded
