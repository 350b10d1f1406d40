"""Whether the specimens of a case are of one person, and free of another's DNA."""

from dataclasses import dataclass

from csfgeno.records.compartments import Reason
from csfgeno.vocab import SpecimenKind
from csfgeno.vocab.comparison import ContaminationState, IdentityResult


@dataclass(frozen=True, slots=True)
class IdentityMatch:
    """Two specimens compared at common SNPs.

    `log10_likelihood_ratio` is that of one person over two unrelated ones. `sites` could be compared, `discordant`
    of them speak against one person; `chance_match` is the probability that an unrelated person would have passed for
    this one at these sites.
    """

    first: SpecimenKind
    second: SpecimenKind
    result: IdentityResult
    log10_likelihood_ratio: float | None = None
    sites: int = 0
    discordant: int = 0
    chance_match: float | None = None
    basis: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Contamination:
    """Share of a specimen's DNA that is of another person.

    `limit` is the share that these sites would have shown in 95 of 100 repeats. `sites` are common SNPs at which the
    patient is homozygous, `sites_with_other` those that show the other allele above errors.
    """

    specimen: SpecimenKind
    state: ContaminationState
    fraction: float | None = None
    low: float | None = None
    high: float | None = None
    limit: float | None = None
    sites: int = 0
    sites_with_other: int = 0
    basis: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Identity:
    """All pairs of specimens and every specimen alone; `override` is the reason given for reporting a mismatch."""

    matches: tuple[IdentityMatch, ...] = ()
    contamination: tuple[Contamination, ...] = ()
    override: str | None = None

    @property
    def mismatches(self) -> tuple[IdentityMatch, ...]:
        """Pairs of specimens that are not of one person."""
        return tuple(match for match in self.matches if match.result is IdentityResult.MISMATCH)

    @property
    def is_blocked(self) -> bool:
        """Whether findings are withheld, because specimens are of different persons and nobody has overridden it."""
        return bool(self.mismatches) and self.override is None

    def contamination_of(self, kind: SpecimenKind) -> Contamination | None:
        """Return what is known of another person's DNA in that compartment."""
        return next((c for c in self.contamination if c.specimen is kind), None)
