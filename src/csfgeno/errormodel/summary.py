"""What a laboratory's model says, with the counts behind it: rates by class, strand, context and end, and noisy sites.

Errors of duplex molecules stand in a model's table on both strands; here each is counted once.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from csfgeno.errormodel.classes import CLASSES, KIND_OF_CLASS, KINDS
from csfgeno.errormodel.context import CHANGES, INDEL_FORMS, RUN_BINS, reverse_change, substitution_of
from csfgeno.errormodel.model import LabModel
from csfgeno.intervals import events_high, events_low, share_high, share_low
from csfgeno.records import Allele
from csfgeno.vocab import MoleculeKind

Integers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

MIN_NOISY: Final = 2
"""A site with fewer errors in all normals is not listed as noisy."""

SUBSTITUTIONS: Final = tuple((ref, alt) for ref in "CT" for alt in "ACGT" if ref != alt)
"""Substitutions with both strands as one, named by their pyrimidine."""

_IS_CHANGE: Final = substitution_of(np.arange(CHANGES)) % 5 != 0
_CODE: Final = {base: i for i, base in enumerate("ACGT")}


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate as the model has it, with the errors and the chances of the normals behind it."""

    value: float
    errors: int
    chances: int

    @property
    def bounds(self) -> tuple[float, float] | None:
        """Exact 95% interval of errors over chances, `None` without chances."""
        if not self.chances:
            return None
        return events_low(self.errors) / self.chances, events_high(self.errors) / self.chances


@dataclass(frozen=True, slots=True)
class StrandRates:
    """One change on both strands together and, unless the kind has read both, on each.

    Attributes
    ----------
    own, opposite
        The pyrimidine changed on the molecule's own strand, and its complement changed there.
    """

    label: str
    both: Rate
    own: Rate | None
    opposite: Rate | None

    @property
    def ratio(self) -> tuple[float, float, float] | None:
        """Observed rate of `own` over `opposite` with its exact 95% interval, `None` without errors or a strand.

        METHOD: given the sum of two Poisson counts, one is binomial, so the interval of its share gives that of the
        ratio (Clopper and Pearson's interval of the share).
        """
        if self.own is None or self.opposite is None or not self.own.chances or not self.opposite.chances:
            return None
        hits, total = self.own.errors, self.own.errors + self.opposite.errors
        if not total:
            return None
        scale = self.opposite.chances / self.own.chances
        shares = hits / total, share_low(hits, total), share_high(hits, total)
        value, low, high = (scale * s / (1.0 - s) if s < 1.0 else np.inf for s in shares)
        return value, low, high

    @property
    def is_uneven(self) -> bool:
        """Whether the interval of the ratio leaves out 1."""
        return self.ratio is not None and not self.ratio[1] <= 1.0 <= self.ratio[2]


@dataclass(frozen=True, slots=True)
class NoisySite:
    """An allele that errs more than its context: its errors in the normals, those expected, and the factor between."""

    allele: Allele
    errors: int
    expected: float
    factor: float


def present_kinds(model: LabModel) -> tuple[MoleculeKind, ...]:
    """Return the kinds of molecule that the normals had."""
    return tuple(kind for i, kind in enumerate(KINDS) if model.table.chances[KIND_OF_CLASS == i].any())


def total_rate(model: LabModel) -> Rate:
    """Return all wrong bases of the normals and their chances."""
    parts = [rate_of_class(model, i) for i in range(len(CLASSES))]
    errors, chances = sum(part.errors for part in parts), sum(part.chances for part in parts)
    return Rate(sum(part.value * part.chances for part in parts) / max(chances, 1), errors, chances)


def rate_of_class(model: LabModel, number: int) -> Rate:
    """Return the rate of one class over all its changes: a wrong base of one sort, at a base."""
    return _rate(model, np.arange(len(CLASSES)) == number, np.flatnonzero(_IS_CHANGE))


def rates_by_substitution(model: LabModel, kind: MoleculeKind) -> tuple[StrandRates, ...]:
    """Return the rates of the six substitutions of a kind."""
    changes = np.arange(CHANGES)
    return tuple(
        _by_strand(model, kind, f"{ref}>{alt}", changes[substitution_of(changes) == 4 * _CODE[ref] + _CODE[alt]])
        for ref, alt in SUBSTITUTIONS
    )


def rates_by_context(model: LabModel, kind: MoleculeKind) -> tuple[StrandRates, ...]:
    """Return the rates of the 96 trinucleotide contexts of a kind, by substitution, base before, base after."""
    return tuple(
        _by_strand(
            model,
            kind,
            f"{before}[{ref}>{alt}]{after}",
            np.array([64 * _CODE[before] + 16 * _CODE[ref] + 4 * _CODE[after] + _CODE[alt]]),
        )
        for ref, alt in SUBSTITUTIONS
        for before in "ACGT"
        for after in "ACGT"
    )


def rates_by_end(model: LabModel, kind: MoleculeKind) -> tuple[tuple[str, Rate, Rate], ...]:
    """Return each substitution of a kind, with its rate inside the molecule and that near an end."""
    changes, is_end = np.arange(CHANGES), np.array([end for _, _, end in CLASSES])
    own = KIND_OF_CLASS == KINDS.index(kind)
    rows = []
    for ref, alt in SUBSTITUTIONS:
        forward = changes[substitution_of(changes) == 4 * _CODE[ref] + _CODE[alt]]
        both = np.concatenate([forward, reverse_change(forward)])
        rows.append((f"{ref}>{alt}", _rate(model, own & ~is_end, both), _rate(model, own & is_end, both)))
    return tuple(rows)


def indel_rates(model: LabModel, kind: MoleculeKind) -> tuple[tuple[Rate, ...], ...]:
    """Return the rates of each indel form of a kind, by homopolymer bin, shapes (indel form, homopolymer bin)."""
    i = KINDS.index(kind)
    rates = [
        Rate(float(value), int(errors), int(chances))
        for value, errors, chances in zip(
            model.indel_rates[i], model.indel_errors[i], model.indel_chances[i], strict=True
        )
    ]
    bins = len(RUN_BINS)
    return tuple(tuple(rates[form * bins : (form + 1) * bins]) for form in range(INDEL_FORMS))


def noisiest_sites(model: LabModel, number: int) -> tuple[NoisySite, ...]:
    """Return the alleles with the largest factors above 1, of those with `MIN_NOISY` errors or more."""
    sites = model.sites
    found = []
    for place, base in zip(*np.nonzero(sites.errors >= MIN_NOISY), strict=True):
        contig, pos = sites.places.position(int(place))
        allele = Allele(contig, pos, _reference_at(model, int(place)), "ACGT"[base])
        found.append(_noisy(model, allele, int(sites.errors[place, base]), float(sites.expected[place, base])))
    for i, allele in enumerate(sites.indels):
        if sites.indel_errors[i] >= MIN_NOISY:
            found.append(_noisy(model, allele, int(sites.indel_errors[i]), float(sites.indel_expected[i])))
    noisy = (site for site in found if site.factor > 1.0)
    return tuple(sorted(noisy, key=lambda site: (-site.factor, site.allele))[:number])


def _noisy(model: LabModel, allele: Allele, errors: int, expected: float) -> NoisySite:
    return NoisySite(allele, errors, expected, model.sites.factor(allele))


def _reference_at(model: LabModel, place: int) -> str:
    """Return the base of the reference, the only one that is never expected as an error; N where that is not sure."""
    unexpected = np.flatnonzero(model.sites.expected[place] <= 0.0)
    return "ACGT"[unexpected[0]] if len(unexpected) == 1 else "N"


def _by_strand(model: LabModel, kind: MoleculeKind, label: str, changes: Integers) -> StrandRates:
    classes, opposite = KIND_OF_CLASS == KINDS.index(kind), reverse_change(changes)
    both = _rate(model, classes, np.concatenate([changes, opposite]))
    if kind is MoleculeKind.DUPLEX:
        return StrandRates(label, both, None, None)
    return StrandRates(label, both, _rate(model, classes, changes), _rate(model, classes, opposite))


def _rate(model: LabModel, classes: Mask, changes: Integers) -> Rate:
    """Return the rate of some classes and changes together, weighted by their chances."""
    times = np.where(KIND_OF_CLASS == KINDS.index(MoleculeKind.DUPLEX), 0.5, 1.0)[classes][:, None]
    chosen = np.ix_(classes, changes)
    errors, chances = times * model.table.errors[chosen], times * model.table.chances[chosen]
    rates, whole = model.base_rates[chosen], float(chances.sum())
    value = float((rates * chances).sum()) / whole if whole else float(rates.mean())
    return Rate(value, round(float(errors.sum())), round(whole))
