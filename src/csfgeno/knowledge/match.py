"""Biomarkers of one allele, recognised on the mutated protein, and of one structural event."""

from csfgeno.annotation.protein import ProteinChange
from csfgeno.errors import ReferenceDataError
from csfgeno.knowledge.edits import parse_hgvsp
from csfgeno.knowledge.patterns import Combination, LossOfFunction, NoSmallAllele, Variant
from csfgeno.knowledge.rows import Biomarker
from csfgeno.knowledge.tables import KnowledgeBase
from csfgeno.records import CopyNumber, ExonSkipping, Fusion, Rearrangement, TranscriptChange
from csfgeno.vocab import CallState, Consequence, Frame, RearrangementKind


def match_biomarkers(
    change: TranscriptChange, protein: ProteinChange | None, kb: KnowledgeBase, sequence: str | None = None
) -> tuple[str, ...]:
    """Return the ids of the biomarkers that one allele is, in the order of the table.

    Classes and their subsets are all returned. An excluded biomarker takes precedence over a class:
    EGFR A763_Y764insFQEA is never the generic exon 20 insertion.

    Parameters
    ----------
    change
        Names and consequence on the panel transcript.
    protein
        Change of the protein, `None` outside the coding sequence.
    kb
        The knowledge base.
    sequence
        Wild-type protein in one-letter code, from residue 1. With it any spelling of an indel is recognised; without
        it `protein` must be shortest and C-terminal-most, as HGVS asks.

    Raises
    ------
    ReferenceDataError
        If the panel numbers the gene on another transcript than the match rules do.
    """
    variant = Variant.of(change, protein, sequence)
    candidates = {b.biomarker_id: b for b in kb.biomarkers.values() if change.gene in b.genes}
    for biomarker in candidates.values():
        _check_numbering(change, biomarker)
    direct = {i for i, biomarker in candidates.items() if biomarker.pattern.matcher.matches(variant)}
    return tuple(i for i, biomarker in candidates.items() if i in direct and _stands(biomarker, direct))


def match_protein_name(gene: str, name: str, kb: KnowledgeBase) -> tuple[str, ...]:
    """Return the ids of the biomarkers that a protein change in words is, e.g. `EGFR` and `p.L858R`.

    Raises
    ------
    ReferenceDataError
        If the name is no protein name that says all the residues it changes.
    """
    edit = parse_hgvsp(name)
    consequence = Consequence.STOP_GAINED if "*" in edit.alt else Consequence.MISSENSE
    transcript = next((t for b in kb.biomarkers.values() if b.genes[:1] == (gene,) for t in b.transcripts), "")
    change = TranscriptChange(gene, transcript, "", "", name, name, consequence, None)
    protein = ProteinChange(gene, edit.start, edit.ref, edit.alt, False, False, None, consequence)
    return match_biomarkers(change, protein, kb)


def match_fusion(fusion: Fusion, kb: KnowledgeBase) -> tuple[str, ...]:
    """Return the ids of the biomarkers that one fusion is, in the order of the table."""
    direct = {i for i, b in kb.biomarkers.items() if b.pattern.fusion is not None and b.pattern.fusion.matches(fusion)}
    return tuple(i for i, b in kb.biomarkers.items() if i in direct and _stands(b, direct))


def match_rearrangement(change: Rearrangement, kb: KnowledgeBase) -> tuple[str, ...]:
    """Return the ids of the biomarkers that a deletion or duplication of one gene is, in the order of the table."""
    return tuple(i for i, b in kb.biomarkers.items() if _is_change(b, change))


def _is_change(biomarker: Biomarker, change: Rearrangement) -> bool:
    """Whether a change is a biomarker: its duplication, or a loss of its gene.

    METHOD: a deletion that shifts the frame, or takes the start or the stop codon, destroys the protein of one copy as
    a truncating allele does.
    """
    pattern = biomarker.pattern
    if change.kind is RearrangementKind.TANDEM_DUPLICATION:
        return pattern.duplication is not None and pattern.duplication.matches(change)
    counts_loss = isinstance(pattern.matcher, LossOfFunction) and bool(pattern.matcher.truncated)
    is_lost = change.frame in (Frame.OUT_OF_FRAME, Frame.NO_TRANSCRIPT)
    return counts_loss and is_lost and change.gene in biomarker.genes


def match_copy_number(gene: CopyNumber, kb: KnowledgeBase) -> tuple[str, ...]:
    """Return the ids of the biomarkers that the copy number of one gene is.

    What was called decides: amplification or the loss of both copies. Where neither was, the biomarkers that it would
    have been are returned, so that a state can be given for them.
    """
    of_gene = [b for b in kb.biomarkers.values() if gene.gene in b.genes]
    gained = [b for b in of_gene if b.pattern.amplification is not None]
    lost = [b for b in of_gene if b.pattern.counts_deep_loss]
    if gene.amplification is CallState.DETECTED:
        return tuple(
            b.biomarker_id for b in gained if b.pattern.amplification and b.pattern.amplification.matches(gene)
        )
    if gene.deep_loss is CallState.DETECTED:
        return tuple(b.biomarker_id for b in lost)
    return tuple(b.biomarker_id for b in (*gained, *lost))


def match_exon_skipping(skipping: ExonSkipping, kb: KnowledgeBase) -> tuple[str, ...]:
    """Return the ids of the biomarkers that the skipping of one exon is."""
    return tuple(
        i for i, b in kb.biomarkers.items() if skipping.gene in b.genes and b.pattern.skipped_exon == skipping.exon
    )


def _stands(biomarker: Biomarker, direct: set[str]) -> bool:
    pattern = biomarker.pattern
    # METHOD: specific before general; a subset flag holds only together with its class.
    return direct.isdisjoint(pattern.excluded) and (pattern.subset_of is None or pattern.subset_of in direct)


def _check_numbering(change: TranscriptChange, biomarker: Biomarker) -> None:
    accession = change.transcript.partition(".")[0]
    accessions = {transcript.partition(".")[0] for transcript in biomarker.transcripts}
    names_small_alleles = not isinstance(biomarker.pattern.matcher, Combination | NoSmallAllele)
    if names_small_alleles and accession not in accessions:
        raise ReferenceDataError(
            f"the panel names {change.gene} changes on {change.transcript}, but the match rule of biomarker "
            f"{biomarker.biomarker_id} counts on {', '.join(biomarker.transcripts)}; use the same transcript for both"
        )
