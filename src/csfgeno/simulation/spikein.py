"""Variants spiked into reads that exist, molecule by molecule, with their families kept intact.

A molecule is all read pairs with the same 5' ends and UMI (up to one wrong base), or the same MI. All its reads are
edited: the 5' end, the cycles and their qualities stay, errors at other places stay, and behind a deletion a read
continues with the reference.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from csfgeno.errors import InputError
from csfgeno.genome.edit import trim
from csfgeno.genome.sequence import SequenceSource
from csfgeno.io.bamedit import PlacedRead, ReadEdit, ReadKey, fetch_reads
from csfgeno.records import Allele, Interval
from csfgeno.simulation.alignment import OP_CLIP, OP_MATCH, place_read
from csfgeno.simulation.haplotypes import Codes, Mask, Positions, Reference, encode, place_bases
from csfgeno.simulation.truth import PlantedTruth, Tally
from csfgeno.simulation.variants import PlantedVariant, check_together

REACH_BP: Final = 1000
"""Mates are looked for this far from a variant."""
MARGIN_BP: Final = 300

_BASES: Final = np.frombuffer(b"ACGTN", np.uint8)

Pair = tuple[PlacedRead, PlacedRead]
"""Left (forward) and right (reverse) mate."""


@dataclass(frozen=True, slots=True)
class SpikeIn:
    """Edits of reads, and what they make true."""

    edits: Mapping[ReadKey, ReadEdit]
    planted: tuple[PlantedTruth, ...]


@dataclass(frozen=True, slots=True)
class _Change:
    """REF [start, end) becomes `alt`, on a stretch of known reference."""

    start: int
    end: int
    alt: Codes
    places: Positions
    reference: Reference

    @property
    def keeps_length(self) -> bool:
        """Whether every base is replaced by one other."""
        return len(self.alt) == self.end - self.start


def plan_spike_in(
    source: Path, fasta: Path, genome: SequenceSource, variants: Sequence[PlantedVariant], rng: np.random.Generator
) -> SpikeIn:
    """Return the edits that put `variants` into the molecules of an alignment file.

    The number of mutant molecules is binomial: each molecule that shows the whole site is chosen with probability
    `vaf`. Origins and haplotypes do not apply.

    Raises
    ------
    InputError
        If no molecule shows a site, fewer than wanted can be edited, or a read would be edited twice.
    """
    check_together(variants)
    edits: dict[ReadKey, ReadEdit] = {}
    planted = []
    for variant in variants:
        more, tally = _spike(fetch_reads(source, fasta, _around(variant.allele)), variant, genome, rng)
        if twice := edits.keys() & more.keys():
            raise InputError(
                f"{variant.allele}: {len(twice)} reads carry an earlier variant of the list already; spike variants "
                "that share molecules one after the other, each into the result of the one before"
            )
        edits |= more
        planted.append(PlantedTruth(variant, tally))
    return SpikeIn(edits, tuple(planted))


def _around(allele: Allele) -> Interval:
    return Interval(allele.contig, max(allele.start - REACH_BP, 0), allele.end + REACH_BP)


def _spike(
    reads: Iterable[PlacedRead], variant: PlantedVariant, genome: SequenceSource, rng: np.random.Generator
) -> tuple[dict[ReadKey, ReadEdit], Tally]:
    change = _make_change(variant.allele, genome)
    covering = [m for m in group_molecules(reads) if any(_holds(read, change) for pair in m for read in pair)]
    if not covering:
        raise InputError(f"{variant.allele}: no molecule shows the site; nothing can be spiked in")
    fit = [m for m in covering if all(_is_editable(read, change) for pair in m for read in pair)]
    wanted = int(rng.binomial(len(covering), variant.vaf))
    if wanted > len(fit):
        raise InputError(
            f"{variant.allele}: {wanted} of {len(covering)} molecules are wanted but only {len(fit)} can be edited; "
            "reads with a gap or a clip at the site cannot, so lower the vaf"
        )
    chosen = [fit[i] for i in sorted(rng.choice(len(fit), wanted, replace=False))]
    edits = {
        read.key: _edit(read, change, _new_length(pair, change)) for m in chosen for pair in m for read in pair
        if _touches(read, change)
    }  # fmt: skip
    is_duplex = [_is_duplex(molecule) for molecule in covering]
    tally = Tally(
        len(covering),
        wanted,
        sum(is_duplex),
        sum(map(_is_duplex, chosen)),
        sum(map(len, covering)),
        sum(map(len, chosen)),
    )
    return edits, tally


# ----------------------------------------------------------------------------------- molecules


def group_molecules(reads: Iterable[PlacedRead]) -> list[list[Pair]]:
    """Return the read pairs of each molecule, both mates present, in the order of their places and UMIs."""
    places: dict[tuple[object, ...], dict[str, list[Pair]]] = {}
    for pair in _pair_up(reads):
        left, _ = pair
        # MI stands for place and UMI alike; /A and /B are strands of one molecule.
        place = (left.molecule.removesuffix("/A").removesuffix("/B"),) if left.molecule else _ends(pair)
        umi = "" if left.molecule else _top_umi(left)
        places.setdefault(place, {}).setdefault(umi, []).append(pair)
    return [molecule for _, umis in sorted(places.items(), key=str) for molecule in _join_misread(umis)]


def _pair_up(reads: Iterable[PlacedRead]) -> Iterable[Pair]:
    waiting: dict[str, PlacedRead] = {}
    for read in reads:
        mate = waiting.pop(read.key[0], None)
        if mate is None:
            waiting[read.key[0]] = read
        elif mate.is_reverse != read.is_reverse:
            yield (mate, read) if read.is_reverse else (read, mate)


def _ends(pair: Pair) -> tuple[int, int]:
    (left, right) = pair
    clipped_left = left.cigar[0][1] if left.cigar[0][0] == OP_CLIP else 0
    clipped_right = right.cigar[-1][1] if right.cigar[-1][0] == OP_CLIP else 0
    return left.start - clipped_left, right.end + clipped_right


def _top_umi(left: PlacedRead) -> str:
    """Return the UMI as the top strand has it; with one half only, the strands stay apart."""
    first, hyphen, second = left.umi.partition("-")
    if not hyphen:
        return f"{first}{'/B' if left.key[1] else ''}"
    return f"{second}-{first}" if left.key[1] else left.umi


def _join_misread(umis: Mapping[str, list[Pair]]) -> list[list[Pair]]:
    """Return families of one place; a UMI joins a more abundant one that differs by one base."""
    joined: dict[str, list[Pair]] = {}
    for umi, pairs in sorted(umis.items(), key=lambda item: (-len(item[1]), item[0])):
        parent = next((other for other in joined if _distance(umi, other) <= 1), umi)
        joined.setdefault(parent, []).extend(pairs)
    return list(joined.values())


def _distance(one: str, other: str) -> int:
    return sum(a != b for a, b in zip(one, other, strict=True)) if len(one) == len(other) else len(one)


def _is_duplex(molecule: Iterable[Pair]) -> bool:
    return len({left.key[1] for left, _ in molecule}) == 2


# --------------------------------------------------------------------------------------- edits


def _make_change(allele: Allele, genome: SequenceSource) -> _Change:
    prefix, ref, alt = trim(allele.ref, allele.alt)
    start = allele.start + prefix
    low = max(start - REACH_BP - MARGIN_BP, 0)
    bases = genome.fetch(allele.contig, low, start + len(ref) + REACH_BP + MARGIN_BP)
    offsets = place_bases(ref, alt)
    places = np.where(offsets < 0, -1, start + offsets)
    reference = Reference(Interval(allele.contig, low, low + len(bases)), encode(bases))
    return _Change(start, start + len(ref), encode(alt), places, reference)


def _holds(read: PlacedRead, change: _Change) -> bool:
    beyond = int(not change.keeps_length)
    return read.start <= change.start - beyond and read.end >= change.end + beyond


def _touches(read: PlacedRead, change: _Change) -> bool:
    return read.start < max(change.end, change.start + 1) and read.end > change.start


def _is_editable(read: PlacedRead, change: _Change) -> bool:
    """Whether a read is free of gaps and clips, or does not touch the site at all."""
    return not _touches(read, change) or (len(read.cigar) == 1 and read.cigar[0][0] == OP_MATCH)


def _new_length(pair: Pair, change: _Change) -> int:
    start, end = _ends(pair)
    return end - start + len(change.alt) - (change.end - change.start)


def _edit(read: PlacedRead, change: _Change, molecule_bp: int) -> ReadEdit:
    if change.keeps_length:
        return ReadEdit(read.start, read.cigar, _decode(_substitute(read, change)), 0)
    codes, at, is_inserted = _rebuild(read, change)
    kept = min(len(read.bases), molecule_bp, len(codes))
    piece = slice(len(codes) - kept, None) if read.is_reverse else slice(0, kept)
    placement = place_read(codes[piece], at[piece], is_inserted[piece], change.reference)
    span = sum(length for operation, length in placement.cigar if operation in (0, 2))
    moved = placement.start + span - read.end if read.is_reverse else placement.start - read.start
    return ReadEdit(placement.start, placement.cigar, _decode(codes[piece]), moved)


def _rebuild(read: PlacedRead, change: _Change) -> tuple[Codes, Positions, Mask]:
    """Return the read with the gap in it, made longer by reference at its 3' end."""
    codes, at = encode(read.bases), np.arange(read.start, read.end)
    spare = change.end - change.start + len(codes)
    before, after = at < change.start, at >= change.end
    left, right = min(read.start, change.start), max(read.end, change.end)
    more = (left - spare, left) if read.is_reverse else (right, right + spare)
    fill, fill_at = change.reference.between(*more), np.arange(*more)
    pieces = [(codes[before], at[before]), (change.alt, change.places), (codes[after], at[after])]
    pieces.insert(0 if read.is_reverse else 3, (fill, fill_at))
    place = np.concatenate([p for _, p in pieces])
    return np.concatenate([c for c, _ in pieces]), np.maximum.accumulate(place), place < 0


def _substitute(read: PlacedRead, change: _Change) -> Codes:
    """Return the bases with ALT where the read shows REF; an error that is there stays."""
    codes, at = encode(read.bases), np.arange(read.start, read.end)
    old = change.reference.between(change.start, change.end)
    edited = codes.copy()
    for offset, (ref, alt) in enumerate(zip(old, change.alt, strict=True)):
        edited[(at == change.start + offset) & (codes == ref)] = alt
    return edited


def _decode(codes: Codes) -> str:
    return _BASES[codes].tobytes().decode()
