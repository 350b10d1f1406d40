"""Evidence of specimens whose error rates and noisy sites are known, drawn without reads."""

import random
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from csfgeno.evidence.specimen import SpecimenEvidence
from csfgeno.genome.sequence import Window
from csfgeno.molecules.collapse import Molecules, MoleculeTile
from csfgeno.molecules.strata import STRATA
from csfgeno.molecules.voting.fold import Calls
from csfgeno.molecules.voting.indels import IndelCalls
from csfgeno.records import Interval

CONTIG = "c"
BASES = "".join(random.Random(3).choices("ACGT", k=1_200))
REGION = Interval(CONTIG, 100, 1_100)
REFERENCE = BASES[REGION.start : REGION.end]
DUPLEX, SIMPLEX_A, SIMPLEX_B, SINGLETON_A, SINGLETON_B = (
    next(i for i, s in enumerate(STRATA) if (s.kind, s.strand) == row)
    for row in (("duplex", "both"), ("simplex", "A"), ("simplex", "B"), ("singleton", "A"), ("singleton", "B"))
)

Errors = npt.NDArray[np.int64]
"""Molecules that show a base by error, shape (stratum, position, base)."""


def draw_errors(
    depth: Mapping[int, int],
    rate: Mapping[tuple[int, str, str], float],
    rng: np.random.Generator,
    site_factors: npt.NDArray[np.float64] | float = 1.0,
) -> Errors:
    """Draw Poisson errors at `rate[stratum, ref, alt]` times factors of shape (position, base)."""
    mean = np.zeros((len(STRATA), len(REGION), 4))
    reference = np.array(list(REFERENCE))
    for (stratum, ref, alt), r in rate.items():
        mean[stratum, reference == ref, "ACGT".index(alt)] = depth.get(stratum, 0) * r
    return rng.poisson(mean * site_factors)


def make_tile(depth: Mapping[int, int], errors: Errors) -> MoleculeTile:
    """Return a tile with `depth[stratum]` molecules everywhere; those with an error are rows of their own."""
    stratum, at, base = np.nonzero(errors)
    times = errors[stratum, at, base]
    rows = len(np.repeat(at, times))
    whole = np.array([depth.get(i, 0) for i in range(len(STRATA))])

    def every(value: int) -> npt.NDArray[np.int32]:
        return np.full(rows, value, np.int32)

    return MoleculeTile(
        interval=REGION,
        reference=REFERENCE,
        molecules=Molecules(
            every(REGION.start), every(REGION.end), every(REGION.start), every(REGION.end), every(REGION.start),
            every(REGION.end), every(1), every(0), np.repeat(stratum, times).astype(np.uint8), np.full(rows, 60.0),
            np.arange(rows, dtype=np.uint64), np.ones(rows, bool),
        ),
        calls=Calls(
            ref_depth=(whole[:, None] - errors.sum(axis=2)).astype(np.int32),
            discordant=np.zeros(len(REGION), np.int32),
            molecule=np.arange(rows, dtype=np.int32),
            pos=(np.repeat(at, times) + REGION.start).astype(np.int32),
            base=np.repeat(base, times).astype(np.uint8),
            stratum=np.repeat(stratum, times).astype(np.uint8),
            votes=np.zeros((rows, 4), np.uint32),
        ),
        indels=IndelCalls((), ()),
        reads_seen=0,
        reads_used=0,
        reads_without_umi=0,
        fragments=0,
    )  # fmt: skip


def make_evidence(
    depth: Mapping[int, int],
    rate: Mapping[tuple[int, str, str], float],
    seed: int = 1,
    site_factors: npt.NDArray[np.float64] | float = 1.0,
) -> SpecimenEvidence:
    """Return evidence with `depth[stratum]` molecules everywhere and errors at `rate[stratum, ref, alt]`."""
    errors = draw_errors(depth, rate, np.random.default_rng(seed), site_factors)
    return evidence_of(make_tile(depth, errors))


def evidence_of(tile: MoleculeTile) -> SpecimenEvidence:
    """Return the evidence of one tile."""
    return SpecimenEvidence((tile,), Window(Interval(CONTIG, 0, len(BASES)), BASES))


def split(evidence: SpecimenEvidence, at: int) -> SpecimenEvidence:
    """Return the same evidence read in two tiles."""
    tile = evidence.tiles[0]
    parts = []
    for start, end in ((REGION.start, at), (at, REGION.end)):
        own = slice(start - REGION.start, end - REGION.start)
        kept = (tile.calls.pos >= start) & (tile.calls.pos < end)
        calls = replace(
            tile.calls, ref_depth=tile.calls.ref_depth[:, own], discordant=tile.calls.discordant[own],
            molecule=tile.calls.molecule[kept], pos=tile.calls.pos[kept], base=tile.calls.base[kept],
            stratum=tile.calls.stratum[kept], votes=tile.calls.votes[kept],
        )  # fmt: skip
        parts.append(replace(tile, interval=Interval(CONTIG, start, end), reference=tile.reference[own], calls=calls))
    return SpecimenEvidence(tuple(parts), evidence.sequence)
