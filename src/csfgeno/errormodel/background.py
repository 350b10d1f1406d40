"""The background of one specimen: how often an unmutated molecule shows an allele by error.

Errors are counted on the strand on which they happened (oxidation turns G into T on one strand, deamination C into T),
so a simplex molecule of strand B is read as its reverse complement; a duplex error has happened on both, so both
readings are pooled. Without a laboratory's model the rates are learnt from the specimen alone.
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from csfgeno.errormodel.classes import CLASS_OF_STRATUM
from csfgeno.errormodel.context import UNKNOWN, change_of, indel_class, reverse_change
from csfgeno.errormodel.counts import BackgroundCounts, Floats, count_background, tabulate
from csfgeno.errormodel.shrinkage import MAX_RATE, fit_shape, shrink_base_rates, shrink_indel_rates
from csfgeno.errormodel.sites import SiteTable
from csfgeno.evidence.specimen import SpecimenEvidence
from csfgeno.genome.sequence import SequenceSource
from csfgeno.molecules.strata import IS_STRAND_B, KIND_OF_STRATUM
from csfgeno.records import Allele
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import AlleleClass


@dataclass(frozen=True, slots=True)
class Background:
    """Error rates of a specimen.

    Attributes
    ----------
    base_rates
        Probability that a molecule of a class shows a wrong base, on its own strand, shape (class, change).
    indel_rates
        Probability that it shows an insertion or deletion of a class at a place, shape (kind, indel class).
    dispersion
        Gamma shape of the factor by which a site differs from its context, where nothing is known of the site.
    sites
        What a laboratory's normals say of single sites, `None` without them.
    description
        One sentence for the report.
    """

    base_rates: Floats
    indel_rates: Floats
    dispersion: float
    sites: SiteTable | None
    description: str

    def rates(self, allele: Allele, sequence: SequenceSource) -> Floats:
        """Return the error rate of `allele` for molecules of each stratum, shape (stratum,)."""
        if allele.klass in (AlleleClass.SNV, AlleleClass.MNV):
            return self._substitution_rates(allele, sequence)
        rates = self.indel_rates[KIND_OF_STRATUM, indel_class(allele, sequence)]
        return np.asarray(np.minimum(rates * self._site_factor(allele), MAX_RATE))

    def dispersion_at(self, allele: Allele) -> float:
        """Return the gamma shape that is left of the factor of the site of `allele`; the smallest of an MNV's."""
        if self.sites is None:
            return self.dispersion
        return min(self.sites.shape(single, self.dispersion) for single in singles(allele))

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


def fit_background(evidence: SpecimenEvidence, exclude: Collection[Allele], thresholds: Thresholds) -> Background:
    """Return the background of a specimen, learnt from every panel position but variants and hotspots.

    Parameters
    ----------
    exclude
        Alleles that must not teach the model: the hotspots, found or not.
    """
    return fit_counts(count_background(evidence.tiles, evidence.sequence, exclude, thresholds), thresholds)


def fit_counts(counts: BackgroundCounts, thresholds: Thresholds) -> Background:
    """Return the background that a specimen's own counts teach."""
    rates = shrink_base_rates(tabulate(counts), thresholds)
    chances = int((counts.depth.sum(axis=1)[:, None] * counts.is_background).sum())
    return Background(
        base_rates=rates,
        indel_rates=shrink_indel_rates(counts.indel_errors, counts.indel_chances, thresholds),
        dispersion=fit_shape(counts.errors_by_site(), counts.expected_by_site(rates)),
        sites=None,
        description=(
            f"learnt from this specimen's own panel background: {int(counts.molecules.sum()):,} wrong bases in "
            f"{chances:,} chances; no panel of normals"
        ),
    )
