"""Loss of heterozygosity: inherited heterozygous variants whose two alleles are no longer in balance."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from scipy.optimize import brentq
from scipy.stats import chi2, ncx2, norm

from csfgeno.evidence.specimen import SpecimenEvidence
from csfgeno.records import Allele, LossOfHeterozygosity, Target
from csfgeno.structural.depth import MOLECULE_BP
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import AlleleClass, CallState, SpecimenKind

GENES: Final = ("TP53", "RB1", "CDKN2A", "STK11", "PTEN")
"""Tumour suppressors of which a remaining copy matters."""

LEAST_DEPTH: Final = 50
"""Molecules of the normal below which a variant is not taken for heterozygous."""

NO_NORMAL: Final = "no normal cells were read, which would tell the heterozygous variants"
NO_SITES: Final = "the patient has no heterozygous variant in the targets of the gene"
FOUND: Final = "the alleles are out of balance"
NOT_FOUND: Final = "the alleles are in balance"
NO_POWER: Final = "too few molecules at heterozygous variants"


@dataclass(frozen=True, slots=True)
class Heterozygous:
    """One heterozygous variant of the patient: its allele fraction in the normal, of `depth` molecules."""

    allele: Allele
    balance: float
    depth: int


@dataclass(frozen=True, slots=True)
class Site:
    """One heterozygous variant: its fraction and molecules in the normal, and its molecules in a specimen.

    `spread` is the standard deviation of the distance between both fractions beyond counting.
    """

    balance: float
    normal_depth: int
    alt: int
    depth: int
    spread: float

    @property
    def variance(self) -> float:
        """Variance of the distance between the fractions of specimen and normal, where nothing was lost.

        METHOD: the fraction of the normal is counted too; taken for known, it would make balanced genes look lost.
        Two libraries differ by more than counting, which depth does not lessen; without `spread` deep specimens would
        look lost as well.
        """
        counting = self.balance * (1.0 - self.balance) * (1.0 / self.depth + 1.0 / self.normal_depth)
        return counting + self.spread**2

    @property
    def score(self) -> float:
        """Squared distance from balance in standard errors."""
        return (self.alt / self.depth - self.balance) ** 2 / self.variance


def heterozygous_alleles(
    normal: SpecimenEvidence, targets: Sequence[Target], thresholds: Thresholds
) -> dict[str, list[Heterozygous]]:
    """Return the heterozygous substitutions of the patient in each of `GENES`, none on the molecules of another."""
    places = [target for target in targets if target.gene in GENES]
    found: dict[str, list[Heterozygous]] = {gene: [] for gene in GENES}
    for allele in normal.alleles():
        gene = next((t.gene for t in places if _holds(t, allele)), None)
        if gene is None or allele.klass is not AlleleClass.SNV:
            continue
        tally = normal.tally(allele)
        alt, depth = int(tally.alt.sum()), int(tally.depth.sum())
        if depth >= LEAST_DEPTH and thresholds.heterozygous_low <= alt / depth <= 1 - thresholds.heterozygous_low:
            found[gene].append(Heterozygous(allele, alt / depth, depth))
    return {gene: keep_apart(own) for gene, own in found.items()}


def keep_apart(alleles: Sequence[Heterozygous]) -> list[Heterozygous]:
    """Return the alleles that share no molecule, the deepest of those that do, in genome order.

    METHOD: two variants on the same molecules are counted from the same draws; taken for two, chance would be squared
    and balanced genes would look lost.
    """
    kept: list[Heterozygous] = []
    for own in sorted(alleles, key=lambda one: (-one.depth, one.allele)):
        if all(abs(own.allele.start - other.allele.start) >= MOLECULE_BP for other in kept):
            kept.append(own)
    return sorted(kept, key=lambda one: one.allele)


def state_heterozygosity(
    kind: SpecimenKind,
    evidence: SpecimenEvidence,
    alleles: dict[str, list[Heterozygous]] | None,
    genes: Sequence[str],
    thresholds: Thresholds,
) -> Iterator[LossOfHeterozygosity]:
    """Yield the state of each gene; `alleles` is `None` without a normal.

    METHOD: at each variant the molecules are binomial around the fraction of the normal, which carries the bias of
    capture and alignment, its own counting, and the spread between two libraries, taken as normal and independent from
    site to site; the squared distances add up to chi-squared. A tumour fraction f that lost one of two copies moves the
    fraction to 1 / (2 - f) or (1 - f) / (2 - f), which gives the limit by the non-central chi-squared.
    """
    for gene in (gene for gene in GENES if gene in genes):
        if alleles is None:
            yield _nothing(gene, kind, NO_NORMAL)
            continue
        sites = [_site(evidence, allele, thresholds.heterozygous_spread) for allele in alleles[gene]]
        seen = [site for site in sites if site.depth > 0]
        yield judge_balance(gene, kind, seen, thresholds) if seen else _nothing(gene, kind, NO_SITES)


def balance_log_p(sites: Sequence[Site]) -> float:
    """Return the natural log of the probability of fractions at least as far from balance, where nothing was lost."""
    return float(chi2.logsf(sum(site.score for site in sites), len(sites)))


def limit_fraction(sites: Sequence[Site], thresholds: Thresholds) -> float | None:
    """Return the tumour fraction whose loss of one copy would be called with probability `lod_power`."""
    critical = chi2.isf(thresholds.loss_of_heterozygosity_p, len(sites))

    def excess(fraction: float) -> float:
        shift = fraction / (2.0 * (2.0 - fraction))
        strength = sum(shift**2 / site.variance for site in sites)
        return float(ncx2.sf(critical, len(sites), max(strength, 1e-12))) - thresholds.lod_power

    return float(brentq(excess, 1e-6, 1.0)) if excess(1.0) >= 0 else None


def _holds(target: Target, allele: Allele) -> bool:
    place = target.interval
    return place.contig == allele.contig and place.start <= allele.start < place.end


def _site(evidence: SpecimenEvidence, own: Heterozygous, spread: float) -> Site:
    tally = evidence.tally(own.allele)
    return Site(own.balance, own.depth, int(tally.alt.sum()), int(tally.depth.sum()), spread)


def judge_balance(gene: str, kind: SpecimenKind, sites: Sequence[Site], thresholds: Thresholds) -> LossOfHeterozygosity:
    """Return the state of a gene from its heterozygous variants, at least one with molecules."""
    log_p = balance_log_p(sites)
    depth = sum(site.depth for site in sites)
    shift = sum(abs(site.alt - site.balance * site.depth) for site in sites) / depth
    side = (
        float(norm.ppf((1 + thresholds.interval_level) / 2))
        * math.sqrt(sum(site.depth**2 * site.variance for site in sites))
        / depth
    )
    lod = limit_fraction(sites, thresholds)
    if log_p <= math.log(thresholds.loss_of_heterozygosity_p):
        state, reason = CallState.DETECTED, FOUND
    elif lod is not None and lod <= thresholds.heterozygosity_max_limit:
        state, reason = CallState.NOT_DETECTED, NOT_FOUND
    else:
        state, reason = CallState.NOT_ASSESSABLE, NO_POWER
    return LossOfHeterozygosity(
        gene=gene,
        specimen=kind,
        state=state,
        heterozygous_sites=len(sites),
        molecules=depth,
        shift=shift,
        shift_low=max(shift - side, 0.0),
        shift_high=min(shift + side, 0.5),
        log10_p=log_p / math.log(10.0),
        lod_tumour_fraction=lod,
        reason=reason,
    )


def _nothing(gene: str, kind: SpecimenKind, reason: str) -> LossOfHeterozygosity:
    return LossOfHeterozygosity(gene, kind, CallState.NOT_ASSESSABLE, 0, 0, None, None, None, None, None, reason)
