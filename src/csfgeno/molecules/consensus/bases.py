"""The consensus base of copies of one DNA strand, of both strands, and how likely it is to be wrong.

The model is that of fgbio CallMolecularConsensusReads and CallDuplexConsensusReads (documentation and source of
`ConsensusCaller`, github.com/fulcrumgenomics/fgbio). A base can be wrong for three reasons in a row: damage before the
UMI was attached (in every copy), an error after it (in some copies), and the sequencer (the base quality). Two trials
with error rates p and q miss the truth with p + q - 4/3 p q, because one error in three takes the other back.
Duplex consensus: Kennedy 2014, doi:10.1038/nprot.2014.170.
"""

from dataclasses import dataclass
from typing import Any, Final, TypeVar

import numpy as np
import numpy.typing as npt

from csfgeno.thresholds import Thresholds

NO_CALL: Final = 4
"""Base code of N; as a vote, that of a fragment whose mates disagree: for no base, and against agreement."""

QUALITY_RANGE: Final = (2, 93)
"""Lowest quality, that of N, and highest that SAM text can hold."""

_TIE: Final = 1e-9
"""Log-likelihoods closer than this differ by rounding only."""

P = TypeVar("P", float, npt.NDArray[np.float64])


@dataclass(frozen=True, slots=True)
class ErrorRates:
    """Probabilities that a base is changed before and after its molecule got the UMI; the sequencer's come on top."""

    pre_umi: float
    post_umi: float

    @classmethod
    def of(cls, thresholds: Thresholds) -> "ErrorRates":
        """Return the rates that the thresholds give as Phred numbers."""
        phred = np.array([thresholds.error_rate_pre_umi, thresholds.error_rate_post_umi])
        return cls(*(10.0 ** (-phred / 10.0)).tolist())


@dataclass(frozen=True, slots=True)
class Consensus:
    """One consensus base a column; every array has the shape (columns,) or (columns, 4).

    Attributes
    ----------
    base
        Codes 0-3 of `ACGT`, or `NO_CALL`.
    quality
        Phred.
    depth
        Copies behind the base.
    errors
        Copies that show another base than `likeliest`.
    votes
        Copies that show each base, shape (columns, 4).
    likeliest
        The base that errors are counted against, also where none is called.
    """

    base: npt.NDArray[np.uint8]
    quality: npt.NDArray[np.uint8]
    depth: npt.NDArray[np.int64]
    errors: npt.NDArray[np.int64]
    votes: npt.NDArray[np.int64]
    likeliest: npt.NDArray[np.uint8]

    def part(self, columns: slice) -> "Consensus":
        """Return some neighbouring columns."""
        return Consensus(
            self.base[columns],
            self.quality[columns],
            self.depth[columns],
            self.errors[columns],
            self.votes[columns],
            self.likeliest[columns],
        )


def either_error(p: P, q: P | float) -> P:
    """Return the probability that two trials in a row, wrong with `p` and `q`, end at a wrong base."""
    return p + q - 4.0 / 3.0 * p * q


def consensus_of(
    bases: npt.NDArray[np.uint8],
    qualities: npt.NDArray[np.uint8],
    column: npt.NDArray[np.int64],
    columns: int,
    rates: ErrorRates,
    min_agreement: float,
) -> Consensus:
    """Return the consensus of each column of copies.

    With e the quality's error rate joined with the post-UMI rate, a copy shows base b with probability 1 - e if b is
    true and e / 3 otherwise. The likeliest base is called if its share of the votes is at least `min_agreement`; its
    error is one minus its posterior under equal priors, joined with the pre-UMI rate.

    Parameters
    ----------
    bases, qualities, column
        One row an observed base: code 0-3 or `NO_CALL`, Phred, and the column it belongs to, shape (observations,).
    columns
        How many columns there are; one without observations becomes N.
    min_agreement
        Fraction of votes, inclusive; `call` asks the same of a strand family.
    """
    called = bases != NO_CALL
    cell = column[called] * 4 + bases[called]
    votes = np.bincount(cell, minlength=columns * 4).astype(np.int64).reshape(-1, 4)
    # The factor e / 3 of every copy is common to all four bases but its own, so only the odds of its own count.
    weights = _log_odds(rates.post_umi)[qualities[called]]
    support = np.bincount(cell, weights=weights, minlength=columns * 4).astype(np.float64).reshape(-1, 4)
    likeliest, error = _posterior(support)
    ballots = np.bincount(column, minlength=columns)
    # METHOD: a base needs the same share of its strand's votes as in `call`; fgbio leaves this to a later filter.
    is_agreed = votes[np.arange(columns), likeliest] >= min_agreement * ballots
    is_called = is_agreed & (votes.any(axis=1)) & np.isfinite(error)
    quality = _to_phred(either_error(np.where(is_called, error, 0.0), rates.pre_umi))
    return _consensus(is_called, quality, votes, likeliest)


def duplex_of(a: Consensus, b: Consensus) -> Consensus:
    """Return the consensus of both strands: where they agree the qualities add up, everywhere else it is N.

    fgbio would keep the better strand's base at a lower quality where they disagree; `call` leaves such a position
    undecided, and so does this.
    """
    agree = (a.base == b.base) & (a.base != NO_CALL)
    # METHOD: errors of the two strands are independent, so their probabilities multiply.
    quality = np.minimum(a.quality.astype(np.int64) + b.quality, QUALITY_RANGE[1])
    likeliest = np.where(b.quality > a.quality, b.likeliest, a.likeliest)
    return _consensus(agree, quality, a.votes + b.votes, likeliest)


def _consensus(
    is_called: npt.NDArray[np.bool_],
    quality: npt.NDArray[np.int64],
    votes: npt.NDArray[np.int64],
    likeliest: npt.NDArray[np.uint8],
) -> Consensus:
    depth = votes.sum(axis=1)
    return Consensus(
        base=np.where(is_called, likeliest, NO_CALL).astype(np.uint8),
        quality=np.where(is_called, quality, QUALITY_RANGE[0]).astype(np.uint8),
        depth=depth,
        errors=depth - votes[np.arange(len(votes)), likeliest],
        votes=votes,
        likeliest=likeliest,
    )


def _log_odds(post_umi: float) -> npt.NDArray[np.float64]:
    """Return log((1 - e) / (e / 3)) of each base quality, shape (256,)."""
    error = either_error(10.0 ** (-np.arange(256) / 10.0), post_umi)
    return np.log1p(-error) - np.log(error / 3.0)


def _posterior(support: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float64]]:
    """Return the likeliest base of each column and its probability of being wrong, NaN if another is as likely."""
    best: npt.NDArray[Any] = support.argmax(axis=1)
    odds_against = support - support.max(axis=1, keepdims=True)
    others = np.exp(odds_against)
    others[np.arange(len(best)), best] = 0.0
    error = others.sum(axis=1) / (1.0 + others.sum(axis=1))
    is_tied = (odds_against > -_TIE).sum(axis=1) > 1
    return best.astype(np.uint8), np.where(is_tied, np.nan, error)


def _to_phred(error: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Return whole Phred numbers, rounded down up to rounding errors, within `QUALITY_RANGE`."""
    phred = np.floor(-10.0 * np.log10(error) + 1e-3)
    return np.clip(phred, *QUALITY_RANGE).astype(np.int64)
