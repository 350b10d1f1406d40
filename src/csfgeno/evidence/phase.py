"""Phase: whether two alleles lie on the same molecules."""

import math
import sys

import numpy as np
import numpy.typing as npt
from scipy.special import betainc, logsumexp
from scipy.stats import binom

from csfgeno.evidence.specimen import SpecimenEvidence
from csfgeno.records import Allele, PhaseCounts
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import PhaseState, SpecimenKind

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
    """Return the phase of two alleles from the molecules that cover both, `UNDETERMINED` if none is likely enough.

    METHOD: the rarer change decides. A subclone's change is in cis with a truncal one on all of its own molecules,
    though most molecules of the truncal one lack it. Three states explain how many of its molecules show both: cis (all
    but those that template switching parts), trans (none but those that it joins), and mixed (any share between
    1 - `phase_share` and `phase_share`, alike). One is stated if its posterior probability is at least
    `phase_certainty`; `phase_mixed_prior` is the prior of mixed, the rest is shared by cis and trans.
    """
    contrary = min(first_only, second_only)
    if both + contrary < thresholds.phase_min_molecules:
        return PhaseState.UNDETERMINED
    weights = phase_weights(both, contrary, thresholds)
    state = max(weights, key=weights.__getitem__)
    is_certain = weights[state] - logsumexp(list(weights.values())) >= math.log(thresholds.phase_certainty)
    return state if is_certain else PhaseState.UNDETERMINED


def phase_weights(both: int, contrary: int, thresholds: Thresholds) -> dict[PhaseState, float]:
    """Return the logarithm of prior times likelihood of cis, trans and mixed.

    Parameters
    ----------
    both, contrary
        Molecules of the rarer change that show the other one too, and that do not.
    """
    total, share, prior = both + contrary, thresholds.phase_share, thresholds.phase_mixed_prior
    pure = math.log((1 - prior) / 2)
    # The binomial probability integrated over the share p, by I_x(a, b), the regularised incomplete beta function.
    within = betainc(both + 1, contrary + 1, share) - betainc(both + 1, contrary + 1, 1 - share)
    mixed = max(float(within), sys.float_info.min) / ((total + 1) * (2 * share - 1))
    return {
        PhaseState.CIS: pure + float(binom.logpmf(contrary, total, thresholds.template_switching)),
        PhaseState.TRANS: pure + float(binom.logpmf(both, total, thresholds.template_switching)),
        PhaseState.MIXED: math.log(prior) + math.log(mixed),
    }
