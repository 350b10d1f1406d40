"""Other names of a protein change that readers know from papers, older reports and other transcripts."""

import re
from collections.abc import Iterator

from csfgeno.annotation.coding import CodingSequence, name_residues
from csfgeno.annotation.protein import STOP, ProteinChange
from csfgeno.annotation.transcripts import CodingPosition, CodonAlias, Datum
from csfgeno.vocab import Consequence

UNNAMED = "?"
"""Protein name where none is predicted."""

_IN_FRAME = (Consequence.INFRAME_INSERTION, Consequence.INFRAME_DELETION, Consequence.INFRAME_DELINS)


def legacy_names(
    protein: ProteinChange, coding: CodingSequence, aliases: tuple[CodonAlias, ...], hgvs_short: str
) -> tuple[str, ...]:
    """Return the names besides the HGVS one, most usual first, each once.

    They are: the numbering of another transcript (`Y1248H (NM_001127500)`), the group (`exon 20 insertion`), a splice
    site by its codon (`X1010_splice`), an insertion for a duplication (`V769_D770insASV`), the same insertion or
    deletion at its other places (`E762_A763insAFQE`), the residues spelt out (`E746_A750delELREA`), and `>` for a
    replacement (`L747_A750>P`).
    """
    main = _main_name(protein, coding, hgvs_short)
    renumbered = _renumbered(main, protein, aliases) if main != UNNAMED else ()
    names = [*_splice_names(protein, main), *renumbered, *_group_names(protein)]
    if protein.consequence in _IN_FRAME:
        names += [*_spelt_out(protein, main), *_other_places(protein, coding)]
    return tuple(dict.fromkeys(name for name in names if name != hgvs_short))


def renumbered_coding(
    hgvs_c: str, first: CodingPosition | None, last: CodingPosition | None, aliases: tuple[CodonAlias, ...]
) -> Iterator[str]:
    """Yield the coding name on other transcripts: MET c.3028+1G>A is `c.3082+1G>A (NM_001127500)`."""
    for alias in aliases:
        held = range(3 * alias.first_codon - 2, 3 * alias.last_codon + 1)
        if all(p and p.base in held and p.datum is Datum.CODING for p in (first, last)):
            yield f"{_moved(hgvs_c, 3 * alias.shift, after='[._]')} ({alias.transcript})"


def _main_name(protein: ProteinChange, coding: CodingSequence, hgvs_short: str) -> str:
    """Return the protein name, for a splice change the one that would hold if splicing were undisturbed."""
    if not protein.splice:
        return hgvs_short
    if (protein.ref or protein.alt) and not protein.frameshift:
        return name_residues(coding, protein.start - 1, protein.ref, protein.alt)
    return f"X{protein.start}_splice"


def _splice_names(protein: ProteinChange, main: str) -> Iterator[str]:
    if protein.splice:
        yield f"X{protein.start}_splice"
        yield main


def _renumbered(main: str, protein: ProteinChange, aliases: tuple[CodonAlias, ...]) -> Iterator[str]:
    for alias in aliases:
        if alias.first_codon <= protein.start and protein.end <= alias.last_codon:
            yield f"{_moved(main, alias.shift)} ({alias.transcript})"


def _moved(name: str, shift: int, after: str = "[A-Z]") -> str:
    """Add `shift` to every number behind such a letter: residues of a one-letter name, but no distance of `fs*12`."""
    return re.sub(rf"(?<={after})\d+", lambda match: str(int(match[0]) + shift), name)


def _group_names(protein: ProteinChange) -> Iterator[str]:
    if protein.consequence in _IN_FRAME and protein.exon is not None:
        yield f"exon {protein.exon} {'insertion' if protein.net_length > 0 else 'deletion'}"


def _spelt_out(protein: ProteinChange, main: str) -> Iterator[str]:
    if main.endswith("dup"):
        yield main + protein.alt
    elif main.endswith("del"):
        yield main + protein.ref
    elif "delins" in main:
        yield main.replace("delins", ">")


def _other_places(protein: ProteinChange, coding: CodingSequence) -> Iterator[str]:
    """Yield a pure insertion (as insertion) or deletion at every place that gives the same protein, 3' to 5'."""
    if protein.ref and protein.alt:
        return
    start, unit = protein.start - 1, protein.ref or protein.alt
    yield _plain(coding, start, unit, protein)
    while coding.residue(start - 1) == unit[-1] and unit[-1] != STOP:
        start, unit = start - 1, unit[-1] + unit[:-1]
        yield _plain(coding, start, unit, protein)


def _plain(coding: CodingSequence, start: int, unit: str, protein: ProteinChange) -> str:
    if protein.ref:
        return name_residues(coding, start, unit, "")
    return f"{coding.residue(start - 1)}{start}_{coding.residue(start)}{start + 1}ins{unit}"
