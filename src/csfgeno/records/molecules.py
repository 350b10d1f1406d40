"""Molecules behind a call, one by one, for the eye of a reviewer."""

from dataclasses import dataclass

from csfgeno.vocab import MoleculeKind, Strand


@dataclass(frozen=True, slots=True)
class MoleculeView:
    """One molecule over an allele.

    `left` and `right` are the outer ends of its DNA, 0-based half-open; of these, `gap_start` to `gap_end` was not read
    (two mates that do not meet), `None` if all was. `reads_a` and `reads_b` are the read pairs behind each strand.
    """

    kind: MoleculeKind
    strand: Strand
    left: int
    right: int
    gap_start: int | None
    gap_end: int | None
    reads_a: int
    reads_b: int


@dataclass(frozen=True, slots=True)
class MoleculeStack:
    """Molecules over an allele in one specimen: those that show it, and for comparison some that do not.

    `alt` and `other` are kept up to a number each (`shown_alt_molecules`, `shown_other_molecules`), drawn by a hash of
    their read names, out of `alt_total` that show the allele and `other_total` that cover its place and do not.
    """

    alt: tuple[MoleculeView, ...]
    other: tuple[MoleculeView, ...]
    alt_total: int
    other_total: int
