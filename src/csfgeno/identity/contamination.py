"""DNA of another person: homozygous sites that show the other allele, all at fractions that one contaminant explains.

With the share c of another person's DNA a site of genotype h shows the fraction `(1 - c) h + c g / 2` of ALT, where g
is the other person's number of ALT copies. Genotypes are not known for sure and are averaged over, so that one odd site
(copies lost in the tumour, an error-prone base) makes no contaminant.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln, logsumexp, xlog1py, xlogy

from csfgeno.identity.genotypes import (
    SAME,
    SEEN_SAME,
    SEEN_UNRELATED,
    UNRELATED,
    genotype_likelihoods,
    log_heterozygote,
)
from csfgeno.identity.sites import Site
from csfgeno.records import Contamination, Reason
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import SpecimenKind
from csfgeno.vocab.comparison import ContaminationState, ReasonCode

Array = npt.NDArray[np.float64]

SHARES: Final = np.concatenate(([0.0], np.geomspace(2e-4, 0.5, 60)))
"""Shares of another person's DNA that are weighed: none, and others each as likely."""

_ERROR_FACTORS: Final = np.array([0.2, 0.5, 1.0, 2.0, 5.0])
_ERROR_WEIGHTS: Final = np.array([0.1, 0.3, 0.35, 0.2, 0.05])
"""How far a site's error rate may be from the one stated, and how usual that is.

A log-normal factor of mean 1 with an SD of 0.7, its upper end doubled (assumed): sites differ for good and from
specimen to specimen, with gamma shapes of about 3 and 4.
"""

_LEAST_ERROR: Final = 5e-5
_REPEATS: Final = 100


def find_contamination(kind: SpecimenKind, sites: Sequence[Site], thresholds: Thresholds) -> Contamination:
    """Return the share of another person's DNA in one specimen, and the share that its sites would have shown.

    METHOD: genotypes are learnt from all specimens of the case, since a tumour does not change those of normal cells.
    """
    own = [s for s in sites if _depth(s, kind) >= thresholds.identity_min_depth]
    if not own:
        return Contamination(kind, ContaminationState.NOT_ASSESSABLE, basis=(Reason(ReasonCode.TOO_FEW_SITES, kind),))
    model = ShareModel(kind, own, thresholds.allele_drop_out)
    alt = np.array([[s.counts[kind].alt for s in own]])
    posterior = weigh_shares(model.log_likelihoods(alt))[0]
    limit = _limit(model, thresholds)
    homozygous, showing = model.homozygous_sites(alt[0])
    values: dict[str, float | int | str] = {"sites": homozygous, "sites_with_other": showing}
    if log10_evidence(posterior) >= thresholds.contamination_evidence:
        side = (1.0 - thresholds.interval_level) / 2.0
        low, middle, high = _quantiles(posterior[1:], (side, 0.5, 1.0 - side))
        reason = Reason(ReasonCode.MINOR_ALLELES, kind, values)
        return Contamination(
            kind, ContaminationState.CONTAMINATED, middle, low, high, limit, homozygous, showing, (reason,)
        )
    is_blind = limit is None
    state = ContaminationState.NOT_ASSESSABLE if is_blind else ContaminationState.NOT_FOUND
    reason = Reason(ReasonCode.TOO_FEW_SITES if is_blind else ReasonCode.NO_MINOR_ALLELES, kind, values)
    return Contamination(kind, state, limit=limit, sites=homozygous, sites_with_other=showing, basis=(reason,))


class ShareModel:
    """Likelihood of counts at the sites of one specimen, by the share of another person's DNA."""

    def __init__(self, kind: SpecimenKind, sites: Sequence[Site], drop_out: float) -> None:
        counts = [site.counts[kind] for site in sites]
        self.depth = np.array([c.depth for c in counts])
        self.error = np.array([max(c.error, _LEAST_ERROR) for c in counts])
        self.host = np.stack([_host(site, kind, drop_out) for site in sites])
        self.guest = np.stack([_guest(site) for site in sites])
        own = np.stack([genotype_likelihoods(kind, c, drop_out) for c in counts])
        self.genotypes = np.argmax(self.host * own, axis=1)
        self._kind = kind

    def log_likelihoods(self, alt: npt.NDArray[np.int64]) -> Array:
        """Return the likelihood of ALT counts, shape (draws, sites), by share: (draws, shares)."""
        total = np.zeros((len(alt), len(SHARES)))
        for i in range(len(self.depth)):
            values, inverse = np.unique(alt[:, i], return_inverse=True)
            total += self._site(i, values)[inverse.reshape(-1)]
        return total

    def _site(self, i: int, alt: npt.NDArray[np.int64]) -> Array:
        """Return the likelihood of ALT counts of one site, up to a constant, by share: (counts, shares)."""
        n = int(self.depth[i])
        het = [log_heterozygote(self._kind, int(k), n) for k in alt]
        total = np.exp(np.array(het))[:, None] * np.full(len(SHARES), self.host[i, 1])[None, :]
        choose = _log_choose(n, alt)[:, None]
        for host in (0, 2):
            for guest in range(3):
                p = (1.0 - SHARES) * (host / 2.0) + SHARES * guest / 2.0
                weight = self.host[i, host] * self.guest[i, host, guest]
                total = total + weight * np.exp(choose + _log_counts(alt, n, p, float(self.error[i])))
        return np.asarray(np.log(np.maximum(total, 1e-300)))

    def draw(self, share: float, repeats: int, random: np.random.Generator) -> npt.NDArray[np.int64]:
        """Return ALT counts of specimens with that share of another person's DNA, shape (repeats, sites)."""
        drawn = np.zeros((repeats, len(self.depth)), np.int64)
        for i, n in enumerate(self.depth.tolist()):
            host = int(self.genotypes[i])
            if host == 1:
                # A heterozygote tells nothing of another person, so what it shows need not be drawn.
                drawn[:, i] = n // 2
                continue
            guest = random.choice(3, repeats, p=self.guest[i, host] / self.guest[i, host].sum())
            p = (1.0 - share) * host / 2.0 + share * guest / 2.0
            drawn[:, i] = random.binomial(n, np.clip(p * (1 - self.error[i]) + (1 - p) * self.error[i], 0.0, 1.0))
        return drawn

    def homozygous_sites(self, alt: npt.NDArray[np.int64]) -> tuple[int, int]:
        """Return at how many sites the patient is homozygous, and at how many the other allele is above errors."""
        other = np.where(self.genotypes == 0, alt, self.depth - alt)
        is_homozygous = self.genotypes != 1
        above = other > self.depth * self.error * 3.0 + 1.0
        return int(is_homozygous.sum()), int((is_homozygous & above).sum())


def _log_counts(alt: npt.NDArray[np.int64], n: int, p: Array, error: float) -> Array:
    """Return the binomial likelihood, averaged over how error-prone the site may be, shape (counts, shares).

    METHOD: a rate five times the stated one is rare but possible; were it as likely as the stated one, two molecules
    of a contaminant at a site would count for little, and a contaminant of 0.5% would be overlooked more often.
    """
    errors = np.minimum(error * _ERROR_FACTORS, 0.05)[:, None, None]
    shown = np.clip(p * (1.0 - errors) + (1.0 - p) * errors, 1e-9, 1.0 - 1e-9)
    rows = xlogy(alt[None, :, None], shown) + xlog1py(n - alt[None, :, None], -shown)
    return np.asarray(logsumexp(rows, axis=0, b=_ERROR_WEIGHTS[:, None, None]))


def _log_choose(n: int, alt: npt.NDArray[np.int64]) -> Array:
    return np.asarray(gammaln(n + 1.0) - gammaln(alt + 1.0) - gammaln(n - alt + 1.0))


def _depth(site: Site, kind: SpecimenKind) -> int:
    counts = site.counts.get(kind)
    return counts.depth if counts else 0


def _host(site: Site, kind: SpecimenKind, drop_out: float) -> Array:
    """Return the probability of the patient's genotypes: from the normal specimen, otherwise from all but this one."""
    others = [k for k in site.counts if k is not kind and site.counts[k].depth]
    told = [SpecimenKind.NORMAL] if SpecimenKind.NORMAL in others else others
    weights = (SAME if site.seen_in is None else SEEN_SAME).copy()
    for other in told:
        weights = weights * genotype_likelihoods(other, site.counts[other], drop_out)
    if not told:
        return np.asarray(weights / weights.sum())
    weights = weights + 1e-6 * weights.sum()
    return np.asarray(weights / weights.sum())


def _guest(site: Site) -> Array:
    """Return the probability of another person's genotypes, given those of the patient, shape (patient, other)."""
    joint = UNRELATED if site.seen_in is None else SEEN_UNRELATED
    rows = joint.sum(axis=1, keepdims=True)
    return np.asarray(np.where(rows > 0, joint / np.maximum(rows, 1e-300), 1.0 / 3.0))


def weigh_shares(logs: Array) -> Array:
    """Return the probabilities of shares, half of it on none, shape (draws, shares)."""
    prior = np.concatenate(([0.5], np.full(len(SHARES) - 1, 0.5 / (len(SHARES) - 1))))
    weights = np.log(prior)[None, :] + logs
    return np.asarray(np.exp(weights - logsumexp(weights, axis=1, keepdims=True)))


def log10_evidence(posterior: Array) -> float:
    """Return the log10 Bayes factor of any share over none."""
    return float(np.log10(max(posterior[1:].sum(), 1e-300)) - np.log10(max(float(posterior[0]), 1e-300)))


def _limit(model: ShareModel, thresholds: Thresholds) -> float | None:
    """Return the smallest share that would have been found with probability `contamination_power`, `None` if no share.

    Detection rises with the share, so the grid is searched by halving.
    """
    low, high = 0, len(SHARES) - 1
    if _found_share(model, SHARES[high], thresholds) < thresholds.contamination_power:
        return None
    while high - low > 1:
        middle = (low + high) // 2
        is_found = _found_share(model, SHARES[middle], thresholds) >= thresholds.contamination_power
        low, high = (low, middle) if is_found else (middle, high)
    return float(SHARES[high])


def _found_share(model: ShareModel, share: float, thresholds: Thresholds) -> float:
    """Return how often that share of another person's DNA would be found, from drawn counts (the same every time)."""
    posterior = weigh_shares(model.log_likelihoods(model.draw(share, _REPEATS, np.random.default_rng(1))))
    return float(np.mean([log10_evidence(row) >= thresholds.contamination_evidence for row in posterior]))


def _quantiles(weights: Array, levels: tuple[float, float, float]) -> list[float]:
    reached = np.cumsum(weights / weights.sum())
    return [float(SHARES[1:][min(int(np.searchsorted(reached, level)), len(reached) - 1)]) for level in levels]
