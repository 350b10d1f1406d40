"""From the normals of a laboratory to the error model of its assay."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from csfgeno.assay import Assay, RunOptions, choose_thresholds, load_assay
from csfgeno.errormodel.collected import CollectedNormal, Normal, NormalIdentity
from csfgeno.errormodel.counts import BackgroundCounts, count_background
from csfgeno.errormodel.fit import fit_model
from csfgeno.errormodel.model import SHAPING, LabModel, ModelIdentity
from csfgeno.errors import InputError
from csfgeno.genome.normalise import normalise
from csfgeno.inputs.case import LoadedCase, case_from_options
from csfgeno.inputs.check import check_case
from csfgeno.io.digest import digest_file
from csfgeno.io.reference import ReferenceFasta
from csfgeno.molecules.beyond import partner_places, read_beyond
from csfgeno.molecules.broken import BrokenTile
from csfgeno.molecules.collapse import MoleculeTile
from csfgeno.molecules.reader import ReadMode, Source, probe, read_molecules
from csfgeno.molecules.tiles import make_tiles
from csfgeno.structural.junctions import Junction, cluster, gather
from csfgeno.structural.normals import describe_normal, fit_depths, join_junctions
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import Build, SpecimenKind

log = logging.getLogger(__name__)

TOO_FEW_NORMALS: Final = "%d given, a panel of depth takes %d normals; copy number will be judged without it"


@dataclass(frozen=True, slots=True)
class Laboratory:
    """What all normals of a laboratory share."""

    assay: str
    reference: Path
    panel: str
    build: Build | None


def fit_laboratory(laboratory: Laboratory, normals: Sequence[Path], options: RunOptions) -> LabModel:
    """Return the error model of `normals`, read one after the other.

    Memory follows one tile of reads and, for each normal, about 150 bytes a base of the panel.

    Raises
    ------
    InputError
        If a normal cannot be used, is given twice, or its reads are of another kind than those of the first.
    """
    cases = [_case_of(laboratory, path) for path in normals]
    thresholds, _ = choose_thresholds(cases[0], options)
    with ReferenceFasta(laboratory.reference) as fasta:
        assay = load_assay(laboratory.panel, laboratory.build, fasta)
        for case in cases:
            check_case(case, fasta, assay.panel)
        collected = [_collect(path, laboratory, assay, thresholds, options) for path in normals]
    return fit_collected(laboratory.assay, collected, thresholds)


def collect_normal(laboratory: Laboratory, path: Path, options: RunOptions) -> CollectedNormal:
    """Return what a fit needs of one normal, from which `fit_collected` fits the same model as from its reads.

    Raises
    ------
    InputError
        If the normal cannot be used.
    """
    case = _case_of(laboratory, path)
    thresholds, _ = choose_thresholds(case, options)
    with ReferenceFasta(laboratory.reference) as fasta:
        assay = load_assay(laboratory.panel, laboratory.build, fasta)
        check_case(case, fasta, assay.panel)
        return _collect(path, laboratory, assay, thresholds, options)


@dataclass(frozen=True, slots=True)
class _Counts:
    """The counts of normals, one normal after the other."""

    normals: Sequence[Normal]

    def __len__(self) -> int:
        return len(self.normals)

    def __iter__(self) -> Iterator[BackgroundCounts]:
        return (normal.counts for normal in self.normals)


def fit_collected(assay: str, normals: Sequence[Normal], thresholds: Thresholds) -> LabModel:
    """Return the error model of normals that were collected, in any order.

    Counts of normals in files are read anew in each pass of the fit, so that memory does not follow their number.

    Raises
    ------
    InputError
        If a normal is given twice, or was collected on another panel, build, genome or kind of reads, or with other
        thresholds.
    """
    _check_alike(normals, thresholds)
    # Sums of counts do not depend on the order of normals, floating-point sums do; so they are put in one.
    in_order = sorted(normals, key=lambda normal: normal.identity.alignments_sha256)
    first = in_order[0].identity
    identity = ModelIdentity(
        assay=assay,
        build=first.build,
        panel=first.panel,
        panel_sha256=first.panel_sha256,
        evidence_mode=first.evidence_mode,
        normals_sha256=tuple(normal.identity.alignments_sha256 for normal in in_order),
        shaping=first.shaping,
    )
    shown = [normal.structure for normal in in_order]
    for normal, own in zip(in_order, shown, strict=True):
        if own.targets != shown[0].targets:
            raise InputError(
                f"{normal.name} was collected with other targets than {in_order[0].name}; collect both with one genome"
            )
    fitted = fit_model(identity, _Counts(in_order), thresholds)
    model = replace(fitted, depths=fit_depths(shown, thresholds), junctions=join_junctions(shown, thresholds))
    if model.depths is None:
        log.warning(TOO_FEW_NORMALS, len(shown), thresholds.depth_min_normals)
    return model


def _check_alike(normals: Sequence[Normal], thresholds: Thresholds) -> None:
    first, seen = normals[0], dict[str, str]()
    for normal in normals:
        own = normal.identity
        if own.alignments_sha256 in seen:
            raise InputError(f"{normal.name} is the same file as {seen[own.alignments_sha256]}; give each normal once")
        seen[own.alignments_sha256] = normal.name
        if own.evidence_mode is not first.identity.evidence_mode:
            raise InputError(
                f"{normal.name} holds {own.evidence_mode}, {first.name} holds {first.identity.evidence_mode}; "
                "fit one model for each kind of reads"
            )
        if (own.build, own.panel_sha256) != (first.identity.build, first.identity.panel_sha256):
            raise InputError(
                f"{normal.name} was collected on {own.panel} of {own.build}, {first.name} on {first.identity.panel} of "
                f"{first.identity.build}; fit one model for each panel and build"
            )
        for name, value in own.shaping.items():
            if getattr(thresholds, name) != value:
                raise InputError(
                    f"{normal.name} was collected with {name} = {value:g}, the fit has "
                    f"{getattr(thresholds, name):g}; use the same value or collect it again"
                )


def _case_of(laboratory: Laboratory, path: Path) -> LoadedCase:
    return case_from_options(
        reference=laboratory.reference,
        normal=path,
        panel=laboratory.panel,
        build=laboratory.build,
        case_id="normal",
        samples={SpecimenKind.NORMAL: "normal"},
    )


def _collect(
    path: Path, laboratory: Laboratory, assay: Assay, thresholds: Thresholds, options: RunOptions
) -> CollectedNormal:
    source = Source(path, laboratory.reference, thresholds, normalise, options.umis, assay.listed)
    targets = sorted(target.interval for target in assay.panel.targets)
    mode = probe(source, targets, options.evidence_mode)
    tiles = read_molecules(source, make_tiles(targets, mode.reads_per_bp), mode, options.threads)
    broken: list[BrokenTile] = []
    # Hotspots stay in: a normal has none, and their sites may be noisy.
    counts = count_background(_noting_broken(tiles, broken), assay.fasta, (), thresholds)
    junctions = _junctions(source, mode, broken, assay, thresholds)
    log.info(
        "%s: %s, %d wrong bases, %d junctions",
        path.name, mode.evidence, int(counts.molecules.sum()), len(junctions),
    )  # fmt: skip
    identity = NormalIdentity(
        build=assay.build,
        panel=f"{assay.panel.name} {assay.panel.version}",
        panel_sha256=assay.panel.sha256,
        evidence_mode=mode.evidence,
        alignments_sha256=digest_file(path),
        shaping={name: float(getattr(thresholds, name)) for name in SHAPING},
    )
    structure = describe_normal(assay.panel.targets, counts, junctions, assay.fasta)
    return CollectedNormal(path.name, identity, counts, structure)


def _noting_broken(tiles: Iterable[MoleculeTile], broken: list[BrokenTile]) -> Iterator[MoleculeTile]:
    """Yield tiles, and keep of each the few reads that hint at a junction."""
    for tile in tiles:
        broken.append(BrokenTile(tile.interval, tile.broken))
        yield tile


def _junctions(
    source: Source, mode: ReadMode, broken: Sequence[BrokenTile], assay: Assay, thresholds: Thresholds
) -> tuple[Junction, ...]:
    """Return the junctions of a normal, as the structural stage of a case finds them."""
    beyond = read_beyond(source, partner_places([broken]), mode)
    parts = [*(tile.broken for tile in broken), *beyond]
    breaks = gather(parts, mode.evidence, thresholds.umi_max_mismatches, assay.fasta)
    return cluster(breaks, thresholds.breakpoint_tolerance_bp)
