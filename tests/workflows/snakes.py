"""Running Snakemake, and files for it: FASTQ with inline UMIs from the sample case, a genome of one chromosome."""

import gzip
import os
import random
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pysam

ROOT = Path(__file__).parents[2]
WORKFLOWS = ROOT / "workflows"
SAMPLE = ROOT / "sample_data"
SPACER = "TT"
EGFR = ("chr7", 55_173_000, 55_193_000)


def environment(directory: Path, outer: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the environment `outer` with the programs of this Python, and caches inside `directory`."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{outer['PATH']}"
    return dict(outer) | {"PATH": path, "XDG_CACHE_HOME": str(directory / "cache")}


def command(directory: Path, *arguments: str, snakefile: Path = WORKFLOWS / "Snakefile") -> list[str]:
    fixed = ["-m", "snakemake", "--snakefile", str(snakefile), "--directory", str(directory)]
    return [sys.executable, *fixed, *arguments]


def snakemake(
    directory: Path, *arguments: str, snakefile: Path = WORKFLOWS / "Snakefile"
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(directory, *arguments, snakefile=snakefile),
        env=environment(directory),
        cwd=directory,
        capture_output=True,
        text=True,
        check=False,
    )


def explain(done: subprocess.CompletedProcess[str], directory: Path) -> str:
    """Return what a run said, and its logs."""
    logs = (f"--- {path}\n{path.read_text()}" for path in sorted(directory.glob("logs/**/*.log")))
    return done.stderr + done.stdout + "\n".join(logs)


def write_chromosome(path: Path, contig: str = "chr7") -> Path:
    """Write one chromosome of the sample genome at its true length, and its index."""
    with pysam.FastaFile(str(SAMPLE / "GRCh38.masked.fa.gz")) as genome:
        path.write_text(f">{contig}\n{genome.fetch(contig)}\n")
    pysam.faidx(str(path))
    return path


def write_panel(path: Path, contig: str = "chr7") -> Path:
    lines = (SAMPLE / "panel.bed").read_text().splitlines(keepends=True)
    path.write_text("".join(line for line in lines if line.startswith("#") or line.split("\t")[0] == contig))
    return path


def write_normal(path: Path, contig: str = "chr7") -> Path:
    """Write the normal of the sample case on one chromosome."""
    with pysam.AlignmentFile(str(SAMPLE / "normal.bam")) as reads:
        header = {"HD": {"VN": "1.6", "SO": "coordinate"}, "RG": reads.header.to_dict()["RG"]}
        header["SQ"] = [{"SN": contig, "LN": reads.get_reference_length(contig)}]
        with pysam.AlignmentFile(str(path), "wb", header=header) as out:
            for read in reads.fetch(contig):
                fields = read.to_dict()
                out.write(pysam.AlignedSegment.from_dict(fields, out.header))
    pysam.index(str(path))
    return path


def pairs_of(bam: Path, region: tuple[str, int, int]) -> list[tuple[pysam.AlignedSegment, pysam.AlignedSegment]]:
    """Return the read pairs of a region, in the order of their names."""
    first: dict[str, pysam.AlignedSegment] = {}
    second: dict[str, pysam.AlignedSegment] = {}
    with pysam.AlignmentFile(str(bam)) as reads:
        for read in reads.fetch(*region):
            (first if read.is_read1 else second)[str(read.query_name)] = read
    return [(first[name], second[name]) for name in sorted(first.keys() & second.keys())]


def write_fastq(prefix: Path, pairs: list[tuple[pysam.AlignedSegment, pysam.AlignedSegment]]) -> tuple[Path, Path]:
    """Write read pairs as a sequencer would: UMI and spacer before the insert of each read."""
    paths = Path(f"{prefix}_1.fq.gz"), Path(f"{prefix}_2.fq.gz")
    for mate, path in enumerate(paths):
        with gzip.open(path, "wt", compresslevel=1) as out:
            for pair in pairs:
                umi = str(pair[mate].get_tag("RX")).split("-")[mate]
                bases, quality = pair[mate].get_forward_sequence(), pair[mate].get_forward_qualities()
                assert bases
                assert quality
                letters = "".join(chr(33 + q) for q in quality)
                out.write(f"@{pair[mate].query_name} {mate + 1}:N:0:ACGT\n{umi}{SPACER}{bases}\n+\n")
                out.write(f"{'F' * (len(umi) + len(SPACER))}{letters}\n")
    return paths


def write_tiny_pairs(prefix: Path, genome: str, *, pairs: int, seed: int) -> dict[str, tuple[str, int]]:
    """Write FASTQ pairs drawn from `genome`; return RX and 0-based start of each fragment by read name."""
    rng = random.Random(seed)
    truth = {}
    complement = str.maketrans("ACGT", "TGCA")
    with gzip.open(f"{prefix}_1.fq.gz", "wt") as one, gzip.open(f"{prefix}_2.fq.gz", "wt") as two:
        for i in range(pairs):
            start = rng.randrange(len(genome) - 200)
            fragment = genome[start : start + 160]
            umis = ["".join(rng.choices("ACGT", k=8)) for _ in range(2)]
            name = f"{prefix.name}:{i}"
            mates = fragment[:100], fragment.translate(complement)[::-1][:100]
            for out, umi, bases in zip((one, two), umis, mates, strict=True):
                out.write(f"@{name} 1:N:0:ACGT\n{umi}{SPACER}{bases}\n+\n{'F' * 110}\n")
            truth[name] = ("-".join(umis), start)
    return truth


def blocks(text: str) -> Iterator[tuple[str, str]]:
    """Yield name and content of every fenced block that a line with its name in backquotes stands before."""
    yield from re.findall(r"^`([\w.]+)`\n\n```\w*\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


def fenced(text: str, language: str) -> list[str]:
    """Return the fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)
