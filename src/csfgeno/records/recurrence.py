"""How often a laboratory sees an allele."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Recurrence:
    """Patients of a laboratory at one allele.

    Attributes
    ----------
    tested
        Patients with a usable specimen on a panel that covers the allele.
    detected
        Those in whom any specimen shows it.
    low_level
        Those of `detected` in whom no specimen shows it above `recurrence_max_vaf`.
    """

    tested: int
    detected: int
    low_level: int
