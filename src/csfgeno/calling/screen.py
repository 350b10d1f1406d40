"""A quick look at all substitutions of a specimen at once: which of them the test could detect at all.

Errors that happen often enough are shown at nearly every position of deep reads; testing each exactly would take
minutes. The screen asks for far less than the test, so it loses nothing.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import betainc

from csfgeno.calling.likelihood import score_steps
from csfgeno.errormodel.background import Background
from csfgeno.errormodel.classes import CLASS_OF_STRATUM
from csfgeno.errormodel.context import UNKNOWN, reverse_change, trinucleotides
from csfgeno.errormodel.counts import flanked
from csfgeno.evidence.haplotypes import BASES
from csfgeno.evidence.specimen import SpecimenEvidence, stated_depth
from csfgeno.molecules.collapse import MoleculeTile
from csfgeno.molecules.strata import IS_STRAND_B, STRATA
from csfgeno.records import Allele
from csfgeno.vocab import AlleleClass

RATE_MARGIN: Final = 0.5
ALPHA_MARGIN: Final = 100.0
"""A substitution is passed over only if half its expected errors give its molecules a probability above 100 alpha."""


def screen(evidence: SpecimenEvidence, background: Background, design_vaf: float, alpha: float) -> Iterator[Allele]:
    """Yield, in genome order of the tiles, the alleles that molecules state but substitutions out of the question."""
    hopeless: set[Allele] = set()
    for tile in evidence.tiles:
        hopeless |= _hopeless(tile, evidence, background, design_vaf, alpha)
    for allele in evidence.alleles():
        if allele.klass is not AlleleClass.SNV or allele not in hopeless:
            yield allele


def _hopeless(
    tile: MoleculeTile, evidence: SpecimenEvidence, background: Background, design_vaf: float, alpha: float
) -> set[Allele]:
    """Return the single substitutions of a tile that no test can detect.

    METHOD: any n molecules score at least n times the lightest one, so the number of errors that would score as much is
    at most the score over the lightest weight; its negative-binomial tail is a lower bound of the null probability.
    """
    start = tile.interval.start
    at, base, alt = _shown(tile)
    triple = trinucleotides(flanked(tile, evidence.sequence))[at]
    change = np.where(triple == UNKNOWN, 0, 4 * triple + base)
    own = np.where(IS_STRAND_B, reverse_change(change)[:, None], change[:, None])
    rates = background.base_rates[CLASS_OF_STRATUM, own] * _site_factors(background, tile, at, base)[:, None]
    depth = stated_depth(tile)[:, at].T
    score = score_steps(rates, design_vaf)
    lightest = np.where(depth > 0, score, score.max(initial=1)).min(axis=1, initial=np.iinfo(np.int64).max)
    number = np.maximum(np.ceil((alt * score).sum(axis=1) / lightest), 1.0)
    mean = RATE_MARGIN * (depth * rates).sum(axis=1)
    shape = np.array([part.mode for part in background.shapes.substitutions])[4 * ((triple >> 2) & 3) + base]
    tail = betainc(number, shape, mean / (mean + shape))
    is_hopeless = (triple != UNKNOWN) & (tail > ALPHA_MARGIN * alpha)
    return {
        Allele(tile.interval.contig, start + int(p), tile.reference[p], BASES[b])
        for p, b in zip(at[is_hopeless], base[is_hopeless], strict=True)
    }


def _shown(tile: MoleculeTile) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return position in the tile and base of every substitution, and its molecules, shape (substitution, stratum)."""
    key = 4 * (tile.calls.pos.astype(np.int64) - tile.interval.start) + tile.calls.base
    shown, row = np.unique(key, return_inverse=True)
    alt = np.zeros((len(shown), len(STRATA)), np.int64)
    np.add.at(alt, (row, tile.calls.stratum), 1)
    return shown // 4, shown % 4, alt


def _site_factors(
    background: Background, tile: MoleculeTile, at: npt.NDArray[np.int64], base: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    """Return what a laboratory's normals say of the sites, 1 without them."""
    if background.sites is None:
        return np.ones(len(at))
    first = background.sites.places.row(tile.interval.contig, tile.interval.start)
    return np.ones(len(at)) if first is None else background.sites.factors()[first + at, base]
