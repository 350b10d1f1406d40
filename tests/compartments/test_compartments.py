"""Verdicts, tumour fraction and origin on drawn counts whose truth is known."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binom

from csfgeno.compartments.assign import Blood, assign_origin
from csfgeno.compartments.fractions import compare_fractions
from csfgeno.compartments.genes import calls_for_counselling
from csfgeno.compartments.power import Anchor, learn_scale, miss_probability
from csfgeno.compartments.settle import settle
from csfgeno.compartments.tumour_fraction import COPIES, ClonalAllele, allele_fraction, estimate, snp_fraction
from csfgeno.records import Finding, SpecimenQc, TranscriptChange
from csfgeno.thresholds import DEFAULTS
from csfgeno.vocab import Consequence, EvidenceMode, QcVerdict, SpecimenKind
from csfgeno.vocab.comparison import (
    Certainty,
    CompartmentVerdict,
    CopyState,
    Origin,
    OriginCaveat,
    ReasonCode,
    TumourFractionState,
)
from tests.compartments.simulated import (
    CSF,
    NORMAL,
    PLASMA,
    TISSUE,
    Drawn,
    Planted,
    make_call,
    make_finding,
    patient,
)
from tests.study.compartments import blood_rows, germline_rows, power_calibration

NO_BLOOD = Blood(None, is_high=False)

Counts = dict[SpecimenKind, tuple[int, int]]


def finding_of(number: int, gene: str, counts: Counts, *, change: str = "X1Y", is_hotspot: bool = True) -> Finding:
    planted = Planted(gene, change, {}, is_hotspot)
    return make_finding(number, planted, [make_call(kind, *own) for kind, own in counts.items()])


def settled(*findings: Finding, depths: dict[SpecimenKind, int], vcf: tuple[SpecimenKind, ...] = ()) -> list[Finding]:
    drawn = Drawn(findings, depths)
    qc = [SpecimenQc(kind, EvidenceMode.VCF, QcVerdict.PASS, ()) for kind in vcf]
    return list(settle(findings, patient(tuple(depths)), qc, drawn.power_of, DEFAULTS).findings)


# --------------------------------------------------------------------------------------- verdicts


def test_an_allele_is_private_only_where_the_other_specimen_had_the_power() -> None:
    depths = {CSF: 800, PLASMA: 5000, NORMAL: 600}
    asked = finding_of(0, "EGFR", {CSF: (320, 800), PLASMA: (0, 5000), NORMAL: (0, 600)})
    strong = finding_of(1, "TP53", {CSF: (300, 800), PLASMA: (100, 5000), NORMAL: (0, 600)})
    weak = finding_of(1, "TP53", {CSF: (300, 800), PLASMA: (2, 5000), NORMAL: (0, 600)})
    private, _ = settled(asked, strong, depths=depths)
    assert private.verdict is CompartmentVerdict.CSF_ONLY
    (comparison,) = private.comparisons
    assert comparison.miss_probability is not None
    assert comparison.miss_probability < 0.05
    assert comparison.has_clone
    assert comparison.expected_vaf == pytest.approx(100 / 5000 * 320 / 300, rel=0.3)
    unsure, _ = settled(asked, weak, depths=depths)
    assert unsure.verdict is CompartmentVerdict.NOT_INFORMATIVE
    assert unsure.comparisons[0].miss_probability is not None
    assert unsure.comparisons[0].miss_probability > 0.05


def test_without_another_tumour_allele_nothing_is_claimed() -> None:
    (only,) = settled(finding_of(0, "EGFR", {CSF: (320, 800), PLASMA: (0, 50_000)}), depths={CSF: 800, PLASMA: 50_000})
    assert only.verdict is CompartmentVerdict.NOT_INFORMATIVE
    assert only.comparisons[0].basis[0].code is ReasonCode.NO_ANCHOR


def test_a_vcf_never_proves_absence() -> None:
    depths = {CSF: 800, PLASMA: 5000}
    asked = finding_of(0, "EGFR", {CSF: (320, 800), PLASMA: (0, 5000)})
    other = finding_of(1, "TP53", {CSF: (300, 800), PLASMA: (900, 5000)})
    first, _ = settled(asked, other, depths=depths, vcf=(PLASMA,))
    assert first.verdict is CompartmentVerdict.NOT_INFORMATIVE
    assert first.comparisons[0].basis[0].code is ReasonCode.OTHER_FROM_VCF


def test_three_specimens_are_compared_pair_by_pair() -> None:
    depths = {CSF: 800, PLASMA: 5000, TISSUE: 300, NORMAL: 600}
    counts = {CSF: (30, 800), PLASMA: (0, 5000), TISSUE: (0, 300), NORMAL: (0, 600)}
    driver = {CSF: (320, 800), PLASMA: (400, 5000), TISSUE: (90, 300), NORMAL: (0, 600)}
    asked, shared = settled(finding_of(0, "MET", counts), finding_of(1, "EGFR", driver), depths=depths)
    assert shared.verdict is CompartmentVerdict.SHARED
    assert {(c.first, c.second) for c in asked.comparisons} == {(CSF, PLASMA), (CSF, TISSUE)}
    assert len(shared.comparisons) == 3
    assert asked.comparison(TISSUE, CSF) is asked.comparisons[1]


def test_a_clone_of_blood_is_not_called_private_to_plasma() -> None:
    depths = {CSF: 800, PLASMA: 5000, NORMAL: 1000}
    planted = Planted("DNMT3A", "R882H", {}, is_hotspot=False)
    calls = [make_call(CSF, 0, 800), make_call(PLASMA, 150, 5000), make_call(NORMAL, 31, 1000)]
    driver = finding_of(1, "EGFR", {CSF: (320, 800), PLASMA: (90, 5000), NORMAL: (0, 1000)})
    blood, _ = settled(make_finding(0, planted, calls), driver, depths=depths)
    assert blood.origin.origin is Origin.CLONAL_HAEMATOPOIESIS
    assert blood.verdict is CompartmentVerdict.NOT_COMPARED
    assert not blood.origin.may_drive_therapy


def test_the_scale_is_found_and_one_missing_anchor_does_not_spoil_it() -> None:
    present = [Anchor(400, 1000, 40, 10_000, 1e-5), Anchor(300, 1000, 30, 10_000, 1e-5)]
    lost = Anchor(350, 1000, 0, 10_000, 1e-5)
    for anchors in (present, [*present, lost]):
        scale = learn_scale(anchors, 0.2, 0.25)
        mean = float((scale.values * scale.weights).sum())
        assert mean == pytest.approx(0.01, rel=0.25)


def test_missing_equals_the_binomial_where_nothing_is_uncertain() -> None:
    class AtLeastTwo:
        def power(self, fraction: float) -> float:
            return float(binom.sf(1, 1000, fraction))

    sure = learn_scale([Anchor(500_000, 1_000_000, 5_000, 1_000_000, 0.0)], 0.0, 0.0)
    miss = miss_probability(200_000, 1_000_000, sure, AtLeastTwo(), 0.0, 0.95)
    assert miss.expected == pytest.approx(0.002, rel=0.05)
    assert miss.probability == pytest.approx(float(binom.cdf(1, 1000, 0.002)), rel=0.1)


def test_the_interval_of_a_ratio_covers_it() -> None:
    random, inside = np.random.default_rng(3), 0
    for _ in range(400):
        first, second = int(random.binomial(800, 0.2)), int(random.binomial(3000, 0.01))
        ratio = compare_fractions((first, 800), (second, 3000), 0.95)
        inside += (ratio.low or 0.0) <= 20.0 <= (ratio.high or np.inf)
    assert 0.92 <= inside / 400 <= 0.98
    assert compare_fractions((0, 800), (10, 3000), 0.95).low is None
    assert compare_fractions((10, 800), (0, 3000), 0.95).high is None
    assert compare_fractions((0, 0), (0, 3000), 0.95).value is None


def test_stated_probabilities_of_missing_come_true() -> None:
    rows, verdicts = power_calibration(60)
    cases = sum(row[1] for row in rows)
    stated = sum(row[1] * row[2] for row in rows) / cases
    missed = sum(row[1] * row[3] for row in rows) / cases
    assert abs(stated - missed) < 0.12
    assert verdicts["CSF_ONLY"] <= 2


# -------------------------------------------------------------------------------- tumour fraction


@pytest.mark.parametrize("state", COPIES)
def test_a_snp_of_the_gene_tells_the_copy_state(state: CopyState) -> None:
    tumour, copies = 0.7, COPIES[state]
    grid = np.array([tumour])
    vaf = float(allele_fraction(grid, *copies)[0])
    snp = float(snp_fraction(grid, *copies)[0])
    anchors = [ClonalAllele(gene, 1400, 4000) for gene in ("EGFR", "KRAS", "PIK3CA")]
    own = ClonalAllele("TP53", round(4000 * vaf), 4000, snps=((round(4000 * snp), 4000),))
    found = estimate([own, *anchors], 0.95)
    assert found.low <= tumour <= found.high
    assert found.states[0] is state


def test_a_specimen_without_tumour_alleles_has_an_upper_bound() -> None:
    driver = finding_of(0, "EGFR", {CSF: (320, 800), PLASMA: (0, 3000), NORMAL: (0, 600)})
    drawn = Drawn((driver,), {CSF: 800, PLASMA: 3000, NORMAL: 600})
    csf, plasma = settle(drawn.findings, patient((CSF, PLASMA, NORMAL)), (), drawn.power_of, DEFAULTS).tumour_fractions
    assert csf.state is TumourFractionState.ESTIMATED
    assert plasma.state is TumourFractionState.BELOW_LIMIT
    assert plasma.fraction is None
    assert plasma.high is not None
    assert 0.0005 < plasma.high < 0.003


# ----------------------------------------------------------------------------------------- origin


def test_inherited_t790m_asks_for_counselling() -> None:
    with_normal = finding_of(0, "EGFR", {CSF: (300, 600), NORMAL: (149, 300)}, change="T790M")
    alone = finding_of(0, "EGFR", {CSF: (300, 600)}, change="T790M")
    origin = assign_origin(with_normal, NO_BLOOD, DEFAULTS)
    assert (origin.origin, origin.certainty) == (Origin.GERMLINE, Certainty.SHOWN)
    assert OriginCaveat.GERMLINE_COUNSELLING in origin.caveats
    assert not origin.may_drive_therapy
    unsure = assign_origin(alone, NO_BLOOD, DEFAULTS)
    assert unsure.certainty is not Certainty.SHOWN
    assert Origin.GERMLINE in {unsure.origin, *unsure.not_excluded}
    assert OriginCaveat.GERMLINE_COUNSELLING in unsure.caveats
    assert ReasonCode.NO_NORMAL in {reason.code for reason in unsure.basis}


def test_a_silent_change_asks_for_no_counselling() -> None:
    finding = finding_of(0, "TP53", {CSF: (300, 600), NORMAL: (149, 300)}, is_hotspot=False)
    assert finding.change is not None
    silent = replace(finding, change=replace(finding.change, consequence=Consequence.SYNONYMOUS))
    assert OriginCaveat.GERMLINE_COUNSELLING in assign_origin(finding, NO_BLOOD, DEFAULTS).caveats
    assert assign_origin(silent, NO_BLOOD, DEFAULTS).caveats == ()


def test_a_driver_is_of_the_tumour_with_and_without_normal() -> None:
    shown = assign_origin(
        finding_of(0, "EGFR", {CSF: (300, 800), PLASMA: (9, 3000), NORMAL: (0, 500)}), NO_BLOOD, DEFAULTS
    )
    probable = assign_origin(finding_of(0, "EGFR", {CSF: (300, 800), PLASMA: (9, 3000)}), NO_BLOOD, DEFAULTS)
    assert (shown.origin, shown.certainty) == (Origin.TUMOUR, Certainty.SHOWN)
    assert (probable.origin, probable.certainty) == (Origin.TUMOUR, Certainty.PROBABLE)


@pytest.mark.parametrize("has_normal", [True, False])
def test_blood_and_inheritance_are_not_taken_for_tumour(has_normal: bool) -> None:
    blood = [origins for *_, origins in blood_rows(1, has_normal=has_normal)]
    assert sum(origins["TUMOUR"] for origins in blood) <= 0.01 * len(blood) + 1
    if has_normal:
        assert all(set(origins) <= {"CLONAL_HAEMATOPOIESIS", "UNKNOWN", "not detected"} for origins in blood)
    inherited = list(germline_rows(4, has_normal=has_normal))
    assert sum(denied for *_, denied in inherited) == 0


@pytest.mark.parametrize(
    ("gene", "change", "consequence", "asks"),
    [
        ("EGFR", "T790M", Consequence.MISSENSE, True),
        ("EGFR", "L858R", Consequence.MISSENSE, False),
        ("TP53", "R175H", Consequence.MISSENSE, True),
        ("TP53", "P72R", Consequence.MISSENSE, False),
        ("BRCA2", "S1982fs", Consequence.FRAMESHIFT, True),
        ("BRCA2", "N372H", Consequence.MISSENSE, False),
        ("STK11", "F354L", Consequence.MISSENSE, True),
        ("MSH6", "R1035*", Consequence.STOP_GAINED, True),
        ("TP53", "P36=", Consequence.SYNONYMOUS, False),
    ],
)
def test_counselling_is_asked_for_what_may_run_in_a_family(
    gene: str, change: str, consequence: Consequence, asks: bool
) -> None:
    named = TranscriptChange(gene, "NM_1.1", "", "", "", f"p.{change}", consequence, None)
    assert calls_for_counselling(named) is asks
