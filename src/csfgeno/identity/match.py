"""Are two specimens of one person? A likelihood ratio over unrelated persons, site by site."""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from csfgeno.identity.genotypes import (
    SAME,
    SEEN_SAME,
    SEEN_UNRELATED,
    UNRELATED,
    genotype_likelihoods,
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
    ratios = [ratio for ratio, _ in terms]
    log10 = sum(math.log10(ratio) for ratio in ratios)
    discordant = sum(ratio < DISCORDANT for ratio in ratios)
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
        chance_match=math.prod(chance for _, chance in terms) if usable else None,
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


def _compare(site: Site, first: SpecimenKind, second: SpecimenKind, drop_out: float) -> tuple[float, float]:
    """Return the likelihood ratio of one person at a site, and how likely an unrelated person has the same genotype."""
    one, other = (first, second) if site.seen_in in (None, first) else (second, first)
    a, b = (genotype_likelihoods(kind, site.counts[kind], drop_out) for kind in (one, other))
    same, unrelated = (SAME, UNRELATED) if site.seen_in is None else (SEEN_SAME, SEEN_UNRELATED)
    ratio = float((same * a * b).sum()) / float((unrelated * a[:, None] * b[None, :]).sum())
    likeliest = int(np.argmax(same * a))
    chance = float(unrelated[likeliest, likeliest] / unrelated[likeliest].sum())
    return ratio, chance
