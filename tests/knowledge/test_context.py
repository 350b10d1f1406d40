from dataclasses import replace

import pytest

from csfgeno.knowledge.presence import Observed
from csfgeno.knowledge.therapies import Reasoning, reason
from csfgeno.records import AlleleOrigin, Finding
from csfgeno.vocab import CallState, CaveatCode, ContextKind, SpecimenKind, Standing
from csfgeno.vocab.comparison import CompartmentVerdict, Origin

from .knowledge_builders import KB, case, finding


def think(*findings: Finding, prior: tuple[str, ...] = ()) -> Reasoning:
    return reason(Observed(findings), case(*prior), KB)


def ids(reasoning: Reasoning) -> set[str]:
    return {item.context_id for item in reasoning.context}


def of_origin(biomarker: str, origin: Origin) -> Finding:
    return replace(finding(biomarker, start=7), origin=AlleleOrigin(origin))


def several(*biomarkers: str) -> list[Finding]:
    return [finding(b, start=i) for i, b in enumerate(biomarkers)]


def test_loss_of_tp53_and_rb1_beside_an_egfr_driver_asks_for_histology_and_keeps_the_drug() -> None:
    reasoning = think(*several("EGFR_L858R", "TP53_MUT", "RB1_LOSS"), prior=("none",))
    (item,) = [i for i in reasoning.context if i.kind is ContextKind.HISTOLOGY]
    assert (item.context_id, [b.biomarker_id for b in item.basis]) == (
        "CTX_SCLC",
        ["EGFR_SENSITISING", "TP53_RB1_COLOSS"],
    )
    osimertinib = next(m for m in reasoning.therapies if m.drug_ids == ("osimertinib",) and m.schedules)
    assert osimertinib.standing is Standing.OFFERED


def test_half_of_the_small_cell_pattern_is_said_to_be_half() -> None:
    assert ids(think(*several("EGFR_L858R", "RB1_LOSS"), prior=("none",))) == {"CTX_RB1"}


@pytest.mark.parametrize(
    ("biomarker", "origin", "expected"),
    [
        ("EGFR_T790M", Origin.GERMLINE, {"CTX_GERMLINE_T790M", "CTX_GERMLINE"}),
        ("EGFR_L858R", Origin.GERMLINE, {"CTX_GERMLINE"}),
        ("TP53_MUT", Origin.CLONAL_HAEMATOPOIESIS, {"CTX_BLOOD"}),
        ("KRAS_G12C", Origin.CLONAL_HAEMATOPOIESIS, {"CTX_BLOOD"}),
    ],
)
def test_what_is_inherited_or_of_blood_cells_never_drives_a_therapy(
    biomarker: str, origin: Origin, expected: set[str]
) -> None:
    reasoning = think(of_origin(biomarker, origin))
    assert (reasoning.therapies, ids(reasoning)) == ((), expected)
    assert think(of_origin(biomarker, Origin.TUMOUR)).context != reasoning.context


def test_a_germline_allele_does_not_hide_a_driver_beside_it() -> None:
    reasoning = think(of_origin("EGFR_T790M", Origin.GERMLINE), finding("EGFR_L858R", start=1), prior=("gefitinib",))
    assert not any("EGFR_T790M" in m.biomarker_ids for m in reasoning.therapies)
    assert any("EGFR_L858R" in m.biomarker_ids for m in reasoning.therapies)


NORMAL_TOO = {SpecimenKind.CSF: CallState.DETECTED, SpecimenKind.NORMAL: CallState.DETECTED}


def test_an_inherited_tp53_beside_that_of_the_tumour_carries_no_statement() -> None:
    inherited, own = of_origin("TP53_MUT", Origin.GERMLINE), finding("TP53_MUT", start=8)
    driver = finding("EGFR_L858R", start=1)
    reduced = [m for m in think(inherited, own, driver).therapies if m.act_id == "ACT_192"]
    assert [(m.rests_on(own.allele), m.rests_on(inherited.allele)) for m in reduced] == [(True, False)]
    assert not [m for m in think(inherited, driver).therapies if "TP53_MUT" in m.biomarker_ids]


@pytest.mark.parametrize("biomarker", ["TP53_MUT", "DNMT3A_CHIP"])
def test_a_co_mutation_of_the_normal_specimen_must_be_shown_to_be_of_the_tumour(biomarker: str) -> None:
    driver = finding("EGFR_L858R", start=1)
    doubtful = finding(biomarker, start=2, states=NORMAL_TOO)
    reasoning = think(driver, doubtful)
    assert not any(biomarker in m.biomarker_ids for m in reasoning.therapies)
    assert "CTX_IN_NORMAL" in ids(reasoning)
    shown = think(driver, replace(doubtful, origin=AlleleOrigin(Origin.TUMOUR)))
    assert "CTX_IN_NORMAL" not in ids(shown)


def test_a_driver_of_the_normal_specimen_keeps_its_options_with_a_caveat() -> None:
    (option,) = [m for m in think(finding("EGFR_L858R", start=1, states=NORMAL_TOO)).therapies if m.act_id == "ACT_002"]
    assert CaveatCode.IN_NORMAL in {caveat.code for caveat in option.caveats}


@pytest.mark.parametrize(
    ("origin", "left", "is_said"),
    [
        (Origin.UNKNOWN, (Origin.GERMLINE,), True),
        (Origin.UNKNOWN, (Origin.TUMOUR, Origin.CLONAL_HAEMATOPOIESIS), True),
        (Origin.UNKNOWN, (), False),
        (Origin.TUMOUR, (Origin.GERMLINE,), False),
    ],
)
def test_an_open_origin_is_said_with_every_statement(origin: Origin, left: tuple[Origin, ...], is_said: bool) -> None:
    tp53 = replace(finding("TP53_MUT", start=2), origin=AlleleOrigin(origin, not_excluded=left))
    reasoning = think(tp53, finding("EGFR_L858R", start=1))
    (reduced,) = [m for m in reasoning.therapies if m.act_id == "ACT_192"]
    assert (CaveatCode.ORIGIN_OPEN in {caveat.code for caveat in reduced.caveats}) is is_said


def test_a_gene_of_blood_cells_is_asked_about_only_while_its_origin_is_open() -> None:
    assert ids(think(finding("DNMT3A_CHIP", start=1))) == {"CTX_CHIP_GENE"}
    assert ids(think(of_origin("DNMT3A_CHIP", Origin.TUMOUR))) == set()
    assert ids(think(of_origin("DNMT3A_CHIP", Origin.CLONAL_HAEMATOPOIESIS))) == {"CTX_BLOOD"}


def test_resistance_in_csf_only_is_pointed_out() -> None:
    resistance = replace(finding("EGFR_C797S", start=3), verdict=CompartmentVerdict.CSF_ONLY)
    assert "CTX_CSF_ONLY" in ids(think(resistance, finding("EGFR_L858R", start=1)))
    assert "CTX_CSF_ONLY" not in ids(think(finding("EGFR_C797S", start=3), finding("EGFR_L858R", start=1)))


@pytest.mark.parametrize(
    ("prior", "expected"),
    [(("none",), {"CTX_TWO_DRIVERS"}), (("osimertinib",), {"CTX_BYPASS"}), ((), {"CTX_TWO_DRIVERS", "CTX_BYPASS"})],
)
def test_two_drivers_are_a_swap_before_and_a_bypass_after_treatment(prior: tuple[str, ...], expected: set[str]) -> None:
    said = ids(think(*several("EGFR_L858R", "KRAS_G12C"), prior=prior))
    assert said & {"CTX_TWO_DRIVERS", "CTX_BYPASS"} == expected


def test_t790m_not_found_in_csf_is_no_proof_outside_it() -> None:
    assert ids(think(finding("EGFR_L858R", start=1), prior=("gefitinib",))) == {"CTX_T790M_ABSENT"}
    assert ids(think(finding("EGFR_L858R", start=1), prior=("none",))) == set()
    assert ids(think(*several("EGFR_L858R", "EGFR_T790M"), prior=("gefitinib",))) == set()


def test_every_remark_is_made_by_some_finding() -> None:
    """No row of the table is dead: for each there is a case that brings it up."""
    for row in KB.context:
        if row.requires_all:
            parts = [m for b in row.requires_all for m in _members(b)]
        else:
            parts = [next(i for i, b in KB.biomarkers.items() if b.role in row.roles)]
        origin = {"germline": Origin.GERMLINE, "blood": Origin.CLONAL_HAEMATOPOIESIS}.get(row.trigger, Origin.UNKNOWN)
        verdict = CompartmentVerdict.CSF_ONLY if row.trigger == "csf_only" else CompartmentVerdict.NOT_COMPARED
        states = NORMAL_TOO if row.trigger == "in_normal" else None
        findings = [
            replace(finding(b, start=i, states=states), origin=AlleleOrigin(origin), verdict=verdict)
            for i, b in enumerate(parts)
        ]
        assert row.context_id in ids(think(*findings)), row.context_id


def _members(biomarker_id: str) -> list[str]:
    special = {
        "EGFR_SENSITISING": ["EGFR_L858R"],
        "TP53_RB1_COLOSS": ["TP53_MUT", "RB1_LOSS"],
        "TWO_DRIVERS": ["EGFR_L858R", "KRAS_G12C"],
        "ALK_COMPOUND": ["ALK_G1202R", "ALK_L1196M"],
    }
    return special.get(biomarker_id, [biomarker_id])
