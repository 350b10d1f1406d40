"""Sites that err in every specimen of a laboratory: a factor for each site and allele, learnt from its normals.

An allele with K errors in the normals where mu were expected from context has the factor (K + a) / (mu + a), the mean
of its gamma posterior; a is the gamma shape of how sites differ, K + a the shape of what is left in doubt. Beside the
lasting factor a site varies from specimen to specimen, with gamma shape b.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.stats import nbinom

from csfgeno.errormodel.counts import BackgroundCounts, Floats, Integers
from csfgeno.errormodel.places import Places
from csfgeno.errormodel.recurrence import CommonAllele, Recurrence, find_recurrent
from csfgeno.errormodel.shrinkage import fit_shape
from csfgeno.evidence.haplotypes import BASES
from csfgeno.molecules.strata import KIND_OF_STRATUM
from csfgeno.records import Allele

FACTOR_RANGE: Final = (0.1, 10_000.0)
"""Bounds of a site factor: normals never make a site ten times cleaner than its context."""

BETWEEN_PRIOR: Final = (np.log(2.0), 1.0)
"""Mean and SD of log b before any normals. The noisy positions that Marianas publishes for 48 normals on a NovaSeq give
0.4 to 0.7 for five of six substitutions (mean of y(y-1) over mean of products of different normals, less 1, inverted;
github.com/mskcc/Marianas, Apache-2.0); that still holds differences between whole specimens, which are adapted to."""

MAX_SITE_SHAPE: Final = 2.0
"""Most that the context of a site weighs, in errors. Nearly all sites of an assay may be alike and a few very noisy,
which no gamma distribution says; a larger shape would talk these few down to their context."""

ODD_P: Final = 1e-4
"""A site whose errors in all normals have a smaller probability is odd: its context does not explain it."""

PRIVATE_P: Final = 1e-6
"""Errors of one normal with a smaller probability, given all other normals, are its own: a variant of its cells."""

MIN_ALT: Final = 3
"""Fewer molecules than this are never private to a normal, and make no site odd."""


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

    def shape(self, allele: Allele, between: float) -> float:
        """Return the gamma shape of a new specimen's factor at a single allele.

        Parameters
        ----------
        between
            Gamma shape b of what varies from specimen to specimen; squared coefficients of variation add up.
        """
        return 1.0 / (1.0 / (self._known(allele)[0] + self.site_shape) + 1.0 / between)

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


def fit_sites(
    normals: Sequence[BackgroundCounts], expected: Sequence[Floats], indel_rates: Floats
) -> tuple[SiteTable, float]:
    """Return the site table of normals, and the gamma shape between specimens.

    Parameters
    ----------
    expected
        Errors expected in each normal from context, shape (place, base).
    indel_rates
        Shape (kind, indel class).
    """
    seen = [counts.errors_by_site() for counts in normals]
    total, mean = np.sum(seen, axis=0), np.sum(expected, axis=0)
    shape, between = _fit_shapes(seen, expected, total, mean)
    indels = sorted({(s.place, s.allele.ref, s.allele.alt, s.klass) for counts in normals for s in counts.indels})
    table = SiteTable(
        places=normals[0].places,
        errors=total,
        expected=mean,
        indels=tuple(_allele(normals[0].places, place, ref, alt) for place, ref, alt, _ in indels),
        indel_errors=_indel_errors(normals, indels),
        indel_expected=_indel_expected(normals, indels, indel_rates),
        recurrent=find_recurrent([_plain(counts) for counts in normals]),
        site_shape=shape,
    )
    return table, between


def find_private(normals: Sequence[BackgroundCounts], expected: Sequence[Floats]) -> list[npt.NDArray[np.bool_]]:
    """Return which errors of each normal the others do not explain, shape (place, base) each.

    METHOD: an allele that one normal alone shows, beyond what sites vary, is a variant of that person (clonal
    haematopoiesis, mosaicism, contamination) and not the assay's noise. One normal alone cannot tell them apart.
    """
    seen = [counts.errors_by_site() for counts in normals]
    if len(normals) == 1:
        return [np.zeros(seen[0].shape, bool)]
    total, mean = np.sum(seen, axis=0), np.sum(expected, axis=0)
    shape = min(fit_shape(total, mean).mode, MAX_SITE_SHAPE)
    return [_private(y, mu, total - y, mean - mu, shape) for y, mu in zip(seen, expected, strict=True)]


def find_odd(normals: Sequence[BackgroundCounts], expected: Sequence[Floats]) -> npt.NDArray[np.bool_]:
    """Return which sites err far more in all normals together than sites of their context do, shape (place, base)."""
    total = np.sum([counts.errors_by_site() for counts in normals], axis=0)
    mean = np.sum(expected, axis=0)
    shape = min(fit_shape(total, mean).mode, MAX_SITE_SHAPE)
    is_many = total >= MIN_ALT
    odd = np.zeros(total.shape, bool)
    odd[is_many] = nbinom.sf(total[is_many] - 1, shape, shape / (shape + mean[is_many])) < ODD_P
    return odd


def _private(y: Integers, mu: Floats, others: Integers, others_mu: Floats, shape: float) -> npt.NDArray[np.bool_]:
    rest = others + shape
    predicted = mu * rest / (others_mu + shape)
    left = 1.0 / (1.0 / rest + np.exp(-BETWEEN_PRIOR[0]))
    is_many = y >= MIN_ALT
    p = nbinom.sf(y[is_many] - 1, left[is_many], left[is_many] / (left[is_many] + predicted[is_many]))
    private = np.zeros(y.shape, bool)
    private[is_many] = p < PRIVATE_P
    return private


def _fit_shapes(
    seen: Sequence[Integers], expected: Sequence[Floats], total: Integers, mean: Floats
) -> tuple[float, float]:
    """Return the gamma shapes of what lasts at a site and of what varies between specimens, one after the other."""
    between = float(np.exp(BETWEEN_PRIOR[0]))
    squares = np.sum([mu**2 for mu in expected], axis=0)
    # What varies between specimens averages out over this many equal normals, by site.
    normals = np.divide(mean**2, squares, out=np.ones_like(mean), where=squares > 0)
    shape = fit_shape(total, mean, known=between * normals).mode
    if len(seen) > 1:
        between = _fit_between(seen, expected, total, mean, shape)
        shape = fit_shape(total, mean, known=between * normals).mode
    return min(shape, MAX_SITE_SHAPE), between


def _fit_between(
    seen: Sequence[Integers], expected: Sequence[Floats], total: Integers, mean: Floats, shape: float
) -> float:
    """Return the gamma shape between specimens, each normal predicted from all others."""
    rest = [total - y + shape for y in seen]
    predicted = [mu * r / (mean - mu + shape) for mu, r in zip(expected, rest, strict=True)]
    return fit_shape(np.stack(seen), np.stack(predicted), BETWEEN_PRIOR, known=np.stack(rest)).mode


def _allele(places: Places, place: int, ref: str, alt: str) -> Allele:
    contig, pos = places.position(place)
    return Allele(contig, pos, ref, alt)


def _plain(counts: BackgroundCounts) -> list[CommonAllele]:
    return [replace(c, allele=_allele(counts.places, c.place, c.allele.ref, c.allele.alt)) for c in counts.common]


IndelKey = tuple[int, str, str, int]
"""Place, REF, ALT, indel class."""


def _indel_errors(normals: Sequence[BackgroundCounts], indels: Sequence[IndelKey]) -> Integers:
    row = {key: i for i, key in enumerate(indels)}
    errors = np.zeros(len(indels), np.int64)
    for seen in (seen for counts in normals for seen in counts.indels):
        errors[row[seen.place, seen.allele.ref, seen.allele.alt, seen.klass]] += int(seen.alt.sum())
    return errors


def _indel_expected(normals: Sequence[BackgroundCounts], indels: Sequence[IndelKey], indel_rates: Floats) -> Floats:
    place, klass = np.array([(key[0], key[3]) for key in indels], np.int64).reshape(-1, 2).T
    rates = indel_rates[KIND_OF_STRATUM[:, None], klass].T
    return np.asarray(np.sum([(counts.depth[place] * rates).sum(axis=1) for counts in normals], axis=0))
