"""What a laboratory's normals show beside errors: the depth of each target, and junctions.

This is what files hold of them; csfgeno.structural.normals makes it from reads and joins it.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from csfgeno.errormodel.counts import Floats, Integers
from csfgeno.records import Breakpoint, Interval

JUNCTION_DTYPE: Final = np.dtype(
    [
        ("contig", np.int32, (2,)),
        ("pos", np.int32, (2,)),
        ("keeps_right", np.bool_, (2,)),
        ("molecules", np.int32),
    ]
)
"""Both places of a junction, sorted by name and position, contigs as rows of a list, and the molecules that show it."""


@dataclass(frozen=True, slots=True)
class TargetList:
    """The targets of a panel, in its order: places, contigs named without `chr`, and genes."""

    intervals: tuple[Interval, ...]
    genes: tuple[str, ...]

    def __len__(self) -> int:
        """Return the number of targets."""
        return len(self.intervals)


@dataclass(frozen=True, slots=True)
class NormalStructure:
    """Depth and junctions of one normal.

    Attributes
    ----------
    gc
        Share of G and C of each target, shape (targets,).
    depth
        Mean depth of each target in molecules, shape (targets,).
    contigs
        Names without `chr` behind the contigs of `junctions`.
    junctions
        Sorted; dtype `JUNCTION_DTYPE`.
    """

    targets: TargetList
    gc: Floats
    depth: Floats
    contigs: tuple[str, ...]
    junctions: npt.NDArray[np.void]


@dataclass(frozen=True, slots=True)
class DepthPanel:
    """Depth of each target in the normals of an assay: log2 over the bulk of the panel, shape (targets,).

    Attributes
    ----------
    size
        Normals of the panel.
    normals
        Normals that show molecules of a target.
    centre
        Where they lie, robustly.
    error
        Standard error of `centre`.
    spread
        SD between normals beyond counting, shrunk to that of all targets.
    """

    targets: TargetList
    size: int
    normals: Integers
    centre: Floats
    error: Floats
    spread: Floats


@dataclass(frozen=True, slots=True, order=True)
class NormalJunction:
    """A junction that normals share, sides sorted by name and position, contigs named without `chr`.

    `normals` show it, with `molecules` in all of them together.
    """

    first: Breakpoint
    second: Breakpoint
    normals: int
    molecules: int
