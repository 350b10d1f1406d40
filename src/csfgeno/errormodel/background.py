"""The background of one specimen: how often an unmutated molecule shows an allele by error.

Errors are counted on the strand on which they happened (oxidation turns G into T on one strand, deamination C into T),
so a simplex molecule of strand B is read as its reverse complement; a duplex error has happened on both, so both
readings are pooled. Rates are shrunk step by step: default of the molecule kind, then substitution, then trinucleotide.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from scipy.stats import nbinom

from csfgeno.errormodel.context import (
    CHANGES,
    INDEL_CLASSES,
    RUN_BINS,
    UNKNOWN,
    change_of,
    indel_class,
    reverse_change,
    run_bin,
    run_lengths,
    substitution_of,
    trinucleotides,
)
from csfgeno.evidence.specimen import BASES, SpecimenEvidence, stated_depth
from csfgeno.genome.sequence import SequenceSource
from csfgeno.molecules.collapse import MoleculeTile
from csfgeno.molecules.families import KINDS
from csfgeno.molecules.fold import STRATA
from csfgeno.records import Allele
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import AlleleClass, MoleculeKind

Rates = npt.NDArray[np.float64]

PRIOR_ERRORS: Final = 1.0
"""Weight of a parent rate, in errors: a child with as many errors of its own is believed half."""

RUN_GROWTH: Final = (1.0, 2.0, 6.0, 30.0, 150.0, 500.0)
"""Indel errors by homopolymer bin, relative to no repeat; a prior shape, overruled by the specimen's own errors."""

DISPERSION_RANGE: Final = (0.2, 100.0)
"""Bounds of the gamma shape of site-to-site variation; small is much variation."""

DISPERSION_PRIOR: Final = (np.log(2.0), 1.0)
"""Mean and SD of log shape before any error was seen: sites differ by about 70% around their context's rate."""

_KIND_OF_STRATUM: Final = np.array([KINDS.index(kind) for kind, _ in STRATA])
_IS_B: Final = np.array([strand == "B" for _, strand in STRATA])
_ALL_CHANGES: Final = np.arange(CHANGES)


@dataclass(frozen=True, slots=True)
class Background:
    """Error rates of a specimen.

    Attributes
    ----------
    base_rates
        Probability that a molecule of a kind shows a wrong base, on its own strand, shape (kind, change).
    indel_rates
        Probability that it shows an insertion or deletion of a class at a place, shape (kind, indel class).
    dispersion
        Gamma shape of the factor by which a site differs from its context.
    base_errors, base_opportunities
        What the base rates were learnt from, shape (kind, change).
    description
        One sentence for the report.
    """

    base_rates: Rates
    indel_rates: Rates
    dispersion: float
    base_errors: Rates
    base_opportunities: Rates
    description: str

    def rates(self, allele: Allele, sequence: SequenceSource) -> Rates:
        """Return the error rate of `allele` for molecules of each stratum, shape (stratum,)."""
        if allele.klass in (AlleleClass.SNV, AlleleClass.MNV):
            return self._substitution_rates(allele, sequence)
        return np.asarray(self.indel_rates[_KIND_OF_STRATUM, indel_class(allele, sequence)])

    def _substitution_rates(self, allele: Allele, sequence: SequenceSource) -> Rates:
        """Return the rate of the least likely of the substituted bases.

        METHOD: an MNV error is taken to be as likely as its rarest single error, not as their product, because errors
        on neighbouring bases of one molecule are not independent.
        """
        changed = [i for i, (r, a) in enumerate(zip(allele.ref, allele.alt, strict=True)) if r != a]
        return np.asarray(np.min([self._base_rates_at(change_of(allele, i, sequence)) for i in changed], axis=0))

    def _base_rates_at(self, change: int) -> Rates:
        if change == UNKNOWN:
            return np.asarray(self.base_rates[_KIND_OF_STRATUM].max(axis=1))
        own = np.where(_IS_B, int(reverse_change(np.array(change))), change)
        return np.asarray(self.base_rates[_KIND_OF_STRATUM, own])


def fit_background(evidence: SpecimenEvidence, exclude: Collection[Allele], thresholds: Thresholds) -> Background:
    """Return the background of a specimen, learnt from every panel position but variants and hotspots.

    Parameters
    ----------
    exclude
        Alleles that must not teach the model: the hotspots, found or not.
    """
    base_sites = [_base_sites(tile, evidence.sequence, exclude, thresholds) for tile in evidence.tiles]
    errors = sum((_by_change(s.change, s.alt) for s in base_sites), np.zeros((len(KINDS), CHANGES)))
    chances = sum((_by_change(s.change, s.depth) for s in base_sites), np.zeros((len(KINDS), CHANGES)))
    default = _default_rates(thresholds)
    base_rates = _shrink_base_rates(errors, chances, default)
    indel_errors, indel_chances = _indel_counts(evidence, exclude, thresholds)
    return Background(
        base_rates=base_rates,
        indel_rates=_shrink_indel_rates(indel_errors, indel_chances, default * thresholds.indel_to_base_errors),
        dispersion=_fit_dispersion(base_sites, base_rates),
        base_errors=errors,
        base_opportunities=chances,
        description=(
            f"learnt from this specimen's own panel background: {sum(int(s.alt.sum()) for s in base_sites):,} wrong "
            f"bases in {sum(int(s.depth.sum()) for s in base_sites):,} chances; no panel of normals"
        ),
    )


@dataclass(frozen=True, slots=True)
class _BaseSites:
    """One row a position and wrong base: its change on either strand, molecules and errors, shape (rows, stratum)."""

    change: npt.NDArray[np.int64]
    depth: npt.NDArray[np.int64]
    alt: npt.NDArray[np.int64]


def _base_sites(
    tile: MoleculeTile, sequence: SequenceSource, exclude: Collection[Allele], thresholds: Thresholds
) -> _BaseSites:
    contig, origin, width = tile.interval.contig, tile.interval.start, len(tile.interval)
    flanked = _flanked(tile, sequence)
    triple = trinucleotides(flanked)
    depth = stated_depth(tile)
    alt = np.zeros((4, len(STRATA), width), np.int64)
    np.add.at(alt, (tile.calls.base, tile.calls.stratum, tile.calls.pos - origin), 1)
    total = depth.sum(axis=0)
    # METHOD: a common allele is a variant, not an error; a hotspot is never background, whatever its fraction.
    usable = alt.sum(axis=1) <= thresholds.background_max_vaf * total
    usable &= (triple != UNKNOWN) & (total > 0)
    usable &= ((triple >> 2) & 3) != np.arange(4)[:, None]
    for allele in exclude:
        if allele.klass is AlleleClass.SNV and allele.contig == contig and 0 <= allele.start - origin < width:
            usable[BASES.index(allele.alt), allele.start - origin] = False
    base, at = np.nonzero(usable)
    return _BaseSites(4 * triple[at] + base, depth[:, at].T, alt[base, :, at])


def _flanked(tile: MoleculeTile, sequence: SequenceSource) -> str:
    """Return the bases of a tile with one neighbour on each side, N beyond the ends of the contig."""
    contig, start, end = tile.interval.contig, tile.interval.start, tile.interval.end
    before = sequence.fetch(contig, max(start - 1, 0), start) or "N"
    return before + tile.reference + (sequence.fetch(contig, end, end + 1) or "N")


def _by_change(change: npt.NDArray[np.int64], counts: npt.NDArray[np.int64]) -> Rates:
    """Return counts by kind and change, each stratum read on its own strand, duplex on both, shape (kind, change)."""
    pooled = np.zeros((len(KINDS), CHANGES))
    reverse = reverse_change(change)
    for stratum, kind in enumerate(_KIND_OF_STRATUM):
        own = reverse if _IS_B[stratum] else change
        np.add.at(pooled[kind], own, counts[:, stratum])
    duplex = KINDS.index(MoleculeKind.DUPLEX)
    pooled[duplex] += pooled[duplex][reverse_change(_ALL_CHANGES)]
    return pooled


def _default_rates(thresholds: Thresholds) -> Rates:
    return np.array(
        [
            thresholds.default_error_duplex,
            thresholds.default_error_simplex,
            thresholds.default_error_singleton,
            thresholds.default_error_raw,
        ]
    )


def _shrink_base_rates(errors: Rates, chances: Rates, default: Rates) -> Rates:
    substitution = substitution_of(_ALL_CHANGES)
    rates = np.zeros_like(errors)
    for kind in range(len(KINDS)):
        whole = _shrink(errors[kind].sum(), chances[kind].sum(), default[kind])
        pooled_errors = np.bincount(substitution, errors[kind], minlength=16)
        pooled_chances = np.bincount(substitution, chances[kind], minlength=16)
        by_substitution = _shrink(pooled_errors, pooled_chances, whole)
        rates[kind] = _shrink(errors[kind], chances[kind], by_substitution[substitution])
    return rates


def _shrink(errors: npt.NDArray[Any], chances: npt.NDArray[Any], parent: npt.NDArray[Any] | float) -> Rates:
    """Return the gamma-Poisson posterior mean of a rate whose prior mean is `parent` and weight `PRIOR_ERRORS`."""
    return np.asarray((errors + PRIOR_ERRORS) / (chances + PRIOR_ERRORS / np.asarray(parent)))


def _indel_counts(
    evidence: SpecimenEvidence, exclude: Collection[Allele], thresholds: Thresholds
) -> tuple[Rates, Rates]:
    """Return indel errors and chances, shape (kind, indel class)."""
    errors = np.zeros((len(KINDS), INDEL_CLASSES))
    chances = np.zeros((len(KINDS), INDEL_CLASSES))
    for tile in evidence.tiles:
        bins = run_bin(run_lengths(tile.reference))
        depth = stated_depth(tile)
        # An indel in a run is written at its left edge, so only there is a chance for it.
        is_edge = np.array([a != b for a, b in zip(tile.reference, tile.reference[1:], strict=False)] + [False])
        for shape in range(4):
            np.add.at(
                chances,
                (_KIND_OF_STRATUM[:, None], (shape * len(RUN_BINS) + np.roll(bins, -1))[None, is_edge]),
                depth[:, is_edge],
            )
        for allele in {c.allele for c in tile.indels.stated} - set(exclude):
            tally = evidence.tally(allele)
            if 0 < tally.alt.sum() <= thresholds.background_max_vaf * tally.depth.sum():
                np.add.at(errors[:, indel_class(allele, evidence.sequence)], _KIND_OF_STRATUM, tally.alt)
    return errors, chances


def _shrink_indel_rates(errors: Rates, chances: Rates, default: Rates) -> Rates:
    growth = np.tile(np.array(RUN_GROWTH), 4)
    # METHOD: one factor a kind scales the prior shape over repeats to the specimen, then every class is shrunk to it.
    expected = (chances * growth * default[:, None]).sum(axis=1)
    scale = (errors.sum(axis=1) + PRIOR_ERRORS) / (expected + PRIOR_ERRORS)
    return _shrink(errors, chances, growth * (default * scale)[:, None])


def _fit_dispersion(sites: list[_BaseSites], base_rates: Rates) -> float:
    """Return the most probable gamma shape of site-to-site variation (negative-binomial likelihood, normal prior)."""
    expected = np.concatenate([_expected(s, base_rates) for s in sites]) if sites else np.zeros(0)
    seen = np.concatenate([s.alt.sum(axis=1) for s in sites]) if sites else np.zeros(0)
    mean, sd = DISPERSION_PRIOR

    def loss(log_shape: float) -> float:
        shape = np.exp(log_shape)
        likelihood = nbinom.logpmf(seen, shape, shape / (shape + expected)).sum()
        return float(-likelihood + 0.5 * ((log_shape - mean) / sd) ** 2)

    low, high = np.log(DISPERSION_RANGE)
    return float(np.exp(minimize_scalar(loss, bounds=(low, high), method="bounded").x))


def _expected(sites: _BaseSites, base_rates: Rates) -> Rates:
    own = np.where(_IS_B[None, :], reverse_change(sites.change)[:, None], sites.change[:, None])
    return np.asarray((sites.depth * base_rates[_KIND_OF_STRATUM[None, :], own]).sum(axis=1))
