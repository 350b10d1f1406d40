"""Write the shipped panel from the transcript tables and the hotspot table.

    python reference/scripts/make_panel.py

For each build this writes `panel/nsclc.<build>.bed` (targets) and `panel/nsclc.hotspots.<build>.bed` (where each
sequence-level hotspot lies). The hotspot table `panel/nsclc.hotspots.tsv` is curated by hand.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

REFERENCE: Final = Path(__file__).resolve().parents[1]
VERSION: Final = "1.0"
FLANK_BP: Final = 10
"""Intron bases on each side of an exon: splice sites and insertions that cross an exon edge."""
SPLICE_FLANKS_BP: Final = {"MET": (40, 20)}
"""Before the acceptor and after the donor; MET exon 14 deletions often begin in the polypyrimidine tract."""
ACCEPTOR_BP: Final = (30, 3)
DONOR_BP: Final = (3, 6)
"""Intron and exon bases that count as the splice site of a skipped exon: c.2888-30 to c.2890, c.3026 to c.3028+6."""
FULL_GENES: Final = ("CDKN2A", "DNMT3A", "KEAP1", "PTEN", "RB1", "SMARCA4", "STK11", "TET2", "TP53")
"""Genes whose loss matters anywhere in the coding sequence, and two of clonal haematopoiesis."""
EXTRA_CODONS: Final = {"ASXL1": 700, "JAK2": 617, "PPM1D": 500}
"""Clonal haematopoiesis: the exon with JAK2 V617F, the last exons of ASXL1 and PPM1D where truncations cluster."""


@dataclass(frozen=True, slots=True)
class Exon:
    """Coding part of one exon; `first_base` is its first CDS base, 0-based. Coordinates 0-based half-open."""

    contig: str
    name: str
    start: int
    end: int
    forward: bool
    first_base: int

    @property
    def last_base(self) -> int:
        """End of its CDS bases, half-open."""
        return self.first_base + self.end - self.start


def read_table(name: str) -> list[dict[str, str]]:
    """Return the rows of a TSV below `reference/`."""
    with (REFERENCE / name).open(encoding="utf-8", newline="") as table:
        return list(csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE))


def read_exons(build: str) -> dict[str, list[Exon]]:
    """Return the coding exons of each gene in transcript order; an unnumbered one is named by its coding rank."""
    genes: dict[str, list[Exon]] = {}
    for row in read_table(f"transcripts/coding_exons.{build}.tsv"):
        exons = genes.setdefault(row["gene"], [])
        name = f"cds{len(exons) + 1}" if row["exon"] == "." else f"ex{row['exon']}"
        first_base = exons[-1].last_base if exons else 0
        forward = row["strand"] == "+"
        exons.append(Exon(row["contig"], name, int(row["start"]), int(row["end"]), forward, first_base))
    return genes


def carries(exon: Exon, first_codon: int, last_codon: int) -> bool:
    """Whether the exon holds a base of those codons."""
    return exon.first_base < last_codon * 3 and (first_codon - 1) * 3 < exon.last_base


def locate_codons(exons: list[Exon], first_codon: int, last_codon: int) -> Iterator[tuple[int, int]]:
    """Yield where the codons lie, one interval an exon."""
    for exon in exons:
        if carries(exon, first_codon, last_codon):
            first = max((first_codon - 1) * 3, exon.first_base) - exon.first_base
            last = min(last_codon * 3, exon.last_base) - exon.first_base
            yield (exon.start + first, exon.start + last) if exon.forward else (exon.end - last, exon.end - first)


def locate_splice_sites(exon: Exon) -> Iterator[tuple[int, int]]:
    """Yield where the acceptor and the donor of an exon lie."""
    (before, into), (back, after) = ACCEPTOR_BP, DONOR_BP
    if exon.forward:
        yield exon.start - before, exon.start + into
        yield exon.end - back, exon.end + after
    else:
        yield exon.end - into, exon.end + before
        yield exon.start - after, exon.start + back


def is_target(gene: str, exon: Exon, hotspots: list[dict[str, str]]) -> bool:
    """Whether the panel holds the exon."""
    spans = [hotspot_codons(row) for row in hotspots if row["gene"] == gene and row["codons"]]
    spans += [(EXTRA_CODONS[gene], EXTRA_CODONS[gene])] if gene in EXTRA_CODONS else []
    return gene in FULL_GENES or any(carries(exon, first, last) for first, last in spans)


def hotspot_codons(row: dict[str, str]) -> tuple[int, int]:
    """Return the first and last codon of a hotspot."""
    first, last = row["codons"].split("-")
    return int(first), int(last)


def target_interval(gene: str, exon: Exon) -> tuple[int, int]:
    """Return the exon with its flanks."""
    before, after = SPLICE_FLANKS_BP.get(gene, (FLANK_BP, FLANK_BP))
    left, right = (before, after) if exon.forward else (after, before)
    return exon.start - left, exon.end + right


def genome_order(line: tuple[str, int, int, str]) -> tuple[int, int, int, str]:
    """Return a key that sorts lines by chromosome number, then place."""
    contig, start, end, rest = line
    bare = contig.removeprefix("chr")
    return (int(bare) if bare.isdecimal() else ord(bare[0]), start, end, rest)


def make_targets(build: str, hotspots: list[dict[str, str]]) -> list[tuple[str, int, int, str]]:
    """Return the target lines, sorted."""
    transcripts = {row["gene"]: row["transcript"] for row in read_table("transcripts/transcripts.tsv")}
    lines = [
        (exon.contig, *target_interval(gene, exon), f"{gene}_{exon.name}\t{gene}\t{transcripts[gene]}")
        for gene, exons in read_exons(build).items()
        for exon in exons
        if is_target(gene, exon, hotspots)
    ]
    return sorted(lines, key=genome_order)


def make_regions(build: str, hotspots: list[dict[str, str]]) -> list[tuple[str, int, int, str]]:
    """Return the hotspot lines, sorted."""
    genes = read_exons(build)
    lines = []
    for row in (row for row in hotspots if row["codons"]):
        exons, codons = genes[row["gene"]], hotspot_codons(row)
        if row["kind"] == "splice":
            spans = [span for exon in exons if carries(exon, *codons) for span in locate_splice_sites(exon)]
        else:
            spans = list(locate_codons(exons, *codons))
        lines += [(exons[0].contig, start, end, row["hotspot_id"]) for start, end in spans]
    return sorted(lines, key=genome_order)


def write_bed(name: str, build: str, columns: str, lines: list[tuple[str, int, int, str]]) -> None:
    """Write one BED file with its metadata."""
    header = f"#name=nsclc\n#version={VERSION}\n#build={build}\n#contig\tstart\tend\t{columns}\n"
    body = "".join(f"{contig}\t{start}\t{end}\t{rest}\n" for contig, start, end, rest in lines)
    (REFERENCE / "panel" / name).write_text(header + body, encoding="utf-8")


def main() -> None:
    """Write targets and hotspot regions of both builds."""
    hotspots = read_table("panel/nsclc.hotspots.tsv")
    for build in ("GRCh37", "GRCh38"):
        write_bed(f"nsclc.{build}.bed", build, "name\tgene\ttranscript", make_targets(build, hotspots))
        write_bed(f"nsclc.hotspots.{build}.bed", build, "hotspot_id", make_regions(build, hotspots))


if __name__ == "__main__":
    main()
