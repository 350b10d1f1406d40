"""Insertions and deletions that must not teach the background they are weighed against."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest

from csfgeno.errormodel.background import fit_counts
from csfgeno.errormodel.context import indel_class
from csfgeno.errormodel.counts import BackgroundCounts, SeenIndel, count_background
from csfgeno.errormodel.variant_indels import without_variant_indels
from csfgeno.molecules.strata import STRATA
from csfgeno.records import Allele
from csfgeno.thresholds import Thresholds
from tests.errormodel.synthetic import BASES, CONTIG, REGION, SIMPLEX_A, SIMPLEX_B, make_evidence

DEPTH = 3_276
EVIDENCE = make_evidence({SIMPLEX_A: DEPTH // 2, SIMPLEX_B: DEPTH // 2}, {})
BLANK = count_background(EVIDENCE.tiles, EVIDENCE.sequence, (), Thresholds())


def seen(place: int, alt: int, deleted: int = 15) -> SeenIndel:
    start = REGION.start + place
    allele = Allele(CONTIG, start, BASES[start : start + 1 + deleted], BASES[start])
    by_stratum = np.zeros(len(STRATA), np.int64)
    by_stratum[SIMPLEX_A], by_stratum[SIMPLEX_B] = alt // 2, alt - alt // 2
    return SeenIndel(allele, place, indel_class(allele, EVIDENCE.sequence), by_stratum, DEPTH)


def left(indels: Iterable[SeenIndel]) -> tuple[BackgroundCounts, set[int]]:
    counts = replace(BLANK, indels=tuple(sorted(indels, key=lambda s: s.allele)))
    kept = without_variant_indels(counts, Thresholds())
    return kept, {s.place for s in kept.indels}


@pytest.mark.parametrize("places", [(300,), (300, 301), (300, 400, 500, 600)])
def test_variants_do_not_teach_even_side_by_side(places: tuple[int, ...]) -> None:
    kept, remaining = left([*(seen(place, 11) for place in places), seen(700, 1)])
    assert remaining == {700}
    rates = fit_counts(kept, Thresholds()).indel_rates
    with_them = fit_counts(replace(BLANK, indels=tuple(seen(p, 11) for p in places)), Thresholds()).indel_rates
    assert (with_them <= rates * 1.01).all()


def test_fewer_molecules_than_a_call_needs_are_background() -> None:
    assert left([seen(300, Thresholds().min_alt_molecules - 1)])[1] == {300}


def test_errors_that_many_places_show_stay() -> None:
    rng = np.random.default_rng(4)
    factor = rng.gamma(2.0, 0.5, len(REGION) - 20)
    alt = rng.poisson(2.0 * factor)
    noise = [seen(int(place), int(alt[place]), deleted=1) for place in np.flatnonzero(alt)]
    assert len(left(noise)[1]) == len(noise)
