"""How values are written in a VCF, whatever kind of record they stand in."""

import math
from typing import Final

from csfgeno.vocab import CallState

MISSING: Final = "."

NONE_DETECTED: Final = "none_detected"
"""FILTER of a record that no specimen is DETECTED for; the reasons, if any, follow it."""

_GENOTYPES: Final = {CallState.DETECTED: "0/1", CallState.NOT_DETECTED: "0/0"}


def escape(text: str) -> str:
    """Return `text` with everything that separates VCF fields, and control characters, percent-encoded (VCF 4.3, 1.2).

    A colon stays: it separates nothing outside FORMAT, whose strings are closed vocabularies.
    """
    return "".join(_percent(c) if c in ";=,% " or not c.isprintable() else c for c in text)


def listed(names: tuple[str, ...]) -> str | None:
    """Return names with commas between them, `None` without any."""
    return ",".join(escape(name) for name in names) or None


def genotype(state: CallState | None) -> str:
    """Return GT: the state of a specimen, `None` if it has none."""
    return "./." if state is None else _GENOTYPES.get(state, "./.")


def float_text(value: float | None) -> str:
    """Return a float with six digits, `.` if it is unknown or not finite."""
    return MISSING if value is None or not math.isfinite(value) else f"{value:.6g}"


def _percent(character: str) -> str:
    return "".join(f"%{byte:02X}" for byte in character.encode())
