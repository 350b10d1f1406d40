"""The size of the study, and what is kept of it: values by laboratory, because laboratories are what differs."""

from collections import defaultdict
from dataclasses import dataclass, field, fields
from typing import Any, Final

from csfgeno.vocab import CallingTier

from .worlds import C_TO_T, G_TO_T, MODES

INPUTS_NG: Final = (1, 5, 10, 20, 30)
STRESSES: Final = {"none": {}, "oxidation x10": {G_TO_T: 10.0}, "deamination x10": {C_TO_T: 10.0}}
MANY_INPUT_NG: Final = 10
INDEL_INPUTS_NG: Final = (10, 30)

CONTEXTS: Final = {"G>T": ("GT", "CA"), "C>T": ("CT", "GA")}
"""What oxidation and deamination write, on either strand; every other substitution is `OTHER`."""

OTHER: Final = "other"

WITH_NORMALS: Final = " + normals"
ARMS: Final = ("", WITH_NORMALS)
"""A specimen that teaches its caller alone, and one whose laboratory has a model fitted on normals."""

TWO_FACTORS, ONE_GAMMA = "two factors", "one gamma"
"""How the caller lets sites differ, and the simpler way that it is compared with."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Size of the study, for each of its modes.

    Attributes
    ----------
    laboratories, tiles
        Laboratories with one blank of each input, and thousands of bases of their panels.
    sites, repeats
        Hotspots of a blank that carry a variant, and repeats of each fraction.
    p_values
        Alleles of a blank whose p-value is kept.
    more_laboratories, more_tiles
        Further laboratories, each with one blank of `MANY_INPUT_NG` that is damaged in every way.
    limit_sites
        Hotspots of each context there, whose stated limits are compared.
    indel_laboratories, indel_p_values, indel_sites
        Laboratories that err by insertions and deletions too; p-values of each form of a blank; listed indels.
    """

    laboratories: int
    tiles: int
    sites: int
    repeats: int
    p_values: int
    more_laboratories: int
    more_tiles: int
    limit_sites: int
    indel_laboratories: int
    indel_p_values: int
    indel_sites: int
    modes: tuple[str, ...] = tuple(MODES)
    seed: int = 20_240_607

    @property
    def setups(self) -> tuple[str, ...]:
        """Each mode in each arm."""
        return tuple(mode + arm for mode in self.modes for arm in ARMS)


FULL: Final = Plan(
    laboratories=5,
    tiles=8,
    sites=10,
    repeats=60,
    p_values=100,
    more_laboratories=20,
    more_tiles=4,
    limit_sites=3,
    indel_laboratories=20,
    indel_p_values=30,
    indel_sites=8,
)
QUICK: Final = Plan(
    laboratories=2,
    tiles=1,
    sites=1,
    repeats=50,
    p_values=5,
    more_laboratories=2,
    more_tiles=1,
    limit_sites=1,
    indel_laboratories=2,
    indel_p_values=4,
    indel_sites=1,
)

Sample = dict[int, list[float]]
"""Values by laboratory."""


def _sample() -> Sample:
    return defaultdict(list)


def _samples() -> defaultdict[Any, Sample]:
    return defaultdict(_sample)


@dataclass(frozen=True, slots=True)
class Results:
    """What was seen, by cell and laboratory.

    Attributes
    ----------
    found
        Shares of repeats detected: (setup, input, VAF, method).
    vaf, coverage
        Mean VAF over true VAF, and shares of intervals that hold the truth: (setup, input, VAF).
    limit_hits, limits
        Shares of repeats detected at the stated limit, and the limits: (setup, input, tier).
    false_hotspot
        Expected false calls of listed alleles per specimen: (setup, input).
    p_values
        Randomised p-values of substitutions of blanks: (setup,).
    many_hotspot, many_panel, many_seen
        Of the further laboratories: expected false calls per specimen, listed and not, and those not listed that were
        seen in the kilobases drawn: (setup, stress, spread), (setup, stress) and (setup, stress).
    stress_limits, stress_folds
        Stated limits, and their log ratios to those without stress: (setup, stress, context).
    gamma_folds, gamma_hits
        Log ratios of the limits with one gamma factor to those with two; shares of repeats detected at the latter:
        (setup,) and (setup, spread).
    indel_p_values
        Randomised p-values of insertions and deletions of blanks: (setup, form).
    indel_false
        False panel calls of indels that were seen, per specimen of the shipped panel: (setup,).
    indel_hits, indel_limits, indel_excess
        Listed indels: shares of repeats detected at the stated limit, the limits, and the probability of a false call
        over the allowed one: (setup, listed).
    """

    found: dict[tuple[str, int, float, str], Sample] = field(default_factory=_samples)
    vaf: dict[tuple[str, int, float], Sample] = field(default_factory=_samples)
    coverage: dict[tuple[str, int, float], Sample] = field(default_factory=_samples)
    limit_hits: dict[tuple[str, int, CallingTier], Sample] = field(default_factory=_samples)
    limits: dict[tuple[str, int, CallingTier], Sample] = field(default_factory=_samples)
    false_hotspot: dict[tuple[str, int], Sample] = field(default_factory=_samples)
    p_values: dict[tuple[str], Sample] = field(default_factory=_samples)
    many_hotspot: dict[tuple[str, str, str], Sample] = field(default_factory=_samples)
    many_panel: dict[tuple[str, str], Sample] = field(default_factory=_samples)
    many_seen: dict[tuple[str, str], Sample] = field(default_factory=_samples)
    stress_limits: dict[tuple[str, str, str], Sample] = field(default_factory=_samples)
    stress_folds: dict[tuple[str, str, str], Sample] = field(default_factory=_samples)
    gamma_folds: dict[tuple[str], Sample] = field(default_factory=_samples)
    gamma_hits: dict[tuple[str, str], Sample] = field(default_factory=_samples)
    indel_p_values: dict[tuple[str, str], Sample] = field(default_factory=_samples)
    indel_false: dict[tuple[str], Sample] = field(default_factory=_samples)
    indel_hits: dict[tuple[str, str], Sample] = field(default_factory=_samples)
    indel_limits: dict[tuple[str, str], Sample] = field(default_factory=_samples)
    indel_excess: dict[tuple[str, str], Sample] = field(default_factory=_samples)

    def take(self, other: "Results") -> None:
        """Add what another part of the study saw."""
        for part in fields(self):
            own = getattr(self, part.name)
            for cell, sample in getattr(other, part.name).items():
                for laboratory, values in sample.items():
                    own[cell][laboratory] += values
