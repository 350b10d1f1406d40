"""Chance chimeras, junction sequence, copy number and heterozygosity: against hand calculation."""

import math
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import poisson

from csfgeno.records import Allele, Breakpoint, Hotspot, HotspotResult, HotspotSite, Interval
from csfgeno.simulation.rearranged import SparseGenome
from csfgeno.structural.chimeras import ChimeraModel, limit_fraction
from csfgeno.structural.copynumber import amplification_limit, copies_of, log2_of, loss_limit
from csfgeno.structural.depth import MOLECULE_BP, TargetDepths, TargetTraits, normalise_depths
from csfgeno.structural.genes import load_fusion_genes
from csfgeno.structural.heterozygosity import Heterozygous, Site, judge_balance, keep_apart
from csfgeno.structural.heterozygosity import limit_fraction as heterozygosity_limit
from csfgeno.structural.hotspots import state_structural_hotspots
from csfgeno.structural.levels import Level
from csfgeno.structural.sequence import complexity, join, longest_shared, microhomology
from csfgeno.structural.support import count_unbroken_along
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import Build, CallState, ContigStyle, HotspotKind, PartnerKind, Side, SpecimenKind

THRESHOLDS = Thresholds()
GENOME = SparseGenome({"a": ((0, "TTTTTACGTGACC" + "GGGG"),), "b": ((0, "CCATGACCTTGCA"),)})


@given(chimeras=st.integers(0, 2_000), panel_bp=st.integers(1_000, 1_000_000), molecules=st.integers(1, 30))
def test_more_molecules_are_less_probable(chimeras: int, panel_bp: int, molecules: int) -> None:
    model = ChimeraModel(chimeras, panel_bp, 10, 0.1)
    assert model.log_tail(molecules + 1) <= model.log_tail(molecules) <= 0.0


def test_a_novel_partner_needs_no_fewer_molecules_than_a_known_one() -> None:
    model = ChimeraModel(300, 40_000, 10, 0.1)
    known, novel = (model.least_molecules(kind, THRESHOLDS) for kind in (PartnerKind.KNOWN, PartnerKind.NOVEL))
    assert (known, novel) == (2, 3)


def test_limit_of_a_junction_is_the_fraction_with_the_asked_power() -> None:
    limit = limit_fraction(3, 1_000, 0.95)
    assert limit is not None
    assert poisson.sf(2, 1_000 * limit) == pytest.approx(0.95)
    assert limit_fraction(3, 5, 0.95) is None
    assert limit_fraction(3, 0, 0.95) is None


@given(
    spans=st.lists(st.tuples(st.integers(0, 60), st.integers(1, 40)), min_size=1, max_size=20),
    anchor_bp=st.integers(0, 25),
)
def test_molecules_along_a_stretch_reach_beyond_each_base(spans: list[tuple[int, int]], anchor_bp: int) -> None:
    starts, lengths = (np.array(column) for column in zip(*spans, strict=True))
    ends = starts + lengths
    tile: Any = SimpleNamespace(
        molecules=SimpleNamespace(forward_start=starts, reverse_start=starts, forward_end=ends, reverse_end=ends)
    )
    along = count_unbroken_along(Interval("a", 20, 50), tile, anchor_bp)
    assert along.tolist() == [
        sum(start + anchor_bp <= base < start + length - anchor_bp for start, length in spans) for base in range(20, 50)
    ]


def test_the_limit_of_a_fusion_counts_molecules_that_would_show_both_sides() -> None:
    """One molecule of 100 bases begins at each base: 100 cover a base, 60 reach 20 bases beyond it on both sides."""
    genes = load_fusion_genes(Build.GRCH38, ContigStyle.CHR)
    region = genes.break_introns("ALK")[19]
    starts = np.arange(region.start - 200, region.end + 200)
    molecules = SimpleNamespace(
        forward_start=starts, reverse_start=starts, forward_end=starts + 100, reverse_end=starts + 100
    )
    tile = SimpleNamespace(interval=region, molecules=molecules)
    chimeras = ChimeraModel(0, 10_000, 10, 0.1)
    specimen: Any = SimpleNamespace(kind=SpecimenKind.CSF, tiles=[tile], chimeras=chimeras)
    hotspot = Hotspot("ALK_fusion", "ALK", "ALK", "ALK", HotspotKind.FUSION)
    nothing = HotspotResult("ALK_fusion", SpecimenKind.CSF, CallState.NOT_ASSESSABLE, 0, 0, None, "")
    sites = [HotspotSite(hotspot, (), (), False, True)]
    (result,) = state_structural_hotspots(sites, [nothing], [specimen], [], [], genes, THRESHOLDS)
    assert result.depth == 100
    assert result.lod95 == limit_fraction(chimeras.least_molecules(PartnerKind.KNOWN, THRESHOLDS), 60, 0.95)


def test_joined_sequence_and_microhomology() -> None:
    # a: ...ACGTGACC|  joined to  b: |TTGCA, where b reads ...ATGACC before it: TGACC could be of either.
    first, second = Breakpoint("a", 12, Side.LEFT), Breakpoint("b", 8, Side.RIGHT)
    assert join(first, second, "", GENOME).text.strip("N") == "TTTTTACGTGACCTTGCA"
    assert microhomology(first, second, GENOME) == "TGACC"


def test_homology_and_complexity() -> None:
    first, second = Breakpoint("a", 12, Side.LEFT), Breakpoint("b", 8, Side.RIGHT)
    assert longest_shared(first, second, GENOME) == 5
    assert complexity("CA" * 20) == pytest.approx(0.5, abs=0.01)
    assert complexity("A" * 20) == 0.0


@given(copies=st.floats(0.0, 50.0), fraction=st.floats(0.02, 0.98))
def test_copies_and_ratio_are_inverse(copies: float, fraction: float) -> None:
    assert copies_of(log2_of(copies, fraction), fraction) == pytest.approx(copies, abs=1e-6)


def test_limits_of_copy_number_fall_with_precision_and_tumour_fraction() -> None:
    fine, coarse = (Level(0.0, error, 2, 2_000, 1_000.0) for error in (0.05, 0.2))
    assert amplification_limit(fine, 0.5, THRESHOLDS) < amplification_limit(coarse, 0.5, THRESHOLDS)
    assert amplification_limit(fine, 0.5, THRESHOLDS) < amplification_limit(fine, 0.1, THRESHOLDS)
    assert (loss_limit(fine, THRESHOLDS) or 2.0) < (loss_limit(coarse, THRESHOLDS) or 2.0)


def test_an_amplified_gene_stands_out_of_depths_bent_by_gc() -> None:
    rng = np.random.default_rng(4)
    genes = np.repeat(np.arange(30), 3)
    gc = rng.normal(0.0, 0.1, len(genes))
    covariates = np.stack([gc, gc**2, rng.normal(0.0, 1.0, len(genes))], axis=1)
    mean = 1_000 * 2.0 ** (3.0 * gc - 8.0 * gc**2 + rng.normal(0.0, 0.05, len(genes)))
    mean[genes == 7] *= 4.0
    mean = rng.poisson(mean).astype(float)
    ratios = normalise_depths(
        TargetDepths(mean, 2 * mean), None, TargetTraits(covariates, genes, np.ones(len(genes), np.bool_)), 0.05
    )
    assert ratios.log2[genes == 7].mean() == pytest.approx(2.0, abs=0.15)
    assert np.abs(ratios.log2[genes != 7]).mean() < 0.15
    assert ratios.spread.max() < 0.2


def test_limit_of_heterozygosity_is_where_a_lost_copy_would_show() -> None:
    sites = [Site(0.5, 10**9, 500, 1_000, 0.0)]
    limit = heterozygosity_limit(sites, THRESHOLDS)
    assert limit is not None
    shift = limit / (2 * (2 - limit))
    # one site: a two-sided z test at 3.29 with power 0.95 needs 3.29 + 1.645 standard errors
    assert shift / (0.5 / math.sqrt(1_000)) == pytest.approx(3.29 + 1.645, abs=0.02)


@pytest.mark.parametrize(("depth", "normal_depth"), [(2_000, 300), (20_000, 20_000)])
def test_balanced_genes_are_called_as_rarely_as_promised(depth: int, normal_depth: int) -> None:
    """The normal is counted too, and the two libraries differ by the stated spread, which depth does not lessen."""
    rng, genes, spread = np.random.default_rng(8), 3_000, THRESHOLDS.heterozygous_spread
    called = 0
    for _ in range(genes):
        normal = rng.binomial(normal_depth, 0.5, 3)
        own = rng.binomial(depth, 0.5 + rng.normal(0.0, spread, 3))
        sites = [Site(n / normal_depth, normal_depth, a, depth, spread) for n, a in zip(normal, own, strict=True)]
        called += judge_balance("TP53", SpecimenKind.CSF, sites, THRESHOLDS).state is CallState.DETECTED
    # 3 expected at 1e-3; 12 or more come once in ten thousand times
    assert called < 12


@given(depths=st.dictionaries(st.integers(0, 1_000), st.integers(50, 60), min_size=1))
def test_variants_that_share_molecules_count_once(depths: dict[int, int]) -> None:
    alleles = [Heterozygous(Allele("a", start, "C", "T"), 0.5, depth) for start, depth in depths.items()]
    kept = keep_apart(alleles)
    places = [one.allele.start for one in kept]
    assert all(later - earlier >= MOLECULE_BP for earlier, later in pairwise(places))
    for one in alleles:
        near = [other for other in kept if abs(other.allele.start - one.allele.start) < MOLECULE_BP]
        assert max(other.depth for other in near) >= one.depth


def test_no_depth_takes_the_limit_of_heterozygosity_below_the_spread() -> None:
    deepest = Site(0.5, 10**9, 5 * 10**8, 10**9, 0.01)
    limit = heterozygosity_limit([deepest], THRESHOLDS)
    assert limit is not None
    assert limit / (2 * (2 - limit)) == pytest.approx((3.29 + 1.645) * 0.01, abs=2e-4)
