"""Loss of heterozygosity on drawn molecules: how often balanced and lost genes are called, by spread between specimens.

Molecules of both alleles at heterozygous variants, judged as `csfgeno call` judges them. What is drawn is one gene; the
decision depends on the number of variants and on depth, not on which gene it is.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from csfgeno.structural.heterozygosity import Site, balance_log_p, limit_fraction
from csfgeno.thresholds import Thresholds
from tests.study.tables import exact_share, markdown_table

SITES: Final = (1, 2, 4)
LOST_FRACTIONS: Final = (0.05, 0.1, 0.2, 0.3, 0.5, 0.9)
DEPTH, NORMAL_DEPTH = 1_500, 800
DEEP, DEEP_NORMAL = 5_000, 5_000
DRAWN_SPREADS: Final = (0.0, 0.01, 0.02)
STATED_SPREADS: Final = (0.0, 0.01, 0.02)


@dataclass(frozen=True, slots=True)
class Plan:
    """Balanced genes and genes that lost a copy, drawn for each cell."""

    balanced: int
    lost: int


FULL: Final = Plan(balanced=10_000, lost=1_000)
QUICK: Final = Plan(balanced=50, lost=20)
LIMITS: Final = 20
"""Genes of a cell whose limit is looked at."""


def tables(plan: Plan) -> Iterator[str]:
    """Yield the section of the page."""
    yield from ("## Loss of heterozygosity, drawn", "")
    yield (
        f"Variants {DEPTH:,} molecules deep in the specimen and {NORMAL_DEPTH:,} in the normal; deep: {DEEP:,} and "
        f"{DEEP_NORMAL:,}. Spread is the SD by which library and capture move the fraction of each variant between the "
        "two specimens: `drawn` is what it was, `stated` the threshold `heterozygous_spread`, whose default is "
        f"{Thresholds().heterozygous_spread:g}."
    )
    yield from (
        "",
        "### Balanced genes called lost",
        "",
        f"Of {plan.balanced:,} genes a cell; the aim is 1 in 1,000.",
        "",
    )
    yield from _balanced(plan)
    yield from ("", "### Genes that lost one copy", "", f"Of {plan.lost} genes a cell, drawn as stated.", "")
    yield from _lost(plan)
    yield ""


def _balanced(plan: Plan) -> Iterator[str]:
    rng = np.random.default_rng(23)
    rows = []
    for name, depths in (("", (DEPTH, NORMAL_DEPTH)), ("deep", (DEEP, DEEP_NORMAL))):
        for sites in SITES:
            for drawn in DRAWN_SPREADS:
                cells = [_share_called(plan.balanced, sites, drawn, stated, depths, rng) for stated in STATED_SPREADS]
                rows.append((f"{sites} {name}".strip(), f"{drawn:g}", *cells))
    yield from markdown_table(("variants", "spread drawn", *(f"stated {s:g}" for s in STATED_SPREADS)), rows)


def _share_called(
    genes: int, sites: int, drawn: float, stated: float, depths: tuple[int, int], rng: np.random.Generator
) -> str:
    called = sum(_is_called(draw_sites(sites, 0.0, drawn, stated, depths, rng)) for _ in range(genes))
    return exact_share(called, genes)


def _is_called(sites: Sequence[Site]) -> bool:
    return balance_log_p(sites) <= math.log(Thresholds().loss_of_heterozygosity_p)


def _lost(plan: Plan) -> Iterator[str]:
    rng = np.random.default_rng(29)
    rows = []
    for spread in STATED_SPREADS:
        for sites in SITES:

            def draw(fraction: float, sites: int = sites, spread: float = spread) -> Sequence[Site]:
                return draw_sites(sites, fraction, spread, spread, (DEPTH, NORMAL_DEPTH), rng)

            limits = [limit_fraction(draw(0.0), Thresholds()) or 1.0 for _ in range(min(plan.lost, LIMITS))]
            limit = float(np.median(limits))
            shares = [sum(_is_called(draw(f)) for _ in range(plan.lost)) for f in (*LOST_FRACTIONS, limit)]
            *cells, at_limit = (exact_share(found, plan.lost) for found in shares)
            rows.append((f"{spread:g}", str(sites), *cells, f"{limit:.2f}", at_limit))
    head = ("spread", "variants", *(f"{f:g}" for f in LOST_FRACTIONS), "limit stated, median", "called at the limit")
    yield from markdown_table(head, rows)


def draw_sites(
    count: int, fraction: float, drawn: float, stated: float, depths: tuple[int, int], rng: np.random.Generator
) -> Sequence[Site]:
    """Return heterozygous variants of a gene that `fraction` of the DNA holds one copy of, and no more."""
    depth = rng.poisson(depths[0], count)
    normal = rng.binomial(depths[1], 0.5, count)
    is_lost = rng.random(count) < 0.5  # whether the lost copy held the alternate allele
    share = np.where(is_lost, 1.0 - fraction, 1.0) / (2.0 - fraction) + rng.normal(0.0, drawn, count)
    shown = rng.binomial(depth, np.clip(share, 0.0, 1.0))
    return [
        Site(n / depths[1], depths[1], a, d, stated)
        for n, a, d in zip(normal.tolist(), shown.tolist(), depth.tolist(), strict=True)
    ]
