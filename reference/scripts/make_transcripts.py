"""Make the frozen transcript tables of `reference/transcripts/` from public exon tables.

    python make_transcripts.py SOURCE_DIR OUT_DIR

`SOURCE_DIR` has `transcripts/` (UCSC refGene coding exons in both builds, GeneFuse and Ensembl exon tables, mRNA and
GenBank records, the MANE and MSK isoform lists), `reference/` (exon slices whose names carry the exon number),
`knowledge/biomarkers.tsv` and `hgvs/hgvs_examples.tsv`. Versions, Ensembl names, exon numbers and UTR lengths are
written only where one of these sources states them; `.` means that none does. Nothing is taken from memory.
"""

import csv
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PRIMARY = {"KRAS": "NM_004985", "MET": "NM_000245", "RET": "NM_020975"}
"""Clinical transcript of a gene for which the sources hold two; the other gives legacy numbering only."""

BUILDS = {
    "GRCh37": ("transcripts/refGene_hg19_CDS.nsclc_genes.bed", "transcripts/genefuse.cancer.hg19.csv"),
    "GRCh38": ("transcripts/refGene_CDS.nsclc_genes.LIFTED_hg38.bed", "transcripts/genefuse.cancer.hg38.csv"),
}
UNKNOWN = "."


@dataclass(frozen=True)
class Model:
    """Coding exons of one transcript in one build, in transcript order, 0-based half-open."""

    contig: str
    strand: str
    exons: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Numbering:
    """What a source of whole exons says: non-coding exons before the CDS, all exons, UTR bases beside the CDS."""

    leading: int
    exon_count: int | None
    utr5_bp: int | None
    utr3_bp: int | None
    source: str


Models = dict[tuple[str, str], Model]


def read_models(path: Path) -> Models:
    """Return the coding exons of every (gene, transcript) of a BED named `gene|transcript|cdsN`."""
    spans: dict[tuple[str, str], list[tuple[int, int]]] = {}
    places: dict[tuple[str, str], tuple[str, str]] = {}
    for line in path.read_text().splitlines():
        contig, start, end, name, _, strand = line.split("\t")
        gene, transcript, _ = name.split("|")
        spans.setdefault((gene, transcript), []).append((int(start), int(end)))
        places[gene, transcript] = (contig, strand)
    return {
        key: Model(*places[key], tuple(sorted(exons, reverse=places[key][1] == "-"))) for key, exons in spans.items()
    }


# ------------------------------------------------------------------------------ sources of whole exons


def genefuse_exons(path: Path) -> Iterator[tuple[str, str, list[tuple[int, int]]]]:
    """Yield (gene, Ensembl transcript, exons in transcript order) of a GeneFuse table."""
    for block in path.read_text().split(">")[1:]:
        header, *lines = block.split()
        gene, _, transcript = header.split(",")[0].rpartition("_")
        rows = sorted(tuple(map(int, line.split(","))) for line in lines)
        yield gene, transcript, [(start - 1, end) for _, start, end in rows]


def ensembl_exons(folder: Path) -> Iterator[tuple[str, str, list[tuple[int, int]]]]:
    """Yield (gene, Ensembl transcript, exons in transcript order) of Ensembl dump tables, GRCh38."""
    genes = {r["GeneId"]: r["GeneName"] for r in csv.DictReader((folder / "ensembl_gene_data.csv").open())}
    exons: dict[tuple[str, str], list[tuple[int, int, int]]] = {}
    for row in csv.DictReader((folder / "ensembl_trans_exon_data.csv").open()):
        key = (genes[row["GeneId"]], row["TransName"])
        exons.setdefault(key, []).append((int(row["ExonRank"]), int(row["ExonStart"]) - 1, int(row["ExonEnd"])))
    for (gene, transcript), ranked in exons.items():
        yield gene, transcript, [(start, end) for _, start, end in sorted(ranked)]


def genbank_exons(path: Path, transcript: str, offset: int) -> list[tuple[int, int]]:
    """Return the exons in transcript order of one mRNA of a GenBank record, minus strand."""
    features = re.split(r"\n {5}(?=\w)", path.read_text())
    feature = next((f for f in features if f.startswith("mRNA") and f'"{transcript}.' in f), "")
    match = re.match(r"mRNA\s+complement\(join\(([\d.,\s]+)\)\)", feature)
    if match is None:
        raise SystemExit(f"{path.name}: no mRNA {transcript} on the minus strand")
    spans = [tuple(map(int, span.split(".."))) for span in re.sub(r"\s", "", match[1]).split(",")]
    return [(start - 1 + offset, end + offset) for start, end in reversed(spans)]


def number_by_position(model: Model, exons: list[tuple[int, int]], source: str) -> Numbering | None:
    """Return the numbering if every coding exon fits its own exon, inner edges equal, else `None`."""
    first, last = model.exons[0], model.exons[-1]
    leading = next((i for i, (start, end) in enumerate(exons) if start <= first[0] and first[1] <= end), None)
    if leading is None or len(exons) < leading + len(model.exons):
        return None
    paired = exons[leading : leading + len(model.exons)]
    if any(exon != coding for exon, coding in zip(paired[1:-1], model.exons[1:-1], strict=True)):
        return None
    forward = model.strand == "+"
    inner_first, inner_last = (1, 0) if forward else (0, 1)
    if len(paired) > 1 and (paired[0][inner_first] != first[inner_first] or paired[-1][inner_last] != last[inner_last]):
        return None
    utr5 = abs(first[1 - inner_first] - paired[0][1 - inner_first])
    utr3 = abs(last[1 - inner_last] - paired[-1][1 - inner_last])
    return Numbering(leading, len(exons), utr5, utr3, source)


def number_by_length(model: Model, lengths: list[int], source: str) -> Numbering | None:
    """Return the numbering from the exon lengths of an mRNA record, or `None` if they do not fit."""
    coding = [end - start for start, end in model.exons]
    for leading in range(len(lengths) - len(coding) + 1):
        window = lengths[leading : leading + len(coding)]
        if window[1:-1] == coding[1:-1] and window[0] >= coding[0] and window[-1] >= coding[-1]:
            return Numbering(leading, len(lengths), window[0] - coding[0], window[-1] - coding[-1], source)
    return None


def number_by_slices(gene: str, model: Model, folder: Path) -> Numbering | None:
    """Return the numbering from sequence slices named `GENE_exN.build.contig_start-end`."""
    found = set()
    for path in sorted(folder.glob(f"{gene}_ex*.fa")):
        match = re.fullmatch(rf"{gene}_ex(\d+)\.GRCh38\.chr\w+_(\d+)-(\d+)\.fa", path.name)
        if match:
            number, start, end = map(int, match.groups())
            found |= {number - 1 - i for i, (s, e) in enumerate(model.exons) if start - 1 <= s and e <= end}
    if len(found) > 1:
        raise SystemExit(f"{gene}: exon slices disagree on the numbering: {sorted(found)}")
    return Numbering(found.pop(), None, None, None, "named exon slices") if found else None


def mrna_lengths(path: Path) -> list[int]:
    """Return the exon lengths of an mRNA FASTA with one record an exon, named `|accession|:start-end`."""
    return [int(b) - int(a) + 1 for a, b in re.findall(r"^>\S+:(\d+)-(\d+)", path.read_text(), re.M)]


def find_numbering(gene: str, ensembl: str, models: dict[str, Models], source: Path) -> Numbering | None:
    """Return the numbering of the best source: RefSeq records, then the Ensembl twin's exons, then named slices."""
    tables = source / "transcripts"
    key = (gene, transcript_of(gene, models["GRCh38"]))
    model37, model38 = models["GRCh37"][key], models["GRCh38"][key]
    for path in sorted(tables.glob(f"{gene}_{key[1]}*.exons.fa")):
        return number_by_length(model38, mrna_lengths(path), path.name.removesuffix(".exons.fa"))
    for path in sorted(tables.glob(f"{gene}_NC_*.gb")):
        offset = int(path.stem.rpartition("_")[2].split("-")[0]) - 1
        return number_by_position(model38, genbank_exons(path, key[1], offset), path.stem.removeprefix(f"{gene}_"))
    for model, exons in (
        (model37, genefuse_exons(source / BUILDS["GRCh37"][1])),
        (model38, ensembl_exons(tables / "hmftools_pave_reverse_GRCh38")),
    ):
        for name, transcript, spans in exons:
            if transcript.split(".")[0] == ensembl and name == gene:
                return number_by_position(model, spans, transcript)
    return number_by_slices(gene, model38, source / "reference" / "GRCh38")


# --------------------------------------------------------------------------------- names and versions


def transcript_of(gene: str, models: Models) -> str:
    """Return the clinical transcript of a gene."""
    names = [transcript for g, transcript in models if g == gene]
    return PRIMARY[gene] if len(names) > 1 else names[0]


def stated_names(source: Path) -> Iterator[tuple[str, str | None, str]]:
    """Yield (versioned RefSeq name, Ensembl name or None, source) in order of preference."""
    tables = source / "transcripts"
    for row in csv.DictReader((source / "hgvs" / "hgvs_examples.tsv").open(), delimiter="\t"):
        refseq, _, ensembl = row["transcript"].split(" ")[0].partition("/")
        yield refseq, ensembl or None, "variant examples"
    for line in (tables / "vcf2maf.isoform_overrides_mane_grch38.tsv").read_text().splitlines()[1:]:
        ensembl, _, refseq = line.split("\t")[:3]
        yield refseq, ensembl, "MANE"
    for row in csv.DictReader((source / "knowledge" / "biomarkers.tsv").open(), delimiter="\t"):
        for refseq in row["transcript"].split(";"):
            yield refseq, None, "biomarker table"
    for line in (tables / "genomenexus.isoform_overrides_at_mskcc_grch37.txt").read_text().splitlines()[1:]:
        _, refseq, ensembl = line.split("\t")[:3]
        yield refseq, ensembl.split(".")[0], "MSK isoforms"


def versioned(transcript: str, names: list[tuple[str, str | None, str]]) -> tuple[str, str, str]:
    """Return (transcript with its version, Ensembl name, source of the version); `.` where no source has it."""
    fitting = [n for n in names if n[0].split(".")[0] == transcript and "." in n[0]]
    ensembl = next((n[1] for n in fitting if n[1]), UNKNOWN)
    return (fitting[0][0], ensembl, fitting[0][2]) if fitting else (transcript, ensembl, UNKNOWN)


def renumbered(model: Model, other: Model) -> list[tuple[int, int, int]]:
    """Return (first codon, last codon, codons to add) where `other` numbers shared codons differently."""
    theirs = {base: i for i, base in enumerate(coding_bases(other))}
    ours = coding_bases(model)
    shifts = [
        (theirs[ours[i]] - i) // 3
        if all(ours[i + k] in theirs and theirs[ours[i + k]] == theirs[ours[i]] + k for k in range(3))
        and (theirs[ours[i]] - i) % 3 == 0
        else 0
        for i in range(0, len(ours) - 3, 3)
    ]
    runs: list[tuple[int, int, int]] = []
    for codon, shift in enumerate(shifts, start=1):
        if shift and runs and runs[-1][1:] == (codon - 1, shift):
            runs[-1] = (runs[-1][0], codon, shift)
        elif shift:
            runs.append((codon, codon, shift))
    return runs


def coding_bases(model: Model) -> list[int]:
    """Return the genomic position of every coding base in transcript order."""
    step = 1 if model.strand == "+" else -1
    return [base for start, end in model.exons for base in range(start, end)[::step]]


# ------------------------------------------------------------------------------------------- writing


def write(path: Path, header: list[str], rows: list[list[object]]) -> None:
    """Write a TSV in the order given."""
    lines = ["\t".join(header), *("\t".join(UNKNOWN if v is None else str(v) for v in row) for row in rows)]
    path.write_text("\n".join(lines) + "\n")


def write_transcripts(models: dict[str, Models], source: Path, out: Path) -> dict[str, Numbering | None]:
    """Write `transcripts.tsv` and return the numbering of every gene."""
    names = list(stated_names(source))
    numberings: dict[str, Numbering | None] = {}
    rows: list[list[object]] = []
    for gene in sorted({g for g, _ in models["GRCh38"]}):
        key = (gene, transcript_of(gene, models["GRCh38"]))
        transcript, ensembl, version_source = versioned(key[1], names)
        found = numberings[gene] = find_numbering(gene, ensembl, models, source)
        numbers = [found.leading, found.exon_count, found.utr5_bp, found.utr3_bp, found.source] if found else [None] * 5
        rows.append([gene, transcript, ensembl, *numbers, version_source])
    columns = "leading_noncoding_exons exon_count utr5_bp utr3_bp exon_source version_source".split()
    write(out / "transcripts.tsv", ["gene", "transcript", "ensembl", *columns], rows)
    return numberings


def write_exons(build: str, models: Models, numberings: dict[str, Numbering | None], out: Path) -> None:
    """Write the coding exons of the clinical transcripts in one build; NCOA4 changes its strand between the two."""
    rows: list[list[object]] = []
    for gene, found in numberings.items():
        model = models[gene, transcript_of(gene, models)]
        for i, (start, end) in enumerate(model.exons, start=1):
            rows.append([gene, model.contig, model.strand, found.leading + i if found else None, start, end])
    write(out / f"coding_exons.{build}.tsv", ["gene", "contig", "strand", "exon", "start", "end"], rows)


def write_numbering(models: Models, out: Path) -> None:
    """Write where a second transcript of a gene numbers the same codons differently."""
    rows: list[list[object]] = []
    for (gene, transcript), other in sorted(models.items()):
        primary = transcript_of(gene, models)
        if transcript != primary:
            rows += [[gene, transcript, *run] for run in renumbered(models[gene, primary], other)]
    write(out / "codon_aliases.tsv", ["gene", "transcript", "first_codon", "last_codon", "codons_to_add"], rows)


def main(source: Path, out: Path) -> None:
    """Write the four tables."""
    models = {build: read_models(source / bed) for build, (bed, _) in BUILDS.items()}
    numberings = write_transcripts(models, source, out)
    for build in BUILDS:
        write_exons(build, models[build], numberings, out)
    write_numbering(models["GRCh38"], out)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
