"""Realistic case reports for the tests of the report: small panels, plausible numbers, and some malice."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from math import exp

from csfgeno.records import (
    Allele,
    AlleleCounts,
    Basis,
    Case,
    CaseReport,
    Caveat,
    Clinical,
    CnsExposure,
    CnsGrade,
    EvidenceRow,
    FamilySizes,
    Finding,
    FragmentLengths,
    Hotspot,
    HotspotResult,
    Interval,
    LabelStatus,
    Panel,
    PanelDepth,
    PriorTherapy,
    PriorUse,
    Provenance,
    QcNote,
    Schedule,
    Specimen,
    SpecimenCall,
    SpecimenQc,
    StratumCounts,
    Target,
    TargetDepth,
    TherapyMatch,
    TranscriptChange,
)
from csfgeno.report.document import SCHEMA_VERSION
from csfgeno.thresholds import DEFAULTS, describe
from csfgeno.vocab import (
    Build,
    CallingTier,
    CallState,
    CaveatCode,
    CnsAxis,
    Consequence,
    Direction,
    EvidenceMode,
    FilterName,
    GradeReason,
    HotspotKind,
    MatchLevel,
    MoleculeKind,
    QcVerdict,
    SpecimenKind,
    Standing,
    Verification,
)

CSF, PLASMA, TISSUE, NORMAL = SpecimenKind
CONTIGS = {"chr2": 242_193_529, "chr7": 159_345_973, "chr10": 133_797_422, "chr12": 133_275_309, "chr17": 83_257_441}
HOSTILE = "<script>alert('x')</script>\"; </style> % a=b,c\td\n=1+1 é"

HOTSPOTS = (
    Hotspot(
        "EGFR_G719X", "EGFR", "EGFR G719X", "EGFR exon 18 G719X", HotspotKind.PROTEIN_CHANGE, (719, 719), ("G719A",)
    ),
    Hotspot(
        "EGFR_ex19del",
        "EGFR",
        "EGFR exon 19 deletion",
        "EGFR exon 19 deletion",
        HotspotKind.INFRAME_DELETION,
        (744, 759),
    ),
    Hotspot("EGFR_ex20ins", "EGFR", "EGFR exon 20 insertion", "EGFR exon 20 insertion", HotspotKind.INFRAME_INSERTION),
    Hotspot("EGFR_T790M", "EGFR", "EGFR T790M", "EGFR T790M", HotspotKind.PROTEIN_CHANGE, (790, 790), ("T790M",)),
    Hotspot("EGFR_C797S", "EGFR", "EGFR C797S", "EGFR C797S", HotspotKind.PROTEIN_CHANGE, (797, 797), ("C797S",)),
    Hotspot("EGFR_L858R", "EGFR", "EGFR L858R", "EGFR L858R", HotspotKind.PROTEIN_CHANGE, (858, 858), ("L858R",)),
    Hotspot("KRAS_G12C", "KRAS", "KRAS G12C", "KRAS G12/G13/Q61", HotspotKind.PROTEIN_CHANGE, (12, 12), ("G12C",)),
    Hotspot("KRAS_Q61X", "KRAS", "KRAS Q61X", "KRAS G12/G13/Q61", HotspotKind.PROTEIN_CHANGE, (61, 61), ("Q61H",)),
    Hotspot("BRAF_V600E", "BRAF", "BRAF V600E", "BRAF V600", HotspotKind.PROTEIN_CHANGE, (600, 600), ("V600E",)),
    Hotspot("MET_ex14", "MET", "MET exon 14 skipping", "MET exon 14 skipping", HotspotKind.SPLICE),
    Hotspot(
        "ERBB2_ex20ins", "ERBB2", "ERBB2 exon 20 insertion", "ERBB2 exon 20 insertion", HotspotKind.INFRAME_INSERTION
    ),
    Hotspot("MET_amp", "MET", "MET amplification", "MET amplification", HotspotKind.AMPLIFICATION),
    Hotspot("ALK_fusion", "ALK", "ALK fusion", "ALK fusion", HotspotKind.FUSION),
    Hotspot("RET_fusion", "RET", "RET fusion", "RET fusion", HotspotKind.FUSION),
)

EX19DEL = Allele("chr7", 55174771, "GGAATTAAGAGAAGCA", "G")
T790M = Allele("chr7", 55181377, "C", "T")
R273H = Allele("chr17", 7673801, "C", "T")
Q787 = Allele("chr7", 55181369, "G", "A")

CHANGES = {
    EX19DEL: TranscriptChange(
        "EGFR",
        "NM_005228.5",
        "NC_000007.14:g.55174772_55174786del",
        "c.2235_2249del",
        "p.(Glu746_Ala750del)",
        "p.E746_A750del",
        Consequence.INFRAME_DELETION,
        "19/28",
        ("exon 19 deletion", "ELREA deletion"),
    ),
    T790M: TranscriptChange(
        "EGFR",
        "NM_005228.5",
        "NC_000007.14:g.55181378C>T",
        "c.2369C>T",
        "p.(Thr790Met)",
        "p.T790M",
        Consequence.MISSENSE,
        "20/28",
    ),
    R273H: TranscriptChange(
        "TP53",
        "NM_000546.6",
        "NC_000017.11:g.7673802C>T",
        "c.818G>A",
        "p.(Arg273His)",
        "p.R273H",
        Consequence.MISSENSE,
        "8/11",
    ),
    Q787: TranscriptChange(
        "EGFR",
        "NM_005228.5",
        "NC_000007.14:g.55181370G>A",
        "c.2361G>A",
        "p.(Gln787=)",
        "p.Q787=",
        Consequence.SYNONYMOUS,
        "20/28",
    ),
}


# ------------------------------------------------------------------------------------- builders


def make_counts(depth: int, alt: int, *, duplex: int = 0, forward: int | None = None) -> AlleleCounts:
    """Return counts with a third of the molecules duplex."""
    alt_forward = alt // 2 if forward is None else forward
    ref = depth - alt
    return AlleleCounts(
        strata=(
            StratumCounts(MoleculeKind.DUPLEX, depth // 3, duplex, 1e-6),
            StratumCounts(MoleculeKind.SIMPLEX, depth - depth // 3, alt - duplex, 3e-5),
        ),
        ref=ref,
        other=0,
        discordant=depth // 200,
        alt_forward=alt_forward,
        alt_reverse=alt - alt_forward,
        ref_forward=ref // 2,
        ref_reverse=ref - ref // 2,
        alt_mean_mapq=59.4 if alt else None,
        alt_median_end_distance_bp=41.0 if alt else None,
    )


def make_call(
    kind: SpecimenKind,
    state: CallState,
    depth: int,
    alt: int,
    *,
    lod95: float | None = 0.0038,
    duplex: int = 0,
    forward: int | None = None,
    filters: tuple[FilterName, ...] = (),
) -> SpecimenCall:
    """Return a call whose interval is roughly that of a binomial."""
    vaf, half = (alt / depth, 1.96 * (alt + 1) ** 0.5 / depth) if depth else (0.0, 0.0)
    return SpecimenCall(
        specimen=kind,
        state=state,
        counts=make_counts(depth, alt, duplex=duplex, forward=forward),
        tier=CallingTier.HOTSPOT,
        vaf=vaf if depth else None,
        vaf_low=max(vaf - half, 0.0) if depth else None,
        vaf_high=min(vaf + half, 1.0) if depth else None,
        log10_p=-1.9 * alt if alt else -0.0,
        log_likelihood_ratio=4.4 * alt,
        lod95=lod95,
        filters=filters,
    )


def make_finding(
    allele: Allele, *calls: SpecimenCall, hotspot: str | None = None, biomarker: str | None = None
) -> Finding:
    """Return a finding with the names of the allele."""
    return Finding(
        allele,
        CHANGES.get(allele),
        calls,
        (hotspot,) if hotspot else (),
        (biomarker,) if biomarker else (),
    )


def make_hotspots(
    kinds: tuple[SpecimenKind, ...], states: Mapping[tuple[SpecimenKind, str], tuple[CallState, int, float | None]]
) -> tuple[HotspotResult, ...]:
    """Return a result for every hotspot and specimen; those not in `states` are adequate negatives."""
    results = []
    for kind in kinds:
        for index, hotspot in enumerate(HOTSPOTS):
            adequate = (CallState.NOT_DETECTED, 1240 - 41 * index, 0.0038 + 0.0002 * index)
            state, depth, lod95 = states.get((kind, hotspot.hotspot_id), adequate)
            reason = "detected" if state is CallState.DETECTED else "not detected with adequate sensitivity"
            if state is CallState.NOT_ASSESSABLE:
                reason = "too few molecules for a negative"
            if state is CallState.INDETERMINATE:
                reason = "mutant molecules were seen, but not enough or not clean enough to call"
            if hotspot.kind in (HotspotKind.FUSION, HotspotKind.AMPLIFICATION):
                state, depth, lod95 = CallState.NOT_ASSESSABLE, 0, None
                reason = "this kind of alteration is not assessed by this version"
            results.append(HotspotResult(hotspot.hotspot_id, kind, state, depth, 0, lod95, reason))
    return tuple(results)


def make_qc(
    kind: SpecimenKind,
    *,
    verdict: QcVerdict = QcVerdict.PASS,
    depth: float = 1240.0,
    mode: EvidenceMode = EvidenceMode.UMI_FAMILIES,
    notes: tuple[QcNote, ...] = (),
) -> SpecimenQc:
    """Return a quality record; one of a VCF has no counts."""
    if mode is EvidenceMode.VCF:
        return SpecimenQc(kind, mode, verdict, notes)
    return SpecimenQc(
        specimen=kind,
        evidence_mode=mode,
        verdict=verdict,
        notes=notes,
        reads_total=664_812,
        reads_used=641_207,
        alignments_mapped=902_114,
        alignments_on_target=611_320,
        fragments=320_604,
        molecules=61_870,
        molecules_by_kind={MoleculeKind.DUPLEX: 20_416, MoleculeKind.SIMPLEX: 31_002, MoleculeKind.SINGLETON: 10_452},
        single_strand_a=20_911,
        single_strand_b=20_543,
        stated_bases=7_981_230,
        discordant_bases=4_012,
        mean_family_size=3.9,
        family_sizes=FAMILY_SIZES,
        fragment_lengths=LENGTHS[kind],
        median_depth=depth,
        depth=PanelDepth(mean_depth=0.94 * depth, bases=PANEL_BP, even_bases=PANEL_BP - 9),
        targets=tuple(
            TargetDepth(target.name, target.gene, depth * (1 - 0.05 * index), int(depth * (0.8 - 0.05 * index)))
            for index, target in enumerate(TARGETS)
        ),
        input_genome_equivalents=3636.4,
        recovered_fraction=depth / 3636.4,
    )


TARGETS = (
    Target(Interval("chr7", 55174721, 55174830), "EGFR", "EGFR_ex19", ("EGFR_ex19del",)),
    Target(Interval("chr7", 55181282, 55181488), "EGFR", "EGFR_ex20", ("EGFR_ex20ins", "EGFR_T790M", "EGFR_C797S")),
    Target(Interval("chr7", 55191708, 55191884), "EGFR", "EGFR_ex21", ("EGFR_L858R",)),
    Target(Interval("chr12", 25245263, 25245405), "KRAS", "KRAS_ex2", ("KRAS_G12C",)),
    Target(Interval("chr17", 7673690, 7673847), "TP53", "TP53_ex8"),
)


PANEL_BP = sum(len(target.interval) for target in TARGETS)

FAMILY_SIZES = FamilySizes(
    strand_a=(*(round(9_000 * 0.78**i) for i in range(20)), 240),
    strand_b=(*(round(8_900 * 0.78**i) for i in range(20)), 251),
)


def make_lengths(peak_bp: float) -> FragmentLengths:
    """Return lengths around one nucleosome with a tenth as many around two."""
    centres = [52 + 5 * i for i in range(110)]
    counts = tuple(
        round(6_000 * exp(-(((bp - peak_bp) / 20) ** 2)) + 400 * exp(-(((bp - 2 * peak_bp) / 35) ** 2)))
        for bp in centres
    )
    return FragmentLengths(
        first_bp=50,
        bin_bp=5,
        counts=counts,
        shorter=11,
        longer=17,
        mononucleosomal=sum(n for bp, n in zip(centres, counts, strict=True) if 120 <= bp <= 220),
        long=sum(n for bp, n in zip(centres, counts, strict=True) if bp >= 250) + 17,
        modal_bp=round(peak_bp),
    )


LENGTHS = dict(zip(SpecimenKind, map(make_lengths, (148.0, 167.0, 190.0, 175.0)), strict=True))


def schedule(lm: str, bm_confidence: Verification = Verification.VERIFIED) -> Schedule:
    """Return the usual dose of osimertinib with this leptomeningeal letter."""
    return Schedule(
        "OSI_80",
        "80 mg once daily",
        "label",
        lm=CnsGrade(CnsAxis.LM, lm, GradeReason.NO_DATA if lm == "D" else GradeReason.ACTIVITY, lm),
        bm=CnsGrade(
            CnsAxis.BM,
            "A",
            GradeReason.ACTIVITY,
            "A" if bm_confidence is Verification.VERIFIED else "D",
            ("EV_OSI_FLAURA",),
            bm_confidence,
        ),
    )


def osimertinib(**changes: object) -> TherapyMatch:
    """Return the statement on osimertinib, leptomeningeal grade A but from memory."""
    match = TherapyMatch(
        act_id="ACT_001",
        biomarker_ids=("EGFR_EX19DEL",),
        drug_ids=("osimertinib",),
        drug_names=("Osimertinib",),
        direction=Direction.SENSITIVE,
        standing=Standing.OFFERED,
        message="Sensitising. CNS-active first choice; 160 mg is off-label for LM.",
        line_context="1L, or any line if 3rd-gen naive",
        phase="na",
        amp_tier="I-A",
        escat="I-A",
        basis=(Basis("EGFR_EX19DEL", "EGFR exon 19 in-frame deletion", MatchLevel.EXON_CLASS, (EX19DEL,)),),
        schedules=(schedule("A"),),
        exposures=(
            CnsExposure(
                "osimertinib", "Osimertinib", "weak", "weak", Verification.RECALLED, (),
                CnsGrade(CnsAxis.PK, "C", GradeReason.ACTIVITY, "C"),
            ),
        ),
        labels=(
            LabelStatus("osimertinib", "Osimertinib", "FDA", "approved 2018 first line", Verification.VERIFIED),
            LabelStatus("osimertinib", "Osimertinib", "NMPA", "approved 2017", Verification.RECALLED),
        ),
        evidence=(
            EvidenceRow(
                "EV_OSI_BLOOM", "BLOOM", "leptomeningeal", "LM ORR 62%", 2020, "31809241", "10.1200/JCO.19.00457",
                "NCT02228369", Verification.RECALLED,
            ),
            EvidenceRow(
                "EV_OSI_FLAURA", "FLAURA CNS", "parenchymal", "CNS ORR 66% vs 43%", 2018, "30153097",
                "10.1200/JCO.2018.78.3118", "NCT02296125", Verification.VERIFIED,
            ),
        ),
        refs=("PMID:30153097", "PMID:38042525"),
        verification=Verification.VERIFIED,
        specimens=(CSF, PLASMA, TISSUE),
        as_of=date(2026, 11, 23),
    )  # fmt: skip
    return replace(match, **changes)  # type: ignore[arg-type]


def therapies() -> tuple[TherapyMatch, ...]:
    """Return options, a resistance and a provisional statement."""
    return (
        osimertinib(caveats=(Caveat(CaveatCode.ABSENCE_NOT_ESTABLISHED, {"biomarker": "EGFR C797S"}),)),
        osimertinib(
            act_id="ACT_003",
            drug_ids=("amivantamab_lazertinib",),
            drug_names=("Amivantamab + lazertinib",),
            schedules=(schedule("D", Verification.RECALLED),),
            message="",
            evidence=(),
            refs=("PMID:38924756",),
            line_context="1L, with lazertinib",
        ),
        osimertinib(
            act_id="ACT_016",
            biomarker_ids=("EGFR_T790M",),
            basis=(Basis("EGFR_T790M", "EGFR T790M", MatchLevel.PROTEIN_CHANGE, (T790M,)),),
            drug_ids=("gefitinib",),
            drug_names=("Gefitinib",),
            direction=Direction.RESISTANT,
            message="Also erlotinib, icotinib; afatinib/dacomitinib not effective clinically.",
            line_context="any",
            standing=Standing.STATED,
            schedules=(),
            exposures=(),
            evidence=(),
            refs=("PMID:15728811", "DOI:10.1056/NEJMoa044238"),
            specimens=(CSF,),
            prior=(PriorUse("gefitinib", "Gefitinib", None, None, None),),
        ),
    )


def make_report(
    specimens: tuple[Specimen, ...],
    findings: tuple[Finding, ...] = (),
    *,
    states: Mapping[tuple[SpecimenKind, str], tuple[CallState, int, float | None]] | None = None,
    matches: tuple[TherapyMatch, ...] = (),
    qc: tuple[SpecimenQc, ...] | None = None,
    verdict: QcVerdict = QcVerdict.PASS,
    clinical: Clinical | None = None,
) -> CaseReport:
    """Return a complete report of one case."""
    kinds = tuple(specimen.kind for specimen in specimens)
    panel = Panel("nsclc", "1", Build.GRCH38, TARGETS, HOTSPOTS, "ab" * 32)
    return CaseReport(
        schema_version=SCHEMA_VERSION,
        case=Case("CASE-0007", "P-1138", specimens, clinical or Clinical()),
        panel=panel,
        contigs=CONTIGS,
        error_model="Error rates of this specimen's own background, by substitution and molecule kind.",
        findings=findings,
        hotspots=make_hotspots(kinds, states or {}),
        therapies=matches,
        qc=qc if qc is not None else tuple(make_qc(kind) for kind in kinds),
        verdict=verdict,
        settings=describe(DEFAULTS, {}),
        provenance=Provenance(
            version="0.1.0",
            build=Build.GRCH38,
            reference_sha256="0f" * 32,
            panel="nsclc",
            panel_sha256="ab" * 32,
            knowledge_version="2026-11-23",
            knowledge_sha256="cd" * 32,
            settings_sha256="ef" * 32,
            inputs_sha256={kind.value: f"{index}{index}" * 32 for index, kind in enumerate(kinds)},
        ),
    )


def tube(kind: SpecimenKind, sample: str | None = None) -> Specimen:
    """Return a specimen as a laboratory would enter it."""
    volumes = {CSF: 6.0, PLASMA: 10.0}
    return Specimen(kind, sample or f"S-{kind.value}", 12.0, volumes.get(kind), date(2026, 10, 2))


ALL = tuple(tube(kind) for kind in SpecimenKind)


# ----------------------------------------------------------------------------------------- cases


def driver_positive() -> CaseReport:
    """Exon 19 deletion everywhere, T790M low and in CSF alone, a germline SNP, an artefact; four specimens."""
    detected, absent, blind = CallState.DETECTED, CallState.NOT_DETECTED, CallState.NOT_ASSESSABLE
    findings = (
        make_finding(
            Q787,
            make_call(CSF, detected, 1240, 781, duplex=260),
            make_call(PLASMA, detected, 1804, 902, duplex=300),
            make_call(TISSUE, detected, 402, 230, duplex=70),
            make_call(NORMAL, detected, 860, 431, duplex=140),
        ),
        make_finding(
            T790M,
            make_call(CSF, detected, 1312, 5, duplex=2, lod95=0.0031),
            make_call(PLASMA, absent, 1804, 0, lod95=0.0022),
            make_call(TISSUE, blind, 58, 0, lod95=0.079),
            make_call(NORMAL, absent, 860, 0, lod95=0.0047),
            hotspot="EGFR_T790M",
            biomarker="EGFR_T790M",
        ),
        make_finding(
            EX19DEL,
            make_call(CSF, detected, 1198, 455, duplex=151),
            make_call(PLASMA, detected, 1710, 10, duplex=3),
            make_call(TISSUE, detected, 390, 121, duplex=40),
            make_call(NORMAL, absent, 851, 0),
            hotspot="EGFR_ex19del",
            biomarker="EGFR_EX19DEL",
        ),
        make_finding(
            R273H,
            make_call(CSF, detected, 1015, 254, duplex=80),
            make_call(PLASMA, CallState.INDETERMINATE, 1500, 2, filters=(FilterName.FEW_MOLECULES,)),
            make_call(TISSUE, detected, 377, 83, duplex=27),
            make_call(NORMAL, absent, 840, 0),
        ),
        make_finding(
            Allele("chr7", 55191801, "C", "A"),
            make_call(CSF, absent, 1100, 3, forward=3, filters=(FilterName.WEAK_EVIDENCE, FilterName.STRAND_BIAS)),
            make_call(NORMAL, blind, 0, 0, lod95=None),
        ),
    )
    states: dict[tuple[SpecimenKind, str], tuple[CallState, int, float | None]] = {
        (CSF, "EGFR_ex19del"): (detected, 1198, 0.004),
        (CSF, "EGFR_T790M"): (detected, 1312, 0.0031),
        (PLASMA, "EGFR_ex19del"): (detected, 1710, 0.003),
        (TISSUE, "EGFR_ex19del"): (detected, 390, 0.012),
        (TISSUE, "EGFR_T790M"): (blind, 58, 0.079),
        (CSF, "MET_ex14"): (blind, 0, None),
    }
    clinical = Clinical(
        question="Progression on gefitinib; leptomeningeal metastasis suspected",
        cytology="equivocal",
        mri="type A (linear)",
        prior_therapies=(PriorTherapy("gefitinib", date(2025, 3, 1), date(2026, 9, 20)),),
    )
    return make_report(ALL, findings, states=states, matches=therapies(), clinical=clinical)


def adequate_negative() -> CaseReport:
    """Nothing found, everything assessable."""
    return make_report(ALL)


def inadequate_negative() -> CaseReport:
    """Nothing found because almost nothing was read."""
    blind = {(CSF, h.hotspot_id): (CallState.NOT_ASSESSABLE, 58, 0.079) for h in HOTSPOTS}
    notes = (QcNote(QcVerdict.LIMITED, "csf_volume", "CSF volume is 1.5 mL; at least 5 mL is asked for."),)
    specimen = replace(tube(CSF), volume_ml=1.5, input_ng=0.6)
    qc = (make_qc(CSF, verdict=QcVerdict.LIMITED, depth=58.0, notes=notes),)
    return make_report((specimen,), states=blind, qc=qc, verdict=QcVerdict.LIMITED)


def vcf_specimen() -> CaseReport:
    """CSF reads and a tissue VCF."""
    blind = {(TISSUE, h.hotspot_id): (CallState.NOT_ASSESSABLE, 0, None) for h in HOTSPOTS}
    finding = make_finding(
        EX19DEL,
        make_call(CSF, CallState.DETECTED, 1198, 455, duplex=151),
        make_call(TISSUE, CallState.DETECTED, 390, 121, lod95=None),
        hotspot="EGFR_ex19del",
        biomarker="EGFR_EX19DEL",
    )
    qc = (make_qc(CSF), make_qc(TISSUE, mode=EvidenceMode.VCF))
    states = blind | {(CSF, "EGFR_ex19del"): (CallState.DETECTED, 1198, 0.004)}
    return make_report((tube(CSF), tube(TISSUE)), (finding,), states=states, qc=qc, matches=(osimertinib(),))


def no_normal() -> CaseReport:
    """CSF alone, with a TP53 variant of unknown origin and an indeterminate hotspot."""
    finding = make_finding(R273H, make_call(CSF, CallState.DETECTED, 1015, 31, duplex=9))
    states = {(CSF, "EGFR_T790M"): (CallState.INDETERMINATE, 1312, 0.0031)}
    return make_report((tube(CSF),), (finding,), states=states)


def qc_fail() -> CaseReport:
    """A failed specimen with nothing found."""
    notes = (QcNote(QcVerdict.FAIL, "no_molecules", "Median depth is 3 molecules; no hotspot can be assessed."),)
    blind = {(CSF, h.hotspot_id): (CallState.NOT_ASSESSABLE, 3, None) for h in HOTSPOTS}
    qc = (make_qc(CSF, verdict=QcVerdict.FAIL, depth=3.0, notes=notes), make_qc(PLASMA))
    return make_report((tube(CSF), tube(PLASMA)), states=blind, qc=qc, verdict=QcVerdict.FAIL)


def hostile() -> CaseReport:
    """Every free text is an attack on some format."""
    report = driver_positive()
    case = replace(
        report.case,
        case_id=HOSTILE,
        patient_code=HOSTILE,
        specimens=tuple(replace(s, sample=f"{s.kind}{HOSTILE}", note=HOSTILE) for s in report.case.specimens),
        clinical=Clinical(HOSTILE, HOSTILE, HOSTILE, (PriorTherapy(HOSTILE),)),
    )
    change = replace(CHANGES[T790M], gene=HOSTILE, hgvs_c=HOSTILE, legacy_names=(HOSTILE,))
    findings = tuple(replace(f, change=change) if f.allele == T790M else f for f in report.findings)
    match = osimertinib(
        message=HOSTILE,
        caveats=(Caveat(CaveatCode.UNRECOGNISED_TREATMENT, {"names": HOSTILE}),),
        refs=(HOSTILE, "javascript:alert(1)"),
    )
    hotspots = tuple(replace(result, reason=HOSTILE) for result in report.hotspots)
    return replace(report, case=case, findings=findings, therapies=(match,), error_model=HOSTILE, hotspots=hotspots)


CASES = {
    "driver_positive": driver_positive,
    "adequate_negative": adequate_negative,
    "inadequate_negative": inadequate_negative,
    "vcf_specimen": vcf_specimen,
    "no_normal": no_normal,
    "qc_fail": qc_fail,
    "hostile": hostile,
}
