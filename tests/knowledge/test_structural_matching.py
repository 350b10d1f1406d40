from dataclasses import replace

import pytest

from csfgeno.knowledge.grammar import parse_rule
from csfgeno.knowledge.match import match_copy_number, match_exon_skipping, match_fusion, match_rearrangement
from csfgeno.knowledge.patterns import Combination, NoSmallAllele, Variant
from csfgeno.knowledge.presence import Observed, Presence
from csfgeno.records import CopyNumber, Fusion, Rearrangement
from csfgeno.vocab import CallState, Consequence, CopyExtent, Frame, MatchLevel, RearrangementKind, SpecimenKind
from tests.structural.builders import COPY_NUMBER, FUSION, REARRANGEMENT, SKIPPING, fusion_call

from .knowledge_builders import KB, change, finding
from .test_biomarker_matching import ROWS


def fused(five: str, three: str, exons: tuple[int, int] = (13, 20), **changes: object) -> Fusion:
    """A fusion of two genes, in frame and with its kinase domain unless said otherwise."""
    partners = {
        "five_prime": replace(FUSION.five_prime, gene=five, exon=exons[0]),
        "three_prime": replace(FUSION.three_prime, gene=three, exon=exons[1]),
    }
    return replace(FUSION, **(partners | changes))  # type: ignore[arg-type]


FUSIONS = {
    "ALK_FUSION": (fused("EML4", "ALK"), fused("EML4", "ALK", kinase_domain_kept=False)),
    "ALK_EML4_V3": (fused("EML4", "ALK", (6, 20)), fused("EML4", "ALK", (13, 20))),
    "ROS1_FUSION": (fused("CD74", "ROS1"), fused("ROS1", "CD74")),
    "RET_FUSION": (fused("KIF5B", "RET"), fused("KIF5B", "RET", frame=Frame.OUT_OF_FRAME)),
    "NTRK_FUSION": (fused("ETV6", "NTRK3"), fused("ETV6", "NTRK3", kinase_domain_kept=None)),
    "NRG1_FUSION": (fused("CD74", "NRG1", kinase_domain_kept=None), fused("NRG1", "CD74")),
    "FGFR3_TACC3": (fused("FGFR3", "TACC3"), fused("FGFR3", "TACC1")),
    "FGFR_ALT": (fused("FGFR2", "BICC1"), fused("FGFR1", "TACC1")),
    "MET_FUSION": (fused("KIF5B", "MET"), fused("MET", "KIF5B")),
    "BRAF_FUSION": (fused("KIAA1549", "BRAF"), fused("KIAA1549", "BRAF", kinase_domain_kept=False)),
}


@pytest.mark.parametrize("biomarker_id", FUSIONS)
def test_a_fusion_is_told_by_gene_side_frame_and_kinase(biomarker_id: str) -> None:
    hit, miss = FUSIONS[biomarker_id]
    assert biomarker_id in match_fusion(hit, KB)
    assert biomarker_id not in match_fusion(miss, KB)


def test_every_fusion_biomarker_has_a_case() -> None:
    named = {i for i, b in KB.biomarkers.items() if b.pattern.fusion and isinstance(b.pattern.matcher, NoSmallAllele)}
    assert named == set(FUSIONS)


DUPLICATION = replace(
    REARRANGEMENT,
    kind=RearrangementKind.TANDEM_DUPLICATION,
    gene="EGFR",
    exons=tuple(range(18, 26)),
    frame=Frame.IN_FRAME,
)


@pytest.mark.parametrize(
    ("change", "is_duplication"),
    [
        (replace(DUPLICATION, exons=tuple(range(14, 27))), True),
        (replace(DUPLICATION, frame=Frame.UNKNOWN), True),
        (replace(DUPLICATION, frame=Frame.OUT_OF_FRAME), False),
        (replace(DUPLICATION, exons=tuple(range(18, 25))), False),
        (replace(DUPLICATION, exons=tuple(range(19, 26))), False),
        (replace(DUPLICATION, kind=RearrangementKind.DELETION), False),
        (replace(DUPLICATION, gene="ERBB2"), False),
    ],
)
def test_a_duplication_holds_the_whole_kinase_domain(change: Rearrangement, is_duplication: bool) -> None:
    assert ("EGFR_KDD" in match_rearrangement(change, KB)) is is_duplication


@pytest.mark.parametrize(
    ("gene", "frame", "biomarker_ids"),
    [
        ("RB1", Frame.OUT_OF_FRAME, ("RB1_LOSS",)),
        ("RB1", Frame.NO_TRANSCRIPT, ("RB1_LOSS",)),
        ("RB1", Frame.IN_FRAME, ()),
        ("RB1", Frame.UNKNOWN, ()),
        ("STK11", Frame.OUT_OF_FRAME, ("STK11_LOF",)),
        ("CDKN2A", Frame.NO_TRANSCRIPT, ("CDKN2A_LOSS",)),
        ("EGFR", Frame.OUT_OF_FRAME, ()),
    ],
)
def test_a_deletion_that_breaks_the_protein_is_a_loss(gene: str, frame: Frame, biomarker_ids: tuple[str, ...]) -> None:
    assert match_rearrangement(replace(REARRANGEMENT, gene=gene, frame=frame), KB) == biomarker_ids


def test_a_detected_deletion_is_present_and_a_doubtful_one_is_open() -> None:
    own = replace(REARRANGEMENT, biomarker_ids=("RB1_LOSS",))
    doubtful = replace(own, calls=(fusion_call(CallState.INDETERMINATE),))
    assert "RB1_LOSS" in Presence.of(Observed(rearrangements=(own,)), KB, ()).carriers
    presence = Presence.of(Observed(rearrangements=(doubtful,)), KB, ())
    assert "RB1_LOSS" not in presence.carriers
    assert "RB1_LOSS" in presence.open_ids


def test_every_biomarker_has_a_must_match_and_a_near_miss() -> None:
    """The lists of this file and of the small variants are all biomarkers; a new row fails here until it has a case."""
    tested = {row[0] for row in ROWS} | {"MET_EX14", "EGFR_KDD"} | set(FUSIONS) | set(AMPLIFIED) | set(COMBINED)
    assert tested == set(KB.biomarkers)


def test_a_braf_fusion_is_class_ii_as_well() -> None:
    assert "BRAF_CLASS2" in match_fusion(fused("KIAA1549", "BRAF"), KB)


def gained(gene: str, copies: float | None, **changes: object) -> CopyNumber:
    return replace(COPY_NUMBER, gene=gene, copies=copies, **changes)  # type: ignore[arg-type]


AMPLIFIED = {i: b for i, b in KB.biomarkers.items() if b.pattern.amplification}


@pytest.mark.parametrize("biomarker_id", AMPLIFIED)
def test_an_amplification_is_told_by_gene_and_copies(biomarker_id: str) -> None:
    (gene,) = AMPLIFIED[biomarker_id].genes
    rule = AMPLIFIED[biomarker_id].pattern.amplification
    assert rule is not None
    assert biomarker_id in match_copy_number(gained(gene, rule.copies), KB)
    assert biomarker_id in match_copy_number(gained(gene, None), KB)
    assert biomarker_id not in match_copy_number(gained(gene, rule.copies - 0.1), KB)
    assert biomarker_id not in match_copy_number(gained("ALK" if gene != "ALK" else "MET", 30.0), KB)


def test_a_gain_of_the_chromosome_arm_is_no_met_amplification() -> None:
    assert match_copy_number(gained("MET", 8.0, extent=CopyExtent.ARM), KB) == ()
    assert match_copy_number(gained("MET", 8.0, extent=CopyExtent.UNKNOWN), KB) == ("MET_AMP",)


def test_the_loss_of_both_copies_is_a_loss_of_function() -> None:
    lost = gained("RB1", None, amplification=CallState.NOT_DETECTED, deep_loss=CallState.DETECTED)
    assert match_copy_number(lost, KB) == ("RB1_LOSS",)


def test_a_skipped_exon_is_told_by_gene_and_exon() -> None:
    assert match_exon_skipping(SKIPPING, KB) == ("MET_EX14",)
    assert match_exon_skipping(replace(SKIPPING, exon=13), KB) == ()


def observed(**parts: object) -> Presence:
    return Presence.of(Observed(**parts), KB, ())  # type: ignore[arg-type]


def test_only_a_detected_event_of_a_tumour_specimen_is_present() -> None:
    assert observed(fusions=(FUSION,)).has_all(["ALK_FUSION"])
    for call in (fusion_call(CallState.INDETERMINATE), fusion_call(specimen=SpecimenKind.NORMAL)):
        presence = observed(fusions=(replace(FUSION, calls=(call,)),))
        assert not presence.has_all(["ALK_FUSION"])
        assert presence.is_open("ALK_FUSION")


def test_a_fusion_is_never_shown_to_be_absent_but_a_gain_may_be() -> None:
    normal = replace(COPY_NUMBER, amplification=CallState.NOT_DETECTED, copies=2.0)
    assert observed().is_open("RET_FUSION")
    assert observed().is_open("MET_AMP")
    assert not observed(copy_numbers=(normal,)).is_open("MET_AMP")


def test_one_allele_in_two_records_is_one_carrier() -> None:
    allele = SKIPPING.causes[0].allele
    small = replace(finding("MET_EX14", start=1), allele=allele)
    assert observed(findings=(small,), exon_skippings=(SKIPPING,)).keys_of(["MET_EX14"]) == {allele}


# ------------------------------------------------------------------------------- combinations


def present(*biomarkers: str) -> Presence:
    return observed(findings=[finding(*ids.split(","), start=i) for i, ids in enumerate(biomarkers)])


COMBINED = {
    "ALK_COMPOUND": (("ALK_G1202R", "ALK_L1196M"), ("ALK_G1202R,ALK_D1203N",)),
    "TP53_RB1_COLOSS": (("TP53_MUT", "RB1_LOSS"), ("TP53_MUT",)),
    "EGFR_SENSITISING": (("EGFR_L858R",), ("EGFR_T790M",)),
    "RET_FUSION_ACQ": (("RET_FUSION", "EGFR_EX19DEL"), ("RET_FUSION", "EGFR_T790M")),
    "ALK_FUSION_ACQ": (("ALK_FUSION", "EGFR_L858R"), ("ALK_FUSION",)),
    "TWO_DRIVERS": (("EGFR_L858R", "KRAS_G12C"), ("EGFR_L858R", "EGFR_G719X")),
}


@pytest.mark.parametrize("biomarker_id", COMBINED)
def test_a_combination_needs_all_its_parts(biomarker_id: str) -> None:
    hit, miss = COMBINED[biomarker_id]
    assert present(*hit).has_all([biomarker_id])
    assert not present(*miss).has_all([biomarker_id])


def test_every_combination_has_a_case() -> None:
    assert {i for i, b in KB.biomarkers.items() if isinstance(b.pattern.matcher, Combination)} == set(COMBINED)


def test_an_exact_allele_is_told_by_its_coding_name() -> None:
    matcher = parse_rule("hgvsc_exact", "c.3028+1G>T;c.3028G>A").matcher
    assert matcher.level is MatchLevel.EXACT
    for name, expected in (("NM_000245.4:c.3028+1G>T", True), ("c.3028+1G>A", False)):
        variant = Variant.of(change("MET", "NM_000245.4", Consequence.SPLICE_DONOR, name), None, None)
        assert matcher.matches(variant) is expected
