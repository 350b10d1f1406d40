"""Protein changes as edits of the wild-type sequence, so that spellings of one mutated protein compare equal."""

import re
from dataclasses import dataclass
from typing import Final

from csfgeno.errors import ReferenceDataError

RESIDUES: Final = {
    "Ala": "A",
    "Arg": "R",
    "Asn": "N",
    "Asp": "D",
    "Cys": "C",
    "Gln": "Q",
    "Glu": "E",
    "Gly": "G",
    "His": "H",
    "Ile": "I",
    "Leu": "L",
    "Lys": "K",
    "Met": "M",
    "Phe": "F",
    "Pro": "P",
    "Ser": "S",
    "Ter": "*",
    "Thr": "T",
    "Trp": "W",
    "Tyr": "Y",
    "Val": "V",
}
"""Three-letter to one-letter codes (IUPAC-IUB 1983, doi:10.1111/j.1432-1033.1984.tb07877.x)."""

_LETTER: Final = "[ACDEFGHIKLMNPQRSTVWY]"
_THREE_LETTERS: Final = re.compile("|".join(RESIDUES))
_SUBSTITUTION: Final = re.compile(rf"({_LETTER})(\d+)({_LETTER}|\*)")
_NAMED: Final = re.compile(rf"({_LETTER})(\d+)")
_RANGE: Final = re.compile(rf"({_LETTER})(\d+)(?:_({_LETTER})(\d+))?(delins|del|dup|ins)({_LETTER}*)")


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Residues `ref` from 1-based `start` on give way to `alt`; an insertion has no `ref` and stands before `start`."""

    start: int
    ref: str
    alt: str

    @property
    def end(self) -> int:
        """Last residue removed, 1-based; `start - 1` for an insertion."""
        return self.start + len(self.ref) - 1

    @property
    def net_length(self) -> int:
        """Residues gained (positive) or lost (negative)."""
        return len(self.alt) - len(self.ref)

    @property
    def substitutions(self) -> tuple["Edit", ...]:
        """The one-for-one residue changes of an edit of equal length, else nothing."""
        if self.net_length or not self.ref:
            return ()
        pairs = zip(self.ref, self.alt, strict=True)
        return tuple(Edit(self.start + i, r, a) for i, (r, a) in enumerate(pairs) if r != a)

    def canonical(self, sequence: str | None) -> "Edit":
        """Return the shortest form, moved as far to the C-terminus as the wild type allows (HGVS 3' rule).

        Without the wild-type sequence the position is taken as it is.
        """
        edit = self._trimmed()
        return edit if sequence is None else edit._shifted(sequence)

    def _trimmed(self) -> "Edit":
        start, ref, alt = self.start, self.ref, self.alt
        while ref and alt and ref[-1] == alt[-1]:
            ref, alt = ref[:-1], alt[:-1]
        while ref and alt and ref[0] == alt[0]:
            start, ref, alt = start + 1, ref[1:], alt[1:]
        return Edit(start, ref, alt)

    def _shifted(self, sequence: str) -> "Edit":
        if self.ref and self.alt:
            return self
        start, moved = self.start, self.ref or self.alt
        following = start - 1 + len(self.ref)  # 0-based index of the residue after the edit
        while moved and following < len(sequence) and sequence[following] == moved[0]:
            moved = moved[1:] + moved[0]
            start, following = start + 1, following + 1
        return Edit(start, moved, "") if self.ref else Edit(start, "", moved)


def parse_hgvsp(text: str) -> Edit:
    """Return the edit that an HGVS protein name with written-out residues means.

    Substitutions, `del` of up to two residues, one-residue `dup`, `ins` and `delins` are read, in one- or
    three-letter code, e.g. `p.L858R`, `p.Glu709_Thr710delinsAsp`, `p.A763_Y764insFQEA`; a longer `del` must spell what
    it removes, `p.E746_A750delELREA`.

    Raises
    ------
    ReferenceDataError
        For any other text, or for a name that does not say all the residues it removes or repeats.
    """
    name = _THREE_LETTERS.sub(lambda found: RESIDUES[found.group()], text.removeprefix("p."))
    if found := _SUBSTITUTION.fullmatch(name):
        return Edit(int(found[2]), found[1], found[3])
    if not (found := _RANGE.fullmatch(name)):
        raise ReferenceDataError(
            f"'{text}' is not a protein name such as p.L858R, p.E709_T710delinsD or p.A763_Y764insFQEA"
        )
    first, start, last, kind, new = found[1], int(found[2]), found[3], found[5], found[6]
    end = int(found[4] or start)
    if kind == "ins":
        return _insertion(text, start, end, new)
    if kind == "del" and len(new) == end - start + 1 and new[0] == first and new[-1] == (last or first):
        return Edit(start, new, "")
    removed = _residues(text, first, start, last, end)
    if (kind == "delins") != bool(new):
        raise ReferenceDataError(f"'{text}' names inserted residues where none belong, or leaves them out")
    return Edit(end + 1, "", removed) if kind == "dup" else Edit(start, removed, new)


def named_residues(text: str) -> tuple[tuple[int, str], ...]:
    """Return codon and residue of every wild-type residue that a protein name states."""
    name = _THREE_LETTERS.sub(lambda found: RESIDUES[found.group()], text.removeprefix("p."))
    return tuple((int(codon), residue) for residue, codon in _NAMED.findall(name))


def _insertion(text: str, start: int, end: int, new: str) -> Edit:
    if end != start + 1 or not new:
        raise ReferenceDataError(f"'{text}' must name two neighbouring residues and the residues put between them")
    return Edit(end, "", new)


def _residues(text: str, first: str, start: int, last: str | None, end: int) -> str:
    if last is None:
        return first
    if end != start + 1:
        raise ReferenceDataError(f"'{text}' does not say which residues lie between its ends; write it as an insertion")
    return first + last
