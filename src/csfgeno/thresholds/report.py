"""What the report shows of many."""

from dataclasses import dataclass

from csfgeno.thresholds.entry import threshold


@dataclass(frozen=True)
class ReportThresholds:
    """What the report shows of many."""

    shown_alt_molecules: int = threshold(
        60,
        unit="molecules",
        low=1,
        high=1000,
        meaning="mutant molecules of a call that are kept one by one for the drawing; more are thinned and counted",
        source="project choice; every call near its limit of detection keeps all",
    )
    shown_other_molecules: int = threshold(
        12,
        unit="molecules",
        low=0,
        high=1000,
        meaning="molecules without the allele that are kept one by one for comparison; more are thinned and counted",
        source="project choice",
    )
