"""A deliberately plain second reading of HGVS names: apply the name and look at the sequence that results.

Nothing here is shared with the namer but the tables of exons; the genetic code is typed in once more.
"""

import re
from collections.abc import Callable, Mapping

from csfgeno.annotation.transcripts import Transcript
from csfgeno.records import Allele

CODONS = {
    **dict.fromkeys(["GCT", "GCC", "GCA", "GCG"], "A"),
    **dict.fromkeys(["CGT", "CGC", "CGA", "CGG", "AGA", "AGG"], "R"),
    **dict.fromkeys(["AAT", "AAC"], "N"),
    **dict.fromkeys(["GAT", "GAC"], "D"),
    **dict.fromkeys(["TGT", "TGC"], "C"),
    **dict.fromkeys(["CAA", "CAG"], "Q"),
    **dict.fromkeys(["GAA", "GAG"], "E"),
    **dict.fromkeys(["GGT", "GGC", "GGA", "GGG"], "G"),
    **dict.fromkeys(["CAT", "CAC"], "H"),
    **dict.fromkeys(["ATT", "ATC", "ATA"], "I"),
    **dict.fromkeys(["TTA", "TTG", "CTT", "CTC", "CTA", "CTG"], "L"),
    **dict.fromkeys(["AAA", "AAG"], "K"),
    **dict.fromkeys(["ATG"], "M"),
    **dict.fromkeys(["TTT", "TTC"], "F"),
    **dict.fromkeys(["CCT", "CCC", "CCA", "CCG"], "P"),
    **dict.fromkeys(["TCT", "TCC", "TCA", "TCG", "AGT", "AGC"], "S"),
    **dict.fromkeys(["ACT", "ACC", "ACA", "ACG"], "T"),
    **dict.fromkeys(["TGG"], "W"),
    **dict.fromkeys(["TAT", "TAC"], "Y"),
    **dict.fromkeys(["GTT", "GTC", "GTA", "GTG"], "V"),
    **dict.fromkeys(["TAA", "TAG", "TGA"], "*"),
}
PAIRS = {"A": "T", "C": "G", "G": "C", "T": "A", "N": "N"}


def translated(bases: str) -> str:
    """Residues up to and including the first stop."""
    protein = ""
    for i in range(0, len(bases) - 2, 3):
        protein += CODONS[bases[i : i + 3]]
        if protein.endswith("*"):
            break
    return protein


def mrna(transcript: Transcript, bases: Mapping[int, str], tail_bp: int) -> str:
    """Coding bases and what follows; `bases` holds one *string* a genomic position, edited or not."""
    forward = transcript.strand == "+"
    positions: list[int] = []
    for exon in transcript.exons:
        span = range(exon.interval.start, exon.interval.end)
        positions += span if forward else reversed(span)
    last = positions[-1]
    positions += range(last + 1, last + 1 + tail_bp) if forward else range(last - 1, last - 1 - tail_bp, -1)
    turn: Callable[[str], str] = (lambda s: s) if forward else (lambda s: "".join(PAIRS[b] for b in reversed(s)))
    return "".join(turn(bases[p]) for p in positions)


def edited(bases: Mapping[int, str], allele: Allele) -> dict[int, str]:
    """The same bases after the allele: its ALT stands at its first position, nothing at the others."""
    result = dict(bases)
    result.update(dict.fromkeys(range(allele.start, allele.end), ""))
    result[allele.start] = allele.alt
    return result


def apply_coding(name: str, coding: str) -> str:
    """Apply an exonic `c.` name to the coding bases."""
    match = re.fullmatch(r"c\.(\d+)(?:_(\d+))?(?:([ACGT])>([ACGT])|(del|dup)|(delins|ins)([ACGT]+))", name)
    assert match, name
    first, last = int(match[1]), int(match[2] or match[1])
    before, held, after = coding[: first - 1], coding[first - 1 : last], coding[last:]
    if match[3]:
        assert held == match[3], name
        return before + match[4] + after
    if match[5]:
        return before + after if match[5] == "del" else before + held * 2 + after
    if match[6] == "ins":
        assert last == first + 1, name
        return before + held[0] + match[7] + held[1] + after
    return before + match[7] + after


def apply_protein(name: str, protein: str) -> str:
    """Apply an in-frame one-letter `p.` name to a protein that ends in `*`; a new stop ends it."""
    if name.endswith("="):
        return protein
    match = re.fullmatch(r"p\.([A-Z])(\d+)(?:_([A-Z*])(\d+))?(?:([A-Z*])|(del|dup)|(delins|ins)([A-Z]+\*?))", name)
    assert match, name
    first, last = int(match[2]), int(match[4] or match[2])
    assert protein[first - 1] == match[1], name
    assert match[3] is None or protein[last - 1] == match[3], name
    before, held, after = protein[: first - 1], protein[first - 1 : last], protein[last:]
    if match[5]:
        whole = before + match[5] + after
    elif match[6]:
        whole = before + after if match[6] == "del" else before + held * 2 + after
    elif match[7] == "ins":
        assert last == first + 1, name
        whole = before + held[0] + match[8] + held[1] + after
    else:
        whole = before + match[8] + after
    return whole[: whole.index("*") + 1]
