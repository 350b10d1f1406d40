"""Proteins: the genetic code and `ProteinChange`, the change that therapies are matched on."""

import re
from dataclasses import dataclass
from typing import Final

from csfgeno.vocab import Consequence

_BASES: Final = "TCAG"
_CODONS: Final = [a + b + c for a in _BASES for b in _BASES for c in _BASES]
_RESIDUES: Final = "FFLLSSSSYY**CC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG"

GENETIC_CODE: Final = dict(zip(_CODONS, _RESIDUES, strict=True))
"""NCBI translation table 1."""

STOP: Final = "*"
UNKNOWN_RESIDUE: Final = "X"
"""Residue of a codon with a masked base, or of a codon that is cut off."""

_THREE_LETTERS: Final = {
    **{"A": "Ala", "C": "Cys", "D": "Asp", "E": "Glu", "F": "Phe", "G": "Gly", "H": "His", "I": "Ile", "K": "Lys"},
    **{"L": "Leu", "M": "Met", "N": "Asn", "P": "Pro", "Q": "Gln", "R": "Arg", "S": "Ser", "T": "Thr", "V": "Val"},
    **{"W": "Trp", "Y": "Tyr", STOP: "Ter", UNKNOWN_RESIDUE: "Xaa"},
}


@dataclass(frozen=True, slots=True)
class ProteinChange:
    """Change of the predicted protein, in its shortest form.

    Attributes
    ----------
    gene
        Gene symbol; residues are numbered on its panel transcript.
    start
        1-based first changed residue; for a pure insertion the residue that follows it.
    ref, alt
        One-letter residues removed and inserted, without a shared prefix or suffix; `*` is a stop. A pure insertion
        or deletion stands at its 3'-most place. A frameshift gives the first changed residue only. Both are empty
        if the protein cannot be predicted.
    frameshift
        Whether the reading frame is lost.
    splice
        Whether a splice site is hit, so that `ref` and `alt` (where given) hold only if splicing is undisturbed;
        `start` is then the codon beside the site.
    exon
        Number of the exon changed, or beside the splice site; `None` if the numbering is not known.
    consequence
        Consequence of the allele.
    """

    gene: str
    start: int
    ref: str
    alt: str
    frameshift: bool
    splice: bool
    exon: int | None
    consequence: Consequence

    @property
    def end(self) -> int:
        """1-based last changed residue; `start - 1` for a pure insertion."""
        return self.start + len(self.ref) - 1

    @property
    def net_length(self) -> int:
        """Residues gained (positive) or lost (negative); meaningless for a frameshift or a stop."""
        return len(self.alt) - len(self.ref)


def translate(bases: str) -> str:
    """Return the one-letter residues of `bases`, stops as `*`; a codon with N or cut off is `X`."""
    return "".join(GENETIC_CODE.get(bases[i : i + 3], UNKNOWN_RESIDUE) for i in range(0, len(bases), 3))


def translate_to_stop(bases: str) -> str:
    """Return the residues up to and including the first stop; without one, all of them."""
    residues = translate(bases[: len(bases) // 3 * 3])
    head, stop, _ = residues.partition(STOP)
    return head + stop


def three_letter(short: str) -> str:
    """Return a one-letter protein change in three letters: `L747_A750delinsP` -> `Leu747_Ala750delinsPro`."""
    return re.sub(r"[A-Z*]", lambda match: _THREE_LETTERS[match[0]], short)
