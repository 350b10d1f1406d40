"""Simulated read pairs through the real aligner, brought to true coordinates.

The genome of a test is a few stretches at true places. `bwa mem` sees each stretch as a contig of its own; its records
are then moved to where the stretch lies, SA tags included, so that split and supplementary records are the aligner's.
"""

import random
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

import pysam

from csfgeno.records import Interval
from csfgeno.simulation.rearranged import ReadPair, SparseGenome

BWA: Final = ("bwa", "mem", "-C", "-p", "-v", "1")
MINIMAP2: Final = ("minimap2", "-ax", "sr", "-y")


def synthetic_genome(places: Iterable[Interval], seed: int, gc: float = 0.42) -> SparseGenome:
    """Return random sequence at true coordinates: what stands in for introns of which no sequence is at hand."""
    parts: dict[str, list[tuple[int, str]]] = {}
    for place in places:
        rng = random.Random(f"{seed}:{place}")
        weights = ((1 - gc) / 2, gc / 2, gc / 2, (1 - gc) / 2)
        bases = "".join(rng.choices("ACGT", weights, k=len(place)))
        parts.setdefault(place.contig, []).append((place.start, bases))
    return SparseGenome({contig: tuple(own) for contig, own in parts.items()})


def write_genome(genome: SparseGenome, lengths: Mapping[str, int], path: Path) -> Path:
    """Write the genome with contigs of true length, N where nothing is known, bgzipped and indexed."""
    line = 60_000
    with pysam.BGZFile(str(path), "wb", None) as out:
        for contig, length in lengths.items():
            out.write(f">{contig}\n".encode())
            for start in range(0, length, line * 100):
                end = min(start + line * 100, length)
                chunk = bytearray(b"N" * (end - start))
                for origin, bases in genome.parts.get(contig, ()):
                    first, last = max(start, origin), min(end, origin + len(bases))
                    if first < last:
                        chunk[first - start : last - start] = bases[first - origin : last - origin].encode()
                out.write(b"\n".join(bytes(chunk[i : i + line]) for i in range(0, len(chunk), line)) + b"\n")
    pysam.faidx(str(path))
    return path


def index_stretches(genome: SparseGenome, folder: Path) -> Path:
    """Write the stretches as contigs named `contig@start` and index them for bwa."""
    path = folder / "stretches.fa"
    records = [f">{contig}@{start}\n{bases}\n" for contig, parts in genome.parts.items() for start, bases in parts]
    path.write_text("".join(records))
    subprocess.run(["bwa", "index", str(path)], check=True, capture_output=True)
    return path


def align(
    pairs: Iterable[ReadPair], stretches: Path, lengths: Mapping[str, int], out: Path, aligner: Sequence[str] = BWA
) -> Path:
    """Align interleaved read pairs, comments kept as tags, and write them sorted at true coordinates."""
    fastq = out.with_suffix(".fq")
    fastq.write_text("".join(pair.fastq() for pair in pairs))
    command = [*aligner, str(stretches), str(fastq)]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    fastq.unlink()
    header = "@HD\tVN:1.6\tSO:unsorted\n" + "".join(f"@SQ\tSN:{name}\tLN:{n}\n" for name, n in lengths.items())
    header += "@RG\tID:1\tSM:sample\tLB:1\tPL:ILLUMINA\n"
    sam = out.with_suffix(".sam")
    sam.write_text(header + "".join(_moved(line) for line in text.splitlines() if not line.startswith("@")))
    pysam.sort("-o", str(out), str(sam))
    pysam.index(str(out))
    sam.unlink()
    return out


def _moved(line: str) -> str:
    fields = line.split("\t")
    if fields[6] == "=":
        fields[6] = fields[2]
    own, mate = fields[2], fields[6]
    fields[2], fields[3] = _place(own, fields[3])
    fields[6], fields[7] = _place(mate, fields[7])
    if fields[2] != fields[6] or own != mate:
        fields[8] = "0" if fields[2] != fields[6] else _span(fields)
    tags = [_moved_sa(field) if field.startswith("SA:Z:") else field for field in fields[11:]]
    return "\t".join([*fields[:11], *tags, "RG:Z:1"]) + "\n"


def _place(contig: str, pos: str) -> tuple[str, str]:
    if contig == "*":
        return contig, pos
    name, _, start = contig.partition("@")
    return name, str(int(pos) + int(start))


def _span(fields: list[str]) -> str:
    return str(int(fields[7]) - int(fields[3]) or 1)


def _moved_sa(field: str) -> str:
    moved = []
    for entry in field.removeprefix("SA:Z:").rstrip(";").split(";"):
        contig, pos, rest = entry.split(",", 2)
        contig, pos = _place(contig, pos)
        moved.append(f"{contig},{pos},{rest}")
    return "SA:Z:" + "".join(f"{entry};" for entry in moved)
