"""What normals say of single sites: what is private to one of them, what is odd, what lasts and what varies."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.stats import nbinom

from csfgeno.errormodel.counts import BackgroundCounts, Floats, Integers
from csfgeno.errormodel.normals import Expectation, Normals, SiteSums, sum_sites
from csfgeno.errormodel.places import Places
from csfgeno.errormodel.recurrence import CommonAllele, find_recurrent
from csfgeno.errormodel.shrinkage import fit_shape, fit_shape_in_passes, log_negative_binomial
from csfgeno.errormodel.sites import SiteTable
from csfgeno.molecules.strata import KIND_OF_STRATUM
from csfgeno.records import Allele

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


def fit_sites(normals: Normals, expectation: Expectation, indel_rates: Floats) -> tuple[SiteTable, float]:
    """Return the site table of normals, and the gamma shape between specimens.

    Parameters
    ----------
    indel_rates
        Shape (kind, indel class).
    """
    sums = sum_sites(normals, expectation)
    shape, between = _fit_shapes(normals, expectation, sums)
    places = next(iter(normals)).places
    errors: defaultdict[IndelKey, int] = defaultdict(int)
    common = []
    for counts in normals:
        common.append(_plain(counts))
        for seen in counts.indels:
            errors[seen.place, seen.allele.ref, seen.allele.alt, seen.klass] += int(seen.alt.sum())
    indels = sorted(errors)
    table = SiteTable(
        places=places,
        errors=sums.errors,
        expected=sums.expected,
        indels=tuple(_allele(places, place, ref, alt) for place, ref, alt, _ in indels),
        indel_errors=np.array([errors[key] for key in indels], np.int64),
        indel_expected=_indel_expected(normals, indels, indel_rates),
        recurrent=find_recurrent(common),
        site_shape=shape,
    )
    return table, between


def find_private(normals: Normals, expectation: Expectation) -> list[Integers]:
    """Return which errors of each normal the others do not explain, as flat indices into (place, base).

    METHOD: an allele that one normal alone shows, beyond what sites vary, is a variant of that person (clonal
    haematopoiesis, mosaicism, contamination) and not the assay's noise. One normal alone cannot tell them apart.
    """
    if len(normals) == 1:
        return [np.zeros(0, np.int64)]
    sums = sum_sites(normals, expectation)
    shape = min(fit_shape(sums.errors, sums.expected).mode, MAX_SITE_SHAPE)
    private = []
    for counts in normals:
        y, mu = counts.errors_by_site(), expectation.of(counts)
        private.append(np.flatnonzero(_private(y, mu, sums.errors - y, sums.expected - mu, shape)))
    return private


def find_odd(sums: SiteSums) -> npt.NDArray[np.bool_]:
    """Return which sites err far more in all normals together than sites of their context do, shape (place, base)."""
    total, mean = sums.errors, sums.expected
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


def _fit_shapes(normals: Normals, expectation: Expectation, sums: SiteSums) -> tuple[float, float]:
    """Return the gamma shapes of what lasts at a site and of what varies between specimens, one after the other."""
    between = float(np.exp(BETWEEN_PRIOR[0]))
    # What varies between specimens averages out over this many equal normals, by site.
    number = np.divide(sums.expected**2, sums.squares, out=np.ones_like(sums.expected), where=sums.squares > 0)
    shape = fit_shape(sums.errors, sums.expected, known=between * number).mode
    if len(normals) > 1:
        between = _fit_between(normals, expectation, sums, shape)
        shape = fit_shape(sums.errors, sums.expected, known=between * number).mode
    return min(shape, MAX_SITE_SHAPE), between


def _fit_between(normals: Normals, expectation: Expectation, sums: SiteSums, shape: float) -> float:
    """Return the gamma shape between specimens, each normal predicted from all others."""

    def log_likelihood(log_shapes: Floats) -> Floats:
        total = np.zeros(len(log_shapes))
        for counts in normals:
            y, mu = counts.errors_by_site(), expectation.of(counts)
            used = mu > 0
            rest = (sums.errors - y)[used] + shape
            predicted = mu[used] * rest / (sums.expected[used] - mu[used] + shape)
            for i, log_shape in enumerate(log_shapes):
                total[i] += log_negative_binomial(y[used], predicted, 1.0 / (1.0 / rest + np.exp(-log_shape))).sum()
        return total

    return fit_shape_in_passes(log_likelihood, BETWEEN_PRIOR)


def _allele(places: Places, place: int, ref: str, alt: str) -> Allele:
    contig, pos = places.position(place)
    return Allele(contig, pos, ref, alt)


def _plain(counts: BackgroundCounts) -> list[CommonAllele]:
    return [replace(c, allele=_allele(counts.places, c.place, c.allele.ref, c.allele.alt)) for c in counts.common]


IndelKey = tuple[int, str, str, int]
"""Place, REF, ALT, indel class."""


def _indel_expected(normals: Normals, indels: Sequence[IndelKey], indel_rates: Floats) -> Floats:
    place, klass = np.array([(key[0], key[3]) for key in indels], np.int64).reshape(-1, 2).T
    rates = indel_rates[KIND_OF_STRATUM[:, None], klass].T
    expected = np.zeros(len(indels))
    for counts in normals:
        expected += (counts.depth[place] * rates).sum(axis=1)
    return expected
