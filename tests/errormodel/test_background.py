"""The background is learnt back from molecules whose error rates are known."""

import random
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from csfgeno.errormodel.background import Background, fit_background
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
from csfgeno.evidence.specimen import SpecimenEvidence
from csfgeno.genome.sequence import Window
from csfgeno.molecules.collapse import Molecules, MoleculeTile
from csfgeno.molecules.fold import STRATA, Calls
from csfgeno.molecules.indels import IndelCalls
from csfgeno.records import Allele, Interval
from csfgeno.thresholds import Thresholds

CONTIG = "c"
BASES = "".join(random.Random(3).choices("ACGT", k=1_200))
REGION = Interval(CONTIG, 100, 1_100)
DUPLEX, SIMPLEX_A, SIMPLEX_B, SINGLETON_A = 0, 1, 2, 3
COMPLEMENT = dict(zip("ACGT", "TGCA", strict=True))


def make_evidence(
    depth: Mapping[int, int], rate: Mapping[tuple[int, str, str], float], seed: int = 1
) -> SpecimenEvidence:
    """Return evidence with `depth[stratum]` molecules everywhere and errors at `rate[stratum, ref, alt]`."""
    rng = np.random.default_rng(seed)
    width = len(REGION)
    reference = BASES[REGION.start : REGION.end]
    ref_depth = np.zeros((len(STRATA), width), np.int32)
    rows: list[tuple[int, int, int]] = []
    for stratum, molecules in depth.items():
        ref_depth[stratum] = molecules
        for at, ref in enumerate(reference):
            for code, alt in enumerate("ACGT"):
                errors = int(rng.poisson(molecules * rate.get((stratum, ref, alt), 0.0)))
                ref_depth[stratum, at] -= errors
                rows += [(REGION.start + at, code, stratum)] * errors
    table = np.array(rows, np.int32).reshape(-1, 3)
    calls = Calls(
        ref_depth=ref_depth,
        discordant=np.zeros(width, np.int32),
        molecule=np.zeros(len(table), np.int32),
        pos=table[:, 0],
        base=table[:, 1].astype(np.uint8),
        stratum=table[:, 2].astype(np.uint8),
        votes=np.zeros((len(table), 4), np.uint32),
    )
    none = np.zeros(0, np.int32)
    molecules_of_tile = Molecules(
        none, none, none, none, none, none, none, none, np.zeros(0, np.uint8), np.zeros(0), np.zeros(0, bool)
    )
    tile = MoleculeTile(REGION, reference, molecules_of_tile, calls, IndelCalls((), ()), 0, 0, 0)
    return SpecimenEvidence((tile,), Window(Interval(CONTIG, 0, len(BASES)), BASES))


def fit(evidence: SpecimenEvidence, exclude: frozenset[Allele] = frozenset()) -> Background:
    return fit_background(evidence, exclude, Thresholds())


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


def test_a_variant_does_not_teach_the_model() -> None:
    evidence = make_evidence({SIMPLEX_A: 1_000}, {})
    calls, pos = evidence.tiles[0].calls, site_of("C")
    variant = Calls(
        calls.ref_depth, calls.discordant, np.zeros(300, np.int32), np.full(300, pos, np.int32),
        np.full(300, 3, np.uint8), np.full(300, SIMPLEX_A, np.uint8), np.zeros((300, 4), np.uint32),
    )  # fmt: skip
    tile = evidence.tiles[0]
    with_variant = MoleculeTile(REGION, tile.reference, tile.molecules, variant, tile.indels, 0, 0, 0)
    assert fit(SpecimenEvidence((with_variant,), evidence.sequence)).base_errors.sum() == 0


def test_a_hotspot_does_not_teach_the_model() -> None:
    rate = {(SIMPLEX_A, "C", "T"): 1e-3}
    evidence = make_evidence({SIMPLEX_A: 1_000}, rate)
    listed = frozenset(Allele(CONTIG, p, "C", "T") for p in range(REGION.start, REGION.end) if BASES[p] == "C")
    assert fit(evidence, listed).base_errors.sum() == 0


def test_sites_that_differ_give_a_small_dispersion_shape() -> None:
    even = make_evidence({SINGLETON_A: 3_000}, {(SINGLETON_A, "C", "T"): 3e-3})
    assert fit(even).dispersion > 5.0
    rng = np.random.default_rng(8)
    tile = even.tiles[0]
    sites = np.flatnonzero([b == "C" for b in tile.reference])
    errors = rng.poisson(9.0 * rng.gamma(0.5, 2.0, len(sites)))
    uneven = Calls(
        tile.calls.ref_depth, tile.calls.discordant, np.zeros(errors.sum(), np.int32),
        np.repeat(sites + REGION.start, errors).astype(np.int32), np.full(errors.sum(), 3, np.uint8),
        np.full(errors.sum(), SINGLETON_A, np.uint8), np.zeros((errors.sum(), 4), np.uint32),
    )  # fmt: skip
    spread = MoleculeTile(REGION, tile.reference, tile.molecules, uneven, tile.indels, 0, 0, 0)
    assert fit(SpecimenEvidence((spread,), even.sequence)).dispersion == pytest.approx(0.5, rel=0.35)


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
