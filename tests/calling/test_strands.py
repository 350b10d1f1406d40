"""The genome read from its other end: the same molecules have the same background and get the same verdict."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csfgeno.calling.caller import SpecimenCaller, make_priors
from csfgeno.errormodel.adapt import learn_background
from csfgeno.errormodel.context import indel_class
from csfgeno.errormodel.counts import count_background
from csfgeno.errormodel.fit import fit_model
from csfgeno.errormodel.model import LabModel
from csfgeno.evidence.specimen import SpecimenEvidence
from csfgeno.genome.normalise import normalise
from csfgeno.genome.sequence import Window
from csfgeno.molecules.strata import STRATA
from csfgeno.records import Allele, Interval, SpecimenCall
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import CallingTier, EvidenceMode, SpecimenKind

from ..errormodel.synthetic import (
    BASES,
    CONTIG,
    DUPLEX,
    REFERENCE,
    REGION,
    SIMPLEX_A,
    SIMPLEX_B,
    SINGLETON_A,
    SINGLETON_B,
    Errors,
    draw_errors,
    evidence_of,
    make_tile,
)
from ..errormodel.test_laboratory_model import identity

COMPLEMENT = str.maketrans("ACGT", "TGCA")
OTHER_STRAND = {"A": "B", "B": "A", "both": "both"}
SWAPPED = np.array([STRATA.index(s._replace(strand=OTHER_STRAND[s.strand])) for s in STRATA])
DEPTH = {DUPLEX: 900, SIMPLEX_A: 1_500, SIMPLEX_B: 700, SINGLETON_A: 400, SINGLETON_B: 1_200}
RATES = {
    (SIMPLEX_A, "G", "T"): 6e-4,
    (SIMPLEX_B, "C", "A"): 6e-4,
    (SINGLETON_A, "C", "T"): 1e-3,
    (SINGLETON_B, "G", "A"): 1e-3,
    (SINGLETON_B, "A", "G"): 4e-4,
    (DUPLEX, "C", "T"): 1e-5,
}


def opposite(bases: str) -> str:
    return bases.translate(COMPLEMENT)[::-1]


def mirrored_evidence(depth: dict[int, int], errors: Errors) -> SpecimenEvidence:
    """Return the same molecules on the reverse complement of the genome: what was read as strand A is now strand B."""
    assert (REGION.start, REGION.end) == (len(BASES) - REGION.end, len(BASES) - REGION.start)
    tile = make_tile({int(SWAPPED[s]): n for s, n in depth.items()}, errors[SWAPPED][:, ::-1, ::-1])
    turned = replace(tile, reference=opposite(REFERENCE))
    return SpecimenEvidence((turned,), Window(Interval(CONTIG, 0, len(BASES)), opposite(BASES)))


def mirrored(allele: Allele, genome: str = BASES) -> Allele:
    turned = Allele(allele.contig, len(genome) - allele.end, opposite(allele.ref), opposite(allele.alt))
    return normalise(turned, Window(Interval(allele.contig, 0, len(genome)), opposite(genome)))


def call(evidence: SpecimenEvidence, allele: Allele, model: LabModel | None) -> SpecimenCall:
    thresholds = Thresholds()
    background = learn_background(evidence, {allele}, thresholds, model, EvidenceMode.UMI_FAMILIES)
    priors = make_priors(100, len(REGION), thresholds)
    return SpecimenCaller(SpecimenKind.CSF, evidence, background, priors, thresholds).call(allele, CallingTier.HOTSPOT)


def both_ways(seed: int, depth: dict[int, int] = DEPTH) -> tuple[Errors, SpecimenEvidence, SpecimenEvidence]:
    errors = draw_errors(depth, RATES, np.random.default_rng(seed))
    return errors, evidence_of(make_tile(depth, errors)), mirrored_evidence(depth, errors)


def assert_alike(one: SpecimenCall, other: SpecimenCall, rel: float = 1e-6) -> None:
    assert (one.state, one.filters, one.counts.strata[0].alt) == (
        other.state,
        other.filters,
        other.counts.strata[0].alt,
    )
    assert (one.counts.depth, one.counts.alt) == (other.counts.depth, other.counts.alt)
    for name in ("log10_p", "log_likelihood_ratio", "vaf", "vaf_low", "vaf_high", "lod95"):
        assert getattr(one, name) == pytest.approx(getattr(other, name), rel=rel, abs=1e-9), name


def test_a_specimen_teaches_the_same_background() -> None:
    _, there, back = both_ways(3)
    one, other = (learn_background(e, (), Thresholds(), None, EvidenceMode.UMI_FAMILIES) for e in (there, back))
    assert one.base_rates == pytest.approx(other.base_rates, rel=1e-9)
    assert one.base_doubt == pytest.approx(other.base_doubt, rel=1e-9)
    assert one.shapes.common.mode == pytest.approx(other.shapes.common.mode, rel=1e-6)
    # Rates do depend on the strand, so that a background that forgot it would fail here.
    swapped = learn_background(
        evidence_of(make_tile(DEPTH, draw_errors(DEPTH, RATES, np.random.default_rng(3))[SWAPPED])),
        (), Thresholds(), None, EvidenceMode.UMI_FAMILIES,
    )  # fmt: skip
    assert not np.allclose(one.base_rates, swapped.base_rates, rtol=0.2)


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10_000), st.integers(5, len(REGION) - 5), st.integers(1, 3), st.data())
def test_a_substitution_gets_the_same_verdict(seed: int, at: int, step: int, data: st.DataObject) -> None:
    errors = draw_errors(DEPTH, RATES, np.random.default_rng(seed))
    base = ("ACGT".index(REFERENCE[at]) + step) % 4
    for stratum in DEPTH:
        errors[stratum, at, base] = data.draw(st.integers(0, 6))
    allele = Allele(CONTIG, REGION.start + at, REFERENCE[at], "ACGT"[base])
    there = call(evidence_of(make_tile(DEPTH, errors)), allele, None)
    assert_alike(there, call(mirrored_evidence(DEPTH, errors), mirrored(allele), None))


def test_normals_teach_the_same_model_and_it_judges_alike() -> None:
    models = []
    for mirror in (False, True):
        pairs = [both_ways(seed) for seed in (11, 12, 13)]
        evidence = [back if mirror else there for _, there, back in pairs]
        counts = [count_background(e.tiles, e.sequence, (), Thresholds()) for e in evidence]
        models.append(fit_model(identity(3), counts, Thresholds()))
    one, other = models
    assert one.choice.name == other.choice.name
    assert one.base_rates == pytest.approx(other.base_rates, rel=1e-6)
    # Where the likelihood is flat the search for a shape stops within a thousandth of its best.
    assert one.between == pytest.approx(other.between, rel=1e-2)
    assert one.sites.factors() == pytest.approx(other.sites.factors()[::-1, ::-1], rel=1e-2)
    # A limit goes in steps, so that the same shapes are needed for the same limit.
    other = replace(other, between=one.between, sites=replace(other.sites, site_shape=one.sites.site_shape))
    errors, there, back = both_ways(20)
    for at in (50, 400, 731):
        allele = Allele(CONTIG, REGION.start + at, REFERENCE[at], "ACGT"[("ACGT".index(REFERENCE[at]) + 1) % 4])
        assert_alike(call(there, allele, one), call(back, mirrored(allele), other), rel=1e-3)
    assert errors.sum() > 0


@settings(max_examples=100, deadline=None)
@given(st.text("ACGT", min_size=20, max_size=40), st.data())
def test_a_deleted_base_is_of_one_class_from_either_end(bases: str, data: st.DataObject) -> None:
    """Its homopolymer has one length; what is longer is classed by the homopolymer that it begins with, on the left."""
    genome = f"ACGTCA{bases}TGCATG"
    window = Window(Interval(CONTIG, 0, len(genome)), genome)
    at = data.draw(st.integers(6, 5 + len(bases)))
    allele = normalise(Allele(CONTIG, at - 1, genome[at - 1 : at + 1], genome[at - 1]), window)
    turned = Window(Interval(CONTIG, 0, len(genome)), opposite(genome))
    assert indel_class(allele, window) == indel_class(mirrored(allele, genome), turned)
