"""Are two specimens of one person? A likelihood ratio over unrelated persons, site by site."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import logsumexp

from csfgeno.identity.genotypes import (
    SAME,
    SEEN_SAME,
    SEEN_UNRELATED,
    SHARE_WEIGHTS,
    UNRELATED,
    Vector,
    likelihoods_by_tumour,
)
from csfgeno.identity.sites import Site
from csfgeno.records import IdentityMatch, Reason
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import SpecimenKind
from csfgeno.vocab.comparison import IdentityResult, ReasonCode

DISCORDANT: Final = 0.1
"""Likelihood ratio below which a site speaks against one person."""


def match_specimens(
    first: SpecimenKind, second: SpecimenKind, sites: Sequence[Site], thresholds: Thresholds
) -> IdentityMatch:
    """Return whether two specimens are of one person.

    A site of the table speaks for every pair; one that was found in a specimen only for pairs with that specimen.
    """
    usable = [s for s in sites if _speaks(s, first, second, thresholds.identity_min_depth)]
    terms = [_compare(site, first, second, thresholds.allele_drop_out) for site in usable]
    log10, discordant = weigh(terms, first, second)
    result = _decide(log10, thresholds)
    values: dict[str, float | int | str] = {"sites": len(usable), "discordant": discordant, "log10": log10}
    codes = {
        IdentityResult.MATCH: ReasonCode.SITES_AGREE,
        IdentityResult.MISMATCH: ReasonCode.SITES_DIFFER,
        IdentityResult.NOT_ASSESSABLE: ReasonCode.TOO_FEW_SITES,
    }
    return IdentityMatch(
        first=first,
        second=second,
        result=result,
        log10_likelihood_ratio=log10 if usable else None,
        sites=len(usable),
        discordant=discordant,
        chance_match=math.prod(term.chance for term in terms) if usable else None,
        basis=(Reason(codes[result], None, values),),
    )


def _decide(log10: float, thresholds: Thresholds) -> IdentityResult:
    if log10 <= thresholds.identity_mismatch:
        return IdentityResult.MISMATCH
    return IdentityResult.MATCH if log10 >= thresholds.identity_match else IdentityResult.NOT_ASSESSABLE


def _speaks(site: Site, first: SpecimenKind, second: SpecimenKind, min_depth: int) -> bool:
    counts = [site.counts.get(kind) for kind in (first, second)]
    is_covered = all(own is not None and own.depth >= min_depth for own in counts)
    return is_covered and site.seen_in in (None, first, second)


@dataclass(frozen=True, slots=True)
class Term:
    """One site: likelihood of its counts if of one person and if of two, by the tumour shares of both specimens.

    `chance` is how likely an unrelated person has the same genotype.
    """

    same: Vector
    unrelated: Vector
    chance: float


def _compare(site: Site, first: SpecimenKind, second: SpecimenKind, drop_out: float) -> Term:
    a, b = (likelihoods_by_tumour(kind, site.counts[kind], drop_out) for kind in (first, second))
    if site.seen_in is None:
        return compare_genotypes(a, b, SAME, UNRELATED)
    return compare_genotypes(a, b, SEEN_SAME, SEEN_UNRELATED if site.seen_in is first else SEEN_UNRELATED.T)


def compare_genotypes(a: Vector, b: Vector, genotypes: Vector, joint: Vector) -> Term:
    """Return what one site says, from the likelihoods of two specimens by tumour share, each of shape (shares, 3).

    `genotypes` are the probabilities of one person's, `joint` those of two unrelated persons, shape (first, second).
    """
    same = (a * genotypes) @ b.T
    likeliest = int(np.argmax(genotypes * a.max(axis=0) * b.max(axis=0)))
    chance = float(joint[likeliest, likeliest] / joint[likeliest].sum())
    return Term(same, a @ joint @ b.T, chance)


def weigh(terms: Sequence[Term], first: SpecimenKind, second: SpecimenKind) -> tuple[float, int]:
    """Return log10 of the likelihood ratio of one person, and how many sites speak against one.

    METHOD: tumour shares are averaged over for all sites together, under one person and under two. A site speaks
    against one person if it does with the shares that fit one person best.
    """
    if not terms:
        return 0.0, 0
    weights = np.log(np.maximum(np.outer(SHARE_WEIGHTS[first], SHARE_WEIGHTS[second]), 1e-300))
    same, unrelated = (
        weights + sum(np.log(np.maximum(rows, 1e-300)) for rows in kind)
        for kind in ([t.same for t in terms], [t.unrelated for t in terms])
    )
    log10 = float(logsumexp(same) - logsumexp(unrelated)) / math.log(10.0)
    best = np.unravel_index(int(np.argmax(same)), same.shape)
    return log10, sum(bool(t.same[best] < DISCORDANT * t.unrelated[best]) for t in terms)
