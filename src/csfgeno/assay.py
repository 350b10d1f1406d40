"""What a case is read with: options, thresholds, genome, panel and error model, checked against each other."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from csfgeno.annotation.hotspots import place_hotspots, place_listed
from csfgeno.annotation.transcripts import TranscriptTable, load_transcripts
from csfgeno.errormodel.document import load_model
from csfgeno.errormodel.model import LabModel, check_model
from csfgeno.errors import UsageError
from csfgeno.genome.contigs import detect_style
from csfgeno.inputs.case import LoadedCase
from csfgeno.inputs.check import check_build, within_genome
from csfgeno.inputs.panel import covered_hotspot_ids, hotspot_intervals, load_listed_alleles, load_panel
from csfgeno.io.reference import ReferenceFasta
from csfgeno.molecules.grouping.umi_reads import FROM_TAGS, UmiSource
from csfgeno.monitoring.earlier import EarlierCase
from csfgeno.records import Allele, HotspotSite, Panel, Setting
from csfgeno.thresholds import Thresholds, describe, override
from csfgeno.vocab import Build, EvidenceMode

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How to run, as opposed to what to run on; `threads` changes no result."""

    threads: int = 1
    evidence_mode: EvidenceMode | None = None
    settings: Mapping[str, str] | None = None
    umis: UmiSource = FROM_TAGS
    error_model: Path | None = None
    assay_name: str | None = None
    knowledge: Path | None = None
    override_identity: str | None = None
    recurrence: Path | None = None
    earlier: tuple[EarlierCase, ...] = ()


@dataclass(frozen=True, slots=True)
class Assay:
    """Genome, panel and transcripts of a case, checked against each other.

    `listed` are known insertions and deletions with which all reads are compared.
    """

    fasta: ReferenceFasta
    build: Build
    transcripts: TranscriptTable
    panel: Panel
    hotspots: tuple[HotspotSite, ...]
    listed: tuple[Allele, ...] = ()


def choose_thresholds(loaded: LoadedCase, options: RunOptions) -> tuple[Thresholds, tuple[Setting, ...]]:
    """Return the thresholds of a run, defaults < case file < command line, and the table that says so."""
    given = options.settings or {}
    thresholds = override(override(Thresholds(), loaded.settings), given)
    origins = dict.fromkeys(loaded.settings, "case file") | dict.fromkeys(given, "command line")
    return thresholds, describe(thresholds, origins)


def load_assay(source: str, stated: Build | None, fasta: ReferenceFasta) -> Assay:
    """Return genome, panel, transcripts and hotspots, in the genome's own contig names.

    Parameters
    ----------
    source
        Shipped panel or path of a BED file.
    stated
        Build of the genome as the user states it, `None` to tell it from contig lengths.
    """
    build = check_build(stated, fasta.contigs, fasta.name)
    style = detect_style(fasta.contigs)
    transcripts = load_transcripts(build, style)
    genes = {transcript.gene: transcript.span for transcript in transcripts.transcripts}
    panel = load_panel(source, build, style, genes)
    if strange := sum(target.gene not in genes for target in panel.targets):
        log.warning("%d targets lie in genes without a transcript here: variants there get no HGVS name", strange)
    missing = sorted({target.interval.contig for target in panel.targets} - fasta.contigs.keys())
    readable = within_genome(panel, fasta.contigs, fasta.name)
    if missing:
        log.warning("%s has no %s: targets there are not assessed", fasta.name, ", ".join(missing))
    places = hotspot_intervals(build, style)
    regions = {name: sites for name, sites in places.items() if all(s.contig in fasta.contigs for s in sites)}
    return Assay(
        fasta=fasta,
        build=build,
        transcripts=transcripts,
        panel=readable,
        hotspots=place_hotspots(panel, regions, covered_hotspot_ids(panel), transcripts, fasta),
        listed=place_listed(load_listed_alleles(), transcripts, fasta, fasta.contigs),
    )


def choose_model(assay: Assay, thresholds: Thresholds, options: RunOptions) -> LabModel | None:
    """Return the laboratory's error model after checking that it fits the run, `None` if none is given.

    Raises
    ------
    InputError
        If it cannot be read, or is of another build or panel.
    UsageError
        If it is of another assay or was fitted with other thresholds, or an assay is given without a model.
    """
    if options.error_model is None:
        if options.assay_name is not None:
            raise UsageError(f"assay '{options.assay_name}' is given without an error model; give its model as well")
        return None
    model = load_model(options.error_model)
    check_model(
        model,
        build=assay.build,
        panel=f"{assay.panel.name} {assay.panel.version}",
        panel_sha256=assay.panel.sha256,
        assay=options.assay_name,
        thresholds=thresholds,
        name=options.error_model.name,
    )
    return model
