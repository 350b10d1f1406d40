"""Markdown tables, and numbers with what chance leaves open of them."""

from collections.abc import Iterable, Iterator, Sequence

from scipy.stats import binomtest


def markdown_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a Markdown table."""
    yield f"| {' | '.join(head)} |"
    yield "|" + "---|" * len(head)
    yield from (f"| {' | '.join(row)} |" for row in rows)


def exact_share(found: int, cases: int) -> str:
    """Return a share of cases in percent with its exact 95% interval (Clopper and Pearson 1934)."""
    own = binomtest(found, cases).proportion_ci(0.95, method="exact")
    return f"{found / cases:.1%} ({own.low:.1%}-{own.high:.1%})"
