"""How well specimens are compared: power, tumour fraction, origin: `python -m tests.study.compartments`."""

import argparse
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from csfgeno.compartments.settle import settle
from csfgeno.compartments.tumour_fraction import COPIES, allele_fraction
from csfgeno.compartments.verdicts import PowerOf, find_anchors, measure_miss
from csfgeno.records import Finding
from csfgeno.thresholds import DEFAULTS
from csfgeno.vocab import CallingTier, CallState, Consequence
from csfgeno.vocab.comparison import CompartmentVerdict, Origin, TumourFractionState
from tests.compartments.simulated import CSF, NORMAL, PLASMA, Planted, draw_case, patient

from .tables import exact_share, markdown_table

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


CLONES = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2)
ADMIXTURES = (0.0, 0.1, 0.2, 0.3)
NOT_DETECTED = "not detected"


def blood_rows(repeats: int, *, has_normal: bool, seed: int = 14) -> Iterator[tuple[str, float, float, Counter[str]]]:
    """Yield gene, fraction in white cells, share of blood DNA in the CSF, and how often each origin is named.

    Plasma has the fraction of white cells to within a factor of 1.35, CSF that of the admixture.
    """
    random = np.random.default_rng(seed)
    for gene, change, consequence in BLOOD_CHANGES:
        for clone in CLONES:
            for admixture in ADMIXTURES:
                origins = Counter[str]()
                for _ in range(repeats):
                    plasma = clone * float(np.exp(random.normal(0.0, 0.3)))
                    vafs = {CSF: clone * admixture, PLASMA: plasma, NORMAL: clone}
                    planted = Planted(gene, change, vafs, is_hotspot=gene == "TP53", consequence=consequence)
                    origins[_origin_of_blood(planted, admixture, has_normal, random)] += 1
                yield gene, clone, admixture, origins


def _origin_of_blood(planted: Planted, admixture: float, has_normal: bool, random: np.random.Generator) -> str:
    driver = Planted("EGFR", "L858R", {CSF: 0.3, PLASMA: 0.01})
    depths = {CSF: 1000, PLASMA: 3000} | ({NORMAL: 2000} if has_normal else {})
    drawn = draw_case([driver, planted], depths, random)
    case = patient(tuple(depths), rbc_per_ul=3000.0 if admixture > 0.05 else None)
    findings = settle(drawn.findings, case, (), drawn.power_of, DEFAULTS).findings
    named = [str(f.origin.origin) for f in findings if f.change and f.change.gene == planted.gene]
    return named[0] if named else NOT_DETECTED


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


ORIGINS = (Origin.CLONAL_HAEMATOPOIESIS, Origin.UNKNOWN, Origin.TUMOUR, Origin.GERMLINE)


def _calibration_table(sets: int, private: float) -> Iterator[str]:
    rows, verdicts = power_calibration(sets, seed=31, private=private)
    yield from markdown_table(
        ["stated", "cases", "mean stated", "missed"],
        ([name, str(n), f"{stated:.1%}", exact_share(round(missed * n), n)] for name, n, stated, missed in rows),
    )
    yield f"\nVerdicts on the allele, which plasma has: {_spell(verdicts)}.\n"


def _spell(counts: Counter[str]) -> str:
    """Return counts as text; `None` is a CSF that did not show the allele, or a case without a judgement."""
    return ", ".join(f"{name if name != 'None' else 'CSF does not show it'} {n}" for name, n in counts.most_common())


def _fraction_table(repeats: int) -> Iterator[str]:
    head = ["true", "estimated, cases", "median estimate", "median relative error", "interval holds the truth"]
    rows = tumour_fraction_rows(repeats, seed=33)
    yield from markdown_table(
        head,
        (
            [f"{true:.1%}", f"{n} of {repeats}", f"{middle:.2%}", f"{error:.0%}", exact_share(round(held * n), n)]
            for true, n, middle, error, held in rows
        ),
    )


def _blood_tables(repeats: int, *, has_normal: bool) -> Iterator[str]:
    cells = list(blood_rows(repeats, has_normal=has_normal, seed=34))
    by_cell: dict[tuple[str, ...], Counter[str]] = {}
    by_gene: dict[tuple[str, ...], Counter[str]] = {}
    for gene, clone, admixture, origins in cells:
        by_cell.setdefault((f"{clone:.1%}", f"{admixture:.0%}"), Counter()).update(origins)
        by_gene.setdefault((gene,), Counter()).update(origins)
    names = ["haematopoiesis", "unknown", "tumour", "inherited", "not detected anywhere"]
    yield from markdown_table(["white cells", "admixture", *names], _origin_cells(by_cell))
    yield ""
    yield from markdown_table(["gene", *names], _origin_cells(by_gene))


def _origin_cells(counted: Mapping[tuple[str, ...], Counter[str]]) -> Iterator[list[str]]:
    for key, origins in counted.items():
        yield [*key, *(str(origins[str(name)]) for name in (*ORIGINS, NOT_DETECTED))]


def _inherited_table(repeats: int, *, has_normal: bool) -> Iterator[str]:
    head = ["gene", "tumour in CSF", "inherited", "unknown", "tumour", "haematopoiesis", "inheritance denied"]
    order = (Origin.GERMLINE, Origin.UNKNOWN, Origin.TUMOUR, Origin.CLONAL_HAEMATOPOIESIS)
    yield from markdown_table(
        head,
        (
            [gene, f"{tumour:.0%}", *(str(origins[str(name)]) for name in order), exact_share(denied, repeats)]
            for gene, tumour, origins, denied in germline_rows(repeats, has_normal=has_normal, seed=35)
        ),
    )


def write_page(sets: int, repeats: int) -> Iterator[str]:
    """Yield the lines of the page."""
    yield "# Study: comparison of specimens\n"
    yield (
        "Written by `python -m tests.study.compartments`, which `make study` runs (seeded, with other seeds than\n"
        "those the method was built with). Drawn counts, not reads. In brackets: exact 95% intervals\n"
        "(Clopper-Pearson).\n"
    )
    yield "## Probability of missing: stated and true\n"
    yield (
        f"{sets} sets: CSF with three tumour alleles; plasma of 0.02-1% tumour and 300-10,000 molecules has them too,\n"
        "at fractions that vary. The question is put before plasma is looked at for the allele.\n"
    )
    yield from _calibration_table(sets, 0.0)
    yield "A fifth of the other alleles missing from plasma:\n"
    yield from _calibration_table(sets, 0.2)
    absent = private_verdicts(sets // 4, seed=32)
    yield f"Verdicts on an allele that plasma truly lacks, {sets // 4} sets: {_spell(absent)}.\n"
    yield "## Tumour fraction\n"
    yield from _fraction_table(max(sets // 20, 5))
    for has_normal in (True, False):
        normal = "with normal" if has_normal else "without normal"
        yield f"\n## Clonal haematopoiesis, {normal}\n"
        yield f"Five genes, {repeats} cases each of a cell; CSF of 1,000 molecules, plasma 3,000, normal 2,000.\n"
        yield from _blood_tables(repeats, has_normal=has_normal)
        yield f"\n## Inherited, {normal}\n"
        yield "Denied: neither named nor listed as not excluded.\n"
        yield from _inherited_table(4 * repeats, has_normal=has_normal)


def main() -> None:
    """Run the study and write its page."""
    parser = argparse.ArgumentParser(prog="python -m tests.study.compartments", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a few sets, to see that everything runs")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("COMPARTMENTS.md"))
    options = parser.parse_args()
    page = write_page(40, 1) if options.quick else write_page(2400, 12)
    options.out.write_text("\n".join(page) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
