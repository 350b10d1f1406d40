"""`csfgeno simulate`: specimens with known truth, and variants spiked into reads that exist."""

import importlib.resources
import logging
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import click

from csfgeno.errors import UsageError
from csfgeno.genome.contigs import detect_style, rename_contig
from csfgeno.inputs.check import check_build
from csfgeno.inputs.panel import SHIPPED_PANEL
from csfgeno.io.bamedit import rewrite_reads
from csfgeno.io.bed import Bed, parse_bed, read_bed
from csfgeno.io.outputs import published_together
from csfgeno.io.reference import ReferenceFasta
from csfgeno.io.variantfile import read_variant_file
from csfgeno.io.yamlfile import read_yaml
from csfgeno.records import Interval, Target
from csfgeno.simulation.copies import assign_copies, parse_tumour_copies
from csfgeno.simulation.eventlist import is_event, parse_events
from csfgeno.simulation.events import PlantedEvent
from csfgeno.simulation.eventtruth import event_records, make_event_truths
from csfgeno.simulation.files import (
    make_generator,
    write_copies,
    write_events,
    write_reads,
    write_recipe,
    write_sites,
    write_truth,
)
from csfgeno.simulation.recipe import make_recipe
from csfgeno.simulation.specimen import simulate_specimen
from csfgeno.simulation.spikein import plan_spike_in
from csfgeno.simulation.variants import PlantedVariant, parse_variants
from csfgeno.thresholds import parse_assignments
from csfgeno.vocab import SpecimenKind

log = logging.getLogger(__name__)

FILE: Final = click.Path(path_type=Path)
_PRESETS: Final = [kind.value for kind in SpecimenKind]
_PREFIX_HELP: Final = "Folder and beginning of the file names; `sim/` alone names them by the sample."


@click.group(invoke_without_command=True)
@click.option("--reference", type=FILE, help="Genome FASTA with .fai.")
@click.option("--panel", default=SHIPPED_PANEL, show_default=True, help="Shipped panel or BED of targets.")
@click.option(
    "--variants",
    "variants_files",
    type=FILE,
    multiple=True,
    help="What to plant: TSV (contig pos ref alt vaf; kind contig pos keeps contig2 pos2 keeps2 inserted vaf) or VCF; "
    "may be repeated.",
)
@click.option("--preset", type=click.Choice(_PRESETS), default="csf", show_default=True, help="Kind of specimen.")
@click.option("--recipe", "recipe_file", type=FILE, help="YAML of parameters over those of the preset.")
@click.option("--set", "assignments", multiple=True, metavar="NAME=VALUE", help="Set a parameter; may be repeated.")
@click.option("--input-ng", help="DNA of the library in ng.  [default: that of the preset]")
@click.option("--copies", multiple=True, metavar="GENE=N", help="Copies per cell of a gene; may be repeated.")
@click.option(
    "--tumour-copies",
    multiple=True,
    metavar="WHERE=N|MAJOR+MINOR",
    help="Copies per tumour cell of a gene, contig or contig:start-end, together or of both alleles; needs "
    "tumour_fraction.",
)
@click.option("--sample", help="Sample name.  [default: the preset]")
@click.option(
    "--seed", type=click.IntRange(0), default=1, show_default=True, help="The same seed gives the same bytes."
)
@click.option("--sites", is_flag=True, help="Also write the molecules over every base of the targets.")
@click.option("--out-prefix", help=_PREFIX_HELP)
@click.pass_context
def simulate(
    context: click.Context,
    reference: Path | None,
    panel: str,
    variants_files: tuple[Path, ...],
    preset: str,
    recipe_file: Path | None,
    assignments: tuple[str, ...],
    input_ng: str | None,
    copies: tuple[str, ...],
    tumour_copies: tuple[str, ...],
    sample: str | None,
    seed: int,
    sites: bool,
    out_prefix: str | None,
) -> None:
    """Make the reads of a specimen with known truth.

    Writes PREFIX.bam, PREFIX.truth.tsv, PREFIX.truth.vcf.gz and PREFIX.recipe.tsv; PREFIX.events.tsv if structural
    events or chimeras were asked for, PREFIX.copies.tsv if copies were.
    """
    if context.invoked_subcommand is not None:
        return
    if reference is None or out_prefix is None:
        raise UsageError("simulate needs --reference and --out-prefix; see `csfgeno simulate --help`")
    overrides = [_recipe_file(recipe_file), parse_assignments(assignments), {"input_ng": input_ng} if input_ng else {}]
    recipe = make_recipe(SpecimenKind(preset), *overrides)
    sample = sample or preset
    directory, stem = _split_prefix(out_prefix, sample)
    started = time.perf_counter()
    with ReferenceFasta(reference) as genome, published_together(directory, "--out-prefix") as staging:
        targets = _load_targets(panel, genome)
        variants, events = _load_planted(variants_files, genome)
        tumour = parse_tumour_copies(parse_assignments(tumour_copies))
        assigned = assign_copies(targets, _parse_copies(copies), tumour, recipe.tumour_fraction)
        reads = simulate_specimen(
            recipe,
            genome,
            targets,
            make_generator(seed),
            variants=variants,
            events=events,
            copies=assigned,
        )
        truth = write_reads(staging / f"{stem}.bam", reads, genome.contigs, sample)
        found = make_event_truths(events, truth.tallies, truth.whole)
        records = tuple(event_records(found, genome))
        write_truth(staging, stem, truth.planted, genome.contigs, sample, records)
        if events or recipe.chimera_share:
            write_events(staging / f"{stem}.events.tsv", found, truth.chimeras)
        if copies or tumour:
            write_copies(staging / f"{stem}.copies.tsv", targets, assigned, recipe)
        write_recipe(staging / f"{stem}.recipe.tsv", recipe, seed)
        if sites:
            write_sites(staging / f"{stem}.sites.tsv", truth.depths, targets)
    log.info("%d read pairs in %.1f s", truth.read_pairs, time.perf_counter() - started)
    click.echo(directory / f"{stem}.bam")


@simulate.command("spike-in")
@click.option("--alignments", type=FILE, required=True, help="Sorted and indexed BAM or CRAM; it is not changed.")
@click.option("--reference", "fasta", type=FILE, required=True, help="Genome FASTA the reads were aligned to.")
@click.option("--variants", "variants_file", type=FILE, required=True, help="TSV (contig pos ref alt vaf) or VCF.")
@click.option(
    "--seed", type=click.IntRange(0), default=1, show_default=True, help="The same seed gives the same bytes."
)
@click.option("--out-prefix", required=True, help=_PREFIX_HELP)
def spike_in(alignments: Path, fasta: Path, variants_file: Path, seed: int, out_prefix: str) -> None:
    """Put variants into reads that exist, molecule by molecule, and write the truth.

    A molecule that shows the site is chosen with probability `vaf`; all reads of its family are edited.
    """
    directory, stem = _split_prefix(out_prefix, f"{alignments.stem}.spiked")
    with ReferenceFasta(fasta) as genome, published_together(directory, "--out-prefix") as staging:
        variants = parse_variants(read_variant_file(variants_file), genome)
        plan = plan_spike_in(alignments, fasta, genome, variants, make_generator(seed))
        rewrite_reads(alignments, fasta, staging / f"{stem}.bam", plan.edits)
        write_truth(staging, stem, plan.planted, genome.contigs, stem)
    log.info("%d reads edited", len(plan.edits))
    click.echo(directory / f"{stem}.bam")


def _split_prefix(prefix: str, name: str) -> tuple[Path, str]:
    if prefix.endswith("/"):
        return Path(prefix), name
    return Path(prefix).parent, Path(prefix).name


def _recipe_file(path: Path | None) -> Mapping[str, str]:
    if path is None:
        return {}
    values = read_yaml(path).value or {}
    if not isinstance(values, dict) or not all(isinstance(value, str) for value in values.values()):
        raise UsageError(f"{path.name} is no list of parameters; expected lines of NAME: VALUE")
    return values


def _parse_copies(texts: tuple[str, ...]) -> dict[str, float]:
    try:
        copies = {gene: float(text) for gene, text in parse_assignments(texts).items()}
    except ValueError:
        raise UsageError(f"--copies {' '.join(texts)}: copies must be numbers") from None
    if any(not 0 < number <= 1000 for number in copies.values()):
        raise UsageError(f"--copies {' '.join(texts)}: expected numbers above 0 and at most 1000")
    return copies


def _load_planted(
    paths: tuple[Path, ...], genome: ReferenceFasta
) -> tuple[tuple[PlantedVariant, ...], tuple[PlantedEvent, ...]]:
    lines = [line for path in paths for line in read_variant_file(path)]
    variants = parse_variants((line for line in lines if not is_event(line)), genome)
    return variants, parse_events((line for line in lines if is_event(line)), genome.contigs)


def _load_targets(panel: str, genome: ReferenceFasta) -> list[Target]:
    """Return the targets in the order of the genome and in its contig names."""
    style = detect_style(genome.contigs)
    bed = _read_panel(panel, genome)
    targets = []
    for line in bed.lines:
        place = Interval(rename_contig(line.interval.contig, style), line.interval.start, line.interval.end)
        if place.contig not in genome.contigs:
            raise UsageError(f"panel {bed.source} line {line.number}: {genome.name} has no contig {place.contig}")
        name, own_gene, *_ = (*line.columns, f"{place.contig}_{line.number}", "")
        targets.append(Target(place, own_gene or name.partition("_")[0], name))
    ranks = {contig: rank for rank, contig in enumerate(genome.contigs)}
    return sorted(targets, key=lambda target: (ranks[target.interval.contig], target.interval))


def _read_panel(panel: str, genome: ReferenceFasta) -> Bed:
    if panel != SHIPPED_PANEL:
        return read_bed(Path(panel))[1]
    name = f"{SHIPPED_PANEL}.{check_build(None, genome.contigs, genome.name)}.bed"
    return parse_bed((importlib.resources.files("csfgeno.reference") / "panel" / name).read_bytes(), name)
