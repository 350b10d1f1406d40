import pytest

from csfgeno.errors import ReferenceDataError
from csfgeno.knowledge.match import match_biomarkers
from csfgeno.knowledge.patterns import Combination, NoSmallAllele
from csfgeno.vocab import Consequence

from .knowledge_builders import EGFR, KB, change, protein

# biomarker, a change that is it, a near miss that is not
PROTEIN_CHANGES = """
EGFR_EX19DEL            746:ELREA>     E746K
EGFR_EX19DEL_UNCOMMON   747:LREA>P     746:ELREA>
EGFR_L858R              L858R          L858Q
EGFR_EX20INS            770:>ASV       764:>FQEA
EGFR_EX20INS_NEAR       770:>ASV       774:>NPH
EGFR_EX20INS_FAR        774:>NPH       770:>ASV
EGFR_EX20INS_HELIX      765:>HH        764:>FQEA
EGFR_A763INSFQEA        764:>FQEA      764:>FQEG
EGFR_G719X              G719A          G719V
EGFR_S768I              S768I          S768T
EGFR_L861Q              L861Q          L861P
EGFR_E709X              E709K          709:ET>D
EGFR_EX18DEL            709:ET>D       709:ET>G
EGFR_EX19INS            746:>VPVAIK    749:>VPVAIK
EGFR_L747PS             L747P          L747F
EGFR_T790M              T790M          T790K
EGFR_C797S              C797S          C797Y
EGFR_C797X              C797Y          C797S
EGFR_L718X              L718Q          L718M
EGFR_G724S              G724S          G724A
EGFR_L792X              L792F          L792I
EGFR_G796X              G796S          G796A
EGFR_L798I              L798I          L798V
EGFR_D761Y              D761Y          D761N
EGFR_T854A              T854A          T854S
MET_Y1003X              Y1003F         Y1003*
MET_D1228X              D1228N         D1228F
MET_Y1230X              Y1230H         Y1230F
ALK_L1196M              L1196M         L1196Q
ALK_L1196Q              L1196Q         L1196M
ALK_G1202R              G1202R         G1202K
ALK_G1202DEL            1202:G>        1203:D>
ALK_I1171X              I1171N         I1171V
ALK_F1174X              F1174L         F1174S
ALK_C1156Y              C1156Y         C1156F
ALK_L1198F              L1198F         L1198V
ALK_G1269A              G1269A         G1269S
ALK_D1203N              D1203N         D1203H
ALK_E1210K              E1210K         E1210Q
ALK_T1151X              1152:>T        1152:>S
ALK_V1180L              V1180L         V1180M
ALK_L1152X              L1152R         L1152V
ROS1_G2032R             G2032R         G2032K
ROS1_D2033N             D2033N         D2033H
ROS1_S1986X             S1986Y         S1986A
ROS1_L2086F             L2086F         L2086V
ROS1_L2026M             L2026M         L2026V
RET_G810X               G810R          G810E
RET_V804X               V804M          V804A
RET_Y806X               Y806C          Y806F
NTRK1_G595R             G595R          G595E
NTRK3_G623X             G623R          G623A
NTRK2_G639R             G639R          G639E
NTRK1_G667X             G667C          G667V
NTRK1_F589L             F589L          F589V
BRAF_V600E              V600E          V600K
BRAF_CLASS2             K601E          D594G
BRAF_CLASS3             D594G          K601E
KRAS_G12C               G12C           G12D
KRAS_G12D               G12D           G12C
KRAS_G12V               G12V           G12A
KRAS_G12X               G12F           G12C
KRAS_G13X               G13D           G13E
KRAS_Q61X               Q61H           Q61*
KRAS_G12C_RES           Y96D           H95D
KRAS_H95X               H95D           H95L
NRAS_Q61_G12            Q61R           Q61*
HRAS_HOT                G13R           G15S
ERBB2_EX20INS_YVMA      776:>YVMA      776:>YVMG
ERBB2_EX20INS           776:G>VC       776:G>V
ERBB2_TKD_MISSENSE      V777L          V777A
ERBB2_S310X             S310F          S310A
PIK3CA_HOT              H1047R         H1047Y
AKT1_E17K               E17K           E17Q
MAP2K1_ACT              102:EI>        102:E>
CTNNB1_EX3              S37F           S47F
PTEN_LOSS               R130*          R131L
TP53_MUT                R175H          P72R
RB1_LOSS                R445*          R445Q
STK11_LOF               Q37fs          Q37H
KEAP1_LOF               W252fs         W252C
SMARCA4_LOF             R381*          R381Q
CDKN2A_LOSS             R58*           R58Q
DNMT3A_CHIP             R882H          R881H
TET2_CHIP               Q916*          Q916H
ASXL1_CHIP              R693*          R693Q
PPM1D_CHIP              R458fs         R258fs
JAK2_V617F              V617F          V617L
ATM_LOF                 R35*           R35Q
CHEK2_LOF               R117fs         R117G
"""
ROWS = [tuple(line.split()) for line in PROTEIN_CHANGES.strip().splitlines()]


def matched(gene: str, text: str, sequence: str | None = None) -> tuple[str, ...]:
    effect = protein(gene, text)
    transcript = next(
        b.transcripts[b.genes.index(gene)] for b in KB.biomarkers.values() if gene in b.genes and not b.is_case_level
    )
    return match_biomarkers(change(gene, transcript, effect.consequence), effect, KB, sequence)


@pytest.mark.parametrize(("biomarker_id", "hit", "miss"), ROWS, ids=[row[0] for row in ROWS])
def test_a_biomarker_is_recognised_and_its_near_miss_is_not(biomarker_id: str, hit: str, miss: str) -> None:
    gene = KB.biomarkers[biomarker_id].genes[0]
    assert biomarker_id in matched(gene, hit)
    assert biomarker_id not in matched(gene, miss)


def test_every_biomarker_that_small_variants_show_is_tested() -> None:
    assessable = {i for i, b in KB.biomarkers.items() if not isinstance(b.pattern.matcher, NoSmallAllele | Combination)}
    assert assessable == {row[0] for row in ROWS} | {"MET_EX14"}


@pytest.mark.parametrize("text", ["764:>FQEA", "763:>AFQE", "762:>EAFQ"])
def test_fqea_is_one_biomarker_in_every_spelling(text: str) -> None:
    assert matched("EGFR", text, EGFR) == ("EGFR_A763INSFQEA",)


@pytest.mark.parametrize("text", ["770:>ASV", "767:>ASV", "768:>SVA", "769:>VAS"])
def test_an_insertion_that_is_a_duplication_matches_wherever_it_is_written(text: str) -> None:
    assert matched("EGFR", text, EGFR) == ("EGFR_EX20INS", "EGFR_EX20INS_NEAR")


def test_l747p_is_no_exon_19_deletion_however_it_is_written() -> None:
    assert matched("EGFR", "L747P") == ("EGFR_L747PS",)
    assert matched("EGFR", "746:EL>IP") == ("EGFR_L747PS",)
    assert matched("EGFR", "747:LREA>P") == ("EGFR_EX19DEL", "EGFR_EX19DEL_UNCOMMON")


@pytest.mark.parametrize(
    "text",
    [
        "746:ELREA>",
        "746:ELREAT>",
        "746:ELREATS>D",
        "747:LREATS>",
        "752:SPKANKEI>",
        "751:TSPKANKE>",
        "746:ELREAT>IP",
        "751:TSPKANKEI>N",
    ],
)
def test_catalogued_exon_19_deletions_are_recognised(text: str) -> None:
    assert "EGFR_EX19DEL" in matched("EGFR", text, EGFR)


def test_an_exon_19_change_that_ends_the_protein_is_no_inframe_deletion() -> None:
    assert matched("EGFR", "746:ELREA>*") == ()
    assert matched("EGFR", "E746fs") == ()


def test_l858r_is_seen_inside_a_change_of_two_residues() -> None:
    assert matched("EGFR", "858:LA>RS") == ("EGFR_L858R",)


def test_yvma_is_specific_and_generic() -> None:
    assert matched("ERBB2", "776:>YVMA") == ("ERBB2_EX20INS_YVMA", "ERBB2_EX20INS")


@pytest.mark.parametrize("consequence", [Consequence.SPLICE_DONOR, Consequence.SPLICE_ACCEPTOR])
def test_a_lost_splice_site_counts_as_loss_of_function_where_the_rule_says_so(consequence: Consequence) -> None:
    assert match_biomarkers(change("RB1", "NM_000321.3", consequence), None, KB) == ("RB1_LOSS",)
    assert match_biomarkers(change("TET2", "NM_001127208.3", consequence), None, KB) == ()


@pytest.mark.parametrize(
    ("hgvs_c", "is_exon_14_skipping"),
    [
        ("c.3028+1G>A", True),
        ("c.3028+2T>C", True),
        ("c.3028G>T", True),
        ("c.3028+1_3028+2insA", True),
        ("c.2888-18_2888-7del", True),
        ("c.2888-2A>G", True),
        ("c.2900_3028+40del", True),
        ("c.2888-18T>C", False),
        ("c.3027C>T", False),
        ("c.3028+20A>G", False),
        ("c.3029-1G>A", False),
        ("c.2887+5G>A", False),
        ("c.-12C>T", False),
    ],
)
def test_met_exon_14_skipping_is_read_from_the_coding_name(hgvs_c: str, is_exon_14_skipping: bool) -> None:
    found = match_biomarkers(change("MET", "NM_000245.4", Consequence.SPLICE_REGION, hgvs_c), None, KB)
    assert ("MET_EX14" in found) == is_exon_14_skipping


def test_another_numbering_of_the_gene_is_refused() -> None:
    with pytest.raises(ReferenceDataError, match=r"names MET changes on NM_001127500\.3"):
        match_biomarkers(change("MET", "NM_001127500.3"), protein("MET", "D1246N"), KB)


def test_a_gene_without_biomarkers_matches_nothing() -> None:
    assert match_biomarkers(change("TTN", "NM_133378.4"), protein("TTN", "A1C"), KB) == ()


def test_what_is_never_looked_for_is_named() -> None:
    assert set(KB.not_looked_for) == {"KEAP1_LOF"}


@pytest.mark.parametrize(
    ("text", "loop"),
    [
        ("767:>PP", "EGFR_EX20INS_HELIX"),
        ("768:>PP", "EGFR_EX20INS_NEAR"),
        ("773:>GG", "EGFR_EX20INS_NEAR"),
        ("774:>GG", "EGFR_EX20INS_FAR"),
        ("776:>GG", "EGFR_EX20INS_FAR"),
        ("773:H>YNPY", "EGFR_EX20INS_FAR"),
    ],
)
def test_an_exon_20_insertion_belongs_to_the_codon_before_it(text: str, loop: str) -> None:
    assert matched("EGFR", text, EGFR) == ("EGFR_EX20INS", loop)


def test_an_insertion_beyond_the_window_is_no_exon_20_insertion() -> None:
    assert matched("EGFR", "777:>GG", EGFR) == ()


@pytest.mark.parametrize("text", ["758:EILD>", "759:ILDE>"])
def test_a_deletion_near_the_end_of_exon_19_is_found_in_either_spelling(text: str) -> None:
    assert "EGFR_EX19DEL" in matched("EGFR", text, EGFR)


def test_a_deletion_outside_the_core_is_no_exon_19_deletion() -> None:
    assert "EGFR_EX19DEL" not in matched("EGFR", "760:LD>", EGFR)
    assert matched("EGFR", "727:YKGLWIPEGEKVKIPVAI>", EGFR) == ()
