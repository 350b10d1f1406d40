"""The panel of an assay: targets from a BED file, hotspots from the shipped table.

A panel is either `nsclc`, shipped in both builds, or the path of a laboratory's own BED file. Hotspots are always the
shipped ones and all of them: what an assay does not target has to be reported as not assessed, not left out.
"""

import csv
import hashlib
import importlib.resources
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from csfgeno.errors import InputError, ReferenceDataError
from csfgeno.genome.contigs import rename_contig
from csfgeno.io.bed import Bed, BedLine, parse_bed, read_bed
from csfgeno.records import Hotspot, Interval, ListedAllele, Panel, Target
from csfgeno.vocab import Build, ContigStyle, HotspotKind

SHIPPED_PANEL: Final = "nsclc"
GENE_MARGIN_BP: Final = 20_000
"""A target named after a gene may lie this far outside its transcript (promoter, UTR); further out it is misplaced."""

UNNAMED: Final = "unnamed"
"""Gene of targets that have no name and lie in no known gene."""

_HOTSPOT_TABLE: Final = f"{SHIPPED_PANEL}.hotspots.tsv"
_ALLELE_TABLE: Final = f"{SHIPPED_PANEL}.alleles.tsv"
_CHANGE: Final = re.compile(r"([A-Z])(\d+)([A-Z*])")

NamedLine = tuple[Interval, str, BedLine]
"""A target before merging: where it is, its gene, and the line that states it."""


def load_panel(source: str, build: Build, style: ContigStyle, genes: Mapping[str, Interval]) -> Panel:
    """Return the panel of that name or path, with contigs named in `style`.

    The gene of a target is the fifth column if that is a known gene, or the fourth column up to its first `_`
    (`EGFR_ex19`) if that is one; else the known gene that lies there; else, for a gene that csfgeno has no transcript
    of, that name. Targets keep the contig order of the file. Overlapping targets of one gene become one target;
    overlaps between genes are refused. A hotspot belongs to a target if every base of the hotspot lies inside
    targets; one that belongs to none stays in the panel.

    Parameters
    ----------
    source
        `nsclc` or the path of a BED file.
    build, style
        Build of the genome and how it names contigs. A BED may state its build in a line `#build=GRCh38`.
    genes
        Known genes and where their transcripts lie in this build.

    Raises
    ------
    InputError
        If the file cannot be read.
    ReferenceDataError
        If the file is empty, malformed, of another build or has overlapping genes.
    """
    content, bed = _read_source(source, build)
    if not bed.lines:
        raise ReferenceDataError(f"panel '{bed.source}' holds no target; expected lines of contig, start, end, name")
    _check_build(bed, build)
    named = [(line.interval, _gene_of(line, genes), line) for line in _with_contigs(bed, style)]
    for interval, gene, line in named:
        if gene in genes:
            _check_place(interval, gene, line, bed.source, genes[gene], build)
    merged = _merge_overlaps(_in_order(named), bed.source)
    _check_fit(merged, build, style, bed.source)
    digest = hashlib.sha256(content + _shipped(_HOTSPOT_TABLE) + _shipped(_region_file(build))).hexdigest()
    return Panel(
        name=bed.metadata.get("name", Path(source).name.removesuffix(".bed")),
        version=bed.metadata.get("version", hashlib.sha256(content).hexdigest()[:12]),
        build=build,
        targets=_with_hotspots(merged, hotspot_intervals(build, style)),
        hotspots=load_hotspots(),
        sha256=digest,
    )


def covered_hotspot_ids(panel: Panel) -> frozenset[str]:
    """Return the hotspots that lie wholly inside the targets of a panel; the others cannot be assessed with it."""
    return frozenset(hotspot_id for target in panel.targets for hotspot_id in target.hotspot_ids)


def hotspot_intervals(build: Build, style: ContigStyle) -> dict[str, tuple[Interval, ...]]:
    """Return where each sequence-level hotspot lies: its codons, or the splice sites of its exon.

    A codon that crosses an exon edge has two intervals. Amplifications and fusions have none and are absent.
    """
    bed = parse_bed(_shipped(_region_file(build)), _region_file(build))
    regions: dict[str, list[Interval]] = {}
    for line in _with_contigs(bed, style):
        regions.setdefault(line.columns[0], []).append(line.interval)
    return {hotspot_id: tuple(intervals) for hotspot_id, intervals in regions.items()}


def load_hotspots() -> tuple[Hotspot, ...]:
    """Return every shipped hotspot, in the order of the report.

    Raises
    ------
    ReferenceDataError
        If a row repeats an id, has an unknown kind, or lists a change outside its codons.
    """
    rows = csv.DictReader(_shipped(_HOTSPOT_TABLE).decode().splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    hotspots = tuple(_parse_hotspot(row) for row in rows)
    ids = [hotspot.hotspot_id for hotspot in hotspots]
    if repeated := sorted({i for i in ids if ids.count(i) > 1}):
        raise ReferenceDataError(f"{_HOTSPOT_TABLE} repeats the hotspot {repeated[0]}; ids must be unique")
    return hotspots


def load_listed_alleles() -> tuple[ListedAllele, ...]:
    """Return the shipped insertions and deletions that reads are compared with, whether or not they show them."""
    lines = _shipped(_ALLELE_TABLE).decode().splitlines()
    rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
    return tuple(
        ListedAllele(row["gene"], row["hgvs_c"], f"{_ALLELE_TABLE} line {number}") for number, row in enumerate(rows, 2)
    )


# ------------------------------------------------------------------------------------- sources


def _read_source(source: str, build: Build) -> tuple[bytes, Bed]:
    if source == SHIPPED_PANEL:
        content = _shipped(f"{SHIPPED_PANEL}.{build}.bed")
        return content, parse_bed(content, f"{SHIPPED_PANEL}.{build}.bed")
    path = Path(source)
    if not path.is_file():
        raise InputError(f"panel '{path.name}' is neither '{SHIPPED_PANEL}' nor a BED file that exists")
    return read_bed(path)


def _shipped(name: str) -> bytes:
    return (importlib.resources.files("csfgeno.reference") / "panel" / name).read_bytes()


def _region_file(build: Build) -> str:
    return f"{SHIPPED_PANEL}.hotspots.{build}.bed"


# --------------------------------------------------------------------------------------- lines


def _with_contigs(bed: Bed, style: ContigStyle) -> Iterator[BedLine]:
    for line in bed.lines:
        contig = rename_contig(line.interval.contig, style)
        yield replace(line, interval=replace(line.interval, contig=contig))


def _gene_of(line: BedLine, genes: Mapping[str, Interval]) -> str:
    name, own_gene, *_ = (*line.columns, "", "")
    stated = own_gene if own_gene in genes else name.partition("_")[0]
    if stated in genes:
        return stated
    return next((gene for gene, place in genes.items() if place.overlaps(line.interval)), stated or UNNAMED)


def _check_build(bed: Bed, build: Build) -> None:
    stated = bed.metadata.get("build", build)
    if stated != build:
        raise ReferenceDataError(f"panel '{bed.source}' is of build {stated}; the reference genome is {build}")


def _check_place(interval: Interval, gene: str, line: BedLine, source: str, place: Interval, build: Build) -> None:
    reach = Interval(place.contig, place.start - GENE_MARGIN_BP, place.end + GENE_MARGIN_BP)
    if not interval.overlaps(reach):
        raise ReferenceDataError(
            f"panel '{source}' line {line.number}: {gene} target {interval} is not near {gene}, which lies at {place} "
            f"in {build}; is the panel of another build?"
        )


def _check_fit(targets: tuple[Target, ...], build: Build, style: ContigStyle, source: str) -> None:
    """Refuse targets that cover more hotspots at the places of another build."""
    own = _count_covered(targets, build, style)
    for other in Build:
        if (elsewhere := _count_covered(targets, other, style)) > own:
            raise ReferenceDataError(
                f"panel '{source}' covers {own} hotspots in {build} and would cover {elsewhere} in {other}; "
                "is the panel of another build than the genome?"
            )


def _count_covered(targets: tuple[Target, ...], build: Build, style: ContigStyle) -> int:
    regions = hotspot_intervals(build, style).values()
    return sum(all(_holds_all(targets, interval) for interval in intervals) for intervals in regions)


def _in_order(named: list[NamedLine]) -> list[NamedLine]:
    ranks = {contig: rank for rank, contig in enumerate(dict.fromkeys(interval.contig for interval, _, _ in named))}
    return sorted(named, key=lambda item: (ranks[item[0].contig], item[0]))


def _merge_overlaps(named: Iterable[NamedLine], source: str) -> tuple[Target, ...]:
    merged: list[Target] = []
    for interval, gene, line in named:
        target = Target(interval, gene, "".join(line.columns[:1]) or str(interval))
        if not (merged and merged[-1].interval.overlaps(interval)):
            merged.append(target)
        elif merged[-1].gene == gene:
            merged[-1] = _join(merged[-1], target)
        else:
            raise ReferenceDataError(
                f"panel '{source}' line {line.number}: {target.name} overlaps {merged[-1].name}; "
                "targets of different genes must not overlap"
            )
    return tuple(merged)


def _join(left: Target, right: Target) -> Target:
    interval = Interval(left.interval.contig, left.interval.start, max(left.interval.end, right.interval.end))
    names = dict.fromkeys([*left.name.split("+"), right.name])
    return Target(interval, left.gene, "+".join(names))


# ------------------------------------------------------------------------------------ hotspots


def _parse_hotspot(row: Mapping[str, str]) -> Hotspot:
    try:
        kind = HotspotKind(row["kind"])
    except ValueError:
        raise ReferenceDataError(
            f"{_HOTSPOT_TABLE}: {row['hotspot_id']} has the unknown kind '{row['kind']}'"
        ) from None
    first, _, last = row["codons"].partition("-")
    hotspot = Hotspot(
        hotspot_id=row["hotspot_id"],
        gene=row["gene"],
        label=row["label"],
        group=row["group"],
        kind=kind,
        codons=(int(first), int(last)) if first else None,
        changes=_split(row["changes"]),
        biomarker_ids=_split(row["biomarker_ids"]),
    )
    _check_hotspot(hotspot)
    return hotspot


def _check_hotspot(hotspot: Hotspot) -> None:
    structural = hotspot.kind in (HotspotKind.AMPLIFICATION, HotspotKind.FUSION)
    if structural is (hotspot.codons is not None):
        raise ReferenceDataError(f"{_HOTSPOT_TABLE}: {hotspot.hotspot_id} must have codons unless it is structural")
    if (hotspot.kind is HotspotKind.PROTEIN_CHANGE) is not bool(hotspot.changes):
        raise ReferenceDataError(f"{_HOTSPOT_TABLE}: {hotspot.hotspot_id} must list changes, and no other kind may")
    for change in hotspot.changes:
        match = _CHANGE.fullmatch(change)
        if match is None or hotspot.codons is None or not hotspot.codons[0] <= int(match[2]) <= hotspot.codons[1]:
            raise ReferenceDataError(f"{_HOTSPOT_TABLE}: {hotspot.hotspot_id} lists '{change}' outside its codons")


def _split(text: str) -> tuple[str, ...]:
    return tuple(text.split(";")) if text else ()


def _with_hotspots(targets: tuple[Target, ...], regions: Mapping[str, tuple[Interval, ...]]) -> tuple[Target, ...]:
    held: dict[Target, list[str]] = {target: [] for target in targets}
    for hotspot_id, intervals in regions.items():
        if all(_holds_all(targets, interval) for interval in intervals):
            for target in targets:
                if any(target.interval.overlaps(interval) for interval in intervals):
                    held[target].append(hotspot_id)
    return tuple(Target(t.interval, t.gene, t.name, tuple(ids)) for t, ids in held.items())


def _holds_all(targets: tuple[Target, ...], interval: Interval) -> bool:
    inside = (
        min(t.interval.end, interval.end) - max(t.interval.start, interval.start)
        for t in targets
        if t.interval.overlaps(interval)
    )
    return sum(inside) == len(interval)
