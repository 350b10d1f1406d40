"""Cut the exons of some panel genes, with their flanks, out of public reference slices.

python make_slices.py REFERENCE_DIR OUT_DIR

`REFERENCE_DIR` holds FASTA files named `GENE.BUILD.contig_start-end.fa` (1-based inclusive) in a folder a build. Bases
that no file holds are left out; readers take them for masked.
"""

import gzip
import re
import sys
from pathlib import Path

from csfgeno.annotation.transcripts import Transcript, load_transcripts
from csfgeno.vocab import Build, ContigStyle

GENES = ("EGFR", "KRAS", "TP53", "PIK3CA", "BRAF", "ERBB2", "MET", "ALK", "RET", "KIT")
FLANK_BP = 120
TAIL_BP = 400
FOLDERS = {
    Build.GRCH37: ("GRCh37_lifted_from_GRCh38", "GRCh37"),
    Build.GRCH38: ("GRCh38_lifted_from_GRCh37", "GRCh38"),
}
LINE = 100


def read_bases(reference: Path, build: Build, gene: str) -> dict[int, str]:
    """Return the stored bases of a gene by 0-based position; native sequence wins over lifted."""
    bases: dict[int, str] = {}
    for folder in FOLDERS[build]:
        for path in sorted((reference / folder).glob(f"{gene}[_.]*.fa")):
            start = int(re.findall(r"_(\d+)-\d+\.fa$", path.name)[0]) - 1
            sequence = "".join(path.read_text().upper().split("\n")[1:])
            bases.update(enumerate(sequence, start=start))
    return bases


def wanted(transcript: Transcript) -> list[tuple[int, int]]:
    """Return the merged stretches around the coding exons, ascending."""
    spans = sorted((e.interval.start - FLANK_BP, e.interval.end + FLANK_BP) for e in transcript.exons)
    tail = (spans[0][0] - TAIL_BP, spans[0][1]) if transcript.strand == "-" else (spans[-1][0], spans[-1][1] + TAIL_BP)
    merged: list[tuple[int, int]] = []
    for start, end in sorted([*spans, tail]):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def slices(reference: Path, build: Build) -> list[tuple[str, str]]:
    """Return (name, bases) of every stretch of which something is stored, N where nothing is."""
    table = load_transcripts(build, ContigStyle.CHR)
    found = []
    for gene in GENES:
        stored, transcript = read_bases(reference, build, gene), table.by_gene(gene)
        for start, end in wanted(transcript):
            bases = "".join(stored.get(i, "N") for i in range(start, end))
            if set(bases) != {"N"}:
                found.append((f"{transcript.contig}:{start + 1}-{end} {gene}", bases))
    return found


def main(reference: Path, out: Path) -> None:
    """Write one FASTA a build."""
    for build in Build:
        records = (
            f">{name}\n" + "".join(f"{bases[i : i + LINE]}\n" for i in range(0, len(bases), LINE))
            for name, bases in slices(reference, build)
        )
        (out / f"{build}.fa.gz").write_bytes(gzip.compress("".join(records).encode(), mtime=0))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
