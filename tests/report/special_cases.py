"""Cases that need more than calls: phase, origins, identity, fusions, copy number, molecules one by one."""

from dataclasses import replace
from datetime import date

from csfgeno.records import (
    Allele,
    AlleleOrigin,
    Amendment,
    Breakpoint,
    CaseReport,
    Comparison,
    Contamination,
    CopyNumber,
    ExonSkipping,
    Finding,
    Fusion,
    FusionCall,
    FusionPartner,
    Identity,
    IdentityMatch,
    LossOfHeterozygosity,
    MoleculeStack,
    MoleculeView,
    Phase,
    PhaseCounts,
    QcNote,
    Rearrangement,
    Reason,
    Request,
    SignOff,
    SkippingCall,
    SkippingCause,
    SpecimenCall,
    StratumCounts,
    SuppliedCall,
    TranscriptChange,
    TumourFraction,
)
from csfgeno.vocab import (
    CallState,
    Consequence,
    CopyExtent,
    EvidenceMode,
    Frame,
    MoleculeKind,
    PartnerKind,
    PhaseState,
    QcVerdict,
    RearrangementKind,
    ReportStatus,
    Side,
    SkippingMechanism,
    SpecimenKind,
    Strand,
)
from csfgeno.vocab.comparison import (
    Certainty,
    CompartmentVerdict,
    ContaminationState,
    CopyState,
    IdentityResult,
    Origin,
    OriginCaveat,
    ReasonCode,
    TumourFractionState,
)

from .report_cases import (
    CHANGES,
    CSF,
    EX19DEL,
    HOSTILE,
    NORMAL,
    PLASMA,
    R273H,
    T790M,
    driver_positive,
    make_call,
    make_finding,
    make_qc,
    make_report,
    osimertinib,
    tube,
)

C797S = Allele("chr7", 55181397, "T", "A")
R882H = Allele("chr2", 25234372, "C", "T")
MET_D1010 = Allele("chr7", 116771988, "G", "A")

NAMES = {
    C797S: TranscriptChange(
        "EGFR", "NM_005228.5", "NC_000007.14:g.55181398T>A", "c.2389T>A", "p.(Cys797Ser)", "p.C797S",
        Consequence.MISSENSE, "20/28",
    ),
    R882H: TranscriptChange(
        "DNMT3A", "NM_022552.5", "NC_000002.12:g.25234373C>T", "c.2645G>A", "p.(Arg882His)", "p.R882H",
        Consequence.MISSENSE, "23/23",
    ),
}  # fmt: skip


def make_stack(allele: Allele, alt: int, other: int, alt_total: int) -> MoleculeStack:
    """Return molecules of all kinds around an allele."""

    def view(number: int) -> MoleculeView:
        left = allele.start - 130 + 7 * number % 120
        kind = (MoleculeKind.DUPLEX, MoleculeKind.SIMPLEX, MoleculeKind.SINGLETON)[number % 3]
        strand = Strand.BOTH if number % 3 == 0 else (Strand.FORWARD, Strand.REVERSE)[number % 2]
        start, end = (allele.start + 12, allele.start + 20) if number % 5 == 4 else (None, None)
        return MoleculeView(kind, strand, left, left + 150, start, end, 2 + number % 3, 0 if number % 3 else 3)

    return MoleculeStack(
        alt=tuple(view(n) for n in range(alt)),
        other=tuple(view(n + 3) for n in range(other)),
        alt_total=alt_total,
        other_total=1_100,
    )


def with_molecules(finding: Finding, kind: SpecimenKind, stack: MoleculeStack) -> Finding:
    """Return the finding with the molecules of one of its calls."""
    calls = tuple(replace(c, molecules=stack) if c.specimen is kind else c for c in finding.calls)
    return replace(finding, calls=calls)


def detected(kind: SpecimenKind, depth: int, alt: int) -> SpecimenCall:
    """Return a plain detected call."""
    return make_call(kind, CallState.DETECTED, depth, alt, duplex=alt // 3)


def resistance() -> CaseReport:
    """T790M and C797S in cis in CSF, in trans in plasma; every field of request and sign-off filled in."""
    findings = tuple(
        replace(
            with_molecules(
                make_finding(allele, detected(CSF, 1_300, alt), detected(PLASMA, 1_700, 9), hotspot=hotspot,
                             biomarker=hotspot),
                CSF, make_stack(allele, 8, 12, alt),
            ),
            change=NAMES.get(allele, CHANGES.get(allele)),
            verdict=CompartmentVerdict.SHARED,
            comparisons=(
                Comparison(CSF, PLASMA, CompartmentVerdict.SHARED, vaf_ratio=6.1, ratio_low=3.2,
                           basis=(Reason(ReasonCode.DETECTED_IN_BOTH),)),
            ),
            origin=AlleleOrigin(
                Origin.TUMOUR, Certainty.PROBABLE, basis=(Reason(ReasonCode.TUMOUR_HOTSPOT),)
            ),
        )
        for allele, alt, hotspot in ((T790M, 43, "EGFR_T790M"), (C797S, 41, "EGFR_C797S"))
    )  # fmt: skip
    states = {(CSF, name): (CallState.DETECTED, 1_300, 0.003) for name in ("EGFR_T790M", "EGFR_C797S")}
    report = make_report((tube(CSF), tube(PLASMA)), findings, states=states, matches=(osimertinib(),))
    phase = Phase(
        T790M,
        C797S,
        (PhaseCounts(CSF, PhaseState.CIS, 41, 2, 0, 900), PhaseCounts(PLASMA, PhaseState.TRANS, 0, 6, 7, 1_400)),
    )
    case = replace(
        report.case,
        request=Request("born 1957-03-11", "Dr. Meyer", "Molecular Pathology, floor 3", date(2026, 10, 1)),
        sign_off=SignOff(
            ReportStatus.AMENDED, date(2026, 10, 9), "Dr. Weiss", (Amendment(date(2026, 10, 11), "Volume corrected"),)
        ),
    )
    return replace(report, case=case, phases=(phase,))


def chip_and_germline() -> CaseReport:
    """A clone of blood cells, an inherited T790M and a contaminated plasma."""
    values = {"alt": 61, "depth": 860, "vaf": 61 / 860}
    blood = AlleleOrigin(
        Origin.CLONAL_HAEMATOPOIESIS,
        Certainty.SHOWN,
        basis=(Reason(ReasonCode.IN_NORMAL_LOW, NORMAL, values), Reason(ReasonCode.CH_GENE, None, {"gene": "DNMT3A"})),
    )
    inherited = AlleleOrigin(
        Origin.GERMLINE,
        Certainty.SHOWN,
        caveats=(OriginCaveat.GERMLINE_COUNSELLING,),
        basis=(Reason(ReasonCode.IN_NORMAL_HALF, NORMAL, {"alt": 421, "depth": 860, "vaf": 421 / 860}),),
    )
    chip = make_finding(R882H, detected(CSF, 1_200, 40), detected(PLASMA, 1_700, 130), detected(NORMAL, 860, 61))
    germline = make_finding(
        T790M,
        detected(CSF, 1_312, 640),
        detected(PLASMA, 1_804, 899),
        detected(NORMAL, 860, 421),
        hotspot="EGFR_T790M",
        biomarker="EGFR_T790M",
    )
    findings = (replace(chip, change=NAMES[R882H], origin=blood), replace(germline, origin=inherited))
    states = {(CSF, "EGFR_T790M"): (CallState.DETECTED, 1_312, 0.003)}
    report = make_report((tube(CSF), tube(PLASMA), tube(NORMAL)), findings, states=states)
    return replace(
        report,
        identity=Identity(
            matches=(IdentityMatch(CSF, NORMAL, IdentityResult.MATCH, 48.2, 60, 0, 1e-9),),
            contamination=(
                Contamination(CSF, ContaminationState.NOT_FOUND, limit=0.004, sites=41),
                Contamination(PLASMA, ContaminationState.CONTAMINATED, 0.02, 0.012, 0.031, 0.004, 40, 12),
                Contamination(NORMAL, ContaminationState.NOT_ASSESSABLE),
            ),
        ),
    )


def swap_blocked() -> CaseReport:
    """CSF and normal of two persons: everything withheld."""
    match = IdentityMatch(CSF, NORMAL, IdentityResult.MISMATCH, -35.0, 58, 21, 1e-8, (Reason(ReasonCode.SITES_DIFFER),))
    text = "csf and normal are of different persons: 21 of 58 common SNPs speak against one person."
    notes = (QcNote(QcVerdict.FAIL, "identity_mismatch", text),)
    qc = tuple(make_qc(kind, verdict=QcVerdict.FAIL, notes=notes) for kind in (CSF, NORMAL))
    report = make_report((tube(CSF), tube(NORMAL)), qc=qc, verdict=QcVerdict.FAIL)
    return replace(report, hotspots=(), identity=Identity((match,)))


def swap_overridden() -> CaseReport:
    """The same, reported all the same for a stated reason."""
    report = driver_positive()
    match = IdentityMatch(CSF, NORMAL, IdentityResult.MISMATCH, -4.0, 9, 3)
    return replace(report, identity=Identity((match,), override=f"Transplant, donor cells in blood {HOSTILE}"))


def fusion_and_amplification() -> CaseReport:
    """EML4::ALK, MET amplified, TP53 with one copy lost, MET exon 14 skipped."""
    partners = (
        FusionPartner(Breakpoint("chr2", 42_295_515, Side.LEFT), "EML4", "NM_019063.5", 13, "intron 13"),
        FusionPartner(Breakpoint("chr2", 29_223_527, Side.RIGHT), "ALK", "NM_004304.5", 20, "intron 19"),
    )
    fusion = Fusion(
        "FUS_1", *partners, Frame.IN_FRAME, True, PartnerKind.KNOWN, "variant 1", "AG", "", "ACGTACGT|TTGACCA", None,
        (
            FusionCall(CSF, CallState.DETECTED, 11, 2, 5, 410, 4, 9, 0.02, 0.05, -22.0, 3, 0.004),
            FusionCall(PLASMA, CallState.NOT_DETECTED, 0, 0, 0, 900, 0, 0, None, None, None, 3, 0.003),
        ),
        ("ALK_fusion",), ("ALK_FUSION",),
    )  # fmt: skip
    copies = tuple(
        CopyNumber(
            gene, kind, state, CallState.NOT_DETECTED, 12, 9_000, ratio, ratio - 0.2, ratio + 0.2, 9.0, 40.0, 0.38,
            2 * 2**ratio, 3.1, 19.0, CopyExtent.FOCAL, 5.5, 0.4, "panel of normals", "depth of molecules",
        )
        for gene, kind, state, ratio in (
            ("MET", CSF, CallState.DETECTED, 2.4),
            ("MET", PLASMA, CallState.NOT_DETECTED, 0.02),
            ("ERBB2", CSF, CallState.NOT_DETECTED, -0.05),
        )
    )  # fmt: skip
    loss = LossOfHeterozygosity("TP53", CSF, CallState.DETECTED, 7, 8_000, 0.31, 0.27, 0.35, -30.0, 0.12, "7 sites")
    skipping = ExonSkipping(
        "MET", "NM_000245.4", 14,
        (SkippingCause(MET_D1010, "c.3028G>A", (SkippingMechanism.DONOR,)),),
        (SkippingCall(CSF, CallState.DETECTED, 31, 700, 0.01),
         SkippingCall(PLASMA, CallState.NOT_ASSESSABLE, 0, 9, None)),
    )  # fmt: skip
    report = make_report(
        (tube(CSF), tube(PLASMA)),
        (make_finding(R273H, detected(CSF, 1_015, 254), make_call(PLASMA, CallState.NOT_DETECTED, 1_500, 0)),),
    )
    fraction = TumourFraction(
        CSF, TumourFractionState.ESTIMATED, 0.38, 0.31, 0.46, (R273H,), (CopyState.LOSS_OF_OTHER,),
        (Reason(ReasonCode.DRIVER_CLUSTER),),
    )  # fmt: skip
    below = TumourFraction(PLASMA, TumourFractionState.BELOW_LIMIT, high=0.004)
    return replace(
        report,
        fusions=(fusion,),
        copy_numbers=copies,
        heterozygosity_losses=(loss,),
        exon_skippings=(skipping,),
        tumour_fractions=(fraction, below),
    )


def rearranged() -> CaseReport:
    """Two exons of TP53 deleted and the other copy lost."""
    deletion = Rearrangement(
        "chr17:7673600|::|chr17:7674301", RearrangementKind.DELETION, "TP53", "NM_000546.6",
        Breakpoint("chr17", 7_673_599, Side.LEFT), Breakpoint("chr17", 7_674_300, Side.RIGHT), (7, 8), (), False, False,
        Frame.OUT_OF_FRAME, None, "NC_000017.11:g.7673601_7674300del", "c.673-11_919+100del", "C", "", "GT",
        "ACGTACGTGTTTGACCA",
        (
            FusionCall(CSF, CallState.DETECTED, 21, 4, 0, 300, 6, 17, 0.05, 0.11, -40.0, 3, 0.004),
            FusionCall(PLASMA, CallState.NOT_ASSESSABLE, 0, 0, 0, 9, 0, 0, None, None, None, 3, None),
        ),
        (), ("TP53_MUT",),
    )  # fmt: skip
    loss = LossOfHeterozygosity("TP53", CSF, CallState.DETECTED, 7, 8_000, 0.31, 0.27, 0.35, -30.0, 0.12, "7 sites")
    report = make_report((tube(CSF), tube(PLASMA)), ())
    return replace(report, rearrangements=(deletion,), heterozygosity_losses=(loss,))


def molecules_drawn() -> CaseReport:
    """The driver case with a stack that was thinned and one that was not."""
    report = driver_positive()
    findings = tuple(
        with_molecules(f, CSF, make_stack(f.allele, 60, 12, 455))
        if f.allele == EX19DEL
        else with_molecules(f, CSF, make_stack(f.allele, 5, 12, 5))
        if f.allele == T790M
        else f
        for f in report.findings
    )
    return replace(report, findings=findings)


def vcf_only() -> CaseReport:
    """A CSF of which nothing but a VCF exists: no molecule, no limit, no negative."""

    def listed(allele: Allele, alt: int, depth: int, line: int, name: str | None) -> Finding:
        call = make_call(CSF, CallState.DETECTED, depth, alt, lod95=None)
        counts = replace(
            call.counts,
            strata=(StratumCounts(MoleculeKind.RAW, depth, alt, None),),
            discordant=None,
            alt_forward=None,
            alt_reverse=None,
            ref_forward=None,
            ref_reverse=None,
            alt_mean_mapq=None,
            alt_median_end_distance_bp=None,
        )
        supplied = SuppliedCall((line,), ("PASS",), alt / depth)
        told = replace(call, counts=counts, log10_p=None, log_likelihood_ratio=None, supplied=supplied)
        return make_finding(allele, told, hotspot=name, biomarker=name)

    findings = (listed(EX19DEL, 455, 1_198, 112, "EGFR_EX19DEL"), listed(R273H, 254, 1_015, 120, None))
    reason = "the VCF does not list it, and without reads no limit of detection is known"
    report = make_report((tube(CSF),), findings, qc=(make_qc(CSF, mode=EvidenceMode.VCF),), matches=(osimertinib(),))
    hotspots = tuple(
        replace(result, state=CallState.DETECTED, depth=1_198, alt=455, lod95=None, reason="listed by the VCF")
        if result.hotspot_id == "EGFR_ex19del"
        else replace(result, state=CallState.NOT_ASSESSABLE, depth=0, lod95=None, reason=reason)
        for result in report.hotspots
    )
    return replace(report, hotspots=hotspots)


SPECIAL = {
    "vcf_only": vcf_only,
    "resistance": resistance,
    "chip_and_germline": chip_and_germline,
    "swap_blocked": swap_blocked,
    "swap_overridden": swap_overridden,
    "fusion_and_amplification": fusion_and_amplification,
    "rearranged": rearranged,
    "molecules_drawn": molecules_drawn,
}
