"""`csfgeno panel`: what the targets of an assay can answer."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click

from csfgeno.assay import Assay, load_assay
from csfgeno.genome.contigs import detect_style
from csfgeno.identity.sites import load_table, table_alleles
from csfgeno.io.reference import ReferenceFasta
from csfgeno.records import HotspotSite
from csfgeno.report.hotspots import UNSUPPORTED
from csfgeno.vocab import Build

FILE: Final = click.Path(path_type=Path)


@click.group()
def panel() -> None:
    """Look at the panel of an assay."""


@panel.command()
@click.argument("source", metavar="PANEL")
@click.option("--reference", type=FILE, required=True, help="Genome FASTA of the assay, with .fai.")
@click.option("--build", type=click.Choice([b.value for b in Build]), help="Default: told from chromosome lengths.")
def check(source: str, reference: Path, build: str | None) -> None:
    """Say which hotspots a panel covers, which it does not, and how many identity SNPs it holds.

    PANEL is the BED file of the assay, or a shipped panel. What is not covered is reported as not assessable in every
    case, never as negative.
    """
    with ReferenceFasta(reference) as fasta:
        assay = load_assay(source, Build(build) if build else None, fasta)
        snps = table_alleles(load_table(assay.build), assay.panel, detect_style(fasta.contigs), fasta)
    for line in _lines(assay, len(snps)):
        click.echo(line)


def _lines(assay: Assay, snps: int) -> Iterator[str]:
    own = assay.panel
    known = {transcript.gene for transcript in assay.transcripts.transcripts}
    genes = dict.fromkeys(target.gene for target in own.targets)
    yield f"panel {own.name} {own.version}, {assay.build}: {len(own.targets)} targets, {own.size_bp:,} bp"
    yield f"genes with names for variants: {_listed(gene for gene in genes if gene in known)}"
    yield f"genes without: {_listed(gene for gene in genes if gene not in known)}"
    yield f"common SNPs for identity and contamination: {snps}"
    sites = [site for site in assay.hotspots if site.hotspot.kind not in UNSUPPORTED]
    yield f"hotspots covered: {sum(map(_is_covered, sites))} of {len(sites)}"
    yield from _groups("not covered", [site for site in sites if site.sites and not site.is_targeted])
    yield from _groups("masked in the genome", [site for site in sites if site.is_targeted and site.is_masked])
    yield from _groups("contig not in the genome", [site for site in sites if not site.sites])


def _is_covered(site: HotspotSite) -> bool:
    return bool(site.sites) and site.is_targeted and not site.is_masked


def _groups(title: str, sites: list[HotspotSite]) -> Iterator[str]:
    groups: dict[str, list[str]] = {}
    for site in sites:
        groups.setdefault(site.hotspot.group, []).append(site.hotspot.label)
    yield from (f"{title}: {group}: {', '.join(labels)}" for group, labels in groups.items())


def _listed(names: Iterator[str]) -> str:
    return ", ".join(names) or "none"
