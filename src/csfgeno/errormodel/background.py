"""The background of one specimen: how often an unmutated molecule shows an allele by error.

Errors are counted on the strand on which they happened (oxidation turns G into T on one strand, deamination C into T),
so a simplex molecule of strand B is read as its reverse complement; a duplex error has happened on both, so both
readings are pooled. Without a laboratory's model the rates are learnt from the specimen alone.
"""

from dataclasses import dataclass

import numpy as np

from csfgeno.errormodel.classes import CLASS_OF_STRATUM
from csfgeno.errormodel.context import INDEL_FORMS, RUN_BINS, UNKNOWN, change_of, indel_class, reverse_change
from csfgeno.errormodel.counts import BackgroundCounts, Floats, tabulate
from csfgeno.errormodel.posterior import combined_doubt, equal_sites, learn_contexts
from csfgeno.errormodel.recurrence import Recurrence
from csfgeno.errormodel.shapes import SiteShapes, fit_site_shapes
from csfgeno.errormodel.shrinkage import (
    MAX_RATE,
    PRIOR_ERRORS,
    doubt_indel_rates,
    fit_shape,
    shrink_base_rates,
    shrink_indel_rates,
)
from csfgeno.errormodel.sites import SiteTable
from csfgeno.errormodel.spread import Spread, halve
from csfgeno.errormodel.variant_indels import without_variant_indels
from csfgeno.genome.sequence import SequenceSource
from csfgeno.molecules.strata import IS_STRAND_B, KIND_OF_STRATUM
from csfgeno.records import Allele
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import AlleleClass


@dataclass(frozen=True, slots=True)
class Background:
    """Error rates of a specimen, and what is not known of them.

    Attributes
    ----------
    base_rates
        Probability that a molecule of a class shows a wrong base, on its own strand, shape (class, change).
    base_doubt
        Squared relative doubt of these rates, shape (kind, change).
    indel_rates
        Probability that it shows an insertion or deletion of a class at a place, shape (kind, indel class).
    indel_doubt
        Squared relative doubt of these rates, shape (kind, indel class).
    shapes
        How a site differs from its context, where nothing is known of the site.
    sites
        What a laboratory's normals say of single sites, `None` without them.
    description
        One sentence for the report.
    """

    base_rates: Floats
    base_doubt: Floats
    indel_rates: Floats
    indel_doubt: Floats
    shapes: SiteShapes
    sites: SiteTable | None
    description: str

    def rates(self, allele: Allele, sequence: SequenceSource) -> Floats:
        """Return the error rate of `allele` for molecules of each stratum, shape (stratum,)."""
        if allele.klass in (AlleleClass.SNV, AlleleClass.MNV):
            return self._substitution_rates(allele, sequence)
        rates = self.indel_rates[KIND_OF_STRATUM, indel_class(allele, sequence)]
        return np.asarray(np.minimum(rates * self._site_factor(allele), MAX_RATE))

    def recurrence(self, allele: Allele) -> Recurrence | None:
        """Return what the laboratory's normals show of an allele that is too common in them for an error."""
        return None if self.sites is None else self.sites.recurrence(allele)

    def spread(self, allele: Allele, expected: Floats, sequence: SequenceSource) -> Spread:
        """Return how far the errors of `allele` may be from `expected`, shape (stratum,).

        METHOD: of an MNV the site that varies most and the rate that is known least count.
        """
        parts = [self._spread_of(single, expected, sequence) for single in singles(allele)]
        widest = min(parts, key=lambda part: part.shape)
        return Spread(widest.shape, widest.shape_sd, max(part.rate_sd for part in parts))

    def _spread_of(self, single: Allele, expected: Floats, sequence: SequenceSource) -> Spread:
        shape = self.shapes.of(single)
        doubt = combined_doubt(self._doubt(single, sequence), expected)
        if self.sites is None:
            gamma, log_normal = halve(shape.mode)
            return Spread(gamma, shape.sd, float(np.sqrt(log_normal + np.log1p(doubt))))
        # What the normals say of the site itself takes the place of its context.
        lent, left = self.sites.lent(single), self.sites.left(single)
        return Spread(shape.mode, shape.sd, float(np.sqrt(np.log1p(left) + lent**2 * np.log1p(doubt))))

    def _doubt(self, single: Allele, sequence: SequenceSource) -> Floats:
        """Return the squared relative doubt of the rate of a single allele, shape (stratum,)."""
        if single.klass is not AlleleClass.SNV:
            return np.asarray(self.indel_doubt[KIND_OF_STRATUM, indel_class(single, sequence)])
        change = change_of(single, 0, sequence)
        if change == UNKNOWN:
            return np.asarray(self.base_doubt[KIND_OF_STRATUM].max(axis=1))
        own = np.where(IS_STRAND_B, int(reverse_change(np.array(change))), change)
        return np.asarray(self.base_doubt[KIND_OF_STRATUM, own])

    def _substitution_rates(self, allele: Allele, sequence: SequenceSource) -> Floats:
        """Return the rate of the least likely of the substituted bases.

        METHOD: an MNV error is taken to be as likely as its rarest single error, not as their product, because errors
        on neighbouring bases of one molecule are not independent.
        """
        rates = [self._base_rates_at(change_of(s, 0, sequence)) * self._site_factor(s) for s in singles(allele)]
        return np.asarray(np.minimum(np.min(rates, axis=0), MAX_RATE))

    def _base_rates_at(self, change: int) -> Floats:
        if change == UNKNOWN:
            return np.asarray(self.base_rates[CLASS_OF_STRATUM].max(axis=1))
        own = np.where(IS_STRAND_B, int(reverse_change(np.array(change))), change)
        return np.asarray(self.base_rates[CLASS_OF_STRATUM, own])

    def _site_factor(self, allele: Allele) -> float:
        return 1.0 if self.sites is None else self.sites.factor(allele)


def singles(allele: Allele) -> list[Allele]:
    """Return the single substitutions of an SNV or MNV; an insertion or deletion is its own and only one."""
    if len(allele.ref) != len(allele.alt):
        return [allele]
    return [
        Allele(allele.contig, allele.start + i, r, a)
        for i, (r, a) in enumerate(zip(allele.ref, allele.alt, strict=True))
        if r != a
    ]


def fit_counts(counts: BackgroundCounts, thresholds: Thresholds) -> Background:
    """Return the background that a specimen's own counts teach."""
    counts = without_variant_indels(counts, thresholds)
    table = tabulate(counts)
    first = shrink_base_rates(table, thresholds)
    rough = fit_shape(counts.errors_by_site(), counts.expected_by_site(first)).mode
    contexts = learn_contexts(table, equal_sites(counts, first), rough, thresholds)
    indels = shrink_indel_rates(counts.indel_errors, counts.indel_chances, thresholds)
    chances = int((counts.depth.sum(axis=1)[:, None] * counts.is_background).sum())
    shapes = fit_site_shapes(counts, counts.expected_by_site(contexts.rates), counts.expected_indels_by_site(indels))
    return Background(
        base_rates=contexts.rates,
        base_doubt=contexts.doubt,
        indel_rates=indels,
        indel_doubt=doubt_indels(counts, shapes.indel.mode),
        shapes=shapes,
        sites=None,
        description=(
            f"learnt from this specimen's own panel background: {int(counts.molecules.sum()):,} wrong bases in "
            f"{chances:,} chances; no panel of normals"
        ),
    )


def doubt_indels(counts: BackgroundCounts, shape: float) -> Floats:
    """Return the squared relative doubt of indel rates, shape (kind, indel class)."""
    places = np.tile(np.bincount(counts.run[counts.run != UNKNOWN], minlength=len(RUN_BINS)), INDEL_FORMS)
    believed = counts.indel_errors / (counts.indel_errors + PRIOR_ERRORS)
    return np.asarray(doubt_indel_rates(counts.indel_errors) + believed / (shape * np.maximum(places, 1)))
