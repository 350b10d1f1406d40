"""Calls and hotspot states of planted molecules."""

from pathlib import Path

import pytest

from csfgeno.calling.caller import Priors, SpecimenCaller, decide_state, make_priors
from csfgeno.calling.filters import FILTERS
from csfgeno.calling.hotspots import (
    DOUBTFUL,
    MASKED,
    NOT_IN_THIS_VERSION,
    NOT_TARGETED,
    belongs_to,
    hotspot_indels,
    state_hotspot,
    unteachable,
)
from csfgeno.calling.limits import Verdict
from csfgeno.errormodel.adapt import learn_background
from csfgeno.genome.sequence import Window
from csfgeno.records import Allele, Hotspot, HotspotSite, Interval
from csfgeno.thresholds import Thresholds, override
from csfgeno.vocab import CallingTier, CallState, EvidenceMode, FilterName, HotspotKind, SpecimenKind

from ..molecules.planted import BASES, COMPLEMENT, CONTIG, Planter, read_evidence

POS = 2_150
REF = BASES[POS]
ALT = REF.translate(COMPLEMENT)
SNV = Allele(CONTIG, POS, REF, ALT)
THRESHOLDS = Thresholds()
GENOME = Window(Interval(CONTIG, 0, len(BASES)), BASES)


def make_caller(folder: Path, molecules: int, mutant: int, thresholds: Thresholds = THRESHOLDS) -> SpecimenCaller:
    """Return the caller of simplex molecules of which the first `mutant` bear the SNV."""
    planter = Planter()
    for number in range(molecules):
        umi = "-".join("".join("ACGT"[number >> s & 3] for s in (0, 2, 4, 6, 8)) for _ in range(2))
        snvs = {POS: ALT} if number < mutant else None
        copies = (2, 0) if number % 2 else (0, 2)
        planter.plant(2_080 + number % 40, 160, umi, snvs=snvs, copies_a=copies[0], copies_b=copies[1])
    evidence = read_evidence(folder, planter)
    background = learn_background(evidence, {SNV}, thresholds, None, EvidenceMode.UMI_FAMILIES)
    return SpecimenCaller(SpecimenKind.CSF, evidence, background, make_priors(100, 400, thresholds), thresholds)


def site(
    kind: HotspotKind = HotspotKind.PROTEIN_CHANGE, *, is_masked: bool = False, is_targeted: bool = True
) -> HotspotSite:
    hotspot = Hotspot("X", "GENE", "GENE X", "GENE X", kind)
    place = Interval(CONTIG, POS - 1, POS + 2)
    alleles = (SNV,) if kind is HotspotKind.PROTEIN_CHANGE else ()
    return HotspotSite(hotspot, (place,), alleles, is_masked=is_masked, is_targeted=is_targeted)


class TestStates:
    def test_enough_mutant_molecules_are_detected(self, tmp_path: Path) -> None:
        call = make_caller(tmp_path, 300, 6).call(SNV, CallingTier.HOTSPOT)
        assert (call.state, call.counts.alt, call.counts.depth) == (CallState.DETECTED, 6, 300)
        assert call.vaf_low is not None
        assert call.vaf_high is not None
        assert call.vaf_low < 0.02 < call.vaf_high
        assert call.filters == ()

    def test_none_with_depth_is_not_detected_with_its_limit(self, tmp_path: Path) -> None:
        call = make_caller(tmp_path, 300, 0).call(SNV, CallingTier.HOTSPOT)
        assert call.state is CallState.NOT_DETECTED
        assert call.lod95 is not None
        assert 0.0157 <= call.lod95 <= 0.025

    @pytest.mark.parametrize("molecules", [5, 50])
    def test_none_without_depth_is_not_assessable(self, tmp_path: Path, molecules: int) -> None:
        call = make_caller(tmp_path, molecules, 0).call(SNV, CallingTier.HOTSPOT)
        assert call.state is CallState.NOT_ASSESSABLE

    def test_where_nothing_was_read_there_is_no_limit(self, tmp_path: Path) -> None:
        call = make_caller(tmp_path, 50, 0).call(Allele(CONTIG, 4_000, "A", "C"), CallingTier.HOTSPOT)
        assert (call.state, call.lod95, call.counts.depth) == (CallState.NOT_ASSESSABLE, None, 0)
        assert (call.counts.vaf, call.vaf_low, call.log10_p) == (None, None, None)

    def test_a_single_molecule_is_doubtful(self, tmp_path: Path) -> None:
        sharp = override(THRESHOLDS, {"indeterminate_p": 0.05})
        call = make_caller(tmp_path, 300, 1, sharp).call(SNV, CallingTier.HOTSPOT)
        assert call.state is CallState.INDETERMINATE
        assert FilterName.FEW_MOLECULES in call.filters

    def test_what_a_filter_rejects_is_never_a_negative(self, tmp_path: Path) -> None:
        strict = override(THRESHOLDS, {"indeterminate_p": 0.0})
        call = make_caller(tmp_path, 300, 8, strict).call(SNV, CallingTier.HOTSPOT)
        verdict, rejected = Verdict(-60.0, is_detected=True), (FilterName.STRAND_BIAS,)
        assert call.state is CallState.DETECTED
        assert decide_state(call.counts, verdict, (), call.lod95, strict) is CallState.DETECTED
        assert decide_state(call.counts, verdict, rejected, call.lod95, strict) is CallState.INDETERMINATE

    def test_every_filter_says_what_it_saw(self, tmp_path: Path) -> None:
        call = make_caller(tmp_path, 300, 1).call(SNV, CallingTier.HOTSPOT)
        assert [remark.name for remark in call.remarks] == [f.name for f in FILTERS]
        assert tuple(remark.name for remark in call.remarks if remark.fails) == call.filters
        assert call.remarks[[f.name for f in FILTERS].index(FilterName.FEW_MOLECULES)].saw.startswith(
            "1 mutant molecules"
        )

    def test_the_limit_of_a_negative_is_inclusive(self, tmp_path: Path) -> None:
        caller = make_caller(tmp_path, 120, 0)
        lod95 = caller.call(SNV, CallingTier.HOTSPOT).lod95
        assert lod95 is not None
        for limit, state in ((lod95, CallState.NOT_DETECTED), (lod95 * 0.999, CallState.NOT_ASSESSABLE)):
            strict = override(THRESHOLDS, {"max_lod95": limit})
            own = SpecimenCaller(caller.specimen, caller.evidence, caller.background, caller.priors, strict)
            assert own.call(SNV, CallingTier.HOTSPOT).state is state

    def test_the_panel_asks_for_more_than_a_hotspot(self, tmp_path: Path) -> None:
        caller = make_caller(tmp_path, 300, 2)
        tight = SpecimenCaller(
            caller.specimen, caller.evidence, caller.background, Priors(hotspot=1e-2, panel=1e-12), caller.thresholds
        )
        assert tight.call(SNV, CallingTier.HOTSPOT).state is CallState.DETECTED
        assert tight.call(SNV, CallingTier.PANEL).filters == (FilterName.WEAK_EVIDENCE,)


class TestHotspots:
    def test_a_negative_has_the_depth_and_limit_of_its_allele(self, tmp_path: Path) -> None:
        result = state_hotspot(site(), make_caller(tmp_path, 300, 0), [])
        assert (result.state, result.depth, result.alt) == (CallState.NOT_DETECTED, 300, 0)
        assert result.lod95 is not None

    def test_a_finding_names_its_allele(self, tmp_path: Path) -> None:
        result = state_hotspot(site(), make_caller(tmp_path, 300, 9), [])
        assert (result.state, result.alt, result.alleles) == (CallState.DETECTED, 9, (SNV,))

    def test_doubt_is_said(self, tmp_path: Path) -> None:
        sharp = override(THRESHOLDS, {"indeterminate_p": 0.05})
        result = state_hotspot(site(), make_caller(tmp_path, 300, 1, sharp), [])
        assert (result.state, result.reason) == (CallState.INDETERMINATE, DOUBTFUL)

    @pytest.mark.parametrize(
        ("kind", "changes", "reason"),
        [
            (HotspotKind.FUSION, {}, NOT_IN_THIS_VERSION),
            (HotspotKind.AMPLIFICATION, {}, NOT_IN_THIS_VERSION),
            (HotspotKind.PROTEIN_CHANGE, {"is_targeted": False}, NOT_TARGETED),
            (HotspotKind.PROTEIN_CHANGE, {"is_masked": True}, MASKED),
        ],
    )
    def test_what_cannot_be_assessed_says_why(
        self, tmp_path: Path, kind: HotspotKind, changes: dict[str, bool], reason: str
    ) -> None:
        result = state_hotspot(site(kind, **changes), make_caller(tmp_path, 60, 0), [])
        assert (result.state, result.reason, result.lod95) == (CallState.NOT_ASSESSABLE, reason, None)

    @pytest.mark.parametrize("kind", [HotspotKind.INFRAME_DELETION, HotspotKind.INFRAME_INSERTION, HotspotKind.SPLICE])
    def test_a_region_without_findings_has_a_limit(self, tmp_path: Path, kind: HotspotKind) -> None:
        result = state_hotspot(site(kind), make_caller(tmp_path, 300, 0), [])
        assert result.state is CallState.NOT_DETECTED
        assert result.lod95 is not None

    @pytest.mark.parametrize(
        ("kind", "ref", "alt", "belongs"),
        [
            (HotspotKind.INFRAME_DELETION, "AAAA", "A", True),
            (HotspotKind.INFRAME_DELETION, "AAA", "A", False),
            (HotspotKind.INFRAME_DELETION, "A", "AAAA", False),
            (HotspotKind.INFRAME_INSERTION, "A", "AAAA", True),
            (HotspotKind.INFRAME_INSERTION, "A", "AAAAA", False),
            (HotspotKind.SPLICE, "A", "C", True),
            (HotspotKind.PROTEIN_CHANGE, "A", "C", False),
        ],
    )
    def test_membership_of_a_region(self, kind: HotspotKind, ref: str, alt: str, belongs: bool) -> None:
        assert belongs_to(site(kind), Allele(CONTIG, POS, ref, alt), GENOME) is belongs
        assert not belongs_to(site(kind), Allele(CONTIG, POS + 50, ref, alt), GENOME)


def test_what_a_tumour_may_show_does_not_teach_the_background() -> None:
    window = Window(Interval(CONTIG, 0, len(BASES)), BASES)
    assert unteachable([site()], window) == {SNV}
    splice = unteachable([site(HotspotKind.SPLICE)], window)
    assert len(splice) == 9
    assert {allele.start for allele in splice} == {POS - 1, POS, POS + 1}
    assert unteachable([site(HotspotKind.SPLICE, is_targeted=False)], window) == frozenset()


def test_an_indel_of_a_hotspot_does_not_teach_the_background() -> None:
    deletion = Allele(CONTIG, POS, BASES[POS : POS + 16], BASES[POS])
    frameshift = Allele(CONTIG, POS, BASES[POS : POS + 15], BASES[POS])
    region = HotspotSite(
        Hotspot("del", "GENE", "del", "del", HotspotKind.INFRAME_DELETION),
        (Interval(CONTIG, POS, POS + 30),), (), is_masked=False, is_targeted=True,
    )  # fmt: skip
    assert hotspot_indels([region], [SNV, deletion, frameshift], GENOME) == {deletion}
