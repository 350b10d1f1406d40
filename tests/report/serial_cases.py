"""One patient on three days: a driver that falls, a resistance that appears, one that goes, one within chance."""

from dataclasses import replace
from datetime import date

from csfgeno.monitoring.earlier import EarlierCase
from csfgeno.monitoring.follow import follow
from csfgeno.records import Allele, CaseReport, Clinical, PriorTherapy, TumourFraction
from csfgeno.vocab import CallState
from csfgeno.vocab.comparison import TumourFractionState

from .report_cases import CHANGES, CSF, EX19DEL, NORMAL, R273H, T790M, make_call, make_finding, make_report, tube
from .special_cases import C797S, NAMES

SNP = Allele("chr10", 43_114_501, "G", "A")
COUNTS: dict[Allele, tuple[tuple[int, int], ...]] = {
    EX19DEL: ((455, 1_198), (171, 1_250), (40, 1_300)),
    T790M: ((60, 1_200), (14, 1_180), (0, 1_290)),
    C797S: ((0, 1_210), (0, 1_190), (43, 1_300)),
    R273H: ((5, 1_312), (4, 1_280), (2, 1_200)),
}
"""Mutant and usable molecules of CSF on the three days."""

HOTSPOT_IDS = {EX19DEL: "EGFR_ex19del", T790M: "EGFR_T790M", C797S: "EGFR_C797S"}
DAYS = (date(2026, 1, 12), date(2026, 4, 20), date(2026, 9, 28))
THERAPY = PriorTherapy("osimertinib", date(2026, 1, 20), None)
TUMOUR = ((0.41, 0.35, 0.48), (0.14, 0.11, 0.18), (0.032, 0.024, 0.043))


def case_of_day(index: int) -> CaseReport:
    """Return the case of one of the three days, alone."""
    findings = [
        make_finding(
            allele,
            make_call(CSF, CallState.DETECTED if alt else CallState.NOT_DETECTED, depth, alt),
            make_call(NORMAL, CallState.NOT_DETECTED, 860, 0),
            hotspot=HOTSPOT_IDS.get(allele),
        )
        for allele, days in COUNTS.items()
        for alt, depth in days[index : index + 1]
    ]
    snp = make_finding(
        SNP, make_call(CSF, CallState.DETECTED, 900, 441), make_call(NORMAL, CallState.DETECTED, 800, 410)
    )
    named = [replace(f, change=CHANGES.get(f.allele) or NAMES.get(f.allele)) for f in (*findings, snp)]
    tubes = tuple(replace(tube(kind), collected=DAYS[index]) for kind in (CSF, NORMAL))
    clinical = Clinical(question="Course under treatment", prior_therapies=(THERAPY,) if index else ())
    states = {
        (CSF, hotspot): (CallState.DETECTED, COUNTS[allele][index][1], 0.0038)
        for allele, hotspot in HOTSPOT_IDS.items()
        if COUNTS[allele][index][0]
    }
    report = make_report(tubes, tuple(named), clinical=clinical, states=states)
    share, low, high = TUMOUR[index]
    fraction = TumourFraction(CSF, TumourFractionState.ESTIMATED, share, low, high, (EX19DEL,))
    return replace(report, case=replace(report.case, case_id=f"CASE-000{index + 1}"), tumour_fractions=(fraction,))


def serial() -> CaseReport:
    """Return the third day with the two before it."""
    return follow(case_of_day(2), [EarlierCase(case_of_day(0), "a1" * 32), EarlierCase(case_of_day(1), "b2" * 32)])
