"""The rule of detection and its limit, by hand, by enumeration and by simulation."""

import itertools

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from csfgeno.calling.likelihood import NullModel, log_tails, make_null
from csfgeno.calling.limits import Detection, Rule, critical_score, judge, lod, may_be_detected
from csfgeno.errormodel.spread import Spread

RULE = Rule(alpha=2e-5, min_alt=2)
DESIGN = 0.002


def null_of(depth: list[int], error: list[float], dispersion: float = 2.0) -> NullModel:
    return make_null(np.array(depth), np.array(error), Spread(dispersion), DESIGN)


@pytest.mark.parametrize(("depth", "limit"), [(1_240, 0.0038), (58, 0.079), (300, 0.0157), (12_120, 0.00039)])
def test_without_errors_it_is_the_sampling_limit_of_two_molecules(depth: int, limit: float) -> None:
    """The fraction at which two or more of n molecules are mutant in 95 of 100 samples, from the binomial alone."""
    found = lod(null_of([depth], [1e-12]), RULE, 0.95)
    assert found is not None
    assert found == pytest.approx(limit, rel=0.02)
    assert binom.sf(1, depth, found) == pytest.approx(0.95, abs=1e-4)


def test_errors_raise_it() -> None:
    clean, dirty = lod(null_of([2_000], [1e-7]), RULE, 0.95), lod(null_of([2_000], [1e-3]), RULE, 0.95)
    assert clean is not None
    assert dirty is not None
    assert dirty > 2 * clean


def test_one_molecule_has_no_limit() -> None:
    assert lod(null_of([1], [1e-6]), RULE, 0.95) is None


def test_no_molecule_has_no_limit() -> None:
    assert lod(null_of([0, 0], [1e-6, 1e-3]), RULE, 0.95) is None


def test_power_equals_enumeration() -> None:
    null = null_of([30, 40, 25], [1e-6, 1e-4, 2e-3])
    critical, fraction = critical_score(null, RULE.alpha), 0.04
    exact = 0.0
    for counts in itertools.product(range(31), range(41), range(26)):
        if sum(counts) >= 2 and null.total(np.array(counts)) >= critical:
            pmf = [
                binom.pmf(k, n, fraction + (1 - fraction) * e)
                for k, n, e in zip(counts, null.depth, null.error, strict=True)
            ]
            exact += float(np.prod(pmf))
    assert Detection(null, 2, critical).power(fraction) == pytest.approx(exact, rel=1e-9)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 3), st.lists(st.integers(5, 3_000), min_size=3, max_size=3))
def test_power_rises_with_the_fraction(min_alt: int, depth: list[int]) -> None:
    null = null_of(depth, [1e-6, 3e-5, 1e-3])
    detection = Detection(null, min_alt, critical_score(null, RULE.alpha))
    powers = [detection.power(f) for f in (0.0, 1e-4, 1e-3, 1e-2, 0.1, 1.0)]
    assert all(0.0 <= p <= 1.0 for p in powers)
    assert powers == sorted(powers)


def test_the_critical_score_is_the_first_that_is_rare_enough() -> None:
    null = null_of([300, 700, 100], [1e-6, 3e-5, 5e-4])
    critical = critical_score(null, RULE.alpha)
    tails = log_tails(null, critical)
    assert tails[critical] <= np.log(RULE.alpha) < tails[critical - 1]


@pytest.mark.parametrize(
    ("depth", "error"),
    [([400, 500, 200], [1e-6, 3e-5, 5e-4]), ([3_000], [5e-4]), ([80, 60, 30], [1e-6, 5e-5, 1e-3])],
)
def test_the_hit_rate_at_the_limit_is_as_stated(depth: list[int], error: list[float]) -> None:
    """Repeat the specimen at its stated limit; without site-to-site variation the rule must hit 95 of 100 times."""
    null = null_of(depth, error)
    limit = lod(null, RULE, 0.95)
    assert limit is not None
    rng = np.random.default_rng(3)
    critical = critical_score(null, RULE.alpha)
    p = limit + (1 - limit) * null.error
    alts = rng.binomial(null.depth, p, (4_000, len(depth)))
    hits = (alts @ null.score >= critical) & (alts.sum(axis=1) >= RULE.min_alt)
    assert 0.93 <= hits.mean() <= 0.98


def test_blanks_are_called_no_more_often_than_allowed() -> None:
    """With the site factor drawn from its distribution, the false-call rate stays at or below alpha."""
    null, alpha = null_of([2_000, 3_000, 1_500], [1e-6, 3e-5, 5e-4]), 1e-3
    rng = np.random.default_rng(4)
    factor = rng.gamma(null.spread.shape, 1 / null.spread.shape, (400_000, 1))
    alts = rng.poisson(factor * null.depth * null.error)
    calls = (alts @ null.score) >= critical_score(null, alpha)
    assert 0.1 * alpha <= calls.mean() <= 1.15 * alpha


class TestJudge:
    NULL = null_of([300, 700], [1e-6, 3e-5])

    def test_enough_molecules_are_detected(self) -> None:
        assert judge(self.NULL, np.array([2, 0]), RULE).is_detected

    def test_a_single_molecule_never_is(self) -> None:
        assert not judge(self.NULL, np.array([1, 0]), Rule(alpha=1.0, min_alt=2)).is_detected

    def test_probability_exactly_at_alpha_is_detected(self) -> None:
        verdict = judge(self.NULL, np.array([1, 1]), RULE)
        assert judge(self.NULL, np.array([1, 1]), Rule(float(np.exp(verdict.log_p)) * (1 + 1e-12), 2)).is_detected

    def test_more_molecules_are_never_less_surprising(self) -> None:
        logs = [judge(self.NULL, np.array([0, k]), RULE).log_p for k in (*range(12), 100, 700)]
        assert logs == sorted(logs, reverse=True)
        assert np.isfinite(logs).all()


STRATA = st.lists(
    st.tuples(st.integers(1, 200_000), st.floats(1e-9, 5e-4), st.floats(0.0, 1.0)), min_size=1, max_size=3
)


class TestStability:
    """Any depth to 200,000, any number of mutant molecules, any error rate from 1e-9."""

    @staticmethod
    def drawn(strata: list[tuple[int, float, float]], spread: Spread) -> tuple[NullModel, npt.NDArray[np.int64]]:
        depth, error = np.array([d for d, _, _ in strata]), np.array([e for _, e, _ in strata])
        alt = np.array([round(d * share**6) for d, _, share in strata])
        return make_null(depth, error, spread, DESIGN), alt

    @settings(max_examples=20, deadline=None)
    @given(STRATA, st.floats(0.5, 100.0), st.floats(0.0, 0.5), st.data())
    def test_more_mutant_molecules_never_lower_the_evidence(
        self, strata: list[tuple[int, float, float]], shape: float, doubt: float, data: st.DataObject
    ) -> None:
        null, alt = self.drawn(strata, Spread(shape, doubt, doubt))
        more = alt.copy()
        more[data.draw(st.integers(0, len(alt) - 1))] += 1
        less_p, more_p = (judge(null, k, RULE).log_p for k in (alt, more))
        assert more_p <= 0.0 >= less_p
        assert -np.inf < more_p <= less_p + 1e-6 * max(1.0, abs(less_p))
        assert may_be_detected(null, alt, RULE) or not judge(null, alt, RULE).is_detected

    @settings(max_examples=20, deadline=None)
    @given(STRATA, st.floats(0.5, 100.0))
    def test_strata_may_change_places(self, strata: list[tuple[int, float, float]], shape: float) -> None:
        there, back = (self.drawn(rows, Spread(shape, 0.3, 0.3)) for rows in (strata, strata[::-1]))
        assert judge(*there, RULE).log_p == pytest.approx(judge(*back, RULE).log_p, rel=1e-9)
        assert critical_score(there[0], RULE.alpha) == critical_score(back[0], RULE.alpha)

    @pytest.mark.parametrize("depth", [1, 2, 100, 200_000])
    @pytest.mark.parametrize("error", [1e-9, 1e-4, 1e-2])
    def test_a_limit_is_a_fraction_that_is_detected_or_there_is_none(self, depth: int, error: float) -> None:
        null = make_null(np.array([depth]), np.array([error]), Spread(1.5, 0.3, 0.3), DESIGN)
        limit = lod(null, RULE, 0.95)
        assert (limit is None) == (depth == 1 or critical_score(null, RULE.alpha) > null.total(null.depth))
        if limit is not None:
            power = Detection(null, RULE.min_alt, critical_score(null, RULE.alpha)).power(limit)
            assert 0.0 < limit <= 1.0
            assert power == pytest.approx(0.95, abs=1e-3)


@pytest.mark.parametrize("is_double", [True, False])
def test_unpaired_strands_leave_the_limit_true(is_double: bool) -> None:
    """Of 2,000 families each molecule may be two; whether it is or not, an allele at the limit is hit."""
    error, rule = 1e-5, Rule(1e-4, 2)
    null = null_of([2_000], [error])
    limit = lod(null, rule, 0.95, 2.0)
    alone = lod(null, rule, 0.95)
    assert limit is not None
    assert alone is not None
    assert limit > 1.6 * alone
    rng = np.random.default_rng(11)
    copies, molecules = (2, 1_000) if is_double else (1, 2_000)
    mutant = copies * rng.binomial(molecules, limit, 4_000) + rng.binomial(2_000, error, 4_000)
    critical = critical_score(null, rule.alpha)
    hits = (mutant >= 2) & (mutant * int(null.score[0]) >= critical)
    assert hits.mean() > 0.94
