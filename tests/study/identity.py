"""How often swaps and contaminants are found, and how often none is there: `python -m tests.study.identity`."""

import argparse
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
from scipy.stats import binom

from csfgeno.identity.contamination import SHARES, ShareModel, find_contamination, log10_evidence, weigh_shares
from csfgeno.identity.genotypes import UNRELATED
from csfgeno.identity.match import match_specimens
from csfgeno.identity.sites import Site
from csfgeno.thresholds import DEFAULTS
from csfgeno.vocab import SpecimenKind
from csfgeno.vocab.comparison import IdentityResult
from tests.identity.simulated import (
    CSF,
    NORMAL,
    PLASMA,
    draw_errors,
    draw_frequencies,
    draw_person,
    draw_sites,
    draw_tumour,
)

from .tables import exact_share, markdown_table

KINDS = tuple(SpecimenKind)
SNPS = (7, 12, 20)
TUMOUR_SHARES = (0.3, 0.6, 0.9, 1.0)
GUEST_SHARES = (0.0, 0.001, 0.0025, 0.005, 0.01, 0.02, 0.05)
DEPTH = 1000
WEAKER = 2.0
"""Evidence that would be asked for if more false alarms were accepted."""


def swaps(sets: int, sites: int, tumour: float = 0.9, seed: int = 21) -> dict[str, Counter[str]]:
    """Return results of pairs of one person, and of pairs of which one specimen was swapped with another patient's.

    CSF has the share `tumour` and lost an allele at half of the heterozygous sites. Every specimen in turn is swapped.
    """
    random = np.random.default_rng(seed)
    found = {"same": Counter[str](), "swapped": Counter[str](), "cases": Counter[str]()}
    for _ in range(sets):
        frequencies = draw_frequencies(sites, random)
        patient, other = draw_person(frequencies, random), draw_person(frequencies, random)
        own, foreign = draw_tumour(sites, random, tumour), draw_tumour(sites, random, tumour)
        for wrong in (None, *KINDS):
            people = {kind: other if kind is wrong else patient for kind in KINDS}
            tumours = {kind: foreign if kind is wrong else own for kind in KINDS}
            counted = draw_sites(people, tumours, random)
            results = []
            for one, second in combinations(KINDS, 2):
                result = match_specimens(one, second, counted, DEFAULTS).result
                results.append(result)
                found["swapped" if wrong in (one, second) else "same"][result.value] += 1
            is_stopped = IdentityResult.MISMATCH in results
            found["cases"][f"{'swap' if wrong else 'no swap'} {'stopped' if is_stopped else 'passed'}"] += 1
    return found


@dataclass(frozen=True)
class Mixed:
    """One specimen that holds a share of another person's DNA, and all that is true of it."""

    kind: SpecimenKind
    share: float
    patient: np.ndarray
    guest: np.ndarray
    errors: np.ndarray
    sites: list[Site]

    @property
    def homozygous(self) -> np.ndarray:
        """Return at which sites the patient has two copies of one allele."""
        return np.asarray(self.patient != 1)

    def chances(self, share: float, copies: np.ndarray) -> np.ndarray:
        """Return the probability of each homozygous site's count if the other person had these copies of ALT."""
        at = self.homozygous
        p = (1 - share) * self.patient[at] / 2 + share * copies / 2
        shown = p * (1 - self.errors[at]) + (1 - p) * self.errors[at]
        alt = np.array([site.counts[self.kind].alt for site in self.sites])[at]
        return np.asarray(binom.pmf(alt, DEPTH, shown))


def draw_mixed(kind: SpecimenKind, share: float, sites: int, random: np.random.Generator) -> Mixed:
    """Return one drawn specimen, with the patient's normal beside it."""
    frequencies = draw_frequencies(sites, random)
    patient, guest = draw_person(frequencies, random), draw_person(frequencies, random)
    tumour = draw_tumour(sites, random)
    errors = {kind: draw_errors(sites, random), NORMAL: draw_errors(sites, random)}
    counted = draw_sites(
        {kind: patient, NORMAL: patient},
        {kind: tumour, NORMAL: tumour},
        random,
        guest=guest,
        share={kind: share},
        depths={kind: DEPTH, NORMAL: 400},
        errors=errors,
    )
    return Mixed(kind, share, patient, guest, errors[kind], counted)


def stated_evidence(mixed: Mixed) -> float:
    """Return the evidence of the estimator itself."""
    model = ShareModel(mixed.kind, mixed.sites, DEFAULTS.allele_drop_out)
    alt = np.array([[site.counts[mixed.kind].alt for site in mixed.sites]])
    return log10_evidence(weigh_shares(model.log_likelihoods(alt))[0])


def evidence_with_errors(mixed: Mixed) -> float:
    """Return the evidence if the patient's genotypes and each site's error rate were known."""
    rows = UNRELATED[mixed.patient[mixed.homozygous]]
    rows = rows / rows.sum(axis=1, keepdims=True)
    logs = [
        np.log(np.maximum(sum(rows[:, g] * mixed.chances(s, np.full(len(rows), g)) for g in range(3)), 1e-300)).sum()
        for s in SHARES
    ]
    return log10_evidence(weigh_shares(np.array([logs]))[0])


def evidence_of_oracle(mixed: Mixed) -> float:
    """Return the log10 likelihood ratio if also the other person's genotypes and the share were known."""
    copies = mixed.guest[mixed.homozygous]
    ratio = mixed.chances(mixed.share, copies) / mixed.chances(0.0, copies)
    return float(np.log10(ratio).sum())


def contamination_rows(sets: int, sites: int, seed: int = 22) -> Iterator[list[str]]:
    """Yield specimen, share, and how often it is found by the estimator, by one that knows more, and by the oracle."""
    random = np.random.default_rng(seed)
    enough = DEFAULTS.contamination_evidence
    for kind in (PLASMA, CSF):
        for share in GUEST_SHARES:
            number = sets if share else 4 * sets
            drawn = [draw_mixed(kind, share, sites, random) for _ in range(number)]
            stated = np.array([stated_evidence(mixed) for mixed in drawn])
            known = "-" if not share else f"{np.mean([evidence_with_errors(m) >= enough for m in drawn]):.1%}"
            oracle = "-" if not share else f"{np.mean([evidence_of_oracle(m) >= enough for m in drawn]):.1%}"
            found = [exact_share(int((stated >= least).sum()), number) for least in (enough, WEAKER)]
            yield [str(sites), kind.value, f"{share:.2%}", str(number), *found, known, oracle]


def estimate_rows(sets: int, sites: int, seed: int = 23) -> Iterator[list[str]]:
    """Yield specimen, share, median estimate where found, coverage of its interval, and the median stated limit."""
    random = np.random.default_rng(seed)
    for kind in (PLASMA, CSF):
        for share in (0.0, 0.01, 0.05):
            own = [
                find_contamination(kind, draw_mixed(kind, share, sites, random).sites, DEFAULTS) for _ in range(sets)
            ]
            found = [c for c in own if c.fraction is not None]
            middle = f"{np.median([c.fraction or 0.0 for c in found]):.2%}" if found else "-"
            covered = sum((c.low or 0.0) <= share <= (c.high or 0.0) for c in found)
            limits = [c.limit if c.limit is not None else 1.0 for c in own]
            said = f"{np.median(limits):.2%}" if np.median(limits) < 1.0 else "none"
            yield [str(sites), kind.value, f"{share:.0%}", middle, f"{covered} of {len(found)}", said]


def swap_rows(sets: int, sites: int, tumour: float) -> list[str]:
    """Return SNPs, tumour share, swaps stopped, cases stopped without a swap, pairs with the wrong tube that match."""
    found = swaps(sets, sites, tumour)
    cases, wrong = found["cases"], found["swapped"]
    return [
        str(sites),
        f"{tumour:.0%}",
        exact_share(cases["swap stopped"], len(KINDS) * sets),
        exact_share(cases["no swap stopped"], sets),
        exact_share(wrong["MATCH"], wrong.total()),
    ]


def write_page(swap_sets: int, sets: int) -> Iterator[str]:
    """Yield the lines of the page."""
    yield "# Study: swaps and another person's DNA\n"
    yield (
        "Written by `python -m tests.study.identity`, which `make study` runs (seeded). Drawn counts, not reads;\n"
        "allele frequencies of 10-90%, true error rates of sites 1e-4 times a gamma factor of shape 4. In brackets:\n"
        "exact 95% intervals (Clopper-Pearson).\n"
    )
    yield "## Swaps\n"
    yield (
        f"{swap_sets} patients a row with CSF, plasma, tissue and normal; each tube in turn is swapped with another\n"
        "patient's. CSF of the tumour share given has lost an allele at half of its heterozygous sites. *False stop*:\n"
        "a case without a swap is withheld. *Wrong match*: a pair with the wrong tube is said to be of one person.\n"
    )
    head = ["SNPs", "tumour in CSF", "swap stopped", "false stop", "wrong match, of pairs"]
    yield from markdown_table(head, (swap_rows(swap_sets, n, t) for n in SNPS for t in TUMOUR_SHARES))
    yield "\n## Contamination found\n"
    yield (
        f"{DEPTH} molecules a site, 400 of the normal. *Found*: evidence of {DEFAULTS.contamination_evidence:g}, the\n"
        f"default; *at {WEAKER:g}*: if that were asked for. *Errors known*: the same question to one who knows the\n"
        "patient's genotypes and each site's true error rate. *Oracle*: one who knows the other person's genotypes\n"
        "and the share as well, the limit of what these counts tell; persons alike at all sites cannot be told apart.\n"
    )
    head = ["SNPs", "specimen", "share", "sets", "found", f"at {WEAKER:g}", "errors known", "oracle"]
    yield from markdown_table(head, (row for n in SNPS for row in contamination_rows(sets, n)))
    yield "\n## Share stated\n"
    yield (
        "Of the specimens in which it is found: median estimate and how often the 95% interval holds the truth.\n"
        "*Limit*: median of the share that would be found in 95 of 100, as the report states it.\n"
    )
    head = ["SNPs", "specimen", "share", "estimate", "interval holds", "limit"]
    yield from markdown_table(head, (row for n in SNPS for row in estimate_rows(max(sets // 6, 5), n)))


def main() -> None:
    """Run the study and write its page."""
    parser = argparse.ArgumentParser(prog="python -m tests.study.identity", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a few specimens, to see that everything runs")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("IDENTITY.md"))
    options = parser.parse_args()
    page = write_page(3, 5) if options.quick else write_page(200, 100)
    options.out.write_text("\n".join(page) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
