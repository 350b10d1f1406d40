"""Match rules of the biomarker table: what each kind of rule recognises in one named allele."""

import re
from dataclasses import dataclass
from typing import Final, Protocol

from csfgeno.annotation.protein import ProteinChange
from csfgeno.knowledge.edits import Edit
from csfgeno.records import CopyNumber, Fusion, Rearrangement, TranscriptChange
from csfgeno.vocab import Consequence, CopyExtent, Frame, MatchLevel, RearrangementKind

TRUNCATING: Final = frozenset({Consequence.STOP_GAINED, Consequence.FRAMESHIFT, Consequence.START_LOST})
SPLICE_SITE: Final = frozenset({Consequence.SPLICE_DONOR, Consequence.SPLICE_ACCEPTOR})

_CODING_POSITIONS: Final = re.compile(r"c\.(\d+)([+-]\d+)?(?:_(\d+)([+-]\d+)?)?(\D.*)")

CodingPosition = tuple[int, int]
"""Nearest coding base and intron offset: `c.2888-30` is `(2888, -30)`; these pairs sort along the transcript."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One allele as the rules see it: its names, first changed codon, edit of the protein, and the wild type."""

    change: TranscriptChange
    codon: int | None
    edit: Edit | None
    sequence: str | None

    @classmethod
    def of(cls, change: TranscriptChange, protein: ProteinChange | None, sequence: str | None) -> "Variant":
        """Return the variant; a frameshift has no edit of its own, for its new residues are not a change in place."""
        if protein is None or protein.frameshift:
            return cls(change, protein.start if protein else None, None, sequence)
        edit = Edit(protein.start, protein.ref, protein.alt).canonical(sequence)
        return cls(change, protein.start, edit, sequence)

    @property
    def is_inframe(self) -> bool:
        """Whether residues change without a new stop codon."""
        return self.edit is not None and "*" not in self.edit.alt and bool(self.edit.ref or self.edit.alt)


class Matcher(Protocol):
    """One recogniser of alleles; `level` says how specific it is."""

    @property
    def level(self) -> MatchLevel: ...  # noqa: D102 - the class docstring says it

    def matches(self, variant: Variant) -> bool: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class ListedAlleles:
    """Exactly these coding changes of the transcript."""

    names: frozenset[str]
    level: MatchLevel = MatchLevel.EXACT

    def matches(self, variant: Variant) -> bool:
        """Whether the coding name, without its transcript, is listed."""
        return variant.change.hgvs_c.rpartition(":")[2] in self.names


@dataclass(frozen=True, slots=True)
class ListedChanges:
    """Exactly these changes of the protein, however they are spelt."""

    edits: tuple[Edit, ...]
    level: MatchLevel = MatchLevel.PROTEIN_CHANGE

    def matches(self, variant: Variant) -> bool:
        """Whether the mutated protein is one of the listed ones."""
        if variant.edit is None:
            return False
        # METHOD: p.L858_A859delinsRS carries L858R: a block of equal length is read residue by residue.
        found = {variant.edit, *variant.edit.substitutions}
        return any(edit.canonical(variant.sequence) in found for edit in self.edits)


@dataclass(frozen=True, slots=True)
class CodonChanges:
    """A missense change at one of the codons; `alts` restricts the new residue, `None` allows any.

    `removed` are codons of which an in-frame deletion counts as well.
    """

    codons: frozenset[int]
    alts: frozenset[str] | None
    excluded: frozenset[str] = frozenset()
    removed: range | None = None
    level: MatchLevel = MatchLevel.CODON

    def matches(self, variant: Variant) -> bool:
        """Whether one residue of the codons is exchanged for an allowed one, or deleted where that counts."""
        if variant.edit is None:
            return False
        return any(self._is_listed(edit) for edit in variant.edit.substitutions) or self._is_removed(variant)

    def _is_listed(self, edit: Edit) -> bool:
        if edit.start not in self.codons or edit.alt == "*" or edit.alt in self.excluded:
            return False
        return self.alts is None or edit.alt in self.alts

    def _is_removed(self, variant: Variant) -> bool:
        if self.removed is None or variant.edit is None or not variant.is_inframe or variant.edit.net_length >= 0:
            return False
        return _overlaps(variant.edit, self.removed)


@dataclass(frozen=True, slots=True)
class InframeDeletion:
    """Loss of residues in frame that starts inside `codons`, but not at `not_start`, and touches `core`."""

    codons: range
    core: range
    not_start: int | None = None
    level: MatchLevel = MatchLevel.EXON_CLASS

    def matches(self, variant: Variant) -> bool:
        """Whether residues are lost there; new residues may come in (delins) as long as fewer than were lost."""
        edit = variant.edit
        if edit is None or not variant.is_inframe or edit.net_length >= 0 or edit.start == self.not_start:
            return False
        # METHOD: the end is not bounded: the C-terminal-most spelling of a deletion near the exon's end lies beyond it.
        return edit.start in self.codons and _overlaps(edit, self.core)


@dataclass(frozen=True, slots=True)
class InframeInsertion:
    """Gain of residues in frame after a codon of the window."""

    codons: range
    level: MatchLevel = MatchLevel.EXON_CLASS

    def matches(self, variant: Variant) -> bool:
        """Whether residues are gained there; some may be lost (delins) as long as more come in."""
        edit = variant.edit
        if edit is None or not variant.is_inframe or edit.net_length <= 0:
            return False
        # METHOD: an insertion belongs to the codon before it (V769_D770insASV is 769, near loop), a delins to the
        # first codon it changes. The codon decides, not the exon: an insertion at an exon edge lies in neither.
        return (edit.start if edit.ref else edit.start - 1) in self.codons


@dataclass(frozen=True, slots=True)
class LossOfFunction:
    """Truncation inside `truncated`, loss of a splice site, or missense at listed codons, as far as each counts."""

    truncated: range | None
    splice: bool
    missense: tuple[range, ...] = ()
    level: MatchLevel = MatchLevel.GENE_LOSS

    def matches(self, variant: Variant) -> bool:
        """Whether the allele destroys the protein in one of the ways that count."""
        consequence = variant.change.consequence
        if self.truncated and consequence in TRUNCATING and (variant.codon or 1) in self.truncated:
            return True
        if self.splice and consequence in SPLICE_SITE:
            return True
        substitutions = variant.edit.substitutions if variant.edit else ()
        return any(edit.start in codons and edit.alt != "*" for edit in substitutions for codons in self.missense)


@dataclass(frozen=True, slots=True)
class CodingWindow:
    """A stretch of the transcript in coding positions, both ends included."""

    first: CodingPosition
    last: CodingPosition

    def overlaps(self, first: CodingPosition, last: CodingPosition) -> bool:
        """Whether the two stretches share a base."""
        return first <= self.last and last >= self.first


@dataclass(frozen=True, slots=True)
class ExonSkip:
    """Damage to the splice sites of one exon: windows for substitutions, and wider ones for everything else."""

    substitutions: tuple[CodingWindow, ...]
    others: tuple[CodingWindow, ...]
    level: MatchLevel = MatchLevel.EXACT

    def matches(self, variant: Variant) -> bool:
        """Whether the allele touches a window of its kind; read from the coding name."""
        found = _CODING_POSITIONS.fullmatch(variant.change.hgvs_c.rpartition(":")[2])
        if found is None:
            return False
        first = int(found[1]), int(found[2] or 0)
        last = (int(found[3]), int(found[4] or 0)) if found[3] else first
        windows = self.substitutions if ">" in found[5] else self.others
        return any(window.overlaps(first, last) for window in windows)


@dataclass(frozen=True, slots=True)
class Combination:
    """A biomarker of the case: all of `all_of`, any of `any_of`, or `at_least` carriers of biomarkers of one role.

    With `gene` only biomarkers of that gene count, with `is_of_distinct_genes` every gene counts once.
    """

    all_of: tuple[str, ...] = ()
    any_of: tuple[str, ...] = ()
    gene: str = ""
    role: str = ""
    at_least: int = 0
    is_of_distinct_genes: bool = False
    level: MatchLevel = MatchLevel.COMBINATION

    def matches(self, variant: Variant) -> bool:  # noqa: ARG002 - one allele can never be a combination
        """Return `False`: `knowledge.presence` decides it over the whole case."""
        return False


@dataclass(frozen=True, slots=True)
class NoSmallAllele:
    """A biomarker that no small allele shows: a fusion, a duplication or a copy number."""

    level: MatchLevel = MatchLevel.GENE_EVENT

    def matches(self, variant: Variant) -> bool:  # noqa: ARG002 - no small allele is such an event
        """Return `False`."""
        return False


@dataclass(frozen=True, slots=True)
class FusionEvent:
    """A fusion with one of the genes as its 3' partner, as its 5' partner, or as either.

    `exons` are the last exon kept of the 5' partner and the first kept of the 3' partner; `None` accepts any.
    """

    three_prime: frozenset[str] = frozenset()
    five_prime: frozenset[str] = frozenset()
    either: frozenset[str] = frozenset()
    needs_kinase: bool = False
    exons: tuple[int, int] | None = None

    def matches(self, fusion: Fusion) -> bool:
        """Whether the fusion joins the right genes in frame, and keeps the kinase domain where that is asked."""
        # METHOD: a fusion of unknown frame counts, one out of frame does not; the kinase must be shown to be kept.
        if fusion.frame in (Frame.OUT_OF_FRAME, Frame.NO_TRANSCRIPT):
            return False
        if self.needs_kinase and not fusion.kinase_domain_kept:
            return False
        genes = fusion.five_prime.gene, fusion.three_prime.gene
        if genes[0] == genes[1]:  # a change inside one gene
            return False
        if self.either and self.either.isdisjoint(genes):
            return False
        asked = zip((self.five_prime, self.three_prime), genes, strict=True)
        if any(accepted and gene not in accepted for accepted, gene in asked):
            return False
        return self.exons is None or self.exons == (fusion.five_prime.exon, fusion.three_prime.exon)


@dataclass(frozen=True, slots=True)
class TandemDuplication:
    """A tandem duplication of one gene that holds the exons `first` to `last`, told by its junction."""

    gene: str
    first: int
    last: int

    def matches(self, change: Rearrangement) -> bool:
        """Whether a duplication of the gene holds all of the exons and is in frame."""
        # METHOD: as for fusions, a junction of unknown frame counts, one out of frame does not.
        if change.frame in (Frame.OUT_OF_FRAME, Frame.NO_TRANSCRIPT):
            return False
        is_of_kind = change.gene == self.gene and change.kind is RearrangementKind.TANDEM_DUPLICATION
        return is_of_kind and set(range(self.first, self.last + 1)) <= set(change.exons)


@dataclass(frozen=True, slots=True)
class Amplification:
    """A gain of the gene to at least `copies`, focal where `is_focal` asks for it."""

    copies: float
    is_focal: bool = False

    def matches(self, gain: CopyNumber) -> bool:
        """Whether the gain is high and focal enough, as far as either is known."""
        # METHOD: a gain of a whole chromosome arm is no amplification; an unknown number of copies is taken as called.
        if self.is_focal and gain.extent is CopyExtent.ARM:
            return False
        return gain.copies is None or gain.copies >= self.copies


@dataclass(frozen=True, slots=True)
class Pattern:
    """The match rule of one biomarker: what it is among small alleles, fusions, copy numbers and skipped exons.

    `excluded` biomarkers take precedence, `subset_of` must match too; `unseen` are the parts of the rule that nothing
    in csfgeno looks for.
    """

    matcher: Matcher
    excluded: tuple[str, ...] = ()
    subset_of: str | None = None
    fusion: FusionEvent | None = None
    duplication: TandemDuplication | None = None
    amplification: Amplification | None = None
    counts_deep_loss: bool = False
    skipped_exon: int | None = None
    unseen: tuple[str, ...] = ()


def _overlaps(edit: Edit, codons: range) -> bool:
    return edit.start < codons.stop and edit.end >= codons.start
