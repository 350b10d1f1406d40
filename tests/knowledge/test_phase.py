"""The phase of alleles in the words of the therapy rules."""

import pytest

from csfgeno.knowledge.phase import biomarker_phases
from csfgeno.records import Allele, Finding, Phase, PhaseCounts
from csfgeno.vocab import PhaseState, SpecimenKind

FIRST, SECOND = Allele("chr7", 55_181_377, "C", "T"), Allele("chr7", 55_181_397, "T", "A")
FINDINGS = (
    Finding(FIRST, None, (), biomarker_ids=("EGFR_T790M",)),
    Finding(SECOND, None, (), biomarker_ids=("EGFR_C797S",)),
)
PAIR = frozenset({"EGFR_T790M", "EGFR_C797S"})


def phase(**states: PhaseState) -> Phase:
    counts = (PhaseCounts(SpecimenKind[kind], state, 5, 5, 5, 5) for kind, state in states.items())
    return Phase(FIRST, SECOND, tuple(counts))


@pytest.mark.parametrize(
    ("states", "word"),
    [
        ({"CSF": PhaseState.CIS}, "cis"),
        ({"CSF": PhaseState.TRANS}, "trans"),
        ({"CSF": PhaseState.MIXED}, "cis"),
        ({"CSF": PhaseState.UNDETERMINED, "PLASMA": PhaseState.TRANS}, "trans"),
        ({"CSF": PhaseState.TRANS, "PLASMA": PhaseState.CIS}, "trans"),
        ({"CSF": PhaseState.UNDETERMINED}, None),
        ({"NORMAL": PhaseState.CIS}, None),
    ],
)
def test_the_first_compartment_that_can_tell_decides(states: dict[str, PhaseState], word: str | None) -> None:
    assert biomarker_phases((phase(**states),), FINDINGS).get(PAIR) == word


def test_alleles_without_biomarkers_settle_nothing() -> None:
    assert biomarker_phases((phase(CSF=PhaseState.CIS),), FINDINGS[:1]) == {}
