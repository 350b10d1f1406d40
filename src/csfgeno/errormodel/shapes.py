"""How much the sites of a specimen differ around their contexts: a gamma shape for each substitution and for indels."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from csfgeno.errormodel.context import substitution_of
from csfgeno.errormodel.counts import BackgroundCounts, Floats
from csfgeno.errormodel.shrinkage import DISPERSION_PRIOR, Shape, fit_shape
from csfgeno.records import Allele
from csfgeno.vocab import AlleleClass

GROUP_SD: Final = 0.5
"""SD of the log shapes of substitutions around their common shape."""

FOLDED: Final = np.minimum(np.arange(16), 15 - np.arange(16))
"""Substitution 0-15 and its complement under one number: on two strands they are one event."""


@dataclass(frozen=True, slots=True)
class SiteShapes:
    """Gamma shapes of the factor of a site: of all substitutions together, of each (folded, 0-15), of indels."""

    common: Shape
    substitutions: tuple[Shape, ...]
    indel: Shape

    def of(self, single: Allele) -> Shape:
        """Return the shape of a single substitution, insertion or deletion."""
        if single.klass is not AlleleClass.SNV:
            return self.indel
        return self.substitutions[4 * "ACGT".index(single.ref) + "ACGT".index(single.alt)]


def fit_site_shapes(
    counts: BackgroundCounts,
    expected: Floats,
    expected_indels: Floats,
    prior: tuple[float, float] = DISPERSION_PRIOR,
    known: Floats | float = np.inf,
) -> SiteShapes:
    """Return the shapes that a specimen shows.

    METHOD: damage differs more from site to site than errors of the polymerase, so each substitution has a shape of its
    own, drawn to the common one where it has few errors.

    Parameters
    ----------
    expected, expected_indels
        Errors expected from context, shapes (place, base) and (place, indel form).
    prior, known
        As in `fit_shape`, for substitutions; `known` has shape (place, base).
    """
    seen = counts.errors_by_site()
    common = fit_shape(seen, expected, prior, known)
    group = FOLDED[substitution_of(counts.change)]
    around = (float(np.log(common.mode)), GROUP_SD)
    own: dict[int, Shape] = {}
    for number in np.unique(FOLDED):
        rows = counts.is_background & (group == number)
        left = np.broadcast_to(known, seen.shape)[rows]
        own[int(number)] = fit_shape(seen[rows], expected[rows], around, left) if rows.any() else common
    indel = fit_shape(counts.indels_by_site(), expected_indels, prior)
    return SiteShapes(common, tuple(own[int(number)] for number in FOLDED), indel)
