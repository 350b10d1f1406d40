"""What a fit needs of one normal as a file, so that its reads are read once: background, target depth, junctions.

A file holds the very counts that a fit makes from reads, so a model fitted from files has the same bytes.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Final, Protocol

import numpy as np
import numpy.typing as npt
from pydantic import Field

from csfgeno.errormodel.context import CHANGES, INDEL_CLASSES, RUN_BINS, UNKNOWN
from csfgeno.errormodel.counts import BackgroundCounts, SeenIndel
from csfgeno.errormodel.document import digest_arrays
from csfgeno.errormodel.header import Bases, Digest, Entry, Position, read_header
from csfgeno.errormodel.model import SHAPING
from csfgeno.errormodel.panel_files import (
    Expected,
    TargetLine,
    are_targets,
    expected_structure,
    structure_arrays,
    structure_from,
    target_lines,
)
from csfgeno.errormodel.panels import NormalStructure
from csfgeno.errormodel.places import Places, make_places
from csfgeno.errormodel.recurrence import CommonAllele
from csfgeno.errors import InputError
from csfgeno.io.model_file import ModelFile, read_model_file
from csfgeno.molecules.strata import STRATA
from csfgeno.records import Allele, Interval
from csfgeno.vocab import Build, EvidenceMode

SCHEMA: Final = "csfgeno.background/2"
WHAT: Final = "file of `csfgeno model collect`"
REMEDY: Final = "collect the normal again"


@dataclass(frozen=True, slots=True)
class NormalIdentity:
    """What a normal's counts were made for and from: no path, date, sample name or host.

    Attributes
    ----------
    alignments_sha256
        Digest of the alignment file.
    shaping
        The thresholds named in `SHAPING`.
    """

    build: Build
    panel: str
    panel_sha256: str
    evidence_mode: EvidenceMode
    alignments_sha256: str
    shaping: Mapping[str, float]


class Normal(Protocol):
    """One normal, in memory or in a file, and the name to call it by in messages."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def identity(self) -> NormalIdentity: ...  # noqa: D102
    @property
    def counts(self) -> BackgroundCounts: ...  # noqa: D102
    @property
    def structure(self) -> NormalStructure: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class CollectedNormal:
    """A normal in memory."""

    name: str
    identity: NormalIdentity
    counts: BackgroundCounts
    structure: NormalStructure


@dataclass(frozen=True, slots=True)
class StoredNormal:
    """A normal in a file, which is read, and checked, each time its counts or its structure are asked for."""

    path: Path
    identity: NormalIdentity

    @property
    def name(self) -> str:
        """The name of the file."""
        return self.path.name

    @property
    def counts(self) -> BackgroundCounts:
        """The counts that the file holds now."""
        return self.load().counts

    @property
    def structure(self) -> NormalStructure:
        """The depths and junctions that the file holds now."""
        return self.load().structure

    def load(self) -> CollectedNormal:
        """Return the normal of the file.

        Raises
        ------
        InputError
            As `load_normal`, or if the file is no longer the one that was first seen.
        """
        loaded = load_normal(self.path)
        if loaded.identity != self.identity:
            raise InputError(f"{self.name} was replaced while a model was fitted from it; fit the model again")
        return loaded


class _Identity(Entry):
    build: Annotated[Build, Field(strict=False)]
    panel: str
    panel_sha256: Digest
    evidence_mode: Annotated[EvidenceMode, Field(strict=False)]
    alignments_sha256: Digest
    shaping: dict[str, float]


class _Indel(Entry):
    contig: str
    start: Position
    ref: Bases
    alt: Bases
    place: Position
    klass: Annotated[int, Field(ge=0, lt=INDEL_CLASSES)]
    depth: Position


class _Common(Entry):
    contig: str
    start: Position
    ref: Bases
    alt: Bases
    place: Position
    molecules: Position
    depth: Position


class _Header(Entry):
    schema_version: Annotated[str, Field(alias="schema")]
    identity: _Identity
    strata: list[str]
    intervals: list[tuple[str, Position, Position]]
    indels: list[_Indel]
    common: list[_Common]
    targets: Annotated[list[TargetLine], Field(min_length=1)]
    contigs: list[str]
    arrays_sha256: Digest


_STRATA: Final = [f"{s.kind} {s.strand}{' large' * s.is_large}{' end' * s.is_end}" for s in STRATA]


def to_file(normal: CollectedNormal) -> ModelFile:
    """Return the document of a normal."""
    counts = normal.counts
    arrays: dict[str, npt.NDArray[Any]] = {
        "change": counts.change.astype(np.int16),
        "depth": counts.depth,
        "is_background": counts.is_background,
        "at": counts.at,
        "base": counts.base,
        "stratum": counts.stratum,
        "molecules": counts.molecules,
        "run": counts.run.astype(np.int16),
        "indel_alt": np.array([seen.alt for seen in counts.indels], np.int64).reshape(-1, len(STRATA)),
        **structure_arrays(normal.structure),
    }
    header = {
        "schema": SCHEMA,
        "identity": asdict(normal.identity),
        "strata": _STRATA,
        "intervals": [(i.contig, i.start, i.end) for i in counts.places.intervals],
        "indels": [
            asdict(seen.allele) | {"place": int(seen.place), "klass": int(seen.klass), "depth": int(seen.depth)}
            for seen in counts.indels
        ],
        "common": [
            asdict(shown.allele) | {"place": int(shown.place), "molecules": int(shown.alt), "depth": int(shown.depth)}
            for shown in counts.common
        ],
        "targets": target_lines(normal.structure.targets),
        "contigs": list(normal.structure.contigs),
        "arrays_sha256": digest_arrays(arrays),
    }
    return ModelFile(header, arrays)


def find_normal(path: Path) -> StoredNormal:
    """Return the normal of a file, whose counts are left there.

    Raises
    ------
    InputError
        As `load_normal`.
    """
    return StoredNormal(path, load_normal(path).identity)


def load_normal(path: Path) -> CollectedNormal:
    """Return the counts of a file.

    Raises
    ------
    InputError
        If the file is no such file, damaged, altered, or of another version.
    """
    content = read_model_file(path, WHAT)
    header = _parse(content.header, path.name)
    places = Places(tuple(Interval(*interval) for interval in header.intervals))
    arrays = content.arrays
    _check_arrays(arrays, header, len(places), path.name)
    if digest_arrays(arrays) != header.arrays_sha256:
        raise InputError(f"{path.name} was altered after it was written: its numbers do not match its own digest")
    indels = tuple(
        SeenIndel(Allele(i.contig, i.start, i.ref, i.alt), i.place, i.klass, alt, i.depth)
        for i, alt in zip(header.indels, arrays["indel_alt"], strict=True)
    )
    counts = BackgroundCounts(
        places=places,
        change=arrays["change"].astype(np.int64),
        depth=arrays["depth"],
        is_background=arrays["is_background"],
        at=arrays["at"],
        base=arrays["base"],
        stratum=arrays["stratum"],
        molecules=arrays["molecules"],
        run=arrays["run"].astype(np.int64),
        indels=indels,
        common=tuple(
            CommonAllele(Allele(c.contig, c.start, c.ref, c.alt), c.place, c.molecules, c.depth) for c in header.common
        ),
    )
    structure = structure_from(header.targets, header.contigs, arrays)
    return CollectedNormal(path.name, NormalIdentity(**header.identity.model_dump()), counts, structure)


def _parse(raw: Mapping[str, object], name: str) -> _Header:
    header = read_header(_Header, raw, schema=SCHEMA, name=name, remedy=REMEDY)
    spans = [Interval(*interval) for interval in header.intervals]
    size = sum(len(span) for span in spans)
    places = [*(indel.place for indel in header.indels), *(allele.place for allele in header.common)]
    faults = {
        "kinds of molecule are not those of this version": header.strata != _STRATA,
        "thresholds are not those that shape counts": set(header.identity.shaping) != set(SHAPING),
        "panel positions are empty, overlap or are not sorted": any(s.start >= s.end for s in spans)
        or make_places(spans).intervals != tuple(spans),
        "indels or common alleles lie outside its panel": any(place >= size for place in places),
        "targets are empty or stand there twice": not are_targets(header.targets),
        "contigs of junctions are not sorted": header.contigs != sorted(set(header.contigs)),
    }
    for fault, is_there in faults.items():
        if is_there:
            raise InputError(f"{name}: its {fault}; {REMEDY}")
    return header


def _check_arrays(arrays: Mapping[str, npt.NDArray[Any]], header: _Header, places: int, name: str) -> None:
    entries = len(arrays["at"]) if "at" in arrays else 0
    most = float(np.iinfo(np.int32).max)
    expected: Expected = {
        "change": (np.int16, (places, 4), UNKNOWN, CHANGES - 1),
        "depth": (np.int32, (places, len(STRATA)), 0, most),
        "is_background": (np.bool_, (places, 4), 0, 1),
        "at": (np.int32, (entries,), 0, places - 1),
        "base": (np.uint8, (entries,), 0, 3),
        "stratum": (np.uint8, (entries,), 0, len(STRATA) - 1),
        "molecules": (np.int32, (entries,), 1, most),
        "run": (np.int16, (places,), UNKNOWN, len(RUN_BINS) - 1),
        "indel_alt": (np.int64, (len(header.indels), len(STRATA)), 0, most),
        **expected_structure(arrays, len(header.targets), len(header.contigs)),
    }
    if set(arrays) != set(expected):
        odd = ", ".join(sorted(set(arrays) ^ set(expected)))
        raise InputError(f"{name}: it lacks an array or has one too many ({odd}); {REMEDY}")
    for key, (dtype, shape, low, high) in expected.items():
        array = arrays[key]
        if array.dtype != dtype or array.shape != shape:
            raise InputError(f"{name}: {key} is {array.dtype} of shape {array.shape}; {REMEDY}")
        if array.size and not (low <= array.min() and array.max() <= high):
            raise InputError(f"{name}: {key} has a value outside {low:g} to {high:g}; {REMEDY}")
