"""Specimens drawn molecule by molecule from a laboratory's true error rates, as the caller sees them."""

from collections.abc import Collection
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np

from csfgeno.calling.caller import SpecimenCaller, make_priors
from csfgeno.errormodel.adapt import adapt_model
from csfgeno.errormodel.background import fit_counts
from csfgeno.errormodel.counts import count_background
from csfgeno.errormodel.fit import fit_model
from csfgeno.errormodel.model import LabModel, ModelIdentity
from csfgeno.evidence.specimen import SpecimenEvidence
from csfgeno.molecules.collapse import Molecules, MoleculeTile
from csfgeno.molecules.strata import STRATA
from csfgeno.molecules.voting.fold import Calls
from csfgeno.molecules.voting.indels import IndelCalls
from csfgeno.records import Interval
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import Build, EvidenceMode, SpecimenKind

from .worlds import (
    BETWEEN_SHAPE,
    CONTIG,
    COVERAGE_SD,
    LISTED_ALLELES,
    MOLECULES_PER_NG,
    PANEL_BP,
    TILE_BP,
    Counts,
    Rates,
    World,
    share_of,
)

HALF_FRAGMENT_BP: Final = 80

NORMALS, NORMAL_INPUT_NG = 12, 20
"""Blanks that a laboratory's model is fitted on."""


@dataclass(frozen=True, slots=True)
class Specimen:
    """A blank specimen.

    Attributes
    ----------
    depth, errors
        Molecules, shape (stratum, position), and errors, shape (stratum, position, base shown).
    site
        Factor of each site in this specimen, shape (position, base shown).
    """

    evidence: SpecimenEvidence
    depth: Counts
    errors: Counts
    site: Rates


def draw_blank(world: World, mode: str, input_ng: float, rng: np.random.Generator) -> Specimen:
    """Return a specimen without variants."""
    width = len(world.region)
    coverage = np.repeat(rng.lognormal(-(COVERAGE_SD**2) / 2, COVERAGE_SD, width // TILE_BP), TILE_BP)
    share = np.array([share_of(number, mode) for number in range(len(STRATA))])
    depth = rng.poisson(input_ng * MOLECULES_PER_NG * share[:, None] * coverage)
    site = world.lasting * rng.gamma(BETWEEN_SHAPE, 1.0 / BETWEEN_SHAPE, (width, 4))
    errors = _fitting(rng.poisson(depth[:, :, None] * world.rate * site), depth)
    return Specimen(make_evidence(world, depth, errors), depth, errors, site)


def damage(blank: Specimen, world: World, damaged: World, rng: np.random.Generator) -> Specimen:
    """Return the same molecules with what the rates of `damaged` add to those of `world`: no error is taken away."""
    added = rng.poisson(blank.depth[:, :, None] * (damaged.rate - world.rate) * blank.site)
    errors = blank.errors + _fitting(added, blank.depth - blank.errors.sum(axis=2))
    return Specimen(make_evidence(world, blank.depth, errors), blank.depth, errors, blank.site)


def _fitting(errors: Counts, depth: Counts) -> Counts:
    """Return the errors without those of a place that has fewer molecules, which happens at depth 1 only."""
    return np.asarray(np.where((errors.sum(axis=2) > depth)[:, :, None], 0, errors))


def make_caller(evidence: SpecimenEvidence, world: World, model: LabModel | None) -> SpecimenCaller:
    """Return the caller of a specimen: it learns its background alone, or adapts a laboratory's model."""
    thresholds = Thresholds()
    counts = count_background(evidence.tiles, world.sequence, frozenset(world.hotspots), thresholds)
    background = fit_counts(counts, thresholds) if model is None else adapt_model(model, counts)
    priors = make_priors(LISTED_ALLELES, PANEL_BP, thresholds)
    return SpecimenCaller(SpecimenKind.CSF, evidence, background, priors, thresholds)


def draw_normals(world: World, mode: str, rng: np.random.Generator) -> list[Specimen]:
    """Return the blanks that a laboratory fits its model on."""
    return [draw_blank(world, mode, NORMAL_INPUT_NG, rng) for _ in range(NORMALS)]


def fit_normals(normals: Collection[SpecimenEvidence], world: World, mode: str) -> LabModel:
    """Return the model that a laboratory fits on its own blanks; hotspots teach it, as no normal bears them."""
    thresholds = Thresholds()
    counts = [count_background(normal.tiles, world.sequence, (), thresholds) for normal in normals]
    identity = ModelIdentity(
        assay=mode,
        build=Build.GRCH38,
        panel="study",
        panel_sha256="0" * 64,
        evidence_mode=EvidenceMode.UMI_FAMILIES,
        normals_sha256=tuple(f"{number:064x}" for number in range(len(normals))),
        shaping={},
    )
    return fit_model(identity, counts, thresholds)


def make_evidence(world: World, depth: Counts, errors: Counts) -> SpecimenEvidence:
    """Return what the caller sees of molecules and their wrong bases."""
    bases = world.sequence.fetch(CONTIG, world.region.start, world.region.end)
    tiles = []
    for start in range(0, len(world.region), TILE_BP):
        part = slice(start, start + TILE_BP)
        interval = Interval(CONTIG, world.region.start + start, world.region.start + start + TILE_BP)
        tiles.append(_tile(interval, bases[part], depth[:, part], errors[:, part]))
    return SpecimenEvidence(tuple(tiles), world.sequence)


def _tile(interval: Interval, bases: str, depth: Counts, errors: Counts) -> MoleculeTile:
    """Return a tile in which every molecule spans one position, and its row is that of its call."""
    stratum, at, base = (np.repeat(axis, errors[errors > 0]) for axis in np.nonzero(errors))
    rows = len(at)
    pos = (at + interval.start).astype(np.int32)
    calls = Calls(
        ref_depth=(depth - errors.sum(axis=2)).astype(np.int32),
        discordant=np.zeros(len(interval), np.int32),
        molecule=np.arange(rows, dtype=np.int32),
        pos=pos,
        base=base.astype(np.uint8),
        stratum=stratum.astype(np.uint8),
        votes=np.zeros((rows, 4), np.uint32),
    )
    parts: dict[str, Any] = {
        "interval": interval,
        "reference": bases,
        "molecules": make_molecules(stratum, left=pos - HALF_FRAGMENT_BP, right=pos + HALF_FRAGMENT_BP),
        "calls": calls,
        "indels": IndelCalls((), ()),
    }
    return MoleculeTile(**{f.name: parts.get(f.name, 0) for f in fields(MoleculeTile)})


def make_molecules(stratum: Counts, **told: Any) -> Molecules:
    """Return molecules of these strata, shape (molecule,); what is not `told` is of no interest to the caller."""
    rows = len(stratum)
    told |= {"stratum": stratum.astype(np.uint8), "mapq": np.full(rows, 60.0)}
    return Molecules(**{f.name: told.get(f.name, np.zeros(rows, np.int32)) for f in fields(Molecules)})
