"""What the molecules of a specimen tell of its library: kinds, family sizes, strands, fragment lengths, agreement."""

from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np
import numpy.typing as npt

from csfgeno.evidence.specimen import SpecimenEvidence
from csfgeno.molecules.collapse import Molecules
from csfgeno.molecules.strata import STRATA
from csfgeno.records import FamilySizes, FragmentLengths
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import EvidenceMode, MoleculeKind

LARGEST_FAMILY: Final = 20
"""Family sizes up to this have an entry of their own in the histogram."""

FIRST_LENGTH_BP: Final = 50
LENGTH_BIN_BP: Final = 5
LENGTH_BINS: Final = 110
"""The histogram of lengths spans 50 to 599 bp."""

_MODE_HALF_WIDTH: Final = 6

Counts = npt.NDArray[np.int64]


def count_kinds(evidence: SpecimenEvidence) -> dict[MoleculeKind, int]:
    """Return the molecules of each kind that occurs, each counted once."""
    counts = dict.fromkeys(MoleculeKind, 0)
    for molecules, is_new in _counted(evidence):
        strata = np.bincount(molecules.stratum[is_new], minlength=len(STRATA))
        for stratum, number in zip(STRATA, strata.tolist(), strict=True):
            counts[stratum[0]] += number
    return {kind: number for kind, number in counts.items() if number}


def count_fragments(evidence: SpecimenEvidence) -> int | None:
    """Return the read pairs behind all molecules; `None` if that of a molecule is not known.

    Of consensus reads they are the pairs that went into them, as their tags tell.
    """
    sizes = [(m.size_a + m.size_b)[is_new] for m, is_new in _counted(evidence)]
    total = _joined(sizes)
    return None if (total == 0).any() else int(total.sum())


def count_families(evidence: SpecimenEvidence) -> FamilySizes:
    """Return the strand families by size, those of known size."""
    size_a = _joined(m.size_a[is_new] for m, is_new in _counted(evidence))
    size_b = _joined(m.size_b[is_new] for m, is_new in _counted(evidence))
    return FamilySizes(_by_size(size_a), _by_size(size_b))


def mean_family_size(evidence: SpecimenEvidence) -> float | None:
    """Return the mean read pairs behind a strand family; `None` without families of known size."""
    sizes = _joined(size[is_new] for m, is_new in _counted(evidence) for size in (m.size_a, m.size_b))
    known = sizes[sizes > 0]
    return float(known.mean()) if len(known) else None


def count_single_strands(evidence: SpecimenEvidence, mode: EvidenceMode) -> tuple[int, int] | None:
    """Return the molecules of which strand A alone, and strand B alone, was read.

    `None` for consensus reads: their tools name the strands by family size or not at all, so the two are no measure.
    """
    if mode is EvidenceMode.CONSENSUS_READS:
        return None
    only_a = sum(int(np.sum((m.size_a > 0) & (m.size_b == 0) & is_new)) for m, is_new in _counted(evidence))
    only_b = sum(int(np.sum((m.size_b > 0) & (m.size_a == 0) & is_new)) for m, is_new in _counted(evidence))
    return only_a, only_b


def measure_lengths(evidence: SpecimenEvidence, thresholds: Thresholds) -> FragmentLengths:
    """Return the lengths of the DNA fragments, from outer end to outer end.

    Lone reads have one known end and are left out, as are pairs whose ends lie further apart than `max_fragment_bp`:
    mates of a chimera or misplaced ones.
    """
    spans = _joined((m.right - m.left)[is_new & (m.right >= 0)] for m, is_new in _counted(evidence))
    lengths = spans[(spans > 0) & (spans <= thresholds.max_fragment_bp)]
    end = FIRST_LENGTH_BP + LENGTH_BIN_BP * LENGTH_BINS
    inside = lengths[(lengths >= FIRST_LENGTH_BP) & (lengths < end)]
    is_mono = (lengths >= thresholds.mononucleosome_min_bp) & (lengths <= thresholds.mononucleosome_max_bp)
    return FragmentLengths(
        first_bp=FIRST_LENGTH_BP,
        bin_bp=LENGTH_BIN_BP,
        counts=_tuple(np.bincount((inside - FIRST_LENGTH_BP) // LENGTH_BIN_BP, minlength=LENGTH_BINS)),
        shorter=int(np.sum(lengths < FIRST_LENGTH_BP)),
        longer=int(np.sum(lengths >= end)),
        mononucleosomal=int(is_mono.sum()),
        long=int(np.sum(lengths >= thresholds.long_fragment_bp)),
        modal_bp=_modal_length(lengths),
    )


def count_agreement(evidence: SpecimenEvidence) -> tuple[int, int]:
    """Return molecules times positions at which they state a base, and at which their reads disagree."""
    stated = sum(int(tile.calls.ref_depth.sum()) + len(tile.calls.pos) for tile in evidence.tiles)
    return stated, sum(int(tile.calls.discordant.sum()) for tile in evidence.tiles)


def count_without_umi(evidence: SpecimenEvidence, mode: EvidenceMode) -> int | None:
    """Return the reads left out for want of a UMI; `None` where molecules are told apart without."""
    return sum(tile.reads_without_umi for tile in evidence.tiles) if mode is EvidenceMode.UMI_FAMILIES else None


def _counted(evidence: SpecimenEvidence) -> Iterator[tuple[Molecules, npt.NDArray[np.bool_]]]:
    """Yield the molecules of each tile, and which of them no earlier tile has counted."""
    for tile in evidence.tiles:
        yield tile.molecules, tile.molecules.is_first_seen


def _joined(parts: Iterable[npt.NDArray[np.int32]]) -> Counts:
    return np.concatenate([np.zeros(0, np.int64), *parts]).astype(np.int64)


def _by_size(sizes: Counts) -> tuple[int, ...]:
    known = np.minimum(sizes[sizes > 0], LARGEST_FAMILY + 1)
    return _tuple(np.bincount(known, minlength=LARGEST_FAMILY + 2)[1:])


def _modal_length(lengths: Counts) -> int | None:
    if not len(lengths):
        return None
    # METHOD: the mode under a triangular kernel 11 bp wide; the tallest single length of few molecules is chance.
    kernel = np.convolve(np.ones(_MODE_HALF_WIDTH), np.ones(_MODE_HALF_WIDTH))
    counts = np.bincount(lengths, minlength=len(kernel))
    return int(np.argmax(np.convolve(counts, kernel, mode="same")))


def _tuple(counts: Counts) -> tuple[int, ...]:
    return tuple(counts.tolist())
