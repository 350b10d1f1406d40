"""What is said of a model against counts taken straight from its normals."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binom

from csfgeno.errormodel.candidates import SMOOTHERS
from csfgeno.errormodel.classes import CLASSES, KIND_OF_CLASS, KINDS
from csfgeno.errormodel.context import CHANGES, INDEL_FORMS, RUN_BINS, reverse_change
from csfgeno.errormodel.counts import BackgroundCounts, ChangeTable, SeenIndel
from csfgeno.errormodel.document import from_file, to_file
from csfgeno.errormodel.fit import fit_model
from csfgeno.errormodel.model import LabModel
from csfgeno.errormodel.normals import sum_changes
from csfgeno.errormodel.shrinkage import default_rates
from csfgeno.errormodel.summary import (
    Rate,
    StrandRates,
    indel_rates,
    noisiest_sites,
    present_kinds,
    rate_of_class,
    rates_by_context,
    rates_by_end,
    rates_by_substitution,
    total_rate,
)
from csfgeno.molecules.strata import STRATA
from csfgeno.records import Allele
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import MoleculeKind

from .synthetic import BASES, CONTIG, DUPLEX, REGION, SIMPLEX_A, SIMPLEX_B, make_evidence
from .test_laboratory_model import count, factors_with, identity

DEPTH = {DUPLEX: 40_000, SIMPLEX_A: 3_000, SIMPLEX_B: 2_000}
OXIDISED = {
    (SIMPLEX_A, "G", "T"): 4e-4,
    (SIMPLEX_B, "C", "A"): 4e-4,
    (DUPLEX, "C", "T"): 1e-5,
    (DUPLEX, "G", "A"): 1e-5,
}
NOISY = Allele(CONTIG, next(p for p in range(500, 600) if BASES[p] == "G"), "G", "T")
DELETION = Allele(CONTIG, 400, BASES[400:402], BASES[400])


@pytest.fixture(scope="module")
def normals() -> list[BackgroundCounts]:
    alt = np.zeros(len(STRATA), np.int64)
    alt[SIMPLEX_A] = 9
    seen = SeenIndel(DELETION, DELETION.start - REGION.start, 12, alt, sum(DEPTH.values()))
    evidence = (make_evidence(DEPTH, OXIDISED, seed, factors_with(NOISY, 12.0)) for seed in range(3))
    return [replace(count(one), indels=(seen,)) for one in evidence]


@pytest.fixture(scope="module")
def model(normals: list[BackgroundCounts]) -> LabModel:
    return from_file(to_file(fit_model(identity(3), normals, Thresholds())), "lab.model")


def counted(normals: list[BackgroundCounts], kind: str, ref: str, alt: str) -> tuple[int, int]:
    """Errors on the molecule's own strand and their chances, molecule by molecule; duplex on that of the panel."""
    errors = chances = 0
    complement = dict(zip("ACGT", "TGCA", strict=True))
    for counts in normals:
        for stratum, own in enumerate(STRATA):
            if own.kind != kind:
                continue
            shown = (complement[ref], complement[alt]) if own.strand == "B" else (ref, alt)
            at = [i for i in range(len(REGION)) if BASES[REGION.start + i] == shown[0]]
            chances += int(counts.depth[at, stratum].sum())
            hit = (counts.stratum == stratum) & np.isin(counts.at, at) & (counts.base == "ACGT".index(shown[1]))
            errors += int(counts.molecules[hit].sum())
    return errors, chances


def test_only_kinds_that_were_there_are_shown(model: LabModel) -> None:
    assert present_kinds(model) == (MoleculeKind.DUPLEX, MoleculeKind.SIMPLEX)


@pytest.mark.parametrize("kind", ["duplex", "simplex"])
@pytest.mark.parametrize("index", range(6))
def test_substitutions_have_the_counts_of_the_normals(
    model: LabModel, normals: list[BackgroundCounts], kind: str, index: int
) -> None:
    found = rates_by_substitution(model, MoleculeKind(kind))[index]
    ref, alt = found.label.split(">")
    complement = dict(zip("ACGT", "TGCA", strict=True))
    own = counted(normals, kind, ref, alt)
    opposite = counted(normals, kind, complement[ref], complement[alt])
    assert (found.both.errors, found.both.chances) == (own[0] + opposite[0], own[1] + opposite[1])
    if kind == "simplex":
        assert found.own is not None
        assert found.opposite is not None
        assert (found.own.errors, found.own.chances) == own
        assert (found.opposite.errors, found.opposite.chances) == opposite
    else:
        assert (found.own, found.opposite, found.ratio) == (None, None, None)


def test_every_error_is_in_every_view_once(model: LabModel, normals: list[BackgroundCounts]) -> None:
    errors = sum(int(counts.molecules.sum()) for counts in normals)
    assert total_rate(model).errors == errors
    assert sum(rate_of_class(model, i).errors for i in range(len(CLASSES))) == errors
    kinds = present_kinds(model)
    assert sum(s.both.errors for kind in kinds for s in rates_by_context(model, kind)) == errors
    assert sum(inner.errors + end.errors for kind in kinds for _, inner, end in rates_by_end(model, kind)) == errors


def test_contexts_add_up_to_their_substitution_in_order(model: LabModel) -> None:
    contexts = rates_by_context(model, MoleculeKind.SIMPLEX)
    assert len({c.label for c in contexts}) == 96
    for i, substitution in enumerate(rates_by_substitution(model, MoleculeKind.SIMPLEX)):
        own = contexts[16 * i : 16 * (i + 1)]
        assert {c.label[2:5] for c in own} == {substitution.label}
        assert sum(c.both.chances for c in own) == substitution.both.chances
        expected = sum(c.both.value * c.both.chances for c in own)
        assert expected == pytest.approx(substitution.both.value * substitution.both.chances, rel=1e-9)


def test_oxidation_shows_as_a_strand_that_differs(model: LabModel) -> None:
    uneven = {s.label for s in rates_by_substitution(model, MoleculeKind.SIMPLEX) if s.is_uneven}
    assert uneven == {"C>A"}
    contexts = {s.label: s for s in rates_by_context(model, MoleculeKind.SIMPLEX)}
    ratios = [r for label, s in contexts.items() if "C>A" in label and (r := s.ratio) is not None]
    assert ratios
    assert all(value < 0.2 for value, _, _ in ratios)


@pytest.mark.parametrize(("own", "opposite"), [((9, 1_000), (3, 2_000)), ((0, 500), (7, 400)), ((5, 10), (0, 30))])
def test_bounds_of_a_ratio_are_where_the_counts_become_improbable(
    own: tuple[int, int], opposite: tuple[int, int]
) -> None:
    ratio = StrandRates("C>A", Rate(1e-3, 0, 0), Rate(1e-3, *own), Rate(1e-3, *opposite)).ratio
    assert ratio is not None
    value, low, high = ratio
    assert value == pytest.approx((own[0] / own[1]) / (opposite[0] / opposite[1]) if opposite[0] else np.inf)
    total = own[0] + opposite[0]

    def share(r: float) -> float:
        return r * own[1] / (r * own[1] + opposite[1])

    if own[0]:
        assert binom.sf(own[0] - 1, total, share(low)) == pytest.approx(0.025)
    if opposite[0]:
        assert binom.cdf(own[0], total, share(high)) == pytest.approx(0.025)


def test_without_errors_or_chances_there_is_no_ratio_and_no_interval() -> None:
    none = Rate(1e-6, 0, 0)
    assert none.bounds is None
    assert StrandRates("C>A", none, none, none).ratio is None
    assert StrandRates("C>A", none, Rate(1e-6, 0, 10), Rate(1e-6, 0, 10)).ratio is None


def test_the_noisy_site_comes_first_with_its_counts_and_its_base(
    model: LabModel, normals: list[BackgroundCounts]
) -> None:
    first, *others = noisiest_sites(model, 5)
    assert str(first.allele) in {
        f"{CONTIG}:{NOISY.start + 1}:G>T",
        f"{CONTIG}:{DELETION.start + 1}:{DELETION.ref}>{DELETION.alt}",
    }
    found = {str(site.allele): site for site in (first, *others)}
    site = found[f"{CONTIG}:{NOISY.start + 1}:G>T"]
    assert site.errors == sum(int(c.errors_by_site()[NOISY.start - REGION.start, 3]) for c in normals)
    assert site.factor == model.sites.factor(NOISY)
    indel = found[str(DELETION)]
    assert (indel.errors, indel.factor) == (27, model.sites.factor(DELETION))
    assert [s.factor for s in (first, *others)] == sorted((s.factor for s in (first, *others)), reverse=True)


def test_indels_have_their_counts_by_form_and_homopolymer(model: LabModel, normals: list[BackgroundCounts]) -> None:
    rates = indel_rates(model, MoleculeKind.SIMPLEX)
    assert (len(rates), len(rates[0])) == (INDEL_FORMS, len(RUN_BINS))
    assert [[r.errors for r in form] for form in rates] == [[0] * 6, [0] * 6, [27, 0, 0, 0, 0, 0], [0] * 6]
    edges = sum(int((c.run == 0).sum()) for c in normals) * (DEPTH[SIMPLEX_A] + DEPTH[SIMPLEX_B])
    assert all(form[0].chances == edges for form in rates)


@pytest.mark.parametrize("name", list(SMOOTHERS))
def test_duplex_rates_do_not_depend_on_the_strand_one_looks_at(normals: list[BackgroundCounts], name: str) -> None:
    """Though the other kinds oxidise on one strand alone."""
    table = sum_changes(normals, np.zeros_like(normals[0].is_background))
    rates = SMOOTHERS[name](table, Thresholds())[KIND_OF_CLASS == KINDS.index(MoleculeKind.DUPLEX)]
    assert rates == pytest.approx(rates[:, reverse_change(np.arange(CHANGES))], rel=1e-9)


@pytest.mark.parametrize("name", ["poisson_regression", "gradient_boosting"])
def test_a_kind_without_errors_is_as_clean_as_its_chances_show(name: str) -> None:
    """The posterior mean of its rate, and no less, whatever the other kinds teach."""
    rng = np.random.default_rng(4)
    chances = np.full((len(CLASSES), CHANGES), 2e5)
    rates = np.where(KIND_OF_CLASS == KINDS.index(MoleculeKind.DUPLEX), 0.0, 1e-4)[:, None]
    table = ChangeTable(rng.poisson(chances * rates).astype(float), chances)
    fitted = SMOOTHERS[name](table, Thresholds())
    duplex = KIND_OF_CLASS == KINDS.index(MoleculeKind.DUPLEX)
    whole = chances[duplex].sum()
    posterior = 1.0 / (whole + 1.0 / default_rates(Thresholds())[KINDS.index(MoleculeKind.DUPLEX)])
    mean = (fitted * chances)[duplex].sum() / whole
    assert mean == pytest.approx(posterior, rel=1e-6)
