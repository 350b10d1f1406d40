"""Phase of biomarkers: what the molecules say of two alleles, in the words of the therapy rules."""

from collections.abc import Sequence
from itertools import product
from typing import Final

from csfgeno.knowledge.rows import Phase as PhaseWord
from csfgeno.records import Finding, Phase
from csfgeno.vocab import PhaseState, SpecimenKind

_WORDS: Final = {
    PhaseState.CIS: PhaseWord.CIS,
    # METHOD: a clone in cis resists what changes in trans would not, so a mixture counts as cis.
    PhaseState.MIXED: PhaseWord.CIS,
    PhaseState.TRANS: PhaseWord.TRANS,
}


def biomarker_phases(phases: Sequence[Phase], findings: Sequence[Finding]) -> dict[frozenset[str], str]:
    """Return `cis` or `trans` of pairs of biomarkers; a pair that no specimen settles is left out.

    METHOD: the first compartment that settles a pair decides, CSF before plasma before tissue; a normal specimen says
    nothing of a tumour. Where several pairs of alleles are the same two biomarkers, one pair in cis makes it cis.
    """
    ids = {finding.allele: finding.biomarker_ids for finding in findings}
    settled: dict[frozenset[str], str] = {}
    for phase in phases:
        states = (c.state for kind in SpecimenKind if kind is not SpecimenKind.NORMAL if (c := phase.of(kind)))
        word = next((_WORDS[state] for state in states if state in _WORDS), None)
        for pair in map(frozenset, product(ids.get(phase.first, ()), ids.get(phase.second, ()))):
            if word is not None and len(pair) == 2 and settled.get(pair) != PhaseWord.CIS:
                settled[pair] = word
    return settled
