"""Sites that err in every specimen of a laboratory: a factor for each site and allele, learnt from its normals.

An allele with K errors in the normals where mu were expected from context has the factor (K + a) / (mu + a), the mean
of its gamma posterior; a is the gamma shape of how sites differ, K + a the shape of what is left in doubt. Beside the
lasting factor a site varies from specimen to specimen, with gamma shape b.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from csfgeno.errormodel.counts import Floats, Integers
from csfgeno.errormodel.places import Places
from csfgeno.errormodel.recurrence import Recurrence
from csfgeno.evidence.haplotypes import BASES
from csfgeno.records import Allele

FACTOR_RANGE: Final = (0.1, 10_000.0)
"""Bounds of a site factor: normals never make a site ten times cleaner than its context."""


@dataclass(frozen=True)
class SiteTable:
    """Errors of the normals by site and allele, and how much sites differ.

    Attributes
    ----------
    errors, expected
        Wrong bases in all normals, and expected from context, shape (place, base).
    indels
        Background insertions and deletions that any normal showed, contigs named without `chr`.
    indel_errors, indel_expected
        Of `indels`, shape (indel,).
    recurrent
        What recurs in normals above the background, contigs named without `chr`.
    site_shape
        Gamma shape a of the lasting factor of a site.
    """

    places: Places
    errors: Integers
    expected: Floats
    indels: tuple[Allele, ...]
    indel_errors: Integers
    indel_expected: Floats
    recurrent: tuple[Recurrence, ...]
    site_shape: float

    def recurrence(self, allele: Allele) -> Recurrence | None:
        """Return what normals show of an allele above the background, if two of them do."""
        return self._recurrent.get((self.places.row(allele.contig, allele.start), allele.ref, allele.alt))

    def factor(self, allele: Allele) -> float:
        """Return by how much a single allele errs more than its context; 1 where nothing is known."""
        errors, expected = self._known(allele)
        factor = (errors + self.site_shape) / (expected + self.site_shape)
        # METHOD: context rates of indels are of all alleles of a class together, so a factor may only raise them.
        low = FACTOR_RANGE[0] if len(allele.ref) == len(allele.alt) else 1.0
        return min(max(factor, low), FACTOR_RANGE[1])

    def left(self, allele: Allele) -> float:
        """Return the squared relative doubt that normals leave of the factor of a single allele."""
        return 1.0 / (self._known(allele)[0] + self.site_shape)

    def lent(self, allele: Allele) -> float:
        """Return how much of the rate at a site still rests on its context, from 1 where no normal said anything."""
        return self.site_shape / (self._known(allele)[1] + self.site_shape)

    def factors(self) -> Floats:
        """Return the factor of every substitution, shape (place, base)."""
        return np.clip((self.errors + self.site_shape) / (self.expected + self.site_shape), *FACTOR_RANGE)

    def left_shapes(self) -> Floats:
        """Return the gamma shape of what is left in doubt of every factor, shape (place, base)."""
        return np.asarray(self.errors + self.site_shape, np.float64)

    def _known(self, allele: Allele) -> tuple[float, float]:
        """Return errors and expected errors in the normals, none outside the panel."""
        row = self.places.row(allele.contig, allele.start)
        if row is None:
            return 0.0, 0.0
        if len(allele.ref) == len(allele.alt) == 1:
            base = BASES.index(allele.alt)
            return float(self.errors[row, base]), float(self.expected[row, base])
        index = self._indel_row.get((row, allele.ref, allele.alt))
        return (0.0, 0.0) if index is None else (float(self.indel_errors[index]), float(self.indel_expected[index]))

    @cached_property
    def _recurrent(self) -> dict[tuple[int | None, str, str], Recurrence]:
        own = ((r.allele, r) for r in self.recurrent)
        return {(self.places.row(a.contig, a.start), a.ref, a.alt): r for a, r in own}

    @cached_property
    def _indel_row(self) -> dict[tuple[int | None, str, str], int]:
        return {(self.places.row(a.contig, a.start), a.ref, a.alt): i for i, a in enumerate(self.indels)}
