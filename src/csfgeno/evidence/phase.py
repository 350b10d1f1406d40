"""Phase: whether two alleles lie on the same molecules."""

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.stats import binom

from csfgeno.evidence.specimen import SpecimenEvidence
from csfgeno.records import Allele, PhaseCounts
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import PhaseState, SpecimenKind

EXPLAINED: Final = 0.99
"""Share of sets of molecules that hold no more switched ones than are put down to switching."""

MOST_SWITCHED: Final = 5
"""At most one molecule of so many is put down to switching, whatever its rate."""

ROUNDING: Final = 1e-9

Keys = npt.NDArray[np.uint64]


def count_phase(
    evidence: SpecimenEvidence, kind: SpecimenKind, first: Allele, second: Allele, thresholds: Thresholds
) -> PhaseCounts | None:
    """Return how often two alleles meet on one molecule, `None` if no molecule covers both.

    A molecule covers an allele if it shows every base that tells it from the reference; molecules are recognised
    across tiles.
    """
    first_bears, first_covers = evidence.witnesses(first)
    second_bears, second_covers = evidence.witnesses(second)
    covering = np.intersect1d(first_covers, second_covers)
    if not len(covering):
        return None
    on_first, on_second = np.isin(covering, first_bears), np.isin(covering, second_bears)
    both, first_only = int((on_first & on_second).sum()), int((on_first & ~on_second).sum())
    second_only = int((on_second & ~on_first).sum())
    return PhaseCounts(
        specimen=kind,
        state=decide_phase(both, first_only, second_only, thresholds),
        both=both,
        first_only=first_only,
        second_only=second_only,
        neither=len(covering) - both - first_only - second_only,
    )


def decide_phase(both: int, first_only: int, second_only: int, thresholds: Thresholds) -> PhaseState:
    """Return the phase of two alleles from the molecules that cover both.

    METHOD: the rarer change decides. A subclone's change is in cis with a truncal one on all of its own molecules,
    though most molecules of the truncal one lack it. Molecules that say otherwise are put down to template switching
    if they are a share of at most 1 - `phase_share`, or if so few of them come of `template_switching` in 99 of 100
    sets of molecules, up to one in five.
    """
    informative = both + min(first_only, second_only)
    if informative < thresholds.phase_min_molecules:
        return PhaseState.UNDETERMINED
    switched = min(float(binom.ppf(EXPLAINED, informative, thresholds.template_switching)), informative / MOST_SWITCHED)
    tolerated = max(informative * (1 - thresholds.phase_share), switched)
    if informative - both <= tolerated + ROUNDING:
        return PhaseState.CIS
    return PhaseState.TRANS if both <= tolerated + ROUNDING else PhaseState.MIXED
