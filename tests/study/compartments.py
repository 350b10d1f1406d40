"""How well the comparison of specimens is calibrated: power, tumour fraction, origin. `make study` prints it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from csfgeno.compartments.settle import settle
from csfgeno.compartments.tumour_fraction import COPIES, allele_fraction
from csfgeno.compartments.verdicts import PowerOf, find_anchors, measure_miss
from csfgeno.records import Finding
from csfgeno.thresholds import DEFAULTS
from csfgeno.vocab import CallingTier, CallState, Consequence
from csfgeno.vocab.comparison import CompartmentVerdict, Origin, TumourFractionState
from tests.compartments.simulated import CSF, NORMAL, PLASMA, Planted, draw_case, patient

BINS = (0.0, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 1.0001)


def power_calibration(
    sets: int, seed: int = 11, private: float = 0.0
) -> tuple[list[tuple[str, int, float, float]], Counter[str]]:
    """Return, by bin of the stated probability of missing, cases, mean stated and share missed; and the verdicts.

    CSF at about 40% with a second allele to be judged, plasma with a tumour fraction of 0.02-1% (as is a ratio of
    fractions that varies between alleles) and 300-10,000 molecules. Stated and true refer to alleles that plasma has.
    A share is taken from the draws in which the statement was made: plasma lacks the allele's detection or not, so the
    stated probability is asked of every case, whether it was detected or not. `private` is the share of anchors that
    plasma's tumour DNA lacks.
    """
    random = np.random.default_rng(seed)
    stated, missed, verdicts = [], [], Counter[str]()
    for _ in range(sets):
        case, probability, was_missed = _one_power_case(random, is_private=False, private=private)
        if probability is not None:
            stated.append(probability)
            missed.append(was_missed)
        verdicts[str(case)] += 1
    p, m = np.array(stated), np.array(missed)
    rows = []
    for low, high in pairwise(BINS):
        own = (p >= low) & (p < high)
        if own.any():
            rows.append((f"{low:.2f}-{min(high, 1.0):.2f}", int(own.sum()), float(p[own].mean()), float(m[own].mean())))
    return rows, verdicts


def private_verdicts(sets: int, seed: int = 12) -> Counter[str]:
    """Return the verdicts on an allele that plasma's tumour DNA truly lacks."""
    random = np.random.default_rng(seed)
    return Counter(str(_one_power_case(random, is_private=True)[0]) for _ in range(sets))


def _one_power_case(
    random: np.random.Generator, *, is_private: bool, private: float = 0.0
) -> tuple[CompartmentVerdict | None, float | None, bool]:
    tumour, plasma_tumour = random.uniform(0.3, 0.95), float(np.exp(random.uniform(np.log(2e-4), np.log(1e-2))))
    depths = {CSF: int(random.integers(300, 2000)), PLASMA: int(np.exp(random.uniform(np.log(300), np.log(10_000))))}
    depths[NORMAL] = 600
    planted = []
    for gene, clone in (("EGFR", random.uniform(0.1, 1.0)), ("TP53", 1.0), ("STK11", random.choice((0.4, 1.0)))):
        spread = float(np.exp(random.normal(0.0, DEFAULTS.compartment_spread)))
        csf = tumour / 2 * clone
        is_absent = is_private if gene == "EGFR" else random.random() < private
        plasma = 0.0 if is_absent else min(1.0, plasma_tumour / 2 * clone * spread)
        planted.append(Planted(gene, "X1Y", {CSF: csf, PLASMA: plasma}))
    drawn = draw_case(planted, depths, random)
    asked = next((f for f in drawn.findings if f.change and f.change.gene == "EGFR"), None)
    if asked is None or (call := asked.call(CSF)) is None or call.state is not CallState.DETECTED:
        return None, None, False
    settled = settle(drawn.findings, patient(tuple(depths)), (), drawn.power_of, DEFAULTS)
    judged = next(f for f in settled.findings if f.allele == asked.allele)
    plasma_call = judged.call(PLASMA)
    was_missed = plasma_call is not None and plasma_call.state is not CallState.DETECTED
    return judged.verdict, stated_miss(asked, settled.findings, drawn.power_of), was_missed


def stated_miss(asked: Finding, findings: Sequence[Finding], power_of: PowerOf) -> float | None:
    """Return the probability of missing that is stated before plasma is looked at for this allele."""
    finding = next(f for f in findings if f.allele == asked.allele)
    anchors = find_anchors(finding, CSF, PLASMA, findings)
    power = power_of(PLASMA, asked.allele, CallingTier.HOTSPOT)
    if not anchors or power is None:
        return None
    return measure_miss(finding, CSF, PLASMA, anchors, power, DEFAULTS).probability


def tumour_fraction_rows(repeats: int, seed: int = 13) -> Iterator[tuple[float, int, float, float, float]]:
    """Yield true fraction, cases, median estimate, median relative error and coverage of the interval."""
    random = np.random.default_rng(seed)
    states = list(COPIES.values())
    for tumour in (0.002, 0.01, 0.05, 0.1, 0.3, 0.6, 0.9, 0.95):
        found = []
        for _ in range(repeats):
            copies = [states[i] for i in random.choice(len(states), 3, p=(0.5, 0.15, 0.15, 0.1, 0.1))]
            shares = (1.0, 1.0, random.choice((0.3, 1.0)))
            planted = [
                Planted(gene, "X1Y", {CSF: float(allele_fraction(np.array([tumour]), *own)[0]) * share})
                for gene, own, share in zip(("EGFR", "TP53", "PIK3CA"), copies, shares, strict=True)
            ]
            drawn = draw_case(planted, {CSF: 3000, NORMAL: 1000}, random)
            (own_fraction,) = settle(
                drawn.findings, patient((CSF, NORMAL)), (), drawn.power_of, DEFAULTS
            ).tumour_fractions
            if own_fraction.state is TumourFractionState.ESTIMATED:
                found.append((own_fraction.fraction or 0.0, own_fraction.low or 0.0, own_fraction.high or 0.0))
        estimates = np.array(found)
        covered = float(((estimates[:, 1] <= tumour) & (tumour <= estimates[:, 2])).mean())
        error = float(np.median(np.abs(estimates[:, 0] / tumour - 1)))
        yield tumour, len(found), float(np.median(estimates[:, 0])), error, covered


BLOOD_CHANGES = (
    ("DNMT3A", "R882H", Consequence.MISSENSE),
    ("TET2", "R1404*", Consequence.STOP_GAINED),
    ("TP53", "R273H", Consequence.MISSENSE),
    ("PPM1D", "R572*", Consequence.STOP_GAINED),
    ("JAK2", "V617F", Consequence.MISSENSE),
)


def blood_rows(repeats: int, *, has_normal: bool, seed: int = 14) -> Iterator[tuple[str, float, Counter[str], int]]:
    """Yield gene, fraction in white cells, origins found and how often the tumour is named."""
    random = np.random.default_rng(seed)
    for gene, change, consequence in BLOOD_CHANGES:
        for clone in (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2):
            origins, tumour = Counter[str](), 0
            for _ in range(repeats):
                admixture = random.uniform(0.0, 0.3)
                plasma = clone * float(np.exp(random.normal(0.0, 0.3)))
                vafs = {CSF: clone * admixture, PLASMA: plasma, NORMAL: clone}
                planted = [
                    Planted("EGFR", "L858R", {CSF: 0.3, PLASMA: 0.01}),
                    Planted(gene, change, vafs, is_hotspot=gene == "TP53", consequence=consequence),
                ]
                depths = {CSF: 1000, PLASMA: 3000} | ({NORMAL: 2000} if has_normal else {})
                drawn = draw_case(planted, depths, random)
                blood = 3000.0 if admixture > 0.05 else None
                case = patient(tuple(depths), rbc_per_ul=blood)
                for finding in settle(drawn.findings, case, (), drawn.power_of, DEFAULTS).findings:
                    if finding.change and finding.change.gene == gene:
                        origins[str(finding.origin.origin)] += 1
                        tumour += finding.origin.origin is Origin.TUMOUR
            yield gene, clone, origins, tumour


INHERITED = (("EGFR", "T790M", True), ("TP53", "R175H", True), ("STK11", "F354L", False), ("BRCA2", "K3326*", False))


def germline_rows(repeats: int, *, has_normal: bool, seed: int = 15) -> Iterator[tuple[str, float, Counter[str], int]]:
    """Yield gene, tumour fraction of the CSF, origins found and how often inheritance was denied."""
    random = np.random.default_rng(seed)
    for gene, change, is_hotspot in INHERITED:
        for tumour in (0.0, 0.3, 0.6, 0.95):
            origins, denied = Counter[str](), 0
            for _ in range(repeats):
                own, other = [(1, 1), (1, 0), (0, 1), (2, 0), (0, 2), (2, 1)][random.integers(6)]
                shifted = (tumour * own + 1 - tumour) / (tumour * (own + other) + 2 * (1 - tumour))
                capture = random.uniform(-0.03, 0.03)
                vafs = {CSF: min(max(shifted + capture, 0.001), 0.999), PLASMA: 0.5 + capture, NORMAL: 0.5 + capture}
                depths = {CSF: 600, PLASMA: 1500} | ({NORMAL: 400} if has_normal else {})
                drawn = draw_case([Planted(gene, change, vafs, is_hotspot=is_hotspot)], depths, random)
                (finding,) = settle(drawn.findings, patient(tuple(depths)), (), drawn.power_of, DEFAULTS).findings
                origins[str(finding.origin.origin)] += 1
                said = {finding.origin.origin, *finding.origin.not_excluded}
                denied += Origin.GERMLINE not in said
            yield gene, tumour, origins, denied


def main(sets: int = 1000) -> None:
    """Print all tables."""
    rows, verdicts = power_calibration(sets)
    print("Probability of missing, stated against share missed")
    for row in rows:
        print(" | ".join(f"{cell:.3f}" if isinstance(cell, float) else str(cell) for cell in row))
    print("verdicts, allele present in plasma:", dict(verdicts))
    print("verdicts, allele absent from plasma:", dict(private_verdicts(sets)))
    print("Tumour fraction: true, cases, median, median relative error, coverage")
    for fraction in tumour_fraction_rows(max(sets // 5, 20)):
        print(" | ".join(f"{cell:.3g}" for cell in fraction))
    for has_normal in (True, False):
        normal = "with normal" if has_normal else "without normal"
        print(f"Clonal haematopoiesis, {normal}: gene, clone, origins, taken for tumour")
        for gene, clone, origins, tumour in blood_rows(max(sets // 20, 10), has_normal=has_normal):
            print(gene, clone, dict(origins), tumour)
        print(f"Inherited, {normal}: gene, tumour fraction, origins, denied")
        for gene, tumour_fraction, origins, denied in germline_rows(max(sets // 20, 10), has_normal=has_normal):
            print(gene, tumour_fraction, dict(origins), denied)


if __name__ == "__main__":
    main()
