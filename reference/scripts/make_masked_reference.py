"""Write a genome of true contig lengths that holds real sequence near given intervals and N elsewhere.

    python reference/scripts/make_masked_reference.py SOURCE GRCh38 PANEL.bed OUT.fa.gz [--flank-bp 300]

`SOURCE` holds cytoband tables (`cytoBands.38.tsv`, where contigs end) and sequence slices in folders `GRCh38`,
`GRCh38_lifted_from_GRCh37` and so on, each file one record whose header begins with `contig:first-last`, 1-based.
Only contigs with an interval in the BED file are written, under the names that the BED file uses; the output is
bgzip-compressed and indexed. `--derived FILE` adds sequence that is itself derived from reads; real slices win.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pysam

LINE_BP: Final = 60_000
"""Bases a line: long runs of N without line breaks compress to half."""
CHUNK_BP: Final = LINE_BP * 100


@dataclass(frozen=True, slots=True)
class Slice:
    """Known sequence of one contig (name without `chr`), 0-based half-open."""

    contig: str
    start: int
    bases: str


def read_slices(path: Path) -> Iterator[Slice]:
    """Yield the records of a FASTA file whose headers begin with `contig:first-last`."""
    for record in path.read_text(encoding="ascii").removeprefix(">").split("\n>"):
        header, *lines = record.splitlines()
        contig, _, interval = header.split()[0].partition(":")
        first, last = (int(text) for text in interval.split("-"))
        bases = "".join(lines).upper()
        if len(bases) != last - first + 1:
            raise SystemExit(f"{path.name}: {header.split()[0]} states {last - first + 1} bp and holds {len(bases)}")
        yield Slice(contig.removeprefix("chr"), first - 1, bases)


def read_lengths(path: Path) -> dict[str, int]:
    """Return the length of each contig (name without `chr`) from a cytoband table."""
    lengths: dict[str, int] = {}
    for line in path.read_text(encoding="ascii").splitlines()[1:]:
        contig, _, end, *_ = line.split("\t")
        bare = contig.removeprefix("chr")
        lengths[bare] = max(lengths.get(bare, 0), int(end))
    return lengths


def read_windows(path: Path, flank_bp: int) -> dict[str, list[tuple[int, int]]]:
    """Return the flanked intervals of a BED file by contig name, in its order."""
    windows: dict[str, list[tuple[int, int]]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            contig, start, end, *_ = line.split("\t")
            windows.setdefault(contig, []).append((int(start) - flank_bp, int(end) + flank_bp))
    return windows


def unmask(slices: list[Slice], contig: str, windows: list[tuple[int, int]]) -> list[tuple[int, bytes]]:
    """Return the parts of the slices that lie in the windows, as (start, bases); later slices win."""
    parts = []
    for known in (s for s in slices if s.contig == contig.removeprefix("chr")):
        for start, end in windows:
            first, last = max(start, known.start), min(end, known.start + len(known.bases))
            if first < last:
                parts.append((first, known.bases[first - known.start : last - known.start].encode()))
    return parts


def write_contig(out: pysam.BGZFile, name: str, length: int, parts: list[tuple[int, bytes]]) -> None:
    """Write one FASTA record of `length` N with the parts filled in, without holding it in memory."""
    out.write(f">{name}\n".encode())
    for chunk_start in range(0, length, CHUNK_BP):
        chunk = bytearray(b"N" * min(CHUNK_BP, length - chunk_start))
        for start, bases in parts:
            first, last = max(start, chunk_start), min(start + len(bases), chunk_start + len(chunk))
            if first < last:
                chunk[first - chunk_start : last - chunk_start] = bases[first - start : last - start]
        lines = (bytes(chunk[i : i + LINE_BP]) for i in range(0, len(chunk), LINE_BP))
        out.write(b"\n".join(lines) + b"\n")


def main() -> None:
    """Write the masked genome and its indexes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path)
    parser.add_argument("build", choices=("GRCh37", "GRCh38"))
    parser.add_argument("bed", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--flank-bp", type=int, default=300)
    parser.add_argument("--derived", type=Path)
    options = parser.parse_args()
    folders = [*sorted(options.source.glob(f"{options.build}_lifted_from_*")), options.source / options.build]
    paths = [p for folder in folders for p in sorted(folder.glob("*.fa")) if "CONSENSUS" not in p.name]
    if options.derived:
        paths.insert(0, options.derived)
    slices = [known for path in paths for known in read_slices(path)]
    lengths = read_lengths(options.source / f"cytoBands.{options.build[-2:]}.tsv")
    with pysam.BGZFile(str(options.out), "wb", None) as out:
        for contig, windows in read_windows(options.bed, options.flank_bp).items():
            parts = unmask(slices, contig, windows)
            write_contig(out, contig, lengths[contig.removeprefix("chr")], parts)
    pysam.faidx(str(options.out))


if __name__ == "__main__":
    main()
