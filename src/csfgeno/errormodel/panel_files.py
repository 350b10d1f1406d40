"""Depth and junctions of normals as entries of files, and back: header lines, arrays, and what each must be."""

from collections.abc import Mapping, Sequence
from dataclasses import astuple
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
from pydantic import Field

from csfgeno.errormodel.header import Position
from csfgeno.errormodel.panels import JUNCTION_DTYPE, DepthPanel, NormalJunction, NormalStructure, TargetList
from csfgeno.records import Breakpoint, Interval
from csfgeno.vocab import Side

Arrays = Mapping[str, npt.NDArray[Any]]
Expected = dict[str, tuple[type, tuple[int, ...], float, float]]
"""Type, shape, least and largest value of arrays by name."""

TargetLine = tuple[str, Position, Position, str]
_SideOf = Annotated[Side, Field(strict=False)]
_Count = Annotated[int, Field(ge=1)]
JunctionLine = tuple[str, Position, _SideOf, str, Position, _SideOf, _Count, _Count]

MAX_DEPTH = 1e9
MAX_LOG2 = 64.0
_INT32 = float(np.iinfo(np.int32).max)


def target_lines(targets: TargetList) -> list[TargetLine]:
    """Return targets as lines of a header."""
    return [(o.contig, o.start, o.end, gene) for o, gene in zip(targets.intervals, targets.genes, strict=True)]


def targets_from(lines: Sequence[TargetLine]) -> TargetList:
    """Return the targets of header lines."""
    return TargetList(tuple(Interval(*line[:3]) for line in lines), tuple(line[3] for line in lines))


def are_targets(lines: Sequence[TargetLine]) -> bool:
    """Return whether lines can be targets: none is empty, and none stands there twice with one gene."""
    return all(start < end for _, start, end, _ in lines) and len(set(lines)) == len(lines)


def structure_arrays(structure: NormalStructure) -> dict[str, npt.NDArray[Any]]:
    """Return the arrays of what a normal shows."""
    own = structure.junctions
    arrays = {"target_gc": structure.gc, "target_depth": structure.depth}
    return arrays | {f"junction_{name}": np.ascontiguousarray(own[name]) for name in JUNCTION_DTYPE.names or ()}


def expected_structure(arrays: Arrays, targets: int, contigs: int) -> Expected:
    """Return what the arrays of `structure_arrays` must be."""
    pairs = len(arrays["junction_molecules"]) if "junction_molecules" in arrays else 0
    return {
        "target_gc": (np.float64, (targets,), 0, 1),
        "target_depth": (np.float64, (targets,), 0, MAX_DEPTH),
        "junction_contig": (np.int32, (pairs, 2), 0, contigs - 1),
        "junction_pos": (np.int32, (pairs, 2), 0, _INT32),
        "junction_keeps_right": (np.bool_, (pairs, 2), 0, 1),
        "junction_molecules": (np.int32, (pairs,), 1, _INT32),
    }


def structure_from(lines: Sequence[TargetLine], contigs: Sequence[str], arrays: Arrays) -> NormalStructure:
    """Return what a normal shows, of checked header and arrays."""
    junctions = np.zeros(len(arrays["junction_molecules"]), JUNCTION_DTYPE)
    for name in JUNCTION_DTYPE.names or ():
        junctions[name] = arrays[f"junction_{name}"]
    return NormalStructure(targets_from(lines), arrays["target_gc"], arrays["target_depth"], tuple(contigs), junctions)


def depth_arrays(panel: DepthPanel | None) -> dict[str, npt.NDArray[Any]]:
    """Return the arrays of a panel of depth, empty ones without."""
    nothing = np.zeros(0)
    return {
        "depth_normals": panel.normals if panel else nothing.astype(np.int64),
        "depth_centre": panel.centre if panel else nothing,
        "depth_error": panel.error if panel else nothing,
        "depth_spread": panel.spread if panel else nothing,
    }


def expected_depths(targets: int, normals: int) -> Expected:
    """Return what the arrays of `depth_arrays` must be."""
    return {
        "depth_normals": (np.int64, (targets,), 0, normals),
        "depth_centre": (np.float64, (targets,), -MAX_LOG2, MAX_LOG2),
        "depth_error": (np.float64, (targets,), 0, MAX_LOG2),
        "depth_spread": (np.float64, (targets,), 0, MAX_LOG2),
    }


def depths_from(lines: Sequence[TargetLine], arrays: Arrays, normals: int) -> DepthPanel | None:
    """Return the panel of depth of checked header and arrays, `None` without targets."""
    if not lines:
        return None
    columns = (arrays[f"depth_{name}"] for name in ("normals", "centre", "error", "spread"))
    return DepthPanel(targets_from(lines), normals, *columns)


def junction_lines(junctions: Sequence[NormalJunction]) -> list[JunctionLine]:
    """Return junctions as lines of a header."""
    return [(*astuple(own.first), *astuple(own.second), own.normals, own.molecules) for own in junctions]


def junctions_from(lines: Sequence[JunctionLine]) -> tuple[NormalJunction, ...]:
    """Return the junctions of header lines."""
    return tuple(NormalJunction(Breakpoint(*line[:3]), Breakpoint(*line[3:6]), line[6], line[7]) for line in lines)
