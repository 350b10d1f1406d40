"""From the normals of a laboratory to the error model of its assay."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from csfgeno.errormodel.counts import BackgroundCounts, count_background
from csfgeno.errormodel.fit import fit_model
from csfgeno.errormodel.model import SHAPING, LabModel, ModelIdentity
from csfgeno.errors import InputError
from csfgeno.genome.normalise import normalise
from csfgeno.inputs.case import LoadedCase, case_from_options
from csfgeno.inputs.check import check_case
from csfgeno.io.digest import digest_file
from csfgeno.io.reference import ReferenceFasta
from csfgeno.molecules.reader import Source, probe, read_molecules
from csfgeno.molecules.tiles import make_tiles
from csfgeno.pipeline import Assay, RunOptions, choose_thresholds, load_assay
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import Build, EvidenceMode, SpecimenKind

log = logging.getLogger(__name__)


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
    digests = _digest_each(normals)
    cases = [_case_of(laboratory, path) for path in normals]
    thresholds, _ = choose_thresholds(cases[0], options)
    with ReferenceFasta(laboratory.reference) as fasta:
        assay = load_assay(cases[0], fasta)
        for case in cases:
            check_case(case, fasta, assay.panel)
        read = [_read(path, laboratory, assay, thresholds, options) for path in normals]
    mode = _one_mode(normals, [mode for mode, _ in read])
    identity = ModelIdentity(
        assay=laboratory.assay,
        build=assay.build,
        panel=f"{assay.panel.name} {assay.panel.version}",
        panel_sha256=assay.panel.sha256,
        evidence_mode=mode,
        normals_sha256=tuple(sorted(digests)),
        shaping={name: float(getattr(thresholds, name)) for name in SHAPING},
    )
    # Sums of counts do not depend on the order of normals, floating-point sums do; so they are put in one.
    in_order = [counts for _, (_, counts) in sorted(zip(digests, read, strict=True), key=lambda pair: pair[0])]
    return fit_model(identity, in_order, thresholds)


def _digest_each(normals: Sequence[Path]) -> list[str]:
    digests = [digest_file(path) for path in normals]
    for i, digest in enumerate(digests):
        if digest in digests[:i]:
            twin = normals[digests.index(digest)].name
            raise InputError(f"{normals[i].name} is the same file as {twin}; give each normal once")
    return digests


def _case_of(laboratory: Laboratory, path: Path) -> LoadedCase:
    return case_from_options(
        reference=laboratory.reference,
        normal=path,
        panel=laboratory.panel,
        build=laboratory.build,
        case_id="normal",
        samples={SpecimenKind.NORMAL: "normal"},
    )


def _read(
    path: Path, laboratory: Laboratory, assay: Assay, thresholds: Thresholds, options: RunOptions
) -> tuple[EvidenceMode, BackgroundCounts]:
    source = Source(path, laboratory.reference, thresholds, normalise, options.umis)
    targets = sorted(target.interval for target in assay.panel.targets)
    mode = probe(source, targets, options.evidence_mode)
    tiles = read_molecules(source, make_tiles(targets, mode.reads_per_bp), mode, options.threads)
    # Hotspots stay in: a normal has none, and their sites may be noisy.
    counts = count_background(tiles, assay.fasta, (), thresholds)
    log.info("%s: %s, %d wrong bases", path.name, mode.evidence, int(counts.molecules.sum()))
    return mode.evidence, counts


def _one_mode(normals: Sequence[Path], modes: Sequence[EvidenceMode]) -> EvidenceMode:
    for path, mode in zip(normals, modes, strict=True):
        if mode is not modes[0]:
            raise InputError(
                f"{path.name} holds {mode}, {normals[0].name} holds {modes[0]}; fit one model for each kind of reads"
            )
    return modes[0]
