"""The results as Markdown: first what was aimed at and what was reached, then every table."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from scipy.stats import kstest

from .aims import aims
from .draws import NORMAL_INPUT_NG, NORMALS
from .estimates import fold, mean, percent, pooled, shares_up_to, with_error
from .measures import TIERS, VAFS
from .results import (
    ARMS,
    CONTEXTS,
    INDEL_INPUTS_NG,
    INPUTS_NG,
    MANY_INPUT_NG,
    ONE_GAMMA,
    OTHER,
    STRESSES,
    TWO_FACTORS,
    WITH_NORMALS,
    Plan,
    Results,
    Sample,
)
from .slips import FORMS, LISTED
from .tables import markdown_table
from .worlds import BETWEEN_SHAPE, LASTING_SHAPE, LISTED_ALLELES, PANEL_BP

LEVELS: Final = (0.1, 0.01, 0.001)
BAND: Final = 1.358
"""Kolmogorov's 95% point: the distance of n uniform values stays below it over the square root of n."""

YARDSTICKS: Final = {"": ("informed",), WITH_NORMALS: ("informed", "oracle")}


def write_page(plan: Plan, results: Results) -> str:
    """Return the results as one Markdown page."""
    parts = (
        aims,
        _sensitivity,
        _false_calls,
        _false_calls_by_input,
        _stress_limits,
        _cost_of_two_factors,
        _p_values,
        _indel_p_values,
        _listed_indels,
        _limits,
        _fractions,
    )
    return "\n".join([_head(plan), *(line for part in parts for line in (*part(plan, results), ""))]).rstrip() + "\n"


def _head(plan: Plan) -> str:
    return f"""# Study: the caller on molecules whose truth is known

Written by `make study` (seed {plan.seed}). Laboratories for each mode:

- {plan.laboratories} with a panel of {plan.tiles} kb and one blank of every input, {plan.sites} hotspots of each with
  {plan.repeats} repeats of each VAF;
- {plan.more_laboratories} further ones with {plan.more_tiles} kb and one blank of {MANY_INPUT_NG} ng, which say how
  often blanks are called and what damage does: the same molecules with oxidation or deamination x10, which adds errors
  and takes none away;
- {plan.indel_laboratories} with {plan.more_tiles} kb and blanks of {" and ".join(map(str, INDEL_INPUTS_NG))} ng that
  err by insertions and deletions too.

True error rates differ by substitution, trinucleotide, strand, family size, distance to the end and site; a site
differs from its context in every specimen of a laboratory (gamma shape {LASTING_SHAPE:g}) and from specimen to specimen
({BETWEEN_SHAPE:g}). The caller knows none of them. It learns from the specimen alone or, in the setups **+ normals**,
from {NORMALS} blanks of {NORMAL_INPUT_NG} ng of the laboratory as well, which are not damaged. Both arms see the same
molecules. False calls are for the shipped panel, {LISTED_ALLELES} listed alleles and {PANEL_BP:,} bp; they are the
probability, under the true distribution of the errors at each hotspot given the normals, of what the caller detects.

What follows ± is the Monte Carlo standard error, from the means of laboratories: sites, blanks and repeats of one have
its errors in common.

- **caller**: share of repeats detected.
- **informed**: the same test with the true context rates and, of the site, what the true gamma distributions and the
  errors of the normals at this very site tell. What the caller lacks against it is the method's.
- **oracle** (with normals): the same if the lasting factor of the site were known. What informed lacks against it is
  the number of normals.
- **sampling**: share of repeats in which two mutant molecules are there at all; no method finds more.
"""


def _sensitivity(plan: Plan, results: Results) -> Iterator[str]:
    for arm in ARMS:
        methods = ("caller", *YARDSTICKS[arm], "sampling")
        yield f"## Hotspot sensitivity, {'with' if arm else 'without'} normals, % ({' / '.join(methods)})\n"
        head = ["setup", "input, ng", *(f"VAF {vaf:.2%}" for vaf in VAFS)]
        setups = [(mode + arm, ng) for mode in plan.modes for ng in INPUTS_NG]
        rows = (
            [setup, str(ng), *(_methods(results, (setup, ng, vaf), methods) for vaf in VAFS)] for setup, ng in setups
        )
        yield from markdown_table(head, rows)
        if arm != ARMS[-1]:
            yield ""


def _methods(results: Results, cell: tuple[str, int, float], methods: Sequence[str]) -> str:
    own, *others = (results.found[*cell, method] for method in methods)
    return " / ".join([with_error(own, 1, 100), *(f"{100 * mean(other):.1f}" for other in others)])


def _false_calls(plan: Plan, results: Results) -> Iterator[str]:
    yield f"## False calls in blanks of {MANY_INPUT_NG} ng, further laboratories\n"
    head = [
        "setup",
        "damage",
        "hotspot calls per 100 blanks",
        "the same with one gamma factor a site",
        "panel calls per blank",
        "panel calls seen",
    ]
    rows = (
        [
            setup,
            stress,
            with_error(results.many_hotspot[setup, stress, TWO_FACTORS], 2, 100),
            with_error(results.many_hotspot[setup, stress, ONE_GAMMA], 2, 100),
            with_error(results.many_panel[setup, stress], 3),
            f"{pooled(results.many_seen[setup, stress]).sum():.0f}",
        ]
        for setup in plan.setups
        for stress in STRESSES
    )
    yield from markdown_table(head, rows)


def _false_calls_by_input(plan: Plan, results: Results) -> Iterator[str]:
    yield "## False hotspot calls per 100 blanks by input\n"
    rows = (
        [setup, *(with_error(results.false_hotspot[setup, ng], 2, 100) for ng in INPUTS_NG)] for setup in plan.setups
    )
    yield from markdown_table(["setup", *(f"{ng} ng" for ng in INPUTS_NG)], rows)


def _stress_limits(plan: Plan, results: Results) -> Iterator[str]:
    yield f"## Stated LoD95 at {MANY_INPUT_NG} ng by what damage would write the hotspot, same molecules\n"
    damages = list(STRESSES)[1:]
    head = ["setup", "hotspot", "number", *STRESSES, *(f"{damage}, fold" for damage in damages)]
    rows = (
        [
            setup,
            context,
            str(len(pooled(results.stress_limits[setup, "none", context]))),
            *(percent(results.stress_limits[setup, stress, context], 2) for stress in STRESSES),
            *(fold(results.stress_folds[setup, damage, context]) for damage in damages),
        ]
        for setup in plan.setups
        for context in (*CONTEXTS, OTHER)
    )
    yield from markdown_table(head, rows)


def _cost_of_two_factors(plan: Plan, results: Results) -> Iterator[str]:
    yield f"## What two factors a site cost at {MANY_INPUT_NG} ng, against one gamma factor of the same variance\n"
    head = [
        "setup",
        "hotspots",
        "LoD95, one gamma over two factors",
        "detected at the limit of two factors, %",
        "with one gamma, %",
        "false hotspot calls per 100 blanks",
        "with one gamma",
    ]
    rows = (
        [
            setup,
            str(len(pooled(results.gamma_folds[(setup,)]))),
            fold(results.gamma_folds[(setup,)], 3),
            *(with_error(results.gamma_hits[setup, spread], 1, 100) for spread in (TWO_FACTORS, ONE_GAMMA)),
            *(with_error(results.many_hotspot[setup, "none", spread], 2, 100) for spread in (TWO_FACTORS, ONE_GAMMA)),
        ]
        for setup in plan.setups
    )
    yield from markdown_table(head, rows)


P_HEAD: Final = ("alleles", "distance to uniform", "95% band", *(f"share at most {level}" for level in LEVELS))


def _p_values(plan: Plan, results: Results) -> Iterator[str]:
    yield "## P-values of substitutions of blanks, ties broken at random\n"
    rows = ([setup, *_p_cells(results.p_values[(setup,)])] for setup in plan.setups)
    yield from markdown_table(["setup", *P_HEAD], rows)


def _indel_p_values(plan: Plan, results: Results) -> Iterator[str]:
    yield "## P-values of insertions and deletions of blanks, ties broken at random\n"
    yield "A rate is learnt of all alleles of a form and repeat together. Those that share it are expected too often,"
    yield "so where errors are many their p-values are too large; only a deletion of one base has its rate alone.\n"
    rows = ([setup, form, *_p_cells(results.indel_p_values[setup, form])] for setup in plan.setups for form in FORMS)
    yield from markdown_table(["setup", "form", *P_HEAD], rows)


def _p_cells(sample: Sample) -> list[str]:
    values = pooled(sample)
    distance, band = float(kstest(values, "uniform").statistic), BAND / np.sqrt(len(values))
    shares = (with_error(shares_up_to(sample, level), 4) for level in LEVELS)
    return [str(len(values)), f"{distance:.4f}", f"{band:.4f}", *shares]


def _listed_indels(plan: Plan, results: Results) -> Iterator[str]:
    yield "## Listed insertions and deletions, and false indel calls\n"
    head = [
        "setup",
        "indel",
        "number",
        "LoD95",
        "detected at it",
        "false calls over allowed",
        "false panel calls of indels, seen per blank",
    ]
    rows = (
        [
            setup,
            name,
            str(len(pooled(results.indel_limits[setup, name]))),
            percent(results.indel_limits[setup, name], 2),
            with_error(results.indel_hits[setup, name], 3),
            with_error(results.indel_excess[setup, name], 2),
            with_error(results.indel_false[(setup,)], 3) if name == LISTED[0] else "",
        ]
        for setup in plan.setups
        for name in LISTED
    )
    yield from markdown_table(head, rows)


def _limits(plan: Plan, results: Results) -> Iterator[str]:
    yield "## LoD95: stated limit, and share of repeats detected at it\n"
    head = ["setup", "input, ng", *(f"{tier} {what}" for tier in TIERS for what in ("limit", "hits"))]
    rows = ([setup, str(ng), *_limit_cells(results, setup, ng)] for setup in plan.setups for ng in INPUTS_NG)
    yield from markdown_table(head, rows)


def _limit_cells(results: Results, setup: str, ng: int) -> Iterator[str]:
    for tier in TIERS:
        yield percent(results.limits[setup, ng, tier], 2)
        yield with_error(results.limit_hits[setup, ng, tier], 3)


def _fractions(plan: Plan, results: Results) -> Iterator[str]:
    yield "## VAF: mean over true fraction (coverage of the 95% interval)\n"
    rows = (
        [setup, str(ng), *(_fraction(results, (setup, ng, vaf)) for vaf in VAFS)]
        for setup in plan.setups
        for ng in INPUTS_NG
    )
    yield from markdown_table(["setup", "input, ng", *(f"VAF {vaf:.2%}" for vaf in VAFS)], rows)


def _fraction(results: Results, cell: tuple[str, int, float]) -> str:
    return f"{with_error(results.vaf[cell], 3)} ({mean(results.coverage[cell]):.3f})"
