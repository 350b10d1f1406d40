"""`csfgeno consensus`: raw reads with UMIs to a BAM of consensus reads, for a genome browser and for other tools."""

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import click

from csfgeno.assay import load_assay
from csfgeno.cli.call import FILE
from csfgeno.errors import InputError, UsageError
from csfgeno.genome.normalise import normalise
from csfgeno.inputs.case import case_from_options
from csfgeno.inputs.check import check_case
from csfgeno.inputs.entry import DEFAULT_PANEL
from csfgeno.io.consensus_bam import ConsensusRead, write_consensus_bam
from csfgeno.io.outputs import published_together
from csfgeno.io.reference import ReferenceFasta
from csfgeno.molecules.consensus.reads import ConsensusOptions, ConsensusTile, read_consensus
from csfgeno.molecules.consensus.sides import Loss
from csfgeno.molecules.grouping.umi_reads import UmiSource
from csfgeno.molecules.reader import Source, probe
from csfgeno.molecules.tiles import Tile, make_tiles
from csfgeno.records import Interval
from csfgeno.thresholds import DEFAULTS, override, parse_assignments
from csfgeno.vocab import Build, EvidenceMode

log = logging.getLogger(__name__)


@click.command()
@click.option("--in", "raw", type=FILE, required=True, help="Raw reads with UMIs, indexed BAM or CRAM.")
@click.option("--reference", type=FILE, required=True, help="Genome FASTA the reads were aligned to, with .fai.")
@click.option("--build", type=click.Choice([b.value for b in Build]), help="Default: told from chromosome lengths.")
@click.option("--panel", default=DEFAULT_PANEL, show_default=True, help="Shipped panel or BED of the assay.")
@click.option("--out", type=FILE, required=True, help="The BAM to write; its index appears beside it.")
@click.option("--min-reads", type=click.IntRange(1), default=1, show_default=True, help="Reads behind a consensus.")
@click.option("--duplex-only", is_flag=True, help="Write only consensus reads of both strands.")
@click.option("--threads", type=click.IntRange(1), default=1, show_default=True, help="Changes speed, never results.")
@click.option("--umi-from-name", metavar="SIGN", help="The UMI ends the read name, after the last SIGN (such as _).")
@click.option("--allow-missing-umi", is_flag=True, help="Leave out reads without a UMI.")
@click.option("--set", "assignments", multiple=True, metavar="NAME=VALUE", help="Set a threshold; may be repeated.")
def consensus(
    raw: Path,
    reference: Path,
    build: str | None,
    panel: str,
    out: Path,
    min_reads: int,
    duplex_only: bool,
    threads: int,
    umi_from_name: str | None,
    allow_missing_umi: bool,
    assignments: tuple[str, ...],
) -> None:
    """Write one consensus read pair for each UMI family that overlaps the panel.

    The reads carry the tags of fgbio (cD, aD, bD and so on) and keep the alignment of their family.
    """
    if out.suffix != ".bam" or out.resolve() == raw.resolve():
        raise UsageError(f"--out is '{out}'; expected a new file that ends in .bam")
    thresholds = override(DEFAULTS, parse_assignments(assignments))
    umis = UmiSource(umi_from_name, allow_missing_umi)
    source = Source(raw, reference, thresholds, normalise, umis)
    tiles = _tiles(source, _targets(raw, reference, build, panel))
    made = read_consensus(source, tiles, ConsensusOptions(min_reads, duplex_only), threads)
    with published_together(out.parent, "--out") as staging:
        write_consensus_bam(staging / out.name, raw, _told(made))
    click.echo(out)


def _targets(raw: Path, reference: Path, build: str | None, panel: str) -> list[Interval]:
    """Return the targets of the panel, after the checks that `call` makes of its inputs."""
    loaded = case_from_options(reference=reference, csf=raw, build=Build(build) if build else None, panel=panel)
    with ReferenceFasta(loaded.reference) as fasta:
        assay = load_assay(loaded.panel, loaded.build, fasta)
        for info in check_case(loaded, fasta, assay.panel).values():
            for warning in info.warnings:
                log.warning("%s", warning)
    return sorted(target.interval for target in assay.panel.targets)


def _tiles(source: Source, targets: Sequence[Interval]) -> tuple[Tile, ...]:
    mode = probe(source, targets, None)
    if mode.evidence is not EvidenceMode.UMI_FAMILIES:
        found = "are consensus reads" if mode.evidence is EvidenceMode.CONSENSUS_READS else "carry no UMI"
        raise InputError(f"the reads of {source.path.name} {found}; expected raw reads with UMIs (RX or MI) on all")
    return make_tiles(targets, mode.reads_per_bp)


def _told(tiles: Iterable[ConsensusTile]) -> Iterator[ConsensusRead]:
    """Yield the reads of all tiles, and say at the end how many they were and what was left out."""
    written, losses = 0, Counter[Loss]()
    for tile in tiles:
        written += len(tile.reads)
        losses += tile.losses
        yield from tile.reads
    log.info("%s consensus reads written", f"{written:,}")
    for loss in Loss:
        if losses[loss]:
            log.info("%s %s", f"{losses[loss]:,}", loss)
