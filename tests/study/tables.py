"""Markdown tables, and numbers with what chance leaves open of them."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
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


def mean_with_error(values: Sequence[float], digits: int, sign: str = "-") -> str:
    """Return the mean of independent values and its standard error, which is zero for a single value."""
    error = np.std(values, ddof=1) / np.sqrt(len(values)) if len(values) > 1 else 0.0
    return f"{np.mean(values):{sign}.{digits}f} ± {error:.{digits}f}"
