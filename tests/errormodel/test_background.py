"""The background is learnt back from molecules whose error rates are known."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from csfgeno.errormodel.adapt import learn_background
from csfgeno.errormodel.background import Background
from csfgeno.errormodel.classes import CLASSES
from csfgeno.errormodel.context import (
    CHANGES,
    UNKNOWN,
    change_of,
    indel_class,
    reverse_change,
    run_lengths,
    substitution_of,
    trinucleotides,
)
from csfgeno.errormodel.counts import BackgroundCounts, count_background, tabulate
from csfgeno.evidence.specimen import SpecimenEvidence
from csfgeno.genome.sequence import Window
from csfgeno.molecules.strata import STRATA, Stratum
from csfgeno.records import Allele, Interval
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import EvidenceMode, MoleculeKind

from .synthetic import (
    BASES,
    CONTIG,
    DUPLEX,
    REGION,
    SIMPLEX_A,
    SIMPLEX_B,
    SINGLETON_A,
    SINGLETON_B,
    draw_errors,
    evidence_of,
    make_evidence,
    make_tile,
    split,
)

COMPLEMENT = dict(zip("ACGT", "TGCA", strict=True))


def fit(evidence: SpecimenEvidence, exclude: frozenset[Allele] = frozenset()) -> Background:
    return learn_background(evidence, exclude, Thresholds(), None, EvidenceMode.UMI_FAMILIES)


def site_of(ref: str) -> int:
    return next(p for p in range(REGION.start + 5, REGION.end) if BASES[p] == ref)


def rate_at(background: Background, evidence: SpecimenEvidence, ref: str, alt: str) -> npt.NDArray[np.float64]:
    """Return the mean rate of a substitution over its sites, by stratum."""
    sites = [p for p in range(REGION.start + 5, REGION.end - 5) if BASES[p] == ref]
    rates = [background.rates(Allele(CONTIG, p, ref, alt), evidence.sequence) for p in sites]
    return np.asarray(np.mean(rates, axis=0))


def test_known_rates_come_back() -> None:
    rate = {(SINGLETON_A, "C", "T"): 2e-3, (SINGLETON_A, "A", "G"): 5e-4}
    evidence = make_evidence({SINGLETON_A: 2_000}, rate)
    background = fit(evidence)
    assert rate_at(background, evidence, "C", "T")[SINGLETON_A] == pytest.approx(2e-3, rel=0.1)
    assert rate_at(background, evidence, "A", "G")[SINGLETON_A] == pytest.approx(5e-4, rel=0.1)
    assert rate_at(background, evidence, "T", "A")[SINGLETON_A] < 2e-5


def test_oxidation_is_told_from_its_complement_by_the_strand() -> None:
    """G>T on the strand that was read: G>T on strand A and C>A on strand B, the reverse changes being clean."""
    rate = {(SIMPLEX_A, "G", "T"): 1e-3, (SIMPLEX_B, "C", "A"): 1e-3}
    evidence = make_evidence({SIMPLEX_A: 2_000, SIMPLEX_B: 2_000}, rate)
    background = fit(evidence)
    g_to_t, c_to_a = rate_at(background, evidence, "G", "T"), rate_at(background, evidence, "C", "A")
    assert g_to_t[SIMPLEX_A] == pytest.approx(1e-3, rel=0.1)
    assert c_to_a[SIMPLEX_B] == pytest.approx(1e-3, rel=0.1)
    assert g_to_t[SIMPLEX_B] < 5e-5
    assert c_to_a[SIMPLEX_A] < 5e-5


def test_duplex_rates_do_not_depend_on_the_strand_one_looks_at() -> None:
    evidence = make_evidence({DUPLEX: 5_000}, {(DUPLEX, "C", "T"): 4e-5})
    background = fit(evidence)
    for pos in range(200, 260):
        allele = Allele(CONTIG, pos, BASES[pos], next(b for b in "ACGT" if b != BASES[pos]))
        own = change_of(allele, 0, evidence.sequence)
        other = int(reverse_change(np.array(own)))
        assert background.base_rates[0, own] == pytest.approx(background.base_rates[0, other], rel=1e-12)


def test_without_errors_the_default_is_kept_where_little_was_seen() -> None:
    evidence = make_evidence({SIMPLEX_A: 1}, {})
    simplex = rate_at(fit(evidence), evidence, "C", "T")[SIMPLEX_A]
    default = Thresholds().default_error_simplex
    assert 0.5 * default < simplex <= default


def count(evidence: SpecimenEvidence, exclude: frozenset[Allele] = frozenset()) -> BackgroundCounts:
    return count_background(evidence.tiles, evidence.sequence, exclude, Thresholds())


def test_a_variant_does_not_teach_the_model() -> None:
    errors = np.zeros((len(STRATA), len(REGION), 4), np.int64)
    errors[SIMPLEX_A, site_of("C") - REGION.start, 3] = 300
    assert count(evidence_of(make_tile({SIMPLEX_A: 1_000}, errors))).errors_by_site().sum() == 0
    errors[SIMPLEX_A, site_of("C") - REGION.start, 3] = 20
    assert count(evidence_of(make_tile({SIMPLEX_A: 1_000}, errors))).errors_by_site().sum() == 20


def test_damage_that_is_everywhere_is_learnt_and_no_variant() -> None:
    """Above `background_max_vaf` at every G; one real variant among them stays out."""
    rate = {(SINGLETON_A, "G", "T"): 0.04}
    evidence = make_evidence({SINGLETON_A: 1_000}, rate)
    background = fit(evidence)
    assert rate_at(background, evidence, "G", "T")[SINGLETON_A] == pytest.approx(0.04, rel=0.1)
    errors = draw_errors({SINGLETON_A: 1_000}, rate, np.random.default_rng(1))
    errors[SINGLETON_A, site_of("G") - REGION.start, 3] = 900
    counts = count(evidence_of(make_tile({SINGLETON_A: 1_000}, errors)))
    assert counts.errors_by_site()[site_of("G") - REGION.start, 3] == 0
    assert counts.errors_by_site().sum() > 1_000


def test_too_common_for_an_error_and_too_rare_to_be_inherited_is_kept_beside() -> None:
    at = site_of("C") - REGION.start
    for mutant, is_kept in ((20, False), (21, True), (250, True), (251, False)):
        errors = np.zeros((len(STRATA), len(REGION), 4), np.int64)
        errors[SIMPLEX_A, at, 3] = mutant
        common = count(evidence_of(make_tile({SIMPLEX_A: 1_000}, errors))).common
        assert [(c.allele.alt, c.alt, c.depth) for c in common] == ([("T", mutant, 1_000)] if is_kept else [])


def test_ends_have_their_own_factor_for_each_substitution() -> None:
    """Deamination near the ends alone: C>T is frequent there, nothing else is."""
    inside, end = (STRATA.index(Stratum(MoleculeKind.SINGLETON, "A", False, is_end)) for is_end in (False, True))
    usual = {(s, ref, alt): 1e-4 for s in (inside, end) for ref in "ACGT" for alt in "ACGT" if ref != alt}
    evidence = make_evidence({inside: 3_000, end: 1_000}, usual | {(end, "C", "T"): 5e-3})
    background = fit(evidence)
    deaminated, other = rate_at(background, evidence, "C", "T"), rate_at(background, evidence, "A", "G")
    assert deaminated[end] == pytest.approx(5e-3, rel=0.1)
    assert deaminated[inside] == pytest.approx(1e-4, rel=0.25)
    assert other[end] == pytest.approx(1e-4, rel=0.25)


def test_each_substitution_has_its_own_spread() -> None:
    factors = np.ones((len(REGION), 4))
    uneven = np.array([b == "C" for b in BASES[REGION.start : REGION.end]])
    factors[uneven, 3] = np.random.default_rng(8).gamma(0.5, 2.0, int(uneven.sum()))
    rate = {(SINGLETON_A, "C", "T"): 3e-3, (SINGLETON_A, "A", "C"): 3e-3}
    shapes = fit(make_evidence({SINGLETON_A: 3_000}, rate, site_factors=factors)).shapes
    wide, narrow = (shapes.of(Allele(CONTIG, 500, *change)) for change in (("C", "T"), ("A", "C")))
    assert wide.mode < 1.0 < 3.0 < narrow.mode
    assert 0 < wide.sd < 0.5


def test_a_hotspot_does_not_teach_the_model() -> None:
    rate = {(SIMPLEX_A, "C", "T"): 1e-3}
    evidence = make_evidence({SIMPLEX_A: 1_000}, rate)
    listed = frozenset(Allele(CONTIG, p, "C", "T") for p in range(REGION.start, REGION.end) if BASES[p] == "C")
    assert count(evidence, listed).errors_by_site().sum() == 0
    assert count(evidence).errors_by_site().sum() > 0


def test_sites_that_differ_give_a_small_dispersion_shape() -> None:
    rate = {(SINGLETON_A, "C", "T"): 3e-3}
    assert fit(make_evidence({SINGLETON_A: 3_000}, rate)).shapes.common.mode > 5.0
    factors = np.random.default_rng(8).gamma(0.5, 2.0, (len(REGION), 4))
    uneven = make_evidence({SINGLETON_A: 3_000}, rate, site_factors=factors)
    assert fit(uneven).shapes.common.mode == pytest.approx(0.5, rel=0.35)


def test_tiles_do_not_matter() -> None:
    evidence = make_evidence(
        {SIMPLEX_B: 500, SINGLETON_A: 900}, {(SIMPLEX_B, "C", "A"): 1e-3, (SINGLETON_A, "G", "T"): 1e-3}
    )
    whole, cut = count(evidence), count(split(evidence, 613))
    assert cut.places == whole.places
    for name in ("change", "depth", "is_background", "at", "base", "stratum", "molecules"):
        assert (getattr(cut, name) == getattr(whole, name)).all(), name
    assert (tabulate(cut).chances == tabulate(whole).chances).all()


def test_expected_errors_are_chances_times_rates() -> None:
    """Two ways to the same total: site by site, and by class and change (duplex is there read twice)."""
    counts = count(make_evidence({SIMPLEX_A: 300, SIMPLEX_B: 200, SINGLETON_B: 100}, {}))
    rates = np.random.default_rng(5).uniform(1e-6, 1e-3, (len(CLASSES), CHANGES))
    assert counts.expected_by_site(rates).sum() == pytest.approx((tabulate(counts).chances * rates).sum(), rel=1e-12)


@given(st.integers(0, CHANGES - 1))
def test_reversing_twice_is_the_same_change(change: int) -> None:
    once = reverse_change(np.array(change))
    assert int(reverse_change(once)) == change
    assert int(substitution_of(np.array(change))) == 15 - int(substitution_of(once))


@given(st.text("ACGT", min_size=3, max_size=40))
def test_reversed_sequence_has_the_reversed_change(bases: str) -> None:
    opposite = "".join(COMPLEMENT[b] for b in reversed(bases))
    triples, mirrored = trinucleotides(bases), trinucleotides(opposite)[::-1]
    for shown in range(4):
        assert (reverse_change(4 * triples + shown) == 4 * mirrored + 3 - shown).all()


def test_a_masked_neighbour_has_no_context() -> None:
    assert trinucleotides("ACNGT").tolist() == [UNKNOWN] * 3


@given(st.text("AC", min_size=1, max_size=30))
def test_run_lengths_are_those_of_a_count(bases: str) -> None:
    counted = [len(bases[i:]) - len(bases[i:].lstrip(bases[i])) for i in range(len(bases))]
    assert run_lengths(bases).tolist() == counted


def test_indel_classes_tell_insertion_deletion_length_and_run() -> None:
    window = Window(Interval("c", 0, 16), "GAAAAAAAAACGTCCT")
    classes = {
        indel_class(Allele("c", 0, "GA", "G"), window),
        indel_class(Allele("c", 0, "G", "GA"), window),
        indel_class(Allele("c", 0, "GAA", "G"), window),
        indel_class(Allele("c", 11, "GT", "G"), window),
    }
    assert len(classes) == 4
