from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csfgeno.knowledge.presence import Observed, undetermined_biomarkers
from csfgeno.knowledge.tables import KnowledgeBase
from csfgeno.knowledge.therapies import reason
from csfgeno.records import (
    Case,
    Caveat,
    Finding,
    Hotspot,
    HotspotResult,
    Panel,
    PriorTherapy,
    TherapyMatch,
)
from csfgeno.vocab import (
    Build,
    CallState,
    CaveatCode,
    Direction,
    GradeReason,
    HotspotKind,
    ObjectionKind,
    SpecimenKind,
    Standing,
    TherapyOutcome,
    Verification,
)

from .knowledge_builders import KB, case, finding

C797S_T790M = frozenset({"EGFR_C797S", "EGFR_T790M"})
NAIVE = "none"


def match_therapies(findings: Sequence[Finding], of: Case, kb: KnowledgeBase, **known: Any) -> tuple[TherapyMatch, ...]:
    return reason(Observed(findings), of, kb, **known).therapies


def found(*biomarkers: str) -> list[Finding]:
    """One finding each; biomarkers of one allele are joined by a comma."""
    return [finding(*ids.split(","), start=i) for i, ids in enumerate(biomarkers)]


def by_id(matches: tuple[TherapyMatch, ...]) -> dict[str, TherapyMatch]:
    return {match.act_id: match for match in matches}


def options(matches: tuple[TherapyMatch, ...]) -> list[tuple[str, ...]]:
    now = (Standing.OFFERED, Standing.CONDITIONAL)
    return [match.drug_ids for match in matches if match.standing in now]


def letters(match: TherapyMatch) -> tuple[str, str]:
    """Leptomeningeal and parenchymal letter of the usual schedule."""
    return match.schedules[0].lm.letter, match.schedules[0].bm.letter


def codes(match: TherapyMatch) -> list[CaveatCode]:
    return [caveat.code for caveat in match.caveats]


def against(match: TherapyMatch) -> dict[str, ObjectionKind]:
    return {objection.act_id: objection.kind for objection in match.objections}


def received(match: TherapyMatch) -> tuple[str, ...]:
    return tuple(use.drug_id for use in match.prior)


def test_l858r_untreated_leads_with_osimertinib_and_ends_with_cns_poor_drugs() -> None:
    matches = match_therapies(found("EGFR_L858R"), case(NAIVE), KB)
    assert options(matches)[0] == ("osimertinib",)
    assert (matches[0].act_id, letters(matches[0])) == ("ACT_002", ("A", "A"))
    gefitinib = by_id(matches)["ACT_213"]
    assert {s.schedule_id: s.lm.reason for s in gefitinib.schedules} == {
        "GEF_250": GradeReason.NO_DATA,
        "GEF_HD": GradeReason.POOR,
    }
    better = {letters(match) for match in matches[: matches.index(gefitinib)]}
    assert better == {("A", "A"), ("D", "A"), ("C", "B")}
    assert by_id(matches)["ACT_288"].drug_ids == ("icotinib",)
    assert letters(gefitinib) == ("D", "B")
    assert all(match.caveats == () for match in matches if match.standing is Standing.OFFERED)


def test_ex19del_and_t790m_after_gefitinib_leads_with_osimertinib() -> None:
    matches = match_therapies(found("EGFR_EX19DEL", "EGFR_T790M"), case("gefitinib"), KB)
    assert options(matches)[:2] == [("osimertinib",), ("osimertinib",)]
    resistant = by_id(matches)["ACT_016"]
    assert resistant.direction is Direction.RESISTANT
    assert (received(resistant), resistant.schedules, resistant.exposures) == (("gefitinib",), (), ())


def test_resistance_comes_first_and_puts_the_option_it_overrides_last() -> None:
    matches = match_therapies(found("ALK_FUSION", "ALK_F1174X"), case("crizotinib"), KB)
    ids = [match.act_id for match in matches]
    overridden = by_id(matches)["ACT_069"]
    assert (overridden.standing, against(overridden)) == (Standing.OVERRIDDEN, {"ACT_231": ObjectionKind.OVERRIDES})
    assert by_id(matches)["ACT_231"].overrides == ("ACT_069",)
    assert ids.index("ACT_231") < ids.index("ACT_064") < ids.index("ACT_069")


@pytest.mark.parametrize("first_line", ["ACT_003", "ACT_009", "ACT_261"])
def test_a_first_line_regimen_is_not_offered_after_an_egfr_tki(first_line: str) -> None:
    assert first_line in by_id(match_therapies(found("EGFR_EX19DEL"), case(NAIVE), KB))
    assert first_line not in by_id(match_therapies(found("EGFR_EX19DEL"), case("gefitinib"), KB))


def test_what_can_be_prescribed_comes_before_what_is_on_trial() -> None:
    after = match_therapies(found("EGFR_L858R"), case(PriorTherapy("osimertinib")), KB)
    offered = [m for m in after if m.standing in (Standing.OFFERED, Standing.CONDITIONAL)]
    on_trial = [m.schedules[0].status in ("investigational", "historical") for m in offered]
    assert on_trial == sorted(on_trial)
    assert {True, False} <= set(on_trial)


def test_a_switch_ii_change_of_h95_leaves_sotorasib_and_one_of_y96_does_not() -> None:
    h95 = by_id(match_therapies(found("KRAS_G12C", "KRAS_H95X"), case("adagrasib"), KB))
    y96 = by_id(match_therapies(found("KRAS_G12C", "KRAS_G12C_RES"), case("adagrasib"), KB))
    assert ("ACT_270" in h95, "ACT_121" in h95) == (True, False)
    assert ("ACT_270" in y96, "ACT_121" in y96) == (False, True)


def test_reduced_benefit_is_a_caveat_but_no_demotion() -> None:
    matches = match_therapies(found("EGFR_EX19DEL", "TP53_MUT"), case(NAIVE), KB)
    ids = [match.act_id for match in matches]
    osimertinib = by_id(matches)["ACT_001"]
    assert (osimertinib.standing, against(osimertinib)) == (Standing.OFFERED, {"ACT_192": ObjectionKind.WEAKENS})
    assert ids.index("ACT_192") < ids.index("ACT_001") < ids.index("ACT_005")


@pytest.mark.parametrize(
    ("phases", "present", "absent"),
    [
        (None, {"ACT_169"}, {"ACT_037", "ACT_038"}),
        ({C797S_T790M: "unknown"}, {"ACT_169"}, {"ACT_037", "ACT_038"}),
        ({C797S_T790M: "cis"}, {"ACT_038"}, {"ACT_037", "ACT_169"}),
        ({C797S_T790M: "trans"}, {"ACT_037"}, {"ACT_038", "ACT_169"}),
    ],
)
@pytest.mark.parametrize("prior", [(), ("gefitinib", "osimertinib")])
def test_c797s_beside_t790m_depends_on_phase_and_is_never_assumed_trans(
    phases: dict[frozenset[str], str] | None, present: set[str], absent: set[str], prior: tuple[str, ...]
) -> None:
    findings = found("EGFR_EX19DEL", "EGFR_T790M", "EGFR_C797S")
    matches = by_id(match_therapies(findings, case(*prior), KB, phases=phases))
    assert present <= set(matches)
    assert absent.isdisjoint(matches)


@pytest.mark.parametrize("prior", [(), (NAIVE,), ("gefitinib",), ("osimertinib",)])
@pytest.mark.parametrize("lost", ["EGFR_C797S", "EGFR_C797X"])
def test_no_third_generation_tki_is_an_option_once_residue_797_is_lost(lost: str, prior: tuple[str, ...]) -> None:
    third = {d for d, t in KB.therapies.items() if t.generation == "3rd" and "EGFR" in t.drug_class}
    assert len(third) == 9
    for drivers in ("EGFR_EX19DEL", "EGFR_L858R", "EGFR_G719X", "EGFR_A763INSFQEA"):
        matches = match_therapies(found(drivers, "EGFR_T790M", lost), case(*prior), KB)
        assert third.isdisjoint(drug for drugs in options(matches) for drug in drugs)


def test_c797s_without_t790m_allows_the_first_generation_with_poor_cns_activity() -> None:
    matches = by_id(match_therapies(found("EGFR_L858R", "EGFR_C797S"), case("osimertinib"), KB))
    assert matches["ACT_041"].drug_ids == ("gefitinib",)
    assert letters(matches["ACT_041"]) == ("D", "D")
    assert received(matches["ACT_040"]) == ("osimertinib",)


def test_other_drugs_of_a_resisted_class_carry_a_caution() -> None:
    matches = by_id(match_therapies(found("EGFR_L858R", "EGFR_G796X"), case(), KB))
    assert against(matches["ACT_002"]) == {"ACT_048": ObjectionKind.OVERRIDES}
    assert against(matches["ACT_006"]) == {"ACT_048": ObjectionKind.CROSS_RESISTANCE}
    assert matches["ACT_006"].standing is Standing.CONDITIONAL


def test_kras_g12c_leads_with_adagrasib_after_immunotherapy() -> None:
    matches = match_therapies(found("KRAS_G12C"), case("pembrolizumab"), KB)
    assert [m.drug_ids for m in matches[:2]] == [("adagrasib",), ("sotorasib",)]
    assert letters(matches[0]) == ("D", "A")
    assert matches[0].caveats == ()


def test_a_second_line_option_of_an_untreated_patient_is_said_to_come_later() -> None:
    match = by_id(match_therapies(found("KRAS_G12C"), case(NAIVE), KB))["ACT_114"]
    assert (match.standing, codes(match)) == (Standing.LATER, [CaveatCode.PRIOR_NOT_GIVEN])


def test_ex20ins_never_inherits_the_classical_recommendation() -> None:
    matches = match_therapies(found("EGFR_EX20INS,EGFR_EX20INS_FAR"), case(NAIVE), KB)
    assert ("osimertinib",) not in options(matches)
    assert by_id(matches)["ACT_023"].direction is Direction.REDUCED
    assert ("amivantamab", "chemo_platinum_pemetrexed") in options(matches)


def test_fqea_is_treated_as_classical() -> None:
    assert options(match_therapies(found("EGFR_A763INSFQEA"), case(NAIVE), KB)) == [("osimertinib",)]


def test_yvma_is_advised_on_once_for_each_drug() -> None:
    matches = match_therapies(found("ERBB2_EX20INS_YVMA,ERBB2_EX20INS"), case("osimertinib"), KB)
    drugs = options(matches)
    assert len(drugs) == len(set(drugs))
    assert "ACT_128" in by_id(matches)
    assert "ACT_127" not in by_id(matches)
    assert ("zongertinib",) in drugs


def test_without_a_history_a_conditional_option_stays_with_a_caveat() -> None:
    matches = by_id(match_therapies(found("EGFR_T790M"), case(), KB))
    assert matches["ACT_014"].standing is Standing.CONDITIONAL
    assert matches["ACT_014"].caveats == (
        Caveat(CaveatCode.PRIOR_UNKNOWN, {"treatments": "a first- or second-generation EGFR TKI"}),
        Caveat(CaveatCode.NAIVE_UNKNOWN, {"treatments": "a third-generation EGFR TKI"}),
    )


def test_a_history_that_contradicts_an_option_removes_it() -> None:
    after_osimertinib = match_therapies(found("EGFR_T790M"), case("osimertinib"), KB)
    assert "ACT_015" not in by_id(after_osimertinib)
    assert by_id(after_osimertinib)["ACT_014"].standing is Standing.RECEIVED
    assert by_id(match_therapies(found("EGFR_T790M"), case(NAIVE), KB))["ACT_014"].standing is Standing.LATER


@pytest.mark.parametrize(
    ("outcome", "standing", "expected"),
    [
        (TherapyOutcome.PROGRESSION, Standing.FAILED, []),
        (TherapyOutcome.TOXICITY, Standing.RECEIVED, []),
        (None, Standing.RECEIVED, [CaveatCode.OUTCOME_UNKNOWN]),
    ],
)
def test_a_drug_that_the_patient_has_had_is_shown_as_failed_or_received(
    outcome: TherapyOutcome | None, standing: Standing, expected: list[CaveatCode]
) -> None:
    history = case(PriorTherapy("Tagrisso", outcome=outcome))
    matches = match_therapies(found("EGFR_L858R"), history, KB)
    match = by_id(matches)["ACT_002"]
    assert (match.standing, codes(match), matches[-1]) == (standing, expected, match)
    assert match.prior[0].outcome is outcome


def test_an_option_is_not_said_to_come_later_where_it_is_offered_now() -> None:
    matches = by_id(match_therapies(found("EGFR_EX19DEL", "EGFR_T790M"), case(NAIVE), KB))
    assert matches["ACT_001"].standing is Standing.OFFERED
    assert "ACT_014" not in matches


def test_a_history_never_removes_a_resistance() -> None:
    match = by_id(match_therapies(found("EGFR_L858R", "EGFR_G724S"), case("gefitinib"), KB))["ACT_045"]
    assert match.caveats == (Caveat(CaveatCode.PRIOR_NOT_GIVEN, {"treatments": "a third-generation EGFR TKI"}),)


def test_drugs_are_recognised_by_name_and_synonym() -> None:
    for name in ("osimertinib", "Osimertinib", "TAGRISSO"):
        matches = by_id(match_therapies(found("EGFR_L858R", "EGFR_G724S"), case(name), KB))
        assert received(matches["ACT_045"]) == ("osimertinib",)


def test_a_treatment_that_the_tables_do_not_know_leaves_conditions_open_and_is_named() -> None:
    match = by_id(match_therapies(found("EGFR_L858R"), case("compound X"), KB))["ACT_002"]
    assert match.caveats == (
        Caveat(CaveatCode.NAIVE_UNKNOWN, {"treatments": "a third-generation EGFR TKI"}),
        Caveat(CaveatCode.UNRECOGNISED_TREATMENT, {"names": "compound X"}),
    )


def test_platinum_and_tki_are_asked_for_together() -> None:
    findings = found("EGFR_EX19DEL")
    standings = [
        by_id(match_therapies(findings, case(*prior), KB))["ACT_154"].standing
        for prior in (("osimertinib",), ("osimertinib", "chemo_platinum_pemetrexed"))
    ]
    assert standings == [Standing.LATER, Standing.OFFERED]


def test_co_loss_of_tp53_and_rb1_is_derived_from_its_parts() -> None:
    matches = by_id(match_therapies(found("EGFR_L858R", "TP53_MUT", "RB1_LOSS"), case("osimertinib"), KB))
    assert matches["ACT_194"].biomarker_ids == ("TP53_RB1_COLOSS", "EGFR_L858R")


def test_two_alk_resistance_alleles_are_a_compound_but_one_allele_is_not() -> None:
    two = by_id(match_therapies(found("ALK_G1202R", "ALK_L1196M"), case("lorlatinib"), KB))
    one = by_id(match_therapies(found("ALK_G1202R,ALK_D1203N"), case("lorlatinib"), KB))
    assert "ACT_079" in two
    assert "ACT_079" not in one


def test_a_cis_warning_stays_when_the_phase_is_unknown_and_nothing_else_speaks_of_it() -> None:
    matches = by_id(match_therapies(found("ALK_C1156Y", "ALK_L1198F"), case("lorlatinib"), KB))
    assert matches["ACT_081"].caveats == (Caveat(CaveatCode.PHASE_UNKNOWN, {"phase": "cis"}),)
    assert "ACT_080" not in matches


@pytest.mark.parametrize("state", [CallState.NOT_DETECTED, CallState.INDETERMINATE, CallState.NOT_ASSESSABLE])
def test_only_a_detected_allele_counts(state: CallState) -> None:
    undetected = finding("EGFR_L858R", start=1, states={SpecimenKind.CSF: state})
    assert match_therapies([undetected], case(), KB) == ()


def test_an_uncertain_resistance_is_not_taken_for_absent() -> None:
    uncertain = finding("EGFR_C797S", start=9, states={SpecimenKind.CSF: CallState.INDETERMINATE})
    expected = Caveat(CaveatCode.ABSENCE_NOT_ESTABLISHED, {"biomarker": "EGFR C797S"})
    matches = by_id(match_therapies([*found("EGFR_L858R"), uncertain], case(NAIVE), KB))
    assert matches["ACT_002"].caveats == (expected,)
    matches = by_id(match_therapies(found("EGFR_L858R"), case(NAIVE), KB, not_excluded={"EGFR_C797S"}))
    assert matches["ACT_002"].caveats == (expected,)


def test_an_allele_of_the_normal_specimen_alone_is_not_the_tumours() -> None:
    normal = finding("TP53_MUT", start=1, states={SpecimenKind.NORMAL: CallState.DETECTED})
    assert match_therapies([normal], case(), KB) == ()


def test_an_allele_shared_with_the_normal_specimen_carries_a_caveat() -> None:
    states = {SpecimenKind.CSF: CallState.DETECTED, SpecimenKind.NORMAL: CallState.DETECTED}
    matches = by_id(match_therapies([finding("EGFR_T790M", start=1, states=states)], case(NAIVE), KB))
    assert CaveatCode.IN_NORMAL in codes(matches["ACT_016"])


def test_specimens_are_those_that_show_everything_needed() -> None:
    both = {SpecimenKind.CSF: CallState.DETECTED, SpecimenKind.PLASMA: CallState.DETECTED}
    driver = finding("EGFR_EX19DEL", start=1, states=both)
    csf = finding("TP53_MUT", start=2)
    plasma = finding("TP53_MUT", start=2, states={SpecimenKind.PLASMA: CallState.DETECTED})
    tissue = finding("TP53_MUT", start=2, states={SpecimenKind.TISSUE: CallState.DETECTED})
    shown = [by_id(match_therapies([driver, other], case(), KB))["ACT_192"] for other in (csf, plasma, tissue)]
    assert shown[0].specimens == (SpecimenKind.CSF,)
    assert shown[1].specimens == (SpecimenKind.PLASMA,)
    assert shown[2].specimens == (SpecimenKind.CSF, SpecimenKind.PLASMA, SpecimenKind.TISSUE)
    assert codes(shown[2])[-1] is CaveatCode.SPLIT_SPECIMENS


def test_what_was_not_seen_in_a_source_is_provisional_and_its_figures_are_withheld() -> None:
    matches = by_id(match_therapies(found("EGFR_L858R"), case(NAIVE), KB))
    osimertinib, furmonertinib = matches["ACT_002"], matches["ACT_006"]
    assert osimertinib.is_provisional
    assert osimertinib.schedules[0].lm.confidence is Verification.PARTIAL
    assert (osimertinib.schedules[0].lm.letter, osimertinib.schedules[0].lm.seen_letter) == ("A", "D")
    assert not furmonertinib.is_provisional
    rows = {row.evidence_id: row for row in osimertinib.evidence}
    assert (rows["EV_OSI_BLOOM"].result, rows["EV_OSI_BLOOM"].orr) == ("", None)
    assert (rows["EV_OSI_FLAURA"].result[:11], rows["EV_OSI_FLAURA"].orr) == ("CNS ORR 66%", 0.66)


def test_citations_and_approvals_are_given() -> None:
    match = by_id(match_therapies(found("EGFR_L858R"), case(NAIVE), KB))["ACT_002"]
    assert {"PMID:30153097", "NCT02296125", "DOI:10.1200/JCO.18.00000"} & set(match.refs) == {
        "PMID:30153097",
        "NCT02296125",
    }
    assert len(set(match.refs)) == len(match.refs)
    fda, _, nmpa = match.labels
    assert (fda.agency, fda.status[:13], fda.verification) == ("FDA", "approved 2015", Verification.VERIFIED)
    assert (nmpa.status, nmpa.verification) == ("approved 2017", Verification.RECALLED)


@pytest.mark.parametrize(
    ("drug", "fda", "ema", "nmpa"),
    [
        ("capmatinib", Verification.VERIFIED, Verification.VERIFIED, Verification.VERIFIED),
        ("befotertinib", Verification.SECONDARY, Verification.SECONDARY, Verification.VERIFIED),
        ("aumolertinib", Verification.SECONDARY, Verification.RECALLED, Verification.VERIFIED),
        ("neladalkib", Verification.VERIFIED, Verification.SECONDARY, Verification.RECALLED),
        ("rezivertinib", Verification.RECALLED, Verification.RECALLED, Verification.RECALLED),
    ],
)
def test_a_status_counts_as_seen_only_with_a_source_that_speaks_of_its_agency(
    drug: str, fda: Verification, ema: Verification, nmpa: Verification
) -> None:
    therapy = KB.therapies[drug]
    assert [therapy.verification_of(agency) for agency in ("FDA", "EMA", "NMPA")] == [fda, ema, nmpa]


def test_every_match_says_something() -> None:
    for rule in KB.rules:
        findings = found(*(b for b in rule.requires_all if not KB.biomarkers[b].is_case_level))
        assert all(match.message for match in match_therapies(findings, case(), KB))


def test_an_unknown_word_for_a_phase_is_refused() -> None:
    with pytest.raises(ValueError, match="both"):
        match_therapies(found("EGFR_L858R"), case(), KB, phases={C797S_T790M: "both"})


EGFR_IDS = sorted(b for b in KB.biomarkers if b.startswith("EGFR_"))


@given(st.sets(st.sampled_from(EGFR_IDS), max_size=4), st.sampled_from(EGFR_IDS))
def test_a_further_finding_never_silences_a_resistance(ids: set[str], further: str) -> None:
    """Unless a rule says that the further biomarker changes it (`requires_none`, or phase)."""
    before = match_therapies(found(*sorted(ids)), case(), KB)
    after = by_id(match_therapies(found(*sorted({*ids, further})), case(), KB))
    excused = {r.act_id for r in KB.rules if further in r.requires_none}
    warnings = {m.act_id for m in before if m.direction is Direction.RESISTANT}
    assert warnings - excused <= set(after)


def test_biomarkers_that_the_csf_could_not_assess_are_undetermined() -> None:
    hotspots = tuple(
        Hotspot(i, "EGFR", i, i, HotspotKind.PROTEIN_CHANGE, biomarker_ids=(b,))
        for i, b in (("C797S", "EGFR_C797S"), ("T790M", "EGFR_T790M"), ("G724S", "EGFR_G724S"))
    )
    panel = Panel("p", "1", Build.GRCH38, (), hotspots, "0" * 64)

    def result(hotspot_id: str, kind: SpecimenKind, state: CallState) -> HotspotResult:
        return HotspotResult(hotspot_id, kind, state, 100, 0, 0.01, "")

    results = [
        result("C797S", SpecimenKind.CSF, CallState.NOT_ASSESSABLE),
        result("C797S", SpecimenKind.PLASMA, CallState.NOT_DETECTED),
        result("T790M", SpecimenKind.CSF, CallState.NOT_DETECTED),
    ]
    assert undetermined_biomarkers(panel, results) == {"EGFR_C797S", "EGFR_G724S"}
    plasma_only = [r for r in results if r.specimen is SpecimenKind.PLASMA]
    assert undetermined_biomarkers(panel, plasma_only) == {"EGFR_T790M", "EGFR_G724S"}


def test_an_option_written_for_a_resistance_is_not_held_against_it() -> None:
    findings = found("EGFR_EX19DEL", "EGFR_T790M", "EGFR_C797S")
    matches = by_id(match_therapies(findings, case("osimertinib"), KB, phases={C797S_T790M: "trans"}))
    assert matches["ACT_016"].drug_ids == ("gefitinib",)
    assert matches["ACT_037"].drug_ids == ("osimertinib", "gefitinib")
    assert matches["ACT_037"].objections == ()
    assert received(matches["ACT_037"]) == ("osimertinib",)
