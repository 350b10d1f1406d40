"""How one threshold is written down: its value, and what a reader must know of it."""

from dataclasses import field
from typing import TypeVar

N = TypeVar("N", float, int)


def threshold(value: N, *, unit: str, low: N, high: N, meaning: str, source: str) -> N:
    """Return a dataclass field whose metadata hold unit, bounds a user may set, meaning and source."""
    metadata = {"unit": unit, "low": low, "high": high, "meaning": meaning, "source": source}
    return field(default=value, metadata=metadata)
