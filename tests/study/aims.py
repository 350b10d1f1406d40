"""What the study aimed at and what was reached, in one table."""

from collections.abc import Callable, Iterator
from typing import Final

from .estimates import mean, ratio, signed, standard_error, with_error
from .measures import TIERS, VAFS
from .results import INPUTS_NG, TWO_FACTORS, Plan, Results, Sample
from .tables import markdown_table

REACHABLE: Final = {"sampling": 0.95, "informed": 0.5, "oracle": 0.5}
"""Sensitivity is compared with a yardstick where that is at least this."""

COMMON_VAFS: Final = tuple(vaf for vaf in VAFS if vaf >= 0.01)


def aims(plan: Plan, results: Results) -> Iterator[str]:
    """Yield the table of aims."""
    yield "## Aims\n"
    yield from markdown_table(
        ["measure", *plan.setups, "aim"],
        ([name, *(summary(results, setup) for setup in plan.setups), aim] for name, summary, aim in _MEASURES),
    )


def _worst_share(against: str) -> Callable[[Results, str], str]:
    """Return how to find the smallest ratio of the caller to a yardstick over the cells where that finds most."""

    def worst(results: Results, setup: str) -> str:
        cells = [(setup, ng, vaf) for ng in INPUTS_NG for vaf in VAFS]
        pairs = [(results.found[*cell, "caller"], results.found[*cell, against]) for cell in cells]
        ratios = [ratio(own, ruler) for own, ruler in pairs if ruler and mean(ruler) >= REACHABLE[against]]
        return signed(*min(ratios), 2) if ratios else "-"

    return worst


def _false_hotspot_calls(results: Results, setup: str) -> str:
    return with_error(results.many_hotspot[setup, "none", TWO_FACTORS], 2, 100)


def _false_panel_calls(results: Results, setup: str) -> str:
    return with_error(results.many_panel[setup, "none"], 3)


def _hit_range(results: Results, setup: str) -> str:
    return _range([results.limit_hits[setup, ng, tier] for ng in INPUTS_NG for tier in TIERS])


def _coverage_range(results: Results, setup: str) -> str:
    return _range([results.coverage[setup, ng, vaf] for ng in INPUTS_NG for vaf in COMMON_VAFS])


def _range(cells: list[Sample]) -> str:
    """Return the least and the largest mean, and the largest standard error."""
    means, errors = [mean(cell) for cell in cells], [standard_error(cell) for cell in cells]
    return f"{min(means):.3f}-{signed(max(means), max(errors), 3)}"


def _mean_coverage(results: Results, setup: str) -> str:
    joined: Sample = {}
    for ng in INPUTS_NG:
        for vaf in COMMON_VAFS:
            for laboratory, values in results.coverage[setup, ng, vaf].items():
                joined.setdefault(laboratory, []).extend(values)
    return with_error(joined, 3)


def _worst_bias(results: Results, setup: str) -> str:
    cells = [results.vaf[setup, ng, vaf] for ng in INPUTS_NG for vaf in COMMON_VAFS]
    worst = max(cells, key=lambda cell: abs(mean(cell) - 1.0))
    return f"{mean(worst) - 1.0:+.1%} (ratio {with_error(worst, 3)})"


_MEASURES: Final[tuple[tuple[str, Callable[[Results, str], str], str], ...]] = (
    (
        "sensitivity over sampling limit, worst cell where that is at least 0.95",
        _worst_share("sampling"),
        "at least 0.95",
    ),
    ("sensitivity over informed, worst cell where that is at least 0.5", _worst_share("informed"), "1"),
    ("sensitivity over oracle, worst cell where that is at least 0.5", _worst_share("oracle"), "1"),
    ("false hotspot calls per 100 blanks, further laboratories", _false_hotspot_calls, "at most 1"),
    ("false panel calls per blank, further laboratories", _false_panel_calls, "at most 0.1"),
    ("hit rate at the stated LoD95, range over inputs and tiers", _hit_range, "0.92-0.98"),
    ("bias of the VAF, worst input, from 1% on", _worst_bias, "at most 5%"),
    ("coverage of the 95% interval, range over inputs, from 1% on", _coverage_range, "0.93-0.97"),
    ("the same, mean over inputs", _mean_coverage, "0.93-0.97"),
)
