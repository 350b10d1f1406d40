"""Split reads to junctions: which two places a read joins, and which reads join the same two.

A junction is held with its sides in genome order. Where both places could have given the bases between them
(microhomology), the first side keeps them all, so that one junction has one spelling whatever the aligner chose.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from csfgeno.genome.contigs import rename_contig
from csfgeno.genome.sequence import SequenceSource
from csfgeno.io.batch import LINK_DTYPE, READ_DTYPE
from csfgeno.molecules.broken import CLIP_DTYPE, FAR_BP, BrokenReads
from csfgeno.molecules.grouping.families import group_reads
from csfgeno.molecules.grouping.umi_reads import has_usable_umi
from csfgeno.molecules.links import breaks_of, clipped_before, is_here_first
from csfgeno.records import Breakpoint
from csfgeno.structural.anchored import Anchored, anchor_clips
from csfgeno.vocab import ContigStyle, EvidenceMode, Side

Ints = npt.NDArray[np.int64]

SIDES = (Side.LEFT, Side.RIGHT)
SHORTEST_DELETION_BP: Final = 50
"""Shorter ones are aligned in one piece and called as small variants."""
_PAIRED, _MATE_UNMAPPED, _REVERSE, _MATE_REVERSE, _READ_2 = 0x1, 0x8, 0x10, 0x20, 0x80

JUNCTION_DTYPE = np.dtype(
    [
        ("read", np.int32),
        ("tid_1", np.int32),
        ("pos_1", np.int32),
        ("keeps_1", np.uint8),  # index into SIDES
        ("tid_2", np.int32),
        ("pos_2", np.int32),
        ("keeps_2", np.uint8),
        ("gap", np.int32),  # bases of the read between both parts; negative where they overlap
        ("mapq", np.uint8),  # the lower one of both parts
        ("is_split", np.bool_),  # aligned in two parts; else clipped, with a mate on the other side
    ]
)


@dataclass(frozen=True, slots=True)
class SpecimenBreaks:
    """All that the reads of one specimen say of junctions.

    Attributes
    ----------
    contigs
        Names behind every `tid`.
    reads, tid
        Reads that hint at a junction, each once, and the contig of each.
    molecule, size_a, size_b
        Molecule of each read, numbered over the whole specimen; fragments behind each of its strands.
    junctions
        One row a split read and pair of its parts, or a clipped read with its mate; dtype `JUNCTION_DTYPE`.
    clips, sequence
        Clipped ends and their bases, `read` is a row of `reads`.
    """

    contigs: tuple[str, ...]
    reads: npt.NDArray[np.void]
    tid: Ints
    molecule: Ints
    size_a: Ints
    size_b: Ints
    junctions: npt.NDArray[np.void]
    clips: npt.NDArray[np.void]
    sequence: npt.NDArray[np.uint8]

    def place(self, tid: int, pos: int, keeps: int) -> Breakpoint:
        """Return a breakpoint by contig name."""
        return Breakpoint(self.contigs[tid], pos, SIDES[keeps])


@dataclass(frozen=True, slots=True)
class Junction:
    """Two places that molecules join, sides in genome order, as most of their split reads have it.

    `gap` bases lie between both sides and belong to neither. `molecules` are those whose reads show the junction.
    """

    first: Breakpoint
    second: Breakpoint
    gap: int
    mapq: float
    molecules: frozenset[int]

    @property
    def is_near(self) -> bool:
        """Whether an unbroken fragment could hold both places: a deletion within a gene, not a rearrangement."""
        return self.first.contig == self.second.contig and abs(self.second.pos - self.first.pos) < FAR_BP


def gather(
    parts: Sequence[BrokenReads], mode: EvidenceMode, max_umi_mismatches: int, genome: SequenceSource
) -> SpecimenBreaks:
    """Return the junction evidence of all tiles of a specimen, grouped to molecules once over all of them.

    METHOD: a molecule that joins two targets shows in the tiles of both; reads of one name and mate are one read, and
    families are made of all of them together, so it counts once.
    """
    parts = [part for part in parts if len(part.reads)]
    contigs = parts[0].contigs if parts else ()
    reads = _stack([part.reads for part in parts], READ_DTYPE)
    tid = np.concatenate([_tids(part) for part in parts]) if parts else np.zeros(0, np.int64)
    shift = np.cumsum([0, *(len(part.reads) for part in parts)])
    links = _shifted([part.links for part in parts], shift, LINK_DTYPE)
    here = np.repeat([part.tid for part in parts], [len(part.links) for part in parts])
    clips = _shifted([part.clips for part in parts], shift, CLIP_DTYPE)
    bases = np.cumsum([0, *(len(part.sequence) for part in parts)])
    clips["seq_start"] += np.repeat(bases[:-1], [len(part.clips) for part in parts])
    keep, same = _once(reads, mode)
    links, here = _distinct_links(links, here, same)
    clips["read"] = same[clips["read"]]
    clips = clips[(clips["read"] >= 0) & _is_first(clips[["read", "is_left"]])]
    reads, tid = reads[keep], tid[keep]
    sequence = np.concatenate([np.zeros(0, np.uint8), *(part.sequence for part in parts)])
    anchored = anchor_clips(reads, tid, clips, sequence, contigs, genome)
    split = join_links(links, here)
    families = group_reads(_from_five_prime(reads, links), mode, max_umi_mismatches)
    molecule = np.zeros(len(keep), np.int64)
    molecule[families.order] = families.molecule
    return SpecimenBreaks(
        contigs=contigs,
        reads=reads,
        tid=tid,
        molecule=molecule,
        size_a=families.size_a.astype(np.int64),
        size_b=families.size_b.astype(np.int64),
        junctions=_not_of_one_piece(np.concatenate([split, _rows_of(anchored, reads)])),
        clips=clips,
        sequence=sequence,
    )


def join_links(links: npt.NDArray[np.void], here_tid: Ints) -> npt.NDArray[np.void]:
    """Return the junction that each link makes, shape (links,).

    The two alignments are put in the order of the read, 5' to 3'; the break is at the end of the first and at the
    start of the second.
    """
    here_first = is_here_first(links)
    table = np.zeros(len(links), JUNCTION_DTYPE)
    table["read"], table["mapq"] = links["read"], np.minimum(links["here_mapq"], links["there_mapq"])
    table["is_split"] = True
    here, there = breaks_of(links, "here", here_first), breaks_of(links, "there", ~here_first)
    consumed = _consumed(links, here_first)
    before = np.where(here_first, clipped_before(links, "there"), clipped_before(links, "here"))
    table["gap"] = before - consumed
    return _in_order(table, (here_tid, *here), (links["there_tid"].astype(np.int64), *there))


def cluster(breaks: SpecimenBreaks, tolerance_bp: int) -> tuple[Junction, ...]:
    """Return the junctions of a specimen; rows whose two places lie within `tolerance_bp` of a neighbour are one."""
    rows = breaks.junctions
    if not len(rows):
        return ()
    kind = np.stack([rows[name].astype(np.int64) for name in ("tid_1", "keeps_1", "tid_2", "keeps_2")])
    order = np.lexsort((rows["pos_2"], rows["pos_1"], *kind[::-1]))
    label = label_runs(kind[:, order], rows["pos_1"][order].astype(np.int64), tolerance_bp)
    inner = np.lexsort((rows["pos_2"][order], label))
    label = label_runs(label[inner][None, :], rows["pos_2"][order][inner].astype(np.int64), tolerance_bp)
    order = order[inner]
    edges = np.flatnonzero(np.diff(label, prepend=-1))
    return tuple(_junction(breaks, rows[own]) for own in np.split(order, edges[1:]))


def _junction(breaks: SpecimenBreaks, rows: npt.NDArray[np.void]) -> Junction:
    told = rows[rows["is_split"]] if rows["is_split"].any() else rows
    spelled, votes = np.unique(told[["pos_1", "pos_2", "gap"]], return_counts=True)
    pos_1, pos_2, gap = spelled[np.argmax(votes)].tolist()
    row = rows[0]
    return Junction(
        first=breaks.place(int(row["tid_1"]), pos_1, int(row["keeps_1"])),
        second=breaks.place(int(row["tid_2"]), pos_2, int(row["keeps_2"])),
        gap=max(gap, 0),
        mapq=float(np.mean(rows["mapq"])),
        molecules=frozenset(breaks.molecule[rows["read"]].tolist()),
    )


# ---------------------------------------------------------------------------------------- parts


def _stack(parts: Sequence[npt.NDArray[np.void]], dtype: np.dtype[np.void]) -> npt.NDArray[np.void]:
    return np.concatenate([np.zeros(0, dtype), *parts])


def _shifted(parts: Sequence[npt.NDArray[np.void]], shift: Ints, dtype: np.dtype[np.void]) -> npt.NDArray[np.void]:
    table = _stack(parts, dtype)
    table["read"] += np.repeat(shift[:-1], [len(part) for part in parts]).astype(np.int32)
    return table


def _tids(part: BrokenReads) -> Ints:
    """Return the contig of each read; far reads lie where their link goes."""
    tid = np.full(len(part.reads), part.tid, np.int64)
    near = len(part.reads) - part.far
    far = part.links[part.links["read"] >= near]
    tid[far["read"]] = far["there_tid"]
    return tid


def _once(reads: npt.NDArray[np.void], mode: EvidenceMode) -> tuple[Ints, Ints]:
    """Return one row for each read, and for each row the place of its read among those, -1 without a needed UMI.

    METHOD: a read is known by its name and whether it is read 2; what is read in place goes before what a
    supplementary alignment tells of it.
    """
    usable = has_usable_umi(reads) if mode is EvidenceMode.UMI_FAMILIES else np.ones(len(reads), np.bool_)
    key = np.stack([reads["name_hash"], (reads["flag"] & _READ_2).astype(np.uint64)])
    _, first, inverse = np.unique(key, axis=1, return_index=True, return_inverse=True)
    place = np.where(usable[first], np.cumsum(usable[first]) - 1, -1)
    return first[usable[first]].astype(np.int64), place[inverse.ravel()].astype(np.int64)


def _is_first(rows: npt.NDArray[np.void]) -> npt.NDArray[np.bool_]:
    chosen = np.zeros(len(rows), np.bool_)
    chosen[np.unique(rows, return_index=True)[1]] = True
    return chosen


def _distinct_links(links: npt.NDArray[np.void], here: Ints, same: Ints) -> tuple[npt.NDArray[np.void], Ints]:
    """Return the links of the reads that are kept, those of one read and two places once."""
    links = links.copy()
    links["read"] = same[links["read"]]
    kept = np.flatnonzero(links["read"] >= 0)
    return links[kept], here[kept]


def _consumed(links: npt.NDArray[np.void], here_first: npt.NDArray[np.bool_]) -> Ints:
    """Return the bases of the read up to the end of its first part.

    They are counted on the reference, so an insertion or deletion inside that part makes a read off by its length; the
    spelling that most reads of a junction share is the one that is kept.
    """
    ends = (clipped_before(links, side) + links[f"{side}_end"] - links[f"{side}_start"] for side in ("here", "there"))
    return np.asarray(np.where(here_first, *ends), np.int64)


def _is_after(first: tuple[Ints, Ints, Ints], second: tuple[Ints, Ints, Ints]) -> npt.NDArray[np.bool_]:
    after = np.zeros(len(first[0]), np.bool_)
    for one, other in zip(first[::-1], second[::-1], strict=True):
        after = (one > other) | ((one == other) & after)
    return after


def _in_order(
    table: npt.NDArray[np.void], first: tuple[Ints, Ints, Ints], second: tuple[Ints, Ints, Ints]
) -> npt.NDArray[np.void]:
    """Return the table with both places filled in, in genome order."""
    swap = _is_after(first, second)
    for name, one, other in zip(("tid", "pos", "keeps"), first, second, strict=True):
        table[f"{name}_1"] = np.where(swap, other, one)
        table[f"{name}_2"] = np.where(swap, one, other)
    return _give_homology_to_first(table)


def _rows_of(anchored: Iterable[Anchored], reads: npt.NDArray[np.void]) -> npt.NDArray[np.void]:
    found = list(anchored)
    table = np.zeros(len(found), JUNCTION_DTYPE)
    if not found:
        return table
    table["read"], table["gap"] = [a.read for a in found], [a.gap for a in found]
    table["mapq"] = reads["mapq"][table["read"]]
    here, there = (np.array(places, np.int64).T for places in zip(*((a.here, a.there) for a in found), strict=True))
    return _in_order(table, tuple(here), tuple(there))


def _from_five_prime(reads: npt.NDArray[np.void], links: npt.NDArray[np.void]) -> npt.NDArray[np.void]:
    """Return the reads placed where their first base is aligned, and mates told so.

    METHOD: of a split read the aligner calls either part primary, from copy to copy; the part that holds the first
    base of the read holds an end of the fragment, which all copies of a molecule share.
    """
    reads = reads.copy()
    begin = {side: clipped_before(links, side) for side in ("here", "there")}
    for side in ("here", "there"):
        other = "there" if side == "here" else "here"
        rows = np.flatnonzero(begin[side] < begin[other])
        chosen = links[rows]
        read = chosen["read"]
        reads["start"][read], reads["end"][read] = chosen[f"{side}_start"], chosen[f"{side}_end"]
        reads["unclipped_start"][read] = chosen[f"{side}_start"] - chosen[f"{side}_clip_left"]
        reads["unclipped_end"][read] = chosen[f"{side}_end"] + chosen[f"{side}_clip_right"]
        reads["flag"][read] = _flagged(reads["flag"][read], _REVERSE, chosen[f"{side}_reverse"] != 0)
    return _face_each_other(_tell_mates(reads))


def _tell_mates(reads: npt.NDArray[np.void]) -> npt.NDArray[np.void]:
    """Return the reads with the places of their mates taken from the mates, where both are there."""
    order = np.lexsort((reads["flag"] & _READ_2, reads["name_hash"]))
    pairs = np.flatnonzero(reads["name_hash"][order][1:] == reads["name_hash"][order][:-1])
    one, other = order[pairs], order[pairs + 1]
    known = reads.copy()
    for mine, mate in ((one, other), (other, one)):
        for name in ("start", "unclipped_start", "unclipped_end"):
            reads[f"mate_{name}"][mine] = known[name][mate]
        reads["flag"][mine] = _flagged(reads["flag"][mine], _MATE_REVERSE, known["flag"][mate] & _REVERSE != 0)
    return reads


def _face_each_other(reads: npt.NDArray[np.void]) -> npt.NDArray[np.void]:
    """Return the reads as if the rearranged chromosome were the reference: mates on both ends, facing each other.

    METHOD: which strand of a molecule was read is told by which mate is read 1; after an inversion both mates are of
    one strand of the genome, so the end of the lower position stands for the left end of the molecule.
    """
    is_reverse, mate_is_reverse = (reads["flag"] & bit != 0 for bit in (_REVERSE, _MATE_REVERSE))
    own = np.where(is_reverse, reads["unclipped_end"], reads["unclipped_start"])
    mate = np.where(mate_is_reverse, reads["mate_unclipped_end"], reads["mate_unclipped_start"])
    is_right = (own > mate) | ((own == mate) & is_reverse)
    is_pair = (reads["flag"] & (_PAIRED | _MATE_UNMAPPED)) == _PAIRED
    for name in ("unclipped_start", "unclipped_end"):
        reads[name][is_pair] = own[is_pair]
        reads[f"mate_{name}"][is_pair] = mate[is_pair]
    flag = _flagged(_flagged(reads["flag"], _REVERSE, is_right), _MATE_REVERSE, ~is_right)
    reads["flag"] = np.where(is_pair, flag, reads["flag"])
    reads["mate_tid"] = 0
    return reads


def _flagged(flag: npt.NDArray[np.uint16], bit: int, is_set: npt.NDArray[np.bool_]) -> npt.NDArray[np.uint16]:
    return np.where(is_set, flag | np.uint16(bit), flag & np.uint16(0xFFFF - bit)).astype(np.uint16)


def _give_homology_to_first(table: npt.NDArray[np.void]) -> npt.NDArray[np.void]:
    """Move the second break back by the bases that both parts claim."""
    shared = np.maximum(-table["gap"], 0)
    table["pos_2"] += np.where(table["keeps_2"] == 0, -shared, shared)
    table["gap"] = np.maximum(table["gap"], 0)
    return table


def _not_of_one_piece(table: npt.NDArray[np.void]) -> npt.NDArray[np.void]:
    """Return the junctions of distant places, and of near ones the deletions that aligners split.

    METHOD: a fold-back of one strand, the commonest artefact of a library, joins near places too, but it turns the
    second part around; a deletion keeps both parts as they lie.
    """
    apart = table["pos_2"] - table["pos_1"]
    is_near = (table["tid_1"] == table["tid_2"]) & (np.abs(apart) < FAR_BP)
    keeps_outer = (table["keeps_1"] == 0) & (table["keeps_2"] == 1)
    is_deletion = table["is_split"] & keeps_outer & (apart > SHORTEST_DELETION_BP)
    return np.asarray(table[(~is_near | is_deletion) & _is_first(table)])


def plain_side(side: Breakpoint) -> Breakpoint:
    """Return a breakpoint by the name of its contig without `chr`, as panels of normals hold it."""
    return replace(side, contig=rename_contig(side.contig, ContigStyle.PLAIN))


def label_runs(kind: Ints, pos: Ints, tolerance_bp: int) -> Ints:
    """Return a label for each element of a sorted sequence that changes with its kind or after a longer gap."""
    breaks = (np.diff(kind, axis=1) != 0).any(axis=0) | (np.diff(pos) > tolerance_bp)
    return np.concatenate(([0], np.cumsum(breaks))).astype(np.int64)
