"""One patient on three days: fusions that fall and appear, copies that change, or only the share of tumour DNA does."""

from dataclasses import replace
from datetime import date

from csfgeno.monitoring.earlier import EarlierCase
from csfgeno.monitoring.follow import follow
from csfgeno.records import (
    Breakpoint,
    CaseReport,
    Clinical,
    CopyNumber,
    Fusion,
    FusionCall,
    FusionPartner,
    HotspotResult,
    Interval,
    LossOfHeterozygosity,
    PriorTherapy,
    Target,
    TumourFraction,
)
from csfgeno.structural.chimeras import jeffreys_interval, limit_fraction
from csfgeno.structural.copynumber import (
    amplification_limit,
    amplification_limit_fraction,
    copies_of,
    log2_of,
    loss_limit,
)
from csfgeno.structural.levels import Level
from csfgeno.thresholds import DEFAULTS
from csfgeno.vocab import CallState, CopyExtent, Frame, PartnerKind, Side
from csfgeno.vocab.comparison import TumourFractionState

from .report_cases import CSF, NORMAL, make_report, tube

DETECTED, ABSENT, BLIND = CallState.DETECTED, CallState.NOT_DETECTED, CallState.NOT_ASSESSABLE
DAYS = (date(2026, 1, 12), date(2026, 4, 20), date(2026, 9, 28))
THERAPY = PriorTherapy("alectinib", date(2026, 1, 20), None)
TUMOUR = ((0.41, 0.35, 0.48), (0.14, 0.11, 0.18), (0.032, 0.024, 0.043))
ALK_TARGET = Target(Interval("chr2", 29_223_400, 29_225_400), "ALK", "ALK_in19")

E13 = Breakpoint("chr2", 42_295_515, Side.LEFT)
E6 = Breakpoint("chr2", 42_270_400, Side.LEFT)
A19 = Breakpoint("chr2", 29_223_527, Side.LEFT)
A19_NEAR = Breakpoint("chr2", 29_224_300, Side.LEFT)


def make_fusion(five_prime: Breakpoint, three_prime: Breakpoint, shown: int, spanning: int, exon: int = 13) -> Fusion:
    """Return EML4::ALK at two places with its call in CSF, and one in the normal without a molecule."""
    return Fusion(
        f"{three_prime}::{five_prime}",
        FusionPartner(five_prime, "EML4", "NM_019063.5", exon, f"intron {exon}"),
        FusionPartner(three_prime, "ALK", "NM_004304.5", 20, "intron 19"),
        Frame.IN_FRAME, True, PartnerKind.KNOWN, None, "", "", "ACGTTGCA" * 10, None,
        (fusion_call(shown, spanning), replace(fusion_call(0, 800), specimen=NORMAL)),
        ("ALK_fusion",), ("ALK_FUSION",),
    )  # fmt: skip


def fusion_call(shown: int, spanning: int) -> FusionCall:
    """Return what CSF says of a junction: detected from two molecules on, as the caller does without chimeras."""
    state = DETECTED if shown > 1 else CallState.INDETERMINATE if shown else ABSENT
    low, high = jeffreys_interval(shown, shown + spanning, 0.95)
    limit = limit_fraction(2, shown + spanning, 0.95)
    return FusionCall(CSF, state, shown, 0, shown // 3, spanning, shown // 3, shown, low, high, -9.0, 2, limit)


def make_copies(gene: str, copies: float, fraction: float | None, error: float = 0.06) -> CopyNumber:
    """Return the copy number of a gene as the caller states it for that many copies."""
    ratio = log2_of(copies, fraction or 1.0)
    low, high = ratio - 1.96 * error, ratio + 1.96 * error
    told = [copies_of(value, fraction) if fraction else None for value in (ratio, low, high)]
    level = Level(ratio, error, 12, 9_000, 750.0)
    limits = amplification_limit(level, fraction, DEFAULTS) if fraction else None, loss_limit(level, DEFAULTS)
    gain = DETECTED if level.z >= 4 else ABSENT if limits[0] and limits[0] <= 10 else BLIND
    loss = DETECTED if level.z <= -4 else ABSENT if fraction and limits[1] and limits[1] <= fraction else BLIND
    return CopyNumber(
        gene, CSF, gain, loss, 12, 9_000, ratio, low, high, level.z, 40.0, fraction,
        told[0], told[1], told[2], CopyExtent.FOCAL, *limits, "normal cells of the patient", "depth of molecules",
        amplification_limit_tumour_fraction=amplification_limit_fraction(level, DEFAULTS),
    )  # fmt: skip


def make_loss(state: CallState, shift: float) -> LossOfHeterozygosity:
    """Return TP53 with alleles that far out of balance."""
    return LossOfHeterozygosity("TP53", CSF, state, 3, 4_000, shift, shift - 0.03, shift + 0.03, -9.0, 0.12, "3 sites")


FUSIONS = (
    (make_fusion(E13, A19, 45, 410),),
    (make_fusion(E13, A19, 9, 430),),
    (make_fusion(E13, A19, 0, 420), make_fusion(E6, A19_NEAR, 14, 405, exon=6)),
)
COPIES = (("MET", (12.0, 12.0, 12.0)), ("ERBB2", (2.0, 2.0, 24.0)), ("CDKN2A", (0.0, 2.0, 2.0)))
"""Copies per tumour cell on the three days."""
LOSSES = ((DETECTED, 0.13), (DETECTED, 0.05), (ABSENT, 0.01))


def structural_day(index: int, fraction: tuple[float, float, float] | None = None) -> CaseReport:
    """Return the case of one of the three days, alone."""
    share, low, high = fraction or TUMOUR[index]
    tubes = tuple(replace(tube(kind), collected=DAYS[index]) for kind in (CSF, NORMAL))
    report = make_report(tubes, clinical=Clinical(prior_therapies=(THERAPY,) if index else ()))
    negative = HotspotResult("ALK_fusion", CSF, ABSENT, 430, 0, 0.011, "no rearrangement was found")
    hotspots = (r for r in report.hotspots if (r.hotspot_id, r.specimen) != ("ALK_fusion", CSF))
    return replace(
        report,
        case=replace(report.case, case_id=f"CASE-000{index + 1}"),
        panel=replace(report.panel, targets=(*report.panel.targets, ALK_TARGET)),
        hotspots=(*hotspots, negative),
        fusions=FUSIONS[index],
        copy_numbers=tuple(make_copies(gene, days[index], share) for gene, days in COPIES),
        heterozygosity_losses=(make_loss(*LOSSES[index]),),
        tumour_fractions=(TumourFraction(CSF, TumourFractionState.ESTIMATED, share, low, high),),
    )


def earlier(*reports: CaseReport) -> list[EarlierCase]:
    """Return reports as earlier cases."""
    return [EarlierCase(report, f"{index:02d}" * 32) for index, report in enumerate(reports)]


def serial_structural() -> CaseReport:
    """Return the third day with the two before it."""
    return follow(structural_day(2), earlier(structural_day(0), structural_day(1)))
