"""Chance chimeras: how many molecules would join two given places if no chromosome were rearranged.

Ligation and template switching join molecules at random. A specimen's own chimeras, junctions that one molecule alone
shows, tell how many there are; how they spread over pairs of places follows the depth, with a gamma distributed rate
from pair to pair, so the molecules of one pair are negative binomial.
"""

import math
from dataclasses import dataclass

from scipy.special import gammaincinv
from scipy.stats import beta, nbinom

from csfgeno.molecules.broken import LONGEST_FRAGMENT_BP
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import PartnerKind


@dataclass(frozen=True, slots=True)
class ChimeraModel:
    """Null model of one specimen.

    `chimeras` are molecules with a junction of their own, `panel_bp` the bases that were read, `tolerance_bp` the size
    of a place.
    """

    chimeras: int
    panel_bp: int
    tolerance_bp: int
    shape: float

    @property
    def places(self) -> float:
        """Places of the panel that a chimera can join."""
        return max(self.panel_bp / (2 * self.tolerance_bp + 1), 1.0)

    def expected(self) -> float:
        """Return the expected chimeras of one pair of places.

        METHOD: both ends are taken to lie in the panel, which is where chimeras are densest; an end in the rest of the
        genome is rarer. One chimera is added to those seen, so that a specimen without any does not promise none.
        """
        return (self.chimeras + 1) / self.places**2

    def log_tail(self, shown: int, discordant: int = 0) -> float:
        """Return the natural log of the probability of at least so many chimeras at one pair of places.

        METHOD: mates on either side tell the places to a fragment's length only, so chance puts more of them there:
        all pairs of distances that add up to less than a fragment. Both counts are independent.
        """
        mates = self.expected() * (LONGEST_FRAGMENT_BP**2 / 2) / (2 * self.tolerance_bp + 1) ** 2
        return self._log_tail(shown, self.expected()) + self._log_tail(discordant, mates)

    def _log_tail(self, molecules: int, mean: float) -> float:
        if molecules <= 0:
            return 0.0
        return float(nbinom.logsf(molecules - 1, self.shape, self.shape / (self.shape + mean)))

    def is_beyond_chance(self, shown: int, discordant: int, kind: PartnerKind, thresholds: Thresholds) -> bool:
        """Return whether chance chimeras do not explain the molecules of a junction."""
        return self.log_tail(shown, discordant) <= math.log(thresholds.fusion_false_calls / self.pairs(kind))

    def pairs(self, kind: PartnerKind) -> float:
        """Return the pairs of places among which a junction of that kind is looked for."""
        # METHOD: Bonferroni. A novel partner may lie anywhere; of a known one both genes are given beforehand, so a
        # place of the panel is asked for one partner only.
        return self.places**2 if kind is PartnerKind.NOVEL else self.places

    def least_molecules(self, kind: PartnerKind, thresholds: Thresholds) -> int:
        """Return the fewest molecules that detect a junction of that kind, all of which show it."""
        number = thresholds.fusion_min_molecules
        while not self.is_beyond_chance(number, 0, kind, thresholds):
            number += 1
        return number


def limit_fraction(least_molecules: int, crossing: int, power: float) -> float | None:
    """Return the fraction of molecules that shows at least `least_molecules` with probability `power`.

    METHOD: supporting molecules are Poisson; the mean with P(at least k) = power is the inverse of the regularised
    incomplete gamma function.
    """
    mean = float(gammaincinv(least_molecules, power))
    return mean / crossing if crossing and mean <= crossing else None


def jeffreys_interval(shown: int, crossing: int, level: float) -> tuple[float | None, float | None]:
    """Return the interval of the fraction of molecules that show a junction, `None` without molecules.

    Jeffreys' interval, closed at 0 and 1 where nothing or everything shows it (Brown 2001,
    doi:10.1214/ss/1009213286).
    """
    if not crossing:
        return None, None
    side, a, b = (1.0 - level) / 2.0, shown + 0.5, crossing - shown + 0.5
    low = float(beta.ppf(side, a, b)) if shown else 0.0
    return low, float(beta.ppf(1.0 - side, a, b)) if shown < crossing else 1.0
