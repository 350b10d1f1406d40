"""A laboratory's error model: rates by context and factors by site, learnt from the normals of one assay.

For a molecule of class x at site s the probability to show allele a by error is f(x, change) * r(s, a): f is a plain
table of rates, r a factor shrunk to 1. Nothing in a model can be executed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from csfgeno.errormodel.choice import Choice
from csfgeno.errormodel.classes import KIND_OF_CLASS
from csfgeno.errormodel.counts import BackgroundCounts, ChangeTable, Floats, Integers, pool_kinds, tabulate
from csfgeno.errormodel.panels import DepthPanel, NormalJunction
from csfgeno.errormodel.shrinkage import MAX_RATE, shrink_factor
from csfgeno.errormodel.sites import SiteTable
from csfgeno.errors import InputError, UsageError
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import Build, EvidenceMode

KIND_PRIOR_ERRORS: Final = 10.0
"""Weight of a laboratory's rate of a kind, in errors, when a specimen adapts it."""

SHAPING: Final = (
    "min_mapq",
    "min_baseq",
    "umi_max_mismatches",
    "min_family_agreement",
    "background_max_vaf",
    "background_max_fold",
)
"""Thresholds that decide which molecules and errors are counted; a call must use those of the model."""


@dataclass(frozen=True, slots=True)
class ModelIdentity:
    """What a model was made for and from: no path, date, sample name or host.

    Attributes
    ----------
    normals_sha256
        Digests of the normals' alignment files, sorted.
    shaping
        The thresholds named in `SHAPING`.
    """

    assay: str
    build: Build
    panel: str
    panel_sha256: str
    evidence_mode: EvidenceMode
    normals_sha256: tuple[str, ...]
    shaping: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class LabModel:
    """The error model of an assay.

    Attributes
    ----------
    table
        Errors and chances of all normals, shape (class, change).
    indel_errors, indel_chances
        Insertions and deletions, and molecules that could show one, in all normals, shape (kind, indel class).
    base_rates, indel_rates
        f: shapes (class, change) and (kind, indel class).
    sites
        r, and how sites differ.
    between
        Gamma shape of what varies at a site from specimen to specimen.
    depths
        Depth of each target in the normals, `None` if they are too few.
    junctions
        Junctions that normals share, sorted.
    """

    identity: ModelIdentity
    choice: Choice
    table: ChangeTable
    indel_errors: Integers
    indel_chances: Integers
    base_rates: Floats
    indel_rates: Floats
    sites: SiteTable
    between: float
    depths: DepthPanel | None = None
    junctions: tuple[NormalJunction, ...] = ()


def expect(counts: BackgroundCounts, rates: Floats, odd: npt.NDArray[np.bool_]) -> Floats:
    """Return the errors expected in a specimen, each kind's rates adapted to it but for odd sites, (place, base)."""
    table = tabulate(counts.without(odd))
    factor = adapt_kinds(table.errors, table.chances * rates, KIND_PRIOR_ERRORS)
    return counts.expected_by_site(np.minimum(rates * factor[KIND_OF_CLASS][:, None], MAX_RATE))


def adapt_kinds(errors: Floats, expected: Floats, weight: Floats | float) -> Floats:
    """Return by how much each kind errs more than expected, shrunk to 1, shape (kind,); inputs (class, change)."""
    return shrink_factor(pool_kinds(errors).sum(axis=1), pool_kinds(expected).sum(axis=1), weight)


def check_model(
    model: LabModel,
    *,
    build: Build,
    panel: str,
    panel_sha256: str,
    assay: str | None,
    thresholds: Thresholds,
    name: str,
) -> None:
    """Check that a model was made for what a run is about.

    Parameters
    ----------
    panel
        Name and version of the panel of the run, for messages.
    assay
        Assay that the user says the specimens were made with, `None` if not said.
    name
        Name of the model file, for messages.

    Raises
    ------
    InputError
        If it was fitted on another build or panel.
    UsageError
        If it is of another assay than given, or was fitted with other thresholds for reads and molecules.
    """
    own = model.identity
    if own.build is not build:
        raise InputError(f"{name} was fitted on {own.build}, the case is on {build}; give the model of that build")
    if own.panel_sha256 != panel_sha256:
        raise InputError(
            f"{name} was fitted on panel {own.panel} (SHA-256 {own.panel_sha256[:12]}), the case is on {panel} "
            f"({panel_sha256[:12]}); fit it again on the panel of the case, or give the panel it was fitted on"
        )
    if assay is not None and own.assay != assay:
        raise UsageError(f"{name} is of assay '{own.assay}', the run is of '{assay}'; give the model of that assay")
    for key, value in own.shaping.items():
        if getattr(thresholds, key) != value:
            raise UsageError(
                f"{name} was fitted with {key} = {value:g}, the run has {getattr(thresholds, key):g}; "
                "use the same value or fit the model again"
            )
