"""The coding sequence of a transcript, and what replacing some of its bases does to the protein."""

from dataclasses import dataclass

from csfgeno.annotation.protein import STOP, UNKNOWN_RESIDUE, translate, translate_to_stop
from csfgeno.annotation.transcripts import Transcript
from csfgeno.genome.edit import trim
from csfgeno.genome.sequence import StrandView
from csfgeno.vocab import Consequence

START_CODON = "ATG"


@dataclass(frozen=True, slots=True)
class CodingSequence:
    """Spliced coding bases, followed by the untranslated bases known behind the stop codon.

    Attributes
    ----------
    bases
        Upper-case, N where the genome is masked.
    length
        Bases up to and including the stop codon.
    """

    bases: str
    length: int

    def residue(self, index: int) -> str:
        """Return the residue of the 0-based codon `index`; `X` before the first and behind the stop codon."""
        inside = 0 <= index < self.length // 3
        return translate(self.bases[3 * index : 3 * index + 3]) if inside else UNKNOWN_RESIDUE


@dataclass(frozen=True, slots=True)
class Outcome:
    """Protein change of an exonic edit; `short` is the one-letter name without `p.`, `start` is 1-based."""

    consequence: Consequence
    short: str
    start: int
    ref: str = ""
    alt: str = ""


def read_coding(transcript: Transcript, view: StrandView) -> CodingSequence:
    """Return the coding sequence of a transcript from the genome."""
    last = transcript.oriented[-1][1]
    exons = [view.fetch(start, end) for start, end in transcript.oriented]
    tail = view.fetch(last, last + (transcript.utr3_bp or 0))
    return CodingSequence("".join(exons) + tail, transcript.cds_length)


def predict_protein(coding: CodingSequence, first: int, last: int, alt: str) -> Outcome:
    """Return what replacing coding bases [first, last) by `alt` does to the protein (HGVS protein rules, v21)."""
    mutated = coding.bases[:first] + alt + coding.bases[last:]
    if first < len(START_CODON) and not mutated.startswith(START_CODON):
        return Outcome(Consequence.START_LOST, "M1?", 1, "M")
    in_frame = (len(alt) - (last - first)) % 3 == 0
    # An insertion right before the stop codon lengthens the protein: HGVS calls it an extension.
    if in_frame and max(last, first + 1) <= coding.length - 3:
        return _local_change(coding, mutated, first, last)
    return _open_change(coding, mutated, first, in_frame)


# ------------------------------------------------------------------- the frame is kept, the stop codon too


def _local_change(coding: CodingSequence, mutated: str, first: int, last: int) -> Outcome:
    """Compare the codons that the edit touches; everything else is the same."""
    head, tail = first // 3, -(-last // 3)
    ref = translate(coding.bases[3 * head : 3 * tail])
    alt = translate(mutated[3 * head : 3 * tail + len(mutated) - len(coding.bases)])
    if UNKNOWN_RESIDUE in ref + alt:
        return Outcome(Consequence.UNKNOWN, "?", head + 1)
    if ref == alt:
        return Outcome(Consequence.SYNONYMOUS, _unchanged(ref, head), head + 1)
    prefix, ref, alt = trim(ref, alt)
    start, ref, alt = _to_new_stop(coding, head + prefix, ref, alt)
    if coding.residue(start) == STOP or not (ref or alt):
        return _open_change(coding, mutated, first, in_frame=True)
    if alt.endswith(STOP):
        return _early_stop(coding, start, ref, alt)
    start, ref, alt = _shift_residues(coding, start, ref, alt)
    if not (ref and alt) and coding.residue(start + len(ref)) == STOP:
        # Residues gone or added right before the stop: to HGVS an earlier stop (no deletion) or an extension.
        return _open_change(coding, mutated, first, in_frame=True)
    return Outcome(_local_consequence(ref, alt), name_residues(coding, start, ref, alt), start + 1, ref, alt)


def _to_new_stop(coding: CodingSequence, start: int, ref: str, alt: str) -> tuple[int, str, str]:
    """Return a change from the first residue that differs to its new stop, if it has one: the rest is not read."""
    if STOP not in alt:
        return start, ref, alt
    alt = alt[: alt.index(STOP) + 1]
    while alt and alt[0] == coding.residue(start):
        start, ref, alt = start + 1, ref[1:], alt[1:]
    return start, ref, alt


def _early_stop(coding: CodingSequence, start: int, ref: str, alt: str) -> Outcome:
    """Name a new stop: the residue that it replaces, or the residues before it that are new with it."""
    if alt == STOP:
        ref = coding.residue(start)
        return Outcome(Consequence.STOP_GAINED, f"{ref}{start + 1}{STOP}", start + 1, ref, STOP)
    return Outcome(Consequence.STOP_GAINED, name_residues(coding, start, ref, alt), start + 1, ref, alt)


def _unchanged(residues: str, head: int) -> str:
    first = f"{residues[0]}{head + 1}"
    return f"{first}=" if len(residues) == 1 else f"{first}_{residues[-1]}{head + len(residues)}="


def _shift_residues(coding: CodingSequence, start: int, ref: str, alt: str) -> tuple[int, str, str]:
    """Apply the 3' rule to residues: a pure insertion or deletion moves as far as the protein allows."""
    if ref and alt:
        return start, ref, alt
    unit = ref or alt
    while coding.residue(start + len(ref)) == unit[0]:
        start, unit = start + 1, unit[1:] + unit[0]
    return (start, unit, "") if ref else (start, "", unit)


def _local_consequence(ref: str, alt: str) -> Consequence:
    if not ref:
        return Consequence.INFRAME_INSERTION
    if not alt:
        return Consequence.INFRAME_DELETION
    return Consequence.MISSENSE if len(ref) == len(alt) else Consequence.INFRAME_DELINS


def name_residues(coding: CodingSequence, start: int, ref: str, alt: str) -> str:
    """Return the one-letter name of replacing `ref`, at 0-based residue `start`, by `alt`."""
    if not ref:
        before = "".join(coding.residue(i) for i in range(start - len(alt), start))
        if before == alt:
            return f"{_range(alt, start - len(alt))}dup"
        return f"{coding.residue(start - 1)}{start}_{coding.residue(start)}{start + 1}ins{alt}"
    if not alt:
        return f"{_range(ref, start)}del"
    if len(ref) == len(alt) == 1:
        return f"{ref}{start + 1}{alt}"
    return f"{_range(ref, start)}delins{alt}"


def _range(residues: str, start: int) -> str:
    first = f"{residues[0]}{start + 1}"
    return first if len(residues) == 1 else f"{first}_{residues[-1]}{start + len(residues)}"


# --------------------------------------------------------------- the frame or the stop codon is lost


def _open_change(coding: CodingSequence, mutated: str, first: int, in_frame: bool) -> Outcome:
    """Read both proteins on from the edit to the first residue that differs."""
    old, new = translate_to_stop(coding.bases[: coding.length]), translate_to_stop(mutated)
    at = first // 3
    while at < min(len(old), len(new)) and old[at] == new[at] != UNKNOWN_RESIDUE:
        at += 1
    if at == len(old) == len(new):
        return Outcome(Consequence.SYNONYMOUS, _unchanged(old[first // 3 : first // 3 + 1], first // 3), first // 3 + 1)
    if at >= min(len(old), len(new)) or UNKNOWN_RESIDUE in (old[at], new[at]):
        return Outcome(Consequence.UNKNOWN if in_frame else Consequence.FRAMESHIFT, "?", first // 3 + 1)
    ref, alt = old[at], new[at]
    to_stop = len(new) - at if new.endswith(STOP) and UNKNOWN_RESIDUE not in new[at:] else None
    if alt == STOP:
        return Outcome(Consequence.STOP_GAINED, f"{ref}{at + 1}{STOP}", at + 1, ref, alt)
    if ref == STOP:
        added = "?" if to_stop is None else to_stop - 1
        return Outcome(Consequence.STOP_LOST, f"{STOP}{at + 1}{alt}ext{STOP}{added}", at + 1, ref, alt)
    if in_frame:
        return Outcome(Consequence.STOP_LOST, "?", at + 1, ref, alt)
    return Outcome(
        Consequence.FRAMESHIFT, f"{ref}{at + 1}{alt}fs{STOP}{'?' if to_stop is None else to_stop}", at + 1, ref, alt
    )
