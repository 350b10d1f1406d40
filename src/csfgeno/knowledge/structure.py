"""Structural events of a case, each with the biomarkers that it is."""

from dataclasses import replace

from csfgeno.knowledge.match import match_copy_number, match_exon_skipping, match_fusion, match_rearrangement
from csfgeno.knowledge.tables import KnowledgeBase
from csfgeno.structural.case import Structure


def recognise(structure: Structure, knowledge: KnowledgeBase) -> Structure:
    """Return the structural events, each with the biomarkers that it is."""
    return replace(
        structure,
        fusions=tuple(replace(f, biomarker_ids=match_fusion(f, knowledge)) for f in structure.fusions),
        rearrangements=tuple(
            replace(r, biomarker_ids=match_rearrangement(r, knowledge)) for r in structure.rearrangements
        ),
        copy_numbers=tuple(replace(n, biomarker_ids=match_copy_number(n, knowledge)) for n in structure.copy_numbers),
        exon_skippings=tuple(
            replace(s, biomarker_ids=match_exon_skipping(s, knowledge)) for s in structure.exon_skippings
        ),
    )
