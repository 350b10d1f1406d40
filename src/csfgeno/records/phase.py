"""Which changes lie on the same DNA molecule."""

from dataclasses import dataclass

from csfgeno.records.genome import Allele
from csfgeno.vocab import PhaseState, SpecimenKind


@dataclass(frozen=True, slots=True)
class PhaseCounts:
    """Molecules of one specimen that cover two places, by which of the two changes they show.

    `state` follows from the molecules that show the rarer change.
    """

    specimen: SpecimenKind
    state: PhaseState
    both: int
    first_only: int
    second_only: int
    neither: int

    @property
    def informative(self) -> int:
        """Molecules that show the rarer change and cover both places."""
        return self.both + min(self.first_only, self.second_only)


@dataclass(frozen=True, slots=True)
class Phase:
    """Two called alleles within reach of one molecule, and what every specimen says of them."""

    first: Allele
    second: Allele
    counts: tuple[PhaseCounts, ...]

    def of(self, kind: SpecimenKind) -> PhaseCounts | None:
        """Return the counts of that compartment, or `None` if it says nothing."""
        return next((c for c in self.counts if c.specimen is kind), None)
