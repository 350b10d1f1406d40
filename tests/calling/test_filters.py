"""Filters at their limits, and what they say they saw."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import hypergeom

from csfgeno.calling import supplied
from csfgeno.calling.filters import FILTERS, Distances, Seen, apply_filters
from csfgeno.calling.germline import looks_inherited, note_allele
from csfgeno.calling.limits import Rule, Verdict
from csfgeno.calling.sight import repeat_bp
from csfgeno.errormodel.recurrence import Recurrence
from csfgeno.genome.normalise import normalise
from csfgeno.genome.sequence import Window
from csfgeno.records import Allele, AlleleCounts, Interval, SpecimenCall, StratumCounts
from csfgeno.thresholds import DEFAULTS, Thresholds, override
from csfgeno.vocab import AlleleNote, CallingTier, CallState, FilterName, MoleculeKind, SpecimenKind

NEUTRAL = Allele("c", 100, "T", "G")
G_TO_T, C_TO_A = Allele("c", 100, "G", "T"), Allele("c", 100, "C", "A")
C_TO_T, G_TO_A = Allele("c", 100, "C", "T"), Allele("c", 100, "G", "A")
CLEAR = Verdict(-50.0, is_detected=True)
RULE = Rule(alpha=1e-4, min_alt=2)


def distances(near: int, far: int) -> Distances:
    return np.array([0] * near + [60] * far, np.int64)


def seen(
    allele: Allele = NEUTRAL,
    strands: tuple[int, int, int, int] = (10, 10, 500, 500),
    *,
    duplex: int = 0,
    ends: tuple[int, int, int, int] = (0, 20, 36, 964),
    mapq: float | None = 60.0,
    verdict: Verdict = CLEAR,
    repeat: int = 0,
    mapqs: tuple[int, int, int, int] | None = None,
    mismatches: tuple[int, int] = (0, 0),
    recurrence: Recurrence | None = None,
) -> Seen:
    """Return what filters look at; `strands`, `ends` and `mapqs` (low, high) are of mutant, then other molecules."""
    alt, other = strands[0] + strands[1] + duplex, strands[2] + strands[3]
    strata = (
        StratumCounts(MoleculeKind.DUPLEX, duplex, duplex, 1e-7),
        StratumCounts(MoleculeKind.SIMPLEX, alt - duplex + other, alt - duplex, 1e-5),
    )
    counts = AlleleCounts(strata, other, 0, 0, *strands, alt_mean_mapq=mapq, alt_median_end_distance_bp=40.0)
    low, high, other_low, other_high = mapqs or (0, alt, 0, other)
    return Seen(
        allele=allele,
        counts=counts,
        verdict=verdict,
        rule=RULE,
        alt_distances=distances(*ends[:2]),
        other_distances=distances(*ends[2:]),
        repeat_bp=repeat,
        alt_mapq=np.array([0.0] * low + [60.0] * high),
        other_mapq=np.array([0.0] * other_low + [60.0] * other_high),
        alt_mismatches=np.full(alt, mismatches[0]),
        other_mismatches=np.full(other, mismatches[1]),
        recurrence=recurrence,
    )


def failing(view: Seen, thresholds: Thresholds = DEFAULTS) -> set[FilterName]:
    return {remark.name for remark in apply_filters(view, thresholds) if remark.fails}


def test_every_name_has_one_filter_with_known_thresholds() -> None:
    # Those of the laboratory's own cases and of contaminants look at whole findings, after they are called; two are of
    # supplied VCFs.
    late = (FilterName.LAB_RECURRENT, FilterName.CONTAMINANT, *supplied.HEADERS)
    assert [*(f.name for f in FILTERS), *late] == list(FilterName)
    assert all(hasattr(DEFAULTS, name) for f in FILTERS for name in f.thresholds)


def test_a_clean_allele_passes_and_every_filter_says_what_it_saw() -> None:
    remarks = apply_filters(seen(), DEFAULTS)
    assert [r.name for r in remarks] == [f.name for f in FILTERS]
    assert not [r for r in remarks if r.fails]
    assert all(r.saw and not r.saw.endswith(".") for r in remarks)
    assert {type(r.fails) for r in remarks} == {bool}  # numpy's own cannot be written as JSON


def test_without_mutant_molecules_there_is_nothing_to_say() -> None:
    assert apply_filters(seen(strands=(0, 0, 500, 500), ends=(0, 0, 36, 964)), DEFAULTS) == ()


class TestEvidence:
    @pytest.mark.parametrize(("log_p", "fails"), [(math.log(1e-4), False), (math.log(1e-4) + 1e-9, True)])
    def test_the_probability_may_equal_alpha(self, log_p: float, fails: bool) -> None:
        view = seen(verdict=Verdict(log_p, is_detected=not fails))
        assert failing(view) == ({FilterName.WEAK_EVIDENCE} if fails else set())

    @pytest.mark.parametrize(("strands", "fails"), [((1, 1, 500, 500), False), ((1, 0, 500, 500), True)])
    def test_the_molecules_may_equal_the_fewest(self, strands: tuple[int, int, int, int], fails: bool) -> None:
        assert failing(seen(strands=strands)) == ({FilterName.FEW_MOLECULES} if fails else set())


class TestStrands:
    @pytest.mark.parametrize(
        ("strands", "fails"),
        [
            ((20, 0, 500, 500), True),
            ((10, 10, 500, 500), False),
            ((2, 0, 500, 500), False),  # too few to tell
            ((20, 0, 900, 3), False),  # the reference is one-sided as well
            ((18, 2, 500, 500), False),  # 0.1 is reached, but p is 4e-4
            ((36, 4, 500, 500), True),  # exactly one in ten
            ((35, 5, 500, 500), False),  # p is 1e-6, but not one-sided
            ((3_000, 2_400, 5_000, 5_000), False),  # a slight imbalance of many molecules
        ],
    )
    def test_bias(self, strands: tuple[int, int, int, int], fails: bool) -> None:
        assert (FilterName.STRAND_BIAS in failing(seen(strands=strands))) is fails

    @pytest.mark.parametrize(("excess", "fails"), [(-1e-9, False), (1e-9, True)])
    def test_the_probability_is_held_against_the_threshold(self, excess: float, fails: bool) -> None:
        exact = _two_sided(20, 0, 496, 504)
        own = override(DEFAULTS, {"strand_bias_p": exact * (1 + excess)})
        assert (FilterName.STRAND_BIAS in failing(seen(strands=(20, 0, 496, 504)), own)) is fails

    @pytest.mark.parametrize(
        ("allele", "strands", "duplex", "fails"),
        [
            (G_TO_T, (11, 0, 500, 500), 0, True),
            (G_TO_T, (9, 0, 500, 500), 0, False),  # 1 in 512
            (G_TO_T, (0, 11, 500, 500), 0, False),  # the other strand: not oxidation
            (C_TO_A, (0, 11, 500, 500), 0, True),
            (C_TO_A, (11, 0, 500, 500), 0, False),
            (G_TO_T, (11, 0, 500, 500), 1, False),  # a duplex molecule cannot be damage
            (G_TO_T, (80, 50, 500, 500), 0, False),  # a variant with some damage on top
            (C_TO_T, (11, 0, 500, 500), 0, False),
        ],
    )
    def test_oxidation(self, allele: Allele, strands: tuple[int, int, int, int], duplex: int, fails: bool) -> None:
        assert (FilterName.OXIDATION in failing(seen(allele, strands, duplex=duplex))) is fails


def _two_sided(a: int, b: int, c: int, d: int) -> float:
    """Fisher's two-sided probability from its definition: all tables that are no more likely."""
    pmf = hypergeom.pmf(np.arange(a + b + 1), a + b + c + d, a + c, a + b)
    return float(pmf[pmf <= pmf[a] * (1 + 1e-7)].sum())


class TestEnds:
    @pytest.mark.parametrize(
        ("ends", "fails"),
        [
            ((2, 0, 36, 964), True),  # 1.4 in 1,000
            ((2, 2, 36, 964), True),  # exactly half
            ((2, 3, 36, 964), False),  # less than half
            ((1, 0, 36, 964), False),  # 1 in 28
            ((20, 0, 1_000, 0), False),  # every molecule of an amplicon ends here
            ((0, 20, 36, 964), False),
        ],
    )
    def test_fragment_end(self, ends: tuple[int, int, int, int], fails: bool) -> None:
        assert (FilterName.FRAGMENT_END in failing(seen(ends=ends))) is fails

    @pytest.mark.parametrize(("distance", "fails"), [(2, True), (3, False)])
    def test_the_zone_is_open(self, distance: int, fails: bool) -> None:
        at = replace(seen(), alt_distances=np.full(5, distance), other_distances=np.full(900, 60))
        assert (FilterName.FRAGMENT_END in failing(at)) is fails

    @pytest.mark.parametrize(
        ("allele", "ends", "duplex", "fails"),
        [
            (C_TO_T, (3, 0, 80, 920), 0, True),
            (G_TO_A, (3, 0, 80, 920), 0, True),
            (C_TO_T, (2, 0, 80, 920), 0, False),  # 6 in 1,000
            (C_TO_T, (3, 0, 80, 920), 1, False),
            (C_TO_T, (3, 4, 80, 920), 0, False),
            (NEUTRAL, (3, 0, 80, 920), 0, False),
        ],
    )
    def test_deamination(self, allele: Allele, ends: tuple[int, int, int, int], duplex: int, fails: bool) -> None:
        view = seen(allele, ends=ends, duplex=duplex)
        moved = replace(
            view,
            alt_distances=view.alt_distances + 9 * (view.alt_distances == 0),
            other_distances=view.other_distances + 9 * (view.other_distances == 0),
        )
        assert (FilterName.DEAMINATION in failing(moved)) is fails


@pytest.mark.parametrize(("mapq", "fails"), [(29.999, True), (30.0, False), (None, False)])
def test_mapping_quality(mapq: float | None, fails: bool) -> None:
    assert (FilterName.LOW_MAPQ in failing(seen(mapq=mapq))) is fails


@pytest.mark.parametrize(
    ("mapqs", "fails"),
    [
        ((10, 10, 20, 980), True),  # half of them, and few of the others
        ((9, 11, 20, 980), False),
        ((10, 10, 480, 520), False),  # as the others
    ],
)
def test_a_mixture_of_mapping_qualities(mapqs: tuple[int, int, int, int], fails: bool) -> None:
    assert (FilterName.LOW_MAPQ in failing(seen(mapqs=mapqs))) is fails


@pytest.mark.parametrize(
    ("mismatches", "fails"), [((2, 0), False), ((3, 0), True), ((3, 2), True), ((3, 3), False), ((9, 9), False)]
)
def test_misplaced_molecules_differ_elsewhere(mismatches: tuple[int, int], fails: bool) -> None:
    assert (FilterName.MISPLACED in failing(seen(mismatches=mismatches))) is fails


@pytest.mark.parametrize(
    ("recurrence", "fails"),
    [
        (None, False),
        (Recurrence(NEUTRAL, 2, 0.05), True),
        (Recurrence(NEUTRAL, 1, 0.05), False),
        (Recurrence(NEUTRAL, 2, 20 / 1020 / 3), True),  # three times as much, which is the limit
        (Recurrence(NEUTRAL, 2, 20 / 1020 / 3.01), False),
    ],
)
def test_what_recurs_in_normals_is_doubted(recurrence: Recurrence | None, fails: bool) -> None:
    assert (FilterName.PANEL_OF_NORMALS in failing(seen(recurrence=recurrence))) is fails


class TestRepeats:
    @pytest.mark.parametrize(("length", "fails"), [(9, False), (10, True)])
    def test_the_limit_is_inclusive(self, length: int, fails: bool) -> None:
        assert (FilterName.LOW_COMPLEXITY in failing(seen(repeat=length))) is fails

    @pytest.mark.parametrize(
        ("bases", "ref", "alt", "length"),
        [
            ("G" + "A" * 10 + "CT", "GA", "G", 10),
            ("G" + "A" * 10 + "CT", "G", "GA", 10),
            ("G" + "A" * 10 + "CT", "GAAA", "G", 10),
            ("C" + "AG" * 6 + "TT", "CAG", "C", 12),
            ("C" + "AG" * 6 + "TT", "C", "CAG", 12),
            ("GACGTTCATT", "GA", "G", 1),
            ("TGCCAGCGTGTTT", "T", "TGCCAGCGTG", 0),  # a duplication of nine bases is no slippage
            ("GACGTTCATT", "G", "T", 0),
            ("GACGTTCATT", "GAC", "T", 0),
        ],
    )
    def test_the_repeat_is_measured_on_the_reference(self, bases: str, ref: str, alt: str, length: int) -> None:
        assert repeat_bp(Allele("c", 0, ref, alt), Window(Interval("c", 0, len(bases)), bases)) == length

    @settings(max_examples=60, deadline=None)
    @given(st.text("AG", min_size=1, max_size=4), st.integers(2, 8))
    def test_taking_out_or_putting_in_a_unit_sees_the_same_repeat(self, unit: str, times: int) -> None:
        bases = "T" + unit * times + "C"
        window = Window(Interval("c", 0, len(bases)), bases)
        shorter = normalise(Allele("c", 0, "T" + unit, "T"), window)
        longer = normalise(Allele("c", 0, "T", "T" + unit), window)
        assert repeat_bp(shorter, window) == repeat_bp(longer, window) == len(unit) * times


class TestGermline:
    @staticmethod
    def call(kind: SpecimenKind, low: float, high: float, depth: int = 400) -> SpecimenCall:
        counts = AlleleCounts((StratumCounts(MoleculeKind.SIMPLEX, depth, 1, 1e-5),), depth - 1, 0, 0, 1, 0, depth, 0)
        return SpecimenCall(kind, CallState.DETECTED, counts, CallingTier.PANEL, 0.1, low, high, -9.0, 50.0, 0.001)

    @pytest.mark.parametrize(
        ("low", "high", "inherited"),
        [
            (0.45, 0.54, True),
            (0.40, 0.45, True),  # touches 0.45
            (0.40, 0.4499, False),
            (0.55, 0.60, True),
            (0.5501, 0.60, False),
            (0.93, 0.95, True),
            (0.93, 0.9499, False),
            (0.01, 0.02, False),
        ],
    )
    def test_the_interval_must_reach_the_fraction(self, low: float, high: float, inherited: bool) -> None:
        assert looks_inherited([self.call(SpecimenKind.CSF, low, high)], DEFAULTS) is inherited

    def test_the_normal_decides_where_there_is_one(self) -> None:
        tumour, blood = self.call(SpecimenKind.CSF, 0.47, 0.53), self.call(SpecimenKind.NORMAL, 0.0, 0.01)
        assert not looks_inherited([tumour, blood], DEFAULTS)
        mixed, own = self.call(SpecimenKind.CSF, 0.7, 0.75), self.call(SpecimenKind.NORMAL, 0.47, 0.53)
        assert note_allele([mixed, own], DEFAULTS) == (AlleleNote.GERMLINE_LIKE,)

    def test_without_a_normal_every_specimen_must_fit(self) -> None:
        csf, plasma = self.call(SpecimenKind.CSF, 0.47, 0.53), self.call(SpecimenKind.PLASMA, 0.01, 0.03)
        assert note_allele([csf, plasma], DEFAULTS) == ()

    @pytest.mark.parametrize(("depth", "inherited"), [(20, True), (19, False)])
    def test_a_shallow_specimen_is_not_asked(self, depth: int, inherited: bool) -> None:
        assert looks_inherited([self.call(SpecimenKind.CSF, 0.47, 0.53, depth)], DEFAULTS) is inherited
