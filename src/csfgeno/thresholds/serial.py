"""Samples of one patient on different days."""

from dataclasses import dataclass

from csfgeno.thresholds.entry import threshold


@dataclass(frozen=True)
class SerialThresholds:
    """Samples of one patient on different days."""

    serial_spread: float = threshold(
        0.06,
        unit="natural log",
        low=0.0,
        high=1.0,
        meaning="SD by which capture and mapping move an allele's fraction between two runs, beyond counting",
        source="project choice; the 6% by which they move a heterozygous allele",
    )
    serial_copy_spread: float = threshold(
        0.087,
        unit="log2 ratio",
        low=0.0,
        high=1.0,
        meaning="SD by which capture and mapping move a gene's log2 ratio between two runs, beyond its stated error",
        source="project choice; the 6% of serial_spread on the log2 scale",
    )
