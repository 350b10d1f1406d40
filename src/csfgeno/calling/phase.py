"""Phase of the alleles that were called, in every specimen with reads."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Final

from csfgeno.calling.caller import SpecimenCaller
from csfgeno.evidence.phase import count_phase
from csfgeno.records import Finding, Phase
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import SpecimenKind

FRAGMENT_REACH_BP: Final = 500
"""Alleles farther apart than this are not asked for their phase; few molecules of cell-free DNA are longer."""


def phase_alleles(
    findings: Sequence[Finding], callers: Mapping[SpecimenKind, SpecimenCaller], thresholds: Thresholds
) -> tuple[Phase, ...]:
    """Return the phase of every two detected alleles that one molecule can show, in every specimen."""
    phases = []
    for first, second in combinations(findings, 2):
        one, other = first.allele, second.allele
        if one.contig != other.contig or not 0 <= other.start - one.end < FRAGMENT_REACH_BP:
            continue
        counts = [count_phase(c.evidence, kind, one, other, thresholds) for kind, c in callers.items()]
        told = tuple(count for count in counts if count is not None)
        if told:
            phases.append(Phase(one, other, told))
    return tuple(phases)
