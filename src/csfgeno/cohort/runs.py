"""Quality of specimens in the order they were taken, each beside those before it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Final

from csfgeno.io.store import Store

MEASURES: Final = ("molecules", "median_depth", "mean_family_size", "duplex_share", "duplicate_rate", "on_target_rate")
HOTSPOTS: Final = ("hotspots", "hotspots_not_assessable")
WINDOW: Final = 50
"""Specimens before one that it is compared with."""

MIN_WINDOW: Final = 8
"""With fewer specimens before it, a specimen is not compared."""

OUTLIER: Final = 3.5
"""Modified z-score beyond which a value is odd (Iglewicz and Hoaglin 1993, How to Detect and Handle Outliers)."""


@dataclass(frozen=True, slots=True)
class Run:
    """One specimen of the current version of a case.

    Attributes
    ----------
    measures
        By the names of `MEASURES`, `None` where unknown.
    scores
        Modified z-score of each measure among the specimens of the same kind and evidence mode before it; `None` with
        too few of them, or where they are all alike.
    """

    case_id: str
    specimen: str
    collected: str | None
    csfgeno: str
    evidence_mode: str
    verdict: str
    hotspots: int
    hotspots_not_assessable: int
    measures: dict[str, float | None]
    scores: dict[str, float | None]

    @property
    def odd(self) -> tuple[str, ...]:
        """Names of the measures that are odd."""
        return tuple(name for name, score in self.scores.items() if score is not None and abs(score) > OUTLIER)


def list_runs(store: Store) -> tuple[Run, ...]:
    """Return the specimens of all cases by date, those without a date first, then in the order they were loaded."""
    return tuple(_scored(_rows(store)))


def modified_z(value: float, before: Sequence[float]) -> float | None:
    """Return 0.6745 (x - median) / MAD of a value among those before it (Iglewicz and Hoaglin 1993)."""
    if len(before) < MIN_WINDOW:
        return None
    middle = median(before)
    spread = median(abs(x - middle) for x in before)
    return 0.6745 * (value - middle) / spread if spread else None


def _rows(store: Store) -> list[tuple[Any, ...]]:
    columns = f"case_id, specimen, collected, csfgeno, evidence_mode, verdict, {', '.join((*HOTSPOTS, *MEASURES))}"
    return store.rows(
        f"SELECT {columns} FROM specimens JOIN reports USING (report_id) WHERE is_current "  # noqa: S608 - constants
        "ORDER BY collected IS NOT NULL, collected, report_id, specimen"
    )


def _scored(rows: Iterable[tuple[Any, ...]]) -> Iterator[Run]:
    history: dict[tuple[str, str, str], list[float]] = defaultdict(list)
    for row in rows:
        case_id, specimen, collected, csfgeno, mode, verdict, hotspots, unseen, *values = row
        known: dict[str, float | None] = dict(zip(MEASURES, values, strict=True))
        scores: dict[str, float | None] = {}
        for name, value in known.items():
            before = history[specimen, mode, name]
            scores[name] = None if value is None else modified_z(value, before[-WINDOW:])
            if value is not None:
                before.append(value)
        yield Run(case_id, specimen, collected, csfgeno, mode, verdict, hotspots, unseen, known, scores)
