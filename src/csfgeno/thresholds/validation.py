"""Goals of a laboratory's own validation."""

from dataclasses import dataclass

from csfgeno.thresholds.entry import threshold


@dataclass(frozen=True)
class ValidationThresholds:
    """Goals of a laboratory's own validation."""

    # -------------------------------------------------------------------------------- validation
    loq_total_error: float = threshold(
        0.5,
        unit="fraction of the expected VAF",
        low=0.05,
        high=2.0,
        meaning="a level counts as quantified if |bias| + 1.645 CV is at most this",
        source="project choice, for the laboratory to set; total-error goal of CLSI EP17-A2",
    )
    min_blanks: int = threshold(
        60,
        unit="blank results",
        low=1,
        high=100_000,
        meaning="with fewer blank results the limit of blank is marked as preliminary",
        source="CLSI EP17-A2: at least 60 blank results",
    )
    min_level_replicates: int = threshold(
        20,
        unit="results",
        low=1,
        high=100_000,
        meaning="a level with fewer results is marked as preliminary",
        source="project choice: with 20 of 20 found, the 95% interval of the hit rate begins at 83%",
    )
