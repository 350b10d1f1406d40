"""A laboratory's model is learnt back from simulated normals, and used by a specimen that may be worse than they."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from scipy.stats import kstest, nbinom

from csfgeno.calling.caller import SpecimenCaller, make_priors
from csfgeno.calling.likelihood import log_tails, make_null
from csfgeno.errormodel.adapt import adapt_model, learn_background
from csfgeno.errormodel.background import Background
from csfgeno.errormodel.candidates import choose
from csfgeno.errormodel.classes import CLASSES
from csfgeno.errormodel.context import CHANGES, substitution_of
from csfgeno.errormodel.counts import BackgroundCounts, ChangeTable, Floats, SeenIndel, count_background
from csfgeno.errormodel.document import from_file, to_file
from csfgeno.errormodel.fit import fit_model
from csfgeno.errormodel.model import SHAPING, LabModel, ModelIdentity, check_model
from csfgeno.errormodel.shrinkage import fit_shape, fit_shape_in_passes, log_negative_binomial
from csfgeno.errormodel.site_fit import BETWEEN_PRIOR
from csfgeno.errors import InputError, UsageError
from csfgeno.evidence.specimen import SpecimenEvidence
from csfgeno.molecules.strata import STRATA
from csfgeno.records import Allele
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import Build, CallingTier, CallState, EvidenceMode, FilterName, SpecimenKind

from .synthetic import (
    BASES,
    CONTIG,
    DUPLEX,
    REGION,
    SIMPLEX_A,
    SIMPLEX_B,
    SINGLETON_A,
    draw_errors,
    evidence_of,
    make_evidence,
    make_tile,
)

DEPTH = {SINGLETON_A: 4_000}
RATES = {(SINGLETON_A, "C", "T"): 5e-4, (SINGLETON_A, "G", "T"): 3e-4, (SINGLETON_A, "A", "G"): 1e-4}
NOISY = Allele(CONTIG, next(p for p in range(500, 600) if BASES[p] == "C"), "C", "T")
UMI = EvidenceMode.UMI_FAMILIES


def identity(normals: int) -> ModelIdentity:
    thresholds = Thresholds()
    return ModelIdentity(
        assay="LAB",
        build=Build.GRCH38,
        panel="p 1",
        panel_sha256="a" * 64,
        evidence_mode=UMI,
        normals_sha256=tuple(f"{i:064x}" for i in range(normals)),
        shaping={name: float(getattr(thresholds, name)) for name in SHAPING},
    )


def count(evidence: SpecimenEvidence) -> BackgroundCounts:
    return count_background(evidence.tiles, evidence.sequence, (), Thresholds())


def factors_with(allele: Allele, factor: float) -> npt.NDArray[np.float64]:
    factors = np.ones((len(REGION), 4))
    factors[allele.start - REGION.start, "ACGT".index(allele.alt)] = factor
    return factors


def fit_normals(number: int, site_factors: npt.NDArray[np.float64] | float = 1.0, first_seed: int = 100) -> LabModel:
    normals = [count(make_evidence(DEPTH, RATES, first_seed + i, site_factors)) for i in range(number)]
    return fit_model(identity(number), normals, Thresholds())


def learn(evidence: SpecimenEvidence, model: LabModel | None) -> Background:
    return learn_background(evidence, (), Thresholds(), model, UMI)


def caller(evidence: SpecimenEvidence, model: LabModel | None) -> SpecimenCaller:
    thresholds = Thresholds()
    return SpecimenCaller(
        SpecimenKind.CSF, evidence, learn(evidence, model), make_priors(100, 1_000, thresholds), thresholds
    )


# -------------------------------------------------------------------------------------- recovery


def test_rates_and_a_noisy_site_come_back() -> None:
    factors = factors_with(NOISY, 15.0)
    model = fit_normals(6, factors)
    blank = make_evidence(DEPTH, RATES, 1, factors)
    background = learn(blank, model)
    assert background.rates(NOISY, blank.sequence)[SINGLETON_A] == pytest.approx(15 * 5e-4, rel=0.25)
    others = [Allele(CONTIG, p, "C", "T") for p in range(620, 700) if BASES[p] == "C"]
    mean = np.mean([background.rates(allele, blank.sequence)[SINGLETON_A] for allele in others])
    assert mean == pytest.approx(5e-4, rel=0.1)


def test_what_was_never_seen_is_close_to_its_context() -> None:
    model = fit_normals(1)
    outside = Allele("other", 10, "C", "T")
    assert model.sites.factor(outside) == 1.0
    few = fit_model(identity(1), [count(make_evidence({SINGLETON_A: 50}, RATES))], Thresholds())
    assert few.sites.factor(NOISY) == pytest.approx(1.0, abs=0.2)


@pytest.mark.parametrize("normals", [1, 6])
def test_shapes_of_sites_and_between_specimens_are_told_apart(normals: int) -> None:
    rng = np.random.default_rng(4)
    lasting = rng.gamma(1.0, 1.0, (len(REGION), 4))
    counts = [
        count(make_evidence(DEPTH, RATES, i, lasting * rng.gamma(3.0, 1 / 3.0, lasting.shape))) for i in range(normals)
    ]
    model = fit_model(identity(normals), counts, Thresholds())
    if normals > 1:
        assert model.sites.site_shape == pytest.approx(1.0, rel=0.35)
        assert model.between == pytest.approx(3.0, rel=0.5)
    # Together they are what one specimen shows, told apart or not: 1/1 + 1/3 + 1/3.
    squared = 1 / model.sites.site_shape + 1 / model.between
    assert squared == pytest.approx(1.0 + 1 / 3, rel=0.35)


def test_an_allele_of_one_normal_alone_is_its_own_variant() -> None:
    depth, variant = 4_000, 60
    normals = [count(make_evidence(DEPTH, RATES, i)) for i in range(4)]
    errors = draw_errors(DEPTH, RATES, np.random.default_rng(9))
    errors[SINGLETON_A, NOISY.start - REGION.start, 3] = variant
    assert variant < Thresholds().background_max_vaf * depth
    carrier = count(evidence_of(make_tile(DEPTH, errors)))
    model = fit_model(identity(5), [*normals, carrier], Thresholds())
    assert model.sites.factor(NOISY) < 2.5
    everyone = fit_model(identity(5), [*normals[:1], *[carrier] * 4], Thresholds())
    assert everyone.sites.factor(NOISY) > 10.0


def test_what_recurs_above_the_background_is_kept_and_doubted_in_a_specimen() -> None:
    at = NOISY.start - REGION.start
    tiles = []
    for seed in range(4):
        errors = draw_errors(DEPTH, RATES, np.random.default_rng(seed))
        errors[SINGLETON_A, at, 3] = 200
        tiles.append(evidence_of(make_tile(DEPTH, errors)))
    model = fit_model(identity(3), [count(tile) for tile in tiles[:3]], Thresholds())
    read_back = from_file(to_file(model), "lab.model")
    assert read_back.sites.recurrent == model.sites.recurrent
    recurrence = learn(tiles[3], read_back).recurrence(NOISY)
    assert recurrence is not None
    assert recurrence.normals == 3
    assert recurrence.fraction == pytest.approx(0.05)
    call = caller(tiles[3], read_back).call(NOISY, CallingTier.HOTSPOT)
    assert call.state is CallState.INDETERMINATE
    assert call.filters == (FilterName.PANEL_OF_NORMALS,)
    alone = fit_model(identity(1), [count(tiles[0])], Thresholds())
    assert alone.sites.recurrent == ()


def test_an_indel_of_all_normals_raises_its_rate_and_none_lowers_it() -> None:
    normals = [count(make_evidence(DEPTH, RATES, i)) for i in range(4)]
    alt = np.zeros(len(STRATA), np.int64)
    alt[SINGLETON_A] = 12
    deletion = Allele(CONTIG, 400, BASES[400:402], BASES[400])
    seen = SeenIndel(deletion, 400 - REGION.start, 12, alt, 4_000)
    noisy = [replace(counts, indels=(seen,)) for counts in normals]
    blank = make_evidence(DEPTH, RATES, 50)
    with_noise, clean = (learn(blank, fit_model(identity(4), c, Thresholds())) for c in (noisy, normals))
    other = Allele(CONTIG, 420, BASES[420:422], BASES[420])
    assert with_noise.sites is not None
    assert with_noise.sites.factor(deletion) > 3.0
    assert with_noise.sites.factor(other) == 1.0
    assert (
        with_noise.rates(deletion, blank.sequence)[SINGLETON_A] > 3 * clean.rates(deletion, blank.sequence)[SINGLETON_A]
    )


# ---------------------------------------------------------------------------------------- calling


def test_a_site_noisy_in_all_normals_is_not_called_in_a_blank() -> None:
    factors = factors_with(NOISY, 25.0)
    blank = make_evidence(DEPTH, RATES, 7, factors)
    alone, helped = caller(blank, None), caller(blank, fit_normals(6, factors))
    unaided, call = (c.call(NOISY, CallingTier.HOTSPOT) for c in (alone, helped))
    assert unaided.log10_p is not None
    assert unaided.log10_p < np.log10(alone.priors.hotspot)
    assert call.log10_p is not None
    assert call.log10_p > np.log10(0.01)
    assert call.state is not CallState.DETECTED
    assert call.lod95 is not None
    assert call.lod95 > 2 * (
        caller(make_evidence(DEPTH, RATES, 7), fit_normals(6)).call(NOISY, CallingTier.HOTSPOT).lod95 or 1
    )


def test_p_values_of_blanks_are_uniform() -> None:
    rng = np.random.default_rng(21)
    lasting = rng.gamma(1.5, 1 / 1.5, (len(REGION), 4))
    model = fit_normals(8, lasting)
    blank = make_evidence(DEPTH, RATES, 77, lasting)
    background = learn(blank, model)
    tile = blank.tiles[0]
    p = []
    for at, ref in enumerate(tile.reference):
        for alt in {"C": "T", "G": "T", "A": "G"}.get(ref, ""):
            allele = Allele(CONTIG, REGION.start + at, ref, alt)
            tally = blank.tally(allele)
            rates = background.rates(allele, blank.sequence)
            spread = background.spread(allele, tally.depth * rates, blank.sequence)
            null = make_null(tally.depth, rates, spread, 0.001)
            score = null.total(tally.alt[tally.depth > 0])
            tails = np.exp(log_tails(null, score + 40))
            above = tails[score + 1 :].max(initial=0.0)
            p.append(above + rng.uniform() * (tails[score] - above))
    assert len(p) > 600
    assert kstest(p, "uniform").statistic < 0.06
    assert 0.03 < np.mean(np.array(p) < 0.05) < 0.075


# --------------------------------------------------------------------------------------- adapting


def test_a_bad_library_raises_all_rates_of_its_kind() -> None:
    model = fit_normals(4)
    bad = {key: 3 * rate for key, rate in RATES.items()}
    background = learn(make_evidence(DEPTH, bad, 3), model)
    assert background.base_rates / model.base_rates == pytest.approx(
        np.repeat(np.array([3.0 if kind == "singleton" else 1.0 for kind, _, _ in CLASSES])[:, None], CHANGES, 1),
        rel=0.1,
    )
    assert "raised" not in background.description
    assert "4 normals" in background.description


def test_oxidation_of_a_specimen_raises_its_rates_and_its_limit() -> None:
    depth = {SIMPLEX_A: 3_000, SIMPLEX_B: 3_000}
    usual = {(s, ref, alt): 2e-5 for s in depth for ref in "ACGT" for alt in "ACGT" if ref != alt}
    model = fit_model(identity(4), [count(make_evidence(depth, usual, i)) for i in range(4)], Thresholds())
    oxidised = usual | {(SIMPLEX_A, "G", "T"): 1e-3, (SIMPLEX_B, "C", "A"): 1e-3}
    clean, damaged = (caller(make_evidence(depth, rates, 30), model) for rates in (usual, oxidised))
    guanine = Allele(CONTIG, next(p for p in range(500, 600) if BASES[p] == "G"), "G", "T")
    before, after = (c.background.rates(guanine, c.evidence.sequence)[SIMPLEX_A] for c in (clean, damaged))
    assert before == pytest.approx(2e-5, rel=0.5)
    assert after == pytest.approx(1e-3, rel=0.3)
    limits = [c.call(guanine, CallingTier.HOTSPOT).lod95 for c in (clean, damaged)]
    assert limits[0] is not None
    assert limits[1] is not None
    assert limits[1] > 1.3 * limits[0]
    assert "G>T of simplex molecules" in damaged.background.description
    assert "raised" not in clean.background.description


def test_a_kind_the_normals_did_not_have_is_learnt_from_the_specimen() -> None:
    model = fit_normals(4)
    evidence = make_evidence(
        DEPTH | {SIMPLEX_A: 4_000}, RATES | {(SIMPLEX_A, "C", "T"): 3e-4, (SIMPLEX_A, "G", "T"): 3e-4}, 5
    )
    alone, helped = learn(evidence, None), learn(evidence, model)
    cytosine = [Allele(CONTIG, p, "C", "T") for p in range(200, 400) if BASES[p] == "C"]
    one, two = (np.mean([b.rates(a, evidence.sequence)[SIMPLEX_A] for a in cytosine]) for b in (alone, helped))
    assert two == pytest.approx(one, rel=0.5)


def test_a_model_for_other_reads_is_left_aside_with_a_sentence() -> None:
    evidence = make_evidence(DEPTH, RATES)
    background = learn_background(evidence, (), Thresholds(), fit_normals(1), EvidenceMode.FRAGMENTS)
    assert (background.base_rates == learn(evidence, None).base_rates).all()
    assert "for umi_families, not for fragments" in background.description


def test_counts_of_another_panel_are_refused() -> None:
    model = fit_normals(1)
    other = replace(model, sites=replace(model.sites, places=replace(model.sites.places, intervals=())))
    with pytest.raises(ValueError, match="other places"):
        adapt_model(other, count(make_evidence(DEPTH, RATES)))


# ------------------------------------------------------------------------------------- candidates


def draw_folds(rates: npt.NDArray[np.float64], chances: float, seed: int, folds: int = 4) -> list[ChangeTable]:
    rng = np.random.default_rng(seed)
    n = np.full((len(CLASSES), CHANGES), chances)
    return [ChangeTable(rng.poisson(n * rates).astype(float), n) for _ in range(folds)]


def test_the_simplest_is_kept_where_contexts_do_not_differ() -> None:
    assert choose(draw_folds(np.full((len(CLASSES), CHANGES), 1e-5), 1e7, 1), Thresholds()).name == "shrinkage"


def test_more_freedom_is_kept_where_it_predicts_better() -> None:
    """Deamination at the ends of molecules only: no factor of the class and none of the change can say that."""
    is_end = np.array([end for _, _, end in CLASSES])
    rates = np.full((len(CLASSES), CHANGES), 1e-5)
    rates[np.ix_(is_end, substitution_of(np.arange(CHANGES)) == 4 * 1 + 3)] = 4e-4
    chosen = choose(draw_folds(rates, 1e6, 2), Thresholds())
    assert chosen.name in ("poisson_regression", "gradient_boosting")
    assert chosen.gains[chosen.name] > 0.01 * chosen.held_out_errors


def test_without_errors_the_simplest_is_kept() -> None:
    chosen = choose(draw_folds(np.zeros((len(CLASSES), CHANGES)), 1e3, 1), Thresholds())
    assert (chosen.name, chosen.held_out_errors) == ("shrinkage", 0)


# --------------------------------------------------------------------------------------- numerics


def test_log_probabilities_are_those_of_scipy() -> None:
    rng = np.random.default_rng(2)
    seen, mean, shape = rng.integers(0, 50, 500), rng.gamma(0.3, 20.0, 500) + 1e-9, rng.gamma(1.0, 5.0, 500) + 0.1
    expected = nbinom.logpmf(seen, shape, shape / (shape + mean))
    assert log_negative_binomial(seen, mean, shape) == pytest.approx(expected, rel=1e-8, abs=1e-9)


def test_known_variation_is_taken_off() -> None:
    rng = np.random.default_rng(6)
    mean = np.full(6_000, 8.0)
    seen = rng.poisson(mean * rng.gamma(2.0, 0.5, mean.size) * rng.gamma(5.0, 0.2, mean.size))
    assert fit_shape(seen, mean, known=5.0).mode == pytest.approx(2.0, rel=0.3)


@pytest.mark.parametrize("shape", [0.3, 2.0, 80.0])
def test_a_shape_fitted_in_passes_is_that_of_all_data_at_once(shape: float) -> None:
    rng = np.random.default_rng(7)
    mean = rng.gamma(0.5, 4.0, 3_000)
    seen = rng.poisson(mean * rng.gamma(shape, 1.0 / shape, mean.size))

    def log_likelihood(log_shapes: Floats) -> Floats:
        return np.array([log_negative_binomial(seen, mean, np.exp(x)).sum() for x in log_shapes])

    at_once = fit_shape(seen, mean, BETWEEN_PRIOR).mode
    assert fit_shape_in_passes(log_likelihood, BETWEEN_PRIOR) == pytest.approx(at_once, rel=1e-4)


@pytest.mark.parametrize(("depth", "rate"), [(1, 1e-9), (200_000, 1e-9), (1, 1e-3), (200_000, 1e-5)])
def test_sound_at_any_depth_and_rate(depth: int, rate: float) -> None:
    molecules = {DUPLEX: depth, SIMPLEX_A: depth, SINGLETON_A: depth}
    rates = {(s, ref, alt): rate for s in molecules for ref in "ACGT" for alt in "ACGT" if ref != alt}
    evidence = make_evidence(molecules, rates)
    model = fit_model(identity(2), [count(evidence), count(make_evidence(molecules, rates, 2))], Thresholds())
    background = learn(evidence, model)
    for array in (background.base_rates, background.indel_rates, model.sites.factors()):
        assert np.isfinite(array).all()
        assert (array > 0).all()
    call = caller(evidence, model).call(NOISY, CallingTier.HOTSPOT)
    assert call.state is not CallState.DETECTED
    assert 0.2 <= background.shapes.common.mode <= 100.0


# -------------------------------------------------------------------------------------- fit for use


@pytest.mark.parametrize(
    ("error", "match", "given"),
    [
        (InputError, "x.model was fitted on GRCh38, the case is on GRCh37; ", {"build": Build.GRCH37}),
        (
            InputError,
            r"x.model was fitted on panel p 1 \(SHA-256 a{12}\), the case is on q 2 \(b{12}\); ",
            {"panel": "q 2", "panel_sha256": "b" * 64},
        ),
        (UsageError, "x.model is of assay 'LAB', the run is of 'OTHER'; ", {"assay": "OTHER"}),
        (
            UsageError,
            "fitted with min_baseq = 20, the run has 30; ",
            {"thresholds": replace(Thresholds(), min_baseq=30)},
        ),
    ],
)
def test_a_model_of_something_else_is_refused(error: type[Exception], match: str, given: dict[str, object]) -> None:
    right = {
        "build": Build.GRCH38,
        "panel": "p 1",
        "panel_sha256": "a" * 64,
        "assay": "LAB",
        "thresholds": Thresholds(),
        "name": "x.model",
    }
    model = fit_normals(1)
    check_model(model, **right)  # type: ignore[arg-type] # a table of arguments
    with pytest.raises(error, match=match):
        check_model(model, **right | given)  # type: ignore[arg-type] # a table of arguments
