"""Hand-written protein changes and findings for the knowledge tests."""

import re

from csfgeno.annotation.protein import ProteinChange
from csfgeno.knowledge.tables import load_knowledge
from csfgeno.records import (
    Allele,
    AlleleCounts,
    Case,
    Clinical,
    Finding,
    PriorTherapy,
    Specimen,
    SpecimenCall,
    StratumCounts,
    TranscriptChange,
)
from csfgeno.vocab import CallingTier, CallState, Consequence, MoleculeKind, SpecimenKind

EGFR_718 = (
    "LGSGAFGTVYKGLWIPEGEKVKIPVAIKELREATSPKANKEILDEAYVMASVDNPHVCRLLGICLTSTVQLITQLMPFGCLLDYVREHKDNIGSQYLLNWCVQIAKGMNYLEDRR"
    "LVHRDLAARNVLVKTPQHVKITDFGLAKLLGAEEKEYHAEGGKVPIKWMALESILHRIYTHQSDVWSYGVTVWELMTFGSKPYDGIPASEISSILEKGERLPQPPICTIDVYMIMVK"
)
EGFR = "X" * 717 + EGFR_718
"""UniProt P00533 from residue 718; what comes before does not matter here."""


def protein(gene: str, text: str) -> ProteinChange:
    """`L858R` a substitution, `746:ELREA>` a deletion, `764:>FQEA` an insertion, `R130fs` a frameshift."""
    if found := re.fullmatch(r"([A-Z])(\d+)fs", text):
        return ProteinChange(gene, int(found[2]), found[1], "X", True, False, None, Consequence.FRAMESHIFT)
    if found := re.fullmatch(r"([A-Z])(\d+)([A-Z*])", text):
        kind = Consequence.STOP_GAINED if found[3] == "*" else Consequence.MISSENSE
        return ProteinChange(gene, int(found[2]), found[1], found[3], False, False, None, kind)
    found = re.fullmatch(r"(\d+):([A-Z]*)>([A-Z*]*)", text)
    assert found is not None, text
    net = len(found[3]) - len(found[2])
    kind = Consequence.INFRAME_DELETION if net < 0 else Consequence.INFRAME_INSERTION
    return ProteinChange(gene, int(found[1]), found[2], found[3], False, False, None, kind)


def change(
    gene: str, transcript: str, consequence: Consequence = Consequence.MISSENSE, hgvs_c: str = "c.1A>C"
) -> TranscriptChange:
    return TranscriptChange(gene, transcript, "g.1A>C", hgvs_c, "p.?", "p.?", consequence, None)


COUNTS = AlleleCounts(
    strata=(StratumCounts(MoleculeKind.SIMPLEX, 1000, 50, 1e-5),),
    ref=950,
    other=0,
    discordant=0,
    alt_forward=25,
    alt_reverse=25,
    ref_forward=475,
    ref_reverse=475,
)


def finding(
    *biomarker_ids: str,
    start: int,
    states: dict[SpecimenKind, CallState] | None = None,
) -> Finding:
    """A finding at `start` with these biomarkers, detected in CSF unless `states` says otherwise."""
    chosen = states or {SpecimenKind.CSF: CallState.DETECTED}
    calls = tuple(
        SpecimenCall(kind, state, COUNTS, CallingTier.HOTSPOT, 0.05, 0.04, 0.06, -50.0, 100.0, 0.001)
        for kind, state in chosen.items()
    )
    return Finding(Allele("chr7", start, "A", "C"), None, calls, biomarker_ids=biomarker_ids)


def case(*prior: str | PriorTherapy) -> Case:
    specimen = Specimen(SpecimenKind.CSF, "csf")
    treatments = tuple(PriorTherapy(drug) if isinstance(drug, str) else drug for drug in prior)
    return Case("case-1", "P1", (specimen,), Clinical(prior_therapies=treatments))


KB = load_knowledge()
"""The shipped tables."""
