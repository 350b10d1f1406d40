"""The results as Markdown: first what was aimed at and what was reached, then every table."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.stats import binomtest, kstest

from csfgeno.vocab import CallingTier

from .measures import TIERS, VAFS
from .study import CONTEXTS, INPUTS_NG, OTHER, SETUPS, STRESS_INPUT_NG, STRESSES, Results
from .worlds import BETWEEN_SHAPE, LASTING_SHAPE, LISTED_ALLELES, MODES, NORMAL_INPUT_NG, NORMALS, PANEL_BP

REACHABLE: Final = {"sampling": 0.95, "oracle": 0.5}
"""Sensitivity is compared with a yardstick where that is at least this."""

LEVELS: Final = (0.5, 0.1, 0.01, 0.001)
BAND: Final = 1.358
"""Kolmogorov's 95% point: the distance of n uniform values stays below it over the square root of n."""


def write_tables(results: Results) -> str:
    """Return the results as one Markdown page."""
    plan = results.plan
    head = f"""# Study: the caller on molecules whose truth is known

Written by `make study` (seed {plan.seed}). Laboratories for each mode: {plan.worlds}, each with a panel of {plan.tiles}
kb and one blank of every input; {plan.sites} hotspots of each with {plan.repeats} repeats of each fraction, and
{plan.blank_sites} hotspots with {plan.blank_repeats:,} repeats without variant. True error rates differ by
substitution, trinucleotide, strand, family size, distance to the end and site; a site differs from its context in
every specimen of a laboratory (gamma shape {LASTING_SHAPE:g}) and from specimen to specimen ({BETWEEN_SHAPE:g}). The
caller knows none of them. It learns from the specimen alone or, in the setups **+ normals**, from {NORMALS} blanks of
{NORMAL_INPUT_NG} ng of the laboratory as well, which were not stressed. False calls are shared as for the shipped
panel, {LISTED_ALLELES} listed alleles and {PANEL_BP:,} bp. False hotspot calls without normals are counted in
{plan.more_worlds} further laboratories too, {STRESS_INPUT_NG} ng each, because laboratories differ more than blanks of
one. What follows ± is the Monte Carlo standard error, from what differs between sites or blanks.

- **caller**: share of repeats detected.
- **oracle**: the same test if the true error rates and the true spread were known; with normals, those of the site.
- **sampling**: share of repeats in which two mutant molecules are there at all; no method finds more.
"""
    parts = (_aims, _sensitivity, _false_calls, _more_false_calls, _stress_limits, _p_values, _limits, _fractions)
    return "\n".join([head, *(line for part in parts for line in (*part(results), ""))]).rstrip() + "\n"


def _aims(results: Results) -> Iterator[str]:
    yield "## Aims\n"
    yield from markdown_table(
        ["measure", *SETUPS, "aim"],
        ([name, *(summary(results, setup) for setup in SETUPS), aim] for name, summary, aim in _MEASURES),
    )


def _worst_share(results: Results, setup: str, against: str) -> str:
    """Return the smallest ratio of the caller to another method over the cells where that finds most."""
    ratios = [
        mean(results.found[setup, ng, vaf, "caller"]) / mean(results.found[setup, ng, vaf, against])
        for ng in INPUTS_NG
        for vaf in VAFS
        if mean(results.found[setup, ng, vaf, against]) >= REACHABLE[against]
    ]
    return f"{min(ratios):.2f}" if ratios else "-"


def _hit_range(results: Results, setup: str) -> str:
    rates = [mean(results.limit_hits[setup, ng, tier]) for ng in INPUTS_NG for tier in TIERS]
    return f"{min(rates):.3f}-{max(rates):.3f}"


def _worst_bias(results: Results, setup: str) -> str:
    cells = [results.estimate[setup, ng, vaf] for ng in INPUTS_NG for vaf in VAFS if vaf >= 0.01]
    worst = max(cells, key=lambda ratios: abs(mean(ratios) - 1.0))
    return f"{mean(worst) - 1.0:+.1%} ± {standard_error(worst):.1%}"


def _coverage_range(results: Results, setup: str) -> str:
    shares = [mean(results.coverage[setup, ng, vaf]) for ng in INPUTS_NG for vaf in VAFS if vaf >= 0.01]
    return f"{min(shares):.3f}-{max(shares):.3f}"


def _mean_coverage(results: Results, setup: str) -> str:
    return with_error([s for ng in INPUTS_NG for v in VAFS if v >= 0.01 for s in results.coverage[setup, ng, v]], 3)


_MEASURES: Final[tuple[tuple[str, Callable[[Results, str], str], str], ...]] = (
    (
        "sensitivity over sampling limit, worst cell where that is at least 0.95",
        lambda results, setup: _worst_share(results, setup, "sampling"),
        "at least 0.95",
    ),
    (
        "sensitivity over oracle, worst cell where that is at least 0.5",
        lambda results, setup: _worst_share(results, setup, "oracle"),
        "1",
    ),
    (
        "false hotspot calls per 100 blanks",
        lambda results, setup: with_error(results.false_hotspot[setup, "none"], 2, 100),
        "at most 1",
    ),
    (
        "false panel calls per blank",
        lambda results, setup: with_error(results.false_panel[setup, "none"], 3),
        "at most 0.1",
    ),
    ("hit rate at the stated LoD95, range over inputs and tiers", _hit_range, "0.92-0.98"),
    ("bias of the VAF, worst input, from 1% on", _worst_bias, "at most 5%"),
    ("coverage of the 95% interval, range over inputs, from 1% on", _coverage_range, "0.93-0.97"),
    ("the same, mean over inputs", _mean_coverage, "0.93-0.97"),
)


def _sensitivity(results: Results) -> Iterator[str]:
    yield "## Hotspot sensitivity, % (caller / oracle / sampling)\n"
    rows = (
        [setup, str(ng), *(_methods(results, setup, ng, vaf) for vaf in VAFS)] for setup in SETUPS for ng in INPUTS_NG
    )
    yield from markdown_table(["setup", "input, ng", *(f"VAF {vaf:.2%}" for vaf in VAFS)], rows)


def _methods(results: Results, setup: str, ng: int, vaf: float) -> str:
    shares = (mean(results.found[setup, ng, vaf, method]) for method in ("caller", "oracle", "sampling"))
    return " / ".join(f"{100 * share:.1f}" for share in shares)


def _false_calls(results: Results) -> Iterator[str]:
    yield f"## False calls in blanks; stressed specimens have {STRESS_INPUT_NG} ng\n"
    rows = (
        [
            setup,
            stress,
            str(len(results.false_panel[setup, stress])),
            with_error(results.false_hotspot[setup, stress], 2, 100),
            with_error(results.false_panel[setup, stress], 3),
        ]
        for setup in SETUPS
        for stress in STRESSES
    )
    yield from markdown_table(
        ["setup", "stress", "blanks", "hotspot calls per 100 blanks", "panel calls per blank"], rows
    )


def _more_false_calls(results: Results) -> Iterator[str]:
    yield f"## False hotspot calls per 100 blanks over {results.plan.more_worlds} laboratories, without normals\n"
    rows = ([m, *(with_error(results.more_false[m, stress], 2, 100) for stress in STRESSES)] for m in MODES)
    yield from markdown_table(["setup", *STRESSES], rows)


def _stress_limits(results: Results) -> Iterator[str]:
    yield f"## Mean stated LoD95 at {STRESS_INPUT_NG} ng by what damage would write the hotspot\n"
    contexts = (*CONTEXTS, OTHER)
    head = ["setup", "context", "hotspots", *STRESSES, *(f"{stress}, fold" for stress in list(STRESSES)[1:])]
    yield from markdown_table(head, (_limit_row(results, setup, context) for setup in SETUPS for context in contexts))


def _limit_row(results: Results, setup: str, context: str) -> list[str]:
    usual, *stressed = (results.stress_limits[setup, stress, context] for stress in STRESSES)
    folds = (f"{mean(limits) / mean(usual):.2f}" if usual else "-" for limits in stressed)
    shown = (f"{mean(limits):.2%}" if limits else "-" for limits in (usual, *stressed))
    return [setup, context, str(len(usual)), *shown, *folds]


def _p_values(results: Results) -> Iterator[str]:
    yield "## P-values of alleles of blanks, ties broken at random\n"
    head = ["setup", "alleles", "distance to uniform", "95% band", *(f"share at most {level}" for level in LEVELS)]
    yield from markdown_table(head, (_p_row(setup, np.array(results.p_values[setup])) for setup in SETUPS))


def _p_row(setup: str, values: npt.NDArray[np.float64]) -> list[str]:
    distance, band = float(kstest(values, "uniform").statistic), BAND / np.sqrt(len(values))
    shares = (f"{np.mean(values <= level):.4f}" for level in LEVELS)
    return [setup, str(len(values)), f"{distance:.4f}", f"{band:.4f}", *shares]


def _limits(results: Results) -> Iterator[str]:
    yield "## LoD95: mean stated limit, and share of repeats detected at it\n"
    head = ["setup", "input, ng", *(f"{tier} {what}" for tier in TIERS for what in ("limit", "hits", "repeats"))]
    rows = ([setup, str(ng), *_limit_cells(results, setup, ng)] for setup in SETUPS for ng in INPUTS_NG)
    yield from markdown_table(head, rows)


def _limit_cells(results: Results, setup: str, ng: int) -> Iterator[str]:
    for tier in TIERS:
        key: tuple[str, int, CallingTier] = (setup, ng, tier)
        yield f"{mean(results.limits[key]):.2%}"
        yield f"{mean(results.limit_hits[key]):.3f}"
        yield str(len(results.limit_hits[key]) * results.plan.repeats)


def _fractions(results: Results) -> Iterator[str]:
    yield "## VAF: mean over true fraction (coverage of the 95% interval)\n"
    rows = (
        [setup, str(ng), *(_fraction(results, setup, ng, vaf) for vaf in VAFS)] for setup in SETUPS for ng in INPUTS_NG
    )
    yield from markdown_table(["setup", "input, ng", *(f"VAF {vaf:.2%}" for vaf in VAFS)], rows)


def _fraction(results: Results, setup: str, ng: int, vaf: float) -> str:
    return f"{mean(results.estimate[setup, ng, vaf]):.3f} ({mean(results.coverage[setup, ng, vaf]):.3f})"


def markdown_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a Markdown table."""
    yield f"| {' | '.join(head)} |"
    yield "|" + "---|" * len(head)
    yield from (f"| {' | '.join(row)} |" for row in rows)


def exact_share(found: int, cases: int) -> str:
    """Return a share of cases in percent with its exact 95% interval (Clopper and Pearson 1934)."""
    own = binomtest(found, cases).proportion_ci(0.95, method="exact")
    return f"{found / cases:.1%} ({own.low:.1%}-{own.high:.1%})"


def with_error(values: Sequence[float], digits: int, factor: float = 1.0) -> str:
    """Return the mean and its standard error as text."""
    return f"{factor * mean(values):.{digits}f} ± {factor * standard_error(values):.{digits}f}"


def standard_error(values: Sequence[float]) -> float:
    """Return the standard error of the mean, zero for a single value."""
    return float(np.std(values, ddof=1) / np.sqrt(len(values))) if len(values) > 1 else 0.0


def mean(values: Sequence[float]) -> float:
    """Return the mean; without values there is none."""
    return float(np.mean(values)) if values else float("nan")
