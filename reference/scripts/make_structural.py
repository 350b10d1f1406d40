"""Make `reference/structural/exons.*.tsv` from public exon tables and the shipped transcripts.

    python make_structural.py SOURCE_DIR TRANSCRIPT_DIR OUT_DIR

`SOURCE_DIR` holds the GeneFuse exon tables of both builds, `TRANSCRIPT_DIR` is `reference/transcripts`. A gene with a
shipped transcript takes its coding exons from there; the number of exons before the first coding one comes from the
GeneFuse transcript that shares it, and without such a twin coding exons alone are numbered. Other partners take all
exons from GeneFuse; where they code is then unknown, unless `ANCHORS` holds a stated coding position.
"""

import csv
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ANCHORED = {"ETV6": (5, 1009)}
"""Exon whose last base has this coding position: Illumina's annotator writes the break in ETV6 intron 5 of
ENST00000396373 and NM_001987 as c.1009+3367."""

PARTNERS = (
    "AKAP9 CLIP1 CLTC ETV6 GOPC HIP1 KIAA1549 KLC1 LMNA LRIG3 NPM1 QKI SND1 SQSTM1 STRN TACC3 TFG TPM4 TPR TRIM24 "
    "TRIM33"
).split()
GENES = (
    "ALK BRAF CCDC6 CD74 EGFR EML4 EZR FGFR1 FGFR2 FGFR3 KIF5B MET NCOA4 NRG1 NTRK1 NTRK2 NTRK3 RET ROS1 SDC4 SLC34A2 "
    "TPM3"
).split()
COLUMNS = "gene transcript contig strand exon start end coding_start numbering source".split()

Exon = tuple[int, int, int]
Row = tuple[str | int, ...]


def read_genefuse(paths: list[Path]) -> Iterator[tuple[str, str, str, list[Exon]]]:
    """Yield gene, Ensembl transcript, contig and (number, start, end), 0-based half-open, as given."""
    for path in paths:
        for block in path.read_text().split(">")[1:]:
            head, *lines = block.strip().splitlines()
            gene, transcript, contig = re.findall(r"(\w+)_(ENST[\d.]+),(\w+):", head)[0]
            rows = [[int(x) for x in line.split(",")] for line in lines if line.strip()]
            yield gene, transcript, contig, [(n, start - 1, end) for n, start, end in rows]


def read_coding(folder: Path, build: str) -> dict[str, list[dict[str, str]]]:
    """Return the coding exons of every shipped transcript, in transcript order."""
    exons: dict[str, list[dict[str, str]]] = {}
    with (folder / f"coding_exons.{build}.tsv").open() as table:
        for row in csv.DictReader(table, delimiter="\t"):
            exons.setdefault(row["gene"], []).append(row)
    return exons


def leading(first: dict[str, str], twins: list[list[Exon]]) -> int | None:
    """Return the exons before the first coding one, from a twin that holds it."""
    start, end = int(first["start"]), int(first["end"])
    numbers = {n for exons in twins for n, low, high in exons if low <= start and end <= high}
    return numbers.pop() - 1 if len(numbers) == 1 else None


def shipped_rows(gene: str, transcript: str, coding: list[dict[str, str]], twins: list[list[Exon]]) -> Iterator[Row]:
    """Yield the exons of a gene with a shipped transcript."""
    before, done = leading(coding[0], twins), 0
    for index, row in enumerate(coding, 1):
        number = row["exon"] if row["exon"] != "." else str(index + (before or 0))
        numbering = "coding exons" if row["exon"] == "." and before is None else "exons"
        start, end = int(row["start"]), int(row["end"])
        yield gene, transcript, row["contig"], row["strand"], number, start, end, done, numbering, "coding_exons"
        done += end - start


def partner_rows(gene: str, transcript: str, contig: str, exons: list[Exon]) -> Iterator[Row]:
    """Yield the exons of a gene that GeneFuse alone knows."""
    is_forward = exons[0][1] < exons[-1][1]
    sizes = [end - start for _, start, end in exons]
    exon, coding = ANCHORED.get(gene, (0, 0))
    offset = coding - sum(sizes[:exon])
    for index, (number, start, end) in enumerate(exons):
        base = sum(sizes[:index]) + offset if exon else "."
        yield gene, transcript, contig, "+" if is_forward else "-", number, start, end, base, "exons", "GeneFuse"


def write(source: Path, transcripts: Path, out: Path, build: str, suffix: str) -> None:
    """Write the exons of one build."""
    paths = [source / f"genefuse.{kind}.{suffix}.csv" for kind in ("druggable", "cancer")]
    known = list(read_genefuse(paths))
    coding = read_coding(transcripts, build)
    with (transcripts / "transcripts.tsv").open() as table:
        names = {row["gene"]: row["transcript"] for row in csv.DictReader(table, delimiter="\t")}
    rows: list[Row] = [row for gene in GENES for row in shipped_rows(
        gene, names[gene], coding[gene], [exons for name, _, _, exons in known if name == gene])]  # fmt: skip
    for gene in PARTNERS:
        _, transcript, contig, exons = next(entry for entry in known if entry[0] == gene)
        rows += partner_rows(gene, transcript, contig, exons)
    lines = ["\t".join(COLUMNS), *("\t".join(map(str, row)) for row in rows)]
    (out / f"exons.{build}.tsv").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    exon_tables, shipped, target = (Path(argument) for argument in sys.argv[1:4])
    for build, suffix in (("GRCh37", "hg19"), ("GRCh38", "hg38")):
        write(exon_tables, shipped, target, build, suffix)
