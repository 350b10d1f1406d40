"""A laboratory's model as a document, and back, with every value checked."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, astuple
from pathlib import Path
from typing import Annotated, Any, Final

import numpy as np
import numpy.typing as npt
from pydantic import Field

from csfgeno.errormodel.choice import CANDIDATES, Choice
from csfgeno.errormodel.classes import CLASSES, KINDS
from csfgeno.errormodel.context import CHANGES, INDEL_CLASSES
from csfgeno.errormodel.counts import ChangeTable
from csfgeno.errormodel.header import Bases, Digest, Entry, Position, read_header
from csfgeno.errormodel.model import SHAPING, LabModel, ModelIdentity
from csfgeno.errormodel.panel_files import (
    Expected,
    JunctionLine,
    TargetLine,
    are_targets,
    depth_arrays,
    depths_from,
    expected_depths,
    junction_lines,
    junctions_from,
    target_lines,
)
from csfgeno.errormodel.places import Places, make_places
from csfgeno.errormodel.recurrence import Recurrence
from csfgeno.errormodel.shrinkage import MAX_RATE
from csfgeno.errormodel.sites import SiteTable
from csfgeno.errormodel.spread import SHAPE_RANGE
from csfgeno.errors import InputError
from csfgeno.io.model_file import ModelFile, read_model_file
from csfgeno.records import Allele, Interval
from csfgeno.vocab import Build, EvidenceMode

SCHEMA: Final = "csfgeno.error_model/3"
REMEDY: Final = "fit the model again"

Shape = Annotated[float, Field(ge=SHAPE_RANGE[0], le=SHAPE_RANGE[1])]
Fraction = Annotated[float, Field(ge=0, le=1)]

_AXES: Final = tuple(f"{kind}{' large' * is_large}{' end' * is_end}" for kind, is_large, is_end in CLASSES)


class _Identity(Entry):
    assay: str
    build: Annotated[Build, Field(strict=False)]
    panel: str
    panel_sha256: Digest
    evidence_mode: Annotated[EvidenceMode, Field(strict=False)]
    normals_sha256: Annotated[list[Digest], Field(min_length=1)]
    shaping: dict[str, float]


class _Choice(Entry):
    name: str
    gains: dict[str, float]
    held_out_errors: Annotated[int, Field(ge=0)]


class _Header(Entry):
    schema_version: Annotated[str, Field(alias="schema")]
    identity: _Identity
    choice: _Choice
    classes: list[str]
    intervals: list[tuple[str, Position, Position]]
    indels: list[tuple[str, Position, Bases, Bases]]
    recurrent: list[tuple[str, Position, Bases, Bases, Annotated[int, Field(ge=1)], Fraction]]
    site_shape: Shape
    between: Shape
    depth_targets: list[TargetLine]
    junctions: list[JunctionLine]
    arrays_sha256: Digest


def to_file(model: LabModel) -> ModelFile:
    """Return the document of a model."""
    sites = model.sites
    arrays: dict[str, npt.NDArray[Any]] = {
        "errors": model.table.errors,
        "chances": model.table.chances,
        "indel_errors": model.indel_errors,
        "indel_chances": model.indel_chances,
        "base_rates": model.base_rates,
        "indel_rates": model.indel_rates,
        "site_errors": sites.errors,
        "site_expected": sites.expected,
        "site_indel_errors": sites.indel_errors,
        "site_indel_expected": sites.indel_expected,
        **depth_arrays(model.depths),
    }
    header = {
        "schema": SCHEMA,
        "identity": asdict(model.identity),
        "choice": asdict(model.choice),
        "classes": list(_AXES),
        "intervals": [(i.contig, i.start, i.end) for i in sites.places.intervals],
        "indels": [(a.contig, a.start, a.ref, a.alt) for a in sites.indels],
        "recurrent": [(*astuple(r.allele), r.normals, r.fraction) for r in sites.recurrent],
        "site_shape": sites.site_shape,
        "between": model.between,
        "depth_targets": target_lines(model.depths.targets) if model.depths else [],
        "junctions": junction_lines(model.junctions),
        "arrays_sha256": digest_arrays(arrays),
    }
    return ModelFile(header, arrays)


def load_model(path: Path) -> LabModel:
    """Return the model of a file.

    Raises
    ------
    InputError
        If the file is no model, damaged, altered, or of another version.
    """
    return from_file(read_model_file(path), path.name)


def from_file(content: ModelFile, name: str) -> LabModel:
    """Return the model of a document.

    Raises
    ------
    InputError
        If it is of another schema, or a value is missing, of the wrong type or shape, or impossible.
    """
    header = _parse(content.header, name)
    places = Places(tuple(Interval(*interval) for interval in header.intervals))
    indels = tuple(Allele(*allele) for allele in header.indels)
    normals = len(header.identity.normals_sha256)
    beside = expected_depths(len(header.depth_targets), normals)
    arrays = _check_arrays(content.arrays, len(places), len(indels), beside, name)
    if digest_arrays(arrays) != header.arrays_sha256:
        raise InputError(f"{name} was altered after it was written: its numbers do not match its own digest")
    identity, choice = header.identity.model_dump(), header.choice.model_dump()
    return LabModel(
        identity=ModelIdentity(**identity | {"normals_sha256": tuple(header.identity.normals_sha256)}),
        choice=Choice(**choice),
        table=ChangeTable(arrays["errors"], arrays["chances"]),
        indel_errors=arrays["indel_errors"],
        indel_chances=arrays["indel_chances"],
        base_rates=arrays["base_rates"],
        indel_rates=arrays["indel_rates"],
        sites=SiteTable(
            places=places,
            errors=arrays["site_errors"],
            expected=arrays["site_expected"],
            indels=indels,
            indel_errors=arrays["site_indel_errors"],
            indel_expected=arrays["site_indel_expected"],
            recurrent=tuple(Recurrence(Allele(*row[:4]), row[4], row[5]) for row in header.recurrent),
            site_shape=header.site_shape,
        ),
        between=header.between,
        depths=depths_from(header.depth_targets, arrays, normals),
        junctions=junctions_from(header.junctions),
    )


def _parse(raw: Mapping[str, object], name: str) -> _Header:
    header = read_header(_Header, raw, schema=SCHEMA, name=name, remedy=REMEDY)
    _check_header(header, name)
    return header


def _check_header(header: _Header, name: str) -> None:
    spans = [Interval(*interval) for interval in header.intervals]
    normals = len(header.identity.normals_sha256)
    faults = {
        "classes of molecule are not those of this version": tuple(header.classes) != _AXES,
        "thresholds are not those that shape counts": set(header.identity.shaping) != set(SHAPING),
        "candidates are not those of this version": set(header.choice.gains) != set(CANDIDATES),
        "chosen candidate is unknown": header.choice.name not in CANDIDATES,
        "panel positions are empty, overlap or are not sorted": any(s.start >= s.end for s in spans)
        or make_places(spans).intervals != tuple(spans),
        "targets are empty or stand there twice": not are_targets(header.depth_targets),
        "junctions are of more normals than it has": any(line[6] > normals for line in header.junctions),
    }
    for fault, is_there in faults.items():
        if is_there:
            raise InputError(f"{name}: its {fault}; {REMEDY}")


def _check_arrays(
    arrays: Mapping[str, npt.NDArray[Any]], places: int, indels: int, beside: Expected, name: str
) -> dict[str, npt.NDArray[Any]]:
    by_change, by_indel = (len(CLASSES), CHANGES), (len(KINDS), INDEL_CLASSES)
    expected: dict[str, tuple[type, tuple[int, ...], float]] = {
        "errors": (np.float64, by_change, np.inf),
        "chances": (np.float64, by_change, np.inf),
        "base_rates": (np.float64, by_change, MAX_RATE),
        "indel_errors": (np.int64, by_indel, np.inf),
        "indel_chances": (np.int64, by_indel, np.inf),
        "indel_rates": (np.float64, by_indel, MAX_RATE),
        "site_errors": (np.int64, (places, 4), np.inf),
        "site_expected": (np.float64, (places, 4), np.inf),
        "site_indel_errors": (np.int64, (indels,), np.inf),
        "site_indel_expected": (np.float64, (indels,), np.inf),
    }
    ranged = {key: (dtype, shape, 0.0, high) for key, (dtype, shape, high) in expected.items()} | beside
    if set(arrays) != set(ranged):
        odd = ", ".join(sorted(set(arrays) ^ set(ranged)))
        raise InputError(f"{name}: it lacks an array or has one too many ({odd}); {REMEDY}")
    for key, (dtype, shape, low, high) in ranged.items():
        array = arrays[key]
        if array.dtype != dtype or array.shape != shape:
            raise InputError(
                f"{name}: {key} is {array.dtype} of shape {array.shape}, expected {np.dtype(dtype)} of shape {shape}; "
                "fit the model again"
            )
        if not (np.isfinite(array).all() and (array >= low).all() and (array <= high).all()):
            raise InputError(f"{name}: {key} has a value that is no number from {low:g} to {high:g}; {REMEDY}")
    if not (arrays["base_rates"].min() > 0 and arrays["indel_rates"].min() > 0):
        raise InputError(f"{name}: it has an error rate of 0; {REMEDY}")
    return dict(arrays)


def digest_arrays(arrays: Mapping[str, npt.NDArray[Any]]) -> str:
    """Return the SHA-256 of named arrays, of their names, types and shapes."""
    digest = hashlib.sha256()
    for name, array in sorted(arrays.items()):
        digest.update(f"{name}\t{array.dtype.str}\t{array.shape}\n".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
