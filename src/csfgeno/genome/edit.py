"""`Edit`: an allele without its padding, on the axis of one strand, and its shift to the 3' end of a repeat."""

import re
from dataclasses import dataclass

from csfgeno.errors import InputError
from csfgeno.genome.sequence import SequenceSource, Strand, StrandView, orient, reverse_complement
from csfgeno.records import Allele


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace `ref`, the bases of [start, end) on the axis of a strand, by `alt`; no shared prefix or suffix."""

    start: int
    end: int
    ref: str
    alt: str

    @property
    def is_insertion(self) -> bool:
        """Whether bases are added before `start` and none removed."""
        return not self.ref

    @property
    def net_length(self) -> int:
        """Bases gained (positive) or lost (negative)."""
        return len(self.alt) - len(self.ref)

    def on(self, strand: Strand) -> "Edit":
        """Return the edit on the axis of `strand` if it is on the forward one, and back again."""
        if strand is Strand.FORWARD:
            return self
        start, end = orient(self.start, self.end, strand)
        return Edit(start, end, reverse_complement(self.ref), reverse_complement(self.alt))


def edit_of(allele: Allele, strand: Strand) -> Edit:
    """Return the shortest edit that makes `allele`, on the axis of `strand`.

    Raises
    ------
    InputError
        If REF and ALT are the same, or differ by anything but A, C, G and T; N is allowed in padding only.
    """
    prefix, ref, alt = trim(allele.ref, allele.alt)
    if not (allele.ref and allele.alt and re.fullmatch("[ACGT]+", ref + alt)):
        raise InputError(f"allele {allele} cannot be named; expected two different sequences of A, C, G and T")
    start = allele.start + prefix
    return Edit(start, start + len(ref), ref, alt).on(strand)


def trim(ref: str, alt: str) -> tuple[int, str, str]:
    """Return (length of the prefix removed, `ref`, `alt`) without shared suffix, then without shared prefix."""
    suffix = _shared(ref[::-1], alt[::-1])
    ref, alt = ref[: len(ref) - suffix], alt[: len(alt) - suffix]
    prefix = _shared(ref, alt)
    return prefix, ref[prefix:], alt[prefix:]


def _shared(one: str, other: str) -> int:
    pairs = zip(one, other, strict=False)
    return next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def shift_downstream(edit: Edit, view: StrandView) -> Edit:
    """Return the 3'-most of the edits that give the same sequence; only a pure insertion or deletion can move.

    On the reverse strand this is left-alignment. A masked base stops the shift.
    """
    if edit.ref and edit.alt:
        return edit
    unit = edit.ref or edit.alt
    steps = 0
    for base in view.downstream(edit.end):
        if base != unit[steps % len(unit)]:
            break
        steps += 1
    turn = steps % len(unit)
    unit = unit[turn:] + unit[:turn]
    ref, alt = (unit, "") if edit.ref else ("", unit)
    return Edit(edit.start + steps, edit.end + steps, ref, alt)


def check_reference(allele: Allele, sequence: SequenceSource) -> None:
    """Compare REF with the genome; a masked base fits anything.

    Raises
    ------
    InputError
        If a base differs, which means another build or a damaged file.
    """
    found = sequence.fetch(allele.contig, allele.start, allele.end)
    if len(found) != len(allele.ref) or any(a not in (b, "N") for a, b in zip(found, allele.ref, strict=True)):
        raise InputError(
            f"allele {allele}: the reference has '{found}' there; check that both are of the same genome build"
        )
